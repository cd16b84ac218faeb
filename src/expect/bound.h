/* Rigorous error bounds of the quadratures, all built on one inequality for Hermite functions.
 *
 * h_k = He_k / sqrt(k!).  Mehler's formula at the points zeta and conj(zeta) is a sum of the
 * non-negative terms r^k |h_k(zeta)|^2, so for every r in [0, 1) and zeta = x + iy
 *     |h_k(zeta)|^2 <= r^-k (1 - r^2)^(-1/2) exp(r x^2/(1 + r) + r y^2/(1 - r)),
 * and with the Gaussian, in units of sqrt K,
 *     |h_k(zeta) e^(-zeta^2/2)| <= r^(-k/2) (1 - r^2)^(-1/4) exp(-x^2/(2(1+r)) + y^2/(2(1-r))).
 * D^j of an expectation is the case k = 2j (theory.md section 3, Hermite form).  Any r will do;
 * the functions below choose a good one in double arithmetic.  K is a ball with K > 0; all
 * bounds hold for every K in it.  The *_log2 forms are unproved estimates of the same bounds,
 * for planning. */
#ifndef EW_EXPECT_BOUND_H
#define EW_EXPECT_BOUND_H

#include "expect/expect.h"

/* A nearly optimal r when x^2 = X K and y^2 = Y K (X, Y >= 0). */
double ew_hermite_tilt(double X, double Y, slong k);

/* |int F h_k(z/sqrt K) p_K dz - h sum over the nodes| for the full grid h Z, |F| <= m on |Im z|
 * <= d: at most 2 N / (e^(2 pi d/h) - 1), N a bound of the integral along either edge. */
void ew_bound_trapezoid(mag_t err, const ew_majorant *m, slong k, double d, double h,
                        const arb_t K);
double ew_bound_trapezoid_log2(const ew_majorant *m, slong k, double d, double h, double K);

/* E c (1 + |g|)^p e^{q|g|}, g ~ N(0, K), K >= 0. */
void ew_bound_moment(mag_t x, const ew_majorant *m, const arb_t K);
double ew_bound_moment_log2(const ew_majorant *m, double K);

/* One unbounded end |x| >= z, |F| <= m there: bounds both the integral and h times the sum over
 * nodes h i > z.  Infinite where the bound does not yet decay. */
void ew_bound_tail(mag_t err, const ew_majorant *m, slong k, double z, const arb_t K);
double ew_bound_tail_log2(const ew_majorant *m, slong k, double z, double K);

/* A z >= least for which the tail with c = 1 is about 2^target or less; negative if none. */
double ew_bound_tail_start(const ew_majorant *m, slong k, double least, double target,
                           double K);

/* sup of |h_k(zeta/sqrt K)| |p_K(zeta)| over |Re zeta| >= x, |Im zeta| <= y. */
void ew_bound_weight(mag_t sup, slong k, double x, double y, const arb_t K);

#endif
