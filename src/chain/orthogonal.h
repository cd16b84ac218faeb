/* The law of orthogonal weights (theory.md section 7); internal to the law. */
#ifndef EW_CHAIN_ORTHOGONAL_H
#define EW_CHAIN_ORTHOGONAL_H

#include "chain/wick.h"

typedef struct ew_orthogonal ew_orthogonal;

/* The conditional cumulants of all lists of the law up to its order, as sums of products of
 * one neuron's expectations, which have no polynomials yet. */
ew_status ew_orthogonal_new(ew_orthogonal **out, const ew_law *law, ew_context *ctx);
void ew_orthogonal_free(ew_orthogonal *o, const ew_law *law);
/* The atoms of what is left after cancellation, with the derivatives to be taken of them. */
ew_status ew_orthogonal_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx);
/* One of them in the law's ring, which is open; kept in law->cumulant. */
ew_status ew_orthogonal_cumulant(const fmpq_mpoly_struct **out, ew_law *law,
                                 const ew_pairs *list, slong grade, ew_context *ctx);

#endif
