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

/* u real and at least kappa x^2, kappa > 0. */
static int quadratic(const ew_value *u)
{
    return u->sign > 0 &&
           (u->steep || (ew_growth_is_positive(&u->lower) &&
                         (fmpq_sgn(u->lower.q) > 0 ||
                          (fmpq_is_zero(u->lower.q) && fmpq_cmp_si(u->lower.p, 2) >= 0))));
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
    w.steep = S->real && quadratic(u);
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

void ew_value_affine(ew_value *v, slong a, slong s, const ew_value *b, const ew_half *S)
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

void ew_end_exp_multiple(ew_value *v, const ew_value *u, slong k, const ew_half *S)
{
    ew_value t;
    ew_value_init(&t);
    ew_value_scale(&t, u, k, 1, S);
    ew_end_exp(v, &t, S);
    ew_value_clear(&t);
}

void ew_value_bounded_by(ew_value *v, const arb_t c, const ew_half *S)
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
    ew_value_affine(&w, 1, 1, t, S);
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
        ew_end_exp_multiple(&t, u, -2 * s, S);
        status = small_ratio(&t, &t, S);
    }
    if (status == EW_END_OK) {
        ew_value_affine(v, s, -2 * s, &t, S);
    } else if (tanh_bound(m, u, 1, S)) {
        ew_value_bounded_by(v, m, S);
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
        ew_end_exp_multiple(&t, u, -s, S);
        status = small_ratio(&t, &t, S);
    }
    if (status == EW_END_OK) {
        ew_value_affine(v, s > 0, -s, &t, S);
    } else if (tanh_bound(m, u, 2, S)) {
        arb_add_ui(m, m, 1, PREC);
        arb_mul_2exp_si(m, m, -1);
        ew_value_bounded_by(v, m, S);
        status = EW_END_OK;
    }
    ew_value_clear(&t);
    arb_clear(m);
    return status;
}

/* (e^u + s e^{-u}) / 2 */
static void cosh_rule(ew_value *v, const ew_value *u, int s, const ew_half *S)
{
    ew_value a, b;
    ew_value_init(&a);
    ew_value_init(&b);
    ew_end_exp_multiple(&a, u, 1, S);
    ew_end_exp_multiple(&b, u, -1, S);
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
        ew_value_affine(v, complement ? 1 - s : s, 1, &w, S);
        status = EW_END_OK;
    } else if (erf_bound(m, u, S)) {
        arb_add_ui(m, m, (ulong) complement, PREC);
        ew_value_bounded_by(v, m, S);
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
        return ew_end_log(v, u, S);
    case EW_LOG1P:
        return ew_end_log1p(v, u, S, ctx);
    case EW_EXPM1:
        ew_end_exp(v, u, S);
        ew_value_affine(v, -1, 1, v, S);
        return EW_END_OK;
    case EW_SQRT:
        return sqrt_rule(v, u, S);
    case EW_SIN:
    case EW_COS:
        return sin_rule(v, u, S);
    case EW_ATAN:
        return ew_end_atan(v, u, S);
    case EW_ASINH:
        return ew_end_asinh(v, u, S);
    case EW_SINH:
    case EW_COSH:
        cosh_rule(v, u, node->op == EW_SINH ? -1 : 1, S);
        return EW_END_OK;
    case EW_TANH:
        return tanh_rule(v, u, S);
    case EW_SIGMOID:
        return sigmoid_rule(v, u, S);
    case EW_SOFTPLUS:
        return ew_end_softplus(v, u, S, ctx);
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
