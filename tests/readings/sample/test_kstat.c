#include "support/check.h"

#include <math.h>

#include "readings/sample/kstat.h"

/* A distribution of (x, y) on four points, far from Gaussian. */
#define POINTS 4
static const double px[POINTS] = {-1, 0, 2, 0.5}, py[POINTS] = {0.5, -2, 1, 3};
static const double prob[POINTS] = {0.4, 0.3, 0.2, 0.1};

/* Expectations of a mean, a covariance and their squared errors over all 4^n ordered samples.
 */
typedef struct {
    double mean, mean_square, mean_se2, cov, cov_square, cov_se2;
} exact;

static void enumerate(exact *e, int n, int same)
{
    *e = (exact){0};
    int total = 1 << (2 * n);
    for (int code = 0; code < total; code++) {
        ew_pair_sums s = {0};
        double p = 1;
        for (int i = 0; i < n; i++) {
            int k = code >> (2 * i) & 3;
            p *= prob[k];
            ew_pair_add(&s, px[k], same ? px[k] : py[k]);
        }
        ew_estimate m = ew_pair_mean(&s), c = ew_pair_covariance(&s);
        e->mean += p * m.mean;
        e->mean_square += p * m.mean * m.mean;
        e->mean_se2 += p * m.se * m.se;
        e->cov += p * c.mean;
        e->cov_square += p * c.mean * c.mean;
        e->cov_se2 += p * ew_pair_error(&s);
    }
}

static double moment(int i, int j, int same)
{
    double m = 0;
    for (int k = 0; k < POINTS; k++)
        m += prob[k] * pow(px[k], i) * pow(same ? px[k] : py[k], j);
    return m;
}

/* Unbiased, exactly: the mean over all samples is the cumulant. */
static void test_unbiased(void **state)
{
    (void) state;
    for (int n = 4; n <= 7; n++)
        for (int same = 0; same < 2; same++) {
            exact e;
            enumerate(&e, n, same);
            assert_true(fabs(e.mean - moment(1, 0, same)) < 1e-12);
            double cov = moment(1, 1, same) - moment(1, 0, same) * moment(0, 1, same);
            assert_true(fabs(e.cov - cov) < 1e-12);
            assert_true(fabs(e.mean_se2 - (e.mean_square - e.mean * e.mean)) < 1e-12);
            assert_true(fabs(e.cov_se2 - (e.cov_square - e.cov * e.cov)) < 1e-12);
        }
}

/* Against the classical formula in k-statistics (Kendall and Stuart):
 * Var k_2 is estimated by (2 n k_2^2 + (n - 1) k_4) / (n (n + 1)). */
static void test_variance_of_variance(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "kstat");
    for (slong trial = 0; trial < check_trials(50); trial++) {
        slong n = check_range(&r, 5, 60);
        double x[60], mean = 0, m2 = 0, m4 = 0;
        ew_pair_sums s = {0};
        for (slong i = 0; i < n; i++) {
            double u = check_uniform(&r);
            x[i] = u * u * u;
            mean += x[i] / n;
            ew_pair_add(&s, x[i] - 0.2, x[i] - 0.2);
        }
        for (slong i = 0; i < n; i++) {
            double d = x[i] - mean;
            m2 += d * d;
            m4 += d * d * d * d;
        }
        double k2 = m2 / (n - 1);
        double k4 =
            (n * (n + 1) * m4 - 3 * (n - 1.0) * m2 * m2) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
        double want = (2 * n * k2 * k2 + (n - 1) * k4) / (n * (n + 1.0));
        ew_estimate e = ew_pair_covariance(&s);
        assert_true(fabs(e.mean - k2) < 1e-13 * k2);
        assert_true(fabs(e.se * e.se - want) < 1e-11 * want);
    }
}

static void test_merge(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "merge");
    ew_pair_sums whole = {0}, a = {0}, b = {0};
    for (int i = 0; i < 1000; i++) {
        double x = check_uniform(&r), y = x * check_uniform(&r);
        ew_pair_add(&whole, x, y);
        ew_pair_add(i < 300 ? &a : &b, x, y);
    }
    ew_pair_merge(&a, &b);
    ew_estimate u = ew_pair_covariance(&whole), v = ew_pair_covariance(&a);
    assert_true(a.n == 1000);
    assert_true(fabs(u.mean - v.mean) < 1e-15 && fabs(u.se - v.se) < 1e-15);
}

/* A million equal steps of 0.1: plain summation loses ten digits of the mean's last bits. */
static void test_compensation(void **state)
{
    (void) state;
    ew_pair_sums s = {0};
    for (int i = 0; i < 1000000; i++)
        ew_pair_add(&s, 0.1, 0.1);
    assert_true(ew_pair_mean(&s).mean == 0.1);
    ew_estimate c = ew_pair_covariance(&s);
    assert_true(fabs(c.mean) < 1e-18);
}

static void test_too_few(void **state)
{
    (void) state;
    ew_pair_sums s = {0};
    assert_true(isnan(ew_pair_mean(&s).mean) && isnan(ew_pair_covariance(&s).mean));
    ew_pair_add(&s, 3, 4);
    assert_true(ew_pair_mean(&s).mean == 3 && isnan(ew_pair_mean(&s).se));
    assert_true(isnan(ew_pair_covariance(&s).mean));
    ew_pair_add(&s, 5, 8);
    assert_true(ew_pair_covariance(&s).mean == 4 && isnan(ew_pair_covariance(&s).se));
    assert_true(fabs(ew_pair_spread(&s) - 4) < 1e-14); /* variances 2 and 8 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbiased), cmocka_unit_test(test_variance_of_variance),
        cmocka_unit_test(test_merge), cmocka_unit_test(test_compensation),
        cmocka_unit_test(test_too_few)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
