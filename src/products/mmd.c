#include "products/mmd.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/holm.h"
#include "products/mmd_series.h"
#include "products/partial.h"
#include "products/regime.h"
#include "readings/kernel/kernel.h"
#include "readings/sample/mmd.h"

#define LEVEL 0.01
#define ORDER 3
#define DIGITS 15
#define SAMPLES 100000
/* The samples of width number w are numbered from w << STREAM_BITS. */
#define STREAM_BITS 40
/* Rounding of H, whose terms are at most 1. */
#define ROUNDING (8 * DBL_EPSILON)
/* Standard errors that an MMD^2 must be above 0 to be checked. */
#define LEAST_SIGNAL 3

typedef struct {
    const ew_mmd_options *opt;
    ew_setting net; /* as deep as the last layer */
    ew_mmd_result *out;
    double *kernel; /* [layer * pairs + pair] */
    double length;
    double df; /* of the errors */
} mmd;

void ew_mmd_free(ew_mmd_result *m)
{
    if (!m)
        return;
    ew_certified_free(m->series, m->layers * m->order);
    free(m->width);
    free(m->layer);
    free(m->point);
    free(m->why);
    free(m->rate);
    free(m->check);
    free(m);
}

/* ---- what is asked ------------------------------------------------------------------------
 */

static ew_status allocate(ew_mmd_result *m, ew_context *ctx)
{
    size_t widths = (size_t) m->widths, layers = (size_t) m->layers;
    m->width = ew_alloc_zero(widths, sizeof *m->width, ctx);
    m->layer = ew_alloc_zero(layers, sizeof *m->layer, ctx);
    m->point = ew_alloc_zero(widths * layers, sizeof *m->point, ctx);
    m->rate = ew_alloc_zero(layers, sizeof *m->rate, ctx);
    m->check = ew_alloc_zero(2 * layers, sizeof *m->check, ctx);
    return m->width && m->layer && m->point && m->rate && m->check ? EW_OK : EW_MEMORY;
}

static ew_status set_plan(mmd *x, ew_context *ctx)
{
    static const uint64_t widths[] = {5, 10, 20, 50, 100, 200, 500};
    static const slong layers[] = {2, 3, 4};
    const ew_mmd_options *opt = x->opt;
    ew_mmd_result *m = x->out = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    m->widths = opt->widths ? opt->widths : (slong) (sizeof widths / sizeof *widths);
    m->layers = opt->depths ? opt->depths : (slong) (sizeof layers / sizeof *layers);
    m->order = opt->order ? opt->order : ORDER;
    m->seed = opt->seed;
    ew_status status = allocate(m, ctx);
    if (status != EW_OK)
        return status;
    memcpy(m->width, opt->widths ? opt->width : widths, (size_t) m->widths * sizeof *m->width);
    memcpy(m->layer, opt->depths ? opt->depth : layers, (size_t) m->layers * sizeof *m->layer);
    if (m->layer[0] < 2)
        return ew_fail(ctx, EW_USAGE, "depth: layer 1 is exactly Gaussian");
    if (x->net.widths > 1)
        return ew_fail(ctx, EW_USAGE, "mmd: one width for all layers");
    x->net.depth = m->layer[m->layers - 1];
    x->net.directions = 0;
    return EW_OK;
}

static ew_status set_length(mmd *x, ew_context *ctx)
{
    arb_t l;
    arb_init(l);
    ew_status status = ew_scalar_ball(l, x->opt->length, 64, ctx);
    x->length = arf_get_d(arb_midref(l), ARF_RND_NEAR);
    if (status == EW_OK && !(x->length > 0 && isfinite(x->length)))
        status = ew_fail(ctx, EW_DOMAIN, "length: it is not positive");
    arb_clear(l);
    return status;
}

/* ---- the limit, and the prediction --------------------------------------------------------
 */

static ew_status set_kernel(mmd *x, ew_context *ctx)
{
    slong m = x->net.inputs, at = 0;
    ew_kernel_table *t;
    x->kernel = ew_alloc((size_t) (x->out->layers * m * (m + 1) / 2) * sizeof(double), ctx);
    if (!x->kernel)
        return EW_MEMORY;
    ew_status status = ew_kernel_solve(&t, &x->net, 0, 17, EW_AUTO, ctx);
    for (slong l = 0; l < x->out->layers && status == EW_OK; l++)
        for (slong a = 0; a < m; a++)
            for (slong b = a; b < m; b++) {
                slong entry = ((x->out->layer[l] - 1) * m + a) * m + b;
                x->kernel[at++] = ew_certified_double(t->nngp + entry);
            }
    ew_kernel_free(t);
    return status;
}

/* Where the engine has no cumulants the sample stands alone. */
static ew_status set_series(mmd *x, ew_context *ctx)
{
    ew_mmd_result *m = x->out;
    m->series = ew_certified_new(m->layers * m->order, ctx);
    if (!m->series)
        return EW_MEMORY;
    ew_status status = ew_mmd_series(m->series, &x->net, m->layers, m->layer, x->opt->length,
                                     m->order, x->opt->digits ? x->opt->digits : DIGITS, ctx);
    if (status != EW_UNABLE && status != EW_DOMAIN)
        return status;
    m->why = ew_strdup(ew_context_error(ctx), ctx);
    ew_certified_free(m->series, m->layers * m->order);
    m->series = NULL;
    ew_clear(ctx);
    return m->why ? EW_OK : EW_MEMORY;
}

static double coefficient(const ew_mmd_result *m, slong l, slong j)
{
    return ew_certified_double(m->series + l * m->order + j);
}

double ew_mmd_predicted(const ew_mmd_result *m, slong layer_number, double n)
{
    double sum = 0;
    for (slong j = m->order - 1; m->series && j >= 0; j--)
        sum = sum / n + coefficient(m, layer_number, j);
    return m->series ? sum / (n * n) : NAN;
}

/* ---- samples ------------------------------------------------------------------------------
 */

static ew_status sample_width(mmd *x, slong w, ew_context *ctx)
{
    ew_mmd_result *m = x->out;
    ew_mmd_question q = {m->layers, m->layer, x->kernel, x->length};
    ew_sample_options opt = {.width = m->width[w],
                             .samples = x->opt->samples ? x->opt->samples : SAMPLES,
                             .first = (uint64_t) w << STREAM_BITS,
                             .seed = m->seed,
                             .sampler =
                                 x->opt->network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN,
                             .keeper = x->opt->keeper,
                             .shard = x->opt->shard,
                             .shards = x->opt->shards};
    slong groups;
    if (opt.samples >> STREAM_BITS)
        return ew_fail(ctx, EW_USAGE, "samples: more than 2^%d at a width", STREAM_BITS);
    ew_status status =
        ew_sample_mmd(m->point + w * m->layers, &groups, &m->samples, &q, &x->net, &opt, ctx);
    x->df = (double) groups - 1;
    return status;
}

static ew_status sample_all(mmd *x, ew_context *ctx)
{
    ew_partial p;
    double total = 0;
    ew_status status = EW_OK;
    for (slong w = 0; w < x->out->widths; w++)
        total += (double) x->out->width[w];
    ew_partial_begin(&p, ctx);
    for (slong w = 0; w < x->out->widths && status == EW_OK; w++) {
        p.part = (double) x->out->width[w] / total;
        status = sample_width(x, w, ctx);
        p.from += p.part;
    }
    ew_partial_end(&p, ctx);
    return status;
}

/* ---- what comes of it ---------------------------------------------------------------------
 */

/* MMD^2 against 1/n. */
static void set_squares(ew_point *p, const mmd *x, slong l)
{
    const ew_mmd_result *m = x->out;
    for (slong w = 0; w < m->widths; w++) {
        ew_estimate e = m->point[w * m->layers + l];
        double n = (double) m->width[w];
        p[w] = (ew_point){1 / n, e.mean, hypot(e.se, ROUNDING), x->df, 0};
    }
}

/* n MMD from n of them; returns how many are left.  E sqrt(X) is sqrt(E X) (1 - r^2/8 + ...), r
 * the relative error.  Of MMD^2, of order n^-2, it is O(n^(1/2)). */
static slong set_roots(ew_point *p, slong n)
{
    slong used = 0;
    for (slong i = 0; i < n; i++) {
        double y = p[i].y, se = p[i].se, r = se / y;
        if (y <= LEAST_SIGNAL * se)
            continue;
        p[used] = p[i];
        p[used].y = sqrt(y) * (1 + r * r / 8) / p[i].x;
        p[used].se = se / (2 * sqrt(y)) / p[i].x;
        p[used++].unit = 1 / sqrt(p[i].x);
    }
    return used;
}

/* b_0 + b_1/n + ... = sqrt(c_0 + c_1/n + ...), whose first coefficient is positive. */
static ew_prediction predicted_root(const mmd *x, slong l)
{
    const ew_mmd_result *m = x->out;
    slong known = m->order < EW_FORECAST_TERMS ? m->order : EW_FORECAST_TERMS;
    ew_prediction want = {.n = known > 2 ? 2 : (int) known,
                          .known = known > 2 ? 3 : (int) known};
    want.c[0] = sqrt(coefficient(m, l, 0) * (x->opt->factor > 0 ? x->opt->factor : 1));
    for (int k = 1; k < want.known; k++) {
        double c = coefficient(m, l, k);
        for (int i = 1; i < k; i++)
            c -= want.c[i] * want.c[k - i];
        want.c[k] = c / (2 * want.c[0]);
    }
    return want;
}

/* p: MMD^2 at all widths. */
static ew_status check_layer(mmd *x, ew_point *p, slong l, ew_context *ctx)
{
    ew_mmd_result *m = x->out;
    ew_check *c = m->check + m->n;
    ew_prediction want = predicted_root(x, l);
    slong used, n = set_roots(p, m->widths);
    if (n == 0 || !(want.c[0] > 0))
        return EW_OK;
    ew_status status = ew_regime_test(c, &used, p, n, &want, ctx);
    for (int k = 0; k < want.n; k++) {
        c[k].quantity = "MMD";
        c[k].layer = m->layer[l];
        c[k].order = 1 + k;
    }
    m->n += want.n;
    return status;
}

static ew_status judge(ew_mmd_result *m, ew_context *ctx)
{
    double *p = ew_alloc((size_t) (2 * m->n + 1) * sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    int failed = 0, outside = 0;
    for (slong i = 0; i < m->n; i++)
        p[i] = m->check[i].p;
    ew_status status = ew_holm(p + m->n, p, m->n, ctx);
    for (slong i = 0; i < m->n && status == EW_OK; i++) {
        ew_check *c = m->check + i;
        c->adjusted = p[m->n + i];
        if (c->verdict == EW_PASS && !(c->adjusted > LEVEL))
            c->verdict = EW_FAIL;
        failed |= c->verdict == EW_FAIL;
        outside |= c->verdict == EW_OUT_OF_REGIME;
    }
    m->verdict = failed ? EW_FAIL : outside ? EW_OUT_OF_REGIME : EW_PASS;
    free(p);
    return status;
}

static ew_status conclude(mmd *x, ew_context *ctx)
{
    ew_mmd_result *m = x->out;
    ew_point *p = ew_alloc((size_t) m->widths * sizeof *p, ctx);
    ew_status status = p ? EW_OK : EW_MEMORY;
    for (slong l = 0; l < m->layers && status == EW_OK; l++) {
        set_squares(p, x, l);
        m->rate[l] = ew_fit_power(p, (long) m->widths);
        if (m->series)
            status = check_layer(x, p, l, ctx);
    }
    free(p);
    return status == EW_OK ? judge(m, ctx) : status;
}

ew_status ew_mmd_run(ew_mmd_result **out, const ew_setting *net, const ew_mmd_options *opt,
                     ew_context *ctx)
{
    mmd x = {.opt = opt, .net = *net};
    *out = NULL;
    ew_status status = set_plan(&x, ctx);
    if (status == EW_OK)
        status = set_length(&x, ctx);
    if (status == EW_OK)
        status = set_kernel(&x, ctx);
    int share = opt->shards > 0;
    if (status == EW_OK && !share)
        status = set_series(&x, ctx);
    if (status == EW_OK)
        status = sample_all(&x, ctx);
    if (status == EW_OK && !share)
        status = conclude(&x, ctx);
    free(x.kernel);
    if (status == EW_OK && !share)
        *out = x.out;
    else
        ew_mmd_free(x.out);
    return status;
}

ew_status ew_mmd_status(const ew_mmd_result *m, ew_context *ctx)
{
    for (slong i = 0; i < m->n; i++) {
        const ew_check *c = m->check + i;
        if (c->verdict == EW_FAIL)
            return ew_fail(ctx, EW_FAILED,
                           "the coefficient of n^-%ld in MMD at layer %ld: predicted %.6g, "
                           "sampled %.6g +- %.2g (z = %.1f)",
                           (long) c->order, (long) c->layer, c->predicted, c->observed, c->se,
                           c->z);
    }
    return EW_OK;
}
