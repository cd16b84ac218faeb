#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/mmd.h"
#include "support/sample_network.h"

/* One hidden layer: with s = |w|^2/2 etc. the characteristic function of the output is known,
 * E exp(-w'Ghat w/2), and MMD^2 the integral of the squared difference from the Gaussian one,
 * w ~ N(0, I/l^2); by mpmath. */
typedef struct {
    const char *activation, *cw;
    ulong width;
    double length, exact;
} exact_case;

static ew_estimate estimate(const ew_setting *net, const ew_mmd_question *q,
                            const ew_sample_options *opt, ew_context *ctx)
{
    ew_estimate x;
    slong groups;
    uint64_t used;
    check_ok(ctx, ew_sample_mmd(&x, &groups, &used, q, net, opt, ctx));
    assert_true(used <= opt->samples && used > opt->samples - opt->samples / 4);
    return x;
}

static void test_one_input(void **state)
{
    (void) state;
    static const exact_case cases[] = {{"z", "1", 3, 1, 0.00349553175543766},
                                       {"z", "1", 10, 1, 0.000413068965643028},
                                       {"relu", "2", 3, 1, 0.0157746410547891},
                                       {"relu", "2", 3, 2, 0.00141113634011703},
                                       {"relu", "2", 10, 1, 0.00235572514332789}};
    ew_context *ctx = ew_context_new();
    const slong layer = 2;
    const double k = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_network t;
        network_init(&t, cases[i].activation, cases[i].cw, "0", "1", "1", 2, ctx);
        ew_sample_options opt = {.width = cases[i].width, .samples = 60000, .seed = i};
        ew_mmd_question q = {1, &layer, &k, cases[i].length};
        ew_estimate x = estimate(&t.net, &q, &opt, ctx);
        assert_true(fabs(x.mean - cases[i].exact) < 4 * x.se);
        assert_true(x.se < 0.05 * cases[i].exact);
        network_clear(&t);
    }
    ew_context_free(ctx);
}

/* Two inputs at an angle, linear: E exp(-w'Ghat w/2) = (1 + w'Kw/n)^(-n/2). */
static void test_two_inputs(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    network_init(&t, "z", "1", "0", "1", "1", 2, ctx);
    ew_scalar gram[3] = {t.number[4], t.number[4], t.number[4]};
    network_set(&gram[1], "1/2", ctx);
    t.net.gram = gram;
    t.net.inputs = 2;
    const slong layer = 2;
    const double k[3] = {1, 0.5, 1}, length[2] = {1, 1.5},
                 exact[2] = {0.00292276234324, 0.00119118350611};
    for (int i = 0; i < 2; i++) {
        ew_sample_options opt = {.width = 5,
                                 .samples = 40000,
                                 .seed = 3,
                                 .sampler = i ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN};
        ew_mmd_question q = {1, &layer, k, length[i]};
        ew_estimate x = estimate(&t.net, &q, &opt, ctx);
        assert_true(fabs(x.mean - exact[i]) < 4 * x.se);
        assert_true(x.se < 0.05 * exact[i]);
    }
    ew_expr_free(gram[1].e);
    network_clear(&t);
    ew_context_free(ctx);
}

/* Blocks of two samples are as unbiased as long ones; so are four samples where the limit
 * compared with is a wrong one (K = 0.3), so that the part over all pairs has a mean.  The
 * jackknife's errors may be large, by up to a factor of two in the square where pairs dominate,
 * but not small. */
static void test_small_blocks(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    const slong layer = 2;
    const double k[2] = {1, 0.3}, exact[2] = {0.0157746410547891, 0.0125100168190300};
    const uint64_t samples[2] = {37, 4};
    const int runs = 2000;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    for (int c = 0; c < 2; c++) {
        double sum = 0, squares = 0, errors = 0;
        ew_mmd_question q = {1, &layer, k + c, 1};
        for (int i = 0; i < runs; i++) {
            ew_sample_options opt = {
                .width = 3, .samples = samples[c], .first = 64 * (uint64_t) i};
            ew_estimate x = estimate(&t.net, &q, &opt, ctx);
            sum += x.mean - exact[c];
            squares += (x.mean - exact[c]) * (x.mean - exact[c]);
            errors += x.se * x.se;
        }
        assert_true(fabs(sum) < 4 * sqrt(squares));
        assert_true(c > 0 || (squares / errors > 0.45 && squares / errors < 1.05));
    }
    network_clear(&t);
    ew_context_free(ctx);
}

/* Layers share a run; threads do not show. */
static void test_layers_and_threads(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    const slong layer[2] = {2, 4};
    const double k[2] = {1, 1};
    ew_estimate x[2], y[2], alone;
    slong groups;
    uint64_t used;
    network_init(&t, "relu", "2", "0", "1", "1", 4, ctx);
    ew_sample_options opt = {.width = 8, .samples = 20000};
    ew_mmd_question q = {2, layer, k, 1};
    check_ok(ctx, ew_sample_mmd(x, &groups, &used, &q, &t.net, &opt, ctx));
    ew_context_set_threads(ctx, 3);
    check_ok(ctx, ew_sample_mmd(y, &groups, &used, &q, &t.net, &opt, ctx));
    assert_memory_equal(x, y, sizeof x);
    assert_true(x[1].mean > 2 * x[0].mean);
    t.net.depth = 2;
    q.layers = 1;
    alone = estimate(&t.net, &q, &opt, ctx);
    assert_true(alone.mean == x[0].mean && alone.se == x[0].se);
    network_clear(&t);
    ew_context_free(ctx);
}

static void test_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    slong layer = 1;
    const double k = 1;
    ew_estimate x;
    slong groups;
    uint64_t used;
    network_init(&t, "exp(z)", "1", "0", "1", "1", 2, ctx);
    ew_sample_options opt = {.width = 4, .samples = 100};
    ew_mmd_question q = {1, &layer, &k, 1};
    check_status(ctx, ew_sample_mmd(&x, &groups, &used, &q, &t.net, &opt, ctx), EW_USAGE);
    layer = 3;
    check_status(ctx, ew_sample_mmd(&x, &groups, &used, &q, &t.net, &opt, ctx), EW_USAGE);
    layer = 2;
    q.length = 0;
    check_status(ctx, ew_sample_mmd(&x, &groups, &used, &q, &t.net, &opt, ctx), EW_DOMAIN);
    q.length = 1;
    opt.samples = 3;
    check_status(ctx, ew_sample_mmd(&x, &groups, &used, &q, &t.net, &opt, ctx), EW_USAGE);
    opt.samples = 100;
    layer = t.net.depth = 8;
    check_status(ctx, ew_sample_mmd(&x, &groups, &used, &q, &t.net, &opt, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "not finite"));
    network_clear(&t);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_input),    cmocka_unit_test(test_two_inputs),
        cmocka_unit_test(test_small_blocks), cmocka_unit_test(test_layers_and_threads),
        cmocka_unit_test(test_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
