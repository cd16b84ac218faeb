#include "readings/sample/reduce.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/bits.h"
#include "readings/sample/draw.h"

typedef struct {
    const ew_reduction *r;
    const ew_sample_model *model;
    const ew_sample_options *opt;
    ew_draw draw;
} run;

/* ---- samples ---- */

static void add_samples(slong layer, uint64_t first, size_t count, const double *ghat,
                        void *data)
{
    const ew_draw_batch *b = data;
    const run *all = b->task->data;
    size_t pairs = (size_t) all->model->program->pairs;
    for (size_t k = 0; k < count; k++, ghat += pairs) {
        int finite = 1;
        for (size_t i = 0; i < pairs; i++)
            finite &= isfinite(ghat[i]) != 0;
        if (finite)
            all->r->add(b->sums->high, b->scratch, layer, first + k - all->opt->first, ghat,
                        all->r);
        else
            ew_tally_note(b->sums, layer, 1);
    }
}

static void add_rows(slong layer, uint64_t sample, const ew_neurons *block, size_t at,
                     uint64_t row, size_t rows, void *data)
{
    const ew_draw_batch *b = data;
    const run *all = b->task->data;
    all->r->rows(b->sums->high, b->scratch, layer, sample - all->opt->first, block, at, row,
                 rows, all->r);
}

slong ew_reduction_batches(uint64_t units)
{
    return units < EW_SAMPLE_BATCHES ? (slong) units : EW_SAMPLE_BATCHES;
}

/* ---- the record ---- */

/* SHA-256 of the network's mark, of what is asked of it, and by whom. */
static ew_status mark(char hex[EW_SHA256_SIZE], const run *all, ew_context *ctx)
{
    const ew_reduction *r = all->r;
    size_t numbers = EW_BITS_DIGITS * r->asks, name = strlen(r->what);
    char *text = ew_alloc(EW_SHA256_SIZE + numbers + name + 1, ctx);
    ew_status status = text ? ew_sample_model_mark(text, all->model, ctx) : EW_MEMORY;
    if (status == EW_OK) {
        size_t at = strlen(text);
        ew_bits_write(text + at, r->asked, r->asks);
        memcpy(text + at + numbers, r->what, name + 1);
        ew_sha256(hex, text, at + numbers + name);
    }
    free(text);
    return status;
}

static ew_status open_record(run *all, ew_context *ctx)
{
    const ew_sample_options *opt = all->opt;
    ew_sample_identity id = {.inputs = all->model->fields->inputs,
                             .depth = all->model->sampler.depth,
                             .moments = 1,
                             .sampler = opt->sampler,
                             .width = opt->width,
                             .samples = opt->samples,
                             .first = opt->first,
                             .seed = opt->seed,
                             .kept = (slong) all->r->size,
                             .unit = all->r->unit};
    ew_status status = mark(id.model, all, ctx);
    return status == EW_OK ? ew_draw_record(&all->draw, &id, ctx) : status;
}

/* ---- the whole ---- */

/* From the smallest strides that suit a sampler to those after which nothing is under way. */
static uint64_t stride_of(const run *all)
{
    uint64_t stride = ew_draw_stride(all->model, all->opt), step = all->r->step;
    return (stride + step - 1) / step * step;
}

static ew_status draw(run *all, ew_context *ctx)
{
    ew_draw_task task = {.add = add_samples,
                         .rows = all->r->rows ? add_rows : NULL,
                         .scratch = all->r->scratch,
                         .stride = stride_of(all),
                         .data = all};
    ew_status status = open_record(all, ctx);
    if (status == EW_OK)
        status = ew_draw_start(&all->draw, ctx);
    return status == EW_OK ? ew_draw_run(&all->draw, all->model, &task, ctx) : status;
}

/* The leader's batches, all complete. */
static ew_status collect(double *kept, const run *all, ew_context *ctx)
{
    const ew_sample_record *record = all->draw.record;
    size_t size = all->r->size;
    ew_tally bad = {0};
    for (slong b = 0; b < record->batches; b++) {
        const ew_tally *t = record->batch[b];
        ew_tally_note(&bad, t->bad_layer, t->bad);
        memcpy(kept + (size_t) b * size, t->high, size * sizeof *kept);
    }
    if (bad.bad_layer == 0)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "sample: activations overflow from layer %ld on, where %" PRIu64
                   " of %" PRIu64 " samples of width %" PRIu64 " are not finite",
                   (long) bad.bad_layer, bad.bad, all->opt->samples, all->opt->width);
}

static ew_status conclude(double *kept, run *all, ew_context *ctx)
{
    int whole = all->opt->shards == 0;
    size_t numbers = (size_t) all->draw.record->batches * all->r->size;
    ew_crew_part part = {kept, whole ? numbers * sizeof *kept : 0};
    ew_status status = EW_OK;
    if (whole && ew_crew_leads(&all->draw.crew))
        status = collect(kept, all, ctx);
    return ew_draw_result(&all->draw, status, &part, 1, ctx);
}

ew_status ew_sample_reduce(double *kept, const ew_reduction *r, const ew_sample_model *model,
                           const ew_sample_options *opt, ew_context *ctx)
{
    run all = {.r = r, .model = model, .opt = opt};
    ew_status status = ew_draw_open(&all.draw, opt, ctx);
    if (status == EW_OK)
        status = ew_draw_join(&all.draw, draw(&all, ctx), ctx);
    if (status == EW_OK)
        status = conclude(kept, &all, ctx);
    if (opt->drawn)
        *opt->drawn += all.draw.drawn;
    ew_draw_close(&all.draw);
    return status;
}
