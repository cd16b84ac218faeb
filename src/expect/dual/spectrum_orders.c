/* The norms |.|_i of a piece's coefficients: what the computed ones are off by in them, and
 * what is left out. */
#include <math.h>
#include <stdlib.h>

#include "expect/dual/spectrum_piece.h"
#include "expect/evaluator.h"

#define POINTS EW_SPECTRUM_POINTS
#define STEP EW_SPECTRUM_STEP
#define REST_BITS 76 /* |.|_i^2 left out, against the whole: as of |.|_1 (spectrum_piece.c) */
#define BASE_BITS 88

/* y[i] = K^i <(s^(i))^2>_K */
static ew_status wholes(arb_ptr y, ew_evaluator *E, const arb_t K, slong orders, slong prec,
                        ew_context *ctx)
{
    ew_atom1 atom[EW_SPECTRUM_ORDERS] = {{{0, {0}}, 0}};
    arb_t power;
    arb_init(power);
    for (slong i = 0; i < orders; i++)
        atom[i].f.e[i] = 2;
    ew_status status = ew_expect_one(y, NULL, E, atom, orders, K, prec, ctx);
    arb_one(power);
    for (slong i = 0; i < orders; i++) {
        arb_mul(y + i, y + i, power, prec);
        arb_mul(power, power, K, prec);
    }
    arb_clear(power);
    return status;
}

/* x *= k (k - 1) ... (k - i + 1) */
static void falling(arb_t x, slong k, slong i, slong prec)
{
    for (slong f = 0; f < i; f++)
        arb_mul_ui(x, x, (ulong) FLINT_MAX(k - f, 0), prec);
}

/* rest -= the part of |a|_i^2 that the n coefficients a[0], a[stride], ... are. */
static void take_squares(arb_t rest, arb_srcptr a, slong stride, slong n, slong i, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong k = i; k < n; k++) {
        arb_mul(t, a + k * stride, a + k * stride, prec);
        falling(t, k, i, prec);
        arb_sub(rest, rest, t, prec);
    }
    arb_clear(t);
}

/* ---- how many -----------------------------------------------------------------------------
 */

/* Bits by which |a| exceeds |a|_i, at most.  Where s^(i) is 0, or cannot be told
 * from it, nothing is wanted. */
static slong excess(arb_srcptr whole, slong orders)
{
    double most = 0;
    mag_t a, b;
    mag_init(a);
    mag_init(b);
    arb_get_mag(a, whole);
    for (slong i = 1; i < orders; i++) {
        arb_get_mag_lower(b, whole + i);
        if (!mag_is_zero(b) && !mag_is_zero(a))
            most = fmax(most, (mag_get_d_log2_approx(a) - mag_get_d_log2_approx(b)) / 2);
    }
    mag_clear(a);
    mag_clear(b);
    return (slong) fmin(most, 4000);
}

static int enough(arb_srcptr a, slong n, arb_srcptr whole, slong orders, slong prec)
{
    int reached = 1;
    arb_t rest, target;
    arb_init(rest);
    arb_init(target);
    for (slong i = 2; i + 1 < orders && reached; i++) {
        arb_set(rest, whole + i);
        take_squares(rest, a, 1, n, i, prec);
        arb_mul_2exp_si(target, whole + i, -REST_BITS);
        reached = arb_contains_zero(whole + i) || arb_le(rest, target);
    }
    arb_clear(target);
    arb_clear(rest);
    return reached;
}

/* Those that are left out matter from n - STEP on: derivatives shift the coefficients.  Of the
 * last norm the whole is wanted only. */
ew_status ew_spectrum_orders_choose(slong *n, slong *prec, ew_evaluator *E, const arb_t low,
                                    const arb_t high, slong orders, ew_context *ctx)
{
    const ew_monomial s = {0, {1}};
    arb_ptr whole = _arb_vec_init(orders);
    ew_status status = wholes(whole, E, low, orders, 64, ctx);
    *prec = FLINT_MAX(*prec, BASE_BITS + excess(whole, orders));
    if (status == EW_OK)
        status = wholes(whole, E, high, orders, *prec, ctx);
    for (int reached = 0; status == EW_OK && !reached;) {
        arb_ptr a = _arb_vec_init(*n);
        status = ew_expect_hermite(a, NULL, E, &s, *n - 1, high, *prec, ctx);
        reached = enough(a, *n, whole, orders, *prec) || *n == EW_SPECTRUM_SLOW;
        _arb_vec_clear(a, *n);
        if (!reached)
            *n = FLINT_MIN((3 * *n / 2 + STEP - 1) / STEP * STEP, EW_SPECTRUM_SLOW);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    _arb_vec_clear(whole, orders);
    *n = FLINT_MIN(*n + STEP, EW_SPECTRUM_SLOW);
    return status;
}

/* ---- what is left out ---------------------------------------------------------------------
 */

/* From above, 0 at least. */
static void raise_to(arb_t x)
{
    arf_t top;
    arf_init(top);
    arb_get_ubound_arf(top, x, 64);
    if (arf_sgn(top) > 0)
        arb_set_arf(x, top);
    else
        arb_zero(x);
    arf_clear(top);
}

/* rest[j] = max(rest[j], |(a_k), k >= j STEP|_i^2) at one point, from its |a|_i^2. */
static void add_tails(mag_ptr rest, const arb_t whole, arb_srcptr a, slong n, slong i,
                      slong prec)
{
    arb_t sum, t;
    mag_t x;
    arb_init(sum);
    arb_init(t);
    mag_init(x);
    arb_set(sum, whole);
    take_squares(sum, a, POINTS, n, i, prec);
    raise_to(sum);
    if (arb_is_zero(whole))
        arb_zero(sum);
    for (slong j = n / STEP; j >= 0; j--) {
        for (slong k = j * STEP; k < (j + 1) * STEP && k < n; k++) {
            arb_mul(t, a + k * POINTS, a + k * POINTS, 64);
            falling(t, k, i, 64);
            arb_add(sum, sum, t, 64);
        }
        arb_get_mag(x, sum);
        mag_max(rest + j, rest + j, x);
    }
    mag_clear(x);
    arb_clear(t);
    arb_clear(sum);
}

static double upper(const mag_t x)
{
    return nextafter(mag_get_d(x), INFINITY);
}

/* rest[i][j]; what interpolates the tails is at most 11/4 times the largest (set_tails). */
static ew_status set_tails(ew_spectrum_piece *p, const ew_spectrum_bounds *b, mag_ptr rest,
                           ew_context *ctx)
{
    slong n = p->n / STEP + 1;
    for (slong i = 0; i < p->orders; i++) {
        p->order[i].tail = ew_alloc((size_t) n * sizeof *p->order[i].tail, ctx);
        if (!p->order[i].tail)
            return EW_MEMORY;
        for (slong j = 0; j < n; j++) {
            mag_ptr x = rest + i * n + j;
            mag_sqrt(x, x);
            mag_mul_ui(x, x, 11);
            mag_mul_2exp_si(x, x, -2);
            mag_add(x, x, b->order[i].interpolation);
            p->order[i].tail[j] = upper(x);
        }
    }
    return EW_OK;
}

static ew_status tails(ew_spectrum_piece *p, ew_evaluator *E, const ew_spectrum_bounds *b,
                       arb_srcptr node, arb_srcptr value, slong prec, ew_context *ctx)
{
    slong n = p->n / STEP + 1;
    mag_ptr rest = _mag_vec_init(p->orders * n);
    arb_ptr whole = _arb_vec_init(p->orders);
    ew_status status = EW_OK;
    for (slong point = 0; point < POINTS && status == EW_OK; point++) {
        status = wholes(whole, E, node + point, p->orders, prec, ctx);
        for (slong i = 0; i < p->orders && status == EW_OK; i++)
            add_tails(rest + i * n, whole + i, value + point, p->n, i, prec);
    }
    if (status == EW_OK)
        status = set_tails(p, b, rest, ctx);
    _arb_vec_clear(whole, p->orders);
    _mag_vec_clear(rest, p->orders * n);
    return status;
}

/* ---- the computed ones --------------------------------------------------------------------
 */

static double own(const mag_t interpolation, mag_srcptr off, slong n, slong i)
{
    mag_t sum, t;
    mag_init(sum);
    mag_init(t);
    for (slong k = i; k < n; k++) {
        mag_mul(t, off + k, off + k);
        for (slong f = 0; f < i; f++)
            mag_mul_ui(t, t, (ulong) (k - f));
        mag_add(sum, sum, t);
    }
    mag_sqrt(sum, sum);
    mag_add(sum, sum, interpolation);
    double x = upper(sum);
    mag_clear(t);
    mag_clear(sum);
    return x;
}

ew_status ew_spectrum_orders_set(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_spectrum_bounds *b, arb_srcptr node, arb_srcptr value,
                                 mag_srcptr off, slong prec, ew_context *ctx)
{
    p->order = ew_alloc_zero((size_t) p->orders, sizeof *p->order, ctx);
    if (!p->order)
        return EW_MEMORY;
    for (slong i = 0; i < p->orders; i++) {
        p->order[i].own = own(b->order[i].interpolation, off, p->n, i);
        p->order[i].norm = upper(b->order[i].norm);
        p->order[i].move = upper(b->order[i].move);
    }
    return tails(p, E, b, node, value, prec, ctx);
}
