/* The Hermite coefficients from index n on of an activation s whose one kink is at 0: what they
 * add to sums over pairs of points, at once, however slowly they fall.
 *
 * With J_k the jump of s^(k) at 0, s less the sum of J_k max(z, 0)^k/k! over k <= m has m
 * continuous derivatives, so that its coefficients fall fast; and those of max(z, 0)^k/k! at
 * variance K are, for odd n - k, with w_i = (2i choose i)/4^i,
 *     +-K^(k/2) (w_i/2pi)^(1/2)            /((n - 1)(n - 3) ... (n - k)),   n = 2 i,     k odd,
 *     +-K^(k/2) (w_i/2pi)^(1/2) n^(-1/2)/((n - 2)(n - 4) ... (n - k)),   n = 2 i + 1, k even.
 * So the coefficients of class c = n mod 2 are, up to signs that all points share,
 *     (w_i/2pi)^(1/2) n^(-c/2) y sum_p b_p y^p,     y = N/n,
 * where N is the first of them; b_p is K^((1+c)/2) times a polynomial of K.  The products of
 * two points' numbers b are summed against functions of rho alone, S_p(rho) = N^-c sum over n
 * >= N of class c of w_i/2pi y^(p+2+c) rho^n, that are tabulated. */
#ifndef EW_EXPECT_DUAL_TAIL_H
#define EW_EXPECT_DUAL_TAIL_H

#include "activation/activation.h"
#include "expect/dual/piecewise.h"

#define EW_TAIL_ORDERS 11 /* p < this */
#define EW_TAIL_OCTAVES 24
#define EW_TAIL_JUMPS (2 * EW_TAIL_ORDERS + 1)
#define EW_TAIL_EACH (2 * (EW_PIECE_DEGREE + 1)) /* coefficients of one order on a piece */

typedef struct {
    slong n, orders;
    double *row[2]; /* [order p][q <= p]: of K^q in b_p; NULL where parity leaves no class */
    double one[2][2 * EW_TAIL_ORDERS - 1];  /* S_p(1) */
    double one1[2][2 * EW_TAIL_ORDERS - 1]; /* bounds S_p'(1) */
    /* (S_p(1) - S_p(1 - t))/t and S_p'(1 - t), found as in `place`; on piece 0, where t <=
     * 2^-EW_TAIL_OCTAVES, polynomials of (t 2^EW_TAIL_OCTAVES)^(1/2). */
    ew_piecewise place; /* without coefficients */
    double *table;      /* [piece][class there is][order][EW_TAIL_EACH] */
    double error[2][EW_TAIL_ORDERS], most[2][EW_TAIL_ORDERS]; /* of both; sums of |coef| */
} ew_dual_tail;

/* jump[EW_TAIL_JUMPS] contains J_k.  EW_UNABLE: s is not continuous, or not infinitely often
 * differentiable on both sides of 0, or has kinks elsewhere. */
ew_status ew_dual_jumps(arb_ptr jump, const ew_activation *s, slong prec, ew_context *ctx);

/* n: even. */
ew_status ew_dual_tail_new(ew_dual_tail **out, arb_srcptr jump, ew_parity parity, slong n,
                           slong orders, ew_context *ctx);
void ew_dual_tail_free(ew_dual_tail *d);

/* b[c][p] at K; the error of each, from rounding, is at most 2^-48 of `size`. */
void ew_dual_tail_row(double b[2][EW_TAIL_ORDERS], const ew_dual_tail *d, double K);
void ew_dual_tail_size(double size[2][EW_TAIL_ORDERS], const ew_dual_tail *d, double K);

/* What b leaves out of the jumps k <= 2 orders, in both norms of spectrum.h, at K. */
void ew_dual_tail_rest(mag_t rest, mag_t rest1, const ew_dual_tail *d, arb_srcptr jump,
                       const arb_t K);

#endif
