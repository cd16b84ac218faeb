/* The kernels of a regression as doubles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "products/regress_fill.h"
#include "products/regress_kernel.h"
#include "readings/kernel/data/general.h"
#include "readings/kernel/data/matrix.h"

#define KERNEL_BITS 90

/* ---- what both share ---- */

static double above(const arb_t x)
{
    arf_t y;
    arf_init(y);
    arb_get_ubound_arf(y, x, 60);
    double d = arf_get_d(y, ARF_RND_UP);
    arf_clear(y);
    return d;
}

/* Theta = lambda_b + lambda_W <s s> + ... and K = C_b + C_W <s s> at the last layer, so that K
 * <= max(C_W/lambda_W, C_b/lambda_b) Theta. */
static ew_status set_share(ew_flow_data *f, const ew_setting *net,
                           const ew_regress_options *opt, ew_context *ctx)
{
    if (!opt->ntk)
        f->share = 1;
    if (!opt->ntk || net->residual)
        return EW_OK;
    arb_ptr x = _arb_vec_init(4);
    ew_status status =
        ew_setting_layer(x, x + 1, x + 2, x + 3, net, net->depth, KERNEL_BITS, ctx);
    if (status == EW_OK) {
        arb_div(x, x, x + 2, KERNEL_BITS);
        f->share = above(x);
        if (!arb_is_zero(x + 1)) {
            arb_div(x + 1, x + 1, x + 3, KERNEL_BITS);
            f->share = fmax(f->share, above(x + 1));
        }
        if (isnan(f->share))
            f->share = INFINITY;
    }
    _arb_vec_clear(x, 4);
    return status;
}

/* Targets and ridge: the nearest doubles. */
static ew_status set_rest(ew_flow_data *f, const ew_setting *net, const ew_regress_options *opt,
                          ew_context *ctx)
{
    arb_t x;
    arb_init(x);
    for (slong i = 0; i < opt->train * opt->outputs; i++) {
        arb_set_fmpq(x, opt->target + i, KERNEL_BITS);
        f->y[i] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    }
    ew_status status = ew_scalar_ball(x, opt->ridge, KERNEL_BITS, ctx);
    f->ridge = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    return status == EW_OK ? set_share(f, net, opt, ctx) : status;
}

/* ---- certified kernels ---- */

/* The middle as a double, and what that may be off by. */
static double rounded(double *error, const arb_t x)
{
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_t y;
    mag_t m;
    arb_init(y);
    mag_init(m);
    arb_set_d(y, d);
    arb_sub(y, y, x, KERNEL_BITS);
    arb_get_mag(m, y);
    *error = fmax(*error, mag_get_d(m));
    arb_clear(y);
    mag_clear(m);
    return d;
}

static void round_flow(ew_flow_data *f, const ew_flow *b, arb_srcptr own_h)
{
    size_t n = f->n;
    for (size_t x = 0; x < f->all; x++) {
        for (size_t j = 0; j < n; j++) {
            slong row = (slong) x, column = (slong) j;
            f->h[x * n + j] = rounded(&f->h_error, arb_mat_entry(b->h, row, column));
            f->k[x * n + j] = rounded(&f->k_error, arb_mat_entry(b->k, row, column));
        }
        f->own[x] = rounded(&f->k_error, b->own + x);
        f->own_h[x] = rounded(&f->h_error, own_h + x);
    }
}

ew_status ew_regress_fill_certified(ew_flow_data *f, const ew_setting *net,
                                    const ew_regress_options *opt, ew_context *ctx)
{
    ew_regress_kernel *k;
    memset(f, 0, sizeof *f);
    ew_status status = ew_regress_kernel_new(&k, net, opt, ctx);
    if (status != EW_OK)
        return status;
    slong trained = ew_regress_trained(k), values = ew_regress_values(k);
    ew_flow b;
    arb_ptr own_h = _arb_vec_init(values);
    ew_flow_init(&b, trained, values, 1);
    status =
        ew_flow_data_init(f, (size_t) trained, (size_t) values, (size_t) opt->outputs, ctx);
    if (status == EW_OK)
        status = ew_regress_kernel_fill(&b, own_h, k, KERNEL_BITS, ctx);
    if (status == EW_OK) {
        round_flow(f, &b, own_h);
        status = set_rest(f, net, opt, ctx);
    }
    ew_flow_clear(&b);
    _arb_vec_clear(own_h, values);
    ew_regress_kernel_free(k);
    return status;
}

/* ---- kernels of data sets ---- */

typedef struct {
    const ew_setting *net;
    const ew_regress_options *opt;
    enum { UNIT, FACTORS, GENERAL } lengths; /* all equal; factors of the kernels; neither */
    ew_data_maps *maps;
    ew_data_net *general;
    ew_points train, test;
    ew_flow_data *f;
    size_t first; /* row of the flow where a's points begin */
    int own;      /* of pairs, the diagonal alone is wanted */
} filler;

static void put(const filler *r, size_t x, size_t j, double nngp, double h)
{
    size_t n = r->f->n;
    if (!r->own) {
        r->f->h[(r->first + x) * n + j] = h;
        r->f->k[(r->first + x) * n + j] = nngp;
    }
    if (x == j && (r->own || r->first == 0)) {
        r->f->own_h[r->first + x] = h;
        r->f->own[r->first + x] = nngp;
    }
}

/* Called by several threads, each for entries of its own. */
static ew_status take(size_t row, size_t column, size_t rows, size_t columns,
                      const double *nngp, const double *ntk, void *data, ew_context *ctx)
{
    const filler *r = data;
    const double *h = r->opt->ntk ? ntk : nngp;
    int mirror = r->own || r->first == 0;
    (void) ctx;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t at = i * columns + j;
            put(r, row + i, column + j, nngp[at], h[at]);
            if (mirror && row != column)
                put(r, column + j, row + i, nngp[at], h[at]);
        }
    return EW_OK;
}

static ew_status run(filler *r, const ew_points *a, const ew_points *b, ew_context *ctx)
{
    ew_data_bound bound;
    ew_status status =
        r->lengths == GENERAL
            ? ew_data_general(&bound, r->general, a, b, take, r, ctx)
            : ew_data_kernel(&bound, r->maps, a, b, r->lengths == FACTORS, take, r, ctx);
    if (status == EW_OK) {
        r->f->k_error = fmax(r->f->k_error, bound.nngp);
        r->f->h_error = fmax(r->f->h_error, r->opt->ntk ? bound.ntk : bound.nngp);
    }
    return status;
}

static void choose_lengths(filler *r, int unit)
{
    const ew_setting *net = r->net;
    if (unit)
        r->lengths = UNIT;
    else if (net->activation->homogeneous && ew_scalar_list_zero(&net->cb) &&
             ew_scalar_list_zero(&net->lambda_b))
        r->lengths = FACTORS;
    else
        r->lengths = GENERAL;
}

static ew_status open_points(filler *r, const ew_regress_points *p, ew_context *ctx)
{
    ew_status status = ew_points_init(&r->train, p->x, p->train, p->d, ctx);
    return status == EW_OK && p->others > 0
               ? ew_points_init(&r->test, p->test, p->others, p->d, ctx)
               : status;
}

static ew_status open_kernels(filler *r, ew_context *ctx)
{
    if (r->opt->ntk && !r->net->activation->continuous)
        return ew_fail(ctx, EW_DOMAIN, "kernel: %s jumps, so it has no NTK",
                       r->net->activation->text);
    return r->lengths == GENERAL ? ew_data_net_new(&r->general, r->net, r->opt->ntk, ctx)
                                 : ew_data_maps_new(&r->maps, r->net, r->opt->ntk, ctx);
}

/* Trained points with each other, others with them, and of the others the variances. */
static ew_status run_all(filler *r, const ew_regress_points *p, ew_context *ctx)
{
    choose_lengths(r, p->unit);
    ew_status status = open_kernels(r, ctx);
    if (status == EW_OK)
        status = run(r, &r->train, NULL, ctx);
    if (status != EW_OK || p->others == 0)
        return status;
    r->first = p->train;
    status = run(r, &r->test, &r->train, ctx);
    r->own = 1;
    return status == EW_OK ? run(r, &r->test, NULL, ctx) : status;
}

ew_status ew_regress_fill_points(ew_flow_data *f, const ew_setting *net,
                                 const ew_regress_options *opt, const ew_regress_points *p,
                                 ew_context *ctx)
{
    filler r = {.net = net, .opt = opt, .f = f};
    size_t each = opt->robust ? 1 + p->along->n : 1;
    ew_status status = ew_flow_data_init(f, p->train * each, (p->train + p->others) * each,
                                         (size_t) opt->outputs, ctx);
    if (status == EW_OK)
        status = open_points(&r, p, ctx);
    if (status == EW_OK)
        status = opt->robust ? ew_regress_fill_jacobian(f, net, opt, p, &r.train, &r.test, ctx)
                             : run_all(&r, p, ctx);
    if (status == EW_OK)
        status = set_rest(f, net, opt, ctx);
    ew_data_maps_free(r.maps);
    ew_data_net_free(r.general);
    ew_points_clear(&r.train);
    ew_points_clear(&r.test);
    return status;
}
