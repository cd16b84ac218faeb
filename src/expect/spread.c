/* What a ball covariance costs: |<F G> - reference| <= sum of radius x sup |derivative|, so
 * that depth does not eat precision (theory.md section 9). */
#include "expect/two.h"

#include <stdlib.h>

enum { LOW_BITS = 40 };

/* sum_i c_i <m_i>_K from above, at low precision. */
static ew_status jetsum_bound(mag_t bound, ew_evaluator *E, const ew_jetsum *f, const arb_t K,
                              ew_context *ctx)
{
    arb_t total, c;
    ew_status status = EW_OK;
    arb_init(total);
    arb_init(c);
    arb_ptr v = _arb_vec_init(f->n);
    ew_atom1 *atoms = ew_alloc((size_t) f->n * sizeof *atoms, ctx);
    if (!atoms) {
        status = EW_MEMORY;
    } else {
        for (slong i = 0; i < f->n; i++)
            atoms[i] = (ew_atom1){f->m[i], 0};
        status = ew_expect_one(v, NULL, E, atoms, f->n, K, LOW_BITS, ctx);
    }
    for (slong i = 0; i < f->n && status == EW_OK; i++) {
        arb_set_fmpq(c, f->coef + i, LOW_BITS);
        arb_addmul(total, c, v + i, LOW_BITS);
    }
    arb_get_mag(bound, total);
    free(atoms);
    _arb_vec_clear(v, f->n);
    arb_clear(total);
    arb_clear(c);
    return status;
}

static ew_status compute_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                              const arb_t K, ew_context *ctx)
{
    ew_jetsum g;
    ew_jetsum_init(&g);
    ew_status status = EW_OK;
    for (slong k = 0; k < F->F.n && status == EW_OK; k++)
        status = ew_jetsum_add(&g, F->F.coef + k, F->F.m + k, ctx);
    if (status == EW_OK)
        status = ew_jetsum_derive(&g, i, ctx);
    if (status == EW_OK)
        status = ew_jetsum_square(&g, p, ctx);
    if (status == EW_OK)
        status = jetsum_bound(norm, E, &g, K, ctx);
    if (status == EW_DOMAIN || status == EW_UNABLE) { /* a delta function, or out of reach */
        ew_clear(ctx);
        mag_inf(norm);
        status = EW_OK;
    }
    mag_sqrt(norm, norm);
    ew_jetsum_clear(&g);
    return status;
}

void ew_norms_forget(ew_evaluator *E)
{
    for (slong k = 0; k < E->norms; k++) {
        arb_clear(E->norm[k].K);
        mag_clear(E->norm[k].norm);
    }
    E->norms = 0;
}

/* Many atoms share the functions on either side: each norm is found once a call. */
static ew_status norm_of_jets(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                              const arb_t K, ew_context *ctx)
{
    slong order = i + (F->expanded ? F->shift : 0);
    for (slong k = 0; k < E->norms; k++) {
        const ew_norm *t = E->norm + k;
        if (t->i == order && t->p == p && ew_monomial_equal(&t->f, F->f) &&
            arb_equal(t->K, K)) {
            mag_set(norm, t->norm);
            return EW_OK;
        }
    }
    ew_status status = compute_norm(norm, E, F, i, p, K, ctx);
    ew_norm *grow = NULL;
    if (status == EW_OK) {
        grow = ew_realloc(E->norm, (size_t) (E->norms + 1) * sizeof *grow, ctx);
        status = grow ? EW_OK : EW_MEMORY;
    }
    if (status == EW_OK) {
        E->norm = grow;
        ew_norm *t = grow + E->norms++;
        *t = (ew_norm){.f = *F->f, .i = order, .p = p};
        arb_init(t->K);
        arb_set(t->K, K);
        mag_init(t->norm);
        mag_set(t->norm, norm);
    }
    return status;
}

ew_status ew_side_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                       const arb_t K, ew_context *ctx)
{
    if (!F->has_halves)
        return norm_of_jets(norm, E, F, i, p, K, ctx);
    ew_halves h;
    mag_t k;
    mag_init(k);
    arb_get_mag(k, K);
    ew_halves_init(&h);
    ew_halves_copy(&h, &F->halves);
    for (slong j = 0; j < i; j++)
        ew_halves_derive_regular(&h);
    ew_halves_norm(norm, &h, p, k);
    ew_halves_clear(&h);
    mag_clear(k);
    return EW_OK;
}

/* The added sizes of the jumps of F^(i), i <= 1; infinite when unknown. */
static void jump(mag_t bound, const ew_evaluator *E, const ew_side *F, slong i)
{
    if (F->has_halves) {
        ew_halves h;
        ew_halves_init(&h);
        ew_halves_copy(&h, &F->halves);
        if (i > 0)
            ew_halves_derive_regular(&h);
        ew_halves_jump(bound, &h);
        ew_halves_clear(&h);
    } else if (E->s->kinks == 0) {
        mag_zero(bound);
    } else if (i == 0 && E->s->continuous && F->F.n == 1 && ew_monomial_order(F->F.m) <= 0) {
        mag_zero(bound);
    } else {
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
    mag_t f, f1, f2, zf1, jump0, jump1;
} sizes;

static void sizes_init(sizes *s)
{
    mag_init(s->f);
    mag_init(s->f1);
    mag_init(s->f2);
    mag_init(s->zf1);
    mag_init(s->jump0);
    mag_init(s->jump1);
}

static void sizes_clear(sizes *s)
{
    mag_clear(s->f);
    mag_clear(s->f1);
    mag_clear(s->f2);
    mag_clear(s->zf1);
    mag_clear(s->jump0);
    mag_clear(s->jump1);
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
    jump(s->jump0, E, F, 0);
    jump(s->jump1, E, F, 1);
    return status;
}

/* What the box contributes: bounds of 1/(2 pi sqrt(det)) and of sqrt(k/(2 pi det)). */
typedef struct {
    mag_t density, edge_a, edge_b;
} densities;

static void densities_set(densities *d, const ew_box *box)
{
    arb_t det, t;
    mag_t low, k;
    arb_init(det);
    arb_init(t);
    mag_init(low);
    mag_init(k);
    arb_mul(det, box->ball_aa, box->ball_bb, 128);
    arb_submul(det, box->ball_ab, box->ball_ab, 128);
    if (arb_is_positive(det))
        arb_get_mag_lower(low, det);
    mag_rsqrt(d->density, low); /* at 0: infinite */
    arb_get_mag(k, box->ball_aa);
    mag_sqrt(d->edge_a, k);
    mag_mul(d->edge_a, d->edge_a, d->density);
    arb_get_mag(k, box->ball_bb);
    mag_sqrt(d->edge_b, k);
    mag_mul(d->edge_b, d->edge_b, d->density);
    mag_div_ui(d->density, d->density, 6); /* 6 < 2 pi */
    mag_div_ui(d->edge_a, d->edge_a, 2);   /* 2 < sqrt(2 pi) */
    mag_div_ui(d->edge_b, d->edge_b, 2);
    arb_clear(det);
    arb_clear(t);
    mag_clear(low);
    mag_clear(k);
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
 * most
 * (<|u F' G|> + |kab D_ab|)/(2 kaa), kinks and jumps at 0 included (u delta(u) = 0). */
static void slope_aa(mag_t s, const sizes *F, const sizes *G, const mag_t ab, const arb_t kaa,
                     const arb_t kab)
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
    ew_status status = norm_of_jets(x->norms, E, F, 0, 0, box->ball_aa, ctx);
    if (status == EW_OK)
        status = norm_of_jets(t, E, G, 0, 0, box->ball_bb, ctx);
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

/* Better bounds, finite up to |rho| = 1, from the derivatives of F and G themselves. */
static ew_status by_derivatives(mag_t ab, mag_t aa, mag_t bb, ew_evaluator *E, const ew_side *F,
                                const ew_side *G, const ew_box *box, ew_context *ctx)
{
    sizes f, g;
    densities d;
    int usable = (F->expanded || F->has_halves) && (G->expanded || G->has_halves);
    mag_inf(ab);
    mag_inf(aa);
    mag_inf(bb);
    if (!usable || (F->has_halves && ew_halves_has_mass(&F->halves)) ||
        (G->has_halves && ew_halves_has_mass(&G->halves)))
        return EW_OK;
    sizes_init(&f);
    sizes_init(&g);
    mag_init(d.density);
    mag_init(d.edge_a);
    mag_init(d.edge_b);
    ew_status status = sizes_set(&f, E, F, box->ball_aa, ctx);
    if (status == EW_OK)
        status = sizes_set(&g, E, G, box->ball_bb, ctx);
    densities_set(&d, box);
    slope_ab(ab, &f, &g, &d);
    slope_aa(aa, &f, &g, ab, box->ball_aa, box->ball_ab);
    slope_aa(bb, &g, &f, ab, box->ball_bb, box->ball_ab);
    sizes_clear(&f);
    sizes_clear(&g);
    mag_clear(d.density);
    mag_clear(d.edge_a);
    mag_clear(d.edge_b);
    return status;
}

ew_status ew_two_spread(mag_t spread, ew_evaluator *E, const ew_side *F, const ew_side *G,
                        const ew_box *box, ew_context *ctx)
{
    mag_t ab, aa, bb;
    mag_zero(spread);
    if (box->exact)
        return EW_OK;
    mag_init(ab);
    mag_init(aa);
    mag_init(bb);
    ew_status status = by_derivatives(ab, aa, bb, E, F, G, box, ctx);
    if (status == EW_OK && (mag_is_inf(ab) || mag_is_inf(aa) || mag_is_inf(bb)))
        status = by_series(ab, aa, bb, E, F, G, box, ctx);
    add_product(spread, aa, box->raa);
    add_product(spread, ab, box->rab);
    add_product(spread, bb, box->rbb);
    mag_clear(ab);
    mag_clear(aa);
    mag_clear(bb);
    return status;
}
