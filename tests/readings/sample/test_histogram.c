#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/histogram.h"
#include "support/sample_network.h"

/* E Phi(-1/sqrt(G))^2 for an exponential G, by mpmath. */
#define SQUARE 0.023649659740952545

#define CELLS 8
static const double edge[CELLS - 1] = {-2, -1, -0.25, 0, 0.5, 1, 3};

static ew_histogram *sample(const ew_setting *net, ew_sample_options opt, ew_context *ctx)
{
    ew_histogram *h;
    check_ok(ctx, ew_sample_histogram(&h, edge, CELLS - 1, net, &opt, ctx));
    return h;
}

/* Two linear neurons: Ghat is exponential with mean 1, so the output is Laplace's. */
static double laplace(double x)
{
    return x < 0 ? exp(sqrt(2) * x) / 2 : 1 - exp(-sqrt(2) * x) / 2;
}

static double chi2(const ew_histogram *h, const double *share)
{
    double sum = 0, n = (double) h->samples;
    for (slong i = 0; i < h->cells; i++) {
        double d = (double) h->count[i] - n * share[i];
        sum += d * d / (n * share[i]);
    }
    return sum;
}

static void test_laplace(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (int kind = 0; kind < 2; kind++) {
        test_network t;
        double share[CELLS], total = 0;
        uint64_t count = 0;
        network_init(&t, "z", "1", "0", "1", "1", 2, ctx);
        ew_histogram *h =
            sample(&t.net,
                   (ew_sample_options){.width = 2,
                                       .samples = 200000,
                                       .sampler = kind ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN},
                   ctx);
        assert_int_equal(h->cells, CELLS);
        for (slong i = 0; i < CELLS; i++) {
            share[i] =
                (i + 1 < CELLS ? laplace(edge[i]) : 1) - (i > 0 ? laplace(edge[i - 1]) : 0);
            double z = (h->share[i].mean - share[i]) / h->share[i].se;
            double counting = sqrt(share[i] * (1 - share[i]) / 2e5);
            assert_true(fabs(z) < 4.5);
            assert_true(h->share[i].se < 0.75 * counting);
            count += h->count[i];
            total += h->share[i].mean;
        }
        assert_int_equal(count, 200000);
        assert_true(fabs(total - 1) < 1e-12);
        /* 7 degrees of freedom: beyond 30 once in ten thousand. */
        assert_true(chi2(h, share) < 30);
        ew_histogram_free(h);
        network_clear(&t);
    }
    ew_context_free(ctx);
}

/* Linear orthogonal layers of three neurons: the output is sqrt(3) times a coordinate of the
 * sphere in R^3, which is uniform (Archimedes). */
static void test_sphere(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (int kind = 0; kind < 2; kind++)
        for (slong depth = 1; depth < 3; depth++) {
            test_network t;
            double share[CELLS] = {0};
            network_init(&t, "z", "1", "0", "1", "1", depth, ctx);
            t.net.ensemble = EW_ENSEMBLE_ORTHOGONAL;
            ew_histogram *h = sample(
                &t.net,
                (ew_sample_options){.width = 3,
                                    .samples = 30000,
                                    .sampler = kind ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN},
                ctx);
            assert_int_equal(h->count[0] + h->count[CELLS - 1], 0);
            for (slong i = 1; i + 1 < CELLS; i++) {
                double from = fmax(edge[i - 1], -sqrt(3)), to = fmin(edge[i], sqrt(3));
                share[i] = (to - from) / sqrt(12);
                assert_true(fabs(h->share[i].mean - share[i]) < 4.5 * h->share[i].se);
                assert_true(h->share[i].se < 0.75 * sqrt(share[i] * (1 - share[i]) / 3e4));
                double d = (double) h->count[i] - 3e4 * share[i];
                assert_true(d * d < 20 * 3e4 * share[i]);
            }
            ew_histogram_free(h);
            network_clear(&t);
        }
    ew_context_free(ctx);
}

/* The error of a share is that of the conditional probabilities. */
static void test_error(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    network_init(&t, "z", "1", "0", "1", "1", 2, ctx);
    ew_sample_options opt = {.width = 2, .samples = 100000};
    ew_histogram *h;
    const double at = -1;
    check_ok(ctx, ew_sample_histogram(&h, &at, 1, &t.net, &opt, ctx));
    double exact = sqrt((SQUARE - pow(laplace(-1), 2)) / 1e5);
    assert_true(fabs(h->share[0].se / exact - 1) < 0.02);
    assert_true(fabs(h->share[1].se / exact - 1) < 0.02);
    ew_histogram_free(h);
    network_clear(&t);
    ew_context_free(ctx);
}

/* One ReLU neuron is dead half of the time; then the output is 0. */
static void test_point_mass(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    const double narrow[2] = {0, 1e-12};
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    ew_sample_options opt = {.width = 1, .samples = 10000};
    ew_histogram *h;
    check_ok(ctx, ew_sample_histogram(&h, narrow, 2, &t.net, &opt, ctx));
    assert_true(fabs((double) h->count[1] - 5000) < 250);
    assert_true(fabs(h->share[1].mean - (double) h->count[1] / 1e4) < 1e-9);
    assert_true(fabs(h->share[0].mean - 0.25) < 0.02);
    ew_histogram_free(h);
    network_clear(&t);
    ew_context_free(ctx);
}

static void same(const ew_histogram *x, const ew_histogram *y)
{
    assert_memory_equal(x->count, y->count, CELLS * sizeof *x->count);
    assert_memory_equal(x->share, y->share, CELLS * sizeof *x->share);
}

static void test_threads_and_splits(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 3, ctx);
    ew_sample_options opt = {.width = 20, .samples = 5003, .seed = 7};
    ew_histogram *whole = sample(&t.net, opt, ctx);
    ew_context_set_threads(ctx, 3);
    ew_histogram *threads = sample(&t.net, opt, ctx);
    same(whole, threads);
    opt.samples = 2000;
    ew_histogram *first = sample(&t.net, opt, ctx);
    opt.first = 2000;
    opt.samples = 3003;
    ew_histogram *rest = sample(&t.net, opt, ctx);
    for (slong i = 0; i < CELLS; i++)
        assert_int_equal(whole->count[i], first->count[i] + rest->count[i]);
    opt.first = 0;
    opt.samples = 5003;
    opt.seed = 8;
    ew_histogram *other = sample(&t.net, opt, ctx);
    assert_memory_not_equal(whole->count, other->count, CELLS * sizeof *whole->count);
    ew_histogram_free(whole);
    ew_histogram_free(threads);
    ew_histogram_free(first);
    ew_histogram_free(rest);
    ew_histogram_free(other);
    network_clear(&t);
    ew_context_free(ctx);
}

static void test_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    ew_histogram *h;
    ew_sample_options opt = {.width = 4, .samples = 10};
    network_init(&t, "exp(z)", "1", "0", "1", "1", 1, ctx);
    check_status(ctx, ew_sample_histogram(&h, edge, CELLS - 1, &t.net, &opt, ctx), EW_USAGE);
    t.net.depth = 8;
    check_status(ctx, ew_sample_histogram(&h, edge, 0, &t.net, &opt, ctx), EW_USAGE);
    check_status(ctx, ew_sample_histogram(&h, edge, CELLS - 1, &t.net, &opt, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "not finite"));
    assert_null(h);
    opt.samples = 0;
    check_status(ctx, ew_sample_histogram(&h, edge, CELLS - 1, &t.net, &opt, ctx), EW_USAGE);
    network_clear(&t);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laplace),
        cmocka_unit_test(test_sphere),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_point_mass),
        cmocka_unit_test(test_threads_and_splits),
        cmocka_unit_test(test_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
