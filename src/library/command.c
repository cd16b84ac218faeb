#include "library/command.h"

#include <string.h>

ew_status ew_command_begin(ew_result **res, const ew_network *net, ew_context *ctx)
{
    *res = NULL;
    ew_clear(ctx);
    return net ? ew_poll(ctx) : ew_fail(ctx, EW_USAGE, "no network given");
}

void ew_command_threads(const ew_network *net, ew_context *ctx)
{
    if (ew_network_get(net, "threads"))
        ew_context_set_threads(ctx, (int) ew_network_integer(net, "threads", 1));
}

int ew_command_network(const ew_network *net)
{
    const char *sampler = ew_network_get(net, "sampler");
    return sampler && strcmp(sampler, "network") == 0;
}

ew_status ew_command_end(ew_result **res, const char *command, json_t *network, json_t *result,
                         ew_context *ctx)
{
    if (!network || !result) {
        json_decref(network);
        json_decref(result);
        return ew_recorded(ctx);
    }
    *res = ew_result_new(command, network, result, ctx);
    return *res ? EW_OK : EW_MEMORY;
}

ew_status ew_command_exact(const ew_setup *s, const ew_certified *x, const char *what,
                           ew_context *ctx)
{
    if (!s->exact || !x->mid || x->exact)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "no exact form of %s is known", what);
}

json_t *ew_command_expansion(const ew_setup *s, const ew_network *net, slong order,
                             ew_context *ctx)
{
    json_t *o = ew_setup_json(s, net, ctx);
    int bad = json_object_set_new(o, "order", json_integer((json_int_t) order));
    return ew_command_node(o, bad, ctx);
}

json_t *ew_command_node(json_t *node, int bad, ew_context *ctx)
{
    if (!bad && node)
        return node;
    json_decref(node);
    if (ew_recorded(ctx) == EW_MEMORY)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return NULL;
}
