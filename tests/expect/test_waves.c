/* Closed forms in one variable: erf, GELU, sin, cos, exp, Gaussians. */
#include "expect/ask.h"

#include "activation/expr.h"

#include <stdlib.h>
#include <string.h>

static void compare_all(const char *activation, const char *K)
{
    const ew_atom1 atom[] = {ask_atom(0, 1, 0, 0, 0), ask_atom(0, 2, 0, 0, 0),
                             ask_atom(0, 0, 2, 0, 0), ask_atom(0, 1, 0, 1, 0),
                             ask_atom(3, 1, 1, 0, 0), ask_atom(0, 2, 0, 0, 1),
                             ask_atom(1, 1, 0, 0, 2), ask_atom(4, 0, 0, 0, 1)};
    for (size_t i = 0; i < sizeof atom / sizeof *atom; i++) {
        ask_compare(activation, EW_CLOSED, EW_GRID, atom[i], K, i % 2 ? 60 : 100);
    }
}

static void test_against_quadrature(void **state)
{
    (void) state;
    static const char *const name[] = {
        "erf(z)",     "gelu",     "sin(z/3)",     "cos(2*z)",
        "exp(-z^2)",  "exp(z/2)", "z + sin(z)^2", "z*exp(-z^2/3) + cosh(z)",
        "erfc(2*z)/3"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        compare_all(name[i], i % 2 ? "1" : "0.3");
}

static void check_value(const char *activation, ew_atom1 atom, const char *K,
                        const char *decimal)
{
    ask a;
    arb_t x;
    arb_init(x);
    ask_open(&a, activation, EW_AUTO);
    ask_value(x, &a, atom, K, 120);
    check_ball_value(x, decimal, 28);
    assert_string_equal(ew_evaluator_method(a.E), "closed form");
    ask_close(&a);
    arb_clear(x);
}

/* mpmath; <erf^2>_1 = (2/pi) asin(2/3), <exp>_K = e^(K/2), <sin^2>_K = (1 - e^(-2K))/2,
 * <e^(-2 z^2)>_K = 1/sqrt(1 + 4K). */
static void test_values(void **state)
{
    (void) state;
    ew_atom1 s = ask_atom(0, 1, 0, 0, 0), ss = ask_atom(0, 2, 0, 0, 0),
             dd = ask_atom(0, 0, 2, 0, 0);
    check_value("erf(z)", ss, "1", "0.464559054397539978509532408117536217");
    check_value("erf(z)", ask_atom(2, 2, 0, 0, 0), "3",
                "2.8746326042647020837087582770939960666");
    check_value("gelu", ss, "1", "0.4252214825702986749185544163854949069");
    check_value("gelu", dd, "2", "0.48951193779169568476335529927270991886");
    check_value("exp(z)", s, "10000", "2.9676283840236670689662968052894700906e+2171");
    check_value("sin(z)", ss, "1e30", "0.5");
    check_value("cos(z)", s, "2", "0.367879441171442321595523770161");
    check_value("exp(-z^2)", ss, "2", "0.333333333333333333333333333333333333");
    check_value("gelu", ss, "1e40", "5e39");
}

/* A product of three leaves the class, and quadrature serves it. */
static void test_limits(void **state)
{
    (void) state;
    ask a;
    arb_t x, k;
    ew_atom1 cube = ask_atom(0, 4, 0, 0, 0), outside = ask_atom(0, 2, 0, 0, 0);
    arb_init(x);
    arb_init(k);
    arb_one(k);
    ask_open(&a, "erf(z)", EW_AUTO);
    check_ok(a.ctx, ew_expect_one(x, NULL, a.E, &cube, 1, k, 60, a.ctx));
    assert_string_equal(ew_evaluator_method(a.E), "trapezoid");
    ask_close(&a);
    ask_open(&a, "erf(z + 1)", EW_CLOSED);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &outside, 1, k, 60, a.ctx), EW_UNABLE);
    ask_close(&a);
    arb_clear(x);
    arb_clear(k);
}

/* A ball K costs the derivative times its radius: at the ends of the ball, and no more. */
static void test_balls(void **state)
{
    (void) state;
    static const char *const name[] = {"erf(z)", "gelu", "sin(z)", "exp(-z^2)"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        ask a;
        arb_t x, y, k;
        ew_atom1 ss = ask_atom(0, 2, 0, 0, 0);
        arb_init(x);
        arb_init(y);
        arb_init(k);
        ask_open(&a, name[i], EW_AUTO);
        arb_one(k);
        arb_add_error_2exp_si(k, -50);
        check_ok(a.ctx, ew_expect_one(x, NULL, a.E, &ss, 1, k, 100, a.ctx));
        assert_string_equal(ew_evaluator_method(a.E), "closed form");
        assert_true(mag_cmp_2exp_si(arb_radref(x), -50) < 0);
        for (int side = -1; side <= 1; side++) {
            arb_set_si(k, side);
            arb_mul_2exp_si(k, k, -50);
            arb_add_ui(k, k, 1, 200);
            check_ok(a.ctx, ew_expect_one(y, NULL, a.E, &ss, 1, k, 100, a.ctx));
            assert_true(arb_contains(x, y));
        }
        ask_close(&a);
        arb_clear(x);
        arb_clear(y);
        arb_clear(k);
    }
}

/* The text reads back as an expression that equals the ball: one variable when ab is NULL. */
static void check_text(const char *activation, const char *aa, const char *ab, const char *bb,
                       const char *want)
{
    ask a;
    arb_t x, y, b[3];
    fmpq_t k[3];
    const char *text[] = {aa, ab ? ab : aa, bb ? bb : aa};
    ew_atom1 one = ask_atom(0, 2, 0, 0, 0);
    ew_atom2 two = {.f = ask_atom(0, 1, 0, 0, 0).f, .g = ask_atom(0, 1, 0, 0, 0).f};
    ew_expr *e;
    arb_init(x);
    arb_init(y);
    for (int i = 0; i < 3; i++) {
        fmpq_init(k[i]);
        arb_init(b[i]);
        fmpq_set_str(k[i], text[i], 10);
        arb_set_fmpq(b[i], k[i], 400);
    }
    ask_open(&a, activation, EW_AUTO);
    char *got = ab ? ew_expect_two_exact(a.s, &two, k[0], k[1], k[2], a.ctx)
                   : ew_expect_one_exact(a.s, &one, k[0], a.ctx);
    assert_non_null(got);
    assert_string_equal(got, want);
    check_ok(a.ctx, ew_expr_parse(&e, got, NULL, "exact", a.ctx));
    ew_expr_constant(x, e, 300);
    check_ok(a.ctx, ab ? ew_expect_two(y, NULL, a.E, &two, 1, b[0], b[1], b[2], 300, a.ctx)
                       : ew_expect_one(y, NULL, a.E, &one, 1, b[0], 300, a.ctx));
    check_ball_pair(x, y, 280);
    ew_expr_free(e);
    free(got);
    ask_close(&a);
    for (int i = 0; i < 3; i++) {
        fmpq_clear(k[i]);
        arb_clear(b[i]);
    }
    arb_clear(x);
    arb_clear(y);
}

static void test_exact_text(void **state)
{
    (void) state;
    check_text("erf(z)", "1", NULL, NULL, "2*asin(2/3)/pi");
    check_text("erf(z)", "1", "1/2", "2", "2*asin(sqrt(1/15))/pi");
    check_text("erf(-z/2)", "1", "-1/2", "2", "-2*asin(sqrt(1/48))/pi");
    check_text("sin(z)", "1", "1/2", "2", "(exp(-1)-exp(-2))/2");
    check_text("sin(2*z)", "1/8", NULL, NULL, "(1-exp(-1))/2");
    check_text("cos(z)", "1", "-1/2", "2", "(exp(-1)+exp(-2))/2");
    check_text("exp(z/2)", "1", "1/2", "2", "exp(1/2)");
    check_text("sinh(z)", "1", "1/2", "2", "(exp(2)-exp(1))/2");
    check_text("cosh(z)", "1", "1/2", "2", "(exp(2)+exp(1))/2");
    check_text("exp(-z^2)", "1", "1/2", "2", "sqrt(1/14)");
    check_text("exp(-z^2)", "2", NULL, NULL, "1/3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_quadrature),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_balls),
        cmocka_unit_test(test_exact_text),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
