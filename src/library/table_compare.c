/* Two tables, digit by digit. */
#include <stdlib.h>
#include <string.h>

#include "activation/expr.h"
#include "arith/decimal.h"
#include "library/table.h"

#define SHOWN 20 /* differences listed; all are counted */

/* Ten thousand digits, a point and an exponent. */
#define LONGEST_NUMBER 10100

static void differ(ew_table_differences *c, const char *path, const json_t *mine,
                   const json_t *theirs)
{
    if (c->differences++ >= SHOWN)
        return;
    json_t *o = json_object();
    c->bad |= json_object_set_new(o, "path", json_string(path));
    c->bad |= json_object_set(o, "table", (json_t *) (mine ? mine : json_null()));
    c->bad |= json_object_set(o, "recomputed", (json_t *) (theirs ? theirs : json_null()));
    c->bad |= json_array_append_new(c->list, o);
}

static void compare(ew_table_differences *c, const char *path, const json_t *mine,
                    const json_t *theirs);

/* A quadrature does not know exact forms, so a table's own is checked against the decimal
 * beside it, which is compared with the recomputed one. */
static int exact_fits(const json_t *value)
{
    const char *exact = json_string_value(json_object_get(value, "exact"));
    const char *mid = json_string_value(json_object_get(value, "mid"));
    const char *rad = json_string_value(json_object_get(value, "rad"));
    ew_expr *e = NULL;
    if (!exact || !mid || !rad || strlen(mid) > LONGEST_NUMBER ||
        ew_expr_parse(&e, exact, NULL, "exact", NULL) != EW_OK)
        return 0;
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    slong prec = 4 * (slong) strlen(mid) + 128;
    ew_expr_constant(x, e, prec);
    int fits = !e->has_z && ew_ball_read(y, mid, rad, prec) == 0 && arb_contains(y, x);
    arb_clear(x);
    arb_clear(y);
    ew_expr_free(e);
    return fits;
}

static void compare_key(ew_table_differences *c, const char *path, const char *key,
                        const json_t *mine, const json_t *theirs)
{
    if (strcmp(key, "method") == 0 || strcmp(key, "exact") == 0)
        return;
    char *sub = ew_format(NULL, *path ? "%s.%s" : "%s%s", path, key);
    c->bad |= !sub;
    if (sub)
        compare(c, sub, mine, theirs);
    free(sub);
}

static void compare_objects(ew_table_differences *c, const char *path, const json_t *mine,
                            const json_t *theirs)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) mine, key, value)
    {
        compare_key(c, path, key, value, json_object_get(theirs, key));
    }
    json_object_foreach((json_t *) theirs, key, value)
    {
        if (!json_object_get(mine, key))
            compare_key(c, path, key, NULL, value);
    }
}

static void compare_arrays(ew_table_differences *c, const char *path, const json_t *mine,
                           const json_t *theirs)
{
    size_t n = json_array_size(mine);
    if (json_array_size(theirs) > n)
        n = json_array_size(theirs);
    for (size_t i = 0; i < n && !c->bad; i++) {
        char *sub = ew_format(NULL, "%s[%zu]", path, i);
        c->bad |= !sub;
        if (sub)
            compare(c, sub, json_array_get(mine, i), json_array_get(theirs, i));
        free(sub);
    }
}

static void compare(ew_table_differences *c, const char *path, const json_t *mine,
                    const json_t *theirs)
{
    if (c->bad)
        return;
    if (json_is_object(mine) && json_is_object(theirs)) {
        c->numbers += json_object_get(mine, "mid") != NULL;
        if (json_object_get(mine, "exact") && !exact_fits(mine))
            differ(c, path, json_object_get(mine, "exact"), json_object_get(mine, "mid"));
        compare_objects(c, path, mine, theirs);
    } else if (json_is_array(mine) && json_is_array(theirs)) {
        compare_arrays(c, path, mine, theirs);
    } else if (!mine || !theirs || !json_equal(mine, theirs)) {
        differ(c, path, mine, theirs);
    }
}

ew_status ew_table_compare(ew_table_differences *c, const json_t *table, const json_t *again,
                           ew_context *ctx)
{
    *c = (ew_table_differences){.list = json_array()};
    c->bad = c->list == NULL;
    compare(c, "network", json_object_get(table, "network"), json_object_get(again, "network"));
    compare(c, "result", json_object_get(table, "result"), json_object_get(again, "result"));
    return c->bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}
