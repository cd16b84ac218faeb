#include "activation/token.h"

#include <stdlib.h>
#include <string.h>

/* Not <ctype.h>: the language does not depend on the locale. */
static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t digits(const char *s)
{
    size_t n = 0;
    while (is_digit(s[n]))
        n++;
    return n;
}

/* 12, 1.5, .5, 5., 1e-3; an e without digits after it is not part of the number. */
static size_t number_length(const char *s)
{
    size_t n = digits(s);
    if (s[n] == '.')
        n += 1 + digits(s + n + 1);
    if (s[n] == 'e' || s[n] == 'E') {
        size_t sign = s[n + 1] == '+' || s[n + 1] == '-';
        size_t exponent = digits(s + n + 1 + sign);
        if (exponent)
            n += 1 + sign + exponent;
    }
    return n;
}

ew_token ew_token_next(const char *source, size_t from)
{
    while (is_blank(source[from]))
        from++;
    const char *s = source + from;
    ew_token t = {EW_T_BAD, from, 1};
    if (!*s) {
        t.kind = EW_T_END;
        t.length = 0;
    } else if (is_digit(s[0]) || (s[0] == '.' && is_digit(s[1]))) {
        t.kind = EW_T_NUMBER;
        t.length = number_length(s);
    } else if (is_letter(s[0])) {
        t.kind = EW_T_NAME;
        while (is_letter(s[t.length]) || is_digit(s[t.length]))
            t.length++;
    } else if (s[0] == '<' || s[0] == '>') {
        t.kind = s[0] == '<' ? EW_T_LESS : EW_T_GREATER;
        t.length = s[1] == '=' ? 2 : 1;
    } else if (strchr("+-*/^(),", s[0])) {
        t.kind = (ew_token_kind) s[0];
    }
    return t;
}

/* Splits mantissa and exponent: `text` keeps the mantissa's digits; the value is text *
 * 10^result. */
static slong strip_number(char *text)
{
    slong exponent = 0, places = 0;
    char *e = strpbrk(text, "eE");
    if (e) {
        exponent = strtol(e + 1, NULL, 10);
        *e = '\0';
    }
    char *dot = strchr(text, '.');
    if (dot) {
        places = (slong) strlen(dot + 1);
        memmove(dot, dot + 1, strlen(dot));
    }
    exponent = FLINT_MAX(FLINT_MIN(exponent, 2 * EW_MAX_DIGITS), -2 * EW_MAX_DIGITS);
    return exponent - places;
}

int ew_token_number(fmpq_t x, const char *source, ew_token t, ew_context *ctx)
{
    if (t.length > EW_MAX_DIGITS + 32)
        return -1;
    char *text = ew_alloc(t.length + 1, ctx);
    if (!text)
        return -1;
    memcpy(text, source + t.at, t.length);
    text[t.length] = '\0';
    slong shift = strip_number(text);
    int bad = shift > EW_MAX_DIGITS || shift < -(EW_MAX_DIGITS + 32);
    if (!bad) {
        fmpz_t scale;
        fmpz_init_set_ui(scale, 10);
        fmpz_pow_ui(scale, scale, (ulong) FLINT_ABS(shift));
        fmpz_set_str(fmpq_numref(x), text, 10);
        fmpz_one(fmpq_denref(x));
        if (shift >= 0)
            fmpq_mul_fmpz(x, x, scale);
        else
            fmpq_div_fmpz(x, x, scale);
        fmpz_clear(scale);
    }
    free(text);
    return bad ? -1 : 0;
}

#define WINDOW 72

void ew_caret(ew_context *ctx, const char *source, size_t at)
{
    size_t length = strlen(source), from = 0;
    char line[WINDOW + 1], caret[WINDOW + 2];
    if (length > WINDOW && at > WINDOW / 2)
        from = FLINT_MIN(at - WINDOW / 2, length - WINDOW);
    size_t n = FLINT_MIN(length - from, (size_t) WINDOW);
    for (size_t i = 0; i < n; i++) {
        char c = source[from + i];
        line[i] = is_blank(c) ? ' ' : c < ' ' || c > '~' ? '?' : c;
    }
    line[n] = '\0';
    /* three dots where the source goes on; the caret is never under them unless it is at an end
     */
    if (from > 0)
        memcpy(line, "...", 3);
    if (from + n < length)
        memcpy(line + n - 3, "...", 3);
    size_t column = at - from;
    memset(caret, ' ', column);
    caret[column] = '^';
    caret[column + 1] = '\0';
    ew_fail_detail(ctx, line);
    ew_fail_detail(ctx, caret);
}
