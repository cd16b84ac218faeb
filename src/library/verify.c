/* verify: a table recomputed by another quadrature, and compared digit by digit.  The checksum
 * only tells a damaged file early; a changed digit is found whether or not the checksum was
 * made to fit. */
#include <errno.h>
#include <string.h>

#include "library/command.h"
#include "library/table.h"

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

static ew_status report(ew_result **res, const json_t *table, const char *path, int fits,
                        const ew_table_differences *c, const char *method, ew_context *ctx)
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
    json_t *root = NULL;
    ew_table_source table = {0};
    ew_result *again = NULL;
    ew_table_differences c = {0};
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = load(&root, table_path, ctx);
    if (status == EW_OK)
        status = ew_table_open(&table, root, table_path, ctx);
    if (status == EW_OK)
        status = ew_table_compute(&again, table.net, ctx);
    if (status == EW_OK)
        status = ew_table_compare(&c, root, again->root, ctx);
    if (status == EW_OK)
        status =
            report(res, root, table_path, table.fits, &c, ew_table_other_method(root), ctx);
    json_decref(c.list);
    ew_table_close(&table);
    ew_result_free(again);
    return status;
}
