/* A table that is not believed yet: its parts, its seal, and the options it was made with. */
#include <string.h>

#include "emit/checksum.h"
#include "library/network.h"
#include "library/table.h"

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

const char *ew_table_other_method(const json_t *table)
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
        status = ew_network_set(*net, "method", ew_table_other_method(table), ctx);
    return status;
}

ew_status ew_table_open(ew_table_source *t, json_t *root, const char *path, ew_context *ctx)
{
    *t = (ew_table_source){.root = root};
    ew_status status = check_schema(root, path, ctx);
    if (status == EW_OK)
        status = checksum_fits(&t->fits, root, ctx);
    return status == EW_OK ? read_options(&t->net, root, path, ctx) : status;
}

void ew_table_close(ew_table_source *t)
{
    json_decref(t->root);
    ew_network_free(t->net);
}
