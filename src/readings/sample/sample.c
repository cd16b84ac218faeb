#include "readings/sample/sample.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "readings/sample/model.h"
#include "arith/pool.h"
#include "readings/sample/product.h"
#include "readings/sample/sample_table.h"
#include "readings/sample/tally.h"

/* Samples whose mean is subtracted from all before they are summed. */
#define PILOT 16
/* Samples, and about how many normals, between two reports of progress. */
#define STRIDE 256
#define STRIDE_NORMALS 1e7

typedef struct {
    const ew_sample_options *opt;
    ew_sample_model *model;
    ew_statistics *statistics;
    ew_monomials *monomials;
    ew_tally_plan plan;
    ew_sample_table *table;
    uint64_t stride;
    pthread_mutex_t lock; /* for what follows: batches are merged in their order */
    ew_tally **batch;     /* [batches]: finished, not yet merged */
    slong merged;
    ew_tally *total;
} run;

/* What a sampler's calls add to. */
typedef struct {
    const run *r;
    ew_tally *sums;
} adding;

static void add_samples(slong layer, uint64_t first, size_t count, const double *ghat,
                        void *data)
{
    const adding *a = data;
    (void) first;
    for (size_t k = 0; k < count; k++)
        ew_tally_add(a->sums, &a->r->plan, layer, ghat + k * (size_t) a->r->plan.pairs);
}

static ew_estimation estimation_of(const run *r)
{
    return (ew_estimation){r->model, r->statistics, &r->plan};
}

/* Merge every finished batch whose turn it is. */
static void hand_in(run *r, slong batch, ew_tally *t)
{
    ew_estimation e = estimation_of(r);
    ew_sample_table_batch(r->table, batch, &e, t);
    pthread_mutex_lock(&r->lock);
    r->batch[batch] = t;
    for (; r->merged < r->table->batches && r->batch[r->merged]; r->merged++) {
        ew_tally_merge(r->total, r->batch[r->merged]);
        ew_tally_free(r->batch[r->merged]);
        r->batch[r->merged] = NULL;
    }
    pthread_mutex_unlock(&r->lock);
}

static ew_status sample_range(const run *r, ew_sampler *sampler, ew_tally *t, uint64_t from,
                              uint64_t to, ew_pool *pool, ew_context *ctx)
{
    adding a = {r, t};
    for (uint64_t at = from; at < to; at += r->stride) {
        uint64_t n = to - at < r->stride ? to - at : r->stride;
        ew_status status = ew_sampler_run(sampler, r->opt->first + at, n, add_samples, &a, ctx);
        if (status != EW_OK)
            return status;
        t->n += n;
        ew_pool_advance(pool, (double) n / (double) (to - from));
    }
    return EW_OK;
}

/* floor(samples * b / batches) without overflow. */
static uint64_t batch_start(const run *r, uint64_t b)
{
    uint64_t n = r->opt->samples, k = (uint64_t) r->table->batches;
    return n / k * b + n % k * b / k;
}

static ew_status run_batch(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    ew_sampler *sampler = NULL;
    ew_tally *t = NULL;
    ew_status status = ew_tally_new(&t, &r->plan, ctx);
    if (status == EW_OK)
        status =
            ew_sampler_new(&sampler, ew_sample_rows(r->model, r->opt), &r->model->sampler, ctx);
    if (status == EW_OK)
        status = sample_range(r, sampler, t, batch_start(r, job), batch_start(r, job + 1), pool,
                              ctx);
    ew_sampler_free(sampler);
    if (status == EW_OK)
        hand_in(r, (slong) job, t);
    else
        ew_tally_free(t);
    return status;
}

static void add_pilot(slong layer, uint64_t first, size_t count, const double *ghat, void *data)
{
    run *r = data;
    slong pairs = r->plan.pairs;
    (void) first;
    for (size_t k = 0; k < count; k++)
        for (slong p = 0; p < pairs; p++)
            r->plan.shift[(layer - 2) * pairs + p] += ghat[(slong) k * pairs + p];
}

/* Units in which Ghat_AB is of order 1: the root of Ghat_AA Ghat_BB. */
static void set_scales(run *r)
{
    const ew_fields *f = r->model->fields;
    for (slong l = 0; l < r->plan.layers; l++)
        for (slong p = 0; p < f->pairs; p++) {
            slong i, j, at = l * f->pairs;
            ew_pair_fields(&i, &j, f, p);
            double a = fabs(r->plan.shift[at + ew_pair_of(f, i, i)]);
            double b = fabs(r->plan.shift[at + ew_pair_of(f, j, j)]);
            double unit = sqrt(a) * sqrt(b);
            r->plan.scale[at + p] = unit > 0 && isfinite(unit) ? unit : 1;
        }
}

/* The mean of a few samples is near enough to that of all that sums about it do not cancel. The
 * chain sampler, being cheap, draws them for both. */
static ew_status set_shifts(run *r, ew_context *ctx)
{
    slong n = r->plan.layers * r->plan.pairs;
    uint64_t pilot = r->opt->samples < PILOT ? r->opt->samples : PILOT;
    ew_sampler *s;
    ew_sample_options chain = {.sampler = EW_SAMPLER_CHAIN};
    ew_status status =
        ew_sampler_new(&s, ew_sample_rows(r->model, &chain), &r->model->sampler, ctx);
    if (status == EW_OK)
        status = ew_sampler_run(s, r->opt->first, pilot, add_pilot, r, ctx);
    ew_sampler_free(s);
    for (slong i = 0; i < n; i++) {
        r->plan.shift[i] /= (double) pilot;
        if (!isfinite(r->plan.shift[i]))
            r->plan.shift[i] = 0;
    }
    set_scales(r);
    return status;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void report_speed(const run *r, double elapsed, ew_context *ctx)
{
    char text[80];
    snprintf(text, sizeof text, "sampling: %" PRIu64 " samples in %.1f s, %.3g a second",
             r->opt->samples, elapsed, (double) r->opt->samples / elapsed);
    ew_progress(ctx, 1, text);
}

static ew_status run_all(run *r, ew_context *ctx)
{
    double start = seconds();
    ew_status status = set_shifts(r, ctx);
    if (status == EW_OK)
        status = ew_pool_run((size_t) r->table->batches, run_batch, r, "sampling", ctx);
    if (status != EW_OK)
        return status;
    report_speed(r, seconds() - start, ctx);
    if (r->total->bad)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: activations overflow from layer %ld on, where %" PRIu64
                       " of %" PRIu64 " samples of width %" PRIu64 " are not finite",
                       (long) r->total->bad_layer, r->total->bad, r->opt->samples,
                       r->opt->width);
    ew_estimation e = estimation_of(r);
    ew_sample_table_total(r->table, &e, r->total);
    return EW_OK;
}

/* Samples in which about STRIDE_NORMALS normals are drawn. */
static uint64_t stride_of(const ew_sample_model *model, const ew_sample_options *opt)
{
    double normals = 1;
    for (slong l = 0; l + 1 < model->sampler.depth; l++)
        normals +=
            (double) model->width[l] *
            (opt->sampler == EW_SAMPLER_NETWORK && l > 0 ? (double) model->width[l - 1] : 1);
    normals = STRIDE_NORMALS / normals / (double) model->fields->n;
    return normals < 1 ? 1 : normals > STRIDE ? STRIDE : (uint64_t) normals;
}

static slong batches_of(const ew_sample_options *opt, slong moments)
{
    uint64_t most = opt->samples / (uint64_t) (moments < 4 ? 4 : moments);
    return most < 1 ? 1 : most < EW_SAMPLE_BATCHES ? (slong) most : EW_SAMPLE_BATCHES;
}

/* Ghat of layer 1 is known: layers - 1 are sampled. */
static ew_status prepare(run *r, slong layers, ew_context *ctx)
{
    slong moments = r->opt->moments ? r->opt->moments : 2;
    ew_status status = ew_statistics_new(&r->statistics, r->model->fields, moments, ctx);
    if (status == EW_OK)
        status = ew_monomials_new(&r->monomials, r->statistics, ctx);
    if (status == EW_OK)
        status = ew_sample_table_new(&r->table, r->model->fields, r->statistics, layers,
                                     batches_of(r->opt, moments), ctx);
    if (status != EW_OK)
        return status;
    r->stride = stride_of(r->model, r->opt);
    r->plan = (ew_tally_plan){layers - 1, r->model->fields->pairs, r->monomials, NULL, NULL};
    size_t pairs = (size_t) (layers * r->plan.pairs);
    r->plan.shift = ew_alloc_zero(pairs, sizeof(double), ctx);
    r->plan.scale = ew_alloc_zero(pairs, sizeof(double), ctx);
    r->batch = ew_alloc_zero((size_t) r->table->batches, sizeof *r->batch, ctx);
    if (!r->plan.shift || !r->plan.scale || !r->batch)
        return EW_MEMORY;
    return ew_tally_new(&r->total, &r->plan, ctx);
}

static void release(run *r)
{
    for (slong b = 0; r->batch && b < r->table->batches; b++)
        ew_tally_free(r->batch[b]);
    free(r->batch);
    free(r->plan.shift);
    free(r->plan.scale);
    ew_tally_free(r->total);
    ew_monomials_free(r->monomials);
    ew_statistics_free(r->statistics);
    ew_sample_model_free(r->model);
    pthread_mutex_destroy(&r->lock);
}

static ew_status with_products(run *r, ew_context *ctx)
{
    ew_status status = ew_product_begin(ctx);
    if (status != EW_OK)
        return status;
    status = run_all(r, ctx);
    ew_product_end();
    return status;
}

ew_status ew_sample_chain(ew_sample_table **out, const ew_setting *net,
                          const ew_sample_options *opt, ew_context *ctx)
{
    *out = NULL;
    run r = {.opt = opt, .lock = PTHREAD_MUTEX_INITIALIZER};
    ew_status status = ew_sample_model_new(&r.model, net, opt, ctx);
    if (status == EW_OK)
        status = prepare(&r, net->depth, ctx);
    if (status == EW_OK)
        status = opt->sampler == EW_SAMPLER_NETWORK ? with_products(&r, ctx) : run_all(&r, ctx);
    release(&r);
    if (status == EW_OK)
        *out = r.table;
    else
        ew_sample_free(r.table);
    return status;
}
