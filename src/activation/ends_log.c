/* Logarithms on the half strip, and the functions made of them. */
#include "activation/ends.h"

#define PREC EW_GROWTH_PREC

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
ew_end_status ew_end_log(ew_value *v, const ew_value *u, const ew_half *S)
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
ew_end_status ew_end_log1p(ew_value *v, const ew_value *u, const ew_half *S, ew_context *ctx)
{
    ew_value t;
    ew_expr *node = ew_expr_1(EW_LOG1P, ew_expr_leaf(EW_Z, 0, ctx), ctx);
    if (node == NULL)
        return EW_END_MEMORY;
    ew_value_init(&t);
    int found = ew_end_bounded(&t, node, u, S, ctx);
    ew_end_status status = found < 0 ? EW_END_MEMORY : EW_END_OK;
    if (found == 0) {
        ew_value_affine(&t, 1, 1, u, S);
        status = ew_end_log(&t, &t, S);
    }
    if (status == EW_END_OK)
        ew_value_swap(v, &t);
    ew_value_clear(&t);
    ew_expr_free(node);
    return status;
}

ew_end_status ew_end_softplus(ew_value *v, const ew_value *u, const ew_half *S, ew_context *ctx)
{
    int s = ew_value_real_sign(u, S);
    ew_end_status status = EW_END_UNABLE;
    ew_value t;
    ew_growth g;
    ew_value_init(&t);
    ew_growth_init(&g);
    if (s != 0) {
        ew_end_exp_multiple(&t, u, -s, S);
        status = ew_end_log1p(&t, &t, S, ctx);
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

/* atan u = s pi/2 - atan(1/u) for Re u of sign s; |atan w| <= |w| / (1 - |w|^2) for |w| < 1. */
ew_end_status ew_end_atan(ew_value *v, const ew_value *u, const ew_half *S)
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
        ew_value_bounded_by(v, t, S);
        arb_clear(t);
        status = EW_END_OK;
    }
    return status;
}

/* w = asinh u for Re u > 0 (odd otherwise): |Im w| <= pi/2, Re w > 0, and from
 * |u| = |sinh w| <= cosh(Re w) and e^w = u + sqrt(1 + u^2):
 *     log|u| <= Re w <= log(1 + 2|u|). */
ew_end_status ew_end_asinh(ew_value *v, const ew_value *u, const ew_half *S)
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
