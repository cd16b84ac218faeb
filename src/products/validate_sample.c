/* Validation against samples of our own. */
#include <math.h>
#include <stdlib.h>

#include "products/partial.h"
#include "products/validation.h"
#include "readings/sample/preactivation.h"
#include "readings/sample/sample.h"

/* The samples of width number w are numbered from w << STREAM_BITS. */
#define STREAM_BITS 40

/* Mean over the batches and its standard error. */
static ew_estimate over_batches(const double *value, slong n)
{
    double mean = 0, square = 0;
    for (slong b = 0; b < n; b++)
        mean += value[b] / (double) n;
    for (slong b = 0; b < n; b++)
        square += (value[b] - mean) * (value[b] - mean);
    return (ew_estimate){mean, sqrt(square / ((double) n * (double) (n - 1)))};
}

static double batch_value(const ew_sample_table *t, slong batch, slong layer, slong term)
{
    return t->batch[(batch * t->layers + layer - 1) * t->terms + term];
}

static ew_estimate sampled(const ew_sample_table *t, slong layer, slong term, double scale)
{
    double value[EW_SAMPLE_BATCHES];
    for (slong b = 0; b < t->batches; b++)
        value[b] = scale * batch_value(t, b, layer, term);
    return over_batches(value, t->batches);
}

static ew_estimate sampled_slope(const ew_validating *x, const ew_sample_table *t, slong term,
                                 double n)
{
    double value[EW_SAMPLE_BATCHES];
    for (slong b = 0; b < t->batches; b++) {
        value[b] = 0;
        for (slong i = 0; i < x->plan.layers; i++)
            value[b] += x->slope.weight[i] * n * batch_value(t, b, x->plan.layer[i], term);
    }
    return over_batches(value, t->batches);
}

/* The neurons' own cumulants. */
static ew_status keep_preactivation(ew_validating *x, slong w, slong q,
                                    const ew_preactivation_table *p, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    double n = (double) x->plan.width[w], value[EW_SAMPLE_BATCHES];
    double scale = pow(n, (double) f->of_n[q] - 1);
    slong s = ew_preactivation_find(p, f->of[q][0]);
    if (s < 0)
        return ew_fail(ctx, EW_UNABLE, "validate: %s is not sampled", f->of[q][0]);
    for (slong l = 0; l < x->plan.layers; l++) {
        slong at = (x->plan.layer[l] - 1) * p->statistics + s;
        for (slong b = 0; b < p->batches; b++)
            value[b] = scale * p->batch[b * p->layers * p->statistics + at];
        x->out->point[(w * x->plan.layers + l) * f->quantities + q] =
            over_batches(value, p->batches);
    }
    return EW_OK;
}

static ew_status keep(ew_validating *x, slong w, const ew_sample_table *t,
                      const ew_preactivation_table *p, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    double n = (double) x->plan.width[w];
    x->df = (double) (t->batches - 1);
    for (slong q = 0; q < f->quantities; q++) {
        if (f->neurons[q]) {
            ew_status status = keep_preactivation(x, w, q, p, ctx);
            if (status != EW_OK)
                return status;
            continue;
        }
        slong term = ew_sample_term(t, (const char *const *) f->of[q], f->of_n[q]);
        if (term < 0)
            return ew_fail(ctx, EW_UNABLE, "validate: %s is not sampled", f->letter[2 * q]);
        for (slong l = 0; l < x->plan.layers; l++)
            x->out->point[(w * x->plan.layers + l) * f->quantities + q] =
                sampled(t, x->plan.layer[l], term, pow(n, (double) f->of_n[q] - 1));
        if (q == x->slope.of)
            x->out->slope[w] = sampled_slope(x, t, term, n);
    }
    return EW_OK;
}

static ew_status sample_width(uint64_t *drawn, ew_validating *x, slong w, ew_context *ctx)
{
    ew_sample_options opt = {.width = x->plan.width[w],
                             .samples = x->plan.samples,
                             .first = (uint64_t) w << STREAM_BITS,
                             .seed = x->opt->seed,
                             .descent = x->opt->descent,
                             .moments = x->opt->moments > 2 ? x->opt->moments : 2,
                             .keeper = x->opt->keeper,
                             .drawn = drawn,
                             .sampler =
                                 x->opt->network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN};
    ew_sample_table *t;
    ew_preactivation_table *p = NULL;
    ew_status status = ew_sample_chain(&t, &x->net, &opt, ctx);
    if (status == EW_OK && x->opt->preactivations)
        status = ew_sample_preactivations(&p, &x->net, &opt, ctx);
    if (status == EW_OK)
        status = keep(x, w, t, p, ctx);
    ew_preactivation_free(p);
    ew_sample_free(t);
    return status;
}

static ew_status sample_all(ew_validating *x, ew_context *ctx)
{
    ew_partial p;
    double total = 0, start = ew_seconds();
    uint64_t drawn = 0;
    ew_status status = EW_OK;
    for (slong w = 0; w < x->plan.widths; w++)
        total += (double) x->plan.width[w];
    ew_partial_begin(&p, ctx);
    for (slong w = 0; w < x->plan.widths && status == EW_OK; w++) {
        p.part = (double) x->plan.width[w] / total;
        status = sample_width(&drawn, x, w, ctx);
        p.from += p.part;
    }
    ew_partial_end(&p, ctx);
    if (status == EW_OK)
        ew_sample_report(drawn, ew_seconds() - start, ctx);
    return status;
}

/* What every series that will be checked needs. */
static ew_reach find_reach(const ew_validating *x)
{
    ew_reach reach = {0};
    ew_prediction p;
    for (slong l = 0; l < x->plan.layers; l++)
        for (slong q = 0; q < x->forecast->quantities; q++) {
            p = ew_validating_predicted(x, l, q);
            if (p.known > 1)
                ew_reach_series(&reach, &p);
            else
                ew_reach_leading(&reach, x->forecast, x->plan.layer[l], q);
        }
    if (x->slope.of >= 0) {
        p = ew_validating_slope(x);
        ew_reach_series(&reach, &p);
    }
    return reach;
}

static ew_status prepare(ew_validating *x, ew_context *ctx)
{
    ew_status status = ew_plan_layers(&x->plan, &x->net, x->opt, ctx);
    if (status == EW_OK)
        status = ew_validating_predict(x, ctx);
    if (status == EW_OK)
        status = ew_slope_set(&x->slope, &x->plan, x->forecast, NULL, ctx);
    if (status != EW_OK)
        return status;
    ew_reach reach = find_reach(x);
    status = ew_plan_widths(&x->plan, &x->net, &reach, x->opt, ctx);
    return status == EW_OK ? ew_validating_open(x, ctx) : status;
}

ew_status ew_validate_chain(ew_validation **out, const ew_setting *net,
                            const ew_validate_options *opt, ew_context *ctx)
{
    ew_validating x = {.opt = opt, .net = *net, .slope = {.of = -1}};
    *out = NULL;
    ew_status status = prepare(&x, ctx);
    if (status == EW_OK)
        status = sample_all(&x, ctx);
    return ew_validating_close(out, &x, status, ctx);
}
