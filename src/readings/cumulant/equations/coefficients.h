/* Recursions at one covariance: every coefficient a certified number. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_COEFFICIENTS_H
#define EW_READINGS_CUMULANT_EQUATIONS_COEFFICIENTS_H

#include "readings/cumulant/equations/equations.h"
#include "readings/cumulant/equations/formula.h"

/* f[i] = sum of numbers times monomials in what opt leaves open (cumulants other than K_ab,
 * parameters that were not given, r): the terms and values of e[i].  opt->gram and
 * opt->activation must be set.  EW_UNABLE: a value that is infinite or not certified. */
ew_status ew_coefficients(ew_equation *const *e, const fmpq_mpoly_struct *f, slong n,
                          const ew_formula_ring *r, const ew_equation_options *opt,
                          ew_context *ctx);

/* e's terms as text and LaTeX: rhs and latex, with the left-hand side given in LaTeX. */
ew_status ew_coefficients_print(ew_equation *e, const char *lhs, slong digits, ew_context *ctx);

#endif
