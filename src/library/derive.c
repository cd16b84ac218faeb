/* derive: the layer recursion itself, as text and LaTeX. */
#include "library/command.h"
#include "readings/cumulant/cumulant.h"

static json_t *equation_json(const ew_equations *e, slong i)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "lhs", json_string(e->lhs[i]));
    bad |= json_object_set_new(o, "rhs", json_string(e->rhs[i]));
    bad |= json_object_set_new(o, "latex", json_string(e->latex[i]));
    return ew_command_node(o, bad, NULL);
}

static json_t *equations_json(const ew_equations *e, ew_context *ctx)
{
    json_t *list = json_array(), *body = json_object();
    int bad = 0;
    for (slong i = 0; !bad && i < e->n; i++)
        bad |= json_array_append_new(list, equation_json(e, i));
    bad |= json_object_set_new(body, "equations", list);
    return ew_command_node(body, bad, ctx);
}

ew_status ew_derive(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_equations *e = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status != EW_OK)
        return status;
    slong order = ew_network_integer(net, "order", 1);
    const char *quantity = ew_network_get(net, "quantity");
    /* A letter may be one of the NTK's; asking for it is asking for the NTK. */
    int ntk = quantity != NULL || ew_network_get(net, "ntk") != NULL;
    status = ew_cumulant_equations(&e, order, ntk, quantity, ctx);
    if (status == EW_OK) {
        json_t *network = json_pack("{s:I}", "order", (json_int_t) order);
        status = ew_command_end(res, "derive", ew_command_node(network, 0, ctx),
                                equations_json(e, ctx), ctx);
    }
    ew_equations_free(e);
    return status;
}
