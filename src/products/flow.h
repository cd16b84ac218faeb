/* Gradient flow of a squared loss on a network at infinite width: a linear equation, solved at
 * any time t and in the limit (theory.md section 4).
 *
 * There are n trained values and `all` values in question, the trained ones first; at t = 0
 * they are Gaussian with mean 0 and covariance k, and h is the kernel by which they move each
 * other. The loss is 1/2 sum (u - y)^2 over the trained values, plus ridge/2 times the squared
 * distance of the parameters from where they started; then u(t) = u(0) - h_X g(A) (u_X(0) - y),
 * A = h_XX + ridge,   g(x) = (1 - e^(-x t))/x, which is linear regression with kernel h as t ->
 * oo.  Values are weighted in the loss by scaling them, with their rows and columns of h and k,
 * beforehand.
 *
 * Rows of the solution: b = g(A) h_Xx are the weights of the targets in the value x, hence
 *   E u_x(t) = b.y,   Var u_x(t) = k_xx - 2 b.k_Xx + b.k_XX b. */
#ifndef EW_PRODUCTS_FLOW_H
#define EW_PRODUCTS_FLOW_H

#include "arith/context.h"
#include "arith/flint.h"
#include "arith/symmetric.h"

/* ---- in balls ---- */

typedef struct {
    slong n, all, outputs;
    arb_mat_t h, k;     /* all x n */
    arb_ptr own;        /* [all]: k_xx */
    arb_mat_t y;        /* n x outputs */
    arb_t ridge;        /* not negative */
    ew_symmetric eigen; /* of A */
} ew_flow;

void ew_flow_init(ew_flow *f, slong n, slong all, slong outputs);
void ew_flow_clear(ew_flow *f);

/* Once h and ridge are there. */
ew_status ew_flow_prepare(ew_flow *f, slong prec, ew_context *ctx);

/* lower <= every eigenvalue of A; 0 when that is all one knows. */
void ew_flow_least(arb_t lower, const ew_flow *f, slong prec);

/* What is left at time t, an exact sum over outputs; t = NULL: the limit. */
typedef struct {
    arb_mat_t mean;   /* all x outputs */
    arb_ptr variance; /* [all] */
    arb_ptr norm2;    /* [all]: |b|^2 */
} ew_flow_state;

void ew_flow_state_init(ew_flow_state *s, const ew_flow *f);
void ew_flow_state_clear(ew_flow_state *s, const ew_flow *f);

/* EW_UNABLE in the limit, and only there, unless A is proved positive definite. */
ew_status ew_flow_at(ew_flow_state *s, const ew_flow *f, arb_srcptr t, slong prec,
                     ew_context *ctx);

#endif
