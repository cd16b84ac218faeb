/* Fractional noise, and residual networks with weights correlated in depth. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sample/deep.h"
#include "readings/sample/fractional.h"

/* mpmath, 30 digits. */
static void covariances(void **state)
{
    (void) state;
    static const struct {
        double hurst;
        size_t k;
        double r;
    } want[] = {{0.75, 0, 1},
                {0.75, 1, 0.41421356237309504880},
                {0.75, 1000, 0.01185854196679046526838},
                {0.25, 1, -0.29289321881345247560},
                {0.25, 100000, -3.952847075334000636105e-9},
                {0.5, 1, 0},
                {0.5, 77, 0}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        double r = ew_fractional_covariance(want[i].hurst, want[i].k);
        if (fabs(r - want[i].r) > 1e-15 * fabs(want[i].r))
            fail_msg("H = %g, k = %zu: %.17g", want[i].hurst, want[i].k, r);
    }
}

/* What the circulant's roots imply: sum_k root_k^2 cos(2 pi j k/size) = r(j). */
static void check_roots(double hurst, size_t n)
{
    ew_context *ctx = ew_context_new();
    ew_fractional *f;
    check_ok(ctx, ew_fractional_new(&f, hurst, n, ctx));
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < f->size; k++)
            sum += f->root[k] * f->root[k] *
                   cos(2 * M_PI * (double) (j * k % f->size) / (double) f->size);
        if (fabs(sum - ew_fractional_covariance(hurst, j)) > 1e-13)
            fail_msg("H = %g, j = %zu: %.17g", hurst, j, sum);
    }
    ew_fractional_free(f);
    ew_context_free(ctx);
}

static void embedding(void **state)
{
    (void) state;
    check_roots(0.1, 5);
    check_roots(0.3, 64);
    check_roots(0.5, 100);
    check_roots(0.9, 200);
    check_roots(1, 30);
}

#define N 12

/* r(|i - j|) = L L^T */
static void cholesky(double l[N][N], double hurst)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            double x = ew_fractional_covariance(hurst, (size_t) (i - j));
            for (int k = 0; k < j; k++)
                x -= l[i][k] * l[j][k];
            l[i][j] = i == j ? sqrt(x) : x / l[j][j];
        }
}

/* Cholesky as the check: L^-1 of a run is white noise, and the two runs of a draw are
 * independent. */
static void runs_are_fractional(double hurst)
{
    ew_context *ctx = ew_context_new();
    ew_fractional *f;
    double l[N][N] = {{0}}, sum[2 * N][2 * N] = {{0}}, x[128];
    long draws = check_trials(20000);
    check_ok(ctx, ew_fractional_new(&f, hurst, N, ctx));
    assert_int_equal(2 * f->size, 64);
    cholesky(l, hurst);
    for (long t = 0; t < draws; t++) {
        double z[2 * N];
        ew_stream stream = {3, (uint64_t) t / 7, 1, 2};
        ew_fractional_draw(x, f, &stream, (uint64_t) t % 7);
        for (int c = 0; c < 2; c++)
            for (int i = 0; i < N; i++) {
                double y = x[2 * i + c];
                for (int k = 0; k < i; k++)
                    y -= l[i][k] * z[c * N + k];
                z[c * N + i] = y / l[i][i];
            }
        for (int i = 0; i < 2 * N; i++)
            for (int j = 0; j <= i; j++)
                sum[i][j] += z[i] * z[j];
    }
    for (int i = 0; i < 2 * N; i++)
        for (int j = 0; j <= i; j++) {
            double error = sqrt((i == j ? 2.0 : 1.0) / (double) draws);
            if (fabs(sum[i][j] / (double) draws - (i == j)) > 4.5 * error)
                fail_msg("H = %g: %d, %d: %g", hurst, i, j, sum[i][j] / (double) draws);
        }
    ew_fractional_free(f);
    ew_context_free(ctx);
}

static void runs(void **state)
{
    (void) state;
    runs_are_fractional(0.2);
    runs_are_fractional(0.8);
}

static ew_activation *activation(const char *text, ew_context *ctx)
{
    ew_activation *s;
    check_ok(ctx, ew_activation_new(&s, text, ctx));
    return s;
}

static void check_near(ew_estimate x, double want, double bias)
{
    if (!(fabs(x.mean - want) < 4 * x.se + bias) || x.se > 0.1 * want)
        fail_msg("%g +- %g, expected %g", x.mean, x.se, want);
}

/* Linear blocks.  H = 1/2: E |h_L|^2 = (1 + cv/L)^L |h_0|^2.  H < 1/2: |h_L|^2/|h_0|^2 tends to
 * e^(-1/d); here up to terms of order L^(2H - 1). */
static void linear(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    slong depth[] = {4, 50};
    ew_deep_options opt = {.s = activation("z", ctx),
                           .form = EW_DEEP_SINGLE,
                           .hurst = 0.5,
                           .width = 3,
                           .cw = 1,
                           .cv = 1.5,
                           .size = 2,
                           .beta = 0.5,
                           .samples = (uint64_t) check_trials(1500),
                           .seed = 1,
                           .depths = 2,
                           .depth = depth};
    ew_estimate size[2], move[2];
    check_ok(ctx, ew_deep_at(size, move, &opt, ctx));
    check_near(size[0], pow(1 + 1.5 / 4, 4), 0);
    check_near(size[1], pow(1 + 1.5 / 50, 50), 0);
    slong deep[] = {4096};
    opt.hurst = 0.1;
    opt.cv = 1;
    opt.samples = 60;
    opt.depths = 1;
    opt.depth = deep;
    check_ok(ctx, ew_deep_at(size, move, &opt, ctx));
    check_near(size[0], exp(-1.0 / 3), 0.02);
    ew_activation_free((ew_activation *) opt.s);
    ew_context_free(ctx);
}

/* theory.md section 6, within what depths of 64 and 1024 show of it. */
static void critical(void **state)
{
    (void) state;
    static const struct {
        const char *activation;
        ew_deep_form form;
        double hurst, beta;
    } want[] = {{"tanh", EW_DEEP_SINGLE, 0.8, 0.8},
                {"relu", EW_DEEP_SINGLE, 1, 1},
                {"tanh", EW_DEEP_TWO, 0.9, 0.8},
                {"relu", EW_DEEP_TWO, 0.9, 0.9},
                {"tanh", EW_DEEP_TWO, 0.2, 0.5}};
    ew_context *ctx = ew_context_new();
    slong depth[] = {64, 1024};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        ew_deep_options opt = {.s = activation(want[i].activation, ctx),
                               .form = want[i].form,
                               .hurst = want[i].hurst,
                               .width = 8,
                               .cw = 2,
                               .cv = 1,
                               .size = 1,
                               .beta = NAN,
                               .samples = 40,
                               .seed = 2,
                               .depths = 2,
                               .depth = depth};
        ew_estimate alpha[2], beta;
        uint64_t used;
        check_ok(ctx, ew_deep_critical(alpha, &beta, &used, &opt, ctx));
        assert_in_range(used, 36, 40);
        check_near(beta, want[i].beta, 0.04);
        ew_activation_free((ew_activation *) opt.s);
    }
    ew_context_free(ctx);
}

/* h' = h + s(A h + b): the drift, with beta = 1 and without, and that it is s'' that makes it.
 */
static void second_family(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    slong depth[] = {400};
    ew_deep_options opt = {.s = activation("2*(softplus(z) - log(2))", ctx),
                           .form = EW_DEEP_INNER,
                           .width = 8,
                           .cw = 0.5,
                           .cb = 1,
                           .size = 1,
                           .beta = NAN,
                           .samples = (uint64_t) check_trials(1000),
                           .seed = 1,
                           .depths = 1,
                           .depth = depth};
    ew_estimate move, predicted, ratio;
    check_ok(ctx, ew_deep_drift(&move, &predicted, &ratio, NULL, 0.5, &opt, ctx));
    check_near(ratio, 1, 0.01);
    opt.beta = 1;
    check_ok(ctx, ew_deep_drift(&move, &predicted, &ratio, NULL, 0.5, &opt, ctx));
    check_near(ratio, 1, 0.01);
    ew_activation_free((ew_activation *) opt.s);
    opt.s = activation("sin(z)", ctx);
    opt.beta = NAN;
    check_ok(ctx, ew_deep_drift(&move, &predicted, &ratio, NULL, 0.5, &opt, ctx));
    assert_true(fabs(move.mean) < 4 * move.se && predicted.mean > 10 * move.se);
    ew_activation_free((ew_activation *) opt.s);
    ew_context_free(ctx);
}

/* A mean matrix and vector: for odd s the mean of h solves dm = (Abar m + bbar) dt, here by
 * 1000 steps of the midpoint rule; each coordinate's drift is the one predicted. */
static void matrix(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    static const double abar[] = {0, -1, 2, -0.5}, bbar[] = {0.3, 0};
    slong depth[] = {20, 200};
    ew_deep_options opt = {.s = activation("tanh", ctx),
                           .form = EW_DEEP_INNER,
                           .width = 2,
                           .cw = 0.1,
                           .cb = 0.05,
                           .size = 1,
                           .beta = 1,
                           .abar = abar,
                           .bbar = bbar,
                           .samples = (uint64_t) check_trials(4000),
                           .seed = 1,
                           .depths = 2,
                           .depth = depth};
    ew_estimate move[2], predicted[2], ratio[2], coordinate[4];
    check_ok(ctx, ew_deep_drift(move, predicted, ratio, coordinate, 0, &opt, ctx));
    double m[2] = {1, 1}, h = 1e-3;
    for (int k = 0; k < 1000; k++) {
        double u = m[0] + h / 2 * (0.3 - m[1]), v = m[1] + h / 2 * (2 * m[0] - 0.5 * m[1]);
        m[0] += h * (0.3 - v);
        m[1] += h * (2 * u - 0.5 * v);
    }
    for (int c = 0; c < 2; c++) {
        assert_true(fabs(coordinate[c].mean - (m[c] - 1)) < 4 * coordinate[c].se + 0.02);
        assert_true(fabs(coordinate[c].mean - coordinate[2 + c].mean) <
                    4 * coordinate[c].se + 0.01);
    }
    assert_true(fabs(move[1].mean - (m[0] + m[1] - 2) / 2) < 0.03);
    ew_activation_free((ew_activation *) opt.s);
    ew_context_free(ctx);
}

/* Abar(t) from one matrix to another and back: the same, with the coefficients of time t. */
static void matrices(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    static const double abar[] = {0, -1, 2, -0.5, 1, 0, 0, 1, 0, -1, 2, -0.5};
    static const double bbar[] = {0.3, 0, -1, 1, 0.3, 0};
    slong depth[] = {100};
    ew_deep_options opt = {.s = activation("tanh", ctx),
                           .form = EW_DEEP_INNER,
                           .width = 2,
                           .cw = 0.1,
                           .cb = 0.05,
                           .size = 1,
                           .beta = 1,
                           .abar = abar,
                           .bbar = bbar,
                           .knots = 3,
                           .samples = (uint64_t) check_trials(1500),
                           .seed = 1,
                           .depths = 1,
                           .depth = depth};
    ew_estimate move, predicted, ratio, coordinate[4];
    check_ok(ctx, ew_deep_drift(&move, &predicted, &ratio, coordinate, 0, &opt, ctx));
    double m[2] = {1, 1}, h = 1e-4;
    for (int k = 0; k < 10000; k++) {
        double p = 1 - fabs(1 - 2 * (k + 0.5) * h), x = m[0], y = m[1];
        m[0] += h * ((1 - p) * (0.3 - y) + p * (x - 1));
        m[1] += h * ((1 - p) * (2 * x - 0.5 * y) + p * (y + 1));
    }
    for (int c = 0; c < 2; c++) {
        assert_true(fabs(coordinate[c].mean - (m[c] - 1)) < 4 * coordinate[c].se + 0.02);
        assert_true(fabs(coordinate[c].mean - coordinate[2 + c].mean) <
                    4 * coordinate[c].se + 0.01);
    }
    ew_activation_free((ew_activation *) opt.s);
    ew_context_free(ctx);
}

static void bad_input(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_fractional *f;
    check_status(ctx, ew_fractional_new(&f, 0, 5, ctx), EW_DOMAIN);
    check_status(ctx, ew_fractional_new(&f, 1.01, 5, ctx), EW_DOMAIN);
    check_status(ctx, ew_fractional_new(&f, NAN, 5, ctx), EW_DOMAIN);
    check_status(ctx, ew_fractional_new(&f, 0.5, 0, ctx), EW_UNABLE);
    check_status(ctx, ew_fractional_new(&f, 0.5, 1u << 21, ctx), EW_UNABLE);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariances), cmocka_unit_test(embedding),
        cmocka_unit_test(runs),        cmocka_unit_test(linear),
        cmocka_unit_test(critical),    cmocka_unit_test(second_family),
        cmocka_unit_test(matrix),      cmocka_unit_test(matrices),
        cmocka_unit_test(bad_input),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
