/* The law of total cumulance: one list's cumulant in the next layer (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_TOTAL_H
#define EW_READINGS_CUMULANT_HIERARCHY_TOTAL_H

#include "readings/cumulant/hierarchy/delta.h"
#include "readings/cumulant/hierarchy/taylor.h"

/* What is shared between the lists of one derivation. */
typedef struct {
    ew_hierarchy *h;
    ew_taylors taylors;
    ew_delta delta;
    double bytes; /* held by h->next so far */
} ew_derivation;

/* next[j], j = 0..order, initialised in the law's ring: the coefficients of eps^j of
 * kappa(Ghat' of the list).  EW_UNABLE beyond EW_DERIVATION_BYTES. */
ew_status ew_total_cumulant(fmpq_mpoly_struct *next, ew_derivation *d, const ew_pairs *list,
                            ew_context *ctx);

#endif
