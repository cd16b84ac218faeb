#include "emit/c_item.h"

#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

/* ---- numbers ------------------------------------------------------------------------------
 */

/* Exponents of five digits and more. */
static ew_nearness far_away(ew_nearest *d, const char *mid, const char *rad)
{
    arb_t x;
    arb_init(x);
    ew_nearness n = ew_ball_read(x, mid, rad, 64 + 4 * (slong) strlen(mid)) == 0
                        ? ew_nearest_ball(d, x)
                        : EW_NEAREST_OVERFLOW;
    arb_clear(x);
    return n;
}

ew_nearness ew_c_nearest(ew_nearest *d, const json_t *leaf)
{
    const char *mid = json_string_value(json_object_get(leaf, "mid"));
    const char *rad = json_string_value(json_object_get(leaf, "rad"));
    const char *exact = json_string_value(json_object_get(leaf, "exact"));
    ew_nearness n = EW_NEAREST_OVERFLOW;
    fmpq_t m, r;
    fmpq_init(m);
    fmpq_init(r);
    if (exact && ew_rational_read(m, exact) == 0)
        n = ew_nearest_rational(d, m);
    else if (mid && rad && ew_rational_read(m, mid) == 0 && ew_rational_read(r, rad) == 0)
        n = ew_nearest_interval(d, m, r);
    else if (mid && rad)
        n = far_away(d, mid, rad);
    if (n == EW_NEAREST_OPEN && json_is_true(json_object_get(leaf, "absolute"))) {
        d->nearest = 0;
        n = EW_NEAREST_DECIDED;
    }
    fmpq_clear(m);
    fmpq_clear(r);
    return n;
}

/* ---- items --------------------------------------------------------------------------------
 */

static int has(const json_t *leaf, const char *key)
{
    return json_object_get(leaf, key) != NULL;
}

/* What all leaves of a column are; text where they have nothing in common. */
static ew_c_kind kind_of(const ew_c_item *item)
{
    size_t certified = 0, sampled = 0, integers = 0, numbers = 0, nothing = 0;
    for (size_t i = 0; i < item->n; i++) {
        const json_t *leaf = item->leaf[i];
        certified += has(leaf, "mid");
        sampled += has(leaf, "mean");
        integers += json_is_integer(leaf) || json_is_boolean(leaf);
        numbers += json_is_number(leaf);
        nothing += !leaf || json_is_null(leaf);
    }
    if (certified && certified + nothing == item->n)
        return EW_C_CERTIFIED;
    if (sampled && sampled + nothing == item->n)
        return EW_C_SAMPLED;
    if (integers == item->n)
        return EW_C_INTEGER;
    return numbers && numbers + nothing == item->n ? EW_C_REAL : EW_C_TEXT;
}

/* One item a column of the table. */
static int add_table(ew_c_items *c, const ew_view_table *t, const char *title, int array,
                     ew_context *ctx)
{
    size_t j, i;
    json_t *column, *row;
    json_array_foreach(t->columns, j, column)
    {
        ew_c_item item = {.label = json_string_value(column), .array = array};
        item.n = json_array_size(t->rows);
        item.leaf = ew_alloc_zero(item.n + 1, sizeof *item.leaf, ctx);
        item.name = item.leaf ? ew_c_name(c, title, item.label, ctx) : NULL;
        if (!item.name) {
            free(item.leaf);
            return 1;
        }
        json_array_foreach(t->rows, i, row) item.leaf[i] = json_object_get(row, item.label);
        item.kind = kind_of(&item);
        c->item[c->n++] = item;
    }
    return 0;
}

/* The columns of "layers" go by their own names. */
static int add_tables(ew_c_items *c, ew_context *ctx)
{
    const ew_view *v = c->view;
    if (v->scalars && add_table(c, v->table, "", 0, ctx))
        return 1;
    for (size_t i = 1; i < v->n; i++) {
        const ew_view_table *t = v->table + i;
        char *name = ew_c_name(c, t->title, "", ctx);
        if (!name)
            return 1;
        c->table_name[c->tables] = name;
        c->rows[c->tables] = json_array_size(t->rows);
        c->first[c->tables++] = c->n;
        if (add_table(c, t, strcmp(t->title, "layers") ? t->title : "", 1, ctx))
            return 1;
    }
    return 0;
}

static char *prefix_of(const ew_result *res, ew_context *ctx)
{
    const char *given = json_string_value(json_object_get(res->root, "prefix"));
    const char *s =
        json_string_value(json_object_get(json_object_get(res->root, "network"), "activation"));
    return given ? ew_strdup(given, ctx) : ew_c_prefix_of(s ? s : "edgeworth", ctx);
}

ew_c_items *ew_c_items_new(const ew_result *res, ew_context *ctx)
{
    ew_c_items *c = ew_alloc_zero(1, sizeof *c, ctx);
    size_t columns = 0;
    if (!c)
        return NULL;
    c->prefix = prefix_of(res, ctx);
    c->view = c->prefix ? ew_view_new(res, ctx) : NULL;
    if (c->view) {
        for (size_t i = 0; i < c->view->n; i++)
            columns += json_array_size(c->view->table[i].columns);
        c->item = ew_alloc_zero(columns + 1, sizeof *c->item, ctx);
        c->table_name = ew_alloc_zero(c->view->n, sizeof *c->table_name, ctx);
        c->rows = ew_alloc_zero(c->view->n, sizeof *c->rows, ctx);
        c->first = ew_alloc_zero(c->view->n, sizeof *c->first, ctx);
    }
    if (c->item && c->table_name && c->rows && c->first && !add_tables(c, ctx))
        return c;
    ew_c_items_free(c);
    return NULL;
}

void ew_c_items_free(ew_c_items *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++) {
        free(c->item[i].name);
        free(c->item[i].leaf);
    }
    for (size_t i = 0; i < c->tables; i++)
        free(c->table_name[i]);
    free(c->item);
    free(c->table_name);
    free(c->rows);
    free(c->first);
    free(c->prefix);
    ew_view_free(c->view);
    free(c);
}

void ew_c_add_leaf(ew_buffer *b, const json_t *leaf)
{
    char *text = leaf ? ew_leaf_text(leaf, 17, NULL) : NULL;
    b->failed |= leaf && !text;
    ew_c_add_string(b, text ? text : "");
    free(text);
}

/* ---- are all of them decided? -------------------------------------------------------------
 */

static ew_status decide_item(int *open, const ew_c_item *item, ew_context *ctx)
{
    for (size_t i = 0; i < item->n; i++) {
        ew_nearest d;
        if (!item->leaf[i] || json_is_null(item->leaf[i]))
            continue;
        ew_nearness n = ew_c_nearest(&d, item->leaf[i]);
        if (n == EW_NEAREST_DECIDED)
            continue;
        *open = n == EW_NEAREST_OPEN;
        const char *why = *open ? "its digits do not decide the nearest double"
                                : "it is beyond the range of doubles";
        if (item->array)
            return ew_fail(ctx, EW_UNABLE, "%s[%zu]: %s", item->name, i, why);
        return ew_fail(ctx, EW_UNABLE, "%s: %s", item->name, why);
    }
    return EW_OK;
}

ew_status ew_c_decide(int *open, const ew_result *res, ew_context *ctx)
{
    *open = 0;
    ew_c_items *c = ew_c_items_new(res, ctx);
    ew_status status = c ? EW_OK : EW_MEMORY;
    for (size_t i = 0; status == EW_OK && i < c->n; i++)
        if (c->item[i].kind == EW_C_CERTIFIED)
            status = decide_item(open, c->item + i, ctx);
    ew_c_items_free(c);
    return status;
}
