/* Exact real roots of polynomials, as constant expressions. */
#ifndef EW_ACTIVATION_ROOTS_H
#define EW_ACTIVATION_ROOTS_H

#include "activation/polynomial.h"
#include "activation/signs.h"

/* The signs on the whole line of a polynomial (p.degree >= 0; p is made monic); s initialised.
 * All unknown if it changes sign inside `range` at a root without an expression: what is not,
 * up to a constant factor, a product of rational polynomials with rational, quadratic or pure
 * radical roots, or of degree two. */
ew_status ew_roots_polynomial(ew_signs *s, ew_polynomial *p, ew_interval range,
                              ew_context *ctx);

#endif
