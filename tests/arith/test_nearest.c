/* Doubles around rationals and balls.  The expected ones are Python's float(Fraction) and
 * math.nextafter: another implementation of the same rule. */
#include "support/check.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "arith/decimal.h"
#include "arith/nearest.h"

static const struct {
    const char *x;
    int shift, overflow; /* x 2^shift */
    double nearest, lower, upper;
} row[] = {
    {"1/3", 0, 0, 0x1.5555555555555p-2, 0x1.5555555555555p-2, 0x1.5555555555556p-2},
    {"-1/3", 0, 0, -0x1.5555555555555p-2, -0x1.5555555555556p-2, -0x1.5555555555555p-2},
    {"1", 0, 0, 0x1p+0, 0x1p+0, 0x1p+0},
    {"0", 0, 0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0},
    {"1/10", 0, 0, 0x1.999999999999ap-4, 0x1.9999999999999p-4, 0x1.999999999999ap-4},
    {"-22/7", 0, 0, -0x1.9249249249249p+1, -0x1.924924924924ap+1, -0x1.9249249249249p+1},
    {"9007199254740993", 0, 0, 0x1p+53, 0x1p+53, 0x1.0000000000001p+53},
    {"9007199254740995", 0, 0, 0x1.0000000000002p+53, 0x1.0000000000001p+53,
     0x1.0000000000002p+53},
    {"-9007199254740993", 0, 0, -0x1p+53, -0x1.0000000000001p+53, -0x1p+53},
    {"90071992547409930000000000000000000001/10000000000000000000000", 0, 0,
     0x1.0000000000001p+53, 0x1p+53, 0x1.0000000000001p+53},
    {"18014398509481983", 0, 0, 0x1p+54, 0x1.fffffffffffffp+53, 0x1p+54},
    {"18014398509481983", -30, 0, 0x1p+24, 0x1.fffffffffffffp+23, 0x1p+24},
    {"1", -1074, 0, 0x0.0000000000001p-1022, 0x0.0000000000001p-1022, 0x0.0000000000001p-1022},
    {"1", -1075, 0, 0x0.0p+0, 0x0.0p+0, 0x0.0000000000001p-1022},
    {"3", -1075, 0, 0x0.0000000000002p-1022, 0x0.0000000000001p-1022, 0x0.0000000000002p-1022},
    {"1", -1076, 0, 0x0.0p+0, 0x0.0p+0, 0x0.0000000000001p-1022},
    {"-1", -1080, 0, -0x0.0p+0, -0x0.0000000000001p-1022, -0x0.0p+0},
    {"5", -1076, 0, 0x0.0000000000001p-1022, 0x0.0000000000001p-1022, 0x0.0000000000002p-1022},
    {"9007199254740991", -1075, 0, 0x1p-1022, 0x0.fffffffffffffp-1022, 0x1p-1022},
    {"9007199254740993", -1075, 0, 0x1p-1022, 0x1p-1022, 0x1.0000000000001p-1022},
    {"9007199254740991", -1074, 0, 0x1.fffffffffffffp-1022, 0x1.fffffffffffffp-1022,
     0x1.fffffffffffffp-1022},
    {"9007199254740991", 971, 0, 0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023,
     0x1.fffffffffffffp+1023},
    {"18014398509481983", 970, 1, 0, 0, 0},
    {"1/3", 1024, 0, 0x1.5555555555555p+1022, 0x1.5555555555555p+1022, 0x1.5555555555556p+1022},
    {"1", 1024, 1, 0, 0, 0},
    {"-1", 1024, 1, 0, 0, 0},
    {"2/3", 1025, 1, 0, 0, 0},
    {"299317796389343722135256133/834711391323481981909949", 845, 0, 0x1.66969f59940c8p+853,
     0x1.66969f59940c7p+853, 0x1.66969f59940c8p+853},
    {"188206129794210127208596272/35058591249615602679201", 636, 0, 0x1.4f854ca925568p+648,
     0x1.4f854ca925567p+648, 0x1.4f854ca925568p+648},
    {"548849034451761527725951963/62694007830041260583479", 760, 0, 0x1.11934733aff6cp+773,
     0x1.11934733aff6cp+773, 0x1.11934733aff6dp+773},
    {"-158712149913332959684368243/298096957478143983413411", -306, 0, -0x1.0a357d1146345p-297,
     -0x1.0a357d1146346p-297, -0x1.0a357d1146345p-297},
    {"91534756669946481949796712/883931324438121326846810", -642, 0, 0x1.9e377302ebf23p-636,
     0x1.9e377302ebf23p-636, 0x1.9e377302ebf24p-636},
    {"-393571277792341454099802516/925710512902822360882210", -288, 0, -0x1.a927e876a4932p-280,
     -0x1.a927e876a4932p-280, -0x1.a927e876a4931p-280},
};
#define ROWS (sizeof row / sizeof *row)

static void row_rational(fmpq_t x, size_t i)
{
    assert_int_equal(ew_rational_read(x, row[i].x), 0);
    if (row[i].shift < 0)
        fmpq_div_2exp(x, x, (ulong) -row[i].shift);
    else
        fmpq_mul_2exp(x, x, (ulong) row[i].shift);
}

/* The same bits: the sign of zero counts. */
static void same(double got, double want, const char *what)
{
    if (memcmp(&got, &want, sizeof got))
        fail_msg("%s: %a, expected %a", what, got, want);
}

static void rationals(void **state)
{
    (void) state;
    fmpq_t x;
    fmpq_init(x);
    for (size_t i = 0; i < ROWS; i++) {
        ew_nearest d;
        row_rational(x, i);
        assert_int_equal(ew_nearest_rational(&d, x),
                         row[i].overflow ? EW_NEAREST_OVERFLOW : EW_NEAREST_DECIDED);
        if (row[i].overflow)
            continue;
        same(d.nearest, row[i].nearest, row[i].x);
        assert_true(d.lower == row[i].lower);
        assert_true(d.upper == row[i].upper);
    }
    fmpq_clear(x);
}

/* A ball of 300 bits decides as its middle does, unless that is a double or a tie. */
static void balls(void **state)
{
    (void) state;
    fmpq_t x;
    arb_t b;
    fmpq_init(x);
    arb_init(b);
    for (size_t i = 0; i < ROWS; i++) {
        ew_nearest d;
        if (row[i].overflow || row[i].lower == row[i].upper)
            continue;
        row_rational(x, i);
        arb_set_fmpq(b, x, 300);
        if (arb_is_exact(b))
            continue;
        assert_int_equal(ew_nearest_ball(&d, b), EW_NEAREST_DECIDED);
        same(d.nearest, row[i].nearest, row[i].x);
        assert_true(d.lower == row[i].lower && d.upper == row[i].upper);
    }
    fmpq_clear(x);
    arb_clear(b);
}

static void add_error(arb_t x, slong e)
{
    mag_t r;
    mag_init(r);
    mag_set_ui_2exp_si(r, 1, e);
    arb_add_error_mag(x, r);
    mag_clear(r);
}

static void ties(void **state)
{
    (void) state;
    ew_nearest d;
    arb_t x;
    arb_init(x);
    arb_set_d(x, 0x1p-53);
    arb_add_ui(x, x, 1, 128); /* 1 + 2^-53: exact, a tie */
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_DECIDED);
    same(d.nearest, 1, "an exact tie goes to even");
    same(d.upper, 1 + DBL_EPSILON, "upper");
    add_error(x, -1000);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_OPEN);
    same(d.lower, 1, "lower");
    same(d.upper, 1 + DBL_EPSILON, "upper");
    arb_one(x); /* a double inside: known, with a neighbour on either side */
    add_error(x, -200);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_DECIDED);
    same(d.nearest, 1, "nearest");
    same(d.lower, 1 - DBL_EPSILON / 2, "below");
    same(d.upper, 1 + DBL_EPSILON, "above");
    arb_clear(x);
}

static void far_away(void **state)
{
    (void) state;
    ew_nearest d;
    arb_t x;
    fmpz_t e;
    arb_init(x);
    fmpz_init(e);
    fmpz_ui_pow_ui(e, 10, 30);
    fmpz_neg(e, e);
    arb_set_si(x, -3);
    arb_mul_2exp_fmpz(x, x, e);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_DECIDED);
    same(d.nearest, -0.0, "nearest");
    same(d.lower, -0x1p-1074, "lower");
    arb_neg(x, x);
    arb_inv(x, x, 64);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_OVERFLOW);
    arb_pos_inf(x);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_OVERFLOW);
    arb_indeterminate(x);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_OVERFLOW);
    arb_zero(x);
    add_error(x, -2000);
    assert_int_equal(ew_nearest_ball(&d, x), EW_NEAREST_DECIDED);
    same(d.nearest, 0, "on both sides of zero");
    assert_true(d.lower == -0x1p-1074 && d.upper == 0x1p-1074);
    fmpz_clear(e);
    arb_clear(x);
}

/* Random rationals: the exact definition, with comparisons of rationals only. */
static void definition(void **state)
{
    (void) state;
    check_rng r;
    fmpq_t x, a, b, c;
    check_rng_init(&r, "nearest");
    fmpq_init(x);
    fmpq_init(a);
    fmpq_init(b);
    fmpq_init(c);
    for (slong i = 0; i < check_trials(2000); i++) {
        ew_nearest d;
        arf_t f;
        fmpq_set_si(x, check_range(&r, -1000000, 1000000), (ulong) check_range(&r, 1, 1000000));
        fmpq_div_2exp(x, x, (ulong) check_range(&r, 0, 1090));
        assert_int_equal(ew_nearest_rational(&d, x), EW_NEAREST_DECIDED);
        arf_init(f);
        arf_set_d(f, d.lower);
        arf_get_fmpq(a, f);
        arf_set_d(f, d.upper);
        arf_get_fmpq(b, f);
        arf_set_d(f, d.nearest);
        arf_get_fmpq(c, f);
        arf_clear(f);
        assert_true(fmpq_cmp(a, x) <= 0 && fmpq_cmp(x, b) <= 0);
        assert_true(d.lower == d.upper || nextafter(d.lower, INFINITY) == d.upper);
        assert_true(d.nearest == d.lower || d.nearest == d.upper);
        fmpq_sub(a, x, a);
        fmpq_sub(b, b, x);
        fmpq_sub(c, c, x);
        fmpq_abs(c, c);
        assert_true(fmpq_cmp(c, a) <= 0 && fmpq_cmp(c, b) <= 0);
    }
    fmpq_clear(x);
    fmpq_clear(a);
    fmpq_clear(b);
    fmpq_clear(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rationals), cmocka_unit_test(balls),      cmocka_unit_test(ties),
        cmocka_unit_test(far_away),  cmocka_unit_test(definition),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
