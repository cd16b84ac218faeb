#include "readings/sample/preactivation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/reduce.h"
#include "readings/sample/rows.h"

/* With p_ab the mean over a sample's n neurons of z_a z_b and x_abcd that of z_a z_b z_c z_d,
 * the mean over pairs of neurons of z_(i,a) z_(i,b) z_(j,c) z_(j,d) is (n p_ab p_cd -
 * x_abcd)/(n-1). Rows are symmetric and odd moments vanish: kappa_4 is such a moment less
 * products of second moments E p E p, of which (P P' - sum p p')/(S(S-1)), P and P' sums over S
 * samples, is an unbiased estimate. */
typedef struct {
    slong inputs, pairs, quads, products, layers;
    const uint64_t *width;
    slong (*quad)[4]; /* inputs a <= b <= c <= d */
} request;

static slong pair_of(const request *q, slong a, slong b)
{
    slong lo = a < b ? a : b, hi = a < b ? b : a;
    return lo * q->inputs - lo * (lo - 1) / 2 + hi - lo;
}

static slong product_of(const request *q, slong p, slong r)
{
    slong lo = p < r ? p : r, hi = p < r ? r : p;
    return lo * q->pairs - lo * (lo - 1) / 2 + hi - lo;
}

/* What a batch keeps of a layer: the number of samples, sums of x, of p, and of p p'. */
static size_t layer_size(const request *q)
{
    return (size_t) (1 + q->quads + q->pairs + q->products);
}

static const double *sums_x(const double *kept)
{
    return kept + 1;
}

static const double *sums_p(const double *kept, const request *q)
{
    return kept + 1 + q->quads;
}

static const double *sums_pp(const double *kept, const request *q)
{
    return kept + 1 + q->quads + q->pairs;
}

/* ---- sums ---- */

static void add_sample(double *kept, const double *sum, double n, const request *q)
{
    const double *p = sum + q->quads;
    kept[0]++;
    for (slong i = 0; i < q->quads + q->pairs; i++)
        kept[1 + i] += sum[i] / n;
    kept += 1 + q->quads + q->pairs;
    for (slong i = 0; i < q->pairs; i++)
        for (slong j = i; j < q->pairs; j++)
            *kept++ += p[i] / n * (p[j] / n);
}

static void add_rows(double *kept, double *scratch, slong layer, uint64_t sample,
                     const ew_neurons *block, size_t at, uint64_t row, size_t rows,
                     const ew_reduction *r)
{
    const request *q = r->data;
    uint64_t n = q->width[layer - 1];
    double *p = scratch + q->quads, *product = p + q->pairs, *w = product;
    (void) sample;
    if (row == 0)
        memset(scratch, 0, (size_t) (q->quads + q->pairs) * sizeof *scratch);
    for (slong a = 0, i = 0; a < q->inputs; a++)
        for (slong b = a; b < q->inputs; b++, i++, w += EW_NEURONS) {
            const double *x = ew_neurons_field(block, a) + at;
            const double *y = ew_neurons_field(block, b) + at;
            for (size_t k = 0; k < rows; k++)
                w[k] = x[k] * y[k];
            p[i] += ew_row_dot(x, y, rows);
        }
    for (slong i = 0; i < q->quads; i++) {
        const slong *e = q->quad[i];
        scratch[i] += ew_row_dot(product + pair_of(q, e[0], e[1]) * EW_NEURONS,
                                 product + pair_of(q, e[2], e[3]) * EW_NEURONS, rows);
    }
    if (row + rows == n)
        add_sample(kept + (size_t) (layer - 1) * layer_size(q), scratch, (double) n, q);
}

static void pass_over(double *kept, double *scratch, slong layer, uint64_t sample,
                      const double *ghat, const ew_reduction *r)
{
    (void) kept, (void) scratch, (void) layer, (void) sample, (void) ghat, (void) r;
}

/* ---- estimates ---- */

/* E p E p' */
static double square_mean(const double *kept, slong p, slong r, const request *q)
{
    double n = kept[0];
    const double *sum = sums_p(kept, q);
    return (sum[p] * sum[r] - sums_pp(kept, q)[product_of(q, p, r)]) / (n * (n - 1));
}

static double estimate(const double *kept, const ew_preactivation_table *t, slong s,
                       double width, const request *q)
{
    const slong *e = t->entry[s];
    slong ab = pair_of(q, e[0], e[1]), cd = pair_of(q, e[2], e[3]), x = 0;
    slong sorted[4] = {e[0], e[1], e[2], e[3]};
    for (int i = 1; i < 4; i++)
        for (int j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
            slong swap = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = swap;
        }
    while (memcmp(q->quad[x], sorted, sizeof sorted) != 0)
        x++;
    double four = sums_x(kept)[x] / kept[0], two = square_mean(kept, ab, cd, q);
    if (t->neurons[s] == 2) {
        double both = sums_pp(kept, q)[product_of(q, ab, cd)] / kept[0];
        return width > 1 ? (width * both - four) / (width - 1) - two : NAN;
    }
    return four - two - square_mean(kept, pair_of(q, e[0], e[2]), pair_of(q, e[1], e[3]), q) -
           square_mean(kept, pair_of(q, e[0], e[3]), pair_of(q, e[1], e[2]), q);
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
        double width = (double) q->width[l];
        memset(all, 0, size * sizeof *all);
        for (slong b = 0; b < t->batches; b++) {
            const double *part = kept + (size_t) (b * t->layers + l) * size;
            for (size_t i = 0; i < size; i++)
                all[i] += part[i];
            for (slong s = 0; s < t->statistics; s++)
                t->batch[b * stride + l * t->statistics + s] = estimate(part, t, s, width, q);
        }
        for (slong s = 0; s < t->statistics; s++)
            t->value[l * t->statistics + s] =
                (ew_estimate){estimate(all, t, s, width, q),
                              scatter(t->batch + l * t->statistics + s, t->batches, stride)};
    }
    free(all);
    return EW_OK;
}

/* ---- the table ---- */

static char *name_of(const slong *e, int neurons, ew_context *ctx)
{
    int k = neurons == 2 ? 2 : 1;
    return ew_format(ctx, "z1%c,z1%c,z%d%c,z%d%c", (int) ('a' + e[0]), (int) ('a' + e[1]), k,
                     (int) ('a' + e[2]), k, (int) ('a' + e[3]));
}

static ew_status add_statistic(ew_preactivation_table *t, const slong *e, int neurons,
                               ew_context *ctx)
{
    memcpy(t->entry[t->statistics], e, sizeof *t->entry);
    t->neurons[t->statistics] = neurons;
    char *name = t->name[t->statistics++] = name_of(e, neurons, ctx);
    return name ? EW_OK : EW_MEMORY;
}

static ew_status list_statistics(ew_preactivation_table *t, const request *q, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong m = q->inputs;
    for (slong i = 0; i < q->quads && status == EW_OK; i++)
        status = add_statistic(t, q->quad[i], 1, ctx);
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++)
            for (slong c = a; c < m; c++)
                for (slong d = c == a ? b : c; d < m && status == EW_OK; d++)
                    status = add_statistic(t, (const slong[4]){a, b, c, d}, 2, ctx);
    return status;
}

static ew_status table_new(ew_preactivation_table **out, const request *q, slong batches,
                           ew_context *ctx)
{
    size_t most = (size_t) (q->quads + q->products);
    ew_preactivation_table *t = *out = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    t->layers = q->layers;
    t->batches = batches;
    t->entry = ew_alloc_zero(most, sizeof *t->entry, ctx);
    t->neurons = ew_alloc_zero(most, sizeof *t->neurons, ctx);
    t->name = ew_alloc_zero(most, sizeof *t->name, ctx);
    ew_status status =
        t->entry && t->neurons && t->name ? list_statistics(t, q, ctx) : EW_MEMORY;
    size_t values = (size_t) (t->layers * t->statistics);
    t->value = ew_alloc_zero(values + 1, sizeof *t->value, ctx);
    t->batch = ew_alloc_zero((size_t) batches * values + 1, sizeof *t->batch, ctx);
    return status == EW_OK && t->value && t->batch ? EW_OK : EW_MEMORY;
}

void ew_preactivation_free(ew_preactivation_table *t)
{
    if (!t)
        return;
    for (slong s = 0; t->name && s < t->statistics; s++)
        free(t->name[s]);
    free(t->entry);
    free(t->neurons);
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

static ew_status open_request(request *q, const ew_sample_model *model, ew_context *ctx)
{
    slong m = q->inputs = model->fields->inputs;
    q->layers = model->sampler.depth;
    q->width = model->width;
    q->pairs = m * (m + 1) / 2;
    q->products = q->pairs * (q->pairs + 1) / 2;
    q->quad = ew_alloc((size_t) (m * (m + 1) * (m + 2) * (m + 3) / 24) * sizeof *q->quad, ctx);
    if (!q->quad)
        return EW_MEMORY;
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++)
            for (slong c = b; c < m; c++)
                for (slong d = c; d < m; d++)
                    memcpy(q->quad[q->quads++], (const slong[4]){a, b, c, d}, sizeof *q->quad);
    return EW_OK;
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
    ew_status status = open_request(&q, model, ctx);
    size_t scratch = (size_t) (q.quads + q.pairs * (1 + EW_NEURONS));
    ew_reduction r = {(size_t) q.layers * layer_size(&q), scratch, 1, pass_over, &q, add_rows};
    if (status == EW_OK)
        status = table_new(out, &q, batches, ctx);
    if (status == EW_OK && !(kept = ew_alloc((size_t) batches * r.size * sizeof *kept, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = ew_sample_reduce(kept, &r, model, opt, ctx);
    if (status == EW_OK)
        (*out)->batches = merge(kept, batches, r.size, opt->samples);
    if (status == EW_OK)
        status = collect(*out, kept, &q, ctx);
    free(kept);
    free(q.quad);
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
    plain.moments = 0;
    bare.directions = 0;
    if (net->residual)
        return ew_fail(ctx, EW_UNABLE,
                       "preactivations: neurons of residual networks are not drawn");
    ew_status status = ew_sample_model_new(&model, &bare, &plain, ctx);
    if (status != EW_OK)
        return status;
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
