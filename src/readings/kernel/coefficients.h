/* The coefficients of an activation itself: its Taylor series at 0 and its Hermite series at a
 * variance, the two expansions that every kernel is made of (theory.md sections 4 and 5). */
#ifndef EW_READINGS_COEFFICIENTS_H
#define EW_READINGS_COEFFICIENTS_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

/* c[k] = s^(k)(0)/k!, k < n, exact where rational.  EW_UNABLE where s has a kink at 0.  c[0..n)
 * must be initialised; on failure they are left cleared. */
ew_status ew_taylor_solve(ew_certified *c, slong n, const ew_activation *s, slong digits,
                          ew_context *ctx);

/* c[k] = <s(z) h_k(z/sqrt K)>_K with h_k = He_k/sqrt(k!), so that sum c_k^2 = <s^2>_K and
 * <s s>_rho = sum c_k^2 rho^k; k < n, K > 0.  *how (may be NULL): the method that gave them,
 * static.  c as above. */
ew_status ew_hermite_solve(ew_certified *c, const char **how, slong n, const ew_activation *s,
                           const ew_scalar *K, slong digits, ew_method method, ew_context *ctx);

#endif
