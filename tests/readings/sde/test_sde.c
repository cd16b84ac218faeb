/* Equations as data: evaluated in doubles and balls, and printed. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sde/build.h"

static ew_context *ctx;

/* dX = (b X (X-1)/a + b N(1,X,1) - t sqrt(X) / X) dt + sqrt(2) X dB, made by hand: b = 3, a
 * = 4. */
static ew_sde *by_hand(void)
{
    ew_sde *s = NULL;
    ew_expr *three = ew_expr_si(3, ctx), *four = ew_expr_si(4, ctx);
    check_ok(ctx, ew_sde_new(&s, EW_SDE_CORRELATION, EW_CLOCK_WIDTH, 1, ctx));
    check_ok(ctx, ew_sde_name(s, 0, "X", "X", ctx));
    check_ok(ctx,
             ew_sde_add_constant(s, "b", "\\beta", "b", (ew_scalar){.e = three}, 0, 0, ctx));
    check_ok(ctx, ew_sde_add_constant(s, "a", "a", "a", (ew_scalar){.e = four}, 0, 1, ctx));
    ew_expr_free(three);
    ew_expr_free(four);
    slong N, root, inverse, again;
    check_ok(ctx, ew_sde_add_atom(&N, s, EW_SDE_KINK, EW_SDE_ONE, 0, EW_SDE_ONE, ctx));
    check_ok(ctx, ew_sde_add_atom(&root, s, EW_SDE_SQRT, 0, EW_SDE_ONE, EW_SDE_ONE, ctx));
    check_ok(ctx, ew_sde_add_atom(&inverse, s, EW_SDE_INVERSE, 0, EW_SDE_ONE, EW_SDE_ONE, ctx));
    check_ok(ctx, ew_sde_add_atom(&again, s, EW_SDE_SQRT, 0, EW_SDE_ONE, EW_SDE_ONE, ctx));
    assert_int_equal(root, again);
    check_ok(ctx, ew_sde_open(s, ctx));
    const char *variables[] = {"X", "t", "b", "u", "N", "r", "i"};
    assert_int_equal(s->variables, 7);
    assert_int_equal(fmpq_mpoly_set_str_pretty(s->drift, "b*X^2*u - b*X*u + b*N - t*r*i",
                                               variables, s->ring),
                     0);
    assert_int_equal(fmpq_mpoly_set_str_pretty(s->diffusion, "2*X^2", variables, s->ring), 0);
    check_ok(ctx, ew_sde_finish(s, ctx));
    return s;
}

static void test_doubles_and_balls(void **state)
{
    (void) state;
    ew_sde *s = by_hand();
    enum { N = 100 };
    double x[N], b[N], v[N];
    for (int k = 0; k < N; k++)
        x[k] = k == 0 ? 1 : k == 1 ? 0.99999 : k == 2 ? 0.9999 : 0.0097 * k;
    ew_sde_drift(b, s, 0.5, x, N);
    ew_sde_diffusion(v, s, 0.5, x, N);
    arb_t X, t, y;
    arb_init(X);
    arb_init(t);
    arb_init(y);
    arb_set_d(t, 0.5);
    for (int k = 0; k < N; k++) {
        arb_set_d(X, x[k]);
        check_ok(ctx, ew_sde_drift_ball(y, s, t, X, 100, ctx));
        double theta = acos(x[k]), kink = (sin(theta) - x[k] * theta) / (2 * M_PI);
        double want = 0.75 * x[k] * (x[k] - 1) + 3 * kink - 0.5 / sqrt(x[k]);
        double ball = arf_get_d(arb_midref(y), ARF_RND_NEAR);
        assert_true(mag_cmp_2exp_si(arb_radref(y), -40) < 0);
        assert_true(fabs(ball - want) < 1e-14 * (1 + fabs(want)));
        assert_true(fabs(b[k] - ball) < 4e-16 * (1 + fabs(want)));
        assert_true(fabs(v[k] - 2 * x[k] * x[k]) < 1e-15);
    }
    arb_clear(X);
    arb_clear(t);
    arb_clear(y);
    ew_sde_free(s);
}

static void check_text(char *text, const char *expected)
{
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void test_text(void **state)
{
    (void) state;
    ew_sde *s = by_hand();
    check_text(ew_sde_drift_text(s, 0, (ew_sde_style){0, 0}, ctx),
               "b*X^2/a - b*X/a - t*sqrt(X)/X + b*N(1,X,1)");
    check_text(ew_sde_drift_text(s, 0, (ew_sde_style){0, 1}, ctx),
               "3*X^2/4 - 3*X/4 - t*sqrt(X)/X + 3*N(1,X,1)");
    check_text(
        ew_sde_drift_text(s, 0, (ew_sde_style){1, 0}, ctx),
        "\\frac{\\beta X^{2}}{a} - \\frac{\\beta X}{a} - \\frac{t \\sqrt{X}}{X} + \\beta "
        "N(1,X,1)");
    check_text(ew_sde_diffusion_text(s, 0, 0, (ew_sde_style){0, 0}, ctx), "2*X^2");
    assert_int_equal(s->uses_time, 1);
    assert_int_equal(s->wishart, 0);
    assert_non_null(ew_sde_find(s, "a"));
    assert_null(ew_sde_find(s, "c"));
    ew_sde_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_and_balls),
        cmocka_unit_test(test_text),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
