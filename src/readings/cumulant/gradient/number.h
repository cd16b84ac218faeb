/* Vectors of balls or of rationals, and the linear algebra of gradients over both. */
#ifndef EW_READINGS_CUMULANT_GRADIENT_NUMBER_H
#define EW_READINGS_CUMULANT_GRADIENT_NUMBER_H

#include "readings/cumulant/gradient/law.h"

/* prec > 0: balls of that precision; 0: rationals.  A vector has one of the two. */
typedef struct {
    slong n;
    arb_ptr ball;
    fmpq *rational;
} ew_numbers;

void ew_numbers_init(ew_numbers *x, slong n, slong prec);
void ew_numbers_clear(ew_numbers *x);

void ew_number_set_si(ew_numbers *x, slong i, slong c);
void ew_number_set_fmpq(ew_numbers *x, slong i, const fmpq_t c, slong prec);
void ew_number_set(ew_numbers *x, slong i, const ew_numbers *y, slong j);
/* x_i += c y_j z_k */
void ew_number_addmul(ew_numbers *x, slong i, slong c, const ew_numbers *y, slong j,
                      const ew_numbers *z, slong k, slong prec);
/* x_i *= y_j */
void ew_number_mul(ew_numbers *x, slong i, const ew_numbers *y, slong j, slong prec);
/* x_i /= y_j; 0 (nothing done) when y_j is exactly 0. */
int ew_number_div(ew_numbers *x, slong i, const ew_numbers *y, slong j, slong prec);
int ew_number_is_zero(const ew_numbers *x, slong i);

/* Series of `terms` coefficients in eps, component s at [s terms]; entries beyond are dropped.
 * forward: y = map x.  backward: y = map^T x.  `value` are those of the law's polynomials. */
void ew_gradient_forward(ew_numbers *y, const ew_gradient_law *g, ew_gradient_map map,
                         const ew_numbers *value, const ew_numbers *x, slong terms, slong prec);
void ew_gradient_backward(ew_numbers *y, const ew_gradient_law *g, ew_gradient_map map,
                          const ew_numbers *value, const ew_numbers *x, slong terms,
                          slong prec);
/* out = sum over components of the products of series. */
void ew_gradient_pair(ew_numbers *out, const ew_numbers *x, const ew_numbers *y,
                      slong components, slong terms, slong prec);
/* out = (c x - y)/z^2 as series; y may be NULL; 0 when z_0 is exactly zero.  `absolute` adds
 * the terms up instead, for scales. */
int ew_gradient_quotient(ew_numbers *out, slong c, const ew_numbers *x, const ew_numbers *y,
                         const ew_numbers *z, int absolute, slong terms, slong prec);

#endif
