/* What all functions of an emitted header share. */
#include <stdlib.h>

#include "products/header/function_text.h"

#define MOST_DEGREE 40 /* of any table's */

static const char shared[] =
    "#include <math.h>\n"
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "#include <string.h>\n"
    "\n"
    "/* The functions below return doubles.  A bound in units of 2^-53 is one of the relative\n"
    " * error, and covers approximation and rounding, for IEEE doubles rounded to nearest, "
    "with\n"
    " * or without fused multiply-add; compilers must not reassociate (no -ffast-math).  "
    "Outside\n"
    " * its domain, and for a NaN, a function returns NaN. */\n"
    "\n"
    "static inline double @_from_bits(uint64_t b)\n"
    "{\n"
    "    double x;\n"
    "    memcpy(&x, &b, sizeof x);\n"
    "    return x;\n"
    "}\n"
    "\n"
    "static inline uint64_t @_to_bits(double x)\n"
    "{\n"
    "    uint64_t b;\n"
    "    memcpy(&b, &x, sizeof b);\n"
    "    return b;\n"
    "}\n"
    "\n"
    "/* The octave 2^i <= x < 2^(i+1) of a positive x, counted from `first` and brought into\n"
    " * 0..n-1. */\n"
    "static inline int @_octave(double x, int first, int n)\n"
    "{\n"
    "    int i = (int) (@_to_bits(x) >> 52) - 1023 - first;\n"
    "    i = i < n ? i : n - 1;\n"
    "    return i > 0 ? i : 0;\n"
    "}\n"
    "\n"
    "/* w = (x - m)/(x + m), m = 181/128 2^i. */\n"
    "static inline double @_place(double x, int i)\n"
    "{\n"
    "    double m = @_from_bits(((uint64_t) (i + 1023) << 52) | UINT64_C($mantissa$));\n"
    "    return (x - m) / (x + m);\n"
    "}\n"
    "\n"
    "/* Tables hold the bits of doubles, as whole numbers. */\n"
    "static inline double @_horner(const int64_t *c, int degree, double w)\n"
    "{\n"
    "    double y = @_from_bits((uint64_t) c[degree]);\n"
    "    for (int k = degree - 1; k >= 0; k--)\n"
    "        y = y * w + @_from_bits((uint64_t) c[k]);\n"
    "    return y;\n"
    "}\n";

/* For a constant degree: without a loop, so that loops around it are vectorised. */
static const char unrolled[] =
    "\n"
    "static inline double @_$name$(const $type$ *c, int degree, double w)\n"
    "{\n"
    "    double y = $first$;\n";

static void write_unrolled(ew_writer *w, const char *prefix, int bits)
{
    char *value = bits ? ew_format(w->ctx, "%s_from_bits((uint64_t) c[degree])", prefix)
                       : ew_strdup("c[degree]", w->ctx);
    if (!value) {
        w->failed = 1;
        return;
    }
    const ew_word words[] = {{"name", bits ? "polynomial" : "row"},
                             {"type", bits ? "int64_t" : "double"},
                             {"first", value},
                             {NULL, NULL}};
    ew_template(w, unrolled, prefix, words);
    for (int k = MOST_DEGREE - 1; k >= 0; k--)
        ew_writer_add_fresh(
            w, bits ? ew_format(
                          w->ctx,
                          "    y = degree > %d ? y * w + %s_from_bits((uint64_t) c[%d]) : y;\n",
                          k, prefix, k)
                    : ew_format(w->ctx, "    y = degree > %d ? y * w + c[%d] : y;\n", k, k));
    ew_writer_add(w, "    return y;\n}\n");
    free(value);
}

char *ew_header_shared(const char *prefix, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    /* 181/128 = 1 + 53/128 */
    const ew_word words[] = {{"mantissa", "0x6a00000000000"}, {NULL, NULL}};
    ew_template(&w, shared, prefix, words);
    write_unrolled(&w, prefix, 1);
    write_unrolled(&w, prefix, 0);
    return ew_writer_take(&w);
}
