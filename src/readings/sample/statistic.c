#include "readings/sample/statistic.h"

#include <stdlib.h>

/* Estimates in all, copies included: they grow like the pairs to the number of entries. */
#define MAX_MEMBERS 8000

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

/* How often the tangent that occurs most does so; *odd when some tangent occurs once. */
static slong most_tangents(int *odd, const ew_pairs *list, const ew_fields *fields)
{
    slong weight[EW_MAX_GENERATORS], most = 0;
    ew_pairs_weight(weight, list, fields);
    *odd = 0;
    for (slong g = 0; g < fields->generators; g++) {
        if (fields->kind[g] != EW_TANGENT)
            continue;
        most = weight[g] > most ? weight[g] : most;
        *odd |= weight[g] == 1;
    }
    return most;
}

/* Statistics are found in ascending order of their first lists. */
static slong find(const ew_statistics *s, const ew_pairs *list)
{
    slong low = 0, high = s->n;
    while (low < high) {
        slong middle = (low + high) / 2;
        int order = ew_pairs_compare(&s->at[middle].copy[0], list);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* The canonical list comes first in the enumeration, being the least of its copies. */
static ew_status consider(ew_statistics *s, const ew_pairs *list, const ew_fields *fields,
                          ew_context *ctx)
{
    int odd;
    if (most_tangents(&odd, list, fields) > 2 || odd)
        return EW_OK;
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, fields);
    slong i = find(s, &canonical);
    if (s->members >= MAX_MEMBERS)
        return ew_fail(ctx, EW_UNABLE,
                       "more than %d cumulants: ask for fewer moments, inputs or derivatives",
                       MAX_MEMBERS);
    return i >= 0 ? add_copy(s, i, list, ctx) : add_statistic(s, list, ctx);
}

static ew_status enumerate(ew_statistics *s, ew_pairs *list, slong entries,
                           const ew_fields *fields, ew_context *ctx)
{
    ew_status status = ew_poll(ctx);
    int odd;
    if (list->n == entries)
        return consider(s, list, fields, ctx);
    if (most_tangents(&odd, list, fields) > 2)
        return EW_OK;
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
