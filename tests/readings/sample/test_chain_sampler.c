#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/sample.h"
#include "readings/sample/semidefinite.h"
#include "support/sample_check.h"
#include "support/sample_network.h"

static const char *const K_OF[] = {"a.a"}, *const THETA_OF[] = {"a1.a1"};
static const char *const V_OF[] = {"a.a", "a.a"}, *const D_OF[] = {"a.a", "a1.a1"};
static const char *const F_OF[] = {"a.a1", "a.a1"}, *const A_OF[] = {"a1.a1", "a2.a2"};
static const char *const B_OF[] = {"a1.a2", "a1.a2"};

/* The mean over the batches, with its own error. */
static ew_estimate batch_value(const ew_sample_table *t, slong layer, const char *const *of,
                               slong n)
{
    slong term = ew_sample_term(t, of, n);
    double sum = 0, square = 0, b = (double) t->batches;
    for (slong k = 0; k < t->batches; k++) {
        double x = t->batch[(k * t->layers + layer - 1) * t->terms + term];
        sum += x / b;
        square += x * x / b;
    }
    return (ew_estimate){sum, sqrt((square - sum * sum) / (b - 1))};
}

/* theory.md section 5: with C_W = 2, K = 1 the layer-(L+1) covariance is a product of L
 * independent means of n copies of 2 max(g,0)^2, with mean 1 and second moment 6: E = 1 and Var
 * = (1 + 5/n)^L - 1. */
static void test_relu(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 5, ctx);
    const uint64_t width[] = {1, 7, 50, 700};
    for (int i = 0; i < 4; i++) {
        ew_sample_options opt = {
            .width = width[i], .samples = i == 3 ? 2000 : 20000, .seed = 11};
        ew_sample_table *table;
        check_ok(ctx, ew_sample_chain(&table, &t.net, &opt, ctx));
        assert_int_equal(table->terms, 2);
        for (slong l = 1; l <= (width[i] == 1 ? 2 : 5); l++) {
            double n = (double) width[i];
            sample_near(sample_value(table, l, K_OF, 1), 1, "K", l);
            sample_near(sample_value(table, l, V_OF, 2), pow(1 + 5 / n, (double) (l - 1)) - 1,
                        "V", l);
            sample_near(batch_value(table, l, V_OF, 2), pow(1 + 5 / n, (double) (l - 1)) - 1,
                        "V", l);
        }
        ew_sample_free(table);
    }
    network_clear(&t);
}

/* A linear network with C_W = lambda_W = 1, C_b = lambda_b = 0 and K = 1: s = z, s' = 1.  One
 * layer takes (Ghat_zz, Ghat_11) to means of z^2 and z^2 + y^2, with rows (z, y1, y2) ~ N(0,
 * Ghat); Theta_l = l.  At layer 2 Ghat^(1) is the identity, so that n times the covariances are
 * those of one row: var z^2 = 2, cov(z^2, z^2 + y1^2) = 2, var(z y1) = 1, cov(z^2 + y1^2, z^2 +
 * y2^2) = 2, var(y1 y2) = 1.  At every layer E Ghat_zz = 1, E Ghat_11 = l, and Var Ghat_zz =
 * (1+2/n)^(l-1) - 1 since E (mean z^2)^2 = G^2 (1 + 2/n). */
static void test_linear(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "z", "1", "0", "1", "1", 4, ctx);
    ew_sample_options opt = {.width = 24, .samples = 20000, .seed = 5, .descent = 1};
    ew_sample_table *table;
    check_ok(ctx, ew_sample_chain(&table, &t.net, &opt, ctx));
    assert_int_equal(table->terms, 7);
    for (slong l = 1; l <= 4; l++) {
        sample_near(sample_value(table, l, K_OF, 1), 1, "K", l);
        sample_near(sample_value(table, l, THETA_OF, 1), (double) l, "Theta", l);
        sample_near(sample_value(table, l, V_OF, 2), pow(1 + 2 / 24.0, (double) (l - 1)) - 1,
                    "V", l);
    }
    sample_near(sample_value(table, 2, D_OF, 2), 2 / 24.0, "D", 2);
    sample_near(sample_value(table, 2, F_OF, 2), 1 / 24.0, "F", 2);
    sample_near(sample_value(table, 2, A_OF, 2), 2 / 24.0, "A", 2);
    sample_near(sample_value(table, 2, B_OF, 2), 1 / 24.0, "B", 2);
    sample_near(batch_value(table, 2, D_OF, 2), 2 / 24.0, "D over batches", 2);
    sample_near(batch_value(table, 2, F_OF, 2), 1 / 24.0, "F over batches", 2);
    ew_sample_free(table);
    network_clear(&t);
}

/* theory.md section 5, the printed second-order numbers: tanh, layer 3, at n = 16. */
static void test_tanh(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 3, ctx);
    ew_sample_options opt = {.width = 16, .samples = 40000, .seed = 8, .descent = 1};
    ew_sample_table *table;
    check_ok(ctx, ew_sample_chain(&table, &t.net, &opt, ctx));
    double x = 1 / 16.0;
    sample_near(sample_value(table, 3, V_OF, 2), x * (.0678074938 - .0037444231 * x), "V", 3);
    sample_near(sample_value(table, 3, D_OF, 2), x * (-.0096815854 + .0227520599 * x), "D", 3);
    sample_near(sample_value(table, 3, F_OF, 2), x * (.0802460694 - .0080894361 * x), "F", 3);
    ew_sample_free(table);
    network_clear(&t);
}

static void same_tables(const ew_sample_table *x, const ew_sample_table *y)
{
    size_t n = (size_t) (x->layers * x->terms);
    assert_memory_equal(x->value, y->value, n * sizeof *x->value);
    assert_memory_equal(x->batch, y->batch, (size_t) x->batches * n * sizeof *x->batch);
}

/* The same bits for every number of threads. */
static void test_threads(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 4, ctx);
    const uint64_t width[] = {13, 600};
    for (int i = 0; i < 2; i++) {
        ew_sample_options opt = {.width = width[i], .samples = 700, .seed = 2, .descent = 1};
        ew_sample_table *one, *more;
        ew_context_set_threads(ctx, 1);
        check_ok(ctx, ew_sample_chain(&one, &t.net, &opt, ctx));
        for (int threads = 2; threads <= 3; threads++) {
            ew_context_set_threads(ctx, threads);
            check_ok(ctx, ew_sample_chain(&more, &t.net, &opt, ctx));
            same_tables(one, more);
            ew_sample_free(more);
        }
        ew_sample_free(one);
    }
    ew_context_set_threads(ctx, 1);
    network_clear(&t);
}

/* One sample alone has the same bits as in company. */
static void test_alone(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "1/10", "1", "1", 4, ctx);
    ew_sample_options four = {.width = 20, .samples = 4, .first = 100, .seed = 2, .descent = 1};
    ew_sample_table *all, *alone;
    check_ok(ctx, ew_sample_chain(&all, &t.net, &four, ctx));
    double mean = 0;
    for (uint64_t k = 0; k < 4; k++) {
        ew_sample_options one = {
            .width = 20, .samples = 1, .first = 100 + k, .seed = 2, .descent = 1};
        check_ok(ctx, ew_sample_chain(&alone, &t.net, &one, ctx));
        ew_estimate e = sample_value(alone, 4, K_OF, 1);
        assert_true(isnan(e.se) && isnan(sample_value(alone, 4, V_OF, 2).mean));
        mean += e.mean / 4;
        ew_sample_free(alone);
    }
    assert_true(fabs(mean - sample_value(all, 4, K_OF, 1).mean) < 1e-15);
    ew_sample_free(all);
    network_clear(&t);
}

static void test_cholesky(void **state)
{
    (void) state;
    double l[9];
    const double g[6] = {4, 2, -2, 5, 1, 11}; /* (2), (1, 2), (-1, 1, 3) */
    const double want[9] = {2, 0, 0, 1, 2, 0, -1, 1, 3};
    ew_semidefinite_cholesky(l, g, 3);
    assert_memory_equal(l, want, sizeof l);
    /* (1, 2, 3) (1, 2, 3)^T / 10 and a zero row: rank one. */
    const double h[6] = {.1, .2, .3, .4, .6, .9};
    ew_semidefinite_cholesky(l, h, 3);
    assert_true(l[4] == 0 && l[7] == 0 && l[8] == 0 && fabs(l[6] - 3 * l[0]) < 1e-15);
    const double zero[6] = {0, 0, 0, 1, 0.5, 1};
    ew_semidefinite_cholesky(l, zero, 3);
    assert_true(l[0] == 0 && l[3] == 0 && l[4] == 1 && l[7] == 0.5 &&
                fabs(l[8] * l[8] - .75) < 1e-15);
}

/* Without lambda_W every tangent row is a multiple of s: Ghat is singular and stays so. */
static void test_singular(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "z", "1", "0", "0", "1", 4, ctx);
    ew_sample_options opt = {.width = 1, .samples = 500, .seed = 5, .descent = 1};
    ew_sample_table *table;
    check_ok(ctx, ew_sample_chain(&table, &t.net, &opt, ctx));
    assert_true(sample_value(table, 4, THETA_OF, 1).mean == 0);
    assert_true(isfinite(sample_value(table, 4, V_OF, 2).mean));
    ew_sample_free(table);
    network_clear(&t);
}

/* C_W = 2^60 and twenty layers of ReLU: beyond doubles, and said so. */
static void test_overflow(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2^60", "0", "1", "1", 30, ctx);
    ew_sample_options opt = {.width = 10, .samples = 300, .seed = 5};
    ew_sample_table *table;
    check_status(ctx, ew_sample_chain(&table, &t.net, &opt, ctx), EW_UNABLE);
    assert_null(table);
    assert_non_null(strstr(ew_context_error(ctx), "layer 19"));
    network_clear(&t);
}

static int now(void *data)
{
    int *calls = data;
    return ++*calls > 2;
}

static void test_refusals(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 200, ctx);
    ew_sample_table *table;
    ew_sample_options opt = {.width = 0, .samples = 10, .seed = 1};
    check_status(ctx, ew_sample_chain(&table, &t.net, &opt, ctx), EW_USAGE);
    opt = (ew_sample_options){.width = 10, .samples = 0, .seed = 1};
    check_status(ctx, ew_sample_chain(&table, &t.net, &opt, ctx), EW_USAGE);
    int calls = 0;
    opt = (ew_sample_options){.width = 1000, .samples = 1000000, .seed = 1};
    ew_context_on_cancel(ctx, now, &calls);
    check_status(ctx, ew_sample_chain(&table, &t.net, &opt, ctx), EW_CANCELLED);
    ew_context_on_cancel(ctx, NULL, NULL);
    assert_null(table);
    network_clear(&t);
}

static int setup(void **state)
{
    *state = ew_context_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ew_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relu),     cmocka_unit_test(test_linear),
        cmocka_unit_test(test_tanh),     cmocka_unit_test(test_threads),
        cmocka_unit_test(test_alone),    cmocka_unit_test(test_cholesky),
        cmocka_unit_test(test_singular), cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_refusals)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}
