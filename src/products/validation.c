#include "products/validation.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/holm.h"
#include "products/scale.h"

#define LEVEL 0.01
/* Samples that tell the natural sizes, independent of all others: a tenth of them is plenty. */
#define PILOT_SAMPLES 512
#define PILOT_WIDTH 1024
#define PILOT_FIRST (UINT64_C(1) << 62)

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
    if (!net->residual) /* alpha goes with the number of blocks */
        net->depth = depth;
    return EW_OK;
}

/* ---- what is predicted ---- */

static double perturbed(const ew_validating *x, const char *quantity, double c)
{
    const char *name = x->opt->perturb;
    return name && strcmp(name, quantity) == 0 ? c * x->opt->factor : c;
}

/* A perturbed name that c_0 and c_1 share means c_0. */
ew_prediction ew_validating_predicted(const ew_validating *x, slong l, slong q)
{
    const ew_forecast *f = x->forecast;
    const double *c = ew_forecast_at(f, x->plan.layer[l], q);
    ew_prediction want = {.n = f->given[q], .known = f->known[q]};
    for (int k = 0; k < want.known; k++) {
        const char *letter = k < 2 ? f->letter[2 * q + k] : NULL;
        want.c[k] = c[k];
        if (letter && (k == 0 || strcmp(letter, f->letter[2 * q]) != 0))
            want.c[k] = perturbed(x, letter, c[k]);
    }
    want.scale = x->scale[l * f->quantities + q];
    return want;
}

ew_prediction ew_validating_slope(const ew_validating *x)
{
    const ew_forecast *f = x->forecast;
    ew_prediction want = {
        .n = f->given[x->slope.of], .known = f->known[x->slope.of], .scale = x->slope.scale};
    for (slong l = 0; l < x->plan.layers; l++) {
        ew_prediction v = ew_validating_predicted(x, l, x->slope.of);
        for (int k = 0; k < want.known; k++)
            want.c[k] += x->slope.weight[l] * v.c[k];
    }
    want.c[0] = perturbed(x, EW_SLOPE, want.c[0]);
    return want;
}

/* The chain sampler, being cheap, tells the natural sizes; where it refuses a network whose
 * measurements are judged, leading coefficients must do. */
static ew_status find_scales(ew_validating *x, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    uint64_t unit = ew_plan_unit(&x->net);
    ew_sample_options opt = {.width = (PILOT_WIDTH + unit - 1) / unit * unit,
                             .samples = PILOT_SAMPLES,
                             .first = PILOT_FIRST,
                             .seed = x->opt->seed,
                             .descent = x->opt->descent};
    ew_sample_table *t;
    x->scale = ew_alloc_zero((size_t) (x->plan.layers * f->quantities), sizeof *x->scale, ctx);
    if (!x->scale)
        return EW_MEMORY;
    ew_status status = ew_sample_chain(&t, &x->net, &opt, ctx);
    for (slong l = 0; l < x->plan.layers && status == EW_OK; l++)
        for (slong q = 0; q < f->quantities; q++)
            x->scale[l * f->quantities + q] =
                f->neurons[q] ? 0
                              : ew_natural_scale(t, x->plan.layer[l], (double) opt.width,
                                                 f->of[q], f->of_n[q]);
    ew_sample_free(t);
    if (x->known && (status == EW_UNABLE || status == EW_DOMAIN)) {
        ew_clear(ctx);
        return EW_OK;
    }
    return status;
}

ew_status ew_validating_predict(ew_validating *x, ew_context *ctx)
{
    if (x->opt->level < 0 || !(x->opt->level < 1))
        return ew_fail(ctx, EW_USAGE, "level: %g is not in (0, 1)", x->opt->level);
    ew_status status = cut_network(&x->net, x->plan.layer[x->plan.layers - 1], ctx);
    if (status == EW_OK)
        status = ew_forecast_new(&x->forecast, &x->net, x->opt, ctx);
    return status == EW_OK ? find_scales(x, ctx) : status;
}

/* ---- the result ---- */

static ew_status allocate(ew_validation *v, ew_context *ctx)
{
    size_t values = (size_t) (v->layers * v->quantities), widths = (size_t) v->widths;
    v->check = ew_alloc_zero(2 * values + 2, sizeof *v->check, ctx);
    v->narrow = ew_alloc_zero(2 * (values + 1) * widths, sizeof *v->narrow, ctx);
    v->quantity = ew_alloc_zero(2 * (size_t) v->quantities, sizeof *v->quantity, ctx);
    v->point = ew_alloc_zero(widths * values, sizeof *v->point, ctx);
    v->entries = ew_alloc_zero((size_t) v->quantities, sizeof *v->entries, ctx);
    v->given = ew_alloc_zero((size_t) v->quantities, sizeof *v->given, ctx);
    v->series = ew_alloc_zero(values * EW_VALIDATE_TERMS, sizeof *v->series, ctx);
    v->slope = ew_alloc_zero(widths, sizeof *v->slope, ctx);
    v->width = ew_alloc_zero(widths, sizeof *v->width, ctx);
    v->layer = ew_alloc_zero((size_t) v->layers, sizeof *v->layer, ctx);
    return v->check && v->narrow && v->quantity && v->point && v->entries && v->given &&
                   v->series && v->slope && v->width && v->layer
               ? EW_OK
               : EW_MEMORY;
}

ew_status ew_validating_open(ew_validating *x, ew_context *ctx)
{
    const ew_forecast *f = x->forecast;
    const ew_plan *p = &x->plan;
    ew_validation *v = x->out = ew_alloc_zero(1, sizeof *v, ctx);
    if (!v)
        return EW_MEMORY;
    v->first = 1;
    v->level = x->opt->level > 0 ? x->opt->level : LEVEL;
    v->samples = p->samples;
    v->seed = x->opt->seed;
    v->widths = p->widths;
    v->layers = p->layers;
    v->quantities = f->quantities;
    ew_status status = allocate(v, ctx);
    if (status != EW_OK)
        return status;
    memcpy(v->width, p->width, (size_t) p->widths * sizeof *v->width);
    memcpy(v->layer, p->layer, (size_t) p->layers * sizeof *v->layer);
    memcpy(v->entries, f->of_n, (size_t) f->quantities * sizeof *v->entries);
    memcpy(v->given, f->given, (size_t) f->quantities * sizeof *v->given);
    for (slong l = 0; l < v->layers; l++)
        memcpy(v->series + l * v->quantities * EW_VALIDATE_TERMS,
               ew_forecast_at(f, v->layer[l], 0),
               (size_t) v->quantities * EW_VALIDATE_TERMS * sizeof *v->series);
    for (slong i = 0; i < v->widths * v->layers * v->quantities; i++)
        v->point[i] = (ew_estimate){NAN, NAN};
    for (slong i = 0; i < 2 * f->quantities; i++)
        if (f->letter[i] && !(v->quantity[i] = ew_strdup(f->letter[i], ctx)))
            return EW_MEMORY;
    return EW_OK;
}

/* ---- its checks ---- */

/* Points of one series, from the narrowest width on. */
typedef struct {
    const char *name[2]; /* of c_0 and c_1 */
    slong layer, order;  /* of c_0 */
    ew_prediction want;
    slong n;
    ew_point *point;
    uint64_t *width;
} curve;

/* A quantity that does not fluctuate is known up to rounding.  Of kappa_k, k entries, the
 * relative error goes like n^(k/2 - 1) (1 for the slope, a kappa_2). */
static void add_point(curve *c, const ew_validating *x, slong w, ew_estimate e, slong entries)
{
    double n = (double) x->plan.width[w];
    double least = 16 * DBL_EPSILON * fabs(e.mean) + DBL_MIN;
    c->width[c->n] = x->plan.width[w];
    c->point[c->n++] = (ew_point){1 / n, e.mean, fmax(e.se, least), x->df,
                                  x->known ? 0 : pow(n, (double) entries / 2 - 1)};
}

/* The partial sums through the last two orders predicted, at every width that was not fitted.
 * Returns whether all of them could be compared. */
static int check_narrow(ew_validation *v, const curve *c, slong points)
{
    int all = 1;
    for (slong i = 0; i < points; i++)
        for (int j = c->want.n > 1 ? c->want.n - 2 : 0; j < c->want.n; j++) {
            ew_narrow *row = v->narrow + v->narrows++;
            row->quantity = c->name[0];
            row->layer = c->layer;
            row->order = c->order + j;
            row->width = c->width[i];
            ew_regime_point(row, c->point + i, &c->want, j);
            all &= row->verdict == EW_PASS;
        }
    return all;
}

/* Where there is no fit, but every width could be compared by itself, nothing is left over. */
static ew_status check_curve(ew_validation *v, const curve *c, ew_context *ctx)
{
    slong used;
    ew_check *check = v->check + v->n;
    ew_status status = ew_regime_test(check, &used, c->point, c->n, &c->want, ctx);
    if (status != EW_OK)
        return status;
    for (int k = 0; k < c->want.n && k < 2; k++) {
        check[k].quantity = c->name[k];
        check[k].layer = c->layer;
        check[k].order = c->order + k;
    }
    int all = c->n >= EW_VALIDATE_WIDTHS && check_narrow(v, c, c->n - used);
    if (used > 0 || !all)
        v->n += c->want.n < 2 ? 1 : 2;
    return EW_OK;
}

static ew_status check_quantity(const ew_validating *x, slong l, slong q, curve *c,
                                ew_context *ctx)
{
    ew_validation *v = x->out;
    c->n = 0;
    for (slong w = 0; w < v->widths; w++) {
        ew_estimate e = v->point[(w * v->layers + l) * v->quantities + q];
        if (!isnan(e.mean))
            add_point(c, x, w, e, v->entries[q]);
    }
    if (c->n == 0)
        return EW_OK;
    c->name[0] = v->quantity[2 * q];
    c->name[1] = v->quantity[2 * q + 1];
    c->layer = v->layer[l];
    c->order = v->entries[q] - 1;
    c->want = ew_validating_predicted(x, l, q);
    return check_curve(v, c, ctx);
}

static ew_status check_slope(const ew_validating *x, curve *c, ew_context *ctx)
{
    c->n = 0;
    for (slong w = 0; w < x->out->widths; w++)
        add_point(c, x, w, x->out->slope[w], 2);
    c->name[0] = c->name[1] = EW_SLOPE;
    c->layer = x->slope.last;
    c->order = 1;
    c->want = ew_validating_slope(x);
    return check_curve(x->out, c, ctx);
}

static ew_status check_all(const ew_validating *x, ew_context *ctx)
{
    size_t widths = (size_t) x->plan.widths;
    curve c = {.point = ew_alloc(widths * sizeof *c.point, ctx),
               .width = ew_alloc(widths * sizeof *c.width, ctx)};
    ew_status status = c.point && c.width ? EW_OK : EW_MEMORY;
    for (slong l = 0; l < x->plan.layers; l++)
        for (slong q = 0; q < x->forecast->quantities && status == EW_OK; q++)
            status = check_quantity(x, l, q, &c, ctx);
    if (status == EW_OK && x->slope.of >= 0)
        status = check_slope(x, &c, ctx);
    free(c.point);
    free(c.width);
    return status;
}

/* What the figure of the L/n law needs. */
static ew_status keep_slope(ew_validating *x, ew_context *ctx)
{
    ew_validation *v = x->out;
    if (x->slope.of < 0)
        return EW_OK;
    v->slope_layers = x->slope.layers;
    v->collapsed = ew_alloc_zero((size_t) v->layers, sizeof *v->collapsed, ctx);
    if (!v->collapsed)
        return EW_MEMORY;
    for (slong l = 0; l < v->layers; l++)
        v->collapsed[l] = 1 / x->slope.square[l];
    return EW_OK;
}

/* The input of a residual network is layer 0. */
static void renumber(ew_validation *v)
{
    v->first = 0;
    for (slong i = 0; i < v->n; i++)
        v->check[i].layer--;
    for (slong i = 0; i < v->narrows; i++)
        v->narrow[i].layer--;
    for (slong l = 0; l < v->layers; l++)
        v->layer[l]--;
}

/* ---- the family ---- */

static void reject(ew_verdict *verdict, double adjusted, const ew_validation *v)
{
    if (*verdict == EW_PASS && !(adjusted > v->level))
        *verdict = EW_FAIL;
}

static ew_status judge(ew_validation *v, ew_context *ctx)
{
    slong n = v->n + v->narrows;
    int count[3] = {0};
    double *p = ew_alloc((size_t) (2 * n) * sizeof *p, ctx), *adjusted = p + n;
    if (!p)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        p[i] = i < v->n ? v->check[i].p : v->narrow[i - v->n].p;
    ew_status status = ew_holm(adjusted, p, n, ctx);
    for (slong i = 0; i < v->n && status == EW_OK; i++) {
        v->check[i].adjusted = adjusted[i];
        reject(&v->check[i].verdict, adjusted[i], v);
        count[v->check[i].verdict]++;
    }
    for (slong i = 0; i < v->narrows && status == EW_OK; i++) {
        v->narrow[i].adjusted = adjusted[v->n + i];
        reject(&v->narrow[i].verdict, adjusted[v->n + i], v);
        count[v->narrow[i].verdict]++;
    }
    v->verdict = count[EW_FAIL]            ? EW_FAIL
                 : count[EW_OUT_OF_REGIME] ? EW_OUT_OF_REGIME
                                           : EW_PASS;
    free(p);
    return status;
}

ew_status ew_validating_close(ew_validation **out, ew_validating *x, ew_status status,
                              ew_context *ctx)
{
    if (status == EW_OK)
        status = check_all(x, ctx);
    if (status == EW_OK)
        status = keep_slope(x, ctx);
    if (status == EW_OK)
        status = judge(x->out, ctx);
    if (status == EW_OK && x->net.residual)
        renumber(x->out);
    ew_forecast_free(x->forecast);
    ew_plan_clear(&x->plan);
    ew_slope_clear(&x->slope);
    free(x->scale);
    if (status == EW_OK)
        *out = x->out;
    else
        ew_validation_free(x->out);
    return status;
}
