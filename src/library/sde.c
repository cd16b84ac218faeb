/* sde: the stochastic differential equation that a deep and wide network tends to. */
#include "library/sde.h"

ew_status ew_sde_run(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_sde_request *r = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = ew_sde_request_new(&r, net, ctx);
    if (status == EW_OK) {
        ew_clear(ctx);
        status = ew_command_end(res, "sde", ew_sde_network_json(r, ctx),
                                ew_sde_equations_json(r, ctx), ctx);
    }
    ew_sde_request_free(r);
    return status;
}
