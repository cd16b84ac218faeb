/* Sums over the samples of a batch.  A batch is the unit of work, of a checkpoint and of a
 * shard: its sums are a function of the run's description and its number, and what is made of
 * them adds batches up in their order, so that no split of the work shows in a result. */
#ifndef EW_READINGS_SAMPLE_TALLY_H
#define EW_READINGS_SAMPLE_TALLY_H

#include <stdint.h>

#include "readings/sample/monomial.h"

/* What is summed: products of (Ghat_p - shift)/scale, layer by layer from the second on; or,
 * where `kept` is not 0, that many numbers which others add up (reduce.h). */
typedef struct {
    slong layers, pairs; /* layers: those after the first */
    const ew_monomials *monomials;
    double *shift, *scale; /* [layers * pairs]: of layer 2 first */
    slong kept;
} ew_tally_plan;

/* Sums in two parts (compensated), and the samples that could not be added because they are not
 * finite: how many in the first layer where any was not. */
typedef struct {
    uint64_t n;      /* samples */
    slong bad_layer; /* 0: none */
    uint64_t bad;
    slong size;
    double *high, *low; /* [size = layers * monomials]; low is NULL for numbers kept */
    double *product;    /* [monomials]: scratch */
    double *centred;    /* [pairs]: scratch */
} ew_tally;

ew_status ew_tally_new(ew_tally **out, const ew_tally_plan *plan, ew_context *ctx);
void ew_tally_free(ew_tally *t);

/* to = from, of the same plan. */
void ew_tally_copy(ew_tally *to, const ew_tally *from);
/* One thing about a sample that is not finite from this layer on. */
void ew_tally_note(ew_tally *t, slong layer, uint64_t samples);
/* Add one sample's Ghat of a layer (2, 3, ...).  The caller counts n. */
void ew_tally_add(ew_tally *t, const ew_tally_plan *plan, slong layer, const double *ghat);
/* t += u.  The order of merging shows in the last bits: keep it fixed. */
void ew_tally_merge(ew_tally *t, const ew_tally *u);

/* The sum of monomial m in a layer. */
long double ew_tally_sum(const ew_tally *t, const ew_tally_plan *plan, slong layer, slong m);

#endif
