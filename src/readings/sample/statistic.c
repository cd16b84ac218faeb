#include "readings/sample/statistic.h"

#include <stdlib.h>

/* Estimates in all; their number grows like the pairs to the number of entries. */
#define MAX_STATISTICS 20000

void ew_statistics_free(ew_statistics *s)
{
    if (!s)
        return;
    for (slong i = 0; i < s->n; i++)
        free(s->at[i].copy);
    free(s->at);
    free(s);
}

static ew_status add_copy(ew_statistics *s, slong i, const ew_pairs *list, ew_context *ctx)
{
    ew_statistic *t = &s->at[i];
    ew_pairs *longer = ew_realloc(t->copy, (size_t) (t->copies + 1) * sizeof *longer, ctx);
    if (!longer)
        return EW_MEMORY;
    t->copy = longer;
    t->copy[t->copies++] = *list;
    s->members++;
    return EW_OK;
}

static ew_status add_statistic(ew_statistics *s, const ew_pairs *list, ew_context *ctx)
{
    ew_statistic *longer = ew_realloc(s->at, (size_t) (s->n + 1) * sizeof *longer, ctx);
    if (!longer)
        return EW_MEMORY;
    s->at = longer;
    s->at[s->n] = (ew_statistic){0, NULL};
    return add_copy(s, s->n++, list, ctx);
}

/* Each tangent zero times or twice; directions as often as they like. */
static int wanted(const ew_pairs *list, const ew_fields *fields)
{
    slong weight[EW_MAX_GENERATORS];
    ew_pairs_weight(weight, list, fields);
    for (slong g = 0; g < fields->generators; g++)
        if (fields->kind[g] == EW_TANGENT && weight[g] != 0 && weight[g] != 2)
            return 0;
    return 1;
}

/* The canonical list comes first in the enumeration, being the least of its copies. */
static ew_status consider(ew_statistics *s, const ew_pairs *list, const ew_fields *fields,
                          ew_context *ctx)
{
    if (!wanted(list, fields))
        return EW_OK;
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, fields);
    for (slong i = 0; i < s->n; i++)
        if (ew_pairs_compare(&s->at[i].copy[0], &canonical) == 0)
            return add_copy(s, i, list, ctx);
    if (s->n >= MAX_STATISTICS)
        return ew_fail(
            ctx, EW_UNABLE,
            "more than %d cumulants of %ld entries: ask for fewer moments, inputs or "
            "derivatives",
            MAX_STATISTICS, (long) list->n);
    return add_statistic(s, list, ctx);
}

static ew_status enumerate(ew_statistics *s, ew_pairs *list, slong entries,
                           const ew_fields *fields, ew_context *ctx)
{
    ew_status status = EW_OK;
    if (list->n == entries)
        return consider(s, list, fields, ctx);
    slong from = list->n ? list->p[list->n - 1] : 0;
    for (slong p = from; p < fields->pairs && status == EW_OK; p++) {
        list->p[list->n++] = p;
        status = enumerate(s, list, entries, fields, ctx);
        list->n--;
    }
    return status;
}

ew_status ew_statistics_new(ew_statistics **out, const ew_fields *fields, slong entries,
                            ew_context *ctx)
{
    *out = NULL;
    ew_statistics *s = ew_alloc_zero(1, sizeof *s, ctx);
    ew_status status = s ? EW_OK : EW_MEMORY;
    for (slong k = 1; k <= entries && status == EW_OK; k++) {
        ew_pairs list = {.n = 0};
        status = enumerate(s, &list, k, fields, ctx);
    }
    if (status == EW_OK)
        *out = s;
    else
        ew_statistics_free(s);
    return status;
}
