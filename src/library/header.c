/* header: a network's numbers, and functions, for programs in C and C++. */
#include "library/header.h"

#include <stdlib.h>
#include <string.h>

#include "emit/c_item.h"
#include "emit/file.h"
#include "library/command.h"
#include "library/decided.h"
#include "library/option.h"
#include "library/value.h"

#define MOST_LAYERS 10000
#define MORE_DIGITS 10 /* of the self-test's numbers */

/* ---- what is asked ------------------------------------------------------------------------
 */

static int any_given(const ew_network *net, const char *const *option)
{
    for (; *option; option++)
        if (ew_network_get(net, *option))
            return 1;
    return 0;
}

/* Arrays by layer are made when something about layers is said. */
static int wants_layers(const ew_network *net)
{
    static const char *const about[] = {"depth", "order",  "ntk",  "dntk",       "ddntk",
                                        "width", "inputs", "gram", "directions", NULL};
    return any_given(net, about);
}

static ew_status check_options(const ew_network *net, ew_context *ctx)
{
    static const char *const sde[] = {"shaping", "a",     "c-plus", "c-minus",
                                      "power",   "clock", NULL};
    const char *test = ew_network_get(net, "self-test");
    for (int i = 0; sde[i] && !ew_network_get(net, "sde"); i++)
        if (ew_network_get(net, sde[i]))
            return ew_fail(ctx, EW_USAGE, "%s: only with sde", sde[i]);
    if (ew_network_integer(net, "depth", 1) > MOST_LAYERS)
        return ew_fail(ctx, EW_USAGE, "depth: at most %d layers in a header", MOST_LAYERS);
    if (ew_network_get(net, "include") && !test)
        return ew_fail(ctx, EW_USAGE, "include: only with self-test");
    if (ew_network_get(net, "domain") && !ew_network_get(net, "functions"))
        return ew_fail(ctx, EW_USAGE, "domain: only with functions");
    return test ? ew_file_check(test, ctx) : EW_OK;
}

static char *prefix_text(const ew_network *net, ew_context *ctx)
{
    const char *given = ew_network_get(net, "prefix");
    return given ? ew_strdup(given, ctx)
                 : ew_c_prefix_of(ew_network_get(net, "activation"), ctx);
}

/* ---- numbers ------------------------------------------------------------------------------
 */

/* Settings that say nothing about layers are not given for a header without them. */
static json_t *network_json(const ew_setup *s, const ew_network *net, ew_context *ctx)
{
    if (wants_layers(net))
        return ew_command_expansion(s, net, ew_network_integer(net, "order", 1), ctx);
    json_t *all = ew_setup_json(s, net, ctx), *o = json_object();
    static const char *const kept[] = {"activation", "cw", "cb", "digits", "convention"};
    int bad = !all;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        bad |= json_object_set(o, kept[i], json_object_get(all, kept[i]));
    json_decref(all);
    return ew_command_node(o, bad, ctx);
}

/* All numbers, to so many digits. */
static ew_status numbers(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    json_t *body = json_object();
    ew_status status = body ? ew_command_begin(res, net, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL, ctx);
    if (status == EW_OK)
        status = ew_header_put_constants(body, s, net, ctx);
    if (status == EW_OK && ew_network_get(net, "sde"))
        status = ew_header_put_sde(body, net, ctx);
    if (status == EW_OK && wants_layers(net))
        status = ew_header_put_layers(body, net, ctx);
    if (status == EW_OK)
        status =
            ew_command_end(res, "header", network_json(s, net, ctx), json_incref(body), ctx);
    json_decref(body);
    ew_setup_free(s);
    return status;
}

static ew_status put_words(json_t *root, const ew_network *net, const char *prefix,
                           ew_context *ctx)
{
    static const char *const elsewhere[] = {"self-test", "include", NULL};
    char *line = ew_command_line("header", net, elsewhere);
    int bad = !line || json_object_set_new(root, "line", json_string(line));
    bad |= json_object_set_new(root, "prefix", json_string(prefix));
    bad |= json_object_set_new(root, "about", ew_header_about());
    bad |= json_object_set_new(root, "notes", ew_header_notes());
    free(line);
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

/* ---- the self-test ------------------------------------------------------------------------
 */

/* The same numbers by another quadrature, to more digits. */
static ew_status numbers_again(ew_result **res, const ew_result *first, const ew_network *net,
                               ew_context *ctx)
{
    json_t *network = json_object_get(first->root, "network");
    json_int_t digits = json_integer_value(json_object_get(network, "digits")) + MORE_DIGITS;
    const char *method = ew_network_get(net, "method");
    int panels = method && strcmp(method, "panels") == 0;
    char *text =
        ew_format(ctx, "%ld", (long) (digits < EW_MAX_DIGITS ? digits : EW_MAX_DIGITS));
    ew_network *other = NULL, *both = NULL;
    ew_status status = text ? ew_network_with(&other, net, "digits", text, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_network_with(&both, other, "method", panels ? "adaptive" : "panels", ctx);
    if (status == EW_OK)
        status = numbers(res, both, ctx);
    free(text);
    ew_network_free(other);
    ew_network_free(both);
    return status;
}

static ew_status write_test(const ew_result *first, const ew_function_list *f,
                            const ew_network *net, const char *prefix, ew_context *ctx)
{
    const char *include = ew_network_get(net, "include");
    ew_result *again = NULL;
    char *own = ew_format(ctx, "%s.h", prefix), *text = NULL;
    ew_status status = own ? numbers_again(&again, first, net, ctx) : EW_MEMORY;
    if (status == EW_OK && json_object_set_new(again->root, "prefix", json_string(prefix)))
        status = ew_fail(ctx, EW_MEMORY, "out of memory");
    if (status == EW_OK &&
        !(text = ew_emit_c_test(again, first, include ? include : own, f->family, f->n, ctx)))
        status = ew_recorded(ctx);
    if (status == EW_OK)
        status = ew_write_file(ew_network_get(net, "self-test"), text, ctx);
    free(own);
    free(text);
    ew_result_free(again);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------
 */

ew_status ew_header(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_function_list f = {0};
    char *prefix = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = check_options(net, ctx);
    if (status == EW_OK)
        status = ew_run_decided(res, numbers, net, ctx);
    if (status == EW_OK && !(prefix = prefix_text(net, ctx)))
        status = ew_recorded(ctx);
    if (status == EW_OK)
        status = ew_header_all_functions(&f, net, prefix, ctx);
    if (status == EW_OK)
        status = put_words((*res)->root, net, prefix, ctx);
    if (status == EW_OK)
        status = ew_header_put_functions((*res)->root, &f, ctx);
    if (status == EW_OK && ew_network_get(net, "self-test"))
        status = write_test(*res, &f, net, prefix, ctx);
    if (status != EW_OK) {
        ew_result_free(*res);
        *res = NULL;
    }
    ew_function_list_clear(&f);
    free(prefix);
    return status;
}
