/* Recursions for one activation: exact forms against closed solutions and an evaluator of the
 * tests' own, numbers against published ones, steps against the page doc/derivation.md. */
#include "exact.h"
#include "reading.h"
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

/* What `edgeworth derive` was asked; scalars from text, NULL for symbols. */
typedef struct {
    ew_equation_options opt;
    ew_activation *s;
    ew_scalar scalar[8];
    slong scalars;
} request;

static const ew_scalar *scalar(request *q, const char *text, ew_context *ctx)
{
    ew_scalar *x = &q->scalar[q->scalars++];
    *x = (ew_scalar){NULL, NULL, NULL};
    check_ok(ctx, ew_expr_parse(&x->e, text, NULL, "number", ctx));
    return x;
}

static void open_request(request *q, const char *activation, slong order, slong inputs,
                         int descent, ew_context *ctx)
{
    memset(q, 0, sizeof *q);
    check_ok(ctx, ew_activation_new(&q->s, activation, ctx));
    q->opt.family = (ew_family){.order = order, .inputs = inputs, .descent = descent};
    q->opt.activation = q->s;
    q->opt.digits = 15;
}

static void close_request(request *q)
{
    for (slong i = 0; i < q->scalars; i++)
        ew_expr_free(q->scalar[i].e);
    ew_activation_free(q->s);
}

/* The value of a printed right-hand side at x, the law's variables. */
static void value_of(fmpq_t y, const char *rhs, const fmpq *x, const reading *r)
{
    slong n = r->ring->symbols.variables;
    fmpq_mpoly_t f;
    fmpq zero, **at = malloc((size_t) n * sizeof *at);
    fmpq_init(&zero);
    fmpq_mpoly_init(f, r->ring->ring);
    reading_text(f, rhs, r);
    for (slong v = 0; v < n; v++)
        at[v] = v < r->ring->views ? (fmpq *) x + v : &zero;
    assert_true(fmpq_mpoly_evaluate_all_fmpq(y, f, at, r->ring->ring));
    fmpq_mpoly_clear(f, r->ring->ring);
    free(at);
}

static void set(fmpq *x, const reading *r, const char *symbol, slong num, slong den)
{
    fmpq_set_si(x + r->h->law->extra + reading_unknown(r, symbol), num, (ulong) den);
}

/* peers.md: ReLU, C_W = 2, C_b = 0, lambda_W = 1, lambda_b = 0, K = 2 q; here q = 1. */
static void relu_solution(fmpq *x, const reading *r, slong l)
{
    set(x, r, "K", 2, 1);
    set(x, r, "Theta", l, 1);
    set(x, r, "V", 20 * (l - 1), 1);
    set(x, r, "F", 2 * l * (l - 1), 1);
    set(x, r, "D", 6 * l * (l - 1), 1);
    set(x, r, "A", l * (l - 1) * (7 * l - 2), 3);
    set(x, r, "B", l * (l - 1) * (2 * l - 1), 3);
    set(x, r, "G1", 0, 1);
    set(x, r, "H1", 0, 1);
}

static void relu_equations_have_their_solution(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    request q;
    reading r;
    ew_equations *e;
    fmpq_t y;
    fmpq_init(y);
    open_request(&q, "relu", 1, 1, 1, ctx);
    q.opt.cw = scalar(&q, "2", ctx);
    q.opt.cb = scalar(&q, "0", ctx);
    q.opt.lambda_w = scalar(&q, "1", ctx);
    q.opt.lambda_b = scalar(&q, "0", ctx);
    check_ok(ctx, ew_cumulant_equations(&e, &q.opt, ctx));
    reading_open(&r, 1, 1, 1, 0);
    fmpq *x = _fmpq_vec_init(r.h->law->variables), *next = _fmpq_vec_init(r.h->law->variables);
    fmpq_one(x + EW_RATIO);
    for (slong l = 1; l < 6; l++) {
        relu_solution(x, &r, l);
        relu_solution(next, &r, l + 1);
        for (slong i = 0; i < e->n; i++) {
            value_of(y, e->equation[i].rhs, x, &r);
            if (!fmpq_equal(y, next + r.h->law->extra + i))
                fail_msg("layer %ld: %s = %s", (long) l, e->equation[i].lhs,
                         e->equation[i].rhs);
        }
    }
    _fmpq_vec_clear(x, r.h->law->variables);
    _fmpq_vec_clear(next, r.h->law->variables);
    fmpq_clear(y);
    ew_equations_free(e);
    reading_close(&r);
    close_request(&q);
    ew_context_free(ctx);
}

/* The specialised equations, evaluated, against the general ones with atoms of the tests' own.
 */
static void check_chain(const char *activation, const exact_activation *s, slong order)
{
    ew_context *ctx = ew_context_new();
    request q;
    reading r;
    ew_equations *e;
    exact_chain c;
    fmpq_t y;
    fmpq_init(y);
    open_request(&q, activation, order, 1, 1, ctx);
    check_ok(ctx, ew_cumulant_equations(&e, &q.opt, ctx));
    reading_open(&r, order, 1, 1, 0);
    exact_open(&c, order, 1, "3/2", "1/5", "2/3", "1/7", "3/4", "5/4");
    slong n = c.h->law->variables;
    assert_int_equal(n, r.h->law->variables);
    fmpq *x = _fmpq_vec_init(n);
    for (slong l = 0; l < 3; l++) {
        for (slong v = 0; v < n; v++)
            fmpq_set(x + v, c.x + v);
        exact_step(&c, s);
        for (slong i = 0; i < e->n; i++) {
            if (strchr(e->equation[i].rhs, '<'))
                fail_msg("%s has an atom left: %s", e->equation[i].lhs, e->equation[i].rhs);
            value_of(y, e->equation[i].rhs, x, &r);
            if (!fmpq_equal(y, c.x + c.h->law->extra + i))
                fail_msg("%s is wrong: %s", e->equation[i].lhs, e->equation[i].rhs);
        }
    }
    _fmpq_vec_clear(x, n);
    fmpq_clear(y);
    exact_close(&c);
    ew_equations_free(e);
    reading_close(&r);
    close_request(&q);
    ew_context_free(ctx);
}

static void exact_equations_at_second_order(void **state)
{
    (void) state;
    exact_activation s = {.relu = 0};
    fmpq_poly_init(s.s);
    fmpq_poly_set_str(s.s, "3  0 0 1");
    check_chain("z^2", &s, 2);
    fmpq_poly_set_str(s.s, "4  0 1 0 1/6");
    check_chain("z+z^3/6", &s, 1);
    fmpq_poly_clear(s.s);
}

/* ---- printed text -------------------------------------------------------------------------
 */

static void check_rhs(const char *activation, const char *quantity, slong order, slong inputs,
                      const char *name, const char *want)
{
    ew_context *ctx = ew_context_new();
    request q;
    reading r;
    ew_equations *e;
    slong at = -1;
    open_request(&q, activation, order, inputs, 0, ctx);
    q.opt.quantity = quantity;
    check_ok(ctx, ew_cumulant_equations(&e, &q.opt, ctx));
    reading_open(&r, order, inputs,
                 strchr("ABDF", *quantity) ? 1
                 : *quantity == 'P'        ? 2
                                           : 0,
                 0);
    fmpq_mpoly_t f, g;
    fmpq_mpoly_init(f, r.ring->ring);
    fmpq_mpoly_init(g, r.ring->ring);
    for (slong i = 0; i < e->n; i++)
        if (strcmp(e->equation[i].name, name) == 0)
            at = i;
    assert_true(at >= 0);
    reading_text(f, e->equation[at].rhs, &r);
    reading_text(g, want, &r);
    if (!fmpq_mpoly_equal(f, g, r.ring->ring))
        fail_msg("%s: %s = %s, expected %s", activation, name, e->equation[at].rhs, want);
    reading_latex(g, e->equation[at].latex, &r);
    assert_true(fmpq_mpoly_equal(f, g, r.ring->ring));
    fmpq_mpoly_clear(f, r.ring->ring);
    fmpq_mpoly_clear(g, r.ring->ring);
    ew_equations_free(e);
    reading_close(&r);
    close_request(&q);
    ew_context_free(ctx);
}

/* Moments by hand: E z^4 = 3 K^2, E z^8 = 105 K^4, E (max(z,0))^(2k) = (2k-1)!! K^k / 2, and
 * Isserlis for two inputs. */
static void exact_forms(void **state)
{
    (void) state;
    check_rhs("z^2", "V", 1, 1, "V", "96*C_W^2*r*K[l]^4 + 36*C_W^2*K[l]^2*V[l]");
    check_rhs("relu", "V", 1, 1, "V", "5/4*C_W^2*r*K[l]^2 + 1/4*C_W^2*V[l]");
    check_rhs("relu", "kappa3", 2, 1, "kappa3",
              "11/2*C_W^3*r^2*K[l]^3 + 15/4*C_W^3*r*K[l]*V[l] + 1/8*C_W^3*kappa3[l]");
    check_rhs("leaky_relu(1/2)", "V", 1, 1, "V",
              "C_W^2*r*(51/32 - 25/64)*K[l]^2 + 25/64*C_W^2*V[l]");
    check_rhs("abs", "V", 1, 1, "V", "2*C_W^2*r*K[l]^2 + C_W^2*V[l]");
    check_rhs("relu(z)^2", "V", 1, 1, "V",
              "C_W^2*r*(105/2 - 9/4)*K[l]^4 + 9*C_W^2*K[l]^2*V[l]");
    check_rhs("step", "V", 1, 1, "V", "1/4*C_W^2*r");
    check_rhs("sign", "V", 1, 1, "V", "0");
    check_rhs("z", "V", 2, 1, "V_2", "C_W^2*V_2[l] + 4*C_W^2*r*K[l]*G1[l] + 2*C_W^2*r*V[l]");
    /* s s'' = 0 and s'^2 s s'' = 0 at the kink of ReLU */
    check_rhs("relu", "P", 1, 1, "P", "1/4*C_W^2*P[l]");
    check_rhs("z^2", "K", 1, 2, "K_ab", "C_W*K_aa[l]*K_bb[l] + 2*C_W*K_ab[l]^2 + C_b");
    check_rhs("z^2", "V", 1, 2, "k[a.b,a.b]_1",
              "C_W^2*r*(8*K_aa[l]^2*K_bb[l]^2 + 68*K_aa[l]*K_bb[l]*K_ab[l]^2 + 20*K_ab[l]^4)"
              "+ C_W^2*(16*K_ab[l]^2*k[a.b,a.b]_1[l] + K_bb[l]^2*k[a.a,a.a]_1[l]"
              "+ K_aa[l]^2*k[b.b,b.b]_1[l] + 8*K_ab[l]*K_bb[l]*k[a.a,a.b]_1[l]"
              "+ 8*K_ab[l]*K_aa[l]*k[a.b,b.b]_1[l] + 2*K_aa[l]*K_bb[l]*k[a.a,b.b]_1[l])");
    /* of tanh nothing is known */
    check_rhs("tanh", "V", 1, 1, "V", "C_W^2*r*(<s^4> - <s^2>^2) + C_W^2*D<s^2>^2*V[l]");
}

static void infinite_coefficients_are_refused(void **state)
{
    (void) state;
    static const char *const asked[][2] = {
        {"relu", "T"}, {"relu", "R"}, {"leaky_relu(1/2)", "U"}, {"sign", "Theta"}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        ew_context *ctx = ew_context_new();
        request q;
        ew_equations *e;
        open_request(&q, asked[i][0], 1, 1, 0, ctx);
        q.opt.quantity = asked[i][1];
        check_status(ctx, ew_cumulant_equations(&e, &q.opt, ctx), EW_UNABLE);
        assert_non_null(strstr(ew_context_error(ctx), "infinite"));
        close_request(&q);
        ew_context_free(ctx);
    }
}

/* ---- numbers ------------------------------------------------------------------------------
 */

static const ew_certified *coefficient(const ew_equations *e, const char *name, const char *of)
{
    for (slong i = 0; i < e->n; i++)
        for (slong t = 0; strcmp(e->equation[i].name, name) == 0 && t < e->equation[i].terms;
             t++)
            if (strcmp(e->equation[i].of[t], of) == 0)
                return &e->equation[i].c[t];
    fail_msg("no coefficient of %s in %s", of, name);
    return NULL;
}

static void check_number(const ew_equations *e, const char *name, const char *of,
                         const char *want)
{
    const ew_certified *c = coefficient(e, name, of);
    size_t n = strlen(want);
    if (strncmp(c->mid, want, n) != 0)
        fail_msg("%s, coefficient of %s: %s, expected %s", name, of, c->mid, want);
}

/* The first step from the deterministic layer K = 1: its sources are the second layer of
 * peers.md (truncated here); the others by mpmath. */
static void numbers_at_one_variance(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (slong digits = 15; digits <= 40; digits += 25) {
        request q;
        ew_equations *e;
        open_request(&q, "tanh", 1, 1, 1, ctx);
        q.opt.digits = digits;
        q.opt.cw = scalar(&q, "1", ctx);
        q.opt.cb = scalar(&q, "0", ctx);
        q.opt.gram = scalar(&q, "1", ctx);
        q.opt.gram_inputs = 1;
        check_ok(ctx, ew_cumulant_equations(&e, &q.opt, ctx));
        check_number(e, "K", "1", "0.3942944903978");
        check_number(e, "V", "r", "0.0975237380858");
        check_number(e, "F", "r*Theta[l]", "0.0750509530010");
        check_number(e, "D", "r*Theta[l]", "-0.108060552759");
        check_number(e, "V", "V[l]", "0.0330503994132");
        check_number(e, "H1", "F[l]", "-0.35659254977");
        assert_string_equal(coefficient(e, "Theta", "lambda_b")->exact, "1");
        assert_int_equal(strlen(coefficient(e, "V", "r")->mid), digits + 3);
        ew_equations_free(e);
        close_request(&q);
    }
    ew_context_free(ctx);
}

/* An irrational parameter and an exact activation; covariances that are none. */
static void numbers_beside_exact_forms(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    request q;
    ew_equations *e;
    open_request(&q, "relu", 1, 1, 1, ctx);
    q.opt.cw = scalar(&q, "sqrt(2)", ctx);
    q.opt.gram = scalar(&q, "3", ctx);
    q.opt.gram_inputs = 1;
    check_ok(ctx, ew_cumulant_equations(&e, &q.opt, ctx));
    check_number(e, "K", "1", "2.12132034355964");
    check_number(e, "V", "r", "22.5000000000000");
    assert_string_equal(coefficient(e, "Theta", "lambda_W")->exact, "3/2");
    ew_equations_free(e);
    q.opt.quantity = "K_ab";
    check_status(ctx, ew_cumulant_equations(&e, &q.opt, ctx), EW_USAGE);
    q.opt.quantity = NULL;
    q.opt.gram = scalar(&q, "-1", ctx);
    check_status(ctx, ew_cumulant_equations(&e, &q.opt, ctx), EW_DOMAIN);
    close_request(&q);
    ew_context_free(ctx);
}

/* ---- steps --------------------------------------------------------------------------------
 */

static const char *step_named(const ew_equations *e, const char *lhs)
{
    for (slong i = 0; i < e->steps; i++)
        if (strcmp(e->step[i].lhs, lhs) == 0)
            return e->step[i].rhs;
    fail_msg("no step %s", lhs);
    return NULL;
}

static void check_step(const ew_equations *e, const char *lhs, const char *want,
                       const reading *r)
{
    fmpq_mpoly_t f, g;
    fmpq_mpoly_init(f, r->ring->ring);
    fmpq_mpoly_init(g, r->ring->ring);
    reading_text(f, step_named(e, lhs), r);
    reading_text(g, want, r);
    if (!fmpq_mpoly_equal(f, g, r->ring->ring))
        fail_msg("%s = %s, expected %s", lhs, step_named(e, lhs), want);
    fmpq_mpoly_clear(f, r->ring->ring);
    fmpq_mpoly_clear(g, r->ring->ring);
}

/* Stein's identity by hand. */
static void steps_of_the_derivation(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_equation_options opt = {.family = {1, 1, 1, 0}, .quantity = "H1", .steps = 1};
    ew_equations *e;
    reading r;
    reading_open(&r, 1, 1, 1, 0);
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    assert_string_equal(step_named(e, "f[a1.a1]"), "C_W*s1^2*z_1^2 + lambda_W*s^2");
    check_step(e, "k[f[a1.a1]](G)",
               "lambda_b + lambda_W*<s^2> + C_W*<s1^2>*G[a1.a1] + 2*C_W*D<s1^2>*G[a.a1]^2", &r);
    check_step(e, "d k[f[a1.a1]]/dG[a.a]", "lambda_W*D<s^2> + C_W*D<s1^2>*Theta[l]", &r);
    check_step(e, "d k[f[a1.a1]]/dG[a1.a1]", "C_W*<s1^2>", &r);
    check_step(e, "d^2 k[f[a1.a1]]/dG[a.a1]dG[a.a1]", "4*C_W*D<s1^2>", &r);
    ew_equations_free(e);
    opt.quantity = "B";
    check_ok(ctx, ew_cumulant_equations(&e, &opt, ctx));
    assert_string_equal(step_named(e, "f[a1.a2]"), "C_W*s1^2*z_1*z_2");
    check_step(e, "k[f[a1.a2]](G)", "C_W*(<s1^2>*G[a1.a2] + 2*D<s1^2>*G[a.a1]*G[a.a2])", &r);
    assert_int_equal(e->steps, 4);
    ew_equations_free(e);
    reading_close(&r);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_equations_have_their_solution),
        cmocka_unit_test(exact_equations_at_second_order),
        cmocka_unit_test(exact_forms),
        cmocka_unit_test(infinite_coefficients_are_refused),
        cmocka_unit_test(numbers_at_one_variance),
        cmocka_unit_test(numbers_beside_exact_forms),
        cmocka_unit_test(steps_of_the_derivation),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}
