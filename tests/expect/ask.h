/* Short ways to ask for expectations in the tests of this floor. */
#ifndef EW_TESTS_EXPECT_ASK_H
#define EW_TESTS_EXPECT_ASK_H

#include "support/check.h"

#include "expect/evaluator.h"

/* D^j <z^z s^e0 s'^e1 s''^e2> */
ew_atom1 ask_atom(int z, int e0, int e1, int e2, slong j);

/* An activation with an evaluator; failures end the test. */
typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
} ask;
void ask_open(ask *a, const char *activation, ew_method method);
void ask_close(ask *a);

/* The atom at the variance written in K (a ball when not a dyadic number). */
void ask_value(arb_t value, ask *a, ew_atom1 atom, const char *K, slong prec);

/* Two methods agree on the atom and reach prec bits relative to its size. */
void ask_compare(const char *activation, ew_method one, ew_method two, ew_atom1 atom,
                 const char *K, slong prec);

#endif
