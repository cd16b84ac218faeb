#include "activation/half_strip.h"

#define PREC EW_GROWTH_PREC
/* Size in bits beyond which rational coefficients become balls. */
#define MAX_BITS 4096

/* Rational coefficients that have grown large become balls. */
static void limit_size(ew_value *v)
{
    const fmpz *den = fmpq_poly_denref(v->exact);
    slong bits = (slong) fmpz_bits(den) +
                 FLINT_ABS(_fmpz_vec_max_bits(v->exact->coeffs, v->exact->length));
    if (bits <= MAX_BITS)
        return;
    arb_poly_t p;
    arb_poly_init(p);
    arb_poly_set_fmpq_poly(p, v->exact, PREC);
    arb_poly_add(v->ball, v->ball, p, PREC);
    fmpq_poly_zero(v->exact);
    arb_poly_clear(p);
}

/* Terms with one rate add up; otherwise the faster one leads and the other joins the rest. */
static void add_expansions(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    ew_growth g;
    ew_growth_init(&g);
    ew_growth_add(&v->rest, &a->rest, &b->rest, S->R);
    int za = ew_value_degree(a) < 0, zb = ew_value_degree(b) < 0;
    int order = za ? -1 : zb ? 1 : fmpq_cmp(a->rate, b->rate);
    if (order == 0) {
        fmpq_poly_add(v->exact, a->exact, b->exact);
        arb_poly_add(v->ball, a->ball, b->ball, PREC);
        fmpq_set(v->rate, a->rate);
    } else {
        const ew_value *lead = order > 0 ? a : b, *other = order > 0 ? b : a;
        fmpq_poly_set(v->exact, lead->exact);
        arb_poly_set(v->ball, lead->ball);
        fmpq_set(v->rate, lead->rate);
        ew_value_lead(&g, other, S);
        ew_growth_add(&v->rest, &v->rest, &g, S->R);
    }
    limit_size(v);
    ew_growth_clear(&g);
}

/* |b| <= theta |a| with theta < 1: |a + b| >= (1 - theta) |a|, and the argument moves by at
 * most asin(theta). */
static void add_dominated(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    arb_t theta, one, pi;
    ew_growth g;
    if (!ew_growth_is_positive(&a->lower) || !ew_growth_is_finite(&b->upper))
        return;
    arb_init(theta);
    arb_init(one);
    arb_init(pi);
    ew_growth_init(&g);
    ew_growth_div(&g, &b->upper, &a->lower);
    ew_growth_sup(theta, &g, S->R);
    arb_one(one);
    if (arb_is_finite(theta) && arb_lt(theta, one)) {
        arb_sub(one, one, theta, PREC);
        ew_growth_set(&g, &a->lower);
        ew_growth_scale(&g, one);
        ew_growth_improve_lower(&v->lower, &g);
        arb_nonnegative_part(theta, theta);
        arb_asin(theta, theta, PREC);
        arb_add(theta, theta, a->arg, PREC);
        arb_const_pi(pi, PREC);
        if (a->sign != 0 && v->sign == 0 && arb_lt(theta, pi)) {
            v->sign = a->sign;
            arb_set(v->arg, theta);
            if (S->real)
                arb_zero(v->arg);
        }
    }
    arb_clear(theta);
    arb_clear(one);
    arb_clear(pi);
    ew_growth_clear(&g);
}

/* Both terms in one sector |arg| <= psi < pi/2 (a convex cone): the sum is in it too, and
 * |a + b| >= Re a + Re b >= cos(psi) |a| up to the common sign. */
static void add_in_cone(ew_value *v, const ew_value *a, const ew_value *b)
{
    arb_t psi, c;
    ew_growth g;
    if (a->sign == 0 || a->sign != b->sign)
        return;
    arb_init(psi);
    arb_init(c);
    ew_growth_init(&g);
    arb_max(psi, a->arg, b->arg, PREC);
    arb_cos(c, psi, PREC);
    if (arb_is_positive(c)) {
        v->sign = a->sign;
        arb_set(v->arg, psi);
        ew_growth_set(&g, &a->lower);
        ew_growth_scale(&g, c);
        ew_growth_improve_lower(&v->lower, &g);
        ew_growth_set(&g, &b->lower);
        ew_growth_scale(&g, c);
        ew_growth_improve_lower(&v->lower, &g);
    }
    arb_clear(psi);
    arb_clear(c);
    ew_growth_clear(&g);
}

void ew_value_add(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    ew_value w;
    ew_value_init(&w);
    add_expansions(&w, a, b, S);
    ew_growth_add(&w.upper, &a->upper, &b->upper, S->R);
    ew_line_add(&w.above, &a->above, &b->above);
    ew_line_add(&w.below, &a->below, &b->below);
    ew_line_add(&w.swing, &a->swing, &b->swing);
    add_in_cone(&w, a, b);
    add_dominated(&w, a, b, S);
    add_dominated(&w, b, a, S);
    w.steep = (a->steep && ew_growth_is_finite(&b->upper)) ||
              (b->steep && ew_growth_is_finite(&a->upper)) ||
              (a->steep && b->steep && a->sign != 0 && a->sign == b->sign);
    ew_value_conclude(&w, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
}

void ew_value_neg(ew_value *v, const ew_value *a)
{
    ew_line t;
    ew_line_init(&t);
    ew_value_set(v, a);
    fmpq_poly_neg(v->exact, v->exact);
    arb_poly_neg(v->ball, v->ball);
    ew_line_neg(&t, &v->above);
    ew_line_neg(&v->above, &v->below);
    ew_line_set(&v->below, &t);
    v->sign = -v->sign;
    ew_line_clear(&t);
}

void ew_value_sub(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    ew_value w;
    ew_value_init(&w);
    ew_value_neg(&w, b);
    ew_value_add(v, a, &w, S);
    ew_value_clear(&w);
}

/* (A + r)(B + s) = AB + (A s + r B + r s). */
static void mul_expansions(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    ew_growth la, lb, g;
    arb_poly_t p, q;
    ew_growth_init(&la);
    ew_growth_init(&lb);
    ew_growth_init(&g);
    arb_poly_init(p);
    arb_poly_init(q);
    ew_value_lead(&la, a, S);
    ew_value_lead(&lb, b, S);
    ew_growth_mul(&v->rest, &la, &b->rest);
    ew_growth_mul(&g, &a->rest, &lb);
    ew_growth_add(&v->rest, &v->rest, &g, S->R);
    ew_growth_mul(&g, &a->rest, &b->rest);
    ew_growth_add(&v->rest, &v->rest, &g, S->R);
    if (ew_value_degree(a) >= 0 && ew_value_degree(b) >= 0) {
        fmpq_poly_mul(v->exact, a->exact, b->exact);
        arb_poly_set_fmpq_poly(p, a->exact, PREC);
        arb_poly_mul(p, p, b->ball, PREC);
        arb_poly_set_fmpq_poly(q, b->exact, PREC);
        arb_poly_add(q, q, b->ball, PREC);
        arb_poly_mul(q, a->ball, q, PREC);
        arb_poly_add(v->ball, p, q, PREC);
        fmpq_add(v->rate, a->rate, b->rate);
    }
    limit_size(v);
    ew_growth_clear(&la);
    ew_growth_clear(&lb);
    ew_growth_clear(&g);
    arb_poly_clear(p);
    arb_poly_clear(q);
}

/* a a real constant: the lines of b scale. */
static void scale_lines(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    if (ew_value_degree(a) > 0 || !fmpq_is_zero(a->rate) || !ew_growth_is_zero(&a->rest))
        return;
    arb_t c;
    fmpq_t e;
    ew_value w;
    arb_init(c);
    fmpq_init(e);
    ew_value_init(&w);
    ew_value_coeff(c, a, 0);
    const fmpq *exact = arb_poly_length(a->ball) == 0 ? e : NULL;
    fmpq_poly_get_coeff_fmpq(e, a->exact, 0);
    if (arb_is_negative(c)) {
        ew_value_neg(&w, b);
        arb_neg(c, c);
        fmpq_neg(e, e);
    } else {
        ew_value_set(&w, b);
    }
    if (arb_is_nonnegative(c)) {
        ew_line_scale(&w.above, c, exact, S->R, 1);
        ew_line_scale(&w.below, c, exact, S->R, -1);
        ew_line_scale(&w.swing, c, exact, S->R, 1);
        ew_line_improve(&v->above, &w.above, 1);
        ew_line_improve(&v->below, &w.below, -1);
        ew_line_improve(&v->swing, &w.swing, 1);
    }
    arb_clear(c);
    fmpq_clear(e);
    ew_value_clear(&w);
}

void ew_value_mul(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S)
{
    ew_value w;
    arb_t pi;
    ew_value_init(&w);
    arb_init(pi);
    mul_expansions(&w, a, b, S);
    ew_growth_mul(&w.upper, &a->upper, &b->upper);
    if (ew_growth_is_positive(&a->lower) && ew_growth_is_positive(&b->lower))
        ew_growth_mul(&w.lower, &a->lower, &b->lower);
    arb_add(w.arg, a->arg, b->arg, PREC);
    arb_const_pi(pi, PREC);
    if (arb_lt(w.arg, pi))
        w.sign = a->sign * b->sign;
    scale_lines(&w, a, b, S);
    scale_lines(&w, b, a, S);
    w.steep = (a->steep && ew_growth_is_positive(&b->lower)) ||
              (b->steep && ew_growth_is_positive(&a->lower)) || (a->steep && b->steep);
    ew_value_conclude(&w, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    arb_clear(pi);
}

void ew_value_scale(ew_value *v, const ew_value *a, slong num, ulong den, const ew_half *S)
{
    ew_value c;
    fmpq_t q;
    ew_value_init(&c);
    fmpq_init(q);
    fmpq_set_si(q, num, den);
    ew_value_rational(&c, q, S);
    ew_value_mul(v, &c, a, S);
    ew_value_clear(&c);
    fmpq_clear(q);
}

int ew_value_near_exponential(arb_t A, ew_growth *theta, arb_t theta0, const ew_value *v,
                              const ew_half *S)
{
    arb_t one;
    ew_growth g;
    if (ew_value_degree(v) != 0)
        return 0;
    arb_init(one);
    ew_growth_init(&g);
    ew_value_coeff(A, v, 0);
    arb_abs(g.c, A);
    fmpq_set(g.q, v->rate);
    ew_growth_div(theta, &v->rest, &g);
    ew_growth_sup(theta0, theta, S->R);
    arb_one(one);
    int ok = !arb_contains_zero(A) && arb_is_finite(theta0) && arb_lt(theta0, one);
    arb_clear(one);
    ew_growth_clear(&g);
    return ok;
}

/* 1/f = A^-1 e^{-rate z} (1 + eps) with |eps| = |delta / (1 + delta)| <= theta / (1 - theta0).
 */
static void invert_expansion(ew_value *v, const ew_value *a, const ew_half *S)
{
    arb_t A, theta0, t;
    ew_growth theta, g;
    arb_init(A);
    arb_init(theta0);
    arb_init(t);
    ew_growth_init(&theta);
    ew_growth_init(&g);
    if (ew_value_near_exponential(A, &theta, theta0, a, S)) {
        if (arb_poly_length(a->ball) == 0) {
            fmpq_poly_inv(v->exact, a->exact);
        } else {
            arb_inv(t, A, PREC);
            arb_poly_set_coeff_arb(v->ball, 0, t);
        }
        fmpq_neg(v->rate, a->rate);
        ew_value_lead(&g, v, S);
        arb_sub_ui(t, theta0, 1, PREC);
        arb_neg(t, t);
        arb_inv(t, t, PREC);
        ew_growth_scale(&theta, t);
        ew_growth_mul(&v->rest, &g, &theta);
    }
    arb_clear(A);
    arb_clear(theta0);
    arb_clear(t);
    ew_growth_clear(&theta);
    ew_growth_clear(&g);
}

ew_end_status ew_value_inv(ew_value *v, const ew_value *a, const ew_half *S)
{
    if (!ew_growth_is_positive(&a->lower))
        return EW_END_UNABLE;
    ew_value w;
    ew_growth one;
    ew_value_init(&w);
    ew_growth_init(&one);
    arb_one(one.c);
    ew_growth_div(&w.upper, &one, &a->lower);
    if (ew_growth_is_finite(&a->upper))
        ew_growth_div(&w.lower, &one, &a->upper);
    w.sign = a->sign;
    arb_set(w.arg, a->arg);
    invert_expansion(&w, a, S);
    ew_value_conclude(&w, S);
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    ew_growth_clear(&one);
    return EW_END_OK;
}

/* f = A e^{rate z} (1 + delta), A > 0: f^s = A^s e^{s rate z} (1 + delta)^s, where
 *     |(1 + delta)^s - 1| <= |s| |delta| max((1 + theta0)^{s-1}, (1 - theta0)^{s-1})
 * by the mean value inequality along [0, delta]. */
static void pow_expansion(ew_value *v, const ew_value *a, const arb_t s, const fmpq_t exact,
                          const ew_half *S)
{
    arb_t A, theta0, t, u, e;
    ew_growth theta, g;
    arb_init(A);
    arb_init(theta0);
    arb_init(t);
    arb_init(u);
    arb_init(e);
    ew_growth_init(&theta);
    ew_growth_init(&g);
    int ok = (exact != NULL || fmpq_is_zero(a->rate)) &&
             ew_value_near_exponential(A, &theta, theta0, a, S);
    if (ok && arb_is_positive(A)) {
        arb_pow(t, A, s, PREC);
        ew_value_set_constant(v, t);
        if (exact != NULL)
            fmpq_mul(v->rate, a->rate, exact);
        ew_value_lead(&g, v, S);
        arb_sub_ui(e, s, 1, PREC);
        arb_add_ui(t, theta0, 1, PREC);
        arb_pow(t, t, e, PREC);
        arb_sub_ui(u, theta0, 1, PREC);
        arb_neg(u, u);
        arb_pow(u, u, e, PREC);
        arb_max(t, t, u, PREC);
        arb_abs(u, s);
        arb_mul(t, t, u, PREC);
        ew_growth_scale(&theta, t);
        ew_growth_mul(&v->rest, &g, &theta);
    }
    arb_clear(A);
    arb_clear(theta0);
    arb_clear(t);
    arb_clear(u);
    arb_clear(e);
    ew_growth_clear(&theta);
    ew_growth_clear(&g);
}

static int small_power(slong *n, const ew_value *a, const fmpq_t exact)
{
    if (exact == NULL || !fmpz_is_one(fmpq_denref(exact)) || fmpq_sgn(exact) < 0 ||
        fmpz_cmp_si(fmpq_numref(exact), 64) > 0)
        return 0;
    *n = fmpz_get_si(fmpq_numref(exact));
    slong degree = ew_value_degree(a);
    return *n * (degree > 0 ? degree : 1) <= 64;
}

/* Powers by modulus and argument: |f^s| = |f|^s, arg f^s = s arg f (the principal power off the
 * negative axis, or an integer power anywhere). */
static void pow_modulus(ew_value *w, const ew_value *a, const arb_t s, const fmpq_t exact,
                        int integer)
{
    arb_t pi;
    arb_init(pi);
    int rising = arb_is_nonnegative(s), falling = arb_is_nonpositive(s);
    if (rising || falling) {
        ew_growth_pow(&w->upper, rising ? &a->upper : &a->lower, s, exact, 1);
        ew_growth_pow(&w->lower, rising ? &a->lower : &a->upper, s, exact, -1);
    }
    arb_abs(w->arg, s);
    arb_mul(w->arg, w->arg, a->arg, PREC);
    arb_const_pi(pi, PREC);
    if (arb_lt(w->arg, pi)) {
        w->sign = a->sign;
        if (integer && a->sign < 0 && fmpz_is_even(fmpq_numref(exact)))
            w->sign = 1;
    }
    w->steep = a->steep && arb_is_positive(s);
    arb_clear(pi);
}

ew_end_status ew_value_pow(ew_value *v, const ew_value *a, const arb_t power,
                           const fmpq_t exact, const ew_half *S)
{
    slong n;
    int integer = exact != NULL && fmpz_is_one(fmpq_denref(exact));
    if (!integer && a->sign <= 0)
        return a->sign < 0 && S->real ? EW_END_UNDEFINED : EW_END_UNABLE;
    if (integer && fmpq_sgn(exact) < 0 && !ew_growth_is_positive(&a->lower))
        return EW_END_UNABLE;
    ew_value w;
    ew_value_init(&w);
    if (small_power(&n, a, exact)) {
        arb_t one;
        arb_init(one);
        arb_one(one);
        ew_value_ball(&w, one, S);
        for (int bit = (int) FLINT_BIT_COUNT((ulong) n) - 1; bit >= 0; bit--) {
            ew_value_mul(&w, &w, &w, S);
            if ((n >> bit) & 1)
                ew_value_mul(&w, &w, a, S);
        }
        arb_clear(one);
    } else {
        pow_modulus(&w, a, power, exact, integer);
        if (a->sign > 0)
            pow_expansion(&w, a, power, exact, S);
        ew_value_conclude(&w, S);
    }
    ew_value_swap(v, &w);
    ew_value_clear(&w);
    return EW_END_OK;
}
