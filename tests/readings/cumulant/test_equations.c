/* The recursions at first order against the formulas of theory.md section 5, and everything
 * that is printed against what was derived. */
#include "reading.h"
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"chi_par", "chi_perp", "u",        "u2",
                                    "h",       "half_d2s", "half_d2u", NULL};
static const char *const values[] = {
    "(C_W*D<s^2>)",
    "(C_W*<s1^2>)",
    "(lambda_W*<s^2> + C_W*<s1^2>*Theta)",
    "(lambda_W^2*<s^4> + 2*lambda_W*C_W*<s^2 s1^2>*Theta + C_W^2*<s1^4>*Theta^2)",
    "(lambda_W*D<s^2> + C_W*D<s1^2>*Theta)",
    "(C_W/2*D^2<s^2>)",
    "(lambda_W/2*D^2<s^2> + C_W/2*D^2<s1^2>*Theta)",
    NULL,
};

/* theory.md section 5, with r = n/n_l at the sources. */
static const struct {
    const char *letter;
    int descent;
    const char *formula;
} theory[] = {
    {"K", 0, "C_b + C_W*<s^2>"},
    {"V", 0, "r*C_W^2*(<s^4> - <s^2>^2) + chi_par^2*V"},
    {"G1", 0, "chi_par*G1 + half_d2s*V"},
    {"Theta", 1, "lambda_b + u"},
    {"D", 1,
     "r*C_W*(lambda_W*<s^4> + C_W*<s^2 s1^2>*Theta - <s^2>*u)"
     "+ chi_par*chi_perp*D + chi_par*h*V"},
    {"F", 1, "r*C_W^2*<s^2 s1^2>*Theta + chi_par^2*F"},
    {"A", 1, "r*(u2 - u^2) + chi_perp^2*A + 2*chi_perp*h*D + h^2*V"},
    {"B", 1, "r*C_W^2*<s1^4>*Theta^2 + chi_perp^2*B"},
    /* (C_W/K) <s'^2 (z^2/K - 1)> = 2 C_W D<s'^2> */
    {"H1", 1, "chi_perp*H1 + h*G1 + half_d2u*V + C_W*D<s1^2>*D + 2*C_W*D<s1^2>*F"},
    {"P", 2, "r*C_W^2*<s s1^2 s2>*Theta^2 + chi_par*chi_perp*P + C_W*<s s2>*chi_perp*B"},
    {"Q", 2,
     "r*(C_W^2*<s s1^2 s2>*Theta^2 + C_W*lambda_W*<s^2 s1^2>*Theta)"
     "+ chi_par*chi_perp*Q + h*chi_par*F"},
    {"R", 3,
     "r*(C_W^2*<s1^3 s3>*Theta^3 + C_W*lambda_W*<s s1^2 s2>*Theta^2)"
     "+ chi_perp^2*R + chi_perp*h*P"
     "+ chi_perp*(C_W*Theta*<s1 s3> + lambda_W*<s s2>)*B"},
    {"S", 3,
     "r*(C_W^2*<s1^2 s2^2>*Theta^3 + C_W*lambda_W*<s1^4>*Theta^2)"
     "+ chi_perp^2*S + chi_perp*(C_W*Theta*<s2^2> + lambda_W*<s1^2>)*B"},
    {"T", 3,
     "r*Theta*(lambda_W^2*<s^2 s1^2> + 2*lambda_W*C_W*Theta*<s s1^2 s2>"
     "+ C_W^2*Theta^2*<s1^2 s2^2>) + chi_perp^2*T + 2*h*chi_perp*Q + h^2*F"},
    {"U", 3, "r*C_W^2*<s1^2 s2^2>*Theta^3 + chi_perp^2*U"},
};
#define LETTERS (sizeof theory / sizeof *theory)

static ew_equation_options options(slong order, slong inputs, int descent, slong directions)
{
    return (ew_equation_options){.family = {order, inputs, descent, directions}, .digits = 15};
}

/* Views expanded, text and LaTeX both. */
static void check_equation(const ew_equation *e, const fmpq_mpoly_t want, const reading *r)
{
    ew_context *ctx = ew_context_new();
    fmpq_mpoly_t f, g;
    fmpq_mpoly_init(f, r->ring->ring);
    fmpq_mpoly_init(g, r->ring->ring);
    reading_text(f, e->rhs, r);
    reading_latex(g, e->latex, r);
    if (!fmpq_mpoly_equal(f, g, r->ring->ring))
        fail_msg("text and LaTeX differ: %s | %s", e->rhs, e->latex);
    check_ok(ctx, ew_formula_expand(f, f, r->ring, ctx));
    if (!fmpq_mpoly_equal(f, want, r->ring->ring))
        fail_msg("%s is not what was derived: %s, but %s", e->lhs, e->rhs,
                 fmpq_mpoly_get_str_pretty(want, (const char **) r->ring->symbols.text,
                                           r->ring->ring));
    fmpq_mpoly_clear(f, r->ring->ring);
    fmpq_mpoly_clear(g, r->ring->ring);
    ew_context_free(ctx);
}

/* What `derive --quantity X` prints is the formula of theory.md, in either notation. */
static void printed_letters_are_the_theory(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (int descent = 0; descent <= 3; descent++) {
        reading r;
        reading_open(&r, 1, 1, descent, 0);
        fmpq_mpoly_t own, want;
        fmpq_mpoly_init(own, r.h->law->ring);
        fmpq_mpoly_init(want, r.ring->ring);
        for (size_t k = 0; k < 2 * LETTERS; k++) {
            if (theory[k / 2].descent != descent)
                continue;
            ew_equation_options opt = options(1, 1, 0, 0);
            ew_equations *e;
            opt.quantity = theory[k / 2].letter;
            opt.susceptibilities = k % 2;
            check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
            assert_int_equal(e->n, 1);
            assert_string_equal(e->equation[0].name, opt.quantity);
            formula_read(own, theory[k / 2].formula, names, values, r.h->law);
            ew_formula_embed(want, own, r.ring);
            check_equation(&e->equation[0], want, &r);
            ew_equations_free(e);
        }
        fmpq_mpoly_clear(own, r.h->law->ring);
        fmpq_mpoly_clear(want, r.ring->ring);
        reading_close(&r);
    }
    ew_context_free(ctx);
}

/* By hand (doc/derivation.md): with a, b, c the derivatives of <f_zz> and v, v1, v2 the
 * variance of f_zz and its derivatives, Var of a delta + b delta^2/2 + c delta^3/6, and the
 * third cumulant. */
static void second_order_by_hand(void **state)
{
    (void) state;
    static const char *const short_name[] = {"A1", "B1", "C1", "V0", "V1", "V2", NULL};
    static const char *const meaning[] = {
        "(C_W*D<s^2>)",
        "(C_W*D^2<s^2>)",
        "(C_W*D^3<s^2>)",
        "(C_W^2*(<s^4> - <s^2>^2))",
        "(C_W^2*(D<s^4> - 2*<s^2>*D<s^2>))",
        "(C_W^2*(D^2<s^4> - 2*D<s^2>^2 - 2*<s^2>*D^2<s^2>))",
        NULL,
    };
    static const char *const by_hand[][2] = {
        {"V_2", "r*(V1*G1 + 1/2*V2*V) + A1^2*k[a.a,a.a]_2"
                " + A1*B1*(k[a.a,a.a,a.a]_2 + 2*G1*V) + 1/2*B1^2*V^2 + A1*C1*V^2"},
        {"kappa3", "r^2*C_W^3*(<s^6> - 3*<s^4>*<s^2> + 2*<s^2>^3) + 3*r*V1*A1*V"
                   " + A1^3*k[a.a,a.a,a.a]_2 + 3*A1^2*B1*V^2"},
        {"G2", "A1*G2 + 1/2*B1*(k[a.a,a.a]_2 + G1^2) + 1/6*C1*(k[a.a,a.a,a.a]_2 + 3*G1*V)"
               " + 1/8*C_W*D^4<s^2>*V^2"},
    };
    ew_context *ctx = ew_context_new();
    reading r;
    fmpq_mpoly_t own, want;
    reading_open(&r, 2, 1, 0, 0);
    fmpq_mpoly_init(own, r.h->law->ring);
    fmpq_mpoly_init(want, r.ring->ring);
    for (size_t k = 0; k < sizeof by_hand / sizeof *by_hand; k++) {
        ew_equation_options opt = options(2, 1, 0, 0);
        ew_equations *e;
        opt.quantity = by_hand[k][0];
        check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
        formula_read(own, by_hand[k][1], short_name, meaning, r.h->law);
        ew_formula_embed(want, own, r.ring);
        check_equation(&e->equation[0], want, &r);
        ew_equations_free(e);
    }
    fmpq_mpoly_clear(own, r.h->law->ring);
    fmpq_mpoly_clear(want, r.ring->ring);
    reading_close(&r);
    ew_context_free(ctx);
}

static void check_family(slong order, slong inputs, int descent, slong directions,
                         int susceptibilities)
{
    ew_context *ctx = ew_context_new();
    ew_equation_options opt = options(order, inputs, descent, directions);
    ew_equations *e;
    reading r;
    fmpq_mpoly_t want;
    opt.susceptibilities = susceptibilities;
    reading_open(&r, order, inputs, descent, directions);
    fmpq_mpoly_init(want, r.ring->ring);
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    assert_int_equal(e->n, r.h->unknowns);
    for (slong i = 0; i < e->n; i++) {
        ew_formula_embed(want, &r.h->next[i], r.ring);
        assert_int_equal(reading_unknown(&r, e->equation[i].name), i);
        check_equation(&e->equation[i], want, &r);
    }
    ew_equations_free(e);
    fmpq_mpoly_clear(want, r.ring->ring);
    reading_close(&r);
    ew_context_free(ctx);
}

/* What is printed is what was derived: orders, inputs, directions, descendants. */
static void printed_equations_read_back(void **state)
{
    (void) state;
    check_family(4, 1, 0, 0, 1);
    check_family(2, 1, 1, 0, 0);
    check_family(2, 1, 1, 0, 1);
    check_family(1, 1, 3, 0, 1);
    check_family(2, 2, 0, 0, 0);
    check_family(1, 2, 1, 0, 0);
    check_family(1, 1, 1, 1, 1);
}

static void check_names(const char *quantity, slong order, slong inputs, const char *want)
{
    ew_context *ctx = ew_context_new();
    ew_equation_options opt = options(order, inputs, 0, 0);
    ew_equations *e;
    char got[1024] = "";
    opt.quantity = quantity;
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    for (slong i = 0; i < e->n; i++) {
        strcat(got, i ? " " : "");
        strcat(got, e->equation[i].name);
    }
    assert_string_equal(got, want);
    ew_equations_free(e);
    ew_context_free(ctx);
}

/* A letter stands for its cumulant from the leading coefficient on; and every name that is
 * printed is understood. */
static void quantities_by_name(void **state)
{
    (void) state;
    check_names("V", 1, 1, "V");
    check_names("V", 3, 1, "V V_2 V_3");
    check_names("V_2", 3, 1, "V_2");
    check_names("K", 2, 1, "K");
    check_names("G", 2, 1, "G1 G2");
    check_names("G2", 2, 1, "G2");
    check_names("Theta", 2, 1, "Theta");
    check_names("H2", 2, 1, "H2");
    check_names("B", 2, 1, "B B_2");
    check_names("kappa1", 1, 1, "K G1");
    check_names("kappa2", 2, 1, "V V_2");
    check_names("kappa3", 3, 1, "kappa3 kappa3_3");
    check_names("kappa4", 3, 1, "kappa4");
    check_names("k[a.a,a1.a1]", 2, 1, "D D_2");
    check_names("k[a2.a2,a.a]_2", 2, 1, "D_2");
    check_names("k[a.b,a.b]_1", 1, 1, "k[a.b,a.b]_1");
    check_names("k[b.a]", 1, 1, "K_ab G1_ab");
    check_names("K_ab", 1, 1, "K_ab");
    check_names("Theta_bb", 1, 1, "Theta_bb");
    check_names("G1_ab", 1, 1, "G1_ab");
    check_names("Theta", 1, 2, "Theta_aa Theta_ab Theta_bb");
    check_names("V", 1, 2,
                "k[a.a,a.a]_1 k[a.a,a.b]_1 k[a.a,b.b]_1 k[a.b,a.b]_1 k[a.b,b.b]_1 "
                "k[b.b,b.b]_1");
    check_names("k[au.au]_0", 1, 1, "k[au.au]_0");
}

static void check_refusal(const char *quantity, slong order, int descent, const char *message,
                          ew_status want)
{
    ew_context *ctx = ew_context_new();
    ew_equation_options opt = options(order, 1, descent, 0);
    ew_equations *e;
    opt.quantity = quantity;
    if (ew_cumulant_equations(&e, &opt, ctx) != want)
        fail_msg("%s: %s", quantity, ew_context_error(ctx));
    assert_null(e);
    if (!strstr(ew_context_error(ctx), message))
        fail_msg("%s", ew_context_error(ctx));
    ew_context_free(ctx);
}

static void refusals(void **state)
{
    (void) state;
    static const char *const unknown[] = {"X",    "",        "v",        "V_",      "V_x",
                                          "K_2",  "kappa",   "kappa0",   "G0",      "k[]",
                                          "k[a]", "k[a.a",   "k[a.a]_",  "k[a.a]x", "K_a",
                                          "K_aq", "k[a.a,]", "k[a0.a0]", "V_200",   "kappa99"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        check_refusal(unknown[i], 1, 0, "is none of K, G1, V, Theta, H1, D, F, A, B, P",
                      EW_USAGE);
    check_refusal("kappa3", 1, 0, "kappa3 begins at order 2", EW_USAGE);
    check_refusal("V_2", 1, 0, "V_2 begins at order 2", EW_USAGE);
    check_refusal("k[a.a1]", 1, 0, "vanishes", EW_USAGE);
    check_refusal("k[a9.a9]", 1, 0, "no such fields", EW_USAGE);
    check_refusal(NULL, 17, 0, "", EW_UNABLE);
}

static void text_is_stable(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_equation_options opt = options(1, 1, 0, 0);
    ew_equations *e;
    opt.quantity = "V";
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    assert_string_equal(e->equation[0].lhs, "V[l+1]");
    assert_string_equal(e->equation[0].rhs, "C_W^2*r*(<s^4> - <s^2>^2) + C_W^2*D<s^2>^2*V[l]");
    ew_equations_free(e);
    opt.susceptibilities = 1;
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    assert_string_equal(e->equation[0].rhs, "C_W^2*r*(<s^4> - <s^2>^2) + chi_par^2*V[l]");
    ew_equations_free(e);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_letters_are_the_theory),
        cmocka_unit_test(second_order_by_hand),
        cmocka_unit_test(printed_equations_read_back),
        cmocka_unit_test(quantities_by_name),
        cmocka_unit_test(refusals),
        cmocka_unit_test(text_is_stable),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}
