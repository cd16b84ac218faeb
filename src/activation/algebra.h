/* A normal form for proofs of equality: elements of Q[z, atoms], where an atom is a constant or
 * a function that rational arithmetic does not reduce (pi, sqrt(2), exp(z^2), 1/(1+z)). */
#ifndef EW_ACTIVATION_ALGEBRA_H
#define EW_ACTIVATION_ALGEBRA_H

#include "activation/expr.h"

/* The ring and the atoms met so far; forms of one algebra may be added and compared.  The
 * ring's variable 0 is z, variable i + 1 is atom i. */
typedef struct ew_algebra ew_algebra;
ew_algebra *ew_algebra_new(ew_context *ctx);
void ew_algebra_free(ew_algebra *A);
const fmpq_mpoly_ctx_struct *ew_algebra_ring(const ew_algebra *A);

/* x = the normal form of the kink-free e (x initialised in the ring).  0 when e is beyond the
 * limits of the form (x is then undefined): more than 24 atoms, degree 200, 2000 terms. */
int ew_algebra_form(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e);

/* 1 if any atom met so far depends on z (or on a variable), even one that has cancelled. */
int ew_algebra_has_z(const ew_algebra *A);

/* x as an expression: a fresh reference, or NULL with the failure recorded. */
ew_expr *ew_algebra_expr(const ew_algebra *A, const fmpq_mpoly_t x, ew_context *ctx);

/* 1 if a = factor * b is proved wherever both are defined; 0 is no answer. */
int ew_expr_same(const ew_expr *a, int factor, const ew_expr *b, ew_context *ctx);

#endif
