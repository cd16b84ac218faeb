/* Truncated moments of Gaussians, from which the dual of a function with kinks is made:
 *     U_k(x) = <(g - x)_+^k>/k!   and   T_jk = <(u - x)_+^j (v - y)_+^k>/(j! k!)
 * for a standard normal g, and standard normal u, v of correlation rho. */
#ifndef EW_EXPECT_DUAL_TRUNCATED_H
#define EW_EXPECT_DUAL_TRUNCATED_H

#include "arith/context.h"
#include "arith/flint.h"

/* u[k] contains U_k(x), k < n. */
void ew_truncated_one(arb_ptr u, slong n, const arb_t x, slong prec);

/* Two thresholds and a correlation. */
typedef struct {
    arb_srcptr x, y;
    int sign;           /* rho = sign (1 - t): 1 or -1 */
    arb_srcptr t;       /* 0 <= t <= 1 */
    int meet;           /* x = sign y exactly: the lines u = x and v = y meet where |rho| = 1 */
    int zero_x, zero_y; /* exactly 0; otherwise the balls must not contain 0 */
} ew_truncation;

/* P(u > x, v > y). */
void ew_quadrant_above(arb_t p, const ew_truncation *c, slong prec);

/* T[j * n + k] contains T_jk, j < m, k < n; d/d rho T_jk = T_(j-1)(k-1) where j, k > 0 (Price).
 * Radii are about 2^-prec times the largest of the terms, whatever t. */
void ew_truncated_two(arb_ptr T, slong m, slong n, const ew_truncation *c, slong prec);

#endif
