#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/product.h"
#include "readings/sample/sample.h"
#include "readings/sample/weights.h"
#include "support/sample_check.h"
#include "support/sample_network.h"

/* lambda_b = 1/2 */
static void set_lambda_b(test_network *t, ew_context *ctx)
{
    ew_expr_free(t->number[3].e);
    network_set(&t->number[3], "1/2", ctx);
}

static void test_agree(void **state)
{
    ew_context *ctx = *state;
    const char *name[] = {"tanh", "gelu", "relu"};
    for (int i = 0; i < 3; i++) {
        test_network t;
        network_init(&t, name[i], "3/2", "1/5", "2", "1", 4, ctx);
        set_lambda_b(&t, ctx);
        sample_agree(&t.net,
                     (ew_sample_options){.width = 11, .samples = 6000, .seed = 3, .descent = 1},
                     ctx);
        network_clear(&t);
    }
}

/* Three inputs, two of them equal, and third cumulants. */
static void test_agree_inputs(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_scalar gram[6];
    const char *const k[6] = {"1", "1", "1/2", "1", "1/2", "3/4"};
    network_init(&t, "tanh", "3/2", "1/4", "1", "1", 4, ctx);
    for (int i = 0; i < 6; i++)
        network_set(&gram[i], k[i], ctx);
    t.net.inputs = 3;
    t.net.gram = gram;
    sample_agree(
        &t.net, (ew_sample_options){.width = 9, .samples = 6000, .seed = 4, .moments = 3}, ctx);
    for (int i = 0; i < 6; i++)
        ew_expr_free(gram[i].e);
    network_clear(&t);
}

/* With the mixed second derivative. */
static void test_agree_dntk(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "3/2", "0", "1", "1", 4, ctx);
    sample_agree(&t.net,
                 (ew_sample_options){.width = 10, .samples = 8000, .seed = 5, .descent = 2},
                 ctx);
    network_clear(&t);
}

/* A direction that is not orthogonal to the input, with and without tangents; and all of the
 * second descent. */
static void test_agree_directions(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_scalar along, between;
    network_init(&t, "gelu", "3/2", "1/4", "1", "1", 3, ctx);
    network_set(&along, "1/3", ctx);
    network_set(&between, "3/4", ctx);
    t.net.directions = 1;
    t.net.along = &along;
    t.net.between = &between;
    ew_sample_options opt = {.width = 10, .samples = 8000, .seed = 6};
    sample_agree(&t.net, opt, ctx);
    opt.descent = 1;
    sample_agree(&t.net, opt, ctx);
    t.net.directions = 0;
    opt.descent = 3;
    sample_agree(&t.net, opt, ctx);
    ew_expr_free(along.e);
    ew_expr_free(between.e);
    network_clear(&t);
}

/* Linear, C_W = 1, an orthogonal direction of length 1: z_u is a second input, so that
 * E Ghat_uu = 1 and Var Ghat_uu = (1 + 2/n)^(l-1) - 1, and E Ghat_zu = 0. */
static void test_direction(void **state)
{
    ew_context *ctx = *state;
    static const char *const of[2] = {"au.au", "au.au"};
    static const char *const mixed[1] = {"a.au"};
    test_network t;
    ew_scalar along, between;
    network_init(&t, "z", "1", "0", "1", "1", 3, ctx);
    network_set(&along, "0", ctx);
    network_set(&between, "1", ctx);
    t.net.directions = 1;
    t.net.along = &along;
    t.net.between = &between;
    ew_sample_options opt = {.width = 12, .samples = 8000, .sampler = EW_SAMPLER_NETWORK};
    ew_sample_table *x = sample_draw(&t.net, opt, ctx);
    const ew_estimate *e = x->value + 2 * x->terms;
    ew_estimate mean = e[ew_sample_term(x, of, 1)], var = e[ew_sample_term(x, of, 2)];
    ew_estimate zero = e[ew_sample_term(x, mixed, 1)];
    assert_true(fabs(mean.mean - 1) < 4.5 * mean.se);
    assert_true(fabs(var.mean - (pow(1 + 2 / 12.0, 2) - 1)) < 4.5 * var.se);
    assert_true(fabs(zero.mean) < 4.5 * zero.se);
    ew_sample_free(x);
    ew_expr_free(along.e);
    ew_expr_free(between.e);
    network_clear(&t);
}

/* ReLU has no second derivative that samples could meet; step has no first. */
static void test_kinks(void **state)
{
    ew_context *ctx = *state;
    ew_sample_table *x;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 3, ctx);
    ew_sample_options opt = {.width = 10, .samples = 10, .descent = 2};
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_UNABLE);
    network_clear(&t);
    network_init(&t, "step", "1", "0", "1", "1", 3, ctx);
    opt = (ew_sample_options){.width = 10, .samples = 10, .descent = 1};
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_DOMAIN);
    network_clear(&t);
}

/* s = relu^2 at layer 2: E Ghat_(12)(12) = C_W <s''^2> Theta^2 + 2 lambda_W <s'^2> Theta = 2 +
 * 4; its third derivative has a mass, and the second one of s = z + max(z,0)^3 has none. */
static void test_smooth_kinks(void **state)
{
    ew_context *ctx = *state;
    ew_sample_table *x;
    test_network t;
    const char *const of[] = {"a12.a12"};
    network_init(&t, "relu^2", "1", "0", "1", "1", 2, ctx);
    ew_sample_options opt = {.width = 20, .samples = 4000, .descent = 2};
    for (int network = 0; network < 2; network++) {
        opt.sampler = network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN;
        x = sample_draw(&t.net, opt, ctx);
        ew_estimate e = x->value[x->terms + ew_sample_term(x, of, 1)];
        assert_true(fabs(e.mean - 6) < 4.5 * e.se && e.se < 0.1);
        ew_sample_free(x);
    }
    opt.descent = 3;
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_UNABLE);
    network_clear(&t);
    network_init(&t, "z + max(z,0)^3", "1", "0", "1", "1", 2, ctx);
    ew_sample_free(sample_draw(&t.net, opt, ctx));
    network_clear(&t);
}

/* ReLU, C_W = 2: Var Ghat = (1 + 5/n)^(l-1) - 1, theory.md section 5; wide layers come in
 * several blocks, narrow ones several samples at a time. */
static void test_relu(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 4, ctx);
    const uint64_t width[] = {1, 7, 40, 600};
    for (int i = 0; i < 4; i++) {
        double n = (double) width[i];
        ew_sample_options opt = {
            .width = width[i], .samples = i == 3 ? 200 : 8000, .sampler = EW_SAMPLER_NETWORK};
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        for (slong l = 2; l <= (i == 0 ? 2 : 4); l++) {
            const ew_estimate *v = x->value + (l - 1) * x->terms;
            double want = pow(1 + 5 / n, (double) (l - 1)) - 1;
            assert_true(fabs(v[0].mean - 1) < 4.5 * v[0].se);
            assert_true(fabs(v[1].mean - want) < 4.5 * v[1].se);
        }
        ew_sample_free(x);
    }
    network_clear(&t);
}

/* The same bits for every number of threads. */
static void test_threads(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "1/10", "1", "1", 4, ctx);
    const uint64_t width[] = {13, 530};
    for (int i = 0; i < 2; i++) {
        ew_sample_options opt = {.width = width[i],
                                 .samples = i ? 8 : 300,
                                 .descent = i == 0,
                                 .sampler = EW_SAMPLER_NETWORK};
        ew_context_set_threads(ctx, 1);
        ew_sample_table *one = sample_draw(&t.net, opt, ctx);
        ew_context_set_threads(ctx, 3);
        ew_sample_table *three = sample_draw(&t.net, opt, ctx);
        size_t n = (size_t) (one->layers * one->terms);
        assert_memory_equal(one->value, three->value, n * sizeof *one->value);
        assert_memory_equal(one->batch, three->batch,
                            (size_t) one->batches * n * sizeof *one->batch);
        ew_sample_free(one);
        ew_sample_free(three);
    }
    ew_context_set_threads(ctx, 1);
    network_clear(&t);
}

static void test_overflow(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2^60", "0", "1", "1", 30, ctx);
    ew_sample_options opt = {.width = 10, .samples = 300, .sampler = EW_SAMPLER_NETWORK};
    ew_sample_table *x;
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_UNABLE);
    assert_null(x);
    assert_non_null(strstr(ew_context_error(ctx), "layer 19"));
    opt.width = EW_MAX_NETWORK_WIDTH + 1;
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "explicit weights"));
    opt = (ew_sample_options){.width = 10, .samples = 10, .descent = 1, .moments = 6};
    check_status(ctx, ew_sample_chain(&x, &t.net, &opt, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "fewer moments"));
    network_clear(&t);
}

/* Rows of a Gaussian matrix do not depend on how they are asked for, and have variance 1. */
static void test_weights(void **state)
{
    ew_context *ctx = *state;
    enum { ROWS = 48, COLUMNS = 37 };
    static double whole[ROWS * COLUMNS], part[ROWS * COLUMNS];
    ew_stream stream = {1, 2, 3, 64};
    ew_weights *w;
    check_ok(ctx, ew_weights_gaussian(&w, ctx));
    check_ok(ctx, w->begin(w, &stream, ROWS, COLUMNS, ctx));
    w->rows(w, whole, 0, ROWS);
    w->rows(w, part, 0, 16);
    w->rows(w, part + 16 * COLUMNS, 16, 32);
    assert_memory_equal(whole, part, sizeof whole);
    double square = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        square += whole[i] * whole[i] / (ROWS * COLUMNS);
    assert_true(fabs(square - 1) < 4.5 * sqrt(2.0 / (ROWS * COLUMNS)));
    check_status(ctx, w->begin(w, &stream, (size_t) 1 << 20, (size_t) 1 << 20, ctx), EW_UNABLE);
    w->free(w);
}

/* c = factor a b^T, by one row of a and by several, against plain sums. */
static void test_product(void **state)
{
    ew_context *ctx = *state;
    enum { M = 3, N = 21, K = 19, LDA = 23, LDC = 30 };
    double a[M * LDA], b[N * K], c[M * LDC];
    check_rng r;
    check_rng_init(&r, "product");
    for (int i = 0; i < M * LDA; i++)
        a[i] = check_uniform(&r);
    for (int i = 0; i < N * K; i++)
        b[i] = check_uniform(&r);
    check_ok(ctx, ew_product_begin(ctx));
    for (size_t m = 1; m <= M; m++) {
        ew_product(c, LDC, 0.5, a, LDA, m, b, N, K);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < N; j++) {
                double want = 0;
                for (size_t k = 0; k < K; k++)
                    want += 0.5 * a[i * LDA + k] * b[j * K + k];
                assert_true(fabs(c[i * LDC + j] - want) < 1e-13);
            }
    }
    ew_product_end();
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
        cmocka_unit_test(test_agree),        cmocka_unit_test(test_agree_inputs),
        cmocka_unit_test(test_agree_dntk),   cmocka_unit_test(test_agree_directions),
        cmocka_unit_test(test_direction),    cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_smooth_kinks), cmocka_unit_test(test_relu),
        cmocka_unit_test(test_threads),      cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_weights),      cmocka_unit_test(test_product)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}
