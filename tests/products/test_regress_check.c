/* Trained networks against the linear flow: exact at depth 1, as n^-1/2 at depth 2, and not at
 * all for another kernel. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "arith/lapack.h"
#include "products/regress_check.h"
#include "support/sample_network.h"

enum { N = 3, ALL = 5, D = 2, OUTPUTS = 2 };

static const double x[ALL * D] = {1, 0.5, -0.5, 1, 1, -1, 0.25, 0.75, -1, -1};
static const double y[N * OUTPUTS] = {1, 0.5, -1, 0.25, 0.5, -0.75};
static const double times[3] = {2, 0.5, 1}; /* in any order */
static const uint64_t widths[3] = {20, 80, 320};

static ew_context *ctx;

/* The linear network with C_W = lambda_W = 1: K = x.x/n_0, and Theta is depth times that. */
static ew_regress_check *run(slong depth, double wrong, ew_regress_check_options *opt)
{
    test_network t;
    ew_flow_data f;
    ew_regress_check *c;
    network_init(&t, "z", "1", "0", "1", "1", depth, ctx);
    check_ok(ctx, ew_flow_data_init(&f, N, ALL, OUTPUTS, ctx));
    for (size_t i = 0; i < ALL; i++) {
        for (size_t j = 0; j < N; j++) {
            double k = (x[i * D] * x[j * D] + x[i * D + 1] * x[j * D + 1]) / D;
            f.k[i * N + j] = k;
            f.h[i * N + j] = wrong * k * (opt->ntk ? (double) depth : 1);
        }
        f.own[i] = (x[i * D] * x[i * D] + x[i * D + 1] * x[i * D + 1]) / D;
        f.own_h[i] = f.own[i] * (double) depth;
    }
    for (size_t i = 0; i < N * OUTPUTS; i++)
        f.y[i] = y[i];
    check_ok(ctx, ew_regress_check_run(&c, &f, &t.net, opt, ctx));
    ew_flow_data_clear(&f);
    network_clear(&t);
    return c;
}

static ew_regress_check_options options(void)
{
    return (ew_regress_check_options){.widths = 3,
                                      .width = widths,
                                      .samples = 200,
                                      .seed = 1,
                                      .ntk = 1,
                                      .x = x,
                                      .coordinates = D,
                                      .times = 3,
                                      .time = times};
}

/* Linear regression: descent is the discrete flow, whatever the width. */
static void test_exact(void **state)
{
    (void) state;
    ew_regress_check_options opt = options();
    ew_regress_check *c = run(1, 1, &opt);
    for (int w = 0; w < 3; w++)
        assert_true(c->rms[w] < 1e-14);
    assert_true(c->verdict == EW_DECAYS && isnan(c->rate.exponent));
    ew_regress_check_free(c);
}

static void test_decay(void **state)
{
    (void) state;
    ew_regress_check_options opt = options();
    for (opt.ntk = 0; opt.ntk < 2; opt.ntk++) {
        ew_regress_check *c = run(2, 1, &opt);
        assert_true(fabs(c->rate.exponent + 0.5) < 4 * c->rate.se && c->rate.se < 0.1);
        assert_true(c->verdict == EW_DECAYS && c->rms[0] > c->rms[1] && c->rms[1] > c->rms[2]);
        assert_true(c->steps >= 8 && c->step > 0);
        check_ok(ctx, ew_regress_check_status(c, ctx));
        ew_regress_check_free(c);
    }
}

static void test_other_kernel(void **state)
{
    (void) state;
    ew_regress_check_options opt = options();
    ew_regress_check *c = run(2, 1.5, &opt);
    assert_int_equal(c->verdict, EW_DECAYS_NOT);
    check_status(ctx, ew_regress_check_status(c, ctx), EW_FAILED);
    ew_regress_check_free(c);
}

static void test_threads(void **state)
{
    (void) state;
    ew_regress_check_options opt = options();
    ctx->threads = 1;
    ew_regress_check *one = run(2, 1, &opt);
    ctx->threads = 3;
    ew_regress_check *three = run(2, 1, &opt);
    ctx->threads = 1;
    for (int w = 0; w < 3; w++)
        assert_true(one->rms[w] == three->rms[w] && one->se[w] == three->se[w]);
    /* A width's networks do not depend on what other widths there are. */
    opt.widths = 2;
    ew_regress_check *two = run(2, 1, &opt);
    assert_true(two->rms[1] == one->rms[1]);
    ew_regress_check_free(one);
    ew_regress_check_free(two);
    ew_regress_check_free(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_other_kernel),
        cmocka_unit_test(test_threads),
    };
    ctx = ew_context_new();
    if (ew_lapack_begin(ctx) != EW_OK) {
        ew_context_free(ctx);
        return 77;
    }
    int failed = ew_lapack_complete() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
    ew_lapack_end();
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
