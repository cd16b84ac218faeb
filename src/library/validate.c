/* validate: predicted coefficients against sampled ones. */
#include "products/plan.h"
#include "products/validate.h"

#include <stdlib.h>

#include "arith/decimal.h"
#include "arith/team.h"
#include "emit/plot.h"
#include "library/command.h"
#include "library/keep.h"
#include "library/observed.h"
#include "library/validate.h"
#include "library/validate_sde.h"
#include "library/value.h"

double ew_validate_level(const ew_network *net)
{
    const char *text = ew_network_get(net, "level");
    fmpq_t x;
    fmpq_init(x);
    double level = text && ew_rational_read(x, text) == 0 ? fmpq_get_d(x) : 0;
    fmpq_clear(x);
    return level;
}

static ew_status read_options(ew_validate_options *opt, uint64_t **width, slong **depth,
                              const ew_network *net, ew_context *ctx)
{
    uint64_t *layer = NULL;
    ew_status status = ew_command_list(width, &opt->widths, net, "width", ctx);
    if (status == EW_OK)
        status = ew_command_list(&layer, &opt->depths, net, "depth", ctx);
    if (status == EW_OK && !(*depth = ew_alloc_zero((size_t) opt->depths, sizeof **depth, ctx)))
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < opt->depths; i++)
        (*depth)[i] = (slong) layer[i];
    free(layer);
    opt->width = *width;
    opt->depth = *depth;
    opt->samples = ew_network_unsigned(net, "samples", 0);
    opt->seed = ew_network_unsigned(net, "seed", 0);
    opt->level = ew_validate_level(net);
    opt->order = ew_network_integer(net, "order", 0);
    opt->descent = ew_network_descent(net);
    opt->moments = ew_network_integer(net, "moments", 2);
    opt->network = ew_command_network(net);
    opt->preactivations = ew_network_get(net, "preactivations") != NULL;
    return status;
}

json_t *ew_check_json(const ew_check *c)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(c->quantity));
    bad |= json_object_set_new(o, "layer", json_integer((json_int_t) c->layer));
    bad |= json_object_set_new(o, "order", json_integer((json_int_t) c->order));
    bad |= json_object_set_new(o, "predicted", ew_json_real(c->predicted));
    bad |= json_object_set_new(o, "allowance", ew_json_real(c->allowance));
    bad |= json_object_set_new(o, "observed", ew_json_sampled(c->observed, c->se));
    bad |= json_object_set_new(o, "z", ew_json_real(c->z));
    bad |= json_object_set_new(o, "p", ew_json_real(c->adjusted));
    bad |= json_object_set_new(o, "verdict", json_string(ew_verdict_name(c->verdict)));
    return ew_command_node(o, bad, NULL);
}

static json_t *narrow_json(const ew_narrow *c)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(c->quantity));
    bad |= json_object_set_new(o, "layer", json_integer((json_int_t) c->layer));
    bad |= json_object_set_new(o, "width", json_integer((json_int_t) c->width));
    bad |= json_object_set_new(o, "order", json_integer((json_int_t) c->order));
    bad |= json_object_set_new(o, "predicted", ew_json_real(c->predicted));
    bad |= json_object_set_new(o, "allowance", ew_json_real(c->allowance));
    bad |= json_object_set_new(o, "observed", ew_json_sampled(c->observed, c->se));
    bad |= json_object_set_new(o, "z", ew_json_real(c->z));
    bad |= json_object_set_new(o, "p", ew_json_real(c->adjusted));
    bad |= json_object_set_new(o, "verdict", json_string(ew_verdict_name(c->verdict)));
    return ew_command_node(o, bad, NULL);
}

static json_t *validation_json(const ew_validation *v, ew_context *ctx)
{
    json_t *checks = json_array(), *narrow = json_array(), *body = json_object();
    int bad = 0;
    for (slong i = 0; !bad && i < v->n; i++)
        bad |= json_array_append_new(checks, ew_check_json(v->check + i));
    for (slong i = 0; !bad && i < v->narrows; i++)
        bad |= json_array_append_new(narrow, narrow_json(v->narrow + i));
    bad |= json_object_set_new(body, "checks", checks);
    bad |= json_object_set_new(body, "narrow", narrow);
    bad |= json_object_set_new(body, "level", ew_json_real(v->level));
    bad |= json_object_set_new(body, "verdict", json_string(ew_verdict_name(v->verdict)));
    return ew_command_node(body, bad, ctx);
}

/* The network as understood, with the widths and layers that were sampled. */
static json_t *network_json(const ew_setup *s, const ew_network *net, const ew_validation *v,
                            ew_context *ctx)
{
    json_t *o = ew_setup_json(s, net, ctx), *width = json_array(), *depth = json_array();
    int bad = 0;
    for (slong i = 0; i < v->widths; i++)
        bad |= json_array_append_new(width, json_integer((json_int_t) v->width[i]));
    for (slong i = 0; i < v->layers; i++)
        bad |= json_array_append_new(depth, json_integer((json_int_t) v->layer[i]));
    bad |= json_object_set_new(o, s->residual ? "blocks" : "depth", depth);
    bad |= json_object_set_new(o, "width", width);
    if (v->samples > 0) {
        bad |= json_object_set_new(o, "samples", json_integer((json_int_t) v->samples));
        bad |= json_object_set_new(o, "seed", ew_json_unsigned(v->seed));
    }
    return ew_command_node(o, bad, ctx);
}

/* What the file says; nothing is left to choose. */
static ew_status judge_observed(ew_validation **v, const ew_setup *s,
                                const ew_validate_options *opt, const ew_network *net,
                                ew_context *ctx)
{
    static const char *const choice[] = {"depth", "width",   "samples",
                                         "seed",  "sampler", "checkpoint"};
    const char *path = ew_network_get(net, "observed");
    size_t blocks = s->residual ? 1 : 0; /* their number is the depth, which is needed */
    for (size_t i = blocks; i < sizeof choice / sizeof *choice; i++)
        if (ew_network_get(net, choice[i]))
            return ew_fail(ctx, EW_USAGE, "observed excludes %s", choice[i]);
    ew_observed *data;
    ew_status status = ew_observed_read(&data, path, s->residual ? s->net.depth - 1 : 0, ctx);
    if (status == EW_OK)
        status = ew_validate_observed(v, &s->net, opt, data->row, data->rows, path, ctx);
    ew_observed_free(data);
    return status;
}

static ew_status judge_samples(ew_validation **v, const ew_setup *s, ew_validate_options *opt,
                               const ew_network *net, ew_context *ctx)
{
    ew_keep *keep;
    ew_status status = ew_keep_new(&keep, "validate", net, ew_setup_json(s, net, ctx), ctx);
    if (keep)
        opt->keeper = &keep->keeper;
    if (status == EW_OK)
        status = ew_validate_chain(v, &s->net, opt, ctx);
    status = ew_keep_farewell(keep, status, ctx);
    ew_keep_free(keep);
    opt->keeper = NULL;
    return status;
}

/* Layer l + 1 is that after block l.  One depth is the number of blocks, of which some are
 * checked; of a list it is the largest. */
static ew_status set_residual(ew_validate_options *opt, slong *depth, const ew_setup *s,
                              const ew_network *net, ew_context *ctx)
{
    ulong inner;
    fmpq_t ratio;
    if (ew_network_get(net, "preactivations"))
        return ew_fail(ctx, EW_UNABLE, "preactivations: not with residual");
    if (ew_network_get(net, "observed") && opt->depths > 1)
        return ew_fail(ctx, EW_USAGE, "depth: observed says which blocks; give their number");
    if (opt->depths == 1)
        opt->depths = 0;
    for (slong i = 0; i < opt->depths; i++)
        depth[i]++;
    fmpq_init(ratio);
    ew_status status = ew_residual_ratio(ratio, &s->net, ctx);
    fmpq_clear(ratio);
    return status == EW_OK && s->residual->wide ? ew_residual_inner(&inner, s->residual, 1, ctx)
                                                : status;
}

/* The coefficients at fixed n_0 are those of square frames only where layers have at least n_0
 * neurons. */
static ew_status check_coordinates(const ew_setup *s, const ew_validate_options *opt,
                                   ew_context *ctx)
{
    uint64_t least = opt->widths ? opt->width[0] : EW_LEAST_WIDTH;
    if (s->net.ensemble == EW_ENSEMBLE_GAUSSIAN || s->net.coordinates <= (slong) least)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "inputs: orthogonal weights of inputs with %ld coordinates take widths of "
                   "at least as many",
                   (long) s->net.coordinates);
}

ew_status ew_validate(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_validation *v = NULL;
    ew_validate_options opt = {0};
    uint64_t *width = NULL;
    slong *depth = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    const char *plot = status == EW_OK ? ew_network_get(net, "plot") : NULL;
    if (status == EW_OK)
        ew_command_threads(net, ctx);
    if (plot)
        status = ew_plot_check(plot, ctx);
    if (status == EW_OK && ew_network_get(net, "limit"))
        return ew_validate_sde(res, net, ctx);
    if (status == EW_OK)
        status = read_options(&opt, &width, &depth, net, ctx);
    if (status == EW_OK && ew_network_get(net, "residual") && opt.widths == 1) {
        free(width);
        free(depth);
        return ew_validate_residual(res, net, ctx);
    }
    if (status == EW_OK)
        status = ew_setup_able(
            &s, net, EW_SETUP_ALTERNATIVES | EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL, ctx);
    if (status == EW_OK && s->residual)
        status = set_residual(&opt, depth, s, net, ctx);
    if (status == EW_OK)
        status = check_coordinates(s, &opt, ctx);
    if (status == EW_OK)
        status = ew_network_get(net, "observed") ? judge_observed(&v, s, &opt, net, ctx)
                                                 : judge_samples(&v, s, &opt, net, ctx);
    if (status == EW_OK && plot && ew_team_rank(ctx) == 0)
        status = ew_validate_plot(plot, v, &s->net, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "validate", network_json(s, net, v, ctx),
                                validation_json(v, ctx), ctx);
    if (status == EW_OK)
        status = ew_validation_status(v, ctx);
    ew_validation_free(v);
    ew_setup_free(s);
    free(width);
    free(depth);
    return status;
}
