/* validate --limit sde: finite networks against the law that they tend to. */
#include "library/validate_sde.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"
#include "library/sde.h"
#include "library/sde_law.h"
#include "library/option.h"
#include "library/validate.h"
#include "library/value.h"

static ew_status refuse_idle(const ew_network *net, ew_context *ctx)
{
    static const char *const idle[] = {
        "depth",    "cw",    "cb",  "lambda-w", "lambda-b", "ensemble",   "inputs",
        "residual", "order", "ntk", "moments",  "observed", "allowances", "exact"};
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (ew_option_index(idle[i]) >= 0 && ew_network_get(net, idle[i]))
            return ew_fail(ctx, EW_USAGE, "limit excludes %s", idle[i]);
    return EW_OK;
}

/* The first layer's covariance; 1 by default. */
static ew_status validate(ew_sde_validation **v, const ew_sde_request *r,
                          const ew_sde_validate_options *opt, ew_context *ctx)
{
    ew_expr *one = ew_expr_si(1, ctx);
    if (!one)
        return ew_recorded(ctx);
    ew_scalar unit = {.e = one};
    ew_setting net = {.inputs = r->model.inputs,
                      .gram = r->gram.n ? r->gram.x : &unit,
                      .lambda_w = {1, &unit},
                      .lambda_b = {1, &unit}};
    ew_status status = EW_OK;
    if (r->model.power_num || r->model.orthogonal || r->model.ntk || r->model.direction)
        status = ew_fail(ctx, EW_UNABLE,
                         "limit: Gaussian weights, shaping by n^(-1/2), inputs only");
    if (status == EW_OK && net.inputs > 1 && r->gram.n == 0)
        status = ew_fail(ctx, EW_USAGE, "gram: needed with several inputs");
    if (status == EW_OK)
        status = ew_sde_validate(v, &r->model, &net, opt, ctx);
    ew_expr_free(one);
    return status;
}

/* ---- the result ---------------------------------------------------------------------------
 */

static json_t *check_json(const ew_sde_validation *v, const ew_sde_check *c)
{
    const ew_sde_statistic *s = v->statistic + c->statistic;
    json_t *o = json_object();
    char *name = ew_format(NULL, "P(%s <= %.4g)", s->name, s->quantile[c->level]);
    int bad = !name || json_object_set_new(o, "quantity", json_string(name));
    bad |= json_object_set_new(o, "predicted", ew_json_real(c->predicted));
    bad |= json_object_set_new(o, "observed", ew_json_sampled(c->observed, c->se));
    bad |= json_object_set_new(o, "z", ew_json_real(c->z));
    bad |= json_object_set_new(o, "p", ew_json_real(c->adjusted));
    bad |= json_object_set_new(o, "verdict", json_string(ew_verdict_name(c->verdict)));
    free(name);
    return ew_command_node(o, bad, NULL);
}

/* What a width still differs by: the distance, and the medians. */
static json_t *distance_json(const ew_sde_validation *v, slong s, slong w)
{
    json_t *o = json_object();
    slong at = s * v->widths + w;
    int bad = json_object_set_new(o, "quantity", json_string(v->statistic[s].name));
    bad |= json_object_set_new(o, "width", json_integer((json_int_t) v->width[w]));
    bad |= json_object_set_new(o, "depth", json_integer((json_int_t) v->depth[w]));
    bad |= json_object_set_new(o, "distance", ew_json_real(v->distance[at]));
    bad |= json_object_set_new(o, "critical", ew_json_real(v->critical));
    bad |= json_object_set_new(o, "median", ew_json_real(v->sample[at][v->samples / 2]));
    bad |= json_object_set_new(o, "limit_median", ew_json_real(v->statistic[s].quantile[2]));
    return ew_command_node(o, bad, NULL);
}

static json_t *validation_json(const ew_sde_validation *v, ew_context *ctx)
{
    json_t *checks = json_array(), *distances = json_array(), *body = json_object();
    int bad = 0;
    for (slong i = 0; i < v->checks && !bad; i++)
        bad |= json_array_append_new(checks, check_json(v, v->check + i));
    for (slong s = 0; s < v->statistics; s++)
        for (slong w = 0; w < v->widths && !bad; w++)
            bad |= json_array_append_new(distances, distance_json(v, s, w));
    bad |= json_object_set(body, "checks", checks);
    bad |= json_object_set(body, "distances", distances);
    bad |= json_object_set_new(body, "level", ew_json_real(v->level));
    bad |= json_object_set_new(body, "verdict", json_string(ew_verdict_name(v->verdict)));
    json_decref(checks);
    json_decref(distances);
    return ew_command_node(body, bad, ctx);
}

static json_t *network_json(const ew_sde_request *r, const ew_sde_validation *v,
                            ew_context *ctx)
{
    json_t *o = ew_sde_network_json(r, ctx), *width = json_array(), *depth = json_array();
    int bad = 0;
    for (slong w = 0; w < v->widths; w++) {
        bad |= json_array_append_new(width, json_integer((json_int_t) v->width[w]));
        bad |= json_array_append_new(depth, json_integer((json_int_t) v->depth[w]));
    }
    bad |= json_object_set_new(o, "time", ew_json_real(v->time));
    bad |= json_object_set_new(o, "width", width);
    bad |= json_object_set_new(o, "depth", depth);
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) v->samples));
    bad |= json_object_set_new(o, "seed", ew_json_unsigned(v->seed));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_validate_sde(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_sde_request *r = NULL;
    ew_sde_validation *v = NULL;
    uint64_t *width = NULL;
    ew_sde_validate_options opt = {.samples = ew_network_unsigned(net, "samples", 0),
                                   .seed = ew_network_unsigned(net, "seed", 0),
                                   .network = ew_command_network(net)};
    const char *plot = ew_network_get(net, "plot");
    ew_status status = refuse_idle(net, ctx);
    if (status == EW_OK && ew_network_get(net, "time"))
        status = ew_sde_time(&opt.time, net, ctx);
    if (status == EW_OK)
        status = ew_command_list(&width, &opt.widths, net, "width", ctx);
    opt.width = width;
    if (status == EW_OK)
        status = ew_sde_request_new(&r, net, ctx);
    if (status == EW_OK)
        status = validate(&v, r, &opt, ctx);
    if (status == EW_OK && plot)
        status = ew_validate_sde_plot(plot, v,
                                      r->activation ? r->activation->text : "ReLU-like", ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "validate", network_json(r, v, ctx),
                                validation_json(v, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_validation_status(v, ctx);
    ew_sde_validation_free(v);
    ew_sde_request_free(r);
    free(width);
    return status;
}
