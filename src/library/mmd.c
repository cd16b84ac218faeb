/* mmd: networks against their Gaussian limit. */
#include "library/mmd.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"
#include "library/command.h"
#include "library/keep.h"
#include "library/validate.h"

typedef struct {
    ew_setup *setup;
    ew_mmd_options opt;
    ew_scalar_list length;
    uint64_t *width;
    slong *depth;
    ew_keep *keep;
    ew_mmd_result *found;
} request;

static void clear(request *r)
{
    ew_mmd_free(r->found);
    ew_keep_free(r->keep);
    ew_scalars_clear(&r->length);
    ew_setup_free(r->setup);
    free(r->width);
    free(r->depth);
}

static ew_status read_lists(request *r, const ew_network *net, ew_context *ctx)
{
    uint64_t *layer = NULL;
    ew_status status = ew_command_list(&r->width, &r->opt.widths, net, "width", ctx);
    if (status == EW_OK)
        status = ew_command_list(&layer, &r->opt.depths, net, "depth", ctx);
    if (status == EW_OK &&
        !(r->depth = ew_alloc_zero((size_t) r->opt.depths + 1, sizeof *r->depth, ctx)))
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < r->opt.depths; i++)
        r->depth[i] = (slong) layer[i];
    free(layer);
    r->opt.width = r->width;
    r->opt.depth = r->depth;
    return status;
}

static ew_status read_options(request *r, const ew_network *net, ew_context *ctx)
{
    const char *length = ew_network_get(net, "length");
    ew_status status = ew_scalars_read(&r->length, "length", length ? length : "1", ctx);
    if (status == EW_OK)
        status = read_lists(r, net, ctx);
    r->opt.length = r->length.x;
    r->opt.samples = ew_network_unsigned(net, "samples", 0);
    r->opt.seed = ew_network_unsigned(net, "seed", 0);
    r->opt.order = ew_network_integer(net, "order", 0);
    r->opt.digits = ew_network_integer(net, "digits", 0);
    r->opt.network = ew_command_network(net);
    return status;
}

/* ---- output ---- */

static json_t *points_json(const ew_mmd_result *m)
{
    json_t *points = json_array();
    int bad = 0;
    for (slong l = 0; l < m->layers; l++)
        for (slong w = 0; w < m->widths && !bad; w++) {
            ew_estimate e = m->point[w * m->layers + l];
            double n = (double) m->width[w];
            json_t *o = json_object();
            bad |= json_object_set_new(o, "layer", json_integer((json_int_t) m->layer[l]));
            bad |= json_object_set_new(o, "width", json_integer((json_int_t) m->width[w]));
            bad |= json_object_set_new(o, "mmd2", ew_json_sampled(e.mean, e.se));
            if (m->series)
                bad |= json_object_set_new(o, "predicted",
                                           ew_json_real(ew_mmd_predicted(m, l, n)));
            bad |= json_array_append_new(points, o);
        }
    return ew_command_node(points, bad, NULL);
}

static json_t *rates_json(const ew_mmd_result *m)
{
    json_t *rates = json_array();
    int bad = 0;
    for (slong l = 0; l < m->layers && !bad; l++) {
        const ew_power *r = m->rate + l;
        json_t *o = json_object();
        bad |= json_object_set_new(o, "layer", json_integer((json_int_t) m->layer[l]));
        bad |= json_object_set_new(o, "exponent", ew_json_sampled(-r->exponent, r->se));
        bad |= json_object_set_new(o, "widths", json_integer((json_int_t) r->used));
        bad |= json_object_set_new(o, "p", ew_json_real(r->p));
        bad |= json_array_append_new(rates, o);
    }
    return ew_command_node(rates, bad, NULL);
}

static json_t *series_json(const ew_mmd_result *m)
{
    json_t *series = json_array();
    int bad = 0;
    for (slong l = 0; l < m->layers; l++)
        for (slong j = 0; m->series && j < m->order && !bad; j++) {
            json_t *o = json_object();
            bad |= json_object_set_new(o, "layer", json_integer((json_int_t) m->layer[l]));
            bad |= json_object_set_new(o, "order", json_integer((json_int_t) j + 2));
            bad |= json_object_set_new(o, "c", ew_json_certified(m->series + l * m->order + j));
            bad |= json_array_append_new(series, o);
        }
    return ew_command_node(series, bad, NULL);
}

static json_t *result_json(const request *r, ew_context *ctx)
{
    const ew_mmd_result *m = r->found;
    json_t *o = json_object(), *checks = json_array();
    int bad = 0;
    for (slong i = 0; i < m->n && !bad; i++)
        bad |= json_array_append_new(checks, ew_check_json(m->check + i));
    bad |= json_object_set_new(o, "length", ew_scalar_json(r->length.x, r->setup->digits, ctx));
    bad |= json_object_set_new(o, "points", points_json(m));
    bad |= json_object_set_new(o, "rates", rates_json(m));
    bad |= json_object_set_new(o, "series", series_json(m));
    bad |= json_object_set_new(o, "checks", checks);
    if (m->why)
        bad |= json_object_set_new(o, "unpredicted", json_string(m->why));
    bad |= json_object_set_new(o, "verdict",
                               m->n ? json_string(ew_verdict_name(m->verdict)) : json_null());
    return ew_command_node(o, bad, ctx);
}

/* The network as understood, with what was sampled. */
static json_t *network_json(const request *r, const ew_network *net, ew_context *ctx)
{
    const ew_mmd_result *m = r->found;
    json_t *o = ew_setup_json(r->setup, net, ctx), *width = json_array(), *depth = json_array();
    int bad = 0;
    for (slong i = 0; i < m->widths; i++)
        bad |= json_array_append_new(width, json_integer((json_int_t) m->width[i]));
    for (slong i = 0; i < m->layers; i++)
        bad |= json_array_append_new(depth, json_integer((json_int_t) m->layer[i]));
    bad |= json_object_set_new(o, "depth", depth);
    bad |= json_object_set_new(o, "width", width);
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) m->samples));
    bad |= json_object_set_new(o, "seed", ew_json_unsigned(m->seed));
    return ew_command_node(o, bad, ctx);
}

static ew_status sample(request *r, const ew_network *net, ew_context *ctx)
{
    ew_sample_options opt = {0};
    ew_status status =
        ew_keep_new(&r->keep, "mmd", net, ew_setup_json(r->setup, net, ctx), ctx);
    ew_keep_use(&opt, r->keep, net);
    r->opt.keeper = opt.keeper;
    r->opt.shard = opt.shard;
    r->opt.shards = opt.shards;
    if (status == EW_OK)
        status = ew_mmd_run(&r->found, &r->setup->net, &r->opt, ctx);
    return ew_keep_farewell(r->keep, status, ctx);
}

static ew_status finish(ew_result **res, const request *r, const ew_network *net,
                        const char *plot, ew_context *ctx)
{
    ew_status status = plot ? ew_mmd_plot(plot, r->found, &r->setup->net, ctx) : EW_OK;
    if (status == EW_OK)
        status =
            ew_command_end(res, "mmd", network_json(r, net, ctx), result_json(r, ctx), ctx);
    return status == EW_OK ? ew_mmd_status(r->found, ctx) : status;
}

ew_status ew_mmd(ew_result **res, const ew_network *net, ew_context *ctx)
{
    request r = {0};
    ew_status status = ew_command_begin(res, net, ctx);
    const char *plot = status == EW_OK ? ew_network_get(net, "plot") : NULL;
    if (status == EW_OK)
        ew_command_threads(net, ctx);
    if (plot)
        status = ew_plot_check(plot, ctx);
    if (status == EW_OK)
        status = read_options(&r, net, ctx);
    if (status == EW_OK)
        status = ew_setup_alternatives(&r.setup, net, ctx);
    if (status == EW_OK)
        status = sample(&r, net, ctx);
    if (status == EW_OK)
        status = r.found ? finish(res, &r, net, plot, ctx) : ew_keep_result(res, r.keep, ctx);
    clear(&r);
    return status;
}
