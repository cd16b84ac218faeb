/* Atoms as power series at K = 0: <F>_K = sum_n F^(2n)(0)/(2n)! (2n-1)!! K^n, asymptotic for
 * every F that is smooth at 0 and of Gaussian growth (Watson's lemma). */
#include "chain/atom.h"

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

slong ew_atom_taylors(const ew_atom *x, slong len)
{
    return degree_needed(x, len) + highest(x) + 1;
}

/* F(z) = prod (s^(i))^e_i below z^n. */
static void integrand(fmpq_poly_t F, const ew_atom *x, const fmpq *taylor, slong taylors,
                      slong n)
{
    fmpq_poly_t d, power;
    fmpq_poly_init(d);
    fmpq_poly_init(power);
    fmpq_poly_one(F);
    for (slong i = taylors - 1; i >= 0; i--)
        fmpq_poly_set_coeff_fmpq(d, i, taylor + i);
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

/* c *= (2n-1)!! n!/(n-pairs)!: d^pairs/dK^pairs of the n-th moment's K^n. */
static void times_moment(fmpq_t c, slong n, slong pairs)
{
    fmpz_t factor;
    fmpz_init(factor);
    fmpz_rfac_uiui(factor, (ulong) (n - pairs + 1), (ulong) pairs);
    for (slong i = 2; i <= n; i++)
        fmpz_mul_si(factor, factor, 2 * i - 1);
    fmpq_mul_fmpz(c, c, factor);
    fmpz_clear(factor);
}

void ew_atom_at_zero(fmpq_poly_t out, const ew_atom *x, const fmpq *taylor, slong taylors,
                     slong len)
{
    slong pairs, odd;
    fmpq_poly_t F;
    fmpq_t c;
    fmpq_poly_init(F);
    fmpq_init(c);
    split(&pairs, &odd, x);
    integrand(F, x, taylor, taylors, degree_needed(x, len) + 1);
    if (odd)
        fmpq_poly_derivative(F, F);
    fmpq_poly_zero(out);
    for (slong n = len - 1; n >= 0; n--) {
        fmpq_poly_get_coeff_fmpq(c, F, 2 * (n + pairs));
        times_moment(c, n + pairs, pairs);
        fmpq_poly_set_coeff_fmpq(out, n, c);
    }
    fmpq_clear(c);
    fmpq_poly_clear(F);
}
