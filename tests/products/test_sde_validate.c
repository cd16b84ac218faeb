/* Finite networks against the laws of their limits. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/sde_law.h"
#include "products/sde_validate.h"

static ew_context *ctx;
static ew_expr *zero, *one, *minus, *fifth;
static ew_scalar gram[3], unit;

static ew_setting inputs(slong m)
{
    return (ew_setting){
        .inputs = m, .gram = gram, .lambda_w = {1, &unit}, .lambda_b = {1, &unit}};
}

static ew_activation *parse(const char *text)
{
    ew_activation *s = NULL;
    check_ok(ctx, ew_activation_new(&s, text, ctx));
    return s;
}

static double value(const ew_activation *s, double z)
{
    ew_expr *x, *at;
    arb_t y;
    fmpq_t q;
    arb_init(y);
    fmpq_init(q);
    arb_set_d(y, z);
    arf_get_fmpq(q, arb_midref(y));
    x = ew_expr_num(q, ctx);
    at = ew_expr_substitute(s->expr, x, ctx);
    ew_expr_constant(y, at, 100);
    double v = arf_get_d(arb_midref(y), ARF_RND_NEAR);
    ew_expr_free(x);
    ew_expr_free(at);
    arb_clear(y);
    fmpq_clear(q);
    return v;
}

/* s(x) = S phi(x/S), S = a sqrt(n), phi centred and normalised; s_+- = 1 + c_+-/sqrt(n). */
static void test_activation(void **state)
{
    (void) state;
    ew_activation *softplus = parse("softplus"), *s;
    ew_expr *two = ew_expr_si(2, ctx);
    const ew_sde_model smooth = {
        .shaping = EW_SHAPING_SMOOTH, .activation = softplus, .a = two};
    check_ok(ctx, ew_sde_network_activation(&s, &smooth, 9, ctx));
    for (double z = -3; z <= 3; z += 0.75) {
        double want = 6 * (log1p(exp(z / 6)) - log(2)) / 0.5;
        assert_true(fabs(value(s, z) - want) < 1e-14 * (1 + fabs(want)));
    }
    ew_activation_free(s);
    const ew_sde_model relu = {.shaping = EW_SHAPING_RELU, .c_plus = one, .c_minus = minus};
    check_ok(ctx, ew_sde_network_activation(&s, &relu, 16, ctx));
    assert_true(value(s, 2) == 2.5 && value(s, -2) == -1.5);
    ew_activation_free(s);
    const ew_sde_model none = {.activation = softplus};
    check_ok(ctx, ew_sde_network_activation(&s, &none, 16, ctx));
    assert_true(fabs(value(s, 1) - log1p(M_E)) < 1e-15);
    ew_activation_free(s);
    ew_activation_free(softplus);
    ew_expr_free(two);
}

static ew_sde_validation *validate(const ew_sde_model *model, const ew_sde_validate_options *o,
                                   int threads)
{
    ew_sde_validation *v;
    ew_setting net = inputs(model->inputs);
    ctx->threads = threads;
    check_ok(ctx, ew_sde_validate(&v, model, &net, o, ctx));
    ctx->threads = 1;
    return v;
}

static const uint64_t width[] = {8, 12, 16, 24};

/* Two inputs: pass, whatever the threads; distances shrink to the noise. */
static void test_relu(void **state)
{
    (void) state;
    const ew_sde_model model = {
        .shaping = EW_SHAPING_RELU, .c_plus = zero, .c_minus = minus, .inputs = 2};
    const ew_sde_validate_options o = {
        .time = 1, .widths = 4, .width = width, .samples = 3000, .seed = 1};
    ew_sde_validation *v = validate(&model, &o, 1), *w = validate(&model, &o, 3);
    assert_int_equal(v->statistics, 2);
    assert_int_equal(v->checks, 10);
    assert_int_equal(v->depth[3], 25);
    assert_int_equal(v->verdict, EW_PASS);
    check_ok(ctx, ew_sde_validation_status(v, ctx));
    assert_string_equal(v->statistic[1].name, "rho");
    for (slong i = 0; i < 8; i++)
        assert_memory_equal(v->sample[i], w->sample[i], 3000 * sizeof(double));
    for (slong s = 0; s < 2; s++) {
        assert_true(v->distance[4 * s + 3] < 0.06);
        for (slong i = 1; i < 3000; i++)
            assert_true(v->sample[4 * s][i - 1] <= v->sample[4 * s][i]);
    }
    /* theory.md: V is a geometric Brownian motion. */
    assert_true(fabs(v->statistic[0].quantile[2] - exp(-1)) < 1e-5);
    ew_sde_validation_free(v);
    ew_sde_validation_free(w);
}

/* Smooth: the limit is not that of another a; networks tell them apart. */
static void test_smooth(void **state)
{
    (void) state;
    ew_activation *s = parse("tanh");
    ew_expr *two = ew_expr_si(2, ctx);
    ew_sde_model model = {.shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 1};
    const ew_sde_validate_options o = {
        .time = 1, .widths = 4, .width = width, .samples = 4000, .seed = 2};
    ew_sde_validation *v = validate(&model, &o, 1);
    assert_int_equal(v->verdict, EW_PASS);
    model.a = two;
    ew_sde *other;
    ew_sde_statistic wrong = {0};
    const double v0 = 1;
    check_ok(ctx, ew_sde_derive(&other, &model, ctx));
    check_ok(ctx, ew_sde_statistic_law(&wrong, other, 0, &v0, 1, 0, ctx));
    uint64_t below = 0;
    while (v->sample[3][below] <= wrong.quantile[4])
        below++;
    assert_true((double) below / 4000 - 0.95 > 0.02);
    ew_marginal_free(wrong.marginal);
    ew_sde_free(other);
    ew_sde_validation_free(v);
    ew_expr_free(two);
    ew_activation_free(s);
}

/* Explicit weights have the same law. */
static void test_network(void **state)
{
    (void) state;
    ew_activation *s = parse("softplus");
    const ew_sde_model model = {
        .shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 2};
    const ew_sde_validate_options o = {
        .time = 0.5, .widths = 4, .width = width, .samples = 1000, .seed = 3, .network = 1};
    ew_sde_validation *v = validate(&model, &o, 1);
    assert_int_equal(v->verdict, EW_PASS);
    /* rho does not move by itself: its law is that of paths. */
    assert_true(v->statistic[1].marginal == NULL && v->statistic[1].paths > 0);
    ew_sde_validation_free(v);
    ew_activation_free(s);
}

static void test_refused(void **state)
{
    (void) state;
    const ew_sde_model model = {
        .shaping = EW_SHAPING_RELU, .c_plus = zero, .c_minus = minus, .inputs = 2};
    ew_setting net = inputs(2);
    ew_sde_validation *v;
    ew_sde_validate_options o = {.widths = 3, .width = width};
    check_status(ctx, ew_sde_validate(&v, &model, &net, &o, ctx), EW_USAGE);
    o = (ew_sde_validate_options){.widths = 4, .width = width, .time = 0.3};
    check_status(ctx, ew_sde_validate(&v, &model, &net, &o, ctx), EW_USAGE);
    net.inputs = 3;
    check_status(ctx, ew_sde_validate(&v, &model, &net, &o, ctx), EW_UNABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activation), cmocka_unit_test(test_relu),
        cmocka_unit_test(test_smooth),     cmocka_unit_test(test_network),
        cmocka_unit_test(test_refused),
    };
    ctx = ew_context_new();
    zero = ew_expr_si(0, ctx);
    one = ew_expr_si(1, ctx);
    minus = ew_expr_si(-1, ctx);
    fifth = ew_expr_2(EW_DIV, ew_expr_si(1, ctx), ew_expr_si(5, ctx), ctx);
    gram[0].e = gram[2].e = unit.e = one;
    gram[1].e = fifth;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_expr_free(zero);
    ew_expr_free(one);
    ew_expr_free(minus);
    ew_expr_free(fifth);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
