#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/expr.h"
#include "activation/jet.h"

#define POINTS 150

static ew_context *ctx;

static ew_program *program_of(const char *text)
{
    ew_expr *e;
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "activation", ctx));
    ew_program *p = ew_program_new(e, ctx);
    ew_expr_free(e);
    assert_non_null(p);
    return p;
}

static void derivatives(double *out, const char *text, double z, int len)
{
    ew_program *p = program_of(text);
    check_ok(ctx, ew_program_jet(out, p, &z, 1, len, ctx));
    ew_program_free(p);
}

static void assert_near(double x, double expected, double relative, const char *text, double z,
                        int i)
{
    if (!(fabs(x - expected) <= relative * fabs(expected)))
        fail_msg("%s at %g, derivative %d: %.17g, expected %.17g", text, z, i, x, expected);
}

/* mpmath 1.3 at 40 digits (mp.diff). */
static const struct {
    const char *text;
    double z, d[6];
} known[] = {
    {"tanh",
     -2.5,
     {-0.98661429815143029, 0.02659222668316062, 0.052472542130580504, 0.10212602761283088,
      0.1931458277025849, 0.34287459660120354}},
    {"tanh",
     0.75,
     {0.63514895238728732, 0.59658580828133143, -0.75784170227802139, 0.25085547326918849,
      2.3940444449219167, -7.6843484388481735}},
    {"gelu",
     -2.5,
     {-0.015524163314440338, -0.037611085908145208, -0.074495277097666284,
      -0.098596690276323023, 0.012050706589328369, 0.5121550300464557}},
    {"gelu",
     0.75,
     {0.58002948571734885, 0.9992257217392351, 0.43288505872253133, -0.77636994227410511,
      -0.11410285515240636, 2.7393507622285186}},
    {"mish",
     -2.5,
     {-0.19681620390653334, -0.10974357275018569, -0.021145911278747783, 0.06692796498764727,
      0.14662085368952798, 0.19456291580097277}},
    {"mish",
     0.75,
     {0.61001833521829339, 0.98575835571668806, 0.32457122066277646, -0.58718891468044251,
      0.070453126930091318, 2.0007708073520985}},
    {"sigmoid",
     -2.5,
     {0.075858180021243551, 0.070103716545108157, 0.059467835845434068, 0.04061653010448693,
      0.0094408401535220816, -0.035988988459076633}},
    {"sigmoid",
     0.75,
     {0.67917869917539297, 0.21789499376181403, -0.078084283078144409, -0.066974376076951819,
      0.12608580941235155, 0.034980335846980351}},
    {"softplus",
     -2.5,
     {0.078889734292549623, 0.075858180021243551, 0.070103716545108157, 0.059467835845434068,
      0.04061653010448693, 0.0094408401535220816}},
    {"softplus",
     0.75,
     {1.1368710061148999, 0.67917869917539297, 0.21789499376181403, -0.078084283078144409,
      -0.066974376076951819, 0.12608580941235155}},
    {"atan(z)*asinh(z)",
     -2.5,
     {1.9606826783295506, -0.66926688552127317, -0.20667539327212959, -0.091190146411524611,
      -0.014145563655058728, 0.11265910928150673}},
    {"atan(z)*asinh(z)",
     0.75,
     {0.4460409792472637, 0.95841508259299251, 0.3510259464873484, -1.9356386796453559,
      4.158987444472895, -1.0199973421456506}},
    {"erf",
     -2.5,
     {-0.99959304798255504, 0.0021782842303527097, 0.010891421151763549, 0.050100537298112324,
      0.20693700188350742, 0.73408178562886318}},
    {"erf",
     0.75,
     {0.71115563365351513, 0.64293106919520733, -0.96439660379281099, 0.16073276729880183,
      3.6164872642230412, -6.3891275001273728}},
    {"log1p(z^2)*sqrt(2+cos(z))",
     -2.5,
     {2.1690440790069364, -0.21372316355998924, -0.0060759112586126226, -1.8558430463993541,
      0.68234598648130433, 4.7263534530360411}},
    {"log1p(z^2)*sqrt(2+cos(z))",
     0.75,
     {0.73761536152438583, 1.4946422342107411, 0.086166980849346987, -4.050810793751674,
      8.4111715056902854, -0.26732838035170395}},
    {"(1+z^2)^(-3/2)",
     -2.5,
     {0.051226300186772928, 0.052992724331144408, 0.070169676355722251, 0.11090035056220471,
      0.19899486100879616, 0.38768969162054915}},
    {"(1+z^2)^(-3/2)",
     0.75,
     {0.512, -0.73728, 0.786432, 1.13246208, -12.4419833856, 48.299054727168}},
    {"tan(sin(z))/cosh(z)",
     -2.5,
     {-0.11119765178679153, -0.3010995885458401, -0.54907968699157284, -0.75996796414874859,
      0.37626014975629005, 9.7673806998680829}},
    {"tan(sin(z))/cosh(z)",
     0.75,
     {0.62669796035290924, 0.53915686522150169, -1.0718959614296701, -1.0348874967236211,
      -0.83134991270101711, -6.5547661938723053}},
    {"elu",
     -2.5,
     {-0.9179150013761012, 0.082084998623898795, 0.082084998623898795, 0.082084998623898795,
      0.082084998623898795, 0.082084998623898795}},
    {"elu", 0.75, {0.75, 1.0, 0.0, 0.0, 0.0, 0.0}},
    {"gelu_tanh",
     -2.5,
     {-0.015084266089998582, -0.037951576212666183, -0.076245392073612953,
      -0.098102170727981875, 0.026251490545387984, 0.52489385459549178}},
    {"gelu_tanh",
     0.75,
     {0.5799605551656203, 0.9989382561374143, 0.43230749027147407, -0.77479551362581024,
      -0.10143429843148281, 2.7395334609829172}},
};

static void known_derivatives(void **state)
{
    (void) state;
    for (size_t n = 0; n < sizeof known / sizeof *known; n++) {
        double d[6], scale = 0;
        derivatives(d, known[n].text, known[n].z, 6);
        for (int i = 0; i < 6; i++) {
            scale = fmax(scale, fabs(known[n].d[i]));
            if (!(fabs(d[i] - known[n].d[i]) <= 1e-14 * scale))
                fail_msg("%s at %g, derivative %d: %.17g", known[n].text, known[n].z, i, d[i]);
        }
    }
}

/* Where the textbook forms lose all digits (mpmath at 60 digits). */
static void far_from_zero(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        double z, d[3];
    } far[] = {
        {"tanh", 15, {0.99999999999981285, 3.7430491875353693e-13, -7.4860983750693376e-13}},
        {"sigmoid",
         -40,
         {4.248354255291589e-18, 4.248354255291589e-18, 4.2483542552915889e-18}},
        {"sigmoid", 30, {0.99999999999990642, 9.3576229688384233e-14, -9.357622968836672e-14}},
        {"softplus",
         -50,
         {1.9287498479639178e-22, 1.9287498479639178e-22, 1.9287498479639178e-22}},
        {"erf", 5, {0.99999999999846254, 1.5670866531017335e-11, -1.5670866531017335e-10}},
        {"erfc",
         20,
         {5.3958656116079009e-176, -2.1610374743867985e-174, 8.6441498975471938e-173}},
        {"z/(1+exp(-z))", -800, {0, 0, 0}},
        {"tanh", -1000, {-1, 0, 0}},
        {"softplus", 1000, {1000, 1, 0}},
    };
    for (size_t n = 0; n < sizeof far / sizeof *far; n++) {
        double d[3];
        derivatives(d, far[n].text, far[n].z, 3);
        for (int i = 0; i < 3; i++)
            assert_near(d[i], far[n].d[i], 2e-13, far[n].text, far[n].z, i);
    }
}

/* At a kink: the value and derivatives from the right. */
static void from_the_right(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        double z, d[3];
    } right[] = {
        {"relu", 0, {0, 1, 0}},
        {"relu(-z)", 0, {0, 0, 0}},
        {"min(z,0)", 0, {0, 0, 0}},
        {"abs", 0, {0, 1, 0}},
        {"abs(-z)", 0, {0, 1, 0}},
        {"step", 0, {1, 0, 0}},
        {"step(-z)", 0, {0, 0, 0}},
        {"sign(1-z)", 1, {-1, 0, 0}},
        {"hardtanh", 1, {1, 0, 0}},
        {"hardtanh", -1, {-1, 1, 0}},
        {"max(z,z^2)", 1, {1, 2, 2}},
        {"min(z,2*z)", 0, {0, 1, 0}},
        {"relu^2", 0, {0, 0, 2}},
        {"if(z<1/2,z,z^3)", 0.5, {0.125, 0.75, 3}},
        {"if(z<1/2,z,z^3)", 0.25, {0.25, 1, 0}},
        {"if(z<1,2,3)*z", 1, {3, 3, 0}},
        {"relu(z)^(3/2)", -1, {0, 0, 0}},
        {"max(2,z)+1/z", -2, {1.5, -0.25, -0.25}},
    };
    for (size_t n = 0; n < sizeof right / sizeof *right; n++) {
        double d[3];
        derivatives(d, right[n].text, right[n].z, 3);
        for (int i = 0; i < 3; i++)
            assert_near(d[i], right[n].d[i], 1e-15, right[n].text, right[n].z, i);
        derivatives(d, right[n].text, right[n].z, 1);
        assert_near(d[0], right[n].d[0], 1e-15, right[n].text, right[n].z, 0);
    }
}

/* The certified jets are another implementation. */
static void compare_with_jet(const char *text, const double *z, slong count)
{
    ew_expr *e;
    double out[8 * POINTS];
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "activation", ctx));
    ew_program *p = ew_program_new(e, ctx);
    assert_non_null(p);
    check_ok(ctx, ew_program_jet(out, p, z, (size_t) count, 8, ctx));
    acb_ptr jet = _acb_vec_init(8);
    acb_t x;
    acb_init(x);
    for (slong k = 0; k < count; k++) {
        double factorial = 1, scale = 0;
        acb_set_d(x, z[k]);
        ew_jet(jet, e, x, 8, 0, 200);
        for (int i = 0; i < 8; i++) {
            factorial *= i > 1 ? i : 1;
            double exact =
                factorial * arf_get_d(arb_midref(acb_realref(jet + i)), ARF_RND_NEAR);
            scale = fmax(scale, fabs(exact));
            if (!(fabs(out[i * count + k] - exact) <= 1e-13 * scale + 1e-15))
                fail_msg("%s at %.17g, derivative %d: %.17g, jet %.17g", text, z[k], i,
                         out[i * count + k], exact);
        }
    }
    acb_clear(x);
    _acb_vec_clear(jet, 8);
    ew_program_free(p);
    ew_expr_free(e);
}

static const char *const smooth[] = {
    "z",
    "z^5/3-z^2+1/7",
    "hermite(6)",
    "tanh",
    "sigmoid",
    "softplus",
    "softplus(3)",
    "silu",
    "gelu",
    "gelu_tanh",
    "mish",
    "erf",
    "erfc",
    "sin",
    "cos",
    "gauss",
    "gauss_cdf",
    "gauss_pdf",
    "atan",
    "asinh",
    "sinh",
    "cosh",
    "exp(z/3)",
    "expm1",
    "log1p(exp(z))",
    "1/(1+z^2)",
    "z^3/(2+z^2)",
    "(2+z^2)^pi",
    "sqrt(1+z^2)",
    "log(2+sin(z))",
    "tan(tanh(z))",
    "(1+z^2)^(-2)",
    "z^66/10^40",
    "shape(tanh,3)",
    "pi/(3+cos(z))",
};

static void agrees_with_the_certified_jet(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "program");
    double z[POINTS];
    slong count = FLINT_MIN(check_trials(20), POINTS);
    for (size_t n = 0; n < sizeof smooth / sizeof *smooth; n++) {
        for (slong k = 0; k < count; k++)
            z[k] = 8 * check_uniform(&rng) - 4;
        compare_with_jet(smooth[n], z, count);
    }
}

static void independent_of_the_split(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "split");
    double z[POINTS], whole[3 * POINTS], part[3 * POINTS];
    for (slong k = 0; k < POINTS; k++)
        z[k] = 6 * check_uniform(&rng) - 3;
    z[7] = 0;
    ew_program *p = program_of("max(gelu(z),abs(z-1)/3)*mish(z)+tanh(z)*tanh(z)");
    check_ok(ctx, ew_program_jet(whole, p, z, POINTS, 3, ctx));
    for (slong k = 0; k < POINTS;) {
        slong n = FLINT_MIN(check_range(&rng, 1, 40), POINTS - k);
        check_ok(ctx, ew_program_jet(part, p, z + k, (size_t) n, 3, ctx));
        for (int i = 0; i < 3; i++)
            assert_memory_equal(part + i * n, whole + i * POINTS + k,
                                (size_t) n * sizeof *part);
        k += n;
    }
    ew_program_free(p);
}

static void order_is_limited(void **state)
{
    (void) state;
    double z = 1, out[9];
    ew_program *p = program_of("tanh");
    check_status(ctx, ew_program_jet(out, p, &z, 1, 9, ctx), EW_USAGE);
    check_status(ctx, ew_program_jet(out, p, &z, 1, 0, ctx), EW_USAGE);
    check_ok(ctx, ew_program_jet(out, p, &z, 0, 8, ctx));
    ew_program_free(p);
}

/* A long expression needs few registers, and hundreds of instructions grow the table. */
static void long_expression(void **state)
{
    (void) state;
    char text[8000] = "0";
    double expected = 0, d;
    for (int i = 1; i <= 300; i++) {
        char term[24];
        snprintf(term, sizeof term, "+sin(z/%d)", i);
        strcat(text, term);
        expected += sin(0.5 / i);
    }
    derivatives(&d, text, 0.5, 1);
    assert_near(d, expected, 1e-14, "sum of sines", 0.5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_derivatives),
        cmocka_unit_test(far_from_zero),
        cmocka_unit_test(from_the_right),
        cmocka_unit_test(agrees_with_the_certified_jet),
        cmocka_unit_test(independent_of_the_split),
        cmocka_unit_test(order_is_limited),
        cmocka_unit_test(long_expression),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
