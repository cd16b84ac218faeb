#include "readings/sample/reduce.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/pool.h"
#include "readings/sample/product.h"

/* Reports of progress in a batch. */
#define REPORTS 8

/* Samples left out because they are not finite: how many in the first layer where any was not.
 */
typedef struct {
    slong layer; /* 0: none */
    uint64_t samples;
} overflow;

typedef struct {
    const ew_reduction *r;
    const ew_sample_model *model;
    const ew_sample_options *opt;
    uint64_t units;
    slong batches;
    double *kept;
    overflow *bad; /* [batches] */
} run;

/* One batch at work. */
typedef struct {
    const run *all;
    double *kept, *scratch;
    overflow *bad;
} part;

static void note_bad(overflow *to, slong layer, uint64_t samples)
{
    if (layer == 0 || (to->layer && to->layer < layer))
        return;
    to->samples = to->layer == layer ? to->samples + samples : samples;
    to->layer = layer;
}

static void add_samples(slong layer, uint64_t first, size_t count, const double *ghat,
                        void *data)
{
    const part *p = data;
    const run *all = p->all;
    size_t pairs = (size_t) all->model->program->pairs;
    for (size_t k = 0; k < count; k++, ghat += pairs) {
        int finite = 1;
        for (size_t i = 0; i < pairs; i++)
            finite &= isfinite(ghat[i]) != 0;
        if (finite)
            all->r->add(p->kept, p->scratch, layer, first + k - all->opt->first, ghat, all->r);
        else
            note_bad(p->bad, layer, 1);
    }
}

static void add_rows(slong layer, uint64_t sample, const ew_neurons *block, size_t at,
                     uint64_t row, size_t rows, void *data)
{
    const part *p = data;
    const ew_reduction *r = p->all->r;
    r->rows(p->kept, p->scratch, layer, sample - p->all->opt->first, block, at, row, rows, r);
}

slong ew_reduction_batches(uint64_t units)
{
    return units < EW_SAMPLE_BATCHES ? (slong) units : EW_SAMPLE_BATCHES;
}

/* The first sample of batch b: unit floor(units * b / batches), without overflow. */
static uint64_t batch_start(const run *r, uint64_t b)
{
    uint64_t n = r->units, k = (uint64_t) r->batches;
    return (n / k * b + n % k * b / k) * r->r->unit;
}

static ew_status sample_range(part *p, ew_sampler *sampler, uint64_t from, uint64_t to,
                              ew_pool *pool, ew_context *ctx)
{
    uint64_t stride = (to - from + REPORTS - 1) / REPORTS;
    ew_status status = EW_OK;
    for (uint64_t at = from; at < to && status == EW_OK; at += stride) {
        uint64_t n = to - at < stride ? to - at : stride;
        status = ew_sampler_run(sampler, p->all->opt->first + at, n, add_samples, p, ctx);
        ew_pool_advance(pool, (double) n / (double) (to - from));
    }
    return status;
}

static ew_status run_batch(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    ew_sampler *sampler = NULL;
    part p = {r, r->kept + job * r->r->size, NULL, r->bad + job};
    p.scratch = ew_alloc_zero(r->r->scratch + 1, sizeof *p.scratch, ctx);
    ew_status status = p.scratch ? ew_sampler_new(&sampler, ew_sample_rows(r->model, r->opt),
                                                  &r->model->sampler, ctx)
                                 : EW_MEMORY;
    if (status == EW_OK && r->r->rows)
        ew_sampler_watch(sampler, add_rows, &p);
    if (status == EW_OK)
        status =
            sample_range(&p, sampler, batch_start(r, job), batch_start(r, job + 1), pool, ctx);
    ew_sampler_free(sampler);
    free(p.scratch);
    return status;
}

static ew_status check_finite(const run *r, ew_context *ctx)
{
    overflow all = {0, 0};
    for (slong b = 0; b < r->batches; b++)
        note_bad(&all, r->bad[b].layer, r->bad[b].samples);
    if (all.layer == 0)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "sample: activations overflow from layer %ld on, where %" PRIu64
                   " of %" PRIu64 " samples of width %" PRIu64 " are not finite",
                   (long) all.layer, all.samples, r->opt->samples, r->opt->width);
}

static ew_status run_all(run *r, ew_context *ctx)
{
    int network = r->opt->sampler == EW_SAMPLER_NETWORK;
    ew_status status = network ? ew_product_begin(ctx) : EW_OK;
    if (status != EW_OK)
        return status;
    status = ew_pool_run((size_t) r->batches, run_batch, r, "sampling", ctx);
    if (network)
        ew_product_end();
    return status == EW_OK ? check_finite(r, ctx) : status;
}

ew_status ew_sample_reduce(double *kept, const ew_reduction *r, const ew_sample_model *model,
                           const ew_sample_options *opt, ew_context *ctx)
{
    uint64_t units = opt->samples / r->unit;
    slong batches = ew_reduction_batches(units);
    run all = {r, model, opt, units, batches, kept, NULL};
    memset(kept, 0, (size_t) batches * r->size * sizeof *kept);
    all.bad = ew_alloc_zero((size_t) batches, sizeof *all.bad, ctx);
    ew_status status = all.bad ? run_all(&all, ctx) : EW_MEMORY;
    free(all.bad);
    return status;
}
