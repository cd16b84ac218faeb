/* A smooth function of one variable of a multidimensional trapezoidal rule: its bounds on
 * strips, and its values at shared nodes. */
#ifndef EW_EXPECT_AXIS_H
#define EW_EXPECT_AXIS_H

#include "expect/grid.h"
#include "expect/jetsum.h"

typedef struct {
    const ew_jetsum *F; /* borrowed */
    int parity;         /* of F: -1 odd, 1 even, 0 unknown */
    slong len;          /* derivatives of s it needs */
    ew_profile bounds;  /* |F| <= sum of |coefficient| x the monomials' bounds, by rung */
} ew_axis;

/* Clear it also on failure. */
ew_status ew_axis_set(ew_axis *a, ew_evaluator *E, const ew_jetsum *F, ew_context *ctx);
void ew_axis_clear(ew_axis *a);

/* v[i] = F(z_i) + sign F(-z_i), i < n, at the nodes (sign 0: F(z_i)). */
ew_status ew_axis_values(arb_ptr v, const ew_axis *a, ew_nodes *N, int sign, slong n,
                         slong prec, ew_context *ctx);

#endif
