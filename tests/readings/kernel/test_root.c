#include "support/check.h"

#include "readings/kernel/root.h"

/* (K - 2)(K - 5) K^-2, whose zeros are known. */
static ew_status two_zeros(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                           ew_context *ctx)
{
    (void) data;
    (void) ctx;
    arb_t u;
    arb_init(u);
    arb_inv(u, K, prec); /* g = 1 - 7u + 10u^2, g' = (7 - 20u) u^2 */
    arb_mul_si(g, u, 10, prec);
    arb_sub_si(g, g, 7, prec);
    arb_mul(g, g, u, prec);
    arb_add_si(g, g, 1, prec);
    arb_mul_si(dg, u, -20, prec);
    arb_add_si(dg, dg, 7, prec);
    arb_mul(dg, dg, u, prec);
    arb_mul(dg, dg, u, prec);
    arb_clear(u);
    return EW_OK;
}

/* (K - 3)^2: a double zero is never certified. */
static ew_status double_zero(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                             ew_context *ctx)
{
    (void) data;
    (void) ctx;
    arb_sub_si(dg, K, 3, prec);
    arb_sqr(g, dg, prec);
    arb_mul_2exp_si(dg, dg, 1);
    return EW_OK;
}

static ew_status no_zero(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                         ew_context *ctx)
{
    (void) data;
    (void) ctx;
    arb_exp(g, K, prec);
    arb_set(dg, g);
    return EW_OK;
}

/* K - 5, lost in noise below K = 4: as an exponentially small gap is at small K. */
static ew_status drowned(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                         ew_context *ctx)
{
    slong *calls = data;
    (void) ctx;
    ++*calls;
    arb_sub_si(g, K, 5, prec);
    arb_one(dg);
    if (arf_cmp_si(arb_midref(K), 4) < 0) {
        arb_zero_pm_inf(g);
        arb_zero_pm_inf(dg);
    }
    return EW_OK;
}

static void spends_little_where_nothing_is_decided(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_root_list roots;
    slong calls = 0;
    check_ok(ctx, ew_root_isolate(&roots, drowned, &calls, -12, 14, ctx));
    assert_int_equal(roots.n, 1);
    assert_true(arb_contains_si(roots.interval, 5));
    assert_false(roots.resolved);
    assert_true(calls < 20000);
    ew_root_list_clear(&roots);
    ew_context_free(ctx);
}

static void isolates_and_refines(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_root_list roots;
    check_ok(ctx, ew_root_isolate(&roots, two_zeros, NULL, -10, 10, ctx));
    assert_int_equal(roots.n, 2);
    assert_true(roots.resolved);
    for (int i = 0; i < 2; i++) {
        check_ok(ctx, ew_root_refine(roots.interval + i, two_zeros, NULL, 1000, ctx));
        assert_true(arb_contains_si(roots.interval + i, i ? 5 : 2));
        assert_true(arb_rel_accuracy_bits(roots.interval + i) >= 1000);
    }
    ew_root_list_clear(&roots);
    check_ok(ctx, ew_root_isolate(&roots, two_zeros, NULL, -10, 2, ctx));
    assert_int_equal(roots.n, 1);
    ew_root_list_clear(&roots);
    ew_context_free(ctx);
}

static void does_not_guess_at_a_double_zero(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_root_list roots;
    check_ok(ctx, ew_root_isolate(&roots, double_zero, NULL, -3, 3, ctx));
    assert_int_equal(roots.n, 0);
    assert_false(roots.resolved);
    ew_root_list_clear(&roots);
    check_ok(ctx, ew_root_isolate(&roots, no_zero, NULL, -3, 3, ctx));
    assert_int_equal(roots.n, 0);
    assert_true(roots.resolved);
    ew_root_list_clear(&roots);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isolates_and_refines),
        cmocka_unit_test(does_not_guess_at_a_double_zero),
        cmocka_unit_test(spends_little_where_nothing_is_decided),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
