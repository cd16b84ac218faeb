/* table: the cumulants of a network, and what its sections add, as a sealed file.  Options, network and result make the
 * body, which the checksum covers; provenance (versions, command line) stands beside it, so
 * that the body is the same to the byte whatever made it. */
#include "library/table.h"

#include <gmp.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "emit/checksum.h"
#include "library/command.h"
#include "library/cumulant_json.h"
#include "library/option.h"
#include "library/table_section.h"

static const char *const body_key[] = {"schema", "options", "network", "result"};
#define BODY_KEYS (sizeof body_key / sizeof *body_key)

json_t *ew_table_body(const json_t *table)
{
    json_t *body = json_object();
    int bad = body == NULL;
    for (size_t i = 0; i < BODY_KEYS; i++)
        bad |= json_object_set(body, body_key[i], json_object_get(table, body_key[i]));
    if (!bad)
        return body;
    json_decref(body);
    return NULL;
}

/* The options as given: enough to compute the table again. */
static json_t *options_json(const ew_network *net)
{
    json_t *options = json_object();
    int bad = options == NULL;
    for (int i = 0; !bad && i < ew_option_count(); i++)
        if (net->value[i])
            bad |=
                json_object_set_new(options, ew_options()[i].name, json_string(net->value[i]));
    return ew_command_node(options, bad, NULL);
}

static json_t *provenance_json(const ew_network *net)
{
    char *line = ew_command_line("table", net, NULL);
    json_t *p = json_object();
    int bad = !line || !p;
    bad |= json_object_set_new(p, "tool", json_string("edgeworth " PACKAGE_VERSION));
    bad |= json_object_set_new(p, "flint", json_string(FLINT_VERSION));
    bad |= json_object_set_new(p, "mpfr", json_string(mpfr_get_version()));
    bad |= json_object_set_new(p, "gmp", json_string(gmp_version));
    bad |= !line || json_object_set_new(p, "command", json_string(line));
    free(line);
    return ew_command_node(p, bad, NULL);
}

/* Seal the result of ew_cumulants in place. */
static ew_status seal(ew_result *res, const ew_network *net, ew_context *ctx)
{
    char hex[EW_CHECKSUM_SIZE];
    json_t *root = res->root;
    int bad = json_object_set_new(root, "command", json_string("table"));
    bad |= json_object_set_new(root, "schema", json_integer(EW_TABLE_SCHEMA));
    bad |= json_object_set_new(root, "options", options_json(net));
    bad |= json_object_set_new(root, "provenance", provenance_json(net));
    json_t *body = bad ? NULL : ew_table_body(root);
    ew_status status = body ? ew_checksum(hex, body, ctx) : EW_MEMORY;
    json_decref(body);
    if (status == EW_OK && json_object_set_new(root, "sha256", json_string(hex)))
        status = EW_MEMORY;
    return status == EW_MEMORY ? ew_fail(ctx, EW_MEMORY, "out of memory") : status;
}

ew_status ew_table_compute(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_status status = ew_cumulants_for_table(res, net, ctx);
    return status == EW_OK
               ? ew_table_sections(json_object_get((*res)->root, "result"), net, ctx)
               : status;
}

ew_status ew_table(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_status status = ew_table_compute(res, net, ctx);
    if (status == EW_OK)
        status = seal(*res, net, ctx);
    if (status != EW_OK) {
        ew_result_free(*res);
        *res = NULL;
    }
    return status;
}
