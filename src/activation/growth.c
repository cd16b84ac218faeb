#include "activation/growth.h"

#define PREC EW_GROWTH_PREC

void ew_growth_init(ew_growth *g)
{
    arb_init(g->c);
    fmpq_init(g->p);
    fmpq_init(g->q);
}

void ew_growth_clear(ew_growth *g)
{
    arb_clear(g->c);
    fmpq_clear(g->p);
    fmpq_clear(g->q);
}

void ew_growth_set(ew_growth *g, const ew_growth *a)
{
    arb_set(g->c, a->c);
    fmpq_set(g->p, a->p);
    fmpq_set(g->q, a->q);
}

void ew_growth_swap(ew_growth *g, ew_growth *a)
{
    arb_swap(g->c, a->c);
    fmpq_swap(g->p, a->p);
    fmpq_swap(g->q, a->q);
}

void ew_growth_constant(ew_growth *g, const arb_t c)
{
    arb_set(g->c, c);
    fmpq_zero(g->p);
    fmpq_zero(g->q);
    if (!arb_is_finite(c))
        arb_pos_inf(g->c);
}

void ew_growth_zero(ew_growth *g)
{
    arb_zero(g->c);
    fmpq_zero(g->p);
    fmpq_zero(g->q);
}

void ew_growth_infinite(ew_growth *g)
{
    ew_growth_zero(g);
    arb_pos_inf(g->c);
}

int ew_growth_is_zero(const ew_growth *g)
{
    return arb_is_zero(g->c);
}

int ew_growth_is_finite(const ew_growth *g)
{
    return arb_is_finite(g->c);
}

int ew_growth_is_positive(const ew_growth *g)
{
    return arb_is_finite(g->c) && arb_is_positive(g->c);
}

int ew_growth_order(const ew_growth *a, const ew_growth *b)
{
    int s = fmpq_cmp(a->q, b->q);
    return s ? s : fmpq_cmp(a->p, b->p);
}

/* x^p e^{qx} at a positive x. */
static void power_exp(arb_t v, const arb_t x, const fmpq_t p, const fmpq_t q)
{
    arb_t t;
    arb_init(t);
    arb_set_fmpq(t, q, PREC);
    arb_mul(t, t, x, PREC);
    arb_exp(t, t, PREC);
    arb_pow_fmpq(v, x, p, PREC);
    arb_mul(v, v, t, PREC);
    arb_clear(t);
}

/* sup over x >= R of x^p e^{qx}.  The logarithmic derivative p/x + q changes sign at most once,
 * at x = -p/q: finite iff q < 0, or q = 0 and p <= 0; then the maximum is at R unless p > 0 and
 * the stationary point lies beyond R. */
static void sup_power_exp(arb_t s, const fmpq_t p, const fmpq_t q, slong R)
{
    if (fmpq_sgn(q) > 0 || (fmpq_sgn(q) == 0 && fmpq_sgn(p) > 0)) {
        arb_pos_inf(s);
        return;
    }
    arb_t x;
    fmpq_t at, left;
    arb_init(x);
    fmpq_init(at);
    fmpq_init(left);
    fmpq_set_si(left, R, 1);
    if (fmpq_sgn(p) > 0) {
        fmpq_div(at, p, q);
        fmpq_neg(at, at);
    }
    if (fmpq_cmp(at, left) < 0)
        fmpq_set(at, left);
    arb_set_fmpq(x, at, PREC);
    power_exp(s, x, p, q);
    arb_clear(x);
    fmpq_clear(at);
    fmpq_clear(left);
}

void ew_growth_sup(arb_t s, const ew_growth *g, slong R)
{
    if (ew_growth_is_zero(g)) {
        arb_zero(s);
        return;
    }
    sup_power_exp(s, g->p, g->q, R);
    arb_mul(s, s, g->c, PREC);
    if (!arb_is_finite(s))
        arb_pos_inf(s);
}

void ew_growth_inf(arb_t s, const ew_growth *g, slong R)
{
    fmpq_t p, q;
    fmpq_init(p);
    fmpq_init(q);
    fmpq_neg(p, g->p);
    fmpq_neg(q, g->q);
    sup_power_exp(s, p, q, R);
    if (arb_is_finite(s) && ew_growth_is_positive(g))
        arb_div(s, g->c, s, PREC);
    else
        arb_zero(s);
    fmpq_clear(p);
    fmpq_clear(q);
}

/* c1 x^p1 e^{q1 x} + c2 x^p2 e^{q2 x} <= (c1 + c2 sup x^{p2-p1} e^{(q2-q1)x}) x^p1 e^{q1 x},
 * with the faster law first. */
void ew_growth_add(ew_growth *g, const ew_growth *a, const ew_growth *b, slong R)
{
    if (ew_growth_is_zero(a) || ew_growth_is_zero(b)) {
        ew_growth_set(g, ew_growth_is_zero(a) ? b : a);
        return;
    }
    if (ew_growth_order(a, b) < 0) {
        const ew_growth *t = a;
        a = b;
        b = t;
    }
    fmpq_t p, q;
    arb_t s;
    fmpq_init(p);
    fmpq_init(q);
    arb_init(s);
    fmpq_sub(p, b->p, a->p);
    fmpq_sub(q, b->q, a->q);
    sup_power_exp(s, p, q, R);
    arb_mul(s, s, b->c, PREC);
    arb_add(s, s, a->c, PREC);
    ew_growth_set(g, a);
    arb_swap(g->c, s);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
    fmpq_clear(p);
    fmpq_clear(q);
    arb_clear(s);
}

void ew_growth_mul(ew_growth *g, const ew_growth *a, const ew_growth *b)
{
    if (ew_growth_is_zero(a) || ew_growth_is_zero(b)) {
        ew_growth_zero(g);
        return;
    }
    arb_mul(g->c, a->c, b->c, PREC);
    fmpq_add(g->p, a->p, b->p);
    fmpq_add(g->q, a->q, b->q);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
}

void ew_growth_div(ew_growth *g, const ew_growth *a, const ew_growth *b)
{
    if (ew_growth_is_zero(a)) {
        ew_growth_zero(g);
        return;
    }
    arb_div(g->c, a->c, b->c, PREC);
    fmpq_sub(g->p, a->p, b->p);
    fmpq_sub(g->q, a->q, b->q);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
}

void ew_growth_scale(ew_growth *g, const arb_t factor)
{
    if (ew_growth_is_zero(g))
        return;
    arb_mul(g->c, g->c, factor, PREC);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
}

/* A dyadic rational at or beyond the end of the ball in direction `side`; 0 if not finite. */
static int rational_beyond(fmpq_t q, const arb_t x, int side)
{
    arf_t e;
    arf_init(e);
    if (side > 0)
        arb_get_ubound_arf(e, x, 64);
    else
        arb_get_lbound_arf(e, x, 64);
    /* The exponent is limited so that the rational stays small. */
    int ok = arf_is_finite(e) && (arf_is_zero(e) || arf_cmpabs_2exp_si(e, 4096) < 0);
    if (ok && arf_cmpabs_2exp_si(e, -4096) < 0) {
        if (arf_sgn(e) * side > 0)
            arf_set_si_2exp_si(e, side, -4096);
        else
            arf_zero(e);
    }
    if (ok)
        arf_get_fmpq(q, e);
    arf_clear(e);
    return ok;
}

/* An exponent times a real power, rounded in direction `side`. */
static int scale_exponent(fmpq_t r, const fmpq_t e, const arb_t power, const fmpq_t exact,
                          int side)
{
    if (exact != NULL) {
        fmpq_mul(r, e, exact);
        return 1;
    }
    if (fmpq_is_zero(e)) {
        fmpq_zero(r);
        return 1;
    }
    arb_t t;
    arb_init(t);
    arb_set_fmpq(t, e, PREC);
    arb_mul(t, t, power, PREC);
    int ok = rational_beyond(r, t, side);
    arb_clear(t);
    return ok;
}

void ew_growth_pow(ew_growth *g, const ew_growth *a, const arb_t power, const fmpq_t exact,
                   int side)
{
    fmpq_t p, q;
    fmpq_init(p);
    fmpq_init(q);
    int ok = ew_growth_is_positive(a) && scale_exponent(p, a->p, power, exact, side) &&
             scale_exponent(q, a->q, power, exact, side);
    if (ok) {
        arb_pow(g->c, a->c, power, PREC);
        fmpq_set(g->p, p);
        fmpq_set(g->q, q);
        ok = arb_is_finite(g->c);
    }
    if (!ok && side > 0)
        ew_growth_infinite(g);
    else if (!ok)
        ew_growth_zero(g);
    fmpq_clear(p);
    fmpq_clear(q);
}

void ew_growth_improve_upper(ew_growth *g, const ew_growth *a)
{
    if (!ew_growth_is_finite(a) || ew_growth_is_zero(g))
        return;
    int s = ew_growth_is_finite(g) && !ew_growth_is_zero(a) ? ew_growth_order(a, g) : -1;
    if (s < 0 || (s == 0 && arf_cmp(arb_midref(a->c), arb_midref(g->c)) < 0))
        ew_growth_set(g, a);
}

void ew_growth_improve_lower(ew_growth *g, const ew_growth *a)
{
    if (!ew_growth_is_positive(a))
        return;
    int s = ew_growth_is_positive(g) ? ew_growth_order(a, g) : 1;
    if (s > 0 || (s == 0 && arf_cmp(arb_midref(a->c), arb_midref(g->c)) > 0))
        ew_growth_set(g, a);
}

void ew_line_init(ew_line *l)
{
    l->known = 0;
    arb_init(l->a);
    fmpq_init(l->b);
}

void ew_line_clear(ew_line *l)
{
    arb_clear(l->a);
    fmpq_clear(l->b);
}

void ew_line_set(ew_line *l, const ew_line *k)
{
    l->known = k->known;
    arb_set(l->a, k->a);
    fmpq_set(l->b, k->b);
}

void ew_line_constant(ew_line *l, const arb_t a)
{
    l->known = arb_is_finite(a);
    arb_set(l->a, a);
    fmpq_zero(l->b);
}

void ew_line_through(ew_line *l, const arb_t at, const arb_t slope, slong R, int side)
{
    l->known = arb_is_finite(at) && rational_beyond(l->b, slope, side);
    if (!l->known)
        return;
    arb_t t, end;
    arb_init(t);
    arb_init(end);
    if (side > 0)
        arb_get_ubound_arf(arb_midref(end), at, PREC);
    else
        arb_get_lbound_arf(arb_midref(end), at, PREC);
    arb_set_fmpq(t, l->b, PREC);
    arb_mul_si(t, t, R, PREC);
    arb_sub(l->a, end, t, PREC);
    arb_clear(t);
    arb_clear(end);
}

void ew_line_neg(ew_line *l, const ew_line *k)
{
    ew_line_set(l, k);
    arb_neg(l->a, l->a);
    fmpq_neg(l->b, l->b);
}

void ew_line_add(ew_line *l, const ew_line *k, const ew_line *m)
{
    l->known = k->known && m->known;
    arb_add(l->a, k->a, m->a, PREC);
    fmpq_add(l->b, k->b, m->b);
}

void ew_line_scale(ew_line *l, const arb_t factor, const fmpq_t exact, slong R, int side)
{
    if (!l->known)
        return;
    if (exact != NULL) {
        arb_mul(l->a, l->a, factor, PREC);
        fmpq_mul(l->b, l->b, exact);
        return;
    }
    arb_t at, slope;
    arb_init(at);
    arb_init(slope);
    arb_set_fmpq(slope, l->b, PREC);
    arb_mul_si(at, slope, R, PREC);
    arb_add(at, at, l->a, PREC);
    arb_mul(at, at, factor, PREC);
    arb_mul(slope, slope, factor, PREC);
    ew_line_through(l, at, slope, R, side);
    arb_clear(at);
    arb_clear(slope);
}

void ew_line_limit(arb_t s, const ew_line *l, slong R, int side)
{
    if (!l->known || fmpq_sgn(l->b) * side > 0) {
        if (side > 0)
            arb_pos_inf(s);
        else
            arb_neg_inf(s);
        return;
    }
    arb_set_fmpq(s, l->b, PREC);
    arb_mul_si(s, s, R, PREC);
    arb_add(s, s, l->a, PREC);
}

void ew_line_improve(ew_line *l, const ew_line *k, int side)
{
    if (!k->known)
        return;
    int s = l->known ? side * fmpq_cmp(k->b, l->b) : -1;
    if (s < 0 || (s == 0 && side * arf_cmp(arb_midref(k->a), arb_midref(l->a)) < 0))
        ew_line_set(l, k);
}

/* A law with finite sup is below that constant; otherwise c x^p e^{qx} <= x sup (law / x), a
 * line of slope sup (law / x) through the origin. */
void ew_line_above(ew_line *l, const ew_growth *g, slong R)
{
    arb_t s, at;
    ew_growth h;
    arb_init(s);
    arb_init(at);
    ew_growth_init(&h);
    l->known = 0;
    ew_growth_sup(s, g, R);
    if (arb_is_finite(s)) {
        ew_line_constant(l, s);
    } else if (ew_growth_is_finite(g)) {
        ew_growth_set(&h, g);
        fmpq_sub_si(h.p, h.p, 1);
        ew_growth_sup(s, &h, R);
        if (arb_is_finite(s)) {
            arb_mul_si(at, s, R, PREC);
            ew_line_through(l, at, s, R, 1);
        }
    }
    arb_clear(s);
    arb_clear(at);
    ew_growth_clear(&h);
}

/* With g = c x^p e^{qx} and u = p + qx: g' = g u / x and g'' = g (u^2 - p) / x^2.  For p, q >=
 * 0 u increases, so u^2 >= p at R makes g convex on [R, inf) and its tangent at R a lower
 * bound. */
static int tangent_below(ew_line *l, const ew_growth *g, slong R)
{
    if (fmpq_sgn(g->p) < 0 || fmpq_sgn(g->q) < 0)
        return 0;
    arb_t x, u, v;
    fmpq_t t, w;
    arb_init(x);
    arb_init(u);
    arb_init(v);
    fmpq_init(t);
    fmpq_init(w);
    fmpq_set_si(w, R, 1);
    fmpq_mul(t, g->q, w);
    fmpq_add(t, t, g->p);
    fmpq_mul(w, t, t);
    int convex = fmpq_cmp(w, g->p) >= 0;
    if (convex) {
        arb_set_si(x, R);
        power_exp(v, x, g->p, g->q);
        arb_mul(v, v, g->c, PREC);
        arb_set_fmpq(u, t, PREC);
        arb_mul(u, u, v, PREC);
        arb_div_si(u, u, R, PREC);
        ew_line_through(l, v, u, R, -1);
        convex = l->known;
    }
    arb_clear(x);
    arb_clear(u);
    arb_clear(v);
    fmpq_clear(t);
    fmpq_clear(w);
    return convex;
}

void ew_line_below(ew_line *l, const ew_growth *g, slong R)
{
    l->known = 0;
    if (!ew_growth_is_positive(g) || tangent_below(l, g, R))
        return;
    arb_t s, at;
    ew_growth h;
    arb_init(s);
    arb_init(at);
    ew_growth_init(&h);
    ew_growth_set(&h, g);
    fmpq_sub_si(h.p, h.p, 1);
    ew_growth_inf(s, &h, R);
    if (arb_is_positive(s)) {
        arb_mul_si(at, s, R, PREC);
        ew_line_through(l, at, s, R, -1);
    } else {
        ew_growth_inf(s, g, R);
        ew_line_constant(l, s);
    }
    arb_clear(s);
    arb_clear(at);
    ew_growth_clear(&h);
}

void ew_growth_exp(ew_growth *g, const ew_line *l)
{
    if (!l->known) {
        ew_growth_infinite(g);
        return;
    }
    arb_exp(g->c, l->a, PREC);
    fmpq_zero(g->p);
    fmpq_set(g->q, l->b);
    if (!arb_is_finite(g->c))
        ew_growth_infinite(g);
}
