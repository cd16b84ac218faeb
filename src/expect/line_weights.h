/* Gaussian weights of the trapezoidal rule on one line of nodes. */
#ifndef EW_EXPECT_LINE_WEIGHTS_H
#define EW_EXPECT_LINE_WEIGHTS_H

#include "arith/flint.h"

typedef struct {
    arb_t h, tau;
    arb_t step; /* e^(-h^2/tau) */
    arb_t norm; /* h/sqrt(2 pi tau) */
    slong prec;
} ew_weights;

/* Step h, variance tau > 0. */
void ew_weights_init(ew_weights *L, double h, const arb_t tau, slong prec);
void ew_weights_clear(ew_weights *L);

/* norm e^(-(x + j h)^2/2tau), j = 0, 1, ..., n - 1 into w, w + stride, ...  (h < 0 when
 * stride < 0). */
void ew_weights_along(arb_ptr w, slong stride, slong n, const arb_t x, const ew_weights *L);

#endif
