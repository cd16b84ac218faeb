/* Literals and comments of C, without regard to the locale. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/bits.h"
#include "arith/decimal.h"
#include "emit/c_item.h"

#define DIGITS 17 /* enough to give back any double */

void ew_c_add_hex(ew_buffer *b, double x)
{
    int e;
    if (isnan(x) || isinf(x)) {
        ew_buffer_add(b, isnan(x) ? "NAN" : x > 0 ? "INFINITY" : "-INFINITY");
        return;
    }
    double m = frexp(fabs(x), &e);
    ew_buffer_add(b, signbit(x) ? "-" : "");
    if (m == 0) {
        ew_buffer_add(b, "0x0p+0");
        return;
    }
    /* 1.f with 52 bits of f as 13 digits; the zeros at the end say nothing */
    uint64_t f = (uint64_t) ldexp(2 * m - 1, 52);
    int digits = 13;
    for (; digits > 0 && (f & 15) == 0; digits--)
        f >>= 4;
    ew_buffer_add(b, "0x1");
    if (digits > 0)
        ew_buffer_addf(b, ".%0*llx", digits, (unsigned long long) f);
    ew_buffer_addf(b, "p%+d", e - 1);
}

static int hex_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

double ew_c_read_hex(const char *text)
{
    double m = 0;
    int e = 0, point = 0;
    long shift = 0;
    for (text += 2; *text != 'p'; text++) {
        if (*text == '.') {
            point = 1;
            continue;
        }
        m = 16 * m + hex_digit(*text);
        e -= 4 * point;
    }
    int negative = text[1] == '-';
    for (text += 1 + (negative || text[1] == '+'); *text >= '0' && *text <= '9'; text++)
        shift = 10 * shift + (*text - '0');
    return ldexp(m, e + (int) (negative ? -shift : shift));
}

void ew_c_add_decimal(ew_buffer *b, double x)
{
    char *mid = NULL, *rad = NULL;
    arb_t exact;
    if (isnan(x) || isinf(x)) {
        ew_c_add_hex(b, x);
        return;
    }
    if (x == 0) {
        ew_buffer_add(b, signbit(x) ? "-0.0" : "0.0");
        return;
    }
    arb_init(exact);
    arb_set_d(exact, x);
    ew_round(&mid, &rad, exact, DIGITS);
    arb_clear(exact);
    b->failed |= mid == NULL;
    if (mid) {
        ew_buffer_add(b, mid);
        ew_buffer_add(b, strpbrk(mid, ".e") ? "" : ".0");
    }
    free(mid);
    free(rad);
}

void ew_c_add_string(ew_buffer *b, const char *text)
{
    ew_buffer_add(b, "\"");
    for (const unsigned char *p = (const unsigned char *) text; *p; p++) {
        if (strchr("\"\\?", *p)) /* ? may begin a trigraph */
            ew_buffer_addf(b, "\\%c", *p);
        else if (*p < 32 || *p > 126)
            ew_buffer_addf(b, "\\%03o", *p);
        else
            ew_buffer_addf(b, "%c", *p);
    }
    ew_buffer_add(b, "\"");
}

/* Neither the end of the comment nor the begin of another one, nor a line's end. */
void ew_c_add_comment(ew_buffer *b, const char *text)
{
    for (const char *p = text; *p; p++) {
        char next = p[1];
        ew_buffer_addf(b, "%c", (unsigned char) *p < 32 ? ' ' : *p);
        if ((*p == '*' && next == '/') || (*p == '/' && next == '*') ||
            (*p == '?' && next == '?') || (*p == '\\' && (next == '\n' || !next)))
            ew_buffer_add(b, " ");
    }
}

void ew_c_add_upper(ew_buffer *b, const char *text)
{
    for (const char *p = text; *p; p++)
        ew_buffer_addf(b, "%c", *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
}
