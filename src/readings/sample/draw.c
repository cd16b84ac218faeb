#include "readings/sample/draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arith/pool.h"
#include "readings/sample/product.h"

/* Samples, and about how many normals, between two reports of progress. */
#define STRIDE 256
#define STRIDE_NORMALS 1e7
/* Seconds between two savings: as long as the work has lasted, within these limits, and so many
 * times what a saving takes. */
#define SAVE_LEAST 0.1
#define SAVE_MOST 5.0
#define SAVE_PART 50

double ew_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

void ew_sample_report(uint64_t samples, double seconds, ew_context *ctx)
{
    char text[80];
    snprintf(text, sizeof text, "sampling: %" PRIu64 " samples in %.1f s, %.3g a second",
             samples, seconds, (double) samples / seconds);
    ew_progress(ctx, 1, text);
}

uint64_t ew_draw_stride(const ew_sample_model *model, const ew_sample_options *opt)
{
    double normals = 1;
    for (slong l = 0; l + 1 < model->sampler.depth; l++)
        normals +=
            (double) model->width[l] *
            (opt->sampler == EW_SAMPLER_NETWORK && l > 0 ? (double) model->width[l - 1] : 1);
    normals = STRIDE_NORMALS / normals / (double) model->fields->n;
    return normals < 1 ? 1 : normals > STRIDE ? STRIDE : (uint64_t) normals;
}

/* ---- one batch, by one of the threads ---- */

/* A tally on its way, for the next saving. */
static ew_status hand_copy(ew_draw *d, ew_draw_job *j, const ew_tally *t, ew_context *ctx)
{
    ew_status status = EW_OK;
    pthread_mutex_lock(&d->lock);
    if (!j->tally)
        status = ew_tally_new(&j->tally, &d->record->plan, ctx);
    if (status == EW_OK) {
        ew_tally_copy(j->tally, t);
        j->news = 1;
    }
    pthread_mutex_unlock(&d->lock);
    return status;
}

static void hand_in(ew_draw *d, ew_draw_job *j, ew_tally *t)
{
    if (d->task.complete)
        d->task.complete(d->task.data, j->batch, t);
    pthread_mutex_lock(&d->lock);
    ew_tally_free(j->tally);
    j->tally = t;
    j->news = j->complete = 1;
    pthread_mutex_unlock(&d->lock);
}

/* From where the tally ends, in the same strides as from the beginning of the batch. */
static ew_status draw_rest(ew_draw *d, ew_draw_job *j, ew_sampler *sampler,
                           ew_draw_batch *batch, ew_pool *pool, ew_context *ctx)
{
    ew_tally *t = batch->sums;
    uint64_t size = ew_sample_batch_size(d->record, j->batch), rest = size - t->n;
    uint64_t start = d->opt->first + ew_sample_batch_start(d->record, j->batch);
    ew_status status = EW_OK;
    while (t->n < size && status == EW_OK) {
        uint64_t n = size - t->n < d->task.stride ? size - t->n : d->task.stride;
        status = ew_sampler_run(sampler, start + t->n, n, d->task.add, batch, ctx);
        if (status != EW_OK)
            break;
        t->n += n;
        ew_pool_advance(pool, (double) n / (double) rest);
        if (d->opt->keeper && t->n < size)
            status = hand_copy(d, j, t, ctx);
    }
    return status;
}

static ew_status run_job(size_t number, void *data, ew_pool *pool, ew_context *ctx)
{
    ew_draw *d = data;
    ew_draw_job *j = &d->job[number];
    ew_sampler *sampler = NULL;
    ew_draw_batch batch = {&d->task, d->record, NULL, NULL};
    ew_status status = ew_tally_new(&batch.sums, &d->record->plan, ctx);
    batch.scratch = ew_alloc_zero(d->task.scratch + 1, sizeof *batch.scratch, ctx);
    if (status == EW_OK && !batch.scratch)
        status = EW_MEMORY;
    if (status == EW_OK)
        status =
            ew_sampler_new(&sampler, ew_sample_rows(d->model, d->opt), &d->model->sampler, ctx);
    if (status == EW_OK && d->task.rows)
        ew_sampler_watch(sampler, d->task.rows, &batch);
    if (status == EW_OK && j->begun)
        ew_tally_copy(batch.sums, j->begun);
    if (status == EW_OK)
        status = draw_rest(d, j, sampler, &batch, pool, ctx);
    ew_sampler_free(sampler);
    free(batch.scratch);
    if (status == EW_OK)
        hand_in(d, j, batch.sums);
    else
        ew_tally_free(batch.sums);
    return status;
}

/* ---- the record, in the calling thread ---- */

static void take(ew_draw *d, uint64_t gained)
{
    d->drawn += gained;
    d->changed = 1;
    if (d->task.taken)
        d->task.taken(d->task.data);
}

/* A tally has come in from another process. */
static void came(void *data, slong batch, uint64_t gained)
{
    ew_draw *d = data;
    if (!ew_crew_leads(&d->crew))
        return;
    if (d->task.complete && ew_sample_batch_complete(d->record, batch))
        d->task.complete(d->task.data, batch, d->record->batch[batch]);
    take(d, gained);
}

/* A follower's goes to the leader. */
static ew_status accept(ew_draw *d, ew_draw_job *j, ew_tally **t, ew_context *ctx)
{
    if (!ew_crew_leads(&d->crew))
        return ew_crew_send(&d->crew, j->batch, *t, ctx);
    ew_tally **old = &d->record->batch[j->batch], *swap = *old;
    uint64_t before = swap ? swap->n : 0, after = (*t)->n;
    *old = *t;
    *t = swap;
    take(d, after - before);
    return EW_OK;
}

/* Take what the jobs have handed over; copies on the way only when asked. */
static ew_status collect(ew_draw *d, int copies, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < d->jobs && status == EW_OK; i++) {
        ew_draw_job *j = &d->job[i];
        ew_tally *t = NULL;
        pthread_mutex_lock(&d->lock);
        if (j->news && (copies || j->complete)) {
            t = j->tally;
            j->tally = NULL;
            j->news = 0;
        }
        pthread_mutex_unlock(&d->lock);
        if (t)
            status = accept(d, j, &t, ctx);
        ew_tally_free(t);
    }
    return status;
}

static ew_status save(ew_draw *d, ew_context *ctx)
{
    const ew_sample_keeper *keeper = d->opt->keeper;
    double begin = ew_seconds();
    ew_status status = EW_OK;
    if (d->changed && ew_crew_leads(&d->crew) && keeper && keeper->save)
        status = keeper->save(keeper->data, ctx);
    d->changed = 0;
    double end = ew_seconds(), pause = fmin(fmax(end - d->start, SAVE_LEAST), SAVE_MOST);
    d->next_save = end + fmax(pause, SAVE_PART * (end - begin));
    return status;
}

/* Now and then while jobs run. */
static ew_status attend(void *data, ew_context *ctx)
{
    ew_draw *d = data;
    int due = d->opt->keeper && ew_seconds() >= d->next_save;
    ew_status status = collect(d, due, ctx);
    if (status == EW_OK)
        status = ew_crew_listen(&d->crew, ctx);
    return status == EW_OK && due ? save(d, ctx) : status;
}

static ew_status set_jobs(ew_draw *d, ew_context *ctx)
{
    int rank = ew_crew_rank(&d->crew);
    d->job = ew_alloc_zero((size_t) d->record->batches, sizeof *d->job, ctx);
    for (slong b = 0; d->job && b < d->record->batches; b++)
        if (d->crew.owner[b] == rank) {
            d->job[d->jobs].batch = b;
            d->job[d->jobs++].begun = d->record->batch[b];
        }
    return d->job ? EW_OK : EW_MEMORY;
}

/* ---- the whole ---- */

static ew_status run_jobs(ew_draw *d, ew_context *ctx)
{
    int products = d->opt->sampler == EW_SAMPLER_NETWORK;
    ew_status status = set_jobs(d, ctx);
    if (status == EW_OK && products)
        status = ew_product_begin(ctx);
    if (status != EW_OK)
        return status;
    status = ew_pool_run_attended((size_t) d->jobs, run_job, d, attend, "sampling", ctx);
    if (products)
        ew_product_end();
    return status;
}

/* What was drawn before a failure is kept, too. */
ew_status ew_draw_run(ew_draw *d, const ew_sample_model *model, const ew_draw_task *task,
                      ew_context *ctx)
{
    ew_context own = {0};
    d->model = model;
    d->task = *task;
    ew_status status = run_jobs(d, ctx);
    if (status == EW_OK)
        return collect(d, 1, ctx);
    ew_status rest = collect(d, 1, &own);
    (void) rest;
    ew_clear(&own);
    return status;
}

/* After a failure. */
static ew_status save_last(ew_draw *d, ew_status status, ew_context *ctx)
{
    ew_context own = {0};
    if (status != EW_CANCELLED)
        return status;
    ew_status saved = save(d, &own);
    if (saved != EW_OK)
        status = ew_fail(ctx, saved, "%s", ew_context_error(&own));
    ew_clear(&own);
    return status;
}

ew_status ew_draw_open(ew_draw *d, const ew_sample_options *opt, ew_context *ctx)
{
    *d = (ew_draw){.opt = opt, .lock = PTHREAD_MUTEX_INITIALIZER, .start = ew_seconds()};
    return ew_crew_new(&d->crew, came, d, ctx);
}

void ew_draw_close(ew_draw *d)
{
    for (slong i = 0; i < d->jobs; i++)
        ew_tally_free(d->job[i].tally);
    free(d->job);
    if (d->own_record)
        ew_sample_record_free(d->record);
    ew_crew_clear(&d->crew);
    pthread_mutex_destroy(&d->lock);
}

ew_status ew_draw_record(ew_draw *d, const ew_sample_identity *id, ew_context *ctx)
{
    const ew_sample_keeper *keeper = d->opt->keeper;
    d->own_record = !keeper || !ew_crew_leads(&d->crew);
    ew_status status = d->own_record ? ew_sample_record_new(&d->record, id, ctx)
                                     : keeper->open(&d->record, id, keeper->data, ctx);
    if (status == EW_OK && d->opt->shards > d->record->batches)
        return ew_fail(ctx, EW_USAGE, "shard: these samples have %ld batches to share, not %ld",
                       (long) d->record->batches, (long) d->opt->shards);
    return status;
}

ew_status ew_draw_start(ew_draw *d, ew_context *ctx)
{
    int whole = d->opt->shards == 0;
    return ew_crew_start(&d->crew, d->record, whole ? 1 : d->opt->shard,
                         whole ? 1 : d->opt->shards, ctx);
}

ew_status ew_draw_join(ew_draw *d, ew_status status, ew_context *ctx)
{
    status = ew_crew_join(&d->crew, status, ctx);
    if (status != EW_OK)
        return save_last(d, status, ctx);
    status = save(d, ctx);
    return status == EW_OK ? EW_OK : ew_crew_result(&d->crew, status, NULL, 0, ctx);
}

ew_status ew_draw_result(ew_draw *d, ew_status status, const ew_crew_part *part, int parts,
                         ew_context *ctx)
{
    int leads = ew_crew_leads(&d->crew);
    if (leads || status == EW_OK)
        status = ew_crew_result(&d->crew, status, part, parts, ctx);
    if (status == EW_OK && leads)
        ew_sample_report(d->drawn, ew_seconds() - d->start, ctx);
    return status;
}
