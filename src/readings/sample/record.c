#include "readings/sample/record.h"

#include <inttypes.h>
#include <stdlib.h>

#include "readings/sample/model.h"

void ew_sample_record_free(ew_sample_record *r)
{
    if (!r)
        return;
    for (slong b = 0; r->batch && b < r->batches; b++)
        ew_tally_free(r->batch[b]);
    free(r->batch);
    free(r->plan.shift);
    free(r->plan.scale);
    free(r->layer1);
    ew_monomials_free(r->monomials);
    ew_statistics_free(r->statistics);
    ew_fields_free(r->fields);
    free(r);
}

static slong batches_of(const ew_sample_identity *id)
{
    uint64_t each = id->kept ? id->unit : (uint64_t) (id->moments < 4 ? 4 : id->moments);
    uint64_t most = id->samples / each;
    return most < 1 ? 1 : most < EW_SAMPLE_BATCHES ? (slong) most : EW_SAMPLE_BATCHES;
}

/* Ghat of layer 1 is known: depth - 1 layers are sampled. */
static ew_status prepare_moments(ew_sample_record *r, ew_context *ctx)
{
    const ew_sample_identity *id = &r->id;
    ew_status status =
        ew_sample_fields(&r->fields, id->inputs, id->directions, id->descent, id->moments, ctx);
    if (status == EW_OK)
        status = ew_statistics_new(&r->statistics, r->fields, id->moments, ctx);
    if (status == EW_OK)
        status = ew_monomials_new(&r->monomials, r->statistics, ctx);
    if (status != EW_OK)
        return status;
    size_t pairs = (size_t) r->fields->pairs, depth = (size_t) id->depth;
    r->plan = (ew_tally_plan){id->depth - 1, r->fields->pairs, r->monomials, NULL, NULL, 0};
    r->plan.shift = ew_alloc_zero(depth * pairs, sizeof(double), ctx);
    r->plan.scale = ew_alloc_zero(depth * pairs, sizeof(double), ctx);
    r->layer1 = ew_alloc_zero(pairs, sizeof(double), ctx);
    return r->plan.shift && r->plan.scale && r->layer1 ? EW_OK : EW_MEMORY;
}

static ew_status prepare(ew_sample_record *r, ew_context *ctx)
{
    ew_status status = EW_OK;
    if (r->id.kept)
        r->plan.kept = r->id.kept;
    else
        status = prepare_moments(r, ctx);
    r->batches = batches_of(&r->id);
    r->batch = ew_alloc_zero((size_t) r->batches, sizeof *r->batch, ctx);
    return status == EW_OK && !r->batch ? EW_MEMORY : status;
}

ew_status ew_sample_record_new(ew_sample_record **out, const ew_sample_identity *id,
                               ew_context *ctx)
{
    *out = NULL;
    ew_sample_record *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    r->id = *id;
    ew_status status = prepare(r, ctx);
    if (status == EW_OK)
        *out = r;
    else
        ew_sample_record_free(r);
    return status;
}

/* Unit number floor(units * b / batches), without overflow. */
uint64_t ew_sample_batch_start(const ew_sample_record *r, slong batch)
{
    uint64_t unit = r->id.kept ? r->id.unit : 1, n = r->id.samples / unit;
    uint64_t k = (uint64_t) r->batches, b = (uint64_t) batch;
    return (n / k * b + n % k * b / k) * unit;
}

uint64_t ew_sample_batch_size(const ew_sample_record *r, slong batch)
{
    return ew_sample_batch_start(r, batch + 1) - ew_sample_batch_start(r, batch);
}

int ew_sample_batch_complete(const ew_sample_record *r, slong batch)
{
    return r->batch[batch] && r->batch[batch]->n == ew_sample_batch_size(r, batch);
}

int ew_sample_batch_in(slong batch, slong k, slong n)
{
    return batch % n == k - 1;
}

uint64_t ew_sample_record_drawn(const ew_sample_record *r)
{
    uint64_t n = 0;
    for (slong b = 0; b < r->batches; b++)
        n += r->batch[b] ? r->batch[b]->n : 0;
    return n;
}

static ew_estimation estimation_of(const ew_sample_record *r)
{
    return (ew_estimation){r->layer1, r->statistics, &r->plan};
}

ew_status ew_sample_gather_new(ew_sample_gathering *g, const ew_sample_record *r,
                               ew_context *ctx)
{
    *g = (ew_sample_gathering){.record = r};
    ew_status status =
        ew_sample_table_new(&g->table, r->fields, r->statistics, r->id.depth, r->batches, ctx);
    return status == EW_OK ? ew_tally_new(&g->total, &r->plan, ctx) : status;
}

void ew_sample_gather_clear(ew_sample_gathering *g)
{
    ew_sample_free(g->table);
    ew_tally_free(g->total);
    g->table = NULL;
    g->total = NULL;
}

void ew_sample_gather_batch(ew_sample_gathering *g, slong batch, const ew_tally *t)
{
    ew_estimation e = estimation_of(g->record);
    ew_sample_table_batch(g->table, batch, &e, t);
}

void ew_sample_gather_next(ew_sample_gathering *g, const ew_tally *t)
{
    ew_tally_merge(g->total, t);
    g->merged++;
}

ew_status ew_sample_gather_end(ew_sample_table **out, ew_sample_gathering *g, ew_context *ctx)
{
    const ew_sample_identity *id = &g->record->id;
    ew_estimation e = estimation_of(g->record);
    *out = NULL;
    if (g->total->bad)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: activations overflow from layer %ld on, where %" PRIu64
                       " of %" PRIu64 " samples of width %" PRIu64 " are not finite",
                       (long) g->total->bad_layer, g->total->bad, id->samples, id->width);
    ew_sample_table_total(g->table, &e, g->total);
    *out = g->table;
    g->table = NULL;
    return EW_OK;
}

ew_status ew_sample_record_table(ew_sample_table **out, const ew_sample_record *r,
                                 ew_context *ctx)
{
    ew_sample_gathering g;
    ew_status status = ew_sample_gather_new(&g, r, ctx);
    *out = NULL;
    for (slong b = 0; b < r->batches && status == EW_OK; b++) {
        ew_sample_gather_batch(&g, b, r->batch[b]);
        ew_sample_gather_next(&g, r->batch[b]);
    }
    if (status == EW_OK)
        status = ew_sample_gather_end(out, &g, ctx);
    ew_sample_gather_clear(&g);
    return status;
}
