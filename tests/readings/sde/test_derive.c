/* The published equations (theory.md section 6), derived from the chain. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/expect.h"
#include "readings/sde/derive.h"

static ew_context *ctx;
static ew_expr *zero, *one, *two, *minus;

static ew_activation *parse(const char *text)
{
    ew_activation *s = NULL;
    check_ok(ctx, ew_activation_new(&s, text, ctx));
    return s;
}

static ew_sde *derive(const ew_sde_model *model)
{
    ew_sde *sde = NULL;
    check_ok(ctx, ew_sde_derive(&sde, model, ctx));
    return sde;
}

/* Names of the variables for FLINT's parser: 1/a is "ia", special functions are N, A, R, I. */
static fmpq_mpoly_struct *formula(const ew_sde *sde, const char *text)
{
    static const char letter[] = {[EW_SDE_KINK] = 'N',
                                  [EW_SDE_ANGLE] = 'A',
                                  [EW_SDE_ROOT] = 'R',
                                  [EW_SDE_SQRT] = 'Q',
                                  [EW_SDE_INVERSE] = 'I'};
    static char name[64][24];
    const char *names[64];
    static fmpq_mpoly_struct f;
    for (slong v = 0; v < sde->variables; v++) {
        const char *of = v < sde->n ? sde->name[v] : "t";
        names[v] = name[v];
        if (v >= sde->atom0)
            snprintf(name[v], sizeof name[v], "%c%ld", letter[sde->atom[v - sde->atom0].f],
                     (long) (v - sde->atom0));
        else if (v >= sde->constant0)
            snprintf(name[v], sizeof name[v], "%s%s",
                     sde->constant[v - sde->constant0].inverse ? "i" : "",
                     sde->constant[v - sde->constant0].name);
        else
            snprintf(name[v], sizeof name[v], "%s", of);
    }
    fmpq_mpoly_init(&f, sde->ring);
    if (fmpq_mpoly_set_str_pretty(&f, text, names, sde->ring))
        fail_msg("cannot read %s", text);
    return &f;
}

static void check_formula(const fmpq_mpoly_struct *f, const ew_sde *sde, const char *text)
{
    fmpq_mpoly_struct *expected = formula(sde, text);
    if (!fmpq_mpoly_equal(f, expected, sde->ring))
        fail_msg("not %s but %s", text, fmpq_mpoly_get_str_pretty(f, NULL, sde->ring));
    fmpq_mpoly_clear(expected, sde->ring);
}

static void check_drift(const ew_sde *sde, slong i, const char *text)
{
    check_formula(sde->drift + i, sde, text);
}

static void check_diffusion(const ew_sde *sde, slong i, slong j, const char *text)
{
    check_formula(sde->diffusion + ew_sde_entry(sde, i, j), sde, text);
}

/* ---- formulas -----------------------------------------------------------------------------
 */

static void test_smooth(void **state)
{
    (void) state;
    ew_activation *s = parse("gelu");
    const ew_sde_model model = {
        .shaping = EW_SHAPING_SMOOTH, .activation = s, .a = two, .inputs = 3};
    ew_sde *sde = derive(&model);
    assert_int_equal(sde->n, 6);
    assert_string_equal(sde->name[1], "V12");
    check_drift(sde, 0, "(3/4*phi2^2 + phi3)*ia^2*V11*(V11 - 1)");
    check_drift(sde, 4,
                "ia^2*(phi2^2/4*(V22*V33 + 2*V23^2 - 3*V23) + phi3/2*V23*(V22 + V33 - 2))");
    assert_int_equal(sde->wishart, 1);
    check_diffusion(sde, 1, 4, "V12*V23 + V13*V22");
    const double x[6] = {1, 0.5, 0.25, 1.5, -0.5, 2};
    double b[6], phi2 = 2 * sqrt(2 / M_PI);
    ew_sde_drift(b, sde, 0, x, 1);
    assert_true(fabs(b[4] - phi2 * phi2 / 16 * (3 + 0.5 + 1.5)) < 1e-13);
    ew_sde_free(sde);
    ew_activation_free(s);
}

static void test_kinked(void **state)
{
    (void) state;
    const ew_sde_model model = {
        .shaping = EW_SHAPING_RELU, .c_plus = two, .c_minus = minus, .inputs = 2};
    ew_sde *sde = derive(&model), *rho;
    check_drift(sde, 0, "0");
    check_drift(sde, 1, "(c_plus - c_minus)^2*N0");
    assert_int_equal(sde->wishart, 1);
    check_ok(ctx, ew_sde_correlation(&rho, sde, ctx));
    assert_int_equal(rho->state, EW_SDE_CORRELATION);
    check_drift(rho, 0, "(c_plus - c_minus)^2*N0 - rho*(1 - rho^2)/2");
    check_diffusion(rho, 0, 0, "(1 - rho^2)^2");
    double r = 0.3, b;
    ew_sde_drift(&b, rho, 0, &r, 1);
    double nu = 9 / (2 * M_PI) * (sqrt(1 - r * r) - r * acos(r));
    assert_true(fabs(b - (nu - r * (1 - r * r) / 2)) < 1e-14);
    ew_sde_free(rho);
    ew_sde_free(sde);
}

/* Ito's formula where rho is not autonomous: d rho's drift by hand from section 6's b and S. */
static void test_triple(void **state)
{
    (void) state;
    ew_activation *s = parse("z + z^2/2 + z^3"), *odd = parse("sin");
    ew_sde_model model = {.shaping = EW_SHAPING_SMOOTH, .activation = s, .a = two, .inputs = 2};
    ew_sde *sde = derive(&model), *rho;
    check_ok(ctx, ew_sde_correlation(&rho, sde, ctx));
    assert_int_equal(rho->state, EW_SDE_TRIPLE);
    check_formula(rho->diffusion + ew_sde_entry(rho, 1, 1), rho, "(1 - rho^2)^2");
    check_diffusion(rho, 0, 1, "V11*rho*(1 - rho^2)");
    double v[3] = {1.3, 0.4 * sqrt(1.3 * 0.7), 0.7}, b[3];
    const double x[3] = {1.3, 0.4, 0.7};
    double B[3];
    ew_sde_drift(b, sde, 0, v, 1);
    ew_sde_drift(B, rho, 0, x, 1);
    double want =
        b[1] / sqrt(1.3 * 0.7) - 0.2 * (b[0] / 1.3 + b[2] / 0.7) - 0.4 * (1 - 0.4 * 0.4) / 2;
    assert_true(fabs(B[1] - want) < 1e-14);
    assert_true(fabs(B[0] - b[0]) < 1e-14 && fabs(B[2] - b[2]) < 1e-14);
    ew_sde_free(rho);
    ew_sde_free(sde);
    model.activation = odd;
    sde = derive(&model);
    check_ok(ctx, ew_sde_correlation(&rho, sde, ctx));
    assert_int_equal(rho->state, EW_SDE_CORRELATION);
    check_drift(rho, 0, "-1/2*rho*(1 - rho^2)");
    ew_sde_free(rho);
    ew_sde_free(sde);
    ew_activation_free(s);
    ew_activation_free(odd);
}

static void test_derivatives(void **state)
{
    (void) state;
    ew_activation *s = parse("softplus");
    ew_sde_model model = {
        .shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 1, .direction = 1};
    ew_sde *sde = derive(&model);
    assert_string_equal(sde->name[2], "V1u_1u");
    check_drift(sde, 1, "ia^2*V1_1u*((3/2*phi2^2 + 2*phi3)*V11 - (3/4*phi2^2 + phi3))");
    check_drift(sde, 2,
                "ia^2*((phi2^2 + phi3)*(V11*V1u_1u + 2*V1_1u^2) - (3/4*phi2^2 + phi3)*V1u_1u)");
    assert_int_equal(sde->wishart, 1);
    ew_sde_free(sde);
    model.direction = 0;
    model.ntk = 1;
    model.lambda_w = model.lambda_b = one;
    sde = derive(&model);
    assert_string_equal(sde->name[2], "Theta11");
    check_drift(sde, 2,
                "lambda_W*V11 + lambda_b + ia^2*((phi2^2 + phi3)*(V11*Theta11 + 2*V1_1t^2) - "
                "(3/4*phi2^2 + phi3)*Theta11)");
    ew_sde_free(sde);
    ew_activation_free(s);
}

static double kink_drift(const double v[10], double e, double f)
{
    double x = v[0] + 2 * e * v[1] + e * e * v[4], z = v[7] + 2 * f * v[8] + f * f * v[9];
    double y = v[2] + e * v[5] + f * v[3] + e * f * v[6], rho = y / sqrt(x * z);
    return 9 * sqrt(x * z) * (sqrt(1 - rho * rho) - rho * acos(rho)) / (2 * M_PI);
}

/* Derivative fields of two inputs with a kink: inputs moved by e and f along the direction
 * change V by their covariances, and the drift of V12 must change with it. */
static void test_kinked_derivatives(void **state)
{
    (void) state;
    const ew_sde_model model = {.shaping = EW_SHAPING_RELU,
                                .c_plus = two,
                                .c_minus = minus,
                                .inputs = 2,
                                .direction = 1};
    const double v[10] = {1.3, 0.2, 0.5, -0.1, 0.9, 0.3, 0.15, 0.8, 0.25, 1.1}, h = 1e-4;
    double b[10];
    ew_sde *sde = derive(&model);
    assert_string_equal(sde->name[3], "V1_2u");
    assert_string_equal(sde->name[5], "V1u_2");
    assert_int_equal(sde->wishart, 1);
    ew_sde_drift(b, sde, 0, v, 1);
    double second = (kink_drift(v, 0, h) - kink_drift(v, 0, -h)) / (2 * h);
    double first = (kink_drift(v, h, 0) - kink_drift(v, -h, 0)) / (2 * h);
    double mixed = (kink_drift(v, h, h) - kink_drift(v, h, -h) - kink_drift(v, -h, h) +
                    kink_drift(v, -h, -h)) /
                   (4 * h * h);
    assert_true(fabs(b[2] - kink_drift(v, 0, 0)) < 1e-14);
    assert_true(fabs(b[3] - second) < 1e-7 && fabs(b[5] - first) < 1e-7);
    assert_true(fabs(b[6] - mixed) < 1e-6);
    ew_sde_free(sde);
}

static void test_unshaped(void **state)
{
    (void) state;
    ew_activation *s = parse("2*z + z^2 - z^3"), *moved = parse("sigmoid");
    ew_sde_model model = {.shaping = EW_SHAPING_NONE, .activation = s, .inputs = 2};
    ew_sde *sde = derive(&model);
    check_drift(sde, 0, "(phi3 + 3/4*phi2^2)*V11^2");
    check_drift(sde, 1, "phi2^2/4*(V11*V22 + 2*V12^2) + phi3/2*V12*(V11 + V22)");
    assert_int_equal(sde->wishart, 1);
    assert_true(ew_sde_find(sde, "phi2")->approx == 1 &&
                ew_sde_find(sde, "phi3")->approx == -3);
    ew_sde_free(sde);
    model.activation = moved;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_UNABLE);
    ew_activation_free(s);
    ew_activation_free(moved);
}

/* Other scalings by arguments: powers of n, the clock l/L, orthogonal weights. */
static void test_scalings(void **state)
{
    (void) state;
    ew_activation *s = parse("softplus");
    ew_sde_model model = {.shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 2};
    ew_sde *sde;
    model.power_num = 1, model.power_den = 4;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "n^(-1/2)"));
    model.power_num = 3;
    sde = derive(&model);
    check_drift(sde, 1, "0");
    assert_int_equal(sde->wishart, 1);
    ew_sde_free(sde);
    model.power_num = model.power_den = 0;
    model.orthogonal = 1;
    sde = derive(&model);
    check_drift(sde, 0, "(3/4*phi2^2 + phi3)*ia^2*V11*(V11 - 1)");
    check_diffusion(sde, 0, 1, "0");
    check_diffusion(sde, 1, 1, "0");
    ew_sde_free(sde);
    model.orthogonal = 0;
    model.clock = EW_CLOCK_DEPTH;
    sde = derive(&model);
    check_drift(sde, 0, "(3/4*phi2^2 + phi3)*ia^2*V11*(V11 - 1)");
    check_diffusion(sde, 0, 0, "0");
    ew_sde_free(sde);
    ew_activation_free(s);
}

static void test_refusals(void **state)
{
    (void) state;
    ew_activation *relu = parse("relu"), *flat = parse("z^2"), *tanh_ = parse("tanh");
    ew_sde_model model = {
        .shaping = EW_SHAPING_SMOOTH, .activation = relu, .a = one, .inputs = 1};
    ew_sde *sde;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_DOMAIN);
    model.activation = flat;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_DOMAIN);
    model.activation = tanh_;
    model.a = zero;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_DOMAIN);
    model.a = minus;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_DOMAIN);
    model.a = one;
    model.inputs = 9;
    check_status(ctx, ew_sde_derive(&sde, &model, ctx), EW_USAGE);
    assert_null(sde);
    ew_activation_free(relu);
    ew_activation_free(flat);
    ew_activation_free(tanh_);
}

/* ---- the chain itself at finite n ---------------------------------------------------------
 */

static ew_atom2 product(int i, int j)
{
    ew_atom2 x;
    memset(&x, 0, sizeof x);
    x.f.e[0] = (unsigned char) i;
    x.g.e[0] = (unsigned char) j;
    return x;
}

/* n (E G'_ab - V_ab) and n Cov(G'_p, G'_q) of one step of the chain with this activation, by
 * certified expectations, against the equation: the difference is of order n^(-power). */
static void check_step(const char *activation, const ew_sde *sde, double n, double tolerance)
{
    const double v[3] = {1.25, 0.5, 0.75};
    double b[3], S[6], got[9];
    ew_activation *s = parse(activation);
    ew_evaluator *E;
    check_ok(ctx, ew_evaluator_new(&E, s, EW_AUTO, ctx));
    arb_ptr k = _arb_vec_init(4), y = _arb_vec_init(9);
    const ew_atom1 square = {.f = {.e = {2}}};
    const ew_atom2 atoms[] = {product(2, 0), product(1, 1), product(0, 2),
                              product(4, 0), product(3, 1), product(2, 2),
                              product(2, 2), product(1, 3), product(0, 4)};
    for (int i = 0; i < 3; i++)
        arb_set_d(k + i, v[i]);
    arb_one(k + 3);
    arb_t cw;
    arb_init(cw);
    check_ok(ctx, ew_expect_one(cw, NULL, E, &square, 1, k + 3, 160, ctx));
    arb_inv(cw, cw, 160);
    check_ok(ctx, ew_expect_two(y, NULL, E, atoms, 9, k, k + 1, k + 2, 160, ctx));
    for (int i = 0; i < 9; i++)
        arb_mul(y + i, y + i, cw, 160);
    for (int i = 0, e = 3; i < 3; i++)
        for (int j = i; j < 3; j++, e++) {
            arb_mul(y + e, y + e, cw, 160);
            arb_submul(y + e, y + i, y + j, 160);
        }
    for (int i = 0; i < 9; i++) {
        if (i < 3)
            arb_sub(y + i, y + i, k + i, 160);
        got[i] = arf_get_d(arb_midref(y + i), ARF_RND_NEAR) * (i < 3 ? n : 1);
        assert_true(mag_cmp_2exp_si(arb_radref(y + i), -60) < 0);
    }
    ew_sde_drift(b, sde, 0, v, 1);
    ew_sde_diffusion(S, sde, 0, v, 1);
    for (int i = 0; i < 9; i++)
        if (fabs(got[i] - (i < 3 ? b[i] : S[i - 3])) > tolerance)
            fail_msg("%s, n = %g, number %d: %.12g, not %.12g", activation, n, i, got[i],
                     i < 3 ? b[i] : S[i - 3]);
    arb_clear(cw);
    _arb_vec_clear(k, 4);
    _arb_vec_clear(y, 9);
    ew_evaluator_free(E);
    ew_activation_free(s);
}

static void test_finite_width(void **state)
{
    (void) state;
    ew_activation *s = parse("softplus");
    ew_sde_model model = {.shaping = EW_SHAPING_SMOOTH, .activation = s, .a = one, .inputs = 2};
    ew_sde *sde = derive(&model);
    check_step("1000*2*(softplus(z/1000) - log(2))", sde, 1e6, 1e-5);
    check_step("10000*2*(softplus(z/10000) - log(2))", sde, 1e8, 1e-7);
    ew_sde_free(sde);
    model = (ew_sde_model){
        .shaping = EW_SHAPING_RELU, .c_plus = one, .c_minus = minus, .inputs = 2};
    sde = derive(&model);
    check_step("1001/1000*max(z,0) + 999/1000*min(z,0)", sde, 1e6, 1e-2);
    check_step("10001/10000*max(z,0) + 9999/10000*min(z,0)", sde, 1e8, 1e-3);
    ew_sde_free(sde);
    ew_activation_free(s);
}

/* Kinks away from 0: hardtanh is the identity, and a clipped polynomial that polynomial; at n =
 * 400 already <s^2> differs by no more than exp(-85). */
static void test_far_kinks(void **state)
{
    (void) state;
    static const char *const text[2] = {"max(-1,min(1,z+z^2/4))", "z+z^2/4"};
    static const char *const shaped[2] = {"20*max(-1,min(1,z/20+z^2/1600))", "z+z^2/80"};
    ew_activation *s[2], *x[2];
    ew_evaluator *E[2];
    ew_sde *sde[2];
    arb_ptr y = _arb_vec_init(3);
    ew_atom1 square;
    memset(&square, 0, sizeof square);
    square.f.e[0] = 2;
    arb_set_d(y + 2, 1.5);
    for (int i = 0; i < 2; i++) {
        check_ok(ctx, ew_activation_new(&s[i], text[i], ctx));
        check_ok(ctx, ew_activation_new(&x[i], shaped[i], ctx));
        ew_sde_model model = {.shaping = EW_SHAPING_SMOOTH,
                              .activation = s[i],
                              .a = one,
                              .clock = EW_CLOCK_WIDTH,
                              .inputs = 2,
                              .direction = 1};
        check_ok(ctx, ew_sde_derive(&sde[i], &model, ctx));
        check_ok(ctx, ew_evaluator_new(&E[i], x[i], EW_AUTO, ctx));
        check_ok(ctx, ew_expect_one(y + i, NULL, E[i], &square, 1, y + 2, 200, ctx));
    }
    for (slong p = 0; p < sde[0]->n; p++) {
        char *a = ew_sde_drift_text(sde[0], p, (ew_sde_style){0, 1}, ctx);
        char *b = ew_sde_drift_text(sde[1], p, (ew_sde_style){0, 1}, ctx);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    arb_sub(y, y, y + 1, 200);
    assert_true(fabs(arf_get_d(arb_midref(y), ARF_RND_NEAR)) < exp(-85));
    for (int i = 0; i < 2; i++) {
        ew_sde_free(sde[i]);
        ew_evaluator_free(E[i]);
        ew_activation_free(s[i]);
        ew_activation_free(x[i]);
    }
    _arb_vec_clear(y, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smooth),
        cmocka_unit_test(test_kinked),
        cmocka_unit_test(test_triple),
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_kinked_derivatives),
        cmocka_unit_test(test_unshaped),
        cmocka_unit_test(test_far_kinks),
        cmocka_unit_test(test_scalings),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_finite_width),
    };
    ctx = ew_context_new();
    zero = ew_expr_si(0, ctx);
    one = ew_expr_si(1, ctx);
    two = ew_expr_si(2, ctx);
    minus = ew_expr_si(-1, ctx);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_expr_free(zero);
    ew_expr_free(one);
    ew_expr_free(two);
    ew_expr_free(minus);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
