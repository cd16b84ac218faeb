/* The law of Gaussian weights; internal to the law. */
#ifndef EW_CHAIN_GAUSSIAN_H
#define EW_CHAIN_GAUSSIAN_H

#include "chain/wick.h"

/* The atoms of all moments of the law, with the derivatives that are left to be taken. */
ew_status ew_gaussian_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx);
/* Fill law->moment; its ring is open. */
ew_status ew_gaussian_moments(ew_law *law, ew_context *ctx);
/* kappa[f_p1, ..., f_pk](G), kept in law->cumulant. */
ew_status ew_gaussian_cumulant(const fmpq_mpoly_struct **out, ew_law *law, const ew_pairs *list,
                               ew_context *ctx);

#endif
