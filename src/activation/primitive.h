/* Values of the primitives over boxes, each by an analytic form (theory.md section 9): a result
 * is non-finite where the box meets a pole, and, when `analytic` is set, a branch cut.  An
 * exactly real argument (imaginary part zero) gives an exactly real value, non-finite where the
 * real function is undefined.  Relative accuracy near prec bits at points, however large.
 * Aliasing is not allowed. */
#ifndef EW_ACTIVATION_PRIMITIVE_H
#define EW_ACTIVATION_PRIMITIVE_H

#include "arith/flint.h"

/* The real functions Arb lacks. */
void ew_arb_sigmoid(arb_t y, const arb_t x, slong prec);
void ew_arb_softplus(arb_t y, const arb_t x, slong prec);

void ew_acb_exp(acb_t y, const acb_t u, slong prec);

/* Value y and derivative dy. */
void ew_acb_tanh(acb_t y, acb_t dy, const acb_t u, slong prec);
void ew_acb_tan(acb_t y, acb_t dy, const acb_t u, slong prec);
void ew_acb_sigmoid(acb_t y, acb_t dy, const acb_t u, slong prec);

void ew_acb_softplus(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_log(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_log1p(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_sqrt(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_pow(acb_t y, const acb_t u, const arb_t exponent, int analytic, slong prec);
void ew_acb_atan(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_asinh(acb_t y, const acb_t u, int analytic, slong prec);
void ew_acb_erf(acb_t y, const acb_t u, slong prec);
void ew_acb_erfc(acb_t y, const acb_t u, slong prec);

#endif
