#include "products/flow.h"

void ew_flow_init(ew_flow *f, slong n, slong all, slong outputs)
{
    f->n = n;
    f->all = all;
    f->outputs = outputs;
    arb_mat_init(f->h, all, n);
    arb_mat_init(f->k, all, n);
    f->own = _arb_vec_init(all);
    arb_mat_init(f->y, n, outputs);
    arb_init(f->ridge);
    ew_symmetric_init(&f->eigen, n);
}

void ew_flow_clear(ew_flow *f)
{
    arb_mat_clear(f->h);
    arb_mat_clear(f->k);
    _arb_vec_clear(f->own, f->all);
    arb_mat_clear(f->y);
    arb_clear(f->ridge);
    ew_symmetric_clear(&f->eigen);
}

void ew_flow_state_init(ew_flow_state *s, const ew_flow *f)
{
    arb_mat_init(s->mean, f->all, f->outputs);
    s->variance = _arb_vec_init(f->all);
    s->norm2 = _arb_vec_init(f->all);
}

void ew_flow_state_clear(ew_flow_state *s, const ew_flow *f)
{
    arb_mat_clear(s->mean);
    _arb_vec_clear(s->variance, f->all);
    _arb_vec_clear(s->norm2, f->all);
}

ew_status ew_flow_prepare(ew_flow *f, slong prec, ew_context *ctx)
{
    arb_mat_t a;
    arb_mat_init(a, f->n, f->n);
    for (slong i = 0; i < f->n; i++)
        for (slong j = 0; j < f->n; j++)
            arb_set(arb_mat_entry(a, i, j), arb_mat_entry(f->h, i, j));
    for (slong i = 0; i < f->n; i++)
        arb_add(arb_mat_entry(a, i, i), arb_mat_entry(a, i, i), f->ridge, prec);
    ew_status status = ew_symmetric_solve(&f->eigen, a, prec, ctx);
    arb_mat_clear(a);
    return status;
}

/* h is a kernel: no eigenvalue is below the ridge. */
void ew_flow_least(arb_t lower, const ew_flow *f, slong prec)
{
    arb_t x;
    arb_init(x);
    arb_set(x, f->eigen.d);
    arb_add_error_mag(x, f->eigen.error);
    arf_t below;
    arf_init(below);
    arb_get_lbound_arf(below, x, prec);
    arb_get_lbound_arf(arb_midref(lower), f->ridge, prec);
    mag_zero(arb_radref(lower));
    if (arf_is_finite(below) && arf_cmp(below, arb_midref(lower)) > 0)
        arf_set(arb_midref(lower), below);
    if (arf_sgn(arb_midref(lower)) < 0)
        arf_zero(arb_midref(lower));
    arf_clear(below);
    arb_clear(x);
}

/* tau >= (1 - e^(-m t))/m with m = the least eigenvalue: the integral of |e^(-A s)|. */
static void whole_decay(mag_t tau, const ew_flow *f, arb_srcptr t, slong prec)
{
    arb_t least;
    mag_t x;
    arb_init(least);
    mag_init(x);
    ew_flow_least(least, f, prec);
    arb_inv(least, least, 30);
    if (arb_is_finite(least))
        arb_get_mag(tau, least);
    else
        mag_inf(tau);
    if (t) {
        arb_get_mag(x, t);
        mag_min(tau, tau, x);
    }
    mag_clear(x);
    arb_clear(least);
}

/* g at the exact eigenvalues d of an approximation. */
static void factors(arb_ptr g, const ew_flow *f, arb_srcptr t, slong prec)
{
    for (slong i = 0; i < f->n; i++) {
        arb_srcptr d = f->eigen.d + i;
        if (!t) {
            arb_inv(g + i, d, prec);
        } else if (arb_is_zero(d)) {
            arb_set(g + i, t);
        } else {
            arb_mul(g + i, d, t, prec);
            arb_neg(g + i, g + i);
            arb_expm1(g + i, g + i, prec);
            arb_div(g + i, g + i, d, prec);
            arb_neg(g + i, g + i);
        }
    }
}

static void row_norm(mag_t norm, const arb_mat_t a, slong row)
{
    mag_t x;
    mag_init(x);
    mag_zero(norm);
    for (slong j = 0; j < arb_mat_ncols(a); j++) {
        arb_get_mag(x, arb_mat_entry(a, row, j));
        mag_addmul(norm, x, x);
    }
    mag_sqrt(norm, norm);
    mag_clear(x);
}

/* b^ = v^T g(d) v h solves b' = h - A b up to (1 - v^T v) h - R^T g v h, R = v A - d v; what
 * that adds up to under e^(-A(t - s)) is the error of b^.  g grows with s, so that the bound at
 * the end holds throughout. */
static void widen(arb_mat_t b, const arb_mat_t gw, const ew_flow *f, const mag_t tau)
{
    mag_t error, size;
    mag_init(error);
    mag_init(size);
    for (slong x = 0; x < f->all; x++) {
        row_norm(size, f->h, x);
        mag_mul(error, size, f->eigen.skew);
        row_norm(size, gw, x);
        mag_addmul(error, size, f->eigen.residual);
        mag_mul(error, error, tau);
        for (slong j = 0; j < f->n; j++)
            arb_add_error_mag(arb_mat_entry(b, x, j), error);
    }
    mag_clear(error);
    mag_clear(size);
}

/* Without a ridge the limit fits the targets: b is a unit vector there. */
static void fit_exactly(arb_mat_t b, const ew_flow *f)
{
    for (slong i = 0; i < f->n; i++)
        for (slong j = 0; j < f->n; j++)
            arb_set_ui(arb_mat_entry(b, i, j), i == j);
}

static void weights(arb_mat_t b, const ew_flow *f, arb_srcptr t, const mag_t tau, slong prec)
{
    arb_ptr g = _arb_vec_init(f->n);
    arb_mat_t vt, w;
    arb_mat_init(vt, f->n, f->n);
    arb_mat_init(w, f->all, f->n);
    factors(g, f, t, prec);
    arb_mat_transpose(vt, f->eigen.v);
    arb_mat_mul(w, f->h, vt, prec);
    for (slong x = 0; x < f->all; x++)
        for (slong i = 0; i < f->n; i++)
            arb_mul(arb_mat_entry(w, x, i), arb_mat_entry(w, x, i), g + i, prec);
    arb_mat_mul(b, w, f->eigen.v, prec);
    widen(b, w, f, tau);
    if (!t && arb_is_zero(f->ridge))
        fit_exactly(b, f);
    arb_mat_clear(vt);
    arb_mat_clear(w);
    _arb_vec_clear(g, f->n);
}

/* k_xx + b.(k_XX b - 2 k_Xx) */
static void variances(ew_flow_state *s, const ew_flow *f, const arb_mat_t b, slong prec)
{
    arb_mat_t kb, k;
    arb_t sum;
    arb_init(sum);
    arb_mat_init(kb, f->all, f->n);
    arb_mat_init(k, f->n, f->n);
    for (slong i = 0; i < f->n; i++)
        for (slong j = 0; j < f->n; j++)
            arb_set(arb_mat_entry(k, i, j), arb_mat_entry(f->k, i, j));
    arb_mat_mul(kb, b, k, prec);
    for (slong x = 0; x < f->all; x++) {
        arb_zero(sum);
        arb_zero(s->norm2 + x);
        for (slong j = 0; j < f->n; j++) {
            arb_srcptr bj = arb_mat_entry(b, x, j);
            arb_ptr c = arb_mat_entry(kb, x, j);
            arb_submul_ui(c, arb_mat_entry(f->k, x, j), 2, prec);
            arb_addmul(sum, bj, c, prec);
            arb_addmul(s->norm2 + x, bj, bj, prec);
        }
        arb_add(s->variance + x, f->own + x, sum, prec);
    }
    arb_mat_clear(kb);
    arb_mat_clear(k);
    arb_clear(sum);
}

ew_status ew_flow_at(ew_flow_state *s, const ew_flow *f, arb_srcptr t, slong prec,
                     ew_context *ctx)
{
    mag_t tau;
    arb_mat_t b;
    mag_init(tau);
    whole_decay(tau, f, t, prec);
    if (mag_is_inf(tau)) {
        mag_clear(tau);
        return ew_fail(ctx, EW_UNABLE, "the kernel matrix is not proved positive definite");
    }
    arb_mat_init(b, f->all, f->n);
    weights(b, f, t, tau, prec);
    arb_mat_mul(s->mean, b, f->y, prec);
    variances(s, f, b, prec);
    if (!t && arb_is_zero(f->ridge))
        for (slong x = 0; x < f->n; x++)
            arb_zero(s->variance + x);
    arb_mat_clear(b);
    mag_clear(tau);
    return EW_OK;
}
