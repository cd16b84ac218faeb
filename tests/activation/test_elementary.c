#include "support/check.h"

#include <math.h>

#include "activation/elementary.h"

typedef void (*function)(arb_t y, const arb_t x, slong prec);

static void inverse_cosh_squared(arb_t y, const arb_t x, slong prec)
{
    arb_sech(y, x, prec);
    arb_sqr(y, y, prec);
}

static void sigmoid(arb_t y, const arb_t x, slong prec)
{
    arb_neg(y, x);
    arb_exp(y, y, prec);
    arb_add_ui(y, y, 1, prec);
    arb_inv(y, y, prec);
}

/* w = 1/(4 cosh^2(x/2)), d = -tanh(x/2). */
static void sigmoid_slope(arb_t y, const arb_t x, slong prec)
{
    arb_mul_2exp_si(y, x, -1);
    inverse_cosh_squared(y, y, prec);
    arb_mul_2exp_si(y, y, -2);
}

static void sigmoid_odd(arb_t y, const arb_t x, slong prec)
{
    arb_mul_2exp_si(y, x, -1);
    arb_tanh(y, y, prec);
    arb_neg(y, y);
}

/* The greatest error in units in the last place, by ball arithmetic. */
static void check_close(const double *y, const double *x, size_t n, function f,
                        const char *name)
{
    arb_t value, t;
    arb_init(value);
    arb_init(t);
    for (size_t i = 0; i < n; i++) {
        arb_set_d(t, x[i]);
        f(value, t, 300);
        double exact = fabs(arf_get_d(arb_midref(value), ARF_RND_NEAR));
        arb_set_d(t, y[i]);
        arb_sub(t, t, value, 300);
        double e = fabs(arf_get_d(arb_midref(t), ARF_RND_NEAR));
        if (!(e <= 8 * (nextafter(exact, INFINITY) - exact)))
            fail_msg("%s(%.17g) = %.17g: %g off", name, x[i], y[i], e);
    }
    arb_clear(value);
    arb_clear(t);
}

static void test_against_balls(void **state)
{
    (void) state;
    enum { N = 600 };
    double x[N], a[N], b[N], c[N];
    check_rng r;
    check_rng_init(&r, "elementary");
    const double range[4] = {1e-9, 0.5, 5, 340};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N; i++)
            x[i] = range[k] * (2 * check_uniform(&r) - 1);
        ew_vector_exp(a, x, N);
        check_close(a, x, N, arb_exp, "exp");
        ew_vector_tanh(a, b, x, N);
        check_close(a, x, N, arb_tanh, "tanh");
        check_close(b, x, N, inverse_cosh_squared, "1/cosh^2");
        ew_vector_sigmoid(a, b, c, x, N);
        check_close(a, x, N, sigmoid, "sigmoid");
        check_close(b, x, N, sigmoid_slope, "sigmoid'");
        check_close(c, x, N, sigmoid_odd, "1 - 2 sigmoid");
    }
}

static void test_special(void **state)
{
    (void) state;
    const double x[9] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 709.7, 709.8, -745.2, -708.2};
    double y[9], w[9], d[9];
    ew_vector_exp(y, x, 9);
    assert_true(y[0] == 1 && y[1] == 1 && y[2] == INFINITY && y[3] == 0 && isnan(y[4]));
    assert_true(fabs(y[5] / exp(709.7) - 1) < 1e-15 && y[6] == INFINITY && y[7] == 0);
    assert_true(fabs(y[8] / exp(-708.2) - 1) < 1e-13); /* subnormal numbers are near */
    ew_vector_tanh(y, w, x, 9);
    assert_true(y[0] == 0 && !signbit(y[0]) && y[1] == 0 && signbit(y[1]) && w[0] == 1);
    assert_true(y[2] == 1 && y[3] == -1 && w[2] == 0 && isnan(y[4]) && isnan(w[4]));
    ew_vector_sigmoid(y, w, d, x, 9);
    assert_true(y[0] == 0.5 && w[0] == 0.25 && d[0] == 0 && isnan(y[4]));
    assert_true(y[2] == 1 && y[3] == 0 && d[2] == -1 && d[3] == 1);
}

/* A number's result does not depend on its neighbours. */
static void test_alone(void **state)
{
    (void) state;
    enum { N = 67 };
    double x[N], y[N], w[N], d[N], one[3];
    check_rng r;
    check_rng_init(&r, "alone");
    for (int i = 0; i < N; i++)
        x[i] = 20 * (2 * check_uniform(&r) - 1);
    ew_vector_exp(y, x, N);
    for (int i = 0; i < N; i++) {
        ew_vector_exp(one, x + i, 1);
        assert_true(one[0] == y[i]);
    }
    ew_vector_sigmoid(y, w, d, x, N);
    for (int i = 0; i < N; i++) {
        ew_vector_sigmoid(one, one + 1, one + 2, x + i, 1);
        assert_true(one[0] == y[i] && one[1] == w[i] && one[2] == d[i]);
    }
    ew_vector_tanh(y, w, x, N);
    for (int i = 0; i < N; i++) {
        ew_vector_tanh(one, one + 1, x + i, 1);
        assert_true(one[0] == y[i] && one[1] == w[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_balls),
                                       cmocka_unit_test(test_special),
                                       cmocka_unit_test(test_alone)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
