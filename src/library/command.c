#include "library/command.h"

#include <stdlib.h>
#include <string.h>

#include "library/value.h"

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

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

ew_status ew_command_list(uint64_t **x, slong *n, const ew_network *net, const char *name,
                          ew_context *ctx)
{
    const char *text = ew_network_get(net, name);
    ew_items list;
    *x = NULL;
    *n = 0;
    if (!text)
        return EW_OK;
    ew_status status = ew_value_items(&list, name, text, ctx);
    if (status == EW_OK && !(*x = ew_alloc_zero((size_t) list.n, sizeof **x, ctx)))
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        status = ew_value_integer(*x + i, name, list.item[i], 1, 1000000000, ctx);
    if (status == EW_OK) {
        *n = list.n;
        qsort(*x, (size_t) *n, sizeof **x, ascending);
    }
    for (slong i = 1; status == EW_OK && i < *n; i++)
        if ((*x)[i] == (*x)[i - 1])
            status =
                ew_fail(ctx, EW_USAGE, "%s: %lu occurs twice", name, (unsigned long) (*x)[i]);
    ew_items_clear(&list);
    return status;
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
