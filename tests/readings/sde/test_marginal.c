/* Laws of single entries of derived equations. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sde/closed_form.h"
#include "readings/sde/derive.h"
#include "readings/sde/ensemble.h"
#include "readings/sde/marginal.h"

static ew_context *ctx;
static ew_expr *zero, *one, *minus;

static ew_activation *parse(const char *text)
{
    ew_activation *s = NULL;
    check_ok(ctx, ew_activation_new(&s, text, ctx));
    return s;
}

static ew_sde *derive(const ew_sde_model *model)
{
    ew_sde *sde = NULL;
    check_ok(ctx, ew_sde_derive(&sde, model, ctx));
    return sde;
}

static ew_marginal *law(const ew_sde *sde, slong field, double from, double time)
{
    ew_marginal *m;
    check_ok(ctx, ew_marginal_new(&m, sde, field, from, time, 1e-5, ctx));
    return m;
}

static const ew_sde_model relu = {.shaping = EW_SHAPING_RELU, .inputs = 2};

static ew_sde *relu_pair(void)
{
    ew_sde_model m = relu;
    m.c_plus = zero;
    m.c_minus = minus;
    return derive(&m);
}

/* The law of the correlation against that of paths of the covariances: Kolmogorov and Smirnov's
 * distance. */
static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void test_correlation(void **state)
{
    (void) state;
    ew_sde *two = relu_pair(), *rho;
    check_ok(ctx, ew_sde_correlation(&rho, two, ctx));
    assert_int_equal(rho->state, EW_SDE_CORRELATION);
    ew_motion o;
    check_ok(ctx, ew_motion_of(&o, two, ctx));
    static const double start[] = {0.2, -0.9, -1};
    for (int k = 0; k < 3; k++) {
        const double v0[3] = {1, 2 * start[k], 4};
        ew_path_ensemble_options opt = {
            .time = 1, .paths = 10000, .steps = k == 2 ? 300 : 40, .seed = 1};
        ew_path_ensemble *e;
        ew_marginal *m = law(rho, 0, start[k], 1);
        check_ok(ctx, ew_path_ensemble_run(&e, &o, v0, &opt, ctx));
        double most = 0, n = (double) e->paths, *x = malloc(e->paths * sizeof *x);
        assert_non_null(x);
        for (uint64_t i = 0; i < e->paths; i++)
            x[i] = ew_path_ensemble_correlation(e, 0, 1, i);
        qsort(x, e->paths, sizeof *x, ascending);
        for (uint64_t i = 0; i < e->paths; i++) {
            double p = ew_marginal_distribution(m, x[i]);
            most = fmax(most, fmax(fabs(p - (double) i / n), fabs(p - (double) (i + 1) / n)));
        }
        /* The probability of more is 2 e^(-2 n d^2). */
        if (!(most < sqrt(log(2 / 1e-5) / (2 * n))))
            fail_msg("from %g: KS %g", start[k], most);
        free(x);
        ew_path_ensemble_free(e);
        ew_marginal_free(m);
    }
    ew_marginal *m;
    check_status(ctx, ew_marginal_new(&m, rho, 0, 1, 1, 1e-5, ctx), EW_DOMAIN);
    check_status(ctx, ew_marginal_new(&m, rho, 0, 1.1, 1, 1e-5, ctx), EW_DOMAIN);
    check_status(ctx, ew_marginal_new(&m, rho, 0, 0.5, -1, 1e-5, ctx), EW_DOMAIN);
    ew_sde_free(two);
    ew_sde_free(rho);
}

/* Log-normal with E V = V_0; tanh: beta = -2. */
static void test_variance(void **state)
{
    (void) state;
    ew_sde *two = relu_pair();
    ew_marginal *m = law(two, 1, 3, 0.5);
    for (double v = 0.1; v < 20; v *= 1.7)
        assert_true(fabs(ew_marginal_distribution(m, v) -
                         0.5 * erfc(-(log(v / 3) + 0.5) / sqrt(2))) < 2e-6);
    assert_true(fabs(ew_marginal_moment(m, 1) - 3) < 1e-4);
    ew_marginal_free(m);
    ew_sde_free(two);
    ew_activation *s = parse("tanh");
    const ew_sde_model tanh = {
        .shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 1};
    ew_sde *sde = derive(&tanh);
    ew_variance_form f;
    assert_int_equal(ew_variance_form_of(&f, sde, 0), 1);
    assert_true(fabs(f.c + 2) < 1e-12 && f.g == -f.c);
    m = law(sde, 0, 1, 1);
    assert_true(fabs(ew_marginal_moment(m, -1) - 3) < 1e-4);
    ew_marginal_free(m);
    ew_sde_free(sde);
    ew_activation_free(s);
}

/* k from infinity: E 1/k = -a_1 (e^(2t) - 1)/2, tanh: a_1 = -2. */
static void test_unshaped(void **state)
{
    (void) state;
    ew_activation *s = parse("tanh");
    const ew_sde_model model = {.shaping = EW_SHAPING_NONE, .activation = s, .inputs = 1};
    ew_sde *sde = derive(&model);
    ew_variance_form f;
    assert_int_equal(ew_variance_form_of(&f, sde, 0), 1);
    assert_true(f.g == 0 && fabs(f.c + 2) < 1e-12);
    for (double t = 0.01; t < 2; t *= 5) {
        ew_marginal *m = law(sde, 0, INFINITY, t);
        double want = expm1(2 * t), got = ew_marginal_moment(m, -1);
        if (!(fabs(got / want - 1) < 2e-4))
            fail_msg("t = %g: E 1/k = %.8g, not %.8g", t, got, want);
        ew_marginal_free(m);
    }
    ew_sde_free(sde);
    ew_activation_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_correlation),
        cmocka_unit_test(test_variance),
        cmocka_unit_test(test_unshaped),
    };
    ctx = ew_context_new();
    zero = ew_expr_si(0, ctx);
    one = ew_expr_si(1, ctx);
    minus = ew_expr_si(-1, ctx);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_expr_free(zero);
    ew_expr_free(one);
    ew_expr_free(minus);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
