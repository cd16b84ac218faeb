#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activation/activation.h"

static ew_context *ctx;

static char *printed(const char *text, const char *const *vars)
{
    ew_expr *e;
    if (ew_expr_parse(&e, text, vars, "test", ctx))
        fail_msg("%s: %s", text, ew_context_error(ctx));
    char *s = ew_expr_text(e, ctx);
    assert_non_null(s);
    ew_expr_free(e);
    return s;
}

static const char *const readings[][2] = {
    {"-z^2", "-z^2"},
    {"(-z)^2", "(-z)^2"},
    {"2^3^2", "512"},
    {"z^2^3", "z^8"},
    {"2^-z", "exp(log(2)*(-1)*z)"},
    {"--z", "z"},
    {"+z", "z"},
    {"z--1", "z+1"},
    {"z^-2", "z^-2"},
    {"z/2/3", "z/2/3"},
    {"z/(2*3)", "z/6"},
    {"z*2/3*z", "z*2/3*z"},
    {"1-z-2", "-1-z"},
    {" z\t+\n1 ", "z+1"},
    {"1.e2+.5E1", "105"},
    {"1e+2", "100"},
    {"2*e", "2*e"},
    {"e^z", "exp(z)"},
    {"e^(-z^2)", "exp(-z^2)"},
    {"z^(1/2)", "z^(1/2)"},
    {"z^pi", "z^pi"},
    {"(z+1)*(z-1)", "(z+1)*(z-1)"},
    {"tanh", "tanh(z)"},
    {"tanh ( z )", "tanh(z)"},
    {"identity", "z"},
    {"linear(2)", "2"},
    {"relu", "max(z,0)"},
    {"relu^2", "max(z,0)^2"},
    {"relu(z)^3", "max(z,0)^3"},
    {"leaky_relu", "max(z,0)+1/100*min(z,0)"},
    {"leaky_relu(0.2)", "max(z,0)+1/5*min(z,0)"},
    {"leaky_relu(0.2,tanh)", "max(tanh(z),0)+1/5*min(tanh(z),0)"},
    {"leaky_relu(tanh)", "max(tanh(z),0)+1/100*min(tanh(z),0)"},
    {"abs", "abs(z)"},
    {"step", "step(z)"},
    {"sign", "sign(z)"},
    {"hardtanh", "max(-1,min(1,z))"},
    {"sigmoid", "sigmoid(z)"},
    {"softplus", "softplus(z)"},
    {"softplus(2)", "softplus(2*z)/2"},
    {"softplus(2*z)", "softplus(2*z)"},
    {"softplus(3,z^2)", "softplus(3*z^2)/3"},
    {"softplus(1,2)", "softplus(1,2)"},
    {"silu", "z*sigmoid(z)"},
    {"swish", "z*sigmoid(z)"},
    {"swish(3/2)", "z*sigmoid(3/2*z)"},
    {"gelu", "z*(erfc(-z/sqrt(2))/2)"},
    {"gelu_tanh", "z/2*(1+tanh(sqrt(2/pi)*(z+8943/200000*z^3)))"},
    {"mish", "z*tanh(softplus(z))"},
    {"elu", "max(z,0)+expm1(min(z,0))"},
    {"elu(2)", "max(z,0)+2*expm1(min(z,0))"},
    {"celu(2)", "max(z,0)+2*expm1(min(z,0)/2)"},
    {"gauss", "exp(-z^2)"},
    {"gauss_pdf", "exp(-z^2/2)/sqrt(2*pi)"},
    {"gauss_cdf(z/2)", "erfc(-z/2/sqrt(2))/2"},
    {"softsign", "z/(1+abs(z))"},
    {"hermite(0)", "1"},
    {"hermite(1)", "z"},
    {"hermite(6)", "z^6-15*z^4+45*z^2-15"},
    {"hermite(2,sin)", "sin(z)^2-1"},
    {"shape(tanh,2)", "2*tanh(z/2)"},
    {"shape(tanh,2,z^2)", "2*tanh(z^2/2)"},
    {"shape(softplus(3),1/2)", "1/2*(softplus(3*(z/(1/2)))/3)"},
    {"shape(hardtanh,pi)", "pi*max(-1,min(1,z/pi))"},
    {"if(z<0,0,z)", "if(z<0,0,z)"},
    {"if(z<=1/2,0,z)", "if(z<1/2,0,z)"},
    {"if(z>pi,0,z)", "if(z<pi,z,0)"},
    {"if(z>=-1,if(z<1,z,1),-1)", "if(z<-1,-1,if(z<1,z,1))"},
    {"max(z,-1)", "max(z,-1)"},
    {"asin(1/2)", "asin(1/2)"},
};

#define READINGS (sizeof readings / sizeof readings[0])

static void sources_are_read_as_meant(void **state)
{
    (void) state;
    for (size_t i = 0; i < READINGS; i++) {
        char *s = printed(readings[i][0], NULL);
        if (strcmp(s, readings[i][1]) != 0)
            fail_msg("%s is read as %s, expected %s", readings[i][0], s, readings[i][1]);
        free(s);
    }
}

static void text_is_read_back(void **state)
{
    (void) state;
    for (size_t i = 0; i < READINGS; i++) {
        char *s = printed(readings[i][1], NULL);
        assert_string_equal(s, readings[i][1]);
        free(s);
    }
}

static void every_name_is_known(void **state)
{
    (void) state;
    for (const char *const *p = ew_builtin_names(); *p; p++) {
        ew_expr *e;
        ew_status s = ew_expr_parse(&e, *p, NULL, "test", ctx);
        assert_null(strstr(ew_context_error(ctx), "unknown"));
        assert_true(s == EW_OK || s == EW_USAGE || s == EW_DOMAIN);
        ew_expr_free(e);
        ew_clear(ctx);
    }
}

static void variables_come_first(void **state)
{
    (void) state;
    static const char *const vars[] = {"s", "s1_a", "sin", NULL};
    char *s = printed("s*s1_a+z*sin+cos(s)", vars);
    assert_string_equal(s, "v0*v1+z*v2+cos(v0)");
    free(s);
    ew_expr *e;
    check_status(ctx, ew_expr_parse(&e, "s1_b", vars, "integrand", ctx), EW_USAGE);
    assert_string_equal(ew_context_error(ctx),
                        "integrand: unknown name `s1_b`; did you mean `s1_a`?\ns1_b\n^");
}

#define D EW_DOMAIN
#define U EW_USAGE

static const struct {
    const char *source;
    ew_status status;
    const char *message;
    int column;
} mistakes[] = {
    {"", U, "the expression is empty", 0},
    {" \t", U, "the expression is empty", 0},
    {"tanh(z", U, "`,` or `)` or an operator expected, but the expression ends here", 6},
    {"(z", U, "`)` or an operator expected, but the expression ends here", 2},
    {"z)", U, "an operator expected before `)`", 1},
    {"z+", U, "a number, a name or `(` expected, but the expression ends here", 2},
    {"z+*2", U, "a number, a name or `(` expected before `*`", 2},
    {"2z", U, "an operator expected before `z`", 1},
    {"z (1)", U, "an operator expected before `(`", 2},
    {"z**2", U, "a power is written with ^", 2},
    {"z=1", U, "an operator expected before `=`", 1},
    {"1,2", U, "an operator expected before `,`", 1},
    {"1.2.3", U, "an operator expected before `.3`", 3},
    {"z+\xc3\xa9", U, "byte 0xc3 is not part of the language", 2},
    {"z\x01", U, "byte 0x01 is not part of the language", 1},
    {"z+nan", U, "`nan` is not a finite number", 2},
    {"inf", U, "`inf` is not a finite number", 0},
    {"2*tnh(z)", U, "unknown function `tnh`; did you mean `tanh`?", 2},
    {"rleu", U, "unknown name `rleu`; did you mean `relu`?", 0},
    {"x", U, "unknown name `x`", 0},
    {"tanh()", U, "a number, a name or `(` expected before `)`", 5},
    {"z+tanh(1,z)", U, "tanh takes one argument, not 2", 2},
    {"max", U, "max takes two arguments, not 0", 0},
    {"max(z)", U, "max takes two arguments, not 1", 0},
    {"elu(1,z,z)", U, "elu takes one parameter and at most one argument, not 3", 0},
    {"elu(z,z)", D, "the parameter of elu must be a constant", 0},
    {"hermite", U, "hermite needs its parameter, as in hermite(2)", 0},
    {"hermite(z)", U, "hermite needs its parameter, as in hermite(2)", 0},
    {"hermite(1/2)", U, "the degree of hermite must be an integer from 0 to 100", 0},
    {"hermite(101)", U, "the degree of hermite must be an integer from 0 to 100", 0},
    {"shape(tanh)", U, "shape needs a function and a scale, as in shape(tanh, 2)", 0},
    {"shape(tanh,z)", D, "the parameter of shape must be a constant", 0},
    {"shape(tanh,0)", D, "division by zero", 0},
    {"z+1/0", D, "division by zero", 4},
    {"abs(tan/0^(1/2))", D, "division by zero", 8},
    {"z/(1-1)", D, "division by zero", 2},
    {"z+log(-2)", D, "log is not defined at this constant", 2},
    {"log1p(-1)", D, "log1p is not defined at this constant", 0},
    {"0^-1", D, "a negative power of zero", 2},
    {"(-8)^(1/3)", D, "a fractional power of a negative number", 5},
    {"asin(z)", D, "asin is real only on [-1, 1]: its argument must be a constant", 0},
    {"z^z", D, "an exponent must be a constant, unless the base is a positive one", 2},
    {"(-2)^z", D, "an exponent must be a constant, unless the base is a positive one", 5},
    {"z^1001", U, "an exponent of z is limited to 1000 in size", 2},
    {"z^444444443^4441", U, "an exponent of z is limited to 1000 in size", 2},
    {"z^-1001", U, "an exponent of z is limited to 1000 in size", 2},
    {"if", U, "`(` after `if` expected, but the expression ends here", 2},
    {"if(z,1,2)", U, "a comparison such as z < 0 expected before `,`", 4},
    {"if(z<0,1)", U, "`,` expected before `)`", 8},
    {"if(2*z<0,1,2)", D, "a condition must compare z itself with a constant: if(z<c, A, B)", 3},
    {"if(z<z^2,1,2)", D, "z can be compared only with a constant: kinks have fixed places", 5},
    {"shape(if(z<0,1,2),2,z^2)", D,
     "a function with `if` can be applied only to a constant times z plus a constant", 0},
    {"1e20000", U, "a number has more than 10000 digits or so large an exponent", 0},
    {"1e-99999999999999999999", U,
     "a number has more than 10000 digits or so large an exponent", 0},
};

static void mistakes_are_pointed_at(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const char *source = mistakes[i].source;
        ew_expr *e;
        ew_status s = ew_expr_parse(&e, source, NULL, "activation", ctx);
        char shown[80], expected[300];
        for (size_t k = 0; k <= strlen(source); k++) {
            unsigned char c = (unsigned char) source[k];
            shown[k] = (char) (c == '\t' ? ' ' : c && (c < ' ' || c > '~') ? '?' : c);
        }
        snprintf(expected, sizeof expected, "activation: %s\n%s\n%*s^", mistakes[i].message,
                 shown, mistakes[i].column, "");
        if (s != mistakes[i].status || strcmp(ew_context_error(ctx), expected) != 0)
            fail_msg("%s: status %d\n%s\nexpected %d\n%s", source, s, ew_context_error(ctx),
                     mistakes[i].status, expected);
        assert_null(e);
    }
}

/* n copies of a, then b, then n copies of c. */
static char *repeated(const char *a, const char *b, const char *c, size_t n)
{
    size_t na = strlen(a), nb = strlen(b), nc = strlen(c);
    char *s = malloc(n * (na + nc) + nb + 1);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++) {
        memcpy(s + i * na, a, na);
        memcpy(s + n * na + nb + i * nc, c, nc);
    }
    memcpy(s + n * na, b, nb);
    s[n * (na + nc) + nb] = '\0';
    return s;
}

static void check_repeated(const char *a, const char *b, const char *c, size_t n,
                           ew_status status)
{
    ew_expr *e;
    char *s = repeated(a, b, c, n);
    ew_status got = ew_expr_parse(&e, s, NULL, "activation", ctx);
    if (got != status)
        fail_msg("%zu times %s: status %d, %.200s", n, a, got, ew_context_error(ctx));
    if (got) {
        const char *line = strchr(ew_context_error(ctx), '\n');
        const char *caret = strrchr(ew_context_error(ctx), '\n');
        assert_true(line && caret > line && caret - line <= 73 && strlen(caret) <= 74);
    } else {
        char *text = ew_expr_text(e, ctx);
        assert_non_null(text);
        free(text);
    }
    ew_expr_free(e);
    ew_clear(ctx);
    free(s);
}

static void limits_hold(void **state)
{
    (void) state;
    check_repeated("(", "z", ")", 1000, EW_OK);
    check_repeated("(", "z", ")", 1001, EW_USAGE);
    check_repeated("(", "z", ")", 20000, EW_USAGE);
    check_repeated("(", "", "", 20000, EW_USAGE);
    check_repeated("sin(", "z", ")", 1000, EW_OK);
    check_repeated("tanh(", "z", ")", 1001, EW_USAGE);
    check_repeated("-", "z", "", 1000, EW_OK);
    check_repeated("-", "z", "", 1001, EW_USAGE);
    check_repeated("2^", "2", "", 1001, EW_USAGE);
    check_repeated("if(z<0,1,", "z", ")", 1000, EW_OK);
    check_repeated("if(z<0,1,", "z", ")", 1001, EW_USAGE);
    check_repeated("z+", "z", "", 32767, EW_OK);
    check_repeated("z*", "z", "", 32767, EW_OK);
    check_repeated("z+", "z", "", 32768, EW_USAGE);
    check_repeated("1+", "z", "", 32767, EW_OK);
    check_repeated("gelu(", "z", ")", 100, EW_USAGE);
    check_repeated("gelu+", "z", "", 13000, EW_OK);
    check_repeated("z/", "z", "", 20000, EW_USAGE);
    check_repeated("9", "", "", 10000, EW_OK);
    check_repeated("9", "", "", 20000, EW_USAGE);
    check_repeated("a", "", "", 60000, EW_USAGE);
    check_repeated("1/7+", "z", "", 16000, EW_OK);
    check_repeated("1.0000001*", "z", "", 6000, EW_OK);
}

static void check_window(const char *tail, const char *tail_repeated, int dots_at_end)
{
    char *source = repeated("z+", tail, tail_repeated, 100);
    ew_expr *e;
    check_status(ctx, ew_expr_parse(&e, source, NULL, "a", ctx), EW_USAGE);
    const char *line = strchr(ew_context_error(ctx), '\n') + 1;
    const char *caret = strchr(line, '\n') + 1;
    assert_int_equal(caret - line, 73);
    assert_int_equal(line[strchr(caret, '^') - caret], '@');
    assert_memory_equal(line, "...", 3);
    assert_int_equal(memcmp(caret - 4, "...", 3) == 0, dots_at_end);
    free(source);
}

/* The window of a long source: at most 72 columns, dots where it is cut, the caret in place. */
static void long_sources_are_cut(void **state)
{
    (void) state;
    check_window("@", "+z", 1);
    check_window("@", "", 0);
}

/* Bytes at random, and words of the language at random: an answer, never a crash or a leak. */
static void random_sources_are_survived(void **state)
{
    (void) state;
    static const char *const words[] = {"z",    "2",    "1/3",   "pi",  "e",        "(",
                                        ")",    "+",    "-",     "*",   "/",        "^",
                                        ",",    "<",    ">=",    "if(", "elu",      "shape",
                                        "max(", "log(", "gelu(", "0",   "hermite(", "9^9"};
    check_rng rng;
    check_rng_init(&rng, "parse");
    for (slong i = 0; i < check_trials(4000); i++) {
        char s[256] = "";
        slong n = check_range(&rng, 0, 24);
        for (slong k = 0; k < n; k++)
            if (i % 4 == 0)
                s[k] = (char) check_range(&rng, 1, 255);
            else
                strcat(s, words[check_range(&rng, 0, 23)]);
        s[i % 4 == 0 ? n : (slong) strlen(s)] = '\0';
        ew_expr *e;
        ew_status status = ew_expr_parse(&e, s, NULL, "activation", ctx);
        assert_int_equal(status == EW_OK, e != NULL);
        ew_expr_free(e);
        ew_clear(ctx);
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
        cmocka_unit_test(sources_are_read_as_meant),
        cmocka_unit_test(text_is_read_back),
        cmocka_unit_test(every_name_is_known),
        cmocka_unit_test(variables_come_first),
        cmocka_unit_test(mistakes_are_pointed_at),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(long_sources_are_cut),
        cmocka_unit_test(random_sources_are_survived),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    flint_cleanup();
    return failed;
}
