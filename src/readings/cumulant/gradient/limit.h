/* The law in L/n: gradients as n and L grow together, at criticality.  Internal to the gradient
 * reading; doc/gradients.md. */
#ifndef EW_READINGS_CUMULANT_GRADIENT_LIMIT_H
#define EW_READINGS_CUMULANT_GRADIENT_LIMIT_H

#include "readings/cumulant/gradient/run.h"

/* c[j], j <= order: E g^4/(E g^2)^2 of an input gradient -> sum c[j] (L/n)^j as the coefficient
 * of n^-j is ~ c[j] L^j; the angle of the direction does not matter in the limit.  Of
 * residual networks with s homogeneous and beta = 1/2: c[j] is that of n^-j as L -> oo.
 * *known = 0 when an ingredient is not rational, a power of L comes with a logarithm, or of
 * other residual networks. */
ew_status ew_gradient_limit(fmpq *c, int *known, const ew_gradient_solver *s,
                            ew_limit_class class, ew_context *ctx);

#endif
