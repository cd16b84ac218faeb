/* Ensembles of paths: independence of threads, moments in closed form, explosions. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sde/closed_form.h"
#include "readings/sde/ensemble.h"

static ew_context *ctx;

/* dV = beta V (V - 1) dt + sqrt(2) V dB. */
static void smooth(double *b, const double *v, double t, const void *data)
{
    (void) t;
    for (int i = 0; i < EW_BLOCK; i++)
        b[i] = *(const double *) data * v[i] * (v[i] - 1);
}

static ew_path_ensemble *run(const ew_motion *o, const double *v0,
                             const ew_path_ensemble_options *opt, int threads)
{
    ew_path_ensemble *e;
    ctx->threads = threads;
    check_ok(ctx, ew_path_ensemble_run(&e, o, v0, opt, ctx));
    return e;
}

static void test_threads(void **state)
{
    (void) state;
    const double v0[3] = {1, 0.3, 2};
    ew_motion o = {.fields = 2};
    for (int scheme = 0; scheme < 2; scheme++) {
        ew_path_ensemble_options opt = {
            .time = 1, .paths = 3000, .steps = 10, .seed = 5, .scheme = (ew_scheme) scheme};
        ew_path_ensemble *a = run(&o, v0, &opt, 1), *b = run(&o, v0, &opt, 3);
        assert_memory_equal(a->v, b->v, 3 * 3000 * sizeof(double));
        /* Any block by itself. */
        ew_paths *p;
        check_ok(ctx, ew_paths_new(&p, &o, (ew_scheme) scheme, 0.1, ctx));
        ew_paths_start(p, v0, 0, 5, 5 * EW_BLOCK);
        ew_paths_advance(p, 10);
        for (int k = 0; k < 3; k++)
            assert_memory_equal(ew_paths_state(p) + k * EW_BLOCK,
                                a->v + k * 3000 + 5 * EW_BLOCK, EW_BLOCK * sizeof(double));
        ew_paths_free(p);
        ew_path_ensemble_free(a);
        ew_path_ensemble_free(b);
    }
    ctx->threads = 1;
}

/* Without drift E V_11 V_22 and E V_12^2 obey x' = 2y, y' = x + y. */
static void test_moments(void **state)
{
    (void) state;
    const double v0[3] = {1, 0.5, 1}, t = 0.25;
    ew_motion o = {.fields = 2};
    ew_path_ensemble_options opt = {.time = t, .paths = 100000, .steps = 8, .seed = 1};
    ew_path_ensemble *e = run(&o, v0, &opt, 2);
    double *product = malloc(e->paths * sizeof *product), *x = e->v, *y = x + e->paths,
           *z = y + e->paths;
    assert_non_null(product);
    /* eigenvalues 2 and -1 of [[0, 2], [1, 1]], eigenvectors (1, 1) and (2, -1). */
    double p = (1 + 2 * 0.25) / 3, q = (1 - 0.25) / 3;
    const double want[3] = {p * exp(2 * t) + 2 * q * exp(-t), p * exp(2 * t) - q * exp(-t), 1};
    for (int k = 0; k < 3; k++) {
        ew_summary s;
        for (uint64_t i = 0; i < e->paths; i++)
            product[i] = k == 0 ? x[i] * z[i] : k == 1 ? y[i] * y[i] : x[i];
        ew_summarise(&s, product, e->paths);
        assert_true(fabs(s.mean - want[k]) < 4 * s.mean_se && s.mean_se < 0.02);
    }
    free(product);
    ew_path_ensemble_free(e);
}

/* E e^(-V_1) for beta = -2, V_0 = 1, by another program's Crank-Nicolson scheme for
 * Kolmogorov's backward equation. */
#define LAPLACE 0.559571

static double error_of(ew_scheme scheme, uint64_t steps, double *se)
{
    const double v0 = 1, beta = -2;
    ew_motion o = {.fields = 1, .drift = smooth, .data = &beta};
    ew_path_ensemble_options opt = {
        .time = 1, .paths = 100000, .steps = steps, .seed = 3, .scheme = scheme};
    ew_path_ensemble *e = run(&o, &v0, &opt, 2);
    ew_summary s;
    for (uint64_t i = 0; i < e->paths; i++)
        e->v[i] = exp(-e->v[i]);
    ew_summarise(&s, e->v, e->paths);
    ew_path_ensemble_free(e);
    *se = s.mean_se;
    return s.mean - LAPLACE;
}

/* Half the step: half the error of Euler and Maruyama, which is that of the second scheme at a
 * sixteenth of the steps and less. */
static void test_weak_order(void **state)
{
    (void) state;
    double se, a = error_of(EW_SCHEME_EULER, 64, &se), b = error_of(EW_SCHEME_EULER, 128, &se);
    assert_true(a > 10 * se && a / b > 1.4 && a / b < 2.8);
    double c = error_of(EW_SCHEME_SECOND, 4, &se), d = error_of(EW_SCHEME_SECOND, 16, &se);
    assert_true(fabs(c) < 0.002 + 3 * se && fabs(d) < 3.5 * se);
}

/* beta = 1 from V = 1: 1 - 2/e of the paths explode in the end. */
static void test_explosion(void **state)
{
    (void) state;
    const double v0 = 1, beta = 1;
    ew_motion o = {.fields = 1, .drift = smooth, .data = &beta};
    ew_path_ensemble_options opt = {.time = 12, .paths = 10000, .steps = 600, .seed = 2};
    ew_path_ensemble *e = run(&o, &v0, &opt, 2);
    double n = 0, early = 0, p = 1 - 2 / M_E;
    for (uint64_t i = 0; i < e->paths; i++) {
        n += isfinite(e->end[i]);
        early += e->end[i] <= 1;
        assert_true(isfinite(e->end[i]) == isnan(e->v[i]));
        assert_true(isinf(e->end[i]) || (e->end[i] > 0 && e->end[i] <= 12 + 1e-9));
    }
    n /= (double) e->paths;
    early /= (double) e->paths;
    double se = sqrt(p * (1 - p) / (double) e->paths);
    assert_true(fabs(early - 0.14183) < 4 * se);
    assert_true(fabs(n - p) < 4 * se);
    ew_path_ensemble_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_weak_order),
        cmocka_unit_test(test_explosion),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
