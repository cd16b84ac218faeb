/* Arithmetic in the ring of the normal form (algebra.h): reduced products, inverses and powers.
 */
#ifndef EW_ACTIVATION_ALGEBRA_RING_H
#define EW_ACTIVATION_ALGEBRA_RING_H

#include "activation/algebra.h"

#define EW_ATOMS 24

/* op(arg), except EW_DIV: 1/arg, EW_POW: arg^exponent, EW_PI and EW_VAR: no argument. */
typedef struct {
    ew_op op;
    slong var;
    int has_z;
    fmpq_mpoly_t arg;
    fmpq_mpoly_t exponent;
} ew_atom;

struct ew_algebra {
    fmpq_mpoly_ctx_t ring;
    slong n;
    ew_atom atom[EW_ATOMS];
};

/* All return 1, or 0 when the result is beyond the limits or undefined; x is then undefined
 * too.  An output may not alias an input unless it is the same argument. */

/* x = the variable of the atom, a new atom when it is not known yet. */
int ew_ring_intern(fmpq_mpoly_t x, ew_algebra *A, ew_op op, slong var, const fmpq_mpoly_t arg,
                   const fmpq_mpoly_t exponent);

/* The same for a function of one argument (EW_DIV: its reciprocal). */
int ew_ring_apply(fmpq_mpoly_t x, ew_algebra *A, ew_op op, const fmpq_mpoly_t arg);

/* Degrees, length and coefficients are small enough to go on. */
int ew_ring_within_limits(const fmpq_mpoly_t x, const ew_algebra *A);

/* x *= y, reduced: v (1/v) = 1 for a variable v, sqrt(u)^2 = u. */
int ew_ring_multiply(fmpq_mpoly_t x, ew_algebra *A, const fmpq_mpoly_t y);

/* y = 1/x */
int ew_ring_inverse(fmpq_mpoly_t y, ew_algebra *A, const fmpq_mpoly_t x);

int ew_ring_square_root(fmpq_mpoly_t x, ew_algebra *A, const fmpq_mpoly_t arg);

/* x = b^k; b is overwritten. */
int ew_ring_power(fmpq_mpoly_t x, ew_algebra *A, fmpq_mpoly_t b, const fmpq_t k);

#endif
