/* Moments of products of polynomials in any number of jointly Gaussian variables. */
#ifndef EW_CHAIN_PRODUCT_MOMENT_H
#define EW_CHAIN_PRODUCT_MOMENT_H

#include "activation/activation.h"
#include "chain/atom.h"

/* <prod_a d_a^m[a] prod_i (s_a^(i))^e[a][i]> for a polynomial s; gram: inputs * inputs,
 * row-major.  Expanding every factor about its own variance, what is left is a sum over how
 * often each pair of variables is contracted: sum_n prod_(a<b) K_ab^n_ab / n_ab!  prod_a
 * <P_a^(k_a)>,  k_a = sum_b n_ab. scale (may be NULL) bounds the sum of the absolute values of
 * its terms. */
void ew_product_moment_ball(arb_t x, mag_t scale, const ew_activation *s, const ew_atom *f,
                            arb_srcptr gram, slong inputs, slong prec);
/* The same exactly: 1, or 0 when s has a coefficient that is not rational. */
int ew_product_moment_rational(fmpq_t x, const ew_activation *s, const ew_atom *f,
                               const fmpq *gram, slong inputs);

#endif
