#include "readings/kernel/data/affine.h"

/* K_ab = C_b + C_W x_a.x_b/n_0 in layer 1. */
static ew_status unit_covariance(arb_t x, slong prec, void *data, ew_context *ctx)
{
    const ew_data_unit_scalar *u = data;
    arb_t cb;
    arb_init(cb);
    ew_status status = ew_setting_layer(x, cb, NULL, NULL, u->net, 1, prec, ctx);
    if (!u->same)
        arb_zero(x);
    arb_add(x, x, cb, prec);
    arb_clear(cb);
    return status;
}

void ew_data_unit_init(ew_data_unit *u, const ew_setting *net)
{
    u->net = *net;
    u->net.inputs = 2;
    u->net.gram = u->gram;
    u->net.dot = NULL;
    u->net.directions = 0;
    u->net.widths = 0;
    for (slong i = 0; i < 3; i++) {
        u->value[i] = (ew_data_unit_scalar){net, i != 1};
        u->gram[i] = (ew_scalar){NULL, unit_covariance, u->value + i};
    }
}

/* From its values where the atoms are 0 and 1. */
ew_status ew_data_affine(arb_ptr affine, const ew_mean_map *map, slong layer, slong prec,
                         ew_context *ctx)
{
    arb_t zero, one;
    arb_init(zero);
    arb_init(one);
    arb_one(one);
    arb_ptr at = _arb_vec_init(6);
    ew_status status = ew_mean_map_two_given(at, map, layer, zero, zero, zero, prec, ctx);
    if (status == EW_OK)
        status = ew_mean_map_two_given(at + 2, map, layer, one, zero, zero, prec, ctx);
    if (status == EW_OK)
        status = ew_mean_map_two_given(at + 4, map, layer, zero, one, one, prec, ctx);
    arb_set(affine, at);
    arb_sub(affine + 1, at + 2, at, prec);
    arb_set(affine + 2, at + 1);
    arb_sub(affine + 3, at + 3, at + 1, prec);
    arb_sub(affine + 4, at + 5, at + 1, prec);
    _arb_vec_clear(at, 6);
    arb_clear(one);
    arb_clear(zero);
    return status;
}
