/* sde: the stochastic differential equation that a deep and wide network tends to. */
#include "library/sde.h"

#include "library/sde_law.h"

/* What has been computed from the equations, then the equations. */
static json_t *result_json(const ew_sde_request *r, const ew_sde_laws *l, const ew_network *net,
                           ew_context *ctx)
{
    json_t *body = json_object(), *equations = ew_sde_equations_json(r, ctx);
    int bad =
        !equations || ew_sde_laws_put(body, l, net) || json_object_update(body, equations);
    json_decref(equations);
    return ew_command_node(body, bad, ctx);
}

static json_t *network_json(const ew_sde_request *r, const ew_sde_laws *l, ew_context *ctx)
{
    json_t *o = ew_sde_network_json(r, ctx);
    return o ? ew_command_node(o, ew_sde_laws_put_network(o, l), ctx) : NULL;
}

/* What goes with residual networks only. */
static ew_status check_residual(const ew_network *net, ew_context *ctx)
{
    static const char *const only[] = {"width", "cw", "cb"};
    int residual = ew_network_get(net, "residual") != NULL;
    for (int i = 0; i < 3; i++)
        if (!residual && ew_network_get(net, only[i]))
            return ew_fail(ctx, EW_USAGE, "%s: for residual networks only", only[i]);
    return EW_OK;
}

ew_status ew_sde_run(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_sde_request *r = NULL;
    ew_sde_laws *l = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = check_residual(net, ctx);
    if (status == EW_OK)
        status = ew_sde_request_new(&r, net, ctx);
    if (status == EW_OK) {
        ew_command_threads(net, ctx);
        status = ew_sde_laws_new(&l, r, net, ctx);
    }
    if (status == EW_OK) {
        ew_clear(ctx);
        status = ew_command_end(res, "sde", network_json(r, l, ctx),
                                result_json(r, l, net, ctx), ctx);
    }
    ew_sde_laws_free(l);
    ew_sde_request_free(r);
    return status;
}
