/* kernel: NNGP and NTK layer by layer. */
#include <stdlib.h>

#include "library/command.h"
#include "library/jacobian.h"
#include "library/kernel_data.h"
#include "readings/kernel/kernel.h"

/* A step has no NTK; every continuous activation does. */
static json_t *layer_json(const ew_kernel_table *t, const ew_jacobian_table *j, slong l,
                          slong number)
{
    slong m = t->inputs;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "layer", json_integer((json_int_t) number));
    bad |= json_object_set_new(o, "nngp", ew_json_matrix(t->nngp + l * m * m, m));
    if (t->ntk)
        bad |= json_object_set_new(o, "ntk", ew_json_matrix(t->ntk + l * m * m, m));
    bad |= json_object_set_new(o, "chi_par", ew_json_vector(t->chi_par + l * m, m));
    bad |= json_object_set_new(o, "chi_perp", ew_json_vector(t->chi_perp + l * m, m));
    bad |= json_object_set_new(o, "correlation_depth", ew_json_vector(t->depth + l * m, m));
    if (j)
        bad |= ew_jacobian_layer_json(o, j, l);
    return ew_command_node(o, bad, NULL);
}

/* Layers count from 1; blocks too, so that the input of a residual network is layer 0. */
static json_t *table_json(const ew_kernel_table *t, const ew_jacobian_table *j,
                          const ew_setup *s, ew_context *ctx)
{
    json_t *layers = json_array(), *body = json_object();
    int bad = 0;
    for (slong l = 0; !bad && l < t->layers; l++)
        bad |= json_array_append_new(layers, layer_json(t, j, l, s->residual ? l : l + 1));
    bad |= json_object_set_new(body, "layers", layers);
    if (t->method)
        bad |= json_object_set_new(body, "method", json_string(t->method));
    if (j)
        bad |= json_object_set_new(body, "jacobian", ew_jacobian_json(j, s, ctx));
    return ew_command_node(body, bad, ctx);
}

static ew_status check_exact(const ew_setup *s, const ew_kernel_table *t, ew_context *ctx)
{
    slong n = t->layers * t->inputs * t->inputs;
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < n; i++) {
        status = ew_command_exact(s, t->nngp + i, "an entry of the NNGP kernel", ctx);
        if (status == EW_OK && t->ntk)
            status = ew_command_exact(s, t->ntk + i, "an entry of the NTK", ctx);
    }
    return status;
}

ew_status ew_kernel(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_kernel_table *t = NULL;
    ew_jacobian_table *j = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK && ew_network_get(net, "double"))
        return (ew_network_get(net, "jacobian") ? ew_jacobian_data_run : ew_kernel_data)(
            res, net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL, ctx);
    if (status == EW_OK)
        status = ew_jacobian_asked(&j, s, net, ctx);
    if (status == EW_OK)
        status =
            ew_kernel_solve(&t, &s->net, s->activation->continuous, s->digits, s->method, ctx);
    if (status == EW_OK)
        status = check_exact(s, t, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "kernel", ew_setup_json(s, net, ctx),
                                table_json(t, j, s, ctx), ctx);
    ew_jacobian_table_free(j);
    ew_kernel_free(t);
    ew_setup_free(s);
    return status;
}
