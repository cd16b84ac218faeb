#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "activation/jet.h"

static ew_context *ctx;

static ew_expr *parsed(const char *text)
{
    ew_expr *e;
    if (ew_expr_parse(&e, text, NULL, "test", ctx))
        fail_msg("%s: %s", text, ew_context_error(ctx));
    return e;
}

static void set_box(acb_t z, double x, double rx, double y, double ry)
{
    acb_set_d_d(z, x, y);
    mag_set_d(arb_radref(acb_realref(z)), rx);
    mag_set_d(arb_radref(acb_imagref(z)), ry);
}

static void value_on_box(acb_t v, const char *text, double x, double rx, double y, double ry)
{
    acb_t z;
    acb_init(z);
    ew_expr *e = parsed(text);
    set_box(z, x, rx, y, ry);
    ew_jet(v, e, z, 1, 1, 64);
    ew_expr_free(e);
    acb_clear(z);
}

/* Boxes that meet a pole or a cut, one for each primitive and place; and boxes just beside. */
static const struct {
    const char *text;
    double x, rx, y, ry;
    int finite;
} boxes[] = {
    {"log", -1, .1, 0, .1, 0},         {"log", -1, .1, .1, .1, 0},
    {"log", -1, .1, .11, .1, 1},       {"log", 0, .1, 0, .1, 0},
    {"log", .2, .1, 0, 9, 1},          {"log", 0, .1, .2, .1, 1},
    {"log", -1, .1, 0, 0, 0},          {"log", .1, .2, 0, 0, 0},
    {"log1p", -2, .1, 0, .1, 0},       {"log1p", -1, .1, 0, .1, 0},
    {"log1p", -2, .1, -.2, .1, 1},     {"log1p", -.8, .1, 0, .1, 1},
    {"log1p", -2, .1, 0, 0, 0},        {"sqrt", -1, .1, 0, .1, 0},
    {"sqrt", 0, .1, 0, .1, 0},         {"sqrt", -1, .1, .2, .1, 1},
    {"sqrt", .1, .1, 0, 0, 0},         {"sqrt", .2, .1, 0, .1, 1},
    {"z^(3/2)", -1, .1, 0, .1, 0},     {"z^(3/2)", -1, .1, .2, .1, 1},
    {"z^pi", -1, .1, 0, .1, 0},        {"z^pi", -1, .1, .2, .1, 1},
    {"z^(1/3)", -1, .1, 0, .1, 0},     {"z^(-1/2)", 0, .1, 0, .1, 0},
    {"z^pi", 0, .1, 0, 0, 0},          {"z^(-1/2)", .2, .1, 0, .1, 1},
    {"1/z", 0, .1, 0, .1, 0},          {"1/z", .1, .1, 0, .1, 0},
    {"1/z", .2, .1, 0, .1, 1},         {"z^-2", 0, .1, 0, .1, 0},
    {"z^-2", 0, .1, .2, .1, 1},        {"1/z", 0, .1, 0, 0, 0},
    {"tan", 1.5, .1, 0, .1, 0},        {"tan", 1.5, .05, 0, .1, 1},
    {"tan", 1.5, .1, .2, .1, 1},       {"tan", 1.5, .1, 0, 0, 0},
    {"tanh", 0, .1, 1.5, .1, 0},       {"tanh", 0, .1, -1.5, .1, 0},
    {"tanh", 0, .1, 1.5, .05, 1},      {"tanh", .2, .1, 1.5, .1, 1},
    {"tanh", 0, .1, 4.7, .1, 0},       {"tanh", 0, 1, 0, 1.57, 1},
    {"sigmoid", 0, .1, 3.1, .1, 0},    {"sigmoid", 0, .1, 3, .1, 1},
    {"sigmoid", .2, .1, -3.1, .1, 1},  {"sigmoid", 0, .1, 9.4, .1, 0},
    {"softplus", 0, .1, 3.1, .1, 0},   {"softplus", 2, .1, 3.1, .1, 0},
    {"softplus", 2, .1, 3, .1, 1},     {"softplus", 0, .1, 3, .1, 1},
    {"softplus", 2, .1, -3.1, .1, 0},  {"softplus", -2, .1, 3.1, .1, 1},
    {"softplus", 2, .1, 9.4, .1, 0},   {"softplus", 2, .1, 6, .1, 1},
    {"atan", 0, .1, 2, .1, 0},         {"atan", 0, .1, 1, .1, 0},
    {"atan", 0, .1, -2, .1, 0},        {"atan", .11, .1, 2, .1, 1},
    {"atan", 0, .1, .5, .4, 1},        {"asinh", 0, .1, 2, .1, 0},
    {"asinh", 0, .1, -1, .1, 0},       {"asinh", -.11, .1, -2, .1, 1},
    {"asinh", 0, .1, 0, .9, 1},        {"mish", 0, .1, 3.1, .1, 0},
    {"silu", 0, .1, 3.1, .1, 0},       {"z/(1+exp(-z))", 0, .1, 3.1, .1, 0},
    {"exp(1/z)", 0, .1, 0, .1, 0},     {"erf(1/z)", 0, .1, 0, .1, 0},
    {"log(z^2)", 0, .1, 1, .1, 0},     {"sqrt(1+z^2)", 0, .1, 1.1, .1, 0},
    {"sqrt(1+z^2)", 0, .1, .5, .1, 1}, {"0*log(z)", 0, .1, 0, .1, 0},
    {"1/log(z)", 1, .1, 0, .1, 0},     {"z-log(z)", -1, .1, 0, .1, 0},
    {"log(z)^0", -1, .1, 0, .1, 0},    {"sqrt", 0, 0, 0, 0, 0},
    {"sin(exp(z))", 1e6, 0, 0, 0, 0},  {"sin(exp(z))", 1e4, 0, 0, 0, 1},
};

static void cuts_and_poles_are_seen(void **state)
{
    (void) state;
    acb_t v;
    acb_init(v);
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        value_on_box(v, boxes[i].text, boxes[i].x, boxes[i].rx, boxes[i].y, boxes[i].ry);
        if (acb_is_finite(v) != boxes[i].finite)
            fail_msg("%s on %g+-%g + i(%g+-%g): finite should be %d", boxes[i].text, boxes[i].x,
                     boxes[i].rx, boxes[i].y, boxes[i].ry, boxes[i].finite);
    }
    acb_clear(v);
}

static const char *const functions[] = {
    "exp",        "log(z+7)",   "log1p(z+7)", "expm1",         "sqrt(z+9)",   "sin",
    "cos",        "tan(z/4)",   "atan(z/4)",  "asinh(z/4)",    "sinh",        "cosh",
    "tanh",       "sigmoid",    "softplus",   "erf",           "erfc",        "gelu",
    "silu",       "mish",       "gelu_tanh",  "z^3-z",         "(z+9)^(1/3)", "(z+9)^(-3/2)",
    "1/(z^2+30)", "hermite(6)", "gauss",      "z/(1+exp(-z))", "softplus(2)", "(z+sin(z))^3",
    "(z^2+30)^-2"};

#define FUNCTIONS (sizeof functions / sizeof functions[0])

/* A point of a box: its jet must lie in the box's jet, whatever the width. */
static void boxes_contain_their_points(void **state)
{
    (void) state;
    check_rng rng;
    check_rng_init(&rng, "boxes");
    acb_t z, p;
    acb_ptr wide = _acb_vec_init(3), point = _acb_vec_init(3);
    acb_init(z);
    acb_init(p);
    slong finite = 0, total = 0;
    for (slong i = 0; i < check_trials(60) * (slong) FUNCTIONS; i++) {
        ew_expr *e = parsed(functions[(size_t) i % FUNCTIONS]);
        double x = 8 * check_uniform(&rng) - 4, y = 4 * check_uniform(&rng) - 2;
        double r = check_uniform(&rng), s = i % 3 ? check_uniform(&rng) / 2 : 0;
        if (i % 3 == 0)
            y = 0;
        set_box(z, x, r, y, s);
        acb_set_d_d(p, x + r * (2 * check_uniform(&rng) - 1),
                    y + s * (2 * check_uniform(&rng) - 1));
        if (i % 5 == 0)
            acb_set_d_d(p, x + r, y - s);
        ew_jet(wide, e, z, 3, 1, 64);
        ew_jet(point, e, p, 3, 1, 128);
        for (slong k = 0; k < 3; k++)
            if (acb_is_finite(wide + k) && !acb_overlaps(wide + k, point + k))
                fail_msg("%s on %g+-%g + i(%g+-%g), coefficient %ld",
                         functions[(size_t) i % FUNCTIONS], x, r, y, s, (long) k);
        assert_true(acb_is_finite(point));
        finite += acb_is_finite(wide);
        total++;
        ew_expr_free(e);
    }
    assert_true(finite > total * 9 / 10);
    _acb_vec_clear(wide, 3);
    _acb_vec_clear(point, 3);
    acb_clear(z);
    acb_clear(p);
}

/* Boxes a cover of a strip would use; the bounds are about twice the largest modulus on the
 * box. */
static void wide_boxes_are_not_loose(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        double x, rx, y, ry, bound;
    } cases[] = {
        {"tanh", .5, .5, .6, .6, 10},
        {"tanh", 40, .5, .7, .7, 1.01},
        {"tanh", -40, .5, .7, .7, 1.01},
        {"tanh", 0, 1, 0, .5, 2},
        {"sigmoid", -40, .5, 1.4, 1.4, 1e-16},
        {"sigmoid", 0, 2, 0, .1, 3},
        {"sigmoid", .5, .5, 1, 1, 2},
        {"softplus", -40, .5, 1, 1, 2e-17},
        {"softplus", 0, 1, 1.4, 1.4, 4},
        {"softplus", 40, .5, 1, 1, 43},
        {"erf", .5, .5, .5, .5, 4},
        {"erfc", 8, .2, 0, .2, 2e-27},
        {"erf", 0, 40, 0, 0, 1.1},
        {"silu", -40, .5, 1, 1, 1e-15},
        {"mish", -40, .5, 1, 1, 1e-15},
        {"z/(1+exp(-z))", -40, .5, .7, .7, 1e-14},
        {"atan", 0, 40, 0, 0, 1.6},
        {"asinh", 0, 1, .3, .3, 2.5},
        {"atan", 0, .5, .3, .3, 2.5},
        {"exp(-z^2)", 6, .1, 0, .5, 1e-14},
    };
    acb_t v;
    mag_t m;
    acb_init(v);
    mag_init(m);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        value_on_box(v, cases[i].text, cases[i].x, cases[i].rx, cases[i].y, cases[i].ry);
        acb_get_mag(m, v);
        if (!(mag_get_d(m) < cases[i].bound))
            fail_msg("%s at %g: %g is not below %g", cases[i].text, cases[i].x, mag_get_d(m),
                     cases[i].bound);
    }
    acb_clear(v);
    mag_clear(m);
}

/* The whole of [-40, 40] + [0, 3] i in unit steps is proved analytic for the sigmoid. */
static void the_strip_of_the_sigmoid_is_covered(void **state)
{
    (void) state;
    acb_t v;
    acb_init(v);
    for (int x = -40; x < 40; x++)
        for (int k = 0; k < 8; k++) {
            value_on_box(v, "sigmoid", x + .5, .5, 3 * (k + .5) / 8, 1.5 / 8);
            if (!acb_is_finite(v))
                fail_msg("not finite at %d, %d", x, k);
        }
    acb_clear(v);
}

static void check_coefficient(const char *text, const char *point, slong k,
                              const char *expected)
{
    ew_expr *e = parsed(text), *at = parsed(point);
    acb_t z;
    acb_ptr c = _acb_vec_init(k + 2);
    acb_init(z);
    ew_expr_constant(acb_realref(z), at, 4000);
    mag_zero(arb_radref(acb_realref(z)));
    ew_jet(c, e, z, k + 2, 1, 260);
    assert_true(arb_is_zero(acb_imagref(c + k)));
    check_ball_value(acb_realref(c + k), expected, 55);
    _acb_vec_clear(c, k + 2);
    acb_clear(z);
    ew_expr_free(e);
    ew_expr_free(at);
}

/* mpmath, 60 digits; no cancellation and no overflow far out or near zero. */
static void extreme_points_are_accurate(void **state)
{
    (void) state;
    check_coefficient("tanh", "10^-20", 0,
                      "9.99999999999999999999999999999999999999966666666666666666667e-21");
    check_coefficient("tanh", "-10^6", 1,
                      "4.34763911796623596223645270943511431852344391517963344180183e-868589");
    check_coefficient("tanh", "10^6", 2,
                      "-4.34763911796623596223645270943511431852344391517963344180183e-868589");
    check_coefficient("sigmoid", "-10^6", 0,
                      "3.29683147808855857896890796910772420856140150665837015964709e-434295");
    check_coefficient("sigmoid", "10^6", 1,
                      "3.29683147808855857896890796910772420856140150665837015964709e-434295");
    check_coefficient("sigmoid", "-10^6", 3,
                      "5.49471913014759763161484661517954034760233584443061693274515e-434296");
    check_coefficient("softplus", "-10^6", 0,
                      "3.29683147808855857896890796910772420856140150665837015964709e-434295");
    check_coefficient("softplus", "50", 0,
                      "50.0000000000000000000001928749847963917783017156812728211533");
    check_coefficient("softplus", "10^6", 2,
                      "1.64841573904427928948445398455386210428070075332918507982354e-434295");
    check_coefficient("softplus", "-10^6", 1,
                      "3.29683147808855857896890796910772420856140150665837015964709e-434295");
    check_coefficient("expm1", "10^-30", 0,
                      "1.00000000000000000000000000000050000000000000000000000000000e-30");
    check_coefficient("log1p", "10^-30", 0,
                      "9.99999999999999999999999999999500000000000000000000000000000e-31");
    check_coefficient("log1p", "10^6", 1,
                      "0.000000999999000000999999000000999999000000999999000000999999000001");
    check_coefficient("erfc", "20", 0,
                      "5.39586561160790092893499916790534560408827267092360528347010e-176");
    check_coefficient("erfc", "1000", 0,
                      "1.86003704863232337090847116228998437320623353992648847220071e-434298");
    check_coefficient("gelu", "-30", 0,
                      "-1.47201417814445611786014277697405714159909548241775317701897e-196");
    check_coefficient("silu", "-10^6", 0,
                      "-3.29683147808855857896890796910772420856140150665837015964709e-434289");
    check_coefficient("mish", "-1000", 0,
                      "-5.07595889754945676529180947957433691930559928289283736183239e-432");
    check_coefficient("asinh", "10^-20", 0,
                      "9.99999999999999999999999999999999999999983333333333333333333e-21");
    check_coefficient("atan", "10^6", 0,
                      "1.57079532679489661956465502497288477543191817587802910085255");
    check_coefficient("asinh", "-10^6", 0,
                      "-14.5086577385244694135251807558143618137341923994661922639665");
    check_coefficient("z/(1+exp(-z))", "-10^6", 0,
                      "-3.29683147808855857896890796910772420856140150665837015964709e-434289");
}

/* The eighth coefficient at 3/8 (dyadic: an exact point), by mpmath's numerical
 * differentiation. */
static void high_orders_have_their_values(void **state)
{
    (void) state;
    check_coefficient("exp", "3/8", 7,
                      "0.000288688772741706614296387637299110815148182940667542793887945");
    check_coefficient("log", "3/8", 7,
                      "136.988176889411457312691880593115161016395584296818864720099");
    check_coefficient("log1p", "3/8", 7,
                      "0.0153738653423394733459698764308653553223737372067573511384930");
    check_coefficient("expm1", "3/8", 7,
                      "0.000288688772741706614296387637299110815148182940667542793887945");
    check_coefficient("sqrt", "3/8", 7,
                      "9.46195214770566464269348690585979445785474362898379023548212");
    check_coefficient("sin", "3/8", 7,
                      "-0.000184624528157205216497912061950308632558569643228474208589168");
    check_coefficient("cos", "3/8", 7,
                      "0.0000726731208504062621771645539119571740429390901582059331088356");
    check_coefficient("tan", "3/8", 7,
                      "0.244066513317372206697364017579293145606505515346939279228234");
    check_coefficient("atan", "3/8", 7,
                      "0.0728224534940209451557147021992710297322635733965620667800656");
    check_coefficient("asinh", "3/8", 7,
                      "0.0202251986686097747501521532197129100304651252560424650114733");
    check_coefficient("sinh", "3/8", 7,
                      "0.000212527846568370390337201987215677787577529171104854836347014");
    check_coefficient("cosh", "3/8", 7,
                      "0.0000761609261733362239591856500834330275706537695626879575409310");
    check_coefficient("tanh", "3/8", 7,
                      "0.0129326122121493846850260042161341569157432207220695185151410");
    check_coefficient("sigmoid", "3/8", 7,
                      "-0.000115822592383403142082916227961451692902370712394962737896090");
    check_coefficient("softplus", "3/8", 7,
                      "-0.0000665454218786482852045803192776206540290456525906128374712294");
    check_coefficient("erf", "3/8", 7,
                      "-0.00545889407252292477133192520794294127594172068973504572136914");
    check_coefficient("erfc", "3/8", 7,
                      "0.00545889407252292477133192520794294127594172068973504572136914");
    check_coefficient("z^(5/3)", "3/8", 7,
                      "-0.617526078661560997171402481225412812567343052759045470527768");
    check_coefficient("z^(-3/2)", "3/8", 7,
                      "-13120.5736448185216378683018427922483148919111655241891265352");
    check_coefficient("z^-4", "3/8", 7,
                      "-5818851.86336771156158444681535673762468458398956798591000694");
    check_coefficient("tanh(z^2+sin(z))", "3/8", 7,
                      "-2.92450403484165265107939282036879017963266868996337383850755");
    check_coefficient("atan(exp(z)-z^3)", "3/8", 7,
                      "0.0148916019113946664849666617794154647777793836703458592699326");
}

/* 1/(1-z) at 0 has all coefficients 1, exp(z) 1/k!, and a polynomial ends. */
static void known_series_come_out(void **state)
{
    (void) state;
    acb_t z;
    acb_ptr c = _acb_vec_init(24);
    arb_t x;
    acb_init(z);
    arb_init(x);
    ew_expr *e = parsed("1/(1-z)");
    ew_jet(c, e, z, 24, 1, 100);
    for (slong k = 0; k < 24; k++)
        assert_true(acb_is_one(c + k));
    ew_expr_free(e);
    e = parsed("exp");
    ew_jet(c, e, z, 24, 1, 100);
    arb_fac_ui(x, 23, 100);
    arb_mul(x, x, acb_realref(c + 23), 100);
    check_ball_value(x, "1.00000000000000000000000000000", 28);
    ew_expr_free(e);
    e = parsed("hermite(5)");
    ew_jet(c, e, z, 24, 1, 100);
    assert_true(acb_equal_si(c + 1, 15) && acb_equal_si(c + 3, -10) && acb_is_one(c + 5));
    assert_true(_acb_vec_is_zero(c + 6, 18));
    ew_expr_free(e);
    _acb_vec_clear(c, 24);
    acb_clear(z);
    arb_clear(x);
}

/* Two precisions overlap and the finer one is fine; real points give exactly real jets. */
static void precisions_agree(void **state)
{
    (void) state;
    static const double points[] = {-3.7, -.6, 1e-9, .25, 2.9};
    acb_t z;
    acb_ptr a = _acb_vec_init(6), b = _acb_vec_init(6);
    acb_init(z);
    for (size_t i = 0; i < 5 * FUNCTIONS; i++) {
        ew_expr *e = parsed(functions[i / 5]);
        acb_set_d(z, points[i % 5]);
        ew_jet(a, e, z, 6, 1, 128);
        ew_jet(b, e, z, 6, 0, 600);
        for (slong k = 0; k < 6; k++) {
            assert_true(acb_is_real(a + k) && acb_overlaps(a + k, b + k));
            if (acb_rel_accuracy_bits(b + k) < 500 &&
                mag_cmp_2exp_si(arb_radref(acb_realref(b + k)), -500) > 0)
                fail_msg("%s at %g, coefficient %ld", functions[i / 5], points[i % 5],
                         (long) k);
        }
        ew_expr_free(e);
    }
    _acb_vec_clear(a, 6);
    _acb_vec_clear(b, 6);
    acb_clear(z);
}

static void kinks_and_variables_have_no_jet(void **state)
{
    (void) state;
    static const char *const kinked[] = {"abs", "relu", "if(z<0,1,z)", "exp(sign)",
                                         "1+min(z,2)"};
    acb_t v;
    acb_init(v);
    for (size_t i = 0; i < sizeof kinked / sizeof kinked[0]; i++) {
        value_on_box(v, kinked[i], .5, 0, 0, 0);
        assert_false(acb_is_finite(v));
    }
    value_on_box(v, "exp(exp(exp(z)))", 100, 0, 0, 0);
    assert_false(acb_is_finite(v));
    acb_clear(v);
}

static int set_up(void **state)
{
    (void) state;
    ctx = ew_context_new();
    return ctx ? 0 : -1;
}

static int tear_down(void **state)
{
    (void) state;
    ew_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_and_poles_are_seen),
        cmocka_unit_test(boxes_contain_their_points),
        cmocka_unit_test(wide_boxes_are_not_loose),
        cmocka_unit_test(the_strip_of_the_sigmoid_is_covered),
        cmocka_unit_test(extreme_points_are_accurate),
        cmocka_unit_test(high_orders_have_their_values),
        cmocka_unit_test(known_series_come_out),
        cmocka_unit_test(precisions_agree),
        cmocka_unit_test(kinks_and_variables_have_no_jet),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    flint_cleanup();
    return failed;
}
