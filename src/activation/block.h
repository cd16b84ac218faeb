/* Taylor arithmetic in doubles on blocks of points: the operations of a compiled program. */
#ifndef EW_ACTIVATION_BLOCK_H
#define EW_ACTIVATION_BLOCK_H

#include "activation/expr.h"

#define EW_BLOCK 128

/* A series is double[len * EW_BLOCK]: coefficient i of point k at [i * EW_BLOCK + k].  Outputs
 * may not overlap inputs.  Each point's result depends on that point alone. */

void ew_block_constant(double *y, double c, int len);
void ew_block_variable(double *y, const double *z, int len);
void ew_block_shift(double *y, const double *a, double c, int len);             /* a + c */
void ew_block_scale(double *y, const double *a, double c, int len);             /* c a */
void ew_block_scale_each(double *y, const double *a, const double *c, int len); /* c[k] a */
void ew_block_add(double *y, const double *a, const double *b, int len);
void ew_block_mul(double *y, const double *a, const double *b, int len);

/* a / b; 0 where b has overflowed and a has not. */
void ew_block_div(double *y, const double *a, const double *b, int len);

/* c / b. */
void ew_block_reciprocal(double *y, double c, const double *b, int len, double *scratch);

/* a^p; where a is 0: 0 for p > 0. */
void ew_block_pow(double *y, const double *a, double p, int len);

/* op(a) for the analytic functions of one argument but asin and acos; scratch: 3 series. */
void ew_block_function(double *y, ew_op op, const double *a, int len, double *scratch);

/* sign[k] = -1, 0, 1: the sign of a just to the right of the point, from its first nonzero
 * coefficient; 1 for a NaN, so that it is handed on. */
void ew_block_sign(double *sign, const double *a, int len);

/* Where pick[k] != 0: a, elsewhere b. */
void ew_block_select(double *y, const double *pick, const double *a, const double *b, int len);

/* max(a, c) if larger, else min(a, c); at a tie what a becomes to the right decides. */
void ew_block_clamp(double *y, const double *a, double c, int larger, int len);

#endif
