#include "expect/ask.h"

#include "activation/expr.h"

#include <stdlib.h>
#include <string.h>

static void check_rational(const char *s, ew_atom1 t, const char *K, const char *want)
{
    ask a;
    fmpq_t k, v, w;
    arb_t x, ball;
    fmpq_init(k);
    fmpq_init(v);
    fmpq_init(w);
    arb_init(x);
    arb_init(ball);
    ask_open(&a, s, EW_CLOSED);
    fmpq_set_str(k, K, 10);
    int known = ew_expect_one_rational(v, a.s, &t, k);
    assert_int_equal(known, want != NULL);
    if (want) {
        fmpq_set_str(w, want, 10);
        if (!fmpq_equal(v, w))
            fail_msg("%s at %s: %s expected", s, K, want);
        arb_set_fmpq(ball, k, 300);
        check_ok(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, ball, 200, a.ctx));
        assert_true(arb_contains_fmpq(x, w));
    }
    ask_close(&a);
    fmpq_clear(k);
    fmpq_clear(v);
    fmpq_clear(w);
    arb_clear(x);
    arb_clear(ball);
}

/* E g^2m = (2m-1)!!, halves on a half line: by hand. */
static void test_rationals(void **state)
{
    (void) state;
    check_rational("relu", ask_atom(0, 2, 0, 0, 0), "3", "3/2");
    check_rational("relu", ask_atom(0, 4, 0, 0, 0), "3", "27/2");
    check_rational("relu", ask_atom(0, 4, 0, 0, 1), "3", "9");
    check_rational("relu", ask_atom(0, 4, 0, 0, 2), "3", "3");
    check_rational("relu", ask_atom(0, 0, 2, 0, 0), "2/7", "1/2");
    check_rational("relu", ask_atom(0, 0, 2, 0, 1), "2/7", "0");
    check_rational("relu", ask_atom(1, 1, 0, 0, 0), "5", "5/2");
    check_rational("leaky_relu(1/10)", ask_atom(0, 2, 0, 0, 0), "1", "101/200");
    check_rational("abs", ask_atom(0, 2, 0, 0, 0), "9", "9");
    check_rational("z^3", ask_atom(0, 2, 0, 0, 0), "2", "120");
    check_rational("z^3", ask_atom(0, 2, 0, 0, 3), "2", "90");
    check_rational("z^3", ask_atom(0, 2, 0, 0, 1), "0", "0");
    check_rational("z^2+1", ask_atom(0, 0, 1, 0, 0), "1", "0");
    check_rational("relu", ask_atom(0, 2, 0, 0, 1), "0", "1/2");
    check_rational("relu", ask_atom(0, 1, 0, 0, 0), "1", NULL);
    check_rational("hardtanh", ask_atom(0, 2, 0, 0, 0), "1", NULL);
    check_rational("relu", ask_atom(0, 0, 0, 1, 0), "1", NULL);
    check_rational("tanh", ask_atom(0, 2, 0, 0, 0), "1", NULL);
}

/* The text reads back as an expression equal to the ball. */
static void check_text(const char *s, ew_atom1 t, const char *K, const char *want)
{
    ask a;
    fmpq_t k;
    arb_t x, y;
    ew_expr *e;
    fmpq_init(k);
    arb_init(x);
    arb_init(y);
    ask_open(&a, s, EW_CLOSED);
    fmpq_set_str(k, K, 10);
    char *text = ew_expect_one_exact(a.s, &t, k, a.ctx);
    assert_non_null(text);
    assert_string_equal(text, want);
    check_ok(a.ctx, ew_expr_parse(&e, text, NULL, "text", a.ctx));
    ew_expr_constant(x, e, 200);
    arb_set_fmpq(y, k, 300);
    check_ok(a.ctx, ew_expect_one(y, NULL, a.E, &t, 1, y, 200, a.ctx));
    check_ball_pair(x, y, 190);
    ew_expr_free(e);
    free(text);
    ask_close(&a);
    fmpq_clear(k);
    arb_clear(x);
    arb_clear(y);
}

static void test_exact_text(void **state)
{
    (void) state;
    check_text("relu", ask_atom(0, 1, 0, 0, 0), "2", "1/sqrt(pi)");
    check_text("relu", ask_atom(0, 1, 0, 0, 0), "1", "sqrt(2/pi)/2");
    check_text("relu", ask_atom(0, 1, 0, 0, 1), "1/2", "1/(2*sqrt(pi))");
    check_text("abs", ask_atom(0, 1, 0, 0, 1), "3", "sqrt(6/pi)/6");
    check_text("abs", ask_atom(0, 3, 0, 0, 0), "3", "6*sqrt(6/pi)");
    check_text("relu", ask_atom(0, 1, 0, 0, 2), "1", "-sqrt(2/pi)/8");
    check_text("1+relu(z)", ask_atom(0, 1, 0, 0, 0), "2", "1+1/sqrt(pi)");
    check_text("leaky_relu(1/3)", ask_atom(0, 2, 0, 0, 0), "2", "10/9");
}

/* Section 5: E[(2 max(g,0)^2)^k] = 2^(k-1) (2k-1)!!. */
static void test_relu_moments(void **state)
{
    (void) state;
    static const char *const want[] = {"1", "6", "60", "840", "15120"};
    for (int k = 1; k <= 5; k++) {
        ask a;
        fmpq_t one, v, w;
        ew_atom1 t = ask_atom(0, 2 * k, 0, 0, 0);
        fmpq_init(one);
        fmpq_init(v);
        fmpq_init(w);
        fmpq_one(one);
        ask_open(&a, "relu", EW_CLOSED);
        assert_true(ew_expect_one_rational(v, a.s, &t, one));
        fmpq_mul_2exp(v, v, (ulong) k);
        fmpq_set_str(w, want[k - 1], 10);
        assert_true(fmpq_equal(v, w));
        ask_close(&a);
        fmpq_clear(one);
        fmpq_clear(v);
        fmpq_clear(w);
    }
}

/* hardtanh far inside and far outside its kinks: mpmath. */
static void test_tails(void **state)
{
    (void) state;
    ask a;
    arb_t x;
    arb_init(x);
    ask_open(&a, "hardtanh", EW_CLOSED);
    ask_value(x, &a, ask_atom(0, 2, 0, 0, 0), "100", 120);
    check_ball_value(x, "0.946860831311503019939519541341", 33);
    ask_value(x, &a, ask_atom(0, 2, 2, 0, 0), "10000", 120);
    check_ball_value(x, "0.00265953541564491295561280396407", 30);
    ask_close(&a);
    /* a piece wholly in the tail: <max(z-9, 0)> at K = 1 is phi(9) - 9 Q(9) */
    ask_open(&a, "max(z-9, 0)", EW_CLOSED);
    ask_value(x, &a, ask_atom(0, 1, 0, 0, 0), "1", 120);
    check_ball_value(x, "1.22477918084348965682374681271e-20", 25);
    ask_close(&a);
    arb_clear(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rationals),
        cmocka_unit_test(test_exact_text),
        cmocka_unit_test(test_relu_moments),
        cmocka_unit_test(test_tails),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
