/* Owen's function, the one transcendental function that probabilities of quadrants need:
 *     T(h, a) = 1/(2 pi) int_0^a exp(-h^2 (1 + x^2)/2)/(1 + x^2) dx
 * (Owen, Tables for computing bivariate normal probabilities, 1956). */
#ifndef EW_EXPECT_DUAL_OWEN_H
#define EW_EXPECT_DUAL_OWEN_H

#include "arith/context.h"
#include "arith/flint.h"

/* P(g > x), g standard normal. */
void ew_normal_above(arb_t y, const arb_t x, slong prec);
/* Its density. */
void ew_normal_density(arb_t y, const arb_t x, slong prec);

/* T(h, a) to about `prec` bits below 1. */
void ew_owen(arb_t y, const arb_t h, const arb_t a, slong prec);

#endif
