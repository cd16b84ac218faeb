/* With n = m + c, c the class, n^-P is expanded in the functions of even m
 *     G_r = 1/((m - 1)(m - 3) ... (m - 2 r + 1)),
 * for sum over all m of w_(m/2) G_r x^(m/2) = (-1)^r (1 - x)^(r-1/2)/(2 r - 1)!!.  Since
 *     G_s/(m + c) = G_(s+1) - (2 s + 1 + c) G_(s+1)/(m + c),
 * the expansion of each power comes from that of the one before, and what is cut off at r =
 * RANK is a sum of numbers times G_RANK n^-j, which is bounded for m >= N: G_RANK m^2 falls, so
 * that the sum of G_RANK over m >= N is at most N G_RANK(N).  From the closed form the terms of
 * m < N are taken off. */
#include "expect/dual/tail_sums.h"

#include <stdlib.h>

#define BITS 576
#define RANK 64

/* e[P][r], P <= top, and lost[P][j]: what is cut off of n^-P is lost[P] = sum over 1 <= j <= P
 * of cut_j G_RANK n^-(P - j + 1). */
static void expand(arb_ptr e, arb_ptr cut, slong top, slong c)
{
    const slong each = RANK + 1;
    arb_t d;
    arb_init(d);
    _arb_vec_zero(e, (top + 1) * each);
    arb_one(e);
    for (slong P = 0; P < top; P++) {
        arb_srcptr from = e + P * each;
        arb_ptr to = e + (P + 1) * each;
        arb_set(d, from);
        for (slong s = 0; s < RANK; s++) {
            arb_set(to + s + 1, d);
            arb_mul_si(d, d, -(2 * s + 1 + c), BITS);
            arb_add(d, d, from + s + 1, BITS);
        }
        arb_set(cut + P + 1, d);
    }
    arb_clear(d);
}

/* Both functions: sum over n >= N of n w |cut off|. */
static void set_lost(ew_tail_sums *x, arb_srcptr cut)
{
    arb_t g, y, z;
    arb_init(g);
    arb_init(y);
    arb_init(z);
    arb_set_si(g, x->n);
    for (slong r = 1; r <= RANK; r++)
        arb_div_si(g, g, x->n - 2 * r + 1, BITS);
    for (slong p = 0; p < 2 * x->orders - 1; p++) {
        arb_zero(y);
        for (slong j = 1; j <= p + 2 + x->class; j++) { /* Horner in 1/N: n^-(P-j) */
            arb_div_si(y, y, x->n, BITS);
            arb_abs(z, cut + j);
            arb_add(y, y, z, BITS);
        }
        arb_mul(y, y, g, BITS);
        arb_mul(y, y, x->scale + p, BITS);
        arb_get_mag(x->lost + p, y);
    }
    arb_clear(z);
    arb_clear(y);
    arb_clear(g);
}

/* weight[p][i] = w_i sum_r e[P][r] G_r(2 i). */
static void set_weights(ew_tail_sums *x, arb_srcptr e)
{
    const slong each = RANK + 1;
    arb_t w;
    arb_init(w);
    arb_ptr g = _arb_vec_init(each);
    arb_one(w);
    for (slong i = 0; i < x->half; i++) {
        arb_set(g, w);
        for (slong r = 1; r <= RANK; r++)
            arb_div_si(g + r, g + r - 1, 2 * i - 2 * r + 1, BITS);
        for (slong p = 0; p < 2 * x->orders - 1; p++)
            arb_dot(x->weight + p * x->half + i, NULL, 0, e + (p + 2 + x->class) * each, 1, g,
                    1, each, BITS);
        arb_mul_si(w, w, 2 * i + 1, BITS);
        arb_div_si(w, w, 2 * i + 2, BITS);
    }
    _arb_vec_clear(g, each);
    arb_clear(w);
}

static void set_sums(ew_tail_sums *x)
{
    for (slong p = 0; p < 2 * x->orders - 1; p++) {
        arb_srcptr w = x->weight + p * x->half;
        arb_zero(x->all + p);
        for (slong i = x->half - 1; i >= 0; i--) {
            if (p < x->orders) {
                arb_set(x->suffix + p * x->half + i, x->all + p);
                arb_mul_si(x->slope + p * x->half + i, w + i, 2 * i + x->class, BITS);
            }
            arb_add(x->all + p, x->all + p, w + i, BITS);
            arb_addmul_ui(x->all1 + p, w + i, (ulong) (2 * i + x->class), BITS);
        }
    }
}

static void set_beta(ew_tail_sums *x, arb_srcptr e)
{
    arb_t f;
    arb_init(f);
    for (slong p = 0; p < 2 * x->orders - 1; p++) {
        arb_one(f);
        for (slong r = 0; r <= RANK; r++) {
            if (r > 0)
                arb_div_si(f, f, -(2 * r - 1), BITS);
            arb_ptr b = x->beta + p * (RANK + 1) + r, d = x->rise + p * (RANK + 1) + r;
            arb_mul(b, e + (p + 2 + x->class) * (RANK + 1) + r, f, BITS);
            arb_mul_si(d, b, 2 * r - 1, BITS);
            arb_mul_2exp_si(d, d, -1);
        }
    }
    arb_clear(f);
}

/* N^-c N^(p+2+c)/(2 pi) */
static void set_scales(ew_tail_sums *x)
{
    arb_t y;
    arb_init(y);
    arb_const_pi(y, BITS);
    arb_mul_2exp_si(y, y, 1);
    arb_inv(y, y, BITS);
    arb_mul_si(y, y, x->n, BITS);
    for (slong p = 0; p < 2 * x->orders - 1; p++) {
        arb_mul_si(y, y, x->n, BITS);
        arb_set(x->scale + p, y);
    }
    arb_clear(y);
}

ew_status ew_tail_sums_new(ew_tail_sums **out, slong class, slong n, slong orders,
                           ew_context *ctx)
{
    ew_tail_sums *x = *out = ew_alloc_zero(1, sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    const slong most = 2 * orders - 1, top = most + 1 + class, half = n / 2;
    *x = (ew_tail_sums){.class = class, .n = n, .half = half, .orders = orders};
    x->beta = _arb_vec_init(most * (RANK + 1));
    x->rise = _arb_vec_init(most * (RANK + 1));
    x->weight = _arb_vec_init(most * half);
    x->suffix = _arb_vec_init(orders * half);
    x->slope = _arb_vec_init(orders * half);
    x->all = _arb_vec_init(most);
    x->all1 = _arb_vec_init(most);
    x->scale = _arb_vec_init(most);
    x->lost = _mag_vec_init(most);
    x->x = _arb_vec_init(half);
    x->u = _arb_vec_init(RANK + 1);
    arb_ptr e = _arb_vec_init((top + 1) * (RANK + 1)), cut = _arb_vec_init(top + 1);
    expand(e, cut, top, class);
    set_scales(x);
    set_lost(x, cut);
    set_weights(x, e);
    set_sums(x);
    set_beta(x, e);
    _arb_vec_clear(e, (top + 1) * (RANK + 1));
    _arb_vec_clear(cut, top + 1);
    return ew_poll(ctx);
}

void ew_tail_sums_free(ew_tail_sums *x)
{
    if (!x)
        return;
    const slong most = 2 * x->orders - 1;
    _arb_vec_clear(x->beta, most * (RANK + 1));
    _arb_vec_clear(x->rise, most * (RANK + 1));
    _arb_vec_clear(x->weight, most * x->half);
    _arb_vec_clear(x->suffix, x->orders * x->half);
    _arb_vec_clear(x->slope, x->orders * x->half);
    _arb_vec_clear(x->all, most);
    _arb_vec_clear(x->all1, most);
    _arb_vec_clear(x->scale, most);
    _mag_vec_clear(x->lost, most);
    _arb_vec_clear(x->x, x->half);
    _arb_vec_clear(x->u, RANK + 1);
    free(x);
}

/* Powers rho^(2i), and u^(r-3/2), r >= 2, with u = 1 - rho^2 = t (2 - t). */
static void set_powers(ew_tail_sums *x, const arb_t rho, const arb_t t)
{
    arb_t y;
    arb_init(y);
    arb_mul(y, rho, rho, BITS);
    _arb_vec_set_powers(x->x, y, x->half, BITS);
    arb_sub_ui(y, t, 2, BITS);
    arb_neg(y, y);
    arb_mul(y, y, t, BITS);
    _arb_vec_zero(x->u, RANK + 1);
    arb_sqrt(x->u + 2, y, BITS);
    for (slong r = 3; r <= RANK; r++)
        arb_mul(x->u + r, x->u + r - 1, y, BITS);
    arb_clear(y);
}

/* With B = sum_r beta_r u^(r-1/2) and weights e, S(rho) = rho^c B - sum_i e_i rho^(2 i + c); so
 *     S(1) - S(rho) = -rho^c B - sum_i e_i (1 - rho^(2 i + c)),   u = t (2 - t). */
static void set_slope(arb_t y, const ew_tail_sums *x, slong p, const arb_t rho, const arb_t t)
{
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    arb_dot(y, NULL, 0, x->suffix + p * x->half, 1, x->x, 1, x->half, BITS);
    arb_add_ui(a, rho, 1, BITS);
    arb_mul(y, y, a, BITS);
    arb_dot(a, NULL, 0, x->beta + p * (RANK + 1), 1, x->u, 1, RANK + 1, BITS);
    arb_sub_ui(b, t, 2, BITS);
    arb_submul(y, a, b, BITS);
    if (x->class) {
        arb_mul(y, y, rho, BITS);
        arb_add(y, y, x->all + p, BITS);
    }
    arb_neg(y, y);
    arb_clear(b);
    arb_clear(a);
}

/* S' = c B - 2 rho^(1+c) dB/du - sum_i (2 i + c) e_i rho^(2 i + c - 1). */
static void set_derivative(arb_t y, const ew_tail_sums *x, slong p, const arb_t rho,
                           const arb_t t)
{
    const slong c = x->class;
    arb_t a;
    arb_init(a);
    arb_dot(y, NULL, 0, x->rise + p * (RANK + 1), 1, x->u, 1, RANK + 1, BITS);
    arb_mul(y, y, rho, BITS);
    arb_mul_2exp_si(y, y, 1);
    if (c)
        arb_mul(y, y, rho, BITS);
    arb_neg(y, y);
    arb_dot(a, NULL, 0, x->slope + p * x->half + 1 - c, 1, x->x, 1, x->half - 1 + c, BITS);
    if (!c)
        arb_mul(a, a, rho, BITS);
    arb_sub(y, y, a, BITS);
    if (c) {
        arb_dot(a, NULL, 0, x->beta + p * (RANK + 1), 1, x->u, 1, RANK + 1, BITS);
        arb_mul(a, a, t, BITS);
        arb_addmul_ui(y, a, 2, BITS);
        arb_mul(a, a, t, BITS);
        arb_sub(y, y, a, BITS);
    }
    arb_clear(a);
}

/* Each function falls with t and is convex, so that its slope is at most its value at 0 over t.
 */
static void add_radius(arb_t y, const ew_tail_sums *x, slong p, const arb_t t)
{
    mag_t m, least;
    arb_t one;
    mag_init(m);
    mag_init(least);
    arb_init(one);
    arb_get_mag_lower(least, t);
    ew_tail_sums_one1(one, x, p);
    arb_get_mag(m, one);
    mag_mul(m, m, arb_radref(t));
    mag_div(m, m, least);
    arb_add_error_mag(y, m);
    arb_clear(one);
    mag_clear(least);
    mag_clear(m);
}

void ew_tail_sums_at(arb_ptr y, ew_tail_sums *x, const arb_t t)
{
    arb_t rho, middle;
    arb_init(rho);
    arb_init(middle);
    arb_get_mid_arb(middle, t);
    arb_sub_ui(rho, middle, 1, BITS);
    arb_neg(rho, rho);
    set_powers(x, rho, middle);
    for (slong p = 0; p < x->orders; p++, y += 2) {
        set_slope(y, x, p, rho, middle);
        set_derivative(y + 1, x, p, rho, middle);
        for (slong f = 0; f < 2; f++) {
            arb_mul(y + f, y + f, x->scale + p, BITS);
            arb_add_error_mag(y + f, x->lost + p);
            if (!arb_is_exact(t))
                add_radius(y + f, x, p, t);
        }
    }
    arb_clear(middle);
    arb_clear(rho);
}

/* ---- next to t = 0 ------------------------------------------------------------------------
 */

#define LENGTH 40 /* of series in t */

/* sum_j v[j] (1 - t)^(2 j + first), j < n. */
static void of_powers(arb_poly_t y, arb_srcptr v, slong n, slong first)
{
    arb_t b;
    arb_init(b);
    arb_poly_fit_length(y, LENGTH);
    _arb_vec_zero(y->coeffs, LENGTH);
    for (slong j = 0; j < n; j++) {
        arb_set(b, v + j);
        for (slong i = 0; i < LENGTH; i++) {
            arb_add(y->coeffs + i, y->coeffs + i, b, BITS);
            arb_mul_si(b, b, i - (2 * j + first), BITS);
            arb_div_si(b, b, i + 1, BITS);
        }
    }
    _arb_poly_set_length(y, LENGTH);
    arb_clear(b);
}

/* (2 - t)^(1/2) sum_r v[r] u^(r-2), u = t (2 - t): what u^(r-3/2) adds up to, over t^(1/2). */
static void of_roots(arb_poly_t y, arb_srcptr v, const arb_poly_t two)
{
    arb_poly_t u;
    arb_poly_init(u);
    arb_poly_shift_left(u, two, 1);
    arb_poly_zero(y);
    for (slong r = FLINT_MIN(RANK, LENGTH + 2); r >= 2; r--) {
        arb_poly_mullow(y, y, u, LENGTH, BITS);
        arb_poly_fit_length(y, 1);
        if (y->length == 0) {
            arb_zero(y->coeffs);
            _arb_poly_set_length(y, 1);
        }
        arb_add(y->coeffs, y->coeffs, v + r, BITS);
    }
    arb_poly_sqrt_series(u, two, LENGTH, BITS);
    arb_poly_mullow(y, y, u, LENGTH, BITS);
    arb_poly_clear(u);
}

static void multiply(arb_poly_t y, const arb_poly_t x)
{
    arb_poly_mullow(y, y, x, LENGTH, BITS);
}

/* The parts of even and odd powers of t^(1/2), before the scale: set_slope and set_derivative
 * as power series. */
static void slope_series(arb_poly_t even, arb_poly_t odd, const ew_tail_sums *x, slong p,
                         const arb_poly_t two, const arb_poly_t rho)
{
    of_powers(even, x->suffix + p * x->half, x->half, 0);
    multiply(even, two);
    of_roots(odd, x->beta + p * (RANK + 1), two);
    multiply(odd, two);
    if (x->class) {
        multiply(even, rho);
        multiply(odd, rho);
        arb_add(even->coeffs, even->coeffs, x->all + p, BITS);
    }
    arb_poly_neg(even, even);
    arb_poly_neg(odd, odd);
}

static void derivative_series(arb_poly_t even, arb_poly_t odd, const ew_tail_sums *x, slong p,
                              const arb_poly_t two, const arb_poly_t rho)
{
    const slong c = x->class;
    arb_poly_t b;
    arb_poly_init(b);
    of_powers(even, x->slope + p * x->half + 1 - c, x->half - 1 + c, 1 - c);
    of_roots(odd, x->rise + p * (RANK + 1), two);
    multiply(odd, rho);
    arb_poly_scalar_mul_2exp_si(odd, odd, 1);
    if (c) {
        multiply(odd, rho);
        of_roots(b, x->beta + p * (RANK + 1), two);
        multiply(b, two);
        arb_poly_shift_left(b, b, 1);
        arb_poly_sub(odd, odd, b, BITS);
    }
    arb_poly_neg(even, even);
    arb_poly_neg(odd, odd);
    arb_poly_clear(b);
}

/* All coefficients together; each function's terms of degree LENGTH and more in t are at most
 * this times 2^10 2^(-12 (LENGTH - 2)): powers of 1 - t have coefficients of at most (2 N)^i,
 * and the others are analytic for |t| <= 1/4, where they are bounded by 9 times it. */
static void sum_all(mag_t y, const ew_tail_sums *x, slong p)
{
    mag_t m;
    mag_init(m);
    mag_zero(y);
    for (slong r = 0; r <= RANK; r++) {
        arb_get_mag(m, x->beta + p * (RANK + 1) + r);
        mag_add(y, y, m);
        arb_get_mag(m, x->rise + p * (RANK + 1) + r);
        mag_add(y, y, m);
    }
    for (slong j = 0; j < x->half; j++) {
        arb_get_mag(m, x->suffix + p * x->half + j);
        mag_add(y, y, m);
        arb_get_mag(m, x->slope + p * x->half + j);
        mag_add(y, y, m);
    }
    mag_mul_2exp_si(y, y, 10 - 12 * (LENGTH - 2));
    mag_clear(m);
}

void ew_tail_sums_start(arb_ptr y, mag_t error, const ew_tail_sums *x, slong p, int derivative,
                        slong n, slong octaves)
{
    arb_poly_t even, odd, two, rho;
    arb_t a;
    mag_t m;
    arb_init(a);
    mag_init(m);
    arb_poly_init(even);
    arb_poly_init(odd);
    arb_poly_init(two);
    arb_poly_init(rho);
    arb_poly_set_coeff_si(two, 0, 2);
    arb_poly_set_coeff_si(two, 1, -1);
    arb_poly_set_coeff_si(rho, 0, 1);
    arb_poly_set_coeff_si(rho, 1, -1);
    (derivative ? derivative_series : slope_series)(even, odd, x, p, two, rho);
    sum_all(error, x, p);
    for (slong j = 0; j < 2 * LENGTH; j++) {
        arb_poly_get_coeff_arb(a, j % 2 ? odd : even, j / 2);
        arb_mul_2exp_si(a, a, -(octaves * j / 2));
        if (j < n) {
            arb_mul(y + j, a, x->scale + p, BITS);
        } else {
            arb_get_mag(m, a);
            mag_add(error, error, m);
        }
    }
    arb_get_mag(m, x->scale + p);
    mag_mul(error, error, m);
    mag_add(error, error, x->lost + p);
    arb_poly_clear(rho);
    arb_poly_clear(two);
    arb_poly_clear(odd);
    arb_poly_clear(even);
    mag_clear(m);
    arb_clear(a);
}

/* B and its derivative are 0 at rho = 1. */
void ew_tail_sums_one(arb_t y, const ew_tail_sums *x, slong p)
{
    arb_mul(y, x->all + p, x->scale + p, BITS);
    arb_neg(y, y);
    arb_add_error_mag(y, x->lost + p);
}

void ew_tail_sums_one1(arb_t y, const ew_tail_sums *x, slong p)
{
    arb_mul(y, x->all1 + p, x->scale + p, BITS);
    arb_neg(y, y);
    arb_add_error_mag(y, x->lost + p);
}
