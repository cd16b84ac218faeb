/* Laws by the Fokker-Planck equation against closed forms. */
#include "support/check.h"

#include <math.h>

#include "readings/sde/closed_form.h"
#include "readings/sde/exponential.h"
#include "readings/sde/fokker_planck.h"

static ew_context *ctx;

/* x = log V, dV = (g V + c V^2) dt + sqrt(2) V dB. */
static void variance(double *drift, double *spread, const double *x, size_t n, double t,
                     const void *data)
{
    const ew_variance_form *f = data;
    (void) t;
    for (size_t i = 0; i < n; i++) {
        drift[i] = f->g - 1 + f->c * exp(x[i]);
        spread[i] = 1;
    }
}

static ew_scalar_law *law_of(const ew_variance_form *f, double v0, double time)
{
    ew_scalar_law *law;
    ew_fokker_planck p = {.coefficients = variance,
                          .data = f,
                          .time = time,
                          .x0 = log(v0),
                          .scale = 1,
                          .lower = -INFINITY,
                          .upper = f->c > 0 ? log(1e8 / f->c) : INFINITY,
                          .open = f->c > 0};
    check_ok(ctx, ew_fokker_planck_solve(&law, &p, 1e-5, ctx));
    assert_true(law->error <= 1e-5);
    for (size_t i = 0; i < law->n; i++) {
        assert_true(law->density[i] >= 0);
        assert_true(i == 0 || law->distribution[i] >= law->distribution[i - 1]);
    }
    assert_true(fabs(law->distribution[law->n - 1] + law->exploded - 1) < 1e-12);
    return law;
}

static void test_geometric(void **state)
{
    (void) state;
    static const double time[] = {0.01, 1, 10};
    for (int k = 0; k < 3; k++)
        for (double g = -1; g <= 1; g++) {
            ew_variance_form f = {g, 0};
            ew_scalar_law *law = law_of(&f, 2, time[k]);
            for (double z = -3; z <= 3; z += 0.37) {
                double x = log(2) + (g - 1) * time[k] + z * sqrt(2 * time[k]);
                double want = exp(-z * z / 2) / sqrt(4 * M_PI * time[k]);
                double most = 1 / sqrt(4 * M_PI * time[k]);
                assert_true(fabs(ew_scalar_law_density(law, x) - want) < 1e-5 * most);
                want = 0.5 * erfc(-z / sqrt(2));
                assert_true(fabs(ew_scalar_law_distribution(law, x) - want) < 1e-6);
                assert_true(fabs(ew_geometric_distribution(&f, 2, exp(x), time[k]) - want) <
                            1e-14);
                assert_true(fabs(ew_scalar_law_quantile(law, want) - x) < 1e-4 * sqrt(time[k]));
            }
            ew_scalar_law_free(law);
        }
}

static double inverse(double x, const void *data)
{
    (void) data;
    return exp(-x);
}

/* E 1/V is a linear equation's: beta = -2, V_0 = 1: 1 + 2 t; beta = -3: 3 - 2 e^-t. */
static void test_inverse(void **state)
{
    (void) state;
    for (int k = 2; k <= 3; k++) {
        ew_variance_form f = {k, -k};
        ew_scalar_law *law = law_of(&f, 1, 0.7);
        double want = k == 2 ? 1 + 2 * 0.7 : 3 - 2 * exp(-0.7);
        assert_true(fabs(ew_scalar_law_mean(law, inverse, NULL) / want - 1) < 1e-5);
        assert_true(fabs(ew_inverse_mean(&f, 1, 0.7) / want - 1) < 1e-14);
        ew_scalar_law_free(law);
    }
    /* theory.md: q_0 = 0, E q = -a_1 (e^(2t) - 1)/2. */
    ew_variance_form unshaped = {0, -2 / 3.};
    assert_true(fabs(ew_inverse_mean(&unshaped, INFINITY, 0.5) - (M_E - 1) / 3) < 1e-15);
}

/* beta = -3: a gamma law of shape 2 and rate 3, P(V <= v) = 1 - (1 + 3v) e^(-3v). */
static void test_stationary(void **state)
{
    (void) state;
    ew_variance_form f = {3, -3};
    double shape, rate;
    assert_int_equal(ew_stationary_law(&shape, &rate, &f), 1);
    assert_true(shape == 2 && rate == 3);
    ew_scalar_law *law = law_of(&f, 1, 20);
    for (double v = 0.05; v < 4; v *= 1.5) {
        double want = 1 - (1 + 3 * v) * exp(-3 * v);
        assert_true(fabs(ew_scalar_law_distribution(law, log(v)) - want) < 2e-6);
        assert_true(fabs(ew_gamma_distribution(v, shape, rate) - want) < 1e-14);
    }
    ew_scalar_law_free(law);
    ew_variance_form null = {1, -1}, none = {-1, 1};
    assert_int_equal(ew_stationary_law(&shape, &rate, &null), 0);
    assert_int_equal(ew_stationary_law(&shape, &rate, &none), 0);
}

/* beta = 1, V_0 = 1: gamma(2, 1)/Gamma(2) = 1 - 2/e of the mass explodes, most of it before 12.
 */
static void test_explosion(void **state)
{
    (void) state;
    ew_variance_form f = {-1, 1};
    double want = 1 - 2 / M_E;
    assert_true(fabs(ew_explosion_probability(&f, 1) - want) < 1e-15);
    ew_scalar_law *law = law_of(&f, 1, 12);
    assert_true(fabs(law->exploded - want) < 2e-6);
    assert_true(isinf(ew_scalar_law_quantile(law, 0.9)));
    ew_scalar_law_free(law);
    /* dV = V^2 dt + sqrt(2) V dB: 1 - e^(-V_0). */
    ew_variance_form unshaped = {0, 1};
    assert_true(fabs(ew_explosion_probability(&unshaped, 0.3) + expm1(-0.3)) < 1e-15);
}

/* Two states: e^(tA) is known. */
static void test_exponential(void **state)
{
    (void) state;
    ew_births *b;
    check_ok(ctx, ew_births_new(&b, 2, ctx));
    b->up[0] = 3;
    b->down[1] = 5;
    for (double t = 1e-6; t < 1e9; t *= 7) {
        double p[2] = {1, 0}, work[10];
        ew_births_move(p, b, t, work);
        assert_true(fabs(p[1] + 3 / 8. * expm1(-8 * t)) < 1e-13);
        assert_true(fabs(p[0] + p[1] - 1) < 1e-13);
    }
    ew_births_free(b);
}

/* No noise, a wall on the wrong side, too long a time: refused, not solved. */
static void still(double *drift, double *spread, const double *x, size_t n, double t,
                  const void *data)
{
    (void) x;
    (void) t;
    for (size_t i = 0; i < n; i++) {
        drift[i] = 1;
        spread[i] = data ? 1 : 0;
    }
}

static void test_refused(void **state)
{
    (void) state;
    ew_scalar_law *law;
    ew_fokker_planck p = {
        .coefficients = still, .time = 1, .scale = 1, .lower = -INFINITY, .upper = INFINITY};
    check_status(ctx, ew_fokker_planck_solve(&law, &p, 1e-5, ctx), EW_DOMAIN);
    p.data = &p;
    p.time = 1e9;
    check_status(ctx, ew_fokker_planck_solve(&law, &p, 1e-5, ctx), EW_UNABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometric),   cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_stationary),  cmocka_unit_test(test_explosion),
        cmocka_unit_test(test_exponential), cmocka_unit_test(test_refused),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
