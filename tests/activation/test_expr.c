#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "activation/expr.h"

static ew_context *ctx;

static ew_expr *parsed(const char *text)
{
    ew_expr *e;
    if (ew_expr_parse(&e, text, NULL, "test", ctx))
        fail_msg("%s: %s", text, ew_context_error(ctx));
    return e;
}

static void check_text(ew_expr *e, const char *expected)
{
    assert_non_null(e);
    char *s = ew_expr_text(e, ctx);
    assert_string_equal(s, expected);
    free(s);
    ew_expr_free(e);
}

static void rationals_fold(void **state)
{
    (void) state;
    static const char *const cases[][2] = {
        {"1/3+1/6", "1/2"},
        {"2*3*z*4", "24*z"},
        {"1+z+2", "3+z"},
        {"z+0", "z"},
        {"1*z", "z"},
        {"0*z", "0"},
        {"z-z", "z-z"},
        {"z/1", "z"},
        {"(-2)^3", "-8"},
        {"(2/3)^-2", "9/4"},
        {"z^1", "z"},
        {"z^0", "1"},
        {"0^0", "1"},
        {"sqrt(9/4)", "3/2"},
        {"exp(0)", "1"},
        {"cos(0)+sin(0)", "1"},
        {"sigmoid(0)", "1/2"},
        {"abs(-3/2)", "3/2"},
        {"sign(-3)*step(2)", "-1"},
        {"max(1/2,1/3)", "1/2"},
        {"min(1/2,1/3)", "1/3"},
        {"-(-z)", "z"},
        {"-(2*z)", "-2*z"},
        {"acos(1)", "0"},
        {"0.1", "1/10"},
        {"1.5e-3", "3/2000"},
        {"-1", "-1"},
        {"erfc(0)-log(1)", "1"},
        {"2^0.5", "2^(1/2)"},
        {"0^(1/2)", "0"},
        {"1^(2/7)", "1"},
        {"1^(-10^-30)", "1"},
        {"4^(1/2)", "2"},
        {"(8/27)^(-2/3)", "9/4"},
        {"1024^(3/5)", "64"},
        {"(16/9)^(1/4)", "(16/9)^(1/4)"},
        {"8^(1/6)", "8^(1/6)"},
        {"3^(1/10^30)", "3^(1/1000000000000000000000000000000)"},
        {"0*log(z)", "0*log(z)"},
        {"(-1)^1000001", "-1"},
        {"1^10^30", "1"},
        {"log(z)^0", "log(z)^0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_text(parsed(cases[i][0]), cases[i][1]);
}

static void folding_is_bounded(void **state)
{
    (void) state;
    static const char *const huge[] = {"9^9^9",    "10^100000", "(1/7)^9999",
                                       "2^-30000", "9^9^9^9",   "(2^19000)*(3^12000)"};
    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        ew_expr *e = parsed(huge[i]);
        assert_true(e->op == EW_POW || e->op == EW_MUL);
        ew_expr_free(e);
    }
    ew_expr *e = parsed("2^19000");
    assert_int_equal(e->op, EW_NUM);
    ew_expr_free(e);
}

static void constructors_refuse_undefined_constants(void **state)
{
    (void) state;
    ew_expr *e = ew_expr_2(EW_DIV, ew_expr_si(1, ctx), ew_expr_si(0, ctx), ctx);
    assert_null(e);
    assert_int_equal(ew_context_status(ctx), EW_DOMAIN);
    ew_clear(ctx);
    assert_null(ew_expr_1(EW_LOG, ew_expr_si(-2, ctx), ctx));
    assert_int_equal(ew_context_status(ctx), EW_DOMAIN);
    ew_clear(ctx);
    assert_null(ew_expr_2(EW_ADD, ew_expr_leaf(EW_Z, 0, ctx), NULL, ctx));
    assert_int_equal(ew_context_status(ctx), EW_OK);
}

static void properties_are_kept(void **state)
{
    (void) state;
    ew_expr *e = parsed("abs(-pi)+exp(z)");
    assert_true(e->has_z && !e->has_kink);
    assert_int_equal(e->size, 7);
    assert_int_equal(e->depth, 4);
    ew_expr_free(e);
    e = parsed("abs(z)+1");
    assert_true(e->has_kink && e->total);
    ew_expr_free(e);
    e = parsed("1/z");
    assert_false(e->total);
    ew_expr_free(e);
}

/* Doubling by substitution must stop at the size limit, and long chains at the depth limit. */
static void growth_is_bounded(void **state)
{
    (void) state;
    ew_expr *e = parsed("z*(z+1)");
    for (int i = 0; e && i < 30; i++) {
        ew_expr *next = ew_expr_substitute(e, e, ctx);
        ew_expr_free(e);
        e = next;
    }
    assert_null(e);
    assert_int_equal(ew_context_status(ctx), EW_USAGE);
    ew_clear(ctx);
    e = ew_expr_leaf(EW_Z, 0, ctx);
    for (int i = 0; e && i < EW_MAX_TREE_DEPTH; i++)
        e = ew_expr_1(EW_SIN, e, ctx);
    assert_null(e);
    assert_int_equal(ew_context_status(ctx), EW_USAGE);
    ew_clear(ctx);
}

static void check_substitution(const char *text, const char *by, const char *expected)
{
    ew_expr *e = parsed(text), *u = parsed(by);
    ew_expr *s = ew_expr_substitute(e, u, ctx);
    if (expected) {
        check_text(s, expected);
    } else {
        assert_null(s);
        assert_int_equal(ew_context_status(ctx), EW_DOMAIN);
        ew_clear(ctx);
    }
    ew_expr_free(e);
    ew_expr_free(u);
}

static void conditions_move_with_z(void **state)
{
    (void) state;
    check_substitution("z^2+z", "2*z", "(2*z)^2+2*z");
    check_substitution("if(z<1,z,1)", "2*z", "if(z<1/2,2*z,1)");
    check_substitution("if(z<1,z,1)", "1-2*z", "if(z<0,1,1-2*z)");
    check_substitution("if(z<1,z,1)", "(z+3)/-2", "if(z<-5,1,(z+3)/(-2))");
    check_substitution("if(z<1,z,1)", "2*(z+1)", "if(z<-1/2,2*(z+1),1)");
    check_substitution("if(z<1,z,5)", "1/2", "1/2");
    check_substitution("if(z<1,z,5)", "1", "5");
    check_substitution("if(z<pi,z,5)", "22/7", "5");
    check_substitution("if(z<1,z,5)", "z^2", NULL);
    check_substitution("if(z<1,z,5)", "z*z", NULL);
    check_substitution("max(z,0)", "-1", "0");
}

static void variables_are_replaced(void **state)
{
    (void) state;
    static const char *const vars[] = {"s", "s1", NULL};
    ew_expr *e, *value[2] = {parsed("z^2"), parsed("2*z")};
    check_ok(ctx, ew_expr_parse(&e, "s*s1+z*s^2", vars, "integrand", ctx));
    assert_int_equal(e->arg[0]->arg[1]->op, EW_VAR);
    assert_int_equal(e->arg[0]->arg[1]->var, 1);
    check_text(ew_expr_replace(e, NULL, value, ctx), "z^2*2*z+z*(z^2)^2");
    ew_expr_free(e);
    ew_expr_free(value[0]);
    ew_expr_free(value[1]);
}

/* Values computed with mpmath at 60 digits. */
static void constants_have_their_values(void **state)
{
    (void) state;
    static const char *const cases[][2] = {
        {"pi", "3.14159265358979323846264338327950288419716939937511"},
        {"e", "2.71828182845904523536028747135266249775724709369996"},
        {"sqrt(2)", "1.41421356237309504880168872420969807856967187537695"},
        {"asin(1/3)+acos(1/4)", "1.65795298110693990284205676803780453623463565692317"},
        {"2^(1/3)", "1.25992104989487316476721060727822835057025146470151"},
        {"pi^e", "22.4591577183610454734271522045437350275893151339967"},
        {"softplus(1,-30)", "9.35762296883973677937769742467515772161808691982e-14"},
        {"softplus(1,30)", "30.0000000000000935762296883973677937769742467515772"},
        {"sigmoid(-100)", "3.72007597602083596295969580386311833735889215398713e-44"},
        {"erfc(20)", "5.39586561160790092893499916790534560408827267092361e-176"},
        {"sin(10^30)", "-0.0901169019121380580303864289529873302743963329930435"},
        {"max(pi,22/7)", "3.14285714285714285714285714285714285714285714285714"},
        {"abs(1-sqrt(2))", "0.414213562373095048801688724209698078569671875376948"},
        {"step(1-pi)+sign(1-pi)", "-1.00000000000000000000000000000"},
        {"9^9^9", "4.28124773175747048036987115930563521339055482e+369693099"},
    };
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ew_expr *e = parsed(cases[i][0]);
        ew_expr_constant(x, e, 200);
        check_ball_value(x, cases[i][1], 40);
        ew_expr_free(e);
    }
    arb_clear(x);
}

static void undefined_constants_are_not_finite(void **state)
{
    (void) state;
    static const char *const cases[] = {"log(pi-4)",          "sqrt(3-pi)",
                                        "asin(pi)",           "exp(1/log(1-0*pi)^0*log(pi-4))",
                                        "exp(exp(exp(100)))", "log(sqrt(2)-sqrt(2))",
                                        "(3-pi)^(1/3)",       "1/(1/(pi-pi))",
                                        "log(pi-4)^0"};
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ew_expr *e = parsed(cases[i]);
        ew_expr_constant(x, e, 100);
        if (arb_is_finite(x))
            fail_msg("%s is finite", cases[i]);
        ew_expr_free(e);
    }
    arb_clear(x);
}

static void rationals_and_signs_are_recognised(void **state)
{
    (void) state;
    fmpq_t x;
    fmpq_init(x);
    ew_expr *e = parsed("10^7000/10^7001*2^15000/2^14999");
    assert_true(ew_expr_rational(x, e));
    assert_int_equal(fmpq_cmp_ui(x, 1), -1);
    fmpq_mul_si(x, x, 5);
    assert_true(fmpq_is_one(x));
    ew_expr_free(e);
    static const struct {
        const char *text;
        int rational, sign;
    } cases[] = {{"pi", 0, 1},        {"3-pi", 0, -1},      {"1-2", 1, -1},
                 {"0/7", 1, 0},       {"pi-pi", 0, 2},      {"sqrt(2)-1.4142135623731", 0, -1},
                 {"log(pi-4)", 0, 2}, {"9^9^9", 0, 1},      {"2^(1/2)", 0, 1},
                 {"z", 0, 2},         {"exp(-1000)", 0, 1}, {"10^100000", 1, 1},
                 {"4^(1/2)", 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        e = parsed(cases[i].text);
        if (ew_expr_rational(x, e) != cases[i].rational || ew_expr_sign(e) != cases[i].sign)
            fail_msg("%s: rational %d sign %d", cases[i].text, ew_expr_rational(x, e),
                     ew_expr_sign(e));
        ew_expr_free(e);
    }
    fmpq_clear(x);
}

static void equality_is_structural(void **state)
{
    (void) state;
    static const char *const cases[][3] = {{"silu", "z*sigmoid(z)", "="},
                                           {"z+(1+z)", "z+1+z", "="},
                                           {"z-1", "z+(-1)", "="},
                                           {"z*2", "2*z", "!"},
                                           {"sin", "cos", "!"},
                                           {"z^2", "z^3", "!"},
                                           {"if(z>1,2,z)", "if(z<=1,z,2)", "="}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ew_expr *a = parsed(cases[i][0]), *b = parsed(cases[i][1]);
        assert_int_equal(ew_expr_equal(a, b), cases[i][2][0] == '=');
        ew_expr_free(a);
        ew_expr_free(b);
    }
}

static int set_up(void **state)
{
    (void) state;
    ctx = ew_context_new();
    return ctx ? 0 : -1;
}

static int tear_down(void **state)
{
    (void) state;
    ew_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rationals_fold),
        cmocka_unit_test(folding_is_bounded),
        cmocka_unit_test(constructors_refuse_undefined_constants),
        cmocka_unit_test(properties_are_kept),
        cmocka_unit_test(growth_is_bounded),
        cmocka_unit_test(conditions_move_with_z),
        cmocka_unit_test(variables_are_replaced),
        cmocka_unit_test(constants_have_their_values),
        cmocka_unit_test(undefined_constants_are_not_finite),
        cmocka_unit_test(rationals_and_signs_are_recognised),
        cmocka_unit_test(equality_is_structural),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    flint_cleanup();
    return failed;
}
