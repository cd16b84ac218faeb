#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/dual/spectrum.h"

/* sqrt(k!) a_k of sin and of exp(z/2), and what |a|^2, |a|_1^2 are. */
typedef struct {
    const char *activation;
    void (*coefficient)(arb_t y, ulong k, const arb_t K, slong prec);
    void (*squares)(arb_t square, arb_t slope, const arb_t K, slong prec);
} oracle;

#define PREC 200

/* <sin(sqrt(K) g) he_k(g)> = Im (i sqrt K)^k e^(-K/2)/sqrt(k!). */
static void of_sine(arb_t y, ulong k, const arb_t K, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul_2exp_si(t, K, -1);
    arb_neg(t, t);
    arb_exp(t, t, prec);
    arb_pow_ui(y, K, k, prec);
    arb_sqrt(y, y, prec);
    arb_mul(y, y, t, prec);
    if (k % 2 == 0)
        arb_zero(y);
    if (k % 4 == 3)
        arb_neg(y, y);
    arb_clear(t);
}

/* <sin^2> = (1 - e^(-2K))/2, K <cos^2> = K (1 + e^(-2K))/2. */
static void sine_squares(arb_t square, arb_t slope, const arb_t K, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul_si(t, K, -2, prec);
    arb_exp(t, t, prec);
    arb_add_ui(slope, t, 1, prec);
    arb_mul(slope, slope, K, prec);
    arb_mul_2exp_si(slope, slope, -1);
    arb_sub_ui(square, t, 1, prec);
    arb_neg(square, square);
    arb_mul_2exp_si(square, square, -1);
    arb_clear(t);
}

/* <exp(sqrt(K) g/2) he_k(g)> = (K/4)^(k/2) e^(K/8)/sqrt(k!). */
static void of_exponential(arb_t y, ulong k, const arb_t K, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul_2exp_si(t, K, -2);
    arb_pow_ui(y, t, k, prec);
    arb_sqrt(y, y, prec);
    arb_mul_2exp_si(t, K, -3);
    arb_exp(t, t, prec);
    arb_mul(y, y, t, prec);
    arb_clear(t);
}

/* <e^z> = e^(K/2), K <e^z>/4. */
static void exponential_squares(arb_t square, arb_t slope, const arb_t K, slong prec)
{
    arb_mul_2exp_si(square, K, -1);
    arb_exp(square, square, prec);
    arb_mul(slope, square, K, prec);
    arb_mul_2exp_si(slope, slope, -2);
}

static double middle(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* What the piece computes at w for a_k. */
static double computed(const ew_spectrum_piece *p, slong k, double w)
{
    slong n = p->count[k % 2];
    double y = 0;
    for (slong j = EW_SPECTRUM_DEGREE; n > 0 && j >= 0; j--)
        y = y * w + p->coef[k % 2][j * n + k / 2];
    return y;
}

static void check_squares(const oracle *o, const ew_spectrum_piece *p, double w, const arb_t K)
{
    arb_t square, slope;
    arb_init(square);
    arb_init(slope);
    o->squares(square, slope, K, PREC);
    double off = fabs(ew_spectrum_value(p->square, w) - middle(square));
    if (!(off <= p->square_error + 1e-16 * middle(square)))
        fail_msg("%s: square off by %g, bound %g", o->activation, off, p->square_error);
    off = fabs(ew_spectrum_value(p->slope, w) - middle(slope));
    if (!(off <= p->slope_error + 1e-16 * middle(slope)))
        fail_msg("%s: slope off by %g, bound %g", o->activation, off, p->slope_error);
    assert_true(p->square_error <= 3e-15 * middle(square));
    arb_clear(slope);
    arb_clear(square);
}

/* k (k - 1) ... (k - i + 1) */
static double falling(slong k, slong i)
{
    double x = 1;
    for (slong f = 0; f < i; f++)
        x *= (double) (k - f);
    return x;
}

/* The norms of derivatives: of errors off[k], and of a[k] from k = j STEP on. */
static void check_orders(const oracle *o, const ew_spectrum_piece *p, const double *off,
                         const double *a, slong most)
{
    for (slong i = 0; i < p->orders; i++) {
        const ew_spectrum_order *x = p->order + i;
        double own = 0, tail = 0;
        for (slong k = most - 1; k >= i; k--) {
            tail += falling(k, i) * a[k] * a[k];
            own += k < p->n ? falling(k, i) * off[k] * off[k] : 0;
            if (k % EW_SPECTRUM_STEP == 0 && k <= p->n &&
                !(sqrt(tail) <= x->tail[k / EW_SPECTRUM_STEP] * (1 + 1e-12)))
                fail_msg("%s: order %ld, tail from %ld is %g, bound %g", o->activation,
                         (long) i, (long) k, sqrt(tail), x->tail[k / EW_SPECTRUM_STEP]);
        }
        if (!(sqrt(own) <= x->own && x->own <= 1e-14 * x->norm))
            fail_msg("%s: order %ld off by %g, bound %g", o->activation, (long) i, sqrt(own),
                     x->own);
        tail = sqrt(tail);
        if (!(tail <= x->norm && x->norm <= 2 * tail && tail <= x->tail[0]))
            fail_msg("%s: order %ld, norm %g, bound %g", o->activation, (long) i, tail,
                     x->norm);
        assert_true(x->tail[p->n / EW_SPECTRUM_STEP] <= 1e-8 * tail);
    }
}

/* The coefficients in both norms, and the tails. */
static void check_at(const oracle *o, ew_spectrum *c, double x, ew_context *ctx)
{
    arb_t K, y, f, t;
    double w, own = 0, own1 = 0, tail = 0;
    arb_init(K);
    arb_init(y);
    arb_init(f);
    arb_init(t);
    check_ok(ctx, ew_spectrum_prepare(c, x, ctx));
    const ew_spectrum_piece *p = ew_spectrum_at(&w, c, x);
    assert_non_null(p);
    assert_true(fabs(w) <= 1);
    arb_set_d(K, x);
    double *off = calloc(2 * (size_t) (p->n + 64), sizeof *off), *all = off + p->n + 64;
    for (slong k = p->n + 63; k >= 0; k--) {
        o->coefficient(y, (ulong) k, K, PREC);
        arb_fac_ui(f, (ulong) k, PREC);
        arb_sqrt(f, f, PREC);
        arb_div(y, y, f, PREC);
        double a = middle(y);
        all[k] = a;
        tail += (double) k * a * a;
        if (k % EW_SPECTRUM_STEP == 0 && k <= p->n &&
            !(sqrt(tail) <= p->tail[k / EW_SPECTRUM_STEP] * (1 + 1e-12)))
            fail_msg("%s at %g: tail from %ld is %g, bound %g", o->activation, x, (long) k,
                     sqrt(tail), p->tail[k / EW_SPECTRUM_STEP]);
        if (k >= p->n)
            continue;
        arb_set_d(t, computed(p, k, w));
        arb_sub(t, t, y, PREC);
        off[k] = a = middle(t);
        own += a * a;
        own1 += (double) k * a * a;
    }
    if (!(sqrt(own) <= p->own && sqrt(own1) <= p->own1))
        fail_msg("%s at %g: off by %g, %g, bounds %g, %g", o->activation, x, sqrt(own),
                 sqrt(own1), p->own, p->own1);
    check_squares(o, p, w, K);
    if (!(p->own <= 2e-15 * (1 + sqrt(ew_spectrum_value(p->square, w)))))
        fail_msg("%s at %g: bound %g", o->activation, x, p->own);
    assert_true(p->tail[p->n / EW_SPECTRUM_STEP] <= 1e-8 * p->tail[0]);
    check_orders(o, p, off, all, p->n + 64);
    free(off);
    arb_clear(t);
    arb_clear(f);
    arb_clear(y);
    arb_clear(K);
}

static void test_coefficients(void **state)
{
    (void) state;
    static const oracle known[2] = {
        {"sin(z)", of_sine, sine_squares},
        {"exp(z/2)", of_exponential, exponential_squares},
    };
    static const double middle_of[] = {0.3, 1, 6.2, 1e-6};
    for (int i = 0; i < 2; i++) {
        ew_context *ctx = ew_context_new();
        ew_activation *s;
        ew_spectrum *c;
        check_rng r;
        check_rng_init(&r, known[i].activation);
        check_ok(ctx, ew_activation_new(&s, known[i].activation, ctx));
        check_ok(ctx, ew_spectrum_new(&c, s, ctx));
        ew_spectrum_ask(c, EW_SPECTRUM_ORDERS);
        for (size_t k = 0; k < sizeof middle_of / sizeof *middle_of; k++)
            for (int j = 0; j < 4; j++)
                check_at(&known[i], c, middle_of[k] * (1 + 0.1 * check_uniform(&r)), ctx);
        /* the ends of a piece, and the numbers next to them */
        check_at(&known[i], c, 1, ctx);
        check_at(&known[i], c, nextafter(1, 0), ctx);
        check_at(&known[i], c, 1.25, ctx);
        check_at(&known[i], c, nextafter(1.25, 0), ctx);
        ew_spectrum_free(c);
        ew_activation_free(s);
        ew_context_free(ctx);
    }
}

/* d<sin^2>/d ln K = K e^(-2K); its second derivative K (1 - 2K) e^(-2K); |a'|^2 = K <cos^2
 * g^2>/4 = K (1 + (1 - 4K) e^(-2K))/8. */
static void test_rates(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_spectrum *c;
    check_ok(ctx, ew_activation_new(&s, "sin(z)", ctx));
    check_ok(ctx, ew_spectrum_new(&c, s, ctx));
    ew_spectrum_ask(c, 2);
    for (double K = 0.26; K < 4; K *= 1.7) {
        double w, e = exp(-2 * K);
        check_ok(ctx, ew_spectrum_prepare(c, K, ctx));
        const ew_spectrum_piece *p = ew_spectrum_at(&w, c, K);
        double off = fabs(ew_spectrum_rate(p, w) - K * e);
        if (!(off <= p->rate_error && p->rate_error <= 1e-6))
            fail_msg("rate at %g: off by %g, bound %g", K, off, p->rate_error);
        assert_true(fabs(K * (1 - 2 * K) * e) <=
                    2 * (p->move * p->move + sqrt(p->square[0] + 0.1) * p->move2));
        double move = sqrt(K * (1 + (1 - 4 * K) * e) / 8);
        assert_true(move <= p->move && p->move <= 2 * move);
        /* K (z cos(z))'^2/4 = K (cos(z) - z sin(z))^2/4, at most */
        assert_true(move <= p->order[0].move && p->order[0].move <= 2 * move);
        assert_true(sqrt(K * ((1 + e) / 2 + K * (1 - (1 - 4 * K) * e) / 2 - 2 * K * e)) / 2 <=
                    p->order[1].move);
        /* K^2 <sin^2> */
        assert_true(K * K * (1 - e) / 2 <= p->bend && p->bend <= 2 * K * K);
    }
    assert_null(ew_spectrum_at(&(double){0}, c, 1e9));
    ew_spectrum_free(c);
    ew_activation_free(s);
    ew_context_free(ctx);
}

/* Pieces are the same bits on any number of threads; asked for twice they stay. */
static void test_threads(void **state)
{
    (void) state;
    static const double K[] = {0.3, 1.1, 0.9, 1e-3, 1.3, 0.3, 0.31};
    const size_t n = sizeof K / sizeof *K;
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_spectrum *c[2];
    check_ok(ctx, ew_activation_new(&s, "sin(z)", ctx));
    for (int t = 0; t < 2; t++) {
        ctx->threads = t + 1;
        check_ok(ctx, ew_spectrum_new(&c[t], s, ctx));
        check_ok(ctx, ew_spectrum_prepare_all(c[t], K, n, ctx));
    }
    for (size_t i = 0; i < n; i++) {
        double w[2];
        const ew_spectrum_piece *p = ew_spectrum_at(w, c[0], K[i]);
        const ew_spectrum_piece *q = ew_spectrum_at(w + 1, c[1], K[i]);
        assert_non_null(p);
        assert_non_null(q);
        assert_true(w[0] == w[1] && fabs(w[0]) <= 1);
        assert_true(p->n == q->n && p->own == q->own);
        assert_memory_equal(p->square, q->square, sizeof p->square);
        assert_memory_equal(p->coef[1], q->coef[1],
                            (size_t) p->count[1] * (EW_SPECTRUM_DEGREE + 1) * sizeof(double));
        check_ok(ctx, ew_spectrum_prepare(c[0], K[i], ctx));
        assert_ptr_equal(ew_spectrum_at(w, c[0], K[i]), p);
    }
    for (int t = 0; t < 2; t++)
        ew_spectrum_free(c[t]);
    ew_activation_free(s);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coefficients),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_threads),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
