/* Orthonormal Hermite coefficients of a smooth function at several variances at once, many of
 * them and fast; internal to the tables of duals. */
#ifndef EW_EXPECT_DUAL_HERMITE_H
#define EW_EXPECT_DUAL_HERMITE_H

#include "expect/expect.h"

/* value[k points + p] contains a_k(K[p]) = <s(sqrt(K[p]) g) h_k(g)>, k < n, for exact K[p] in
 * [low, high], n a multiple of 32; radii at most 4 2^-`bits` sqrt <s^2> or so.  One trapezoidal
 * rule serves all variances: its nodes are in g, where the polynomials do not depend on K.
 * EW_UNABLE: an activation of several pieces, no strip of analyticity wide enough, a precision
 * beyond pairs of doubles (about 77 bits). */
ew_status ew_hermite_several(arb_ptr value, ew_evaluator *E, const arb_t low, const arb_t high,
                             arb_srcptr K, slong points, slong n, slong bits, ew_context *ctx);

#endif
