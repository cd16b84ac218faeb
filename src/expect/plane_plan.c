/* Steps, cut-offs and proved errors of the trapezoidal rule in the plane. */
#include "expect/bound.h"
#include "expect/plane.h"

#include <math.h>
#include <stdlib.h>

/* Jets and products the rule may cost. */
#define MAX_JETS 400000
#define MAX_PRODUCTS 3e8
#define BITS 53

/* |G(cu + w)| <= c_G (1+|u|)^p e^{qc|u|} (1+|w|)^p e^{q|w|} for c <= 1: the first factor is the
 * outer variable's, times F's bound. */
static void outer_bound(ew_majorant *m, const ew_majorant *f, const ew_majorant *g, double c)
{
    ew_majorant t;
    ew_majorant_init(&t);
    ew_majorant_set(&t, g);
    if (t.q > 0)
        t.q = nextafter(t.q * fmin(nextafter(c, 2), 1), INFINITY);
    ew_majorant_mul(m, f, &t);
    ew_majorant_clear(&t);
}

/* Bounds that a task presents to one of its two one-dimensional rules. */
static ew_status task_profile(ew_profile *p, const ew_plane *P, const ew_plane_task *t,
                              int inner, ew_context *ctx)
{
    const ew_profile *F = &P->f[t->f].axis.bounds, *G = &P->g[t->g].axis.bounds;
    slong n = inner || G->rungs < F->rungs ? G->rungs : F->rungs;
    double stretch = inner && !P->lattice ? ldexp(1, (int) -P->frame.scale) : 1;
    p->rung = ew_alloc_zero((size_t) n + 1, sizeof *p->rung, ctx);
    if (!p->rung)
        return EW_MEMORY;
    p->rungs = n;
    for (slong i = 0; i < n; i++) {
        ew_rung *r = p->rung + i;
        ew_majorant_init(&r->m);
        r->d = G->rung[i].d * stretch;
        if (inner) {
            ew_majorant_set(&r->m, &G->rung[i].m);
            r->log2c = G->rung[i].log2c + F->rung[0].log2c;
            outer_bound(&r->m, &F->rung[0].m, &G->rung[i].m, P->frame.cd);
            r->log2c += ew_bound_moment_log2(&r->m, P->frame.kd);
            ew_majorant_set(&r->m, &G->rung[i].m);
        } else {
            outer_bound(&r->m, &F->rung[i].m, &G->rung[i].m, P->frame.cd);
            r->log2c = F->rung[i].log2c + G->rung[i].log2c +
                       ew_bound_moment_log2(&G->rung[i].m, P->frame.taud);
        }
    }
    return EW_OK;
}

/* Level and reach grow to suit one task on one axis. */
static ew_status widen(slong *level, double *reach, ew_edge *edge, const ew_edge *before,
                       const ew_plane *P, const ew_plane_task *t, int inner, double K,
                       ew_context *ctx)
{
    ew_profile p;
    ew_status status = task_profile(&p, P, t, inner, ctx);
    if (status != EW_OK)
        return status;
    slong found =
        p.rungs < 2 ? EW_GRID_LEVELS : ew_grid_level(edge, &p, 0, t->target, K, *level, before);
    if (found < EW_GRID_LEVELS) {
        double target = t->target - p.rung[0].log2c - 1;
        *level = found;
        if (!(*reach > 0 && ew_bound_tail_log2(&p.rung[0].m, 0, *reach, K) <= target)) {
            double z = ew_bound_tail_start(&p.rung[0].m, 0, 0, target, K);
            if (z < 0)
                status = ew_fail(ctx, EW_UNABLE, "no bound of the tails in the plane");
            *reach = fmax(*reach, z);
        }
    } else {
        status = ew_fail(ctx, EW_UNABLE, "no strip of analyticity serves the trapezoid");
    }
    ew_profile_clear(&p);
    return status;
}

static ew_status plan_axis(ew_plane *P, int inner, slong prec, double *reach, ew_context *ctx)
{
    double K = inner ? P->frame.taud : P->frame.kd;
    slong level = ew_grid_first(K, prec);
    ew_status status = EW_OK;
    *reach = 0;
    for (slong i = 0; i < P->tasks && status == EW_OK; i++) {
        ew_plane_task *t = P->task + i;
        const ew_edge *before = i == 0  ? NULL
                                : inner ? &P->task[i - 1].edge_w
                                        : &P->task[i - 1].edge_u;
        status =
            widen(&level, reach, inner ? &t->edge_w : &t->edge_u, before, P, t, inner, K, ctx);
    }
    if (inner)
        P->level_w = level;
    else
        P->level_u = level;
    return status;
}

/* Lines v = j h' serve every line u = const as long as the ridge is not much narrower than the
 * plane. */
static void choose_lattice(ew_plane *P)
{
    P->lattice = P->frame.scale == 0 && 256 * P->frame.taud >= P->frame.kd;
}

static ew_status too_many(ew_context *ctx)
{
    return ew_fail(ctx, EW_UNABLE, "the trapezoid in the plane needs too many nodes");
}

ew_status ew_plane_plan(ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx)
{
    double reach, products;
    (void) E;
    choose_lattice(P);
    ew_status status = plan_axis(P, 0, prec, &reach, ctx);
    if (status != EW_OK)
        return status;
    P->h_u = ew_grid_step(P->level_u);
    if (reach / P->h_u > EW_MAX_NODES)
        return too_many(ctx);
    P->n_u = (slong) (reach / P->h_u) + 2;
    if (fmpq_is_zero(P->frame.qtau)) {
        P->n_v = 1;
        return EW_OK;
    }
    status = plan_axis(P, 1, prec, &P->reach_w, ctx);
    if (status != EW_OK)
        return status;
    P->h_w = ew_grid_step(P->level_w);
    P->reach_w += P->h_w; /* the tail bound begins a step earlier */
    products = 2 * P->reach_w / P->h_w * (double) P->n_u * (double) (P->gs + 4);
    if (P->reach_w / P->h_w > EW_MAX_NODES || products > MAX_PRODUCTS)
        return too_many(ctx);
    P->m = (slong) (P->reach_w / P->h_w) + 1;
    P->n_v = (slong) ((P->frame.cd * P->h_u * (double) P->n_u + P->reach_w) / P->h_w) + 3;
    if (P->lattice ? P->n_v > EW_MAX_NODES : P->n_u * (2 * P->m + 1) > MAX_JETS)
        return too_many(ctx);
    return EW_OK;
}

/* ---- proved errors ---- */

/* Bounds for (1+|x|)^p e^{q|x|}: tasks that share p, q and the edge share them. */
typedef enum { TRAPEZOID, TAILS, MOMENT, PLAIN_SUM } quantity;

typedef struct {
    quantity what;
    int inner;
    ulong p;
    double q, d;
    mag_t x;
} unit_bound;

typedef struct {
    const ew_plane *P;
    slong n;
    unit_bound *e;
} memo;

/* h sum over |i| < n of (1 + |ih|)^p e^{q|ih|} p_K(ih), as it is. */
static void plain_sum(mag_t x, const ew_plane *P, const ew_majorant *m)
{
    arb_t sum, z, t, scale, power;
    arb_init(sum);
    arb_init(power);
    arb_init(z);
    arb_init(t);
    arb_init(scale);
    arb_mul_2exp_si(scale, P->frame.k, 1);
    for (slong i = P->n_u - 1; i >= 0; i--) {
        arb_set_d(z, P->h_u);
        arb_mul_si(z, z, i, BITS);
        arb_div(t, z, scale, BITS);
        arb_neg(t, t);
        arb_set_d(power, m->q);
        arb_add(t, t, power, BITS);
        arb_mul(t, t, z, BITS);
        arb_exp(t, t, BITS); /* e^(q z - z^2/2K) */
        arb_add_ui(z, z, 1, BITS);
        arb_pow_ui(z, z, m->p, BITS);
        arb_mul(t, t, z, BITS);
        arb_add(sum, sum, t, BITS);
        if (i > 0)
            arb_add(sum, sum, t, BITS);
    }
    arb_const_pi(t, BITS);
    arb_mul(t, t, scale, BITS);
    arb_rsqrt(t, t, BITS);
    arb_set_d(z, P->h_u);
    arb_mul(sum, sum, t, BITS);
    arb_mul(sum, sum, z, BITS);
    arb_get_mag(x, sum);
    arb_clear(sum);
    arb_clear(power);
    arb_clear(z);
    arb_clear(t);
    arb_clear(scale);
}

static void compute(mag_t x, const ew_plane *P, quantity what, int inner, const ew_majorant *m,
                    double d)
{
    arb_srcptr K = inner ? P->frame.tau : P->frame.k;
    double h = inner ? P->h_w : P->h_u;
    switch (what) {
    case TRAPEZOID:
        ew_bound_trapezoid(x, m, 0, d, h, K);
        break;
    case TAILS:
        if (inner)
            ew_bound_tail(x, m, 0, P->lattice ? P->reach_w - h : (double) P->m * h, K);
        else
            ew_bound_tail(x, m, 0, h * (double) (P->n_u - 1), K);
        mag_mul_2exp_si(x, x, 1);
        break;
    case MOMENT:
        ew_bound_moment(x, m, K);
        break;
    default:
        plain_sum(x, P, m);
    }
}

/* Times x: the bound for the shape of m, its constant left out. */
static void mul_unit(mag_t x, memo *M, quantity what, int inner, const ew_majorant *m, double d)
{
    for (slong i = 0; i < M->n; i++) {
        const unit_bound *e = M->e + i;
        if (e->what == what && e->inner == inner && e->p == m->p && e->q == m->q && e->d == d) {
            mag_mul(x, x, e->x);
            return;
        }
    }
    unit_bound *e = M->e + M->n++;
    ew_majorant one;
    *e = (unit_bound){.what = what, .inner = inner, .p = m->p, .q = m->q, .d = d};
    mag_init(e->x);
    ew_majorant_init(&one);
    ew_majorant_set(&one, m);
    mag_one(one.c);
    compute(e->x, M->P, what, inner, &one, d);
    mag_mul(x, x, e->x);
    ew_majorant_clear(&one);
}

/* (I_u - S_u) I_w: discretisation by the bounds on the strip, or both tails by those on the
 * line. */
static void outer_error(mag_t x, memo *M, const ew_plane_task *t, int tails)
{
    const ew_plane *P = M->P;
    slong at = tails ? 0 : t->edge_u.rung;
    const ew_majorant *F = &P->f[t->f].axis.bounds.rung[at].m, *G = &P->g[t->g].axis.bounds.rung[at].m;
    ew_majorant m;
    ew_majorant_init(&m);
    outer_bound(&m, F, G, P->frame.cd);
    mag_set(x, m.c);
    mul_unit(x, M, tails ? TAILS : TRAPEZOID, 0, &m, tails ? 0 : t->edge_u.d);
    if (!fmpq_is_zero(P->frame.qtau))
        mul_unit(x, M, MOMENT, 1, G, 0);
    ew_majorant_clear(&m);
}

/* S_u (I_w - S_w), likewise. */
static void inner_error(mag_t x, memo *M, const ew_plane_task *t, int tails)
{
    const ew_plane *P = M->P;
    slong at = tails ? 0 : t->edge_w.rung;
    const ew_majorant *F = &P->f[t->f].axis.bounds.rung[0].m, *G = &P->g[t->g].axis.bounds.rung[at].m;
    ew_majorant m;
    ew_majorant_init(&m);
    outer_bound(&m, F, G, P->frame.cd);
    mag_set(x, m.c);
    mul_unit(x, M, PLAIN_SUM, 0, &m, 0);
    mul_unit(x, M, tails ? TAILS : TRAPEZOID, 1, G, tails ? 0 : t->edge_w.d);
    ew_majorant_clear(&m);
}

ew_status ew_plane_errors(mag_ptr err, const ew_plane *P, ew_context *ctx)
{
    memo M = {P, 0, ew_alloc(6 * (size_t) P->tasks * sizeof *M.e, ctx)};
    mag_t x;
    if (!M.e)
        return EW_MEMORY;
    mag_init(x);
    for (slong i = 0; i < P->tasks; i++) {
        mag_zero(err + i);
        for (int tails = 0; tails < 2; tails++) {
            outer_error(x, &M, P->task + i, tails);
            mag_add(err + i, err + i, x);
            if (fmpq_is_zero(P->frame.qtau))
                continue;
            inner_error(x, &M, P->task + i, tails);
            mag_add(err + i, err + i, x);
        }
    }
    for (slong i = 0; i < M.n; i++)
        mag_clear(M.e[i].x);
    free(M.e);
    mag_clear(x);
    return EW_OK;
}
