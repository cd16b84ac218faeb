/* Elementary functions of many doubles at a time, by correctly rounded operations in a fixed
 * order: the same bits for vectors of any width.  Errors are a few units in the last place; no
 * bound is promised. */
#ifndef EW_ACTIVATION_ELEMENTARY_H
#define EW_ACTIVATION_ELEMENTARY_H

#include <stddef.h>

/* y = exp(x); overflow gives infinity, NaN is handed on.  y may be x. */
void ew_vector_exp(double *y, const double *x, size_t n);
/* t = tanh(x), w = 1/cosh^2(x), both to full relative accuracy. */
void ew_vector_tanh(double *t, double *w, const double *x, size_t n);
/* s = 1/(1 + exp(-x)), w = s (1 - s), d = 1 - 2 s, all to full relative accuracy. */
void ew_vector_sigmoid(double *s, double *w, double *d, const double *x, size_t n);

#endif
