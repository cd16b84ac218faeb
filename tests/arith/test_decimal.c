#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

static void expect_text(ew_rounding want, const char *mid, const char *rad, const arb_t x,
                        slong digits)
{
    char *m, *r;
    assert_int_equal(ew_round(&m, &r, x, digits), want);
    if (mid) {
        assert_string_equal(m, mid);
        assert_string_equal(r, rad);
    } else {
        assert_null(m);
        assert_null(r);
    }
    free(m);
    free(r);
}

/* The ball of a decimal with a radius of 10^-where. */
static void ball(arb_t x, const char *text, slong where)
{
    fmpq_t q;
    arb_t e;
    fmpq_init(q);
    arb_init(e);
    assert_int_equal(ew_rational_read(q, text), 0);
    arb_set_fmpq(x, q, 2000);
    arb_set_ui(e, 10);
    arb_pow_ui(e, e, (ulong) where, 64);
    arb_inv(e, e, 64);
    arb_add_error(x, e);
    fmpq_clear(q);
    arb_clear(e);
}

/* A ball about a number of few bits is as narrow as its radius says, however many digits are
 * asked. */
static void short_middles(void **state)
{
    (void) state;
    arb_t x;
    arb_init(x);
    for (slong digits = 1; digits <= 2000; digits += 1 + digits / 3) {
        char *one = malloc((size_t) digits + 2), *half = malloc(32);
        memset(one, '0', (size_t) digits + 1);
        one[0] = '1';
        if (digits > 1)
            one[1] = '.';
        one[digits + (digits > 1)] = '\0';
        snprintf(half, 32, "5e-%ld", (long) digits);
        arb_one(x);
        mag_set_ui_2exp_si(arb_radref(x), 1, -4 * digits - 8);
        expect_text(EW_ROUNDED, one, half, x, digits);
        free(one);
        free(half);
    }
    arb_clear(x);
}

static void notation(void **state)
{
    (void) state;
    static const struct {
        const char *x, *mid, *rad;
        slong digits;
    } row[] = {
        {"0.39429449039784", "0.3942945", "5e-8", 7},
        {"-123.456", "-123.5", "5e-2", 4},
        {"12345.678", "12300", "5e1", 3},
        {"123456789", "123456800", "5e1", 7},
        {"1234567890123", "1.23e12", "5e9", 3},
        {"0.0000123456", "0.0000123", "5e-8", 3},
        {"0.00000123456", "1.23e-6", "5e-9", 3},
        {"7.1e-300", "7e-300", "5e-301", 1},
        {"2", "2.00000", "5e-6", 6},
        {"0.99999961", "1.00000", "5e-6", 6},
        {"99.4", "99", "5e-1", 2},
        {"99.6", "100", "5e0", 2},
    };
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ball(x, row[i].x, 400);
        expect_text(EW_ROUNDED, row[i].mid, row[i].rad, x, row[i].digits);
    }
    arb_clear(x);
}

static void boundaries(void **state)
{
    (void) state;
    arb_t x;
    arb_init(x);
    expect_text(EW_ZERO, "0", "0", x, 9);
    arb_set_d(x, 0.125);
    expect_text(EW_TIE, "0.12", "1e-2", x, 2);
    arb_set_d(x, -0.375);
    expect_text(EW_TIE, "-0.38", "1e-2", x, 2);
    arb_set_d(x, 9.5);
    expect_text(EW_TIE, "10", "1e1", x, 1);
    /* One bit beside the tie decides; a ball around it does not, nor one that ends on it. */
    arb_set_d(x, 0.125 + 0x1p-55);
    expect_text(EW_ROUNDED, "0.13", "5e-3", x, 2);
    arb_set_d(x, 0.125);
    mag_set_ui_2exp_si(arb_radref(x), 1, -300);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 2);
    arb_set_d(x, 0.125 - 0x1p-30);
    mag_set_ui_2exp_si(arb_radref(x), 1, -30);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 2);
    /* A ball about a power of ten rounds to it from both sides. */
    ball(x, "1000", 50);
    expect_text(EW_ROUNDED, "1000.00", "5e-3", x, 6);
    arb_zero_pm_one(x);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 2);
    arb_pos_inf(x);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 2);
    arb_indeterminate(x);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 2);
    arb_clear(x);
}

static void huge_exponents(void **state)
{
    (void) state;
    arb_t x;
    fmpz_t e;
    arb_init(x);
    fmpz_init(e);
    arb_one(x);
    arb_mul_2exp_si(x, x, WORD(1) << 40);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 5);
    arb_inv(x, x, 30);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 5);
    arb_one(x);
    fmpz_one(e);
    fmpz_mul_2exp(e, e, 200);
    arb_mul_2exp_fmpz(x, x, e);
    expect_text(EW_UNDECIDED, NULL, NULL, x, 5);
    /* A radius of 2^(-2^60) beside 1/3 must not be written out. */
    arb_set_d(x, 1.0 / 3);
    mag_set_ui_2exp_si(arb_radref(x), 1, -(WORD(1) << 60));
    expect_text(EW_ROUNDED, "0.33333", "5e-6", x, 5);
    /* 2^1000000 = 9.9006562292958982...e301029 (bc). */
    arb_one(x);
    arb_mul_2exp_si(x, x, 1000000);
    expect_text(EW_ROUNDED, "9.90066e301029", "5e301023", x, 6);
    arb_inv(x, x, 30);
    expect_text(EW_ROUNDED, "1.01003e-301030", "5e-301036", x, 6);
    arb_clear(x);
    fmpz_clear(e);
}

/* A random rational: the rounding must be within half a unit, and balls of it must agree. */
static void random_rationals(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "random_rationals");
    arb_t x, back;
    fmpq_t q;
    arb_init(x);
    arb_init(back);
    fmpq_init(q);
    for (slong i = check_trials(300); i > 0; i--) {
        fmpq_set_si(q, check_range(&rng, -99999, 99999), (ulong) check_range(&rng, 1, 99999));
        fmpz_ui_pow_ui(fmpq_numref(q), 7, (ulong) check_range(&rng, 0, 40));
        fmpq_canonicalise(q);
        slong digits = check_range(&rng, 1, 40);
        char *m, *r, *m2, *r2;
        ew_rounding how = ew_round_rational(&m, &r, q, digits);
        assert_true(how == EW_ROUNDED || how == EW_TIE);
        assert_int_equal(ew_ball_read(back, m, r, 600), 0);
        assert_true(arb_contains_fmpq(back, q));
        assert_true((double) arb_rel_accuracy_bits(back) >= 3.3 * (double) (digits - 1) - 1);
        arb_set_fmpq(x, q, 700);
        if (how == EW_ROUNDED) {
            assert_int_equal(ew_round(&m2, &r2, x, digits), EW_ROUNDED);
        } else {
            ew_round_tie(&m2, &r2, x, digits);
        }
        assert_string_equal(m, m2);
        assert_string_equal(r, r2);
        free(m);
        free(r);
        free(m2);
        free(r2);
    }
    arb_clear(x);
    arb_clear(back);
    fmpq_clear(q);
}

static void ties(void **state)
{
    (void) state;
    static const char *value[] = {"0.125", "-0.375", "0.995", "1.05e7", "-9.95e-9"};
    arb_t x;
    fmpq_t q;
    char *m, *r, *m2, *r2;
    arb_init(x);
    fmpq_init(q);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        assert_int_equal(ew_rational_read(q, value[i]), 0);
        assert_int_equal(ew_round_rational(&m, &r, q, 2), EW_TIE);
        ball(x, value[i], 100);
        assert_int_equal(ew_round(&m2, &r2, x, 2), EW_UNDECIDED);
        ew_round_tie(&m2, &r2, x, 2);
        assert_string_equal(m, m2);
        assert_string_equal(r, r2);
        free(m);
        free(r);
        free(m2);
        free(r2);
    }
    /* No tie inside, or far too wide: no answer. */
    ball(x, "0.126", 100);
    ew_round_tie(&m, &r, x, 2);
    assert_null(m);
    ball(x, "0.125", 2);
    ew_round_tie(&m, &r, x, 2);
    assert_null(r);
    arb_clear(x);
    fmpq_clear(q);
}

static void magnitudes(void **state)
{
    (void) state;
    static const struct {
        double x;
        const char *text;
        slong e;
    } row[] = {{0.12, "1.3e-1", -1}, {0.125, "1.3e-1", -1}, {0.5, "5.0e-1", -1},
               {99.5, "1.0e2", 1},   {1, "1.0e0", 0},       {1024, "1.1e3", 3}};
    mag_t m;
    mag_init(m);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        mag_set_d(m, row[i].x);
        if (row[i].x != 0.12) /* mag_set_d may round up what is not short in binary */
            mag_set_ui_2exp_si(m, (ulong) (row[i].x * 8), -3);
        char *text = ew_mag_text(m);
        assert_string_equal(text, row[i].text);
        assert_int_equal(ew_mag_decimal_exponent(m), row[i].e);
        free(text);
    }
    mag_zero(m);
    char *zero = ew_mag_text(m);
    assert_string_equal(zero, "0");
    free(zero);
    mag_inf(m);
    assert_null(ew_mag_text(m));
    mag_clear(m);
}

static void reading(void **state)
{
    (void) state;
    static const char *good[][2] = {{"1/3", "1/3"},    {"-0.1", "-1/10"}, {"1e-3", "1/1000"},
                                    {"+2.50e1", "25"}, {".5", "1/2"},     {"6/4", "3/2"},
                                    {"0e10000", "0"},  {"-0", "0"},       {"007", "7"}};
    static const char *bad[] = {
        "",        "nan",   "inf",   "-",     "1/",   "/2",  "1/0",
        "1e",      "1 ",    " 1",    "0x1",   "1,5",  ".",   "1e+",
        "1e10001", "1/2/3", "1.5/2", "1/2e1", "1/-2", "--1", "1e99999999999999999999",
        "infinity"};
    fmpq_t q;
    fmpq_init(q);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(ew_rational_read(q, good[i][0]), 0);
        char *text = ew_rational_text(q);
        assert_string_equal(text, good[i][1]);
        free(text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ew_rational_read(q, bad[i]) != -1)
            fail_msg("'%s' was read as a number", bad[i]);
    arb_t x;
    arb_init(x);
    assert_int_equal(ew_ball_read(x, "1.5", "5e-2", 64), 0);
    fmpq_set_si(q, 29, 20);
    assert_true(arb_contains_fmpq(x, q));
    assert_int_equal(ew_ball_read(x, "1.5", "-5e-2", 64), -1);
    assert_int_equal(ew_ball_read(x, "", "0", 64), -1);
    arb_clear(x);
    fmpq_clear(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notation),       cmocka_unit_test(boundaries),
        cmocka_unit_test(huge_exponents), cmocka_unit_test(random_rationals),
        cmocka_unit_test(ties),           cmocka_unit_test(magnitudes),
        cmocka_unit_test(reading),        cmocka_unit_test(short_middles),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
