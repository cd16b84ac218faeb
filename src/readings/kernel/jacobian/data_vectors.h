/* Inside ew_jacobian_data: the derivatives of an activation at points of different variances,
 * as vectors: with a_k(K) its orthonormal Hermite coefficients (expect/dual/spectrum.h) those
 * of s^(i) are
 *     A^(i)_k = ((k + 1) ... (k + i))^(1/2) K^(-i/2) a_(k+i),
 * and <s^(i)(u) s^(j)(v)> = sum_k rho^k A^(i)_k(K_u) A^(j)_k(K_v) (theory.md section 9). */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DATA_VECTORS_H
#define EW_READINGS_KERNEL_JACOBIAN_DATA_VECTORS_H

#include "readings/kernel/jacobian/data_step.h"

#define EW_JET_VECTORS (EW_SPECTRUM_ORDERS - 1)
#define EW_JET_TAILS (EW_SPECTRUM_MOST / EW_SPECTRUM_STEP + 1)

/* A^(i)_k for a block of points, k < EW_SPECTRUM_STEP cut of the point; and bounds: of |A^(i)|,
 * of the computed one's error, of sum (k + 1) A_k^2 and sum k A_k^2 by their roots, and of what
 * is at k >= EW_SPECTRUM_STEP j. */
typedef struct {
    size_t size;
    slong orders, terms, room;
    double *root; /* [order][EW_SPECTRUM_MOST]: ((k + 1) ... (k + order))^(1/2) */
    double *coef; /* [order][terms][EW_JET_BLOCK] */
    slong cut[EW_JET_BLOCK];
    double k[EW_JET_BLOCK];
    double norm[EW_JET_VECTORS][EW_JET_BLOCK], off[EW_JET_VECTORS][EW_JET_BLOCK];
    double wide[EW_JET_VECTORS][EW_JET_BLOCK], slope[EW_JET_VECTORS][EW_JET_BLOCK];
    double *tail; /* [order][EW_JET_TAILS][EW_JET_BLOCK] */
} ew_jet_vectors;

ew_status ew_jet_vectors_init(ew_jet_vectors *v, slong orders, ew_context *ctx);
void ew_jet_vectors_clear(ew_jet_vectors *v);

/* Points first.. of `rows`, at most EW_JET_BLOCK, at layer l >= 1. */
ew_status ew_jet_vectors_set(ew_jet_vectors *v, const ew_data_net *net,
                             const ew_data_rows *rows, size_t first, size_t size, slong l,
                             ew_context *ctx);

/* d<s^2>/dK = <s'^2> + <s s''> of a point. */
ew_near ew_jet_vectors_slope(const ew_jet_vectors *v, size_t at);

/* Point i of `a` with all of `b`: the map's expectations, x and e [variable][EW_JET_BLOCK],
 * from signed distances (readings/kernel/data/maps.h) and what the correlations may be off by.
 */
void ew_jet_vectors_expect(double *x, double *e, const ew_jacobian_maps *m,
                           const ew_jet_vectors *a, size_t i, const ew_jet_vectors *b,
                           const double *q, const double *error);

#endif
