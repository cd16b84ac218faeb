/* Weighted least squares for a truncated series c_0 + c_1 x + ... with independent errors. */
#ifndef EW_PRODUCTS_FIT_H
#define EW_PRODUCTS_FIT_H

#include "arith/context.h"

#define EW_FIT_TERMS 3

typedef struct {
    double x, y;
    double se;   /* standard error of y, above 0 */
    double df;   /* degrees of freedom of that standard error */
    double unit; /* what se is expected to be, up to a factor for all points; 0: se */
} ew_point;

/* se[k] is the standard error of c[k], propagated from the points' (not from their scatter
 * about the curve); df[k] its degrees of freedom by Welch and Satterthwaite.  Points are
 * weighted by their units: weights by estimated errors favour points whose error is
 * underestimated. next[k] >= |change of c[k]| when each y is increased by at most x^terms. */
typedef struct {
    double c[EW_FIT_TERMS], se[EW_FIT_TERMS], df[EW_FIT_TERMS], next[EW_FIT_TERMS];
    double chi2; /* weighted sum of squared residuals */
} ew_fit;

/* Fit `terms` <= EW_FIT_TERMS coefficients to n >= terms points with x > 0.  EW_UNABLE when the
 * points do not determine them (equal x). */
ew_status ew_fit_series(ew_fit *out, const ew_point *point, long n, int terms, ew_context *ctx);

#endif
