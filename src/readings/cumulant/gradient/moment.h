/* Conditional moments of products of layer means, as series in 1/n_l and in the fluctuation
 * delta = Ghat_zz - K of the layer below; internal to the gradient reading. */
#ifndef EW_READINGS_CUMULANT_GRADIENT_MOMENT_H
#define EW_READINGS_CUMULANT_GRADIENT_MOMENT_H

#include "chain/law.h"
#define EW_GRADIENT_ORDER 5 /* the highest order in 1/n: three seconds */

#define EW_GRADIENT_FACTORS 4
#define EW_GRADIENT_POWERS (2 * EW_GRADIENT_ORDER + 1)

/* c[j]: coefficient of delta^j, j <= 2 order. */
typedef struct {
    fmpq_mpoly_struct c[EW_GRADIENT_POWERS];
} ew_delta_series;

/* c[a][j]: coefficient of (r eps)^a delta^j, r eps = 1/n_l, kept where a + ceil(j/2) <= order.
 */
typedef struct {
    fmpq_mpoly_struct c[EW_GRADIENT_ORDER + 1][EW_GRADIENT_POWERS];
} ew_eps_delta_series;

/* Means over the neurons of one layer: mean(F_1), ..., mean(F_factors), each F_i a product of
 * features f_p of one neuron, and any power of delta' = Ghat'_zz - K'. */
typedef struct {
    ew_law *law;
    slong order, base;
    slong factors;
    ew_pairs factor[EW_GRADIENT_FACTORS];
    slong entry[EW_GRADIENT_FACTORS]; /* of a law of averages or a block: the factors' */
    fmpq_mpoly_t
        centre; /* <f_zz>_K (with B_zz for a law of averages): delta' = mean - centre */
    ew_delta_series *moment[1 << EW_GRADIENT_FACTORS][EW_GRADIENT_POWERS];
    ew_delta_series *cumulant[1 << EW_GRADIENT_FACTORS][EW_GRADIENT_POWERS];
    ew_eps_delta_series *block[1 << EW_GRADIENT_FACTORS][EW_GRADIENT_POWERS];
    ew_eps_delta_series *mean[1 << EW_GRADIENT_FACTORS][EW_GRADIENT_POWERS];
} ew_layer_means;

/* The law must know the one-neuron moments of the factors with up to order + 1 features f_zz;
 * or it is one of averages or a block (entry, NULL otherwise), and knows the cumulants of up to
 * order + 1 of factors and Ghat_zz. */
ew_status ew_layer_means_init(ew_layer_means *m, ew_law *law, slong order,
                              const ew_pairs *factor, const slong *entry, slong factors,
                              ew_context *ctx);
void ew_layer_means_clear(ew_layer_means *m);

/* *x = E[mean(F_1) ... mean(F_factors) delta'^k | Ghat_zz = K + delta, and the other entries of
 * Ghat], owned by m; k <= 2 order. */
ew_status ew_layer_means_product(const ew_eps_delta_series **x, ew_layer_means *m, slong k,
                                 ew_context *ctx);

#endif
