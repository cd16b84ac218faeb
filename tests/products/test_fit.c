#include "support/check.h"

#include <math.h>

#include "products/fit.h"
#include "products/holm.h"
#include "products/significance.h"

static int close_to(double x, double y, double tolerance)
{
    return fabs(x - y) <= tolerance * fabs(y);
}

/* Points on a parabola give it back, whatever the weights. */
static void test_parabola(void **state)
{
    (void) state;
    ew_point p[5];
    for (int i = 0; i < 5; i++) {
        double x = 1.0 / (40 << i);
        p[i] = (ew_point){x, 3 - 20 * x + 700 * x * x, 0.01 * (1 + i), 63, 0};
    }
    ew_fit f;
    check_ok(NULL, ew_fit_series(&f, p, 5, 3, NULL));
    assert_true(close_to(f.c[0], 3, 1e-12) && close_to(f.c[1], -20, 1e-10));
    assert_true(close_to(f.c[2], 700, 1e-9) && f.chi2 < 1e-20);
}

/* Three points, three coefficients: Lagrange's weights at 0 for x = 1/4, 1/2, 1 are 8/3, -2,
 * 1/3; Welch-Satterthwaite from them. */
static void test_errors(void **state)
{
    (void) state;
    const double w[3] = {8 / 3.0, -2, 1 / 3.0};
    ew_point p[3] = {{.25, 1, .1, 10, 0}, {.5, 2, .2, 20, 0}, {1, -1, .3, 30, 0}};
    ew_fit f;
    check_ok(NULL, ew_fit_series(&f, p, 3, 3, NULL));
    double c = 0, v = 0, d = 0;
    for (int i = 0; i < 3; i++) {
        double t = w[i] * w[i] * p[i].se * p[i].se;
        c += w[i] * p[i].y;
        v += t;
        d += t * t / p[i].df;
    }
    assert_true(close_to(f.c[0], c, 1e-13) && close_to(f.se[0], sqrt(v), 1e-13));
    assert_true(close_to(f.df[0], v * v / d, 1e-12));
}

/* A weighted mean and a weighted line, by hand: weights 1, 4, 1 at x = 1, 2, 3 with y = 1, 2, 9
 * give slope 8/2 and mean 18/6, so intercept 3 - 2 * 4; residuals 2, -1, 2 and chi^2 = 4 + 4
 * + 4. */
static void test_line(void **state)
{
    (void) state;
    ew_point p[3] = {{1, 1, 1, 9, 0}, {2, 2, .5, 9, 0}, {3, 9, 1, 9, 0}};
    ew_fit f;
    check_ok(NULL, ew_fit_series(&f, p, 3, 1, NULL));
    assert_true(close_to(f.c[0], 3, 1e-14) && close_to(f.se[0], sqrt(1 / 6.0), 1e-14));
    check_ok(NULL, ew_fit_series(&f, p, 3, 2, NULL));
    assert_true(close_to(f.c[0], -5, 1e-13) && close_to(f.c[1], 4, 1e-13));
    assert_true(close_to(f.se[1], sqrt(0.5), 1e-13) && close_to(f.chi2, 12, 1e-13));
}

/* The same fit in units that underflow when they are squared. */
static void test_tiny(void **state)
{
    (void) state;
    ew_point p[4], tiny[4];
    for (int i = 0; i < 4; i++) {
        double x = 1.0 / (10 << i);
        p[i] = tiny[i] = (ew_point){x, 1 + x * x * x, 1e-3 * (1 + i), 63, 0};
        tiny[i].y *= 1e-300;
        tiny[i].se *= 1e-300;
    }
    ew_fit f, g;
    check_ok(NULL, ew_fit_series(&f, p, 4, 3, NULL));
    check_ok(NULL, ew_fit_series(&g, tiny, 4, 3, NULL));
    for (int k = 0; k < 3; k++) {
        assert_true(close_to(g.c[k], f.c[k] * 1e-300, 1e-10));
        assert_true(close_to(g.se[k], f.se[k] * 1e-300, 1e-10));
    }
    assert_true(close_to(g.chi2, f.chi2, 1e-6));
}

static void test_undetermined(void **state)
{
    (void) state;
    ew_point p[4] = {{1, 1, 1, 9, 0}, {1, 2, 1, 9, 0}, {2, 9, 1, 9, 0}, {2, 1, 1, 9, 0}};
    ew_fit f;
    check_status(NULL, ew_fit_series(&f, p, 4, 3, NULL), EW_UNABLE);
    check_status(NULL, ew_fit_series(&f, p, 2, 3, NULL), EW_UNABLE);
    check_ok(NULL, ew_fit_series(&f, p, 4, 2, NULL));
}

/* Values from mpmath: betainc(df/2, 1/2, 0, df/(df+t^2), regularized=True), and gammainc. */
static void test_tails(void **state)
{
    (void) state;
    static const struct {
        double t, df, p;
    } student[] = {{1.0, 1.0, 0.5},
                   {2.0, 63.0, 0.049815763699044805667},
                   {4.0, 63.0, 0.00016905252108546653544},
                   {3.5, 100.25, 0.00069577765608268242348},
                   {10.0, 63.0, 1.252688012261211058e-14},
                   {40.0, 200.0, 2.2487396535202506658e-97},
                   {0.1, 5.0, 0.92423014115466037028}},
      chi2[] = {{1, 1, 0.31731050786291410283},
                {3, 2, 0.22313016014842982893},
                {30, 5, 0.000014748581038443052281},
                {0.5, 4, 0.97350097883925608531}};
    for (size_t i = 0; i < sizeof student / sizeof *student; i++)
        assert_true(
            close_to(ew_student_two_sided(student[i].t, student[i].df), student[i].p, 1e-14));
    for (size_t i = 0; i < sizeof chi2 / sizeof *chi2; i++)
        assert_true(close_to(ew_chi2_above(chi2[i].t, chi2[i].df), chi2[i].p, 1e-14));
    assert_true(ew_student_two_sided(0, 5) == 1 &&
                ew_student_two_sided(-2, 7) == ew_student_two_sided(2, 7));
    assert_true(ew_student_two_sided(INFINITY, 7) == 0 && isnan(ew_student_two_sided(NAN, 7)));
}

/* Holm's procedure on .01, .04, .03, .005 (a standard example): ordered .005 * 4, .01 * 3, .03
 * * 2, .04 * 1 raised to .06; at level .05 the first two are rejected and the third stops it.
 */
static void test_holm(void **state)
{
    (void) state;
    const double p[6] = {.01, NAN, .04, .03, .005, .9}, five[5] = {.01, NAN, .04, .03, .005};
    double a[6];
    check_ok(NULL, ew_holm(a, five, 5, NULL));
    assert_true(close_to(a[0], .03, 1e-14) && isnan(a[1]) && close_to(a[2], .06, 1e-14));
    assert_true(close_to(a[3], .06, 1e-14) && close_to(a[4], .02, 1e-14));
    check_ok(NULL, ew_holm(a, p, 6, NULL));
    assert_true(close_to(a[4], .025, 1e-14) && close_to(a[3], .09, 1e-14) && a[5] == .9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parabola),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_line),         cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_undetermined), cmocka_unit_test(test_tails),
        cmocka_unit_test(test_holm)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
