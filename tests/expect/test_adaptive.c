#include "expect/ask.h"

/* mpmath 1.3, 45 digits. */
static void test_values(void **state)
{
    (void) state;
    static const struct {
        const char *s, *K, *square;
    } c[] = {{"tanh", "1", "0.394294490397841174416459772444"},
             {"gelu", "7.3", "3.59122699983666388220413391558"},
             {"elu", "0.3", "0.220637694107247468885167554728"},
             {"softsign", "100", "0.677413502853857899194943238538"},
             {"1/cosh(10*z)", "10000", "0.000797884232686274844871671380384"}};
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        ask a;
        ask_open(&a, c[i].s, EW_ADAPTIVE);
        ask_value(x, &a, ask_atom(0, 2, 0, 0, 0), c[i].K, 110);
        check_ball_value(x, c[i].square, 31);
        assert_string_equal(ew_evaluator_method(a.E), "adaptive Gauss-Legendre");
        ask_close(&a);
    }
    arb_clear(x);
}

static void test_against_closed(void **state)
{
    (void) state;
    for (slong prec = 100; prec <= 400; prec += 300)
        for (slong j = 0; j <= 2; j++) {
            ask_compare("hardtanh", EW_ADAPTIVE, EW_CLOSED, ask_atom(0, 2, 0, 0, j), "0.7",
                        prec);
            ask_compare("z^3/6+z", EW_ADAPTIVE, EW_CLOSED, ask_atom(0, 2, 2, 0, j), "0.7",
                        prec);
        }
}

static int stop(void *data)
{
    (void) data;
    return 1;
}

static void test_cancelled(void **state)
{
    (void) state;
    ask a;
    arb_t K, x;
    ew_atom1 t = ask_atom(0, 2, 0, 0, 0);
    arb_init(K);
    arb_init(x);
    arb_one(K);
    ask_open(&a, "tanh", EW_ADAPTIVE);
    a.ctx->cancel = stop;
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_CANCELLED);
    ask_close(&a);
    arb_clear(K);
    arb_clear(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_against_closed),
        cmocka_unit_test(test_cancelled),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
