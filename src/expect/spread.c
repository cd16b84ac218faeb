/* What a ball covariance costs: |<F G> - reference| <= sum of radius x sup |derivative|, so
 * that depth does not eat precision (theory.md section 9). */
#include "activation/jet.h"
#include "expect/two.h"

#include <stdlib.h>

enum { LOW_BITS = 40 };

static void monomial_at(arb_t x, const ew_monomial *f, const ew_expr *piece, const acb_t z)
{
    slong len = ew_monomial_len(f);
    acb_ptr jet = _acb_vec_init(len);
    arb_t t;
    arb_init(t);
    ew_jet(jet, piece, z, len, 0, LOW_BITS);
    arb_pow_ui(x, acb_realref(z), f->z, LOW_BITS);
    for (slong i = 0; i < len; i++) {
        if (!f->e[i])
            continue;
        arb_fac_ui(t, (ulong) i, LOW_BITS);
        arb_mul(t, t, acb_realref(jet + i), LOW_BITS);
        arb_pow_ui(t, t, f->e[i], LOW_BITS);
        arb_mul(x, x, t, LOW_BITS);
    }
    _acb_vec_clear(jet, len);
    arb_clear(t);
}

/* F = sum of J_i at kinks a_i and something without jumps: sums of |J_i| and of |a_i J_i|. */
static void jumps_at_kinks(mag_t bound, mag_t moment, const ew_evaluator *E,
                           const ew_monomial *f)
{
    const ew_activation *s = E->s;
    acb_t z;
    arb_t x, y;
    mag_t t, a;
    acb_init(z);
    arb_init(x);
    arb_init(y);
    mag_init(t);
    mag_init(a);
    for (slong i = 0; i < s->kinks; i++) {
        ew_expr_constant(acb_realref(z), s->kink[i], LOW_BITS);
        monomial_at(x, f, s->piece[i].f, z);
        monomial_at(y, f, s->piece[i + 1].f, z);
        arb_sub(x, x, y, LOW_BITS);
        arb_get_mag(t, x);
        mag_add(bound, bound, t);
        acb_get_mag(a, z);
        mag_addmul(moment, a, t);
    }
    acb_clear(z);
    arb_clear(x);
    arb_clear(y);
    mag_clear(t);
    mag_clear(a);
}

/* The added sizes of the jumps of F^(i), i <= 1, infinite when unknown; moment: for i = 0, each
 * times its distance from 0. */
static void jump(mag_t bound, mag_t moment, const ew_evaluator *E, const ew_side *F, slong i)
{
    mag_zero(bound);
    mag_zero(moment);
    if (F->has_halves) {
        ew_halves h;
        ew_halves_init(&h);
        ew_halves_copy(&h, &F->halves);
        if (i > 0)
            ew_halves_derive_regular(&h);
        ew_halves_jump(bound, &h);
        ew_halves_clear(&h);
    } else if (E->s->kinks > 0 && i > 0) {
        mag_inf(bound);
    } else if (E->s->kinks > 0 &&
               !(E->s->continuous && F->F.n == 1 && ew_monomial_order(F->F.m) <= 0)) {
        for (slong k = 0; k < F->F.n; k++)
            jumps_at_kinks(bound, moment, E, F->F.m + k);
        if (F->F.n != 1 || !fmpq_is_one(F->F.coef))
            mag_inf(bound);
    }
}

/* 0 x infinity = 0: a bound that is not needed. */
static void product(mag_t z, const mag_t x, const mag_t y)
{
    if (mag_is_zero(x) || mag_is_zero(y))
        mag_zero(z);
    else
        mag_mul(z, x, y);
}

static void add_product(mag_t z, const mag_t x, const mag_t y)
{
    mag_t t;
    mag_init(t);
    product(t, x, y);
    mag_add(z, z, t);
    mag_clear(t);
}

/* The norms one side contributes. */
typedef struct {
    mag_t f, f1, f2, zf1, jump0, jump1, moment;
} sizes;

static void sizes_init(sizes *s)
{
    mag_init(s->f);
    mag_init(s->f1);
    mag_init(s->f2);
    mag_init(s->zf1);
    mag_init(s->jump0);
    mag_init(s->jump1);
    mag_init(s->moment);
}

static void sizes_clear(sizes *s)
{
    mag_clear(s->f);
    mag_clear(s->f1);
    mag_clear(s->f2);
    mag_clear(s->zf1);
    mag_clear(s->jump0);
    mag_clear(s->jump1);
    mag_clear(s->moment);
}

static ew_status sizes_set(sizes *s, ew_evaluator *E, const ew_side *F, const arb_t K,
                           ew_context *ctx)
{
    ew_status status = ew_side_norm(s->f, E, F, 0, 0, K, ctx);
    if (status == EW_OK)
        status = ew_side_norm(s->f1, E, F, 1, 0, K, ctx);
    if (status == EW_OK)
        status = ew_side_norm(s->f2, E, F, 2, 0, K, ctx);
    if (status == EW_OK)
        status = ew_side_norm(s->zf1, E, F, 1, 1, K, ctx);
    mag_t unused;
    mag_init(unused);
    jump(s->jump0, s->moment, E, F, 0);
    jump(s->jump1, unused, E, F, 1);
    mag_clear(unused);
    return status;
}

/* What the box contributes: bounds of 1/(2 pi sqrt(det)) and of sqrt(k/(2 pi det)). */
typedef struct {
    mag_t density, edge_a, edge_b;
} densities;

static void densities_set(densities *d, const ew_box *box, const mag_t det)
{
    mag_t k;
    mag_init(k);
    mag_rsqrt(d->density, det); /* at 0: infinite */
    arb_get_mag(k, box->ball_aa);
    mag_sqrt(d->edge_a, k);
    mag_mul(d->edge_a, d->edge_a, d->density);
    arb_get_mag(k, box->ball_bb);
    mag_sqrt(d->edge_b, k);
    mag_mul(d->edge_b, d->edge_b, d->density);
    mag_div_ui(d->density, d->density, 6); /* 6 < 2 pi */
    mag_div_ui(d->edge_a, d->edge_a, 2);   /* 2 < sqrt(2 pi) */
    mag_div_ui(d->edge_b, d->edge_b, 2);
    mag_clear(k);
}

/* The determinant over the box, from below. */
static void least_determinant(mag_t low, const ew_box *box)
{
    arb_t det;
    arb_init(det);
    mag_zero(low);
    arb_mul(det, box->ball_aa, box->ball_bb, 128);
    arb_submul(det, box->ball_ab, box->ball_ab, 128);
    if (arb_is_positive(det))
        arb_get_mag_lower(low, det);
    arb_clear(det);
}

/* |D_ab <F G>| = |<F' G'>|, by Cauchy-Schwarz; a jump of F is a point mass of F', met by the
 * joint density p(u, v) <= exp(-v^2/(2 kbb)) / (2 pi sqrt(det)). */
static void slope_ab(mag_t s, const sizes *F, const sizes *G, const densities *d)
{
    mag_t t;
    mag_init(t);
    product(s, F->f1, G->f1);
    product(t, F->jump0, d->edge_b);
    add_product(s, t, G->f1);
    product(t, G->jump0, d->edge_a);
    add_product(s, t, F->f1);
    product(t, F->jump0, G->jump0);
    add_product(s, t, d->density);
    mag_clear(t);
}

/* |D_aa <F G>| = |<F'' G>|/2 without jumps; or, by <u F' G> = kaa <F'' G> + kab <F' G'>, at
 * most (<|u F' G|> + |kab D_ab|)/(2 kaa), where a jump J of F at a adds |a J G| on u = a. */
static void slope_aa(mag_t s, const sizes *F, const sizes *G, const mag_t ab, const mag_t edge,
                     const arb_t kaa, const arb_t kab)
{
    mag_t t, k;
    mag_init(t);
    mag_init(k);
    mag_inf(s);
    if (mag_is_zero(F->jump0) && mag_is_zero(F->jump1)) {
        product(s, F->f2, G->f);
        mag_mul_2exp_si(s, s, -1);
    }
    arb_get_mag(k, kab);
    product(t, k, ab);
    add_product(t, F->zf1, G->f);
    product(k, F->moment, edge);
    add_product(t, k, G->f);
    mag_mul_2exp_si(t, t, -1);
    if (arb_is_positive(kaa)) {
        arb_get_mag_lower(k, kaa);
        mag_div(t, t, k);
        mag_min(s, s, t);
    }
    mag_clear(t);
    mag_clear(k);
}

/* The general bounds, for any F and G with finite norms and |rho| < 1: in the Mehler series
 * d/dkab raises both shifts by one and d/dkaa the first by two (with a factor 1/2), and
 * r^k w_k <= sqrt(p! q!) (1-r)^(-(p+q)/2), since r^k binomial(k+p, p) <= (1-r)^-p. */
typedef struct {
    mag_t norms, gap, root_a, root_b; /* 1/(1-r), kaa^(-1/2), kbb^(-1/2) */
} series;

static void series_bound(mag_t s, const series *x, slong p, slong q)
{
    mag_t t;
    mag_init(t);
    mag_fac_ui(s, (ulong) p);
    mag_fac_ui(t, (ulong) q);
    mag_mul(s, s, t);
    mag_pow_ui(t, x->gap, (ulong) (p + q));
    mag_mul(s, s, t);
    mag_sqrt(s, s);
    mag_pow_ui(t, x->root_a, (ulong) p);
    mag_mul(s, s, t);
    mag_pow_ui(t, x->root_b, (ulong) q);
    mag_mul(s, s, t);
    mag_mul(s, s, x->norms);
    mag_clear(t);
}

/* 1/(1-r) over the box, r >= |rho|; infinite when |rho| = 1 is not excluded. */
static void gap_bound(mag_t gap, const ew_box *box)
{
    arb_t r, t;
    arb_init(r);
    arb_init(t);
    arb_mul(t, box->ball_aa, box->ball_bb, 128);
    arb_rsqrt(t, t, 128);
    arb_mul(r, t, box->ball_ab, 128);
    arb_abs(r, r);
    arb_sub_ui(r, r, 1, 128);
    arb_neg(r, r);
    mag_inf(gap);
    if (arb_is_positive(r)) {
        arb_inv(r, r, 128);
        arb_get_mag(gap, r);
    }
    arb_clear(r);
    arb_clear(t);
}

static void inverse_root(mag_t x, const arb_t k)
{
    mag_zero(x);
    if (arb_is_positive(k))
        arb_get_mag_lower(x, k);
    mag_rsqrt(x, x);
}

static ew_status series_set(series *x, ew_evaluator *E, const ew_side *F, const ew_side *G,
                            const ew_box *box, ew_context *ctx)
{
    mag_t t;
    mag_init(t);
    ew_status status = ew_jets_norm(x->norms, E, F, 0, 0, box->ball_aa, ctx);
    if (status == EW_OK)
        status = ew_jets_norm(t, E, G, 0, 0, box->ball_bb, ctx);
    mag_mul(x->norms, x->norms, t);
    gap_bound(x->gap, box);
    inverse_root(x->root_a, box->ball_aa);
    inverse_root(x->root_b, box->ball_bb);
    mag_clear(t);
    return status;
}

/* ab, aa, bb: bounds of the three derivatives; lowered. */
static ew_status by_series(mag_t ab, mag_t aa, mag_t bb, ew_evaluator *E, const ew_side *F,
                           const ew_side *G, const ew_box *box, ew_context *ctx)
{
    series x;
    mag_t t;
    slong p = F->expanded ? 0 : F->shift, q = G->expanded ? 0 : G->shift;
    mag_init(x.norms);
    mag_init(x.gap);
    mag_init(x.root_a);
    mag_init(x.root_b);
    mag_init(t);
    ew_status status = series_set(&x, E, F, G, box, ctx);
    if (status == EW_OK && !mag_is_inf(x.gap)) {
        series_bound(t, &x, p + 1, q + 1);
        mag_min(ab, ab, t);
        series_bound(t, &x, p + 2, q);
        mag_mul_2exp_si(t, t, -1);
        mag_min(aa, aa, t);
        series_bound(t, &x, p, q + 2);
        mag_mul_2exp_si(t, t, -1);
        mag_min(bb, bb, t);
    }
    mag_clear(x.norms);
    mag_clear(x.gap);
    mag_clear(x.root_a);
    mag_clear(x.root_b);
    mag_clear(t);
    return status;
}

/* The three slopes where the determinant is at least det. */
typedef struct {
    mag_t ab, aa, bb;
} slopes;

static void slopes_init(slopes *s)
{
    mag_init(s->ab);
    mag_init(s->aa);
    mag_init(s->bb);
    mag_inf(s->ab);
    mag_inf(s->aa);
    mag_inf(s->bb);
}

static void slopes_clear(slopes *s)
{
    mag_clear(s->ab);
    mag_clear(s->aa);
    mag_clear(s->bb);
}

static void slopes_set(slopes *s, const sizes *f, const sizes *g, const ew_box *box,
                       const mag_t det)
{
    densities d;
    mag_init(d.density);
    mag_init(d.edge_a);
    mag_init(d.edge_b);
    densities_set(&d, box, det);
    slope_ab(s->ab, f, g, &d);
    slope_aa(s->aa, f, g, s->ab, d.edge_b, box->ball_aa, box->ball_ab);
    slope_aa(s->bb, g, f, s->ab, d.edge_a, box->ball_bb, box->ball_ab);
    mag_clear(d.density);
    mag_clear(d.edge_a);
    mag_clear(d.edge_b);
}

/* Are F and G functions (with jumps at most) whose derivatives can be bounded? */
static int has_derivatives(const ew_side *F)
{
    return (F->expanded || F->has_halves) && !(F->has_halves && ew_halves_has_mass(&F->halves));
}

static void add_moved(mag_t spread, const slopes *s, const ew_box *box)
{
    add_product(spread, s->aa, box->raa);
    add_product(spread, s->ab, box->rab);
    add_product(spread, s->bb, box->rbb);
}

/* Jumps, and |rho| = 1 not excluded.  From the reference S_0 to S_0 + R, on to S + R and back
 * to S, R added to both variances: on the way det >= lambda (kaa + kbb) at S + lambda, and the
 * slopes are at most a + b/sqrt(det), so the two ends cost
 *     2 int_0^R (a + b/sqrt(lambda T)) dlambda = 2 a R + 4 b sqrt(R/T),  T <= kaa + kbb,
 * and the middle part its slopes at det = R T.  A root of the radius: no less is true. */
static void by_detour(mag_t spread, const sizes *f, const sizes *g, const ew_box *wide,
                      const mag_t R, const mag_t T)
{
    slopes a, b;
    mag_t one, root, t;
    slopes_init(&a);
    slopes_init(&b);
    mag_init(one);
    mag_init(root);
    mag_init(t);
    mag_inf(t);
    slopes_set(&a, f, g, wide, t); /* det = infinity: b left out */
    mag_one(one);
    slopes_set(&b, f, g, wide, one); /* a + b */
    mag_mul_lower(t, R, T);
    slopes s;
    slopes_init(&s);
    slopes_set(&s, f, g, wide, t);
    mag_zero(spread);
    add_moved(spread, &s, wide);
    mag_add(t, a.aa, a.bb);
    mag_mul_2exp_si(t, t, 1);
    add_product(spread, t, R);
    mag_div(root, R, T);
    mag_sqrt(root, root);
    mag_mul_2exp_si(root, root, 2);
    mag_add(t, b.aa, b.bb);
    add_product(spread, t, root);
    slopes_clear(&a);
    slopes_clear(&b);
    slopes_clear(&s);
    mag_clear(one);
    mag_clear(root);
    mag_clear(t);
}

/* A box that also holds what R added to the variances leads to. */
static void widened(ew_box *wide, const ew_box *box, const mag_t R)
{
    *wide = *box; /* the balls below are its own, the rest is shared */
    arb_init(wide->ball_aa);
    arb_init(wide->ball_bb);
    arb_set(wide->ball_aa, box->ball_aa);
    arb_set(wide->ball_bb, box->ball_bb);
    arb_add_error_mag(wide->ball_aa, R);
    arb_add_error_mag(wide->ball_bb, R);
}

static ew_status sizes_of_both(sizes *f, sizes *g, ew_evaluator *E, const ew_side *F,
                               const ew_side *G, const ew_box *box, ew_context *ctx)
{
    ew_status status = sizes_set(f, E, F, box->ball_aa, ctx);
    return status == EW_OK ? sizes_set(g, E, G, box->ball_bb, ctx) : status;
}

/* The spread by the detour, R the sum of the radii. */
static ew_status detour(mag_t spread, ew_evaluator *E, const ew_side *F, const ew_side *G,
                        const ew_box *box, ew_context *ctx)
{
    ew_box wide;
    sizes f, g;
    mag_t R, T, t;
    mag_init(R);
    mag_init(T);
    mag_init(t);
    sizes_init(&f);
    sizes_init(&g);
    mag_add(R, box->raa, box->rab);
    mag_add(R, R, box->rbb);
    widened(&wide, box, R);
    if (arb_is_positive(wide.ball_aa) && arb_is_positive(wide.ball_bb)) {
        arb_get_mag_lower(T, wide.ball_aa);
        arb_get_mag_lower(t, wide.ball_bb);
        mag_add_lower(T, T, t);
    }
    ew_status status = sizes_of_both(&f, &g, E, F, G, &wide, ctx);
    mag_inf(spread);
    if (status == EW_OK && !mag_is_zero(T))
        by_detour(spread, &f, &g, &wide, R, T);
    arb_clear(wide.ball_aa);
    arb_clear(wide.ball_bb);
    sizes_clear(&f);
    sizes_clear(&g);
    mag_clear(R);
    mag_clear(T);
    mag_clear(t);
    return status;
}

/* Better bounds than the series', finite up to |rho| = 1 without jumps, from the derivatives of
 * F and G themselves. */
static ew_status by_derivatives(slopes *s, ew_evaluator *E, const ew_side *F, const ew_side *G,
                                const ew_box *box, ew_context *ctx)
{
    sizes f, g;
    mag_t det;
    if (!has_derivatives(F) || !has_derivatives(G))
        return EW_OK;
    sizes_init(&f);
    sizes_init(&g);
    mag_init(det);
    least_determinant(det, box);
    ew_status status = sizes_of_both(&f, &g, E, F, G, box, ctx);
    slopes_set(s, &f, &g, box, det);
    sizes_clear(&f);
    sizes_clear(&g);
    mag_clear(det);
    return status;
}

ew_status ew_two_spread(mag_t spread, ew_evaluator *E, const ew_side *F, const ew_side *G,
                        const ew_box *box, ew_context *ctx)
{
    slopes s;
    mag_zero(spread);
    if (box->exact)
        return EW_OK;
    slopes_init(&s);
    ew_status status = by_derivatives(&s, E, F, G, box, ctx);
    if (status == EW_OK && (mag_is_inf(s.ab) || mag_is_inf(s.aa) || mag_is_inf(s.bb)))
        status = by_series(s.ab, s.aa, s.bb, E, F, G, box, ctx);
    add_moved(spread, &s, box);
    if (status == EW_OK && mag_is_inf(spread) && has_derivatives(F) && has_derivatives(G))
        status = detour(spread, E, F, G, box, ctx);
    slopes_clear(&s);
    return status;
}
