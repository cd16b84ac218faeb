/* The two-dimensional trapezoidal rule: set up, tried at rising precision. */
#include "expect/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 6, GUARD_BITS = 40 };

/* ---- the frame ---- */

void ew_frame_init(ew_frame *f)
{
    fmpq_init(f->qk);
    fmpq_init(f->qc);
    fmpq_init(f->qtau);
    arb_init(f->k);
    arb_init(f->tau);
}

void ew_frame_clear(ew_frame *f)
{
    fmpq_clear(f->qk);
    fmpq_clear(f->qc);
    fmpq_clear(f->qtau);
    arb_clear(f->k);
    arb_clear(f->tau);
}

void ew_frame_set(ew_frame *f, const ew_box *box)
{
    f->swapped = fmpq_cmp(box->qbb, box->qaa) > 0;
    fmpq_set(f->qk, f->swapped ? box->qbb : box->qaa);
    fmpq_div(f->qc, box->qab, f->qk);
    fmpq_mul(f->qtau, f->qc, box->qab);
    fmpq_sub(f->qtau, f->swapped ? box->qaa : box->qbb, f->qtau);
    f->sign = fmpq_sgn(f->qc) < 0 ? -1 : 1;
    fmpq_abs(f->qc, f->qc);
    arb_set_fmpq(f->k, f->qk, 64);
    arb_set_fmpq(f->tau, f->qtau, 64);
    f->scale = 0;
    if (!arb_is_zero(f->tau)) {
        slong e = arf_abs_bound_lt_2exp_si(arb_midref(f->tau));
        f->scale = e < -20 ? e / 2 : 0;
        arb_mul_2exp_si(f->tau, f->tau, -2 * f->scale);
    }
    arb_t c;
    arb_init(c);
    arb_set_fmpq(c, f->qc, 64);
    f->cd = arf_get_d(arb_midref(c), ARF_RND_NEAR);
    f->kd = arf_get_d(arb_midref(f->k), ARF_RND_NEAR);
    f->taud = arf_get_d(arb_midref(f->tau), ARF_RND_NEAR);
    arb_clear(c);
}

/* ---- the functions on the axes ---- */

static void axis_clear(ew_axis_fn *a, slong lines)
{
    ew_axis_clear(&a->axis);
    for (int i = 0; i < 2; i++) {
        if (a->v[i])
            _arb_vec_clear(a->v[i], a->n);
        if (a->row[i])
            _arb_vec_clear(a->row[i], lines);
    }
}

/* The index of a function, entered at need; -1 on failure, *status set. */
static slong axis_index(ew_axis_fn *list, slong *n, ew_evaluator *E, const ew_side *side,
                        ew_status *status, ew_context *ctx)
{
    for (slong i = 0; i < *n; i++)
        if (list[i].side->shift == side->shift && ew_monomial_equal(list[i].side->f, side->f))
            return i;
    list[*n] = (ew_axis_fn){.side = side};
    *status = ew_axis_set(&list[*n].axis, E, &side->F, ctx);
    if (*status != EW_OK) {
        ew_axis_clear(&list[*n].axis);
        return -1;
    }
    return (*n)++;
}

static ew_status add_task(ew_plane *P, ew_evaluator *E, const ew_pair *pair, slong prec,
                          ew_context *ctx)
{
    ew_plane_task *t = P->task + P->tasks;
    const ew_side *F = P->frame.swapped ? pair->G : pair->F;
    const ew_side *G = P->frame.swapped ? pair->F : pair->G;
    ew_status status = EW_OK;
    t->f = axis_index(P->f, &P->fs, E, F, &status, ctx);
    if (status == EW_OK)
        t->g = axis_index(P->g, &P->gs, E, G, &status, ctx);
    if (status != EW_OK)
        return status;
    t->scale = mag_get_d_log2_approx(pair->scale);
    t->target = t->scale - (double) prec - 4;
    P->tasks++;
    return EW_OK;
}

void ew_plane_clear(ew_plane *P)
{
    for (slong i = 0; i < P->fs; i++)
        axis_clear(P->f + i, P->n_u);
    for (slong i = 0; i < P->gs; i++)
        axis_clear(P->g + i, P->n_u);
    free(P->f);
    free(P->g);
    free(P->task);
    ew_frame_clear(&P->frame);
}

ew_status ew_plane_set(ew_plane *P, const ew_pair *pair, slong n, ew_evaluator *E,
                       const ew_box *box, slong prec, ew_context *ctx)
{
    memset(P, 0, sizeof *P);
    ew_frame_init(&P->frame);
    ew_frame_set(&P->frame, box);
    P->f = ew_alloc((size_t) n * sizeof *P->f, ctx);
    P->g = ew_alloc((size_t) n * sizeof *P->g, ctx);
    P->task = ew_alloc_zero((size_t) n, sizeof *P->task, ctx);
    if (!P->f || !P->g || !P->task)
        return EW_MEMORY;
    if (!ew_ordinary_variance(P->frame.k))
        return ew_fail(ctx, EW_UNABLE, "the trapezoid needs an ordinary variance");
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = add_task(P, E, pair + i, prec, ctx);
    return status;
}

/* Sums with their errors; *lost: bits by which rounding exceeds what was asked. */
static ew_status attempt(const ew_pair *pair, slong n, ew_plane *P, ew_evaluator *E,
                         double *lost, slong prec, slong wp, ew_context *ctx)
{
    arb_ptr x = _arb_vec_init(n);
    mag_ptr err = _mag_vec_init(n);
    ew_status status = ew_plane_sums(x, P, E, wp, ctx);
    if (status == EW_OK)
        status = ew_plane_errors(err, P, ctx);
    *lost = -INFINITY;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        if (!mag_is_zero(arb_radref(x + i)))
            *lost = fmax(*lost, mag_get_d_log2_approx(arb_radref(x + i)) + (double) prec + 2 -
                                    P->task[i].scale);
        arb_add_error_mag(x + i, err + i);
        arb_swap(pair[i].x, x + i);
    }
    _arb_vec_clear(x, n);
    _mag_vec_clear(err, n);
    return status;
}

static int reached(const ew_pair *pair, slong n, slong prec)
{
    mag_t t;
    int good = 1;
    mag_init(t);
    for (slong i = 0; i < n && good; i++) {
        mag_mul_2exp_si(t, pair[i].scale, -prec);
        good = mag_cmp(arb_radref(pair[i].x), t) <= 0;
    }
    mag_clear(t);
    return good;
}

ew_status ew_plane_trapezoid(const ew_pair *pair, slong n, ew_evaluator *E, const ew_box *box,
                             slong prec, ew_context *ctx)
{
    slong wp = prec + GUARD_BITS;
    double lost = 0;
    for (int i = 0; i < ATTEMPTS; i++) {
        ew_plane P;
        ew_status status = ew_plane_set(&P, pair, n, E, box, prec + 4 * i, ctx);
        if (status == EW_OK)
            status = ew_plane_plan(&P, E, prec + 4 * i, ctx);
        if (status == EW_OK)
            status = attempt(pair, n, &P, E, &lost, prec, wp, ctx);
        ew_plane_clear(&P);
        if (status != EW_OK || reached(pair, n, prec))
            return status;
        if (lost > 0)
            wp += (slong) fmin(lost, 1e5) + 24;
    }
    return ew_fail(ctx, EW_UNABLE, "the trapezoid in the plane did not reach the precision");
}
