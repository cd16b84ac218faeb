#include "readings/kernel/data/rows.h"

#include <math.h>
#include <stdlib.h>

#include "readings/kernel/data/affine.h"

#define BITS 128
#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-18) /* of bounds that are sums and products of a few doubles */
#define TINY 0x1p-398       /* variances that expectations can be computed at */
#define LARGE 0x1p398

/* ---- the network ---------------------------------------------------------------------------
 */

static double nearest(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* <s s> = (K' - cb)/cw put into Theta'. */
static void set_step(ew_data_step *s, arb_srcptr affine)
{
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    s->cb = nearest(affine);
    s->cw = nearest(affine + 1);
    arb_div(x, affine + 3, affine + 1, BITS);
    arb_mul(y, x, affine, BITS);
    arb_sub(y, affine + 2, y, BITS);
    s->theta0 = nearest(y);
    s->theta1 = nearest(x);
    s->theta_error = fabs(s->theta0) * 0x1p-52;
    arb_div(x, affine + 4, affine + 1, BITS);
    s->factor = nearest(x);
    arb_clear(y);
    arb_clear(x);
}

/* Two orthogonal inputs of x.x/n_0 = 1 show the first layer's numbers. */
static ew_status first_step(ew_data_step *s, const ew_data_unit *unit, ew_context *ctx)
{
    arb_ptr k = _arb_vec_init(4), theta = _arb_vec_init(4);
    arb_ptr affine = _arb_vec_init(EW_DATA_AFFINE);
    ew_status status = ew_setting_first(k, theta, &unit->net, BITS, ctx);
    if (status == EW_OK) {
        arb_set(affine, k + 1);
        arb_sub(affine + 1, k, k + 1, BITS);
        arb_set(affine + 2, theta + 1);
        arb_sub(affine + 3, theta, theta + 1, BITS);
        if (!arb_is_positive(affine + 1))
            status = ew_fail(ctx, EW_UNABLE, "C_W of layer 1 is 0");
    }
    if (status == EW_OK)
        set_step(s, affine);
    _arb_vec_clear(affine, EW_DATA_AFFINE);
    _arb_vec_clear(k, 4);
    _arb_vec_clear(theta, 4);
    return status;
}

static ew_status steps(ew_data_net *n, const ew_setting *net, ew_context *ctx)
{
    ew_data_unit unit;
    ew_mean_map map;
    ew_data_unit_init(&unit, net);
    arb_ptr affine = _arb_vec_init(EW_DATA_AFFINE);
    ew_status status = ew_mean_map_init(&map, &unit.net, n->tangent, ctx);
    if (status == EW_OK)
        status = first_step(n->step, &unit, ctx);
    for (slong l = 1; l <= n->layers && status == EW_OK; l++) {
        status = ew_data_affine(affine, &map, l, BITS, ctx);
        if (status == EW_OK && !arb_is_positive(affine + 1))
            status = ew_fail(ctx, EW_UNABLE, "C_W of layer %ld is 0", (long) l + 1);
        if (status == EW_OK)
            set_step(n->step + l, affine);
    }
    _arb_vec_clear(affine, EW_DATA_AFFINE);
    ew_mean_map_clear(&map);
    return status;
}

/* What homogeneous s needs instead of a spectrum. */
static ew_status set_dual(ew_data_net *n, const ew_activation *s, ew_context *ctx)
{
    ew_evaluator *E;
    ew_atom1 square = {{0, {2}}, 0};
    arb_t one, h;
    ew_status status = ew_evaluator_new(&E, s, EW_AUTO, ctx);
    if (status != EW_OK)
        return status;
    arb_init(one);
    arb_init(h);
    arb_one(one);
    status = ew_expect_one(h, NULL, E, &square, 1, one, BITS, ctx);
    n->square = nearest(h);
    arb_inv(h, h, BITS);
    if (status == EW_OK && !arb_is_finite(h))
        status = ew_fail(ctx, EW_UNABLE, "the activation is 0");
    if (status == EW_OK)
        status = ew_dual_new(&n->dual, E, s, one, h, h, ctx);
    arb_clear(h);
    arb_clear(one);
    ew_evaluator_free(E);
    return status;
}

ew_status ew_data_net_new(ew_data_net **out, const ew_setting *net, int tangent,
                          ew_context *ctx)
{
    *out = NULL;
    if (net->residual)
        return ew_fail(ctx, EW_UNABLE, "no kernels of data for residual networks");
    ew_data_net *n = ew_alloc_zero(1, sizeof *n, ctx);
    if (!n)
        return EW_MEMORY;
    n->layers = net->depth - 1;
    n->tangent = tangent != 0;
    n->parity = net->activation->parity;
    n->step = ew_alloc_zero((size_t) net->depth, sizeof *n->step, ctx);
    ew_status status = n->step ? steps(n, net, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = net->activation->homogeneous
                     ? set_dual(n, net->activation, ctx)
                     : ew_spectrum_new(&n->spectrum, net->activation, ctx);
    if (status == EW_OK)
        *out = n;
    else
        ew_data_net_free(n);
    return status;
}

void ew_data_net_free(ew_data_net *n)
{
    if (!n)
        return;
    ew_spectrum_free(n->spectrum);
    ew_dual_free(n->dual);
    free(n->step);
    free(n);
}

/* ---- variances -----------------------------------------------------------------------------
 */

static ew_status check_range(double k, size_t row, slong layer, ew_context *ctx)
{
    if (k >= TINY && k <= LARGE)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "row %zu: the variance of layer %ld is not between 2^-398 and 2^398",
                   row + 1, (long) layer + 1);
}

static ew_status first(ew_data_rows *rows, const ew_points *p, const ew_data_step *s,
                       ew_context *ctx)
{
    ew_status status = EW_OK;
    for (size_t i = 0; i < p->n && status == EW_OK; i++) {
        if (p->norm[i] == 0 && s->cb == 0)
            return ew_fail(ctx, EW_USAGE, "row %zu is zero, and there is no bias", i + 1);
        rows->k[i] = s->cb + s->cw * (p->norm[i] * p->norm[i] / (double) p->d);
        rows->error[i] = (2 * p->norm_error + 8 * UNIT) * SLACK;
        status = check_range(rows->k[i], i, 0, ctx);
    }
    return status;
}

static void conclude(double *error, double relative, double before)
{
    *error = before < EW_SPECTRUM_SLACK && relative < EW_SPECTRUM_SLACK
                 ? relative / (1 - relative) * SLACK
                 : INFINITY;
}

/* K' = cb + cw |a|^2, whose derivative in ln K is cw `rate`, to first order; the second is at
 * most 2 cw (|a'|^2 + |a| |a''|). */
static void next_smooth(double *k, double *error, const ew_data_step *s,
                        const ew_spectrum_piece *p, double w, double before)
{
    double square = ew_spectrum_value(p->square, w), rate = fabs(ew_spectrum_rate(p, w));
    double second = p->move * p->move + sqrt(square + p->square_error) * p->move2;
    double off = p->square_error + before * (rate + p->rate_error + before * second);
    *k = s->cb + s->cw * square;
    conclude(error, s->cw * off / *k + 6 * UNIT, before);
}

static void next_homogeneous(double *k, double *error, const ew_data_step *s, double square,
                             double now, double before)
{
    double linear = s->cw * (square * now);
    *k = s->cb + linear;
    conclude(error, linear * before * SLACK / *k + 8 * UNIT, before);
}

static void next(double *k, double *error, const ew_data_net *net, slong l, double now,
                 double before)
{
    double w;
    if (net->dual) {
        next_homogeneous(k, error, net->step + l, net->square, now, before);
        return;
    }
    const ew_spectrum_piece *p = ew_spectrum_at(&w, net->spectrum, now);
    next_smooth(k, error, net->step + l, p, w, before);
}

static ew_status layer(ew_data_rows *rows, slong l, ew_data_net *net, ew_context *ctx)
{
    const double *k = rows->k + (size_t) (l - 1) * rows->n, *e = rows->error + (k - rows->k);
    double *next_k = rows->k + (size_t) l * rows->n, *next_e = rows->error + (next_k - rows->k);
    ew_status status =
        net->dual ? EW_OK : ew_spectrum_prepare_all(net->spectrum, k, rows->n, ctx);
    for (size_t i = 0; i < rows->n && status == EW_OK; i++) {
        next(next_k + i, next_e + i, net, l, k[i], e[i]);
        status = check_range(next_k[i], i, l, ctx);
    }
    return status == EW_OK ? ew_poll(ctx) : status;
}

static double largest(const double *x, size_t n)
{
    double most = x[0];
    for (size_t i = 1; i < n; i++)
        most = fmax(most, x[i]);
    return most;
}

ew_status ew_data_rows_new(ew_data_rows *rows, const ew_points *p, ew_data_net *net,
                           ew_context *ctx)
{
    *rows = (ew_data_rows){p->n, NULL, NULL};
    size_t layers = (size_t) net->layers + 1;
    rows->k = ew_alloc_zero(layers, p->n * sizeof *rows->k, ctx);
    rows->error = ew_alloc_zero(layers, p->n * sizeof *rows->error, ctx);
    ew_status status = rows->k && rows->error ? first(rows, p, net->step, ctx) : EW_MEMORY;
    if (status == EW_OK && net->spectrum)
        status = ew_spectrum_settle(net->spectrum, largest(rows->k, p->n), ctx);
    for (slong l = 1; l <= net->layers && status == EW_OK; l++) {
        ew_progress(ctx, (double) (l - 1) / (double) net->layers, "tabulating the layers");
        status = layer(rows, l, net, ctx);
    }
    return status;
}

void ew_data_rows_clear(ew_data_rows *rows)
{
    free(rows->k);
    free(rows->error);
    rows->k = rows->error = NULL;
}
