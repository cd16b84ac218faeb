/* From a network and a scaling to its stochastic differential equation (theory.md section 6).
 */
#ifndef EW_READINGS_SDE_DERIVE_H
#define EW_READINGS_SDE_DERIVE_H

#include "readings/sde/sde.h"

/* How the activation depends on e = n^(-1/2) (clock width) or L^(-1/2) (clock depth), or
 * another power. smooth: s(x) = S phi(x/S), S = a/e, phi the activation centred and normalised
 * (phi(0) = 0, phi'(0) = 1), C_W = 1/E s(g)^2. relu:   s(x) = (1 + c_+ e) max(x, 0) + (1 + c_-
 * e) min(x, 0), C_W = 1/E s(g)^2. none:   the activation itself at its critical point: K* = 0
 * (then K = k/n) or homogeneous. */
typedef enum { EW_SHAPING_NONE, EW_SHAPING_SMOOTH, EW_SHAPING_RELU } ew_shaping;

typedef struct {
    ew_shaping shaping;
    const ew_activation *activation; /* smooth and none; must outlive the equation */
    const ew_expr *a, *c_plus, *c_minus;
    ew_clock clock;
    slong inputs;
    slong direction; /* with the derivatives of every input along so many directions */
    int ntk;         /* with one tangent of every input, lambda_W and lambda_b being O(1/n) */
    int orthogonal;  /* weights, not Gaussian ones */
    const ew_expr *lambda_w, *lambda_b; /* ntk: the rates times n */
    slong power_num, power_den; /* the activation approaches the identity as n^-(num/den); 0, 0:
                                   n^(-1/2) */
} ew_sde_model;

/* EW_DOMAIN: what the shaping does not allow (a kink at 0, phi'(0) = 0, a <= 0).  EW_UNABLE: no
 * limit exists under this scaling, and why. */
ew_status ew_sde_derive(ew_sde **out, const ew_sde_model *model, ew_context *ctx);

/* The unshaped network of a homogeneous activation with a kink at its critical point: q_ab =
 * l^2 (1 - rho_ab) of every two of 2 or more inputs, which start at the constant q0 at the
 * singular time 0 (first of all q = q0 + O(t^(1/2)), whatever rho_1 < 1 was).  Of one input:
 * ew_sde_derive. */
ew_status ew_sde_angle(ew_sde **out, const ew_activation *s, slong inputs, ew_context *ctx);

/* A residual network h' = h + L^(-1/2) V s(W h + b), h of width d, in t = l/L.  The activation
 * must outlive the equation. */
typedef struct {
    const ew_activation *activation;
    const ew_expr *cw, *cb, *cv, *dimension; /* cb: NULL for 0 */
    slong inputs, direction; /* with derivatives of every input along so many directions */
} ew_residual_model;
ew_status ew_sde_residual(ew_sde **out, const ew_residual_model *model, ew_context *ctx);

/* The correlation of two inputs, by Ito's formula from a covariance equation of two inputs: of
 * rho alone where that is autonomous, else of (V11, rho, V22). */
ew_status ew_sde_correlation(ew_sde **out, const ew_sde *two, ew_context *ctx);

#endif
