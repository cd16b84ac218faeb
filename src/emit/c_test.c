/* The self-test of a header: a C program with certified data of its own.  Numbers are bit
 * patterns, made from the decimals by MPFR, so that neither the literals of the header nor the
 * code that rounded them has a part in it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mpfr.h>

#include "emit/c_item.h"

static const char helpers[] =
    "static int failures;\n"
    "static long numbers, values;\n"
    "\n"
    "static uint64_t pattern(double x)\n"
    "{\n"
    "    uint64_t b;\n"
    "    memcpy(&b, &x, sizeof b);\n"
    "    return b;\n"
    "}\n"
    "\n"
    "static double number(uint64_t b)\n"
    "{\n"
    "    double x;\n"
    "    memcpy(&x, &b, sizeof x);\n"
    "    return x;\n"
    "}\n"
    "\n"
    "static void fail(const char *name, size_t i, const char *what, double x, double want)\n"
    "{\n"
    "    if (++failures <= 20)\n"
    "        printf(\"%s[%lu]: %s is %.17g, certified: %.17g\\n\", name, (unsigned long) i, "
    "what, x,\n"
    "               want);\n"
    "}\n"
    "\n"
    "static void compare(const char *name, size_t i, const char *what, double x, uint64_t "
    "want)\n"
    "{\n"
    "    double y = number(want);\n"
    "    numbers++;\n"
    "    if (pattern(x) != want && !(x != x && y != y))\n"
    "        fail(name, i, what, x, y);\n"
    "}\n"
    "\n"
    "/* want: the nearest double and the two bounds of every entry */\n"
    "static void certified(const char *name, const double *x, const double *lower,\n"
    "                      const double *upper, size_t size, const uint64_t *want, size_t n)\n"
    "{\n"
    "    size_t i;\n"
    "    if (size != n * sizeof(double)) {\n"
    "        fail(name, 0, \"number of entries\", (double) (size / sizeof(double)), (double) "
    "n);\n"
    "        return;\n"
    "    }\n"
    "    for (i = 0; i < n; i++) {\n"
    "        compare(name, i, \"value\", x[i], want[3 * i]);\n"
    "        compare(name, i, \"lower bound\", lower[i], want[3 * i + 1]);\n"
    "        compare(name, i, \"upper bound\", upper[i], want[3 * i + 2]);\n"
    "    }\n"
    "}\n"
    "\n"
    "static void integer(const char *name, size_t i, long long x, long long want)\n"
    "{\n"
    "    numbers++;\n"
    "    if (x != want)\n"
    "        fail(name, i, \"integer\", (double) x, (double) want);\n"
    "}\n"
    "\n"
    "static void text(const char *name, size_t i, const char *x, const char *want)\n"
    "{\n"
    "    numbers++;\n"
    "    if (strcmp(x, want) != 0) {\n"
    "        failures++;\n"
    "        printf(\"%s[%lu]: \\\"%s\\\", certified: \\\"%s\\\"\\n\", name, (unsigned long) "
    "i, x, want);\n"
    "    }\n"
    "}\n";

static const char function_helpers[] =
    "\n"
    "/* A row: the arguments, the bounds of the true value, the error that is claimed. */\n"
    "static void function(const char *name, double (*f)(const double *), const uint64_t *row,\n"
    "                     size_t args, size_t rows)\n"
    "{\n"
    "    size_t i, j;\n"
    "    for (i = 0; i < rows; i++, row += args + 3) {\n"
    "        double a[ARGUMENTS], lo, hi, bound, y;\n"
    "        for (j = 0; j < args; j++)\n"
    "            a[j] = number(row[j]);\n"
    "        lo = number(row[args]);\n"
    "        hi = number(row[args + 1]);\n"
    "        bound = number(row[args + 2]);\n"
    "        y = f(a);\n"
    "        values++;\n"
    "        if (lo != lo ? y == y : !(lo - y <= bound && y - hi <= bound))\n"
    "            fail(name, i, \"value at this probe\", y, lo);\n"
    "    }\n"
    "}\n";

/* ---- data ---------------------------------------------------------------------------------
 */

static void add_bits(ew_buffer *b, double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    ew_buffer_addf(b, "UINT64_C(0x%016llx)", (unsigned long long) u);
}

/* lo <= the number of the leaf <= hi; 0 if it is not one. */
static int enclose(mpfr_t lo, mpfr_t hi, const json_t *leaf)
{
    const char *mid = json_string_value(json_object_get(leaf, "mid"));
    const char *rad = json_string_value(json_object_get(leaf, "rad"));
    const char *exact = json_string_value(json_object_get(leaf, "exact"));
    mpq_t q;
    mpfr_t r;
    if (!mid || !rad)
        return 0;
    mpq_init(q);
    mpfr_init2(r, 64);
    int rational = exact && mpq_set_str(q, exact, 10) == 0;
    size_t length = strlen(mid) + (rational ? strlen(exact) : 0);
    mpfr_set_prec(lo, (mpfr_prec_t) (128 + 4 * length));
    mpfr_set_prec(hi, (mpfr_prec_t) (128 + 4 * length));
    if (rational) {
        mpq_canonicalize(q);
        mpfr_set_q(lo, q, MPFR_RNDD);
        mpfr_set_q(hi, q, MPFR_RNDU);
    } else {
        mpfr_strtofr(r, rad, NULL, 10, MPFR_RNDU);
        mpfr_strtofr(lo, mid, NULL, 10, MPFR_RNDD);
        mpfr_strtofr(hi, mid, NULL, 10, MPFR_RNDU);
        mpfr_sub(lo, lo, r, MPFR_RNDD);
        mpfr_add(hi, hi, r, MPFR_RNDU);
    }
    mpq_clear(q);
    mpfr_clear(r);
    return 1;
}

/* The nearest double and the bounds. */
static void add_certified(ew_buffer *b, const json_t *leaf)
{
    double nearest = NAN, lower = NAN, upper = NAN;
    mpfr_t lo, hi;
    mpfr_init2(lo, 64);
    mpfr_init2(hi, 64);
    if (enclose(lo, hi, leaf)) {
        double first = mpfr_get_d(lo, MPFR_RNDN), last = mpfr_get_d(hi, MPFR_RNDN);
        nearest = first == 0 && last == 0 ? first + last : first == last ? first : 0;
        lower = mpfr_get_d(lo, MPFR_RNDD);
        upper = mpfr_get_d(hi, MPFR_RNDU);
    }
    mpfr_clear(lo);
    mpfr_clear(hi);
    add_bits(b, nearest);
    ew_buffer_add(b, ", ");
    add_bits(b, lower);
    ew_buffer_add(b, ", ");
    add_bits(b, upper);
}

static void add_item_data(ew_buffer *b, const ew_c_item *item)
{
    if (item->kind != EW_C_CERTIFIED)
        return;
    ew_buffer_addf(b, "static const uint64_t want_%s[%zu] = {\n", item->name, 3 * item->n);
    for (size_t i = 0; i < item->n; i++) {
        ew_buffer_add(b, "    ");
        add_certified(b, item->leaf[i]);
        ew_buffer_add(b, i + 1 < item->n ? ",\n" : "\n");
    }
    ew_buffer_add(b, "};\n\n");
}

static void add_item_check(ew_buffer *b, const ew_c_item *item)
{
    const char *name = item->name, *at = item->array ? "" : "&";
    if (item->kind == EW_C_CERTIFIED) {
        ew_buffer_addf(b,
                       "    certified(\"%s\", %s%s, %s%s_lower, %s%s_upper, sizeof %s,\n"
                       "              want_%s, %zu);\n",
                       name, at, name, at, name, at, name, name, name, item->n);
        return;
    }
    for (size_t i = 0; i < item->n; i++) {
        const json_t *leaf = item->leaf[i];
        char index[32] = "";
        if (item->array)
            snprintf(index, sizeof index, "[%zu]", i);
        if (item->kind == EW_C_INTEGER) {
            long long x = json_is_boolean(leaf) ? json_is_true(leaf) : json_integer_value(leaf);
            ew_buffer_addf(b, "    integer(\"%s\", %zu, %s%s, %lld);\n", name, i, name, index,
                           x);
        } else if (item->kind == EW_C_TEXT) {
            ew_buffer_addf(b, "    text(\"%s\", %zu, %s%s, ", name, i, name, index);
            ew_c_add_leaf(b, leaf);
            ew_buffer_add(b, ");\n");
        }
    }
}

/* Names of functions are for people; their data goes by numbers. */
static void add_function_data(ew_buffer *b, const ew_header_function *f, size_t family, slong k)
{
    int args = f->probe[0].args;
    ew_buffer_addf(b, "static double call_%zu_%ld(const double *a)\n{\n    return %s;\n}\n\n",
                   family, (long) k, f->call);
    ew_buffer_addf(b, "static const uint64_t want_%zu_%ld[%ld] = {\n", family, (long) k,
                   (long) (f->probes * (args + 3)));
    for (slong i = 0; i < f->probes; i++) {
        const ew_header_probe *p = f->probe + i;
        ew_buffer_add(b, "    ");
        for (int j = 0; j < args; j++) {
            add_bits(b, p->arg[j]);
            ew_buffer_add(b, ", ");
        }
        add_bits(b, p->lo);
        ew_buffer_add(b, ", ");
        add_bits(b, p->hi);
        ew_buffer_add(b, ", ");
        add_bits(b, p->bound);
        ew_buffer_add(b, i + 1 < f->probes ? ",\n" : "\n");
    }
    ew_buffer_add(b, "};\n\n");
}

/* ---- the program --------------------------------------------------------------------------
 */

static void add_top(ew_buffer *b, const char *include)
{
    ew_buffer_add(
        b, "/* Does the header say what is certified?  Compile this as C99 or C++ and run it.\n"
           " * Made by edgeworth " PACKAGE_VERSION
           "; the numbers were computed a second time, by another\n"
           " * quadrature and to more digits. */\n"
           "#ifndef EDGEWORTH_HEADER\n#define EDGEWORTH_HEADER ");
    ew_c_add_string(b, include);
    ew_buffer_add(b, "\n#endif\n\n#include EDGEWORTH_HEADER\n\n"
                     "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n"
                     "#include <string.h>\n\n");
    ew_buffer_add(b, helpers);
}

static void add_main(ew_buffer *b, const ew_c_items *c, const ew_header_functions *family,
                     size_t families)
{
    ew_buffer_add(b, "int main(void)\n{\n");
    if (families > 0)
        ew_buffer_add(b, "    uint64_t h;\n    size_t i;\n");
    for (size_t i = 0; i < families; i++)
        ew_c_add_table_checks(b, family[i].text);
    for (size_t i = 0; i < c->tables; i++)
        ew_buffer_addf(b, "    integer(\"%s\", 0, %s, %zu);\n", c->table_name[i],
                       c->table_name[i], c->rows[i]);
    for (size_t i = 0; i < c->n; i++)
        add_item_check(b, c->item + i);
    for (size_t i = 0; i < families; i++)
        for (slong j = 0; j < family[i].n; j++) {
            const ew_header_function *f = family[i].function + j;
            if (f->probes > 0)
                ew_buffer_addf(
                    b, "    function(\"%s\", call_%zu_%ld, want_%zu_%ld, %d, %ld);\n", f->name,
                    i, (long) j, i, (long) j, f->probe[0].args, (long) f->probes);
        }
    ew_buffer_add(b,
                  "    printf(\"%ld numbers, %ld values of functions, %d wrong\\n\", numbers, "
                  "values,\n           failures);\n"
                  "    return failures > 0;\n}\n");
}

/* Let c have the leaves of the other result where they are not separated from zero. */
static ew_status take_absolute(ew_c_items *c, const ew_c_items *first, ew_context *ctx)
{
    if (c->n != first->n)
        return ew_fail(ctx, EW_FAILED, "the same numbers, computed anew, are others");
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < c->item[i].n && j < first->item[i].n; j++) {
            ew_nearest own, other;
            const json_t **leaf = c->item[i].leaf + j, *of_first = first->item[i].leaf[j];
            if (!json_is_true(json_object_get(*leaf, "absolute")))
                continue;
            ew_c_nearest(&own, *leaf);
            if (ew_c_nearest(&other, of_first) != EW_NEAREST_DECIDED ||
                own.lower < other.lower || own.upper > other.upper)
                return ew_fail(ctx, EW_FAILED, "%s: not the same number, computed anew",
                               c->item[i].name);
            *leaf = of_first;
        }
    return EW_OK;
}

static void add_all(ew_buffer *b, const ew_c_items *c, const char *include,
                    const ew_header_functions *family, size_t families)
{
    add_top(b, include);
    if (families > 0) {
        ew_buffer_addf(b, "\nenum { ARGUMENTS = %d };\n", EW_HEADER_ARGUMENTS);
        ew_buffer_add(b, function_helpers);
        ew_c_add_table_helpers(b);
    }
    ew_buffer_add(b, "\n");
    for (size_t i = 0; i < c->n; i++)
        add_item_data(b, c->item + i);
    for (size_t i = 0; i < families; i++)
        for (slong j = 0; j < family[i].n; j++)
            if (family[i].function[j].probes > 0)
                add_function_data(b, family[i].function + j, i, j);
    add_main(b, c, family, families);
}

char *ew_emit_c_test(const ew_result *again, const ew_result *first, const char *include,
                     const ew_header_functions *family, size_t families, ew_context *ctx)
{
    ew_buffer b = {0};
    char *text = NULL;
    ew_c_items *c = ew_c_items_new(again, ctx), *other = ew_c_items_new(first, ctx);
    if (c && other && take_absolute(c, other, ctx) == EW_OK) {
        add_all(&b, c, include, family, families);
        text = ew_buffer_take(&b, ctx);
    }
    ew_c_items_free(c);
    ew_c_items_free(other);
    return text;
}
