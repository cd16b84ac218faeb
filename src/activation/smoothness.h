/* How many derivatives of an activation are continuous. */
#ifndef EW_ACTIVATION_SMOOTHNESS_H
#define EW_ACTIVATION_SMOOTHNESS_H

#include "activation/activation.h"

/* The largest *k <= most such that s, s', ..., s^(k) are proved continuous (-1: s jumps), by
 * the rational Taylor coefficients of both sides at every kink; `most` when there are no
 * kinks.  s^(k+1) is then a function, without point masses. */
ew_status ew_activation_smoothness(slong *k, const ew_activation *a, slong most,
                                   ew_context *ctx);

#endif
