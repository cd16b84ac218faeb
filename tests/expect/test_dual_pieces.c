#include "support/check.h"

#include <math.h>
#include <string.h>

#include "expect/dual/dual.h"
#include "expect/dual/evaluate.h"
#include "expect/dual/source.h"
#include "expect/evaluator.h"

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
    ew_dual *d;
    arb_t K, one;
} fixture;

static void set_up(fixture *f, const char *activation, double K)
{
    memset(f, 0, sizeof *f);
    f->ctx = ew_context_new();
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    check_ok(f->ctx, ew_evaluator_new(&f->E, f->s, EW_AUTO, f->ctx));
    arb_init(f->K);
    arb_init(f->one);
    arb_set_d(f->K, K);
    arb_one(f->one);
    check_ok(f->ctx, ew_dual_new(&f->d, f->E, f->s, f->K, f->one, f->one, f->ctx));
}

static void shut(fixture *f)
{
    ew_dual_free(f->d);
    arb_clear(f->K);
    arb_clear(f->one);
    ew_evaluator_free(f->E);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

static double at(const ew_piecewise *p, double t)
{
    return ew_piecewise_at(p, ew_piecewise_place(p, t));
}

/* t is 0, 1, an end of a piece, or any magnitude down to 1e-40. */
static double random_distance(check_rng *r)
{
    switch (check_range(r, 0, 11)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return ldexp(1, -(int) check_range(r, 0, 120));
    case 3:
        return nextafter(ldexp(1, -(int) check_range(r, 0, 120)), 0);
    case 4:
    case 5:
        return check_uniform(r);
    default:
        return pow(10, -40 * check_uniform(r));
    }
}

/* The value of a function of the dual, from c and c' at rho by any means. */
typedef void (*truth_fn)(arb_t c, arb_t dc, const arb_t rho, const fixture *f, slong prec);

static void true_value(arb_t y, slong function, double t, truth_fn truth, const fixture *f)
{
    const slong prec = 500;
    slong side = function % 2;
    arb_t rho, c, dc, end, slope;
    arb_init(rho);
    arb_init(c);
    arb_init(dc);
    arb_init(end);
    arb_init(slope);
    arb_set_d(rho, t);
    arb_sub_ui(rho, rho, 1, prec);
    if (side == 0)
        arb_neg(rho, rho);
    truth(c, dc, rho, f, prec);
    if (function >= EW_DUAL_DERIVATIVE) {
        arb_div(y, dc, f->K, prec);
    } else if (t == 0) {
        arb_set(y, dc);
    } else {
        arb_set_si(rho, side ? -1 : 1);
        truth(end, slope, rho, f, prec);
        arb_sub(y, side ? c : end, side ? end : c, prec);
        arb_set_d(end, t);
        arb_div(y, y, end, prec);
    }
    arb_clear(slope);
    arb_clear(end);
    arb_clear(dc);
    arb_clear(c);
    arb_clear(rho);
}

/* Within the stated bound, which is small; the worst of |value - f|/bound. */
static double compare(fixture *f, const char *name, slong trials, double small, truth_fn truth)
{
    check_rng r;
    arb_t y, x;
    arb_init(y);
    arb_init(x);
    check_rng_init(&r, name);
    double worst = 0;
    for (slong i = 0; i < check_trials(trials); i++) {
        double t = random_distance(&r);
        slong k = check_range(&r, 0, EW_DUAL_FUNCTIONS - 1);
        const ew_piecewise *p = &f->d->f[k];
        true_value(y, k, t, truth, f);
        arb_set_d(x, at(p, t));
        arb_sub(x, x, y, 500);
        arf_t top;
        arf_init(top);
        arb_get_abs_lbound_arf(top, x, 60);
        double off = arf_get_d(top, ARF_RND_NEAR);
        arf_clear(top);
        if (off > p->error)
            fail_msg("%s: function %ld at t = %a: off by %g, bound %g", name, (long) k, t, off,
                     p->error);
        worst = fmax(worst, off / p->error);
    }
    for (slong k = 0; k < EW_DUAL_FUNCTIONS; k++)
        if (!(f->d->f[k].error <= small))
            fail_msg("%s: bound %g of function %ld", name, f->d->f[k].error, (long) k);
    arb_clear(x);
    arb_clear(y);
    return worst;
}

/* sin: c = e^-K sinh(K rho). */
static void truth_sin(arb_t c, arb_t dc, const arb_t rho, const fixture *f, slong prec)
{
    arb_t e;
    arb_init(e);
    arb_neg(e, f->K);
    arb_exp(e, e, prec);
    arb_mul(c, f->K, rho, prec);
    arb_sinh_cosh(c, dc, c, prec);
    arb_mul(c, c, e, prec);
    arb_mul(dc, dc, e, prec);
    arb_mul(dc, dc, f->K, prec);
    arb_clear(e);
}

/* erf: c = (2/pi) asin(b rho), b = 2K/(1 + 2K). */
static void truth_erf(arb_t c, arb_t dc, const arb_t rho, const fixture *f, slong prec)
{
    arb_t b, pi;
    arb_init(b);
    arb_init(pi);
    arb_const_pi(pi, prec);
    arb_mul_2exp_si(b, f->K, 1);
    arb_add_ui(dc, b, 1, prec);
    arb_div(b, b, dc, prec);
    arb_mul(c, b, rho, prec);
    arb_mul(dc, c, c, prec);
    arb_sub_ui(dc, dc, 1, prec);
    arb_neg(dc, dc);
    arb_rsqrt(dc, dc, prec);
    arb_mul(dc, dc, b, prec);
    arb_asin(c, c, prec);
    arb_mul_2exp_si(c, c, 1);
    arb_mul_2exp_si(dc, dc, 1);
    arb_div(c, c, pi, prec);
    arb_div(dc, dc, pi, prec);
    arb_clear(pi);
    arb_clear(b);
}

/* The arc-cosine kernels: c = K (sin a + (pi - a) cos a)/(2 pi), c' = K (pi - a)/(2 pi). */
static void truth_relu(arb_t c, arb_t dc, const arb_t rho, const fixture *f, slong prec)
{
    arb_t a, pi;
    arb_init(a);
    arb_init(pi);
    arb_const_pi(pi, prec);
    arb_acos(a, rho, prec);
    arb_sub(dc, pi, a, prec);
    arb_sin(a, a, prec);
    arb_set(c, a);
    arb_addmul(c, dc, rho, prec);
    arb_mul(c, c, f->K, prec);
    arb_mul(dc, dc, f->K, prec);
    arb_div(c, c, pi, prec);
    arb_div(dc, dc, pi, prec);
    arb_mul_2exp_si(c, c, -1);
    arb_mul_2exp_si(dc, dc, -1);
    arb_clear(pi);
    arb_clear(a);
}

static void test_sin(void **state)
{
    (void) state;
    fixture f;
    const double K[3] = {0.0625, 1, 9};
    for (int i = 0; i < 3; i++) {
        set_up(&f, "sin", K[i]);
        compare(&f, "sin", 400, 2e-15, truth_sin);
        shut(&f);
    }
}

static void test_erf(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "erf", 0.5);
    compare(&f, "erf", 400, 1e-15, truth_erf);
    shut(&f);
}

static void test_relu(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "relu", 3);
    compare(&f, "relu", 600, 2e-15, truth_relu);
    assert_true(f.d->f[EW_DUAL_SLOPE].relative < 1e-15);
    shut(&f);
}

/* What the series of an activation with kinks leaves out is within its bound, which is no
 * wild one: the first of the terms, with their weights. */
static void test_rest_of_kinks(void **state)
{
    (void) state;
    const slong prec = 220, more = 40;
    const ew_monomial s = {0, {1}};
    fixture f;
    memset(&f, 0, sizeof f);
    f.ctx = ew_context_new();
    check_ok(f.ctx, ew_activation_new(&f.s, "elu", f.ctx));
    check_ok(f.ctx, ew_evaluator_new(&f.E, f.s, EW_AUTO, f.ctx));
    arb_init(f.K);
    arb_init(f.one);
    arb_set_d(f.K, 0.75);
    ew_dual_source x;
    ew_dual_source_init(&x, f.E, f.K);
    check_ok(f.ctx, ew_dual_kinked(&x, f.ctx));
    slong N = x.n + 1;
    arb_ptr a = _arb_vec_init(N + more), alpha = _arb_vec_init(N + more);
    check_ok(f.ctx, ew_expect_hermite(a, NULL, f.E, &s, N + more - 1, f.K, prec, f.ctx));
    ew_spline_hermite(alpha, N + more, &x.kinks->q, 2 * prec);
    for (slong n = N; n < N + more; n++) {
        arb_mul(a + n, a + n, a + n, prec);
        arb_submul(a + n, alpha + n, alpha + n, prec);
        arb_abs(a + n, a + n);
        arb_addmul_ui(f.one, a + n, (ulong) n, prec);
    }
    double rest = mag_get_d(x.rest), sum = arf_get_d(arb_midref(f.one), ARF_RND_NEAR);
    if (!(arb_rel_accuracy_bits(f.one) > 8 && sum <= rest && rest <= 1e4 * sum && rest < 1e-15))
        fail_msg("%ld terms: a rest of %g at least, bound %g", (long) N, sum, rest);
    _arb_vec_clear(alpha, N + more);
    _arb_vec_clear(a, N + more);
    ew_dual_source_clear(&x);
    shut(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sin),
        cmocka_unit_test(test_erf),
        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_rest_of_kinks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
