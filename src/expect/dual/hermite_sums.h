/* Sums over a grid of weighted Hermite polynomials, in pairs of doubles; internal to
 * expect/dual/hermite.c.
 *
 * With h_k orthonormal for the standard Gaussian, U_k = h_k(x) U_0 obeys
 *     sqrt(k + 1) U_(k+1) = x U_k - sqrt(k) U_(k-1).
 * What becomes of an error e made in U_j, U_(j-1) being exact, at k >= j:
 *   - While k - 1 <= x^2/4 and x > 0, r_k = sqrt(k) U_k/U_(k-1) is at least x/2, since r_(k+1)
 * = x - k/r_k, so that U_k grows with k.  The Casoratian of U and the perturbed solution is
 *     constant, and sums up to: the error is at most (1 + k - j) (U_k/U_j) e.
 *   - From j with 4 j > x^2 on, F_k = sqrt(k) (d_k^2 + d_(k-1)^2) - x d_k d_(k-1) of the error
 * d obeys F_(k+1) = sqrt(k/(k+1)) (F_k + d_k^2/sqrt(k)) and d_k^2 <= 4 sqrt(k) F_k/(4 k - x^2),
 * so that F_(k+1) <= sqrt(k/(k+1)) F_k (4 (k+1) - x^2)/(4 k - x^2): the product telescopes, and
 * d_k^2 <= 4 sqrt(j) F_j/(4 j - x^2), with F_j = sqrt(j) e^2: the error is at most e (1 -
 * x^2/4j)^(-1/2), for ever. */
#ifndef EW_EXPECT_DUAL_HERMITE_SUMS_H
#define EW_EXPECT_DUAL_HERMITE_SUMS_H

#include <stddef.h>

#include "arith/context.h"

#define EW_HERMITE_CHUNK 256 /* the number of nodes is a multiple of it */
#define EW_HERMITE_STEPS 32  /* and that of polynomials of this */

/* Numbers as sums of two doubles, h[i] + l[i]. */
typedef struct {
    double *h, *l;
} ew_pairs;

typedef struct {
    size_t nodes, functions;
    const double *x;  /* [node], exact */
    ew_pairs start;   /* [node]: U_0, to 2^-102 */
    ew_pairs part[2]; /* [function][node]: what even and odd k are multiplied with, or NULL */
} ew_hermite_grid;

/* sum[k functions + f] = sum over the nodes of U_k times part[k % 2] of function f, k < n; 0
 * for parts that are NULL.  root[k] is sqrt(k) and inverse[k], k > 0, is 1/sqrt(k), k <= n, to
 * 2^-104.  *most bounds what was computed of |U_k|. */
ew_status ew_hermite_sums(ew_pairs sum, double *most, const ew_hermite_grid *g, size_t n,
                          ew_pairs root, ew_pairs inverse, ew_context *ctx);

/* Bounds of what U_k, k < n, is off by against *most, |x| <= reach; and of what a sum is off by
 * in rounding, against *most times the sum of what the nodes are multiplied with. */
double ew_hermite_drift(double reach, size_t n);
double ew_hermite_rounding(size_t nodes);

#endif
