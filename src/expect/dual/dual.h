/* The dual of an activation at one variance K: the functions rho -> <s(u) s(v)> and
 * rho -> <s'(u) s'(v)> for (u, v) ~ N(0, K [[1, rho], [rho, 1]]), in doubles with proved
 * bounds, in terms of the distance t = 1 - |rho| from equal (side 0) or opposite inputs (side
 * 1).
 *
 * With a_k the orthonormal Hermite coefficients of s, c(rho) = <s(u) s(v)> = sum_k a_k^2 rho^k
 * and K <s'(u) s'(v)> = c'(rho) (theory.md section 9, Mehler).  What is tabulated is slope
 * (c(1) - c(1 - t))/t   on side 0,   (c(t - 1) - c(-1))/t   on side 1, and c'/K: power series
 * in 1 - t whose coefficients are, in absolute value, those of side 0, where they are not
 * negative.  So each is bounded in the unit disc by its value on side 0 at t = 0, and a layer's
 * 1 - rho' = C_W t slope/K' loses nothing to cancellation; its relative error is at most that
 * of t, since t slope(t) grows with t no faster than t itself does. */
#ifndef EW_EXPECT_DUAL_DUAL_H
#define EW_EXPECT_DUAL_DUAL_H

#include "expect/dual/piecewise.h"
#include "expect/expect.h"

/* Pairs of sides: slope at EW_DUAL_SLOPE + side, <s' s'> at EW_DUAL_DERIVATIVE + side. */
enum { EW_DUAL_SLOPE = 0, EW_DUAL_DERIVATIVE = 2, EW_DUAL_FUNCTIONS = 4 };

typedef struct {
    ew_piecewise f[EW_DUAL_FUNCTIONS]; /* times the scales asked for */
    double opposite;                   /* c(-1) times `slope`, to 2^-52 of c(1) times it */
} ew_dual;

/* `slope` and `derivative` multiply the functions (1: the functions themselves).  K > 0 a ball:
 * the bounds hold for every K in it.  EW_UNABLE: activations that jump, or whose pieces are not
 * analytic up to their ends, and those whose Hermite coefficients fall too slowly at this K. */
ew_status ew_dual_new(ew_dual **out, ew_evaluator *E, const ew_activation *s, const arb_t K,
                      const arb_t slope, const arb_t derivative, ew_context *ctx);
void ew_dual_free(ew_dual *d);

#endif
