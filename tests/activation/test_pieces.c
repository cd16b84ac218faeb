#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "activation/algebra.h"
#include "activation/pieces.h"
#include "activation/polynomial.h"

static ew_context *ctx;

static ew_expr *parse(const char *text)
{
    ew_expr *e;
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "activation", ctx));
    return e;
}

/* The expected answer is a list "piece; kink; piece; kink; piece": kinks equal as numbers,
 * pieces as expressions of the algebra. */
static void assert_pieces(const char *text, const char *expected)
{
    ew_pieces p;
    ew_pieces_init(&p);
    ew_expr *e = parse(text);
    check_ok(ctx, ew_pieces_of(&p, e, ctx));
    char list[400];
    snprintf(list, sizeof list, "%s", expected);
    slong n = 0;
    for (char *item = strtok(list, ";"); item; item = strtok(NULL, ";"), n++) {
        int order = 0;
        ew_expr *x = parse(item);
        if (n / 2 >= p.n || (n % 2 && n / 2 + 1 >= p.n))
            fail_msg("%s: only %ld pieces", text, (long) p.n);
        if (n % 2)
            check_ok(ctx, ew_constant_compare(&order, p.kink[n / 2], x, ctx));
        else
            order = !ew_expr_same(p.f[n / 2], 1, x, ctx);
        if (order != 0)
            fail_msg("%s: item %ld is not %s", text, (long) n, item);
        ew_expr_free(x);
    }
    if (n != 2 * p.n - 1)
        fail_msg("%s: %ld pieces", text, (long) p.n);
    ew_expr_free(e);
    ew_pieces_clear(&p);
}

static void refuse(const char *text, ew_status status, const char *part)
{
    ew_pieces p;
    ew_pieces_init(&p);
    ew_expr *e = parse(text);
    check_status(ctx, ew_pieces_of(&p, e, ctx), status);
    if (!strstr(ew_context_error(ctx), part))
        fail_msg("%s: the message is \"%s\"", text, ew_context_error(ctx));
    assert_null(strchr(ew_context_error(ctx), '\n'));
    ew_expr_free(e);
    ew_pieces_clear(&p);
    ew_clear(ctx);
}

static void builtins(void **state)
{
    (void) state;
    assert_pieces("tanh", "tanh(z)");
    assert_pieces("relu", "0; 0; z");
    assert_pieces("abs", "-z; 0; z");
    assert_pieces("hardtanh", "-1; -1; z; 1; 1");
    assert_pieces("elu(2)", "2*expm1(z); 0; z");
    assert_pieces("celu(2)", "2*expm1(z/2); 0; z");
    assert_pieces("leaky_relu(1/10)", "z/10; 0; z");
    assert_pieces("softsign", "z/(1-z); 0; z/(1+z)");
    assert_pieces("relu^2", "0; 0; z^2");
    assert_pieces("step", "0; 0; 1");
    assert_pieces("sign", "-1; 0; 1");
    assert_pieces("selu", "1.0507009873554804934193349852946*1.6732632423543772848170429916717*"
                          "expm1(z); 0; 1.0507009873554804934193349852946*z");
}

static void three_spellings_of_silu(void **state)
{
    (void) state;
    assert_pieces("silu", "z*sigmoid(z)");
    assert_pieces("z/(1+exp(-z))", "z/(1+exp(-z))");
    assert_pieces("max(z,0)*sigmoid(z)+min(z,0)*sigmoid(z)", "z*sigmoid(z)");
}

static void polynomial_kinks(void **state)
{
    (void) state;
    assert_pieces("abs(z^2-2)", "z^2-2; -sqrt(2); 2-z^2; sqrt(2); z^2-2");
    assert_pieces("abs(z^2+1)", "z^2+1");
    assert_pieces("abs((z-1)^2)", "(z-1)^2");
    assert_pieces("abs((z-1)^2*(z+1)^3)", "-(z-1)^2*(z+1)^3; -1; (z-1)^2*(z+1)^3");
    assert_pieces("abs(6*z^3-11*z^2+6*z-1)",
                  "-(6*z^3-11*z^2+6*z-1); 1/3; 6*z^3-11*z^2+6*z-1; 1/2;"
                  "-(6*z^3-11*z^2+6*z-1); 1; 6*z^3-11*z^2+6*z-1");
    assert_pieces("abs(z^3-2)", "2-z^3; 2^(1/3); z^3-2");
    assert_pieces("relu(3-z^4)", "0; -3^(1/4); 3-z^4; 3^(1/4); 0");
    assert_pieces("max(z,z^2)", "z^2; 0; z; 1; z^2");
    assert_pieces("abs(pi*z-1)", "1-pi*z; 1/pi; pi*z-1");
    assert_pieces("abs(z^2-pi)", "z^2-pi; -sqrt(pi); pi-z^2; sqrt(pi); z^2-pi");
    assert_pieces("abs(pi*z^3-pi*z)",
                  "pi*z-pi*z^3; -1; pi*z^3-pi*z; 0; pi*z-pi*z^3; 1; pi*z^3-pi*z");
    refuse("abs(z^3-z-1)", EW_DOMAIN, "abs(z^3-z-1) has a kink");
    refuse("abs(z^3-5+2+z)", EW_DOMAIN, "kink");
    /* Polynomials whose sum is beyond the limits of the form. */
    refuse("abs(z/3^12000+z^2/7^6900)", EW_DOMAIN, "kink");
}

/* A root without an expression does not matter outside the interval (z^3 - z - 1: 1.3247...).
 */
static void roots_elsewhere(void **state)
{
    (void) state;
    assert_pieces("abs(min(z,1)^3-min(z,1)-1)", "1+z-z^3; 1; 1");
    assert_pieces("abs(max(z,7/5)^3-max(z,7/5)-1)", "43/125; 7/5; z^3-z-1");
    assert_pieces("abs(hardtanh(z)^3-hardtanh(z)-1)", "1; -1; 1+z-z^3; 1; 1");
    refuse("abs(max(z,13/10)^3-max(z,13/10)-1)", EW_DOMAIN, "kink");
}

static void composed_kinks(void **state)
{
    (void) state;
    assert_pieces("abs(tanh(z))", "-tanh(z); 0; tanh(z)");
    assert_pieces("abs(tanh(z)-1/2)", "1/2-tanh(z); log(3)/2; tanh(z)-1/2");
    assert_pieces("relu(exp(z)-2)", "0; log(2); exp(z)-2");
    assert_pieces("relu(exp(z)+1/4)", "exp(z)+1/4");
    assert_pieces("relu(2*sigmoid(3*z-1)-1)", "0; 1/3; 2*sigmoid(3*z-1)-1");
    assert_pieces("abs(1/(1+exp(-z))-1/3)", "1/3-1/(1+exp(-z)); -log(2); 1/(1+exp(-z))-1/3");
    assert_pieces("relu(cosh(z)-5/4)", "cosh(z)-5/4; -log(2); 0; log(2); cosh(z)-5/4");
    assert_pieces("abs(cos(z)+2)", "cos(z)+2");
    assert_pieces("abs(z*exp(z))", "-z*exp(z); 0; z*exp(z)");
    assert_pieces("abs(z+tanh(z))", "-z-tanh(z); 0; z+tanh(z)");
    assert_pieces("abs(atan(z)-2)", "2-atan(z)");
    assert_pieces("max(0,hardtanh(z)-sin(hardtanh(z)/2)-3/4)", "0");
    refuse("abs(sin(z))", EW_DOMAIN,
           "abs(sin(z)) has a kink at a place that is not a constant");
}

static void nested_kinks(void **state)
{
    (void) state;
    assert_pieces("relu(relu(z)-1)", "0; 1; z-1");
    assert_pieces("abs(abs(abs(z)-1)-1/2)", "-3/2-z; -3/2; z+3/2; -1; -z-1/2; -1/2; z+1/2; 0;"
                                            "1/2-z; 1/2; z-1/2; 1; 3/2-z; 3/2; z-3/2");
    assert_pieces("z*min(max(0,z+3),6)/6", "0; -3; z*(z+3)/6; 3; z");
    assert_pieces("if(z<1/2,z,z^2)", "z; 1/2; z^2");
    assert_pieces("if(z<0,if(z<-1,1,2),if(z<-2,3,4))", "1; -1; 2; 0; 4");
    assert_pieces("if(z<1,abs(z),abs(z-2))", "-z; 0; z; 1; 2-z; 2; z-2");
}

static void kinks_that_are_none(void **state)
{
    (void) state;
    assert_pieces("sign(z)*abs(z)", "z");
    assert_pieces("step(z)+step(-z)", "1");
    assert_pieces("max(z,0)+min(z,0)", "z");
    assert_pieces("if(z<3,(z+1)^2,z^2+2*z+1)", "(z+1)^2");
    assert_pieces("abs(z-sqrt(2)/2)-abs(z-1/sqrt(2))", "0");
    assert_pieces("relu(z)^2+relu(-z)^2", "z^2");
    assert_pieces("abs(z)^2", "z^2");
}

/* Of an argument whose sign alone is kept, or that loses, it is proved that it has a value. */
static void discarded_arguments_are_defined(void **state)
{
    (void) state;
    static const char *const undefined[][2] = {
        {"sign(log(-1-z^2))", "needs log(-1-z^2)"},
        {"step(sqrt(-1-z^2))", "needs sqrt(-1-z^2)"},
        {"sign(log1p(z))", "needs log1p(z)"},
        {"sign(exp(log(-1-z^2)))", "needs log(-1-z^2)"},
        {"sign(log(z))", "needs log(z)"},
        {"sign(z^(1/3))", "needs z^(1/3)"},
        {"sign((-1-z^2)^(-1/2))", "needs (-1-z^2)^(-1/2)"},
        {"sign((-1-z^2)^sqrt(2))", "needs"},
        {"sign(1/(z-z))", "needs 1/(z-z)"},
        {"step((z-z)^(-1))", "needs (z-z)^-1"},
        {"sign((z-z)^(-1/2))", "needs (z-z)^(-1/2)"},
        {"abs(z/(sqrt(2)-2^(1/2)))", "needs z/(sqrt(2)-2^(1/2))"},
        {"abs(0*log(-1-z^2))", "needs log(-1-z^2)"},
        {"abs(0*tan(z-z+pi/2))", "needs tan(z-z+pi/2)"},
        {"max(z^2,-2+0*log(-1-z^2))", "needs log(-1-z^2)"},
        {"min(-2+0*log(-1-z^2),z^2)", "needs log(-1-z^2)"},
        {"min(-z^2,2+0*sqrt(z))", "needs sqrt(z)"},
        {"sign(z*(sqrt(2)-2^(1/2))*log(z))", "needs log(z)"},
        {"if(z<0*log(sqrt(2)-2),z,z^2)", "not a finite number"},
        {"relu(sign(log(z))+5)", "needs log(z)"},
    };
    for (size_t i = 0; i < sizeof undefined / sizeof *undefined; i++)
        refuse(undefined[i][0], EW_DOMAIN, undefined[i][1]);
}

/* Almost everywhere is enough, and what the operators leave open a covering may prove. */
static void arguments_defined_almost_everywhere(void **state)
{
    (void) state;
    assert_pieces("sign(1/z)", "-1; 0; 1");
    assert_pieces("sign(z+1/z)", "-1; 0; 1");
    assert_pieces("sign(exp(1/z)-1)", "-1; 0; 1");
    assert_pieces("abs(tan(z)*0)", "0");
    assert_pieces("sign(log(z^2))", "1; -1; -1; 1; 1");
    assert_pieces("sign((z^2)^(1/3))", "1");
    assert_pieces("sign(sqrt(abs(z)))", "1");
    assert_pieces("sign(log(abs(z)+1)/z)", "-1; 0; 1");
    assert_pieces("max(1,(z-z)^(1/2))", "1");
    assert_pieces("max(z^2+1,0*log(2+cos(z)))", "z^2+1");
    assert_pieces("max(z^2+1,0*sqrt(3+cos(z)+sin(z)))", "z^2+1");
    assert_pieces("max(z^2+1,0*log(softplus(z)-z+1))", "z^2+1");
    assert_pieces("sign(0*log(abs(z)))", "0");
    assert_pieces("sign(sqrt(1+cos(z)))", "1");
    assert_pieces("max(z^2+1,0*log(1-sin(z)))", "z^2+1");
}

/* A bound that is attained leaves isolated zeros, unless the argument stays where it is. */
static void bounds_that_are_attained(void **state)
{
    (void) state;
    assert_pieces("abs(1+cos(z))", "1+cos(z)");
    assert_pieces("abs(2*sin(z^3)-2)", "2-2*sin(z^3)");
    assert_pieces("sign(cos(z)-2)", "-1");
    assert_pieces("sign(cosh(z^3)-1)", "1");
    assert_pieces("sign(sqrt(z^2))", "1");
    refuse("sign(1/2+cos(z))", EW_DOMAIN, "a kink at a place that is not a constant");
    /* 0 everywhere, or on a half line */
    refuse("sign(cosh(sin(z)^2+cos(z)^2-1)-1)", EW_DOMAIN, "a kink at a place");
    refuse("sign(sqrt(sin(z)^2+cos(z)^2-1))", EW_DOMAIN, "a kink at a place");
    refuse("sign(cos(sin(z)^2+cos(z)^2-1)-1)", EW_DOMAIN, "a kink at a place");
    refuse("sign(cosh(sqrt(z^2)+z)-1)", EW_DOMAIN, "a kink at a place");
    refuse("sign(cos(sqrt(z^2)+z)-1)", EW_DOMAIN, "a kink at a place");
}

/* Two pieces become one where both have values. */
static void merging_keeps_what_is_undefined(void **state)
{
    (void) state;
    assert_pieces("if(z<0,z,z+log(1+z)-log(1+z))", "z");
    assert_pieces("if(z<0,z,z+log(-z)-log(-z))", "z; 0; z+log(-z)-log(-z)");
    assert_pieces("if(z<0,z+sqrt(-z)-sqrt(-z),z)", "z+sqrt(-z)-sqrt(-z); 0; z");
}

static void too_many_kinks(void **state)
{
    (void) state;
    char text[600] = "z";
    for (int i = 0; i < 11; i++) {
        char next[600];
        snprintf(next, sizeof next, "abs(2*(%.550s)-1)", text);
        strcpy(text, next);
    }
    refuse(text, EW_UNABLE, "kinks");
}

static void polynomial_forms(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        slong degree;
        const char *coef; /* of the highest power */
    } form[] = {
        {"(z+pi)^2-2*pi*z-pi^2", 2, "1"},
        {"(z/sqrt(2))^2", 2, "1/2"},
        {"(z+1)^200", 200, "1"},
        {"(z^2)^101", -1, NULL},
        {"z/z", -1, NULL},
        {"sqrt(z)^2", -1, NULL},
        {"z+exp(z)-exp(z)", -1, NULL},
        {"z*sqrt(8)-z*2*sqrt(2)", 0, "0"},
        {"z^3*exp(1)", 3, "exp(1)"},
        {"hermite(7)", 7, "1"},
    };
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        ew_polynomial p;
        ew_polynomial_init(&p);
        ew_expr *e = parse(form[i].text);
        check_ok(ctx, ew_polynomial_of(&p, e, ctx));
        if (p.degree != form[i].degree)
            fail_msg("%s: degree %ld", form[i].text, (long) p.degree);
        if (p.degree >= 0) {
            ew_expr *c = parse(form[i].coef);
            assert_true(ew_expr_same(p.coef[p.degree], 1, c, ctx));
            ew_expr_free(c);
        }
        ew_expr_free(e);
        ew_polynomial_clear(&p);
    }
}

/* What is short stays short; a few terms are multiplied out, so that spellings meet. */
static void powers_of_constants(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        slong terms;
    } form[] = {
        {"erfc(4)^62", 1},      {"erfc(4)^62*erfc(6)^30", 1},
        {"(1+sqrt(5))^100", 2}, {"(pi+1)^8", 9},
        {"(z+1)^40", 41},
    };
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        fmpq_mpoly_t x;
        ew_algebra *A = ew_algebra_new(ctx);
        assert_non_null(A);
        ew_expr *e = parse(form[i].text);
        fmpq_mpoly_init(x, ew_algebra_ring(A));
        assert_true(ew_algebra_form(x, A, e));
        if (fmpq_mpoly_length(x, ew_algebra_ring(A)) != form[i].terms)
            fail_msg("%s: %ld terms", form[i].text,
                     (long) fmpq_mpoly_length(x, ew_algebra_ring(A)));
        fmpq_mpoly_clear(x, ew_algebra_ring(A));
        ew_algebra_free(A);
        ew_expr_free(e);
    }
}

static void proofs_of_equality(void **state)
{
    (void) state;
    static const struct {
        const char *a;
        int factor;
        const char *b;
        int same;
    } pair[] = {
        {"sigmoid(-z)", 1, "1-sigmoid(z)", 1},
        {"tanh(-z)", -1, "tanh(z)", 1},
        {"sigmoid(z)-1/2", -1, "sigmoid(-z)-1/2", 1},
        {"z*erfc(-z/sqrt(2))", 1, "z*(1+erf(z/sqrt(2)))", 1},
        {"softplus(z)-softplus(-z)", 1, "z", 1},
        {"exp(-z)*exp(z)", 1, "1", 1},
        {"1/(2-2*z)", -1, "1/(2*z-2)", 1},
        {"cosh(1-z)", 1, "cosh(z-1)", 1},
        {"(1+z)^(3/2)", 1, "(1+z)*sqrt(1+z)", 1},
        {"sqrt(12)/sqrt(3)", 1, "2", 1},
        {"sqrt(4*pi)", 1, "2*sqrt(pi)", 1},
        {"expm1(z)", 1, "exp(z)-1", 1},
        {"tanh(z)", 1, "tanh(2*z)", 0},
        {"exp(-z)", -1, "exp(z)", 0},
        {"sqrt(z^2)", 1, "z", 0},
        {"silu(-z)", -1, "silu(z)", 0},
        {"1/(1+z)", 1, "1/(1-z)", 0},
    };
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        ew_expr *a = parse(pair[i].a), *b = parse(pair[i].b);
        if (ew_expr_same(a, pair[i].factor, b, ctx) != pair[i].same)
            fail_msg("%s = %d * %s", pair[i].a, pair[i].factor, pair[i].b);
        ew_expr_free(a);
        ew_expr_free(b);
    }
}

static void signs_of_constants(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int sign;
    } constant[] = {
        {"sqrt(2)-1.41421356237309504880168872420969807856967187537694807317667973799", 1},
        {"sqrt(2)*sqrt(2)-2", 0},
        {"(1+sqrt(5))^2/4-(1+sqrt(5))/2-1", 0},
        {"pi-355/113", -1},
        {"exp(pi)-pi-20", -1},
        {"3-sqrt(9)", 0},
    };
    for (size_t i = 0; i < sizeof constant / sizeof *constant; i++) {
        int sign;
        ew_expr *e = parse(constant[i].text);
        check_ok(ctx, ew_constant_sign(&sign, e, ctx));
        assert_int_equal(sign, constant[i].sign);
        ew_expr_free(e);
    }
    int sign;
    ew_expr *e = parse("sqrt(2)+sqrt(3)-sqrt(5+2*sqrt(6))");
    check_status(ctx, ew_constant_sign(&sign, e, ctx), EW_UNABLE);
    ew_expr_free(e);
    e = parse("log(1-sqrt(2))");
    check_status(ctx, ew_constant_sign(&sign, e, ctx), EW_DOMAIN);
    ew_expr_free(e);
    ew_clear(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtins),
        cmocka_unit_test(three_spellings_of_silu),
        cmocka_unit_test(polynomial_kinks),
        cmocka_unit_test(roots_elsewhere),
        cmocka_unit_test(composed_kinks),
        cmocka_unit_test(nested_kinks),
        cmocka_unit_test(kinks_that_are_none),
        cmocka_unit_test(discarded_arguments_are_defined),
        cmocka_unit_test(arguments_defined_almost_everywhere),
        cmocka_unit_test(bounds_that_are_attained),
        cmocka_unit_test(merging_keeps_what_is_undefined),
        cmocka_unit_test(too_many_kinks),
        cmocka_unit_test(polynomial_forms),
        cmocka_unit_test(powers_of_constants),
        cmocka_unit_test(proofs_of_equality),
        cmocka_unit_test(signs_of_constants),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
