#include "products/validate.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/forecast.h"
#include "products/holm.h"
#include "products/plan.h"
#include "products/regime.h"
#include "readings/sample/sample.h"

#define LEVEL 0.01
#define SLOPE "V/K^2 slope"
/* Degrees of freedom of a standard error that is as good as known. */
#define KNOWN 1e6
/* The samples of width number w are numbered from w << STREAM_BITS. */
#define STREAM_BITS 40

typedef struct {
    const ew_validate_options *opt;
    ew_setting net; /* as deep as the last layer checked */
    ew_forecast *forecast;
    ew_plan plan;
    slong slope_of; /* the quantity V, or -1: no slope */
    double *weight; /* [layers]: the slope is sum weight * n Var */
    double *scale;  /* [layers * quantities]: ew_prediction's, at the widest layer */
    ew_validation *out;
    double df;
} validation;

const char *ew_verdict_name(ew_verdict v)
{
    return v == EW_PASS ? "pass" : v == EW_FAIL ? "fail" : "out-of-regime";
}

void ew_validation_free(ew_validation *v)
{
    if (!v)
        return;
    for (slong i = 0; v->quantity && i < 2 * v->quantities; i++)
        free(v->quantity[i]);
    free(v->quantity);
    free(v->check);
    free(v->width);
    free(v->layer);
    free(v->point);
    free(v->entries);
    free(v->leading);
    free(v->next);
    free(v->slope);
    free(v);
}

static ew_status cut_network(ew_setting *net, slong depth, ew_context *ctx)
{
    const ew_scalar_list *list[] = {&net->cw, &net->cb, &net->lambda_w, &net->lambda_b};
    int per_layer = net->widths > 1;
    for (int i = 0; i < 4; i++)
        per_layer |= list[i]->n > 1;
    if (per_layer && depth > net->depth)
        return ew_fail(ctx, EW_USAGE, "depth: layer %ld is beyond the network's lists of %ld",
                       (long) depth, (long) net->depth);
    if (net->widths > 1)
        net->widths = depth;
    net->depth = depth;
    return EW_OK;
}

/* ---- what is predicted ---- */

/* theory.md section 5, the L/n law: V/K^2 is linear in the layer.  The least-squares slope over
 * the layers checked is one linear functional of the sampled variances, K being tested by
 * itself. */
static ew_status set_slope(validation *x, ew_context *ctx)
{
    const ew_plan *p = &x->plan;
    slong k = ew_forecast_letter(x->forecast, "K");
    double mean = 0, square = 0;
    x->slope_of = p->layers < 2 || k < 0 ? -1 : ew_forecast_letter(x->forecast, "V");
    x->weight = ew_alloc_zero((size_t) p->layers, sizeof *x->weight, ctx);
    if (!x->weight)
        return EW_MEMORY;
    for (slong i = 0; i < p->layers; i++)
        mean += (double) p->layer[i] / (double) p->layers;
    for (slong i = 0; i < p->layers; i++)
        square += ((double) p->layer[i] - mean) * ((double) p->layer[i] - mean);
    for (slong i = 0; i < p->layers && x->slope_of >= 0; i++) {
        double kernel = ew_forecast_at(x->forecast, p->layer[i], k, 0);
        x->weight[i] = ((double) p->layer[i] - mean) / square / (kernel * kernel);
        if (!isfinite(x->weight[i]))
            x->slope_of = -1;
    }
    return EW_OK;
}

static double perturbed(const validation *x, const char *quantity, double c)
{
    const char *name = x->opt->perturb;
    return name && strcmp(name, quantity) == 0 ? c * x->opt->factor : c;
}

/* Coefficients of quantity q at a layer.  A perturbed name that c_0 and c_1 share means c_0. */
static ew_prediction predicted(const validation *x, slong layer, slong q)
{
    const ew_forecast *f = x->forecast;
    ew_prediction want = {f->given[q], {0}, 0};
    for (int k = 0; k < want.n; k++) {
        const char *letter = f->letter[2 * q + k];
        want.c[k] = ew_forecast_at(f, layer, q, k);
        if (k == 0 || strcmp(letter, f->letter[2 * q]) != 0)
            want.c[k] = perturbed(x, letter, want.c[k]);
    }
    return want;
}

static ew_prediction predicted_slope(const validation *x)
{
    ew_prediction want = {x->forecast->given[x->slope_of], {0}, 0};
    for (slong i = 0; i < x->plan.layers; i++) {
        ew_prediction v = predicted(x, x->plan.layer[i], x->slope_of);
        for (int k = 0; k < want.n; k++)
            want.c[k] += x->weight[i] * v.c[k];
    }
    want.c[0] = perturbed(x, SLOPE, want.c[0]);
    return want;
}

static double slope_move(const validation *x)
{
    ew_prediction want = {0};
    if (x->slope_of >= 0)
        want = predicted_slope(x);
    return want.n > 1 && want.c[0] != 0 ? fabs(want.c[1] / want.c[0]) : 0;
}

/* ---- what is sampled ---- */

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

static ew_estimate sampled_slope(const validation *x, const ew_sample_table *t, slong term,
                                 double n)
{
    double value[EW_SAMPLE_BATCHES];
    for (slong b = 0; b < t->batches; b++) {
        value[b] = 0;
        for (slong i = 0; i < x->plan.layers; i++)
            value[b] += x->weight[i] * n * batch_value(t, b, x->plan.layer[i], term);
    }
    return over_batches(value, t->batches);
}

static ew_status keep(validation *x, slong w, const ew_sample_table *t, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    double n = (double) x->plan.width[w];
    x->df = (double) (t->batches - 1);
    for (slong q = 0; q < f->quantities; q++) {
        slong term = ew_sample_term(t, (const char *const *) f->of[q], f->of_n[q]);
        if (term < 0)
            return ew_fail(ctx, EW_UNABLE, "validate: %s is not sampled", f->letter[2 * q]);
        for (slong l = 0; l < x->plan.layers; l++) {
            slong layer = x->plan.layer[l], at = l * f->quantities + q;
            x->out->point[w * x->plan.layers * f->quantities + at] =
                sampled(t, layer, term, pow(n, (double) f->of_n[q] - 1));
            x->scale[at] = n * t->spread[(layer - 1) * t->terms + term];
        }
        if (q == x->slope_of)
            x->out->slope[w] = sampled_slope(x, t, term, n);
    }
    return EW_OK;
}

/* The progress of one width as a part of the whole. */
typedef struct {
    ew_progress_fn fn;
    void *data;
    double from, part;
} partial;

static void report_part(void *data, double fraction, const char *what)
{
    const partial *p = data;
    if (p->fn)
        p->fn(p->data, p->from + p->part * fraction, what);
}

static ew_status sample_width(validation *x, slong w, ew_context *ctx)
{
    ew_sample_options opt = {.width = x->plan.width[w],
                             .samples = x->plan.samples,
                             .first = (uint64_t) w << STREAM_BITS,
                             .seed = x->opt->seed,
                             .descent = x->opt->descent,
                             .moments = x->opt->moments > 2 ? x->opt->moments : 2,
                             .sampler =
                                 x->opt->network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN};
    ew_sample_table *t;
    ew_status status = ew_sample_chain(&t, &x->net, &opt, ctx);
    if (status == EW_OK)
        status = keep(x, w, t, ctx);
    ew_sample_free(t);
    return status;
}

static ew_status sample_all(validation *x, ew_context *ctx)
{
    partial p = {ctx->progress, ctx->progress_data, 0, 0};
    double total = 0;
    ew_status status = EW_OK;
    for (slong w = 0; w < x->plan.widths; w++)
        total += (double) x->plan.width[w];
    ew_context_on_progress(ctx, report_part, &p);
    for (slong w = 0; w < x->plan.widths && status == EW_OK; w++) {
        p.part = (double) x->plan.width[w] / total;
        status = sample_width(x, w, ctx);
        p.from += p.part;
    }
    ew_context_on_progress(ctx, p.fn, p.data);
    return status;
}

/* ---- what comes of it ---- */

/* A quantity that does not fluctuate is known up to rounding. */
static ew_point point_at(const validation *x, slong w, ew_estimate e)
{
    double least = 16 * DBL_EPSILON * fabs(e.mean) + DBL_MIN;
    return (ew_point){1 / (double) x->plan.width[w], e.mean, fmax(e.se, least), x->df};
}

static ew_status add_checks(validation *x, const ew_point *point, slong n, ew_prediction want,
                            const ew_check *named, ew_context *ctx)
{
    ew_check *c = &x->out->check[x->out->n];
    ew_status status = ew_regime_test(c, point, n, want, ctx);
    for (int k = 0; k < want.n; k++) {
        c[k].quantity = named[k].quantity;
        c[k].layer = named[k].layer;
        c[k].order = named[k].order;
    }
    x->out->n += want.n;
    return status;
}

static ew_status check_quantity(validation *x, slong l, slong q, ew_point *point,
                                ew_context *ctx)
{
    ew_validation *v = x->out;
    ew_check named[2];
    slong n = 0;
    for (slong w = 0; w < v->widths; w++) {
        ew_estimate e = v->point[(w * v->layers + l) * v->quantities + q];
        if (!isnan(e.mean))
            point[n++] = point_at(x, w, e);
    }
    if (n == 0)
        return EW_OK;
    for (int k = 0; k < 2; k++)
        named[k] = (ew_check){.quantity = v->quantity[2 * q + k],
                              .layer = v->layer[l],
                              .order = x->forecast->of_n[q] - 1 + k};
    ew_prediction want = predicted(x, v->layer[l], q);
    want.scale = x->scale[l * v->quantities + q];
    return add_checks(x, point, n, want, named, ctx);
}

static ew_status check_slope(validation *x, ew_point *point, ew_context *ctx)
{
    ew_validation *v = x->out;
    ew_check named[2];
    for (slong w = 0; w < v->widths; w++)
        point[w] = point_at(x, w, v->slope[w]);
    for (int k = 0; k < 2; k++)
        named[k] =
            (ew_check){.quantity = SLOPE, .layer = v->layer[v->layers - 1], .order = 1 + k};
    return add_checks(x, point, v->widths, predicted_slope(x), named, ctx);
}

static ew_status check_all(validation *x, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_point *point = ew_alloc((size_t) x->plan.widths * sizeof *point, ctx);
    if (!point)
        return EW_MEMORY;
    for (slong l = 0; l < x->out->layers; l++)
        for (slong q = 0; q < x->out->quantities && status == EW_OK; q++)
            status = check_quantity(x, l, q, point, ctx);
    if (status == EW_OK && x->slope_of >= 0)
        status = check_slope(x, point, ctx);
    free(point);
    return status;
}

static ew_status judge(ew_validation *v, ew_context *ctx)
{
    double *p = ew_alloc((size_t) (2 * v->n) * sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    for (slong i = 0; i < v->n; i++)
        p[i] = v->check[i].p;
    ew_status status = ew_holm(p + v->n, p, v->n, ctx);
    int failed = 0, outside = 0;
    for (slong i = 0; i < v->n && status == EW_OK; i++) {
        v->check[i].adjusted = p[v->n + i];
        if (v->check[i].verdict == EW_PASS && !(p[v->n + i] > v->level))
            v->check[i].verdict = EW_FAIL;
        failed |= v->check[i].verdict == EW_FAIL;
        outside |= v->check[i].verdict == EW_OUT_OF_REGIME;
    }
    v->verdict = failed ? EW_FAIL : outside ? EW_OUT_OF_REGIME : EW_PASS;
    free(p);
    return status;
}

static ew_status new_validation(validation *x, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    ew_plan *p = &x->plan;
    ew_validation *v = x->out = ew_alloc_zero(1, sizeof *v, ctx);
    if (!v)
        return EW_MEMORY;
    size_t values = (size_t) (p->layers * f->quantities);
    v->level = x->opt->level > 0 ? x->opt->level : LEVEL;
    v->samples = p->samples;
    v->seed = x->opt->seed;
    v->widths = p->widths;
    v->layers = p->layers;
    v->quantities = f->quantities;
    v->check = ew_alloc_zero(2 * values + 2, sizeof *v->check, ctx);
    v->quantity = ew_alloc_zero(2 * (size_t) f->quantities, sizeof *v->quantity, ctx);
    v->point = ew_alloc_zero((size_t) p->widths * values, sizeof *v->point, ctx);
    v->entries = ew_alloc_zero((size_t) f->quantities, sizeof *v->entries, ctx);
    v->leading = ew_alloc_zero(values, sizeof *v->leading, ctx);
    v->next = ew_alloc_zero(values, sizeof *v->next, ctx);
    v->slope =
        x->slope_of < 0 ? NULL : ew_alloc_zero((size_t) p->widths, sizeof *v->slope, ctx);
    v->width = ew_alloc((size_t) p->widths * sizeof *v->width, ctx);
    v->layer = ew_alloc((size_t) p->layers * sizeof *v->layer, ctx);
    if (!v->check || !v->quantity || !v->point || !v->entries || !v->leading || !v->next ||
        !v->width || !v->layer || (x->slope_of >= 0 && !v->slope))
        return EW_MEMORY;
    memcpy(v->width, p->width, (size_t) p->widths * sizeof *v->width);
    memcpy(v->layer, p->layer, (size_t) p->layers * sizeof *v->layer);
    memcpy(v->entries, f->of_n, (size_t) f->quantities * sizeof *v->entries);
    for (slong l = 0; l < v->layers; l++)
        for (slong q = 0; q < v->quantities; q++) {
            slong at = l * v->quantities + q;
            v->leading[at] = ew_forecast_at(f, v->layer[l], q, 0);
            v->next[at] = f->given[q] > 1 ? ew_forecast_at(f, v->layer[l], q, 1) : NAN;
        }
    for (slong i = 0; i < 2 * f->quantities; i++)
        if (f->letter[i] && !(v->quantity[i] = ew_strdup(f->letter[i], ctx)))
            return EW_MEMORY;
    return EW_OK;
}

static ew_status prepare(validation *x, ew_context *ctx)
{
    if (x->opt->level < 0 || !(x->opt->level < 1))
        return ew_fail(ctx, EW_USAGE, "level: %g is not in (0, 1)", x->opt->level);
    ew_status status = ew_plan_layers(&x->plan, &x->net, x->opt, ctx);
    if (status == EW_OK)
        status = cut_network(&x->net, x->plan.layer[x->plan.layers - 1], ctx);
    if (status == EW_OK)
        status = ew_forecast_new(&x->forecast, &x->net, x->opt, ctx);
    if (status == EW_OK)
        status = set_slope(x, ctx);
    if (status == EW_OK)
        status = ew_plan_widths(&x->plan, &x->net, x->forecast, slope_move(x), x->opt, ctx);
    if (status == EW_OK) {
        size_t n = (size_t) (x->plan.layers * x->forecast->quantities);
        x->scale = ew_alloc_zero(n, sizeof *x->scale, ctx);
        status = x->scale ? EW_OK : EW_MEMORY;
    }
    return status == EW_OK ? new_validation(x, ctx) : status;
}

static ew_status finish(ew_validation **out, validation *x, ew_status status, ew_context *ctx)
{
    if (status == EW_OK)
        status = check_all(x, ctx);
    if (status == EW_OK)
        status = judge(x->out, ctx);
    ew_forecast_free(x->forecast);
    ew_plan_clear(&x->plan);
    free(x->weight);
    free(x->scale);
    if (status == EW_OK)
        *out = x->out;
    else
        ew_validation_free(x->out);
    return status;
}

ew_status ew_validate_chain(ew_validation **out, const ew_setting *net,
                            const ew_validate_options *opt, ew_context *ctx)
{
    validation x = {.opt = opt, .net = *net};
    *out = NULL;
    ew_status status = prepare(&x, ctx);
    if (status == EW_OK)
        status = sample_all(&x, ctx);
    return finish(out, &x, status, ctx);
}

/* ---- somebody's own measurements ---- */

static ew_status place(validation *x, const ew_measurement *m, const char *name,
                       ew_context *ctx)
{
    const ew_plan *p = &x->plan;
    slong w = 0, l = 0, q = ew_forecast_letter(x->forecast, m->quantity);
    if (q < 0)
        return ew_fail(ctx, EW_USAGE,
                       "%s: line %ld: %.40s is not predicted (ntk, dntk and moments add more)",
                       name, (long) m->line, m->quantity);
    while (p->width[w] != m->width)
        w++;
    while (p->layer[l] != m->layer)
        l++;
    ew_estimate *e = x->out->point + (w * p->layers + l) * x->forecast->quantities + q;
    double scale = pow((double) m->width, (double) x->forecast->of_n[q] - 1);
    if (!isnan(e->mean))
        return ew_fail(ctx, EW_USAGE, "%s: line %ld: %s of this layer and width occurs twice",
                       name, (long) m->line, m->quantity);
    *e = (ew_estimate){scale * m->mean, scale * m->se};
    return isfinite(e->mean) && isfinite(e->se)
               ? EW_OK
               : ew_fail(ctx, EW_USAGE, "%s: line %ld: too large", name, (long) m->line);
}

static ew_status prepare_observed(validation *x, const ew_measurement *m, slong n,
                                  ew_context *ctx)
{
    ew_status status = ew_plan_observed(&x->plan, m, n, ctx);
    if (status == EW_OK)
        status = cut_network(&x->net, x->plan.layer[x->plan.layers - 1], ctx);
    if (status == EW_OK)
        status = ew_forecast_new(&x->forecast, &x->net, x->opt, ctx);
    if (status != EW_OK)
        return status;
    size_t values = (size_t) (x->plan.layers * x->forecast->quantities);
    x->scale = ew_alloc_zero(values, sizeof *x->scale, ctx);
    status = x->scale ? new_validation(x, ctx) : EW_MEMORY;
    for (size_t i = 0; status == EW_OK && i < values * (size_t) x->plan.widths; i++)
        x->out->point[i] = (ew_estimate){NAN, NAN};
    return status;
}

ew_status ew_validate_observed(ew_validation **out, const ew_setting *net,
                               const ew_validate_options *opt, const ew_measurement *m, slong n,
                               const char *name, ew_context *ctx)
{
    validation x = {.opt = opt, .net = *net, .slope_of = -1, .df = KNOWN};
    *out = NULL;
    ew_status status = prepare_observed(&x, m, n, ctx);
    for (slong i = 0; status == EW_OK && i < n; i++)
        status = place(&x, m + i, name, ctx);
    return finish(out, &x, status, ctx);
}

ew_status ew_validation_status(const ew_validation *v, ew_context *ctx)
{
    if (v->verdict == EW_PASS)
        return EW_OK;
    const ew_check *c = v->check;
    while (c->verdict != v->verdict)
        c++;
    if (v->verdict == EW_FAIL)
        return ew_fail(
            ctx, EW_FAILED,
            "%s at layer %ld, order %ld: predicted %.6g, sampled %.6g +- %.2g (z = %.1f)",
            c->quantity, (long) c->layer, (long) c->order, c->predicted, c->observed, c->se,
            c->z);
    if (c->widths < EW_VALIDATE_WIDTHS)
        return ew_fail(ctx, EW_UNABLE, "out-of-regime: a fit needs %d widths, not %ld",
                       EW_VALIDATE_WIDTHS, (long) c->widths);
    return ew_fail(ctx, EW_UNABLE,
                   "out-of-regime: %s at layer %ld moves by %.0f%% at the widths given",
                   c->quantity, (long) c->layer, 100 * c->regime);
}
