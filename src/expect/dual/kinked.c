/* The source of activations with kinks.  With the spline q of s (expect/dual/spline.h) and a_n,
 * alpha_n the Hermite coefficients of s and q,
 *     c(rho) = <q(u) q(v)> + sum_(n<N) (a_n^2 - alpha_n^2) rho^n + R.
 * The coefficients gamma_n of s - q, whose derivative of order m + 1 is that of s between the
 * kinks, obey sum_n n!/(n-m-1)! gamma_n^2 = K^(m+1) <(s^(m+1))^2>, and a_n^2 - alpha_n^2 =
 * gamma_n (2 a_n - gamma_n): by Cauchy and Schwarz the sum over n >= N of n |a_n^2 - alpha_n^2|
 * is at most G (2 A + G), with A^2 = sum_(n>=N) n a_n^2 = K <s'^2> less what was taken, and G^2
 * = K^(m+1) <(s^(m+1))^2>/((N-1) ... (N-m)).  It bounds R, and what R does to the functions of
 * the dual. */
#include "expect/dual/source.h"

#include <math.h>
#include <stdlib.h>

#include "expect/evaluator.h"

#define WHOLE_BITS 160
#define HERMITE_BITS 100 /* of a_n */
#define VALUE_BITS 88    /* of values, relative to c'(1) */
#define FAR_BITS 120     /* 1 - |rho| is 0 or more than 2^-FAR_BITS, or little depends on it */
#define MOST_BITS 6000
#define REST_BITS 52  /* the rest should be this far below the whole, */
#define LEAST_BITS 46 /* and must be this far */
#define MOST_TERMS 2560
#define MOST_DEGREE 60 /* of piecewise polynomials */

/* What is known before the series is taken. */
typedef struct {
    arb_t K, whole; /* the middle of the ball; K <s'^2> there */
    slong degree, terms;
    mag_t smooth; /* G^2 */
} plan;

static void plan_init(plan *p, const ew_dual_source *x)
{
    arb_init(p->K);
    arb_init(p->whole);
    mag_init(p->smooth);
    arb_get_mid_arb(p->K, x->K);
    p->degree = p->terms = 0;
}

static void plan_clear(plan *p)
{
    arb_clear(p->K);
    arb_clear(p->whole);
    mag_clear(p->smooth);
}

/* ---- how many terms, of which degree -------------------------------------------------------
 */

/* G^2 = d/((N-1) ... (N-m)) */
static void smooth_rest(mag_t g, const mag_t d, slong N, slong m)
{
    mag_set(g, d);
    for (slong i = 1; i <= m; i++)
        mag_div_ui(g, g, (ulong) (N - i));
}

/* The N from which G is small enough, if A^2 falls off like N^(-1/2); MOST_TERMS if none is. */
static slong terms_needed(const mag_t d, slong m, const mag_t whole)
{
    mag_t g, target;
    mag_init(g);
    mag_init(target);
    slong N = m + 16;
    for (; N < MOST_TERMS; N += FLINT_MAX(8, N / 8)) {
        smooth_rest(g, d, N, m);
        mag_mul_2exp_si(target, whole, -2 * REST_BITS - 2 + (slong) (log2((double) N) / 2));
        if (mag_cmp(g, target) <= 0)
            break;
    }
    mag_clear(target);
    mag_clear(g);
    return FLINT_MIN(N, MOST_TERMS);
}

/* Splines of growing degree, until few terms do. */
static ew_status plan_terms(plan *p, ew_evaluator *E, ew_context *ctx)
{
    static const slong degree[] = {8, 12, 16, 22};
    arb_t d, power;
    mag_t size, whole, g;
    arb_init(d);
    arb_init(power);
    mag_init(size);
    mag_init(whole);
    mag_init(g);
    arb_get_mag_lower(whole, p->whole);
    ew_status status = EW_OK;
    mag_inf(p->smooth);
    for (int i = 0; i < 4 && status == EW_OK && !(p->terms && p->terms <= 128); i++) {
        slong m = degree[i];
        status = ew_dual_square(d, E, m + 1, p->K, 24, ctx);
        if (status == EW_UNABLE && p->terms) { /* what there is will have to do */
            ew_clear(ctx);
            status = EW_OK;
            break;
        }
        arb_pow_ui(power, p->K, (ulong) (m + 1), 64);
        arb_mul(d, d, power, 64);
        arb_get_mag(size, d);
        slong N = terms_needed(size, m, whole);
        smooth_rest(g, size, N, m);
        if (status == EW_OK &&
            (!p->terms || N < p->terms || (N == p->terms && mag_cmp(g, p->smooth) < 0))) {
            p->terms = N;
            p->degree = m;
            mag_set(p->smooth, g);
        }
    }
    mag_clear(g);
    mag_clear(whole);
    mag_clear(size);
    arb_clear(power);
    arb_clear(d);
    return status;
}

/* Pieces that are polynomials leave a polynomial. */
static ew_status plan_polynomial(plan *p, const ew_activation *s, ew_context *ctx)
{
    for (slong i = 0; i < s->n; i++)
        p->degree = FLINT_MAX(p->degree, s->piece[i].degree);
    p->terms = p->degree + 1;
    mag_zero(p->smooth);
    if (p->degree > MOST_DEGREE)
        return ew_fail(ctx, EW_UNABLE, "dual: pieces of a degree above %d: %s", MOST_DEGREE,
                       s->text);
    return EW_OK;
}

static ew_status make_plan(plan *p, ew_dual_source *x, ew_context *ctx)
{
    const ew_activation *s = x->E->s;
    ew_status status = ew_dual_square(p->whole, x->E, 1, p->K, WHOLE_BITS, ctx);
    arb_mul(p->whole, p->whole, p->K, WHOLE_BITS);
    if (status != EW_OK)
        return status;
    return s->piecewise_poly ? plan_polynomial(p, s, ctx) : plan_terms(p, x->E, ctx);
}

/* ---- the spline ----------------------------------------------------------------------------
 */

static ew_dual_kinks *kinks_new(const plan *p, ew_context *ctx)
{
    ew_dual_kinks *k = ew_alloc_zero(1, sizeof *k, ctx);
    if (!k)
        return NULL;
    for (int side = 0; side < 2; side++) {
        arb_init(k->value[side]);
        arb_init(k->derivative[side]);
    }
    mag_init(k->unit);
    arb_get_mag_lower(k->unit, p->whole);
    return k;
}

/* Radius at most 2^-bits of the unit? */
static int narrow(const arb_t y, const ew_dual_kinks *k, slong bits)
{
    mag_t m;
    mag_init(m);
    mag_mul_2exp_si(m, k->unit, -bits);
    int ok = mag_cmp(arb_radref(y), m) <= 0;
    mag_clear(m);
    return ok;
}

/* At `prec` bits; `good`: that suffices for what follows.  alpha[terms]. */
static ew_status try_spline(int *good, arb_ptr alpha, ew_dual_source *x, const plan *p,
                            slong prec, ew_context *ctx)
{
    ew_dual_kinks *k = x->kinks;
    arb_t t, sum;
    arb_init(t);
    arb_init(sum);
    ew_status status = ew_spline_init(&k->q, x->E->s, p->degree, p->K, prec, ctx);
    for (int side = 0; side < 2 && status == EW_OK; side++)
        status = ew_spline_dual(k->value[side], k->derivative[side], &k->q, side ? -1 : 1, t,
                                prec, ctx);
    if (status == EW_OK)
        ew_spline_hermite(alpha, p->terms, &k->q, prec);
    for (slong n = 0; n < p->terms; n++) {
        arb_mul(t, alpha + n, alpha + n, prec);
        arb_addmul_ui(sum, t, (ulong) n, prec);
    }
    *good = narrow(sum, k, VALUE_BITS);
    for (int side = 0; side < 2; side++)
        *good = *good && narrow(k->value[side], k, VALUE_BITS + FAR_BITS) &&
                narrow(k->derivative[side], k, VALUE_BITS);
    arb_clear(sum);
    arb_clear(t);
    return status;
}

/* What cancels is found by trying. */
static ew_status set_spline(arb_ptr alpha, ew_dual_source *x, const plan *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    int good = 0;
    if (!(x->kinks = kinks_new(p, ctx)))
        return EW_MEMORY;
    for (slong prec = 384; status == EW_OK && !good; prec += prec / 2) {
        ew_spline_clear(&x->kinks->q);
        status = prec > MOST_BITS ? ew_fail(ctx, EW_UNABLE,
                                            "dual: the kinks cancel beyond %d bits", MOST_BITS)
                                  : try_spline(&good, alpha, x, p, prec, ctx);
    }
    if (status == EW_OK) { /* a guess: how far the terms exceed what they add up to */
        mag_t m;
        mag_init(m);
        arb_get_mag(m, x->kinks->derivative[0]);
        mag_div(m, m, x->kinks->unit);
        x->kinks->lost = 16 + FLINT_MAX(0, (slong) mag_get_d_log2_approx(m));
        mag_clear(m);
    }
    return status;
}

/* ---- the series ----------------------------------------------------------------------------
 */

/* rest = G (2 A + G). */
static void set_rest(mag_t rest, const plan *p, arb_srcptr a)
{
    arb_t left, t;
    mag_t A, G;
    arb_init(left);
    arb_init(t);
    mag_init(A);
    mag_init(G);
    arb_set(left, p->whole);
    for (slong n = 1; n < p->terms; n++) {
        arb_mul(t, a + n, a + n, WHOLE_BITS);
        arb_submul_ui(left, t, (ulong) n, WHOLE_BITS);
    }
    arb_nonnegative_part(left, left);
    arb_get_mag(A, left);
    mag_sqrt(A, A);
    mag_sqrt(G, p->smooth);
    mag_mul_2exp_si(A, A, 1);
    mag_add(A, A, G);
    mag_mul(rest, A, G);
    mag_clear(G);
    mag_clear(A);
    arb_clear(t);
    arb_clear(left);
}

static ew_status check_rest(const ew_dual_source *x, const plan *p, ew_context *ctx)
{
    mag_t most;
    mag_init(most);
    arb_get_mag_lower(most, p->whole);
    mag_mul_2exp_si(most, most, -LEAST_BITS);
    int small = mag_cmp(x->rest, most) <= 0;
    mag_clear(most);
    return small ? EW_OK
                 : ew_fail(ctx, EW_UNABLE,
                           "dual: more than %d Hermite coefficients at this variance: %s",
                           MOST_TERMS, x->E->s->text);
}

static ew_status set_series(ew_dual_source *x, const plan *p, ew_context *ctx)
{
    const ew_monomial s = {0, {1}};
    slong N = p->terms;
    arb_ptr a = _arb_vec_init(N), alpha = _arb_vec_init(N);
    ew_status status = set_spline(alpha, x, p, ctx);
    if (status == EW_OK)
        status = ew_expect_hermite(a, NULL, x->E, &s, N - 1, p->K, HERMITE_BITS, ctx);
    if (status == EW_OK) {
        set_rest(x->rest, p, a);
        status = check_rest(x, p, ctx);
    }
    if (status == EW_OK) {
        slong prec = x->kinks->q.prec;
        for (slong n = 0; n < N; n++) {
            arb_mul(a + n, a + n, a + n, prec);
            arb_submul(a + n, alpha + n, alpha + n, prec);
        }
        x->n = N - 1;
        ew_dual_power_set(x, a, prec);
        arb_add(x->opposite, x->opposite, x->kinks->value[1], prec);
    }
    _arb_vec_clear(alpha, N);
    _arb_vec_clear(a, N);
    return status;
}

/* ---- the ball of K -------------------------------------------------------------------------
 */

/* Bounds |s'|, |z s''| between the kinks, and the added jumps of s', at any variance of the
 * ball. */
static ew_status sizes(mag_t norm, mag_t jumps, const ew_dual_source *x, ew_context *ctx)
{
    ew_atom1 atom[] = {{{0, {0, 2}}, 0}, {{2, {0, 0, 2}}, 0}};
    arb_ptr y = _arb_vec_init(2);
    mag_t m;
    mag_init(m);
    x->E->regular = 1;
    ew_status status = ew_expect_one(y, NULL, x->E, atom, 2, x->K, 64, ctx);
    x->E->regular = 0;
    mag_zero(norm);
    for (int i = 0; i < 2; i++) {
        arb_get_mag(m, y + i);
        mag_sqrt(m, m);
        mag_add(norm, norm, m);
    }
    const ew_spline *q = &x->kinks->q;
    mag_zero(jumps);
    for (slong i = 0; i < q->knots; i++)
        if (!q->zero[i]) {
            arb_get_mag(m, q->jump + i * (q->degree + 1) + 1);
            mag_add(jumps, jumps, m);
        }
    mag_clear(m);
    _arb_vec_clear(y, 2);
    return status;
}

/* rest += what the functions change by while K runs over its ball.  h_K(g) = sqrt(K) s'(sqrt(K)
 * g) has the norm A of sum n a_n^2, and changes by
 *     delta <= r/(2 sqrt K) (|s'| + |z s''|) + sqrt(K) sum over kinks of |J| sqrt(P):
 * its derivative in K between the kinks, and the jump where g passes from one side of c/sqrt(K)
 * to the other, with probability P at most 1/8 of the change of ln K, since x phi(x) <= (2 pi
 * e)^(-1/2).  Then sum n |change of a_n^2| <= delta (2 A + delta).  The mean a_0 changes by at
 * most r/(2 K) |z s'| <= r/(2 sqrt K) |s'|. */
static ew_status add_drift(ew_dual_source *x, const plan *p, ew_context *ctx)
{
    if (arb_is_exact(x->K))
        return EW_OK;
    arb_t low, root, t;
    mag_t norm, jumps, delta, m;
    arb_init(low);
    arb_init(root);
    arb_init(t);
    mag_init(norm);
    mag_init(jumps);
    mag_init(delta);
    mag_init(m);
    ew_status status = sizes(norm, jumps, x, ctx);
    arb_get_lbound_arf(arb_midref(low), x->K, 64);
    arb_set_arf(t, arb_midref(low));
    arb_sqrt(root, t, 64);
    arb_inv(root, root, 64);
    arb_get_mag(delta, root);
    mag_mul(delta, delta, norm);
    mag_mul(delta, delta, arb_radref(x->K)); /* twice the first part */
    arb_inv(t, t, 64);
    arb_get_mag(m, t);
    mag_mul(m, m, arb_radref(x->K)); /* bounds the change of ln K */
    mag_mul_2exp_si(m, m, -3);
    mag_sqrt(m, m);
    mag_mul_2exp_si(jumps, jumps, 1); /* at the middle; K varies by less than its factor 2 */
    mag_addmul(delta, jumps, m);
    arb_sqrt(t, p->whole, 64);
    arb_get_mag(m, t);
    mag_mul_2exp_si(m, m, 1);
    mag_add(m, m, delta);
    mag_addmul(x->rest, m, delta);
    ew_atom1 square = {{0, {2}}, 0};
    if (status == EW_OK)
        status = ew_expect_one(t, NULL, x->E, &square, 1, x->K, 64, ctx);
    arb_sqrt(t, t, 64);
    arb_get_mag(m, t);
    mag_mul_2exp_si(m, m, 1);
    mag_mul(m, m, delta);
    arb_add_error_mag(x->opposite, m);
    arb_add_error_mag(x->opposite, x->rest);
    mag_clear(m);
    mag_clear(delta);
    mag_clear(jumps);
    mag_clear(norm);
    arb_clear(t);
    arb_clear(root);
    arb_clear(low);
    return status;
}

/* ---- values --------------------------------------------------------------------------------
 */

/* The spline's part on one side at the exact t > 0: the slope loses as many bits to the
 * difference as t has leading zeros, besides what the moments cancel. */
static ew_status side_value(arb_t slope, arb_t derivative, ew_dual_source *x, slong side,
                            const arb_t t, ew_context *ctx)
{
    ew_dual_kinks *k = x->kinks;
    slong zeros = -FLINT_MIN(arf_abs_bound_lt_2exp_si(arb_midref(t)), 0);
    for (;; k->lost += 32) {
        slong high = VALUE_BITS + 8 + zeros + k->lost;
        ew_status status =
            ew_spline_dual(slope, derivative, &k->q, side ? -1 : 1, t, high, ctx);
        if (status != EW_OK)
            return status;
        if (side == 0)
            arb_sub(slope, k->value[0], slope, high);
        else
            arb_sub(slope, slope, k->value[1], high);
        arb_div(slope, slope, t, high);
        if ((narrow(slope, k, VALUE_BITS) && narrow(derivative, k, VALUE_BITS)) ||
            high > k->q.prec)
            return EW_OK;
    }
}

/* At the middle of t. */
static ew_status values(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec,
                        ew_context *ctx)
{
    arb_t slope, derivative;
    arb_init(slope);
    arb_init(derivative);
    ew_dual_power_value(y, x, t, FLINT_MIN(prec, VALUE_BITS) + x->kinks->lost);
    ew_status status = EW_OK;
    for (slong side = 0; side < 2 && status == EW_OK; side++) {
        if (arb_is_zero(t)) {
            arb_set(derivative, x->kinks->derivative[side]);
            arb_set(slope, derivative);
        } else {
            status = side_value(slope, derivative, x, side, t, ctx);
        }
        arb_ptr s = y + EW_DUAL_SLOPE + side, d = y + EW_DUAL_DERIVATIVE + side;
        arb_add(s, s, slope, prec);
        arb_div(derivative, derivative, x->K, x->kinks->q.prec);
        arb_add(d, d, derivative, prec);
    }
    arb_clear(derivative);
    arb_clear(slope);
    return status;
}

/* Over the ball: side 0 is convex and falls to what is not negative, so that |t f'(t)| <= f(0)
 * <= c'(1) there, and side 1 varies by no more.  (Balls in the moments would cost the square
 * root of t.) */
static void add_radius(arb_ptr y, const ew_dual_source *x, const arb_t t)
{
    mag_t r, low;
    mag_init(r);
    mag_init(low);
    arb_get_mag_lower(low, t);
    mag_div(r, arb_radref(t), low);
    mag_mul(r, r, x->kinks->unit);
    mag_mul_2exp_si(r, r, 1);
    arb_get_mag_lower(low, x->K);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        if (f == EW_DUAL_DERIVATIVE)
            mag_div(r, r, low);
        arb_add_error_mag(y + f, r);
    }
    mag_clear(low);
    mag_clear(r);
}

static ew_status value(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec, ew_context *ctx)
{
    arb_t middle;
    arb_init(middle);
    arb_get_mid_arb(middle, t);
    ew_status status = values(y, x, middle, prec, ctx);
    if (!arb_is_exact(t))
        add_radius(y, x, t);
    arb_clear(middle);
    return status;
}

ew_status ew_dual_kinked(ew_dual_source *x, ew_context *ctx)
{
    if (!x->E->s->continuous)
        return ew_fail(ctx, EW_UNABLE, "dual: an activation that jumps: %s", x->E->s->text);
    plan p;
    plan_init(&p, x);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++)
        mag_inf(x->slope[f]);
    x->value = value;
    x->end = ew_dual_monotone_end;
    ew_status status = make_plan(&p, x, ctx);
    if (status == EW_OK)
        status = set_series(x, &p, ctx);
    if (status == EW_OK)
        status = add_drift(x, &p, ctx);
    plan_clear(&p);
    return status;
}
