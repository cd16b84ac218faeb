#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/vector.h"

#include "expect/dual/evaluate.h"
#include "expect/dual/tail.h"
#include "expect/evaluator.h"

#define N 320
#define ORDERS 6
#define PREC 700

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    arb_ptr jump;
    ew_dual_tail *d;
} fixture;

static void set_up(fixture *f, const char *activation)
{
    f->ctx = ew_context_new();
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    f->jump = _arb_vec_init(EW_TAIL_JUMPS);
    check_ok(f->ctx, ew_dual_jumps(f->jump, f->s, 256, f->ctx));
    check_ok(f->ctx, ew_dual_tail_new(&f->d, f->jump, f->s->parity, N, ORDERS, f->ctx));
}

static void shut(fixture *f)
{
    ew_dual_tail_free(f->d);
    _arb_vec_clear(f->jump, EW_TAIL_JUMPS);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

/* The duals of max(z, 0) and of max(z, 0)^2/2, which abs(z)/2 and z abs(z)/4 are but for
 * polynomials, at variance 1, and their derivatives (Cho and Saul, 2009). */
static void closed(arb_t c, arb_t slope, int k, const arb_t rho)
{
    arb_t pi, root, angle;
    arb_init(pi);
    arb_init(root);
    arb_init(angle);
    arb_const_pi(pi, PREC);
    arb_mul(root, rho, rho, PREC);
    arb_sub_ui(root, root, 1, PREC);
    arb_neg(root, root);
    arb_sqrt(root, root, PREC);
    arb_acos(angle, rho, PREC);
    arb_sub(angle, pi, angle, PREC);
    arb_mul_2exp_si(pi, pi, 1);
    if (k == 1) {
        arb_mul(c, rho, angle, PREC);
        arb_add(c, c, root, PREC);
        arb_set(slope, angle);
    } else {
        arb_mul(slope, rho, angle, PREC);
        arb_add(slope, slope, root, PREC);
        arb_mul(c, rho, slope, PREC); /* (3 rho root + (1 + 2 rho^2) angle)/4 */
        arb_mul_2exp_si(c, c, 1);
        arb_add(c, c, angle, PREC);
        arb_addmul(c, rho, root, PREC);
        arb_mul_2exp_si(c, c, -2);
    }
    arb_div(c, c, pi, PREC);
    arb_div(slope, slope, pi, PREC);
    arb_clear(angle);
    arb_clear(root);
    arb_clear(pi);
}

/* c and slope less the terms n < N of class k + 1 mod 2, and all of the other class's: those
 * are K <s'>^2 and the like, of n <= k. */
static void take_off(arb_t c, arb_t slope, int k, const arb_t rho)
{
    arb_t a, w, x;
    arb_init(a);
    arb_init(w);
    arb_init(x);
    for (ulong n = 0; n < N; n++) {
        if (n <= (ulong) k) { /* <z_+^k he_n>/k!, by parts <z_+^(k-n)>/(k-n)!/sqrt(n!) */
            arb_set_d(a, (ulong) k == n ? 0.5 : 1);
            if (n + 1 == (ulong) k || n + 2 == (ulong) k) {
                arb_const_pi(a, PREC);
                arb_mul_2exp_si(a, a, 1);
                arb_rsqrt(a, a, PREC);
            }
            if (n + 2 == (ulong) k)
                arb_set_d(a, 0.25);
        } else if ((n - (ulong) k) % 2 == 0) {
            continue;
        } else { /* He_(n-k-1)(0) phi(0) */
            arb_const_pi(a, PREC);
            arb_mul_2exp_si(a, a, 1);
            arb_rsqrt(a, a, PREC);
            for (ulong j = 1; j + 1 < n - (ulong) k; j += 2)
                arb_mul_ui(a, a, j, PREC);
        }
        arb_mul(a, a, a, PREC);
        arb_fac_ui(w, n, PREC);
        arb_div(a, a, w, PREC);
        arb_pow_ui(x, rho, n, PREC);
        arb_submul(c, a, x, PREC);
        if (n > 0) {
            arb_pow_ui(x, rho, n - 1, PREC);
            arb_mul_ui(a, a, n, PREC);
            arb_submul(slope, a, x, PREC);
        }
    }
    arb_clear(x);
    arb_clear(w);
    arb_clear(a);
}

static double polynomial(const double *c, double w)
{
    double y = 0;
    for (int k = EW_PIECE_DEGREE; k >= 0; k--)
        y = y * w + c[k];
    return y;
}

/* The same from the tables; orders that are left out are below 10^-12. */
static void from_tables(double *slope, double *derivative, const fixture *f, int class,
                        double t)
{
    const ew_dual_tail *d = f->d;
    double b[2][EW_TAIL_ORDERS];
    ew_dual_tail_row(b, d, 1);
    ew_place at = ew_piecewise_place(&d->place, t);
    double w = at.piece ? at.w : sqrt(t * (1 << EW_TAIL_OCTAVES));
    const double *table = d->table + at.piece * ORDERS * EW_TAIL_EACH;
    *slope = *derivative = 0;
    for (int p = 0; p < ORDERS; p++, table += EW_TAIL_EACH) {
        double q = 0;
        for (int i = 0; i <= p; i++)
            q += b[class][i] * b[class][p - i];
        *slope += q * polynomial(table, w);
        *derivative += q * polynomial(table + EW_PIECE_DEGREE + 1, w);
    }
}

static void near(const char *what, double t, double got, const arb_t want, double scale)
{
    double x = arf_get_d(arb_midref(want), ARF_RND_NEAR);
    if (!(fabs(got - x) <= 1e-12 * scale))
        fail_msg("%s at %g: %.17g, not %.17g", what, t, got, x);
}

static void test_tables(void **state)
{
    (void) state;
    static const double at[] = {0x1p-90, 0x1p-40, 0x1.9p-25, 0x1.1p-24, 0x1p-13, 0.003, 0.11};
    arb_t one, rho, c[2], slope[2];
    arb_init(one);
    arb_init(rho);
    for (int i = 0; i < 2; i++) {
        arb_init(c[i]);
        arb_init(slope[i]);
    }
    for (int k = 1; k <= 2; k++) {
        fixture f;
        set_up(&f, k == 1 ? "abs(z)/2" : "z*abs(z)/4");
        arb_one(one);
        closed(c[0], slope[0], k, one);
        take_off(c[0], slope[0], k, one);
        double scale = arf_get_d(arb_midref(slope[0]), ARF_RND_NEAR);
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            double rest, derivative;
            arb_set_d(rho, at[i]);
            arb_sub(rho, one, rho, PREC);
            closed(c[1], slope[1], k, rho);
            take_off(c[1], slope[1], k, rho);
            arb_sub(c[1], c[0], c[1], PREC);
            arb_sub(rho, one, rho, PREC);
            arb_div(c[1], c[1], rho, PREC);
            from_tables(&rest, &derivative, &f, k - 1, at[i]);
            near("slope", at[i], rest, c[1], scale);
            near("derivative", at[i], derivative, slope[1], scale);
        }
        shut(&f);
    }
    for (int i = 0; i < 2; i++) {
        arb_clear(c[i]);
        arb_clear(slope[i]);
    }
    arb_clear(rho);
    arb_clear(one);
}

/* Coefficients of selu next to N, by quadrature, up to the sign that all share. */
static void test_numbers(void **state)
{
    (void) state;
    fixture f;
    ew_evaluator *E;
    const ew_monomial s = {0, {1}};
    double b[2][EW_TAIL_ORDERS];
    arb_t K;
    set_up(&f, "selu");
    arb_init(K);
    arb_set_d(K, 0.75);
    arb_ptr a = _arb_vec_init(N + 4);
    check_ok(f.ctx, ew_evaluator_new(&E, f.s, EW_AUTO, f.ctx));
    check_ok(f.ctx, ew_expect_hermite(a, NULL, E, &s, N + 3, K, 70, f.ctx));
    ew_dual_tail_row(b, f.d, 0.75);
    double w = 1, sign[2] = {0, 0};
    for (int i = 0; i < N / 2; i++)
        w *= (2 * i + 1.0) / (2 * i + 2);
    for (int n = N; n < N + 4; n++) {
        double y = 0, want = arf_get_d(arb_midref(a + n), ARF_RND_NEAR);
        for (int p = ORDERS - 1; p >= 0; p--)
            y = y * N / n + b[n % 2][p];
        y *= (double) N / n * sqrt(w / (2 * acos(-1) * (n % 2 ? n : 1)));
        double flip = y * want < 0 ? -1 : 1;
        if (sign[n % 2] == 0)
            sign[n % 2] = flip;
        assert_true(fabs(y * flip - want) <= 1e-12 * fabs(want));
        assert_true(flip == (n < N + 2 ? 1 : -1) * sign[n % 2]);
        if (n % 2)
            w *= n / (n + 1.0);
    }
    _arb_vec_clear(a, N + 4);
    arb_clear(K);
    ew_evaluator_free(E);
    shut(&f);
}

static void test_refusals(void **state)
{
    (void) state;
    static const char *const text[] = {"abs(z-1)", "sign(z)", "max(z,1)+max(z,0)"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        ew_context *ctx = ew_context_new();
        ew_activation *s;
        arb_ptr jump = _arb_vec_init(EW_TAIL_JUMPS);
        check_ok(ctx, ew_activation_new(&s, text[i], ctx));
        assert_int_equal(ew_dual_jumps(jump, s, 64, ctx), EW_UNABLE);
        _arb_vec_clear(jump, EW_TAIL_JUMPS);
        ew_activation_free(s);
        ew_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refusals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
