#include "readings/sample/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/random.h"
#include "readings/sample/reduce.h"

/* The use of the streams that outputs are drawn from, at the last layer: rows and weights of
 * the samplers have those below. */
#define USE_OUTPUT 192

typedef struct {
    slong cells, depth;
    const double *edge;
    uint64_t seed, first, outputs;
} request;

/* What a batch keeps of every cell. */
enum { COUNT, SUM, CARRY, SQUARES, KEPT };

/* P(z < edge) given Ghat = g; for g = 0 the output is 0. */
static double below(double edge, double g)
{
    if (g == 0)
        return edge > 0;
    return erfc(-edge / sqrt(2 * g)) / 2;
}

/* Cells between edges before and after z. */
static slong cell_of(double z, const request *q)
{
    slong low = 0, high = q->cells - 1;
    while (low < high) {
        slong middle = (low + high) / 2;
        if (z < q->edge[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Knuth's two-sum, as in tally.c. */
static void add(double *cell, double x)
{
    double t = cell[SUM] + x, b = t - cell[SUM];
    cell[CARRY] += (cell[SUM] - (t - b)) + (x - b);
    cell[SUM] = t;
    cell[SQUARES] += x * x;
}

/* Outputs that are not Gaussian given Ghat: the first neuron is the draw, and the share of all
 * that fall into a cell is its conditional probability, unbiased. */
static void add_outputs(double *kept, double *scratch, slong layer, uint64_t sample,
                        const ew_neurons *block, size_t at, uint64_t row, size_t rows,
                        const ew_reduction *r)
{
    const request *q = r->data;
    const double *z = ew_neurons_field(block, 0) + at;
    (void) sample;
    if (layer != q->depth)
        return;
    if (row == 0) {
        memset(scratch, 0, (size_t) q->cells * sizeof *scratch);
        kept[KEPT * cell_of(z[0], q) + COUNT]++;
    }
    for (size_t i = 0; i < rows; i++)
        scratch[cell_of(z[i], q)] += 1 / (double) q->outputs;
    for (slong i = 0; row + rows == q->outputs && i < q->cells; i++)
        add(kept + KEPT * i, scratch[i]);
}

static void pass_over(double *kept, double *scratch, slong layer, uint64_t sample,
                      const double *ghat, const ew_reduction *r)
{
    (void) kept, (void) scratch, (void) layer, (void) sample, (void) ghat, (void) r;
}

static void add_sample(double *kept, double *scratch, slong layer, uint64_t sample,
                       const double *ghat, const ew_reduction *r)
{
    const request *q = r->data;
    double z[EW_NORMAL_CHUNK], before = 0;
    (void) scratch;
    if (layer != q->depth)
        return;
    ew_stream stream = {q->seed, q->first + sample, (uint32_t) layer, USE_OUTPUT};
    ew_normals(z, &stream, 0, 1);
    kept[KEPT * cell_of(sqrt(*ghat) * z[0], q) + COUNT]++;
    for (slong i = 0; i < q->cells; i++) {
        double after = i + 1 < q->cells ? below(q->edge[i], *ghat) : 1;
        add(kept + KEPT * i, after - before);
        before = after;
    }
}

static ew_histogram *histogram_new(const double *edge, slong edges, ew_context *ctx)
{
    ew_histogram *h = ew_alloc_zero(1, sizeof *h, ctx);
    if (!h)
        return NULL;
    size_t cells = (size_t) edges + 1;
    h->cells = (slong) cells;
    h->edge = ew_alloc_zero(cells, sizeof *h->edge, ctx);
    h->count = ew_alloc_zero(cells, sizeof *h->count, ctx);
    h->share = ew_alloc_zero(cells, sizeof *h->share, ctx);
    if (!h->edge || !h->count || !h->share) {
        ew_histogram_free(h);
        return NULL;
    }
    memcpy(h->edge, edge, (size_t) edges * sizeof *edge);
    return h;
}

void ew_histogram_free(ew_histogram *h)
{
    if (!h)
        return;
    free(h->edge);
    free(h->count);
    free(h->share);
    free(h);
}

static void collect(ew_histogram *h, const double *kept, slong batches)
{
    double n = (double) h->samples;
    for (slong i = 0; i < h->cells; i++) {
        long double sum = 0, squares = 0;
        for (slong b = 0; b < batches; b++) {
            const double *cell = kept + (b * h->cells + i) * KEPT;
            h->count[i] += (uint64_t) cell[COUNT];
            sum += (long double) cell[SUM] + cell[CARRY];
            squares += cell[SQUARES];
        }
        double mean = (double) (sum / n);
        double spread = (double) (squares / n) - mean * mean;
        h->share[i] =
            (ew_estimate){mean, n > 1 ? sqrt(spread > 0 ? spread / (n - 1) : 0) : NAN};
    }
}

static ew_status check(const ew_setting *net, slong edges, ew_context *ctx)
{
    if (net->inputs != 1)
        return ew_fail(ctx, EW_UNABLE, "%ld inputs: the histogram is that of one",
                       (long) net->inputs);
    if (net->depth < 2 && net->ensemble == EW_ENSEMBLE_GAUSSIAN)
        return ew_fail(ctx, EW_USAGE, "depth: layer 1 is exactly Gaussian");
    if (edges < 1 || edges >= EW_MAX_CELLS)
        return ew_fail(ctx, EW_USAGE, "histogram: %ld cells are not in 2..%d", (long) edges + 1,
                       EW_MAX_CELLS);
    if (net->residual)
        return ew_fail(ctx, EW_UNABLE, "histogram: outputs of residual networks are not drawn");
    return EW_OK;
}

static ew_status fill(ew_histogram *h, const ew_sample_model *model,
                      const ew_sample_options *opt, ew_context *ctx)
{
    int given = model->sampler.ensemble == EW_ENSEMBLE_GAUSSIAN;
    request q = {h->cells,  model->sampler.depth, h->edge,
                 opt->seed, opt->first,           model->width[model->sampler.depth - 1]};
    ew_reduction r = {.what = given ? "histogram" : "histogram of neurons",
                      .asked = h->edge,
                      .asks = (size_t) h->cells - 1,
                      .size = (size_t) h->cells * KEPT,
                      .scratch = (size_t) h->cells,
                      .unit = 1,
                      .step = 1,
                      .add = given ? add_sample : pass_over,
                      .data = &q,
                      .rows = given ? NULL : add_outputs};
    slong batches = ew_reduction_batches(opt->samples);
    double *kept = ew_alloc((size_t) batches * r.size * sizeof *kept, ctx);
    ew_status status = kept ? ew_sample_reduce(kept, &r, model, opt, ctx) : EW_MEMORY;
    h->samples = opt->samples;
    if (status == EW_OK && opt->shards == 0)
        collect(h, kept, batches);
    free(kept);
    return status;
}

ew_status ew_sample_histogram(ew_histogram **out, const double *edge, slong edges,
                              const ew_setting *net, const ew_sample_options *opt,
                              ew_context *ctx)
{
    ew_sample_options plain = *opt;
    ew_setting bare = *net;
    ew_sample_model *model = NULL;
    ew_histogram *h = NULL;
    *out = NULL;
    plain.descent = 0;
    plain.moments = 0;
    bare.directions = 0;
    ew_status status = check(net, edges, ctx);
    if (status == EW_OK)
        status = ew_sample_model_new(&model, &bare, &plain, ctx);
    if (status == EW_OK && !(h = histogram_new(edge, edges, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = fill(h, model, &plain, ctx);
    ew_sample_model_free(model);
    if (status == EW_OK && opt->shards == 0)
        *out = h;
    else
        ew_histogram_free(h);
    return status;
}
