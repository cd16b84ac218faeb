/* Moments of gradients: closed forms, exact moments, published recursions and laws. */
#include "arith/decimal.h"
#include "gradient_request.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- closed forms -------------------------------------------------------------------------
 */

/* p (1 + r_1 m/n) ... (1 + r_k m/n), coefficients of n^-j. */
static void product_series(fmpq *c, slong terms, const fmpq_t p, const fmpq_t m, const slong *r,
                           slong k)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong j = 0; j < terms; j++)
        fmpq_zero(c + j);
    fmpq_set(c, p);
    for (slong i = 0; i < k; i++)
        for (slong j = terms - 1; j > 0; j--) {
            fmpq_mul(t, c + j - 1, m);
            fmpq_mul_si(t, t, r ? r[i] : 1);
            fmpq_add(c + j, c + j, t);
        }
    fmpq_clear(t);
}

static void expect_exact(const ew_certified *c, const fmpq_t x)
{
    char *text = ew_rational_text(x);
    assert_non_null(c->exact);
    assert_string_equal(c->exact, text);
    free(text);
}

static void expect_product(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                           const fmpq_t p, const fmpq_t m, slong k, ulong n)
{
    fmpq c[8];
    fmpq_t at_n, factor;
    for (slong j = 0; j < 8; j++)
        fmpq_init(c + j);
    fmpq_init(at_n);
    fmpq_init(factor);
    product_series(c, t->order + 1, p, m, NULL, k);
    for (slong j = 0; j <= t->order; j++)
        expect_exact(ew_gradient_at(t, of, layer - 1, EW_GRADIENT_RATIO, j), c + j);
    fmpq_set(at_n, p);
    fmpz_set_ui(fmpq_denref(factor), n);
    fmpz_one(fmpq_numref(factor));
    fmpq_mul(factor, factor, m);
    fmpq_add_si(factor, factor, 1);
    for (slong i = 0; i < k; i++)
        fmpq_mul(at_n, at_n, factor);
    expect_exact(&t->numeric[((slong) of * t->layers + layer - 1) * EW_GRADIENT_NUMERIC +
                             EW_GRADIENT_EXACT],
                 at_n);
    for (slong j = 0; j < 8; j++)
        fmpq_clear(c + j);
    fmpq_clear(at_n);
    fmpq_clear(factor);
}

/* theory.md section 10: s = a max(z,0) + b min(z,0), L hidden layers, mu = E s^4/(E s^2)^2. */
static void closed_form(const char *activation, const char *cw, const char *mean, slong order)
{
    const slong depth = 6, hidden = depth - 1;
    ew_gradient_table *t = gradient_solve((gradient_request){.activation = activation,
                                                             .cw = cw,
                                                             .depth = depth,
                                                             .order = order,
                                                             .at_width = 20,
                                                             .exact = 1,
                                                             .limit = EW_LIMIT_HOMOGENEOUS});
    fmpq_t mu, m, three, square;
    fmpq_init(mu);
    fmpq_init(m);
    fmpq_init(three);
    fmpq_init(square);
    assert_int_equal(ew_rational_read(mu, mean), 0);
    fmpq_sub_si(m, mu, 1);
    fmpq_set_si(three, 3, 1);
    fmpq_mul(square, mu, mu);
    assert_true(t->closed);
    for (slong l = 1; l <= depth; l++)
        expect_product(t, EW_GRADIENT_INPUT, l, three, m, l - 1, 20);
    expect_product(t, EW_GRADIENT_WEIGHT, 1, mu, m, hidden - 1, 20);
    for (slong l = 2; l < depth; l++)
        expect_product(t, EW_GRADIENT_WEIGHT, l, square, m, hidden - 2, 20);
    expect_product(t, EW_GRADIENT_WEIGHT, depth, mu, m, hidden - 1, 20);
    expect_exact(&t->slope, m);
    /* 3 exp(m t) */
    for (slong j = 0; j <= order; j++) {
        expect_exact(&t->limit[j], three);
        fmpq_mul(three, three, m);
        fmpz_mul_si(fmpq_denref(three), fmpq_denref(three), j + 1);
        fmpq_canonicalise(three);
    }
    fmpq_clear(mu);
    fmpq_clear(m);
    fmpq_clear(three);
    fmpq_clear(square);
    ew_gradient_free(t);
}

static void closed_forms(void **state)
{
    (void) state;
    closed_form("relu", "2", "6", 1);
    closed_form("relu", "2", "6", 3);
    closed_form("relu", "1", "6", 2);
    closed_form("z", "1", "3", 2);
    closed_form("abs", "1", "3", 2);
    closed_form("leaky_relu(1/2)", "8/5", "102/25", 2);
}

/* A mean over n_l neurons has the factor n/n_l in front of 1/n. */
static void layers_of_their_own(void **state)
{
    (void) state;
    ulong width[] = {60, 30, 20, 60};
    slong r[] = {1, 2, 3};
    ew_gradient_table *t = gradient_solve((gradient_request){.activation = "relu",
                                                             .cw = "2,1,3,1/2",
                                                             .depth = 4,
                                                             .order = 3,
                                                             .widths = 4,
                                                             .width = width,
                                                             .exact = 1});
    fmpq_t three, five;
    fmpq c[4];
    fmpq_init(three);
    fmpq_init(five);
    fmpq_set_si(three, 3, 1);
    fmpq_set_si(five, 5, 1);
    for (slong j = 0; j < 4; j++)
        fmpq_init(c + j);
    for (slong l = 1; l <= 4; l++) {
        product_series(c, 4, three, five, r, l - 1);
        for (slong j = 0; j < 4; j++)
            expect_exact(ew_gradient_at(t, EW_GRADIENT_INPUT, l - 1, EW_GRADIENT_RATIO, j),
                         c + j);
    }
    for (slong j = 0; j < 4; j++)
        fmpq_clear(c + j);
    fmpq_clear(three);
    fmpq_clear(five);
    ew_gradient_free(t);
}

/* Two hidden layers, s = z + z^3/6, K = 1: 3 E Ghat_uu^2/(E Ghat_uu)^2 from the moments of
 * means over partitions and Wick's theorem, in rational arithmetic (sympy). */
static void polynomial(void **state)
{
    (void) state;
    static const char *const ratio[] = {"3", "14418907900/90387363",
                                        "21693840834710204/1488408706521",
                                        "10898077538231887901632/8169875390093769"};
    static const char *const mean[] = {"5489/256", "200545/384", "379885/48", "0"};
    ew_gradient_table *t = gradient_solve((gradient_request){
        .activation = "z + z^3/6", .cw = "1", .depth = 3, .order = 3, .exact = 1});
    for (slong j = 0; j <= 3; j++) {
        assert_string_equal(
            ew_gradient_at(t, EW_GRADIENT_INPUT, 2, EW_GRADIENT_RATIO, j)->exact, ratio[j]);
        assert_string_equal(
            ew_gradient_at(t, EW_GRADIENT_INPUT, 2, EW_GRADIENT_MEAN_SQUARE, j)->exact,
            mean[j]);
    }
    ew_gradient_free(t);
}

/* ---- published recursions and laws --------------------------------------------------------
 */

/* 3 A_g/G^2 by the recursion of theory.md section 10, evaluated with mpmath. */
static void known_recursion(void **state)
{
    (void) state;
    static const char *const critical[] = {"0",
                                           "11.2513194723072",
                                           "20.5210888059546",
                                           "29.1776317759702",
                                           "37.5575289670045",
                                           "45.7892507977383"};
    static const char *const chaotic[] = {"0", "11.2513194723072", "22.2064563900087",
                                          "33.1080635169778", "44.0025667869104"};
    ew_gradient_table *t = gradient_solve(
        (gradient_request){.activation = "tanh", .cw = "1", .depth = 6, .order = 1});
    for (slong l = 0; l < 6; l++)
        assert_string_equal(ew_gradient_at(t, EW_GRADIENT_INPUT, l, EW_GRADIENT_RATIO, 1)->mid,
                            critical[l]);
    ew_gradient_free(t);
    t = gradient_solve((gradient_request){
        .activation = "tanh", .cw = "3/2", .cb = "1/10", .depth = 5, .order = 1});
    for (slong l = 0; l < 5; l++)
        assert_string_equal(ew_gradient_at(t, EW_GRADIENT_INPUT, l, EW_GRADIENT_RATIO, 1)->mid,
                            chaotic[l]);
    ew_gradient_free(t);
}

/* The law in L/n at K* = 0: 3 (1 + [2 + (2/3)(b_1/a_1)^2] L/n + ...). */
static void law_at_zero(void **state)
{
    (void) state;
    /* s_2 = 1/5, s_3 = -2: a_1 = -1.97, b_1 = -1.96 */
    ew_gradient_table *t = gradient_solve((gradient_request){.activation = "tanh(z) + z^2/10",
                                                             .cw = "1",
                                                             .depth = 2,
                                                             .order = 1,
                                                             .limit = EW_LIMIT_ZERO});
    fmpq_t x;
    fmpq_init(x);
    fmpq_set_si(x, 3 * (2 * 3 * 197 * 197 + 2 * 196 * 196), 3 * 197 * 197);
    expect_exact(&t->limit[1], x);
    fmpq_clear(x);
    ew_gradient_free(t);
    t = gradient_solve((gradient_request){
        .activation = "tanh", .cw = "1", .depth = 300, .order = 2, .limit = EW_LIMIT_ZERO});
    assert_string_equal(t->limit[1].exact, "8");
    for (slong j = 0; j <= 2; j++) {
        double deep = gradient_coefficient(t, EW_GRADIENT_INPUT, 300, EW_GRADIENT_RATIO, j);
        assert_true(fabs(deep / pow(299, (double) j) / gradient_value(&t->limit[j]) - 1) <
                    0.01);
    }
    ew_gradient_free(t);
}

/* At a half-stable point chi_par = chi_perp = 1, and by the recursion of theory.md section 10
 * A_g/G^2 is a cubic in the layer: V = v l, D_g ~ h V, A_g ~ 2 h D_g.  Its third difference is
 * 2 h^2 v; v and h of SiLU by mpmath. */
static void law_at_half_stable_point(void **state)
{
    (void) state;
    ew_gradient_table *t = gradient_solve((gradient_request){.activation = "silu",
                                                             .cw = "1.9880046782694920053",
                                                             .cb = "0.55514317072153039620",
                                                             .gram = "14.320173618025798817",
                                                             .depth = 5,
                                                             .order = 1});
    double c[5];
    for (slong l = 0; l < 5; l++)
        c[l] = gradient_coefficient(t, EW_GRADIENT_INPUT, l + 1, EW_GRADIENT_RATIO, 1) / 3;
    for (slong l = 0; l < 2; l++) {
        double third = c[l + 3] - 3 * c[l + 2] + 3 * c[l + 1] - c[l];
        assert_true(fabs(third / 0.0060643419612363 - 1) < 1e-9);
    }
    ew_gradient_free(t);
}

/* theory.md section 10: 9 (1 + w L/n) for tanh, w a function of the place r L of the weight. */
static void law_of_weights(void **state)
{
    (void) state;
    const slong depth = 400;
    const double c = -1;
    ew_gradient_table *t = gradient_solve(
        (gradient_request){.activation = "tanh", .cw = "1", .depth = depth, .order = 1});
    for (slong quarter = 1; quarter <= 3; quarter++) {
        double r = (double) quarter / 4, u = 1 - r;
        double w = 2 * (r / 3 * (1 + c * u) * (1 + c * u) + c * c * u * u * u / 3 + u);
        slong l = quarter * depth / 4;
        double lead = gradient_coefficient(t, EW_GRADIENT_WEIGHT, l, EW_GRADIENT_RATIO, 0);
        double next = gradient_coefficient(t, EW_GRADIENT_WEIGHT, l, EW_GRADIENT_RATIO, 1);
        assert_true(fabs(lead / 9 - 1) < 0.03);
        assert_true(fabs(next / lead / (double) depth / w - 1) < 0.03);
    }
    ew_gradient_free(t);
}

/* ---- refusals -----------------------------------------------------------------------------
 */

static void expect_refusal(gradient_request r, ew_status expected, const char *says)
{
    ew_context *ctx = ew_context_new();
    ew_gradient_table *t;
    check_status(ctx, gradient_solve_in(&t, &r, ctx), expected);
    assert_null(t);
    assert_non_null(strstr(ew_context_error(ctx), says));
    ew_context_free(ctx);
}

static void refusals(void **state)
{
    (void) state;
    gradient_request r = {.activation = "step", .cw = "1", .depth = 3, .order = 1};
    expect_refusal(r, EW_DOMAIN, "zero almost everywhere");
    r.activation = "step(z) + z";
    expect_refusal(r, EW_DOMAIN, "delta function");
    r.activation = "0*z + 1";
    expect_refusal(r, EW_DOMAIN, "zero almost everywhere");
    r.activation = "tanh";
    r.exact = 1;
    expect_refusal(r, EW_UNABLE, "not rational");
    r.exact = 0;
    r.order = 6;
    expect_refusal(r, EW_UNABLE, "orders beyond");
    r.order = 0;
    expect_refusal(r, EW_USAGE, "at least 1");
    r.order = 1;
    r.cw = "1,0,1";
    expect_refusal(r, EW_DOMAIN, "not positive");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms),        cmocka_unit_test(polynomial),
        cmocka_unit_test(layers_of_their_own), cmocka_unit_test(known_recursion),
        cmocka_unit_test(law_at_zero),         cmocka_unit_test(law_at_half_stable_point),
        cmocka_unit_test(law_of_weights),      cmocka_unit_test(refusals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
