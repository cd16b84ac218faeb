#include "expect/moment.h"

/* Phi(b) - Phi(a), from the tails that are small */
static void mass(arb_t m, arb_srcptr a, arb_srcptr b, slong prec)
{
    arb_t t, r;
    arb_init(t);
    arb_init(r);
    arb_sqrt_ui(r, 2, prec);
    int below = b && arb_is_negative(b);
    int above = a && arb_is_positive(a);
    if (below || above) {
        /* both ends on one side: difference of upper tails of |x| */
        arb_srcptr near = above ? a : b, far = above ? b : a;
        arb_div(t, near, r, prec);
        arb_abs(t, t);
        arb_hypgeom_erfc(m, t, prec);
        if (far) {
            arb_div(t, far, r, prec);
            arb_abs(t, t);
            arb_hypgeom_erfc(t, t, prec);
            arb_sub(m, m, t, prec);
        }
    } else {
        arb_one(m);
        if (b) {
            arb_div(t, b, r, prec);
            arb_hypgeom_erf(m, t, prec);
        }
        if (a) {
            arb_div(t, a, r, prec);
            arb_hypgeom_erf(t, t, prec);
            arb_sub(m, m, t, prec);
        } else {
            arb_add_ui(m, m, 1, prec);
        }
    }
    arb_mul_2exp_si(m, m, -1);
    arb_clear(t);
    arb_clear(r);
}

/* e^(-x^2/2)/sqrt(2 pi); 0 at infinity */
static void density(arb_t p, arb_srcptr x, slong prec)
{
    arb_t t;
    if (!x) {
        arb_zero(p);
        return;
    }
    arb_init(t);
    arb_mul(p, x, x, prec);
    arb_mul_2exp_si(p, p, -1);
    arb_neg(p, p);
    arb_exp(p, p, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_rsqrt(t, t, prec);
    arb_mul(p, p, t, prec);
    arb_clear(t);
}

/* By parts: m_i = (i-1) m_{i-2} + a^(i-1) p(a) - b^(i-1) p(b). */
void ew_moments(arb_ptr m, slong n, arb_srcptr a, arb_srcptr b, slong prec)
{
    arb_t p, q;
    if (n <= 0)
        return;
    mass(m, a, b, prec);
    arb_init(p);
    arb_init(q);
    density(p, a, prec);
    density(q, b, prec);
    for (slong i = 1; i < n; i++) {
        arb_sub(m + i, p, q, prec);
        if (i > 1)
            arb_addmul_ui(m + i, m + i - 2, (ulong) (i - 1), prec);
        if (a)
            arb_mul(p, p, a, prec);
        if (b)
            arb_mul(q, q, b, prec);
    }
    arb_clear(p);
    arb_clear(q);
}

void ew_half_moment(fmpz_t x, ulong n)
{
    if (n & 1) {
        fmpz_fac_ui(x, n / 2);
        fmpz_mul_2exp(x, x, n / 2);
    } else if (n == 0) {
        fmpz_one(x);
    } else {
        fmpz_one(x);
        for (ulong i = n - 1; i > 1; i -= 2)
            fmpz_mul_ui(x, x, i);
    }
}
