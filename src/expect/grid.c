/* The shared trapezoid: nodes h Z in the variable z, so that one set of jets serves every
 * variance (theory.md section 9). */
#include "expect/grid.h"

#include "expect/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 8
#define COARSEST (-16) /* log2 of 1/h at level 0 */
#define THRIFT                                                                                 \
    24 /* bits kept beyond what a small weight deserves: the recurrence accumulates */

struct ew_grid {
    ew_strip *strip;
    ew_nodes *level[EW_GRID_LEVELS];
    slong profiles;
    ew_profile *profile;
};

/* What one attempt has decided: level, cut-off, and for each monomial and its square (in turn)
 * the profile and the edge. */
typedef struct {
    slong level, n;
    double h;
    slong *index;
    ew_edge *edge;
} plan;

/* The steps of the grids fall by about sqrt 2 from level to level and are short dyadic numbers:
 * 2^-e and (23/32) 2^-e, e = level/2 + COARSEST. */
double ew_grid_step(slong level)
{
    return ldexp(level & 1 ? 23.0 / 32 : 1, (int) -(level / 2 + COARSEST));
}

void ew_profile_clear(ew_profile *p)
{
    for (slong i = 0; i < p->rungs; i++)
        ew_majorant_clear(&p->rung[i].m);
    free(p->rung);
}

void ew_grid_free(ew_grid *g)
{
    if (!g)
        return;
    ew_strip_free(g->strip);
    for (slong i = 0; i < EW_GRID_LEVELS; i++)
        if (g->level[i]) {
            ew_nodes_clear(g->level[i]);
            free(g->level[i]);
        }
    for (slong i = 0; i < g->profiles; i++)
        ew_profile_clear(g->profile + i);
    free(g->profile);
    free(g);
}

static ew_status grid_new(ew_grid **out, const ew_activation *s, ew_context *ctx)
{
    ew_grid *g = ew_alloc_zero(1, sizeof *g, ctx);
    if (!g)
        return EW_MEMORY;
    ew_status st = ew_strip_new(&g->strip, s->piece[0].f, ctx);
    if (st) {
        free(g);
        return st;
    }
    *out = g;
    return EW_OK;
}

/* Bound of s^(i) on |Im z| <= d: Cauchy on discs reaching to a wider rung, the best one. */
static int derivative_bound(ew_majorant *m, const ew_strip *s, const ew_activation *a, slong i,
                            slong at)
{
    double d = at < 0 ? 0 : ew_strip_width(s, at), best = INFINITY;
    ew_majorant t;
    if (i == 0) {
        ew_majorant_set(m, at < 0 ? &a->growth : ew_strip_bound(s, at));
        return 1;
    }
    ew_majorant_init(&t);
    for (slong w = at + 1; w < ew_strip_rungs(s); w++) {
        /* rounded down, so that d + eta stays within the rung */
        double eta = nextafter(ew_strip_width(s, w) - d, 0);
        if (!(eta > 0))
            continue;
        ew_majorant_cauchy(&t, ew_strip_bound(s, w), i, eta);
        double size = mag_get_d_log2_approx(t.c) + t.q + (double) t.p;
        if (size < best) {
            best = size;
            ew_majorant_set(m, &t);
        }
    }
    ew_majorant_clear(&t);
    return best < INFINITY;
}

static void multiply(ew_majorant *m, const ew_majorant *by, slong times)
{
    ew_majorant t;
    ew_majorant_init(&t);
    for (slong i = 0; i < times; i++) {
        ew_majorant_mul(&t, m, by);
        ew_majorant_set(m, &t);
    }
    ew_majorant_clear(&t);
}

/* |z|^p <= max(1, d)^p (1 + |x|)^p, times the bounds of the derivatives. */
static int monomial_bound(ew_majorant *m, const ew_monomial *f, const ew_strip *s,
                          const ew_activation *a, slong at)
{
    ew_majorant t;
    double d = at < 0 ? 0 : ew_strip_width(s, at);
    int ok = 1;
    mag_set_d(m->c, d > 1 ? d : 1);
    mag_pow_ui(m->c, m->c, f->z);
    m->p = f->z;
    m->q = 0;
    ew_majorant_init(&t);
    for (slong i = 0; i < EW_JETS && ok; i++)
        if (f->e[i] && (ok = derivative_bound(&t, s, a, i, at)))
            multiply(m, &t, f->e[i]);
    ew_majorant_clear(&t);
    return ok;
}

static ew_status profile_fill(ew_profile *p, const ew_grid *g, const ew_activation *a,
                              const ew_monomial *f, ew_context *ctx)
{
    slong n = ew_strip_rungs(g->strip);
    p->f = *f;
    p->rungs = 0;
    p->rung = ew_alloc_zero((size_t) n + 1, sizeof *p->rung, ctx);
    if (!p->rung)
        return EW_MEMORY;
    for (slong at = -1; at < n; at++) {
        ew_rung *r = p->rung + p->rungs;
        ew_majorant_init(&r->m);
        r->d = at < 0 ? 0 : ew_strip_width(g->strip, at);
        if (!monomial_bound(&r->m, f, g->strip, a, at)) {
            ew_majorant_clear(&r->m);
            break; /* the widest rungs have none beyond for Cauchy */
        }
        r->log2c = mag_get_d_log2_approx(r->m.c);
        p->rungs++;
    }
    return EW_OK;
}

static ew_status find_profile(slong *index, ew_grid *g, const ew_activation *a,
                              const ew_monomial *f, ew_context *ctx)
{
    for (slong i = 0; i < g->profiles; i++)
        if (!memcmp(&g->profile[i].f, f, sizeof *f)) {
            *index = i;
            return EW_OK;
        }
    ew_profile *grow = ew_realloc(g->profile, (size_t) (g->profiles + 1) * sizeof *grow, ctx);
    if (!grow)
        return EW_MEMORY;
    g->profile = grow;
    ew_status st = profile_fill(grow + g->profiles, g, a, f, ctx);
    if (st == EW_OK)
        *index = g->profiles++;
    return st;
}

/* The best of the rungs for a step h: any d up to a rung's width may use its bound; the weight
 * alone would like d = 2 pi K (1 - r)/h.  The estimate falls, then rises as the rungs get
 * narrower. Returns the estimated error, and the rung and d. */
static double best_strip(const ew_profile *p, slong k, double h, double K, ew_edge *at)
{
    double wish = 2 * M_PI * K / h, best = INFINITY;
    wish *= 1 - ew_hermite_tilt(0, wish * wish / K, k);
    for (slong i = p->rungs - 1; i >= 1; i--) {
        if (i > 1 && p->rung[i - 1].d >= wish)
            continue;
        double d = fmin(p->rung[i].d, wish);
        double e = p->rung[i].log2c + ew_bound_trapezoid_log2(&p->rung[i].m, k, d, h, K);
        if (e > best + 2)
            break;
        if (e >= best)
            continue;
        best = e;
        at->rung = i;
        at->d = d;
    }
    return best;
}

/* Coarsest level, from a given one on, whose estimated error is 2^target or less;
 * EW_GRID_LEVELS if none.  The edge another integrand of the batch has settled for is tried
 * first. */
slong ew_grid_level(ew_edge *at, const ew_profile *p, slong k, double target, double K,
                    slong from, const ew_edge *other)
{
    if (other && other->rung < p->rungs) {
        const ew_rung *r = p->rung + other->rung;
        *at = *other;
        if (r->log2c + ew_bound_trapezoid_log2(&r->m, k, at->d, ew_grid_step(from), K) <=
            target)
            return from;
    }
    for (slong l = from; l < EW_GRID_LEVELS && l < from + 120; l++)
        if (best_strip(p, k, ew_grid_step(l), K, at) <= target)
            return l;
    return EW_GRID_LEVELS;
}

/* Even with no singularity the error of the weight alone, e^(-2 pi^2 K/h^2), asks for this
 * step. */
slong ew_grid_first(double K, slong prec)
{
    double h = M_PI * sqrt(2 * K / (M_LN2 * (double) prec));
    double l = floor(2 * (-log2(h) - COARSEST)) - 1;
    return l < 0 ? 0 : (slong) l;
}

/* Level and cut-off grow to suit one integrand. */
static int widen(plan *P, double *reach, slong i, const ew_profile *p, slong k, double target,
                 double K)
{
    if (p->rungs < 2)
        return 0;
    P->level = ew_grid_level(P->edge + i, p, k, target, K, P->level, i > 0 ? P->edge : NULL);
    if (P->level >= EW_GRID_LEVELS)
        return 0;
    target -= p->rung[0].log2c;
    if (*reach > 0 && ew_bound_tail_log2(&p->rung[0].m, k, *reach, K) <= target)
        return 1;
    double z = ew_bound_tail_start(&p->rung[0].m, k, 0, target, K);
    if (z > *reach)
        *reach = z;
    return z >= 0;
}

/* Integrand i of the batch: monomial i/2, squared when i is odd. */
static ew_status plan_integrand(plan *P, double *reach, ew_evaluator *E, const ew_batch *b,
                                slong i, double guess, double K, slong prec, ew_context *ctx)
{
    ew_monomial f = b->f[i / 2];
    double target = guess - (double) prec - 3;
    if (i & 1) {
        ew_monomial_square(&f, b->f + i / 2);
        target = 2 * guess - (double) (prec > EW_SQUARE_BITS ? EW_SQUARE_BITS : prec);
    }
    ew_status st = find_profile(P->index + i, E->grid, E->s, &f, ctx);
    if (st)
        return st;
    if (!widen(P, reach, i, E->grid->profile + P->index[i], i & 1 ? 0 : b->top[i / 2], target,
               K))
        return ew_fail(ctx, EW_UNABLE, "no strip of analyticity serves the trapezoid");
    return EW_OK;
}

static ew_status make_plan(plan *P, ew_evaluator *E, const ew_batch *b, const double *guess,
                           double K, slong prec, int squares, ew_context *ctx)
{
    double reach = 0;
    P->level = ew_grid_first(K, prec);
    for (slong i = 0; i < 2 * b->monomials; i += squares ? 1 : 2) {
        ew_status st = plan_integrand(P, &reach, E, b, i, guess[i / 2], K, prec, ctx);
        if (st)
            return st;
    }
    P->h = ew_grid_step(P->level);
    if (reach / P->h > EW_MAX_NODES || (E->hasty && reach / P->h > EW_HASTY_NODES))
        return ew_fail(ctx, EW_UNABLE, "the trapezoid needs too many nodes");
    P->n = (slong) (reach / P->h) + 2;
    return EW_OK;
}

static void fill_nodes(arb_ptr z, slong from, slong n, void *data, slong prec)
{
    arf_t h;
    arf_init(h);
    arf_set_d(h, ew_grid_step(*(const slong *) data));
    (void) prec;
    for (slong k = from; k < n; k++) {
        arf_mul_si(arb_midref(z + k), h, k, ARF_PREC_EXACT, ARF_RND_DOWN);
        mag_zero(arb_radref(z + k));
    }
    arf_clear(h);
}

ew_status ew_grid_nodes(ew_nodes **out, ew_evaluator *E, slong level, slong n, slong len,
                        slong prec, ew_context *ctx)
{
    ew_nodes **at = E->grid->level + level;
    if (!*at) {
        *at = ew_alloc(sizeof **at, ctx);
        if (!*at)
            return EW_MEMORY;
        ew_nodes_init(*at, E->s->piece[0].f, E->s->parity, 1);
    }
    *out = *at;
    return ew_nodes_require(*at, n > (*at)->n ? n + n / 8 : n, len, prec, fill_nodes, &level,
                            ctx);
}

/* h e^(-z^2/2K)/sqrt(2 pi K) at z = k h: the ratio of neighbours is itself geometric.  A weight
 * smaller than the first by 2^-b is kept to b bits fewer: thrifty is safe where F hardly grows,
 * and where it does the loss shows and is made good by the next attempt. */
static void weights(arb_ptr w, slong n, double h, const arb_t K, slong prec)
{
    arb_t q, ratio;
    double fall = 0.5 * M_LOG2E * h * h / arf_get_d(arb_midref(K), ARF_RND_NEAR);
    arb_init(q);
    arb_init(ratio);
    arb_set_d(q, h);
    arb_mul(q, q, q, prec);
    arb_div(q, q, K, prec);
    arb_mul_2exp_si(ratio, q, -1);
    arb_neg(ratio, ratio);
    arb_exp(ratio, ratio, prec); /* e^(-h^2/2K) */
    arb_const_pi(w, prec);
    arb_mul_2exp_si(w, w, 1);
    arb_div(w, q, w, prec);
    arb_sqrt(w, w, prec);
    arb_mul(q, ratio, ratio, prec);
    for (slong k = 1; k < n; k++) {
        slong bits =
            prec - (slong) fmin(fall * (double) k * (double) k, (double) prec - 64) + THRIFT;
        arb_mul(w + k, w + k - 1, ratio, bits);
        arb_mul(ratio, ratio, q, bits);
    }
    arb_clear(q);
    arb_clear(ratio);
}

/* Error of an integrand bounded by (1 + |x|)^p e^{q|x|}; integrands that share p, q, k and the
 * edge share it, their constants aside. */
typedef struct {
    ulong p;
    double q, d;
    slong k;
    mag_t strip, ends;
} unit_error;

typedef struct {
    slong n;
    unit_error *e;
} error_memo;

/* For every k up to the one given: the bounds increase with k at a fixed r, and hold at any r;
 * a finer step than the edge was chosen for does no harm. */
static const unit_error *find_error(error_memo *memo, ulong p, double q, double d, slong k,
                                    const plan *P, const arb_t K)
{
    for (slong i = 0; i < memo->n; i++) {
        const unit_error *e = memo->e + i;
        if (e->p == p && e->q == q && e->d == d && e->k == k)
            return e;
    }
    unit_error *e = memo->e + memo->n++;
    ew_majorant one;
    *e = (unit_error){.p = p, .q = q, .d = d, .k = k};
    mag_init(e->strip);
    mag_init(e->ends);
    ew_majorant_init(&one);
    mag_one(one.c);
    one.p = p;
    one.q = q;
    if (d > 0) {
        ew_bound_trapezoid(e->strip, &one, k, d, P->h, K);
    } else {
        ew_bound_tail(e->ends, &one, k, P->h * (double) (P->n - 1), K);
        mag_mul_2exp_si(e->ends, e->ends, 1);
    }
    ew_majorant_clear(&one);
    return e;
}

static void memo_clear(error_memo *memo)
{
    for (slong i = 0; i < memo->n; i++) {
        mag_clear(memo->e[i].strip);
        mag_clear(memo->e[i].ends);
    }
    free(memo->e);
}

/* Discretisation (the edge's majorant) and both truncated ends (the real line's) of integrand
 * i. */
static void total_error(mag_t err, error_memo *memo, const ew_grid *g, slong i, slong top,
                        const plan *P, const arb_t K)
{
    const ew_profile *p = g->profile + P->index[i];
    const ew_majorant *strip = &p->rung[P->edge[i].rung].m, *line = &p->rung[0].m;
    mag_mul(err, strip->c,
            find_error(memo, strip->p, strip->q, P->edge[i].d, top, P, K)->strip);
    mag_addmul(err, line->c, find_error(memo, line->p, line->q, 0, top, P, K)->ends);
}

/* One evaluation by a plan: a and norm set, errors included; fair: the
 * norms mean something; lost = bits by which rounding
 * alone exceeds 2^-prec norm. */
static ew_status evaluate(arb_ptr a, mag_ptr norm, int *fair, double *lost, ew_evaluator *E,
                          const ew_batch *b, const plan *P, const arb_t K, slong prec, slong wp,
                          ew_context *ctx)
{
    ew_nodes *N;
    arb_ptr squares = _arb_vec_init(b->monomials);
    mag_ptr err = _mag_vec_init(b->monomials);
    arb_ptr w = NULL;
    error_memo memo = {0, ew_alloc(4 * (size_t) b->monomials * sizeof *memo.e, ctx)};
    ew_status st = memo.e ? ew_grid_nodes(&N, E, P->level, P->n, b->len, wp, ctx) : EW_MEMORY;
    if (st)
        goto done;
    w = _arb_vec_init(P->n);
    weights(w, P->n, P->h, K, wp);
    _arb_vec_zero(a, b->n);
    *fair = 1;
    st = ew_nodes_sum(a, norm ? squares : NULL, N, P->n, w, K, b, wp, ctx);
    if (st)
        goto done;
    for (slong m = 0; m < b->monomials; m++) {
        if (norm) {
            total_error(err + m, &memo, E->grid, 2 * m + 1, 0, P, K);
            arb_add_error_mag(squares + m, err + m);
            *fair &= ew_batch_norm(norm + m, squares + m, prec);
        }
        total_error(err + m, &memo, E->grid, 2 * m, b->top[m], P, K);
    }
    *lost = ew_batch_finish(a, b, norm, err, prec);
done:
    memo_clear(&memo);
    if (w)
        _arb_vec_clear(w, P->n);
    _arb_vec_clear(squares, b->monomials);
    _mag_vec_clear(err, b->monomials);
    return st;
}

ew_status ew_grid_profile(const ew_profile **p, ew_evaluator *E, const ew_monomial *f,
                          ew_context *ctx)
{
    slong index;
    ew_status st = E->grid ? EW_OK : grid_new(&E->grid, E->s, ctx);
    if (st == EW_OK)
        st = find_profile(&index, E->grid, E->s, f, ctx);
    if (st == EW_OK)
        *p = E->grid->profile + index;
    return st;
}

ew_status ew_grid_evaluate(arb_ptr a, mag_ptr norm, ew_evaluator *E, const ew_batch *b,
                           const arb_t K, slong prec, ew_context *ctx)
{
    plan P = {0};
    double lost = 0;
    int fair = 1;
    slong wp = prec + 32;
    ew_status st = EW_OK;
    if (E->s->n != 1 || !ew_ordinary_variance(K))
        return ew_fail(ctx, EW_UNABLE,
                       "the trapezoid needs one smooth piece and an ordinary variance");
    if (!E->grid && (st = grid_new(&E->grid, E->s, ctx)))
        return st;
    P.index = ew_alloc(2 * (size_t) b->monomials * sizeof *P.index, ctx);
    P.edge = ew_alloc(2 * (size_t) b->monomials * sizeof *P.edge, ctx);
    double *guess = ew_alloc((size_t) b->monomials * sizeof *guess, ctx);
    if (!P.index || !P.edge || !guess) {
        st = EW_MEMORY;
        goto done;
    }
    memcpy(guess, b->guess, (size_t) b->monomials * sizeof *guess);
    for (int i = 0; i < ATTEMPTS; i++) {
        st = make_plan(&P, E, b, guess, arf_get_d(arb_midref(K), ARF_RND_NEAR), prec,
                       norm != NULL, ctx);
        if (st == EW_OK)
            st = evaluate(a, norm, &fair, &lost, E, b, &P, K, prec, wp, ctx);
        if (st || !arb_is_exact(K) || !ew_batch_retry(guess, &wp, a, norm, b, fair, lost, prec))
            goto done;
    }
    st = ew_fail(ctx, EW_UNABLE, "the trapezoid did not reach the precision asked");
done:
    free(P.index);
    free(P.edge);
    free(guess);
    return st;
}
