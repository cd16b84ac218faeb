/* cumulants: every coefficient in 1/n, layer by layer. */
#include "library/asymptotics.h"
#include "library/command.h"
#include "library/cumulant_json.h"

static ew_status solve(ew_result **res, const ew_network *net, int preactivations,
                       ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_cumulant_table *t = NULL;
    ew_cumulant_options opt = {0};
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL, ctx);
    int deep = status == EW_OK && preactivations && ew_network_get(net, "asymptotics");
    if (status == EW_OK && !deep && ew_network_get(net, "terms"))
        status = ew_fail(ctx, EW_USAGE, "terms: only with asymptotics");
    if (status == EW_OK && deep && ew_network_get(net, "width"))
        status = ew_fail(ctx, EW_USAGE, "width: not with asymptotics, which are coefficients");
    if (status == EW_OK && deep) {
        status = ew_asymptotics_run(res, s, net, ctx);
        ew_setup_free(s);
        return status;
    }
    if (status == EW_OK) {
        opt.order = ew_network_integer(net, "order", 1);
        opt.descent = ew_network_descent(net);
        opt.digits = s->digits;
        opt.exact = s->exact;
        opt.method = s->method;
        status = ew_cumulant_solve(&t, &s->net, &opt, ctx);
    }
    if (status == EW_OK)
        status = ew_command_end(res, "cumulants", ew_command_expansion(s, net, opt.order, ctx),
                                ew_cumulant_json(t, preactivations, ctx), ctx);
    ew_cumulant_free(t);
    ew_setup_free(s);
    return status;
}

ew_status ew_cumulants(ew_result **res, const ew_network *net, ew_context *ctx)
{
    return solve(res, net, 1, ctx);
}

ew_status ew_cumulants_for_table(ew_result **res, const ew_network *net, ew_context *ctx)
{
    return solve(res, net, 0, ctx);
}
