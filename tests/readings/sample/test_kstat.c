#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sample/kstat.h"
#include "readings/sample/preactivation_plan.h"

/* A distribution of (x, y) on four points, far from Gaussian. */
#define POINTS 4
static const double px[POINTS] = {-1, 0, 2, 0.5}, py[POINTS] = {0.5, -2, 1, 3};
static const double prob[POINTS] = {0.4, 0.3, 0.2, 0.1};

static void pair_add(ew_pair_sums *s, double x, double y)
{
    s->n += 1;
    for (int i = 0; i <= 2; i++)
        for (int j = 0; j <= 2; j++)
            s->s[i][j] += powl(x, i) * powl(y, j);
}

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
            pair_add(&s, px[k], same ? px[k] : py[k]);
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
            pair_add(&s, x[i] - 0.2, x[i] - 0.2);
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

/* sum[S] += the product of the x_i with i in S. */
static void add_point(long double *sum, int k, const long double *x)
{
    for (unsigned set = 1; set < 1u << k; set++) {
        long double p = 1;
        for (int i = 0; i < k; i++)
            if (set >> i & 1)
                p *= x[i];
        sum[set] += p;
    }
}

/* k entries: x, y, x, y, ... on the four points. */
static void entries(long double *x, int point, int k)
{
    for (int i = 0; i < k; i++)
        x[i] = i % 2 ? py[point] : px[point];
}

/* E of a product of entries. */
static long double expectation(int k, unsigned set)
{
    long double m = 0;
    for (int p = 0; p < POINTS; p++) {
        long double x[EW_KSTAT_MOST], t = prob[p];
        entries(x, p, k);
        for (int i = 0; i < k; i++)
            if (set >> i & 1)
                t *= x[i];
        m += t;
    }
    return m;
}

/* The joint cumulant by the recursion E[x_S] = sum over T of S, T containing the least element,
 * of kappa(T) E[x_(S - T)]. */
static long double cumulant(int k, unsigned set)
{
    unsigned least = set & -set, rest = set & ~least;
    long double value = expectation(k, set);
    for (unsigned t = rest; t; t = (t - 1) & rest)
        value -= cumulant(k, set & ~t) * expectation(k, t);
    return value;
}

/* Unbiased, exactly: the mean over all 4^n ordered samples is the joint cumulant. */
static void test_joint_unbiased(void **state)
{
    (void) state;
    for (int k = 1; k <= 5; k++)
        for (int n = k; n <= 7; n++) {
            ew_kstat_plan plan;
            ew_kstat_plan_set(&plan, n, k);
            long double mean = 0, want = cumulant(k, (1u << k) - 1);
            for (int code = 0; code < 1 << (2 * n); code++) {
                long double sum[1 << EW_KSTAT_MOST] = {0}, x[EW_KSTAT_MOST], p = 1;
                for (int i = 0; i < n; i++) {
                    int point = code >> (2 * i) & 3;
                    p *= prob[point];
                    entries(x, point, k);
                    add_point(sum, k, x);
                }
                mean += p * ew_kstat(&plan, sum);
            }
            assert_true(fabsl(mean - want) < 1e-12L * (1 + fabsl(want)));
        }
}

/* Fisher's k_3 and k_4 from centred power sums (Kendall and Stuart), and invariance under a
 * shift; the sixth against the same numbers scaled. */
static void test_fisher(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "fisher");
    for (slong trial = 0; trial < check_trials(20); trial++) {
        slong n = check_range(&r, 6, 60);
        double x[60], mean = 0, m2 = 0, m3 = 0, m4 = 0, k6[2];
        for (slong i = 0; i < n; i++) {
            x[i] = check_uniform(&r);
            x[i] *= x[i] * x[i];
            mean += x[i] / (double) n;
        }
        for (slong i = 0; i < n; i++) {
            double d = x[i] - mean;
            m2 += d * d;
            m3 += d * d * d;
            m4 += d * d * d * d;
        }
        double f = (double) n, k3 = f * m3 / ((f - 1) * (f - 2));
        double k4 = (f * (f + 1) * m4 - 3 * (f - 1) * m2 * m2) / ((f - 1) * (f - 2) * (f - 3));
        for (int k = 3; k <= 6; k++)
            for (int shifted = 0; shifted < 2; shifted++) {
                ew_kstat_plan plan;
                long double sum[1 << EW_KSTAT_MOST] = {0}, e[EW_KSTAT_MOST];
                for (slong i = 0; i < n; i++) {
                    for (int j = 0; j < k; j++)
                        e[j] = x[i] - (shifted ? 0.25L : 0);
                    add_point(sum, k, e);
                }
                ew_kstat_plan_set(&plan, f, k);
                double got = ew_kstat(&plan, sum), want = k == 3 ? k3 : k4;
                assert_true(k > 4 || fabs(got - want) < 1e-12);
                if (k == 6)
                    k6[shifted] = got;
            }
        assert_true(fabs(k6[0] - k6[1]) < 1e-11);
    }
    ew_kstat_plan plan;
    long double sum[1 << EW_KSTAT_MOST] = {0};
    ew_kstat_plan_set(&plan, 3, 4);
    assert_true(isnan(ew_kstat(&plan, sum)));
}

static void test_too_few(void **state)
{
    (void) state;
    ew_pair_sums s = {0};
    assert_true(isnan(ew_pair_mean(&s).mean) && isnan(ew_pair_covariance(&s).mean));
    pair_add(&s, 3, 4);
    assert_true(ew_pair_mean(&s).mean == 3 && isnan(ew_pair_mean(&s).se));
    assert_true(isnan(ew_pair_covariance(&s).mean));
    pair_add(&s, 5, 8);
    assert_true(ew_pair_covariance(&s).mean == 4 && isnan(ew_pair_covariance(&s).se));
    assert_true(fabs(ew_pair_spread(&s) - 4) < 1e-14); /* variances 2 and 8 */
}

/* ---- cumulants of neurons ------------------------------------------------------------------
 */

#define NEURONS 3
#define STATES 16
#define DRAWN 3

/* z_i^2 = g x_i, g and every x_i 1 or 3 with even odds: the means of z^2, z^4, z^6 over three
 * neurons in each of the 16 states, and the cells of the plan. */
static void set_states(double *cell, const ew_preactivation_plan *p)
{
    double *block = malloc((size_t) p->blocks * sizeof *block);
    assert_non_null(block);
    for (int state = 0; state < STATES; state++) {
        double mean[3] = {0, 0, 0};
        for (int i = 0; i < NEURONS; i++) {
            double square = (state & 1 ? 3 : 1) * (state >> (i + 1) & 1 ? 3.0 : 1.0);
            mean[0] += square / NEURONS;
            mean[1] += square * square / NEURONS;
            mean[2] += square * square * square / NEURONS;
        }
        ew_preactivation_cells(cell + state * p->cells, block, p, mean, NEURONS);
    }
    free(block);
}

/* The mean of an estimate from three samples over all 16^3 outcomes. */
static double mean_estimate(const ew_preactivation_plan *p, slong s, const double *cell)
{
    double *sum = malloc((size_t) p->cells * sizeof *sum), total = 0;
    assert_non_null(sum);
    for (int k = 0; k < STATES * STATES * STATES; k++) {
        for (slong c = 0; c < p->cells; c++)
            sum[c] = cell[k % STATES * p->cells + c] +
                     cell[k / STATES % STATES * p->cells + c] +
                     cell[k / STATES / STATES * p->cells + c];
        total += ew_preactivation_estimate(p, s, sum, DRAWN);
    }
    free(sum);
    return total / (STATES * STATES * STATES);
}

/* No bias at all: E x = E g = 2, E x^2 = 5, E x^3 = 14. */
static void neurons_without_bias(void **state)
{
    (void) state;
    static const double m2 = 4, m4 = 25, m6 = 196, m22 = 5 * 4, m42 = 14 * 10, m222 = 14 * 8;
    const double want[] = {m4 - 3 * m2 * m2, m22 - m2 * m2,
                           m6 - 15 * m4 * m2 + 30 * m2 * m2 * m2,
                           m42 - m4 * m2 - 6 * m22 * m2 + 6 * m2 * m2 * m2,
                           m222 - 3 * m22 * m2 + 2 * m2 * m2 * m2};
    ew_context *ctx = ew_context_new();
    ew_preactivation_plan *p;
    check_ok(ctx, ew_preactivation_plan_new(&p, 1, 6, ctx));
    double *cell = malloc((size_t) (STATES * p->cells) * sizeof *cell);
    assert_non_null(cell);
    set_states(cell, p);
    assert_int_equal(p->statistics, 5);
    for (slong s = 0; s < 5; s++) {
        double got = mean_estimate(p, s, cell);
        if (fabs(got - want[s]) > 1e-9 * (1 + fabs(want[s])))
            fail_msg("statistic %ld: %.15g, not %.15g", s, got, want[s]);
    }
    free(cell);
    ew_preactivation_plan_free(p);
    check_status(ctx, ew_preactivation_plan_new(&p, 4, 6, ctx), EW_UNABLE);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbiased),       cmocka_unit_test(test_variance_of_variance),
        cmocka_unit_test(test_joint_unbiased), cmocka_unit_test(test_fisher),
        cmocka_unit_test(test_too_few),        cmocka_unit_test(neurons_without_bias)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
