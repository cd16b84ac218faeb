/* Moments of the standard Gaussian over intervals. */
#ifndef EW_EXPECT_MOMENT_H
#define EW_EXPECT_MOMENT_H

#include "arith/context.h"
#include "arith/flint.h"

/* m[i] = integral over [a, b] of x^i e^(-x^2/2)/sqrt(2 pi), i < n; NULL ends are infinite. */
void ew_moments(arb_ptr m, slong n, arb_srcptr a, arb_srcptr b, slong prec);

/* Twice the half-line moment of order n = 2m or 2m + 1, less its irrational part:
 * E|g|^n = (n-1)!! for even n, and 2^m m! sqrt(2/pi) for odd n. */
void ew_half_moment(fmpz_t x, ulong n);

#endif
