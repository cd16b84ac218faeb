/* Numbers r sqrt(m) pi^(j/2), r rational and m square-free: the constants that common
 * activations bring with them. */
#ifndef EW_ACTIVATION_RADICAL_H
#define EW_ACTIVATION_RADICAL_H

#include "activation/expr.h"

typedef struct {
    fmpq_t r;
    fmpz_t m; /* >= 1 */
    slong j;
    int known; /* else nothing is said of the number */
} ew_radical;

void ew_radical_init(ew_radical *x); /* 0 */
void ew_radical_clear(ew_radical *x);
void ew_radical_set(ew_radical *x, const ew_radical *y);
void ew_radical_set_rational(ew_radical *x, const fmpq_t r);
int ew_radical_is_zero(const ew_radical *x); /* known to be */
/* The rational, if it is known to be one. */
int ew_radical_rational(fmpq_t r, const ew_radical *x);

/* Outputs may alias inputs.  A known zero times an unknown number is a known zero. */
void ew_radical_add(ew_radical *z, const ew_radical *x, const ew_radical *y);
void ew_radical_mul(ew_radical *z, const ew_radical *x, const ew_radical *y);
void ew_radical_inv(ew_radical *z, const ew_radical *x); /* of 0: unknown */

/* The value of a constant expression, as far as it is such a number. */
void ew_radical_constant(ew_radical *x, const ew_expr *e);

#endif
