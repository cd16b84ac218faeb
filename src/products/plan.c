#include "products/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chain/residual.h"
#include "readings/sample/sample.h"

#define MOST_LAYERS 7
#define CHOSEN_WIDTHS 6
/* Widths closer than this would tell the same twice. */
#define APART 1.4
#define WORK 6e8
/* At every width: c_0 to a few parts in a thousand; and where the widths allow no fit. */
#define ENOUGH_SAMPLES 4e6
#define NO_FIT_SAMPLES 1e5
/* Every batch of EW_SAMPLE_BATCHES gets this many samples at least. */
#define LEAST_PER_BATCH 16
/* Widths times layers of measurements. */
#define MOST_CELLS 100000
/* Streams of different widths are this many samples apart, hence independent. */
#define MOST_SAMPLES (UINT64_C(1) << 40)

void ew_plan_clear(ew_plan *p)
{
    free(p->width);
    free(p->layer);
    *p = (ew_plan){0};
}

static ew_status given_layers(ew_plan *p, const ew_validate_options *opt, ew_context *ctx)
{
    for (slong i = 0; i < opt->depths; i++) {
        if (opt->depth[i] < 2 || opt->depth[i] > EW_MAX_DEPTH)
            return ew_fail(ctx, EW_USAGE,
                           "depth: %ld is not in 2..%d (layer 1 does not fluctuate)",
                           (long) opt->depth[i], EW_MAX_DEPTH);
        if (i > 0 && opt->depth[i] <= opt->depth[i - 1])
            return ew_fail(ctx, EW_USAGE, "depth: the list is not ascending");
        p->layer[i] = opt->depth[i];
    }
    p->layers = opt->depths;
    return EW_OK;
}

/* From 2 to the network's depth, evenly. */
static ew_status spread_layers(ew_plan *p, slong depth, ew_context *ctx)
{
    if (depth < 2)
        return ew_fail(ctx, EW_USAGE,
                       "depth: %ld is not at least 2 (layer 1 does not fluctuate)",
                       (long) depth);
    slong n = depth - 1 < MOST_LAYERS ? depth - 1 : MOST_LAYERS;
    for (slong i = 0; i < n; i++)
        p->layer[i] = n == 1 ? depth : 2 + i * (depth - 2) / (n - 1);
    p->layers = n;
    return EW_OK;
}

ew_status ew_plan_layers(ew_plan *p, const ew_setting *net, const ew_validate_options *opt,
                         ew_context *ctx)
{
    slong most = opt->depths > MOST_LAYERS ? opt->depths : MOST_LAYERS;
    p->layer = ew_alloc_zero((size_t) most, sizeof *p->layer, ctx);
    if (!p->layer)
        return EW_MEMORY;
    return opt->depths ? given_layers(p, opt, ctx) : spread_layers(p, net->depth, ctx);
}

uint64_t ew_plan_unit(const ew_setting *net)
{
    if (net->residual && net->residual->over)
        return net->residual->under;
    return net->widths == net->depth && net->widths > 1 ? net->width[0] : 1;
}

static void add_width(ew_plan *p, double width, double unit)
{
    p->width[p->widths++] = (uint64_t) (unit * ceil(width / unit));
}

/* Four widths in these proportions, with equal numbers of samples, determine c_0 within a tenth
 * of the best that any four widths and allocation can do for the same work: its relative error
 * is 5.6 sqrt(n * 2 kurtosis / neurons drawn a layer), n the least width.  Two narrower ones
 * cost a tenth more: there most quantities are in their regime before the last one is, and the
 * others are compared point by point. */
static ew_status choose_widths(ew_plan *p, const ew_setting *net, const ew_reach *reach,
                               ew_context *ctx)
{
    static const double proportion[4] = {1, 1.5, 4, 10};
    double unit = (double) ew_plan_unit(net);
    double narrow = fmax(EW_LEAST_WIDTH, reach->narrow), fit = fmax(narrow, reach->fit);
    if (!(fit * 10 * unit <= EW_MAX_WIDTH))
        return ew_fail(ctx, EW_UNABLE,
                       "validate: no width up to %d is in the regime of validity",
                       EW_MAX_WIDTH);
    if (fit > APART * narrow)
        add_width(p, narrow, unit);
    if (fit > APART * APART * narrow)
        add_width(p, sqrt(narrow * fit), unit);
    for (int i = 0; i < 4; i++)
        add_width(p, fit * proportion[i], unit);
    for (slong i = 1; i < p->widths; i++)
        if (p->width[i] <= p->width[i - 1])
            p->width[i] = p->width[i - 1] + (uint64_t) unit;
    return EW_OK;
}

static ew_status given_widths(ew_plan *p, const ew_validate_options *opt, ew_context *ctx)
{
    for (slong i = 0; i < opt->widths; i++) {
        if (opt->width[i] < 1 || opt->width[i] > EW_MAX_WIDTH)
            return ew_fail(ctx, EW_USAGE, "width: %" PRIu64 " is not in 1..%d", opt->width[i],
                           EW_MAX_WIDTH);
        if (i > 0 && opt->width[i] <= opt->width[i - 1])
            return ew_fail(ctx, EW_USAGE, "width: the list is not ascending");
        p->width[i] = opt->width[i];
    }
    p->widths = opt->widths;
    return EW_OK;
}

static ew_status choose_samples(ew_plan *p, const ew_setting *net,
                                const ew_validate_options *opt, ew_context *ctx)
{
    const uint64_t least = EW_SAMPLE_BATCHES * LEAST_PER_BATCH;
    double neurons = 0;
    for (slong i = 0; i < p->widths; i++)
        neurons += (double) p->width[i] * (double) (p->layer[p->layers - 1] - 1);
    double most = p->widths < EW_VALIDATE_WIDTHS ? NO_FIT_SAMPLES : ENOUGH_SAMPLES;
    if (net->residual) /* and as many inner ones */
        neurons *= net->residual->over
                       ? 1 + (double) net->residual->over / (double) net->residual->under
                       : 2;
    double n = floor((opt->work > 0 ? opt->work : WORK) / neurons);
    n = fmax((double) least, fmin(n, most));
    p->samples = opt->samples ? opt->samples : (uint64_t) n;
    if (p->samples < least || p->samples > MOST_SAMPLES)
        return ew_fail(ctx, EW_USAGE, "samples: %" PRIu64 " is not in %" PRIu64 "..2^40",
                       p->samples, least);
    return EW_OK;
}

ew_status ew_plan_widths(ew_plan *p, const ew_setting *net, const ew_reach *reach,
                         const ew_validate_options *opt, ew_context *ctx)
{
    slong most = opt->widths > CHOSEN_WIDTHS ? opt->widths : CHOSEN_WIDTHS;
    p->width = ew_alloc_zero((size_t) most, sizeof *p->width, ctx);
    if (!p->width)
        return EW_MEMORY;
    ew_status status =
        opt->widths ? given_widths(p, opt, ctx) : choose_widths(p, net, reach, ctx);
    return status == EW_OK ? choose_samples(p, net, opt, ctx) : status;
}

ew_status ew_plan_observed(ew_plan *p, const ew_measurement *m, slong n, ew_context *ctx)
{
    p->width = ew_alloc_zero((size_t) n, sizeof *p->width, ctx);
    p->layer = ew_alloc_zero((size_t) n, sizeof *p->layer, ctx);
    if (!p->width || !p->layer)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++) {
        slong w = p->widths, l = p->layers;
        while (w > 0 && p->width[w - 1] > m[i].width)
            w--;
        while (l > 0 && p->layer[l - 1] > m[i].layer)
            l--;
        if (w == 0 || p->width[w - 1] != m[i].width) {
            memmove(p->width + w + 1, p->width + w,
                    (size_t) (p->widths++ - w) * sizeof *p->width);
            p->width[w] = m[i].width;
        }
        if (l == 0 || p->layer[l - 1] != m[i].layer) {
            memmove(p->layer + l + 1, p->layer + l,
                    (size_t) (p->layers++ - l) * sizeof *p->layer);
            p->layer[l] = m[i].layer;
        }
    }
    if (p->widths > MOST_CELLS / p->layers)
        return ew_fail(ctx, EW_UNABLE, "observed: %ld widths times %ld layers are too many",
                       (long) p->widths, (long) p->layers);
    return EW_OK;
}
