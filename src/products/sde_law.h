/* The limiting laws that finite networks are held against. */
#ifndef EW_PRODUCTS_SDE_LAW_H
#define EW_PRODUCTS_SDE_LAW_H

#include "products/sde_validate.h"

/* Name, law and quantiles of the first variance, or of the correlation of two inputs, from v0
 * (upper triangle) at time 0; *s is 0 before.  To be cleared by the caller also on failure. */
ew_status ew_sde_statistic_law(ew_sde_statistic *s, const ew_sde *sde, int correlation,
                               const double *v0, double time, uint64_t seed, ew_context *ctx);
double ew_sde_statistic_distribution(const ew_sde_statistic *s, double x);

/* x[0..n) in ascending order, NaN as infinity. */
void ew_sde_sort(double *x, uint64_t n);

#endif
