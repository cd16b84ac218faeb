/* Gauss-Legendre on the panels: which panels a variance needs, and the sums over them. */
#include "expect/panels.h"

#include "expect/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 6
#define MAX_CHOSEN 4000
#define MAX_DEPTH 1500
#define MAX_INDEX (WORD(1) << 50)
#define MAX_BOXES 400000

struct ew_panels {
    slong n;
    ew_side *side;
    slong order, prec; /* the Gauss-Legendre rule at hand, on [-1, 1] */
    arb_ptr x, w;
};

/* The panels one evaluation uses. */
typedef struct {
    const ew_batch *b;
    arb_srcptr K;
    slong order;
    double *target; /* log2 of the error allowed per panel: monomials, then their squares */
    mag_ptr err;    /* the same indexing: errors so far */
    int hasty;
    slong boxes;
    slong n;
    struct {
        slong side;
        ew_panel *panel;
    } * chosen;
} choice;

void ew_panels_free(ew_panels *p)
{
    if (!p)
        return;
    for (slong i = 0; i < p->n; i++)
        ew_side_clear(p->side + i);
    free(p->side);
    if (p->order) {
        _arb_vec_clear(p->x, p->order);
        _arb_vec_clear(p->w, p->order);
    }
    free(p);
}

static ew_status panels_new(ew_panels **out, const ew_activation *s, ew_context *ctx)
{
    ew_panels *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    ew_status st = ew_sides_new(&p->side, &p->n, s, ctx);
    if (st)
        free(p);
    else
        *out = p;
    return st;
}

static void rule(ew_panels *p, slong order, slong prec)
{
    if (order <= p->order && prec <= p->prec)
        return;
    if (p->order) {
        _arb_vec_clear(p->x, p->order);
        _arb_vec_clear(p->w, p->order);
    }
    p->order = order > p->order ? order : p->order;
    p->prec = prec > p->prec ? prec : p->prec;
    p->x = _arb_vec_init(p->order);
    p->w = _arb_vec_init(p->order);
    for (slong i = 0; i < p->order; i++)
        arb_hypgeom_legendre_p_ui_root(p->x + i, p->w + i, (ulong) p->order, (ulong) i,
                                       p->prec);
}

/* |F| on the panel's ellipse */
static void monomial_sup(mag_t sup, const ew_monomial *f, const ew_panel *p)
{
    mag_t t;
    mag_init(t);
    mag_pow_ui(sup, p->reach, f->z);
    for (slong i = 0; i < EW_JETS; i++)
        if (f->e[i]) {
            mag_pow_ui(t, p->sup + i, f->e[i]);
            mag_mul(sup, sup, t);
        }
    mag_clear(t);
}

static int small(const mag_t x, double target)
{
    return mag_get_d_log2_approx(x) <= target;
}

/* Error of leaving the panel out (drop) or of the rule on it, for F = f h_k.
 * Rule of N nodes: exact to degree 2N - 1 and, on Chebyshev polynomials T_m of even degree m >=
 * 2N, off by at most 2 + 2/(m^2 - 1); their coefficients are at most 2 M rho^-m.  Together, for
 * N >= 2, (64/15) M rho^(-2N)/(1 - rho^-2) on [-1, 1], with rho = 4: less than 4.56 M 2^(-4N).
 */
static void panel_error(mag_t err, const ew_monomial *f, slong k, const ew_panel *p,
                        const ew_place *at, int drop, slong order, const arb_t K)
{
    mag_t t;
    mag_init(t);
    monomial_sup(err, f, p);
    if (drop)
        ew_bound_weight(t, k, at->segment, 0, K);
    else
        ew_bound_weight(t, k, at->x, at->y, K);
    mag_mul(err, err, t);
    mag_mul(err, err, at->half);
    if (drop) {
        mag_mul_2exp_si(err, err, 1);
    } else {
        mag_set_d(t, 4.56);
        mag_mul(err, err, t);
        mag_mul_2exp_si(err, err, -4 * order);
    }
    mag_clear(t);
}

/* All monomials and squares within their targets?  Then their errors are added. */
static int try_panel(choice *c, const ew_panel *p, const ew_place *at, int drop)
{
    slong n = 2 * c->b->monomials;
    mag_ptr e = _mag_vec_init(n);
    ew_monomial g;
    int ok = 1;
    for (slong m = 0; m < c->b->monomials && ok; m++) {
        panel_error(e + 2 * m, c->b->f + m, c->b->top[m], p, at, drop, c->order, c->K);
        ok = small(e + 2 * m, c->target[2 * m]);
        if (!ok)
            break;
        ew_monomial_square(&g, c->b->f + m);
        panel_error(e + 2 * m + 1, &g, 0, p, at, drop, c->order, c->K);
        ok = small(e + 2 * m + 1, c->target[2 * m + 1]);
    }
    for (slong m = 0; m < n && ok; m++)
        mag_add(c->err + m, c->err + m, e + m);
    _mag_vec_clear(e, n);
    return ok;
}

static ew_status choose(choice *c, ew_side *s, slong index, slong k, slong e, int depth,
                        ew_context *ctx)
{
    ew_panel *p;
    ew_place at;
    if (depth > MAX_DEPTH || k > MAX_INDEX || c->n >= MAX_CHOSEN || c->boxes > MAX_BOXES ||
        (c->hasty && (c->n >= EW_HASTY_PANELS || c->boxes > EW_HASTY_BOXES)))
        return ew_fail(ctx, EW_UNABLE, "too many Gauss-Legendre panels");
    ew_status st = ew_side_panel(&p, s, k, e, c->b->len, &c->boxes, ctx);
    if (st)
        return st;
    if (p->len > 0) {
        int done;
        mag_init(at.half);
        ew_panel_place(&at, s, p);
        done = try_panel(c, p, &at, 1);
        if (!done && (done = try_panel(c, p, &at, 0))) {
            c->chosen[c->n].side = index;
            c->chosen[c->n++].panel = p;
        }
        mag_clear(at.half);
        if (done)
            return EW_OK;
    }
    st = choose(c, s, index, 2 * k, e - 1, depth + 1, ctx);
    return st ? st : choose(c, s, index, 2 * k + 1, e - 1, depth + 1, ctx);
}

/* Exponent e of the root panel [0, 2^e] of an unbounded side: beyond it the tails are within
 * target; they are added. */
static ew_status root_exponent(slong *e, choice *c, ew_side *s, ew_context *ctx)
{
    ew_majorant *m;
    ew_monomial g;
    mag_t t;
    double K = arf_get_d(arb_midref(c->K), ARF_RND_NEAR), reach = 0, base;
    slong n = 2 * c->b->monomials, set;
    arb_t from, scale;
    ew_status st = ew_side_growth(s, c->b->len, ctx);
    if (st)
        return st;
    m = ew_alloc((size_t) n * sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    mag_init(t);
    arb_init(from);
    arb_init(scale);
    ew_side_frame(from, scale, s, 64);
    arb_get_mag(t, from);
    base = mag_get_d(t);
    for (set = 0; set < n && !st; set++) {
        ew_majorant_init(m + set);
        g = c->b->f[set / 2];
        if (set & 1)
            ew_monomial_square(&g, c->b->f + set / 2);
        ew_side_majorant(m + set, &g, s);
        double z = ew_bound_tail_start(m + set, set & 1 ? 0 : c->b->top[set / 2], s->inner,
                                       c->target[set] - mag_get_d_log2_approx(m[set].c), K);
        if (z < 0)
            st = ew_fail(ctx, EW_UNABLE, "no bound of the tails");
        reach = fmax(reach, z);
    }
    if (st == EW_OK) {
        *e = (slong) ceil(log2(reach + base)) + 1;
        /* |z| >= 2^e - |base| at the root's far end, an exact difference bounded from below */
        double z = nextafter(ldexp(1, (int) *e) - base, 0);
        for (slong i = 0; i < n; i++) {
            ew_bound_tail(t, m + i, i & 1 ? 0 : c->b->top[i / 2], z, c->K);
            mag_add(c->err + i, c->err + i, t);
        }
    }
    for (slong i = 0; i < set; i++)
        ew_majorant_clear(m + i);
    free(m);
    mag_clear(t);
    arb_clear(from);
    arb_clear(scale);
    return st;
}

static ew_status choose_all(choice *c, ew_panels *P, ew_context *ctx)
{
    ew_status st = EW_OK;
    for (slong i = 0; i < P->n && !st; i++) {
        ew_side *s = P->side + i;
        slong e = 0;
        if (!s->to)
            st = root_exponent(&e, c, s, ctx);
        if (!st)
            st = choose(c, s, i, 0, e, 0, ctx);
    }
    return st;
}

typedef struct {
    const ew_side *side;
    const ew_panel *panel;
    const ew_panels *rules;
} place_data;

/* z = base + scale (2k + 1 + x) 2^(e-1) */
static void fill_nodes(arb_ptr z, slong from, slong n, void *data, slong prec)
{
    const place_data *d = data;
    arb_t base, scale;
    arb_init(base);
    arb_init(scale);
    ew_side_frame(base, scale, d->side, prec);
    arb_mul_2exp_si(scale, scale, d->panel->e - 1);
    for (slong i = from; i < n; i++) {
        arb_add_si(z + i, d->rules->x + i, 2 * d->panel->k + 1, prec);
        arb_mul(z + i, z + i, scale, prec);
        arb_add(z + i, z + i, base, prec);
    }
    arb_clear(base);
    arb_clear(scale);
}

/* w (half width) e^(-z^2/2K)/sqrt(2 pi K) */
static void weights(arb_ptr v, const ew_panels *P, const ew_side *s, const ew_panel *p,
                    const arb_t K, slong prec)
{
    arb_t factor, t, half;
    arb_init(factor);
    arb_init(t);
    arb_init(half);
    arb_const_pi(factor, prec);
    arb_mul(factor, factor, K, prec);
    arb_mul_2exp_si(factor, factor, 1);
    arb_rsqrt(factor, factor, prec);
    ew_side_frame(t, half, s, prec);
    arb_abs(half, half);
    arb_mul_2exp_si(half, half, p->e - 1);
    arb_mul(factor, factor, half, prec);
    arb_inv(half, K, prec);
    arb_mul_2exp_si(half, half, -1);
    arb_neg(half, half);
    for (slong i = 0; i < P->order; i++) {
        arb_mul(t, p->nodes.z + i, p->nodes.z + i, prec);
        arb_mul(t, t, half, prec);
        arb_exp(t, t, prec);
        arb_mul(t, t, factor, prec);
        arb_mul(v + i, t, P->w + i, prec);
    }
    arb_clear(factor);
    arb_clear(t);
    arb_clear(half);
}

static ew_status sum_panel(arb_ptr a, arb_ptr squares, const choice *c, slong i,
                           const ew_panels *P, slong wp, ew_context *ctx)
{
    ew_panel *p = c->chosen[i].panel;
    const ew_side *s = P->side + c->chosen[i].side;
    place_data data = {s, p, P};
    if (p->nodes.n && p->nodes.n != P->order) {
        ew_nodes_clear(&p->nodes);
        ew_nodes_init(&p->nodes, s->f, EW_PARITY_NONE, 0);
    }
    ew_status st =
        ew_nodes_require(&p->nodes, P->order, c->b->len, P->prec, fill_nodes, &data, ctx);
    if (st)
        return st;
    arb_ptr w = _arb_vec_init(P->order);
    weights(w, P, s, p, c->K, wp);
    st = ew_nodes_sum(a, squares, &p->nodes, P->order, w, c->K, c->b, wp, ctx);
    _arb_vec_clear(w, P->order);
    return st;
}

static void set_targets(choice *c, const double *guess, slong prec)
{
    slong bits = prec < EW_SQUARE_BITS ? prec : EW_SQUARE_BITS;
    for (slong m = 0; m < c->b->monomials; m++) {
        c->target[2 * m] = guess[m] - (double) prec - 10;
        c->target[2 * m + 1] = 2 * guess[m] - (double) bits;
        mag_zero(c->err + 2 * m);
        mag_zero(c->err + 2 * m + 1);
    }
    c->n = 0;
}

static ew_status evaluate(arb_ptr a, mag_ptr norm, int *fair, double *lost, choice *c,
                          ew_panels *P, slong prec, slong wp, ew_context *ctx)
{
    slong count = c->b->monomials;
    rule(P, wp / 4 + 20, wp);
    c->order = P->order;
    ew_status st = choose_all(c, P, ctx);
    if (st)
        return st;
    arb_ptr squares = _arb_vec_init(count);
    mag_ptr err = _mag_vec_init(count);
    _arb_vec_zero(a, c->b->n);
    *fair = 1;
    for (slong i = 0; i < c->n && !st; i++)
        st = sum_panel(a, norm ? squares : NULL, c, i, P, wp, ctx);
    for (slong m = 0; m < count && !st; m++) {
        mag_set(err + m, c->err + 2 * m);
        if (!norm)
            continue;
        arb_add_error_mag(squares + m, c->err + 2 * m + 1);
        *fair &= ew_batch_norm(norm + m, squares + m, prec);
    }
    if (!st)
        *lost = ew_batch_finish(a, c->b, norm, err, prec);
    _arb_vec_clear(squares, count);
    _mag_vec_clear(err, count);
    return st;
}

ew_status ew_panels_evaluate(arb_ptr a, mag_ptr norm, ew_evaluator *E, const ew_batch *b,
                             const arb_t K, slong prec, ew_context *ctx)
{
    size_t count = (size_t) b->monomials;
    choice c = {.b = b, .K = K, .hasty = E->hasty};
    slong wp = prec + 32;
    double lost = 0;
    int fair = 1;
    ew_status st = EW_OK;
    if (!ew_ordinary_variance(K))
        return ew_fail(ctx, EW_UNABLE, "the variance is too small or too large for panels");
    if (!E->panels && (st = panels_new(&E->panels, E->s, ctx)))
        return st;
    double *guess = ew_alloc(count * sizeof *guess, ctx);
    c.target = ew_alloc(2 * count * sizeof *c.target, ctx);
    c.chosen = ew_alloc(MAX_CHOSEN * sizeof *c.chosen, ctx);
    c.err = _mag_vec_init(2 * b->monomials);
    if (!guess || !c.target || !c.chosen) {
        st = EW_MEMORY;
        goto done;
    }
    memcpy(guess, b->guess, count * sizeof *guess);
    for (int i = 0; i < ATTEMPTS; i++) {
        set_targets(&c, guess, prec);
        st = evaluate(a, norm, &fair, &lost, &c, E->panels, prec, wp, ctx);
        if (st || !arb_is_exact(K) || !ew_batch_retry(guess, &wp, a, norm, b, fair, lost, prec))
            goto done;
    }
    st = ew_fail(ctx, EW_UNABLE, "the panels did not reach the precision asked");
done:
    free(guess);
    free(c.target);
    free(c.chosen);
    _mag_vec_clear(c.err, 2 * b->monomials);
    return st;
}
