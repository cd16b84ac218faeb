/* Residual networks: h' = h + alpha V s(W h + b), alpha = L^-beta, over L blocks (theory.md
 * section 6).  The hidden vectors h have d coordinates, W m x d and V d x m Gaussian entries of
 * variance C_W / d and C_V / m.  In an ew_setting, layer 1 is the input itself (C_W = 1, C_b =
 * 0, no rates), and the weights of layer l + 1 are those of block l. */
#ifndef EW_CHAIN_RESIDUAL_H
#define EW_CHAIN_RESIDUAL_H

#include "chain/setting.h"

struct ew_residual {
    ew_scalar beta, cv; /* beta >= 0, C_V > 0 */
    ulong inner;        /* m; 0: as wide as h */
    int rate_cv;        /* V's rate of training is C_V, else that of W */
};

/* alpha^2 = L^(-2 beta), L = net->depth - 1. */
ew_status ew_residual_alpha2(arb_t x, const ew_setting *net, slong prec, ew_context *ctx);
/* 1 and x set when it is rational. */
int ew_residual_alpha2_rational(fmpq_t x, const ew_setting *net);

/* A block is two layers of the plain chain, whose settings share the network's scalars: the
 * linear one with rows W h + b, whose covariance is that of h, and the one from there to V s,
 * with C_V for C_W, V's rate for lambda_W and no biases.  Then h' = h + alpha V s. */
typedef struct {
    ew_activation *linear; /* z */
    ew_expr *zero;
    ew_scalar none; /* 0 */
    ew_setting inner, outer;
} ew_block_layers;

/* `net` must outlive it. */
ew_status ew_block_layers_new(ew_block_layers **out, const ew_setting *net, ew_context *ctx);
void ew_block_layers_free(ew_block_layers *b);

#endif
