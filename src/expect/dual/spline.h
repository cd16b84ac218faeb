/* The spline that carries the kinks of an activation s: with J_ck the jump of s^(k) at the kink
 * c,
 *     q(z) = sum over c and 1 <= k <= m of J_ck (z - c)_+^k/k!,
 * so that s - q has m continuous derivatives, and its (m+1)-st is that of s between the kinks.
 * Everything is at one variance K, in units of it. */
#ifndef EW_EXPECT_DUAL_SPLINE_H
#define EW_EXPECT_DUAL_SPLINE_H

#include "activation/activation.h"

typedef struct {
    slong knots, degree; /* degree: m */
    slong prec;          /* of the balls */
    arb_ptr at;          /* [knots]: c/sqrt K */
    arb_ptr jump;        /* [knots][degree + 1]: J_ck K^(k/2); 0 for k = 0 */
    int *zero;           /* [knots]: c = 0 exactly */
    int *opposite;       /* [knots][knots]: c = -c' exactly */
} ew_spline;

/* For the exact variance K > 0 and a continuous s.  EW_UNABLE: pieces that are not analytic at
 * their ends, kinks that cannot be told from 0 or from each other's negatives.  To be cleared
 * also on failure (all zero is fine). */
ew_status ew_spline_init(ew_spline *q, const ew_activation *s, slong degree, const arb_t K,
                         slong prec, ew_context *ctx);
void ew_spline_clear(ew_spline *q);

/* Orthonormal Hermite coefficients: a[n], n < N. */
void ew_spline_hermite(arb_ptr a, slong N, const ew_spline *q, slong prec);

/* <q(u) q(v)> and its derivative in rho = sign (1 - t), 0 <= t <= 1. */
ew_status ew_spline_dual(arb_t value, arb_t derivative, const ew_spline *q, int sign,
                         const arb_t t, slong prec, ew_context *ctx);

#endif
