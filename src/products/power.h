/* The exponent of a power law with corrections. */
#ifndef EW_PRODUCTS_POWER_H
#define EW_PRODUCTS_POWER_H

#include "products/fit.h"

typedef struct {
    double exponent, se; /* a of y = C x^a (1 + b x + ...); NaN: not determined */
    double p;            /* of chi-squared about the fit; NaN: no degree of freedom */
    long used;           /* points */
} ew_power;

/* From points in order of descending x.  ln y is fitted by ln C + a ln x + b x, without b from
 * three points or fewer, weighted by the errors; points that are not three errors above 0 are
 * left out, and so are the first ones as long as the fit is refused at 0.05 and five points or
 * more are left: there the series has further terms. */
ew_power ew_fit_power(const ew_point *point, long n);

#endif
