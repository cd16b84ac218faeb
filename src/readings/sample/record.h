/* What a sampling has drawn: the tallies of its batches, complete or begun.  With the
 * sampling's identity that is all an estimate needs, so that batches drawn by other runs,
 * threads, processes or machines count for the same: the estimates are made of the tallies in
 * the order of the batches. */
#ifndef EW_READINGS_SAMPLE_RECORD_H
#define EW_READINGS_SAMPLE_RECORD_H

#include "arith/sha256.h"
#include "readings/sample/sample_table.h"

/* Two samplings with the same identity draw the same samples. */
struct ew_sample_identity {
    slong inputs, directions, depth;
    int descent;
    slong moments; /* at least 1 */
    ew_sampler_kind sampler;
    uint64_t width, samples, first, seed;
    slong kept;    /* numbers of a batch (reduce.h); 0: its sums of moments */
    uint64_t unit; /* samples that belong together, with `kept`: batches begin at multiples */
    char
        model[EW_SHA256_SIZE]; /* of the network's numbers; and of what is asked, with `kept` */
};

/* With `kept`: no statistics, and a plan that says no more. */
struct ew_sample_record {
    ew_sample_identity id;
    ew_fields *fields;
    ew_statistics *statistics;
    ew_monomials *monomials;
    ew_tally_plan
        plan;       /* its shifts and scales: part of the record, all batches have the same */
    int centred;    /* they are set */
    double *layer1; /* [pairs]: Ghat of layer 1 */
    slong batches;
    ew_tally **batch; /* [batches]: NULL: not begun, or dropped */
};

/* Nothing drawn, not centred, layer 1 zero.  EW_USAGE, EW_UNABLE: as ew_sample_chain says of
 * options beyond limits. */
ew_status ew_sample_record_new(ew_sample_record **out, const ew_sample_identity *id,
                               ew_context *ctx);
void ew_sample_record_free(ew_sample_record *r);

/* Samples of a batch, and the number of its first one among all. */
uint64_t ew_sample_batch_size(const ew_sample_record *r, slong batch);
uint64_t ew_sample_batch_start(const ew_sample_record *r, slong batch);
int ew_sample_batch_complete(const ew_sample_record *r, slong batch);
/* Does it belong to share k of n, k = 1..n?  Every n-th one does. */
int ew_sample_batch_in(slong batch, slong k, slong n);
/* Samples drawn so far. */
uint64_t ew_sample_record_drawn(const ew_sample_record *r);

/* From the tallies to the table, batch by batch as they come in. */
typedef struct {
    const ew_sample_record *record;
    ew_sample_table *table;
    ew_tally *total;
    slong merged; /* batches 0..merged-1 are part of the total */
} ew_sample_gathering;

ew_status ew_sample_gather_new(ew_sample_gathering *g, const ew_sample_record *r,
                               ew_context *ctx);
void ew_sample_gather_clear(ew_sample_gathering *g);
/* The estimates of one batch from its complete tally; by any thread. */
void ew_sample_gather_batch(ew_sample_gathering *g, slong batch, const ew_tally *t);
/* Add the next batch, whose number is g->merged, to the total. */
void ew_sample_gather_next(ew_sample_gathering *g, const ew_tally *t);
/* All batches are merged: *out is the table; EW_UNABLE if samples were not finite (says how
 * many, and from which layer on). */
ew_status ew_sample_gather_end(ew_sample_table **out, ew_sample_gathering *g, ew_context *ctx);

/* All of it, from a record whose batches are complete. */
ew_status ew_sample_record_table(ew_sample_table **out, const ew_sample_record *r,
                                 ew_context *ctx);

#endif
