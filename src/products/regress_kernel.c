#include "products/regress_kernel.h"

#include <stdlib.h>

#include "readings/kernel/jacobian/jacobian.h"
#include "readings/kernel/output.h"

struct ew_regress_kernel {
    const ew_setting *net;
    const ew_regress_options *opt;
    ew_kernel_output *plain;
    ew_jacobian *jacobian; /* in its place for robust training */
    slong trained, values, points;
    slong *row; /* [values]: where the readings have them */
};

/* Points from..to: their values, then their derivatives. */
static slong put_rows(slong *row, const ew_regress_kernel *k, slong from, slong to)
{
    slong n = 0, d = k->opt->robust ? k->net->directions : 0;
    for (slong a = from; a < to; a++)
        row[n++] = a;
    for (slong a = from; a < to; a++)
        for (slong g = 0; g < d; g++)
            row[n++] = ew_jacobian_row(k->points, d, a, g);
    return n;
}

static ew_status order(ew_regress_kernel *k, ew_context *ctx)
{
    slong d = k->opt->robust ? k->net->directions : 0, m = k->opt->train;
    k->points = k->net->inputs;
    k->values = k->points * (1 + d);
    k->row = ew_alloc((size_t) k->values * sizeof *k->row, ctx);
    if (!k->row)
        return EW_MEMORY;
    k->trained = put_rows(k->row, k, 0, m);
    put_rows(k->row + k->trained, k, m, k->points);
    return EW_OK;
}

static ew_status open_reading(ew_regress_kernel *k, ew_context *ctx)
{
    const ew_regress_options *opt = k->opt;
    if (!opt->robust)
        return ew_kernel_output_new(&k->plain, k->net, opt->ntk, opt->train, opt->method, ctx);
    ew_status status = ew_jacobian_exists(k->net, opt->ntk, ctx);
    return status == EW_OK ? ew_jacobian_new(&k->jacobian, k->net, opt->ntk, opt->method, ctx)
                           : status;
}

ew_status ew_regress_kernel_new(ew_regress_kernel **out, const ew_setting *net,
                                const ew_regress_options *opt, ew_context *ctx)
{
    ew_regress_kernel *k = ew_alloc_zero(1, sizeof *k, ctx);
    *out = NULL;
    if (!k)
        return EW_MEMORY;
    k->net = net;
    k->opt = opt;
    ew_status status = order(k, ctx);
    if (status == EW_OK)
        status = open_reading(k, ctx);
    if (status != EW_OK)
        ew_regress_kernel_free(k);
    else
        *out = k;
    return status;
}

void ew_regress_kernel_free(ew_regress_kernel *k)
{
    if (!k)
        return;
    ew_kernel_output_free(k->plain);
    ew_jacobian_free(k->jacobian);
    free(k->row);
    free(k);
}

slong ew_regress_trained(const ew_regress_kernel *k)
{
    return k->trained;
}

slong ew_regress_values(const ew_regress_kernel *k)
{
    return k->values;
}

static void fill(ew_flow *f, arb_ptr own_h, const ew_regress_kernel *k, const arb_mat_t nngp,
                 const arb_mat_t h)
{
    for (slong x = 0; x < f->all; x++) {
        slong r = k->row[x];
        for (slong j = 0; j < f->n; j++) {
            arb_set(arb_mat_entry(f->h, x, j), arb_mat_entry(h, r, k->row[j]));
            arb_set(arb_mat_entry(f->k, x, j), arb_mat_entry(nngp, r, k->row[j]));
        }
        arb_set(f->own + x, arb_mat_entry(nngp, r, r));
        if (own_h)
            arb_set(own_h + x, arb_mat_entry(h, r, r));
    }
}

/* Trained derivatives times the root of their weight in the loss. */
static ew_status weigh(ew_flow *f, arb_ptr own_h, const ew_regress_kernel *k, slong prec,
                       ew_context *ctx)
{
    if (!k->opt->robust)
        return EW_OK;
    arb_t root;
    arb_init(root);
    ew_status status = ew_scalar_ball(root, k->opt->robust, prec, ctx);
    arb_sqrt(root, root, prec);
    for (slong x = 0; x < f->all && status == EW_OK; x++)
        for (slong j = k->opt->train; j < f->n; j++) {
            arb_ptr h = arb_mat_entry(f->h, x, j), c = arb_mat_entry(f->k, x, j);
            arb_mul(h, h, root, prec);
            arb_mul(c, c, root, prec);
        }
    for (slong x = k->opt->train; x < f->n && status == EW_OK; x++) {
        for (slong j = 0; j < f->n; j++) {
            arb_ptr h = arb_mat_entry(f->h, x, j), c = arb_mat_entry(f->k, x, j);
            arb_mul(h, h, root, prec);
            arb_mul(c, c, root, prec);
        }
        arb_set(f->own + x, arb_mat_entry(f->k, x, x));
        if (own_h)
            arb_set(own_h + x, arb_mat_entry(f->h, x, x));
    }
    arb_clear(root);
    return status;
}

static ew_status evaluate(arb_mat_t nngp, arb_mat_t ntk, ew_regress_kernel *k, slong prec,
                          ew_context *ctx)
{
    return k->jacobian ? ew_jacobian_output(nngp, ntk, k->jacobian, prec, ctx)
                       : ew_kernel_output_balls(nngp, ntk, k->plain, prec, ctx);
}

ew_status ew_regress_kernel_fill(ew_flow *f, arb_ptr own_h, ew_regress_kernel *k, slong prec,
                                 ew_context *ctx)
{
    arb_mat_t nngp, ntk;
    arb_mat_init(nngp, k->values, k->values);
    arb_mat_init(ntk, k->values, k->values);
    ew_status status = evaluate(nngp, ntk, k, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(f->ridge, k->opt->ridge, prec, ctx);
    if (status == EW_OK) {
        fill(f, own_h, k, nngp, k->opt->ntk ? ntk : nngp);
        status = weigh(f, own_h, k, prec, ctx);
    }
    arb_mat_clear(nngp);
    arb_mat_clear(ntk);
    return status;
}

const char *ew_regress_kernel_method(const ew_regress_kernel *k)
{
    return k->jacobian ? ew_jacobian_method(k->jacobian) : ew_kernel_output_method(k->plain);
}
