/* Every statement of an abstract value is checked at random points of its half strip against
 * the function itself, evaluated there with hundreds of bits. */
#include "support/check.h"

#include <math.h>
#include <string.h>

#include "activation/ends.h"
#include "activation/jet.h"

#define PREC 400

static ew_expr *parse(const char *text, ew_context *ctx)
{
    ew_expr *f;
    check_ok(ctx, ew_expr_parse(&f, text, NULL, "activation", ctx));
    return f;
}

/* c x^p e^{qx} */
static void law_at(arb_t v, const ew_growth *g, const arb_t x)
{
    arb_t t;
    arb_init(t);
    arb_set_fmpq(t, g->q, PREC);
    arb_mul(t, t, x, PREC);
    arb_exp(t, t, PREC);
    arb_pow_fmpq(v, x, g->p, PREC);
    arb_mul(v, v, t, PREC);
    arb_mul(v, v, g->c, PREC);
    arb_clear(t);
}

static void line_at(arb_t v, const ew_line *l, const arb_t x)
{
    arb_set_fmpq(v, l->b, PREC);
    arb_mul(v, v, x, PREC);
    arb_add(v, v, l->a, PREC);
}

static int statements; /* checked, so that a value that says nothing is noticed */

/* small <= large is not refuted. */
static void check_below(const arb_t small, const arb_t large, const char *what,
                        const char *text, int side, const acb_t z)
{
    statements++;
    if (arb_gt(small, large)) {
        char *a = arb_get_str(small, 10, 0), *b = arb_get_str(large, 10, 0);
        char *x = arb_get_str(acb_realref(z), 10, 0), *y = arb_get_str(acb_imagref(z), 10, 0);
        fail_msg("%s, side %d: %s: %s > %s at %s + %s i", text, side, what, a, b, x, y);
    }
}

static void check_lines(const ew_value *v, const acb_t w, const char *text, int side,
                        const acb_t z)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    if (v->above.known) {
        line_at(t, &v->above, acb_realref(z));
        check_below(acb_realref(w), t, "Re above its line", text, side, z);
    }
    if (v->below.known) {
        line_at(t, &v->below, acb_realref(z));
        check_below(t, acb_realref(w), "Re below its line", text, side, z);
    }
    if (v->swing.known) {
        line_at(t, &v->swing, acb_realref(z));
        arb_abs(u, acb_imagref(w));
        check_below(u, t, "Im", text, side, z);
    }
    arb_clear(t);
    arb_clear(u);
}

static void check_expansion(const ew_value *v, const acb_t w, const char *text, int side,
                            const acb_t z)
{
    acb_t s, t;
    arb_t c, m;
    acb_init(s);
    acb_init(t);
    arb_init(c);
    arb_init(m);
    for (slong k = ew_value_degree(v); k >= 0; k--) {
        ew_value_coeff(c, v, k);
        acb_mul(s, s, z, PREC);
        acb_add_arb(s, s, c, PREC);
    }
    arb_set_fmpq(c, v->rate, PREC);
    acb_mul_arb(t, z, c, PREC);
    acb_exp(t, t, PREC);
    acb_mul(s, s, t, PREC);
    acb_sub(s, w, s, PREC);
    acb_abs(c, s, PREC);
    if (ew_growth_is_finite(&v->rest)) {
        law_at(m, &v->rest, acb_realref(z));
        check_below(c, m, "rest", text, side, z);
    }
    acb_clear(s);
    acb_clear(t);
    arb_clear(c);
    arb_clear(m);
}

static void check_at(const ew_value *v, const ew_expr *f, const char *text, int side,
                     const acb_t z)
{
    acb_t at, w;
    arb_t m, t;
    acb_init(at);
    acb_init(w);
    arb_init(m);
    arb_init(t);
    acb_mul_si(at, z, side, PREC);
    ew_jet(w, f, at, 1, 0, PREC);
    /* exp(exp(10^4)) is beyond the exponents of balls. */
    if (!acb_is_finite(w))
        acb_indeterminate(w);
    acb_abs(m, w, PREC);
    if (ew_growth_is_finite(&v->upper)) {
        law_at(t, &v->upper, acb_realref(z));
        check_below(m, t, "upper", text, side, z);
    }
    if (ew_growth_is_positive(&v->lower)) {
        law_at(t, &v->lower, acb_realref(z));
        check_below(t, m, "lower", text, side, z);
    }
    if (v->sign != 0) {
        acb_mul_si(at, w, v->sign, PREC);
        acb_arg(m, at, PREC);
        arb_abs(m, m);
        check_below(m, v->arg, "arg", text, side, z);
    }
    check_lines(v, w, text, side, z);
    check_expansion(v, w, text, side, z);
    acb_clear(at);
    acb_clear(w);
    arb_clear(m);
    arb_clear(t);
}

/* A point of S: R itself, or log-uniform up to 10^4; the edges of the strip, or inside. */
static void random_point(acb_t z, check_rng *rng, const ew_half *S)
{
    arb_t t;
    arb_init(t);
    double far = check_range(rng, 0, 3) == 0 ? 0 : check_uniform(rng);
    arb_set_d(t, (double) S->R * pow(1e4 / (double) S->R, far));
    arb_set(acb_realref(z), t);
    int edge = (int) check_range(rng, -1, 1);
    arb_set_d(t, edge ? edge : 2 * check_uniform(rng) - 1);
    arb_mul(acb_imagref(z), S->d, t, PREC);
    arb_clear(t);
}

static void half_init(ew_half *S, slong R, double d)
{
    S->R = R;
    arb_init(S->d);
    arb_set_d(S->d, d);
    S->real = d == 0;
}

typedef struct {
    const char *text;
    double d;         /* and 0, and d/4 */
    const char *must; /* the sides where the upper law must be found at R = 32 */
} sample;

static const sample samples[] = {
    {"3", 1, "-+"},
    {"z", 1, "-+"},
    {"z^7-z^3/3+sqrt(2)*z", 2, "-+"},
    {"pi*z^2-z", 2, "-+"},
    {"exp(z)", 3, "-+"},
    {"exp(-2*z+1)", 1, "-+"},
    {"exp(sqrt(2)*z)", 1, "-+"},
    {"exp(3*z+tanh(z))", 1, "-+"},
    {"exp(-z^2)", 2, "-+"},
    {"exp(-z^4/8+z)", 1, "-+"},
    {"z*exp(-z^2/2)", 2, "-+"},
    {"exp(-exp(z))", 1.5, "-+"},
    {"exp(z)*exp(-exp(z))", 1.5, "-+"},
    {"exp(tanh(z))", 1, "-+"},
    {"exp(atan(z))", 0.5, "-+"},
    {"exp(-sqrt(1+z^2))", 0.5, "-+"},
    {"exp(-(1+z^2)^(1/4))", 0.5, "-+"},
    {"exp(z)+exp(2*z)-exp(-z)", 1, "-+"},
    {"exp(z)+z^3+2", 1, "-+"},
    {"(exp(z)+z)*(exp(-z)+1/z)", 1, "-+"},
    {"1/(1+exp(-z))", 3, "-+"},
    {"z/(1+exp(-z))", 3, "-+"},
    {"z/(2+exp(-z))", 3, "-+"},
    {"z/(1+exp(-1.702*z))", 1.5, "-+"},
    {"z/(1+exp(-sqrt(2)*z))", 1.5, "-+"},
    {"(exp(z)-exp(-z))/(exp(z)+exp(-z))", 1.5, "-+"},
    {"(exp(z)-1)/(exp(z)+1)", 3, "-+"},
    {"exp(-z)/(1+exp(-z))^2", 3, "-+"},
    {"1/(1+z^2)", 0.9, "-+"},
    {"(z^3-z)/(z^2+z+10)", 0.9, "-+"},
    {"1/(z^2-z-1)^3", 1, "-+"},
    {"z/sqrt(1+z^2)", 0.9, "-+"},
    {"z/(1+z^2)^(1/2)", 0.9, "-+"},
    {"(1+z^2)^(3/4)", 0.9, "-+"},
    {"(1+z^2)^(-2/3)", 0.9, "-+"},
    {"(1+z^2)^(sqrt(2)/2)", 0.9, "-+"},
    {"(2+exp(z))^(2/3)", 2, "-+"},
    {"(3+exp(z))^sqrt(3)", 1, "-+"},
    {"sqrt(1+exp(z))", 3, "-+"},
    {"sqrt(4+tanh(z))", 1, "-+"},
    {"z^80/(1+z^2)^40", 0.5, "-+"},
    {"log(1+exp(z))", 3, "-+"},
    {"log1p(exp(z))", 3, "-+"},
    {"log(2+exp(z))", 2, "-+"},
    {"log(1+z^2)", 0.9, "-+"},
    {"log(3+exp(-z)/z^2)", 1, "-+"},
    {"log1p(z^2)", 0.9, "-+"},
    {"log(2+tanh(z))", 1, "-+"},
    {"log(1/(1+z^2))", 0.5, "-+"},
    {"log(exp(z)*(1+z^2))", 0.5, "-+"},
    {"z*tanh(log(1+exp(z)))", 2, "-+"},
    {"1/cosh(z)", 1.5, "-+"},
    {"sinh(z)", 1, "-+"},
    {"cosh(z/2)-sinh(z)", 1, "-+"},
    {"tanh(z)", 1.5, "-+"},
    {"tanh(z^3)", 0.5, "-+"},
    {"tanh(exp(-z^2))", 1, "-+"},
    {"tanh(sqrt(2/pi)*(z+0.044715*z^3))", 2, "-+"},
    {"tanh(sinh(z))", 1, "-+"},
    {"tanh(1/(1+z^2))*z^2", 0.5, "-+"},
    {"tanh(sin(z))", 0.5, "-+"},
    {"sigmoid(z)", 3, "-+"},
    {"sigmoid(-z)", 3, "-+"},
    {"sigmoid(3*sin(z))", 0.5, "-+"},
    {"softplus(z)", 3, "-+"},
    {"softplus(-z)", 3, "-+"},
    {"softplus(z)^2+softplus(-2*z)", 1, "-+"},
    {"sin(tanh(z))", 1, "-+"},
    {"sin(z)*exp(-z^2)", 1, "-+"},
    {"cos(z^2)*exp(-z^2)", 1, "-+"},
    {"1/(2+sin(z))", 1, "-+"},
    {"tan(tanh(z))", 0.5, "-+"},
    {"expm1(z)", 1, "-+"},
    {"expm1(exp(-z))", 1, "+"},
    {"log1p(exp(-z))*exp(z)", 1, "-+"},
    {"1/log1p(exp(-z))", 1, "-+"},
    {"atan(z)", 0.9, "-+"},
    {"atan(exp(z))", 1.5, "-+"},
    {"asinh(z)", 0.9, "-+"},
    {"asinh(z^3)", 0.4, "-+"},
    {"erf(z)", 2, "-+"},
    {"erf(z/sqrt(2))", 2, "-+"},
    {"erf(exp(-z))", 1, "+"},
    {"erf(z+tanh(z))", 1, "-+"},
    {"erfc(z)", 2, "-+"},
    {"erfc(sin(z))", 1, "-+"},
    {"z*erfc(-z/sqrt(2))/2", 2, "-+"},
};

static void walk_sample(const sample *s, int side, slong R, double d, check_rng *rng)
{
    ew_context *ctx = ew_context_new();
    ew_expr *f = parse(s->text, ctx);
    ew_half S;
    ew_value v;
    acb_t z;
    half_init(&S, R, d);
    ew_value_init(&v);
    acb_init(z);
    ew_end_status status = ew_end_value(&v, f, side, &S, ctx);
    if (R == 32 && strchr(s->must, side > 0 ? '+' : '-') != NULL &&
        (status != EW_END_OK || !ew_growth_is_finite(&v.upper)))
        fail_msg("%s, side %d, d = %g: not bounded", s->text, side, d);
    for (slong i = check_trials(4); status == EW_END_OK && i > 0; i--) {
        random_point(z, rng, &S);
        check_at(&v, f, s->text, side, z);
    }
    ew_value_clear(&v);
    arb_clear(S.d);
    acb_clear(z);
    ew_expr_free(f);
    ew_context_free(ctx);
}

static void values_hold_on_the_half_strip(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "values");
    statements = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const double width[] = {samples[i].d, samples[i].d / 4, 0};
        for (int w = 0; w < 3; w++)
            for (int side = -1; side <= 1; side += 2) {
                walk_sample(&samples[i], side, 2, width[w], &rng);
                walk_sample(&samples[i], side, 32, width[w], &rng);
            }
    }
    assert_true(statements > 5000 * check_trials(4));
}

/* Re u changes sign and |Im u| is bounded: a dense walk finds the places where Re u = 0. */
static void oscillating_arguments(void **state)
{
    (void) state;
    const char *text[] = {"tanh(z+60*sin(z))", "sigmoid(z+60*sin(z))", "erf(z/60+sin(z))"};
    const double d[] = {0.02, 0.02, 1};
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        ew_context *ctx = ew_context_new();
        ew_expr *f = parse(text[i], ctx);
        ew_half S;
        ew_value v;
        acb_t z;
        half_init(&S, 32, d[i]);
        ew_value_init(&v);
        acb_init(z);
        assert_int_equal(ew_end_value(&v, f, 1, &S, ctx), EW_END_OK);
        assert_true(ew_growth_is_finite(&v.upper));
        for (int k = 0; k < 1500; k++) {
            acb_set_d_d(z, 32 + 0.02 * k, d[i]);
            check_at(&v, f, text[i], 1, z);
        }
        ew_value_clear(&v);
        arb_clear(S.d);
        acb_clear(z);
        ew_expr_free(f);
        ew_context_free(ctx);
    }
}

/* The value of text on x >= R, |y| <= d. */
static void value_of(ew_value *v, const char *text, int side, slong R, double d)
{
    ew_context *ctx = ew_context_new();
    ew_expr *f = parse(text, ctx);
    ew_half S;
    half_init(&S, R, d);
    ew_value_init(v);
    assert_int_equal(ew_end_value(v, f, side, &S, ctx), EW_END_OK);
    arb_clear(S.d);
    ew_expr_free(f);
    ew_context_free(ctx);
}

/* The laws found have the right exponents: exact mathematics. */
static void laws_are_sharp(void **state)
{
    (void) state;
    const struct {
        const char *text;
        int side;
        slong p, pden, q, qden;
    } want[] = {
        {"z/(1+exp(-z))", 1, 1, 1, 0, 1},
        {"z/(1+exp(-z))", -1, 1, 1, -1, 1},
        {"z/(1+exp(-1.702*z))", -1, 1, 1, -851, 500},
        {"exp(-z)/(1+exp(-z))^2", 1, 0, 1, -1, 1},
        {"exp(-z)/(1+exp(-z))^2", -1, 0, 1, -1, 1},
        {"(1+z^2)^(3/4)", 1, 3, 2, 0, 1},
        {"sqrt(1+exp(z))", 1, 0, 1, 1, 2},
        {"log(1+exp(z))", 1, 1, 1, 0, 1},
        {"log(1+exp(z))", -1, 0, 1, -1, 1},
        {"z^2/(1+z^2)", 1, 0, 1, 0, 1},
        {"log(1+exp(z))-z", 1, 0, 1, -1, 1},
        {"1-tanh(z)", 1, 0, 1, -2, 1},
        {"1/softplus(z)", -1, 0, 1, 1, 1},
        {"sigmoid(z)", -1, 0, 1, -1, 1},
        {"exp(z-tanh(z))", 1, 0, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ew_value v;
        fmpq_t p, q;
        value_of(&v, want[i].text, want[i].side, 8, 1);
        fmpq_init(p);
        fmpq_init(q);
        fmpq_set_si(p, want[i].p, (ulong) want[i].pden);
        fmpq_set_si(q, want[i].q, (ulong) want[i].qden);
        if (!fmpq_equal(v.upper.p, p) || !fmpq_equal(v.upper.q, q))
            fail_msg("%s: wrong law", want[i].text);
        fmpq_clear(p);
        fmpq_clear(q);
        ew_value_clear(&v);
    }
}

static void nothing_is_claimed_past_a_pole(void **state)
{
    (void) state;
    const struct {
        const char *text;
        int side;
        slong R;
        double d;
    } bad[] = {
        {"1/(1+exp(10-z))", 1, 8, 3.2},
        {"1/(z-50)", 1, 32, 0},
        {"1/sin(z)", 1, 32, 0.5},
        {"tan(z)", 1, 32, 0.5},
        {"1/(2+sin(z))", 1, 32, 1.4},
        {"tanh(sin(z))", 1, 8, 1.6},
        {"sqrt(z)", -1, 8, 0.5},
        {"log(z)", -1, 8, 0.5},
        {"log(tanh(z))", -1, 8, 0.5},
        {"exp(-exp(z))", 1, 8, 1.6},
        {"1/(z^2-100)", 1, 8, 0.1},
        {"log(1+exp(z))", 1, 8, 3.2},
        {"atan(sin(z))", 1, 8, 1.2},
        {"asinh(2*sin(z))", 1, 8, 1},
        {"tanh(z+60*sin(z))", 1, 32, 0.05},
        {"log(exp(sqrt(2)*z))", 1, 8, 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ew_context *ctx = ew_context_new();
        ew_expr *f = parse(bad[i].text, ctx);
        ew_half S;
        ew_value v;
        half_init(&S, bad[i].R, bad[i].d);
        ew_value_init(&v);
        if (ew_end_value(&v, f, bad[i].side, &S, ctx) == EW_END_OK &&
            ew_growth_is_finite(&v.upper))
            fail_msg("%s: bounded", bad[i].text);
        ew_value_clear(&v);
        arb_clear(S.d);
        ew_expr_free(f);
        ew_context_free(ctx);
    }
}

/* sup x^p e^{qx} over x >= R against a fine walk. */
static void suprema(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "suprema");
    for (slong trial = check_trials(200); trial > 0; trial--) {
        ew_growth g;
        arb_t s, best, x, t;
        ew_growth_init(&g);
        arb_init(s);
        arb_init(best);
        arb_init(x);
        arb_init(t);
        slong R = check_range(&rng, 1, 16);
        arb_set_si(g.c, check_range(&rng, 1, 9));
        fmpq_set_si(g.p, check_range(&rng, -8, 8), 2);
        fmpq_set_si(g.q, check_range(&rng, -6, 0), 5);
        ew_growth_sup(s, &g, R);
        for (int i = 0; i < 400; i++) {
            arb_set_d(x, (double) R + i / 8.0);
            law_at(t, &g, x);
            arb_max(best, best, t, PREC);
        }
        if (fmpq_sgn(g.q) == 0 && fmpq_sgn(g.p) > 0) {
            assert_false(arb_is_finite(s));
        } else {
            assert_false(arb_lt(s, best));
            arb_mul_ui(best, best, 101, PREC);
            arb_div_ui(best, best, 100, PREC);
            assert_true(arb_lt(s, best));
        }
        ew_growth_clear(&g);
        arb_clear(s);
        arb_clear(best);
        arb_clear(x);
        arb_clear(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_hold_on_the_half_strip),
        cmocka_unit_test(oscillating_arguments),
        cmocka_unit_test(laws_are_sharp),
        cmocka_unit_test(nothing_is_claimed_past_a_pole),
        cmocka_unit_test(suprema),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
