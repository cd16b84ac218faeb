/* Training: its gradient by finite differences, and the linear network, whose descent is known.
 */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "activation/activation.h"
#include "arith/lapack.h"
#include "readings/sample/train.h"

enum { POINTS = 3, COORDINATES = 2, WIDTH = 7, OUTPUTS = 2, DEPTH = 3 };

static const double x[POINTS * COORDINATES] = {0.5, -1, 1.25, 0.75, -0.3, 2};
static const double y[POINTS * OUTPUTS] = {1, 0, -1, 0.5, 0.25, 2};

static ew_context *ctx;

static double loss(ew_train *t)
{
    double f[POINTS * OUTPUTS], sum = 0;
    check_ok(ctx, ew_train_outputs(f, t, x, POINTS, ctx));
    for (size_t i = 0; i < POINTS * OUTPUTS; i++)
        sum += (f[i] - y[i]) * (f[i] - y[i]) / 2;
    return sum;
}

/* The loss by *w: central differences, of error O(e^2). */
static double slope(ew_train *t, double *w)
{
    const double e = 1e-5, kept = *w;
    *w = kept + e;
    double above = loss(t);
    *w = kept - e;
    double below = loss(t);
    *w = kept;
    return (above - below) / (2 * e);
}

/* One step moves every parameter by -h times its rate times the gradient. */
static void check_gradient(const char *activation, const ew_layer_numbers *numbers)
{
    enum { MOST = WIDTH * WIDTH };
    const double h = 0.5;
    ew_activation *s;
    ew_train *t;
    check_ok(ctx, ew_activation_new(&s, activation, ctx));
    ew_program *program = ew_program_new(s->expr, ctx);
    assert_non_null(program);
    ew_train_shape shape = {DEPTH, COORDINATES, WIDTH, OUTPUTS, numbers, program, POINTS};
    check_ok(ctx, ew_train_new(&t, &shape, ctx));
    check_ok(ctx, ew_train_draw(t, 3, 5, ctx));
    double want[DEPTH][MOST + WIDTH];
    for (size_t l = 1; l <= DEPTH; l++) {
        size_t in = l == 1 ? COORDINATES : WIDTH, out = l == DEPTH ? OUTPUTS : WIDTH;
        double *w = ew_train_weights(t, l), *b = ew_train_biases(t, l);
        double rate = numbers[l - 1].lambda_w / (double) in;
        for (size_t i = 0; i < out * in; i++)
            want[l - 1][i] = w[i] - h * rate * slope(t, w + i);
        for (size_t i = 0; i < out; i++)
            want[l - 1][MOST + i] = b[i] - h * numbers[l - 1].lambda_b * slope(t, b + i);
    }
    check_ok(ctx, ew_train_step(t, x, y, POINTS, h, ctx));
    for (size_t l = 1; l <= DEPTH; l++) {
        size_t in = l == 1 ? COORDINATES : WIDTH, out = l == DEPTH ? OUTPUTS : WIDTH;
        for (size_t i = 0; i < out * in; i++)
            assert_true(fabs(ew_train_weights(t, l)[i] - want[l - 1][i]) < 1e-8);
        for (size_t i = 0; i < out; i++)
            assert_true(fabs(ew_train_biases(t, l)[i] - want[l - 1][MOST + i]) < 1e-8);
    }
    ew_train_free(t);
    ew_program_free(program);
    ew_activation_free(s);
}

static void test_gradient(void **state)
{
    (void) state;
    static const ew_layer_numbers all[DEPTH] = {
        {1.5, 0.25, 0.75, 0.5}, {2, 0.5, 1.25, 0.25}, {1, 0.125, 2, 1}};
    static const ew_layer_numbers upper[DEPTH] = {
        {1.5, 0.25, 0, 0}, {2, 0.5, 1.25, 0}, {1, 0.125, 0, 1}};
    static const ew_layer_numbers last[DEPTH] = {
        {1.5, 0.25, 0, 0}, {2, 0.5, 0, 0}, {1, 0.125, 1, 0.5}};
    check_gradient("tanh", all);
    check_gradient("gelu", all);
    check_gradient("relu", all);
    check_gradient("tanh", upper);
    check_gradient("tanh", last);
}

/* One weight w, no bias, one point x: w - y/x shrinks by 1 - h lambda_W x^2 a step. */
static void test_linear(void **state)
{
    (void) state;
    static const ew_layer_numbers numbers[1] = {{1, 0, 3, 0}};
    const double point = 0.5, target = 2, h = 0.25;
    ew_activation *s;
    ew_train *t;
    double before, after;
    check_ok(ctx, ew_activation_new(&s, "z", ctx));
    ew_program *program = ew_program_new(s->expr, ctx);
    ew_train_shape shape = {1, 1, 9, 1, numbers, program, 1};
    check_ok(ctx, ew_train_new(&t, &shape, ctx));
    check_ok(ctx, ew_train_draw(t, 1, 0, ctx));
    check_ok(ctx, ew_train_outputs(&before, t, &point, 1, ctx));
    for (int i = 0; i < 10; i++)
        check_ok(ctx, ew_train_step(t, &point, &target, 1, h, ctx));
    check_ok(ctx, ew_train_outputs(&after, t, &point, 1, ctx));
    double factor = pow(1 - h * 3 * point * point, 10);
    assert_true(fabs(after - target - factor * (before - target)) < 1e-14);
    ew_train_free(t);
    ew_program_free(program);
    ew_activation_free(s);
}

/* The draw is a function of seed and sample, with the variances asked for. */
static void test_draw(void **state)
{
    (void) state;
    static const ew_layer_numbers numbers[2] = {{2, 0.5, 1, 0}, {3, 0.25, 1, 0}};
    enum { N = 4000 };
    ew_activation *s;
    ew_train *t;
    check_ok(ctx, ew_activation_new(&s, "tanh", ctx));
    ew_program *program = ew_program_new(s->expr, ctx);
    ew_train_shape shape = {2, 4, N, 1, numbers, program, 1};
    check_ok(ctx, ew_train_new(&t, &shape, ctx));
    check_ok(ctx, ew_train_draw(t, 1, 7, ctx));
    double w = 0, b = 0, top = 0, first = ew_train_weights(t, 1)[5];
    for (size_t i = 0; i < 4 * N; i++)
        w += pow(ew_train_weights(t, 1)[i], 2) / (4 * N);
    for (size_t i = 0; i < N; i++) {
        b += pow(ew_train_biases(t, 1)[i], 2) / N;
        top += pow(ew_train_weights(t, 2)[i], 2);
    }
    /* Five standard errors. */
    assert_true(fabs(w / (2.0 / 4) - 1) < 5 * sqrt(2.0 / (4 * N)));
    assert_true(fabs(b / 0.5 - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(top / 3 - 1) < 5 * sqrt(2.0 / N));
    check_ok(ctx, ew_train_draw(t, 1, 8, ctx));
    assert_true(ew_train_weights(t, 1)[5] != first);
    check_ok(ctx, ew_train_draw(t, 1, 7, ctx));
    assert_true(ew_train_weights(t, 1)[5] == first);
    ew_train_free(t);
    ew_program_free(program);
    ew_activation_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_draw),
    };
    ctx = ew_context_new();
    if (ew_lapack_begin(ctx) != EW_OK) {
        ew_context_free(ctx);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_lapack_end();
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
