/* Two variables: what is asked is checked, the exact cases are told apart, a method is chosen.
 */
#include "expect/two.h"

#include "expect/cells.h"
#include "expect/memo.h"

#include <stdlib.h>

/* Up to this rho^2 the Mehler series of a kinked activation is the shorter way; beyond the
 * other it is not even a last resort. */
#define KINKED_SERIES 0.5
#define LAST_RESORT 0.8

/* ---- the covariance ---- */

static void box_init(ew_box *b)
{
    arb_init(b->aa);
    arb_init(b->ab);
    arb_init(b->bb);
    fmpq_init(b->qaa);
    fmpq_init(b->qab);
    fmpq_init(b->qbb);
    mag_init(b->raa);
    mag_init(b->rab);
    mag_init(b->rbb);
    arb_init(b->ball_aa);
    arb_init(b->ball_ab);
    arb_init(b->ball_bb);
}

static void box_clear(ew_box *b)
{
    arb_clear(b->aa);
    arb_clear(b->ab);
    arb_clear(b->bb);
    fmpq_clear(b->qaa);
    fmpq_clear(b->qab);
    fmpq_clear(b->qbb);
    mag_clear(b->raa);
    mag_clear(b->rab);
    mag_clear(b->rbb);
    arb_clear(b->ball_aa);
    arb_clear(b->ball_ab);
    arb_clear(b->ball_bb);
}

/* The sign of kaa kbb - kab^2 at exact arguments. */
static int determinant_sign(const arb_t aa, const arb_t ab, const arb_t bb)
{
    arf_t s, t;
    arf_init(s);
    arf_init(t);
    arf_mul(s, arb_midref(aa), arb_midref(bb), ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_mul(t, arb_midref(ab), arb_midref(ab), ARF_PREC_EXACT, ARF_RND_DOWN);
    int sign = arf_cmp(s, t);
    arf_clear(s);
    arf_clear(t);
    return sign;
}

/* The exact end of a ball: side = 1 above, -1 below. */
static void ball_end(arb_t x, const arb_t ball, int side)
{
    arf_t r;
    arf_init(r);
    arf_set_mag(r, arb_radref(ball));
    if (side < 0)
        arf_neg(r, r);
    arf_add(arb_midref(x), arb_midref(ball), r, ARF_PREC_EXACT, ARF_RND_DOWN);
    mag_zero(arb_radref(x));
    arf_clear(r);
}

static void distance(mag_t r, const arb_t ball, const arb_t x)
{
    arb_t t;
    arb_init(t);
    arb_sub(t, ball, x, 64);
    arb_get_mag(r, t);
    arb_clear(t);
}

static void exact_rational(fmpq_t q, const arb_t x)
{
    fmpz_t man, exp;
    fmpz_init(man);
    fmpz_init(exp);
    arf_get_fmpz_2exp(man, exp, arb_midref(x));
    fmpq_set_fmpz(q, man);
    if (fmpz_sgn(exp) < 0)
        fmpq_div_2exp(q, q, (flint_bitcnt_t) -fmpz_get_si(exp));
    else
        fmpq_mul_2exp(q, q, (flint_bitcnt_t) fmpz_get_si(exp));
    fmpz_clear(man);
    fmpz_clear(exp);
}

/* Inside the balls, a positive semi-definite reference: the middles, else the largest variances
 * with the middle or the smallest covariance.  0 if there is none. */
static int choose_reference(ew_box *b)
{
    arb_get_mid_arb(b->aa, b->ball_aa);
    arb_get_mid_arb(b->ab, b->ball_ab);
    arb_get_mid_arb(b->bb, b->ball_bb);
    if (!arb_is_negative(b->aa) && !arb_is_negative(b->bb) &&
        determinant_sign(b->aa, b->ab, b->bb) >= 0)
        return 1;
    ball_end(b->aa, b->ball_aa, 1);
    ball_end(b->bb, b->ball_bb, 1);
    if (arb_is_negative(b->aa) || arb_is_negative(b->bb))
        return 0;
    if (determinant_sign(b->aa, b->ab, b->bb) >= 0)
        return 1;
    if (arb_contains_zero(b->ball_ab))
        arb_zero(b->ab);
    else
        ball_end(b->ab, b->ball_ab, arb_is_positive(b->ball_ab) ? -1 : 1);
    return determinant_sign(b->aa, b->ab, b->bb) >= 0;
}

/* Exact rationals of such size would exhaust memory. */
static int out_of_range(const arb_t x)
{
    slong e = arf_abs_bound_lt_2exp_si(arb_midref(x));
    return !arb_is_zero(x) && (e > 100000 || e < -100000);
}

static ew_status box_set(ew_box *b, const arb_t kaa, const arb_t kab, const arb_t kbb,
                         ew_context *ctx)
{
    if (!arb_is_finite(kaa) || !arb_is_finite(kab) || !arb_is_finite(kbb))
        return ew_fail(ctx, EW_UNABLE, "a covariance is not finite");
    arb_set(b->ball_aa, kaa);
    arb_set(b->ball_ab, kab);
    arb_set(b->ball_bb, kbb);
    b->exact = arb_is_exact(kaa) && arb_is_exact(kab) && arb_is_exact(kbb);
    if (!choose_reference(b))
        return ew_fail(ctx, EW_DOMAIN, "the covariance is not positive semi-definite");
    if (out_of_range(b->aa) || out_of_range(b->ab) || out_of_range(b->bb))
        return ew_fail(ctx, EW_UNABLE, "a covariance is too large or too small");
    distance(b->raa, kaa, b->aa);
    distance(b->rab, kab, b->ab);
    distance(b->rbb, kbb, b->bb);
    exact_rational(b->qaa, b->aa);
    exact_rational(b->qab, b->ab);
    exact_rational(b->qbb, b->bb);
    return EW_OK;
}

/* ---- the two functions ---- */

static void side_init(ew_side *F)
{
    ew_jetsum_init(&F->F);
    ew_halves_init(&F->halves);
    F->has_halves = 0;
}

static void side_clear(ew_side *F)
{
    ew_jetsum_clear(&F->F);
    ew_halves_clear(&F->halves);
}

/* F differentiated `shift` times: by Leibniz for smooth s, as distributions for polynomials
 * with a kink at 0, otherwise left to the Hermite coefficients. */
static ew_status side_set(ew_side *F, const ew_evaluator *E, const ew_monomial *f, slong shift,
                          slong prec, ew_context *ctx)
{
    ew_status status;
    if (ew_monomial_order(f) > E->order)
        return ew_fail(ctx, EW_DOMAIN,
                       "derivative %ld of the activation has a delta function at a kink",
                       (long) ew_monomial_order(f));
    F->f = f;
    F->shift = shift;
    int smooth = E->s->kinks == 0 || ew_monomial_order(f) < 0;
    F->expanded = shift == 0 || smooth;
    status = ew_jetsum_set(&F->F, f, ctx);
    if (E->method == EW_AUTO || E->method == EW_CLOSED) {
        F->has_halves = ew_halves_set(&F->halves, E->s, f, prec + 64);
        for (slong i = 0; i < shift && F->has_halves; i++)
            F->has_halves = ew_halves_derive(&F->halves);
    }
    if (status == EW_OK && smooth)
        status = ew_jetsum_derive(&F->F, shift, ctx);
    return status;
}

/* ---- one variable in disguise ---- */

/* x = sum_i c_i <m_i>_K */
static ew_status expect_sum(arb_t x, ew_evaluator *E, const ew_jetsum *f, const arb_t K,
                            slong prec, ew_context *ctx)
{
    arb_t c;
    arb_ptr v = _arb_vec_init(f->n);
    ew_atom1 *atoms = ew_alloc((size_t) (f->n + 1) * sizeof *atoms, ctx);
    ew_status status = atoms ? EW_OK : EW_MEMORY;
    arb_init(c);
    for (slong i = 0; i < f->n && atoms; i++)
        atoms[i] = (ew_atom1){f->m[i], 0};
    if (status == EW_OK)
        status = ew_expect_one(v, NULL, E, atoms, f->n, K, prec, ctx);
    arb_zero(x);
    for (slong i = 0; i < f->n && status == EW_OK; i++) {
        arb_set_fmpq(c, f->coef + i, prec);
        arb_addmul(x, c, v + i, prec);
    }
    arb_clear(c);
    _arb_vec_clear(v, f->n);
    free(atoms);
    return status;
}

/* kab = 0: independent, whatever the variances. */
static ew_status independent(arb_t x, ew_evaluator *E, const ew_side *F, const ew_side *G,
                             const arb_t kaa, const arb_t kbb, slong prec, ew_context *ctx)
{
    arb_t y;
    arb_init(y);
    ew_status status = expect_sum(x, E, &F->F, kaa, prec + 4, ctx);
    if (status == EW_OK)
        status = expect_sum(y, E, &G->F, kbb, prec + 4, ctx);
    arb_mul(x, x, y, prec + 4);
    arb_clear(y);
    return status;
}

/* kaa = kbb = +-kab: <F G>, or <F(z) G(-z)> where G's parity is known. */
static ew_status coincident(arb_t x, ew_evaluator *E, const ew_side *F, const ew_side *G,
                            const ew_box *box, slong prec, ew_context *ctx)
{
    ew_jetsum h;
    ew_monomial m;
    fmpq_t c;
    ew_status status = EW_OK;
    int flip = arb_is_negative(box->ab);
    ew_jetsum_init(&h);
    fmpq_init(c);
    for (slong i = 0; i < F->F.n && status == EW_OK; i++)
        for (slong j = 0; j < G->F.n && status == EW_OK; j++) {
            status = ew_monomial_mul(&m, F->F.m + i, G->F.m + j, ctx);
            fmpq_mul(c, F->F.coef + i, G->F.coef + j);
            if (flip && ew_monomial_parity(G->F.m + j, E->s->parity) < 0)
                fmpq_neg(c, c);
            if (status == EW_OK)
                status = ew_jetsum_add(&h, c, &m, ctx);
        }
    if (status == EW_OK)
        status = expect_sum(x, E, &h, box->aa, prec + 4, ctx);
    fmpq_clear(c);
    ew_jetsum_clear(&h);
    return status;
}

static int is_coincident(const ew_evaluator *E, const ew_side *F, const ew_side *G,
                         const ew_box *box)
{
    if (!F->expanded || !G->expanded || !arb_equal(box->aa, box->bb) ||
        arf_cmpabs(arb_midref(box->aa), arb_midref(box->ab)) != 0)
        return 0;
    return !arb_is_negative(box->ab) || ew_monomial_parity(G->f, E->s->parity) != 0;
}

/* ---- the choice ---- */

/* sqrt(<F^2> <G^2>) over the box; when that does not exist, infinite. */
static ew_status cauchy_schwarz(mag_t scale, ew_evaluator *E, const ew_side *F,
                                const ew_side *G, const ew_box *box, ew_context *ctx)
{
    mag_t t;
    mag_init(t);
    ew_status status = ew_side_norm(scale, E, F, 0, 0, box->ball_aa, ctx);
    if (status == EW_OK)
        status = ew_side_norm(t, E, G, 0, 0, box->ball_bb, ctx);
    mag_mul(scale, scale, t);
    mag_clear(t);
    return status;
}

/* At the reference. */
static ew_status at_reference(arb_t x, int *known, ew_evaluator *E, const ew_side *F,
                              const ew_side *G, const ew_box *box, const mag_t scale,
                              slong prec, ew_context *ctx)
{
    int degenerate = arb_is_zero(box->aa) || arb_is_zero(box->bb);
    *known = 1;
    if (F->expanded && G->expanded && arb_is_zero(box->ab) &&
        (degenerate || !F->has_halves || !G->has_halves))
        return independent(x, E, F, G, box->aa, box->bb, prec, ctx);
    *known = 0;
    if (E->method == EW_AUTO || E->method == EW_CLOSED) {
        ew_status status = ew_two_closed(x, known, E, F, G, box, scale, prec, ctx);
        E->used = *known ? "closed form" : E->used;
        if (status != EW_OK || *known)
            return status;
    }
    *known = is_coincident(E, F, G, box);
    return *known ? coincident(x, E, F, G, box, prec, ctx) : EW_OK;
}

/* ---- one atom ---- */

typedef struct {
    ew_side F, G;
    mag_t scale, spread;
    int done;
} job;

static void job_init(job *j)
{
    side_init(&j->F);
    side_init(&j->G);
    mag_init(j->scale);
    mag_init(j->spread);
    j->done = 0;
}

static void job_clear(job *j)
{
    side_clear(&j->F);
    side_clear(&j->G);
    mag_clear(j->scale);
    mag_clear(j->spread);
}

static ew_status job_set(job *j, ew_evaluator *E, const ew_atom2 *atom, slong prec,
                         ew_context *ctx)
{
    if (atom->jaa < 0 || atom->jab < 0 || atom->jbb < 0 ||
        atom->jaa + atom->jab + atom->jbb > EW_JETS)
        return ew_fail(ctx, EW_UNABLE, "covariance derivatives are limited to order %d",
                       EW_JETS);
    ew_status status = side_set(&j->F, E, &atom->f, 2 * atom->jaa + atom->jab, prec, ctx);
    if (status == EW_OK)
        status = side_set(&j->G, E, &atom->g, 2 * atom->jbb + atom->jab, prec, ctx);
    return status;
}

/* Norms leave masses out. */
static int has_mass(const ew_side *F)
{
    return F->has_halves && ew_halves_has_mass(&F->halves);
}

/* What needs no quadrature in the plane: parity, closed forms, independent and coincident
 * variables, with what the box may add. */
static ew_status job_simple(arb_t x, job *j, ew_evaluator *E, const ew_atom2 *atom,
                            const ew_box *box, slong prec, ew_context *ctx)
{
    if (ew_monomial_parity(&atom->f, E->s->parity) *
            ew_monomial_parity(&atom->g, E->s->parity) <
        0) {
        arb_zero(x);
        j->done = 1;
        return EW_OK;
    }
    ew_status status = cauchy_schwarz(j->scale, E, &j->F, &j->G, box, ctx);
    if (status == EW_OK && mag_is_zero(j->scale) && !has_mass(&j->F) && !has_mass(&j->G)) {
        arb_zero(x);
        j->done = 1;
        return EW_OK;
    }
    if (status == EW_OK && !box->exact && arb_is_zero(box->ball_ab) && j->F.expanded &&
        j->G.expanded) {
        j->done = 1;
        return independent(x, E, &j->F, &j->G, box->ball_aa, box->ball_bb, prec, ctx);
    }
    if (status == EW_OK)
        status = ew_two_spread(j->spread, E, &j->F, &j->G, box, ctx);
    if (status == EW_OK && mag_is_inf(j->spread))
        status = ew_fail(ctx, EW_UNABLE,
                         "correlation 1 is not excluded, and the activation has kinks");
    if (status == EW_OK)
        status = at_reference(x, &j->done, E, &j->F, &j->G, box, j->scale, prec, ctx);
    return status;
}

/* ---- the plane ---- */

static ew_status by_mehler(arb_ptr values, job *jobs, slong n, ew_evaluator *E,
                           const ew_box *box, slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++)
        if (!jobs[i].done)
            status = ew_two_mehler(values + i, jobs[i].scale, E, &jobs[i].F, &jobs[i].G, box,
                                   prec, ctx);
    if (status == EW_OK)
        E->used = "Mehler series";
    return status;
}

static ew_status by_trapezoid(arb_ptr values, job *jobs, slong n, ew_evaluator *E,
                              const ew_box *box, slong prec, ew_context *ctx)
{
    slong count = 0;
    ew_pair *pair = ew_alloc((size_t) n * sizeof *pair, ctx);
    if (!pair)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        if (!jobs[i].done)
            pair[count++] = (ew_pair){&jobs[i].F, &jobs[i].G, values + i, jobs[i].scale};
    ew_status status = ew_plane_trapezoid(pair, count, E, box, prec, ctx);
    if (status == EW_OK)
        E->used = "two-dimensional trapezoid";
    free(pair);
    return status;
}

static ew_status by_cells(arb_ptr values, job *jobs, slong n, ew_evaluator *E,
                          const ew_box *box, slong prec, ew_context *ctx)
{
    slong count = 0;
    ew_cell_pair *pair = ew_alloc((size_t) n * sizeof *pair, ctx);
    if (!pair)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        if (!jobs[i].done)
            pair[count++] = (ew_cell_pair){&jobs[i].F, &jobs[i].G, values + i, jobs[i].scale};
    ew_status status = ew_plane_cells(pair, count, E, box, prec, ctx);
    if (status == EW_OK)
        E->used = "Gauss-Legendre cells";
    free(pair);
    return status;
}

/* rho^2 <= bound, as far as can be seen */
static int is_weaker(const ew_box *box, double bound)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    arb_mul(t, box->ab, box->ab, 64);
    arb_set_d(u, bound);
    arb_mul(u, u, box->aa, 64);
    arb_mul(u, u, box->bb, 64);
    int weaker = arb_le(t, u);
    arb_clear(t);
    arb_clear(u);
    return weaker;
}

static ew_status by_plane(arb_ptr values, job *jobs, slong n, ew_evaluator *E,
                          const ew_box *box, slong prec, ew_context *ctx)
{
    return E->s->kinks == 0 ? by_trapezoid(values, jobs, n, E, box, prec, ctx)
                            : by_cells(values, jobs, n, E, box, prec, ctx);
}

/* All jobs that are not done, together. */
static ew_status by_quadrature(arb_ptr values, job *jobs, slong n, ew_evaluator *E,
                               const ew_box *box, slong prec, ew_context *ctx)
{
    ew_status status = EW_UNABLE;
    if (E->method == EW_CLOSED)
        return ew_fail(ctx, EW_UNABLE, "no closed form is known");
    if (E->method == EW_PLANE)
        return by_plane(values, jobs, n, E, box, prec, ctx);
    if (E->method == EW_AUTO && (E->s->kinks == 0 || !is_weaker(box, KINKED_SERIES))) {
        status = by_plane(values, jobs, n, E, box, prec, ctx);
        if (status != EW_UNABLE || !is_weaker(box, LAST_RESORT))
            return status;
        ew_clear(ctx);
    }
    return by_mehler(values, jobs, n, E, box, prec, ctx);
}

static void finish(arb_t x, mag_t scale, const job *j, const ew_atom2 *atom)
{
    arb_add_error_mag(x, j->spread);
    arb_mul_2exp_si(x, x, -(atom->jaa + atom->jbb));
    mag_mul_2exp_si(scale, j->scale, -(atom->jaa + atom->jbb));
}

/* As ew_expect_two, scales always there. */
static ew_status expect_all(arb_ptr values, mag_ptr scales, ew_evaluator *E,
                            const ew_question *q, ew_context *ctx)
{
    ew_box box;
    slong left = 0, n = q->n;
    job *jobs = ew_alloc((size_t) (n + 1) * sizeof *jobs, ctx);
    if (!jobs)
        return EW_MEMORY;
    box_init(&box);
    ew_norms_forget(E);
    ew_status status = box_set(&box, q->kaa, q->kab, q->kbb, ctx);
    for (slong i = 0; i < n; i++)
        job_init(jobs + i);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        status = job_set(jobs + i, E, q->atoms + i, q->prec, ctx);
        if (status == EW_OK)
            status = job_simple(values + i, jobs + i, E, q->atoms + i, &box, q->prec, ctx);
        left += !jobs[i].done;
    }
    if (status == EW_OK && left > 0)
        status = by_quadrature(values, jobs, n, E, &box, q->prec, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        finish(values + i, scales + i, jobs + i, q->atoms + i);
    for (slong i = 0; i < n; i++)
        job_clear(jobs + i);
    free(jobs);
    box_clear(&box);
    return status;
}

ew_status ew_expect_two(arb_ptr values, mag_ptr scales, ew_evaluator *E, const ew_atom2 *atoms,
                        slong n, const arb_t kaa, const arb_t kab, const arb_t kbb, slong prec,
                        ew_context *ctx)
{
    ew_question q = {E->s, atoms, n, kaa, kab, kbb, prec};
    if (ew_memo_find(values, scales, &E->used, E->memo, &q))
        return EW_OK;
    mag_ptr size = _mag_vec_init(n);
    ew_status status = expect_all(values, size, E, &q, ctx);
    if (status == EW_OK)
        status = ew_memo_keep(&E->memo, &q, values, size, E->used, ctx);
    for (slong i = 0; i < n && scales; i++)
        mag_swap(scales + i, size + i);
    _mag_vec_clear(size, n);
    return status;
}
