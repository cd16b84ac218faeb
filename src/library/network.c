#include "library/network.h"

#include <stdlib.h>
#include <string.h>

#include "library/option.h"
#include "library/value.h"

ew_status ew_network_new(ew_network **net, ew_context *ctx)
{
    ew_network *n = ew_alloc_zero(1, sizeof *n, ctx);
    *net = NULL;
    if (!n)
        return EW_MEMORY;
    n->value = ew_alloc_zero((size_t) ew_option_count(), sizeof *n->value, ctx);
    if (!n->value) {
        free(n);
        return EW_MEMORY;
    }
    *net = n;
    return EW_OK;
}

void ew_network_free(ew_network *net)
{
    if (!net)
        return;
    for (int i = 0; i < ew_option_count(); i++)
        free(net->value[i]);
    free(net->value);
    free(net);
}

ew_status ew_network_set(ew_network *net, const char *name, const char *value, ew_context *ctx)
{
    int i = name ? ew_option_index(name) : -1;
    if (!net || i < 0)
        return ew_fail(ctx, EW_USAGE, "unknown option '%.40s'", name ? name : "");
    ew_clear(ctx);
    const ew_option *o = ew_options() + i;
    if (!o->value && value && *value)
        return ew_fail(ctx, EW_USAGE, "%s: a flag takes no value", name);
    if (o->value && !value)
        return ew_fail(ctx, EW_USAGE, "%s: the value is missing", name);
    ew_status status = o->check ? o->check(name, value, ctx) : EW_OK;
    if (status != EW_OK)
        return status;
    char *copy = ew_strdup(value ? value : "", ctx);
    if (!copy)
        return EW_MEMORY;
    free(net->value[i]);
    net->value[i] = copy;
    return EW_OK;
}

const char *ew_network_get(const ew_network *net, const char *name)
{
    return net->value[ew_option_index(name)];
}

uint64_t ew_network_unsigned(const ew_network *net, const char *name, uint64_t otherwise)
{
    uint64_t x;
    const char *text = ew_network_get(net, name);
    if (!text || ew_value_integer(&x, name, text, 0, UINT64_MAX, NULL) != EW_OK)
        return otherwise;
    return x;
}

slong ew_network_integer(const ew_network *net, const char *name, slong otherwise)
{
    return (slong) ew_network_unsigned(net, name, (uint64_t) otherwise);
}

int ew_network_descent(const ew_network *net)
{
    static const char *const name[] = {"ntk", "dntk", "ddntk"};
    int descent = 3;
    while (descent > 0 && !ew_network_get(net, name[descent - 1]))
        descent--;
    return descent;
}
