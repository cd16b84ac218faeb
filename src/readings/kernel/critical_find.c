#include <math.h>
#include <stdlib.h>

#include "readings/kernel/point.h"

#define SEARCH_LO -12.0 /* log2 of the K-range searched for half-stable points and edges */
#define SEARCH_HI 14.0

/* s(0) = 0 and s'(0) != 0, both proved.  EW_UNABLE when s(0) can be neither told from 0 nor
 * shown to be 0. */
static ew_status has_zero_fixed_point(int *yes, const ew_activation *s, ew_context *ctx)
{
    *yes = 0;
    arb_ptr taylor = _arb_vec_init(2);
    fmpq *exact = _fmpq_vec_init(2);
    int known[2] = {0, 0};
    ew_status st = ew_activation_taylor(taylor, exact, known, s, 2, EW_DECISION_PREC, ctx);
    if (st == EW_OK) {
        int zero = known[0] ? fmpq_is_zero(exact) : arb_is_zero(taylor);
        if (!zero && arb_contains_zero(taylor) && !known[0])
            st = ew_fail(ctx, EW_UNABLE, "cannot decide whether %s vanishes at 0", s->text);
        *yes = zero && arb_is_nonzero(taylor + 1);
    } else if (st == EW_UNABLE) {
        ew_clear(ctx); /* a kink at 0: no expansion there */
        st = EW_OK;
    }
    _arb_vec_clear(taylor, 2);
    _fmpq_vec_clear(exact, 2);
    return st;
}

static ew_status zero_point(ew_critical_point **out, const ew_activation *s, ew_context *ctx)
{
    arb_t a1;
    arb_init(a1);
    ew_status st = ew_point_new(out, EW_ZERO_FIXED_POINT, s, NULL, ctx);
    if (st == EW_OK)
        st = ew_critical_balls(NULL, NULL, NULL, a1, NULL, *out, EW_DECISION_PREC, ctx);
    if (st == EW_OK) {
        (*out)->stable = arb_is_negative(a1);
    } else {
        ew_critical_point_free(*out);
        *out = NULL;
    }
    arb_clear(a1);
    return st;
}

/* s = a max(z, 0) + b min(z, 0) with a, b not both 0. */
static ew_status is_scale_invariant(int *yes, const ew_activation *s, ew_context *ctx)
{
    *yes = 0;
    for (slong i = 0; s->homogeneous && i < s->n; i++) {
        int sign = s->piece[i].degree < 1 ? 0 : ew_expr_sign(s->piece[i].coef[1]);
        if (sign == 2)
            return ew_fail(ctx, EW_UNABLE, "cannot decide whether a slope of %s vanishes",
                           s->text);
        *yes |= sign != 0;
    }
    return EW_OK;
}

/* The point fixed by algebra: scale-invariant, or K* = 0.  *out NULL when there is neither. */
static ew_status algebraic_point(ew_critical_point **out, const ew_activation *s,
                                 ew_context *ctx)
{
    int yes;
    *out = NULL;
    ew_status st = is_scale_invariant(&yes, s, ctx);
    if (st == EW_OK && yes)
        return ew_point_new(out, EW_SCALE_INVARIANT, s, NULL, ctx);
    if (st == EW_OK && !s->homogeneous)
        st = has_zero_fixed_point(&yes, s, ctx);
    return st == EW_OK && yes ? zero_point(out, s, ctx) : st;
}

static ew_status append(ew_critical_list *list, ew_critical_point *p, ew_context *ctx)
{
    ew_critical_point **more =
        ew_realloc(list->point, (size_t) (list->n + 1) * sizeof *more, ctx);
    if (!more) {
        ew_critical_point_free(p);
        return EW_MEMORY;
    }
    list->point = more;
    list->point[list->n++] = p;
    return EW_OK;
}

/* Isolated zeros of a gap become points at those K. */
static ew_status points_at(ew_critical_list *list, ew_class kind, const ew_activation *s,
                           const ew_root_list *roots, const ew_scalar *cb, ew_context *ctx)
{
    ew_status st = EW_OK;
    for (slong i = 0; i < roots->n && st == EW_OK; i++) {
        ew_critical_point *p;
        st = ew_point_new(&p, kind, s, cb, ctx);
        if (st == EW_OK) {
            arb_set(p->K, roots->interval + i);
            st = append(list, p, ctx);
        }
    }
    return st;
}

/* A half-stable point needs C_b = K* - C_W <s^2> >= 0; others are dropped. */
static ew_status drop_negative_bias(ew_critical_list *list, ew_context *ctx)
{
    arb_t cb;
    arb_init(cb);
    ew_status st = EW_OK;
    slong kept = 0, i = 0;
    for (; i < list->n && st == EW_OK; i++) {
        st = ew_critical_balls(NULL, NULL, cb, NULL, NULL, list->point[i], EW_DECISION_PREC,
                               ctx);
        if (st == EW_OK && arb_is_negative(cb))
            ew_critical_point_free(list->point[i]);
        else
            list->point[kept++] = list->point[i];
    }
    for (; i < list->n; i++)
        list->point[kept++] = list->point[i];
    list->n = kept;
    arb_clear(cb);
    return st;
}

/* log2 of the largest K searched.  With |s| <= c e^{q|z|} the moments grow like e^{2 q^2 K}:
 * beyond K = 100 / q^2 their sizes, not their signs, are all one computes. */
static double search_end(const ew_activation *s)
{
    double q = s->growth.q;
    double end = q > 0 ? floor(log2(100 / (q * q))) : SEARCH_HI;
    return end < SEARCH_LO + 1 ? SEARCH_LO + 1 : end > SEARCH_HI ? SEARCH_HI : end;
}

static ew_status search_gap(ew_critical_list *list, ew_class kind, const ew_activation *s,
                            const ew_scalar *cb, ew_context *ctx)
{
    ew_critical_point *probe;
    ew_root_list roots;
    ew_status st = ew_point_new(&probe, kind, s, cb, ctx);
    if (st != EW_OK)
        return st;
    st = ew_root_isolate(&roots, ew_point_gap, probe, SEARCH_LO, search_end(s), ctx);
    if (st == EW_OK) {
        list->resolved = roots.resolved;
        st = points_at(list, kind, s, &roots, cb, ctx);
        ew_root_list_clear(&roots);
    }
    ew_critical_point_free(probe);
    return st;
}

static ew_status list_new(ew_critical_list **out, const ew_activation *s, ew_context *ctx)
{
    *out = ew_alloc_zero(1, sizeof **out, ctx);
    if (!*out)
        return EW_MEMORY;
    (*out)->resolved = 1;
    (*out)->searched_lo = ldexp(1.0, (int) SEARCH_LO);
    (*out)->searched_hi = ldexp(1.0, (int) search_end(s));
    return EW_OK;
}

/* Half-stable points by K*, those with C_b >= 0.  A homogeneous activation has none at any K,
 * and at a jump s' is a delta function: chi_perp is infinite at every K. */
static ew_status half_stable_points(ew_critical_list *list, const ew_activation *s,
                                    ew_context *ctx)
{
    list->complete = s->homogeneous || !s->continuous;
    if (list->complete)
        return EW_OK;
    ew_status st = search_gap(list, EW_HALF_STABLE, s, NULL, ctx);
    return st == EW_OK ? drop_negative_bias(list, ctx) : st;
}

/* A stable algebraic point comes first, an unstable one last. */
static ew_status add_algebraic(ew_critical_list *list, const ew_activation *s, ew_context *ctx)
{
    ew_critical_point *base = NULL;
    ew_status st = s->continuous ? algebraic_point(&base, s, ctx) : EW_OK;
    if (st != EW_OK || !base)
        return st;
    int stable = base->stable;
    st = append(list, base, ctx);
    for (slong i = list->n - 1; st == EW_OK && stable && i > 0; i--) {
        list->point[i] = list->point[i - 1];
        list->point[i - 1] = base;
    }
    return st;
}

ew_status ew_critical_find(ew_critical_list **out, const ew_activation *s, ew_context *ctx)
{
    ew_status st = list_new(out, s, ctx);
    if (st != EW_OK)
        return st;
    st = half_stable_points(*out, s, ctx);
    if (st == EW_OK)
        st = add_algebraic(*out, s, ctx);
    if (st != EW_OK) {
        ew_critical_list_free(*out);
        *out = NULL;
    }
    return st;
}

void ew_critical_list_free(ew_critical_list *list)
{
    if (!list)
        return;
    for (slong i = 0; i < list->n; i++)
        ew_critical_point_free(list->point[i]);
    free(list->point);
    free(list);
}

/* Take a point out of the list it is in. */
static ew_critical_point *take(ew_critical_list *list, slong i)
{
    ew_critical_point *p = list->point[i];
    list->n--;
    for (; i < list->n; i++)
        list->point[i] = list->point[i + 1];
    return p;
}

ew_status ew_critical_preferred(ew_critical_point **out, const ew_activation *s,
                                ew_context *ctx)
{
    *out = NULL;
    if (!s->continuous)
        return EW_OK;
    ew_status st = algebraic_point(out, s, ctx);
    if (st != EW_OK || (*out && (*out)->stable))
        return st;
    ew_critical_point_free(*out);
    *out = NULL;
    ew_critical_list *list;
    st = list_new(&list, s, ctx);
    if (st == EW_OK)
        st = half_stable_points(list, s, ctx);
    if (st == EW_OK && list->n > 0)
        *out = take(list, 0);
    ew_critical_list_free(list);
    return st;
}

static ew_status edge_from_list(ew_critical_point **out, ew_critical_list *list,
                                ew_context *ctx)
{
    if (list->n > 1)
        return ew_fail(ctx, EW_UNABLE, "the edge of chaos is not unique for K in [%g, %g]",
                       list->searched_lo, list->searched_hi);
    if (!list->resolved)
        return ew_fail(ctx, EW_UNABLE,
                       "the search for the edge of chaos in [%g, %g] is not conclusive",
                       list->searched_lo, list->searched_hi);
    if (list->n == 0)
        return ew_fail(ctx, EW_UNABLE, "no edge of chaos for this C_b with K in [%g, %g]",
                       list->searched_lo, list->searched_hi);
    *out = take(list, 0);
    return EW_OK;
}

ew_status ew_critical_edge(ew_critical_point **out, const ew_activation *s, const ew_scalar *cb,
                           ew_context *ctx)
{
    *out = NULL;
    if (!s->continuous)
        return ew_fail(ctx, EW_DOMAIN, "%s has a jump: chi_perp is infinite, no edge of chaos",
                       s->text);
    fmpq_t bias;
    fmpq_init(bias);
    ew_status st = EW_OK;
    if (ew_scalar_rational(bias, cb) && fmpq_is_zero(bias))
        st = algebraic_point(out, s, ctx);
    fmpq_clear(bias);
    if (st != EW_OK || *out)
        return st;
    ew_critical_list *list;
    st = list_new(&list, s, ctx);
    if (st == EW_OK)
        st = search_gap(list, EW_EDGE, s, cb, ctx);
    if (st == EW_OK)
        st = edge_from_list(out, list, ctx);
    ew_critical_list_free(list);
    return st;
}
