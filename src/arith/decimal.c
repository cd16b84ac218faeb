#include "arith/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers beyond 2^(+-2^20) are not written out: the exact integers would exhaust memory. */
#define EXPONENT_LIMIT (WORD(1) << 20)

/* sign * q * 10^(e - digits + 1) with 10^(digits-1) <= q < 10^digits. */
typedef struct {
    int sign;
    fmpz_t q;
    slong e;
    int tie; /* the number rounded lay exactly between two decimals */
} decimal;

static void decimal_init(decimal *d)
{
    d->sign = 0;
    d->e = 0;
    d->tie = 0;
    fmpz_init(d->q);
}

static void decimal_clear(decimal *d)
{
    fmpz_clear(d->q);
}

/* num * 10^s / den as quotient and remainder of integers; the divisor is left in `divisor`. */
static void scaled_quotient(fmpz_t q, fmpz_t r, fmpz_t divisor, const fmpz_t num,
                            const fmpz_t den, slong s)
{
    fmpz_t power, dividend;
    fmpz_init(power);
    fmpz_init(dividend);
    fmpz_ui_pow_ui(power, 10, (ulong) (s < 0 ? -s : s));
    if (s >= 0) {
        fmpz_mul(dividend, num, power);
        fmpz_set(divisor, den);
    } else {
        fmpz_set(dividend, num);
        fmpz_mul(divisor, den, power);
    }
    fmpz_fdiv_qr(q, r, dividend, divisor);
    fmpz_clear(power);
    fmpz_clear(dividend);
}

/* floor(num/den * 10^(digits-1-e)) with e the decimal exponent of num/den > 0. */
static void leading_digits(fmpz_t q, fmpz_t r, fmpz_t divisor, slong *e, const fmpz_t num,
                           const fmpz_t den, slong digits)
{
    const double log10_2 = 0.30102999566398119521;
    fmpz_t low, high;
    fmpz_init(low);
    fmpz_init(high);
    fmpz_ui_pow_ui(low, 10, (ulong) digits - 1);
    fmpz_mul_ui(high, low, 10);
    slong bits = (slong) fmpz_bits(num) - (slong) fmpz_bits(den);
    *e = (slong) floor((double) bits * log10_2);
    for (;;) {
        scaled_quotient(q, r, divisor, num, den, digits - 1 - *e);
        if (fmpz_cmp(q, low) < 0)
            --*e;
        else if (fmpz_cmp(q, high) >= 0)
            ++*e;
        else
            break;
    }
    fmpz_clear(low);
    fmpz_clear(high);
}

/* 9.99|6 rounds to 10.0: one digit too many becomes one more in the exponent. */
static void carry(decimal *d, slong digits)
{
    fmpz_t high;
    fmpz_init(high);
    fmpz_ui_pow_ui(high, 10, (ulong) digits);
    if (fmpz_equal(d->q, high)) {
        fmpz_divexact_ui(d->q, d->q, 10);
        d->e++;
    }
    fmpz_clear(high);
}

/* Round num/den, den > 0, half to even; exact. */
static void round_fraction(decimal *d, const fmpz_t num, const fmpz_t den, slong digits)
{
    fmpz_t a, r, divisor;
    d->tie = 0;
    d->sign = fmpz_sgn(num);
    if (d->sign == 0)
        return;
    fmpz_init(a);
    fmpz_init(r);
    fmpz_init(divisor);
    fmpz_abs(a, num);
    leading_digits(d->q, r, divisor, &d->e, a, den, digits);
    fmpz_mul_2exp(r, r, 1);
    int half = fmpz_cmp(r, divisor);
    d->tie = half == 0;
    if (half > 0 || (half == 0 && fmpz_is_odd(d->q)))
        fmpz_add_ui(d->q, d->q, 1);
    carry(d, digits);
    fmpz_clear(a);
    fmpz_clear(r);
    fmpz_clear(divisor);
}

/* x = num/den exactly, den a power of two; 0 if the integers would be too long. */
static int arf_fraction(fmpz_t num, fmpz_t den, const arf_t x)
{
    fmpz_t e;
    int fits = 1;
    if (!arf_is_finite(x))
        return 0;
    fmpz_init(e);
    arf_get_fmpz_2exp(num, e, x);
    fmpz_one(den);
    if (fmpz_cmp_si(e, EXPONENT_LIMIT) > 0 || fmpz_cmp_si(e, -2 * EXPONENT_LIMIT) < 0)
        fits = 0;
    else if (fmpz_sgn(e) >= 0)
        fmpz_mul_2exp(num, num, fmpz_get_ui(e));
    else
        fmpz_mul_2exp(den, den, (ulong) -fmpz_get_si(e));
    fmpz_clear(e);
    return fits;
}

/* Enlarge a radius that neither the middle's own last bit nor the digits asked can notice, so
 * that the ends stay short; the ball only grows. */
static void lift_radius(arf_t rad, const arf_t mid, slong digits)
{
    slong bits = FLINT_MAX(arf_bits(mid), 4 * digits);
    arf_t floor_;
    fmpz_t e;
    arf_init(floor_);
    fmpz_init(e);
    arf_abs_bound_lt_2exp_fmpz(e, mid);
    fmpz_sub_si(e, e, bits + 64);
    arf_one(floor_);
    arf_mul_2exp_fmpz(floor_, floor_, e);
    if (arf_cmp(rad, floor_) < 0)
        arf_set(rad, floor_);
    arf_clear(floor_);
    fmpz_clear(e);
}

static int exponent_in_range(const arf_t x)
{
    return arf_is_finite(x) && arf_cmpabs_2exp_si(x, EXPONENT_LIMIT) < 0 &&
           (arf_is_zero(x) || arf_cmpabs_2exp_si(x, -EXPONENT_LIMIT) > 0);
}

int ew_beyond_writing(const arb_t x)
{
    return arb_is_finite(x) && arb_is_nonzero(x) && !exponent_in_range(arb_midref(x));
}

/* The exact ends of x; 0 if they are not finite or out of range. */
static int ball_ends(arf_t lo, arf_t hi, const arb_t x, slong digits)
{
    arf_t rad;
    if (!arb_is_finite(x) || !exponent_in_range(arb_midref(x)))
        return 0;
    arf_init(rad);
    arf_set_mag(rad, arb_radref(x));
    int fine = arf_is_zero(rad) || arf_cmpabs(rad, arb_midref(x)) < 0;
    if (fine) {
        if (!arf_is_zero(rad))
            lift_radius(rad, arb_midref(x), digits);
        arf_sub(lo, arb_midref(x), rad, ARF_PREC_EXACT, ARF_RND_DOWN);
        arf_add(hi, arb_midref(x), rad, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
    arf_clear(rad);
    return fine;
}

/* |x| < (q + 1/2) 10^(e - digits + 1), strictly: x has not left the cell of the numbers that
 * round to d on its outer side. */
static int inside_cell(const decimal *d, const arf_t x, slong digits)
{
    slong s = digits - 1 - d->e;
    fmpz_t num, den, power, edge;
    fmpz_init(num);
    fmpz_init(den);
    fmpz_init(power);
    fmpz_init(edge);
    int inside = 0;
    if (arf_fraction(num, den, x)) {
        fmpz_ui_pow_ui(power, 10, (ulong) (s < 0 ? -s : s));
        fmpz_abs(num, num);
        fmpz_mul_2exp(num, num, 1);
        fmpz_mul_2exp(edge, d->q, 1);
        fmpz_add_ui(edge, edge, 1);
        fmpz_mul(edge, edge, den);
        if (s >= 0)
            fmpz_mul(num, num, power);
        else
            fmpz_mul(edge, edge, power);
        inside = fmpz_cmp(num, edge) < 0;
    }
    fmpz_clear(num);
    fmpz_clear(den);
    fmpz_clear(power);
    fmpz_clear(edge);
    return inside;
}

static int round_arf(decimal *d, const arf_t x, slong digits)
{
    fmpz_t num, den;
    fmpz_init(num);
    fmpz_init(den);
    int fits = arf_fraction(num, den, x);
    if (fits)
        round_fraction(d, num, den, digits);
    fmpz_clear(num);
    fmpz_clear(den);
    return fits;
}

/* ---- text -------------------------------------------------------------------------------- */

/* q holds the digits; -5 <= e <= digits + 5. */
static char *plain_text(const char *sign, const char *q, slong digits, slong e)
{
    size_t size = (size_t) digits + 16;
    char *text = malloc(size);
    if (!text)
        return NULL;
    if (e < 0)
        snprintf(text, size, "%s0.%.*s%s", sign, (int) (-e - 1), "0000", q);
    else if (e >= digits - 1)
        snprintf(text, size, "%s%s%.*s", sign, q, (int) (e - digits + 1), "000000");
    else
        snprintf(text, size, "%s%.*s.%s", sign, (int) e + 1, q, q + e + 1);
    return text;
}

static char *mid_text(const decimal *d, slong digits)
{
    const char *sign = d->sign < 0 ? "-" : "";
    char *q = malloc(fmpz_sizeinbase(d->q, 10) + 2), *text;
    if (!q)
        return NULL;
    fmpz_get_str(q, 10, d->q);
    if (d->e >= -5 && d->e <= digits + 5) {
        text = plain_text(sign, q, digits, d->e);
    } else {
        size_t size = (size_t) digits + 40;
        text = malloc(size);
        if (text)
            snprintf(text, size, "%s%c%s%se%ld", sign, q[0], digits > 1 ? "." : "", q + 1,
                     (long) d->e);
    }
    free(q);
    return text;
}

static char *power_text(int digit, slong e)
{
    char *text = malloc(32);
    if (text)
        snprintf(text, 32, "%de%ld", digit, (long) e);
    return text;
}

static void write_pair(char **mid, char **rad, const decimal *d, slong digits)
{
    if (d->sign == 0) {
        *mid = strdup("0");
        *rad = strdup("0");
    } else {
        *mid = mid_text(d, digits);
        *rad = d->tie ? power_text(1, d->e - digits + 1) : power_text(5, d->e - digits);
    }
    if (*mid && *rad)
        return;
    free(*mid);
    free(*rad);
    *mid = *rad = NULL;
}

static ew_rounding outcome(const decimal *d)
{
    return d->sign == 0 ? EW_ZERO : d->tie ? EW_TIE : EW_ROUNDED;
}

/* ---- rounding ---------------------------------------------------------------------------- */

ew_rounding ew_round(char **mid, char **rad, const arb_t x, slong digits)
{
    decimal d;
    arf_t inner, outer; /* the ends, by size */
    ew_rounding result = EW_UNDECIDED;
    *mid = *rad = NULL;
    decimal_init(&d);
    arf_init(inner);
    arf_init(outer);
    if (ball_ends(inner, outer, x, digits)) {
        if (arf_cmpabs(inner, outer) > 0)
            arf_swap(inner, outer);
        if (round_arf(&d, inner, digits)) {
            if (arf_equal(inner, outer))
                result = outcome(&d);
            /* An end on a boundary stays undecided although half-to-even may settle it: the
             * true value may be that tie, which has a text of its own. */
            else if (!d.tie && inside_cell(&d, outer, digits))
                result = EW_ROUNDED;
        }
    }
    if (result != EW_UNDECIDED)
        write_pair(mid, rad, &d, digits);
    decimal_clear(&d);
    arf_clear(inner);
    arf_clear(outer);
    return result;
}

ew_rounding ew_round_rational(char **mid, char **rad, const fmpq_t x, slong digits)
{
    decimal d;
    decimal_init(&d);
    round_fraction(&d, fmpq_numref(x), fmpq_denref(x), digits);
    write_pair(mid, rad, &d, digits);
    ew_rounding result = outcome(&d);
    decimal_clear(&d);
    return result;
}

/* The half-integer multiple of a unit nearest to m, and the decimal it rounds to. */
static void nearest_tie(decimal *d, fmpq_t tie, fmpq_t unit, const fmpz_t num, const fmpz_t den,
                        slong digits)
{
    fmpz_t a, r, divisor;
    fmpz_init(a);
    fmpz_init(r);
    fmpz_init(divisor);
    fmpz_abs(a, num);
    leading_digits(d->q, r, divisor, &d->e, a, den, digits);
    fmpq_set_si(unit, 10, 1);
    fmpq_pow_si(unit, unit, d->e - digits + 1);
    fmpz_mul_2exp(a, d->q, 1);
    fmpz_add_ui(a, a, 1);
    fmpq_mul_fmpz(tie, unit, a);
    fmpq_div_2exp(tie, tie, 1);
    if (fmpz_is_odd(d->q))
        fmpz_add_ui(d->q, d->q, 1);
    d->sign = fmpz_sgn(num);
    d->tie = 1;
    carry(d, digits);
    fmpz_clear(a);
    fmpz_clear(r);
    fmpz_clear(divisor);
}

void ew_round_tie(char **mid, char **rad, const arb_t x, slong digits)
{
    decimal d;
    arf_t lo, hi, width;
    fmpz_t num, den;
    fmpq_t tie, unit;
    arb_t t;
    *mid = *rad = NULL;
    decimal_init(&d);
    arf_init(lo);
    arf_init(hi);
    arf_init(width);
    fmpz_init(num);
    fmpz_init(den);
    fmpq_init(tie);
    fmpq_init(unit);
    arb_init(t);
    if (ball_ends(lo, hi, x, digits) && !arf_is_zero(arb_midref(x)) &&
        arf_fraction(num, den, arb_midref(x))) {
        nearest_tie(&d, tie, unit, num, den, digits);
        if (d.sign < 0)
            fmpq_neg(tie, tie);
        fmpq_div_2exp(unit, unit, 2);
        arb_set_fmpq(t, unit, 64);
        arf_sub(width, hi, lo, 64, ARF_RND_UP);
        int narrow = arf_cmp(width, arb_midref(t)) < 0;
        if (narrow && arb_contains_fmpq(x, tie))
            write_pair(mid, rad, &d, digits);
    }
    decimal_clear(&d);
    arf_clear(lo);
    arf_clear(hi);
    arf_clear(width);
    fmpz_clear(num);
    fmpz_clear(den);
    fmpq_clear(tie);
    fmpq_clear(unit);
    arb_clear(t);
}

/* ---- magnitudes -------------------------------------------------------------------------- */

/* The first n digits of x > 0 rounded up, and the decimal exponent of the first one. */
static slong mag_digits(slong *exponent, const mag_t x, slong n)
{
    arf_t v;
    fmpz_t num, den, q, r, divisor;
    arf_init(v);
    fmpz_init(num);
    fmpz_init(den);
    fmpz_init(q);
    fmpz_init(r);
    fmpz_init(divisor);
    arf_set_mag(v, x);
    arf_fraction(num, den, v);
    leading_digits(q, r, divisor, exponent, num, den, n);
    slong digits = fmpz_get_si(q) + !fmpz_is_zero(r);
    arf_clear(v);
    fmpz_clear(num);
    fmpz_clear(den);
    fmpz_clear(q);
    fmpz_clear(r);
    fmpz_clear(divisor);
    return digits;
}

slong ew_mag_decimal_exponent(const mag_t x)
{
    const double log10_2 = 0.30102999566398119521;
    if (mag_cmp_2exp_si(x, EXPONENT_LIMIT) > 0)
        return (slong) ((double) EXPONENT_LIMIT * log10_2);
    if (mag_cmp_2exp_si(x, -EXPONENT_LIMIT) < 0) {
        fmpz_t e;
        fmpz_init(e);
        fmpz_sub_ui(e, MAG_EXPREF(x), 1);
        fmpz_mul_ui(e, e, 302);
        fmpz_fdiv_q_ui(e, e, 1000);
        slong k = fmpz_fits_si(e) ? fmpz_get_si(e) : WORD_MIN / 4;
        fmpz_clear(e);
        return k;
    }
    slong e;
    mag_digits(&e, x, 1);
    return e;
}

char *ew_mag_text(const mag_t x)
{
    if (mag_is_zero(x))
        return strdup("0");
    if (!mag_is_finite(x) || mag_cmp_2exp_si(x, EXPONENT_LIMIT) > 0)
        return NULL;
    mag_t floor;
    mag_init(floor);
    mag_set_ui_2exp_si(floor, 1, -EXPONENT_LIMIT);
    mag_max(floor, floor, x);
    slong e, two = mag_digits(&e, floor, 2);
    mag_clear(floor);
    if (two == 100) {
        two = 10;
        e++;
    }
    char *text = malloc(32);
    if (text)
        snprintf(text, 32, "%d.%de%ld", (int) (two / 10), (int) (two % 10), (long) e);
    return text;
}
