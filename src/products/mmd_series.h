/* The expansion in 1/n of the squared maximum mean discrepancy between a network and its
 * Gaussian limit (readings/sample/mmd.h), from the cumulants of Ghat.
 *
 * By Fourier, MMD^2 = E_w |phi_n(w) - phi(w)|^2 with w ~ N(0, I/l^2) and the characteristic
 * functions of the outputs, phi_n(w) = E exp(-w'Ghat w/2) and phi(w) = exp(-w'K w/2).  The
 * cumulants of w'Ghat w give
 *   ln phi_n/phi = sum_k (-1/2)^k/k! kappa_k[w'Ghat w] - (-1/2) w'K w = sum_{j>=1} n^-j L_j(w)
 * with polynomials L_j of degree at most 2 (j+1), so that phi_n - phi = O(1/n) and MMD^2 =
 * O(n^-2).  The coefficients are Gaussian expectations of polynomials: w has covariance
 * (l^2 I + 2K)^-1 under phi^2, and Gauss and Hermite's rule is exact. */
#ifndef EW_PRODUCTS_MMD_SERIES_H
#define EW_PRODUCTS_MMD_SERIES_H

#include "arith/certify.h"
#include "chain/setting.h"

/* out[l * order + j], certified: the coefficient of n^-(2+j) at layer[l], j < order, order >=
 * 1. Layers are ascending.  EW_UNABLE where the cumulants are (three inputs of an activation
 * that is not a polynomial). */
ew_status ew_mmd_series(ew_certified *out, const ew_setting *net, slong layers,
                        const slong *layer, const ew_scalar *length, slong order, slong digits,
                        ew_context *ctx);

#endif
