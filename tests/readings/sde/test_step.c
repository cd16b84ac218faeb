#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sde/step.h"

/* Nodes and weights of the Gauss-Hermite rule for the standard normal. */
#define NODES 7
static const double node[NODES] = {
    -3.75043971772574226, -2.36675941073454129, -1.15440539473996813, 0,
    1.15440539473996813,  2.36675941073454129,  3.75043971772574226};
static const double weight[NODES] = {
    0.000548268855972217792, 0.030757123967586497, 0.240123178605012714,   0.457142857142857143,
    0.240123178605012714,    0.030757123967586497, 0.000548268855972217792};

/* A monomial in the entries of V: the exponents. */
typedef struct {
    int power[6];
    double series[4]; /* f, L f, L^2 f, L^3 f at the starting point, L the generator */
} monomial;

static double value(const monomial *f, const double *v, slong pairs, size_t i)
{
    double y = 1;
    for (slong p = 0; p < pairs; p++)
        for (int k = 0; k < f->power[p]; k++)
            y *= v[p * EW_BLOCK + (slong) i];
    return y;
}

static void take(ew_step *s, double h, const double *g, const uint8_t *coin, int euler)
{
    if (euler) {
        ew_step_euler(s, 0, h, g);
    } else if (s->motion->rate) {
        ew_step_residual(s, 0, h, g, coin);
    } else {
        ew_step_drift(s, 0, 0.5 * h);
        ew_step_noise(s, h, g, coin);
        ew_step_drift(s, 0, 0.5 * h);
    }
    ew_step_gram(s);
}

/* E f(V) after one step, by the product rule over all normals and coins. */
static double expectation(ew_step *s, const double *v0, const monomial *f, double h, int euler)
{
    slong n = ew_step_normals(s, euler);
    double g[9 * EW_BLOCK], w[EW_BLOCK], sum = 0;
    uint8_t coin[EW_BLOCK];
    slong total = 2;
    for (slong k = 0; k < n; k++)
        total *= NODES;
    for (slong first = 0; first < total; first += EW_BLOCK) {
        for (slong i = 0; i < EW_BLOCK; i++) {
            slong code = first + i < total ? first + i : 0;
            coin[i] = (uint8_t) (code % 2);
            w[i] = first + i < total ? 0.5 : 0;
            code /= 2;
            for (slong k = 0; k < n; k++, code /= NODES) {
                g[k * EW_BLOCK + i] = node[code % NODES];
                w[i] *= weight[code % NODES];
            }
        }
        ew_step_start(s, v0);
        take(s, h, g, coin, euler);
        for (size_t i = 0; i < EW_BLOCK; i++)
            sum += w[i] * value(f, s->v, s->pairs, i);
    }
    return sum;
}

/* The error of a step against the series of the semigroup falls like h^(order + 1). */
static void check_order(const ew_motion *motion, const double *v0, const monomial *f, slong n,
                        double h, int euler)
{
    ew_context *ctx = ew_context_new();
    ew_step *s;
    check_ok(ctx, ew_step_new(&s, motion, ctx));
    for (slong i = 0; i < n; i++) {
        double error[2];
        for (int k = 0; k < 2; k++) {
            double t = h / (1 << k);
            error[k] =
                expectation(s, v0, f + i, t, euler) -
                (f[i].series[0] + t * f[i].series[1] +
                 (euler ? 0 : t * t / 2 * f[i].series[2] + t * t * t / 6 * f[i].series[3]));
        }
        double order = log2(fabs(error[0] / error[1])), want = euler ? 2 : 3;
        if (fabs(error[1]) > 1e-10 && !(order > want - 0.15))
            fail_msg("monomial %ld: errors %g, %g: local order %g", (long) i, error[0],
                     error[1], order);
    }
    ew_step_free(s);
    ew_context_free(ctx);
}

/* phi''(0) = 1, phi'''(0) = -2, a = 1 in theory.md section 6. */
static void smooth_drift(double *b, const double *v, double t, const void *data)
{
    (void) t;
    (void) data;
    for (slong i = 0; i < EW_BLOCK; i++) {
        double x = v[i], y = v[EW_BLOCK + i], z = v[2 * EW_BLOCK + i];
        b[i] = 0.25 * (3 * x * x - 3 * x) - x * (2 * x - 2);
        b[EW_BLOCK + i] = 0.25 * (x * z + 2 * y * y - 3 * y) - y * (x + z - 2);
        b[2 * EW_BLOCK + i] = 0.25 * (3 * z * z - 3 * z) - z * (2 * z - 2);
    }
}

/* The series are by computer algebra from b, S and Ito's formula. */
static const double two[3] = {1, 0.5, 2};
static const monomial of_two[] = {
    {{0, 1, 0}, {1 / 2., -1 / 4., -13 / 16., 619 / 64.}},
    {{0, 2, 0}, {1 / 4., 2, -117 / 16., -1983 / 64.}},
    {{1, 0, 1}, {2, -2, -33 / 8., 1787 / 32.}},
    {{2, 1, 0}, {1 / 2., 11 / 4., 79 / 16., -7389 / 64.}},
};

static void test_two_inputs(void **state)
{
    (void) state;
    ew_motion o = {.fields = 2, .drift = smooth_drift};
    check_order(&o, two, of_two, 4, 1. / 64, 0);
    check_order(&o, two, of_two, 4, 1. / 256, 1);
}

/* Three fields, where the flows beside the diagonal do not commute. */
static void test_three_fields(void **state)
{
    (void) state;
    const double v0[6] = {1, 0.5, 0.25, 2, 1 / 3., 1.5};
    const monomial f[] = {
        {{0, 1, 0, 0, 1, 0}, {1 / 6., 2 / 3., 1, 7 / 3.}},
        {{0, 0, 0, 0, 2, 0}, {1 / 9., 28 / 9., 10 / 3., 86 / 9.}},
        {{0, 1, 1, 1, 0, 0}, {1 / 4., 19 / 12., 115 / 12., 691 / 12.}},
        {{0, 1, 1, 0, 1, 0}, {1 / 24., 53 / 72., 887 / 72., 4289 / 72.}},
    };
    ew_motion o = {.fields = 3};
    check_order(&o, v0, f, 4, 1. / 32, 0);
}

/* One input without drift is a geometric Brownian motion, which the second scheme takes
 * exactly. */
static void test_geometric(void **state)
{
    (void) state;
    const double v0 = 0.7, h = 0.3;
    double g[EW_BLOCK];
    uint8_t coin[EW_BLOCK];
    ew_context *ctx = ew_context_new();
    ew_motion o = {.fields = 1};
    ew_step *s;
    check_ok(ctx, ew_step_new(&s, &o, ctx));
    for (int i = 0; i < EW_BLOCK; i++) {
        g[i] = (i - 60) / 20.;
        coin[i] = i % 3 == 0;
    }
    ew_step_start(s, &v0);
    take(s, h, g, coin, 0);
    for (int i = 0; i < EW_BLOCK; i++)
        assert_true(fabs(s->v[i] / (v0 * exp(sqrt(2 * h) * g[i] - h)) - 1) < 1e-14);
    ew_step_free(s);
    ew_context_free(ctx);
}

/* Noise of a residual network with Q = V and d = 2 is that of a shaped one: the same second
 * moments, exactly in h for a step of Euler and Maruyama. */
static void rate(double *q, const double *v, double t, const void *data)
{
    (void) t;
    (void) data;
    memcpy(q, v, 3 * EW_BLOCK * sizeof *q);
}

static void test_residual_noise(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_motion shaped = {.fields = 2}, residual = {.fields = 2, .rate = rate, .dimension = 2};
    ew_step *a, *b;
    check_ok(ctx, ew_step_new(&a, &shaped, ctx));
    check_ok(ctx, ew_step_new(&b, &residual, ctx));
    const monomial f[] = {{{1, 0, 1}, {0}}, {{0, 2, 0}, {0}}, {{1, 1, 0}, {0}}};
    for (int i = 0; i < 3; i++) {
        double x = expectation(a, two, f + i, 1. / 1024, 1);
        double y = expectation(b, two, f + i, 1. / 1024, 1);
        assert_true(fabs(x - y) < 1e-12);
    }
    ew_step_free(a);
    ew_step_free(b);
    ew_context_free(ctx);
}

/* Q = 1 + V/2 + V^2/8; the series by computer algebra from A f = Q f' + (2 Q V/d) f''. */
static void quadratic_rate(double *q, const double *v, double t, const void *data)
{
    (void) t;
    (void) data;
    for (int i = 0; i < EW_BLOCK; i++)
        q[i] = 1 + v[i] / 2 + v[i] * v[i] / 8;
}

static void test_residual_order(void **state)
{
    (void) state;
    static const double half = 0.5;
    static const double dimension[] = {1, 2, 4};
    static const monomial f[3][2] = {{{{1}, {1 / 2., 41 / 32., 287 / 256., 13981 / 4096.}},
                                      {{2}, {1 / 4., 123 / 32., 11685 / 512., 310821 / 2048.}}},
                                     {{{1}, {1 / 2., 41 / 32., 123 / 128., 3977 / 2048.}},
                                      {{2}, {1 / 4., 41 / 16., 2993 / 256., 23903 / 512.}}},
                                     {{{1}, {1 / 2., 41 / 32., 451 / 512., 5617 / 4096.}},
                                      {{2}, {1 / 4., 123 / 64., 3813 / 512., 84993 / 4096.}}}};
    for (int k = 0; k < 3; k++) {
        ew_motion o = {.fields = 1,
                       .drift = quadratic_rate,
                       .rate = quadratic_rate,
                       .dimension = dimension[k]};
        check_order(&o, &half, f[k], 2, 1. / 64, 0);
        check_order(&o, &half, f[k], 2, 1. / 256, 1);
    }
}

/* Q = 1, d = 1: V is the square of a Brownian motion, at 0 too, whatever the step. */
static void unit_rate(double *q, const double *v, double t, const void *data)
{
    (void) v, (void) t, (void) data;
    for (int i = 0; i < EW_BLOCK; i++)
        q[i] = 1;
}

static void test_residual_at_zero(void **state)
{
    (void) state;
    static const double zero = 0, third[] = {1, 3, 15};
    const double h = 0.75;
    ew_context *ctx = ew_context_new();
    ew_motion o = {.fields = 1, .drift = unit_rate, .rate = unit_rate, .dimension = 1};
    ew_step *s;
    check_ok(ctx, ew_step_new(&s, &o, ctx));
    for (int euler = 0; euler < 2; euler++)
        for (int k = 1; k <= 3; k++) {
            const monomial f = {{k}, {0}};
            double x = expectation(s, &zero, &f, h, euler);
            assert_true(fabs(x / (third[k - 1] * pow(h, k)) - 1) < 1e-12);
        }
    ew_step_free(s);
    ew_context_free(ctx);
}

/* Q = V, d = 3, two fields: the mean is V (1 + h), the covariance that of the equation and, as
 * of two more rows, 2/d^2 h^2 (Q_ac Q_bd + Q_ad Q_bc). */
static void test_residual_euler(void **state)
{
    (void) state;
    const double h = 0.25, x = two[0], y = two[1], z = two[2], grown = (1 + h) * (1 + h);
    ew_context *ctx = ew_context_new();
    ew_motion o = {.fields = 2, .drift = rate, .rate = rate, .dimension = 3};
    ew_step *s;
    check_ok(ctx, ew_step_new(&s, &o, ctx));
    const monomial f[] = {
        {{0, 1, 0}, {y * (1 + h)}},
        {{1, 0, 1}, {x * z * grown + (4 * h / 3 + 4 * h * h / 9) * y * y}},
        {{0, 2, 0}, {y * y * grown + (2 * h / 3 + 2 * h * h / 9) * (x * z + y * y)}}};
    for (int i = 0; i < 3; i++)
        assert_true(fabs(expectation(s, two, f + i, h, 1) / f[i].series[0] - 1) < 1e-12);
    ew_step_free(s);
    ew_context_free(ctx);
}

/* Steps far too long, and degenerate beginnings: V stays positive semi-definite. */
static void test_semidefinite(void **state)
{
    (void) state;
    static const double start[][3] = {{1, 0.5, 2}, {1, 1, 1}, {1, -1, 1}, {30, 1, 1}};
    double g[9 * EW_BLOCK];
    uint8_t coin[EW_BLOCK];
    check_rng r;
    check_rng_init(&r, "semidefinite");
    ew_context *ctx = ew_context_new();
    ew_motion o = {.fields = 2, .drift = smooth_drift};
    ew_step *s;
    check_ok(ctx, ew_step_new(&s, &o, ctx));
    for (int k = 0; k < 4; k++)
        for (int euler = 0; euler < 2; euler++) {
            ew_step_start(s, start[k]);
            for (int step = 0; step < 20; step++) {
                for (int i = 0; i < 3 * EW_BLOCK; i++)
                    g[i] = 6 * check_uniform(&r) - 3;
                for (int i = 0; i < EW_BLOCK; i++)
                    coin[i] = check_bits(&r) & 1;
                take(s, euler ? 0.02 : 0.5, g, coin, euler);
                for (int i = 0; i < EW_BLOCK; i++) {
                    double x = s->v[i], y = s->v[EW_BLOCK + i], z = s->v[2 * EW_BLOCK + i];
                    assert_true(x >= 0 && z >= 0 && y * y <= x * z * (1 + 1e-12) + 1e-300);
                    assert_true(k > 0 || (x > 0 && z > 0));
                }
            }
        }
    ew_step_free(s);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_inputs),     cmocka_unit_test(test_three_fields),
        cmocka_unit_test(test_geometric),      cmocka_unit_test(test_residual_noise),
        cmocka_unit_test(test_residual_order), cmocka_unit_test(test_residual_at_zero),
        cmocka_unit_test(test_residual_euler), cmocka_unit_test(test_semidefinite),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
