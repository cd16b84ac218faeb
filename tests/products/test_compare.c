#include "support/check.h"

#include <math.h>

#include "products/compare.h"
#include "support/sample_network.h"

typedef struct {
    ew_context *ctx;
    test_network t;
    ulong width[1];
    ew_output_density *d;
} fixture;

static void open_density(fixture *f, const char *activation, const char *cw, slong depth,
                         ulong width, slong order)
{
    f->ctx = ew_context_new();
    network_init(&f->t, activation, cw, "0", "1", "1", depth, f->ctx);
    f->width[0] = width;
    f->t.net.widths = 1;
    f->t.net.width = f->width;
    check_ok(f->ctx, ew_density_new(&f->d, &f->t.net, order, EW_AUTO, f->ctx));
}

static void close_density(fixture *f)
{
    ew_density_free(f->d);
    network_clear(&f->t);
    ew_context_free(f->ctx);
}

/* The second order describes what the Gaussian and the first do not. */
static void test_orders(void **state)
{
    (void) state;
    fixture f;
    ew_comparison *c;
    open_density(&f, "tanh", "1", 5, 20, 2);
    ew_sample_options opt = {.samples = 400000, .seed = 3};
    check_ok(f.ctx, ew_compare_density(&c, f.d, -5, 5, 40, &opt, f.ctx));
    assert_int_equal(c->curves, 3);
    assert_int_equal(c->sampled->cells, 42);
    assert_int_equal(c->closest, 2);
    assert_int_equal(c->simplest, 2);
    assert_true(c->test[0].rejected && c->test[1].rejected && !c->test[2].rejected);
    assert_true(c->test[0].chi2 > 20 * c->test[1].chi2);
    assert_true(c->test[0].distance > 0.02 && c->test[0].distance < 0.03);
    assert_true(c->test[2].distance < 0.0015 && c->test[2].noise < 0.0002);
    for (slong k = 0; k < 3; k++) {
        double sum = 0;
        for (slong i = 0; i < 42; i++)
            sum += c->expected[k * 42 + i];
        assert_true(fabs(sum - 1) < 1e-14);
    }
    ew_comparison_free(c);
    close_density(&f);
}

/* Where the Gaussian is as good as exact it is not rejected, and neither is what corrects it;
 * p is then anything. */
static void test_wide(void **state)
{
    (void) state;
    fixture f;
    ew_comparison *c;
    open_density(&f, "relu", "2", 2, 20000, 1);
    ew_sample_options opt = {.samples = 500, .seed = 1};
    check_ok(f.ctx, ew_compare_density(&c, f.d, -4, 4, 10, &opt, f.ctx));
    assert_int_equal(c->simplest, 0);
    for (slong k = 0; k < 2; k++) {
        assert_true(c->test[k].p > 0.001 && c->test[k].chi2 > 0.5);
        assert_true(c->test[k].adjusted >= c->test[k].p);
    }
    ew_comparison_free(c);
    close_density(&f);
}

/* chi-squared by hand: three cells of K = 1, cut at -1 and 1. */
static void test_by_hand(void **state)
{
    (void) state;
    fixture f;
    ew_comparison *c;
    open_density(&f, "z", "1", 2, 50, 1);
    ew_sample_options opt = {.samples = 2000, .seed = 5};
    check_ok(f.ctx, ew_compare_density(&c, f.d, -1, 1, 1, &opt, f.ctx));
    double chi2 = 0,
           share[3] = {0.158655253931457051, 0.682689492137085898, 0.158655253931457051};
    for (slong i = 0; i < 3; i++) {
        double expected = 2000 * share[i], d = (double) c->sampled->count[i] - expected;
        assert_true(fabs(c->expected[i] - share[i]) < 1e-15);
        chi2 += d * d / expected;
    }
    assert_int_equal(c->test[0].df, 2);
    assert_true(fabs(c->test[0].chi2 - chi2) < 1e-9 * chi2);
    assert_true(fabs(c->test[0].p - exp(-chi2 / 2)) < 1e-12);
    /* F_1(-1) = Phi(-1) - phi(1) V/8 He_3(-1)/n with V = 2 and He_3(-1) = 2. */
    double first = share[0] + 0.241970724519143349 / 50 * 2 / 8 * -2;
    assert_true(fabs(c->expected[3] - first) < 1e-15);
    ew_comparison_free(c);
    /* So few draws that no two groups expect ten. */
    opt.samples = 15;
    check_ok(f.ctx, ew_compare_density(&c, f.d, -1, 1, 1, &opt, f.ctx));
    assert_int_equal(c->test[0].df, 0);
    assert_true(isnan(c->test[0].p) && !c->test[0].rejected);
    ew_comparison_free(c);
    check_status(f.ctx, ew_compare_density(&c, f.d, 1, -1, 4, &opt, f.ctx), EW_USAGE);
    check_status(f.ctx, ew_compare_density(&c, f.d, -1, 1, 0, &opt, f.ctx), EW_USAGE);
    close_density(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_by_hand),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
