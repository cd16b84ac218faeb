/* Many tests at one family-wise level (Holm 1979). */
#ifndef EW_PRODUCTS_HOLM_H
#define EW_PRODUCTS_HOLM_H

#include "arith/context.h"

/* adjusted[i] <= level if and only if Holm's step-down procedure at that level rejects
 * hypothesis i. The probability of any false rejection is at most the level, whatever the
 * dependence among the tests.  p-values that are NaN stay so and are not counted. */
ew_status ew_holm(double *adjusted, const double *p, long n, ew_context *ctx);

#endif
