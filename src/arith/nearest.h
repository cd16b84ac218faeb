/* Where a real number lies among the doubles (IEEE binary64), decided by exact arithmetic. */
#ifndef EW_ARITH_NEAREST_H
#define EW_ARITH_NEAREST_H

#include "arith/flint.h"

/* lower <= x <= upper, each the closest double there is: equal if x is a double.  nearest: ties
 * go to even, a negative number that rounds to zero gives -0. */
typedef struct {
    double nearest, lower, upper;
} ew_nearest;

typedef enum {
    EW_NEAREST_DECIDED,
    EW_NEAREST_OPEN,    /* points of the ball round to different doubles */
    EW_NEAREST_OVERFLOW /* no finite doubles enclose x */
} ew_nearness;

/* Never EW_NEAREST_OPEN. */
ew_nearness ew_nearest_rational(ew_nearest *d, const fmpq_t x);

/* One answer for all points of the ball; lower and upper enclose the ball, so that they are two
 * units apart where it contains a double but is not exact.  Set for EW_NEAREST_OPEN too, but
 * for nearest.  A ball that is not finite is EW_NEAREST_OVERFLOW. */
ew_nearness ew_nearest_ball(ew_nearest *d, const arb_t x);

/* The ball mid +- rad of two rationals, rad >= 0. */
ew_nearness ew_nearest_interval(ew_nearest *d, const fmpq_t mid, const fmpq_t rad);

#endif
