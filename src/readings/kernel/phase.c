#include "readings/kernel/phase.h"

typedef struct {
    const ew_scalar *cb;
    ew_critical_point *point;
    ew_evaluator *E; /* NULL: up to K */
    int scale;
    slong n; /* columns that exist: the first ones */
} request;

/* -1/ln |chi_par|; indeterminate unless |chi_par| < 1. */
static void set_depth(arb_t depth, const arb_t chi, slong prec)
{
    arb_t size;
    arb_init(size);
    arb_abs(size, chi);
    arb_sub_ui(depth, size, 1, prec);
    if (arb_is_negative(depth) && arb_is_positive(size)) {
        arb_log(depth, size, prec);
        arb_inv(depth, depth, prec);
        arb_neg(depth, depth);
    } else
        arb_indeterminate(depth);
    arb_clear(size);
}

/* chi_par = C_W d<s^2>/dK, and <s''^2>. */
static ew_status set_depths(arb_ptr v, const request *r, slong prec, ew_context *ctx)
{
    ew_atom1 atom[2] = {{.j = 1}, {.j = 0}};
    arb_ptr x = _arb_vec_init(2);
    atom[0].f.e[0] = 2;
    atom[1].f.e[2] = 2;
    ew_status status =
        ew_expect_one(x, NULL, r->E, atom, r->scale ? 2 : 1, v + EW_PHASE_K, prec, ctx);
    if (status == EW_OK) {
        arb_mul(v + EW_PHASE_CHI_PAR, v + EW_PHASE_CW, x, prec);
        set_depth(v + EW_PHASE_DEPTH, v + EW_PHASE_CHI_PAR, prec);
        arb_mul(x + 1, x + 1, v + EW_PHASE_CW, prec);
        arb_mul(x + 1, x + 1, v + EW_PHASE_K, prec);
        arb_ui_div(v + EW_PHASE_SCALE, 2, x + 1, prec);
    }
    _arb_vec_clear(x, 2);
    return status;
}

/* All columns, those that do not exist not finite or 0. */
static ew_status all_columns(arb_ptr v, const request *r, slong prec, ew_context *ctx)
{
    ew_status status = ew_critical_balls(v + EW_PHASE_K, v + EW_PHASE_CW, v + EW_PHASE_CB, NULL,
                                         NULL, r->point, prec, ctx);
    return status == EW_OK && r->E ? set_depths(v, r, prec, ctx) : status;
}

/* The first n. */
static ew_status columns(arb_ptr v, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    const request *r = data;
    arb_ptr all = _arb_vec_init(EW_PHASE_COLUMNS);
    (void) scales;
    ew_status status = all_columns(all, r, prec, ctx);
    _arb_vec_set(v, all, r->n);
    _arb_vec_clear(all, EW_PHASE_COLUMNS);
    return status;
}

/* 128 bits tell whether |chi_par| < 1. */
static ew_status count(request *r, ew_context *ctx)
{
    arb_ptr v = _arb_vec_init(EW_PHASE_COLUMNS);
    ew_status status = all_columns(v, r, 128, ctx);
    r->n = !arb_is_finite(v + EW_PHASE_DEPTH) ? EW_PHASE_DEPTH
           : r->scale                         ? EW_PHASE_COLUMNS
                                              : EW_PHASE_SCALE;
    _arb_vec_clear(v, EW_PHASE_COLUMNS);
    return status;
}

static ew_status bias_alone(arb_ptr v, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    const request *r = data;
    (void) scales;
    return ew_scalar_ball(v, r->cb, prec, ctx);
}

static ew_status certify(ew_certified *out, request *r, const ew_activation *s, slong digits,
                         ew_context *ctx)
{
    ew_status status = EW_OK;
    r->n = ew_critical_class(r->point) == EW_SCALE_INVARIANT ? EW_PHASE_K : EW_PHASE_CHI_PAR;
    if (ew_critical_class(r->point) == EW_EDGE) {
        r->scale = s->kinks == 0;
        status = ew_evaluator_new(&r->E, s, EW_AUTO, ctx);
        if (status == EW_OK)
            status = count(r, ctx);
    }
    return status == EW_OK ? ew_certify(out, r->n, digits, columns, r, ctx) : status;
}

ew_status ew_phase_point(ew_certified out[EW_PHASE_COLUMNS], const ew_activation *s,
                         const ew_scalar *cb, slong digits, ew_context *ctx)
{
    request r = {.cb = cb};
    ew_status status = ew_critical_edge(&r.point, s, cb, ctx);
    if (status == EW_UNABLE) {
        ew_clear(ctx);
        return ew_certify(out, 1, digits, bias_alone, &r, ctx);
    }
    if (status == EW_OK)
        status = certify(out, &r, s, digits, ctx);
    ew_evaluator_free(r.E);
    ew_critical_point_free(r.point);
    return status;
}
