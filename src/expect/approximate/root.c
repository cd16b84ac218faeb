#include "expect/approximate/root.h"

#include <math.h>

#include "expect/approximate/chebyshev.h"
#include "expect/approximate/rounded.h"
#include "expect/dual/source.h"

#define N EW_ROOT_MOST
#define CUT_BITS 60
#define KEEP_BITS 62
#define BOXES 32

/* P of D and of its averages at t, from the dual on the side rho >= 0. */
static ew_status values_at(arb_ptr P, ew_dual_source *source, const arb_t t, ew_context *ctx)
{
    arb_ptr y = _arb_vec_init(EW_DUAL_FUNCTIONS), zero = _arb_vec_init(EW_DUAL_FUNCTIONS);
    arb_t r;
    arb_init(r);
    ew_status status = source->value(zero, source, r, EW_TABLE_BITS, ctx);
    if (status == EW_OK)
        status = source->value(y, source, t, EW_TABLE_BITS, ctx);
    arb_sqrt(r, t, EW_TABLE_BITS);
    arb_sub(P, zero + EW_DUAL_DERIVATIVE, y + EW_DUAL_DERIVATIVE, EW_TABLE_BITS);
    arb_sub(P + 1, zero + EW_DUAL_SLOPE, y + EW_DUAL_SLOPE, EW_TABLE_BITS);
    _arb_vec_scalar_div(P, P, 2, r, EW_TABLE_BITS);
    arb_clear(r);
    _arb_vec_clear(y, EW_DUAL_FUNCTIONS);
    _arb_vec_clear(zero, EW_DUAL_FUNCTIONS);
    return status;
}

/* What interpolation at N points of [0, 1] costs: R = 15/8 is the end of an ellipse with major
 * semi-axis 2 R - 1 = 11/4, and P(R) sqrt(R) = base(0) - D at rho = 1 - R, where the other side
 * has t = 1/8. */
static ew_status fit_error(mag_t error, ew_dual_source *source, ew_context *ctx)
{
    arb_ptr y = _arb_vec_init(EW_DUAL_FUNCTIONS), zero = _arb_vec_init(EW_DUAL_FUNCTIONS);
    arb_t t;
    arb_init(t);
    ew_status status = source->value(zero, source, t, 64, ctx);
    arb_set_d(t, 0.125);
    if (status == EW_OK)
        status = source->value(y, source, t, 64, ctx);
    arb_sub(y, zero + EW_DUAL_DERIVATIVE, y + EW_DUAL_DERIVATIVE + 1, 64);
    arb_get_mag(error, y); /* sqrt(R) > 1 */
    arb_set_d(t, 2.75);
    ew_chebyshev_error(error, error, t, N);
    arb_clear(t);
    _arb_vec_clear(y, EW_DUAL_FUNCTIONS);
    _arb_vec_clear(zero, EW_DUAL_FUNCTIONS);
    return status;
}

/* Polynomial g: coefficients, the error of what they stand for added to error. */
static void fit(ew_root *out, slong g, mag_t error, arb_ptr y, const ew_chebyshev *points)
{
    arb_ptr c = _arb_vec_init(N);
    arb_t one;
    mag_t rest, t, e;
    arb_init(one);
    mag_init(rest);
    mag_init(t);
    mag_init(e);
    for (slong k = 0; k < N; k++) {
        mag_max(rest, rest, arb_radref(y + 2 * k));
        mag_zero(arb_radref(y + 2 * k));
    }
    mag_mul_2exp_si(rest, rest, EW_LEBESGUE_BITS);
    mag_add(error, error, rest);
    ew_chebyshev_fit(c, 1, y, 2, points);
    slong unit = arf_abs_bound_lt_2exp_si(arb_midref(c)), n = N;
    mag_zero(rest);
    for (; n > 1; n--) {
        arb_get_mag(t, c + n - 1);
        mag_add(t, t, rest);
        if (mag_cmp_2exp_si(t, unit - CUT_BITS) > 0)
            break;
        mag_swap(rest, t);
    }
    mag_add(error, error, rest);
    arb_one(one);
    ew_chebyshev_expand_from_zero(c, c, 1, n, one);
    for (slong k = 0; k < N; k++) {
        out->coef[g][k] = 0;
        if (k < n) {
            out->coef[g][k] = ew_round_coefficient(e, c + k, unit - KEEP_BITS);
            mag_add(error, error, e);
        }
    }
    out->degree = FLINT_MAX(out->degree, n - 1);
    mag_clear(e);
    mag_clear(t);
    mag_clear(rest);
    arb_clear(one);
    _arb_vec_clear(c, N);
}

/* base -+ sqrt(t) P on a box: P is off by e + error, its product with the root, of which each
 * is rounded, by another 2u, the base as it is, and the sum by u. */
static void account_box(ew_root *out, slong f, const ew_rounded *c, const arb_t t,
                        const mag_t error, const arb_t base)
{
    arb_t y, r;
    mag_t e, m, none;
    arb_init(y);
    arb_init(r);
    mag_init(e);
    mag_init(m);
    mag_init(none);
    ew_horner(y, e, c, t, none);
    mag_add(e, e, error);
    arb_add_error_mag(y, error);
    if (arb_is_zero(base)) { /* the product alone, whose relative error has no sum in it */
        arb_get_mag_lower(m, y);
        mag_div(m, e, m);
        out->relative[f] = fmax(out->relative[f], ew_mag_up(m) * (1 + 0x1p-50) + 0x1.4p-52);
    }
    arb_sqrt(r, t, 64);
    arb_get_mag(m, r);
    mag_mul(e, e, m);
    arb_mul(y, y, r, 64);
    arb_get_mag(m, y);
    mag_add(m, m, e);
    mag_mul_ui(m, m, 5); /* (1 + u)^2 - 1 < 5u/2 */
    mag_mul_2exp_si(m, m, -54);
    mag_add(e, e, m);
    mag_set_d(m, out->base_error);
    mag_add(e, e, m);
    if (f < EW_SURFACE_DD_OPPOSITE)
        arb_neg(y, y);
    arb_add(y, y, base, 64);
    arb_get_mag(m, y);
    mag_add(m, m, e);
    mag_mul_2exp_si(m, m, -53);
    mag_add(e, e, m);
    out->error[f] = fmax(out->error[f], ew_mag_up(e));
    arb_get_mag_lower(m, y);
    mag_div(e, e, m);
    if (!arb_is_zero(base))
        out->relative[f] = fmax(out->relative[f], ew_mag_up(e));
    mag_clear(none);
    mag_clear(m);
    mag_clear(e);
    arb_clear(r);
    arb_clear(y);
}

/* Box b of [0, 1]: octaves towards 0, where sqrt(t) counts, down to 0 itself. */
static void box(arb_t t, slong b)
{
    mag_t half;
    mag_init(half);
    slong o = b / 4;
    if (b == BOXES * 4 - 1) {
        arb_set_ui(t, 1);
        mag_one(half);
        arb_add_error_mag(t, half);
        arb_mul_2exp_si(t, t, -BOXES);
    } else {
        arb_set_si(t, 9 + 2 * (b % 4));
        mag_one(half);
        arb_add_error_mag(t, half);
        arb_mul_2exp_si(t, t, -o - 4);
    }
    mag_clear(half);
}

static void account(ew_root *out, slong f, const mag_t error, const arb_t base)
{
    ew_rounded c;
    arb_t t;
    arb_init(t);
    ew_rounded_init(&c, out->degree + 1);
    for (slong k = 0; k <= out->degree; k++)
        arb_set_d(c.coef + k, out->coef[f % 2][k]);
    out->error[f] = out->relative[f] = 0;
    for (slong b = 0; b < 4 * BOXES; b++) {
        box(t, b);
        account_box(out, f, &c, t, error, base);
    }
    ew_rounded_clear(&c);
    arb_clear(t);
}

static double round_to(double *error, const arb_t x)
{
    mag_t e;
    mag_init(e);
    double y = ew_round_coefficient(e, x, -200);
    *error = fmax(*error, ew_mag_up(e));
    mag_clear(e);
    return y;
}

static ew_status build(ew_root *out, ew_dual_source *source, arb_ptr y, ew_context *ctx)
{
    ew_chebyshev points;
    mag_t error[2];
    arb_t t;
    arb_ptr base = _arb_vec_init(EW_DUAL_FUNCTIONS);
    ew_chebyshev_init(&points, N);
    arb_init(t);
    mag_init(error[0]);
    mag_init(error[1]);
    ew_status status = fit_error(error[0], source, ctx);
    mag_set(error[1], error[0]);
    for (slong k = 0; k < N && status == EW_OK; k++) {
        arb_add_ui(t, points.point + k, 1, EW_TABLE_BITS);
        arb_mul_2exp_si(t, t, -1);
        status = values_at(y + 2 * k, source, t, ctx);
    }
    arb_zero(t);
    if (status == EW_OK)
        status = source->value(base, source, t, EW_TABLE_BITS, ctx);
    if (status == EW_OK) {
        for (slong side = 0; side < 2; side++)
            out->base[side] = round_to(&out->base_error, base + EW_DUAL_DERIVATIVE + side);
        out->opposite = round_to(&out->opposite_error, source->opposite);
        for (slong g = 0; g < 2; g++)
            fit(out, g, error[g], y + g, &points);
        for (slong f = 0; f < EW_SURFACE_MOST; f++)
            account(out, f, error[f % 2], base + EW_DUAL_DERIVATIVE + f / 2);
        for (slong f = 0; f < EW_SURFACE_MOST; f++) {
            out->error[f] = ew_bound_up(out->error[f]);
            out->relative[f] = ew_bound_up(out->relative[f]);
        }
    }
    mag_clear(error[0]);
    mag_clear(error[1]);
    arb_clear(t);
    ew_chebyshev_clear(&points);
    _arb_vec_clear(base, EW_DUAL_FUNCTIONS);
    return status;
}

ew_status ew_root_new(ew_root *out, ew_evaluator *E, const ew_activation *s, ew_context *ctx)
{
    ew_dual_source source;
    arb_t K;
    *out = (ew_root){.degree = 0};
    if (!s->homogeneous)
        return ew_fail(ctx, EW_UNABLE, "functions of rho: %s is not a max(z, 0) + b min(z, 0)",
                       s->text);
    arb_init(K);
    arb_one(K);
    ew_dual_source_init(&source, E, K);
    arb_ptr y = _arb_vec_init(2 * N);
    ew_status status = ew_dual_homogeneous(&source, ctx);
    if (status == EW_OK)
        status = build(out, &source, y, ctx);
    _arb_vec_clear(y, 2 * N);
    ew_dual_source_clear(&source);
    arb_clear(K);
    return status;
}

double ew_root_at(const ew_root *x, slong f, double t)
{
    const double *c = x->coef[f % 2];
    double y = c[x->degree];
    for (slong k = x->degree - 1; k >= 0; k--)
        y = y * t + c[k];
    y = sqrt(t) * y;
    return f < EW_SURFACE_DD_OPPOSITE ? x->base[0] - y : x->base[1] + y;
}
