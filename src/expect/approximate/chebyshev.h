/* Interpolation at Chebyshev points in balls: the polynomial that a table is cut from. */
#ifndef EW_EXPECT_APPROXIMATE_CHEBYSHEV_H
#define EW_EXPECT_APPROXIMATE_CHEBYSHEV_H

#include "arith/context.h"
#include "arith/flint.h"

#define EW_TABLE_BITS 160 /* of coefficients before they are rounded */

/* The points x_k = cos((2k + 1) pi/(2n)) of [-1, 1], and the map from values there to the
 * coefficients of T_0, ..., T_(n-1). */
typedef struct {
    slong n; /* <= 100 */
    arb_ptr point;
    arb_ptr map; /* [n][n] */
} ew_chebyshev;

void ew_chebyshev_init(ew_chebyshev *c, slong n);
void ew_chebyshev_clear(ew_chebyshev *c);
/* coef[0..n) at its stride, from values y[0..n) at theirs. */
void ew_chebyshev_fit(arb_ptr coef, slong coef_stride, arb_srcptr y, slong y_stride,
                      const ew_chebyshev *c);

/* An interpolating polynomial is off by at most 2^EW_LEBESGUE_BITS times what the values are:
 * the Lebesgue constant of n <= 100 points is below (2/pi) ln(n + 1) + 1 < 4. */
#define EW_LEBESGUE_BITS 2

/* What interpolation at n Chebyshev points costs f analytic, |f| <= M, in the ellipse with foci
 * -1, 1 and major semi-axis a > 1: f = sum a_k T_k with |a_k| <= 2 M r^-k, r = a + sqrt(a^2 -
 * 1), and T_k, k >= n, is interpolated by 0 or by +-T_j: twice the sum over k >= n, 4 M r^-n
 * r/(r - 1). */
void ew_chebyshev_error(mag_t error, const mag_t M, const arb_t a, slong n);

/* monomial[k], k < len, of w^k: those of sum coef[j] T_j(w/W).  May alias (stride 1). */
void ew_chebyshev_expand(arb_ptr monomial, arb_srcptr coef, slong stride, slong len,
                         const arb_t W);
/* The same for T_j(2 w/W - 1), 0 <= w <= W. */
void ew_chebyshev_expand_from_zero(arb_ptr monomial, arb_srcptr coef, slong stride, slong len,
                                   const arb_t W);

#endif
