#include "arith/nearest.h"

#include <float.h>
#include <math.h>

#define SMALLEST (-1074) /* 2^SMALLEST is the least positive double */

/* floor(x / 2^unit) and how the remainder compares with one half: -1, 0, 1; *exact if none. */
static int split(fmpz_t q, int *exact, const fmpq_t x, slong unit)
{
    fmpz_t num, den, r;
    fmpz_init_set(num, fmpq_numref(x));
    fmpz_init_set(den, fmpq_denref(x));
    fmpz_init(r);
    if (unit < 0)
        fmpz_mul_2exp(num, num, (ulong) -unit);
    else
        fmpz_mul_2exp(den, den, (ulong) unit);
    fmpz_fdiv_qr(q, r, num, den);
    *exact = fmpz_is_zero(r);
    fmpz_mul_2exp(r, r, 1);
    int half = fmpz_cmp(r, den);
    fmpz_clear(num);
    fmpz_clear(den);
    fmpz_clear(r);
    return half < 0 ? -1 : half > 0;
}

/* floor(log2 x), x > 0. */
static slong binary_exponent(const fmpq_t x)
{
    slong e = (slong) fmpz_bits(fmpq_numref(x)) - (slong) fmpz_bits(fmpq_denref(x));
    fmpz_t a, b;
    fmpz_init(a);
    fmpz_init(b);
    fmpz_mul_2exp(a, fmpq_numref(x), e < 0 ? (ulong) -e : 0);
    fmpz_mul_2exp(b, fmpq_denref(x), e > 0 ? (ulong) e : 0);
    if (fmpz_cmp(a, b) < 0)
        e--;
    fmpz_clear(a);
    fmpz_clear(b);
    return e;
}

/* x > 0.  Between 2^e and 2^(e+1) doubles are multiples of 2^(e-52), and of 2^-1074 at least.
 */
static void round_positive(ew_nearest *d, const fmpq_t x)
{
    slong e = binary_exponent(x), unit = e - (DBL_MANT_DIG - 1);
    int exact;
    fmpz_t q;
    if (e >= DBL_MAX_EXP) {
        *d = (ew_nearest){INFINITY, DBL_MAX, INFINITY};
        return;
    }
    unit = unit < SMALLEST ? SMALLEST : unit;
    fmpz_init(q);
    int half = split(q, &exact, x, unit);
    d->lower = ldexp(fmpz_get_d(q), (int) unit);
    d->upper = exact ? d->lower : ldexp(fmpz_get_d(q) + 1, (int) unit);
    d->nearest = half > 0 || (half == 0 && fmpz_is_odd(q)) ? d->upper : d->lower;
    fmpz_clear(q);
}

ew_nearness ew_nearest_rational(ew_nearest *d, const fmpq_t x)
{
    fmpq_t size;
    *d = (ew_nearest){0, 0, 0};
    if (fmpq_is_zero(x))
        return EW_NEAREST_DECIDED;
    fmpq_init(size);
    fmpq_abs(size, x);
    round_positive(d, size);
    fmpq_clear(size);
    if (fmpq_sgn(x) < 0)
        *d = (ew_nearest){-d->nearest, -d->upper, -d->lower};
    return isfinite(d->lower) && isfinite(d->upper) ? EW_NEAREST_DECIDED : EW_NEAREST_OVERFLOW;
}

/* Both ends decide, for rounding is monotone.  -0 and 0 are one number, and their sum is 0. */
static ew_nearness between(ew_nearest *d, const fmpq_t a, const fmpq_t b)
{
    ew_nearest lo, hi;
    ew_nearness first = ew_nearest_rational(&lo, a), second = ew_nearest_rational(&hi, b);
    *d = (ew_nearest){lo.nearest, lo.lower, hi.upper};
    if (lo.nearest == 0 && hi.nearest == 0)
        d->nearest = lo.nearest + hi.nearest;
    if (first != EW_NEAREST_DECIDED || second != EW_NEAREST_DECIDED)
        return EW_NEAREST_OVERFLOW;
    return lo.nearest == hi.nearest ? EW_NEAREST_DECIDED : EW_NEAREST_OPEN;
}

ew_nearness ew_nearest_interval(ew_nearest *d, const fmpq_t mid, const fmpq_t rad)
{
    fmpq_t a, b;
    fmpq_init(a);
    fmpq_init(b);
    fmpq_sub(a, mid, rad);
    fmpq_add(b, mid, rad);
    ew_nearness n = between(d, a, b);
    fmpq_clear(a);
    fmpq_clear(b);
    return n;
}

/* The end as a rational; one whose exponent is far beyond the doubles', as a number that lies
 * between the same two of them. */
static void end_rational(fmpq_t q, const arf_t x)
{
    if (arf_cmpabs_2exp_si(x, DBL_MAX_EXP) >= 0) {
        fmpq_set_si(q, arf_sgn(x), 1);
        fmpq_mul_2exp(q, q, DBL_MAX_EXP);
    } else if (!arf_is_zero(x) && arf_cmpabs_2exp_si(x, SMALLEST - 4) < 0) {
        fmpq_set_si(q, arf_sgn(x), 1);
        fmpq_div_2exp(q, q, 4 - SMALLEST);
    } else
        arf_get_fmpq(q, x);
}

ew_nearness ew_nearest_ball(ew_nearest *d, const arb_t x)
{
    arf_t lo, hi;
    fmpq_t a, b;
    *d = (ew_nearest){NAN, -INFINITY, INFINITY};
    if (!arb_is_finite(x))
        return EW_NEAREST_OVERFLOW;
    arf_init(lo);
    arf_init(hi);
    fmpq_init(a);
    fmpq_init(b);
    slong prec = arb_is_exact(x) ? ARF_PREC_EXACT : arb_bits(x) + 128;
    arb_get_lbound_arf(lo, x, prec);
    arb_get_ubound_arf(hi, x, prec);
    end_rational(a, lo);
    end_rational(b, hi);
    ew_nearness n = between(d, a, b);
    arf_clear(lo);
    arf_clear(hi);
    fmpq_clear(a);
    fmpq_clear(b);
    return n;
}
