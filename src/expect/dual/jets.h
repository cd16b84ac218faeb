/* The functions rho -> <s^(i)(u) s^(j)(v)>, (u, v) ~ N(0, K [[1, rho], [rho, 1]]), of a smooth
 * activation at one variance K, in doubles with proved bounds: the jets of its dual
 * (expect/dual/dual.h).  With a_k the orthonormal Hermite coefficients of s, those of s^(i) are
 * sqrt((k + 1) ... (k + i)) K^(-i/2) a_(k+i), and such a function is the power series of their
 * products in rho, bounded in the unit disc by sqrt(<(s^(i))^2> <(s^(j))^2>) (Cauchy-Schwarz).
 */
#ifndef EW_EXPECT_DUAL_JETS_H
#define EW_EXPECT_DUAL_JETS_H

#include "expect/dual/piecewise.h"
#include "expect/expect.h"

#define EW_JET_ORDERS 8 /* i, j < this */

typedef struct {
    int i, j;
} ew_jet_pair;

/* Of t = 1 - |rho|: f[2 p] for rho >= 0 and f[2 p + 1] for rho <= 0, pair p. */
typedef struct {
    slong pairs;
    ew_piecewise *f;
    double *slope; /* [pair]: bounds |d/d rho| */
} ew_dual_jets;

/* K > 0 a ball: the bounds hold for every K in it.  EW_UNABLE: an activation with kinks, or one
 * whose Hermite coefficients fall too slowly at this K. */
ew_status ew_dual_jets_new(ew_dual_jets **out, ew_evaluator *E, const ew_activation *s,
                           const arb_t K, const ew_jet_pair *pair, slong pairs,
                           ew_context *ctx);
void ew_dual_jets_free(ew_dual_jets *d);

#endif
