/* The transition law of gradients, derived from that of the covariance chain: linear maps
 * between moments.  With u the direction of a perturbation, a state of degree q (q = 1 for E
 * g^2, q = 2 for E g^4) is E[Ghat_uu^(q-b) Ghat_zu^(2b) delta^k],  b = 0..q,  k = 0..2M,  delta
 * = Ghat_zz - K, and a forward state is E[delta^k], each a series in eps = 1/n to order M
 * (doc/gradients.md).  Of a residual block only the chain's maps are derived, for H. */
#ifndef EW_READINGS_CUMULANT_GRADIENT_LAW_H
#define EW_READINGS_CUMULANT_GRADIENT_LAW_H

#include "chain/evaluate.h"
#include "readings/cumulant/gradient/moment.h"

/* Maps from layer l to l + 1.  `mean` stands for the mean over the neurons of layer l. */
typedef enum {
    EW_GRADIENT_BASE,     /* E[delta^k] -> E[delta'^k] */
    EW_GRADIENT_COLUMN1,  /* E[delta^k] -> C_W E[mean(s^2) delta'^k] */
    EW_GRADIENT_COLUMN2,  /* E[delta^k] -> C_W^2 E[mean(s^4) delta'^k] */
    EW_GRADIENT_COLUMN11, /* E[delta^k] -> C_W^2 E[mean(s^2)^2 delta'^k] */
    EW_GRADIENT_ROW1,     /* one neuron perturbed: E[delta^k] -> n_l x the state of degree 1 */
    EW_GRADIENT_ROW2,     /* E[delta^k] -> n_l^2 x the state of degree 2 */
    EW_GRADIENT_CHAIN1,   /* the chain with its direction, degree 1 */
    EW_GRADIENT_CHAIN2,   /* degree 2 */
    EW_GRADIENT_START2, /* all neurons perturbed by independent normals of variance 1, which are
                           no part of a frame: E[delta^k] -> the state of degree 2.  Not derived
                           for Gaussian weights, where it is the chain from Ghat_uu = 1 */
    EW_GRADIENT_MAPS
} ew_gradient_map;

/* state'[target] += eps^power poly state[source]; a component is b (2M + 1) + k. */
typedef struct {
    slong target, source, power, poly;
} ew_gradient_entry;

typedef struct {
    slong n, room;
    ew_gradient_entry *entry;
} ew_gradient_matrix;

typedef struct {
    slong order, powers; /* M, 2M + 1 */
    ew_fields *fields;   /* z and its derivative along u */
    ew_law *law;
    ew_gradient_matrix map[EW_GRADIENT_MAPS];
    slong polys, room;
    fmpq_mpoly_struct *poly; /* in the law's ring; poly[0] = K' */
    fmpq *fourth; /* [order + 1]: E[x^4 | Ghat]/(3 Ghat_xx^2) for a field of one row without
                     bias, the coefficients of N^-g, N as in ew_law_frame */
} ew_gradient_law;

ew_status ew_gradient_law_new(ew_gradient_law **out, ew_ensemble ensemble, slong order,
                              ew_context *ctx);
void ew_gradient_law_free(ew_gradient_law *g);

/* Components of the states that a map takes and gives. */
slong ew_gradient_sources(const ew_gradient_law *g, ew_gradient_map map);
slong ew_gradient_targets(const ew_gradient_law *g, ew_gradient_map map);

#endif
