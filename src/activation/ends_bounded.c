/* Functions of an argument that stays bounded at the end: there the primitive is evaluated on a
 * rectangle, by the same analytic jets as on the bounded part. */
#include "activation/ends.h"
#include "activation/jet.h"

#define PREC EW_GROWTH_PREC
#define COVER_DEPTH 8

/* The node as a function of z alone. */
static ew_expr *one_node(const ew_expr *node, ew_context *ctx)
{
    ew_expr *z = ew_expr_leaf(EW_Z, 0, ctx);
    if (z == NULL)
        return NULL;
    if (node->op == EW_POW)
        return ew_expr_2(EW_POW, z, ew_expr_ref(node->arg[1]), ctx);
    return ew_expr_1(node->op, z, ctx);
}

static void box_split(acb_t a, acb_t b, const acb_t box)
{
    int re = mag_cmp(arb_radref(acb_realref(box)), arb_radref(acb_imagref(box))) >= 0;
    arb_srcptr x = re ? acb_realref(box) : acb_imagref(box);
    arb_t lo, mid, hi;
    arb_init(lo);
    arb_init(mid);
    arb_init(hi);
    arb_get_lbound_arf(arb_midref(lo), x, PREC);
    arb_get_ubound_arf(arb_midref(hi), x, PREC);
    arb_set_arf(mid, arb_midref(x));
    acb_set(a, box);
    acb_set(b, box);
    arb_union(re ? acb_realref(a) : acb_imagref(a), lo, mid, PREC);
    arb_union(re ? acb_realref(b) : acb_imagref(b), mid, hi, PREC);
    arb_clear(lo);
    arb_clear(mid);
    arb_clear(hi);
}

/* hull of g over the box, or 0: bisects while not finite or wider than 1. */
static int cover(acb_t hull, const ew_expr *g, const acb_t box, int depth)
{
    acb_t w, a, b;
    mag_t one;
    acb_init(w);
    acb_init(a);
    acb_init(b);
    mag_init(one);
    mag_one(one);
    ew_jet(w, g, box, 1, 1, PREC);
    int small = mag_cmp(arb_radref(acb_realref(box)), one) <= 0 &&
                mag_cmp(arb_radref(acb_imagref(box)), one) <= 0;
    int ok = acb_is_finite(w);
    if (depth > 0 && !(ok && small)) {
        box_split(a, b, box);
        ok = cover(w, g, a, depth - 1) && cover(a, g, b, depth - 1);
        if (ok)
            acb_union(w, w, a, PREC);
    }
    acb_swap(hull, w);
    acb_clear(w);
    acb_clear(a);
    acb_clear(b);
    mag_clear(one);
    return ok;
}

/* The real part of g lies in an interval, the imaginary part is at most so large. */
static void take_hull(ew_value *v, const acb_t hull)
{
    ew_line l;
    arb_t t;
    ew_line_init(&l);
    arb_init(t);
    arb_get_ubound_arf(arb_midref(t), acb_realref(hull), PREC);
    ew_line_constant(&l, t);
    ew_line_improve(&v->above, &l, 1);
    arb_get_lbound_arf(arb_midref(t), acb_realref(hull), PREC);
    ew_line_constant(&l, t);
    ew_line_improve(&v->below, &l, -1);
    arb_get_abs_ubound_arf(arb_midref(t), acb_imagref(hull), PREC);
    ew_line_constant(&l, t);
    ew_line_improve(&v->swing, &l, 1);
    ew_line_clear(&l);
    arb_clear(t);
}

static void abs_upper(arb_t m, const acb_t w)
{
    mag_t t;
    mag_init(t);
    acb_get_mag(t, w);
    arf_set_mag(arb_midref(m), t);
    mag_zero(arb_radref(m));
    mag_clear(t);
}

/* u in [below, above] x [-swing, swing]. */
static int by_rectangle(ew_value *v, const ew_expr *g, const ew_value *u, const ew_half *S)
{
    acb_t box;
    arb_t lo, hi;
    int ok;
    acb_init(box);
    arb_init(lo);
    arb_init(hi);
    ew_line_limit(lo, &u->below, S->R, -1);
    ew_line_limit(hi, &u->above, S->R, 1);
    ok = arb_is_finite(lo) && arb_is_finite(hi);
    if (ok)
        arb_union(acb_realref(box), lo, hi, PREC);
    ew_line_limit(hi, &u->swing, S->R, 1);
    ok = ok && arb_is_finite(hi);
    if (ok) {
        arb_neg(lo, hi);
        arb_union(acb_imagref(box), lo, hi, PREC);
        ok = cover(box, g, box, COVER_DEPTH);
    }
    if (ok) {
        ew_growth_zero(&v->rest);
        abs_upper(v->rest.c, box);
        take_hull(v, box);
    }
    acb_clear(box);
    arb_clear(lo);
    arb_clear(hi);
    return ok;
}

/* u = w with w = P e^{rate z} + r small: where g(0) = 0,
 *     |g(u) - g'(0) u| <= |u|^2 sup |g''| / 2. */
static int keep_lead(ew_value *v, acb_srcptr at, acb_srcptr jet, const ew_value *u,
                     const ew_half *S)
{
    if (ew_value_degree(u) < 0 || !acb_is_zero(at) || acb_contains_zero(at + 1) ||
        !acb_is_finite(jet + 2))
        return 0;
    ew_value c, rest;
    ew_growth g;
    arb_t K;
    ew_value_init(&c);
    ew_value_init(&rest);
    ew_growth_init(&g);
    arb_init(K);
    ew_growth_mul(&g, &u->upper, &u->upper);
    abs_upper(K, jet + 2);
    ew_growth_scale(&g, K);
    ew_value_bounded(&rest, &g, S);
    ew_value_ball(&c, acb_realref(at + 1), S);
    ew_value_mul(v, &c, u, S);
    ew_value_add(v, v, &rest, S);
    ew_value_clear(&c);
    ew_value_clear(&rest);
    arb_clear(K);
    ew_growth_clear(&g);
    return 1;
}

/* u = beta + w, |w| <= small(x) <= B: on the square about beta of half side B, convex and
 * holding beta and u, |g(u) - g(beta)| <= |w| sup |g'|. */
static int by_expansion(ew_value *v, const ew_expr *g, const ew_value *u, const ew_half *S)
{
    arb_t beta, B;
    acb_t box;
    acb_ptr at = _acb_vec_init(2), jet = _acb_vec_init(3);
    int constant = ew_value_degree(u) <= 0 && fmpq_is_zero(u->rate), ok;
    const ew_growth *small = constant ? &u->rest : &u->upper;
    arb_init(beta);
    arb_init(B);
    acb_init(box);
    if (constant)
        ew_value_coeff(beta, u, 0);
    ew_growth_sup(B, small, S->R);
    ok = arb_is_finite(B) && arb_is_finite(beta);
    if (ok) {
        arb_get_mag(arb_radref(acb_realref(box)), B);
        if (!S->real)
            mag_set(arb_radref(acb_imagref(box)), arb_radref(acb_realref(box)));
        arb_add(acb_realref(box), acb_realref(box), beta, PREC);
        ew_jet(jet, g, box, 3, 1, PREC);
        acb_set_arb(box, beta);
        ew_jet(at, g, box, 2, 1, PREC);
        ok = acb_is_finite(jet) && acb_is_finite(jet + 1) && acb_is_finite(at);
    }
    if (ok && !(!constant && keep_lead(v, at, jet, u, S))) {
        ew_value_set_constant(v, acb_realref(at));
        abs_upper(B, jet + 1);
        ew_growth_set(&v->rest, small);
        ew_growth_scale(&v->rest, B);
    }
    if (ok)
        take_hull(v, jet);
    arb_clear(beta);
    arb_clear(B);
    acb_clear(box);
    _acb_vec_clear(at, 2);
    _acb_vec_clear(jet, 3);
    return ok;
}

int ew_end_bounded(ew_value *v, const ew_expr *node, const ew_value *u, const ew_half *S,
                   ew_context *ctx)
{
    ew_expr *g = one_node(node, ctx);
    if (g == NULL)
        return -1;
    ew_value w;
    ew_value_init(&w);
    int ok = by_expansion(&w, g, u, S) || by_rectangle(&w, g, u, S);
    if (ok) {
        ew_value_conclude(&w, S);
        ew_value_swap(v, &w);
    }
    ew_value_clear(&w);
    ew_expr_free(g);
    return ok;
}
