/* Steps, cut-offs and proved errors of the iterated trapezoidal rule. */
#include "expect/bound.h"
#include "expect/space.h"

#include <math.h>

#define MAX_PRODUCTS 4e9
#define BITS 53

/* Where the bound of each place's function is taken while rule `at` is looked at: on the strip
 * of rung `rung` for places from `at` on, on the line for those before. */
typedef struct {
    const ew_space *S;
    const ew_space_task *t;
    slong at, rung;
} view;

static const ew_rung *bound_of(const view *v, slong place)
{
    const ew_space_fn *f = v->S->place[place].fn + v->t->fn[place];
    return f->axis.bounds.rung + (place >= v->at ? v->rung : 0);
}

/* (1 + |zeta_j|)^p e^(q |zeta_j|) with everything that depends on zeta_j. */
static void factor(ew_majorant *m, const view *v, slong j)
{
    const ew_space_frame *f = v->S->frame;
    mag_one(m->c);
    m->p = 0;
    m->q = 0;
    for (slong b = j; b < f->n; b++) {
        const ew_majorant *x = &bound_of(v, b)->m;
        if (f->Rd[b][j] == 0)
            continue;
        m->p += x->p;
        if (x->q > 0)
            m->q = nextafter(m->q + nextafter(x->q * f->Rd[b][j], INFINITY), INFINITY);
    }
}

static void constant(mag_t c, const view *v)
{
    mag_one(c);
    for (slong b = 0; b < v->S->frame->n; b++)
        mag_mul(c, c, bound_of(v, b)->m.c);
}

/* ---- planning in doubles ------------------------------------------------------------------
 */

static slong rungs_of(const view *v)
{
    slong n = EW_GRID_LEVELS;
    for (slong b = v->at; b < v->S->frame->n; b++) {
        slong own = v->S->place[b].fn[v->t->fn[b]].axis.bounds.rungs;
        n = own < n ? own : n;
    }
    return n;
}

/* The bounds that rule `at` of a task works with, by rung. */
static ew_status profile(ew_profile *p, view v, ew_context *ctx)
{
    ew_majorant m;
    slong n = rungs_of(&v);
    p->rung = ew_alloc_zero((size_t) n + 1, sizeof *p->rung, ctx);
    if (!p->rung)
        return EW_MEMORY;
    p->rungs = n;
    ew_majorant_init(&m);
    for (v.rung = 0; v.rung < n; v.rung++) {
        ew_rung *r = p->rung + v.rung;
        ew_majorant_init(&r->m);
        factor(&r->m, &v, v.at);
        r->d = bound_of(&v, v.S->frame->n - 1)->d;
        r->log2c = 0;
        for (slong b = 0; b < v.S->frame->n; b++)
            r->log2c += bound_of(&v, b)->log2c;
        for (slong j = 0; j < v.S->frame->rank; j++) {
            factor(&m, &v, j);
            if (j != v.at)
                r->log2c += ew_bound_moment_log2(&m, v.S->frame->taud[j]);
        }
    }
    ew_majorant_clear(&m);
    return EW_OK;
}

/* Level and cut grow to suit one task. */
static ew_status widen(ew_space *S, slong at, ew_space_task *t, const ew_edge *before,
                       ew_context *ctx)
{
    ew_space_place *place = S->place + at;
    double K = S->frame->taud[at];
    ew_profile p;
    ew_status status = profile(&p, (view){S, t, at, 0}, ctx);
    if (status != EW_OK)
        return status;
    slong level = p.rungs < 2
                      ? EW_GRID_LEVELS
                      : ew_grid_level(t->edge + at, &p, 0, t->target, K, place->level, before);
    if (level < EW_GRID_LEVELS) {
        place->level = level;
        double z = ew_bound_tail_start(&p.rung[0].m, 0, 0, t->target - p.rung[0].log2c - 1, K);
        if (z < 0)
            status = ew_fail(ctx, EW_UNABLE, "no bound of the tails in several variables");
        place->cut = fmax(place->cut, z);
    } else {
        status = ew_fail(ctx, EW_UNABLE, "no strip of analyticity serves the trapezoid");
    }
    ew_profile_clear(&p);
    return status;
}

static ew_status plan_place(ew_space *S, slong at, slong prec, ew_context *ctx)
{
    ew_space_place *place = S->place + at;
    ew_status status = EW_OK;
    const ew_edge *before = NULL;
    place->level = ew_grid_first(S->frame->taud[at], prec);
    place->cut = 0;
    for (slong i = 0; i < S->tasks && status == EW_OK; i++) {
        if (S->task[i].vanishes)
            continue;
        status = widen(S, at, S->task + i, before, ctx);
        before = S->task[i].edge + at;
    }
    place->h = ew_grid_step(place->level);
    place->cut += place->h; /* the tail bound begins a step earlier */
    return status;
}

ew_status ew_space_plan(ew_space *S, slong prec, ew_context *ctx)
{
    double products = 1;
    ew_status status = EW_OK;
    for (slong a = 0; a < S->frame->rank && status == EW_OK; a++) {
        ew_space_place *place = S->place + a;
        double most = 0;
        status = plan_place(S, a, prec, ctx);
        for (slong b = 0; b < a; b++)
            most += S->frame->Rd[a][b] * (S->place[b].cut + 3 * S->place[b].h);
        most = (most + place->cut) / place->h;
        products *= 2 * place->cut / place->h + 4;
        if (status == EW_OK && (most > EW_MAX_NODES || products > MAX_PRODUCTS))
            status =
                ew_fail(ctx, EW_UNABLE, "the trapezoid in %ld variables needs too many nodes",
                        (long) S->frame->n);
        if (status == EW_OK)
            place->reach = (slong) most + 6;
    }
    return status;
}

/* ---- proved errors ------------------------------------------------------------------------
 */

/* Both h times the sum over any shifted lattice and the integral of m p: the integrand rises
 * once and falls once on either side of 0, so that each side of the sum exceeds the integral by
 * at most h times its largest value, which is below (1 + sqrt(2 tau p))^p e^(q^2 tau) times the
 * density at 0: p ln(1 + x) - x^2/4tau is largest at some x <= sqrt(2 tau p), and q x - x^2/4
 * tau at 2 q tau. */
static void line_bound(mag_t x, const ew_majorant *m, double h, const arb_t tau)
{
    arb_t t, u;
    mag_t s;
    arb_init(t);
    arb_init(u);
    mag_init(s);
    arb_mul_ui(t, tau, 2 * m->p, BITS);
    arb_sqrt(t, t, BITS);
    arb_add_ui(t, t, 1, BITS);
    arb_pow_ui(t, t, m->p, BITS);
    arb_set_d(u, m->q);
    arb_mul(u, u, u, BITS);
    arb_mul(u, u, tau, BITS);
    arb_exp(u, u, BITS);
    arb_mul(t, t, u, BITS);
    arb_const_pi(u, BITS);
    arb_mul(u, u, tau, BITS);
    arb_mul_2exp_si(u, u, 1);
    arb_rsqrt(u, u, BITS);
    arb_mul(t, t, u, BITS);
    arb_set_d(u, 2 * h);
    arb_mul(t, t, u, BITS);
    arb_get_mag(s, t);
    ew_bound_moment(x, m, tau);
    mag_add(x, x, s);
    mag_clear(s);
    arb_clear(u);
    arb_clear(t);
}

/* What rule v->at costs: discretisation by the bounds on the strip, or both tails. */
static void add_error(mag_t err, const view *v, int tails)
{
    const ew_space *S = v->S;
    ew_majorant m;
    mag_t x, y;
    ew_majorant_init(&m);
    mag_init(x);
    mag_init(y);
    constant(x, v);
    for (slong j = 0; j < S->frame->rank; j++) {
        const ew_space_place *place = S->place + j;
        factor(&m, v, j);
        if (j != v->at)
            line_bound(y, &m, place->h, S->frame->tau + j);
        else if (tails)
            ew_bound_tail(y, &m, 0, place->cut - place->h, S->frame->tau + j);
        else
            ew_bound_trapezoid(y, &m, 0, v->t->edge[j].d, place->h, S->frame->tau + j);
        mag_mul(x, x, y);
    }
    if (tails)
        mag_mul_2exp_si(x, x, 1);
    mag_add(err, err, x);
    mag_clear(y);
    mag_clear(x);
    ew_majorant_clear(&m);
}

void ew_space_errors(mag_ptr err, const ew_space *S)
{
    for (slong i = 0; i < S->tasks; i++) {
        const ew_space_task *t = S->task + i;
        mag_zero(err + i);
        for (slong a = 0; a < S->frame->rank && !t->vanishes; a++) {
            add_error(err + i, &(view){S, t, a, t->edge[a].rung}, 0);
            add_error(err + i, &(view){S, t, a, 0}, 1);
        }
    }
}
