/* How surprising a deviation is, alone and among many. */
#ifndef EW_PRODUCTS_SIGNIFICANCE_H
#define EW_PRODUCTS_SIGNIFICANCE_H

/* P(|T| >= |t|) for Student's t with df degrees of freedom (any df > 0). */
double ew_student_two_sided(double t, double df);

/* The largest probability, over all means within `allowance` >= 0 of 0, that an observation
 * with this standard error is as far from 0 as `difference`; ew_student_two_sided for allowance
 * 0. */
double ew_interval_tails(double difference, double allowance, double se, double df);

/* P(X >= x) for chi-squared with df degrees of freedom. */
double ew_chi2_above(double x, double df);

#endif
