/* The numbers of one network, re-evaluable at any precision (theory.md section 1). */
#ifndef EW_CHAIN_SETTING_H
#define EW_CHAIN_SETTING_H

#include "activation/activation.h"
#include "chain/field.h"

/* A number known to any precision: a constant expression, or a solver's answer (a critical
 * point). */
typedef ew_status (*ew_scalar_fn)(arb_t x, slong prec, void *data, ew_context *ctx);
typedef struct {
    ew_expr *e;      /* used when not NULL */
    ew_scalar_fn fn; /* else this */
    void *data;
} ew_scalar;

ew_status ew_scalar_ball(arb_t x, const ew_scalar *s, slong prec, ew_context *ctx);
/* 1 and x set when the number is an exactly known rational. */
int ew_scalar_rational(fmpq_t x, const ew_scalar *s);

/* A list that is uniform (n = 1) or per layer (entry l-1 belongs to W^(l), b^(l), l
 * = 1..depth). */
typedef struct {
    slong n;
    ew_scalar *x;
} ew_scalar_list;
const ew_scalar *ew_scalar_at(const ew_scalar_list *list, slong layer);
/* Is every entry known to be 0? */
int ew_scalar_list_zero(const ew_scalar_list *list);

/* The law of a weight matrix: independent normals, or sqrt(C_W) times a Haar frame (theory.md
 * section 7). Biases and tangents are Gaussian in both.  A transition (chain/law.h) can also be
 * that of a residual block with Gaussian weights, whose inner layer is infinitely wide, or has
 * a width in proportion to n: a network says so by `residual`, not by its ensemble. */
typedef enum {
    EW_ENSEMBLE_GAUSSIAN,
    EW_ENSEMBLE_ORTHOGONAL,
    EW_ENSEMBLE_WIDE_BLOCK,
    EW_ENSEMBLE_BLOCK
} ew_ensemble;

typedef struct ew_residual ew_residual; /* chain/residual.h */

typedef struct {
    const ew_activation *activation;
    slong depth; /* layers 1..depth */
    ew_ensemble ensemble;
    ew_scalar_list cw, cb, lambda_w, lambda_b;
    slong inputs;
    ew_scalar *gram;   /* layer-1 covariance K_ab, upper triangle by rows */
    const fmpq *dot;   /* x_a.x_b/n_0 like gram, where these are known exactly; else NULL */
    slong coordinates; /* n_0 where the inputs are given; else 0: no more than n_1 */
    slong widths;      /* 0, 1 or depth */
    ulong *width; /* n_l; only their ratios n / n_l matter for coefficients, n = width[0] */
    slong directions;
    ew_scalar *along;            /* x_a.v_d/n_0 at a * directions + d */
    ew_scalar *between;          /* v_d.v_e/n_0, upper triangle by rows */
    const ew_residual *residual; /* layers from the second on are residual blocks; or NULL */
} ew_setting;

/* Parameters of layer `layer` as balls. Any output may be NULL. */
ew_status ew_setting_layer(arb_t cw, arb_t cb, arb_t lambda_w, arb_t lambda_b,
                           const ew_setting *net, slong layer, slong prec, ew_context *ctx);
/* The first layer: K_ab and Theta_ab, row-major inputs x inputs; either may be NULL.  EW_DOMAIN
 * unless K >= 0 and x.x/n_0 = (K_ab - C_b)/C_W is positive semi-definite (decided exactly for
 * rationals, else by balls; singular is fine). */
ew_status ew_setting_first(arb_ptr k, arb_ptr theta, const ew_setting *net, slong prec,
                           ew_context *ctx);

/* A frame of that many vectors, one for every field, exists in n dimensions for n >= fields
 * only: EW_UNABLE unless the larger one of a layer's widths is that. */
ew_status ew_setting_check_frame(ulong out, ulong in, slong layer, slong fields,
                                 ew_context *ctx);
/* The same for all layers of a network with widths, so many fields in the hidden ones, where
 * its weights are orthogonal. */
ew_status ew_setting_check_frames(const ew_setting *net, slong fields, ew_context *ctx);

/* Theta_ab of layer 1, which is that of two inputs with these K_ab, for any number of inputs.
 */
ew_status ew_setting_first_ntk(arb_ptr theta, arb_srcptr k, const ew_setting *net, slong prec,
                               ew_context *ctx);

/* Ghat^(1)_p for every pair p of fields: the features of the input jets (x_a, v_d) under a
 * linear activation, averaged over the input's coordinates (theory.md section 2).  The d-th
 * direction of `fields` is the network's direction d; `fields` has the network's inputs.
 * EW_DOMAIN as above.
 */
ew_status ew_setting_first_fields(arb_ptr ghat, const ew_fields *fields, const ew_setting *net,
                                  slong prec, ew_context *ctx);
/* The same exactly; *known = 0 when a number it needs is not rational. */
ew_status ew_setting_first_rational(fmpq *ghat, int *known, const ew_fields *fields,
                                    const ew_setting *net, ew_context *ctx);

#endif
