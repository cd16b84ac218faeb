/* The law of a residual block as a transition of the chain of H; internal to the law.
 *
 * The block's own law (chain/residual_law.h) is written in H, 1/d, 1/m and what belongs to the
 * inner layer's covariance G.  Here n = d, m = n/r, G is the linear image of H that W h + b
 * makes of it, and the coefficients of every power of 1/n are told apart. */
#ifndef EW_CHAIN_BLOCK_STEP_H
#define EW_CHAIN_BLOCK_STEP_H

#include "chain/wick.h"

typedef struct ew_block_step ew_block_step;

/* For all lists of the law up to its order; the law's ring need not exist. */
ew_status ew_block_step_new(ew_block_step **out, const ew_law *law, ew_context *ctx);
void ew_block_step_free(ew_block_step *b, const ew_law *law);
/* The atoms with the derivatives to be taken of them: there are none left to add. */
ew_status ew_block_step_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx);
/* One of the law's cumulants in its ring, which is open; kept in law->cumulant. */
ew_status ew_block_step_cumulant(const fmpq_mpoly_struct **out, ew_law *law,
                                 const ew_pairs *list, slong grade, ew_context *ctx);
/* G_p of the inner layer, in H. */
void ew_block_step_covariance(fmpq_mpoly_t out, const ew_law *law, slong pair);

#endif
