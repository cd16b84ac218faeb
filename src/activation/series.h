/* Power series of primitives by the recurrences of their differential equations.  Every series
 * has len coefficients, len >= 1; outputs do not alias inputs.  g is the inner series, and h =
 * F(g) has h[0] (and w[0]) set by the caller to the value (and derivative) at g[0]. */
#ifndef EW_ACTIVATION_SERIES_H
#define EW_ACTIVATION_SERIES_H

#include "arith/flint.h"

/* The number of coefficients without the zeros at the end. */
slong ew_series_length(acb_srcptr g, slong len);

/* h' = w g': h[1..] from w. */
void ew_series_integrate(acb_ptr h, acb_srcptr w, acb_srcptr g, slong len, slong prec);

/* h' = h g' */
void ew_series_exp(acb_ptr h, acb_srcptr g, slong len, slong prec);

/* h' = s1 w g', w' = s2 h g': sine and cosine (1, -1), the hyperbolic pair (1, 1). */
void ew_series_pair(acb_ptr h, acb_ptr w, int s2, acb_srcptr g, slong len, slong prec);

/* h' = w g', w' = w q g' with q = c + s h: tanh (c, s) = (0, -2), tan (0, 2), sigmoid (1, -2).
 * w is kept by its own equation because 1 - h^2 would cancel far out. */
void ew_series_riccati(acb_ptr h, acb_ptr w, int c, int s, acb_srcptr g, slong len, slong prec);

/* h' = g' / g */
void ew_series_log(acb_ptr h, acb_srcptr g, slong len, slong prec);

/* h = g^exponent: g h' = exponent h g' */
void ew_series_power(acb_ptr h, acb_srcptr g, const arb_t exponent, slong len, slong prec);

/* h = f / g; h[0] is set too.  Non-finite where g[0] contains zero. */
void ew_series_divide(acb_ptr h, acb_srcptr f, acb_srcptr g, slong len, slong prec);

#endif
