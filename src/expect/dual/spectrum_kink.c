/* What a piece of a curve needs besides, where the coefficients fall slowly. */
#include <math.h>

#include "expect/dual/spectrum_piece.h"
#include "expect/evaluator.h"

#define BITS EW_INTERPOLATION_BITS
#define TERMS EW_SPECTRUM_TAYLOR

/* By the heat equation 2 K da_k/dK = k a_k + sqrt((k + 1)(k + 2)) a_(k+2).  With L half of the
 * right side and T_j = K^j/j! d^j a/dK^j, therefore (j + 1) T_(j+1) = (L - j) T_j. */
static void differentiate(arb_ptr T, arb_srcptr root, slong j, slong n, slong prec)
{
    arb_t x;
    arb_init(x);
    for (slong k = 0; k < n; k++) {
        arb_mul(x, T + k + 2, root + k, prec);
        arb_mul_si(T + k, T + k, k - 2 * j, prec);
        arb_add(T + k, T + k, x, prec);
        arb_div_si(T + k, T + k, 2 * (j + 1), prec);
    }
    arb_clear(x);
}

void ew_spectrum_shift(arb_ptr a, arb_srcptr c, slong n, arb_srcptr step, slong steps,
                       slong prec)
{
    const slong all = n + 2 * TERMS;
    arb_t power;
    arb_init(power);
    arb_ptr T = _arb_vec_init(all), root = _arb_vec_init(all);
    _arb_vec_set(T, c, all);
    for (slong k = 0; k < all; k++) {
        arb_set_si(root + k, (k + 1) * (k + 2));
        arb_sqrt(root + k, root + k, prec);
    }
    _arb_vec_zero(a, n * steps);
    for (slong j = 0; j < TERMS; j++) {
        for (slong i = 0; i < steps; i++) {
            arb_pow_ui(power, step + i, (ulong) j, prec);
            _arb_vec_scalar_addmul(a + i * n, T, n, power, prec);
        }
        differentiate(T, root, j, all - 2 * (j + 1), prec);
    }
    _arb_vec_clear(T, all);
    _arb_vec_clear(root, all);
    arb_clear(power);
}

ew_status ew_spectrum_wholes(arb_ptr y, ew_evaluator *E, const arb_t K, slong prec,
                             ew_context *ctx)
{
    ew_atom1 atom[2] = {{{0, {2}}, 0}, {{0, {0, 2}}, 0}};
    ew_status status = ew_expect_one(y, NULL, E, atom, 2, K, prec, ctx);
    arb_mul(y + 1, y + 1, K, prec);
    return status;
}

/* The n-th derivatives of <s^2> and K <s'^2> on the piece are at most n! M/R^n, with R = K/2 -
 * half, K the middle: with 1/V = Re 1/k,
 *     |<f>_k| <= (V/|k|)^(1/2) <|f|>_V,
 * V^(1/2) <|f|>_V grows with V, and within K/2 of K that makes 3 <|f|> at variance 9 K/2. */
static ew_status discs(mag_ptr M, ew_evaluator *E, const arb_t middle, ew_context *ctx)
{
    arb_t k;
    arb_init(k);
    arb_ptr y = _arb_vec_init(2);
    arb_mul_ui(k, middle, 9, BITS);
    arb_mul_2exp_si(k, k, -1);
    ew_status status = ew_spectrum_wholes(y, E, k, 30, ctx);
    for (slong i = 0; i < 2; i++) { /* the second has k for a factor: 3/2 K, not 9/2 */
        arb_get_mag(M + i, y + i);
        mag_mul_ui(M + i, M + i, i ? 1 : 3);
    }
    _arb_vec_clear(y, 2);
    arb_clear(k);
    return status;
}

/* What n Chebyshev points miss, 2 M (half/2R)^n, and what the derivative in ln K does, n M
 * (2 half)^(n-1)/R^n times K: between n zeros it has n - 1. */
static void misses(mag_t error, mag_t rate, const mag_t M, const arb_t middle, const arb_t half,
                   slong n)
{
    arb_t R, x;
    mag_t m;
    arb_init(R);
    arb_init(x);
    mag_init(m);
    arb_mul_2exp_si(R, middle, -1);
    arb_sub(R, R, half, BITS);
    arb_div(x, half, R, BITS);
    arb_mul_2exp_si(x, x, -1);
    arb_pow_ui(x, x, (ulong) n, BITS);
    arb_mul_2exp_si(x, x, 1);
    arb_get_mag(m, x);
    mag_mul(error, M, m);
    arb_div(x, half, R, BITS);
    arb_mul_2exp_si(x, x, 1);
    arb_pow_ui(x, x, (ulong) (n - 1), BITS);
    arb_mul_si(x, x, n, BITS);
    arb_div(x, x, R, BITS);
    arb_add(R, middle, half, BITS);
    arb_mul(x, x, R, BITS);
    arb_get_mag(m, x);
    mag_mul(rate, M, m);
    mag_clear(m);
    arb_clear(x);
    arb_clear(R);
}

/* y[2 i + f], i < n */
static ew_status sample(arb_ptr y, ew_evaluator *E, const ew_interpolation *points,
                        const arb_t middle, const arb_t half, ew_context *ctx)
{
    arb_t K;
    arb_init(K);
    ew_status status = EW_OK;
    for (slong i = 0; i < points->points && status == EW_OK; i++) {
        arb_mul(K, half, points->point + i, BITS);
        arb_add(K, K, middle, BITS);
        status = ew_spectrum_wholes(y + 2 * i, E, K, 80, ctx);
    }
    arb_clear(K);
    return status;
}

/* c, off by `error` and what is added here. */
static double polynomial(double *c, mag_t error, arb_ptr y, const ew_interpolation *points)
{
    const slong n = points->points;
    arb_t x;
    arb_init(x);
    ew_interpolation_radii(error, y, 2, n);
    for (slong j = 0; j < n; j++) {
        arb_dot(x, NULL, 0, points->map + j * n, 1, y, 2, n, BITS);
        ew_round_to(c + j, error, x);
    }
    ew_horner_error(error, NULL, c, 1, n - 1);
    arb_clear(x);
    return nextafter(mag_get_d(error), INFINITY);
}

ew_status ew_spectrum_set_wholes(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_interpolation *points, const arb_t middle,
                                 const arb_t half, ew_context *ctx)
{
    const slong n = points->points;
    mag_t rate;
    mag_init(rate);
    mag_ptr M = _mag_vec_init(2), error = _mag_vec_init(2);
    arb_ptr y = _arb_vec_init(2 * n);
    ew_status status = discs(M, E, middle, ctx);
    if (status == EW_OK)
        status = sample(y, E, points, middle, half, ctx);
    if (status == EW_OK) {
        misses(error + 1, rate, M + 1, middle, half, n);
        misses(error, rate, M, middle, half, n);
        p->square_error = polynomial(p->square, error, y, points);
        p->slope_error = polynomial(p->slope, error + 1, y + 1, points);
        p->rate_error = nextafter(mag_get_d(rate), INFINITY);
        for (slong j = 0; j < n; j++) /* coefficients, roundings */
            p->rate_error += 0x1p-40 * (double) j * fabs(p->square[j]);
    }
    _arb_vec_clear(y, 2 * n);
    _mag_vec_clear(error, 2);
    _mag_vec_clear(M, 2);
    mag_clear(rate);
    return status;
}
