/* Sums of monomials in z, s, s', ... with rational coefficients: what differentiation of one
 * monomial leads to. */
#ifndef EW_EXPECT_JETSUM_H
#define EW_EXPECT_JETSUM_H

#include "expect/expect.h"

typedef struct {
    slong n, room;
    fmpq *coef;
    ew_monomial *m; /* distinct */
} ew_jetsum;

void ew_jetsum_init(ew_jetsum *f);
void ew_jetsum_clear(ew_jetsum *f);
/* f = m */
ew_status ew_jetsum_set(ew_jetsum *f, const ew_monomial *m, ew_context *ctx);
/* f += c m */
ew_status ew_jetsum_add(ew_jetsum *f, const fmpq_t c, const ew_monomial *m, ew_context *ctx);
/* f = d^k f / dz^k.  EW_UNABLE beyond s^(EW_JETS - 1). */
ew_status ew_jetsum_derive(ew_jetsum *f, slong k, ew_context *ctx);
/* f = f^2 z^(2p) */
ew_status ew_jetsum_square(ew_jetsum *f, slong p, ew_context *ctx);

/* f g.  EW_UNABLE if an exponent outgrows its type. */
ew_status ew_monomial_mul(ew_monomial *out, const ew_monomial *f, const ew_monomial *g,
                          ew_context *ctx);
int ew_monomial_equal(const ew_monomial *f, const ew_monomial *g);
/* The highest derivative of s that occurs, -1 if none. */
slong ew_monomial_order(const ew_monomial *f);

#endif
