/* Integrands as users write them: polynomials over Q in z, s, s1, s2, ... */
#ifndef EW_EXPECT_INTEGRAND_H
#define EW_EXPECT_INTEGRAND_H

#include "expect/expect.h"

/* Limits on what a user may ask: the total degree of a monomial, and the number of monomials.
 */
#define EW_INTEGRAND_DEGREE 200
#define EW_INTEGRAND_TERMS 500

/* A product of monomials, one of each variable; 1 beyond the last. */
typedef struct {
    ew_monomial of[EW_MANY];
} ew_factors;

/* sum_i coef[i] <term[i]>, terms distinct, coefficients nonzero.  The zero polynomial has
 * n = 0. */
typedef struct {
    slong variables; /* 1..EW_MANY */
    slong n;
    fmpq *coef;
    ew_factors *term;
} ew_integrand;

/* "s^2*s1^2*z^2" in one variable; "s_a s_b", "s1_a*z_b^2" (juxtaposition or *) in more: sums,
 * products, powers with a whole exponent and division by numbers.  EW_USAGE: one line, then the
 * source and a caret line. */
ew_status ew_integrand_parse(ew_integrand **out, const char *text, slong variables,
                             ew_context *ctx);
void ew_integrand_free(ew_integrand *f);

#endif
