/* One network's expectations of two variables, with the covariance they are asked for. */
#ifndef EW_TESTS_EXPECT_ASK_TWO_H
#define EW_TESTS_EXPECT_ASK_TWO_H

#include "support/check.h"

#include "expect/integrand.h"

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
    arb_t aa, ab, bb, x, y;
} ask_two;

static inline void ask_two_open(ask_two *f, const char *activation, ew_method method)
{
    f->ctx = ew_context_new();
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    check_ok(f->ctx, ew_evaluator_new(&f->E, f->s, method, f->ctx));
    arb_init(f->aa);
    arb_init(f->ab);
    arb_init(f->bb);
    arb_init(f->x);
    arb_init(f->y);
}

static inline void ask_two_close(ask_two *f)
{
    arb_clear(f->aa);
    arb_clear(f->ab);
    arb_clear(f->bb);
    arb_clear(f->x);
    arb_clear(f->y);
    ew_evaluator_free(f->E);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

/* One monomial pair as an atom, with derivatives. */
static inline ew_atom2 ask_two_atom(const char *integrand, slong jaa, slong jab, slong jbb)
{
    ew_integrand *g;
    ew_atom2 atom;
    assert_int_equal(ew_integrand_parse(&g, integrand, 2, NULL), EW_OK);
    assert_int_equal(g->n, 1);
    atom.f = g->term[0].of[0];
    atom.g = g->term[0].of[1];
    atom.jaa = jaa;
    atom.jab = jab;
    atom.jbb = jbb;
    ew_integrand_free(g);
    return atom;
}

#endif
