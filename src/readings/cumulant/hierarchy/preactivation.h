/* Joint cumulants of preactivations, as polynomials in the unknowns (theory.md sections 3, 7):
 * the law of total cumulance over the rows' law given Ghat. */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_PREACTIVATION_H
#define EW_READINGS_CUMULANT_HIERARCHY_PREACTIVATION_H

#include "chain/haar.h"
#include "chain/terms.h"
#include "readings/cumulant/hierarchy/delta.h"

#define EW_PREACTIVATION_MOST 8 /* entries of a cumulant */

typedef struct {
    const ew_hierarchy *h;
    ew_haar *haar; /* NULL for Gaussian weights */
    ew_delta delta;
} ew_preactivations;

ew_status ew_preactivations_init(ew_preactivations *p, const ew_hierarchy *h, ew_context *ctx);
void ew_preactivations_clear(ew_preactivations *p);

/* c[j] += the coefficient of n^-j, j = 0..order, in the joint cumulant of the preactivations of
 * neuron[i] at input[i], i < n: terms in the variables of the law's ring, the unknowns and the
 * parameters of the layer itself (ew_law_layer_ball). */
ew_status ew_preactivation_cumulant(ew_terms *c, ew_preactivations *p, const slong *neuron,
                                    const slong *input, slong n, ew_context *ctx);

#endif
