#include "products/regress_kernel.h"

#include <stdlib.h>

#include "readings/kernel/output.h"

struct ew_regress_kernel {
    const ew_setting *net;
    const ew_regress_options *opt;
    ew_kernel_output *plain;
    slong trained, values, points;
    slong *row; /* [values]: where the readings have them */
};

/* The readings list the points as the flow does. */
static ew_status order(ew_regress_kernel *k, ew_context *ctx)
{
    k->points = k->values = k->net->inputs;
    k->trained = k->opt->train;
    k->row = ew_alloc((size_t) k->values * sizeof *k->row, ctx);
    if (!k->row)
        return EW_MEMORY;
    for (slong i = 0; i < k->values; i++)
        k->row[i] = i;
    return EW_OK;
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
        status = ew_kernel_output_new(&k->plain, net, opt->ntk, opt->train, opt->method, ctx);
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

ew_status ew_regress_kernel_fill(ew_flow *f, arb_ptr own_h, ew_regress_kernel *k, slong prec,
                                 ew_context *ctx)
{
    arb_mat_t nngp, ntk;
    arb_mat_init(nngp, k->values, k->values);
    arb_mat_init(ntk, k->values, k->values);
    ew_status status = ew_kernel_output_balls(nngp, ntk, k->plain, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(f->ridge, k->opt->ridge, prec, ctx);
    if (status == EW_OK)
        fill(f, own_h, k, nngp, k->opt->ntk ? ntk : nngp);
    arb_mat_clear(nngp);
    arb_mat_clear(ntk);
    return status;
}

const char *ew_regress_kernel_method(const ew_regress_kernel *k)
{
    return ew_kernel_output_method(k->plain);
}
