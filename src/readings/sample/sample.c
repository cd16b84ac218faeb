#include "readings/sample/sample.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arith/pool.h"
#include "readings/sample/crew.h"
#include "readings/sample/model.h"
#include "readings/sample/product.h"
#include "readings/sample/record.h"

/* Samples whose mean is subtracted from all before they are summed. */
#define PILOT 16
/* Samples, and about how many normals, between two reports of progress. */
#define STRIDE 256
#define STRIDE_NORMALS 1e7
/* Seconds between two savings: as long as the work has lasted, within these limits, and so many
 * times what a saving takes. */
#define SAVE_LEAST 0.1
#define SAVE_MOST 5.0
#define SAVE_PART 50

/* A batch that this process draws.  What its thread hands over is the record's next state. */
typedef struct {
    slong batch;
    const ew_tally
        *begun;      /* where to go on, or NULL: the record's, until news is handed over */
    ew_tally *tally; /* handed over: complete, or a copy on the way */
    int news, complete;
} job;

typedef struct {
    const ew_sample_options *opt;
    ew_sample_model *model;
    ew_sample_record *record; /* touched by the calling thread only */
    int own_record;
    int tables;                    /* this process makes the table */
    ew_sample_gathering gathering; /* then */
    ew_crew crew;
    uint64_t stride;
    slong jobs;
    job *job;
    pthread_mutex_t lock; /* for what jobs have handed over */
    uint64_t drawn;
    int changed; /* the record, since it was last saved */
    double start, next_save;
} run;

/* What a sampler's calls add to. */
typedef struct {
    const run *r;
    ew_tally *sums;
} adding;

double ew_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* ---- one batch, by one of the threads ---- */

static void add_samples(slong layer, uint64_t first, size_t count, const double *ghat,
                        void *data)
{
    const adding *a = data;
    const ew_tally_plan *plan = &a->r->record->plan;
    (void) first;
    for (size_t k = 0; k < count; k++)
        ew_tally_add(a->sums, plan, layer, ghat + k * (size_t) plan->pairs);
}

/* A tally on its way, for the next saving. */
static ew_status hand_copy(run *r, job *j, const ew_tally *t, ew_context *ctx)
{
    ew_status status = EW_OK;
    pthread_mutex_lock(&r->lock);
    if (!j->tally)
        status = ew_tally_new(&j->tally, &r->record->plan, ctx);
    if (status == EW_OK) {
        ew_tally_copy(j->tally, t);
        j->news = 1;
    }
    pthread_mutex_unlock(&r->lock);
    return status;
}

static void hand_in(run *r, job *j, ew_tally *t)
{
    if (r->tables)
        ew_sample_gather_batch(&r->gathering, j->batch, t);
    pthread_mutex_lock(&r->lock);
    ew_tally_free(j->tally);
    j->tally = t;
    j->news = j->complete = 1;
    pthread_mutex_unlock(&r->lock);
}

/* From where the tally ends, in the same strides as from the beginning of the batch. */
static ew_status draw_rest(run *r, job *j, ew_sampler *sampler, ew_tally *t, ew_pool *pool,
                           ew_context *ctx)
{
    adding a = {r, t};
    uint64_t size = ew_sample_batch_size(r->record, j->batch), rest = size - t->n;
    uint64_t start = r->opt->first + ew_sample_batch_start(r->record, j->batch);
    ew_status status = EW_OK;
    while (t->n < size && status == EW_OK) {
        uint64_t n = size - t->n < r->stride ? size - t->n : r->stride;
        status = ew_sampler_run(sampler, start + t->n, n, add_samples, &a, ctx);
        if (status != EW_OK)
            break;
        t->n += n;
        ew_pool_advance(pool, (double) n / (double) rest);
        if (r->opt->keeper && t->n < size)
            status = hand_copy(r, j, t, ctx);
    }
    return status;
}

static ew_status run_job(size_t number, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    job *j = &r->job[number];
    ew_sampler *sampler = NULL;
    ew_tally *t = NULL;
    ew_status status = ew_tally_new(&t, &r->record->plan, ctx);
    if (status == EW_OK)
        status =
            ew_sampler_new(&sampler, ew_sample_rows(r->model, r->opt), &r->model->sampler, ctx);
    if (status == EW_OK && j->begun)
        ew_tally_copy(t, j->begun);
    if (status == EW_OK)
        status = draw_rest(r, j, sampler, t, pool, ctx);
    ew_sampler_free(sampler);
    if (status == EW_OK)
        hand_in(r, j, t);
    else
        ew_tally_free(t);
    return status;
}

static void add_pilot(slong layer, uint64_t first, size_t count, const double *ghat, void *data)
{
    ew_tally_plan *plan = data;
    slong pairs = plan->pairs;
    (void) first;
    for (size_t k = 0; k < count; k++)
        for (slong p = 0; p < pairs; p++)
            plan->shift[(layer - 2) * pairs + p] += ghat[(slong) k * pairs + p];
}

/* Units in which Ghat_AB is of order 1: the root of Ghat_AA Ghat_BB. */
static void set_scales(ew_tally_plan *plan, const ew_fields *f)
{
    for (slong l = 0; l < plan->layers; l++)
        for (slong p = 0; p < f->pairs; p++) {
            slong i, j, at = l * f->pairs;
            ew_pair_fields(&i, &j, f, p);
            double a = fabs(plan->shift[at + ew_pair_of(f, i, i)]);
            double b = fabs(plan->shift[at + ew_pair_of(f, j, j)]);
            double unit = sqrt(a) * sqrt(b);
            plan->scale[at + p] = unit > 0 && isfinite(unit) ? unit : 1;
        }
}

/* The mean of a few samples is near enough to that of all that sums about it do not cancel. The
 * chain sampler, being cheap, draws them for both. */
static ew_status centre(run *r, ew_context *ctx)
{
    ew_tally_plan *plan = &r->record->plan;
    slong n = plan->layers * plan->pairs;
    uint64_t pilot = r->opt->samples < PILOT ? r->opt->samples : PILOT;
    ew_sampler *s;
    ew_sample_options chain = {.sampler = EW_SAMPLER_CHAIN};
    ew_status status =
        ew_sampler_new(&s, ew_sample_rows(r->model, &chain), &r->model->sampler, ctx);
    if (status == EW_OK)
        status = ew_sampler_run(s, r->opt->first, pilot, add_pilot, plan, ctx);
    ew_sampler_free(s);
    for (slong i = 0; i < n; i++) {
        plan->shift[i] /= (double) pilot;
        if (!isfinite(plan->shift[i]))
            plan->shift[i] = 0;
    }
    set_scales(plan, r->record->fields);
    r->record->centred = status == EW_OK;
    return status;
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

/* ---- the record, in the calling thread ---- */

/* Merge every batch whose turn it is; without a keeper nobody needs its tally any more. */
static void merge_ready(run *r)
{
    slong b;
    while (r->tables && (b = r->gathering.merged) < r->record->batches &&
           ew_sample_batch_complete(r->record, b)) {
        ew_sample_gather_next(&r->gathering, r->record->batch[b]);
        if (r->opt->keeper)
            continue;
        ew_tally_free(r->record->batch[b]);
        r->record->batch[b] = NULL;
    }
}

/* A tally has come in from another process. */
static void came(void *data, slong batch, uint64_t gained)
{
    run *r = data;
    if (!ew_crew_leads(&r->crew))
        return;
    r->drawn += gained;
    r->changed = 1;
    if (!ew_sample_batch_complete(r->record, batch))
        return;
    if (r->tables)
        ew_sample_gather_batch(&r->gathering, batch, r->record->batch[batch]);
    merge_ready(r);
}

/* A follower's goes to the leader. */
static ew_status accept(run *r, job *j, ew_tally **t, ew_context *ctx)
{
    if (!ew_crew_leads(&r->crew))
        return ew_crew_send(&r->crew, j->batch, *t, ctx);
    ew_tally **old = &r->record->batch[j->batch], *swap = *old;
    r->drawn += (*t)->n - (swap ? swap->n : 0);
    r->changed = 1;
    *old = *t;
    *t = swap;
    merge_ready(r);
    return EW_OK;
}

/* Take what the jobs have handed over; copies on the way only when asked. */
static ew_status collect(run *r, int copies, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < r->jobs && status == EW_OK; i++) {
        job *j = &r->job[i];
        ew_tally *t = NULL;
        pthread_mutex_lock(&r->lock);
        if (j->news && (copies || j->complete)) {
            t = j->tally;
            j->tally = NULL;
            j->news = 0;
        }
        pthread_mutex_unlock(&r->lock);
        if (t)
            status = accept(r, j, &t, ctx);
        ew_tally_free(t);
    }
    return status;
}

static ew_status save(run *r, ew_context *ctx)
{
    const ew_sample_keeper *keeper = r->opt->keeper;
    double begin = ew_seconds();
    ew_status status = EW_OK;
    if (r->changed && ew_crew_leads(&r->crew) && keeper && keeper->save)
        status = keeper->save(keeper->data, ctx);
    r->changed = 0;
    double end = ew_seconds(), pause = fmin(fmax(end - r->start, SAVE_LEAST), SAVE_MOST);
    r->next_save = end + fmax(pause, SAVE_PART * (end - begin));
    return status;
}

/* Now and then while jobs run. */
static ew_status attend(void *data, ew_context *ctx)
{
    run *r = data;
    int due = r->opt->keeper && ew_seconds() >= r->next_save;
    ew_status status = collect(r, due, ctx);
    if (status == EW_OK)
        status = ew_crew_listen(&r->crew, ctx);
    return status == EW_OK && due ? save(r, ctx) : status;
}

static ew_status set_jobs(run *r, ew_context *ctx)
{
    int rank = ew_crew_rank(&r->crew);
    r->job = ew_alloc_zero((size_t) r->record->batches, sizeof *r->job, ctx);
    for (slong b = 0; r->job && b < r->record->batches; b++)
        if (r->crew.owner[b] == rank) {
            r->job[r->jobs].batch = b;
            r->job[r->jobs++].begun = r->record->batch[b];
        }
    return r->job ? EW_OK : EW_MEMORY;
}

/* ---- the whole ---- */

void ew_sample_report(uint64_t samples, double seconds, ew_context *ctx)
{
    char text[80];
    snprintf(text, sizeof text, "sampling: %" PRIu64 " samples in %.1f s, %.3g a second",
             samples, seconds, (double) samples / seconds);
    ew_progress(ctx, 1, text);
}

static ew_status identify(ew_sample_identity *id, const run *r, const ew_setting *net,
                          ew_context *ctx)
{
    const ew_sample_options *opt = r->opt;
    *id = (ew_sample_identity){.inputs = net->inputs,
                               .directions = net->directions,
                               .depth = net->depth,
                               .descent = opt->descent,
                               .moments = opt->moments ? opt->moments : 2,
                               .sampler = opt->sampler,
                               .width = opt->width,
                               .samples = opt->samples,
                               .first = opt->first,
                               .seed = opt->seed};
    return ew_sample_model_mark(id->model, r->model, ctx);
}

/* The keeper's record, or one for the time being. */
static ew_status open_record(run *r, const ew_setting *net, ew_context *ctx)
{
    const ew_sample_keeper *keeper = r->opt->keeper;
    ew_sample_identity id;
    r->own_record = !keeper || !ew_crew_leads(&r->crew);
    ew_status status = identify(&id, r, net, ctx);
    if (status == EW_OK)
        status = r->own_record ? ew_sample_record_new(&r->record, &id, ctx)
                               : keeper->open(&r->record, &id, keeper->data, ctx);
    if (status == EW_OK)
        memcpy(r->record->layer1, r->model->first,
               (size_t) r->record->plan.pairs * sizeof(double));
    return status;
}

/* The estimates of batches that are there already. */
static ew_status begin_table(run *r, ew_context *ctx)
{
    r->tables = r->opt->shards == 0 && ew_crew_leads(&r->crew);
    if (!r->tables)
        return EW_OK;
    ew_status status = ew_sample_gather_new(&r->gathering, r->record, ctx);
    for (slong b = 0; b < r->record->batches && status == EW_OK; b++)
        if (ew_sample_batch_complete(r->record, b))
            ew_sample_gather_batch(&r->gathering, b, r->record->batch[b]);
    if (status == EW_OK)
        merge_ready(r);
    return status;
}

static ew_status prepare(run *r, const ew_setting *net, ew_context *ctx)
{
    slong n = r->opt->shards ? r->opt->shards : 1, k = r->opt->shards ? r->opt->shard : 1;
    ew_status status = ew_sample_model_new(&r->model, net, r->opt, ctx);
    if (status == EW_OK)
        status = open_record(r, net, ctx);
    if (status == EW_OK && n > r->record->batches)
        return ew_fail(ctx, EW_USAGE, "shard: these samples have %ld batches to share, not %ld",
                       (long) r->record->batches, (long) n);
    if (status == EW_OK)
        r->stride = stride_of(r->model, r->opt);
    if (status == EW_OK && ew_crew_leads(&r->crew) && !r->record->centred)
        status = centre(r, ctx);
    if (status == EW_OK)
        status = ew_crew_start(&r->crew, r->record, k, n, ctx);
    return status == EW_OK ? begin_table(r, ctx) : status;
}

static ew_status run_jobs(run *r, ew_context *ctx)
{
    int products = r->opt->sampler == EW_SAMPLER_NETWORK;
    ew_status status = set_jobs(r, ctx);
    if (status == EW_OK && products)
        status = ew_product_begin(ctx);
    if (status != EW_OK)
        return status;
    status = ew_pool_run_attended((size_t) r->jobs, run_job, r, attend, "sampling", ctx);
    if (products)
        ew_product_end();
    return status;
}

/* What was drawn before a failure is kept, too. */
static ew_status draw(run *r, ew_context *ctx)
{
    ew_context own = {0};
    ew_status status = run_jobs(r, ctx);
    if (status == EW_OK)
        return collect(r, 1, ctx);
    ew_status rest = collect(r, 1, &own);
    (void) rest;
    ew_clear(&own);
    return status;
}

static ew_status save_last(run *r, ew_status status, ew_context *ctx)
{
    ew_context own = {0};
    if (status == EW_OK)
        return save(r, ctx);
    if (status != EW_CANCELLED)
        return status;
    ew_status saved = save(r, &own);
    if (saved != EW_OK)
        status = ew_fail(ctx, saved, "%s", ew_context_error(&own));
    ew_clear(&own);
    return status;
}

/* Everybody is through. */
static ew_status conclude(ew_sample_table **table, run *r, ew_context *ctx)
{
    int leads = ew_crew_leads(&r->crew);
    ew_status status = save_last(r, EW_OK, ctx);
    if (status == EW_OK && r->tables)
        status = ew_sample_gather_end(table, &r->gathering, ctx);
    else if (status == EW_OK && r->opt->shards == 0)
        status = ew_sample_table_new(table, r->record->fields, r->record->statistics,
                                     r->record->id.depth, r->record->batches, ctx);
    if (leads || status == EW_OK)
        status = ew_crew_result(&r->crew, status, *table, ctx);
    if (status == EW_OK && leads)
        ew_sample_report(r->drawn, ew_seconds() - r->start, ctx);
    return status;
}

static void release(run *r)
{
    for (slong i = 0; i < r->jobs; i++)
        ew_tally_free(r->job[i].tally);
    free(r->job);
    ew_sample_gather_clear(&r->gathering);
    if (r->own_record)
        ew_sample_record_free(r->record);
    ew_sample_model_free(r->model);
    ew_crew_clear(&r->crew);
    pthread_mutex_destroy(&r->lock);
}

ew_status ew_sample_chain(ew_sample_table **out, const ew_setting *net,
                          const ew_sample_options *opt, ew_context *ctx)
{
    run r = {.opt = opt, .lock = PTHREAD_MUTEX_INITIALIZER, .start = ew_seconds()};
    *out = NULL;
    ew_status status = ew_crew_new(&r.crew, came, &r, ctx);
    if (status == EW_OK) {
        status = prepare(&r, net, ctx);
        if (status == EW_OK)
            status = draw(&r, ctx);
        status = ew_crew_join(&r.crew, status, ctx);
        status = status == EW_OK ? conclude(out, &r, ctx) : save_last(&r, status, ctx);
    }
    if (opt->drawn)
        *opt->drawn += r.drawn;
    release(&r);
    if (status != EW_OK) {
        ew_sample_free(*out);
        *out = NULL;
    }
    return status;
}
