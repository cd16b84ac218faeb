#include "expect/dual/owen.h"

void ew_normal_above(arb_t y, const arb_t x, slong prec)
{
    arb_t half;
    arb_init(half);
    arb_set_d(half, 0.5);
    arb_sqrt(half, half, prec);
    arb_mul(y, x, half, prec);
    arb_hypgeom_erfc(y, y, prec);
    arb_mul_2exp_si(y, y, -1);
    arb_clear(half);
}

void ew_normal_density(arb_t y, const arb_t x, slong prec)
{
    arb_t root;
    arb_init(root);
    arb_const_sqrt_pi(root, prec);
    arb_mul(y, x, x, prec);
    arb_mul_2exp_si(y, y, -1);
    arb_neg(y, y);
    arb_exp(y, y, prec);
    arb_div(y, y, root, prec);
    arb_set_d(root, 0.5);
    arb_sqrt(root, root, prec);
    arb_mul(y, y, root, prec);
    arb_clear(root);
}

/* J such that a^(2J) L^(J+1)/(J+1)! < 2^-prec, roughly, and J + 2 >= 2 a^2 L. */
static slong terms(const mag_t L, const mag_t a, slong prec)
{
    mag_t limit, term, a2;
    mag_init(limit);
    mag_init(term);
    mag_init(a2);
    mag_mul(a2, a, a);
    mag_mul(a2, a2, L);
    mag_mul_2exp_si(limit, a2, 1);
    slong least = (slong) mag_get_d(limit), j = 0;
    mag_set(term, L);
    mag_one(limit);
    mag_mul_2exp_si(limit, limit, -prec);
    while (j < least || mag_cmp(term, limit) > 0) {
        j++;
        mag_mul(term, term, a2);
        mag_div_ui(term, term, (ulong) (j + 1));
    }
    mag_clear(a2);
    mag_clear(term);
    mag_clear(limit);
    return j;
}

/* The terms from j = J on: with p_j <= L^(j+1)/(j+1)! each is at most half the one before. */
static void add_rest(arb_t y, const mag_t L, const mag_t a, slong J)
{
    mag_t t, power;
    mag_init(t);
    mag_init(power);
    mag_pow_ui(t, L, (ulong) (J + 1));
    mag_fac_ui(power, (ulong) (J + 1));
    mag_div(t, t, power);
    mag_pow_ui(power, a, (ulong) (2 * J + 1));
    mag_mul(t, t, power);
    mag_mul_2exp_si(t, t, 1);
    arb_add_error_mag(y, t);
    mag_clear(power);
    mag_clear(t);
}

/* 2 pi T(h, a) = atan(a) - sum_j (-1)^j a^(2j+1)/(2j + 1) p_j with p_j = 1 - e^-L sum_(i <= j)
 * L^i/i! and L = h^2/2: expand e^(-L x^2), integrate termwise, and collect atan's own series.
 */
static void owen_series(arb_t y, const arb_t L, const arb_t a, slong prec)
{
    mag_t l, m;
    arb_t p, poisson, power, square, t;
    mag_init(l);
    mag_init(m);
    arb_ptr each[] = {p, poisson, power, square, t};
    for (int i = 0; i < 5; i++)
        arb_init(each[i]);
    arb_get_mag(l, L);
    arb_get_mag(m, a);
    slong n = terms(l, m, prec);
    arb_neg(poisson, L);
    arb_exp(poisson, poisson, prec);
    arb_sub_ui(p, poisson, 1, prec);
    arb_neg(p, p);
    arb_mul(square, a, a, prec);
    arb_set(power, a);
    arb_atan(y, a, prec);
    for (slong j = 0; j < n; j++) {
        arb_mul(t, p, power, prec);
        arb_div_ui(t, t, (ulong) (2 * j + 1), prec);
        if (j % 2)
            arb_add(y, y, t, prec);
        else
            arb_sub(y, y, t, prec);
        arb_mul(power, power, square, prec);
        arb_mul(poisson, poisson, L, prec);
        arb_div_ui(poisson, poisson, (ulong) (j + 1), prec);
        arb_sub(p, p, poisson, prec);
    }
    add_rest(y, l, m, n);
    for (int i = 0; i < 5; i++)
        arb_clear(each[i]);
    mag_clear(m);
    mag_clear(l);
}

/* |a| not much above 1; |T| <= e^-L |atan(a)|/(2 pi) where that is all one wants to know. */
static void owen_small(arb_t y, const arb_t h, const arb_t a, slong prec)
{
    arb_t L, t;
    mag_t most, tiny;
    arb_init(L);
    arb_init(t);
    mag_init(most);
    mag_init(tiny);
    arb_mul(L, h, h, prec);
    arb_mul_2exp_si(L, L, -1);
    arb_neg(t, L);
    arb_exp(t, t, 64);
    arb_get_mag(most, t);
    mag_one(tiny);
    mag_mul_2exp_si(tiny, tiny, -prec);
    if (mag_cmp(most, tiny) <= 0) {
        arb_zero(y);
        arb_add_error_mag(y, most); /* |atan(a)| < 2 pi */
    } else {
        owen_series(y, L, a, prec);
        arb_const_pi(t, prec);
        arb_mul_2exp_si(t, t, 1);
        arb_div(y, y, t, prec);
    }
    mag_clear(tiny);
    mag_clear(most);
    arb_clear(t);
    arb_clear(L);
}

/* T(h, a) + T(ah, 1/a) = (Q(h) + Q(ah))/2 - Q(h) Q(ah) for h, a >= 0, Q = P(g > .). */
static void owen_large(arb_t y, const arb_t h, const arb_t a, slong prec)
{
    arb_t k, inverse, p, q;
    arb_init(k);
    arb_init(inverse);
    arb_init(p);
    arb_init(q);
    arb_mul(k, h, a, prec);
    arb_inv(inverse, a, prec);
    ew_normal_above(p, h, prec);
    ew_normal_above(q, k, prec);
    owen_small(y, k, inverse, prec);
    arb_neg(y, y);
    arb_submul(y, p, q, prec);
    arb_add(p, p, q, prec);
    arb_mul_2exp_si(p, p, -1);
    arb_add(y, y, p, prec);
    arb_clear(q);
    arb_clear(p);
    arb_clear(inverse);
    arb_clear(k);
}

void ew_owen(arb_t y, const arb_t h, const arb_t a, slong prec)
{
    arb_t x, b;
    arb_init(x);
    arb_init(b);
    int negative = arf_sgn(arb_midref(a)) < 0;
    arb_abs(x, h);
    if (negative)
        arb_neg(b, a);
    else
        arb_set(b, a);
    if (arf_cmp_d(arb_midref(b), 1.0625) <= 0)
        owen_small(y, x, b, prec); /* odd in a: any sign */
    else
        owen_large(y, x, b, prec); /* a ball of this size that reaches 0 has no inverse */
    if (negative)
        arb_neg(y, y);
    arb_clear(b);
    arb_clear(x);
}
