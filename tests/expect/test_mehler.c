/* The tail bound of the Mehler series, against tails known exactly. */
#include "support/check.h"

#include <math.h>
#include <string.h>

#include "expect/two.h"

static double tail(double rho, slong N, slong p, slong q, double rest_a, double rest_b)
{
    mag_t r, a, b, t;
    mag_init(r);
    mag_init(a);
    mag_init(b);
    mag_init(t);
    mag_set_d(r, rho);
    mag_set_d(a, rest_a);
    mag_set_d(b, rest_b);
    ew_mehler_tail(t, r, N, p, q, a, b);
    double x = mag_get_d(t);
    mag_clear(r);
    mag_clear(a);
    mag_clear(b);
    mag_clear(t);
    return x;
}

/* All of F and G in one coefficient beyond N, the worst case: the bound is attained at k = N +
 * 1 (but for rounding), so nothing smaller would do, and it holds for every later k. */
static void the_bound_is_attained(void **state)
{
    (void) state;
    for (slong N = 0; N < 60; N += 7)
        for (int i = 1; i < 10; i++)
            for (slong p = 0; p <= 3; p++)
                for (slong q = p % 2; q <= 4; q += 2) {
                    double rho = i / 10.0, bound = tail(rho, N, p, q, 2, 3);
                    double last = 0;
                    for (slong k = N + 1; k < N + 400; k++) {
                        double w = 0.5 * (lgamma((double) (k + p + 1)) +
                                          lgamma((double) (k + q + 1))) -
                                   lgamma((double) (k + 1));
                        double term = 6 * exp((double) k * log(rho) + w);
                        if (term > bound * (1 + 1e-9))
                            fail_msg("rho %g, N %ld, p %ld, q %ld: term %ld exceeds the bound",
                                     rho, (long) N, (long) p, (long) q, (long) k);
                        last = fmax(last, term);
                    }
                    if (isfinite(bound) && last < bound * (1 - 1e-6))
                        fail_msg("rho %g, N %ld: a bound that is not attained", rho, (long) N);
                }
}

static void growing_weights_are_refused(void **state)
{
    (void) state;
    assert_true(isinf(tail(1, 100, 1, 1, 1, 1)));
    assert_true(isinf(tail(0.99, 10, 2, 2, 1, 1)));
    assert_true(isfinite(tail(1, 100, 0, 0, 1, 1)));
    assert_true(tail(1, 100, 0, 0, 0.5, 0.5) >= 0.25);
}

/* A series cut short: F = G = tanh at rho = 0.9 and few terms.  The value must be inside
 * although the remainder is not small: a bound without the factor of the rests, or with the
 * wrong power of rho, would exclude it. */
static void truncation_is_covered(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_evaluator *E;
    ew_atom2 atom;
    arb_t x, y, k, rho;
    arb_init(x);
    arb_init(y);
    arb_init(k);
    arb_init(rho);
    memset(&atom, 0, sizeof atom);
    atom.f.e[0] = atom.g.e[0] = 1;
    check_ok(ctx, ew_activation_new(&s, "tanh", ctx));
    check_ok(ctx, ew_evaluator_new(&E, s, EW_AUTO, ctx));
    arb_one(k);
    arb_set_d(rho, -0.9);
    check_ok(ctx, ew_expect_two(x, NULL, E, &atom, 1, k, rho, k, 12, ctx));
    /* mpmath, two-dimensional trapezoid; -0.9 rounded to binary */
    check_ball_value(x, "-0.349203350581925", 3);
    check_ok(ctx, ew_expect_two(y, NULL, E, &atom, 1, k, rho, k, 90, ctx));
    check_ball_value(y, "-0.349203350581925", 14);
    assert_true(arb_contains(x, y));
    ew_evaluator_free(E);
    ew_activation_free(s);
    arb_clear(x);
    arb_clear(y);
    arb_clear(k);
    arb_clear(rho);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_is_attained),
        cmocka_unit_test(growing_weights_are_refused),
        cmocka_unit_test(truncation_is_covered),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
