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
    mag_ptr size;  /* [n]: |c_k| as used, from above */
    mag_ptr error; /* [n]: |c_k as used - c_k as meant| */
} ew_rounded;

void ew_rounded_init(ew_rounded *c, slong n);
void ew_rounded_clear(ew_rounded *c);

/* Bounds |computed - sum c_k w^k|, c_k as meant, by Horner's rule with or without fused
 * operations, for |w| <= W, when the w used is w (1 + d), |d| <= slack, and `value` bounds the
 * sum itself.  Unit roundoff u = 2^-53: if the sum y beyond a coefficient is off by e, y w is
 * off by e W + (|y| + e) W (slack + u + slack u) and after adding c_k the rest is rounded once
 * more. */
void ew_horner_error(mag_t error, const ew_rounded *c, const mag_t W, const mag_t slack,
                     const mag_t value);

/* x from above. */
double ew_mag_up(const mag_t x);
/* Lower and upper bounds of |x|, less and plus `error`. */
void ew_range(mag_t least, mag_t most, const arb_t x, const mag_t error);

#endif
