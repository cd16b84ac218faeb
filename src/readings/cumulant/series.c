#include "readings/cumulant/series.h"

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
