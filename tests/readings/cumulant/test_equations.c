/* The derived recursion at first order against the formulas of theory.md section 5. */
#include "chain/formula.h"
#include "readings/cumulant/cumulant.h"
#include "readings/cumulant/hierarchy.h"
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

static void check_next(const ew_hierarchy *h, const char *name, const char *formula)
{
    slong found = -1;
    for (slong i = 0; i < h->unknowns; i++)
        if (strcmp(h->unknown[i].name, name) == 0)
            found = i;
    if (found < 0)
        fail_msg("no unknown %s", name);
    formula_check(&h->next[found], formula, names, values, h->law);
}

static void first_order(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_hierarchy *h;
    check_ok(ctx, ew_hierarchy_family(&h, &(ew_family){1, 1, 1, 0}, ctx));
    assert_int_equal(h->unknowns, 9);
    check_next(h, "K", "C_b + C_W*<s^2>");
    check_next(h, "Theta", "lambda_b + u");
    check_next(h, "V", "r*C_W^2*(<s^4> - <s^2>^2) + chi_par^2*V");
    check_next(h, "D",
               "r*C_W*(lambda_W*<s^4> + C_W*<s^2 s1^2>*Theta - <s^2>*u)"
               "+ chi_par*chi_perp*D + chi_par*h*V");
    check_next(h, "F", "r*C_W^2*<s^2 s1^2>*Theta + chi_par^2*F");
    check_next(h, "A", "r*(u2 - u^2) + chi_perp^2*A + 2*chi_perp*h*D + h^2*V");
    check_next(h, "B", "r*C_W^2*<s1^4>*Theta^2 + chi_perp^2*B");
    check_next(h, "G1", "chi_par*G1 + half_d2s*V");
    /* (C_W/K) <s'^2 (z^2/K - 1)> = 2 C_W D<s'^2> */
    check_next(h, "H1", "chi_perp*H1 + h*G1 + half_d2u*V + C_W*D<s1^2>*D + 2*C_W*D<s1^2>*F");
    ew_hierarchy_free(h);
    ew_context_free(ctx);
}

/* Second and third mixed derivatives: dNTK and ddNTK. */
static void differentials_of_the_ntk(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_hierarchy *h;
    check_ok(ctx, ew_hierarchy_family(&h, &(ew_family){1, 1, 3, 0}, ctx));
    check_next(h, "P",
               "r*C_W^2*<s s1^2 s2>*Theta^2 + chi_par*chi_perp*P + C_W*<s s2>*chi_perp*B");
    check_next(h, "Q",
               "r*(C_W^2*<s s1^2 s2>*Theta^2 + C_W*lambda_W*<s^2 s1^2>*Theta)"
               "+ chi_par*chi_perp*Q + h*chi_par*F");
    check_next(h, "R",
               "r*(C_W^2*<s1^3 s3>*Theta^3 + C_W*lambda_W*<s s1^2 s2>*Theta^2)"
               "+ chi_perp^2*R + chi_perp*h*P"
               "+ chi_perp*(C_W*Theta*<s1 s3> + lambda_W*<s s2>)*B");
    check_next(h, "S",
               "r*(C_W^2*<s1^2 s2^2>*Theta^3 + C_W*lambda_W*<s1^4>*Theta^2)"
               "+ chi_perp^2*S + chi_perp*(C_W*Theta*<s2^2> + lambda_W*<s1^2>)*B");
    check_next(h, "T",
               "r*Theta*(lambda_W^2*<s^2 s1^2> + 2*lambda_W*C_W*Theta*<s s1^2 s2>"
               "+ C_W^2*Theta^2*<s1^2 s2^2>) + chi_perp^2*T + 2*h*chi_perp*Q + h^2*F");
    check_next(h, "U", "r*C_W^2*<s1^2 s2^2>*Theta^3 + chi_perp^2*U");
    ew_hierarchy_free(h);
    ew_context_free(ctx);
}

static slong count(const char *text, const char *what)
{
    slong n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + strlen(what), what))
        n++;
    return n;
}

static void check_latex(const char *latex)
{
    slong depth = 0;
    for (const char *c = latex; *c; c++) {
        depth += (*c == '{') - (*c == '}');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
    assert_int_equal(count(latex, "\\left"), count(latex, "\\right"));
    assert_int_equal(count(latex, "^{") + count(latex, "_{") > 0, 1);
    assert_int_equal(count(latex, "lambda") - count(latex, "\\lambda"), 0);
    assert_null(strpbrk(latex, "#%&$*<>"));
}

/* "V[l]" -> "V". */
static char *without_layers(const char *text)
{
    char *out = calloc(strlen(text) + 1, 1);
    for (char *o = out; *text; text++) {
        if (strncmp(text, "[l]", 3) == 0)
            text += 2;
        else
            *o++ = *text;
    }
    return out;
}

/* What is printed is what was derived. */
static void printed_equations_read_back(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_equations *e;
    ew_hierarchy *h;
    check_ok(ctx, ew_hierarchy_family(&h, &(ew_family){2, 1, 1, 0}, ctx));
    check_ok(ctx, ew_cumulant_equations(&e, 2, 1, NULL, ctx));
    assert_int_equal(e->n, h->unknowns);
    for (slong i = 0; i < e->n; i++) {
        char *rhs = without_layers(e->rhs[i]);
        assert_string_equal(e->name[i], h->unknown[i].name);
        formula_check(&h->next[i], rhs, NULL, NULL, h->law);
        check_latex(e->latex[i]);
        free(rhs);
    }
    ew_equations_free(e);
    ew_hierarchy_free(h);
    check_ok(ctx, ew_cumulant_equations(&e, 1, 1, "V", ctx));
    assert_int_equal(e->n, 1);
    assert_string_equal(e->lhs[0], "V[l+1]");
    assert_string_equal(e->rhs[0], "C_W^2*r*(<s^4> - <s^2>^2) + C_W^2*V[l]*D<s^2>^2");
    ew_equations_free(e);
    check_status(ctx, ew_cumulant_equations(&e, 1, 0, "B", ctx), EW_USAGE);
    assert_string_equal(ew_context_error(ctx), "quantity: 'B' is none of K, G1, V");
    assert_null(e);
    check_status(ctx, ew_cumulant_equations(&e, 7, 0, NULL, ctx), EW_UNABLE);
    check_status(ctx, ew_cumulant_equations(&e, 5, 1, NULL, ctx), EW_UNABLE);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_order),
        cmocka_unit_test(differentials_of_the_ntk),
        cmocka_unit_test(printed_equations_read_back),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}
