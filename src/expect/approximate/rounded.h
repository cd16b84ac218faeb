/* Polynomials with double coefficients evaluated in doubles: what rounding costs. */
#ifndef EW_EXPECT_APPROXIMATE_ROUNDED_H
#define EW_EXPECT_APPROXIMATE_ROUNDED_H

#include "arith/context.h"
#include "arith/flint.h"

/* The nearest double that is a multiple of 2^lsb, and the error. */
double ew_round_coefficient(mag_t error, const arb_t x, slong lsb);

/* Coefficients with what is known of them. */
typedef struct {
    slong n;
    arb_ptr coef;  /* [n]: contains c_k as meant */
    mag_ptr error; /* [n]: |c_k as used - c_k as meant| */
} ew_rounded;

void ew_rounded_init(ew_rounded *c, slong n);
void ew_rounded_clear(ew_rounded *c);

/* value contains sum c_k w^k, c_k as meant, for all w in the ball; error bounds
 * |computed - sum| there by Horner's rule, with or without fused operations, when the w used is
 * w (1 + d), |d| <= slack.  Unit roundoff u = 2^-53: if the sum y beyond a coefficient is off
 * by e, y w is off by e |w| + (|y| + e) |w| (slack + u + slack u) and after adding c_k the rest
 * is rounded once more. */
void ew_horner(arb_t value, mag_t error, const ew_rounded *c, const arb_t w, const mag_t slack);

/* x from above. */
double ew_mag_up(const mag_t x);
/* x >= 0 from above in a few bits, so that what is printed does not depend on how balls round.
 */
double ew_bound_up(double x);
/* For w = (a - b)/c, a - b exact, c rounded once, and the quotient: 2u + 2u^2 + ... */
void ew_quotient_slack(mag_t slack);

#endif
