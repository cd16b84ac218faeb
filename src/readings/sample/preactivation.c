#include "readings/sample/preactivation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/preactivation_plan.h"
#include "readings/sample/reduce.h"
#include "readings/sample/rows.h"

/* A batch keeps of every layer the number of samples and the sums of the plan's cells. */
typedef struct {
    ew_preactivation_plan *plan;
    slong layers;
    const uint64_t *width;
} request;

static size_t layer_size(const request *q)
{
    return (size_t) (1 + q->plan->cells);
}

/* Workspace: sums of products over a sample's rows; means, blocks, cells; arrays of the
 * products of two inputs at every row, and one more. */
static size_t scratch_size(const request *q)
{
    const ew_preactivation_plan *p = q->plan;
    return (size_t) (2 * p->products + p->blocks + p->cells + (p->pairs + 1) * EW_NEURONS);
}

/* ---- sums ---- */

static void add_sample(double *kept, double *sum, double n, const request *q)
{
    const ew_preactivation_plan *p = q->plan;
    double *mean = sum + p->products, *block = mean + p->products, *cell = block + p->blocks;
    for (slong i = 0; i < p->products; i++)
        mean[i] = sum[i] / n;
    ew_preactivation_cells(cell, block, p, mean, n);
    kept[0]++;
    for (slong i = 0; i < p->cells; i++)
        kept[1 + i] += cell[i];
}

static double *pair_row(double *scratch, const request *q, slong pair)
{
    const ew_preactivation_plan *p = q->plan;
    return scratch + 2 * p->products + p->blocks + p->cells + pair * EW_NEURONS;
}

/* The products of two inputs come first, in this order. */
static slong pair_of(const request *q, slong a, slong b)
{
    return a * q->plan->inputs - a * (a - 1) / 2 + b - a;
}

static void multiply(double *out, const double *x, const double *y, size_t n)
{
    for (size_t k = 0; k < n; k++)
        out[k] = x[k] * y[k];
}

/* The sum over rows of a product of four or six inputs. */
static double sum_product(double *scratch, const ew_neuron_product *x, size_t rows,
                          const request *q)
{
    double *first = pair_row(scratch, q, pair_of(q, x->input[0], x->input[1]));
    double *second = pair_row(scratch, q, pair_of(q, x->input[2], x->input[3]));
    if (x->n == 4)
        return ew_row_dot(first, second, rows);
    double *both = pair_row(scratch, q, q->plan->pairs);
    multiply(both, first, second, rows);
    return ew_row_dot(both, pair_row(scratch, q, pair_of(q, x->input[4], x->input[5])), rows);
}

static void add_rows(double *kept, double *scratch, slong layer, uint64_t sample,
                     const ew_neurons *block, size_t at, uint64_t row, size_t rows,
                     const ew_reduction *r)
{
    const request *q = r->data;
    const ew_preactivation_plan *p = q->plan;
    uint64_t n = q->width[layer - 1];
    (void) sample;
    if (row == 0)
        memset(scratch, 0, (size_t) p->products * sizeof *scratch);
    for (slong i = 0; i < p->pairs; i++) {
        const double *x = ew_neurons_field(block, p->product[i].input[0]) + at;
        const double *y = ew_neurons_field(block, p->product[i].input[1]) + at;
        multiply(pair_row(scratch, q, i), x, y, rows);
        scratch[i] += ew_row_dot(x, y, rows);
    }
    for (slong i = p->pairs; i < p->products; i++)
        scratch[i] += sum_product(scratch, &p->product[i], rows, q);
    if (row + rows == n)
        add_sample(kept + (size_t) (layer - 1) * layer_size(q), scratch, (double) n, q);
}

static void pass_over(double *kept, double *scratch, slong layer, uint64_t sample,
                      const double *ghat, const ew_reduction *r)
{
    (void) kept, (void) scratch, (void) layer, (void) sample, (void) ghat, (void) r;
}

/* ---- estimates ---- */

static double estimate(const double *kept, slong s, const request *q)
{
    return ew_preactivation_estimate(q->plan, s, kept + 1, kept[0]);
}

/* The standard error of a mean of batches. */
static double scatter(const double *value, slong n, slong stride)
{
    double mean = 0, square = 0;
    for (slong b = 0; b < n; b++)
        mean += value[b * stride] / (double) n;
    for (slong b = 0; b < n; b++)
        square += (value[b * stride] - mean) * (value[b * stride] - mean);
    return n > 1 ? sqrt(square / ((double) n * (double) (n - 1))) : NAN;
}

static ew_status collect(ew_preactivation_table *t, const double *kept, const request *q,
                         ew_context *ctx)
{
    size_t size = layer_size(q);
    slong stride = t->layers * t->statistics;
    double *all = ew_alloc(size * sizeof *all, ctx);
    if (!all)
        return EW_MEMORY;
    for (slong l = 0; l < t->layers; l++) {
        memset(all, 0, size * sizeof *all);
        for (slong b = 0; b < t->batches; b++) {
            const double *part = kept + (size_t) (b * t->layers + l) * size;
            for (size_t i = 0; i < size; i++)
                all[i] += part[i];
            for (slong s = 0; s < t->statistics; s++)
                t->batch[b * stride + l * t->statistics + s] = estimate(part, s, q);
        }
        for (slong s = 0; s < t->statistics; s++)
            t->value[l * t->statistics + s] =
                (ew_estimate){estimate(all, s, q),
                              scatter(t->batch + l * t->statistics + s, t->batches, stride)};
    }
    free(all);
    return EW_OK;
}

/* ---- the table ---- */

static char *name_of(const ew_preactivation_statistic *s, ew_context *ctx)
{
    char text[4 * EW_PREACTIVATION_ENTRIES + 1] = "";
    for (slong i = 0; i < s->n; i++) {
        char *end = text + 4 * i;
        end[0] = 'z';
        end[1] = (char) ('0' + s->neuron[i]);
        end[2] = (char) ('a' + s->input[i]);
        end[3] = i + 1 < s->n ? ',' : 0;
    }
    return ew_strdup(text, ctx);
}

static ew_status table_new(ew_preactivation_table **out, const request *q, slong batches,
                           ew_context *ctx)
{
    const ew_preactivation_plan *p = q->plan;
    ew_preactivation_table *t = *out = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    t->layers = q->layers;
    t->batches = batches;
    t->name = ew_alloc_zero((size_t) p->statistics, sizeof *t->name, ctx);
    for (; t->name && t->statistics < p->statistics; t->statistics++)
        if (!(t->name[t->statistics] = name_of(&p->statistic[t->statistics], ctx)))
            return EW_MEMORY;
    size_t values = (size_t) (t->layers * t->statistics);
    t->value = ew_alloc_zero(values + 1, sizeof *t->value, ctx);
    t->batch = ew_alloc_zero((size_t) batches * values + 1, sizeof *t->batch, ctx);
    return t->name && t->value && t->batch ? EW_OK : EW_MEMORY;
}

void ew_preactivation_free(ew_preactivation_table *t)
{
    if (!t)
        return;
    for (slong s = 0; t->name && s < t->statistics; s++)
        free(t->name[s]);
    free(t->name);
    free(t->value);
    free(t->batch);
    free(t);
}

slong ew_preactivation_find(const ew_preactivation_table *t, const char *name)
{
    for (slong s = 0; s < t->statistics; s++)
        if (strcmp(t->name[s], name) == 0)
            return s;
    return -1;
}

/* ---- the whole ---- */

static ew_status open_request(request *q, const ew_sample_model *model, slong moments,
                              ew_context *ctx)
{
    q->layers = model->sampler.depth;
    q->width = model->width;
    return ew_preactivation_plan_new(&q->plan, model->fields->inputs, moments > 2 ? 6 : 4, ctx);
}

/* Batches are put together until they have four samples or so each: estimates of one are none.
 * Returns how many are left. */
static slong merge(double *kept, slong batches, size_t size, uint64_t samples)
{
    slong groups = samples / 4 < (uint64_t) batches ? (slong) (samples / 4) : batches;
    if (groups < 1)
        groups = 1;
    for (slong b = 1; b < batches; b++) {
        slong group = b * groups / batches, before = (b - 1) * groups / batches;
        double *to = kept + (size_t) group * size, *from = kept + (size_t) b * size;
        for (size_t i = 0; i < size && to != from; i++)
            to[i] = group == before ? to[i] + from[i] : from[i];
    }
    return groups;
}

/* The last layer's rows are drawn as well. */
static ew_status check_last(const ew_sample_model *model, const ew_setting *net,
                            ew_context *ctx)
{
    slong last = net->depth - 1;
    uint64_t in = last               ? model->width[last - 1]
                  : net->coordinates ? (uint64_t) net->coordinates
                                     : 1;
    return net->ensemble == EW_ENSEMBLE_ORTHOGONAL
               ? ew_setting_check_frame((ulong) model->width[last], (ulong) in, net->depth,
                                        net->inputs, ctx)
               : EW_OK;
}

static ew_status fill(ew_preactivation_table **out, const ew_sample_model *model,
                      const ew_sample_options *opt, ew_context *ctx)
{
    request q = {0};
    double *kept = NULL;
    slong batches = ew_reduction_batches(opt->samples);
    int whole = opt->shards == 0;
    ew_status status = open_request(&q, model, opt->moments, ctx);
    ew_reduction r = {.what = "preactivations",
                      .unit = 1,
                      .step = 1,
                      .add = pass_over,
                      .data = &q,
                      .rows = add_rows};
    if (status == EW_OK) {
        r.size = (size_t) q.layers * layer_size(&q);
        r.scratch = scratch_size(&q);
    }
    if (status == EW_OK && whole)
        status = table_new(out, &q, batches, ctx);
    if (status == EW_OK && !(kept = ew_alloc((size_t) batches * r.size * sizeof *kept, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = ew_sample_reduce(kept, &r, model, opt, ctx);
    if (status == EW_OK && whole)
        (*out)->batches = merge(kept, batches, r.size, opt->samples);
    if (status == EW_OK && whole)
        status = collect(*out, kept, &q, ctx);
    free(kept);
    ew_preactivation_plan_free(q.plan);
    return status;
}

ew_status ew_sample_preactivations(ew_preactivation_table **out, const ew_setting *net,
                                   const ew_sample_options *opt, ew_context *ctx)
{
    ew_sample_options plain = *opt;
    ew_setting bare = *net;
    ew_sample_model *model;
    *out = NULL;
    plain.descent = 0;
    bare.directions = 0;
    if (net->residual)
        return ew_fail(ctx, EW_UNABLE,
                       "preactivations: neurons of residual networks are not drawn");
    plain.moments = 0;
    ew_status status = ew_sample_model_new(&model, &bare, &plain, ctx);
    if (status != EW_OK)
        return status;
    plain.moments = opt->moments;
    status = check_last(model, net, ctx);
    if (status == EW_OK)
        status = fill(out, model, &plain, ctx);
    ew_sample_model_free(model);
    if (status != EW_OK) {
        ew_preactivation_free(*out);
        *out = NULL;
    }
    return status;
}
