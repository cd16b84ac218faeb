/* Eigenvalues in balls: exact cases, degenerate ones, and the bounds at little precision. */
#include "support/check.h"

#include <stdlib.h>

#include "arith/symmetric.h"

static ew_context *ctx;

/* a_ij = i j + [i = j] d: eigenvalues d (n - 1 times) and d + sum i^2. */
static void rank_one(arb_mat_t a, slong d)
{
    for (slong i = 0; i < arb_mat_nrows(a); i++)
        for (slong j = 0; j < arb_mat_nrows(a); j++)
            arb_set_si(arb_mat_entry(a, i, j), (i + 1) * (j + 1) + (i == j) * d);
}

static void check_eigenvalue(const ew_symmetric *s, slong i, slong value)
{
    arb_t x;
    arb_init(x);
    arb_add_error_mag(x, s->error);
    arb_add(x, x, s->d + i, 200);
    assert_true(arb_contains_si(x, value));
    arb_clear(x);
}

static void test_degenerate(void **state)
{
    (void) state;
    slong n = 6;
    arb_mat_t a;
    arb_mat_init(a, n, n);
    rank_one(a, 3);
    for (slong prec = 40; prec <= 320; prec *= 2) {
        ew_symmetric s;
        ew_symmetric_init(&s, n);
        check_ok(ctx, ew_symmetric_solve(&s, a, prec, ctx));
        for (slong i = 0; i + 1 < n; i++)
            check_eigenvalue(&s, i, 3);
        check_eigenvalue(&s, n - 1, 3 + 91);
        assert_true(mag_cmp_2exp_si(s.error, 18 - prec) < 0);
        assert_true(mag_cmp_2exp_si(s.skew, 12 - prec) < 0);
        ew_symmetric_clear(&s);
    }
    arb_mat_clear(a);
}

/* A matrix of balls: the bounds hold for what is in them. */
static void test_balls(void **state)
{
    (void) state;
    slong n = 4;
    arb_mat_t a;
    ew_symmetric s;
    arb_mat_init(a, n, n);
    rank_one(a, 2);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < n; j++) {
            arb_ptr x = arb_mat_entry(a, i, j);
            arb_add_si(x, x, (i + j) % 2 ? 1 : -1, 30);
            arb_add_error_2exp_si(x, 0);
        }
    ew_symmetric_init(&s, n);
    check_ok(ctx, ew_symmetric_solve(&s, a, 100, ctx));
    for (slong i = 0; i + 1 < n; i++)
        check_eigenvalue(&s, i, 2);
    check_eigenvalue(&s, n - 1, 2 + 30);
    assert_true(mag_cmp_2exp_si(s.error, 3) < 0);
    ew_symmetric_clear(&s);
    arb_mat_clear(a);
}

static void test_trivial(void **state)
{
    (void) state;
    arb_mat_t a;
    ew_symmetric s;
    arb_mat_init(a, 2, 2);
    ew_symmetric_init(&s, 2);
    check_ok(ctx, ew_symmetric_solve(&s, a, 64, ctx));
    check_eigenvalue(&s, 0, 0);
    check_eigenvalue(&s, 1, 0);
    arb_set_si(arb_mat_entry(a, 0, 0), 5);
    arb_set_si(arb_mat_entry(a, 1, 1), -7);
    check_ok(ctx, ew_symmetric_solve(&s, a, 64, ctx));
    check_eigenvalue(&s, 0, -7);
    check_eigenvalue(&s, 1, 5);
    assert_true(mag_cmp_2exp_si(s.error, -50) < 0);
    ew_symmetric_clear(&s);
    arb_mat_clear(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_balls),
        cmocka_unit_test(test_trivial),
    };
    ctx = ew_context_new();
    int failed = ctx ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
