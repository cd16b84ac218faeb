/* A result as a C header: constants and arrays for C99 and C++, without anything to link. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/c_item.h"

/* ---- numbers ------------------------------------------------------------------------------
 */

static void add_literal(ew_buffer *b, double x)
{
    if (!isfinite(x)) {
        ew_c_add_hex(b, x);
        return;
    }
    ew_buffer_add(b, "EDGEWORTH_D(");
    ew_c_add_hex(b, x);
    ew_buffer_add(b, ", ");
    ew_c_add_decimal(b, x);
    ew_buffer_add(b, ")");
}

/* What an item of numbers becomes: one declaration each. */
enum { NEAREST, LOWER, UPPER, PARTS };

static double part_of(const ew_c_item *item, size_t i, int part)
{
    const json_t *leaf = item->leaf[i];
    ew_nearest d;
    if (!leaf || json_is_null(leaf))
        return NAN;
    if (item->kind == EW_C_CERTIFIED) {
        if (ew_c_nearest(&d, leaf) != EW_NEAREST_DECIDED)
            return NAN; /* refused before, by ew_c_decide */
        return part == NEAREST ? d.nearest : part == LOWER ? d.lower : d.upper;
    }
    if (item->kind == EW_C_SAMPLED) {
        const json_t *x = json_object_get(leaf, part == NEAREST ? "mean" : "se");
        return json_is_number(x) ? json_number_value(x) : NAN;
    }
    return json_number_value(leaf);
}

static const char *part_suffix(const ew_c_item *item, int part)
{
    if (part == NEAREST)
        return "";
    return item->kind == EW_C_SAMPLED ? "_se" : part == LOWER ? "_lower" : "_upper";
}

static int parts_of(const ew_c_item *item)
{
    return item->kind == EW_C_CERTIFIED ? PARTS : item->kind == EW_C_SAMPLED ? 2 : 1;
}

/* The decimals, and the exact form that says more. */
static void add_value_words(ew_buffer *b, const json_t *leaf)
{
    const char *mid = json_string_value(json_object_get(leaf, "mid"));
    const char *rad = json_string_value(json_object_get(leaf, "rad"));
    const char *exact = json_string_value(json_object_get(leaf, "exact"));
    if (mid)
        ew_c_add_comment(b, mid);
    if (mid && ew_leaf_is_loose(leaf))
        ew_buffer_addf(b, " +- %s", rad);
    if (mid && exact && strcmp(exact, mid)) {
        ew_buffer_add(b, " = ");
        ew_c_add_comment(b, exact);
    }
}

static int has_mid(const json_t *leaf)
{
    return json_object_get(leaf, "mid") != NULL;
}

static void add_number(ew_buffer *b, const ew_c_item *item)
{
    for (int part = 0; part < parts_of(item); part++) {
        ew_buffer_addf(b, "static const double %s%s = ", item->name, part_suffix(item, part));
        add_literal(b, part_of(item, 0, part));
        ew_buffer_add(b, ";\n");
    }
}

static void add_number_array(ew_buffer *b, const ew_c_item *item)
{
    for (int part = 0; part < parts_of(item); part++) {
        ew_buffer_addf(b, "static const double %s%s[%zu] = {\n", item->name,
                       part_suffix(item, part), item->n);
        for (size_t i = 0; i < item->n; i++) {
            ew_buffer_add(b, "    ");
            add_literal(b, part_of(item, i, part));
            ew_buffer_add(b, i + 1 < item->n ? "," : "");
            if (part == NEAREST && has_mid(item->leaf[i])) {
                ew_buffer_add(b, " /* ");
                add_value_words(b, item->leaf[i]);
                ew_buffer_add(b, " */");
            }
            ew_buffer_add(b, "\n");
        }
        ew_buffer_add(b, "};\n");
    }
}

/* ---- integers and text --------------------------------------------------------------------
 */

static void add_integer(ew_buffer *b, const json_t *leaf)
{
    long long x = json_is_boolean(leaf) ? json_is_true(leaf) : json_integer_value(leaf);
    ew_buffer_addf(b, "%lld", x);
}

static void add_other(ew_buffer *b, const ew_c_item *item)
{
    int whole = item->kind == EW_C_INTEGER;
    ew_buffer_addf(b, "static const %s%s", whole ? "long long " : "char ",
                   item->array && !whole ? "*const " : "");
    ew_buffer_add(b, item->name);
    if (item->array)
        ew_buffer_addf(b, "[%zu] = {\n", item->n);
    else
        ew_buffer_add(b, whole ? " = " : "[] = ");
    for (size_t i = 0; i < item->n; i++) {
        ew_buffer_add(b, item->array ? "    " : "");
        if (whole)
            add_integer(b, item->leaf[i]);
        else
            ew_c_add_leaf(b, item->leaf[i]);
        if (item->array)
            ew_buffer_add(b, i + 1 < item->n ? ",\n" : "\n");
    }
    ew_buffer_add(b, item->array ? "};\n" : ";\n");
}

/* ---- the file -----------------------------------------------------------------------------
 */

/* What the item is, as the result's "about" puts it. */
static void add_about(ew_buffer *b, const ew_c_item *item, const json_t *about)
{
    const char *words = json_string_value(json_object_get(about, item->label));
    const json_t *leaf = item->array ? NULL : item->leaf[0];
    if (!words && !(leaf && has_mid(leaf)))
        return;
    ew_buffer_add(b, "/* ");
    ew_c_add_comment(b, words ? words : item->label);
    if (leaf && has_mid(leaf)) {
        ew_buffer_add(b, ": ");
        add_value_words(b, leaf);
    }
    ew_buffer_add(b, " */\n");
}

static void add_item(ew_buffer *b, const ew_c_item *item, const json_t *about)
{
    int number = item->kind != EW_C_INTEGER && item->kind != EW_C_TEXT;
    ew_buffer_add(b, "\n");
    add_about(b, item, about);
    if (number && item->array)
        add_number_array(b, item);
    else if (number)
        add_number(b, item);
    else
        add_other(b, item);
}

static void add_items(ew_buffer *b, const ew_c_items *c, const json_t *about)
{
    size_t table = 0;
    for (size_t i = 0; i < c->n; i++) {
        for (; table < c->tables && c->first[table] == i; table++)
            ew_buffer_addf(b, "\nenum { %s = %zu };\n", c->table_name[table], c->rows[table]);
        add_item(b, c->item + i, about);
    }
}

static void add_comment_line(ew_buffer *b, const char *text)
{
    ew_buffer_add(b, " * ");
    ew_c_add_comment(b, text);
    ew_buffer_add(b, "\n");
}

static void add_top(ew_buffer *b, const ew_result *res, ew_context *ctx)
{
    const char *line = json_string_value(json_object_get(res->root, "line"));
    const char *command = json_string_value(json_object_get(res->root, "command"));
    char *network = ew_network_line(json_object_get(res->root, "network"), ctx);
    b->failed |= network == NULL;
    ew_buffer_add(b, "/* Made by edgeworth " PACKAGE_VERSION ", by the command\n *\n");
    ew_buffer_add(b, " *     ");
    if (line)
        ew_c_add_comment(b, line);
    else
        ew_buffer_addf(b, "edgeworth %s", command);
    ew_buffer_add(b, "\n *\n");
    if (network && *network)
        add_comment_line(b, network);
    free(network);
    json_t *note;
    size_t i;
    json_array_foreach(json_object_get(res->root, "notes"), i, note)
        add_comment_line(b, json_string_value(note));
    ew_buffer_add(
        b, " *\n"
           " * Of a certified number NAME is the double nearest to the true value (ties\n"
           " * to even), NAME_lower and NAME_upper are doubles that enclose it: all three\n"
           " * are proved.  The decimals in comments are correctly rounded unless +- says\n"
           " * otherwise.  NAN stands where there is no number. */\n");
}

static void add_guard(ew_buffer *b, const ew_c_items *c, const char *before, const char *after)
{
    ew_buffer_add(b, before);
    ew_buffer_add(b, "EDGEWORTH_");
    ew_c_add_upper(b, c->prefix);
    ew_buffer_add(b, after);
}

/* C++ has hexadecimal literals since 2017 only. */
static void add_begin(ew_buffer *b, const ew_c_items *c)
{
    add_guard(b, c, "#ifndef ", "_H\n");
    add_guard(b, c, "#define ", "_H\n\n");
    ew_buffer_add(b, "#ifdef __cplusplus\n"
                     "extern \"C++\" { /* where the header itself is included as C */\n"
                     "#endif\n"
                     "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n"
                     "#include <string.h>\n"
                     "#ifdef __cplusplus\n}\n#endif\n\n"
                     "#undef EDGEWORTH_D\n"
                     "#if defined(__cplusplus) && __cplusplus < 201703L\n"
                     "#define EDGEWORTH_D(hex, decimal) decimal\n"
                     "#else\n"
                     "#define EDGEWORTH_D(hex, decimal) hex\n"
                     "#endif\n");
}

/* The length of a hexadecimal floating constant at p, or 0. */
static size_t hex_length(const char *p)
{
    if (p[0] != '0' || p[1] != 'x')
        return 0;
    size_t n = 2 + strspn(p + 2, "0123456789abcdef.");
    if (p[n] != 'p')
        return 0;
    n += 1 + (p[n + 1] == '-' || p[n + 1] == '+');
    return n + strspn(p + n, "0123456789");
}

/* Code with its hexadecimal constants, but for those in comments, made good for C++ too. */
static void add_code(ew_buffer *b, const char *text)
{
    int comment = 0;
    while (*text) {
        size_t n = comment ? 0 : hex_length(text);
        comment = strncmp(text, "/*", 2) == 0 || (comment && strncmp(text, "*/", 2) != 0);
        if (n > 0)
            add_literal(b, ew_c_read_hex(text));
        else
            ew_buffer_addf(b, "%.*s", (int) (n = 1), text);
        text += n;
    }
}

static void add_functions(ew_buffer *b, const ew_result *res)
{
    json_t *text;
    size_t i;
    json_array_foreach(json_object_get(res->root, "functions"), i, text)
    {
        ew_buffer_add(b, "\n");
        add_code(b, json_string_value(text));
    }
}

char *ew_emit_c(const ew_result *res, ew_context *ctx)
{
    int open;
    ew_buffer b = {0};
    if (ew_c_decide(&open, res, ctx) != EW_OK)
        return NULL;
    ew_c_items *c = ew_c_items_new(res, ctx);
    if (!c)
        return NULL;
    add_top(&b, res, ctx);
    add_begin(&b, c);
    add_items(&b, c, json_object_get(res->root, "about"));
    add_functions(&b, res);
    ew_buffer_add(&b, "\n#undef EDGEWORTH_D\n\n#endif\n");
    ew_c_items_free(c);
    return ew_buffer_take(&b, ctx);
}
