/* The flow in doubles against balls: the bounds hold, and are of use. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "arith/lapack.h"
#include "products/flow.h"
#include "products/flow_data.h"

#define N 40
#define ALL 60
#define OUTPUTS 2

static ew_context *ctx;

/* Points on an arc: h = exp(-(x - y)^2/2), k = h/2 + a constant, which h does not dominate with
 * share 1. */
static void fill(ew_flow_data *d, check_rng *r, double ridge)
{
    double at[ALL];
    for (size_t i = 0; i < ALL; i++)
        at[i] = i < N ? 1.5 * (double) i + 0.2 * check_uniform(r) : 60 * check_uniform(r);
    for (size_t i = 0; i < ALL; i++) {
        for (size_t j = 0; j < N; j++) {
            double s = at[i] - at[j];
            d->h[i * N + j] = exp(-s * s / 2);
            d->k[i * N + j] = d->h[i * N + j] / 2 + 0.25;
        }
        d->own_h[i] = 1;
        d->own[i] = 0.75;
    }
    for (size_t i = 0; i < N * OUTPUTS; i++)
        d->y[i] = check_uniform(r);
    d->ridge = ridge;
}

/* The same numbers, moved by at most `off`. */
static void copy(ew_flow *f, const ew_flow_data *d, double off)
{
    for (slong i = 0; i < ALL; i++) {
        for (slong j = 0; j < N; j++) {
            slong a = i < j ? i : j, b = i < j ? j : i;
            double e = off * sin((double) (a * 7 + b * 13));
            arb_set_d(arb_mat_entry(f->h, i, j), d->h[i * N + j]);
            arb_set_d(arb_mat_entry(f->k, i, j), d->k[i * N + j]);
            arb_t x;
            arb_init(x);
            arb_set_d(x, e);
            arb_add(arb_mat_entry(f->h, i, j), arb_mat_entry(f->h, i, j), x, 200);
            arb_add(arb_mat_entry(f->k, i, j), arb_mat_entry(f->k, i, j), x, 200);
            arb_clear(x);
        }
        arb_set_d(f->own + i, d->own[i]);
    }
    for (slong i = 0; i < N * OUTPUTS; i++)
        arb_set_d(arb_mat_entry(f->y, i / OUTPUTS, i % OUTPUTS), d->y[i]);
    arb_set_d(f->ridge, d->ridge);
}

static double off_by(const arb_t x, double y)
{
    arb_t z;
    arb_init(z);
    arb_set_d(z, y);
    arb_sub(z, z, x, 100);
    assert_true(mag_cmp_2exp_si(arb_radref(z), -60) < 0);
    double off = fabs(arf_get_d(arb_midref(z), ARF_RND_NEAR));
    arb_clear(z);
    return off;
}

/* The largest errors are within the bounds, and these below `useful`. */
static void compare(const ew_flow_state *x, const ew_flow_data_state *s, const arb_t loss,
                    const arb_t expected, double useful)
{
    double mean = 0, variance = 0;
    for (slong i = 0; i < ALL; i++) {
        for (slong c = 0; c < OUTPUTS; c++)
            mean = fmax(mean, off_by(arb_mat_entry(x->mean, i, c), s->mean[i * OUTPUTS + c]));
        variance = fmax(variance, off_by(x->variance + i, s->variance[i]));
        assert_true(off_by(x->norm2 + i, s->norm2[i]) <= s->norm2_bound);
    }
    if (!(mean <= s->mean_bound && s->mean_bound < useful))
        fail_msg("means off by %g, bound %g", mean, s->mean_bound);
    if (!(variance <= s->variance_bound && s->variance_bound < useful))
        fail_msg("variances off by %g, bound %g", variance, s->variance_bound);
    if (!(off_by(loss, s->loss) <= s->loss_bound && s->loss_bound < useful * N))
        fail_msg("loss off by %g, bound %g", off_by(loss, s->loss), s->loss_bound);
    if (!(off_by(expected, s->expected) <= s->expected_bound))
        fail_msg("expected loss off by %g, bound %g", off_by(expected, s->expected),
                 s->expected_bound);
}

static void losses(arb_t loss, arb_t expected, const ew_flow_state *x, const ew_flow *f)
{
    arb_t r;
    arb_init(r);
    arb_zero(loss);
    arb_zero(expected);
    for (slong i = 0; i < N; i++) {
        for (slong c = 0; c < OUTPUTS; c++) {
            arb_sub(r, arb_mat_entry(x->mean, i, c), arb_mat_entry(f->y, i, c), 200);
            arb_addmul(loss, r, r, 200);
        }
        arb_add(expected, expected, x->variance + i, 200);
    }
    arb_mul_2exp_si(loss, loss, -1);
    arb_mul_si(expected, expected, OUTPUTS, 200);
    arb_mul_2exp_si(expected, expected, -1);
    arb_add(expected, expected, loss, 200);
    arb_clear(r);
}

static void one_case(double ridge, double off, double useful)
{
    static const double times[] = {0, 0.5, 30, INFINITY};
    check_rng r;
    check_rng_init(&r, "flow");
    ew_flow f;
    ew_flow_state x;
    ew_flow_data d;
    arb_t t, loss, expected;
    arb_init(t);
    arb_init(loss);
    arb_init(expected);
    check_ok(ctx, ew_flow_data_init(&d, N, ALL, OUTPUTS, ctx));
    fill(&d, &r, ridge);
    d.h_error = d.k_error = off;
    ew_flow_init(&f, N, ALL, OUTPUTS);
    copy(&f, &d, off);
    ew_flow_state_init(&x, &f);
    check_ok(ctx, ew_flow_prepare(&f, 200, ctx));
    check_ok(ctx, ew_flow_data_prepare(&d, 1, ctx));
    double mean[ALL * OUTPUTS], variance[ALL], norm2[ALL];
    ew_flow_data_state s = {.mean = mean, .variance = variance, .norm2 = norm2};
    for (int i = 0; i < 4; i++) {
        int limit = isinf(times[i]);
        arb_set_d(t, limit ? 0 : times[i]);
        check_ok(ctx, ew_flow_at(&x, &f, limit ? NULL : t, 200, ctx));
        check_ok(ctx, ew_flow_data_at(&s, &d, limit ? NULL : t, ctx));
        losses(loss, expected, &x, &f);
        compare(&x, &s, loss, expected, useful);
    }
    ew_flow_state_clear(&x, &f);
    ew_flow_clear(&f);
    ew_flow_data_clear(&d);
    arb_clear(t);
    arb_clear(loss);
    arb_clear(expected);
}

static void test_bounds(void **state)
{
    (void) state;
    one_case(0, 0, 1e-6);
    one_case(0.125, 0, 1e-8);
    one_case(0.125, 1e-6, 1e-1);
}

/* The number of threads changes no bit. */
static void test_threads(void **state)
{
    (void) state;
    double mean[2][ALL * OUTPUTS], variance[2][ALL], norm2[ALL];
    for (int i = 0; i < 2; i++) {
        check_rng r;
        check_rng_init(&r, "threads");
        ew_flow_data d;
        check_ok(ctx, ew_flow_data_init(&d, N, ALL, OUTPUTS, ctx));
        fill(&d, &r, 0.5);
        ctx->threads = i + 1;
        check_ok(ctx, ew_flow_data_prepare(&d, 1, ctx));
        ew_flow_data_state s = {.mean = mean[i], .variance = variance[i], .norm2 = norm2};
        check_ok(ctx, ew_flow_data_at(&s, &d, NULL, ctx));
        ew_flow_data_clear(&d);
    }
    ctx->threads = 1;
    assert_memory_equal(mean[0], mean[1], sizeof *mean);
    assert_memory_equal(variance[0], variance[1], sizeof *variance);
}

/* Equal points: a singular matrix has no limit, but every finite time. */
static void test_singular(void **state)
{
    (void) state;
    ew_flow_data d;
    arb_t t;
    arb_init(t);
    arb_set_d(t, 0.5);
    check_ok(ctx, ew_flow_data_init(&d, 2, 2, 1, ctx));
    for (int i = 0; i < 4; i++)
        d.h[i] = d.k[i] = 1;
    for (int i = 0; i < 2; i++)
        d.own[i] = d.own_h[i] = d.y[i] = 1;
    check_ok(ctx, ew_flow_data_prepare(&d, 1, ctx));
    double mean[2], variance[2], norm2[2];
    ew_flow_data_state s = {.mean = mean, .variance = variance, .norm2 = norm2};
    check_status(ctx, ew_flow_data_at(&s, &d, NULL, ctx), EW_UNABLE);
    check_ok(ctx, ew_flow_data_at(&s, &d, t, ctx));
    /* they move together: 1 - e^(-2 t) */
    assert_true(fabs(mean[0] - 0.63212055882855768) <= s.mean_bound && s.mean_bound < 1e-13);
    assert_true(fabs(variance[1] - 0.1353352832366127) <= s.variance_bound);
    ew_flow_data_clear(&d);
    arb_clear(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_singular),
    };
    ctx = ew_context_new();
    if (!ctx)
        return 1;
    int failed = 77;
    if (ew_lapack_begin(ctx) == EW_OK) {
        if (ew_lapack_complete())
            failed = cmocka_run_group_tests(tests, NULL, NULL);
        ew_lapack_end();
    }
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
