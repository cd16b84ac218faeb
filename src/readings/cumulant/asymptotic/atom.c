/* Atoms as power series at K = 0: <F>_K = sum_n F^(2n)(0)/(2n)! (2n-1)!! K^n, asymptotic for
 * every F that is smooth at 0 and of Gaussian growth (Watson's lemma). */
#include "readings/cumulant/asymptotic/solve.h"

/* The derivatives that the value of x takes: pairs in K, and one of F itself when odd. */
static void split(slong *pairs, slong *odd, const ew_atom *x)
{
    *pairs = x->m[0] / 2;
    *odd = x->m[0] % 2;
}

static slong highest(const ew_atom *x)
{
    slong top = 0;
    for (slong i = 0; i < EW_JETS; i++)
        if (x->e[0][i])
            top = i;
    return top;
}

/* Powers of z that `len` powers of K take. */
static slong degree_needed(const ew_atom *x, slong len)
{
    slong pairs, odd;
    split(&pairs, &odd, x);
    return 2 * (len - 1 + pairs) + odd;
}

slong ew_asymptotic_taylors(const ew_hierarchy *h, slong len)
{
    slong most = 0;
    for (slong i = 0; i < h->law->atoms; i++)
        most = FLINT_MAX(most,
                         degree_needed(&h->law->atom[i], len) + highest(&h->law->atom[i]) + 1);
    return most;
}

/* F(z) = prod (t^(i))^e_i below z^n. */
static void integrand(fmpq_poly_t F, const ew_atom *x, const ew_asymptotic_solver *s, slong n)
{
    fmpq_poly_t d, power;
    fmpq_poly_init(d);
    fmpq_poly_init(power);
    fmpq_poly_one(F);
    for (slong i = 0; i < s->taylors; i++)
        fmpq_poly_set_coeff_fmpq(d, i, s->taylor + i);
    for (slong i = 0; i < EW_JETS && i <= highest(x); i++) {
        if (x->e[0][i]) {
            fmpq_poly_pow_trunc(power, d, x->e[0][i], n);
            fmpq_poly_mullow(F, F, power, n);
        }
        fmpq_poly_derivative(d, d);
    }
    fmpq_poly_clear(d);
    fmpq_poly_clear(power);
}

void ew_asymptotic_atom(fmpq_poly_t out, const ew_atom *x, const ew_asymptotic_solver *s)
{
    slong pairs, odd;
    fmpq_poly_t F;
    fmpq_t c, scale;
    fmpz_t moment;
    fmpq_poly_init(F);
    fmpq_init(c);
    fmpq_init(scale);
    fmpz_init(moment);
    split(&pairs, &odd, x);
    integrand(F, x, s, degree_needed(x, s->len) + 1);
    if (odd)
        fmpq_poly_derivative(F, F);
    fmpq_poly_zero(out);
    fmpq_one(scale);
    for (slong n = 0; n < s->len; n++) {
        slong up = n + pairs;
        fmpq_poly_get_coeff_fmpq(c, F, 2 * up);
        if (up > 0) {
            fmpz_set_ui(moment, 1);
            for (slong i = 2; i <= up; i++)
                fmpz_mul_si(moment, moment, 2 * i - 1);
            fmpq_mul_fmpz(c, c, moment);
        }
        /* d^pairs/dK^pairs K^up */
        fmpz_rfac_uiui(moment, (ulong) n + 1, (ulong) pairs);
        fmpq_mul_fmpz(c, c, moment);
        fmpq_mul(c, c, scale);
        fmpq_poly_set_coeff_fmpq(out, n, c);
        fmpq_div(scale, scale, s->a1);
        fmpq_neg(scale, scale);
    }
    fmpz_clear(moment);
    fmpq_clear(scale);
    fmpq_clear(c);
    fmpq_poly_clear(F);
}
