/* The functions S_p of a class of tails (tail.h) in balls; internal to it. */
#ifndef EW_EXPECT_DUAL_TAIL_SUMS_H
#define EW_EXPECT_DUAL_TAIL_SUMS_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct ew_tail_sums ew_tail_sums;
struct ew_tail_sums {
    slong class, n, half, orders; /* p < 2 orders - 1; functions of rho: p < orders */
    arb_ptr beta;                 /* [p][RANK + 1]: of (1 - rho^2)^(r-1/2) */
    arb_ptr rise;   /* the same of its derivative in 1 - rho^2, times that to the power -1 */
    arb_ptr weight; /* [p][half]: of rho^(2i + class) in what is taken off */
    arb_ptr suffix; /* [p < orders][half]: sums of those beyond i */
    arb_ptr slope;  /* [p < orders][half]: of the derivative */
    arb_ptr all;    /* [p]: sums of the weights */
    arb_ptr all1;   /* [p]: of 2 i + class times them */
    arb_ptr scale;  /* [p] */
    mag_ptr lost;   /* [p]: what both functions are off by, scaled */
    arb_ptr x, u;   /* [half], [RANK + 1]: scratch */
};

/* n even. */
ew_status ew_tail_sums_new(ew_tail_sums **out, slong class, slong n, slong orders,
                           ew_context *ctx);
void ew_tail_sums_free(ew_tail_sums *x);

/* y[2 p] = (S_p(1) - S_p(1 - t))/t and y[2 p + 1] = S_p'(1 - t), p < orders. */
void ew_tail_sums_at(arb_ptr y, ew_tail_sums *x, const arb_t t);

/* The slope of S_p, or its derivative, at t = w^2 2^-octaves, 0 <= w <= 1: y[j] of w^j, j < n,
 * and what that is off by.  2^octaves is at least 2^13 times the first n. */
void ew_tail_sums_start(arb_ptr y, mag_t error, const ew_tail_sums *x, slong p, int derivative,
                        slong n, slong octaves);

/* S_p(1) and S_p'(1). */
void ew_tail_sums_one(arb_t y, const ew_tail_sums *x, slong p);
void ew_tail_sums_one1(arb_t y, const ew_tail_sums *x, slong p);

#endif
