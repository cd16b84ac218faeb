/* A LaTeX document that compiles by itself: equations, or longtables. */
#include <stdlib.h>
#include <string.h>

#include "emit/buffer.h"
#include "emit/view.h"

#define DOUBLE_DIGITS 6
#define BLOCK_WIDTH 90 /* characters of numbers on a landscape line */
#define EQUATION_ROWS 40

static void add_escaped(ew_buffer *b, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (strchr("#$%&_{}", *p))
            ew_buffer_addf(b, "\\%c", *p);
        else if (*p == '\\')
            ew_buffer_add(b, "\\textbackslash{}");
        else if (*p == '^')
            ew_buffer_add(b, "\\textasciicircum{}");
        else if (*p == '~')
            ew_buffer_add(b, "\\textasciitilde{}");
        else if (strchr("<>|", *p))
            ew_buffer_addf(b, "$%c$", *p);
        else
            ew_buffer_addf(b, "%c", *p);
    }
}

/* Words and formulas that may go on in the next line after every sign. */
static void add_breaking(ew_buffer *b, const char *text)
{
    for (; *text; text++) {
        char one[2] = {*text, '\0'};
        add_escaped(b, one);
        if (strchr("+-*/,;=)^.", *text))
            ew_buffer_add(b, "\\allowbreak{}");
    }
}

/* 1.25e-7 as 1.25 x 10^-7; other text escaped, and let break. */
static void add_value(ew_buffer *b, const char *text, int breaking)
{
    size_t mantissa = strspn(text, "+-.0123456789");
    if (mantissa == 0 || (text[mantissa] && text[mantissa] != 'e')) {
        (breaking ? add_breaking : add_escaped)(b, text);
        return;
    }
    ew_buffer_addf(b, "$%.*s", (int) mantissa, text);
    if (text[mantissa] == 'e')
        ew_buffer_addf(b, " \\cdot 10^{%s}", text + mantissa + 1);
    ew_buffer_add(b, "$");
}

static void add_leaf(ew_buffer *b, const json_t *leaf, int breaking)
{
    char *value = ew_leaf_text(leaf, DOUBLE_DIGITS, NULL);
    char *error = ew_leaf_error(leaf, DOUBLE_DIGITS, NULL);
    b->failed |= value == NULL;
    if (value)
        add_value(b, value, breaking);
    if (error && (ew_leaf_is_loose(leaf) || json_object_get(leaf, "se"))) {
        ew_buffer_add(b, " $\\pm$ ");
        add_value(b, error, breaking);
    }
    free(value);
    free(error);
}

static size_t leaf_width(const json_t *leaf)
{
    const char *mid = json_string_value(json_object_get(leaf, "mid"));
    const char *text = json_string_value(leaf);
    return mid ? strlen(mid) + 2 : text ? strlen(text) + 2 : 16;
}

/* That of the widest cell of a column. */
static size_t column_width(const ew_view_table *t, const char *label)
{
    size_t width = strlen(label), i;
    json_t *row;
    json_array_foreach(t->rows, i, row)
    {
        json_t *leaf = json_object_get(row, label);
        if (leaf && leaf_width(leaf) > width)
            width = leaf_width(leaf);
    }
    return width;
}

/* The number of columns from `first` that fit beside column 0. */
static size_t columns_that_fit(const ew_view_table *t, size_t first)
{
    size_t columns = json_array_size(t->columns), n = 0, used = 0;
    while (first + n < columns) {
        const char *label = json_string_value(json_array_get(t->columns, first + n));
        used += column_width(t, label);
        if (n > 0 && used > BLOCK_WIDTH)
            break;
        n++;
    }
    return n;
}

static void add_row_end(ew_buffer *b)
{
    ew_buffer_add(b, " \\\\\n");
}

/* Column 0 and columns first..first+n-1. */
static void add_block(ew_buffer *b, const ew_view_table *t, size_t first, size_t n)
{
    json_t *row;
    size_t i;
    ew_buffer_add(b, "\\begin{longtable}{l");
    ew_buffer_fill(b, 'l', n);
    ew_buffer_add(b, "}\n\\hline\n");
    add_escaped(b, json_string_value(json_array_get(t->columns, 0)));
    for (size_t j = first; j < first + n; j++) {
        ew_buffer_add(b, " & ");
        add_escaped(b, json_string_value(json_array_get(t->columns, j)));
    }
    add_row_end(b);
    ew_buffer_add(b, "\\hline\n\\endhead\n");
    json_array_foreach(t->rows, i, row)
    {
        for (size_t k = 0; k <= n; k++) {
            size_t j = k ? first + k - 1 : 0;
            const char *label = json_string_value(json_array_get(t->columns, j));
            json_t *leaf = json_object_get(row, label);
            ew_buffer_add(b, k ? " & " : "");
            if (leaf)
                add_leaf(b, leaf, 0);
        }
        add_row_end(b);
    }
    ew_buffer_add(b, "\\hline\n\\end{longtable}\n\n");
}

/* The rows of one equation, the last one open; *rows counts those of the environment. */
static void add_equation_rows(ew_buffer *b, const char *latex, size_t *rows)
{
    while (*latex) {
        size_t n = strcspn(latex, "\n");
        if (*rows == EQUATION_ROWS) {
            ew_buffer_add(b, "\n\\end{align*}\n\\begin{align*}\n");
            *rows = 0;
        }
        if (*rows)
            ew_buffer_add(b, " \\\\\n");
        int ends = n > 3 && strncmp(latex + n - 3, " \\\\", 3) == 0;
        ew_buffer_addf(b, "%.*s", (int) (ends ? n - 3 : n), latex);
        ++*rows;
        latex += n + (latex[n] == '\n');
    }
}

/* All under one another, in environments of some rows each: TeX sets the whole of one at once.
 */
static void add_equations(ew_buffer *b, const ew_view_table *t)
{
    json_t *row;
    size_t i, rows = 0;
    ew_buffer_add(b, "\\begin{align*}\n");
    json_array_foreach(t->rows, i, row)
        add_equation_rows(b, json_string_value(json_object_get(row, "latex")), &rows);
    ew_buffer_add(b, "\n\\end{align*}\n");
}

static void add_table(ew_buffer *b, const ew_view_table *t)
{
    size_t columns = json_array_size(t->columns), first = 1;
    if (json_is_string(json_object_get(json_array_get(t->rows, 0), "latex"))) {
        add_equations(b, t);
        return;
    }
    if (columns == 1)
        add_block(b, t, 1, 0);
    while (first < columns) {
        size_t n = columns_that_fit(t, first);
        add_block(b, t, first, n);
        first += n;
    }
}

/* The scalars, one a line; long texts are broken. */
static void add_pairs(ew_buffer *b, const ew_view_table *t)
{
    json_t *leaf;
    const char *key;
    ew_buffer_add(b, "\\begin{longtable}{>{\\raggedright}p{66mm}>{"
                     "\\raggedright\\arraybackslash}p{174mm}}\n");
    json_object_foreach(json_array_get(t->rows, 0), key, leaf)
    {
        const char *exact = json_string_value(json_object_get(leaf, "exact"));
        add_breaking(b, key);
        ew_buffer_add(b, " & ");
        add_leaf(b, leaf, 1);
        if (exact) {
            ew_buffer_add(b, " $=$ ");
            add_breaking(b, exact);
        }
        add_row_end(b);
    }
    ew_buffer_add(b, "\\end{longtable}\n\n");
}

char *ew_emit_latex(const ew_result *res, ew_context *ctx)
{
    ew_buffer b = {0};
    ew_view *v = ew_view_new(res, ctx);
    if (!v)
        return NULL;
    ew_buffer_addf(&b,
                   "%% edgeworth %s\n\\documentclass{article}\n"
                   "\\usepackage[landscape,margin=15mm]{geometry}\n"
                   "\\usepackage{amsmath,amssymb,array,longtable}\n\\allowdisplaybreaks\n"
                   "\\setlength{\\parindent}{0pt}\n\\begin{document}\n",
                   json_string_value(json_object_get(res->root, "command")));
    if (v->scalars)
        add_pairs(&b, v->table);
    for (size_t i = 1; i < v->n; i++)
        add_table(&b, v->table + i);
    ew_buffer_add(&b, "\\end{document}\n");
    ew_view_free(v);
    return ew_buffer_take(&b, ctx);
}
