/* Sharp ranges over wide boxes, where midpoint-radius arithmetic loses a factor at every step.
 */
#ifndef EW_ACTIVATION_BOX_H
#define EW_ACTIVATION_BOX_H

#include "arith/flint.h"

typedef void (*ew_real_fn)(arb_t, const arb_t, slong);

/* Is a radius so large that boxes should be treated as intervals rather than as points? */
int ew_arb_wide(const arb_t x);
int ew_acb_wide(const acb_t u);

/* The range of a function that increases (or decreases) over x, from its ends if x is wide. */
void ew_arb_monotone(arb_t y, const arb_t x, ew_real_fn fn, slong prec);

/* y = scale * c for scale >= 0 (a negative part of the ball is ignored); y may be c. */
void ew_arb_scale(arb_t y, const arb_t scale, const arb_t c, slong prec);

/* Two enclosures of one value: y becomes what they share; a non-finite one says nothing. */
void ew_acb_share(acb_t y, const acb_t other, slong prec);

/* The range of 1/u; non-finite if u contains zero.  y is not u. */
void ew_acb_inverse(acb_t y, const acb_t u, slong prec);

#endif
