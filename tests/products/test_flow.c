/* The linear flow: one value by hand, and bounds that must cover coarse eigenvectors. */
#include "support/check.h"

#include <stdlib.h>

#include "products/flow.h"

static ew_context *ctx;

/* h = p p^T + 1/4 and k = q q^T from small integers, one output. */
static void fill(ew_flow *f, check_rng *r)
{
    slong all = f->all, rank = all + 1;
    arb_mat_t p, pt, h;
    arb_mat_init(p, all, rank);
    arb_mat_init(pt, rank, all);
    arb_mat_init(h, all, all);
    for (int kind = 0; kind < 2; kind++) {
        for (slong i = 0; i < all; i++)
            for (slong j = 0; j < rank; j++)
                arb_set_si(arb_mat_entry(p, i, j), check_range(r, -3, 3));
        arb_mat_transpose(pt, p);
        arb_mat_mul(h, p, pt, 60);
        for (slong i = 0; i < all; i++)
            for (slong j = 0; j < f->n; j++)
                arb_set(arb_mat_entry(kind ? f->k : f->h, i, j), arb_mat_entry(h, i, j));
        for (slong i = 0; i < all && kind; i++)
            arb_set(f->own + i, arb_mat_entry(h, i, i));
    }
    for (slong i = 0; i < f->n; i++) {
        arb_ptr x = arb_mat_entry(f->h, i, i);
        arb_set_d(f->ridge, 0.25);
        arb_add(x, x, f->ridge, 60);
        arb_set_si(arb_mat_entry(f->y, i, 0), check_range(r, -5, 5));
    }
    arb_zero(f->ridge);
    arb_mat_clear(p);
    arb_mat_clear(pt);
    arb_mat_clear(h);
}

/* With eigenvectors of 30 bits, everything else exact to 200: the error bound is all there is
 * to make the balls contain the truth. */
static void test_coarse(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "coarse");
    for (slong trial = 0; trial < check_trials(4); trial++) {
        ew_flow f;
        ew_flow_state fine, coarse;
        arb_t t;
        arb_init(t);
        arb_set_d(t, 0.5);
        ew_flow_init(&f, 5, 7, 1);
        fill(&f, &r);
        if (trial % 2)
            arb_set_d(f.ridge, 0.125);
        ew_flow_state_init(&fine, &f);
        ew_flow_state_init(&coarse, &f);
        for (int limit = 0; limit < 2; limit++) {
            check_ok(ctx, ew_flow_prepare(&f, 250, ctx));
            check_ok(ctx, ew_flow_at(&fine, &f, limit ? NULL : t, 250, ctx));
            check_ok(ctx, ew_flow_prepare(&f, 30, ctx));
            check_ok(ctx, ew_flow_at(&coarse, &f, limit ? NULL : t, 250, ctx));
            for (slong x = 0; x < f.all; x++) {
                arb_srcptr good = arb_mat_entry(fine.mean, x, 0);
                arb_srcptr bad = arb_mat_entry(coarse.mean, x, 0);
                assert_true(arb_contains(bad, good));
                assert_true(arb_contains(coarse.variance + x, fine.variance + x));
                assert_true(mag_cmp_2exp_si(arb_radref(good), -200) < 0);
                assert_true(mag_cmp_2exp_si(arb_radref(bad), -2) < 0);
            }
        }
        ew_flow_state_clear(&fine, &f);
        ew_flow_state_clear(&coarse, &f);
        ew_flow_clear(&f);
        arb_clear(t);
    }
}

/* One trained value, h = 2, k = 3, y = 5, ridge 1/2; another with h = 1, k = 1, own 4. */
static void test_by_hand(void **state)
{
    (void) state;
    ew_flow f;
    ew_flow_state s;
    arb_t t;
    arb_init(t);
    ew_flow_init(&f, 1, 2, 1);
    ew_flow_state_init(&s, &f);
    arb_set_si(arb_mat_entry(f.h, 0, 0), 2);
    arb_set_si(arb_mat_entry(f.h, 1, 0), 1);
    arb_set_si(arb_mat_entry(f.k, 0, 0), 3);
    arb_set_si(arb_mat_entry(f.k, 1, 0), 1);
    arb_set_si(f.own, 3);
    arb_set_si(f.own + 1, 4);
    arb_set_si(arb_mat_entry(f.y, 0, 0), 5);
    arb_set_d(f.ridge, 0.5);
    check_ok(ctx, ew_flow_prepare(&f, 100, ctx));
    arb_log_ui(t, 2, 120); /* e^(-2.5 t) = 2^-2.5: g = 0.4 (1 - 0.17677669529663687) */
    check_ok(ctx, ew_flow_at(&s, &f, t, 100, ctx));
    check_ball_value(arb_mat_entry(s.mean, 0, 0), "3.2928932188134524", 15);
    check_ball_value(arb_mat_entry(s.mean, 1, 0), "1.6464466094067262", 15);
    /* 4 - 2 b + 3 b^2, b = 0.32928932188134524 */
    check_ball_value(s.variance + 1, "3.666715728752538", 14);
    check_ok(ctx, ew_flow_at(&s, &f, NULL, 100, ctx));
    check_ball_value(arb_mat_entry(s.mean, 0, 0), "4.0", 20);
    check_ball_value(s.variance, "0.12", 20); /* 3 (1 - 4/5)^2 */
    /* no ridge, nothing to tell the matrix from 0 */
    arb_zero(f.ridge);
    arb_zero(arb_mat_entry(f.h, 0, 0));
    check_ok(ctx, ew_flow_prepare(&f, 100, ctx));
    check_status(ctx, ew_flow_at(&s, &f, NULL, 100, ctx), EW_UNABLE);
    check_ok(ctx, ew_flow_at(&s, &f, t, 100, ctx));
    check_ball_value(arb_mat_entry(s.mean, 1, 0), "3.4657359027997265", 15); /* 5 log 2 */
    ew_flow_state_clear(&s, &f);
    ew_flow_clear(&f);
    arb_clear(t);
}

/* One value, h = 2^-10, whose eigenvector is too long by 2^-40 or whose eigenvalue is too large
 * by that factor: the error is known, g(h) h of it, and nothing but its own term bounds it, by
 * h min(t, 1/h) of it or little more. */
static void wrong(int skew, double t_at, double least)
{
    const double h = 0x1p-10, delta = 0x1p-40;
    ew_flow f;
    ew_flow_state s;
    arb_t t, want;
    arb_init(t);
    arb_init(want);
    ew_flow_init(&f, 1, 1, 1);
    arb_set_d(arb_mat_entry(f.h, 0, 0), h);
    arb_one(arb_mat_entry(f.k, 0, 0));
    arb_one(f.own);
    arb_one(arb_mat_entry(f.y, 0, 0));
    ew_flow_state_init(&s, &f);
    check_ok(ctx, ew_flow_prepare(&f, 100, ctx));
    if (skew) {
        arb_set_d(arb_mat_entry(f.eigen.v, 0, 0), 1 + delta);
        mag_set_d(f.eigen.skew, 2.001 * delta);
    } else {
        arb_set_d(f.eigen.d, h * (1 + delta));
        mag_set_d(f.eigen.residual, h * delta);
        mag_set_d(f.eigen.error, h * delta);
    }
    arb_set_d(t, t_at);
    check_ok(ctx, ew_flow_at(&s, &f, t, 100, ctx));
    arb_mul_2exp_si(want, t, -10);
    arb_neg(want, want);
    arb_expm1(want, want, 100);
    arb_neg(want, want);
    arb_ptr got = arb_mat_entry(s.mean, 0, 0);
    assert_true(arb_contains(got, want));
    if (!(mag_get_d(arb_radref(got)) < least * delta))
        fail_msg("radius %g at t = %g, skew %d", mag_get_d(arb_radref(got)) / delta, t_at,
                 skew);
    ew_flow_state_clear(&s, &f);
    ew_flow_clear(&f);
    arb_clear(t);
    arb_clear(want);
}

static void test_terms(void **state)
{
    (void) state;
    wrong(1, 128, 0.3);
    wrong(1, 0x1p20, 2.1);
    wrong(0, 2048, 1.2);
    wrong(0, 0x1p20, 1.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_coarse),
        cmocka_unit_test(test_terms),
    };
    ctx = ew_context_new();
    int failed = ctx ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
