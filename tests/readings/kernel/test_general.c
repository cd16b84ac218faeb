#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setting.h"

#define POINTS 8

/* Of different lengths: parallel, opposite, equal and almost parallel ones among them. */
static const double plane[POINTS][2] = {{1, 0.5},     {-0.25, 1.25}, {2, 1},       {-1, -0.5},
                                        {0.75, -1.5}, {1, 0.5},      {1, 0.53125}, {1.5, 0.25}};

static void set_up(fixture *f, const char *activation, slong depth, const char *cw,
                   const char *cb, const char *lb)
{
    open_network(f, activation, depth, cw, cb, lb);
    check_ok(f->ctx, ew_data_net_new(&f->data, &f->net, 1, f->ctx));
}

static void shut(fixture *f)
{
    close_network(f);
}

static ew_status run(ew_data_bound *bound, fixture *f, const double *x, size_t n,
                     const double *y, size_t m, size_t d)
{
    return run_data(bound, f, x, n, y, m, d);
}

static void within(const char *what, const char *name, double got, const ew_certified *want,
                   double bound)
{
    double x = ew_certified_double(want), off = fabs(got - x);
    if (!(off <= bound + 1e-16 * fabs(x)))
        fail_msg("%s: %s %.17g, not %.17g, bound %g", name, what, got, x, bound);
}

/* A pair against its certified kernel. */
static void compare_pair(fixture *f, size_t a, size_t b, const char *cw, const char *cb,
                         const ew_data_bound *bound)
{
    const size_t of[3][2] = {{a, a}, {a, b}, {b, b}};
    for (int i = 0; i < 3; i++) {
        char text[120];
        const double *x = plane[of[i][0]], *y = plane[of[i][1]];
        snprintf(text, sizeof text, "%s+%s*(%.17g)/2", cb, cw, x[0] * y[0] + x[1] * y[1]);
        f->gram[i] = constant(text);
    }
    f->net.inputs = 2;
    f->net.gram = f->gram;
    ew_kernel_table *t;
    check_ok(f->ctx, ew_kernel_solve(&t, &f->net, 1, 17, EW_AUTO, f->ctx));
    const ew_certified *k = t->nngp + (f->net.depth - 1) * 4;
    const ew_certified *theta = t->ntk + (f->net.depth - 1) * 4;
    const char *name = f->s->text;
    within("NNGP", name, f->nngp[a * POINTS + b], k + 1, bound->nngp);
    within("NTK", name, f->ntk[a * POINTS + b], theta + 1, bound->ntk);
    within("variance", name, f->nngp[a * POINTS + a], k, bound->nngp);
    within("NTK of one", name, f->ntk[a * POINTS + a], theta, bound->ntk);
    ew_kernel_free(t);
    for (int i = 0; i < 3; i++)
        ew_expr_free(f->gram[i].e);
}

static void compare(const char *activation, slong depth, const char *cw, const char *cb,
                    const char *lb, double small)
{
    fixture f;
    ew_data_bound bound;
    set_up(&f, activation, depth, cw, cb, lb);
    check_ok(f.ctx, run(&bound, &f, &plane[0][0], POINTS, NULL, 0, 2));
    for (size_t a = 0; a < POINTS; a++)
        for (size_t b = a + 1; b < POINTS; b++)
            if ((a + b) % 2 || a == 0) /* half of them */
                compare_pair(&f, a, b, cw, cb, &bound);
    double scale = f.nngp[2 * POINTS + 2], theta = f.ntk[2 * POINTS + 2];
    if (!(bound.nngp <= small * scale && bound.ntk <= small * theta))
        fail_msg("%s: bounds %g of %g, %g of %g", activation, bound.nngp, scale, bound.ntk,
                 theta);
    shut(&f);
}

static void test_odd(void **state)
{
    (void) state;
    compare("sin", 4, "3/2", "0", "0", 5e-13);
    compare("erf", 3, "1/2", "1/10", "1", 5e-13);
}

static void test_even(void **state)
{
    (void) state;
    compare("cos", 4, "1", "1/5", "1", 5e-13);
}

static void test_general(void **state)
{
    (void) state;
    compare("gelu", 3, "1/2", "0", "0", 1e-12);
    compare("relu", 4, "2", "1/3", "1", 1e-12);
    compare("abs(z)", 2, "1", "1/7", "1", 1e-12);
    compare("exp(z/3)", 3, "1", "1/3", "1", 1e-12);
}

/* A kink at 0: pairs with the first point, which is parallel and opposite to others.  Where s'
 * jumps, angles next to 0 cost the NTK `root`. */
static void compare_first(const char *activation, const char *cw, const char *cb, size_t n,
                          double small, double root)
{
    fixture f;
    ew_data_bound bound;
    set_up(&f, activation, 2, cw, cb, "1");
    check_ok(f.ctx, run(&bound, &f, &plane[0][0], n, NULL, 0, 2));
    double *whole[] = {f.nngp, f.ntk}; /* rows as if there were all points */
    for (int i = 0; i < 2; i++) {
        double *wide = calloc(POINTS * POINTS, sizeof *wide);
        for (size_t k = 0; k < n * n; k++)
            wide[k / n * POINTS + k % n] = whole[i][k];
        free(whole[i]);
        *(i ? &f.ntk : &f.nngp) = wide;
    }
    for (size_t b = 1; b < n; b++)
        compare_pair(&f, 0, b, cw, cb, &bound);
    if (!(bound.nngp <= small && bound.ntk <= root))
        fail_msg("%s: bounds %g, %g", activation, bound.nngp, bound.ntk);
    shut(&f);
}

static void test_kinks(void **state)
{
    (void) state;
    compare_first("selu", "1", "0", 4, 1e-12, 1e-7);
    if (!getenv("EW_SANITIZED"))
        compare_first("z*abs(z)/4+sin(z)", "1", "0", 2, 1e-12, 1e-12);
}

/* Variances so different that one point's coefficients end where the other's are still large.
 */
static void test_far_lengths(void **state)
{
    (void) state;
    static const double x[] = {0.296875, 2};
    fixture f;
    ew_data_bound bound;
    ew_kernel_table *t;
    set_up(&f, "tanh", 2, "1", "0", "0");
    check_ok(f.ctx, run(&bound, &f, x, 2, NULL, 0, 1));
    for (int i = 0; i < 3; i++)
        f.gram[i] = constant((const char *[]){"361/4096", "19/32", "4"}[i]);
    f.net.inputs = 2;
    f.net.gram = f.gram;
    check_ok(f.ctx, ew_kernel_solve(&t, &f.net, 1, 18, EW_AUTO, f.ctx));
    within("NNGP", "far lengths", f.nngp[1], t->nngp + 5, bound.nngp);
    within("NTK", "far lengths", f.ntk[1], t->ntk + 5, bound.ntk);
    assert_true(bound.nngp < 1e-12 && bound.ntk < 5e-12);
    ew_kernel_free(t);
    for (int i = 0; i < 3; i++)
        ew_expr_free(f.gram[i].e);
    shut(&f);
}

/* Ordered, critical and chaotic, to depth 1000: every entry a number, the bound small, or
 * EW_UNABLE; points that are equal stay so. */
static void test_deep(void **state)
{
    (void) state;
    static const char *const phase[][2] = {
        {"1/2", "1/10"}, {"1", "0"}, {"3", "0"}, {"2", "1/2"}};
    for (size_t i = 0; i < sizeof phase / sizeof *phase; i++) {
        fixture f;
        ew_data_bound bound;
        set_up(&f, "sin", 1000, phase[i][0], phase[i][1], "0");
        ew_status status = run(&bound, &f, &plane[0][0], POINTS, NULL, 0, 2);
        if (status != EW_UNABLE)
            check_ok(f.ctx, status);
        for (size_t k = 0; k < POINTS * POINTS && status == EW_OK; k++)
            assert_true(isfinite(f.nngp[k]) && isfinite(f.ntk[k]));
        if (status == EW_OK)
            assert_true(f.nngp[5] == f.nngp[0] && f.ntk[5] == f.ntk[0]);
        shut(&f);
    }
}

/* Two sets, and tiles that are not full. */
static void test_sets(void **state)
{
    (void) state;
    enum { N = 140, M = 3 };
    fixture f;
    ew_data_bound bound;
    double x[N][3];
    check_rng r;
    check_rng_init(&r, "sets");
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 3; j++)
            x[i][j] = 2 * check_uniform(&r) - 1 + (j == 0);
    set_up(&f, "sin", 3, "2", "0", "1");
    check_ok(f.ctx, run(&bound, &f, &x[0][0], N, NULL, 0, 3));
    double *all = f.nngp, *theta = f.ntk;
    f.nngp = f.ntk = NULL;
    check_ok(f.ctx, run(&bound, &f, &x[0][0], N, &x[N - M][0], M, 3));
    for (size_t i = 0; i < N - M; i++)
        for (size_t j = 0; j < M; j++) {
            assert_true(fabs(all[i * N + N - M + j] - f.nngp[i * M + j]) <= 2 * bound.nngp);
            assert_true(fabs(theta[i * N + N - M + j] - f.ntk[i * M + j]) <= 2 * bound.ntk);
        }
    assert_true(bound.nngp < 1e-12);
    free(all);
    free(theta);
    shut(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd),     cmocka_unit_test(test_even),
        cmocka_unit_test(test_general), cmocka_unit_test(test_far_lengths),
        cmocka_unit_test(test_deep),    cmocka_unit_test(test_sets),
        cmocka_unit_test(test_kinks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
