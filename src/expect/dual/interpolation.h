/* Interpolation at Chebyshev points in ball arithmetic, and polynomials in doubles with proved
 * errors; internal to the tables of duals. */
#ifndef EW_EXPECT_DUAL_INTERPOLATION_H
#define EW_EXPECT_DUAL_INTERPOLATION_H

#include "arith/context.h"
#include "arith/flint.h"

#define EW_INTERPOLATION_BITS 160 /* of coefficients before they are rounded */

/* From values at the points to the coefficients of 1, w, w^2, ... on [-1, 1]. */
typedef struct {
    slong points;
    arb_ptr point; /* [points] */
    arb_ptr map;   /* [coefficient][point] */
} ew_interpolation;

void ew_interpolation_init(ew_interpolation *c, slong points);
void ew_interpolation_clear(ew_interpolation *c);

/* Take the radii of values y[0], y[stride], ... at `n` points out of them: an interpolating
 * polynomial is off by at most their largest times the Lebesgue constant, (2/pi) ln(n + 1) + 1
 * < 4 for n <= 100.  Adds that to `error`. */
void ew_interpolation_radii(mag_t error, arb_ptr y, slong stride, slong n);

/* The nearest double; error += what is lost. */
void ew_round_to(double *c, mag_t error, const arb_t x);

/* error += what Horner's rule loses with c[0], c[stride], ..., c[degree * stride] for |w| <= 1;
 * `tail` (may be NULL) bounds the value less c[0]. */
void ew_horner_error(mag_t error, mag_t tail, const double *c, slong stride, slong degree);

#endif
