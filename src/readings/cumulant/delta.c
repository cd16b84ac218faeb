#include "readings/cumulant/delta.h"

#include <stdlib.h>
#include <string.h>

#include "chain/partition.h"

/* ---- memory -------------------------------------------------------------------------------
 */

static int same_groups(const ew_delta_entry *e, const ew_pairs *group, slong groups)
{
    if (e->groups != groups)
        return 0;
    for (slong i = 0; i < groups; i++)
        if (ew_pairs_compare(&e->group[i], &group[i]) != 0)
            return 0;
    return 1;
}

static const ew_series *recall(const ew_delta_memory *m, const ew_pairs *group, slong groups)
{
    for (slong i = 0; i < m->n; i++)
        if (same_groups(m->entry[i], group, groups))
            return &m->entry[i]->value;
    return NULL;
}

/* Takes the value over (x is left cleared). */
static const ew_series *remember(ew_delta_memory *m, const ew_pairs *group, slong groups,
                                 ew_series *x, const ew_hierarchy *h, ew_context *ctx)
{
    ew_delta_entry *e = ew_alloc_zero(1, sizeof *e, ctx);
    ew_pairs *copy = ew_alloc((size_t) groups * sizeof *copy, ctx);
    if (m->n == m->room && e && copy) {
        slong room = m->room ? 2 * m->room : 64;
        ew_delta_entry **more = ew_realloc(m->entry, (size_t) room * sizeof *more, ctx);
        if (more) {
            m->entry = more;
            m->room = room;
        }
    }
    if (!e || !copy || m->n == m->room) {
        ew_series_clear(x, h);
        free(e);
        free(copy);
        return NULL;
    }
    memcpy(copy, group, (size_t) groups * sizeof *copy);
    e->groups = groups;
    e->group = copy;
    e->value = *x;
    m->entry[m->n++] = e;
    return &e->value;
}

static void forget(ew_delta_memory *m, const ew_hierarchy *h)
{
    for (slong i = 0; i < m->n; i++) {
        ew_series_clear(&m->entry[i]->value, h);
        free(m->entry[i]->group);
        free(m->entry[i]);
    }
    free(m->entry);
}

void ew_delta_init(ew_delta *d, const ew_hierarchy *h)
{
    memset(d, 0, sizeof *d);
    d->h = h;
}

void ew_delta_clear(ew_delta *d)
{
    forget(&d->moments, d->h);
    forget(&d->joint, d->h);
}

/* ---- moments from cumulants ---------------------------------------------------------------
 */

/* kappa(delta_p1, ...): that of Ghat, and E Ghat - G0 for one entry. */
static void entry_cumulant(ew_series *x, const ew_delta *d, const ew_pairs *list)
{
    ew_series_zero(x, d->h);
    for (slong j = 1; j <= d->h->order; j++) {
        slong i = ew_hierarchy_find(d->h, list, j);
        if (i >= 0)
            fmpq_mpoly_gen(&x->c[j], d->h->law->extra + i, d->h->law->ring);
    }
}

static ew_status moment(const ew_series **x, ew_delta *d, const ew_pairs *list,
                        ew_context *ctx);

/* x += kappa(delta of the first entry and of the entries in `chosen`) E[the others].  A
 * cumulant of k entries is O(eps^max(1, k-1)), a moment of k O(eps^ceil(k/2)). */
static ew_status add_split(ew_series *x, ew_delta *d, const ew_pairs *list, ulong chosen,
                           ew_context *ctx)
{
    ew_pairs in = {1, {list->p[0]}}, rest = {0, {0}};
    for (slong i = 1; i < list->n; i++)
        ew_pairs_add(chosen >> (i - 1) & 1 ? &in : &rest, list->p[i]);
    slong cost = (in.n > 2 ? in.n - 1 : 1) + (rest.n + 1) / 2;
    if (cost > d->h->order || ew_pairs_odd(&in, d->h->fields))
        return EW_OK;
    const ew_series *m;
    ew_status status = moment(&m, d, &rest, ctx);
    if (status != EW_OK)
        return status;
    ew_series k;
    fmpz one = 1;
    ew_series_init(&k, d->h);
    entry_cumulant(&k, d, &in);
    ew_series_multiply(&k, m, d->h);
    ew_series_add_scaled(x, &k, &one, d->h);
    ew_series_clear(&k, d->h);
    return EW_OK;
}

/* E[prod delta]: split off the cumulant that contains the first factor. */
static ew_status moment(const ew_series **x, ew_delta *d, const ew_pairs *list, ew_context *ctx)
{
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, d->h->fields);
    if ((*x = recall(&d->moments, &canonical, 1)))
        return EW_OK;
    ew_status status = EW_OK;
    ew_series sum;
    ew_series_init(&sum, d->h);
    if (list->n == 0)
        ew_series_one(&sum, d->h);
    else if (!ew_pairs_odd(list, d->h->fields) && (list->n + 1) / 2 <= d->h->order)
        for (ulong s = 0; s < UWORD(1) << (list->n - 1) && status == EW_OK; s++)
            status = add_split(&sum, d, &canonical, s, ctx);
    if (status != EW_OK) {
        ew_series_clear(&sum, d->h);
        return status;
    }
    *x = remember(&d->moments, &canonical, 1, &sum, d->h, ctx);
    return *x ? EW_OK : EW_MEMORY;
}

/* ---- cumulants of products ----------------------------------------------------------------
 */

/* y = product over blocks of the moments of their merged groups. */
static ew_status block_moments(ew_series *y, ew_delta *d, const ew_pairs *group,
                               const ew_partition *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_series_one(y, d->h);
    for (slong b = 0; b < p->blocks && status == EW_OK; b++) {
        const ew_series *m;
        ew_pairs merged = {0, {0}};
        for (slong i = 0; i < p->n; i++)
            for (slong k = 0; p->block[i] == b && k < group[i].n; k++)
                ew_pairs_add(&merged, group[i].p[k]);
        status = moment(&m, d, &merged, ctx);
        if (status == EW_OK)
            ew_series_multiply(y, m, d->h);
    }
    return status;
}

static ew_status add_partitions(ew_series *x, ew_delta *d, const ew_pairs *group, slong groups,
                                ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_partition p;
    ew_series y;
    fmpz_t w;
    fmpz_init(w);
    ew_series_init(&y, d->h);
    ew_partition_first(&p, groups);
    do {
        status = block_moments(&y, d, group, &p, ctx);
        ew_partition_moebius(w, &p);
        ew_series_add_scaled(x, &y, w, d->h);
    } while (status == EW_OK && ew_partition_next(&p));
    ew_series_clear(&y, d->h);
    fmpz_clear(w);
    return status;
}

static int by_order(const void *x, const void *y)
{
    return ew_pairs_compare(x, y);
}

ew_status ew_delta_cumulant(const ew_series **x, ew_delta *d, const ew_pairs *group,
                            slong groups, ew_context *ctx)
{
    ew_pairs sorted[EW_MAX_PARTITION];
    memcpy(sorted, group, (size_t) groups * sizeof *sorted);
    qsort(sorted, (size_t) groups, sizeof *sorted, by_order);
    if ((*x = recall(&d->joint, sorted, groups)))
        return EW_OK;
    ew_series sum;
    ew_series_init(&sum, d->h);
    ew_status status = add_partitions(&sum, d, sorted, groups, ctx);
    if (status != EW_OK) {
        ew_series_clear(&sum, d->h);
        return status;
    }
    *x = remember(&d->joint, sorted, groups, &sum, d->h, ctx);
    return *x ? EW_OK : EW_MEMORY;
}
