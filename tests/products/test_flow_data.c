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
        assert_true(off_by(x->norm2 + i, s->norm2[i]) <=
                    fmax(s->trained.norm2, s->others.norm2));
        if (i != N - 1 && i != ALL - 1)
            continue;
        const ew_flow_bound *b = i < N ? &s->trained : &s->others;
        if (!(mean <= b->mean && b->mean < useful))
            fail_msg("means off by %g, bound %g", mean, b->mean);
        if (!(variance <= b->variance && b->variance < useful))
            fail_msg("variances off by %g, bound %g", variance, b->variance);
        mean = variance = 0;
    }
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
    assert_true(fabs(mean[0] - 0.63212055882855768) <= s.trained.mean &&
                s.trained.mean < 1e-13);
    assert_true(fabs(variance[1] - 0.1353352832366127) <= s.trained.variance);
    ew_flow_data_clear(&d);
    arb_clear(t);
}

/* ---- one term of a bound at a time -------------------------------------------------------
 */

/* h = k = a for one trained value and one more, a/2 between them. */
static void fill_pair(ew_flow_data *f, double a, double ridge)
{
    check_ok(ctx, ew_flow_data_init(f, 1, 2, 1, ctx));
    f->h[0] = f->k[0] = a;
    f->h[1] = f->k[1] = a / 2;
    for (int i = 0; i < 2; i++)
        f->own[i] = f->own_h[i] = a;
    f->y[0] = 1;
    f->ridge = ridge;
    f->share = 1;
    check_ok(ctx, ew_flow_data_prepare(f, 1, ctx));
}

/* Bounds hold, and some of them within a factor. */
static void holds(const char *what, double got, double want, double bound, double factor)
{
    if (!(fabs(got - want) <= bound && bound <= factor * fabs(got - want) + 1e-14))
        fail_msg("%s: %g, expected %g, bound %g", what, got, want, bound);
}

/* An eigenvector too long by delta, or an eigenvalue too large by that factor: errors of that
 * order, which no other term covers. */
static void wrong(int skew, double at, double factor)
{
    const double a = 0x1p-10, delta = 0x1p-20, v = skew ? 1 + delta : 1;
    double mean[2], variance[2], norm2[2];
    ew_flow_data f;
    ew_flow_data_state s = {.mean = mean, .variance = variance, .norm2 = norm2};
    fill_pair(&f, a, 0);
    if (skew) {
        f.skew = 2.001 * delta;
        f.residual = 0;
        f.v[0] *= v;
        f.hv[0] *= v;
        f.hv[1] *= v;
        f.kv[0] *= v;
        f.kv[1] *= v;
        f.c[0] *= v;
        f.w[0] *= v * v;
    } else {
        f.skew = 0;
        f.residual = a * delta;
        f.d[0] *= 1 + delta;
    }
    arb_t t;
    arb_init(t);
    arb_set_d(t, at);
    check_ok(ctx, ew_flow_data_at(&s, &f, t, ctx));
    double b = -expm1(-a * at), c = b / 2, rest = 1 - b;
    holds("trained mean", mean[0], b, s.trained.mean, factor);
    holds("mean", mean[1], c, s.others.mean, factor);
    holds("trained variance", variance[0], a * rest * rest, s.trained.variance, 1e12);
    holds("variance", variance[1], a * (1 + c * c - c), s.others.variance, 1e6);
    holds("norm", norm2[0], b * b, s.trained.norm2, factor);
    holds("loss", s.loss, rest * rest / 2, s.loss_bound, 1e12);
    ew_flow_data_clear(&f);
    arb_clear(t);
}

static void test_eigenvectors(void **state)
{
    (void) state;
    wrong(1, 1024, 9);
    wrong(1, 8192, 1e5);
    wrong(0, 1024, 20);
    wrong(0, 8192, 1e4);
}

/* Covariances that are all off by as much, the worse way: (1 + b)^2 of it, b = 1/2. */
static void test_covariance(void **state)
{
    (void) state;
    const double off = 1e-3;
    double mean[2], variance[2], norm2[2];
    ew_flow_data f;
    ew_flow_data_state s = {.mean = mean, .variance = variance, .norm2 = norm2};
    fill_pair(&f, 1, 0);
    f.k_error = off;
    check_ok(ctx, ew_flow_data_at(&s, &f, NULL, ctx));
    double want = (1 + off) - (0.5 - off) + (1 + off) / 4;
    holds("variance", variance[1], want, s.others.variance, 1.001);
    ew_flow_data_clear(&f);
}

/* Three targets that cancel but for the rounding of their sum, with eigenvectors that are
 * exact. */
static void test_rounding(void **state)
{
    (void) state;
    double mean[4];
    ew_flow_data f;
    ew_flow_data_state s = {.mean = mean};
    check_ok(ctx, ew_flow_data_init(&f, 3, 4, 1, ctx));
    for (int i = 0; i < 3; i++)
        f.h[4 * i] = f.own_h[i] = 1;
    for (int i = 0; i < 3; i++)
        f.h[9 + i] = 0.5;
    f.own_h[3] = 1;
    f.y[0] = 0x1p60;
    f.y[1] = 1;
    f.y[2] = -0x1p60;
    check_ok(ctx, ew_flow_data_prepare(&f, 0, ctx));
    f.skew = f.residual = 0;
    check_ok(ctx, ew_flow_data_at(&s, &f, NULL, ctx));
    assert_true(fabs(mean[3] - 0.5) <= s.others.mean);
    assert_true(s.others.mean >= 0x1p60 * 0x1p-53 && s.others.mean < 0x1p60 * 0x1p-43);
    ew_flow_data_clear(&f);
}

/* Products of more terms than a chunk holds: the losses of eigenvectors that are known. */
static void test_chunks(void **state)
{
    (void) state;
    const size_t n = 300; /* rows of blocks and chunks are not full */
    ew_flow_data f;
    check_ok(ctx, ew_flow_data_init(&f, n, n + 1, 1, ctx));
    double *mean = malloc((n + 1) * sizeof *mean), *spread = malloc(2 * (n + 1) * sizeof *mean);
    ew_flow_data_state s = {.mean = mean, .variance = spread, .norm2 = spread + n + 1};
    for (size_t i = 0; i <= n; i++) { /* 1 everywhere, and 2 more on the diagonal */
        for (size_t j = 0; j < n; j++)
            f.h[i * n + j] = f.k[i * n + j] = i == j ? 3 : 1;
        f.own_h[i] = f.own[i] = 3;
    }
    for (size_t i = 0; i < n; i++)
        f.y[i] = i % 2 ? 1 : 3;
    check_ok(ctx, ew_flow_data_prepare(&f, 1, ctx));
    assert_true(f.skew < 1e-11 && f.residual < 1e-8);
    assert_true(f.error < 1e-8 && fabs(f.d[0] - 2) < f.error &&
                fabs(f.d[n - 1] - 302) < f.error);
    check_ok(ctx, ew_flow_data_at(&s, &f, NULL, ctx));
    /* b = 1/(n + 2): all alike */
    double want = 600.0 / 302, variance = 3 - 300.0 / 302;
    assert_true(fabs(mean[n] - want) <= s.others.mean && s.others.mean < 1e-6);
    assert_true(fabs(spread[n] - variance) <= s.others.variance && s.others.variance < 1e-6);
    s.variance = NULL;
    arb_t t;
    arb_init(t);
    arb_set_d(t, 0.25);
    check_ok(ctx, ew_flow_data_at(&s, &f, t, ctx));
    /* of variance k_xx/h_xx alike: tr(h e^(-2 h t))/2 over the eigenvalues 302, 2, 2, ... */
    double e = exp(-0.5), big = exp(-302 * 0.25);
    double loss = (n * e * e + 4 * n * big * big) / 2;
    assert_true(fabs(s.loss - loss) <= s.loss_bound && s.loss_bound < 1e-6 * loss);
    assert_true(fabs(s.expected - loss - ((double) n - 1) * e * e) < 1e-9 * loss);
    assert_true(isinf(s.expected_bound));
    ew_flow_data_clear(&f);
    arb_clear(t);
    free(mean);
    free(spread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_threads),
        cmocka_unit_test(test_singular),   cmocka_unit_test(test_eigenvectors),
        cmocka_unit_test(test_covariance), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_chunks),
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
