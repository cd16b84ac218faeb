#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/dual/hermite.h"
#include "expect/dual/hermite_sums.h"
#include "expect/evaluator.h"

#define BITS 76
#define WIDE 2400 /* for recurrences in balls */

/* ---- the polynomials ---- */

static ew_pairs pairs_new(size_t n)
{
    return (ew_pairs){calloc(n, sizeof(double)), calloc(n, sizeof(double))};
}

static void pairs_free(ew_pairs p)
{
    free(p.h);
    free(p.l);
}

static void put(ew_pairs p, size_t i, const arb_t x)
{
    arb_t low;
    arb_init(low);
    p.h[i] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_set_d(low, p.h[i]);
    arb_sub(low, x, low, WIDE);
    p.l[i] = arf_get_d(arb_midref(low), ARF_RND_NEAR);
    arb_clear(low);
}

/* h_k(x) e^(-x^2/4), all k < n, against what was computed. */
static void check_polynomials(double x, ew_pairs sum, size_t functions, size_t f, size_t n,
                              double bound)
{
    arb_t before, here, next, t, node;
    arb_ptr each[] = {before, here, next, t, node};
    for (int i = 0; i < 5; i++)
        arb_init(each[i]);
    arb_set_d(node, x);
    arb_mul(t, node, node, WIDE);
    arb_mul_2exp_si(t, t, -2);
    arb_neg(t, t);
    arb_exp(here, t, WIDE);
    for (size_t k = 0; k < n; k++) {
        arb_set_d(t, sum.h[k * functions + f]);
        arb_sub(next, here, t, WIDE);
        arb_set_d(t, sum.l[k * functions + f]);
        arb_sub(next, next, t, WIDE);
        double off = fabs(arf_get_d(arb_midref(next), ARF_RND_NEAR));
        if (!(off <= bound))
            fail_msg("polynomial %zu at %g is off by %g, bound %g", k, x, off, bound);
        arb_mul(next, here, node, WIDE);
        arb_sqrt_ui(t, k, WIDE);
        arb_submul(next, t, before, WIDE);
        arb_rsqrt_ui(t, k + 1, WIDE);
        arb_mul(next, next, t, WIDE);
        arb_swap(before, here);
        arb_swap(here, next);
    }
    for (int i = 0; i < 5; i++)
        arb_clear(each[i]);
}

/* One node a function, from the middle to far beyond the last turning point. */
static void test_polynomials(void **state)
{
    (void) state;
    enum { N = 512, NODES = EW_HERMITE_CHUNK, FUNCTIONS = 5 };
    static const size_t at[FUNCTIONS] = {0, 7, 128, 201, 255};
    ew_context *ctx = ew_context_new();
    double x[NODES], most, step = 0.1328125;
    ew_pairs start = pairs_new(NODES), part = pairs_new(NODES * FUNCTIONS);
    ew_pairs sum = pairs_new(N * FUNCTIONS), root = pairs_new(N + 1),
             inverse = pairs_new(N + 1);
    arb_t t;
    arb_init(t);
    for (size_t i = 0; i < NODES; i++) {
        x[i] = (double) i * step;
        arb_set_d(t, x[i]);
        arb_mul(t, t, t, WIDE);
        arb_mul_2exp_si(t, t, -2);
        arb_neg(t, t);
        arb_exp(t, t, WIDE);
        put(start, i, t);
    }
    for (size_t k = 0; k <= N; k++) {
        arb_sqrt_ui(t, k, WIDE);
        put(root, k, t);
        if (k > 0) {
            arb_inv(t, t, WIDE);
            put(inverse, k, t);
        }
    }
    for (size_t f = 0; f < FUNCTIONS; f++)
        part.h[f * NODES + at[f]] = 1;
    ew_hermite_grid g = {NODES, FUNCTIONS, x, start, {part, part}};
    check_ok(ctx, ew_hermite_sums(sum, &most, &g, N, root, inverse, ctx));
    assert_true(most >= 1 && most <= 1.1); /* Cramer's inequality */
    double drift = ew_hermite_drift(x[NODES - 1], N), rounding = ew_hermite_rounding(NODES);
    assert_true(drift + rounding <= 1e-20);
    for (size_t f = 0; f < FUNCTIONS; f++)
        check_polynomials(x[at[f]], sum, FUNCTIONS, f, N, (drift + rounding) * most);
    arb_clear(t);
    pairs_free(start);
    pairs_free(part);
    pairs_free(sum);
    pairs_free(root);
    pairs_free(inverse);
    ew_context_free(ctx);
}

/* ---- coefficients ---- */

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
} fixture;

static void set_up(fixture *f, const char *activation)
{
    f->ctx = ew_context_new();
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    check_ok(f->ctx, ew_evaluator_new(&f->E, f->s, EW_AUTO, f->ctx));
}

static void shut(fixture *f)
{
    ew_evaluator_free(f->E);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

/* By mpmath: the trapezoidal rule and the recurrence in 420 digits, at two steps. */
static void test_values(void **state)
{
    (void) state;
    static const struct {
        const char *activation;
        double K;
        slong k;
        const char *value;
        slong digits;
    } known[] = {
        {"tanh", 9, 1, "0.76449987601973104968817", 21},
        {"tanh", 9, 301, "0.0000215901815288308886396", 17},
        {"softplus", 4, 0, "1.06771438805138328351750", 21},
        {"softplus", 4, 120, "-3.93193935710897e-9", 13},
        {"softplus", 4, 300, "-8.912848e-14", 6},
    };
    enum { N = 320 };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fixture f;
        arb_t low, high;
        arb_init(low);
        arb_init(high);
        set_up(&f, known[i].activation);
        arb_set_d(high, known[i].K);
        arb_set_d(low, known[i].K * 0.84375);
        arb_ptr K = _arb_vec_init(2), a = _arb_vec_init(2 * N);
        arb_set(K, low);
        arb_set(K + 1, high);
        check_ok(f.ctx, ew_hermite_several(a, f.E, low, high, K, 2, N, BITS, f.ctx));
        check_ball_value(a + 2 * known[i].k + 1, known[i].value, known[i].digits);
        shut(&f);
        _arb_vec_clear(K, 2);
        _arb_vec_clear(a, 2 * N);
        arb_clear(low);
        arb_clear(high);
    }
}

/* Against those computed in balls. */
static void test_against_balls(void **state)
{
    (void) state;
    static const char *const activation[] = {"tanh", "exp(z/2)", "silu", "cos(z)"};
    const ew_monomial s = {0, {1}};
    enum { N = 96 };
    for (size_t i = 0; i < sizeof activation / sizeof *activation; i++) {
        fixture f;
        arb_t low, high;
        arb_init(low);
        arb_init(high);
        set_up(&f, activation[i]);
        arb_set_d(low, 1.5);
        arb_set_d(high, 1.75);
        arb_ptr a = _arb_vec_init(2 * N), b = _arb_vec_init(N), K = _arb_vec_init(2);
        arb_set_d(K, 1.6875);
        arb_set(K + 1, low);
        check_ok(f.ctx, ew_hermite_several(a, f.E, low, high, K, 2, N, BITS, f.ctx));
        for (slong p = 0; p < 2; p++) {
            check_ok(f.ctx, ew_expect_hermite(b, NULL, f.E, &s, N - 1, K + p, 100, f.ctx));
            for (slong k = 0; k < N; k++) {
                if (!arb_overlaps(a + 2 * k + p, b + k))
                    fail_msg("%s: coefficient %ld", activation[i], (long) k);
                assert_true(mag_cmp_2exp_si(arb_radref(a + 2 * k + p), -70) <= 0);
            }
        }
        shut(&f);
        _arb_vec_clear(a, 2 * N);
        _arb_vec_clear(b, N);
        _arb_vec_clear(K, 2);
        arb_clear(low);
        arb_clear(high);
    }
}

/* Parseval's equation at a variance where thousands of them count. */
static void test_parseval(void **state)
{
    (void) state;
    const slong n = getenv("EW_SANITIZED") ? 3200 : 6400;
    ew_atom1 square = {{0, {2}}, 0};
    fixture f;
    arb_t K, whole, t;
    arb_init(K);
    arb_init(whole);
    arb_init(t);
    set_up(&f, "tanh");
    arb_set_d(K, getenv("EW_SANITIZED") ? 16 : 30);
    arb_ptr a = _arb_vec_init(n);
    check_ok(f.ctx, ew_hermite_several(a, f.E, K, K, K, 1, n, BITS, f.ctx));
    check_ok(f.ctx, ew_expect_one(whole, NULL, f.E, &square, 1, K, 90, f.ctx));
    for (slong k = 0; k < n; k++) {
        arb_mul(t, a + k, a + k, 120);
        arb_sub(whole, whole, t, 120);
        assert_true(k % 2 || arb_is_zero(a + k));
    }
    /* what is left out is positive, and small */
    arb_get_mid_arb(t, whole);
    assert_true(mag_cmp_2exp_si(arb_radref(whole), -55) <= 0);
    assert_true(arb_contains_nonnegative(whole));
    arb_abs(t, t);
    assert_true(arf_cmpabs_2exp_si(arb_midref(t), -55) <= 0);
    _arb_vec_clear(a, n);
    shut(&f);
    arb_clear(K);
    arb_clear(whole);
    arb_clear(t);
}

/* Pairs of doubles have their limits. */
static void test_refusals(void **state)
{
    (void) state;
    fixture f;
    arb_t K;
    arb_init(K);
    arb_one(K);
    arb_ptr a = _arb_vec_init(64);
    set_up(&f, "tanh");
    check_status(f.ctx, ew_hermite_several(a, f.E, K, K, K, 1, 64, 100, f.ctx), EW_UNABLE);
    shut(&f);
    set_up(&f, "relu");
    check_status(f.ctx, ew_hermite_several(a, f.E, K, K, K, 1, 64, BITS, f.ctx), EW_UNABLE);
    shut(&f);
    _arb_vec_clear(a, 64);
    arb_clear(K);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polynomials),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_against_balls), cmocka_unit_test(test_parseval),
        cmocka_unit_test(test_refusals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
