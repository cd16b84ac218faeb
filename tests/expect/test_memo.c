/* Answers in two variables that are kept: which questions share one, and what becomes of it. */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "expect/ask_two.h"
#include "expect/memo.h"

#define PREC 80

/* <f g> at (aa, ab, bb), derivatives jaa, jab, jbb. */
typedef struct {
    const char *integrand;
    slong jaa, jab, jbb;
    double aa, ab, bb;
} asked;

static void set(ask_two *f, const asked *q)
{
    arb_set_d(f->aa, q->aa);
    arb_set_d(f->ab, q->ab);
    arb_set_d(f->bb, q->bb);
}

static void ask(arb_t x, ask_two *f, const asked *q)
{
    ew_atom2 atom = ask_two_atom(q->integrand, q->jaa, q->jab, q->jbb);
    set(f, q);
    check_ok(f->ctx, ew_expect_two(x, NULL, f->E, &atom, 1, f->aa, f->ab, f->bb, PREC, f->ctx));
}

static int kept(ask_two *f, const asked *q, slong prec)
{
    ew_atom2 atom = ask_two_atom(q->integrand, q->jaa, q->jab, q->jbb);
    const char *used = NULL;
    set(f, q);
    ew_question question = {f->s, &atom, 1, f->aa, f->ab, f->bb, prec};
    return ew_memo_find(f->y, NULL, &used, f->E->memo, &question);
}

/* After `first`, `second` is known or not; its answer is in any case that of an evaluator which
 * was asked nothing else. */
static void pair(const char *activation, asked first, asked second, int known)
{
    ask_two f, fresh;
    ask_two_open(&f, activation, EW_AUTO);
    ask_two_open(&fresh, activation, EW_AUTO);
    ask(f.x, &f, &first);
    assert_true(kept(&f, &first, PREC));
    assert_false(kept(&f, &first, PREC + 1));
    if (kept(&f, &second, PREC) != known)
        fail_msg("%s: %s after %s", activation, second.integrand, first.integrand);
    ask(f.x, &f, &second);
    ask(fresh.x, &fresh, &second);
    if (!arb_overlaps(f.x, fresh.x) || arb_rel_accuracy_bits(f.x) < PREC - 12)
        fail_msg("%s: another answer to %s after %s", activation, second.integrand,
                 first.integrand);
    ask_two_close(&f);
    ask_two_close(&fresh);
}

static void orders_and_signs(void **state)
{
    (void) state;
    pair("tanh(z)", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 0, .75, .5, 1}, 1);
    pair("tanh(z)", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 0, 1, -.5, .75}, 1);
    pair("tanh(z)", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 0, .75, -.5, 1}, 1);
    pair("tanh(z)", (asked){"s1_a s1_b", 0, 0, 0, 1, .5, .75},
         (asked){"s1_a s1_b", 0, 0, 0, .75, -.5, 1}, 1);
    pair("softplus", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 0, .75, .5, 1}, 1);
    pair("softplus", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 0, .75, -.5, 1}, 0);
    /* z_b alone has a parity */
    pair("softplus", (asked){"s_a z_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a z_b", 0, 0, 0, 1, -.5, .75}, 1);
    pair("softplus", (asked){"s_a z_b", 0, 0, 0, 1, .5, .75},
         (asked){"z_a s_b", 0, 0, 0, .75, -.5, 1}, 1);
}

static void derivatives(void **state)
{
    (void) state;
    pair("tanh(z)", (asked){"s_a s_b", 0, 1, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 1, 0, 1, -.5, .75}, 1);
    pair("tanh(z)", (asked){"s_a s_b", 1, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 1, 0, 0, 1, -.5, .75}, 1);
    pair("tanh(z)", (asked){"s_a s_b", 1, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 0, 1, .75, .5, 1}, 1);
    pair("tanh(z)", (asked){"s_a s_b", 1, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 1, 0, 0, .75, .5, 1}, 0);
    pair("tanh(z)", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s1_a s1_b", 0, 0, 0, 1, .5, .75}, 0);
    pair("tanh(z)", (asked){"s_a s_b", 0, 0, 0, 1, .5, .75},
         (asked){"s_a s_b", 0, 1, 0, 1, .5, .75}, 0);
}

/* More questions than are kept, each answered as by itself. */
static void many(void **state)
{
    (void) state;
    ask_two f, fresh;
    slong n = getenv("EW_SANITIZED") ? 50 : 700;
    ask_two_open(&f, "z^3", EW_AUTO);
    ask_two_open(&fresh, "z^3", EW_AUTO);
    for (int round = 0; round < 2; round++)
        for (slong i = 1; i <= n; i++) {
            /* <u^3 v^3> = 9 K_aa K_bb K_ab + 6 K_ab^3 */
            double c = (double) (round ? -i : i) / 1024;
            asked q = {"s_a s_b", 0, 0, 0, 1, c, 1};
            ask(f.x, &f, &q);
            arb_set_d(f.y, c);
            arb_pow_ui(fresh.y, f.y, 3, PREC);
            arb_mul_ui(fresh.y, fresh.y, 6, PREC);
            arb_addmul_ui(fresh.y, f.y, 9, PREC);
            assert_true(arb_overlaps(f.x, fresh.y));
        }
    ask_two_close(&f);
    ask_two_close(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(orders_and_signs),
                                       cmocka_unit_test(derivatives), cmocka_unit_test(many)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
