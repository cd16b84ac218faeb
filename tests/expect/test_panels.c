#include "expect/ask.h"

#include <stdlib.h>

static void test_kinks(void **state)
{
    (void) state;
    static const char *const s[] = {"elu",
                                    "softsign",
                                    "selu",
                                    "exp(-abs(z))",
                                    "if(z<sqrt(2), tanh(z), 1/(1+z^2))",
                                    "tanh(abs(z)-1)"};
    static const char *const K[] = {"1e-4", "0.3", "7.3", "1e4"};
    for (size_t i = 0; i < sizeof s / sizeof *s; i++)
        for (size_t k = 0; k < 4; k++)
            ask_compare(s[i], EW_PANELS, EW_ADAPTIVE, ask_atom(0, 2, 0, 0, 1), K[k], 100);
    ask_compare("elu", EW_PANELS, EW_ADAPTIVE, ask_atom(0, 2, 2, 0, 0), "1.3", 400);
    ask_compare("softsign", EW_PANELS, EW_ADAPTIVE, ask_atom(2, 2, 1, 0, 0), "1.3", 400);
}

/* Piecewise polynomials have a closed form too. */
static void test_closed_forms(void **state)
{
    (void) state;
    static const char *const s[] = {"relu", "hardtanh", "abs", "if(z<1, z, z^2)"};
    static const char *const K[] = {"1e-3", "1", "50"};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 3; k++) {
            ask_compare(s[i], EW_PANELS, EW_CLOSED, ask_atom(0, 2, 0, 0, 2), K[k], 100);
            ask_compare(s[i], EW_PANELS, EW_CLOSED, ask_atom(1, 1, 0, 0, 0), K[k], 400);
        }
}

static void test_extreme_variances(void **state)
{
    (void) state;
    ask_compare("hardtanh", EW_PANELS, EW_CLOSED, ask_atom(0, 2, 0, 0, 0), "1e-60", 100);
    ask_compare("hardtanh", EW_PANELS, EW_CLOSED, ask_atom(0, 2, 0, 0, 0), "1e60", 100);
    ask_compare("tanh", EW_PANELS, EW_GRID, ask_atom(0, 2, 0, 0, 0), "1e-20", 100);
}

/* One evaluator, precision up and down, several variances: the shared panels stay right. */
static void test_shared_panels(void **state)
{
    (void) state;
    static const slong prec[] = {64, 400, 100};
    ask a;
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    ask_open(&a, "elu", EW_PANELS);
    for (size_t i = 0; i < 3; i++) {
        ask_value(x, &a, ask_atom(0, 2, 0, 0, 0), "1", prec[i]);
        /* mpmath */
        arb_set_str(y, "0.644945417492923863063461440338 +/- 1e-29", 300);
        assert_true(arb_overlaps(x, y));
        assert_true(arb_rel_accuracy_bits(x) >= prec[i] - 3);
        ask_value(x, &a, ask_atom(0, 0, 2, 0, 1), "77", prec[i]);
    }
    ask_close(&a);
    arb_clear(x);
    arb_clear(y);
}

/* A Gaussian far wider than F: <tanh^2 tanh'^2> = (4/15)/sqrt(2 pi K) (1 + O(1/K)).  The norm
 * of F is tiny and must be found, not merely bounded. */
static void test_wide(void **state)
{
    (void) state;
    ask a;
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    ask_open(&a, "tanh", EW_PANELS);
    ask_value(x, &a, ask_atom(0, 2, 2, 0, 0), "1e100", 60);
    arb_const_pi(y, 300);
    arb_mul_2exp_si(y, y, 1);
    arb_rsqrt(y, y, 300);
    arb_mul_ui(y, y, 4, 300);
    arb_div_ui(y, y, 15, 300);
    for (int i = 0; i < 50; i++)
        arb_div_ui(y, y, 10, 300);
    arb_div(x, x, y, 300);
    arb_sub_ui(x, x, 1, 300);
    arb_get_mag(arb_radref(y), x);
    assert_true(mag_cmp_2exp_si(arb_radref(y), -20) < 0);
    ask_close(&a);
    arb_clear(x);
    arb_clear(y);
}

/* The cuts of log(1 + exp(50 z)) run along |Im z| = pi/50 for ever: only a narrow strip bounds
 * s' at the end. */
static void test_narrow_end(void **state)
{
    (void) state;
    ask a;
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    ask_open(&a, "softplus(50*z)", EW_AUTO);
    ask_value(x, &a, ask_atom(0, 2, 2, 0, 0), "1", 100);
    arb_set_str(y, "3124960.24632619247852328950222 +/- 1e-23", 200); /* mpmath */
    assert_true(arb_overlaps(x, y));
    assert_true(arb_rel_accuracy_bits(x) >= 97);
    ask_close(&a);
    arb_clear(x);
    arb_clear(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_extreme_variances),
        cmocka_unit_test(test_shared_panels),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_narrow_end),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
