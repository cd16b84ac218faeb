#include "activation/primitive.h"

#include "activation/box.h"

/* Inlined next to a use of the whole box, gcc 12 takes a look at its first member for an access
 * out of bounds and warns. */
#define NOINLINE __attribute__((noinline))

static int is_real(const acb_t u)
{
    return arb_is_zero(acb_imagref(u));
}

static NOINLINE int starts_negative(const acb_t u)
{
    return arf_sgn(arb_midref(acb_realref(u))) < 0;
}

/* |mid(Re u)| < 2^e */
static NOINLINE int centred_below(const acb_t u, slong e)
{
    return arf_cmpabs_2exp_si(arb_midref(acb_realref(u)), e) < 0;
}

/* Does the box meet (-inf, 0]? */
static int meets_negative_axis(const acb_t u)
{
    return arb_contains_zero(acb_imagref(u)) && !arb_is_positive(acb_realref(u));
}

/* Does the box meet one of the cuts i [1, inf), -i [1, inf) of atan and asinh? */
static int meets_imaginary_cuts(const acb_t u)
{
    if (!arb_contains_zero(acb_realref(u)))
        return 0;
    arb_t size;
    arb_init(size);
    arb_abs(size, acb_imagref(u));
    arb_sub_ui(size, size, 1, 64);
    int meets = !arb_is_negative(size);
    arb_clear(size);
    return meets;
}

/* ---- exp ----------------------------------------------------------------------------------
 */

void ew_acb_exp(acb_t y, const acb_t u, slong prec)
{
    if (!ew_acb_wide(u) || is_real(u)) {
        acb_exp(y, u, prec);
        return;
    }
    arb_t scale;
    arb_init(scale);
    ew_arb_monotone(scale, acb_realref(u), arb_exp, prec);
    arb_sin_cos(acb_imagref(y), acb_realref(y), acb_imagref(u), prec);
    ew_arb_scale(acb_realref(y), scale, acb_realref(y), prec);
    ew_arb_scale(acb_imagref(y), scale, acb_imagref(y), prec);
    arb_clear(scale);
}

/* ---- sigmoid, tanh, tan -------------------------------------------------------------------
 */

static void sigmoid_point(arb_t y, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_neg(t, x);
    arb_exp(t, t, prec);
    arb_add_ui(t, t, 1, prec);
    arb_inv(y, t, prec);
    arb_clear(t);
}

void ew_arb_sigmoid(arb_t y, const arb_t x, slong prec)
{
    ew_arb_monotone(y, x, sigmoid_point, prec);
}

/* cosh x + cos y, zero exactly at the poles x + iy of the sigmoid and the branch points of
 * softplus: over a box the two terms do not share a variable, so the range is sharp. */
static void cosh_plus_cos(arb_t d, const acb_t u, slong prec)
{
    arb_t lo, c;
    arf_t least, most;
    arb_init(lo);
    arb_init(c);
    arf_init(least);
    arf_init(most);
    arb_get_abs_lbound_arf(least, acb_realref(u), prec);
    arb_get_abs_ubound_arf(most, acb_realref(u), prec);
    arb_set_arf(lo, least);
    arb_set_arf(d, most);
    arb_cosh(lo, lo, prec);
    arb_cosh(d, d, prec);
    arb_union(d, d, lo, prec);
    arb_cos(c, acb_imagref(u), prec);
    arb_add(d, d, c, prec);
    arb_clear(lo);
    arb_clear(c);
    arf_clear(least);
    arf_clear(most);
}

/* sigmoid(x + iy) = 1/2 + (sinh x + i sin y) / (2 (cosh x + cos y)) */
static void sigmoid_by_parts(acb_t y, const acb_t u, slong prec)
{
    arb_t d;
    arb_init(d);
    cosh_plus_cos(d, u, prec);
    if (arb_is_positive(d)) {
        ew_arb_monotone(acb_realref(y), acb_realref(u), arb_sinh, prec);
        arb_sin(acb_imagref(y), acb_imagref(u), prec);
        acb_div_arb(y, y, d, prec);
        acb_mul_2exp_si(y, y, -1);
        arb_set_d(d, 0.5);
        arb_add(acb_realref(y), acb_realref(y), d, prec);
    } else {
        acb_indeterminate(y);
    }
    arb_clear(d);
}

/* 1/(1+t) or t/(1+t), t = exp(-v), Re v >= 0 at the middle: |t| is at most about 1 */
static void sigmoid_by_exp(acb_t y, const acb_t u, slong prec)
{
    acb_t t, v;
    acb_init(t);
    acb_init(v);
    int negative = starts_negative(u);
    if (negative)
        acb_set(v, u);
    else
        acb_neg(v, u);
    ew_acb_exp(t, v, prec);
    acb_add_ui(v, t, 1, prec);
    ew_acb_inverse(y, v, prec);
    if (negative)
        acb_mul(y, y, t, prec);
    acb_clear(t);
    acb_clear(v);
}

static void sigmoid_box(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    acb_t parts;
    acb_init(parts);
    sigmoid_by_exp(y, u, prec);
    if (is_real(u))
        ew_arb_sigmoid(acb_realref(y), acb_realref(u), prec);
    /* far out the exponential form is sharp and cosh only large */
    if (centred_below(u, 8) && mag_cmp_2exp_si(arb_radref(acb_realref(u)), 8) < 0) {
        sigmoid_by_parts(parts, u, prec);
        ew_acb_share(y, parts, prec);
    }
    acb_sub_ui(parts, y, 1, prec);
    acb_mul(dy, y, parts, prec);
    acb_neg(dy, dy);
    acb_clear(parts);
}

/* With t = exp(-v), Re v >= 0: sigmoid(v) = 1/(1+t), sigmoid(-v) = t/(1+t), derivative
 * t/(1+t)^2. */
static void sigmoid_narrow(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    acb_t t;
    acb_init(t);
    int negative = starts_negative(u);
    if (negative)
        acb_set(t, u);
    else
        acb_neg(t, u);
    acb_exp(t, t, prec);
    acb_add_ui(y, t, 1, prec);
    acb_inv(y, y, prec);
    acb_mul(t, t, y, prec);
    acb_mul(dy, t, y, prec);
    if (negative)
        acb_set(y, t);
    acb_clear(t);
}

void ew_acb_sigmoid(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    if (ew_acb_wide(u))
        sigmoid_box(y, dy, u, prec);
    else
        sigmoid_narrow(y, dy, u, prec);
}

/* tanh u = 2 sigmoid(2u) - 1 */
static void tanh_box(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    acb_t v;
    acb_init(v);
    acb_mul_2exp_si(v, u, 1);
    sigmoid_box(y, dy, v, prec);
    acb_mul_2exp_si(y, y, 1);
    acb_sub_ui(y, y, 1, prec);
    acb_mul_2exp_si(dy, dy, 2);
    if (is_real(u))
        ew_arb_monotone(acb_realref(y), acb_realref(u), arb_tanh, prec);
    acb_clear(v);
}

/* With Re v >= 0, m = expm1(-2v) (near 0) or t = exp(-2v) = 1 + m (far): tanh v = -m/(2+m),
 * derivative 4 t/(2+m)^2, neither with cancellation. */
static void tanh_narrow(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    acb_t m, t;
    acb_init(m);
    acb_init(t);
    int negative = starts_negative(u);
    acb_mul_2exp_si(m, u, 1);
    if (!negative)
        acb_neg(m, m);
    if (centred_below(u, 0)) {
        acb_expm1(m, m, prec);
        acb_add_ui(t, m, 1, prec);
    } else {
        acb_exp(t, m, prec);
        acb_sub_ui(m, t, 1, prec);
    }
    acb_add_ui(y, m, 2, prec);
    acb_inv(y, y, prec);
    acb_mul(dy, y, y, prec);
    acb_mul(dy, dy, t, prec);
    acb_mul_2exp_si(dy, dy, 2);
    acb_mul(y, y, m, prec);
    if (!negative)
        acb_neg(y, y);
    acb_clear(m);
    acb_clear(t);
}

void ew_acb_tanh(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    if (ew_acb_wide(u))
        tanh_box(y, dy, u, prec);
    else
        tanh_narrow(y, dy, u, prec);
}

/* tan u = -i tanh(iu), with the same derivative */
void ew_acb_tan(acb_t y, acb_t dy, const acb_t u, slong prec)
{
    if (is_real(u)) {
        arb_tan(acb_realref(y), acb_realref(u), prec);
        arb_zero(acb_imagref(y));
        acb_mul(dy, y, y, prec);
        acb_add_ui(dy, dy, 1, prec);
        return;
    }
    acb_t v;
    acb_init(v);
    acb_mul_onei(v, u);
    ew_acb_tanh(y, dy, v, prec);
    acb_div_onei(y, y);
    acb_clear(v);
}

/* ---- logarithms ---------------------------------------------------------------------------
 */

void ew_acb_log(acb_t y, const acb_t u, int analytic, slong prec)
{
    if (is_real(u)) {
        arb_log(acb_realref(y), acb_realref(u), prec);
        arb_zero(acb_imagref(y));
    } else {
        acb_log_analytic(y, u, analytic, prec);
    }
}

void ew_acb_log1p(acb_t y, const acb_t u, int analytic, slong prec)
{
    if (is_real(u)) {
        arb_log1p(acb_realref(y), acb_realref(u), prec);
        arb_zero(acb_imagref(y));
        return;
    }
    acb_t v;
    acb_init(v);
    acb_add_ui(v, u, 1, prec);
    if (analytic && meets_negative_axis(v))
        acb_indeterminate(y);
    else
        acb_log1p(y, u, prec);
    acb_clear(v);
}

static void softplus_point(arb_t y, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    int positive = arf_sgn(arb_midref(x)) > 0;
    if (positive)
        arb_neg(t, x);
    else
        arb_set(t, x);
    arb_exp(t, t, prec);
    arb_log1p(t, t, prec);
    if (positive)
        arb_add(y, x, t, prec);
    else
        arb_set(y, t);
    arb_clear(t);
}

void ew_arb_softplus(arb_t y, const arb_t x, slong prec)
{
    ew_arb_monotone(y, x, softplus_point, prec);
}

/* In |Im u| < pi, u = x + iy: log(1+e^u) = (x + log 2(cosh x + cos y))/2
 * + i (y/2 + atan(tanh(x/2) tan(y/2))), from 1 + e^u = 2 e^(u/2) cosh(u/2). */
static void softplus_by_parts(acb_t s, const acb_t u, slong prec)
{
    arb_t d, half;
    arb_init(d);
    arb_init(half);
    cosh_plus_cos(d, u, prec);
    arb_mul_2exp_si(d, d, 1);
    if (arb_is_positive(d)) {
        arb_log(d, d, prec);
        arb_add(acb_realref(s), d, acb_realref(u), prec);
        arb_mul_2exp_si(acb_realref(s), acb_realref(s), -1);
        arb_mul_2exp_si(half, acb_realref(u), -1);
        ew_arb_monotone(d, half, arb_tanh, prec);
        arb_mul_2exp_si(half, acb_imagref(u), -1);
        ew_arb_monotone(acb_imagref(s), half, arb_tan, prec);
        arb_mul(d, d, acb_imagref(s), prec);
        ew_arb_monotone(acb_imagref(s), d, arb_atan, prec);
        arb_add(acb_imagref(s), acb_imagref(s), half, prec);
    } else {
        acb_indeterminate(s);
    }
    arb_clear(d);
    arb_clear(half);
}

/* In |Im u| < pi.  log(1+e^u) = u + log(1+e^-u) there: both sides are analytic and agree on the
 * real line. */
static void softplus_strip(acb_t y, const acb_t u, slong prec)
{
    acb_t t;
    acb_init(t);
    int positive = !starts_negative(u);
    if (positive)
        acb_neg(t, u);
    else
        acb_set(t, u);
    acb_exp(t, t, prec);
    ew_acb_log1p(y, t, 1, prec);
    if (positive)
        acb_add(y, y, u, prec);
    if (ew_acb_wide(u)) {
        softplus_by_parts(t, u, prec);
        ew_acb_share(y, t, prec);
    }
    acb_clear(t);
}

void ew_acb_softplus(acb_t y, const acb_t u, int analytic, slong prec)
{
    if (is_real(u)) {
        ew_arb_softplus(acb_realref(y), acb_realref(u), prec);
        arb_zero(acb_imagref(y));
        return;
    }
    acb_t t;
    acb_init(t);
    arb_const_pi(acb_realref(t), prec);
    arb_abs(acb_imagref(t), acb_imagref(u));
    if (arb_lt(acb_imagref(t), acb_realref(t))) {
        softplus_strip(y, u, prec);
    } else {
        acb_exp(t, u, prec);
        ew_acb_log1p(y, t, analytic, prec);
    }
    acb_clear(t);
}

/* ---- powers -------------------------------------------------------------------------------
 */

static int real_power_undefined(const acb_t u, int analytic)
{
    return is_real(u) && !(arb_is_positive(acb_realref(u)) ||
                           (!analytic && arb_is_nonnegative(acb_realref(u))));
}

void ew_acb_sqrt(acb_t y, const acb_t u, int analytic, slong prec)
{
    if (real_power_undefined(u, analytic)) {
        acb_indeterminate(y);
    } else if (is_real(u)) {
        arb_sqrt(acb_realref(y), acb_realref(u), prec);
        arb_zero(acb_imagref(y));
    } else {
        acb_sqrt_analytic(y, u, analytic, prec);
    }
}

void ew_acb_pow(acb_t y, const acb_t u, const arb_t exponent, int analytic, slong prec)
{
    if (real_power_undefined(u, analytic)) {
        acb_indeterminate(y);
    } else if (is_real(u)) {
        arb_pow(acb_realref(y), acb_realref(u), exponent, prec);
        arb_zero(acb_imagref(y));
    } else {
        acb_t e;
        acb_init(e);
        acb_set_arb(e, exponent);
        acb_pow_analytic(y, u, e, analytic, prec);
        acb_clear(e);
    }
}

/* ---- inverse functions --------------------------------------------------------------------
 */

void ew_acb_atan(acb_t y, const acb_t u, int analytic, slong prec)
{
    if (is_real(u)) {
        ew_arb_monotone(acb_realref(y), acb_realref(u), arb_atan, prec);
        arb_zero(acb_imagref(y));
    } else if (analytic && meets_imaginary_cuts(u)) {
        acb_indeterminate(y);
    } else {
        acb_atan(y, u, prec);
    }
}

/* asinh(x + iy) off its cuts: with A = (|u + i| + |u - i|)/2 and B = (|u + i| - |u - i|)/2 the
 * parts are sgn(x) acosh A and asin B.  A grows with |x| and |y|; B grows with y, and |B| falls
 * with |x|: so each end of each part is taken at a corner. */
static void asinh_corner(arb_t re, arb_t im, const arf_t x, const arf_t y, slong prec)
{
    acb_t c;
    acb_init(c);
    arb_set_arf(acb_realref(c), x);
    arb_set_arf(acb_imagref(c), y);
    acb_asinh(c, c, prec);
    if (re)
        arb_set(re, acb_realref(c));
    if (im)
        arb_set(im, acb_imagref(c));
    acb_clear(c);
}

static void asinh_box(acb_t s, const acb_t u, slong prec)
{
    arf_struct v[8];
    arb_t t;
    arb_init(t);
    for (int i = 0; i < 8; i++)
        arf_init(v + i);
    arf_ptr x1 = v, x2 = v + 1, xs = v + 2, xl = v + 3, y1 = v + 4, y2 = v + 5, ys = v + 6,
            yl = v + 7;
    arb_get_lbound_arf(x1, acb_realref(u), ARF_PREC_EXACT);
    arb_get_ubound_arf(x2, acb_realref(u), ARF_PREC_EXACT);
    arb_get_abs_lbound_arf(xs, acb_realref(u), ARF_PREC_EXACT);
    arb_get_abs_ubound_arf(xl, acb_realref(u), ARF_PREC_EXACT);
    arb_get_lbound_arf(y1, acb_imagref(u), ARF_PREC_EXACT);
    arb_get_ubound_arf(y2, acb_imagref(u), ARF_PREC_EXACT);
    arb_get_abs_lbound_arf(ys, acb_imagref(u), ARF_PREC_EXACT);
    arb_get_abs_ubound_arf(yl, acb_imagref(u), ARF_PREC_EXACT);
    asinh_corner(acb_realref(s), NULL, x1, arf_sgn(x1) > 0 ? ys : yl, prec);
    asinh_corner(t, NULL, x2, arf_sgn(x2) > 0 ? yl : ys, prec);
    arb_union(acb_realref(s), acb_realref(s), t, prec);
    asinh_corner(NULL, acb_imagref(s), arf_sgn(y1) > 0 ? xl : xs, y1, prec);
    asinh_corner(NULL, t, arf_sgn(y2) > 0 ? xs : xl, y2, prec);
    arb_union(acb_imagref(s), acb_imagref(s), t, prec);
    arb_clear(t);
    for (int i = 0; i < 8; i++)
        arf_clear(v + i);
}

void ew_acb_asinh(acb_t y, const acb_t u, int analytic, slong prec)
{
    int cut = !is_real(u) && meets_imaginary_cuts(u);
    if (is_real(u)) {
        ew_arb_monotone(acb_realref(y), acb_realref(u), arb_asinh, prec);
        arb_zero(acb_imagref(y));
    } else if (cut && analytic) {
        acb_indeterminate(y);
    } else if (ew_acb_wide(u) && !cut) {
        asinh_box(y, u, prec);
    } else {
        acb_asinh(y, u, prec);
    }
}

/* ---- error function -----------------------------------------------------------------------
 */

/* |erf(u) - erf(mid)| <= |u - mid| sup |erf'|, and |erf'(x + iy)| = 2/sqrt(pi) exp(y^2 - x^2).
 */
static void error_function_spread(mag_t r, const acb_t u)
{
    mag_t x, t;
    mag_init(x);
    mag_init(t);
    mag_hypot(r, arb_radref(acb_realref(u)), arb_radref(acb_imagref(u)));
    mag_set_d(t, 1.129); /* > 2/sqrt(pi) = 1.1283... */
    mag_mul(r, r, t);
    arb_get_mag(t, acb_imagref(u));
    mag_mul(t, t, t);
    mag_exp(t, t);
    mag_mul(r, r, t);
    arb_get_mag_lower(x, acb_realref(u));
    mag_mul_lower(x, x, x);
    mag_expinv(t, x);
    mag_mul(r, r, t);
    mag_clear(x);
    mag_clear(t);
}

static void error_function(acb_t y, const acb_t u, ew_real_fn real,
                           void (*complex)(acb_t, const acb_t, slong), slong prec)
{
    if (!ew_acb_wide(u)) {
        complex(y, u, prec);
        return;
    }
    acb_t v;
    mag_t r;
    acb_init(v);
    mag_init(r);
    error_function_spread(r, u);
    acb_get_mid(v, u);
    complex(y, v, prec);
    arb_add_error_mag(acb_realref(y), r);
    if (!is_real(u))
        arb_add_error_mag(acb_imagref(y), r);
    else {
        /* erf increases and erfc decreases: the ends again */
        ew_arb_monotone(acb_realref(v), acb_realref(u), real, prec);
        ew_acb_share(y, v, prec);
    }
    acb_clear(v);
    mag_clear(r);
}

void ew_acb_erf(acb_t y, const acb_t u, slong prec)
{
    error_function(y, u, arb_hypgeom_erf, acb_hypgeom_erf, prec);
}

void ew_acb_erfc(acb_t y, const acb_t u, slong prec)
{
    error_function(y, u, arb_hypgeom_erfc, acb_hypgeom_erfc, prec);
}
