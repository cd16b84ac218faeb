/* A sampled curve y(1/n), its fit inside the regime of validity, and the test of its
 * coefficients. */
#ifndef EW_PRODUCTS_REGIME_H
#define EW_PRODUCTS_REGIME_H

#include "products/fit.h"
#include "products/validate.h"

/* Coefficients of y = c_0 + c_1/n + ... that are predicted. */
typedef struct {
    int n; /* 1 or 2 */
    double c[2];
    double scale; /* the size of y when c_0 is small by accident, or 0 */
} ew_prediction;

/* Set observed, se, df, z, p, regime, widths and verdict of check[0..want.n) from n points in
 * order of descending x.  The verdict is pass or out-of-regime: only the whole family can fail
 * one. */
ew_status ew_regime_test(ew_check *check, const ew_point *point, slong n, ew_prediction want,
                         ew_context *ctx);

#endif
