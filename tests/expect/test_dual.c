#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "expect/ask_two.h"

static void covariance(ask_two *f, double aa, double ab, double bb)
{
    arb_set_d(f->aa, aa);
    arb_set_d(f->ab, ab);
    arb_set_d(f->bb, bb);
}

static ew_status expect(arb_t x, ask_two *f, const ew_atom2 *atom, slong prec)
{
    return ew_expect_two(x, NULL, f->E, atom, 1, f->aa, f->ab, f->bb, prec, f->ctx);
}

static void value(ask_two *f, const char *integrand, slong prec, const char *decimal,
                  slong digits)
{
    ew_atom2 atom = ask_two_atom(integrand, 0, 0, 0);
    check_ok(f->ctx, expect(f->x, f, &atom, prec));
    check_ball_value(f->x, decimal, digits);
}

/* peers.md's table: Var u = 1, Var v = 2, Cov = 1/2. */
static void published_values(void **state)
{
    (void) state;
    static const char *const row[][4] = {
        {"erf(z)", ".1662579714811902", ".3402875819779294", "closed form"},
        {"gelu", ".2713375462739926", ".3161438902268678", "closed form"},
        {"relu", ".3642988816942232", ".3075133640406540", "closed form"},
        {"sin(z)", ".1162720789674148", ".2516073622040275", "closed form"},
        {"tanh(z)", ".1467541154603874", ".2991720213930359", "two-dimensional trapezoid"},
        {"exp(-z^2)", ".2672612419124244", ".03818017741606063", "closed form"},
        {"z^3", "9.75", NULL, "closed form"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ask_two_open(&f, row[i][0], EW_AUTO);
        covariance(&f, 1, 0.5, 2);
        value(&f, "s_a s_b", 100, row[i][1], 29);
        assert_string_equal(ew_evaluator_method(f.E), row[i][3]);
        if (row[i][2])
            value(&f, "s1_a s1_b", 100, row[i][2], 29);
        ask_two_close(&f);
    }
}

/* mpmath: two-dimensional trapezoid and Gauss-Legendre sums at 30 to 40 digits. */
static void values_by_plain_quadrature(void **state)
{
    (void) state;
    static const char *const row[][3] = {
        {"tanh(z)", ".1467541154603874242875994228", ".299172021393035892471782079"},
        {"silu", ".2124547044136169241207865872", ".2998752450218736684115516582"},
        {"softplus", ".8572953587807325359119431251", ".2688124650538148246316862041"},
        {"gelu", ".271337546273992589736381941", ".3161438902268677600452248853"},
        {"elu", ".32364179886880306190737", ".572995983948176063970959"},
        {"relu", ".364298881694223180572156", ".3075133640406540"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ask_two_open(&f, row[i][0], EW_AUTO);
        covariance(&f, 1, 0.5, 2);
        value(&f, "s_a s_b", 100, row[i][1], 29);
        value(&f, "s1_a s1_b", 100, row[i][2], 29);
        ask_two_close(&f);
    }
}

/* Closed forms against the Mehler series, at two precisions, for random covariances. */
static void closed_forms_agree_with_the_series(void **state)
{
    (void) state;
    static const char *const name[] = {"erf(z)",   "gelu",      "sin(z)",    "cos(z/2)",
                                       "exp(z/2)", "exp(-z^2)", "z^3 - z/2", "z*exp(-z^2/2)"};
    static const char *const integrand[] = {"s_a s_b", "s1_a s1_b", "s_a z_b", "s2_a s_b",
                                            "z_a s1_a s_b"};
    check_rng r;
    check_rng_init(&r, "closed");
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        ask_two f, g;
        ask_two_open(&f, name[i], EW_AUTO);
        ask_two_open(&g, name[i], EW_GRID);
        for (size_t j = 0; j < sizeof integrand / sizeof *integrand; j++) {
            ew_atom2 atom = ask_two_atom(integrand[j], 0, 0, 0);
            double k = 0.2 + check_uniform(&r), l = 0.2 + check_uniform(&r);
            covariance(&f, k, (check_uniform(&r) - 0.5) * (k < l ? k : l), l);
            for (slong prec = 64; prec <= 112; prec += 48) {
                check_ok(f.ctx, expect(f.x, &f, &atom, prec));
                check_ok(g.ctx, ew_expect_two(f.y, NULL, g.E, &atom, 1, f.aa, f.ab, f.bb, prec,
                                              g.ctx));
                if (arb_is_zero(f.x))
                    assert_true(arb_contains_zero(f.y));
                else
                    check_ball_pair(f.x, f.y, prec - 12);
            }
            assert_string_equal(ew_evaluator_method(f.E), "closed form");
            assert_string_equal(ew_evaluator_method(g.E), "Mehler series");
        }
        ask_two_close(&f);
        ask_two_close(&g);
    }
}

/* Covariance derivatives against difference quotients of high precision. */
static void derivatives_are_derivatives(void **state)
{
    (void) state;
    static const char *const row[][2] = {
        {"erf(z)", "s_a s_b"},          {"relu", "s_a s_b"},
        {"tanh(z)", "s_a^2 z_b s_b"},   {"elu", "s_a s_b"},
        {"leaky_relu(0.1)", "s_a s_b"}, {"z^3", "s_a s_b"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int which = 0; which < 3; which++) {
            ask_two f;
            ask_two_open(&f, row[i][0], EW_AUTO);
            covariance(&f, 1, 0.25, 1.5);
            ew_atom2 plain = ask_two_atom(row[i][1], 0, 0, 0);
            ew_atom2 d = ask_two_atom(row[i][1], which == 0, which == 1, which == 2);
            check_ok(f.ctx, expect(f.y, &f, &d, 80));
            arb_ptr k = which == 0 ? f.aa : which == 1 ? f.ab : f.bb;
            arb_t h, up, down;
            arb_init(h);
            arb_init(up);
            arb_init(down);
            arb_set_d(h, 0x1p-32);
            arb_add(k, k, h, ARF_PREC_EXACT);
            check_ok(f.ctx, expect(up, &f, &plain, 100));
            arb_sub(k, k, h, ARF_PREC_EXACT);
            arb_sub(k, k, h, ARF_PREC_EXACT);
            check_ok(f.ctx, expect(down, &f, &plain, 100));
            arb_sub(up, up, down, 320);
            arb_mul_2exp_si(up, up, 31);
            arb_add_error_2exp_si(up, -54); /* h^2 times a third derivative below 2^10 */
            check_ball_pair(f.y, up, 44);
            arb_clear(h);
            arb_clear(up);
            arb_clear(down);
            ask_two_close(&f);
        }
}

/* rho = 1, -1, 0, and K = 0. */
static void exact_cases(void **state)
{
    (void) state;
    ask_two f;
    ew_atom2 ss = ask_two_atom("s_a s_b", 0, 0, 0), s1 = ask_two_atom("s1_a s1_b", 0, 0, 0);
    ask_two_open(&f, "relu", EW_AUTO);
    covariance(&f, 3, 3, 3);
    value(&f, "s_a s_b", 64, "1.5", 18);
    value(&f, "s1_a s1_b", 64, "0.5", 18);
    covariance(&f, 3, -3, 3);
    check_ok(f.ctx, expect(f.x, &f, &ss, 64));
    assert_true(arb_is_zero(f.x));
    covariance(&f, 1, 2, 4);
    value(&f, "s_a s_b", 64, "1.0", 18);
    covariance(&f, 1, 0, 1); /* 1/(2 pi) */
    value(&f, "s_a s_b", 100, "0.159154943091895335768883763373", 29);
    covariance(&f, 0, 0, 1);
    check_ok(f.ctx, expect(f.x, &f, &ss, 64));
    assert_true(arb_is_zero(f.x));
    covariance(&f, 1, 2, 3);
    check_status(f.ctx, expect(f.x, &f, &ss, 64), EW_DOMAIN);
    covariance(&f, -1, 0, 3);
    check_status(f.ctx, expect(f.x, &f, &ss, 64), EW_DOMAIN);
    ask_two_close(&f);

    ask_two_open(&f, "tanh(z)", EW_AUTO);
    covariance(&f, 1, 0, 2);
    check_ok(f.ctx, expect(f.x, &f, &ss, 64));
    assert_true(arb_is_zero(f.x));
    /* <tanh^2>_1, opposite signs */
    covariance(&f, 1, 1, 1);
    value(&f, "s_a s_b", 100, "0.39429449039784", 29);
    covariance(&f, 1, -1, 1);
    value(&f, "s_a s_b", 100, "-0.39429449039784", 29);
    check_ok(f.ctx, expect(f.x, &f, &s1, 100));
    assert_true(arb_is_positive(f.x));
    ew_atom2 odd = ask_two_atom("s_a s1_b", 0, 0, 0);
    covariance(&f, 1, 0.3, 2);
    check_ok(f.ctx, expect(f.x, &f, &odd, 64));
    assert_true(arb_is_zero(f.x));
    ask_two_close(&f);

    /* no parity: the series at rho = -1 against softplus(-z) = softplus(z) - z */
    ask_two_open(&f, "softplus", EW_AUTO);
    ew_atom2 sz = ask_two_atom("s_a z_b", 0, 0, 0);
    covariance(&f, 1, -1, 1);
    check_ok(f.ctx, expect(f.x, &f, &ss, 64));
    assert_string_equal(ew_evaluator_method(f.E), "two-dimensional trapezoid");
    covariance(&f, 1, 1, 1);
    check_ok(f.ctx, expect(f.y, &f, &ss, 64));
    arb_t t;
    arb_init(t);
    check_ok(f.ctx, expect(t, &f, &sz, 64));
    arb_sub(f.y, f.y, t, 100);
    check_ball_pair(f.x, f.y, 58);
    arb_clear(t);
    ask_two_close(&f);
}

static void what_is_out_of_reach_is_said(void **state)
{
    (void) state;
    ask_two f;
    ew_atom2 ss = ask_two_atom("s_a s_b", 0, 0, 0), s2 = ask_two_atom("s2_a s_b", 0, 0, 0);
    ask_two_open(&f, "hardtanh", EW_AUTO);
    covariance(&f, 1, 0.5, 1);
    check_status(f.ctx, expect(f.x, &f, &s2, 64), EW_DOMAIN);
    ask_two_close(&f);
    ask_two_open(&f, "hardtanh", EW_PANELS); /* the series alone */
    covariance(&f, 1, 0.9999, 1);
    check_status(f.ctx, expect(f.x, &f, &ss, 64), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(f.ctx), "0.9999"));
    ask_two_close(&f);
    ask_two_open(&f, "tanh(z)", EW_CLOSED);
    check_status(f.ctx, expect(f.x, &f, &ss, 64), EW_OK);
    covariance(&f, 1, 0.5, 1);
    check_status(f.ctx, expect(f.x, &f, &ss, 64), EW_UNABLE);
    ask_two_close(&f);
}

/* <f g> at the middle, at a moved point and over a box that holds both: a ball covariance costs
 * the derivative times its radius, and not much more. */
static void check_box(ask_two *f, const ew_atom2 *atom, int moved)
{
    arb_t corner;
    arb_ptr k[] = {f->aa, f->ab, f->bb};
    arb_init(corner);
    covariance(f, 1, 0.5, 1.25);
    check_ok(f->ctx, expect(f->x, f, atom, 80));
    for (int i = 0; i < 3; i++) {
        if (moved != 3 && moved != i)
            continue;
        arb_set_d(corner, i == 1 ? -0x1p-40 : 0x1p-40);
        arb_add(k[i], k[i], corner, ARF_PREC_EXACT);
    }
    check_ok(f->ctx, expect(corner, f, atom, 80));
    covariance(f, 1, 0.5, 1.25);
    for (int i = 0; i < 3; i++)
        if (moved == 3 || moved == i)
            arb_add_error_2exp_si(k[i], -40);
    check_ok(f->ctx, expect(f->y, f, atom, 80));
    assert_true(arb_contains(f->y, f->x));
    assert_true(arb_contains(f->y, corner));
    if (mag_cmp_2exp_si(arb_radref(f->y), -37) > 0)
        fail_msg("%s: a ball of radius 2^-40 became %g", f->s->text,
                 mag_get_d(arb_radref(f->y)));
    arb_clear(corner);
}

static void balls_are_first_order(void **state)
{
    (void) state;
    static const char *const name[] = {"relu", "tanh(z)", "erf(z)", "elu", "hardtanh", "step"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        ask_two f;
        ew_atom2 atom[2] = {ask_two_atom("s_a s_b", 0, 0, 0),
                            ask_two_atom("s1_a s1_b", 0, 0, 0)};
        ask_two_open(&f, name[i], EW_AUTO);
        for (int moved = 0; moved < 4; moved++)
            check_box(&f, atom, moved);
        if (f.s->continuous)
            check_box(&f, atom + 1, 3);
        ask_two_close(&f);
    }
}

static void check_exact(const char *activation, const char *integrand, const char *aa,
                        const char *ab, const char *bb, const char *text)
{
    ask_two f;
    fmpq_t k[3], v;
    ask_two_open(&f, activation, EW_AUTO);
    ew_atom2 atom = ask_two_atom(integrand, 0, 0, 0);
    for (int i = 0; i < 3; i++) {
        fmpq_init(k[i]);
        fmpq_set_str(k[i], i == 0 ? aa : i == 1 ? ab : bb, 10);
        arb_set_fmpq(i == 0 ? f.aa : i == 1 ? f.ab : f.bb, k[i], 200);
    }
    fmpq_init(v);
    char *got = ew_expect_two_exact(f.s, &atom, k[0], k[1], k[2], f.ctx);
    if (!got || !text) {
        if (got || text)
            fail_msg("%s: %s, expected %s", activation, got ? got : "none",
                     text ? text : "none");
    } else {
        /* our own parser reads it back to the same number */
        ew_expr *e;
        assert_string_equal(got, text);
        check_ok(f.ctx, ew_expr_parse(&e, got, NULL, "exact", f.ctx));
        ew_expr_constant(f.x, e, 128);
        check_ok(f.ctx, expect(f.y, &f, &atom, 128));
        if (arb_is_zero(f.x))
            assert_true(arb_is_zero(f.y));
        else
            check_ball_pair(f.x, f.y, 110);
        ew_expr_free(e);
    }
    int rational = ew_expect_two_rational(v, f.s, &atom, k[0], k[1], k[2]);
    assert_int_equal(rational, text && !strpbrk(text, "pqe"));
    free(got);
    for (int i = 0; i < 3; i++)
        fmpq_clear(k[i]);
    fmpq_clear(v);
    ask_two_close(&f);
}

static void exact_forms_are_read_back(void **state)
{
    (void) state;
    check_exact("z^3", "s_a s_b", "1", "1/2", "2", "39/4");
    check_exact("z^3/6 + z", "s_a^2 s_b^2", "1", "0", "0", "0");
    check_exact("relu", "s_a s_b", "1", "1/2", "1", "1/6+1/2*sqrt(3/4)/pi");
    check_exact("relu", "s1_a s1_b", "1", "-1/2", "1", "1/6");
    check_exact("relu", "s1_a s1_b", "1", "1/3", "1", "1/4+1/2*asin(1/3)/pi");
    check_exact("relu", "s_a s_b", "1", "1", "1", "1/2");
    check_exact("abs", "s_a s_b", "1", "3/5", "1", "6/5*asin(3/5)/pi+2*sqrt(16/25)/pi");
    check_exact("leaky_relu(0.1)", "s_a", "1", "1/2", "1", "9/10*sqrt((1/2)/pi)");
    check_exact("tanh(z)", "s_a s_b", "1", "1/2", "1", NULL);
    check_exact("tanh(z)", "s_a s1_b", "1", "1/2", "1", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(values_by_plain_quadrature),
        cmocka_unit_test(closed_forms_agree_with_the_series),
        cmocka_unit_test(derivatives_are_derivatives),
        cmocka_unit_test(exact_cases),
        cmocka_unit_test(what_is_out_of_reach_is_said),
        cmocka_unit_test(balls_are_first_order),
        cmocka_unit_test(exact_forms_are_read_back),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
