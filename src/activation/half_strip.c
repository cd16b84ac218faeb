#include "activation/half_strip.h"

#define PREC EW_GROWTH_PREC

/* Degree beyond which P is given up and its term joins the rest. */
#define MAX_DEGREE 64

void ew_value_init(ew_value *v)
{
    fmpq_poly_init(v->exact);
    arb_poly_init(v->ball);
    fmpq_init(v->rate);
    ew_growth_init(&v->rest);
    ew_growth_init(&v->upper);
    ew_growth_init(&v->lower);
    ew_growth_infinite(&v->rest);
    ew_growth_infinite(&v->upper);
    ew_line_init(&v->above);
    ew_line_init(&v->below);
    ew_line_init(&v->swing);
    v->sign = 0;
    arb_init(v->arg);
    v->steep = 0;
}

void ew_value_clear(ew_value *v)
{
    fmpq_poly_clear(v->exact);
    arb_poly_clear(v->ball);
    fmpq_clear(v->rate);
    ew_growth_clear(&v->rest);
    ew_growth_clear(&v->upper);
    ew_growth_clear(&v->lower);
    ew_line_clear(&v->above);
    ew_line_clear(&v->below);
    ew_line_clear(&v->swing);
    arb_clear(v->arg);
}

void ew_value_set(ew_value *v, const ew_value *a)
{
    fmpq_poly_set(v->exact, a->exact);
    arb_poly_set(v->ball, a->ball);
    fmpq_set(v->rate, a->rate);
    ew_growth_set(&v->rest, &a->rest);
    ew_growth_set(&v->upper, &a->upper);
    ew_growth_set(&v->lower, &a->lower);
    ew_line_set(&v->above, &a->above);
    ew_line_set(&v->below, &a->below);
    ew_line_set(&v->swing, &a->swing);
    v->sign = a->sign;
    arb_set(v->arg, a->arg);
    v->steep = a->steep;
}

void ew_value_swap(ew_value *v, ew_value *a)
{
    ew_value t = *v;
    *v = *a;
    *a = t;
}

slong ew_value_degree(const ew_value *v)
{
    slong n = fmpq_poly_degree(v->exact), m = arb_poly_degree(v->ball);
    return n > m ? n : m;
}

void ew_value_coeff(arb_t c, const ew_value *v, slong k)
{
    fmpq_t q;
    arb_t b;
    fmpq_init(q);
    arb_init(b);
    fmpq_poly_get_coeff_fmpq(q, v->exact, k);
    arb_set_fmpq(c, q, PREC);
    arb_poly_get_coeff_arb(b, v->ball, k);
    arb_add(c, c, b, PREC);
    fmpq_clear(q);
    arb_clear(b);
}

/* A ball that is an exact small integer stays exact, so that rates built from it do. */
void ew_value_set_constant(ew_value *v, const arb_t c)
{
    fmpq_poly_zero(v->exact);
    arb_poly_zero(v->ball);
    fmpq_zero(v->rate);
    if (arb_is_int(c) && arf_cmpabs_2exp_si(arb_midref(c), 30) < 0)
        fmpq_poly_set_si(v->exact, arf_get_si(arb_midref(c), ARF_RND_DOWN));
    else
        arb_poly_set_coeff_arb(v->ball, 0, c);
}

/* h = sup |z| / x on S, from |z|^2 = x^2 + y^2 <= x^2 (1 + (d/R)^2). */
static void stretch(arb_t h, const ew_half *S)
{
    arb_div_si(h, S->d, S->R, PREC);
    arb_mul(h, h, h, PREC);
    arb_add_ui(h, h, 1, PREC);
    arb_sqrt(h, h, PREC);
}

/* sum_{k <= n} |a_k| h^k R^{k-n}, h = 1 if stretched is 0: |P(z)| <= this x^n. */
static void coefficient_sum(arb_t s, const ew_value *v, slong n, int stretched,
                            const ew_half *S)
{
    arb_t h, t, a;
    arb_init(h);
    arb_init(t);
    arb_init(a);
    arb_one(h);
    if (stretched)
        stretch(h, S);
    arb_zero(s);
    for (slong k = 0; k <= n; k++) {
        ew_value_coeff(a, v, k);
        arb_abs(a, a);
        arb_pow_ui(t, h, (ulong) k, PREC);
        arb_mul(a, a, t, PREC);
        arb_div_si(s, s, S->R, PREC);
        arb_add(s, s, a, PREC);
    }
    arb_clear(h);
    arb_clear(t);
    arb_clear(a);
}

void ew_value_lead(ew_growth *g, const ew_value *v, const ew_half *S)
{
    slong n = ew_value_degree(v);
    if (n < 0) {
        ew_growth_zero(g);
        return;
    }
    coefficient_sum(g->c, v, n, 1, S);
    fmpq_set_si(g->p, n, 1);
    fmpq_set(g->q, v->rate);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
}

/* Move the whole of P e^{rate z} to the rest. */
static void drop_polynomial(ew_value *v, const ew_half *S)
{
    ew_growth g;
    ew_growth_init(&g);
    ew_value_lead(&g, v, S);
    ew_growth_add(&v->rest, &v->rest, &g, S->R);
    fmpq_poly_zero(v->exact);
    arb_poly_zero(v->ball);
    fmpq_zero(v->rate);
    ew_growth_clear(&g);
}

/* Move top terms whose coefficient is not certainly nonzero to the rest. */
static void trim_polynomial(ew_value *v, const ew_half *S)
{
    arb_t a, h;
    ew_growth g;
    arb_init(a);
    arb_init(h);
    ew_growth_init(&g);
    slong n;
    while ((n = ew_value_degree(v)) >= 0) {
        ew_value_coeff(a, v, n);
        if (!arb_contains_zero(a))
            break;
        stretch(h, S);
        arb_pow_ui(h, h, (ulong) n, PREC);
        arb_abs(a, a);
        arb_mul(g.c, a, h, PREC);
        fmpq_set_si(g.p, n, 1);
        fmpq_set(g.q, v->rate);
        if (!arb_is_finite(g.c))
            ew_growth_infinite(&g);
        ew_growth_add(&v->rest, &v->rest, &g, S->R);
        fmpq_poly_truncate(v->exact, n);
        arb_poly_truncate(v->ball, n);
    }
    if (n < 0)
        fmpq_zero(v->rate);
    arb_clear(a);
    arb_clear(h);
    ew_growth_clear(&g);
}

/* Keep a sector statement if it is the narrower one. */
static void improve_sector(ew_value *v, int sign, const arb_t arg, const ew_half *S)
{
    arb_t pi;
    arb_init(pi);
    arb_const_pi(pi, PREC);
    if (arb_is_finite(arg) && arb_lt(arg, pi) &&
        (v->sign == 0 || arf_cmp(arb_midref(arg), arb_midref(v->arg)) < 0)) {
        v->sign = sign;
        arb_set(v->arg, arg);
        if (S->real)
            arb_zero(v->arg);
    }
    arb_clear(pi);
}

/* With a_n the leading coefficient, f = a_n z^n e^{rate z} (1 + delta), where
 *     |delta| <= E + theta,  E = sum_{k<n} |a_k / a_n| R^{k-n},  theta = sup |r| / |a_n x^n
 * e^{rate x}|, because |z| >= x >= R.  If E + theta < 1 then |f| >= |a_n| (1 - E - theta) x^n
 * e^{rate x} and the argument of f / a_n is at most n atan(d/R) + |rate| d + asin(E + theta).
 */
static void conclude_from_lead(ew_value *v, const ew_half *S)
{
    slong n = ew_value_degree(v);
    arb_t a, delta, t;
    ew_growth g, ratio;
    arb_init(a);
    arb_init(delta);
    arb_init(t);
    ew_growth_init(&g);
    ew_growth_init(&ratio);
    ew_value_coeff(a, v, n);
    int sign = arb_is_positive(a) ? 1 : -1;
    arb_abs(a, a);
    arb_set(g.c, a);
    fmpq_set_si(g.p, n, 1);
    fmpq_set(g.q, v->rate);
    coefficient_sum(delta, v, n, 0, S);
    arb_sub(delta, delta, a, PREC);
    arb_div(delta, delta, a, PREC);
    ew_growth_div(&ratio, &v->rest, &g);
    ew_growth_sup(t, &ratio, S->R);
    arb_add(delta, delta, t, PREC);
    arb_one(t);
    if (arb_is_finite(delta) && arb_lt(delta, t)) {
        arb_sub(t, t, delta, PREC);
        ew_growth_scale(&g, t);
        ew_growth_improve_lower(&v->lower, &g);
        arb_nonnegative_part(delta, delta);
        arb_asin(delta, delta, PREC);
        arb_div_si(t, S->d, S->R, PREC);
        arb_atan(t, t, PREC);
        arb_addmul_si(delta, t, n, PREC);
        arb_set_fmpq(t, v->rate, PREC);
        arb_abs(t, t);
        arb_addmul(delta, t, S->d, PREC);
        improve_sector(v, sign, delta, S);
    }
    arb_clear(a);
    arb_clear(delta);
    arb_clear(t);
    ew_growth_clear(&g);
    ew_growth_clear(&ratio);
}

/* The real (or imaginary) parts of P(R + iy + t), |y| <= d, as a polynomial in t >= 0 with ball
 * coefficients c_j: where every c_j with j >= 2 has the sign of `-side`, c_0 + c_1 t bounds it.
 */
static void polynomial_line(ew_line *l, const acb_poly_t c, int imaginary, int side, slong R)
{
    slong n = acb_poly_length(c);
    arb_t c0, c1;
    arb_init(c0);
    arb_init(c1);
    l->known = 1;
    for (slong j = 0; j < n; j++) {
        acb_srcptr z = acb_poly_get_coeff_ptr((acb_poly_struct *) c, j);
        arb_srcptr x = imaginary ? acb_imagref(z) : acb_realref(z);
        if (j == 0)
            arb_set(c0, x);
        else if (j == 1)
            arb_set(c1, x);
        else if (!(side > 0 ? arb_is_nonpositive(x) : arb_is_nonnegative(x)))
            l->known = 0;
    }
    if (l->known)
        ew_line_through(l, c0, c1, R, side);
    arb_clear(c0);
    arb_clear(c1);
}

/* Exact slopes for P of degree at most one with a rational slope. */
static void keep_slope(ew_line *l, const ew_value *v)
{
    if (!l->known || ew_value_degree(v) != 1 || arb_poly_length(v->ball) > 1)
        return;
    arb_t at;
    fmpq_t b;
    arb_init(at);
    fmpq_init(b);
    ew_value_coeff(at, v, 0);
    ew_line_constant(l, at);
    fmpq_poly_get_coeff_fmpq(l->b, v->exact, 1);
    arb_clear(at);
    fmpq_clear(b);
}

/* rate = 0: Re P and Im P between lines, and r added to them. */
static void conclude_from_polynomial(ew_value *v, const ew_half *S)
{
    acb_poly_t c;
    arb_poly_t p;
    acb_t s;
    ew_line l, rest;
    acb_poly_init(c);
    arb_poly_init(p);
    acb_init(s);
    ew_line_init(&l);
    ew_line_init(&rest);
    ew_line_above(&rest, &v->rest, S->R);
    arb_poly_set_fmpq_poly(p, v->exact, PREC);
    arb_poly_add(p, p, v->ball, PREC);
    acb_poly_set_arb_poly(c, p);
    arb_set_si(acb_realref(s), S->R);
    arb_get_mag(arb_radref(acb_imagref(s)), S->d);
    acb_poly_taylor_shift(c, c, s, PREC);

    polynomial_line(&l, c, 0, 1, S->R);
    keep_slope(&l, v);
    ew_line_add(&l, &l, &rest);
    ew_line_improve(&v->above, &l, 1);
    polynomial_line(&l, c, 1, 1, S->R);
    ew_line_add(&l, &l, &rest);
    ew_line_improve(&v->swing, &l, 1);
    polynomial_line(&l, c, 0, -1, S->R);
    keep_slope(&l, v);
    ew_line_neg(&rest, &rest);
    ew_line_add(&l, &l, &rest);
    ew_line_improve(&v->below, &l, -1);

    acb_poly_clear(c);
    arb_poly_clear(p);
    acb_clear(s);
    ew_line_clear(&l);
    ew_line_clear(&rest);
}

static void conclude_from_upper(ew_value *v, const ew_half *S)
{
    ew_line l;
    ew_line_init(&l);
    ew_line_above(&l, &v->upper, S->R);
    ew_line_improve(&v->above, &l, 1);
    ew_line_improve(&v->swing, &l, 1);
    ew_line_neg(&l, &l);
    ew_line_improve(&v->below, &l, -1);
    if (S->real) {
        arb_t zero;
        arb_init(zero);
        ew_line_constant(&v->swing, zero);
        arb_clear(zero);
    }
    ew_line_clear(&l);
}

/* Re f >= a + bx > 0 on S (for sign = 1; f replaced by -f otherwise): |f| >= the line, and
 * |arg f| < pi/2, or atan(sup |Im f| / inf Re f). */
static void conclude_from_line(ew_value *v, int sign, const ew_half *S)
{
    ew_line l;
    ew_growth g;
    arb_t low, t;
    ew_line_init(&l);
    ew_growth_init(&g);
    arb_init(low);
    arb_init(t);
    if (sign > 0)
        ew_line_set(&l, &v->below);
    else
        ew_line_neg(&l, &v->above);
    ew_line_limit(low, &l, S->R, -1);
    if (arb_is_finite(low) && arb_is_positive(low)) {
        if (fmpq_sgn(l.b) > 0) {
            /* (a + bx) / x is monotone: its infimum is min(b, a/R + b). */
            arb_set_fmpq(t, l.b, PREC);
            arb_div_si(g.c, low, S->R, PREC);
            arb_min(g.c, g.c, t, PREC);
            fmpq_one(g.p);
        } else {
            arb_set(g.c, low);
        }
        ew_growth_improve_lower(&v->lower, &g);
        arb_const_pi(t, PREC);
        arb_mul_2exp_si(t, t, -1);
        improve_sector(v, sign, t, S);
        ew_line_limit(t, &v->swing, S->R, 1);
        if (arb_is_finite(t)) {
            arb_div(t, t, low, PREC);
            arb_atan(t, t, PREC);
            improve_sector(v, sign, t, S);
        }
    }
    ew_line_clear(&l);
    ew_growth_clear(&g);
    arb_clear(low);
    arb_clear(t);
}

/* |arg| < pi/2: sign Re f >= cos(arg) |f|. */
static void conclude_from_sector(ew_value *v, const ew_half *S)
{
    arb_t c;
    ew_growth g;
    ew_line l;
    arb_init(c);
    ew_growth_init(&g);
    ew_line_init(&l);
    arb_cos(c, v->arg, PREC);
    if (v->sign != 0 && arb_is_positive(c)) {
        ew_growth_set(&g, &v->lower);
        ew_growth_scale(&g, c);
        ew_line_below(&l, &g, S->R);
        if (v->sign > 0) {
            ew_line_improve(&v->below, &l, -1);
        } else {
            ew_line_neg(&l, &l);
            ew_line_improve(&v->above, &l, 1);
        }
    }
    arb_clear(c);
    ew_growth_clear(&g);
    ew_line_clear(&l);
}

void ew_value_conclude(ew_value *v, const ew_half *S)
{
    ew_growth g;
    ew_growth_init(&g);
    if (ew_value_degree(v) > MAX_DEGREE)
        drop_polynomial(v, S);
    trim_polynomial(v, S);
    ew_value_lead(&g, v, S);
    ew_growth_add(&g, &g, &v->rest, S->R);
    ew_growth_improve_upper(&v->upper, &g);
    if (ew_value_degree(v) < 0)
        ew_growth_improve_upper(&v->rest, &v->upper);
    else
        conclude_from_lead(v, S);
    conclude_from_upper(v, S);
    if (fmpq_is_zero(v->rate))
        conclude_from_polynomial(v, S);
    conclude_from_line(v, 1, S);
    conclude_from_line(v, -1, S);
    conclude_from_sector(v, S);
    ew_growth_clear(&g);
}

int ew_value_real_sign(const ew_value *v, const ew_half *S)
{
    arb_t t;
    arb_init(t);
    int sign = 0;
    arb_cos(t, v->arg, PREC);
    if (v->sign != 0 && arb_is_positive(t))
        sign = v->sign;
    ew_line_limit(t, &v->below, S->R, -1);
    if (arb_is_finite(t) && arb_is_positive(t))
        sign = 1;
    ew_line_limit(t, &v->above, S->R, 1);
    if (arb_is_finite(t) && arb_is_negative(t))
        sign = -1;
    arb_clear(t);
    return sign;
}

void ew_value_rational(ew_value *v, const fmpq_t c, const ew_half *S)
{
    ew_growth_zero(&v->rest);
    fmpq_poly_set_fmpq(v->exact, c);
    ew_value_conclude(v, S);
}

void ew_value_ball(ew_value *v, const arb_t c, const ew_half *S)
{
    ew_growth_zero(&v->rest);
    ew_value_set_constant(v, c);
    ew_value_conclude(v, S);
}

void ew_value_variable(ew_value *v, int side, const ew_half *S)
{
    ew_growth_zero(&v->rest);
    fmpq_poly_set_coeff_si(v->exact, 1, side);
    ew_value_conclude(v, S);
}

void ew_value_bounded(ew_value *v, const ew_growth *upper, const ew_half *S)
{
    ew_growth_set(&v->rest, upper);
    ew_value_conclude(v, S);
}
