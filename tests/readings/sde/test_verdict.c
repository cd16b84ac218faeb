/* Verdicts against theory.md section 6, their numbers against mpmath, and the boundaries of the
 * correlation; unshaped ReLU against the chain at small angles. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/expect.h"
#include "readings/sde/derive.h"
#include "readings/sde/verdict.h"

static ew_context *ctx;

static ew_expr *constant(const char *text)
{
    ew_expr *e = NULL;
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "number", ctx));
    return e;
}

/* One input of a network with smooth shaping; the activation lives as long as the equation. */
typedef struct {
    ew_activation *s;
    ew_expr *a;
    ew_sde *sde;
} network;

static void open_network(network *x, ew_shaping shaping, const char *activation, const char *a,
                         ew_clock clock)
{
    check_ok(ctx, ew_activation_new(&x->s, activation, ctx));
    x->a = constant(a);
    const ew_sde_model model = {
        .shaping = shaping, .activation = x->s, .a = x->a, .clock = clock, .inputs = 1};
    check_ok(ctx, ew_sde_derive(&x->sde, &model, ctx));
}

static void close_network(network *x)
{
    ew_sde_free(x->sde);
    ew_expr_free(x->a);
    ew_activation_free(x->s);
}

static void check_fate(ew_shaping shaping, const char *activation, const char *a, ew_fate fate,
                       const char *condition)
{
    network x;
    ew_sde_verdict *v;
    open_network(&x, shaping, activation, a, EW_CLOCK_WIDTH);
    check_ok(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx));
    assert_string_equal(ew_fate_name(v->fate), ew_fate_name(fate));
    assert_string_equal(v->condition, condition);
    ew_sde_verdict_free(v);
    close_network(&x);
}

/* beta = (3/4 phi2^2 + phi3)/a^2 on every side of its thresholds 0 and -1. */
static void test_fates(void **state)
{
    (void) state;
    check_fate(EW_SHAPING_SMOOTH, "softplus", "1", EW_EXPLODES, "beta > 0");
    check_fate(EW_SHAPING_SMOOTH, "gelu", "3", EW_EXPLODES, "beta > 0");
    check_fate(EW_SHAPING_SMOOTH, "tanh", "1", EW_STATIONARY, "beta < -1");
    check_fate(EW_SHAPING_SMOOTH, "tanh", "3/2", EW_VANISHES, "-1 < beta <= 0");
    check_fate(EW_SHAPING_SMOOTH, "tanh", "sqrt(2)", EW_NULL_RECURRENT, "beta = -1");
    check_fate(EW_SHAPING_SMOOTH, "z", "1", EW_VANISHES, "-1 < beta <= 0");
    /* phi2 = 2, phi3 = -3: beta = 0 with a drift in V12 */
    check_fate(EW_SHAPING_SMOOTH, "z + z^2 - z^3/2", "1", EW_VANISHES, "-1 < beta <= 0");
    /* A hair from the threshold, exactly and by balls. */
    check_fate(EW_SHAPING_SMOOTH, "tanh", "sqrt(2)*(1 - 1e-300)", EW_STATIONARY, "beta < -1");
    check_fate(EW_SHAPING_SMOOTH, "tanh", "sqrt(2)*(1 + 1e-300)", EW_VANISHES,
               "-1 < beta <= 0");
    check_fate(EW_SHAPING_NONE, "tanh", "1", EW_VANISHES, "a1 <= 0");
    check_fate(EW_SHAPING_NONE, "gelu", "1", EW_EXPLODES, "a1 > 0");
    check_fate(EW_SHAPING_NONE, "relu", "1", EW_VANISHES, "the drift is zero");
}

/* Nothing is guessed: phi_k known by balls only, and beta = -1 exactly. */
static void test_undecided(void **state)
{
    (void) state;
    network x;
    ew_sde_verdict *v;
    open_network(&x, EW_SHAPING_SMOOTH, "z - sqrt(2)*z^3/6*sqrt(exp(log(2)))", "sqrt(2)",
                 EW_CLOCK_WIDTH);
    if (!ew_sde_find(x.sde, "phi3")->exact)
        check_status(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx), EW_UNABLE);
    close_network(&x);
    open_network(&x, EW_SHAPING_SMOOTH, "tanh", "sqrt(2)*(1 + exp(-exp(10)))", EW_CLOCK_WIDTH);
    check_status(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx), EW_UNABLE);
    assert_null(v);
    close_network(&x);
}

/* mpmath: gammainc(beta + 1, 0, beta V0, regularized=True) at beta = 3/16, V0 = 1/2 and 2; the
 * unshaped 1 - exp(-a1 V0) at a1 = 6/pi. */
static void test_explosion(void **state)
{
    (void) state;
    static const struct {
        ew_shaping shaping;
        const char *activation, *v0, *probability;
    } known[] = {{EW_SHAPING_SMOOTH, "softplus", "1/2", "0.0522508949300303"},
                 {EW_SHAPING_SMOOTH, "softplus", "2", "0.233868018528518"},
                 {EW_SHAPING_NONE, "gelu", "1", "0.851898779561276"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        network x;
        ew_sde_verdict *v;
        arb_t p, v0;
        arb_init(p);
        arb_init(v0);
        ew_expr *e = constant(known[i].v0);
        ew_expr_constant(v0, e, 200);
        open_network(&x, known[i].shaping, known[i].activation, "1", EW_CLOCK_WIDTH);
        check_ok(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx));
        check_ok(ctx, ew_sde_explosion(p, v, v0, 200, ctx));
        check_ball_value(p, known[i].probability, 15);
        ew_sde_verdict_free(v);
        close_network(&x);
        ew_expr_free(e);
        arb_clear(p);
        arb_clear(v0);
    }
}

/* |beta| - 1 and |beta|, beta = -2/a^2 */
static void test_stationary(void **state)
{
    (void) state;
    network x;
    ew_sde_verdict *v;
    arb_t shape, rate;
    arb_init(shape);
    arb_init(rate);
    open_network(&x, EW_SHAPING_SMOOTH, "tanh", "1/2", EW_CLOCK_WIDTH);
    check_ok(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx));
    check_ok(ctx, ew_sde_stationary(shape, rate, v, 100, ctx));
    assert_true(arb_equal_si(shape, 7) && arb_equal_si(rate, 8));
    ew_sde_verdict_free(v);
    close_network(&x);
    arb_clear(shape);
    arb_clear(rate);
}

/* dV = beta V (V - 1) dt without noise: by V_0 and the sign of beta. */
static void test_ordinary(void **state)
{
    (void) state;
    static const struct {
        const char *activation, *v0;
        ew_fate fate;
    } known[] = {{"softplus", "2", EW_EXPLODES}, {"softplus", "1/2", EW_VANISHES},
                 {"softplus", "1", EW_CONSTANT}, {"tanh", "2", EW_CONVERGES},
                 {"tanh", "1/2", EW_CONVERGES},  {"z", "2", EW_CONSTANT}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        network x;
        ew_sde_verdict *v;
        ew_expr *v0 = constant(known[i].v0);
        open_network(&x, EW_SHAPING_SMOOTH, known[i].activation, "1", EW_CLOCK_DEPTH);
        check_ok(ctx, ew_sde_verdict_new(&v, x.sde, v0, ctx));
        assert_string_equal(ew_fate_name(v->fate), ew_fate_name(known[i].fate));
        ew_sde_verdict_free(v);
        close_network(&x);
        ew_expr_free(v0);
    }
}

static void test_boundaries(void **state)
{
    (void) state;
    ew_expr *plus = constant("1"), *minus = constant("-1/2");
    for (int same = 0; same < 2; same++) {
        const ew_sde_model model = {.shaping = EW_SHAPING_RELU,
                                    .c_plus = plus,
                                    .c_minus = same ? plus : minus,
                                    .inputs = 2};
        ew_sde *two, *rho;
        ew_boundary b;
        check_ok(ctx, ew_sde_derive(&two, &model, ctx));
        check_ok(ctx, ew_sde_correlation(&rho, two, ctx));
        check_ok(ctx, ew_sde_boundary(&b, rho, 1, ctx));
        assert_int_equal(b, EW_BOUNDARY_NATURAL);
        check_ok(ctx, ew_sde_boundary(&b, rho, -1, ctx));
        assert_int_equal(b, same ? EW_BOUNDARY_NATURAL : EW_BOUNDARY_ENTRANCE);
        ew_sde_free(rho);
        ew_sde_free(two);
    }
    ew_expr_free(plus);
    ew_expr_free(minus);
}

/* ---- unshaped, with a kink ----------------------------------------------------------------
 */

static void test_homogeneous(void **state)
{
    (void) state;
    ew_activation *s;
    ew_sde *one, *angle;
    double x = 2, t = 0.25, b, v;
    check_ok(ctx, ew_activation_new(&s, "leaky_relu(1/2)", ctx));
    const ew_sde_model model = {
        .shaping = EW_SHAPING_NONE, .activation = s, .clock = EW_CLOCK_WIDTH, .inputs = 1};
    check_ok(ctx, ew_sde_derive(&one, &model, ctx));
    check_ok(ctx, ew_sde_angle(&angle, s, 2, ctx));
    double kap = (1 + 0.25) / 2, c = sqrt(2) * 0.25 / (3 * M_PI * kap),
           M = 2 * (1 + 1.0 / 16) / (1.25 * 1.25);
    ew_sde_diffusion(&v, one, 0, &x, 1);
    assert_true(fabs(v - (3 * M - 1) * 4) < 1e-14);
    ew_sde_drift(&b, angle, t, &x, 1);
    assert_true(fabs(b - ((2 * x - c * pow(x, 1.5)) / t + M * x)) < 1e-13);
    ew_sde_diffusion(&v, angle, t, &x, 1);
    assert_true(fabs(v - 4 * M * x * x) < 1e-13);
    assert_true(fabs(ew_sde_find(angle, "q0")->approx - 4 / (c * c)) < 1e-11);
    assert_true(angle->uses_time);
    ew_sde_free(one);
    ew_sde_free(angle);
    ew_activation_free(s);
}

/* H' = H + ..., E|h_L|^2 = (1 + C_V C_W kap/L)^L |h_0|^2: the mean grows by r = C_V C_W kap;
 * typical paths grow for d >= 3 only (theory.md section 6). */
static void test_residual(void **state)
{
    (void) state;
    static const ew_fate fate[] = {EW_VANISHES, EW_NULL_RECURRENT, EW_GROWS};
    ew_activation *s;
    ew_expr *cw = constant("2"), *cv = constant("3");
    check_ok(ctx, ew_activation_new(&s, "relu", ctx));
    for (int d = 1; d <= 3; d++) {
        ew_expr *width = ew_expr_si(d, ctx);
        ew_residual_model model = {
            .activation = s, .cw = cw, .cv = cv, .dimension = width, .inputs = 1};
        ew_sde *one, *two;
        ew_sde_verdict *v;
        const double x[3] = {1.5, 0.25, 2};
        double b[3], S[6], r = 3;
        check_ok(ctx, ew_sde_residual(&one, &model, ctx));
        check_ok(ctx, ew_sde_verdict_new(&v, one, NULL, ctx));
        assert_string_equal(ew_fate_name(v->fate), ew_fate_name(fate[d - 1]));
        model.inputs = 2;
        check_ok(ctx, ew_sde_residual(&two, &model, ctx));
        ew_sde_drift(b, two, 0, x, 1);
        ew_sde_diffusion(S, two, 0, x, 1);
        double rho = 0.25 / sqrt(3);
        double q = 3 * sqrt(3) / M_PI * (sqrt(1 - rho * rho) + rho * (M_PI - acos(rho)));
        assert_true(fabs(b[0] - r * 1.5) < 1e-14 && fabs(b[1] - q) < 1e-13);
        assert_true(fabs(S[0] - 4 * 1.5 * r * 1.5 / d) < 1e-13);
        assert_true(fabs(S[2] - 4 * 0.25 * q / d) < 1e-13);
        assert_true(fabs(S[3] - (1.5 * r * 2 + 2 * 0.25 * q + 2 * r * 1.5) / d) < 1e-13);
        ew_sde_verdict_free(v);
        ew_sde_free(one);
        ew_sde_free(two);
        ew_expr_free(width);
    }
    ew_expr_free(cw);
    ew_expr_free(cv);
    ew_activation_free(s);
}

static ew_atom2 product(int i, int j)
{
    ew_atom2 x;
    memset(&x, 0, sizeof x);
    x.f.e[0] = (unsigned char) i;
    x.g.e[0] = (unsigned char) j;
    return x;
}

/* One step of the chain of relu, C_W = 2, at 1 - rho = d: the mean of d' at infinite width is d
 * - c d^(3/2), and Ito's formula for rho with the exact covariances gives the terms of 1/n,
 * which are M d and 4 M d^2, up to relative errors of order sqrt(d). */
static void test_angle_step(void **state)
{
    (void) state;
    ew_activation *s;
    ew_evaluator *E;
    const double d = 1e-8, rho = 1 - d;
    double y[9];
    check_ok(ctx, ew_activation_new(&s, "relu", ctx));
    check_ok(ctx, ew_evaluator_new(&E, s, EW_AUTO, ctx));
    const ew_atom2 atoms[] = {product(2, 0), product(1, 1), product(0, 2),
                              product(4, 0), product(3, 1), product(2, 2),
                              product(2, 2), product(1, 3), product(0, 4)};
    arb_ptr k = _arb_vec_init(3), v = _arb_vec_init(9);
    arb_t drift, square, t;
    arb_init(drift);
    arb_init(square);
    arb_init(t);
    arb_one(k);
    arb_set_d(k + 1, rho);
    arb_one(k + 2);
    check_ok(ctx, ew_expect_two(v, NULL, E, atoms, 9, k, k + 1, k + 2, 300, ctx));
    for (int i = 0; i < 9; i++)
        arb_mul_2exp_si(v + i, v + i, i < 3 ? 1 : 2);
    /* The mean at infinite width. */
    arb_sub(t, k + 1, v + 1, 300);
    double shift = arf_get_d(arb_midref(t), ARF_RND_NEAR);
    double c = 2 * sqrt(2) / (3 * M_PI);
    assert_true(fabs(shift / (-c * pow(d, 1.5)) - 1) < 1e-3);
    /* Covariances at V_11 = V_22 = 1, r = E V_12: the second-order terms of rho = V12/sqrt(V11
     * V22) are (3/8) r (S1111 + S2222) + r S1122/4 - (S1211 + S1222)/2. */
    for (int i = 3, p = 0; p < 3; p++)
        for (int q = p; q < 3; q++, i++)
            arb_submul(v + i, v + p, v + q, 300);
    arb_add(drift, v + 3, v + 8, 300);
    arb_mul_ui(drift, drift, 3, 300);
    arb_addmul_ui(drift, v + 5, 2, 300);
    arb_div_ui(drift, drift, 8, 300);
    arb_mul(drift, drift, v + 1, 300);
    arb_add(t, v + 4, v + 7, 300);
    arb_mul_2exp_si(t, t, -1);
    arb_sub(drift, drift, t, 300);
    /* Var rho = S1212 - r (S1211 + S1222) + r^2 (S1111 + 2 S1122 + S2222)/4. */
    arb_mul_2exp_si(t, t, 1);
    arb_mul(t, t, v + 1, 300);
    arb_sub(square, v + 6, t, 300);
    arb_add(t, v + 3, v + 8, 300);
    arb_addmul_ui(t, v + 5, 2, 300);
    arb_mul_2exp_si(t, t, -2);
    arb_mul(t, t, v + 1, 300);
    arb_mul(t, t, v + 1, 300);
    arb_add(square, square, t, 300);
    y[0] = -arf_get_d(arb_midref(drift), ARF_RND_NEAR) / d;
    y[1] = arf_get_d(arb_midref(square), ARF_RND_NEAR) / (d * d);
    assert_true(fabs(y[0] - 2) < 0.01);
    assert_true(fabs(y[1] - 8) < 0.04);
    arb_clear(drift);
    arb_clear(square);
    arb_clear(t);
    _arb_vec_clear(k, 3);
    _arb_vec_clear(v, 9);
    ew_evaluator_free(E);
    ew_activation_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fates),       cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_explosion),   cmocka_unit_test(test_stationary),
        cmocka_unit_test(test_ordinary),    cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_homogeneous), cmocka_unit_test(test_angle_step),
        cmocka_unit_test(test_residual),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
