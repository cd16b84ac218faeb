/* Allowances: the bound on what a series leaves out, the test of an interval, and whole runs at
 * widths outside the regime of the fits. */
#include "support/check.h"

#include <math.h>
#include <string.h>

#include "products/regime.h"
#include "products/scale.h"
#include "products/significance.h"
#include "products/validate.h"
#include "support/sample_network.h"

static int close_to(double x, double y, double tolerance)
{
    return fabs(x - y) <= tolerance * fabs(y);
}

/* The tails of Student's t beyond (|d| -+ a)/se, from mpmath. */
static void test_interval(void **state)
{
    (void) state;
    static const struct {
        double d, a, se, df, p;
    } tail[] = {{1.5, 1, .25, 63, 0.0249078818495286663},
                {0.5, 1, .25, 63, 0.975092171225117874},
                {1, 1, .25, 20, 0.500000058283141357},
                {-3, 1, 1, 5, 0.056131447155344905}};
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++)
        assert_true(close_to(ew_interval_tails(tail[i].d, tail[i].a, tail[i].se, tail[i].df),
                             tail[i].p, 1e-13));
    assert_true(ew_interval_tails(2, 0, 1, 63) == ew_student_two_sided(2, 63));
}

/* 1/(1 - 2x): the geometric series itself, every bound attained. */
static void test_rest(void **state)
{
    (void) state;
    ew_prediction p = {3, 4, {1, 2, 4, 8}, 0};
    double x = 0.1, r = 0.2;
    assert_true(close_to(ew_series_ratio(&p, x), r, 1e-14));
    for (int j = 0; j < 3; j++)
        assert_true(close_to(ew_series_rest(&p, j, x), pow(r, j + 1) / (1 - r), 1e-13));
    /* Without the next order: the last term at least. */
    p.known = 3;
    assert_true(close_to(ew_series_rest(&p, 1, x), r * r / (1 - r), 1e-13));
    p.c[2] = 0;
    assert_true(close_to(ew_series_rest(&p, 2, x), r * r * r / (1 - r), 1e-13));
    p.c[1] = 0.1;
    p.c[2] = 1;
    assert_true(close_to(ew_series_rest(&p, 2, x), x * x, 1e-13));
    /* A natural size above c_0, a series that only it keeps small, and one term alone. */
    p = (ew_prediction){2, 2, {0.01, 2}, 1};
    assert_true(close_to(ew_series_ratio(&p, x), 0.2, 1e-14));
    p.scale = 0;
    assert_true(close_to(ew_series_ratio(&p, x), 20, 1e-14) && isinf(ew_series_rest(&p, 1, x)));
    p.known = p.n = 1;
    assert_true(isinf(ew_series_ratio(&p, x)));
    p = (ew_prediction){2, 3, {1, 0, 0}, 0};
    assert_true(ew_series_ratio(&p, x) == 0 && ew_series_rest(&p, 1, x) == 0);
}

/* One point against 1 + 2x, when the truth is 1/(1 - 2x) and the next coefficient is known. */
static void test_point(void **state)
{
    (void) state;
    ew_prediction p = {2, 3, {1, 2, 4}, 0};
    ew_point at = {0.1, 1 / 0.8 - 1e-9, 1e-3, 63, 0};
    ew_narrow row;
    ew_regime_point(&row, &at, &p, 1);
    assert_true(row.verdict == EW_PASS && row.z == 0 && row.p > 0.4);
    assert_true(close_to(row.predicted, 1.2, 1e-14) && close_to(row.allowance, 0.05, 1e-13));
    at.y += 0.01;
    ew_regime_point(&row, &at, &p, 1);
    assert_true(close_to(row.z, 10, 1e-5) && row.p < 1e-10);
    at.y = 1.2 - 0.06;
    ew_regime_point(&row, &at, &p, 0);
    assert_true(close_to(row.predicted, 1, 1e-14) && row.z == 0);
    ew_regime_point(&row, &at, &p, 1);
    assert_true(close_to(row.z, -10, 1e-9));
    at.x = 0.17;
    ew_regime_point(&row, &at, &p, 1);
    assert_true(row.verdict == EW_OUT_OF_REGIME && isnan(row.z) && isnan(row.allowance));
}

/* What x^3 does to the coefficients of a parabola: exactly its interpolation error for three
 * points, here with a size, a ratio and a c_3 that attain the bound. */
static void test_fit_allowance(void **state)
{
    (void) state;
    ew_point p[4];
    ew_check c[2];
    slong used;
    ew_prediction want = {2, 4, {1, 1, 1, 1}, 0};
    for (int i = 0; i < 4; i++) {
        double x = 0.1 / (1 << i);
        p[i] = (ew_point){x, 1 / (1 - x), 1e-9, 63, 0};
    }
    check_ok(NULL, ew_regime_test(c, &used, p, 4, &want, NULL));
    assert_int_equal(used, 4);
    for (int k = 0; k < 2; k++) {
        assert_true(c[k].verdict == EW_PASS && c[k].z == 0);
        assert_true(fabs(c[k].observed - 1) > 100 * c[k].se);
        assert_true(c[k].allowance < 10 * fabs(c[k].observed - 1));
    }
    want.c[0] = 1.01;
    check_ok(NULL, ew_regime_test(c, &used, p, 4, &want, NULL));
    assert_true(c[0].p < 1e-10);
}

/* ---- whole runs ---- */

static const ew_narrow *find(const ew_validation *v, const char *quantity, uint64_t width,
                             slong order)
{
    for (slong i = 0; i < v->narrows; i++)
        if (strcmp(v->narrow[i].quantity, quantity) == 0 && v->narrow[i].width == width &&
            v->narrow[i].order == order)
            return &v->narrow[i];
    fail_msg("%s is not compared at width %lu", quantity, (unsigned long) width);
    return NULL;
}

static const ew_check *check_of(const ew_validation *v, const char *quantity)
{
    slong i = 0;
    while (i < v->n && strcmp(v->check[i].quantity, quantity) != 0)
        i++;
    assert_true(i < v->n);
    return &v->check[i];
}

static ew_validation *run(const test_network *t, const ew_validate_options *opt,
                          ew_verdict want, ew_context *ctx)
{
    ew_validation *v;
    check_ok(ctx, ew_validate_chain(&v, &t->net, opt, ctx));
    if (v->verdict != want) {
        ew_status status = ew_validation_status(v, ctx);
        fail_msg("verdict %s (%d), not %s: %s", ew_verdict_name(v->verdict), (int) status,
                 ew_verdict_name(want), ew_context_error(ctx));
    }
    return v;
}

/* relu at layer 3: n Var = 10 + 25/n exactly, out of the fits' regime below width 25.  To order
 * 3 the rest is at most 10 (2.5/n)^3/(1 - 2.5/n), a part in 900 at width 24: three percent on
 * the leading coefficient are seen there alone, either way. */
static void test_narrow_perturbed(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 3, ctx);
    const uint64_t width[] = {16, 18, 20, 24};
    const slong three[] = {3};
    ew_validate_options opt = {.widths = 4,
                               .width = width,
                               .depths = 1,
                               .depth = three,
                               .order = 3,
                               .samples = 150000};
    ew_validation *v = run(&t, &opt, EW_PASS, ctx);
    for (slong i = 0; i < v->n; i++)
        assert_string_not_equal(v->check[i].quantity, "V");
    const ew_narrow *row = find(v, "V", 24, 3);
    assert_true(close_to(row->predicted, 10 + 25 / 24.0, 1e-12));
    assert_true(close_to(row->allowance, 10 * pow(2.5 / 24, 3) / (1 - 2.5 / 24), 1e-9));
    assert_true(find(v, "V", 16, 2)->allowance > row->allowance);
    ew_validation_free(v);
    opt.perturb = "V";
    for (int i = 0; i < 2; i++) {
        opt.factor = i ? 1.03 : 0.97;
        v = run(&t, &opt, EW_FAIL, ctx);
        assert_true(find(v, "V", 24, 3)->verdict == EW_FAIL);
        ew_validation_free(v);
    }
    network_clear(&t);
}

/* Five widths of which the narrowest can neither be fitted nor compared. */
static void test_too_narrow(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 5, ctx);
    const uint64_t width[] = {4, 100, 150, 200, 400};
    const slong five[] = {5};
    ew_validate_options opt = {
        .widths = 5, .width = width, .depths = 1, .depth = five, .samples = 2000};
    ew_validation *v = run(&t, &opt, EW_OUT_OF_REGIME, ctx);
    assert_true(find(v, "V", 4, 1)->verdict == EW_OUT_OF_REGIME && v->narrows == 2);
    check_status(ctx, ew_validation_status(v, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "V at layer 5, width 4"));
    ew_clear(ctx);
    ew_validation_free(v);
    network_clear(&t);
}

/* Joint cumulants of different entries, at layer 2 of relu, where all widths are exact: x = 2 r
 * and y = r + 2 h w^2 with r = relu(z)^2, h = 1(z > 0), w^2 of mean 1/2.  kappa(x,x,y) = 4
 * kappa_3(r) + 4 kappa(r,r,h) = 22 + 4 (3/2 - 3/4 - 1/2 + 1/4). */
static void test_several_entries(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    const uint64_t width[] = {2, 3, 8, 20};
    ew_validate_options opt = {
        .widths = 4, .width = width, .descent = 1, .moments = 3, .samples = 50000};
    ew_validation *v = run(&t, &opt, EW_PASS, ctx);
    const ew_check *c = check_of(v, "a.a,a.a,a1.a1");
    assert_true(close_to(c->predicted, 24, 1e-12) && fabs(c->observed - 24) < 4 * c->se);
    ew_validation_free(v);
    opt.perturb = "a.a1,a.a2,a1.a2";
    opt.factor = 1.03;
    opt.samples = 800000;
    v = run(&t, &opt, EW_FAIL, ctx);
    c = check_of(v, opt.perturb);
    assert_true(c->verdict == EW_FAIL && close_to(c->predicted, 1.03, 1e-12));
    assert_true(fabs(c->observed - 1) < 4 * c->se && c->se < 0.007);
    ew_validation_free(v);
    network_clear(&t);
}

/* The same network: n Var is 5, of the NTK's entry A + 2 B = 3, and 1 between a and a tangent.
 */
static void test_scale(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_sample_table *x;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    ew_sample_options opt = {.width = 50, .samples = 4000, .descent = 1};
    check_ok(ctx, ew_sample_chain(&x, &t.net, &opt, ctx));
    static const struct {
        const char *of[3];
        slong k;
        double size;
    } known[] = {{{"a.a"}, 1, 1},
                 {{"a.a1"}, 1, 1},
                 {{"a.a", "a.a"}, 2, 5},
                 {{"a.a", "a1.a1"}, 2, 3.873},
                 {{"a1.a1", "a2.a2"}, 2, 3},
                 {{"a.a", "a.a", "a1.a1"}, 3, 17.78},
                 {{"a.a", "a2.a3", "a2.a3"}, 3, 1.15},
                 {{"a3.a3", "a2.a2", "a1.a1"}, 3, 9}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double size = ew_natural_scale(x, 2, 50, (char *const *) known[i].of, known[i].k);
        if (!close_to(size, known[i].size, 0.1))
            fail_msg("%zu: %g, not %g", i, size, known[i].size);
    }
    const char *const unknown[] = {"a12.a12", "a.a", "a.a"};
    assert_true(ew_natural_scale(x, 2, 50, (char *const *) unknown, 3) == 0);
    ew_sample_free(x);
    network_clear(&t);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_interval),
                                       cmocka_unit_test(test_rest),
                                       cmocka_unit_test(test_point),
                                       cmocka_unit_test(test_fit_allowance),
                                       cmocka_unit_test(test_narrow_perturbed),
                                       cmocka_unit_test(test_too_narrow),
                                       cmocka_unit_test(test_several_entries),
                                       cmocka_unit_test(test_scale)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}
