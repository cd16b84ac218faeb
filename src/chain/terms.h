/* Terms of a polynomial in a law's ring, gathered in any order.  FLINT sorts packed exponent
 * vectors bit by bit, over hundreds of variables; here a monomial is the list of its factors.
 */
#ifndef EW_CHAIN_TERMS_H
#define EW_CHAIN_TERMS_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    fmpq c;
    size_t at; /* its factors are pool[at..at+n) */
    int n;
} ew_terms_entry;

/* All zero: no terms. */
typedef struct {
    slong n, room;
    ew_terms_entry *t;
    size_t used, pool_room;
    int *pool;
} ew_terms;

void ew_terms_clear(ew_terms *x);
/* Add c times the product of variables x[0..n) and y[0..m), each ascending, one entry a power.
 */
ew_status ew_terms_add(ew_terms *terms, const fmpq_t c, const int *x, slong n, const int *y,
                       slong m, ew_context *ctx);
/* The factors of an exponent vector, ascending; their number, at most `room` of them written.
 */
slong ew_terms_factors(int *factor, slong room, const ulong *exp, slong variables);
/* Bring equal monomials together. */
ew_status ew_terms_collect(ew_terms *x, ew_context *ctx);
/* f = the sum, in a ring of that many variables and lexicographic order. */
ew_status ew_terms_sum(fmpq_mpoly_t f, ew_terms *x, slong variables,
                       const fmpq_mpoly_ctx_t ring, ew_context *ctx);

#endif
