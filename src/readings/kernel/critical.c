#include "readings/kernel/point.h"

#include <stdlib.h>

/* Which of these moments a formula below reads; the order of `values` in moments(). */
enum { SS, D_SS, D2_SS, S1S1, D_S1S1, MOMENTS };

static ew_monomial power(int derivative, int exponent)
{
    ew_monomial f = {0};
    f.e[derivative] = (unsigned char) exponent;
    return f;
}

/* <s^2>, its first two K-derivatives, <s'^2> and its first, over the ball K.  Hermite
 * derivatives of s^2 need no s'', so kinks are fine: this is the score form of theory.md
 * section 9. */
static ew_status moments(arb_ptr values, ew_evaluator *E, const arb_t K, slong prec,
                         ew_context *ctx)
{
    const ew_atom1 atoms[MOMENTS] = {
        [SS] = {power(0, 2), 0},   [D_SS] = {power(0, 2), 1},   [D2_SS] = {power(0, 2), 2},
        [S1S1] = {power(1, 2), 0}, [D_S1S1] = {power(1, 2), 1},
    };
    return ew_expect_one(values, NULL, E, atoms, MOMENTS, K, prec, ctx);
}

/* chi_par = chi_perp, well conditioned where the kernel map is not.  Smooth activations:
 * <s s''> = 0 by the heat equation, free of the cancellation that the score form suffers at
 * small K; kinks: the score form D<s^2> - <s'^2> = 0, which needs no s'' (theory.md section 9).
 */
static ew_status half_stable_gap(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                                 ew_context *ctx)
{
    ew_critical_point *p = data;
    arb_ptr v = _arb_vec_init(MOMENTS);
    ew_status st;
    if (p->s->kinks == 0) {
        ew_monomial f = {0};
        f.e[0] = f.e[2] = 1;
        const ew_atom1 atoms[2] = {{f, 0}, {f, 1}};
        st = ew_expect_one(v, NULL, p->E, atoms, 2, K, prec, ctx);
        arb_swap(g, v);
        arb_swap(dg, v + 1);
    } else {
        st = moments(v, p->E, K, prec, ctx);
        arb_sub(g, v + D_SS, v + S1S1, prec);
        arb_sub(dg, v + D2_SS, v + D_S1S1, prec);
    }
    _arb_vec_clear(v, MOMENTS);
    return st;
}

/* The fixed point with C_W = 1/<s'^2>: (K - C_b) <s'^2> - <s^2> = 0. */
static ew_status edge_gap(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                          ew_context *ctx)
{
    ew_critical_point *p = data;
    arb_ptr v = _arb_vec_init(MOMENTS);
    arb_t excess;
    arb_init(excess);
    ew_status st = ew_scalar_ball(excess, p->cb, prec, ctx);
    if (st == EW_OK)
        st = moments(v, p->E, K, prec, ctx);
    if (st == EW_OK) {
        arb_sub(excess, K, excess, prec);
        arb_mul(g, excess, v + S1S1, prec);
        arb_sub(g, g, v + SS, prec);
        arb_mul(dg, excess, v + D_S1S1, prec);
        arb_add(dg, dg, v + S1S1, prec);
        arb_sub(dg, dg, v + D_SS, prec);
    }
    arb_clear(excess);
    _arb_vec_clear(v, MOMENTS);
    return st;
}

ew_status ew_point_gap(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                       ew_context *ctx)
{
    ew_critical_point *p = data;
    return (p->kind == EW_EDGE ? edge_gap : half_stable_gap)(g, dg, K, prec, p, ctx);
}

/* C_W = 1/<s'^2>, and for a zero fixed point a_1 and b_1, where they are rational. */
static int rational_coordinates(fmpq_t cw, fmpq_t a1, fmpq_t b1, const ew_critical_point *p)
{
    const ew_atom1 slope = {power(1, 2), 0}, second = {power(0, 2), 2},
                   drift = {power(1, 2), 1};
    fmpq_t K;
    fmpq_init(K);
    fmpq_set_si(K, p->kind == EW_SCALE_INVARIANT, 1);
    int known = ew_expect_one_rational(cw, p->s, &slope, K) && !fmpq_is_zero(cw);
    if (known)
        fmpq_inv(cw, cw);
    if (known && p->kind == EW_ZERO_FIXED_POINT &&
        ew_expect_one_rational(a1, p->s, &second, K) &&
        ew_expect_one_rational(b1, p->s, &drift, K)) {
        fmpq_mul(a1, a1, cw);
        fmpq_div_2exp(a1, a1, 1);
        fmpq_mul(b1, b1, cw);
        known = 2;
    }
    fmpq_clear(K);
    return known;
}

/* The coordinates that are known exactly. */
static ew_status set_exact(ew_critical_point *p, ew_context *ctx)
{
    if (p->kind == EW_EDGE) {
        p->exact_cb = p->cb->e ? ew_expr_ref(p->cb->e) : NULL;
        return EW_OK;
    }
    if (p->kind == EW_HALF_STABLE)
        return EW_OK;
    fmpq_t cw, a1, b1;
    fmpq_init(cw);
    fmpq_init(a1);
    fmpq_init(b1);
    int known = rational_coordinates(cw, a1, b1, p), bad = 0;
    if (known > 0)
        bad |= !(p->exact_cw = ew_expr_num(cw, ctx));
    if (known > 1) {
        bad |= !(p->exact_a1 = ew_expr_num(a1, ctx));
        bad |= !(p->exact_b1 = ew_expr_num(b1, ctx));
    }
    bad |= !(p->exact_cb = ew_expr_si(0, ctx));
    fmpq_clear(cw);
    fmpq_clear(a1);
    fmpq_clear(b1);
    return bad ? EW_MEMORY : EW_OK;
}

ew_status ew_point_new(ew_critical_point **out, ew_class kind, const ew_activation *s,
                       const ew_scalar *cb, ew_context *ctx)
{
    *out = NULL;
    ew_critical_point *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    p->kind = kind;
    p->stable = 1;
    p->s = s;
    p->cb = cb;
    arb_init(p->K);
    ew_status st = ew_evaluator_new(&p->E, s, EW_AUTO, ctx);
    if (st == EW_OK)
        st = set_exact(p, ctx);
    if (st != EW_OK) {
        ew_critical_point_free(p);
        return st;
    }
    *out = p;
    return EW_OK;
}

ew_status ew_critical_point_method(ew_critical_point *p, ew_method method, ew_context *ctx)
{
    ew_evaluator *E;
    ew_status status = ew_evaluator_new(&E, p->s, method, ctx);
    if (status != EW_OK)
        return status;
    ew_evaluator_free(p->E);
    p->E = E;
    return EW_OK;
}

void ew_critical_point_free(ew_critical_point *p)
{
    if (!p)
        return;
    ew_evaluator_free(p->E);
    ew_expr_free(p->exact_cw);
    ew_expr_free(p->exact_cb);
    ew_expr_free(p->exact_a1);
    ew_expr_free(p->exact_b1);
    arb_clear(p->K);
    free(p);
}

const char *ew_class_name(ew_class c)
{
    static const char *const name[] = {"scale-invariant", "zero-fixed-point", "half-stable",
                                       "none", "edge-of-chaos"};
    return name[c];
}

ew_class ew_critical_class(const ew_critical_point *p)
{
    return p->kind;
}

const ew_expr *ew_critical_exact(const ew_critical_point *p, ew_coordinate which)
{
    const ew_expr *const exact[] = {NULL, p->exact_cw, p->exact_cb, p->exact_a1, p->exact_b1};
    return exact[which];
}

int ew_critical_stable(const ew_critical_point *p)
{
    return p->stable;
}

/* The K at which C_W = 1/<s'^2>_K is read: 1 for scale-invariant (any K does), else K*. */
static ew_status locate(arb_t K, ew_critical_point *p, slong prec, ew_context *ctx)
{
    if (p->kind == EW_HALF_STABLE || p->kind == EW_EDGE) {
        ew_status st = ew_root_refine(p->K, ew_point_gap, p, prec, ctx);
        if (st != EW_OK)
            return st;
        arb_set(K, p->K);
    } else {
        arb_set_ui(K, p->kind == EW_SCALE_INVARIANT);
    }
    return EW_OK;
}

/* K' = C_W <s^2>_K = K (1 + a_1 K + ...), chi_perp = 1 + b_1 K + ...: heat derivatives at K =
 * 0. */
static void expansion(arb_t a1, arb_t b1, arb_srcptr v, const arb_t cw, slong prec)
{
    arb_mul(a1, cw, v + D2_SS, prec);
    arb_mul_2exp_si(a1, a1, -1);
    arb_mul(b1, cw, v + D_S1S1, prec);
}

ew_status ew_critical_balls(arb_t k, arb_t cw, arb_t cb, arb_t a1, arb_t b1,
                            ew_critical_point *p, slong prec, ew_context *ctx)
{
    arb_ptr v = _arb_vec_init(MOMENTS + 5);
    arb_ptr out = v + MOMENTS; /* K, C_W, C_b, a_1, b_1 */
    ew_status st = locate(out, p, prec, ctx);
    if (st == EW_OK)
        st = moments(v, p->E, out, prec, ctx);
    if (st == EW_OK) {
        arb_inv(out + 1, v + S1S1, prec);
        if (p->kind == EW_HALF_STABLE) {
            arb_mul(out + 2, out + 1, v + SS, prec);
            arb_sub(out + 2, out, out + 2, prec);
        } else if (p->kind == EW_EDGE) {
            st = ew_scalar_ball(out + 2, p->cb, prec, ctx);
        } else if (p->kind == EW_ZERO_FIXED_POINT) {
            expansion(out + 3, out + 4, v, out + 1, prec);
        }
        arb_ptr wanted[] = {k, cw, cb, a1, b1};
        for (int i = 0; i < 5 && st == EW_OK; i++)
            if (wanted[i])
                arb_set(wanted[i], out + i);
    }
    _arb_vec_clear(v, MOMENTS + 5);
    return st;
}
