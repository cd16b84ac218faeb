/* Atoms as polynomials in the covariances, where the activation makes them so. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_EXACT_ATOM_H
#define EW_READINGS_CUMULANT_EQUATIONS_EXACT_ATOM_H

#include "readings/cumulant/equations/formula.h"

/* *known = 1 and out set, in r's ring, to the atom as a polynomial in the unknowns K_ab: for a
 * polynomial s with rational coefficients; and, when only one input enters, for s(z) = c_- z^p
 * below 0 and c_+ z^p above.  Otherwise *known = 0.
 * EW_UNABLE: infinite at a kink. */
ew_status ew_exact_atom(fmpq_mpoly_t out, int *known, const ew_atom *x, const ew_activation *s,
                        const ew_formula_ring *r, ew_context *ctx);

#endif
