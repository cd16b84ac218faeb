/* Piecewise analytic functions of two variables: which cells, and how precisely. */
#include "expect/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 3, GUARD_BITS = 40 };

/* ---- tasks ---- */

static slong monomial_index(ew_monomial *list, slong *n, slong *len, const ew_monomial *f)
{
    slong l = ew_monomial_len(f);
    *len = l > *len ? l : *len;
    for (slong i = 0; i < *n; i++)
        if (ew_monomial_equal(list + i, f))
            return i;
    list[*n] = *f;
    return (*n)++;
}

void ew_cells_clear(ew_cells *C)
{
    for (slong i = 0; i < C->tasks; i++) {
        mag_clear(C->task[i].error);
        fmpq_clear(C->task[i].coef);
        if (C->task[i].score)
            _arb_vec_clear(C->task[i].score, C->task[i].p + 1);
        arb_clear(C->task[i].sum);
    }
    free(C->task);
    free(C->f);
    free(C->g);
    if (C->bound)
        _mag_vec_clear(C->bound, C->room);
    if (C->x) {
        _arb_vec_clear(C->x, C->order);
        _arb_vec_clear(C->w, C->order);
    }
    ew_layout_clear(&C->L);
}

static ew_status set_tasks(ew_cells *C, const ew_cell_pair *pair, const double *target, slong n,
                           const ew_box *box, ew_context *ctx)
{
    int swapped = fmpq_cmp(box->qbb, box->qaa) > 0;
    C->f = ew_alloc((size_t) n * sizeof *C->f, ctx);
    C->g = ew_alloc((size_t) n * sizeof *C->g, ctx);
    C->task = ew_alloc((size_t) n * sizeof *C->task, ctx);
    if (!C->f || !C->g || !C->task)
        return EW_MEMORY;
    C->len_f = C->len_g = 1;
    for (slong i = 0; i < n; i++) {
        const ew_side *F = swapped ? pair[i].G : pair[i].F;
        const ew_side *G = swapped ? pair[i].F : pair[i].G;
        ew_cell_task *t = C->task + C->tasks++;
        *t = (ew_cell_task){.p = F->expanded ? 0 : F->shift, .q = G->expanded ? 0 : G->shift};
        /* a function that is expanded here is a monomial, s itself or a power of z */
        t->f = monomial_index(C->f, &C->fs, &C->len_f, F->F.m);
        t->g = monomial_index(C->g, &C->gs, &C->len_g, G->F.m);
        fmpq_init(t->coef);
        fmpq_mul(t->coef, F->F.coef, G->F.coef);
        t->target = target[i] - log2(fabs(fmpq_get_d(t->coef)));
        mag_init(t->error);
        arb_init(t->sum);
    }
    return EW_OK;
}

/* ---- sizes ---- */

/* (<f^4>_K)^(1/4) */
static ew_status fourth_norm(mag_t norm, ew_evaluator *E, const ew_monomial *f, const fmpq_t K,
                             ew_context *ctx)
{
    ew_atom1 atom = {.f = *f};
    arb_t x, k;
    if (f->z > EW_MAX_POWER / 4)
        return ew_fail(ctx, EW_UNABLE, "the degree of an integrand is too large");
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[i] > EW_MAX_POWER / 4)
            return ew_fail(ctx, EW_UNABLE, "the degree of an integrand is too large");
        atom.f.e[i] = (unsigned char) (4 * f->e[i]);
    }
    atom.f.z = (unsigned short) (4 * f->z);
    arb_init(x);
    arb_init(k);
    arb_set_fmpq(k, K, 64);
    ew_status status = ew_expect_one(x, NULL, E, &atom, 1, k, 40, ctx);
    arb_get_mag(norm, x);
    mag_root(norm, norm, 4);
    arb_clear(x);
    arb_clear(k);
    return status;
}

/* A bound of |Q| in L^2 (power 1) or, by hypercontractivity, 3^(k/2) for He_k more, in L^4. */
static void score_norm(mag_t norm, const ew_layout *L, slong p, slong q, int fourth)
{
    mag_t t, u;
    mag_init(t);
    mag_init(u);
    arb_ptr coef = _arb_vec_init(p + 1);
    mag_one(norm);
    if (p + q > 0) {
        ew_score_set(coef, L, p, q, 64);
        mag_zero(norm);
    }
    for (slong r = 0; r <= p && p + q > 0; r++) {
        mag_fac_ui(t, (ulong) (p - r));
        mag_fac_ui(u, (ulong) (q + r));
        mag_mul(t, t, u);
        mag_sqrt(t, t);
        arb_get_mag(u, coef + r);
        mag_addmul(norm, t, u);
    }
    if (fourth) {
        mag_set_ui(t, 3);
        mag_pow_ui(t, t, (ulong) (p + q + 1) / 2);
        mag_mul(norm, norm, t);
    }
    _arb_vec_clear(coef, p + 1);
    mag_clear(t);
    mag_clear(u);
}

/* ||F||_4 ||G||_4 ||Q||_4: E |F G Q| on a set of probability P is at most this times P^(1/4).
 */
static ew_status set_bounds(ew_cells *C, const ew_layout *L, ew_evaluator *E, const ew_box *box,
                            ew_context *ctx)
{
    mag_ptr f = _mag_vec_init(C->fs), g = _mag_vec_init(C->gs), bound = C->bound;
    ew_status status = EW_OK;
    for (slong i = 0; i < C->fs && status == EW_OK; i++)
        status = fourth_norm(f + i, E, C->f + i, L->frame.qk, ctx);
    for (slong i = 0; i < C->gs && status == EW_OK; i++)
        status = fourth_norm(g + i, E, C->g + i, L->frame.swapped ? box->qaa : box->qbb, ctx);
    for (slong i = 0; i < C->tasks && status == EW_OK; i++) {
        score_norm(bound + i, L, C->task[i].p, C->task[i].q, 1);
        mag_mul(bound + i, bound + i, f + C->task[i].f);
        mag_mul(bound + i, bound + i, g + C->task[i].g);
    }
    _mag_vec_clear(f, C->fs);
    _mag_vec_clear(g, C->gs);
    return status;
}

/* ---- one evaluation ---- */

ew_status ew_cells_plan(ew_cells *C, const ew_cell_pair *pair, const double *target, slong n,
                        ew_evaluator *E, const ew_box *box, ew_context *ctx)
{
    ew_layout rough; /* for its frame */
    double digits = 16;
    mag_t size;
    memset(C, 0, sizeof *C);
    ew_layout_init(&C->L);
    ew_layout_init(&rough);
    mag_init(size);
    C->bits = 8;
    C->room = n;
    C->bound = _mag_vec_init(n);
    ew_status status = set_tasks(C, pair, target, n, box, ctx);
    if (status == EW_OK)
        status = ew_layout_set(&rough, E->s, box, 1, 1, 64, ctx);
    if (status == EW_OK)
        status = set_bounds(C, &rough, E, box, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        const ew_cell_task *t = C->task + i;
        score_norm(size, &rough, t->p, t->q, 0);
        mag_mul(size, size, pair[i].scale);
        digits = fmax(digits, mag_get_d_log2_approx(size) - t->target);
        C->bits = fmax(C->bits, mag_get_d_log2_approx(C->bound + i) - t->target + 3);
    }
    if (status == EW_OK && digits > EW_MAX_BITS)
        status = ew_fail(ctx, EW_UNABLE, "cancellation between cells is out of reach");
    C->prec = (slong) fmin(digits, EW_MAX_BITS) + GUARD_BITS;
    C->order = (slong) (0.34 * (double) C->prec) + 4;
    ew_layout_clear(&rough);
    mag_clear(size);
    return status;
}

static ew_status attempt(const ew_cell_pair *pair, const double *target, slong n,
                         ew_evaluator *E, const ew_box *box, ew_context *ctx)
{
    ew_cells C;
    ew_status status = ew_cells_plan(&C, pair, target, n, E, box, ctx);
    if (status == EW_OK)
        status = ew_cells_run(pair, &C, E, box, ctx);
    ew_cells_clear(&C);
    return status;
}

/* The size a derivative is measured by: its bound when nothing is gained from rho,
 * |F||G| sqrt(p! q!) kaa^(-p/2) kbb^(-q/2).  Near |rho| = 1 the terms on the density exceed it
 * by powers of K/tau, and its value may. */
static void natural_size(mag_t size, const ew_cell_pair *pair, const ew_box *box)
{
    arb_t t, u;
    mag_t m;
    slong p = pair->F->expanded ? 0 : pair->F->shift,
          q = pair->G->expanded ? 0 : pair->G->shift;
    arb_init(t);
    arb_init(u);
    mag_init(m);
    arb_pow_ui(t, box->aa, (ulong) p, 64);
    arb_pow_ui(u, box->bb, (ulong) q, 64);
    arb_mul(t, t, u, 64);
    arb_rsqrt(t, t, 64);
    arb_get_mag(m, t);
    mag_mul(size, pair->scale, m);
    mag_fac_ui(m, (ulong) p);
    mag_sqrt(m, m);
    mag_mul(size, size, m);
    mag_fac_ui(m, (ulong) q);
    mag_sqrt(m, m);
    mag_mul(size, size, m);
    arb_clear(t);
    arb_clear(u);
    mag_clear(m);
}

/* Is x good to prec bits of its size?  Else the next target. */
static int settle(const ew_cell_pair *pair, const mag_t size, double *target, slong prec)
{
    mag_t need;
    mag_init(need);
    mag_mul_2exp_si(need, arb_radref(pair->x), prec);
    int good = mag_cmp(need, size) <= 0;
    if (!good)
        *target -= 8 + fmax(0, mag_get_d_log2_approx(need) - mag_get_d_log2_approx(size));
    mag_clear(need);
    return good;
}

/* A derivative on the density, where there is none. */
static int at_full_correlation(const ew_cell_pair *pair, slong n, const ew_box *box)
{
    fmpq_t det;
    int any = 0;
    fmpq_init(det);
    fmpq_mul(det, box->qaa, box->qbb);
    fmpq_submul(det, box->qab, box->qab);
    for (slong i = 0; i < n; i++)
        any |= !pair[i].F->expanded || !pair[i].G->expanded;
    any &= fmpq_is_zero(det);
    fmpq_clear(det);
    return any;
}

ew_status ew_plane_cells(const ew_cell_pair *pair, slong n, ew_evaluator *E, const ew_box *box,
                         slong prec, ew_context *ctx)
{
    double *target = ew_alloc((size_t) n * sizeof *target, ctx);
    ew_status status = target ? EW_OK : EW_MEMORY;
    mag_ptr size = _mag_vec_init(n);
    int good = 0;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        natural_size(size + i, pair + i, box);
        target[i] = mag_get_d_log2_approx(size + i) - (double) prec - 6;
    }
    if (status == EW_OK && at_full_correlation(pair, n, box))
        status = ew_fail(ctx, EW_UNABLE,
                         "derivatives at correlation 1 or -1 of an activation with kinks");
    for (int k = 0; k < ATTEMPTS && status == EW_OK && !good; k++) {
        status = attempt(pair, target, n, E, box, ctx);
        good = 1;
        for (slong i = 0; i < n && status == EW_OK; i++)
            good &= settle(pair + i, size + i, target + i, prec);
    }
    if (status == EW_OK && !good)
        status = ew_fail(ctx, EW_UNABLE, "the cells in the plane did not reach the precision");
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_get_mag(pair[i].scale, pair[i].x);
        mag_max(pair[i].scale, pair[i].scale, size + i);
    }
    _mag_vec_clear(size, n);
    free(target);
    return status;
}
