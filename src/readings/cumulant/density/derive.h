/* The expansion of an output's characteristic function as polynomials; internal to the density.
 *
 * Given Ghat one row's characteristic function is e^(s Ghat) W(2 s Q), s = -u^2/2, where Q =
 * Ghat - C_b and W = 1 + O(1/N) is that of a Haar frame's rows (chain/haar.h; 1 for Gaussian
 * weights). About infinite width, in y = 2s, E e^(s Ghat) W(2 s Q) = e^(s K) (1 + sum_k n^-k
 * sum_j f_kj y^j),  e^(s delta) = sum (y delta/2)^b/b!, and y^j phi_K stands for d^2j
 * phi_K/dx^2j = K^-j He_2j(t) phi_K: c_kj = f_kj / K^j. */
#ifndef EW_READINGS_CUMULANT_DENSITY_DERIVE_H
#define EW_READINGS_CUMULANT_DENSITY_DERIVE_H

#include "chain/evaluate.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

/* Polynomials in the law's ring: the unknowns, and the parameters of the last layer. */
typedef struct {
    const ew_hierarchy *h;
    fmpq_mpoly_struct *f;     /* [(order + 1) * (2 order + 1)]: f_kj at k (2 order + 1) + j */
    fmpq_mpoly_struct *kappa; /* [(order + 1) * (order + 2)]: of n^-k in kappa_2j of the output,
                                 at k (order + 2) + j */
} ew_density_polys;

ew_status ew_density_polys_new(ew_density_polys *p, const ew_hierarchy *h, ew_context *ctx);
void ew_density_polys_clear(ew_density_polys *p);
/* c_kj as text in the letters of the recursion; fresh string. */
char *ew_density_formula(const ew_density_polys *p, slong k, slong j, ew_context *ctx);

#endif
