#include "expect/ask.h"

#include "expect/bound.h"

#include <math.h>

/* The trapezoidal rule on the constant 1 is off by 2 sum_n e^(-2 pi^2 n^2 K/h^2), all positive:
 * the bound at the best edge d = 2 pi K/h must lie above, by little. */
static void test_discretisation_bound(void **state)
{
    (void) state;
    ew_majorant one;
    arb_t K, truth, bound;
    mag_t err;
    ew_majorant_init(&one);
    mag_one(one.c);
    arb_init(K);
    arb_init(truth);
    arb_init(bound);
    mag_init(err);
    for (double h = 0.125; h < 3; h *= 1.3) {
        arb_set_d(K, 2.0);
        double d = 2 * M_PI * 2.0 / h;
        ew_bound_trapezoid(err, &one, 0, d, h, K);
        arb_const_pi(truth, 53);
        arb_mul(truth, truth, truth, 53);
        arb_mul_si(truth, truth, -4, 53);
        arb_set_d(bound, h * h);
        arb_div(truth, truth, bound, 53);
        arb_exp(truth, truth, 53);
        arb_mul_2exp_si(truth, truth, 1);
        arf_set_mag(arb_midref(bound), err);
        mag_zero(arb_radref(bound));
        assert_true(arb_ge(bound, truth));
        arb_mul_ui(truth, truth, 3, 53);
        assert_true(arb_le(bound, truth));
    }
    ew_majorant_clear(&one);
    arb_clear(K);
    arb_clear(truth);
    arb_clear(bound);
    mag_clear(err);
}

/* |h_k(x) p(x)| and one tail of |h_k| p, against numbers by mpmath at K = 1:
 * h_4(3) p(3) = (81 - 54 + 3)/sqrt(24) * 0.00443184841193801; tail of |h_4| p beyond 5:
 * (He_3(5) p(5) = 110 * 1.48671951473430e-6)/sqrt(24), since (He_3 p)' = -He_4 p. */
static void test_hermite_bounds(void **state)
{
    (void) state;
    ew_majorant one;
    mag_t b;
    arb_t K;
    ew_majorant_init(&one);
    mag_one(one.c);
    mag_init(b);
    arb_init(K);
    arb_one(K);
    ew_bound_weight(b, 4, 3, 0, K);
    double sup = mag_get_d(b), value = 30 / sqrt(24) * 0.00443184841193801;
    assert_true(sup >= value && sup <= 4 * value);
    ew_bound_tail(b, &one, 4, 5, K);
    double tail = mag_get_d(b), mass = 110 / sqrt(24) * 1.48671951473430e-6;
    assert_true(tail >= mass && tail <= 8 * mass);
    /* off the real line: |h_2(2i)| |p(2i)| = 5/sqrt 2 e^2/sqrt(2 pi) */
    ew_bound_weight(b, 2, 0, 2, K);
    sup = mag_get_d(b);
    value = 5 / sqrt(2) * exp(2) / sqrt(2 * M_PI);
    assert_true(sup >= value && sup <= 4 * value);
    ew_majorant_clear(&one);
    mag_clear(b);
    arb_clear(K);
}

/* Growth: E |F h_k| along the edge, F = (1 + |x|)^2 e^|x| at K = 1/4 and k = 0; the bound of
 * the real line's integral, from d -> 0, is N = err (e^(2 pi d/h) - 1)/2. mpmath: 3.73791499741
 */
static void test_growth_bound(void **state)
{
    (void) state;
    ew_majorant m;
    mag_t err;
    arb_t K;
    ew_majorant_init(&m);
    mag_one(m.c);
    m.p = 2;
    m.q = 1;
    mag_init(err);
    arb_init(K);
    arb_set_d(K, 0.25);
    double d = 1e-6, h = 1e-6;
    ew_bound_trapezoid(err, &m, 0, d, h, K);
    double N = mag_get_d(err) * expm1(2 * M_PI) / 2;
    assert_true(N >= 3.73791499741 && N <= 6 * 3.73791499741);
    ew_majorant_clear(&m);
    mag_clear(err);
    arb_clear(K);
}

static void test_against_panels(void **state)
{
    (void) state;
    static const char *const s[] = {"tanh", "sigmoid",   "gauss",
                                    "sin",  "1/(1+z^2)", "1/cosh(3*z)"};
    static const char *const K[] = {"1e-4", "0.3", "7.3"};
    for (size_t i = 0; i < sizeof s / sizeof *s; i++)
        for (size_t k = 0; k < 3; k++)
            for (slong prec = 100; prec <= 400; prec += 300) {
                ask_compare(s[i], EW_GRID, EW_PANELS, ask_atom(0, 2, 2, 0, 1), K[k], prec);
                ask_compare(s[i], EW_GRID, EW_PANELS, ask_atom(1, 1, 0, 0, 2), K[k], prec);
            }
}

static void test_wide_and_narrow(void **state)
{
    (void) state;
    ask_compare("tanh", EW_AUTO, EW_ADAPTIVE, ask_atom(0, 2, 0, 0, 0), "1e6", 100);
    ask_compare("tanh", EW_GRID, EW_PANELS, ask_atom(0, 4, 0, 0, 1), "1e-12", 100);
    ask_compare("1/cosh(10*z)", EW_AUTO, EW_ADAPTIVE, ask_atom(0, 2, 0, 0, 0), "30", 100);
    ask_compare("sin", EW_GRID, EW_ADAPTIVE, ask_atom(0, 2, 0, 0, 0), "400", 100);
}

/* Two precisions overlap, the cache of the coarser reused; a lower one after a higher one too.
 */
static void test_shared_nodes(void **state)
{
    (void) state;
    static const slong prec[] = {64, 500, 64, 200};
    ask a;
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    ask_open(&a, "tanh", EW_GRID);
    ask_value(x, &a, ask_atom(0, 2, 0, 0, 1), "0.125", 60);
    for (size_t i = 0; i < 4; i++) {
        ask_value(y, &a, ask_atom(0, 2, 0, 0, 1), "0.125", prec[i]);
        check_ball_pair(x, y, 55);
        ask_value(y, &a, ask_atom(0, 0, 0, 4, 0), i & 1 ? "2" : "0.01", prec[i]);
        ask_value(y, &a, ask_atom(0, 2, 0, 0, 1), "0.125", prec[i]);
        check_ball_pair(x, y, 55);
    }
    ask_close(&a);
    arb_clear(x);
    arb_clear(y);
}

static void test_refuses_kinks(void **state)
{
    (void) state;
    ask a;
    arb_t K, x;
    ew_atom1 t = ask_atom(0, 2, 0, 0, 0);
    arb_init(K);
    arb_init(x);
    arb_one(K);
    ask_open(&a, "elu", EW_GRID);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_UNABLE);
    ask_close(&a);
    arb_clear(K);
    arb_clear(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discretisation_bound), cmocka_unit_test(test_hermite_bounds),
        cmocka_unit_test(test_growth_bound),         cmocka_unit_test(test_against_panels),
        cmocka_unit_test(test_wide_and_narrow),      cmocka_unit_test(test_shared_nodes),
        cmocka_unit_test(test_refuses_kinks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
