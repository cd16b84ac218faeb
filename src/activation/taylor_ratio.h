/* Taylor coefficients relative to the first: rational for many an activation whose own are not.
 */
#ifndef EW_ACTIVATION_TAYLOR_RATIO_H
#define EW_ACTIVATION_TAYLOR_RATIO_H

#include "activation/activation.h"

/* out[k] = (s^(k)(0)/k!) / s'(0) for k < len, exactly; s(0) = 0 and s'(0) != 0 are the caller's
 * to know.  EW_UNABLE where they are not seen to be rational: s has a kink at 0, or is built
 * from functions expanded about irrational or unusual points. */
ew_status ew_activation_taylor_ratio(fmpq *out, const ew_activation *a, slong len,
                                     ew_context *ctx);

#endif
