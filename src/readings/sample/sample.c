#include "readings/sample/sample.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/model.h"
#include "readings/sample/pool.h"
#include "readings/sample/statistic.h"

/* Samples whose mean is subtracted from all before they are summed. */
#define PILOT 16
/* Samples between two reports of progress. */
#define STRIDE 256

/* How many samples were not finite in the first layer where any was not. */
typedef struct {
    slong layer; /* 0: none */
    uint64_t count;
} overflow;

typedef struct {
    const ew_sample_options *opt;
    const ew_sample_model *model;
    const ew_statistics *statistics;
    double *shift, *scale; /* [layers * pairs] */
    ew_sample_table *table;
    pthread_mutex_t lock; /* for what follows: batches are merged in their order */
    ew_pair_sums **batch; /* [batches]: finished, not yet merged */
    slong merged;
    ew_pair_sums *total; /* [layers * members] */
    overflow bad;
} run;

/* What one batch sums up. */
typedef struct {
    const run *r;
    ew_pair_sums *sums; /* [layers * members] */
    overflow bad;
} tally;

static void note_overflow(overflow *o, slong layer, uint64_t count)
{
    if (count == 0 || (o->layer && o->layer < layer))
        return;
    if (o->layer != layer)
        *o = (overflow){layer, 0};
    o->count += count;
}

static int all_finite(const double *x, slong n)
{
    for (slong i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static void add_sample(slong layer, uint64_t sample, const double *ghat, void *data)
{
    tally *t = data;
    const run *r = t->r;
    slong pairs = r->model->fields->pairs;
    const double *shift = r->shift + (layer - 1) * pairs,
                 *scale = r->scale + (layer - 1) * pairs;
    ew_pair_sums *sums = t->sums + (layer - 1) * r->statistics->members;
    (void) sample;
    if (!all_finite(ghat, pairs)) {
        note_overflow(&t->bad, layer, 1);
        return;
    }
    for (slong i = 0; i < r->statistics->n; i++)
        for (slong c = 0; c < r->statistics->at[i].copies; c++) {
            const ew_pairs *list = &r->statistics->at[i].copy[c];
            slong p = list->p[0], q = list->p[list->n - 1];
            ew_pair_add(sums++, (ghat[p] - shift[p]) / scale[p],
                        (ghat[q] - shift[q]) / scale[q]);
        }
}

/* The k-statistic of a list, in the units of Ghat. */
static ew_estimate estimate(const run *r, slong layer, const ew_pairs *list,
                            const ew_pair_sums *s)
{
    slong at = (layer - 1) * r->model->fields->pairs;
    slong p = at + list->p[0], q = at + list->p[list->n - 1];
    ew_estimate e = list->n == 1 ? ew_pair_mean(s) : ew_pair_covariance(s);
    double unit = list->n == 1 ? r->scale[p] : r->scale[p] * r->scale[q];
    e.mean = e.mean * unit + (list->n == 1 ? r->shift[p] : 0);
    e.se *= unit;
    return e;
}

static double spread(const run *r, slong layer, const ew_pairs *list, const ew_pair_sums *s)
{
    const double *scale = r->scale + (layer - 1) * r->model->fields->pairs;
    return list->n == 1 ? 0 : ew_pair_spread(s) * scale[list->p[0]] * scale[list->p[1]];
}

/* Layer 1 does not fluctuate: no sample is needed to know it. */
static ew_estimate certain(const run *r, const ew_pairs *list)
{
    return (ew_estimate){list->n == 1 ? r->model->first[list->p[0]] : 0, 0};
}

static void set_batch_values(const run *r, slong batch, const ew_pair_sums *sums)
{
    ew_sample_table *t = r->table;
    double *value = t->batch + batch * t->layers * t->terms;
    for (slong l = 1; l <= t->layers; l++)
        for (slong i = 0; i < t->terms; i++) {
            const ew_statistic *s = &r->statistics->at[i];
            double mean = 0;
            for (slong c = 0; c < s->copies; c++, sums++)
                mean += l == 1 ? certain(r, &s->copy[c]).mean
                               : estimate(r, l, &s->copy[c], sums).mean;
            *value++ = mean / (double) s->copies;
        }
}

/* Merge every finished batch whose turn it is. */
static void hand_in(run *r, slong batch, tally *t)
{
    slong n = r->table->layers * r->statistics->members;
    pthread_mutex_lock(&r->lock);
    note_overflow(&r->bad, t->bad.layer, t->bad.count);
    r->batch[batch] = t->sums;
    t->sums = NULL;
    for (; r->merged < r->table->batches && r->batch[r->merged]; r->merged++) {
        for (slong i = 0; i < n; i++)
            ew_pair_merge(&r->total[i], &r->batch[r->merged][i]);
        free(r->batch[r->merged]);
        r->batch[r->merged] = NULL;
    }
    pthread_mutex_unlock(&r->lock);
}

static ew_status sample_range(run *r, ew_chain_sampler *sampler, tally *t, uint64_t from,
                              uint64_t to, ew_pool *pool, ew_context *ctx)
{
    for (uint64_t at = from; at < to; at += STRIDE) {
        uint64_t n = to - at < STRIDE ? to - at : STRIDE;
        ew_status status =
            ew_chain_sampler_run(sampler, r->opt->first + at, n, add_sample, t, ctx);
        if (status != EW_OK)
            return status;
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
    ew_chain_sampler *sampler = NULL;
    tally t = {.r = r};
    t.sums = ew_alloc_zero((size_t) (r->table->layers * r->statistics->members), sizeof *t.sums,
                           ctx);
    ew_status status =
        t.sums ? ew_chain_sampler_new(&sampler, &r->model->chain, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = sample_range(r, sampler, &t, batch_start(r, job), batch_start(r, job + 1),
                              pool, ctx);
    if (status == EW_OK) {
        set_batch_values(r, (slong) job, t.sums);
        hand_in(r, (slong) job, &t);
    }
    ew_chain_sampler_free(sampler);
    free(t.sums);
    return status;
}

static void add_pilot(slong layer, uint64_t sample, const double *ghat, void *data)
{
    run *r = data;
    (void) sample;
    slong pairs = r->model->fields->pairs;
    for (slong p = 0; p < pairs; p++)
        r->shift[(layer - 1) * pairs + p] += ghat[p];
}

/* Units in which Ghat_AB is of order 1: the root of Ghat_AA Ghat_BB. */
static void set_scales(run *r)
{
    const ew_fields *f = r->model->fields;
    for (slong l = 0; l < r->table->layers; l++)
        for (slong p = 0; p < f->pairs; p++) {
            slong i, j, at = l * f->pairs;
            ew_pair_fields(&i, &j, f, p);
            double a = fabs(r->shift[at + ew_pair_of(f, i, i)]);
            double b = fabs(r->shift[at + ew_pair_of(f, j, j)]);
            double unit = sqrt(a) * sqrt(b);
            r->scale[at + p] = unit > 0 && isfinite(unit) ? unit : 1;
        }
}

/* The mean of a few samples is near enough to that of all that sums about it do not cancel. */
static ew_status set_shifts(run *r, ew_context *ctx)
{
    slong n = r->table->layers * r->model->fields->pairs;
    uint64_t pilot = r->opt->samples < PILOT ? r->opt->samples : PILOT;
    ew_chain_sampler *s;
    ew_status status = ew_chain_sampler_new(&s, &r->model->chain, ctx);
    if (status == EW_OK)
        status = ew_chain_sampler_run(s, r->opt->first, pilot, add_pilot, r, ctx);
    ew_chain_sampler_free(s);
    for (slong i = 0; i < n; i++) {
        r->shift[i] /= (double) pilot;
        if (!isfinite(r->shift[i]))
            r->shift[i] = 0;
    }
    set_scales(r);
    return status;
}

static void set_values(const run *r)
{
    ew_sample_table *t = r->table;
    for (slong l = 1; l <= t->layers; l++) {
        const ew_pair_sums *sums = r->total + (l - 1) * r->statistics->members;
        for (slong i = 0; i < t->terms; i++) {
            const ew_statistic *s = &r->statistics->at[i];
            t->value[(l - 1) * t->terms + i] =
                l == 1 ? certain(r, &s->copy[0]) : estimate(r, l, &s->copy[0], sums);
            t->spread[(l - 1) * t->terms + i] = l == 1 ? 0 : spread(r, l, &s->copy[0], sums);
            sums += s->copies;
        }
    }
}

static ew_status run_all(run *r, ew_context *ctx)
{
    ew_status status = set_shifts(r, ctx);
    if (status == EW_OK)
        status = ew_pool_run((size_t) r->table->batches, run_batch, r, "sampling", ctx);
    if (status != EW_OK)
        return status;
    if (r->bad.count)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: activations overflow from layer %ld on, where %" PRIu64
                       " of %" PRIu64 " samples of width %" PRIu64 " are not finite",
                       (long) r->bad.layer, r->bad.count, r->opt->samples, r->opt->width);
    set_values(r);
    return EW_OK;
}

static ew_status set_names(ew_sample_table *t, const ew_fields *fields, const ew_statistics *s,
                           ew_context *ctx)
{
    t->of_n = ew_alloc_zero((size_t) s->n, sizeof *t->of_n, ctx);
    t->of = ew_alloc_zero((size_t) s->n, sizeof *t->of, ctx);
    if (!t->of_n || !t->of)
        return EW_MEMORY;
    t->terms = s->n;
    for (slong i = 0; i < s->n; i++) {
        const ew_pairs *list = &s->at[i].copy[0];
        t->of[i] = ew_alloc_zero((size_t) list->n, sizeof **t->of, ctx);
        if (!t->of[i])
            return EW_MEMORY;
        t->of_n[i] = list->n;
        for (slong k = 0; k < list->n; k++)
            if (!(t->of[i][k] = ew_pair_name(fields, list->p[k], ctx)))
                return EW_MEMORY;
    }
    return EW_OK;
}

static ew_status new_table(ew_sample_table **out, const run *r, slong layers, ew_context *ctx)
{
    uint64_t most = r->opt->samples / 4;
    ew_sample_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    *out = t;
    if (!t)
        return EW_MEMORY;
    t->layers = layers;
    t->batches = most < 1 ? 1 : most < EW_SAMPLE_BATCHES ? (slong) most : EW_SAMPLE_BATCHES;
    ew_status status = set_names(t, r->model->fields, r->statistics, ctx);
    if (status != EW_OK)
        return status;
    size_t values = (size_t) (layers * t->terms);
    t->value = ew_alloc_zero(values, sizeof *t->value, ctx);
    t->spread = ew_alloc_zero(values, sizeof *t->spread, ctx);
    t->batch = ew_alloc_zero((size_t) t->batches * values, sizeof *t->batch, ctx);
    return t->value && t->spread && t->batch ? EW_OK : EW_MEMORY;
}

static ew_status prepare(run *r, slong layers, ew_context *ctx)
{
    size_t pairs = (size_t) (layers * r->model->fields->pairs);
    ew_status status = new_table(&r->table, r, layers, ctx);
    if (status != EW_OK)
        return status;
    r->shift = ew_alloc_zero(pairs, sizeof(double), ctx);
    r->scale = ew_alloc_zero(pairs, sizeof(double), ctx);
    r->batch = ew_alloc_zero((size_t) r->table->batches, sizeof *r->batch, ctx);
    r->total = ew_alloc_zero((size_t) (layers * r->statistics->members), sizeof *r->total, ctx);
    return r->shift && r->scale && r->batch && r->total ? EW_OK : EW_MEMORY;
}

static void release(run *r)
{
    for (slong b = 0; r->batch && b < r->table->batches; b++)
        free(r->batch[b]);
    free(r->batch);
    free(r->shift);
    free(r->scale);
    free(r->total);
}

ew_status ew_sample_chain(ew_sample_table **out, const ew_setting *net,
                          const ew_sample_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_sample_model *model = NULL;
    ew_statistics *statistics = NULL;
    run r = {.opt = opt, .lock = PTHREAD_MUTEX_INITIALIZER};
    ew_status status = ew_sample_model_new(&model, net, opt, ctx);
    if (status == EW_OK)
        status = ew_statistics_new(&statistics, model->fields, ctx);
    if (status == EW_OK) {
        r.model = model;
        r.statistics = statistics;
        status = prepare(&r, net->depth, ctx);
    }
    if (status == EW_OK)
        status = run_all(&r, ctx);
    release(&r);
    if (status == EW_OK)
        *out = r.table;
    else
        ew_sample_free(r.table);
    ew_statistics_free(statistics);
    ew_sample_model_free(model);
    pthread_mutex_destroy(&r.lock);
    return status;
}

void ew_sample_free(ew_sample_table *t)
{
    if (!t)
        return;
    for (slong i = 0; i < t->terms; i++) {
        for (slong k = 0; t->of[i] && k < t->of_n[i]; k++)
            free(t->of[i][k]);
        free(t->of[i]);
    }
    free(t->of_n);
    free(t->of);
    free(t->value);
    free(t->spread);
    free(t->batch);
    free(t);
}

slong ew_sample_term(const ew_sample_table *t, const char *const *of, slong n)
{
    for (slong i = 0; i < t->terms; i++) {
        int same = t->of_n[i] == n;
        for (slong k = 0; k < n && same; k++)
            same = strcmp(t->of[i][k], of[k]) == 0;
        if (same)
            return i;
    }
    return -1;
}
