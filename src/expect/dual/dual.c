#include "expect/dual/dual.h"

#include <stdlib.h>

#include "expect/dual/source.h"

#define SERIES_BITS 160
#define END_BITS 96 /* of the bound at the end */

/* The functions of a source times their scales. */
typedef struct {
    ew_dual_source source;
    arb_ptr scale; /* [EW_DUAL_FUNCTIONS] */
} scaled;

static ew_status value(arb_ptr y, const arb_t t, slong prec, void *data, ew_context *ctx)
{
    scaled *x = data;
    ew_status status = x->source.value(y, &x->source, t, prec, ctx);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS && status == EW_OK; f++)
        arb_mul(y + f, y + f, x->scale + f, prec);
    return status;
}

static void scale_bounds(mag_ptr y, const scaled *x)
{
    mag_t m;
    mag_init(m);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        arb_get_mag(m, x->scale + f);
        mag_mul(y + f, y + f, m);
    }
    mag_clear(m);
}

static ew_status end(mag_ptr y, const arb_t t, void *data, ew_context *ctx)
{
    scaled *x = data;
    ew_status status = x->source.end(y, &x->source, t, ctx);
    scale_bounds(y, x);
    return status;
}

/* In the disc each function is at most what side 0 is at t = 0. */
static ew_status bounds(mag_ptr bound, scaled *x, ew_context *ctx)
{
    arb_t t;
    arb_init(t);
    arb_ptr y = _arb_vec_init(EW_DUAL_FUNCTIONS);
    ew_status status = value(y, t, 64, x, ctx);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++)
        arb_get_mag(bound + f, y + f - f % 2);
    _arb_vec_clear(y, EW_DUAL_FUNCTIONS);
    arb_clear(t);
    return status;
}

static ew_status tabulate(ew_dual *d, scaled *x, ew_context *ctx)
{
    ew_disc_functions f = {EW_DUAL_FUNCTIONS, x, value, end, NULL, NULL};
    f.bound = _mag_vec_init(f.n);
    f.slope = _mag_vec_init(f.n);
    for (slong i = 0; i < f.n; i++)
        mag_set(f.slope + i, x->source.slope[i]);
    scale_bounds(f.slope, x);
    ew_status status = bounds(f.bound, x, ctx);
    if (status == EW_OK)
        status = ew_piecewise_new(d->f, &f, ctx);
    arb_t c;
    arb_init(c);
    arb_mul(c, x->source.opposite, x->scale + EW_DUAL_SLOPE, 64);
    d->opposite = arf_get_d(arb_midref(c), ARF_RND_NEAR);
    arb_clear(c);
    _mag_vec_clear(f.bound, f.n);
    _mag_vec_clear(f.slope, f.n);
    return status;
}

void ew_dual_source_init(ew_dual_source *x, ew_evaluator *E, const arb_t K)
{
    x->E = E;
    x->first = x->most = x->n = 0;
    x->power = NULL;
    x->kinks = NULL;
    arb_init(x->K);
    arb_set(x->K, K);
    arb_init(x->opposite);
    arb_init(x->unit_equal);
    arb_init(x->unit_opposite);
    mag_init(x->rest);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        x->coef[f] = NULL;
        mag_init(x->slope[f]);
    }
}

static void kinks_free(ew_dual_kinks *k)
{
    if (!k)
        return;
    ew_spline_clear(&k->q);
    mag_clear(k->unit);
    for (int side = 0; side < 2; side++) {
        arb_clear(k->value[side]);
        arb_clear(k->derivative[side]);
    }
    free(k);
}

void ew_dual_source_clear(ew_dual_source *x)
{
    kinks_free(x->kinks);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        if (x->coef[f])
            _arb_vec_clear(x->coef[f], x->n);
        mag_clear(x->slope[f]);
    }
    if (x->power)
        _arb_vec_clear(x->power, x->n);
    mag_clear(x->rest);
    arb_clear(x->unit_opposite);
    arb_clear(x->unit_equal);
    arb_clear(x->opposite);
    arb_clear(x->K);
}

ew_status ew_dual_monotone_end(mag_ptr y, ew_dual_source *x, const arb_t t, ew_context *ctx)
{
    arb_ptr here = _arb_vec_init(EW_DUAL_FUNCTIONS), zero = _arb_vec_init(EW_DUAL_FUNCTIONS);
    arb_t origin;
    mag_t rest;
    arb_init(origin);
    mag_init(rest);
    mag_swap(rest, x->rest); /* `value` counts it at 0 already */
    ew_status status = x->value(zero, x, origin, END_BITS, ctx);
    if (status == EW_OK)
        status = x->value(here, x, t, END_BITS, ctx);
    mag_swap(rest, x->rest);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        slong above = f - f % 2; /* side 0 of the same function */
        arb_sub(origin, zero + above, here + above, END_BITS);
        arb_get_mag(y + f, origin);
    }
    mag_clear(rest);
    arb_clear(origin);
    _arb_vec_clear(here, EW_DUAL_FUNCTIONS);
    _arb_vec_clear(zero, EW_DUAL_FUNCTIONS);
    return status;
}

static ew_status choose(ew_dual_source *x, const ew_activation *s, ew_context *ctx)
{
    if (s->homogeneous)
        return ew_dual_homogeneous(x, ctx);
    if (s->kinks)
        return ew_dual_kinked(x, ctx);
    return ew_dual_series(x, SERIES_BITS, ctx);
}

ew_status ew_dual_new(ew_dual **out, ew_evaluator *E, const ew_activation *s, const arb_t K,
                      const arb_t slope, const arb_t derivative, ew_context *ctx)
{
    *out = ew_alloc_zero(1, sizeof **out, ctx);
    if (!*out)
        return EW_MEMORY;
    scaled x = {.scale = _arb_vec_init(EW_DUAL_FUNCTIONS)};
    for (slong side = 0; side < 2; side++) {
        arb_set(x.scale + EW_DUAL_SLOPE + side, slope);
        arb_set(x.scale + EW_DUAL_DERIVATIVE + side, derivative);
    }
    ew_dual_source_init(&x.source, E, K);
    ew_status status = choose(&x.source, s, ctx);
    if (status == EW_OK)
        status = tabulate(*out, &x, ctx);
    ew_dual_source_clear(&x.source);
    _arb_vec_clear(x.scale, EW_DUAL_FUNCTIONS);
    if (status != EW_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

void ew_dual_free(ew_dual *d)
{
    if (d)
        ew_piecewise_free(d->f, EW_DUAL_FUNCTIONS);
    free(d);
}
