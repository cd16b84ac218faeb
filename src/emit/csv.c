/* Comma-separated values (RFC 4180): a header, then one row a layer. */
#include <stdlib.h>
#include <string.h>

#include "emit/buffer.h"
#include "emit/view.h"

#define DOUBLE_DIGITS 17

static void add_plain_or_quoted(ew_buffer *b, const char *text, int quoted)
{
    if (!quoted && !strpbrk(text, ",\"\n\r")) {
        ew_buffer_add(b, text);
        return;
    }
    ew_buffer_add(b, "\"");
    for (const char *p = text; *p; p++)
        ew_buffer_addf(b, *p == '"' ? "\"\"" : "%c", *p);
    ew_buffer_add(b, "\"");
}

static void add_field(ew_buffer *b, const char *text)
{
    add_plain_or_quoted(b, text, 0);
}

/* More digits than a double holds? */
static int is_long(const char *number)
{
    size_t digits = 0;
    for (const char *p = number + strspn(number, "-0."); *p && *p != 'e'; p++)
        digits += *p != '.';
    return digits > DOUBLE_DIGITS;
}

/* The name of a column's second field: rad, se, or NULL when it has none. */
static const char *error_name(const ew_view_table *t, const char *label)
{
    json_t *row;
    size_t i;
    json_array_foreach(t->rows, i, row)
    {
        json_t *leaf = json_object_get(row, label);
        if (json_object_get(leaf, "rad"))
            return "rad";
        if (json_object_get(leaf, "se"))
            return "se";
    }
    return NULL;
}

static void add_header(ew_buffer *b, const ew_view_table *t)
{
    json_t *column;
    size_t j;
    json_array_foreach(t->columns, j, column)
    {
        const char *label = json_string_value(column), *error = error_name(t, label);
        ew_buffer_add(b, j ? "," : "");
        add_field(b, label);
        if (error) {
            char *second = ew_format(NULL, "%s_%s", label, error);
            b->failed |= second == NULL;
            ew_buffer_add(b, ",");
            if (second)
                add_field(b, second);
            free(second);
        }
    }
    ew_buffer_add(b, "\n");
}

static void add_leaf(ew_buffer *b, const json_t *leaf, int error)
{
    if (!leaf || json_is_null(leaf)) {
        ew_buffer_add(b, error ? "," : "");
        return;
    }
    char *value = ew_leaf_text(leaf, DOUBLE_DIGITS, NULL);
    char *second = ew_leaf_error(leaf, DOUBLE_DIGITS, NULL);
    b->failed |= value == NULL;
    /* A spreadsheet that is told to take quoted fields as text keeps all digits. */
    if (value)
        add_plain_or_quoted(b, value, json_object_get(leaf, "mid") && is_long(value));
    if (error) {
        ew_buffer_add(b, ",");
        ew_buffer_add(b, second ? second : "");
    }
    free(value);
    free(second);
}

char *ew_emit_csv(const ew_result *res, ew_context *ctx)
{
    ew_buffer b = {0};
    ew_view *v = ew_view_new(res, ctx);
    if (!v)
        return NULL;
    const ew_view_table *t = v->n > 1 ? v->table + 1 : v->table;
    size_t columns = json_array_size(t->columns), i, j;
    char *error = ew_alloc_zero(columns, 1, ctx);
    json_t *row;
    b.failed = error == NULL;
    for (j = 0; error && j < columns; j++)
        error[j] = error_name(t, json_string_value(json_array_get(t->columns, j))) != NULL;
    add_header(&b, t);
    json_array_foreach(t->rows, i, row)
    {
        for (j = 0; error && j < columns; j++) {
            const char *label = json_string_value(json_array_get(t->columns, j));
            ew_buffer_add(&b, j ? "," : "");
            add_leaf(&b, json_object_get(row, label), error[j]);
        }
        ew_buffer_add(&b, "\n");
    }
    free(error);
    ew_view_free(v);
    return ew_buffer_take(&b, ctx);
}
