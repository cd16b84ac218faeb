#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

static size_t digit_run(const char *s)
{
    return strspn(s, "0123456789");
}

/* Decimal digits of s[0..n) with any '.' skipped, as an integer. */
static int digits_value(fmpz_t v, const char *s, size_t n)
{
    char *copy = malloc(n + 1);
    size_t k = 0;
    if (!copy)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (s[i] != '.')
            copy[k++] = s[i];
    copy[k] = '\0';
    int status = k == 0 ? -1 : fmpz_set_str(v, copy, 10);
    free(copy);
    return status;
}

/* "e-12" at s: its value, and *s moved past it; absent: 0. */
static int read_exponent(slong *e, const char **s, slong limit)
{
    *e = 0;
    if (**s != 'e' && **s != 'E')
        return 0;
    const char *p = *s + 1;
    int negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    size_t n = digit_run(p);
    if (n == 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        *e = 10 * *e + (p[i] - '0');
        if (*e > limit)
            return -1;
    }
    if (negative)
        *e = -*e;
    *s = p + n;
    return 0;
}

/* digits[.digits][e..] at s. */
static int read_decimal(fmpq_t x, const char **s, slong limit)
{
    size_t whole = digit_run(*s), part = 0, used = whole;
    if ((*s)[whole] == '.') {
        part = digit_run(*s + whole + 1);
        used += 1 + part;
    }
    if (whole + part == 0 || digits_value(fmpq_numref(x), *s, used))
        return -1;
    fmpz_one(fmpq_denref(x));
    slong e;
    *s += used;
    if (read_exponent(&e, s, limit))
        return -1;
    e -= (slong) part;
    fmpz_t power;
    fmpz_init(power);
    fmpz_ui_pow_ui(power, 10, (ulong) (e < 0 ? -e : e));
    if (e < 0)
        fmpq_div_fmpz(x, x, power);
    else
        fmpq_mul_fmpz(x, x, power);
    fmpz_clear(power);
    return 0;
}

static int read_denominator(fmpq_t x, const char **s)
{
    fmpz_t d;
    size_t n = digit_run(*s + 1);
    fmpz_init(d);
    int status = n == 0 || digits_value(d, *s + 1, n) || fmpz_is_zero(d) ? -1 : 0;
    if (status == 0)
        fmpq_div_fmpz(x, x, d);
    fmpz_clear(d);
    *s += 1 + n;
    return status;
}

static int read_number(fmpq_t x, const char *text, slong limit)
{
    const char *s = text;
    int negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    size_t whole = digit_run(s);
    if (read_decimal(x, &s, limit))
        return -1;
    if (*s == '/' &&
        (size_t) (s - text) == whole + (size_t) (text[0] == '-' || text[0] == '+') &&
        read_denominator(x, &s))
        return -1;
    if (negative)
        fmpq_neg(x, x);
    return *s == '\0' ? 0 : -1;
}

int ew_rational_read(fmpq_t x, const char *text)
{
    return read_number(x, text, 10000);
}

char *ew_rational_text(const fmpq_t x)
{
    size_t size = fmpz_sizeinbase(fmpq_numref(x), 10) + fmpz_sizeinbase(fmpq_denref(x), 10) + 4;
    char *text = malloc(size);
    return text ? fmpq_get_str(text, 10, x) : NULL;
}

int ew_ball_read(arb_t x, const char *mid, const char *rad, slong prec)
{
    fmpq_t m, r;
    arb_t error;
    fmpq_init(m);
    fmpq_init(r);
    arb_init(error);
    int status = read_number(m, mid, 1000000) || read_number(r, rad, 1000000) || fmpq_sgn(r) < 0
                     ? -1
                     : 0;
    if (status == 0) {
        arb_set_fmpq(x, m, prec);
        arb_set_fmpq(error, r, MAG_BITS + 2);
        arb_add_error(x, error);
    }
    fmpq_clear(m);
    fmpq_clear(r);
    arb_clear(error);
    return status;
}
