#include "products/sde_validate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/fit.h"
#include "products/holm.h"
#include "products/sde_law.h"

#define BITS 64
#define SAMPLES 10000
/* Of the fits: c_0, c_1, c_2. */
#define TERMS 3
/* Quantile 0.99 of Kolmogorov's distribution. */
#define KOLMOGOROV 1.6276

const double ew_sde_level[EW_SDE_LEVELS] = {0.05, 0.25, 0.5, 0.75, 0.95};
static const uint64_t some_widths[] = {16, 32, 64, 128};

void ew_sde_validation_free(ew_sde_validation *v)
{
    if (!v)
        return;
    for (slong s = 0; v->statistic && s < v->statistics; s++) {
        ew_marginal_free(v->statistic[s].marginal);
        free(v->statistic[s].path);
    }
    for (slong i = 0; v->sample && i < v->statistics * v->widths; i++)
        free(v->sample[i]);
    free(v->statistic);
    free(v->width);
    free(v->depth);
    free(v->sample);
    free(v->distance);
    free(v->share);
    free(v->check);
    free(v);
}

/* An unshaped network with kinks: q = l^2 (1 - rho_l). */
static int is_angle(const ew_sde_model *model)
{
    return model->shaping == EW_SHAPING_NONE && model->activation->kinks > 0;
}

/* Variances are n K. */
static int is_scaled(const ew_sde_model *model)
{
    return model->shaping == EW_SHAPING_NONE && !model->activation->homogeneous;
}

static ew_status allocate(ew_sde_validation **out, const ew_sde_model *model,
                          const ew_setting *net, const ew_sde_validate_options *opt,
                          ew_context *ctx)
{
    ew_sde_validation *v = ew_alloc_zero(1, sizeof *v, ctx);
    *out = v;
    if (!v)
        return EW_MEMORY;
    v->time = opt->time > 0 ? opt->time : 1;
    v->level = opt->level > 0 ? opt->level : 0.01;
    v->samples = opt->samples ? opt->samples : SAMPLES;
    v->seed = opt->seed;
    v->statistics = is_angle(model) ? 1 : net->inputs;
    v->widths = opt->widths ? opt->widths : (slong) (sizeof some_widths / sizeof *some_widths);
    v->checks = v->statistics * EW_SDE_LEVELS;
    v->critical = KOLMOGOROV / sqrt((double) v->samples);
    size_t n = (size_t) (v->statistics * v->widths);
    v->statistic = ew_alloc_zero((size_t) v->statistics, sizeof *v->statistic, ctx);
    v->width = ew_alloc_zero((size_t) v->widths, sizeof *v->width, ctx);
    v->depth = ew_alloc_zero((size_t) v->widths, sizeof *v->depth, ctx);
    v->sample = ew_alloc_zero(n, sizeof *v->sample, ctx);
    v->distance = ew_alloc_zero(n, sizeof *v->distance, ctx);
    v->share = ew_alloc_zero(n * EW_SDE_LEVELS, sizeof *v->share, ctx);
    v->check = ew_alloc_zero((size_t) v->checks, sizeof *v->check, ctx);
    if (!v->statistic || !v->width || !v->depth || !v->sample || !v->distance || !v->share ||
        !v->check)
        return EW_MEMORY;
    memcpy(v->width, opt->widths ? opt->width : some_widths,
           (size_t) v->widths * sizeof *v->width);
    return EW_OK;
}

/* Depth 1 + T n, T n a whole number: else the times would differ. */
static ew_status set_depths(ew_sde_validation *v, ew_context *ctx)
{
    for (slong w = 0; w < v->widths; w++) {
        double steps = v->time * (double) v->width[w], whole = round(steps);
        if (whole < 1 || fabs(steps - whole) > 1e-9 * steps)
            return ew_fail(ctx, EW_USAGE,
                           "time: %g times width %" PRIu64 " is not a whole number of layers",
                           v->time, v->width[w]);
        if (whole >= EW_MAX_DEPTH)
            return ew_fail(ctx, EW_USAGE, "time: more than %d layers at width %" PRIu64,
                           EW_MAX_DEPTH, v->width[w]);
        v->depth[w] = 1 + (slong) whole;
    }
    return EW_OK;
}

static ew_status check(const ew_sde_model *model, const ew_setting *net,
                       const ew_sde_validate_options *opt, ew_context *ctx)
{
    if (net->inputs > 2)
        return ew_fail(ctx, EW_UNABLE, "validate: the limit is compared for one or two inputs");
    if (opt->widths && opt->widths < EW_VALIDATE_WIDTHS)
        return ew_fail(ctx, EW_USAGE, "width: at least %d of them, to fit their approach",
                       EW_VALIDATE_WIDTHS);
    if (is_angle(model) && net->inputs != 2)
        return ew_fail(ctx, EW_USAGE, "gram: of two inputs, for q = l^2 (1 - rho)");
    if (model->clock != EW_CLOCK_WIDTH)
        return ew_fail(ctx, EW_UNABLE, "validate: depth in units of the width only");
    return EW_OK;
}

/* Ghat^(1) of the setting; K = k/n starts from infinity. */
static ew_status start(double *v0, const ew_sde *sde, const ew_sde_model *model,
                       const ew_setting *net, ew_context *ctx)
{
    arb_t x;
    arb_init(x);
    ew_status status = EW_OK;
    for (slong p = 0; p < sde->n && status == EW_OK; p++) {
        status = ew_scalar_ball(x, net->gram + p, BITS, ctx);
        v0[p] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    }
    if (is_scaled(model))
        v0[0] = INFINITY;
    arb_clear(x);
    return status;
}

static ew_status limiting_laws(ew_sde_validation *v, const ew_sde_model *model,
                               const ew_setting *net, ew_context *ctx)
{
    double v0[3] = {0};
    ew_sde *sde;
    ew_sde_model wanted = *model;
    wanted.inputs = net->inputs;
    ew_status status = is_angle(model) ? ew_sde_angle(&sde, model->activation, 2, ctx)
                                       : ew_sde_derive(&sde, &wanted, ctx);
    if (status != EW_OK)
        return status;
    if (!is_angle(model))
        status = start(v0, sde, model, net, ctx);
    for (slong s = 0; s < v->statistics && status == EW_OK; s++)
        status = ew_sde_statistic_law(v->statistic + s, sde, s == 1, v0, v->time, v->seed, ctx);
    ew_sde_free(sde);
    return status;
}

/* ---- samples ---- */

static double correlation(const double *ghat, uint64_t n, uint64_t i)
{
    double rho = ghat[n + i] / sqrt(ghat[i]) / sqrt(ghat[2 * n + i]);
    return rho > 1 ? 1 : rho < -1 ? -1 : rho;
}

/* Statistic s of sample i of n, at width number w. */
static double statistic_of(const ew_sde_validation *v, slong s, slong w, const double *ghat,
                           uint64_t i, const ew_sde_model *model)
{
    double steps = (double) (v->depth[w] - 1);
    if (is_angle(model))
        return steps * steps * (1 - correlation(ghat, v->samples, i));
    if (s == 0)
        return ghat[i] * (is_scaled(model) ? (double) v->width[w] : 1);
    return correlation(ghat, v->samples, i);
}

/* The greatest distance of the empirical distribution from the law's. */
static double kolmogorov(const ew_sde_statistic *s, const double *x, uint64_t n)
{
    double most = 0, total = (double) n;
    for (uint64_t i = 0; i < n; i++) {
        double p = ew_sde_statistic_distribution(s, x[i]);
        most =
            fmax(most, fmax(fabs(p - (double) i / total), fabs((double) (i + 1) / total - p)));
    }
    return most;
}

static void set_shares(ew_sde_validation *v, slong at, const ew_sde_statistic *s)
{
    const double *x = v->sample[at];
    uint64_t i = 0;
    for (int l = 0; l < EW_SDE_LEVELS; l++) {
        while (i < v->samples && x[i] <= s->quantile[l])
            i++;
        v->share[at * EW_SDE_LEVELS + l] = (double) i / (double) v->samples;
    }
}

static ew_status sample_width(ew_sde_validation *v, slong w, const ew_sde_model *model,
                              const ew_setting *net, int network, ew_context *ctx)
{
    double *ghat;
    ew_sample_options opt = {.width = v->width[w],
                             .samples = v->samples,
                             .first = (uint64_t) w * v->samples,
                             .seed = v->seed,
                             .sampler = network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN};
    ew_status status = ew_sde_network_sample(&ghat, model, net, v->depth[w], &opt, ctx);
    if (status != EW_OK)
        return status;
    for (slong s = 0; s < v->statistics && status == EW_OK; s++) {
        slong at = s * v->widths + w;
        double *x = v->sample[at] = ew_alloc(v->samples * sizeof *x, ctx);
        if (!x) {
            status = EW_MEMORY;
            break;
        }
        for (uint64_t i = 0; i < v->samples; i++)
            x[i] = statistic_of(v, s, w, ghat, i, model);
        ew_sde_sort(x, v->samples);
        v->distance[at] = kolmogorov(v->statistic + s, x, v->samples);
        set_shares(v, at, v->statistic + s);
    }
    free(ghat);
    return status;
}

/* ---- tests ---- */

static ew_status fit_check(const ew_sde_validation *v, ew_sde_check *c, int half,
                           ew_context *ctx)
{
    const ew_sde_statistic *s = v->statistic + c->statistic;
    double n = (double) v->samples, p = ew_sde_level[c->level];
    ew_point *point = ew_alloc_zero((size_t) v->widths, sizeof *point, ctx);
    if (!point)
        return EW_MEMORY;
    for (slong w = 0; w < v->widths; w++) {
        slong at = c->statistic * v->widths + w;
        double width = (double) v->width[w];
        /* Errors of the law itself, so that shares can vary independently of what is fitted. */
        double variance = p * (1 - p) * (1 / n + (s->marginal ? 0 : 1 / (double) s->paths));
        point[w] = (ew_point){.x = half ? 1 / sqrt(width) : 1 / width,
                              .y = v->share[at * EW_SDE_LEVELS + c->level],
                              .se = sqrt(variance),
                              .df = 1e9};
    }
    ew_fit fit;
    ew_status status = ew_fit_series(&fit, point, (long) v->widths, TERMS, ctx);
    free(point);
    if (status != EW_OK)
        return status;
    c->predicted = p;
    c->observed = fit.c[0];
    c->se = fit.se[0];
    c->z = (c->observed - p) / c->se;
    c->p = erfc(fabs(c->z) / sqrt(2));
    return EW_OK;
}

static ew_status judge(ew_sde_validation *v, int half, ew_context *ctx)
{
    double *p = ew_alloc(2 * (size_t) v->checks * sizeof *p, ctx), *adjusted = p + v->checks;
    ew_status status = p ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < v->checks && status == EW_OK; i++) {
        v->check[i].statistic = i / EW_SDE_LEVELS;
        v->check[i].level = (int) (i % EW_SDE_LEVELS);
        status = fit_check(v, v->check + i, half, ctx);
        p[i] = v->check[i].p;
    }
    if (status == EW_OK)
        status = ew_holm(adjusted, p, (long) v->checks, ctx);
    v->verdict = EW_PASS;
    for (slong i = 0; i < v->checks && status == EW_OK; i++) {
        v->check[i].adjusted = adjusted[i];
        v->check[i].verdict = adjusted[i] <= v->level ? EW_FAIL : EW_PASS;
        if (v->check[i].verdict == EW_FAIL)
            v->verdict = EW_FAIL;
    }
    free(p);
    return status;
}

ew_status ew_sde_validate(ew_sde_validation **out, const ew_sde_model *model,
                          const ew_setting *net, const ew_sde_validate_options *opt,
                          ew_context *ctx)
{
    ew_sde_validation *v = NULL;
    *out = NULL;
    ew_status status = check(model, net, opt, ctx);
    if (status == EW_OK)
        status = allocate(&v, model, net, opt, ctx);
    if (status == EW_OK)
        status = set_depths(v, ctx);
    if (status == EW_OK)
        status = limiting_laws(v, model, net, ctx);
    for (slong w = 0; status == EW_OK && w < v->widths; w++)
        status = sample_width(v, w, model, net, opt->network, ctx);
    if (status == EW_OK)
        status = judge(v, model->shaping == EW_SHAPING_RELU, ctx);
    if (status == EW_OK)
        *out = v;
    else
        ew_sde_validation_free(v);
    return status;
}

ew_status ew_sde_validation_status(const ew_sde_validation *v, ew_context *ctx)
{
    for (slong i = 0; i < v->checks; i++) {
        const ew_sde_check *c = v->check + i;
        if (c->verdict == EW_FAIL)
            return ew_fail(
                ctx, EW_FAILED, "P(%s <= %.4g) tends to %.4f, predicted %.2f, z = %.1f",
                v->statistic[c->statistic].name, v->statistic[c->statistic].quantile[c->level],
                c->observed, c->predicted, c->z);
    }
    return EW_OK;
}
