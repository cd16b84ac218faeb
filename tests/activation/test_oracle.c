/* Random expressions of the grammar against mpmath (oracle_expr.py); skipped without it. */
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activation/jet.h"

#define SCRIPT EW_SRCDIR "/tests/activation/oracle_expr.py"

typedef struct {
    char text[4096];
    check_rng *rng;
    int kinks;
} generator;

static void put(generator *g, const char *s)
{
    if (check_range(g->rng, 0, 9) == 0)
        strcat(g->text, " ");
    strcat(g->text, s);
}

static const char *pick(generator *g, const char *const *list, slong n)
{
    return list[check_range(g->rng, 0, n - 1)];
}

#define PICK(g, list) pick(g, list, (slong) (sizeof list / sizeof *list))

static const char *const leaves[] = {"z",   "z",       "z",         "z",  "z",  "2",
                                     "1/3", "0.25",    "1.5e-1",    "3",  "pi", "e",
                                     ".5",  "sqrt(2)", "asin(1/3)", "e^2"};
static const char *const smooth[] = {
    "exp",  "log",   "log1p", "expm1", "sqrt",      "sin",       "cos",      "tan",
    "atan", "asinh", "sinh",  "cosh",  "tanh",      "sigmoid",   "erf",      "erfc",
    "gelu", "silu",  "mish",  "gauss", "gelu_tanh", "gauss_cdf", "gauss_pdf"};
static const char *const parametrised[] = {"softplus(2,", "softplus(1/3,", "hermite(5,",
                                           "hermite(0,"};
static const char *const kinked[] = {
    "abs(",   "sign(", "step(",     "relu(",     "leaky_relu(0.1,",
    "elu(2,", "selu(", "celu(3/2,", "hardtanh(", "softsign("};
static const char *const bare[] = {"tanh", "gelu", "mish", "softplus", "silu", "erf", "sin"};
static const char *const exponents[] = {"^2",      "^3",     "^-1", "^-2", "^(1/2)",
                                        "^(-3/2)", "^(1/3)", "^pi", "^0"};

static void expression(generator *g, int depth);

static void binary(generator *g, int depth)
{
    static const char *const operators[] = {"+", "-", "*", "/"};
    put(g, "(");
    expression(g, depth - 1);
    put(g, PICK(g, operators));
    expression(g, depth - 1);
    put(g, ")");
}

static void call(generator *g, const char *head, int depth)
{
    put(g, head);
    expression(g, depth - 1);
    put(g, ")");
}

static void with_kink(generator *g, int depth)
{
    slong k = check_range(g->rng, 0, 9);
    if (k > 3) {
        call(g, PICK(g, kinked), depth);
        return;
    }
    put(g, k == 0 ? "max(" : k == 1 ? "min(" : k == 2 ? "if(z<1/3," : "if(z>=-0.5,");
    expression(g, depth - 1);
    put(g, ",");
    expression(g, depth - 1);
    put(g, ")");
}

static void expression(generator *g, int depth)
{
    slong k = check_range(g->rng, 0, 11);
    if (depth == 0) {
        put(g, PICK(g, leaves));
    } else if (k <= 4) {
        put(g, PICK(g, smooth));
        call(g, "(", depth);
    } else if (k <= 7) {
        binary(g, depth);
    } else if (k == 8) {
        put(g, "-");
        expression(g, depth - 1);
    } else if (k == 9) {
        call(g, "(", depth);
        put(g, PICK(g, exponents));
    } else if (k == 10 && g->kinks) {
        with_kink(g, depth);
    } else if (k == 10) {
        call(g, PICK(g, parametrised), depth);
    } else {
        put(g, PICK(g, bare));
    }
}

static void print_ball(FILE *to, const arb_t x)
{
    if (!arb_is_finite(x)) {
        fputs("\tnan nan", to);
        return;
    }
    arb_t rad;
    arb_init(rad);
    arb_get_rad_arb(rad, x);
    char *mid = arb_get_str(x, 80, ARB_STR_MORE | ARB_STR_NO_RADIUS);
    char *r = arb_get_str(rad, 10, ARB_STR_MORE | ARB_STR_NO_RADIUS);
    fprintf(to, "\t%s %s", mid, r);
    flint_free(mid);
    flint_free(r);
    arb_clear(rad);
}

/* Points with short exact decimals; |x| != |y|, so that no power of z is real by accident. */
static double coordinate(check_rng *rng)
{
    return (double) (2 * check_range(rng, -40, 40) + 1) / 32;
}

static void print_jet(FILE *to, const char *text, const ew_expr *f, check_rng *rng, int complex)
{
    acb_t z;
    acb_ptr c = _acb_vec_init(4);
    acb_init(z);
    double x = coordinate(rng), y = complex ? coordinate(rng) + 0.03125 : 0;
    acb_set_d_d(z, x, y);
    ew_jet(c, f, z, 4, 1, 300);
    fprintf(to, "J\t%s\t%.5f\t%.5f", text, x, y);
    for (slong i = 0; i < 4; i++) {
        print_ball(to, acb_realref(c + i));
        print_ball(to, acb_imagref(c + i));
    }
    fputs("\n", to);
    _acb_vec_clear(c, 4);
    acb_clear(z);
}

static void print_value(FILE *to, const char *text, const ew_expr *f, check_rng *rng,
                        ew_context *ctx)
{
    slong k = check_range(rng, -40, 40);
    fmpq_t x;
    arb_t y;
    fmpq_init(x);
    arb_init(y);
    fmpq_set_si(x, k, 16);
    fmpq_canonicalise(x);
    ew_expr *at = ew_expr_num(x, ctx), *value = ew_expr_substitute(f, at, ctx);
    if (value)
        ew_expr_constant(y, value, 300);
    else
        arb_indeterminate(y);
    fprintf(to, "V\t%s\t%.4f\t0", text, (double) k / 16);
    print_ball(to, y);
    fputs("\n", to);
    ew_expr_free(at);
    ew_expr_free(value);
    fmpq_clear(x);
    arb_clear(y);
}

/* A constant that is undefined on its own is refused by the parser; nothing else may be. */
static ew_expr *parse(const char *text, ew_context *ctx)
{
    ew_expr *f = NULL;
    ew_status s = ew_expr_parse(&f, text, NULL, "test", ctx);
    if (s != EW_OK && s != EW_DOMAIN)
        fail_msg("%s: %s", text, ew_context_error(ctx));
    return f;
}

static void agrees_with_mpmath(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "oracle");
    ew_context *ctx = ew_context_new();
    FILE *to = popen("python3 " SCRIPT, "w");
    assert_non_null(to);
    for (slong i = 0; i < check_trials(120); i++) {
        generator g = {"", &rng, i % 3 == 2};
        expression(&g, 3);
        ew_expr *f = parse(g.text, ctx);
        if (f && g.kinks)
            print_value(to, g.text, f, &rng, ctx);
        else if (f)
            print_jet(to, g.text, f, &rng, i % 3);
        ew_expr_free(f);
    }
    assert_int_equal(pclose(to), 0);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_mpmath)};
    if (system("python3 -c 'import mpmath' 2>/dev/null") != 0)
        return 77;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
