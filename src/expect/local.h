/* What an activation does at single points: across its kinks, and at z = 0. */
#ifndef EW_EXPECT_LOCAL_H
#define EW_EXPECT_LOCAL_H

#include "expect/expect.h"

/* The largest i (below EW_JETS) for which s^(i) is a function: proved continuous across every
 * kink up to order i - 1. */
slong ew_function_order(const ew_activation *s);

/* D^j <F>_K as K -> 0+: the average over both sides of F^(2j)(0)/2^j.  EW_DOMAIN where the
 * limit does not exist.  scales are the averages of absolute values. */
ew_status ew_zero_atoms(arb_ptr values, mag_ptr scales, const ew_activation *s,
                        const ew_atom1 *atoms, slong n, slong prec, ew_context *ctx);

#endif
