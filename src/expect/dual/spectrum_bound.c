/* How the curve K -> s(sqrt(K) g) of L^2 varies within a piece.
 *
 * With z = sqrt(K) g, K d/dK of K^p z^i s^(j)(z) is (p + i/2) K^p z^i s^(j) + (1/2) K^p z^(i+1)
 * s^(j+1), so that the n-th derivative of s(z) is K^-n sum_i c_ni z^i s^(i)(z), and that of
 * d/dg s(z) = K^(1/2) s'(z), whose norm is |.|_1, is the same with s' and p = 1/2 - n.  The
 * norms <(z^i s^(j))^2>_K grow with K but for the density: up to the upper end of the piece
 * they are at most (high/K)^(1/2) times their value there. */
#include <math.h>

#include "expect/dual/spectrum_piece.h"
#include "expect/evaluator.h"

#define BITS 64
#define ORDER EW_SPECTRUM_POINTS
#define MOST EW_SPECTRUM_TAYLOR

/* norm[o][i] bounds sqrt <(z^i s^(i+o))^2>_K over the piece, i <= n; derivatives between the
 * kinks. */
typedef struct {
    slong n, orders; /* of i, of o: at least 2 */
    mag_t norm[EW_SPECTRUM_ORDERS][MOST + 1];
    mag_t second, last; /* of s''; of s^(m), the first that no jump is known of */
} norms;

static void norms_init(norms *x, slong orders)
{
    x->orders = FLINT_MAX(orders, 2);
    for (slong o = 0; o < x->orders; o++)
        for (slong i = 0; i <= MOST; i++)
            mag_init(x->norm[o][i]);
    mag_init(x->second);
    mag_init(x->last);
}

static void norms_clear(norms *x)
{
    for (slong o = 0; o < x->orders; o++)
        for (slong i = 0; i <= MOST; i++)
            mag_clear(x->norm[o][i]);
    mag_clear(x->second);
    mag_clear(x->last);
}

static ew_atom1 square_of(slong power, slong order)
{
    ew_atom1 a = {{(unsigned short) (2 * power), {0}}, 0};
    a.f.e[order] = 2;
    return a;
}

/* sqrt(x spread) from above. */
static void root(mag_t y, const arb_t x, const arb_t spread)
{
    arb_t t;
    arf_t top;
    arb_init(t);
    arf_init(top);
    arb_mul(t, x, spread, BITS);
    arb_get_ubound_arf(top, t, BITS);
    if (arf_sgn(top) > 0)
        arf_get_mag(y, top);
    else
        mag_zero(y);
    mag_sqrt(y, y);
    arf_clear(top);
    arb_clear(t);
}

/* `last`: the order of that norm, 0 for none. */
static ew_status norms_set(norms *x, ew_evaluator *E, const arb_t low, const arb_t high,
                           slong last, ew_context *ctx)
{
    const slong each = x->n + 1, atoms = x->orders * each + 2;
    ew_atom1 atom[EW_SPECTRUM_ORDERS * (MOST + 1) + 2];
    arb_t spread;
    arb_init(spread);
    arb_ptr y = _arb_vec_init(atoms);
    for (slong o = 0; o < x->orders; o++)
        for (slong i = 0; i < each; i++)
            atom[o * each + i] = square_of(i, i + o);
    atom[atoms - 2] = square_of(0, 2);
    atom[atoms - 1] = square_of(0, last);
    E->regular = last > 0;
    ew_status status =
        ew_expect_one(y, NULL, E, atom, last > 0 ? atoms : atoms - 1, high, 30, ctx);
    E->regular = 0;
    arb_div(spread, high, low, BITS);
    arb_sqrt(spread, spread, BITS);
    for (slong o = 0; o < x->orders && status == EW_OK; o++)
        for (slong i = 0; i < each; i++)
            root(x->norm[o][i], y + o * each + i, spread);
    root(x->second, y + atoms - 2, spread);
    root(x->last, y + atoms - 1, spread);
    _arb_vec_clear(y, atoms);
    arb_clear(spread);
    return status;
}

/* sum_i |c_i| norm[o][i] for the derivative of this order; c from p = o/2. */
static void derivative(mag_t y, const norms *x, slong order, slong o)
{
    mag_t m;
    mag_init(m);
    arb_ptr c = _arb_vec_init(order + 1);
    arb_one(c);
    for (slong n = 0; n < order; n++)
        for (slong i = n + 1; i >= 0; i--) {
            arb_mul_si(c + i, c + i, i + o - 2 * n, BITS);
            if (i > 0)
                arb_add(c + i, c + i, c + i - 1, BITS);
            arb_mul_2exp_si(c + i, c + i, -1);
        }
    mag_zero(y);
    for (slong i = 0; i <= order; i++) {
        arb_get_mag(m, c + i);
        mag_addmul(y, m, x->norm[o][i]);
    }
    _arb_vec_clear(c, order + 1);
    mag_clear(m);
}

/* y *= (step/low)^n low^(o/2)/n!, what Taylor's polynomial leaves at that distance. */
static void taylor(mag_t y, slong n, const arb_t low, const arb_t step, slong o)
{
    arb_t t, u;
    mag_t m;
    arb_init(t);
    arb_init(u);
    mag_init(m);
    arb_div(t, step, low, BITS);
    arb_pow_ui(t, t, (ulong) n, BITS);
    arb_sqrt(u, low, BITS);
    arb_pow_ui(u, u, (ulong) o, BITS);
    arb_mul(t, t, u, BITS);
    arb_fac_ui(u, (ulong) n, BITS);
    arb_div(t, t, u, BITS);
    arb_get_mag(m, t);
    mag_mul(y, y, m);
    mag_clear(m);
    arb_clear(u);
    arb_clear(t);
}

/* y *= 2 (half/2)^n low^(o/2 - n)/n!, half the length halved: n Chebyshev points. */
static void interpolation(mag_t y, const arb_t low, const arb_t half, slong o)
{
    arb_t t;
    arb_init(t);
    arb_mul_2exp_si(t, half, -1);
    taylor(y, ORDER, low, t, o);
    mag_mul_2exp_si(y, y, 1);
    arb_clear(t);
}

/* What interpolates f at n points errs by a function with n zeros, its derivative with n - 1,
 * in every direction of L^2: |f' - p'| <= M_n length^(n-1)/(n-1)!, which is 4^(n-1) n/half
 * times the bound of |f - p|. */
static void of_derivative(mag_t y, const mag_t interpolated, const arb_t high, const arb_t half)
{
    arb_t t;
    arb_init(t);
    arb_div(t, high, half, BITS);
    arb_mul_2exp_si(t, t, 2 * (ORDER - 1));
    arb_mul_ui(t, t, ORDER, BITS);
    arb_get_mag(y, t);
    mag_mul(y, y, interpolated);
    arb_clear(t);
}

/* d/d ln K of s is z s'/2, and of sqrt(K) s' it is sqrt(K) (s' + z s'')/2; the second
 * derivative of s is (z s' + z^2 s'')/4. */
static void set_moves(ew_spectrum_bounds *b, const norms *x, const arb_t high)
{
    mag_t k;
    mag_init(k);
    mag_mul_2exp_si(b->move, x->norm[0][1], -1);
    mag_add(b->move2, x->norm[0][1], x->norm[0][2]);
    mag_mul_2exp_si(b->move2, b->move2, -2);
    arb_get_mag(k, high);
    mag_mul(b->curvature, x->second, k);
    mag_sqrt(k, k);
    mag_add(b->move1, x->norm[1][0], x->norm[1][1]);
    mag_mul(b->move1, b->move1, k);
    mag_mul_2exp_si(b->move1, b->move1, -1);
    mag_set(b->norm, x->norm[0][0]);
    mag_mul(b->norm1, x->norm[1][0], k);
    mag_clear(k);
}

/* d^o/dg^o of s is K^(o/2) s^(o), and of d/d ln K of it K^(o/2) (z s^(o+1) + o s^(o))/2. */
static void set_order(ew_spectrum_bounds *b, slong o, const norms *x, const arb_t low,
                      const arb_t half, const arb_t top)
{
    mag_t k;
    arb_t t;
    mag_init(k);
    arb_init(t);
    arb_sqrt(t, top, BITS);
    arb_pow_ui(t, t, (ulong) o, BITS);
    arb_get_mag(k, t);
    derivative(b->order[o].interpolation, x, ORDER, o);
    interpolation(b->order[o].interpolation, low, half, o);
    mag_mul(b->order[o].norm, x->norm[o][0], k);
    mag_mul_ui(b->order[o].move, x->norm[o][0], (ulong) o);
    mag_add(b->order[o].move, b->order[o].move, x->norm[o][1]);
    mag_mul(b->order[o].move, b->order[o].move, k);
    mag_mul_2exp_si(b->order[o].move, b->order[o].move, -1);
    arb_clear(t);
    mag_clear(k);
}

/* With m = 2 orders: sum over n >= N of n!/(n - m - 1)! times the squares of what no jump
 * explains is at most K^(m+1) <(s^(m+1))^2>, and n (n - m - 1)!/n! is largest at N. */
static void set_rest(ew_spectrum_bounds *b, const norms *x, const ew_dual_tail *d,
                     arb_srcptr jump, const arb_t high)
{
    const slong m = 2 * d->orders;
    arb_t y;
    mag_t g, rest, rest1;
    arb_init(y);
    mag_init(g);
    mag_init(rest);
    mag_init(rest1);
    arb_pow_ui(y, high, (ulong) (m + 1), BITS);
    for (slong j = 1; j <= m; j++)
        arb_div_si(y, y, d->n - j, BITS);
    arb_get_mag(g, y);
    mag_sqrt(g, g);
    mag_mul(b->rest1, g, x->last);
    mag_set_ui(g, (ulong) d->n);
    mag_rsqrt(g, g);
    mag_mul(b->rest, b->rest1, g);
    ew_dual_tail_rest(rest, rest1, d, jump, high);
    mag_add(b->rest, b->rest, rest);
    mag_add(b->rest1, b->rest1, rest1);
    mag_clear(rest1);
    mag_clear(rest);
    mag_clear(g);
    arb_clear(y);
}

/* That of J_1 max(z, 0): its derivative's dual is K arccos(-rho)/2pi, which differs from its
 * value at 1 by K arccos(1 - t)/2pi <= K (t/8)^(1/2). */
static void set_jump(ew_spectrum_bounds *b, arb_srcptr jump, const arb_t high)
{
    arb_t y;
    mag_t m;
    arb_init(y);
    mag_init(m);
    arb_sqrt(y, high, BITS);
    arb_mul(y, y, jump + 1, BITS);
    arb_get_mag(b->jump, y);
    mag_set_ui_2exp_si(m, 1, -3);
    mag_sqrt(m, m);
    mag_sqrt(m, m);
    mag_mul(b->jump, b->jump, m);
    mag_clear(m);
    arb_clear(y);
}

static void set_all(ew_spectrum_bounds *b, const norms *x, const arb_t low, const arb_t high,
                    const arb_t half)
{
    derivative(b->interpolation, x, ORDER, 0);
    interpolation(b->interpolation, low, half, 0);
    derivative(b->interpolation1, x, ORDER, 1);
    interpolation(b->interpolation1, low, half, 1);
    of_derivative(b->derivative, b->interpolation, high, half);
}

ew_status ew_spectrum_bounds_set(ew_spectrum_bounds *b, ew_evaluator *E, const arb_t low,
                                 const arb_t high, slong orders, const ew_dual_tail *d,
                                 arb_srcptr jump, ew_context *ctx)
{
    norms x;
    arb_t wide[2], half;
    arb_init(wide[0]);
    arb_init(wide[1]);
    arb_init(half);
    norms_init(&x, orders);
    x.n = d ? MOST : ORDER;
    arb_sub(half, high, low, BITS);
    arb_mul_2exp_si(half, half, -1);
    arb_mul_2exp_si(wide[0], low, -9);
    arb_sub(wide[0], low, wide[0], BITS);
    arb_mul_2exp_si(wide[1], high, -9);
    arb_add(wide[1], high, wide[1], BITS);
    ew_status status = norms_set(&x, E, wide[0], wide[1], d ? 2 * d->orders + 1 : 0, ctx);
    if (status == EW_OK) {
        set_all(b, &x, low, high, half);
        set_moves(b, &x, wide[1]);
        for (slong o = 0; o < orders; o++)
            set_order(b, o, &x, low, half, wide[1]);
    }
    if (status == EW_OK && d) {
        derivative(b->taylor, &x, MOST, 0);
        taylor(b->taylor, MOST, low, half, 0);
        derivative(b->taylor1, &x, MOST, 1);
        taylor(b->taylor1, MOST, low, half, 1);
        set_rest(b, &x, d, jump, wide[1]);
        set_jump(b, jump, wide[1]);
    }
    norms_clear(&x);
    arb_clear(half);
    arb_clear(wide[1]);
    arb_clear(wide[0]);
    return status;
}

#define EACH                                                                                   \
    {                                                                                          \
        b->interpolation, b->interpolation1, b->derivative, b->taylor, b->taylor1, b->norm,    \
            b->norm1, b->move, b->move1, b->move2, b->curvature, b->jump, b->rest, b->rest1    \
    }

void ew_spectrum_bounds_init(ew_spectrum_bounds *b)
{
    mag_ptr each[] = EACH;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        mag_init(each[i]);
    for (slong o = 0; o < EW_SPECTRUM_ORDERS; o++) {
        mag_init(b->order[o].interpolation);
        mag_init(b->order[o].norm);
        mag_init(b->order[o].move);
    }
}

void ew_spectrum_bounds_clear(ew_spectrum_bounds *b)
{
    mag_ptr each[] = EACH;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        mag_clear(each[i]);
    for (slong o = 0; o < EW_SPECTRUM_ORDERS; o++) {
        mag_clear(b->order[o].interpolation);
        mag_clear(b->order[o].norm);
        mag_clear(b->order[o].move);
    }
}
