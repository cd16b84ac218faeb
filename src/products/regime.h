/* A sampled curve y(1/n) against a truncated series in 1/n: inside the regime of validity its
 * coefficients are fitted and tested, outside it each point is compared with what the series
 * leaves open (doc/validation.md). */
#ifndef EW_PRODUCTS_REGIME_H
#define EW_PRODUCTS_REGIME_H

#include "products/fit.h"
#include "products/forecast.h"
#include "products/validate.h"

/* y = c_0 + c_1/n + ... */
typedef struct {
    int n;     /* coefficients that are predicted, 1 or more */
    int known; /* coefficients in c: n, or one more */
    double c[EW_FORECAST_TERMS];
    double scale; /* the size of y when c_0 is small by accident, or 0 */
} ew_prediction;

/* The least ratio with |c_j| x^j <= ratio^j size for every known j >= 1, size being |c_0| or
 * the scale where that is larger; infinity when c_1 is not known. */
double ew_series_ratio(const ew_prediction *p, double x);
/* What the series leaves open after c_j x^j, j < n, if all its terms obey that geometric
 * bound: size ratio^(j+1)/(1 - ratio), and |c_j| x^j at least where c_(j+1) is not known. */
double ew_series_rest(const ew_prediction *p, int j, double x);

/* Set observed, se, df, allowance, z, p, regime, widths and verdict of check[0..min(n, 2)) from
 * n points in order of descending x.  The verdict is pass or out-of-regime: only the whole
 * family can fail one.  *used: the points that were fitted, the last ones; 0 when fewer than
 * four are in the regime. */
ew_status ew_regime_test(ew_check *check, slong *used, const ew_point *point, slong n,
                         const ew_prediction *want, ew_context *ctx);

/* Set predicted, allowance, observed, se, df, z, p, regime and verdict of row: one point
 * against the partial sum through c_j. */
void ew_regime_point(ew_narrow *row, const ew_point *point, const ew_prediction *want, int j);

#endif
