/* Residual networks: h' = h + alpha V s(W h + b), alpha = L^-beta, over L blocks (theory.md
 * section 6).  The hidden vectors h have d coordinates, W m x d and V d x m Gaussian entries of
 * variance C_W / d and C_V / m.  In an ew_setting, layer 1 is the input itself (C_W = 1, C_b =
 * 0, no rates), and the weights of layer l + 1 are those of block l. */
#ifndef EW_CHAIN_RESIDUAL_H
#define EW_CHAIN_RESIDUAL_H

#include "chain/setting.h"

struct ew_residual {
    ew_scalar beta, cv; /* beta >= 0, C_V > 0 */
    int cv_given;
    ulong inner;       /* m; or 0: */
    ulong over, under; /* m = d over/under, each up to 10^6; both 0: as wide as h */
    int wide;          /* m = oo */
    int rate_cv;       /* V's rate of training is C_V, else that of W */
};

/* m at the width d of h.  EW_USAGE: that is not a whole number.  EW_UNABLE: infinite. */
ew_status ew_residual_inner(ulong *m, const ew_residual *r, ulong d, ew_context *ctx);
/* r = d/m, 0 for m = oo.  EW_USAGE: m is a number, and the network has no width. */
ew_status ew_residual_ratio(fmpq_t r, const ew_setting *net, ew_context *ctx);

/* Which transition the network's is. */
ew_ensemble ew_setting_transition(const ew_setting *net);

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
