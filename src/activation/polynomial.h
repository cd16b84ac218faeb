/* Exact algebra on expressions: the polynomial form, and order among constants. */
#ifndef EW_ACTIVATION_POLYNOMIAL_H
#define EW_ACTIVATION_POLYNOMIAL_H

#include "activation/expr.h"

/* A polynomial in z with constant coefficients, coef[0..degree], owned; degree = -1 and coef =
 * NULL: not a polynomial (or beyond degree 200).  Zero has degree 0. */
typedef struct {
    slong degree;
    ew_expr **coef;
} ew_polynomial;

void ew_polynomial_init(ew_polynomial *p);
void ew_polynomial_clear(ew_polynomial *p);

/* The polynomial form of kink-free e, its like terms collected, its leading coefficient not
 * known to be zero.  p initialised; not being a polynomial is no failure.  EW_MEMORY. */
ew_status ew_polynomial_of(ew_polynomial *p, const ew_expr *e, ew_context *ctx);

/* 1 and q set if p is a polynomial with rational coefficients. */
int ew_polynomial_rational(fmpq_poly_t q, const ew_polynomial *p);

/* The simplest spelling the algebra knows of a constant; owns e, NULL in gives NULL out. */
ew_expr *ew_constant_canonical(ew_expr *e, ew_context *ctx);

/* The sign -1, 0, 1 of a constant.  EW_DOMAIN: not a finite number; EW_UNABLE: not separated
 * from zero at 10^4 bits and not proved zero by algebra. */
ew_status ew_constant_sign(int *sign, const ew_expr *e, ew_context *ctx);

/* The sign of a - b, likewise. */
ew_status ew_constant_compare(int *order, const ew_expr *a, const ew_expr *b, ew_context *ctx);

#endif
