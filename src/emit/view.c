#include "emit/view.h"

#include <stdlib.h>
#include <string.h>

static int flatten(json_t *row, const char *label, json_t *node);

static int flatten_labelled(json_t *row, char *label, json_t *node)
{
    int bad = label ? flatten(row, label, node) : 1;
    free(label);
    return bad;
}

/* K(a.a, a.a): the entries of a joint cumulant. */
static char *cumulant_label(json_t *of)
{
    size_t size = 8, i;
    json_t *entry;
    json_array_foreach(of, i, entry) size += json_string_length(entry) + 2;
    char *label = malloc(size);
    if (!label)
        return NULL;
    strcpy(label, "K(");
    json_array_foreach(of, i, entry)
    {
        if (i > 0)
            strcat(label, ", ");
        if (json_is_string(entry))
            strcat(label, json_string_value(entry));
    }
    return strcat(label, ")");
}

static int flatten_term(json_t *row, json_t *term)
{
    char *label = cumulant_label(json_object_get(term, "of"));
    json_t *c = json_object_get(term, "c"), *entry, *value = json_object_get(term, "value");
    json_t *last = json_object_get(term, "last");
    size_t j;
    int bad = label == NULL;
    if (label && value)
        bad |= flatten(row, label, value);
    if (label && last)
        bad |= flatten_labelled(row, ew_format(NULL, "%s last", label), last);
    if (label)
        json_array_foreach(c, j, entry) bad |=
            flatten_labelled(row, ew_format(NULL, "%s n^-%zu", label, j), entry);
    free(label);
    return bad;
}

static int flatten_matrix(json_t *row, const char *label, json_t *matrix)
{
    size_t i, j;
    json_t *line, *entry;
    int bad = 0;
    if (json_array_size(matrix) == 1)
        return flatten(row, label, json_array_get(json_array_get(matrix, 0), 0));
    json_array_foreach(matrix, i, line) json_array_foreach(line, j, entry) bad |=
        flatten_labelled(row, ew_format(NULL, "%s[%zu,%zu]", label, i + 1, j + 1), entry);
    return bad;
}

static int flatten_array(json_t *row, const char *label, json_t *array)
{
    size_t i;
    json_t *entry;
    int bad = 0;
    if (json_is_array(json_array_get(array, 0)))
        return flatten_matrix(row, label, array);
    if (json_array_size(array) == 1)
        return flatten(row, label, json_array_get(array, 0));
    json_array_foreach(array, i, entry) bad |=
        flatten_labelled(row, ew_format(NULL, "%s[%zu]", label, i + 1), entry);
    return bad;
}

/* The leaves below node into row; nonzero when memory is exhausted. */
static int flatten(json_t *row, const char *label, json_t *node)
{
    if (!node || ew_json_is_leaf(node))
        return node ? json_object_set(row, label, node) : 0;
    if (json_is_array(node))
        return flatten_array(row, label, node);
    const char *key;
    json_t *value;
    int bad = 0;
    json_object_foreach(node, key, value) bad |=
        flatten_labelled(row, ew_format(NULL, "%s.%s", label, key), value);
    return bad;
}

/* Cumulants of one input and its tangents have letters, those of its derivatives have none. */
static int has_letter(const json_t *term)
{
    const json_t *name;
    size_t i;
    json_array_foreach(json_object_get(term, "of"), i, name)
    {
        const char *text = json_string_value(name);
        if (text[strspn(text, "a0123456789.")])
            return 0;
    }
    return 1;
}

int ew_view_letters_suffice(json_t *layer)
{
    json_t *term;
    size_t i;
    if (!json_object_get(layer, "K"))
        return 0;
    json_array_foreach(json_object_get(layer, "terms"), i, term)
    {
        if (json_array_size(json_object_get(term, "c")) > 2 ||
            json_object_get(term, "last") || !has_letter(term))
            return 0;
    }
    return 1;
}

/* The terms of an expansion, which its text ("rhs") says too. */
static int is_expansion(const json_t *value)
{
    return json_object_get(json_array_get(value, 0), "power") != NULL;
}

static json_t *flatten_row(json_t *object)
{
    json_t *row = json_object(), *value, *term;
    const char *key;
    size_t i;
    int bad = 0, brief = ew_view_letters_suffice(object);
    json_object_foreach(object, key, value)
    {
        int terms = strcmp(key, "terms") == 0 || strcmp(key, "preactivation") == 0;
        if ((brief && (terms || strcmp(key, "kappa") == 0)) || is_expansion(value))
            continue;
        if (!terms)
            bad |= flatten(row, key, value);
        else
            json_array_foreach(value, i, term) bad |= flatten_term(row, term);
    }
    if (!bad)
        return row;
    json_decref(row);
    return NULL;
}

static int collect_columns(ew_view_table *t)
{
    json_t *seen = json_object(), *row, *value;
    const char *key;
    size_t i;
    int bad = seen == NULL;
    json_array_foreach(t->rows, i, row)
    {
        json_object_foreach(row, key, value)
        {
            if (json_object_get(seen, key))
                continue;
            bad |= json_object_set_new(seen, key, json_true());
            bad |= json_array_append_new(t->columns, json_string(key));
        }
    }
    json_decref(seen);
    return bad;
}

/* A table from an array of objects. */
static int fill_table(ew_view_table *t, const char *title, json_t *array)
{
    json_t *object;
    size_t i;
    t->title = strdup(title);
    t->columns = json_array();
    t->rows = json_array();
    int bad = !t->title || !t->columns || !t->rows;
    json_array_foreach(array, i, object) bad |=
        json_array_append_new(t->rows, flatten_row(object));
    return bad || collect_columns(t);
}

static int is_table(const json_t *node)
{
    json_t *first = json_array_get(node, 0);
    return json_is_object(first) && !ew_json_is_leaf(first);
}

/* What is not a table goes into one row of scalars. */
static int fill_scalars(ew_view_table *t, json_t *result)
{
    json_t *rest = json_object(), *one = json_array(), *value;
    const char *key;
    int bad = !rest || !one;
    json_object_foreach(result, key, value)
    {
        if (!is_table(value))
            bad |= json_object_set(rest, key, value);
    }
    bad |= json_array_append_new(one, rest);
    bad |= fill_table(t, "result", one);
    json_decref(one);
    return bad;
}

ew_view *ew_view_new(const ew_result *res, ew_context *ctx)
{
    json_t *result = json_object_get(res->root, "result"), *value;
    const char *key;
    ew_view *v = ew_alloc_zero(1, sizeof *v, ctx);
    if (v)
        v->table = ew_alloc_zero(json_object_size(result) + 1, sizeof *v->table, ctx);
    if (!v || !v->table) {
        ew_view_free(v);
        return NULL;
    }
    int bad = fill_scalars(v->table, result);
    v->n = 1;
    v->scalars = json_array_size(v->table[0].columns) > 0;
    json_object_foreach(result, key, value)
    {
        if (is_table(value))
            bad |= fill_table(v->table + v->n++, key, value);
    }
    if (!bad)
        return v;
    ew_fail(ctx, EW_MEMORY, "out of memory");
    ew_view_free(v);
    return NULL;
}

void ew_view_free(ew_view *v)
{
    if (!v)
        return;
    for (size_t i = 0; v->table && i < v->n; i++) {
        free(v->table[i].title);
        json_decref(v->table[i].columns);
        json_decref(v->table[i].rows);
    }
    free(v->table);
    free(v);
}

/* jansson writes numbers without regard to the locale. */
static char *scalar_text(const json_t *leaf, int digits, ew_context *ctx)
{
    if (json_is_string(leaf))
        return ew_strdup(json_string_value(leaf), ctx);
    if (json_is_boolean(leaf))
        return ew_strdup(json_is_true(leaf) ? "yes" : "no", ctx);
    if (!json_is_number(leaf))
        return ew_strdup("-", ctx);
    char *text = json_dumps(leaf, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
    if (!text)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return text;
}

char *ew_leaf_text(const json_t *leaf, int digits, ew_context *ctx)
{
    json_t *mid = json_object_get(leaf, "mid"), *mean = json_object_get(leaf, "mean");
    return scalar_text(mid ? mid : mean ? mean : leaf, digits, ctx);
}

char *ew_leaf_error(const json_t *leaf, int digits, ew_context *ctx)
{
    json_t *rad = json_object_get(leaf, "rad"), *se = json_object_get(leaf, "se");
    return rad || se ? scalar_text(rad ? rad : se, digits, ctx) : NULL;
}

int ew_leaf_is_loose(const json_t *leaf)
{
    const char *rad = json_string_value(json_object_get(leaf, "rad"));
    return rad && rad[0] == '1';
}
