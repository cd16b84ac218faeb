/* regress: kernel regression and the training of wide networks. */
#include "library/regress.h"

#include "emit/plot.h"
#include "library/command.h"

static ew_status run_fast(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    ew_status status = ew_regress_fill(r, net, ctx);
    return status == EW_OK ? ew_regress_numbers_solve(&r->real, &r->flow, &r->opt, 0, ctx)
                           : status;
}

static ew_status draw(const char *plot, ew_regress_request *r, const ew_network *net,
                      ew_context *ctx)
{
    return r->check ? ew_regress_check_plot(plot, r, ctx) : ew_regress_plot(plot, r, net, ctx);
}

static ew_status run(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    const char *plot = ew_network_get(net, "plot");
    int abilities = EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL;
    ew_command_threads(net, ctx);
    ew_status status = plot ? ew_plot_check(plot, ctx) : EW_OK;
    if (status == EW_OK)
        status = ew_regress_read(r, net, ctx);
    if (status == EW_OK)
        status = ew_regress_check_able(r, net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&r->setup, net, abilities | (r->fast ? EW_SETUP_DATA : 0), ctx);
    if (status == EW_OK)
        status = ew_regress_split(r, net, ctx);
    if (status == EW_OK)
        status = r->fast ? run_fast(r, net, ctx)
                         : ew_regress_solve(&r->table, &r->setup->net, &r->opt, ctx);
    if (status == EW_OK && ew_network_get(net, "check-widths"))
        status = ew_regress_check_networks(r, net, ctx);
    return status == EW_OK && plot ? draw(plot, r, net, ctx) : status;
}

/* The points are not part of the network. */
static json_t *network_json(const ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    json_t *o = ew_setup_json(r->setup, net, ctx);
    if (o && r->fast) {
        json_object_del(o, "gram");
        json_object_del(o, "inputs");
        json_object_del(o, "digits");
    }
    return o;
}

/* Takes no reference. */
static ew_status finish(ew_result **res, json_t *result, const ew_regress_request *r,
                        const ew_network *net, ew_context *ctx)
{
    const char *path = ew_network_get(net, "save-curve");
    ew_status status = result ? EW_OK : ew_recorded(ctx);
    if (status == EW_OK && path)
        status = ew_regress_save_curve(path, result, ctx);
    if (status == EW_OK)
        status =
            ew_command_end(res, "regress", network_json(r, net, ctx), json_incref(result), ctx);
    return status;
}

ew_status ew_regress(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_regress_request r = {0};
    json_t *result = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = run(&r, net, ctx);
    if (status == EW_OK) {
        result = ew_regress_json(&r, ctx);
        status = finish(res, result, &r, net, ctx);
    }
    if (status == EW_OK && r.check)
        status = ew_regress_check_status(r.check, ctx);
    json_decref(result);
    ew_regress_clear(&r);
    return status;
}
