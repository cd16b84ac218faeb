/* A result for people: the network, scalars as key: value, arrays as aligned columns. */
#include <stdlib.h>
#include <string.h>

#include "emit/buffer.h"
#include "emit/view.h"

#define DOUBLE_DIGITS 6
#define LINE_WIDTH 110

/* What a cell shows; the error only where the footer's sentence does not cover it. */
static char *cell_text(const json_t *leaf, ew_context *ctx)
{
    char *value = ew_leaf_text(leaf, DOUBLE_DIGITS, ctx);
    if (!value || !(ew_leaf_is_loose(leaf) || json_object_get(leaf, "se")))
        return value;
    char *error = ew_leaf_error(leaf, DOUBLE_DIGITS, ctx);
    char *both = error ? ew_format(ctx, "%s +- %s", value, error) : NULL;
    free(value);
    free(error);
    return both;
}

/* Cells of a table, row 0 the labels, with the width of every column. */
typedef struct {
    size_t rows, columns;
    char **cell;
    size_t *width;
} grid;

static void grid_clear(grid *g)
{
    for (size_t i = 0; g->cell && i < g->rows * g->columns; i++)
        free(g->cell[i]);
    free(g->cell);
    free(g->width);
}

static int grid_fill(grid *g, const ew_view_table *t, ew_context *ctx)
{
    g->rows = json_array_size(t->rows) + 1;
    g->columns = json_array_size(t->columns);
    g->cell = ew_alloc_zero(g->rows * g->columns, sizeof *g->cell, ctx);
    g->width = ew_alloc_zero(g->columns, sizeof *g->width, ctx);
    if (!g->cell || !g->width)
        return 0;
    for (size_t j = 0; j < g->columns; j++) {
        const char *label = json_string_value(json_array_get(t->columns, j));
        for (size_t i = 0; i < g->rows; i++) {
            json_t *leaf = i ? json_object_get(json_array_get(t->rows, i - 1), label) : NULL;
            char *text = i == 0 ? ew_strdup(label, ctx)
                         : leaf ? cell_text(leaf, ctx)
                                : ew_strdup("", ctx);
            if (!text)
                return 0;
            g->cell[i * g->columns + j] = text;
            if (strlen(text) > g->width[j])
                g->width[j] = strlen(text);
        }
    }
    return 1;
}

/* How many columns from `first` fit beside column 0. */
static size_t columns_that_fit(const grid *g, size_t first)
{
    size_t used = g->width[0] + g->width[first] + 2, n = 1;
    while (first + n < g->columns && used + g->width[first + n] + 2 <= LINE_WIDTH)
        used += g->width[first + n++] + 2;
    return n;
}

static void add_cell(ew_buffer *b, const grid *g, size_t i, size_t j, int last)
{
    const char *text = g->cell[i * g->columns + j];
    ew_buffer_add(b, text);
    if (!last)
        ew_buffer_fill(b, ' ', g->width[j] + 2 - strlen(text));
}

/* Wide tables go in blocks, each with the first column again. */
static void add_grid(ew_buffer *b, const grid *g)
{
    size_t first = 1;
    do {
        size_t n = g->columns > 1 ? columns_that_fit(g, first) : 0;
        for (size_t i = 0; i < g->rows; i++) {
            add_cell(b, g, i, 0, n == 0);
            for (size_t j = first; j < first + n; j++)
                add_cell(b, g, i, j, j + 1 == first + n);
            ew_buffer_add(b, "\n");
        }
        first += n;
        if (first < g->columns)
            ew_buffer_add(b, "\n");
    } while (first < g->columns);
}

static void add_pairs(ew_buffer *b, const ew_view_table *t)
{
    json_t *row = json_array_get(t->rows, 0), *leaf;
    const char *key;
    json_object_foreach(row, key, leaf)
    {
        char *text = cell_text(leaf, NULL);
        const char *exact = json_string_value(json_object_get(leaf, "exact"));
        b->failed |= text == NULL;
        ew_buffer_addf(b, "%s: %s", key, text ? text : "");
        if (exact && text && strcmp(exact, text))
            ew_buffer_addf(b, " = %s", exact);
        ew_buffer_add(b, "\n");
        free(text);
    }
}

static void add_equations(ew_buffer *b, const ew_view_table *t)
{
    json_t *row;
    size_t i;
    json_array_foreach(t->rows, i, row)
        ew_buffer_addf(b, "%s = %s\n", json_string_value(json_object_get(row, "lhs")),
                       json_string_value(json_object_get(row, "rhs")));
}

static void add_table(ew_buffer *b, const ew_view_table *t, ew_context *ctx)
{
    json_t *first = json_array_get(t->rows, 0);
    grid g = {0};
    if (json_is_string(json_object_get(first, "lhs")) &&
        json_is_string(json_object_get(first, "rhs"))) {
        add_equations(b, t);
        return;
    }
    if (json_array_size(t->columns) == 0)
        return;
    if (grid_fill(&g, t, ctx))
        add_grid(b, &g);
    else
        b->failed = 1;
    grid_clear(&g);
}

/* One line for the network: its options in the order they are kept. */
char *ew_network_line(json_t *network, ew_context *ctx)
{
    ew_buffer b = {0};
    const char *key, *separator = "";
    json_t *value;
    json_object_foreach(network, key, value)
    {
        if (json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0))
            continue;
        char *text = ew_json_is_leaf(value) ? ew_leaf_text(value, DOUBLE_DIGITS, NULL)
                                            : json_dumps(value, JSON_COMPACT);
        b.failed |= text == NULL;
        ew_buffer_addf(&b, "%s%s %s", separator, key, text ? text : "");
        separator = "; ";
        free(text);
    }
    return ew_buffer_take(&b, ctx);
}

static void add_network(ew_buffer *b, json_t *network, ew_context *ctx)
{
    char *line = ew_network_line(network, ctx);
    b->failed |= line == NULL;
    if (line && *line)
        ew_buffer_addf(b, "%s\n\n", line);
    free(line);
}

/* Does any number of the table rest on rounding? */
static int has_certified(const ew_view_table *t)
{
    json_t *row, *leaf;
    const char *key;
    size_t i;
    json_array_foreach(t->rows, i, row)
    {
        json_object_foreach(row, key, leaf)
        {
            if (json_object_get(leaf, "rad"))
                return 1;
        }
    }
    return 0;
}

static void add_footer(ew_buffer *b, const ew_view *v, json_t *network)
{
    json_int_t digits = json_integer_value(json_object_get(network, "digits"));
    int certified = 0;
    for (size_t i = 0; i < v->n; i++)
        certified |= has_certified(v->table + i);
    if (certified && digits > 0)
        ew_buffer_addf(
            b,
            "\nEach number is correctly rounded to %lld significant digits (error at most "
            "half a unit of the last), unless +- says otherwise.\n",
            (long long) digits);
}

char *ew_emit_text(const ew_result *res, ew_context *ctx)
{
    ew_buffer b = {0};
    json_t *network = json_object_get(res->root, "network");
    ew_view *v = ew_view_new(res, ctx);
    if (!v)
        return NULL;
    add_network(&b, network, ctx);
    if (v->scalars)
        add_pairs(&b, v->table);
    for (size_t i = 1; i < v->n; i++) {
        if (v->scalars || i > 1)
            ew_buffer_addf(&b, "\n%s\n", v->table[i].title);
        add_table(&b, v->table + i, ctx);
    }
    add_footer(&b, v, network);
    ew_view_free(v);
    return ew_buffer_take(&b, ctx);
}
