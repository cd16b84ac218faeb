#include "readings/cumulant/series.h"

#include <stdlib.h>

#include "chain/partition.h"

void ew_series_init(ew_series *x, const ew_hierarchy *h)
{
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_init(&x->c[j], h->law->ring);
}

void ew_series_clear(ew_series *x, const ew_hierarchy *h)
{
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_clear(&x->c[j], h->law->ring);
}

void ew_series_zero(ew_series *x, const ew_hierarchy *h)
{
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_zero(&x->c[j], h->law->ring);
}

void ew_series_one(ew_series *x, const ew_hierarchy *h)
{
    ew_series_zero(x, h);
    fmpq_mpoly_one(&x->c[0], h->law->ring);
}

void ew_series_set(ew_series *x, const ew_series *y, const ew_hierarchy *h)
{
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_set(&x->c[j], &y->c[j], h->law->ring);
}

static void add_product(fmpq_mpoly_t x, const fmpq_mpoly_t f, const fmpq_mpoly_t g,
                        const ew_hierarchy *h)
{
    if (fmpq_mpoly_is_zero(f, h->law->ring) || fmpq_mpoly_is_zero(g, h->law->ring))
        return;
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, h->law->ring);
    fmpq_mpoly_mul(t, f, g, h->law->ring);
    fmpq_mpoly_add(x, x, t, h->law->ring);
    fmpq_mpoly_clear(t, h->law->ring);
}

void ew_series_multiply(ew_series *x, const ew_series *y, const ew_hierarchy *h)
{
    ew_series z;
    ew_series_init(&z, h);
    for (slong i = 0; i <= h->order; i++)
        for (slong j = 0; i + j <= h->order; j++)
            add_product(&z.c[i + j], &x->c[i], &y->c[j], h);
    ew_series_set(x, &z, h);
    ew_series_clear(&z, h);
}

void ew_series_add_scaled(ew_series *x, const ew_series *y, const fmpz_t w,
                          const ew_hierarchy *h)
{
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, h->law->ring);
    for (slong j = 0; j <= h->order; j++) {
        fmpq_mpoly_scalar_mul_fmpz(t, &y->c[j], w, h->law->ring);
        fmpq_mpoly_add(&x->c[j], &x->c[j], t, h->law->ring);
    }
    fmpq_mpoly_clear(t, h->law->ring);
}

void ew_series_add_product(ew_series *x, const fmpq_mpoly_t f, const ew_series *y, slong shift,
                           const ew_hierarchy *h)
{
    for (slong j = 0; j + shift <= h->order; j++)
        add_product(&x->c[j + shift], f, &y->c[j], h);
}

void ew_delta_init(ew_delta *d, const ew_hierarchy *h)
{
    d->h = h;
    d->n = d->room = 0;
    d->of = NULL;
    d->moment = NULL;
}

void ew_delta_clear(ew_delta *d)
{
    for (slong i = 0; i < d->n; i++) {
        ew_series_clear(d->moment[i], d->h);
        free(d->moment[i]);
    }
    free(d->of);
    free(d->moment);
}

/* kappa(delta_p1, ...): that of Ghat, and E Ghat - G0 for one entry. */
static void joint(ew_series *x, const ew_delta *d, const ew_pairs *list)
{
    ew_series_zero(x, d->h);
    for (slong j = list->n > 2 ? list->n - 1 : 1; j <= d->h->order; j++) {
        slong i = ew_hierarchy_find(d->h, list, j);
        if (i >= 0)
            fmpq_mpoly_gen(&x->c[j], d->h->law->extra + i, d->h->law->ring);
    }
}

static ew_status remember(ew_delta *d, const ew_pairs *list, const ew_series *x,
                          ew_context *ctx)
{
    if (d->n == d->room) {
        slong room = d->room ? 2 * d->room : 64;
        ew_pairs *of = ew_realloc(d->of, (size_t) room * sizeof *of, ctx);
        if (of)
            d->of = of;
        ew_series **moment = ew_realloc(d->moment, (size_t) room * sizeof *moment, ctx);
        if (moment)
            d->moment = moment;
        if (!of || !moment)
            return EW_MEMORY;
        d->room = room;
    }
    ew_series *copy = ew_alloc(sizeof *copy, ctx);
    if (!copy)
        return EW_MEMORY;
    ew_series_init(copy, d->h);
    ew_series_set(copy, x, d->h);
    d->of[d->n] = *list;
    d->moment[d->n++] = copy;
    return EW_OK;
}

static ew_status moment(ew_series *x, ew_delta *d, const ew_pairs *list, ew_context *ctx);

/* x += kappa(delta of the first entry and of the entries in `chosen`) E[the others]. */
static ew_status add_split(ew_series *x, ew_delta *d, const ew_pairs *list, ulong chosen,
                           ew_context *ctx)
{
    ew_pairs in = {1, {list->p[0]}}, rest = {0, {0}};
    for (slong i = 1; i < list->n; i++)
        ew_pairs_add(chosen >> (i - 1) & 1 ? &in : &rest, list->p[i]);
    slong cost = (in.n > 2 ? in.n - 1 : 1) + (rest.n + 1) / 2;
    if (cost > d->h->order)
        return EW_OK;
    ew_series k, m;
    fmpz one = 1;
    ew_series_init(&k, d->h);
    ew_series_init(&m, d->h);
    joint(&k, d, &in);
    ew_status status = moment(&m, d, &rest, ctx);
    ew_series_multiply(&k, &m, d->h);
    ew_series_add_scaled(x, &k, &one, d->h);
    ew_series_clear(&k, d->h);
    ew_series_clear(&m, d->h);
    return status;
}

/* E[prod delta]: split off the cumulant that contains the first factor. */
static ew_status moment(ew_series *x, ew_delta *d, const ew_pairs *list, ew_context *ctx)
{
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, d->h->fields);
    if (list->n == 0) {
        ew_series_one(x, d->h);
        return EW_OK;
    }
    ew_series_zero(x, d->h);
    if (ew_pairs_odd(list, d->h->fields) || (list->n + 1) / 2 > d->h->order)
        return EW_OK;
    for (slong i = 0; i < d->n; i++)
        if (ew_pairs_compare(&d->of[i], &canonical) == 0) {
            ew_series_set(x, d->moment[i], d->h);
            return EW_OK;
        }
    ew_status status = EW_OK;
    for (ulong s = 0; s < UWORD(1) << (list->n - 1) && status == EW_OK; s++)
        status = add_split(x, d, &canonical, s, ctx);
    return status == EW_OK ? remember(d, &canonical, x, ctx) : status;
}

/* y = product over blocks of the moments of their merged groups. */
static ew_status block_moments(ew_series *y, ew_delta *d, const ew_pairs *group,
                               const ew_partition *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_series m;
    ew_series_init(&m, d->h);
    ew_series_one(y, d->h);
    for (slong b = 0; b < p->blocks && status == EW_OK; b++) {
        ew_pairs merged = {0, {0}};
        for (slong i = 0; i < p->n; i++)
            for (slong k = 0; p->block[i] == b && k < group[i].n; k++)
                ew_pairs_add(&merged, group[i].p[k]);
        status = moment(&m, d, &merged, ctx);
        ew_series_multiply(y, &m, d->h);
    }
    ew_series_clear(&m, d->h);
    return status;
}

ew_status ew_delta_cumulant(ew_series *x, ew_delta *d, const ew_pairs *group, slong groups,
                            ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_partition p;
    ew_series y;
    fmpz_t w;
    fmpz_init(w);
    ew_series_init(&y, d->h);
    ew_series_zero(x, d->h);
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
