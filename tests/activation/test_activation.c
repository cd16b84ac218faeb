#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/activation.h"
#include "activation/polynomial.h"
#include "activation/smoothness.h"

static ew_context *ctx;

static ew_activation *activation(const char *text)
{
    ew_activation *a;
    check_ok(ctx, ew_activation_new(&a, text, ctx));
    assert_non_null(a);
    assert_string_equal(a->text, text);
    return a;
}

/* Kinks, degree of the first and last piece, and flags: c continuous, e even, o odd, p
 * polynomial, w piecewise polynomial, r rational, h homogeneous. */
static const struct {
    const char *text;
    slong kinks, first, last;
    const char *flags;
} expected[] = {
    {"z", 0, 1, 1, "copwrh"},
    {"identity", 0, 1, 1, "copwrh"},
    {"2*z+1", 0, 1, 1, "cpwr"},
    {"3", 0, 0, 0, "cepwr"},
    {"z^3/6+z", 0, 3, 3, "copwr"},
    {"hermite(4)", 0, 4, 4, "cepwr"},
    {"sqrt(3)*z", 0, 1, 1, "copwh"},
    {"(z+1)^2-2*z", 0, 2, 2, "cepwr"},
    {"z^300", 0, -1, -1, "ce"},
    {"relu", 1, 0, 1, "cwrh"},
    {"leaky_relu(1/5)", 1, 1, 1, "cwrh"},
    {"leaky_relu(sqrt(2))", 1, 1, 1, "cwh"},
    {"abs", 1, 1, 1, "cewrh"},
    {"abs(z-1)", 1, 1, 1, "cwr"},
    {"step", 1, 0, 0, "wr"},
    {"sign", 1, 0, 0, "owr"},
    {"sign(z)*z^2", 1, 2, 2, "cowr"},
    {"relu^3", 1, 0, 3, "cwr"},
    {"hardtanh", 2, 0, 0, "cowr"},
    {"max(-2,min(1,z))", 2, 0, 0, "cwr"},
    {"abs(z^2-2)", 2, 2, 2, "cew"},
    {"if(z<1/2,z,z^2)", 1, 1, 2, "wr"},
    {"if(z<1,z,z^2)", 1, 1, 2, "cwr"},
    {"if(z<-1,z^3,if(z<2,z,z^3))", 2, 3, 3, "wr"},
    {"if(z<-2,z^3,if(z<2,z,z^3))", 2, 3, 3, "owr"},
    {"if(z<sqrt(2),2,z^2)", 1, 0, 2, "cw"},
    {"if(z<0,sin(z),z)", 1, -1, 1, "c"},
    {"if(z<log(2),2,exp(z))", 1, 0, -1, "c"},
    {"if(z<1,2,exp(z))", 1, 0, -1, ""},
    {"max(z,0)+min(z,0)", 0, 1, 1, "copwrh"},
    {"tanh", 0, -1, -1, "co"},
    {"sigmoid", 0, -1, -1, "c"},
    {"sigmoid(z)-1/2", 0, -1, -1, "co"},
    {"z*sigmoid(z)-z/2", 0, -1, -1, "ce"},
    {"softplus", 0, -1, -1, "c"},
    {"softplus(2)", 0, -1, -1, "c"},
    {"softplus(z)-z/2", 0, -1, -1, "ce"},
    {"silu", 0, -1, -1, "c"},
    {"z/(1+exp(-z))", 0, -1, -1, "c"},
    {"gelu", 0, -1, -1, "c"},
    {"gelu(z)-z/2", 0, -1, -1, "ce"},
    {"gelu_tanh", 0, -1, -1, "c"},
    {"mish", 0, -1, -1, "c"},
    {"elu(2)", 1, -1, 1, "c"},
    {"selu", 1, -1, 1, "c"},
    {"celu", 1, -1, 1, "c"},
    {"erf", 0, -1, -1, "co"},
    {"sin", 0, -1, -1, "co"},
    {"cos", 0, -1, -1, "ce"},
    {"gauss", 0, -1, -1, "ce"},
    {"softsign", 1, -1, -1, "co"},
    {"atan", 0, -1, -1, "co"},
    {"z^3/(1+z^2)", 0, -1, -1, "co"},
    {"shape(tanh,3)", 0, -1, -1, "co"},
    {"if(z<0,exp(z)-1,1-exp(-z))", 1, -1, -1, "co"},
    {"abs(tanh(z)-1/2)", 1, -1, -1, "c"},
    {"exp(z/2)", 0, -1, -1, "c"},
};

static void properties(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ew_activation *a = activation(expected[i].text);
        char flags[8] = "";
        const struct {
            int on;
            char letter;
        } flag[] = {{a->continuous, 'c'},
                    {a->parity == EW_PARITY_EVEN, 'e'},
                    {a->parity == EW_PARITY_ODD, 'o'},
                    {a->polynomial, 'p'},
                    {a->piecewise_poly, 'w'},
                    {a->rational, 'r'},
                    {a->homogeneous, 'h'}};
        for (size_t k = 0; k < 7; k++)
            if (flag[k].on)
                flags[strlen(flags)] = flag[k].letter;
        if (strcmp(flags, expected[i].flags) || a->kinks != expected[i].kinks ||
            a->n != a->kinks + 1 || a->piece[0].degree != expected[i].first ||
            a->piece[a->n - 1].degree != expected[i].last)
            fail_msg("%s: %s, %ld kinks, degrees %ld, %ld", expected[i].text, flags,
                     (long) a->kinks, (long) a->piece[0].degree,
                     (long) a->piece[a->n - 1].degree);
        assert_null(a->piece[0].range.lo);
        assert_null(a->piece[a->n - 1].range.hi);
        assert_string_equal(ew_context_error(ctx), "");
        ew_activation_free(a);
    }
}

static void refusals(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        ew_status status;
    } refused[] = {
        {"exp(z^2)", EW_DOMAIN},
        {"1/z", EW_DOMAIN},
        {"log(z)", EW_DOMAIN},
        {"tan(z)", EW_DOMAIN},
        {"abs(1/z)", EW_DOMAIN},
        {"abs(sin(z))", EW_DOMAIN},
        {"sqrt(z)", EW_DOMAIN},
        {"if(z<1,0,exp(z^2))", EW_DOMAIN},
        {"abs(z-10^30)", EW_UNABLE},
        {"tanh(", EW_USAGE},
        {"", EW_USAGE},
        {"foo(z)", EW_USAGE},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ew_activation *a = (ew_activation *) &ctx;
        check_status(ctx, ew_activation_new(&a, refused[i].text, ctx), refused[i].status);
        assert_null(a);
        assert_true(strlen(ew_context_error(ctx)) > 0);
        ew_clear(ctx);
    }
    ew_activation_free(NULL);
}

/* |s(x)| <= c (1+|x|)^p e^{q|x|} at sample points. */
static void growth_bounds(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        double (*f)(double);
    } sample[] = {
        {"tanh", tanh}, {"sinh", sinh}, {"abs", fabs}, {"exp(z)", exp}, {"atan", atan}};
    for (size_t i = 0; i < sizeof sample / sizeof *sample; i++) {
        ew_activation *a = activation(sample[i].text);
        for (double x = -30; x <= 30; x += 0.75) {
            double bound = mag_get_d(a->growth.c) * pow(1 + fabs(x), (double) a->growth.p) *
                           exp(a->growth.q * fabs(x));
            if (!(fabs(sample[i].f(x)) <= bound * (1 + 1e-12)))
                fail_msg("%s at %g exceeds %g", sample[i].text, x, bound);
        }
        ew_activation_free(a);
    }
}

/* Known coefficients from the textbook series; "?" is not rational. */
static void taylor_coefficients(void **state)
{
    (void) state;
    static const struct {
        const char *text, *coef;
    } series[] = {
        {"tanh", "0 1 0 -1/3 0 2/15 0 -17/315"},
        {"sin", "0 1 0 -1/6 0 1/120 0 -1/5040"},
        {"sigmoid", "1/2 1/4 0 -1/48 0 1/480 0 -17/80640"},
        {"softplus", "? 1/2 1/8 0 -1/192 0 1/2880 0"},
        {"silu", "0 1/2 1/4 0 -1/48 0 1/480 0"},
        {"gelu", "0 1/2 ? 0 ? 0 ? 0"},
        {"erf", "0 ? 0 ? 0 ? 0 ?"},
        {"atan", "0 1 0 -1/3 0 1/5 0 -1/7"},
        {"asinh", "0 1 0 -1/6 0 3/40 0 -5/112"},
        {"gauss", "1 0 -1 0 1/2 0 -1/6 0"},
        {"exp(z)", "1 1 1/2 1/6 1/24 1/120 1/720 1/5040"},
        {"expm1(z)*cosh(z)", "0 1 1/2 2/3 7/24 2/15 31/720 4/315"},
        {"log1p(z^2)", "0 0 1 0 -1/2 0 1/3 0"},
        {"log(2+z^2)", "? 0 1/2 0 -1/8 0 1/24 0"},
        {"sqrt(4+z^2)", "2 0 1/4 0 -1/64 0 1/512 0"},
        {"(9/4+z^2)^(-3/2)", "8/27 0 -16/81 0 80/729 0 -1120/19683 0"},
        {"sqrt(2+z^2)", "? 0 ? 0 ? 0 ? 0"},
        {"1/(2-sin(z)^2)", "1/2 0 1/4 0 1/24 0 -7/720 0"},
        {"atan(1+z)", "? 1/2 -1/4 1/12 0 -1/40 1/48 -1/112"},
        {"cos(sqrt(2)*z)", "1 0 ? 0 ? 0 ? 0"},
        {"tanh(z)/pi", "0 ? 0 ? 0 ? 0 ?"},
        {"hermite(3)/sqrt(6)", "0 ? 0 ? 0 0 0 0"},
        {"z^3/6+z-1", "-1 1 0 1/6 0 0 0 0"},
        {"elu(z-1)", "? ? ? ? ? ? ? ?"},
        {"relu(z+1)", "1 1 0 0 0 0 0 0"},
        {"mish", "0 ? ? ? ? ? ? ?"},
    };
    for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
        ew_activation *a = activation(series[i].text);
        arb_ptr coef = _arb_vec_init(8);
        fmpq *exact = _fmpq_vec_init(8);
        int known[8];
        char list[120], want[40];
        check_ok(ctx, ew_activation_taylor(coef, exact, known, a, 8, 128, ctx));
        strcpy(list, series[i].coef);
        char *item = strtok(list, " ");
        for (slong k = 0; k < 8; k++, item = strtok(NULL, " ")) {
            strcpy(want, known[k] ? item : "?");
            char *got = fmpq_get_str(NULL, 10, exact + k);
            if (known[k] ? strcmp(got, item) : strcmp(item, "?"))
                fail_msg("%s: coefficient %ld is %s, expected %s", series[i].text, (long) k,
                         known[k] ? got : "?", item);
            flint_free(got);
            assert_true(arb_rel_accuracy_bits(coef + k) > 100 || arb_is_zero(coef + k));
            if (known[k])
                assert_true(arb_contains_fmpq(coef + k, exact + k));
        }
        check_ok(ctx, ew_activation_taylor(coef, NULL, NULL, a, 3, 64, ctx));
        _fmpq_vec_clear(exact, 8);
        _arb_vec_clear(coef, 8);
        ew_activation_free(a);
    }
}

/* gelu: s'(0) = 1/2, s''(0)/2 = 1/sqrt(2 pi), then -1/(6 sqrt(2 pi)) (mpmath). */
static void taylor_values(void **state)
{
    (void) state;
    ew_activation *a = activation("gelu");
    arb_ptr coef = _arb_vec_init(5);
    check_ok(ctx, ew_activation_taylor(coef, NULL, NULL, a, 5, 128, ctx));
    check_ball_value(coef + 2, "0.398942280401432677939946059934", 29);
    check_ball_value(coef + 4, "-0.0664903800669054463233243433224", 28);
    _arb_vec_clear(coef, 5);
    ew_activation_free(a);
    a = activation("relu");
    arb_t x;
    arb_init(x);
    check_status(ctx, ew_activation_taylor(x, NULL, NULL, a, 1, 64, ctx), EW_UNABLE);
    arb_clear(x);
    ew_clear(ctx);
    ew_activation_free(a);
}

static void long_taylor_series(void **state)
{
    (void) state;
    ew_activation *a = activation("tanh");
    arb_ptr coef = _arb_vec_init(90);
    int known[90];
    fmpq *exact = _fmpq_vec_init(90);
    check_ok(ctx, ew_activation_taylor(coef, exact, known, a, 90, 256, ctx));
    assert_true(known[63] && !known[89] && known[88]);
    assert_true(arb_is_zero(coef + 88));
    arb_t r; /* successive coefficients tend to -(2/pi)^2 */
    arb_init(r);
    arb_div(r, coef + 89, coef + 87, 256);
    check_ball_value(r, "-0.405284734569351085775517852838", 29);
    arb_clear(r);
    _fmpq_vec_clear(exact, 90);
    _arb_vec_clear(coef, 90);
    ew_activation_free(a);
}

static void builtins_are_accepted(void **state)
{
    (void) state;
    static const char *const parameter_or_bad[] = {
        "acos", "asin", "hermite", "if", "log", "log1p", "max", "min", "shape", "sqrt", "tan"};
    for (const char *const *name = ew_builtin_names(); *name; name++) {
        int skip = 0;
        for (size_t i = 0; i < sizeof parameter_or_bad / sizeof *parameter_or_bad; i++)
            skip |= !strcmp(*name, parameter_or_bad[i]);
        if (!skip)
            ew_activation_free(activation(*name));
    }
}

/* By hand: continuous derivatives, of at most 4; jumps are -1. */
static void continuous_derivatives(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        slong k;
    } known[] = {{"tanh", 4},
                 {"relu", 0},
                 {"relu^3", 2},
                 {"abs(z)^5", 4},
                 {"step", -1},
                 {"elu", 1},
                 {"elu(1/2)", 0},
                 {"celu", 1},
                 {"softsign", 1},
                 {"hardtanh", 0},
                 {"if(z<1,z,z+(z-1)^3)", 2},
                 {"if(z<sqrt(2),z,z^2)", -1},
                 {"if(z<0,exp(z),1+z+z^2/2+z^3/6)", 3},
                 {"max(z,0)^2+max(z-1,0)", 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ew_activation *a = activation(known[i].text);
        slong k;
        check_ok(ctx, ew_activation_smoothness(&k, a, 4, ctx));
        if (k != known[i].k)
            fail_msg("%s: %ld continuous derivatives", known[i].text, (long) k);
        ew_activation_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties),
        cmocka_unit_test(refusals),
        cmocka_unit_test(growth_bounds),
        cmocka_unit_test(taylor_coefficients),
        cmocka_unit_test(taylor_values),
        cmocka_unit_test(long_taylor_series),
        cmocka_unit_test(builtins_are_accepted),
        cmocka_unit_test(continuous_derivatives),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
