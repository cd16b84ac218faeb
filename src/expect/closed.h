/* Piecewise polynomial activations: Gaussian moments over the pieces. */
#ifndef EW_EXPECT_CLOSED_H
#define EW_EXPECT_CLOSED_H

#include "expect/expect.h"

/* D^(j+shift) <F>_K of each atom, for every K in the ball K > 0; radius at most 2^-prec scale
 * when K is exact.  scales may be NULL.  EW_UNABLE: degrees beyond a limit. */
ew_status ew_closed_atoms(arb_ptr values, mag_ptr scales, const ew_activation *s,
                          const ew_atom1 *atoms, slong n, slong shift, const arb_t K,
                          slong prec, ew_context *ctx);

#endif
