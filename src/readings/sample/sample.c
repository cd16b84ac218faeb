#include "readings/sample/sample.h"

#include <math.h>
#include <string.h>

#include "readings/sample/draw.h"

/* Samples whose mean is subtracted from all before they are summed. */
#define PILOT 16
typedef struct {
    const ew_sample_options *opt;
    ew_sample_model *model;
    ew_draw draw;
    int tables;                    /* this process makes the table */
    ew_sample_gathering gathering; /* then */
} run;

static void add_samples(slong layer, uint64_t first, size_t count, const double *ghat,
                        void *data)
{
    const ew_draw_batch *b = data;
    const ew_tally_plan *plan = &b->record->plan;
    (void) first;
    for (size_t k = 0; k < count; k++)
        ew_tally_add(b->sums, plan, layer, ghat + k * (size_t) plan->pairs);
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
    ew_tally_plan *plan = &r->draw.record->plan;
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
    set_scales(plan, r->draw.record->fields);
    r->draw.record->centred = status == EW_OK;
    return status;
}

/* ---- the table ---- */

static void complete(void *data, slong batch, const ew_tally *t)
{
    run *r = data;
    if (r->tables)
        ew_sample_gather_batch(&r->gathering, batch, t);
}

/* Merge every batch whose turn it is; without a keeper nobody needs its tally any more. */
static void merge_ready(void *data)
{
    run *r = data;
    ew_sample_record *record = r->draw.record;
    slong b;
    while (r->tables && (b = r->gathering.merged) < record->batches &&
           ew_sample_batch_complete(record, b)) {
        ew_sample_gather_next(&r->gathering, record->batch[b]);
        if (r->opt->keeper)
            continue;
        ew_tally_free(record->batch[b]);
        record->batch[b] = NULL;
    }
}

/* The estimates of batches that are there already. */
static ew_status begin_table(run *r, ew_context *ctx)
{
    const ew_sample_record *record = r->draw.record;
    r->tables = r->opt->shards == 0 && ew_crew_leads(&r->draw.crew);
    if (!r->tables)
        return EW_OK;
    ew_status status = ew_sample_gather_new(&r->gathering, record, ctx);
    for (slong b = 0; b < record->batches && status == EW_OK; b++)
        if (ew_sample_batch_complete(record, b))
            ew_sample_gather_batch(&r->gathering, b, record->batch[b]);
    if (status == EW_OK)
        merge_ready(r);
    return status;
}

/* ---- the whole ---- */

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

static ew_status prepare(run *r, const ew_setting *net, ew_context *ctx)
{
    ew_draw *d = &r->draw;
    ew_sample_identity id;
    ew_status status = ew_sample_model_new(&r->model, net, r->opt, ctx);
    if (status == EW_OK)
        status = identify(&id, r, net, ctx);
    if (status == EW_OK)
        status = ew_draw_record(d, &id, ctx);
    if (status == EW_OK)
        memcpy(d->record->layer1, r->model->first,
               (size_t) d->record->plan.pairs * sizeof(double));
    if (status == EW_OK && ew_crew_leads(&d->crew) && !d->record->centred)
        status = centre(r, ctx);
    if (status == EW_OK)
        status = ew_draw_start(d, ctx);
    return status == EW_OK ? begin_table(r, ctx) : status;
}

static ew_status draw(run *r, ew_context *ctx)
{
    ew_draw_task task = {.add = add_samples,
                         .stride = ew_draw_stride(r->model, r->opt),
                         .complete = complete,
                         .taken = merge_ready,
                         .data = r};
    return ew_draw_run(&r->draw, r->model, &task, ctx);
}

/* Everybody is through: the leader has the table, the others an empty one. */
static ew_status conclude(ew_sample_table **table, run *r, ew_context *ctx)
{
    const ew_sample_record *record = r->draw.record;
    ew_crew_part part[3] = {{NULL, 0}};
    ew_status status = EW_OK;
    if (r->tables)
        status = ew_sample_gather_end(table, &r->gathering, ctx);
    else if (r->opt->shards == 0)
        status = ew_sample_table_new(table, record->fields, record->statistics,
                                     record->id.depth, record->batches, ctx);
    ew_sample_table *t = *table;
    size_t n = t ? (size_t) (t->layers * t->terms) : 0;
    if (t) {
        part[0] = (ew_crew_part){t->value, n * sizeof *t->value};
        part[1] = (ew_crew_part){t->spread, n * sizeof *t->spread};
        part[2] = (ew_crew_part){t->batch, n * (size_t) t->batches * sizeof *t->batch};
    }
    return ew_draw_result(&r->draw, status, part, 3, ctx);
}

ew_status ew_sample_chain(ew_sample_table **out, const ew_setting *net,
                          const ew_sample_options *opt, ew_context *ctx)
{
    run r = {.opt = opt};
    *out = NULL;
    ew_status status = ew_draw_open(&r.draw, opt, ctx);
    if (status == EW_OK) {
        status = prepare(&r, net, ctx);
        if (status == EW_OK)
            status = draw(&r, ctx);
        status = ew_draw_join(&r.draw, status, ctx);
        if (status == EW_OK)
            status = conclude(out, &r, ctx);
    }
    if (opt->drawn)
        *opt->drawn += r.draw.drawn;
    ew_sample_gather_clear(&r.gathering);
    ew_draw_close(&r.draw);
    ew_sample_model_free(r.model);
    if (status != EW_OK) {
        ew_sample_free(*out);
        *out = NULL;
    }
    return status;
}
