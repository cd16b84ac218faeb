/* The rules of the functions of one argument on the half strip.  A rule gives the continuation
 * from the real line, so an identity that holds there may be used without minding branches as
 * long as each side is analytic on S. */
#include "activation/ends.h"

#define PREC EW_GROWTH_PREC

/* e^u with u = beta + alpha z + w, alpha rational, |w| <= small <= B: the factor e^w is
 * 1 + (e^w - 1), |e^w - 1| <= |w| e^B. */
static void exp_expansion(ew_value *v, const ew_value *u, const ew_half *S)
{
    arb_t beta, B;
    fmpq_t alpha;
    ew_growth g;
    int linear =
        fmpq_is_zero(u->rate) && ew_value_degree(u) <= 1 && arb_poly_length(u->ball) <= 1;
    const ew_growth *small = linear ? &u->rest : &u->upper;
    arb_init(beta);
    arb_init(B);
    fmpq_init(alpha);
    ew_growth_init(&g);
    ew_growth_sup(B, small, S->R);
    if (linear) {
        ew_value_coeff(beta, u, 0);
        fmpq_poly_get_coeff_fmpq(alpha, u->exact, 1);
    }
    if (arb_is_finite(B) && arb_is_finite(beta)) {
        arb_exp(beta, beta, PREC);
        ew_value_set_constant(v, beta);
        fmpq_set(v->rate, alpha);
        ew_value_lead(&g, v, S);
        arb_exp(B, B, PREC);
        ew_growth_scale(&g, B);
        ew_growth_mul(&v->rest, &g, small);
    }
    arb_clear(beta);
    arb_clear(B);
    fmpq_clear(alpha);
    ew_growth_clear(&g);
}

/* u real, positive and faster than every line. */
static int superlinear(const ew_value *u)
{
    return u->sign > 0 &&
           (u->steep || (ew_growth_is_positive(&u->lower) &&
                         (fmpq_sgn(u->lower.q) > 0 ||
                          (fmpq_is_zero(u->lower.q) && fmpq_cmp_si(u->lower.p, 1) > 0))));
}

/* |e^u| = e^{Re u}; arg e^u = Im u. */
void ew_end_exp(ew_value *v, const ew_value *u, const ew_half *S)
{
    ew_value w;
    arb_t pi;
    ew_value_init(&w);
    arb_init(pi);
    exp_expansion(&w, u, S);
    ew_growth_exp(&w.upper, &u->above);
    if (u->below.known)
        ew_growth_exp(&w.lower, &u->below);
    ew_line_limit(w.arg, &u->swing, S->R, 1);
    arb_const_pi(pi, PREC);
    w.sign = arb_is_finite(w.arg) && arb_lt(w.arg, pi);
    if (!w.sign)
        arb_zero(w.arg);
    w.steep = S->real && superlinear(u);
    ew_value_conclude(&w, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    arb_clear(pi);
}

static void set_si(ew_value *v, slong c, const ew_half *S)
{
    fmpq_t q;
    ew_value w;
    fmpq_init(q);
    fmpq_set_si(q, c, 1);
    ew_value_init(&w);
    ew_value_rational(&w, q, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    fmpq_clear(q);
}

/* v = a + s b */
static void add_si(ew_value *v, slong a, slong s, const ew_value *b, const ew_half *S)
{
    ew_value t, c;
    ew_value_init(&t);
    ew_value_init(&c);
    set_si(&c, a, S);
    ew_value_scale(&t, b, s, 1, S);
    ew_value_add(v, &c, &t, S);
    ew_value_clear(&t);
    ew_value_clear(&c);
}

/* v = e^{ku} */
static void exp_multiple(ew_value *v, const ew_value *u, slong k, const ew_half *S)
{
    ew_value t;
    ew_value_init(&t);
    ew_value_scale(&t, u, k, 1, S);
    ew_end_exp(v, &t, S);
    ew_value_clear(&t);
}

static void bounded_by(ew_value *v, const arb_t c, const ew_half *S)
{
    ew_growth g;
    ew_value w;
    ew_growth_init(&g);
    ew_value_init(&w);
    ew_growth_constant(&g, c);
    ew_value_bounded(&w, &g, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    ew_growth_clear(&g);
}

/* q = t / (1 + t), t = e^{-k |Re|...} small at the end. */
static ew_end_status small_ratio(ew_value *q, const ew_value *t, const ew_half *S)
{
    ew_value w;
    ew_value_init(&w);
    add_si(&w, 1, 1, t, S);
    ew_end_status status = ew_value_inv(&w, &w, S);
    if (status == EW_END_OK)
        ew_value_mul(q, &w, t, S);
    ew_value_clear(&w);
    return status;
}

/* |Im u| <= b < pi/2, u = a + ib: |tanh u|^2 = (sinh^2 a + sin^2 b) / (sinh^2 a + cos^2 b) is
 * at most max(1, tan^2 b), and cosh u has no zero there.  m receives max(1, tan(b / den)). */
static int tanh_bound(arb_t m, const ew_value *u, slong den, const ew_half *S)
{
    arb_t half;
    arb_init(half);
    ew_line_limit(m, &u->swing, S->R, 1);
    arb_div_si(m, m, den, PREC);
    arb_const_pi(half, PREC);
    arb_mul_2exp_si(half, half, -1);
    int ok = arb_is_finite(m) && arb_lt(m, half);
    if (ok) {
        arb_tan(m, m, PREC);
        arb_one(half);
        arb_max(m, m, half, PREC);
        ok = arb_is_finite(m);
    }
    arb_clear(half);
    return ok;
}

/* tanh u = s (1 - 2 t / (1 + t)), t = e^{-2su}, s the sign of Re u. */
static ew_end_status tanh_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    int s = ew_value_real_sign(u, S);
    ew_value t;
    arb_t m;
    ew_value_init(&t);
    arb_init(m);
    ew_end_status status = EW_END_UNABLE;
    if (s != 0) {
        exp_multiple(&t, u, -2 * s, S);
        status = small_ratio(&t, &t, S);
    }
    if (status == EW_END_OK) {
        add_si(v, s, -2 * s, &t, S);
    } else if (tanh_bound(m, u, 1, S)) {
        bounded_by(v, m, S);
        status = EW_END_OK;
    }
    ew_value_clear(&t);
    arb_clear(m);
    return status;
}

/* sigmoid u = 1 - t / (1 + t), t = e^{-u}, or t / (1 + t), t = e^u; else (1 + tanh(u/2)) / 2.
 */
static ew_end_status sigmoid_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    int s = ew_value_real_sign(u, S);
    ew_value t;
    arb_t m;
    ew_value_init(&t);
    arb_init(m);
    ew_end_status status = EW_END_UNABLE;
    if (s != 0) {
        exp_multiple(&t, u, -s, S);
        status = small_ratio(&t, &t, S);
    }
    if (status == EW_END_OK) {
        add_si(v, s > 0, -s, &t, S);
    } else if (tanh_bound(m, u, 2, S)) {
        arb_add_ui(m, m, 1, PREC);
        arb_mul_2exp_si(m, m, -1);
        bounded_by(v, m, S);
        status = EW_END_OK;
    }
    ew_value_clear(&t);
    arb_clear(m);
    return status;
}

/* |log|u|| <= k0 + k1 log x + k2 x for both bounds of |u|, and log x <= (8/e) x^{1/8}. */
static void log_law(ew_growth *g, const ew_value *u, const ew_half *S)
{
    ew_growth t;
    arb_t k, a, b;
    ew_growth_init(&t);
    arb_init(k);
    arb_init(a);
    arb_init(b);
    arb_log(a, u->upper.c, PREC);
    arb_log(b, u->lower.c, PREC);
    arb_abs(a, a);
    arb_abs(b, b);
    arb_max(k, a, b, PREC);
    arb_add(k, k, u->arg, PREC);
    ew_growth_constant(g, k);

    arb_set_fmpq(a, u->upper.p, PREC);
    arb_set_fmpq(b, u->lower.p, PREC);
    arb_abs(a, a);
    arb_abs(b, b);
    arb_max(k, a, b, PREC);
    arb_mul_ui(k, k, 8, PREC);
    arb_const_e(a, PREC);
    arb_div(t.c, k, a, PREC);
    fmpq_set_si(t.p, 1, 8);
    ew_growth_add(g, g, &t, S->R);

    arb_set_fmpq(a, u->upper.q, PREC);
    arb_set_fmpq(b, u->lower.q, PREC);
    arb_abs(a, a);
    arb_abs(b, b);
    arb_max(t.c, a, b, PREC);
    fmpq_one(t.p);
    ew_growth_add(g, g, &t, S->R);
    ew_growth_clear(&t);
    arb_clear(k);
    arb_clear(a);
    arb_clear(b);
}

/* A line beyond log(c x^p e^{qx}) in direction side: log x lies below its tangent at R and
 * above log R. */
static void log_line(ew_line *l, const ew_growth *g, slong R, int side)
{
    arb_t at, slope, t;
    arb_init(at);
    arb_init(slope);
    arb_init(t);
    arb_set_fmpq(slope, g->q, PREC);
    arb_mul_si(at, slope, R, PREC);
    arb_log(t, g->c, PREC);
    arb_add(at, at, t, PREC);
    arb_log_ui(t, (ulong) R, PREC);
    arb_mul_fmpz(t, t, fmpq_numref(g->p), PREC);
    arb_div_fmpz(t, t, fmpq_denref(g->p), PREC);
    arb_add(at, at, t, PREC);
    if (fmpq_sgn(g->p) * side > 0) {
        arb_set_fmpq(t, g->p, PREC);
        arb_div_si(t, t, R, PREC);
        arb_add(slope, slope, t, PREC);
    }
    ew_line_through(l, at, slope, R, side);
    arb_clear(at);
    arb_clear(slope);
    arb_clear(t);
}

/* log(A e^{rate z} (1 + delta)) = rate z + log A + log(1 + delta), A > 0, where
 * |log(1 + delta)| <= |delta| / (1 - theta0). */
static void log_expansion(ew_value *v, const ew_value *u, const ew_half *S)
{
    arb_t A, theta0;
    ew_growth theta;
    arb_init(A);
    arb_init(theta0);
    ew_growth_init(&theta);
    if (ew_value_near_exponential(A, &theta, theta0, u, S) && arb_is_positive(A)) {
        arb_log(A, A, PREC);
        ew_value_set_constant(v, A);
        fmpq_poly_set_coeff_fmpq(v->exact, 1, u->rate);
        arb_sub_ui(theta0, theta0, 1, PREC);
        arb_neg(theta0, theta0);
        arb_inv(theta0, theta0, PREC);
        ew_growth_set(&v->rest, &theta);
        ew_growth_scale(&v->rest, theta0);
    }
    arb_clear(A);
    arb_clear(theta0);
    ew_growth_clear(&theta);
}

/* Re log u = log|u|, Im log u = arg u. */
static ew_end_status log_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    if (u->sign < 0 && S->real)
        return EW_END_UNDEFINED;
    if (u->sign <= 0 || !ew_growth_is_positive(&u->lower))
        return EW_END_UNABLE;
    ew_value w;
    ew_value_init(&w);
    log_expansion(&w, u, S);
    log_line(&w.below, &u->lower, S->R, -1);
    ew_line_constant(&w.swing, u->arg);
    if (ew_growth_is_positive(&u->upper)) {
        log_line(&w.above, &u->upper, S->R, 1);
        log_law(&w.upper, u, S);
    }
    ew_value_conclude(&w, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    return EW_END_OK;
}

/* log(1 + u) and, through it for Re u of one sign, softplus u = log(1 + e^u) = u + log(1 +
 * e^{-u}). |t| < 1 for the small exponential t, so log(1 + t) is analytic; on the real line
 * softplus u is between 0 and log 2 + |u|. */
static ew_end_status log1p_rule(ew_value *v, const ew_value *u, const ew_half *S,
                                ew_context *ctx)
{
    ew_value t;
    ew_expr *node = ew_expr_1(EW_LOG1P, ew_expr_leaf(EW_Z, 0, ctx), ctx);
    if (node == NULL)
        return EW_END_MEMORY;
    ew_value_init(&t);
    int found = ew_end_bounded(&t, node, u, S, ctx);
    ew_end_status status = found < 0 ? EW_END_MEMORY : EW_END_OK;
    if (found == 0) {
        add_si(&t, 1, 1, u, S);
        status = log_rule(&t, &t, S);
    }
    if (status == EW_END_OK)
        ew_value_swap(v, &t);
    ew_value_clear(&t);
    ew_expr_free(node);
    return status;
}

static ew_end_status softplus_rule(ew_value *v, const ew_value *u, const ew_half *S,
                                   ew_context *ctx)
{
    int s = ew_value_real_sign(u, S);
    ew_end_status status = EW_END_UNABLE;
    ew_value t;
    ew_growth g;
    ew_value_init(&t);
    ew_growth_init(&g);
    if (s != 0) {
        exp_multiple(&t, u, -s, S);
        status = log1p_rule(&t, &t, S, ctx);
    }
    if (status == EW_END_OK && s > 0) {
        ew_value_add(v, u, &t, S);
    } else if (status == EW_END_OK) {
        ew_value_swap(v, &t);
    } else if (status == EW_END_UNABLE && S->real && ew_growth_is_finite(&u->upper)) {
        arb_const_log2(g.c, PREC);
        ew_growth_add(&g, &g, &u->upper, S->R);
        ew_value_clear(&t);
        ew_value_init(&t);
        ew_value_bounded(&t, &g, S);
        ew_value_swap(v, &t);
        status = EW_END_OK;
    }
    ew_value_clear(&t);
    ew_growth_clear(&g);
    return status;
}

/* (e^u + s e^{-u}) / 2 */
static void cosh_rule(ew_value *v, const ew_value *u, int s, const ew_half *S)
{
    ew_value a, b;
    ew_value_init(&a);
    ew_value_init(&b);
    exp_multiple(&a, u, 1, S);
    exp_multiple(&b, u, -1, S);
    if (s < 0)
        ew_value_sub(&a, &a, &b, S);
    else
        ew_value_add(&a, &a, &b, S);
    ew_value_scale(v, &a, 1, 2, S);
    ew_value_clear(&a);
    ew_value_clear(&b);
}

/* |sin u|, |cos u| <= cosh(Im u) <= e^{|Im u|}; their imaginary parts are at most sinh |Im u|.
 */
static ew_end_status sin_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    if (!u->swing.known)
        return EW_END_UNABLE;
    ew_growth g;
    ew_value w;
    arb_t b, t;
    ew_growth_init(&g);
    ew_value_init(&w);
    arb_init(b);
    arb_init(t);
    ew_line_limit(b, &u->swing, S->R, 1);
    if (arb_is_finite(b)) {
        arb_sinh_cosh(t, b, b, PREC);
        ew_line_constant(&w.swing, t);
        ew_growth_constant(&g, b);
    } else {
        ew_growth_exp(&g, &u->swing);
    }
    ew_value_bounded(&w, &g, S);
    ew_value_swap(v, &w);
    ew_growth_clear(&g);
    ew_value_clear(&w);
    arb_clear(b);
    arb_clear(t);
    return EW_END_OK;
}

/* atan u = s pi/2 - atan(1/u) for Re u of sign s; |atan w| <= |w| / (1 - |w|^2) for |w| < 1. */
static ew_end_status atan_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    int s = ew_value_real_sign(u, S);
    ew_end_status status = EW_END_UNABLE;
    ew_growth g;
    ew_value w, c;
    arb_t t;
    ew_growth_init(&g);
    ew_value_init(&w);
    ew_value_init(&c);
    arb_init(t);
    if (s != 0 && ew_growth_is_positive(&u->lower)) {
        arb_one(g.c);
        ew_growth_div(&g, &g, &u->lower);
        ew_growth_sup(t, &g, S->R);
        arb_mul(t, t, t, PREC);
        arb_sub_ui(t, t, 1, PREC);
        arb_neg(t, t);
        if (arb_is_finite(t) && arb_is_positive(t)) {
            arb_inv(t, t, PREC);
            ew_growth_scale(&g, t);
            ew_value_bounded(&w, &g, S);
            arb_const_pi(t, PREC);
            arb_mul_2exp_si(t, t, -1);
            if (s < 0)
                arb_neg(t, t);
            ew_value_ball(&c, t, S);
            ew_value_add(v, &c, &w, S);
            status = EW_END_OK;
        }
    }
    ew_growth_clear(&g);
    ew_value_clear(&w);
    ew_value_clear(&c);
    arb_clear(t);
    if (status != EW_END_OK && S->real) {
        arb_init(t);
        arb_const_pi(t, PREC);
        arb_mul_2exp_si(t, t, -1);
        bounded_by(v, t, S);
        arb_clear(t);
        status = EW_END_OK;
    }
    return status;
}

/* w = asinh u for Re u > 0 (odd otherwise): |Im w| <= pi/2, Re w > 0, and from
 * |u| = |sinh w| <= cosh(Re w) and e^w = u + sqrt(1 + u^2):
 *     log|u| <= Re w <= log(1 + 2|u|). */
static ew_end_status asinh_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    int s = ew_value_real_sign(u, S);
    if (s == 0 || !ew_growth_is_positive(&u->lower) || !ew_growth_is_positive(&u->upper))
        return EW_END_UNABLE;
    ew_value a, w;
    ew_value_init(&a);
    ew_value_init(&w);
    arb_const_pi(a.arg, PREC);
    arb_mul_2exp_si(a.arg, a.arg, -1);
    ew_growth_set(&a.lower, &u->lower);
    arb_one(a.upper.c);
    ew_growth_add(&a.upper, &a.upper, &u->upper, S->R);
    ew_growth_add(&a.upper, &a.upper, &u->upper, S->R);
    ew_line_constant(&w.swing, a.arg);
    log_line(&w.below, &a.lower, S->R, -1);
    log_line(&w.above, &a.upper, S->R, 1);
    log_law(&w.upper, &a, S);
    ew_value_conclude(&w, S);
    if (s < 0)
        ew_value_neg(v, &w);
    else
        ew_value_swap(v, &w);
    ew_value_clear(&a);
    ew_value_clear(&w);
    return EW_END_OK;
}

/* For Re u >= 0: e^{u^2} erfc u = (2 / sqrt pi) int_0^inf e^{-t^2 - 2ut} dt, at most 1 in
 * modulus, so |erfc u| <= |e^{-u^2}|. */
static int erfc_small(ew_growth *g, const ew_value *u, const ew_half *S)
{
    ew_value w;
    ew_value_init(&w);
    ew_value_mul(&w, u, u, S);
    ew_value_neg(&w, &w);
    ew_end_exp(&w, &w, S);
    ew_growth_set(g, &w.upper);
    ew_value_clear(&w);
    return ew_growth_is_finite(g);
}

/* |erf(a + ib)| <= |erf a| + (2 / sqrt pi) int_0^b e^{t^2 - a^2} dt <= 1 + (2 / sqrt pi) b
 * e^{b^2}. */
static int erf_bound(arb_t m, const ew_value *u, const ew_half *S)
{
    arb_t b;
    arb_init(b);
    ew_line_limit(b, &u->swing, S->R, 1);
    arb_mul(m, b, b, PREC);
    arb_exp(m, m, PREC);
    arb_mul(m, m, b, PREC);
    arb_mul_2exp_si(m, m, 1);
    arb_const_sqrt_pi(b, PREC);
    arb_div(m, m, b, PREC);
    arb_add_ui(m, m, 1, PREC);
    arb_clear(b);
    return arb_is_finite(m);
}

/* erf u = s - s erfc(su), erfc u = erfc(u) or 2 - erfc(-u), s the sign of Re u. */
static ew_end_status erf_rule(ew_value *v, const ew_value *u, int complement, const ew_half *S)
{
    int s = ew_value_real_sign(u, S);
    ew_growth g;
    ew_value w;
    arb_t m;
    ew_growth_init(&g);
    ew_value_init(&w);
    arb_init(m);
    ew_end_status status = EW_END_UNABLE;
    if (s != 0 && erfc_small(&g, u, S)) {
        ew_value_bounded(&w, &g, S);
        add_si(v, complement ? 1 - s : s, 1, &w, S);
        status = EW_END_OK;
    } else if (erf_bound(m, u, S)) {
        arb_add_ui(m, m, (ulong) complement, PREC);
        bounded_by(v, m, S);
        status = EW_END_OK;
    }
    ew_growth_clear(&g);
    ew_value_clear(&w);
    arb_clear(m);
    return status;
}

static ew_end_status pow_rule(ew_value *v, const ew_expr *exponent, const ew_value *u,
                              const ew_half *S)
{
    arb_t power;
    fmpq_t exact;
    arb_init(power);
    fmpq_init(exact);
    int rational = ew_expr_rational(exact, exponent);
    ew_expr_constant(power, exponent, PREC);
    ew_end_status status = EW_END_UNABLE;
    if (arb_is_finite(power))
        status = ew_value_pow(v, u, power, rational ? exact : NULL, S);
    arb_clear(power);
    fmpq_clear(exact);
    return status;
}

static ew_end_status sqrt_rule(ew_value *v, const ew_value *u, const ew_half *S)
{
    arb_t power;
    fmpq_t exact;
    arb_init(power);
    fmpq_init(exact);
    fmpq_set_si(exact, 1, 2);
    arb_set_fmpq(power, exact, PREC);
    ew_end_status status = ew_value_pow(v, u, power, exact, S);
    arb_clear(power);
    fmpq_clear(exact);
    return status;
}

/* The rule of an argument that is not bounded. */
static ew_end_status unbounded(ew_value *v, const ew_expr *node, const ew_value *u,
                               const ew_half *S, ew_context *ctx)
{
    switch (node->op) {
    case EW_LOG:
        return log_rule(v, u, S);
    case EW_LOG1P:
        return log1p_rule(v, u, S, ctx);
    case EW_EXPM1:
        ew_end_exp(v, u, S);
        add_si(v, -1, 1, v, S);
        return EW_END_OK;
    case EW_SQRT:
        return sqrt_rule(v, u, S);
    case EW_SIN:
    case EW_COS:
        return sin_rule(v, u, S);
    case EW_ATAN:
        return atan_rule(v, u, S);
    case EW_ASINH:
        return asinh_rule(v, u, S);
    case EW_SINH:
    case EW_COSH:
        cosh_rule(v, u, node->op == EW_SINH ? -1 : 1, S);
        return EW_END_OK;
    case EW_TANH:
        return tanh_rule(v, u, S);
    case EW_SIGMOID:
        return sigmoid_rule(v, u, S);
    case EW_SOFTPLUS:
        return softplus_rule(v, u, S, ctx);
    case EW_ERF:
    case EW_ERFC:
        return erf_rule(v, u, node->op == EW_ERFC, S);
    case EW_POW:
        return pow_rule(v, node->arg[1], u, S);
    default:
        return EW_END_UNABLE;
    }
}

ew_end_status ew_end_function(ew_value *v, const ew_expr *node, const ew_value *u,
                              const ew_half *S, ew_context *ctx)
{
    if (node->op == EW_EXP) {
        ew_end_exp(v, u, S);
        return EW_END_OK;
    }
    fmpq_t exact;
    fmpq_init(exact);
    int integer = node->op == EW_POW && ew_expr_rational(exact, node->arg[1]) &&
                  fmpz_is_one(fmpq_denref(exact)) && fmpq_sgn(exact) >= 0;
    fmpq_clear(exact);
    int found = integer ? 0 : ew_end_bounded(v, node, u, S, ctx);
    if (found != 0)
        return found < 0 ? EW_END_MEMORY : EW_END_OK;
    return unbounded(v, node, u, S, ctx);
}
