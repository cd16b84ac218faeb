#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/jet.h"
#include "activation/strip.h"

#define PREC 300

static const ew_interval line = {NULL, NULL};

static ew_expr *parse(const char *text, ew_context *ctx)
{
    ew_expr *f;
    check_ok(ctx, ew_expr_parse(&f, text, NULL, "activation", ctx));
    return f;
}

static void majorant_at(arb_t v, const ew_majorant *m, const arb_t x)
{
    arb_t a, t;
    arb_init(a);
    arb_init(t);
    arb_abs(a, x);
    arb_set_d(t, m->q);
    arb_mul(t, t, a, PREC);
    arb_exp(t, t, PREC);
    arb_add_ui(v, a, 1, PREC);
    arb_pow_ui(v, v, m->p, PREC);
    arb_mul(v, v, t, PREC);
    arf_set_mag(arb_midref(t), m->c);
    mag_zero(arb_radref(t));
    arb_mul(v, v, t, PREC);
    arb_clear(a);
    arb_clear(t);
}

/* The i-th derivative of f at z is within the majorant. */
static void check_point(const ew_majorant *m, const ew_expr *f, slong i, const acb_t z,
                        const char *text)
{
    acb_ptr w = _acb_vec_init(i + 1);
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    ew_jet(w, f, z, i + 1, 0, PREC);
    if (acb_is_finite(w + i)) {
        acb_abs(a, w + i, PREC);
        arb_fac_ui(b, (ulong) i, PREC);
        arb_mul(a, a, b, PREC);
        majorant_at(b, m, acb_realref(z));
        if (arb_gt(a, b)) {
            char *x = arb_get_str(acb_realref(z), 10, 0),
                 *y = arb_get_str(acb_imagref(z), 10, 0);
            fail_msg("%s: larger than its majorant at %s + %s i", text, x, y);
        }
    }
    _acb_vec_clear(w, i + 1);
    arb_clear(a);
    arb_clear(b);
}

/* Near the origin, or log-uniform up to 10^4; inside the strip or on its edges. */
static void random_point(acb_t z, check_rng *rng, double d)
{
    double x = check_range(rng, 0, 2) ? 12 * check_uniform(rng) : pow(1e4, check_uniform(rng));
    slong edge = check_range(rng, 0, 2);
    arb_set_d(acb_realref(z), check_range(rng, 0, 1) ? x : -x);
    arb_set_d(acb_imagref(z), edge ? d * (double) (2 * edge - 3) : d * check_uniform(rng));
}

static void check_majorant(const char *text, double d, double sup, ulong p, double q,
                           check_rng *rng)
{
    ew_context *ctx = ew_context_new();
    ew_expr *f = parse(text, ctx);
    ew_majorant m;
    acb_t z;
    ew_majorant_init(&m);
    acb_init(z);
    check_ok(ctx, ew_strip_majorant(&m, f, line, d, ctx));
    for (slong i = check_trials(60); i > 0; i--) {
        random_point(z, rng, d);
        check_point(&m, f, 0, z, text);
    }
    double found = mag_get_d(m.c);
    if (found < 0.999 * sup || found > 5 * sup + 3 || m.p > p || m.q > q)
        fail_msg("%s, d = %g: c = %g, p = %lu, q = %g", text, d, found, m.p, m.q);
    ew_majorant_clear(&m);
    acb_clear(z);
    ew_expr_free(f);
    ew_context_free(ctx);
}

/* sup: of |f| / ((1 + |x|)^p e^{q|x|}) on the edge of the strip, by mpmath on a grid of step
 * 0.02: the constant must be at least that, and little more. */
static void majorants_dominate(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "majorants");
    const struct {
        const char *text;
        double d, sup;
        ulong p;
        double q;
    } want[] = {
        {"tanh", 0, 1.0, 0, 0},
        {"tanh", 1, 1.5574, 0, 0},
        {"tanh", 1.5, 14.101, 0, 0},
        {"silu", 1, 0.96828, 1, 0},
        {"silu", 3, 21.205, 1, 0},
        {"z/(1+exp(-z))", 3, 21.205, 1, 0},
        {"z/(2+exp(-z))", 3, 6.4859, 1, 0},
        {"(exp(z)-exp(-z))/(exp(z)+exp(-z))", 1.5, 14.101, 0, 0},
        {"(exp(z)-1)/(exp(z)+1)", 3, 14.101, 0, 0},
        {"z/(1+exp(-1.702*z))", 1.7, 6.8671, 1, 0},
        {"1/(1+z^2)", 0.9, 5.2632, 0, 0},
        {"z/(1+z^2)^(1/2)", 0.9, 2.0647, 0, 0},
        {"z/sqrt(1+z^2)", 0.9, 2.0647, 0, 0},
        {"(1+z^2)^(3/4)", 0.9, 0.45291, 2, 0},
        {"exp(-z^2)", 1, 2.7183, 0, 0},
        {"z*exp(-z^2/2)", 1, 1.6487, 0, 0},
        {"1/cosh(z)", 1.5, 14.137, 0, 0},
        {"exp(-z)/(1+exp(-z))^2", 3, 49.963, 0, 0},
        {"log(1+exp(z))", 3, 2.498, 1, 0},
        {"log1p(exp(z))", 3, 2.498, 1, 0},
        {"log(2+exp(z))", 3, 1.3351, 1, 0},
        {"z*tanh(log(1+exp(z)))", 2, 3.5462, 1, 0},
        {"mish", 2, 3.5462, 1, 0},
        {"tanh(z^3)", 0.5, 3.1768, 0, 0},
        {"erf(z)", 1, 1.6504, 0, 0},
        {"erf(z/sqrt(2))", 1, 1.0929, 0, 0},
        {"gauss_cdf", 1, 1.0401, 0, 0},
        {"gelu", 1, 0.96828, 1, 0},
        {"gelu_tanh", 1, 0.96828, 1, 0},
        {"atan(z)", 0.9, 1.5375, 0, 0},
        {"asinh(z)", 0.9, 1.1198, 1, 0},
        {"log(1+z^2)", 0.9, 1.6607, 1, 0},
        {"sin(z)*exp(-z^2)", 1, 3.1945, 0, 0},
        {"sqrt(1+exp(z))", 3, 1.0, 0, 0.5},
        {"exp(z)", 3, 1.0, 0, 1},
        {"exp(tanh(z))", 1, 3.0034, 0, 0},
        {"sin(tanh(z))", 1, 2.2679, 0, 0},
        {"sinh(z)", 1, 0.84147, 0, 1},
        {"cosh(z)", 1, 0.5403, 0, 1},
        {"z^7", 2, 128.0, 7, 0},
        {"softplus(-z)", 3, 2.498, 1, 0},
        {"sigmoid(-z)", 3, 7.0692, 0, 0},
        {"exp(-exp(z))", 1.5, 1.0, 0, 0},
        {"sin(z)", 4, 27.308, 0, 0},
        {"sin(z^2)", 1, 0.84147, 0, 2.0001},
        {"exp(sqrt(2)*z)/(1+exp(sqrt(2)*z))", 2, 3.2453, 0, 1e-15},
        {"1/(1+exp(10-z))", 3, 7.0692, 0, 0},
        {"1/((z-50)^2+1)", 0.9, 5.2632, 0, 0},
        {"1/(1+(z/100)^2)", 64, 1.6938, 0, 0},
        {"3", 1, 3.0, 0, 0},
        {"1/exp(z^2)", 0, 1.0, 0, 0},
        {"tanh(z*sin(z))", 0, 1.0, 0, 0},
        {"softplus(z*sin(z))", 0, 0.96389, 1, 0},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        check_majorant(want[i].text, want[i].d, want[i].sup, want[i].p, want[i].q, &rng);
}

static void refused(const char *text, double d, ew_status status, const char *message)
{
    ew_context *ctx = ew_context_new();
    ew_expr *f = parse(text, ctx);
    ew_majorant m;
    ew_majorant_init(&m);
    ew_status s = ew_strip_majorant(&m, f, line, d, ctx);
    if (s != status || strstr(ew_context_error(ctx), message) == NULL)
        fail_msg("%s, d = %g: status %d, \"%s\"", text, d, (int) s, ew_context_error(ctx));
    ew_majorant_clear(&m);
    ew_expr_free(f);
    ew_context_free(ctx);
}

static void poles_are_found(void **state)
{
    (void) state;
    const struct {
        const char *text;
        double d;
    } bad[] = {
        {"tanh", 1.58},
        {"silu", 3.15},
        {"z/(1+exp(-z))", 3.15},
        {"1/(1+z^2)", 1},
        {"1/(1+z^2)", 1.01},
        {"1/(1+z^2)", 5},
        {"sqrt(1+z^2)", 1},
        {"log(1+exp(z))", 3.2},
        {"softplus", 3.2},
        {"1/(1+exp(10-z))", 3.2},
        {"1/(1+exp(-100-z))", 3.2},
        {"1/(2+exp(-z))", 3.15},
        {"1/((z-50)^2+1)", 1.1},
        {"1/((z+500)^2+1)", 1.1},
        {"1/(1+(z/100)^2)", 101},
        {"atan(z)", 1},
        {"asinh(z)", 1.1},
        {"gelu_tanh", 3},
        {"mish", 2.4},
        {"tanh(z^3)", 1.2},
        {"1/(2+sin(z))", 1.32},
        {"tan(z)", 0.5},
        {"exp(z^2)", 0.5},
        {"sqrt(z^2)", 0.5},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(bad[i].text, bad[i].d, EW_UNABLE, "not proved analytic in");
}

static void bad_functions_are_named(void **state)
{
    (void) state;
    refused("exp(z^2)", 0, EW_DOMAIN, "exp(z^2) outgrows the Gaussian weight");
    refused("exp(exp(z))", 0, EW_DOMAIN, "outgrows");
    refused("exp(z^2/2)*exp(-z)", 0, EW_DOMAIN, "outgrows");
    refused("cosh(z^2)+z", 0, EW_DOMAIN, "outgrows");
    refused("exp(-z^3)", 0, EW_DOMAIN, "outgrows");
    refused("1/z", 0, EW_DOMAIN, "1/z is not finite near z = 0");
    refused("log(z)", 0, EW_DOMAIN, "log(z) is not finite near z = 0");
    refused("1/(z-3)", 0, EW_DOMAIN, "near z = 3.00000");
    refused("1/(3*z-1)", 0, EW_DOMAIN, "near z = 0.333333");
    refused("log((z-1/3)^2)", 0, EW_DOMAIN, "near z = 0.333333");
    refused("tan(z)", 0, EW_DOMAIN, "1.57080");
    refused("1/(1-exp(z))", 0, EW_DOMAIN, "near z = 0");
    refused("exp(z*log(z))", 0, EW_DOMAIN, "near z = 0");
    refused("log(z+300)", 0, EW_DOMAIN, "not real for large negative z");
    refused("1/(z-300)", 0, EW_DOMAIN, "near z = 300");
    /* Finite, but not analytic or not provably bounded: no verdict. */
    refused("exp((1+z^2)^(3/4))", 0, EW_UNABLE, "no bound");
    refused("sqrt(z^2)", 0, EW_UNABLE, "no bound");
    refused("exp(-z^2)", 1e300, EW_UNABLE, "not proved");
    refused("abs(z)", 0, EW_UNABLE, "no bound");
    refused("exp(z^2)*exp(-z^2)", 0, EW_UNABLE, "no bound");
}

static void bounded_intervals(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "intervals");
    ew_context *ctx = ew_context_new();
    ew_expr *f = parse("1/z", ctx), *lo = parse("1/3", ctx), *hi = parse("sqrt(2)", ctx);
    ew_majorant m;
    acb_t z;
    ew_majorant_init(&m);
    acb_init(z);
    check_ok(ctx, ew_strip_majorant(&m, f, (ew_interval){lo, hi}, 0, ctx));
    assert_true(mag_cmp_2exp_si(m.c, 4) <= 0 && m.p == 0 && m.q == 0);
    check_ok(ctx, ew_strip_majorant(&m, f, (ew_interval){lo, NULL}, 0.3, ctx));
    for (slong i = check_trials(200); i > 0; i--) {
        arb_set_d(acb_realref(z), 0.334 * pow(10, 5 * check_uniform(&rng)));
        arb_set_d(acb_imagref(z), 0.3);
        check_point(&m, f, 0, z, "1/z");
    }
    check_status(ctx, ew_strip_majorant(&m, f, (ew_interval){NULL, hi}, 0, ctx), EW_DOMAIN);
    check_ok(ctx, ew_end_majorant(&m, f, 1, 1, 0.5, ctx));
    check_ok(ctx, ew_end_majorant(&m, f, -1, 2.5, 0.5, ctx));
    ew_expr_free(f);
    f = parse("1/(z-20)", ctx);
    check_ok(ctx, ew_end_majorant(&m, f, -1, 1, 0.5, ctx));
    check_ok(ctx, ew_end_majorant(&m, f, 1, 20.5, 0.5, ctx));
    check_status(ctx, ew_end_majorant(&m, f, 1, 2, 0.5, ctx), EW_UNABLE);
    ew_majorant_clear(&m);
    acb_clear(z);
    ew_expr_free(f);
    ew_expr_free(lo);
    ew_expr_free(hi);
    ew_context_free(ctx);
}

/* Products, and derivatives by Cauchy's formula. */
static void majorant_arithmetic(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "arithmetic");
    const char *pairs[][2] = {{"silu", "exp(z)"}, {"z^3", "softplus"}, {"tanh", "sin(z^2)"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ew_context *ctx = ew_context_new();
        ew_expr *f = parse(pairs[i][0], ctx), *g = parse(pairs[i][1], ctx);
        ew_expr *fg = ew_expr_2(EW_MUL, ew_expr_ref(f), ew_expr_ref(g), ctx);
        ew_majorant a, b;
        acb_t z;
        ew_majorant_init(&a);
        ew_majorant_init(&b);
        acb_init(z);
        check_ok(ctx, ew_strip_majorant(&a, f, line, 1, ctx));
        check_ok(ctx, ew_strip_majorant(&b, g, line, 1, ctx));
        ew_majorant_mul(&a, &a, &b);
        for (slong k = 0; k < 4; k++) {
            ew_majorant_cauchy(&b, &a, k, 0.5);
            for (slong j = check_trials(100); j > 0; j--) {
                random_point(z, &rng, 0.5);
                check_point(&b, fg, k, z, pairs[i][0]);
            }
        }
        ew_majorant_clear(&a);
        ew_majorant_clear(&b);
        acb_clear(z);
        ew_expr_free(f);
        ew_expr_free(g);
        ew_expr_free(fg);
        ew_context_free(ctx);
    }
}

/* The constants of the two formulas, exactly. */
static void majorant_formulas(void **state)
{
    (void) state;
    ew_majorant a, b;
    mag_t t;
    ew_majorant_init(&a);
    ew_majorant_init(&b);
    mag_init(t);
    mag_set_ui(a.c, 3);
    a.p = 2;
    a.q = 0x1p-60;
    mag_set_ui(b.c, 5);
    b.p = 1;
    b.q = 1;
    ew_majorant_mul(&b, &a, &b);
    assert_true(b.p == 3 && b.q > 1 && b.q <= 1 + 0x1p-52);
    assert_true(mag_cmp_2exp_si(b.c, 4) < 0 && mag_get_d(b.c) >= 15);
    /* 3! 2^3 (3/2)^2 c = 108 c */
    a.q = 0;
    ew_majorant_cauchy(&b, &a, 3, 0.5);
    assert_true(b.p == 2 && b.q == 0);
    assert_true(mag_get_d(b.c) >= 324 && mag_get_d(b.c) < 324.001);
    /* e^{q eta} = e */
    a.q = 2;
    ew_majorant_cauchy(&b, &a, 0, 0.5);
    assert_true(b.q == 2 && mag_get_d(b.c) >= 18.348 && mag_get_d(b.c) < 18.349);
    ew_majorant_clear(&a);
    ew_majorant_clear(&b);
    mag_clear(t);
}

static void ladder(void **state)
{
    (void) state;
    const struct {
        const char *text;
        double pole; /* distance of the nearest singularity; 0: none */
    } want[] = {
        {"tanh", 1.5707963267948966},
        {"silu", 3.1415926535897932},
        {"1/(1+z^2)", 1},
        {"softplus", 3.1415926535897932},
        {"mish", 2.3561944901923448},
        {"1/(1+(10*z)^2)", 0.1},
        {"exp(-z^2)", 0},
        {"erf", 0},
        {"sin", 0},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ew_context *ctx = ew_context_new();
        ew_expr *f = parse(want[i].text, ctx);
        ew_strip *s;
        check_ok(ctx, ew_strip_new(&s, f, ctx));
        slong n = ew_strip_rungs(s);
        assert_true(n > 0);
        for (slong k = 1; k < n; k++)
            assert_true(ew_strip_width(s, k) > ew_strip_width(s, k - 1));
        double last = ew_strip_width(s, n - 1);
        if (want[i].pole > 0)
            assert_true(last < want[i].pole && last > 0.95 * want[i].pole);
        else
            assert_true(n == 41 && last == 64);
        assert_true(mag_cmp_2exp_si(ew_strip_bound(s, 0)->c, 4) < 0);
        ew_strip_free(s);
        ew_expr_free(f);
        ew_context_free(ctx);
    }
    ew_strip_free(NULL);
}

static int stop(void *data)
{
    return --*(int *) data < 0;
}

static void cancelled(void **state)
{
    (void) state;
    for (int after = 0; after < 20; after += 4) {
        ew_context *ctx = ew_context_new();
        ew_expr *f = parse("mish", ctx);
        ew_strip *s;
        int left = after;
        ew_context_on_cancel(ctx, stop, &left);
        assert_int_equal(ew_strip_new(&s, f, ctx), EW_CANCELLED);
        assert_null(s);
        ew_expr_free(f);
        ew_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(majorants_dominate),
        cmocka_unit_test(poles_are_found),
        cmocka_unit_test(bad_functions_are_named),
        cmocka_unit_test(bounded_intervals),
        cmocka_unit_test(majorant_arithmetic),
        cmocka_unit_test(majorant_formulas),
        cmocka_unit_test(ladder),
        cmocka_unit_test(cancelled),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
