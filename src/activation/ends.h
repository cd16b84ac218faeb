/* The unbounded ends of the strip of analyticity (theory.md section 9): the tree of an
 * expression walked with the abstract values of half_strip.h. */
#ifndef EW_ACTIVATION_ENDS_H
#define EW_ACTIVATION_ENDS_H

#include "activation/expr.h"
#include "activation/half_strip.h"

/* The value of the kink-free expression f(side * z) on S.  Proves that it is analytic there. */
ew_end_status ew_end_value(ew_value *v, const ew_expr *f, int side, const ew_half *S,
                           ew_context *ctx);

/* a + s b, and a value known by |f| <= c only. */
void ew_value_affine(ew_value *v, slong a, slong s, const ew_value *b, const ew_half *S);
void ew_value_bounded_by(ew_value *v, const arb_t c, const ew_half *S);

/* One function of one argument: node is a one-argument node, or EW_POW with a constant
 * exponent; u is the value of its (first) argument.  v may alias u. */
ew_end_status ew_end_function(ew_value *v, const ew_expr *node, const ew_value *u,
                              const ew_half *S, ew_context *ctx);

/* The exponential, on which most of the others rest. */
void ew_end_exp(ew_value *v, const ew_value *u, const ew_half *S);

void ew_end_exp_multiple(ew_value *v, const ew_value *u, slong k,
                         const ew_half *S); /* e^{ku} */

/* The rules for an argument that is not bounded. */
ew_end_status ew_end_log(ew_value *v, const ew_value *u, const ew_half *S);
ew_end_status ew_end_log1p(ew_value *v, const ew_value *u, const ew_half *S, ew_context *ctx);
ew_end_status ew_end_softplus(ew_value *v, const ew_value *u, const ew_half *S,
                              ew_context *ctx);
ew_end_status ew_end_atan(ew_value *v, const ew_value *u, const ew_half *S);
ew_end_status ew_end_asinh(ew_value *v, const ew_value *u, const ew_half *S);

/* g(u) for u in a bounded set: 1 if g, the one-node function `node`, is analytic on a rectangle
 * that provably contains the values of u, and v set; 0 if this does not succeed; -1 on failure
 * recorded in ctx. */
int ew_end_bounded(ew_value *v, const ew_expr *node, const ew_value *u, const ew_half *S,
                   ew_context *ctx);

#endif
