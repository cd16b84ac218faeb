#include "products/header/function_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- templates ----------------------------------------------------------------------------
 */

static void add_piece(ew_writer *w, const char *from, size_t n)
{
    char *piece = ew_alloc(n + 1, w->ctx);
    if (piece) {
        memcpy(piece, from, n);
        piece[n] = 0;
    }
    ew_writer_add_fresh(w, piece);
}

static const char *word_value(const ew_word *words, const char *name, size_t n)
{
    for (const ew_word *x = words; x && x->name; x++)
        if (strlen(x->name) == n && strncmp(x->name, name, n) == 0)
            return x->value;
    return NULL;
}

void ew_template(ew_writer *w, const char *text, const char *prefix, const ew_word *words)
{
    while (*text) {
        size_t n = strcspn(text, "@$");
        add_piece(w, text, n);
        text += n;
        if (*text == '@') {
            ew_writer_add(w, prefix);
            text++;
        } else if (*text == '$') {
            size_t length = strcspn(text + 1, "$");
            const char *value = word_value(words, text + 1, length);
            w->failed |= !value;
            ew_writer_add(w, value ? value : "");
            text += length + 2;
        }
    }
}

/* ---- numbers ------------------------------------------------------------------------------
 */

/* Sign, leading 1, hexadecimal digits without trailing zeros, exponent of 2. */
char *ew_double_text(double x, ew_context *ctx)
{
    static const char digit[] = "0123456789abcdef";
    int e;
    double f = frexp(fabs(x), &e);
    char fraction[16];
    int n = 0;
    if (x == 0)
        return ew_strdup("0.0", ctx);
    uint64_t m = (uint64_t) ldexp(f, 53) & (((uint64_t) 1 << 52) - 1);
    for (; m; m = m << 4 & (((uint64_t) 1 << 52) - 1))
        fraction[n++] = digit[m >> 48];
    fraction[n] = 0;
    return ew_format(ctx, "%s0x1%s%sp%d", x < 0 ? "-" : "", n ? "." : "", fraction, e - 1);
}

void ew_write_double(ew_writer *w, double x)
{
    ew_writer_add_fresh(w, ew_double_text(x, w->ctx));
}

char *ew_bound_text(double x, ew_context *ctx)
{
    if (!(x < 1e9))
        return ew_strdup("inf", ctx);
    long hundredths = (long) ceil(100 * x * (1 + 0x1p-40));
    return ew_format(ctx, "%ld.%02ld", hundredths / 100, hundredths % 100);
}

/* Powers of 2 as such, whole numbers in full, others to six digits, cut off. */
char *ew_decimal_text(double x, ew_context *ctx)
{
    int e;
    double f = frexp(x, &e);
    if (x == floor(x) && x < 1e15)
        return ew_format(ctx, "%ld", (long) x);
    if (f == 0.5)
        return ew_format(ctx, "2^%d", e - 1);
    int p = (int) floor(log10(x));
    long digits = (long) floor(x * pow(10, 5 - p));
    return ew_format(ctx, "%ld.%05lde%d", digits / 100000, digits % 100000, p);
}

enum { LINE = 96 };

void ew_write_table(ew_writer *w, const char *prefix, const char *name, const double *x,
                    slong n)
{
    ew_writer_add_fresh(w, ew_format(w->ctx, "static const int64_t %s_%s[%ld] = {\n    ",
                                     prefix, name, (long) n));
    size_t column = 0;
    for (slong i = 0; i < n; i++) {
        int64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        char *text = ew_format(w->ctx, "%lld%s", (long long) bits, i + 1 < n ? "," : "\n};\n");
        size_t length = text ? strlen(text) : 0;
        if (column + length > LINE) {
            ew_writer_add(w, "\n    ");
            column = 0;
        }
        column += length;
        ew_writer_add_fresh(w, text);
    }
}

/* ---- points -------------------------------------------------------------------------------
 */

/* The finaliser of MurmurHash3 on a counter, after Steele, Lea and Flood's SplitMix. */
double ew_probe_uniform(uint64_t seed, uint64_t i)
{
    uint64_t x = seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return ldexp((double) (x >> 11), -53);
}

double ew_probe_between(uint64_t seed, uint64_t i, double lo, double hi)
{
    int low, high;
    frexp(lo, &low);
    frexp(hi, &high);
    double octaves = floor(ew_probe_uniform(seed, 2 * i) * (high - low + 1));
    double x = ldexp(1 + ew_probe_uniform(seed, 2 * i + 1), low - 1 + (int) octaves);
    return fmin(fmax(x, lo), hi);
}

ew_header_function *ew_header_function_add(ew_header_functions *f, ew_context *ctx)
{
    ew_header_function *more = ew_realloc(f->function, (size_t) (f->n + 1) * sizeof *more, ctx);
    if (!more)
        return NULL;
    f->function = more;
    more[f->n] = (ew_header_function){0};
    return &more[f->n++];
}

ew_header_probe *ew_header_probe_add(ew_header_function *f, ew_context *ctx)
{
    ew_header_probe *more = ew_realloc(f->probe, (size_t) (f->probes + 1) * sizeof *more, ctx);
    if (!more)
        return NULL;
    f->probe = more;
    more[f->probes] = (ew_header_probe){.lo = NAN, .hi = NAN};
    return &more[f->probes++];
}

void ew_header_probe_set(ew_header_probe *p, const arb_t y)
{
    arf_t end;
    arf_init(end);
    arb_get_lbound_arf(end, y, 64);
    p->lo = arf_get_d(end, ARF_RND_FLOOR);
    arb_get_ubound_arf(end, y, 64);
    p->hi = arf_get_d(end, ARF_RND_CEIL);
    arf_clear(end);
}
