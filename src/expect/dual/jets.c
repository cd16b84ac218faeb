#include "expect/dual/jets.h"

#include <stdlib.h>

#include "expect/evaluator.h"

#define BITS 192
#define FIRST_TERMS 32
#define REST_BITS 66  /* the rest may be this far below the bound */
#define ZERO_BITS 110 /* or below the largest one: functions that vanish, of polynomials */
#define NORMS (EW_JET_ORDERS + 2)

/* Power series in rho. */
typedef struct {
    slong pairs, n; /* coefficients each */
    const ew_jet_pair *pair;
    arb_ptr coef;  /* [pair][n] */
    mag_ptr rest;  /* [pair]: what is left out, and what K's ball adds */
    mag_ptr bound; /* [pair]: in the disc */
    mag_ptr slope; /* [pair]: of the derivative in the disc */
    arb_ptr power; /* [n]: scratch */
} series;

/* ---- norms --------------------------------------------------------------------------------
 */

/* square[i] = <(s^(i))^2>_K. */
static ew_status squares(arb_ptr square, ew_evaluator *E, const arb_t K, slong n, slong prec,
                         ew_context *ctx)
{
    ew_atom1 atom[NORMS] = {{{0, {0}}, 0}};
    for (slong i = 0; i < n; i++)
        atom[i].f.e[i] = 2;
    return ew_expect_one(square, NULL, E, atom, n, K, prec, ctx);
}

/* sqrt of a product of squares, from above. */
static void product_norm(mag_t y, arb_srcptr square, slong i, slong j)
{
    mag_t t;
    mag_init(t);
    arb_get_mag(y, square + i);
    arb_get_mag(t, square + j);
    mag_mul(y, y, t);
    mag_sqrt(y, y);
    mag_clear(t);
}

/* The derivative in rho is K <s^(i+1) s^(j+1)>, that in K is (<s^(i+2) s^(j)> + <s^(i)
 * s^(j+2)>)/2 + rho <s^(i+1) s^(j+1)>: rho K is the covariance. */
static void set_bounds(series *x, arb_srcptr square, const arb_t K)
{
    mag_t t, drift;
    mag_init(t);
    mag_init(drift);
    for (slong p = 0; p < x->pairs; p++) {
        int i = x->pair[p].i, j = x->pair[p].j;
        product_norm(x->bound + p, square, i, j);
        product_norm(t, square, i + 1, j + 1);
        mag_set(drift, t);
        arb_get_mag(x->slope + p, K);
        mag_mul(x->slope + p, x->slope + p, t);
        product_norm(t, square, i + 2, j);
        mag_mul_2exp_si(t, t, -1);
        mag_add(drift, drift, t);
        product_norm(t, square, i, j + 2);
        mag_mul_2exp_si(t, t, -1);
        mag_add(drift, drift, t);
        mag_mul(x->rest + p, drift, arb_radref(K));
    }
    mag_clear(t);
    mag_clear(drift);
}

/* ---- coefficients -------------------------------------------------------------------------
 */

/* b[i][k] for k < n, of s^(i), from a[0..n + orders). */
static void shifted(arb_ptr b, arb_srcptr a, slong n, slong orders, const arb_t K)
{
    arb_t root, t;
    arb_init(root);
    arb_init(t);
    arb_rsqrt(root, K, BITS);
    for (slong i = 0; i < orders; i++)
        for (slong k = 0; k < n; k++) {
            arb_ptr y = b + i * n + k;
            if (i == 0) {
                arb_set(y, a + k);
                continue;
            }
            /* b_k^(i) = sqrt(k + 1) K^(-1/2) b_(k+1)^(i-1), by its product with all of them */
            arb_one(t);
            for (slong f = 1; f <= i; f++)
                arb_mul_ui(t, t, (ulong) (k + f), BITS);
            arb_sqrt(t, t, BITS);
            for (slong f = 1; f <= i; f++)
                arb_mul(t, t, root, BITS);
            arb_mul(y, t, a + k + i, BITS);
        }
    arb_clear(t);
    arb_clear(root);
}

/* What the squares of n coefficients leave of the whole, from above. */
static void rest_of(mag_t rest, arb_srcptr b, slong n, const arb_t whole)
{
    arb_t x;
    arf_t top;
    arb_init(x);
    arf_init(top);
    arb_set(x, whole);
    for (slong k = 0; k < n; k++)
        arb_submul(x, b + k, b + k, BITS);
    arb_get_ubound_arf(top, x, 64);
    if (arf_sgn(top) > 0)
        arf_get_mag(rest, top);
    else
        mag_zero(rest);
    arf_clear(top);
    arb_clear(x);
}

/* Tails by Cauchy-Schwarz; 1 when all are small enough. */
static int tails(mag_ptr tail, const series *x, arb_srcptr b, slong n, slong orders,
                 arb_srcptr whole)
{
    mag_ptr rest = _mag_vec_init(orders);
    mag_t target, least;
    int enough = 1;
    mag_init(target);
    mag_init(least);
    for (slong p = 0; p < x->pairs; p++)
        mag_max(least, least, x->bound + p);
    mag_mul_2exp_si(least, least, -ZERO_BITS);
    for (slong i = 0; i < orders; i++)
        rest_of(rest + i, b + i * n, n, whole + i);
    for (slong p = 0; p < x->pairs; p++) {
        mag_mul(tail + p, rest + x->pair[p].i, rest + x->pair[p].j);
        mag_sqrt(tail + p, tail + p);
        mag_mul_2exp_si(target, x->bound + p, -REST_BITS);
        mag_max(target, target, least);
        enough = enough && mag_cmp(tail + p, target) <= 0;
    }
    mag_clear(target);
    mag_clear(least);
    _mag_vec_clear(rest, orders);
    return enough;
}

static void keep(series *x, arb_srcptr b, slong n, mag_srcptr tail)
{
    x->n = n;
    x->coef = _arb_vec_init(x->pairs * n);
    x->power = _arb_vec_init(n);
    for (slong p = 0; p < x->pairs; p++) {
        for (slong k = 0; k < n; k++)
            arb_mul(x->coef + p * n + k, b + x->pair[p].i * n + k, b + x->pair[p].j * n + k,
                    BITS);
        mag_add(x->rest + p, x->rest + p, tail + p);
    }
}

/* With n terms; *enough: they were kept. */
static ew_status try_terms(int *enough, series *x, ew_evaluator *E, slong n, slong orders,
                           const arb_t K, arb_srcptr whole, ew_context *ctx)
{
    const ew_monomial s = {0, {1}};
    arb_ptr a = _arb_vec_init(n + orders), b = _arb_vec_init(n * orders);
    mag_ptr tail = _mag_vec_init(x->pairs);
    ew_status status = ew_expect_hermite(a, NULL, E, &s, n + orders - 1, K, BITS, ctx);
    if (status == EW_OK) {
        shifted(b, a, n, orders, K);
        *enough = tails(tail, x, b, n, orders, whole);
        if (*enough)
            keep(x, b, n, tail);
    }
    _mag_vec_clear(tail, x->pairs);
    _arb_vec_clear(a, n + orders);
    _arb_vec_clear(b, n * orders);
    return status;
}

static ew_status fill(series *x, ew_evaluator *E, const arb_t K, ew_context *ctx)
{
    slong orders = 0;
    for (slong p = 0; p < x->pairs; p++)
        orders = FLINT_MAX(orders, 1 + FLINT_MAX(x->pair[p].i, x->pair[p].j));
    arb_ptr square = _arb_vec_init(NORMS), whole = _arb_vec_init(orders);
    arb_t middle;
    arb_init(middle);
    arb_get_mid_arb(middle, K);
    int enough = 0;
    ew_status status = squares(square, E, K, orders + 2, 64, ctx);
    if (status == EW_OK)
        status = squares(whole, E, middle, orders, BITS, ctx);
    if (status == EW_OK)
        set_bounds(x, square, K);
    for (slong n = FIRST_TERMS; status == EW_OK && !enough; n *= 2) {
        if (n + orders > EW_MAX_HERMITE)
            status = ew_fail(ctx, EW_UNABLE,
                             "dual: more than %d Hermite coefficients at this variance",
                             EW_MAX_HERMITE);
        else
            status = try_terms(&enough, x, E, n, orders, middle, whole, ctx);
    }
    arb_clear(middle);
    _arb_vec_clear(square, NORMS);
    _arb_vec_clear(whole, orders);
    return status;
}

/* ---- tables -------------------------------------------------------------------------------
 */

static ew_status value(arb_ptr y, const arb_t t, slong prec, void *data, ew_context *ctx)
{
    series *x = data;
    (void) ctx;
    arb_t rho;
    arb_init(rho);
    arb_sub_ui(rho, t, 1, prec);
    arb_neg(rho, rho);
    for (slong side = 0; side < 2; side++) {
        _arb_vec_set_powers(x->power, rho, x->n, prec);
        for (slong p = 0; p < x->pairs; p++) {
            arb_ptr z = y + 2 * p + side;
            arb_dot(z, NULL, 0, x->coef + p * x->n, 1, x->power, 1, x->n, prec);
            arb_add_error_mag(z, x->rest + p);
        }
        arb_neg(rho, rho);
    }
    arb_clear(rho);
    return EW_OK;
}

static ew_status end(mag_ptr y, const arb_t t, void *data, ew_context *ctx)
{
    const series *x = data;
    (void) ctx;
    for (slong i = 0; i < 2 * x->pairs; i++) {
        arb_get_mag(y + i, t);
        mag_mul(y + i, y + i, x->slope + i / 2);
    }
    return EW_OK;
}

static ew_status tabulate(ew_dual_jets *d, series *x, ew_context *ctx)
{
    ew_disc_functions f = {.n = 2 * x->pairs, .data = x, .value = value, .end = end};
    f.bound = _mag_vec_init(f.n);
    f.slope = _mag_vec_init(f.n);
    for (slong i = 0; i < f.n; i++) {
        mag_set(f.bound + i, x->bound + i / 2);
        mag_set(f.slope + i, x->slope + i / 2);
    }
    ew_status status = ew_piecewise_new(d->f, &f, ctx);
    for (slong p = 0; p < x->pairs; p++)
        d->slope[p] = mag_get_d(x->slope + p); /* from above */
    _mag_vec_clear(f.bound, f.n);
    _mag_vec_clear(f.slope, f.n);
    return status;
}

static ew_status make(ew_dual_jets *d, ew_evaluator *E, const arb_t K, const ew_jet_pair *pair,
                      ew_context *ctx)
{
    slong n = d->pairs;
    series x = {.pairs = n, .pair = pair};
    x.rest = _mag_vec_init(n);
    x.bound = _mag_vec_init(n);
    x.slope = _mag_vec_init(n);
    ew_status status = fill(&x, E, K, ctx);
    if (status == EW_OK)
        status = tabulate(d, &x, ctx);
    if (x.coef)
        _arb_vec_clear(x.coef, n * x.n);
    if (x.power)
        _arb_vec_clear(x.power, x.n);
    _mag_vec_clear(x.rest, n);
    _mag_vec_clear(x.bound, n);
    _mag_vec_clear(x.slope, n);
    return status;
}

ew_status ew_dual_jets_new(ew_dual_jets **out, ew_evaluator *E, const ew_activation *s,
                           const arb_t K, const ew_jet_pair *pair, slong pairs, ew_context *ctx)
{
    *out = NULL;
    for (slong p = 0; p < pairs; p++)
        if (pair[p].i >= EW_JET_ORDERS || pair[p].j >= EW_JET_ORDERS)
            return ew_fail(ctx, EW_UNABLE, "dual: derivatives beyond order %d",
                           EW_JET_ORDERS - 1);
    if (s->kinks || !arb_is_positive(K))
        return ew_fail(ctx, EW_UNABLE, "dual: jets of smooth activations at K > 0 only: %s",
                       s->text);
    ew_dual_jets *d = ew_alloc_zero(1, sizeof *d, ctx);
    if (!d)
        return EW_MEMORY;
    d->pairs = pairs;
    d->f = ew_alloc_zero((size_t) (2 * pairs), sizeof *d->f, ctx);
    d->slope = ew_alloc_zero((size_t) pairs, sizeof *d->slope, ctx);
    ew_status status = d->f && d->slope ? make(d, E, K, pair, ctx) : EW_MEMORY;
    if (status != EW_OK)
        ew_dual_jets_free(d);
    else
        *out = d;
    return status;
}

void ew_dual_jets_free(ew_dual_jets *d)
{
    if (!d)
        return;
    if (d->f)
        ew_piecewise_free(d->f, 2 * d->pairs);
    free(d->f);
    free(d->slope);
    free(d);
}
