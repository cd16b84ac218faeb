/* Reductions: a few numbers kept of every sample's Ghat and added up batch by batch.  As with
 * tallies (tally.h) a batch is the unit of work, of a checkpoint and of a shard: what it keeps
 * is a function of the run's description and its number, and whoever reads the batches in their
 * order gets the same bits for any split of the work. */
#ifndef EW_READINGS_SAMPLE_REDUCE_H
#define EW_READINGS_SAMPLE_REDUCE_H

#include "readings/sample/model.h"

typedef struct ew_reduction ew_reduction;
struct ew_reduction {
    const char *what; /* a name for it, */
    const double *asked;
    size_t asks;    /* and asked[asks], all that the kept numbers depend on but the samples */
    size_t size;    /* numbers kept of a batch, 0 at first */
    size_t scratch; /* doubles of workspace while a batch is worked on, 0 at first */
    uint64_t unit;  /* samples that belong together: batches begin at multiples of it */
    uint64_t step;  /* at multiples of it, a divisor of unit, the workspace is as at first */
    /* Add Ghat of a layer (from 2 on) of sample number `sample` of the run, counted from 0, all
     * finite.  Samples come in ascending order. */
    void (*add)(double *kept, double *scratch, slong layer, uint64_t sample, const double *ghat,
                const ew_reduction *r);
    const void *data;
    /* Or NULL: add rows row..row+rows-1 of a layer, from 1 to the last, of a sample, from
     * places at.. of a block. */
    void (*rows)(double *kept, double *scratch, slong layer, uint64_t sample,
                 const ew_neurons *block, size_t at, uint64_t row, size_t rows,
                 const ew_reduction *r);
};

/* The batches that so many units are cut into: EW_SAMPLE_BATCHES, or fewer. */
slong ew_reduction_batches(uint64_t units);

/* kept[ew_reduction_batches(samples/unit) * size], set unless opt asks for a share only;
 * opt->samples is a multiple of unit.  The model must be that of opt.  With a team every
 * process calls this, and gets the same.  EW_UNABLE: activations that are not finite (says how
 * many samples and from which layer). */
ew_status ew_sample_reduce(double *kept, const ew_reduction *r, const ew_sample_model *model,
                           const ew_sample_options *opt, ew_context *ctx);

#endif
