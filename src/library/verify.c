/* verify: a table recomputed by another quadrature, and compared digit by digit.  The checksum
 * only tells a damaged file early; a changed digit is found whether or not the checksum was
 * made to fit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "activation/expr.h"
#include "arith/decimal.h"
#include "emit/checksum.h"
#include "library/command.h"
#include "library/cumulant_json.h"
#include "library/table.h"

#define SHOWN 20 /* differences listed; all are counted */

static ew_status load(json_t **table, const char *path, ew_context *ctx)
{
    json_error_t e;
    errno = 0;
    *table = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (*table)
        return EW_OK;
    if (json_error_code(&e) == json_error_cannot_open_file)
        return ew_fail(ctx, EW_IO, "cannot read %s: %s", path,
                       strerror(errno ? errno : ENOENT));
    if (json_error_code(&e) == json_error_out_of_memory)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    return ew_fail(ctx, EW_USAGE, "%s: line %d: not a table: %s", path, e.line, e.text);
}

static ew_status check_schema(const json_t *table, const char *path, ew_context *ctx)
{
    const json_t *schema = json_object_get(table, "schema");
    if (!json_is_integer(schema) || !json_is_object(json_object_get(table, "options")) ||
        !json_is_object(json_object_get(table, "result")) ||
        !json_is_object(json_object_get(table, "network")) ||
        !json_is_string(json_object_get(table, "sha256")))
        return ew_fail(ctx, EW_USAGE, "%s: not a table of this program", path);
    if (json_integer_value(schema) != EW_TABLE_SCHEMA)
        return ew_fail(ctx, EW_USAGE, "%s: schema %d is not known", path,
                       (int) json_integer_value(schema));
    return EW_OK;
}

static ew_status checksum_fits(int *fits, const json_t *table, ew_context *ctx)
{
    char hex[EW_CHECKSUM_SIZE];
    json_t *body = ew_table_body(table);
    ew_status status =
        body ? ew_checksum(hex, body, ctx) : ew_fail(ctx, EW_MEMORY, "out of memory");
    json_decref(body);
    *fits = status == EW_OK &&
            strcmp(hex, json_string_value(json_object_get(table, "sha256"))) == 0;
    return status;
}

/* Anything but how the table was obtained: panels never share a node with the trapezoid or a
 * step with a closed form, and acb_calc_integrate shares none with panels. */
static const char *other_method(const json_t *table)
{
    const char *method =
        json_string_value(json_object_get(json_object_get(table, "result"), "method"));
    return method && strstr(method, "panels") ? "adaptive" : "panels";
}

static ew_status read_options(ew_network **net, const json_t *table, const char *path,
                              ew_context *ctx)
{
    const char *name;
    json_t *value;
    ew_status status = ew_network_new(net, ctx);
    if (status != EW_OK)
        return status;
    json_object_foreach(json_object_get(table, "options"), name, value)
    {
        if (status == EW_OK && !json_is_string(value))
            status = ew_fail(ctx, EW_USAGE, "%s: option %.40s is not text", path, name);
        if (status == EW_OK)
            status = ew_network_set(*net, name, json_string_value(value), ctx);
    }
    if (status == EW_OK)
        status = ew_network_set(*net, "method", other_method(table), ctx);
    return status;
}

/* ---- comparison -------------------------------------------------------------------------- */

typedef struct {
    slong numbers, differences;
    json_t *list; /* {"path", "table", "recomputed"} */
    int bad;      /* memory ran out */
} comparison;

static void differ(comparison *c, const char *path, const json_t *mine, const json_t *theirs)
{
    if (c->differences++ >= SHOWN)
        return;
    json_t *o = json_object();
    c->bad |= json_object_set_new(o, "path", json_string(path));
    c->bad |= json_object_set(o, "table", (json_t *) (mine ? mine : json_null()));
    c->bad |= json_object_set(o, "recomputed", (json_t *) (theirs ? theirs : json_null()));
    c->bad |= json_array_append_new(c->list, o);
}

static void compare(comparison *c, const char *path, const json_t *mine, const json_t *theirs);

/* A quadrature does not know exact forms, so a table's own is checked against the decimal
 * beside it, which is compared with the recomputed one. */
static int exact_fits(const json_t *value)
{
    const char *exact = json_string_value(json_object_get(value, "exact"));
    const char *mid = json_string_value(json_object_get(value, "mid"));
    const char *rad = json_string_value(json_object_get(value, "rad"));
    ew_expr *e = NULL;
    if (!exact || !mid || !rad || ew_expr_parse(&e, exact, NULL, "exact", NULL) != EW_OK)
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

static void compare_key(comparison *c, const char *path, const char *key, const json_t *mine,
                        const json_t *theirs)
{
    if (strcmp(key, "method") == 0 || strcmp(key, "exact") == 0)
        return;
    char *sub = ew_format(NULL, *path ? "%s.%s" : "%s%s", path, key);
    c->bad |= !sub;
    if (sub)
        compare(c, sub, mine, theirs);
    free(sub);
}

static void compare_objects(comparison *c, const char *path, const json_t *mine,
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

static void compare_arrays(comparison *c, const char *path, const json_t *mine,
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

static void compare(comparison *c, const char *path, const json_t *mine, const json_t *theirs)
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

/* The network as echoed, and every number of the result. */
static ew_status compare_tables(comparison *c, const json_t *table, const ew_result *again,
                                ew_context *ctx)
{
    c->list = json_array();
    c->bad = c->list == NULL;
    compare(c, "network", json_object_get(table, "network"),
            json_object_get(again->root, "network"));
    compare(c, "result", json_object_get(table, "result"),
            json_object_get(again->root, "result"));
    return c->bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

static ew_status report(ew_result **res, const json_t *table, const char *path, int fits,
                        const comparison *c, const char *method, ew_context *ctx)
{
    int same = fits && c->differences == 0;
    json_t *network = json_deep_copy(json_object_get(table, "network")), *body = json_object();
    int bad = json_object_set_new(body, "table", json_string(path));
    bad |= json_object_set_new(body, "method", json_string(method));
    bad |= json_object_set_new(body, "checksum", json_string(fits ? "fits" : "does not fit"));
    bad |= json_object_set_new(body, "numbers", json_integer((json_int_t) c->numbers));
    bad |= json_object_set_new(body, "differences", json_integer((json_int_t) c->differences));
    bad |= json_object_set(body, "list", c->list);
    bad |= json_object_set_new(body, "verdict", json_string(same ? "pass" : "fail"));
    ew_status status =
        ew_command_end(res, "verify", network, ew_command_node(body, bad, ctx), ctx);
    if (status != EW_OK || same)
        return status;
    if (!fits)
        return ew_fail(ctx, EW_FAILED, "%s: the checksum does not fit", path);
    return ew_fail(ctx, EW_FAILED, "%s: %ld entries differ from the recomputed ones", path,
                   (long) c->differences);
}

ew_status ew_verify(ew_result **res, const char *table_path, const ew_network *net,
                    ew_context *ctx)
{
    json_t *table = NULL;
    ew_network *again_net = NULL;
    ew_result *again = NULL;
    comparison c = {0};
    int fits = 0;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = load(&table, table_path, ctx);
    if (status == EW_OK)
        status = check_schema(table, table_path, ctx);
    if (status == EW_OK)
        status = checksum_fits(&fits, table, ctx);
    if (status == EW_OK)
        status = read_options(&again_net, table, table_path, ctx);
    if (status == EW_OK)
        status = ew_cumulants_for_table(&again, again_net, ctx);
    if (status == EW_OK)
        status = compare_tables(&c, table, again, ctx);
    if (status == EW_OK)
        status = report(res, table, table_path, fits, &c, other_method(table), ctx);
    json_decref(c.list);
    json_decref(table);
    ew_network_free(again_net);
    ew_result_free(again);
    return status;
}
