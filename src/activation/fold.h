/* Exact folding of rational constants: the inside of the constructors. */
#ifndef EW_ACTIVATION_FOLD_H
#define EW_ACTIVATION_FOLD_H

#include "activation/expr.h"

/* A sum or product: flattened, its rationals merged into the first.  Owns the arguments. */
ew_expr *ew_fold_nary(ew_op op, ew_expr **arg, slong n, ew_context *ctx);

/* The other operators: 1 when the value is known (*out, a new reference) or undefined (*out
 * NULL, EW_DOMAIN recorded); 0 when a node must be made.  Keeps the arguments. */
int ew_fold_fixed(ew_expr **out, ew_op op, ew_expr *const *arg, ew_context *ctx);

/* A node as it is, without folding; owns the arguments. */
ew_expr *ew_expr_node(ew_op op, ew_expr **arg, slong n, ew_context *ctx);

void ew_expr_free_all(ew_expr **arg, slong n);

/* x = a^n if the result has at most `limit` bits and is defined; 0 otherwise. */
int ew_fold_power(fmpq_t x, const fmpq_t a, const fmpz_t n, slong limit);

/* x = sqrt(a) if that is rational. */
int ew_fold_sqrt(fmpq_t x, const fmpq_t a);

/* The larger of the bit lengths of numerator and denominator. */
slong ew_fold_bits(const fmpq_t x);

#endif
