#include "readings/kernel/block.h"

#include <stdlib.h>

#include "chain/residual.h"

struct ew_block_map {
    const ew_setting *net;
    ew_block_layers *layers;
    ew_mean_map inner, outer;
    ew_evaluator *linear; /* of the inner layer */
};

ew_status ew_block_map_new(ew_block_map **out, const ew_setting *net, int tangent,
                           ew_context *ctx)
{
    ew_block_map *map = ew_alloc_zero(1, sizeof *map, ctx);
    *out = map;
    if (!map)
        return EW_MEMORY;
    map->net = net;
    ew_status status = ew_block_layers_new(&map->layers, net, ctx);
    if (status == EW_OK)
        status = ew_mean_map_init(&map->inner, &map->layers->inner, tangent, ctx);
    if (status == EW_OK)
        status = ew_mean_map_init(&map->outer, &map->layers->outer, tangent, ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&map->linear, map->layers->linear, EW_CLOSED, ctx);
    return status;
}

void ew_block_map_free(ew_block_map *map)
{
    if (!map)
        return;
    ew_mean_map_clear(&map->inner);
    ew_mean_map_clear(&map->outer);
    ew_evaluator_free(map->linear);
    ew_block_layers_free(map->layers);
    free(map);
}

/* ---- balls ---- */

/* y = x + a2 y, and the same of what bounds the terms' sizes. */
static void add_branch(arb_t y, mag_ptr scale, const arb_t x, const arb_t a2, slong prec)
{
    arb_mul(y, y, a2, prec);
    arb_add(y, y, x, prec);
    if (scale) {
        mag_t t;
        mag_init(t);
        arb_get_mag(t, a2);
        mag_mul(scale, scale, t);
        arb_get_mag(t, x);
        mag_add(scale, scale, t);
        mag_clear(t);
    }
}

/* Susceptibilities of the branch multiply, by the chain rule; the skip connection adds 1. */
static void add_susceptibility(arb_t y, mag_ptr scale, const arb_t inner, const arb_t a2,
                               slong prec)
{
    arb_t one, a;
    arb_init(one);
    arb_init(a);
    arb_one(one);
    arb_mul(a, inner, a2, prec);
    add_branch(y, scale, one, a, prec);
    arb_clear(one);
    arb_clear(a);
}

ew_status ew_block_map_one(arb_ptr y, mag_ptr scale, const ew_block_map *map, ew_evaluator *E,
                           slong layer, const arb_t k, const arb_t theta, slong prec,
                           ew_context *ctx)
{
    arb_t a2;
    arb_ptr x = _arb_vec_init(EW_MAP_ONE);
    arb_init(a2);
    ew_status status = ew_residual_alpha2(a2, map->net, prec, ctx);
    if (status == EW_OK)
        status = ew_mean_map_one(x, NULL, &map->inner, map->linear, layer, k, theta, prec, ctx);
    if (status == EW_OK)
        status = ew_mean_map_one(y, scale, &map->outer, E, layer, x + EW_MAP_K,
                                 x + EW_MAP_THETA, prec, ctx);
    for (int i = 0; i < EW_MAP_ONE && status == EW_OK; i++) {
        mag_ptr s = scale ? scale + i : NULL;
        if (i == EW_MAP_CHI_PAR || i == EW_MAP_CHI_PERP)
            add_susceptibility(y + i, s, x + i, a2, prec);
        else
            add_branch(y + i, s, i == EW_MAP_K ? k : theta, a2, prec);
    }
    _arb_vec_clear(x, EW_MAP_ONE);
    arb_clear(a2);
    return status;
}

/* Opposite inputs stay so under W h + b only without bias. */
static int unbiased(const ew_block_map *map, slong layer)
{
    slong next = layer < map->net->depth ? layer + 1 : layer;
    fmpq_t cb;
    fmpq_init(cb);
    int zero = ew_scalar_rational(cb, ew_scalar_at(&map->net->cb, next)) && fmpq_is_zero(cb);
    fmpq_clear(cb);
    return zero;
}

/* The variances and the covariance, with Theta, of W h + b: x[0..4) = K_aa, K_bb, K_ab,
 * Theta_ab. */
static ew_status inner_two(arb_ptr x, const ew_block_map *map, slong layer, const arb_t kaa,
                           const arb_t kab, const arb_t kbb, const arb_t theta, slong prec,
                           ew_context *ctx)
{
    arb_ptr y = _arb_vec_init(EW_MAP_ONE);
    ew_status status = EW_OK;
    for (int i = 0; i < 2 && status == EW_OK; i++) {
        status = ew_mean_map_one(y, NULL, &map->inner, map->linear, layer, i ? kbb : kaa, theta,
                                 prec, ctx);
        arb_swap(x + i, y + EW_MAP_K);
    }
    if (status == EW_OK)
        status = ew_mean_map_two(y, NULL, &map->inner, map->linear, layer, EW_GENERAL, kaa, kab,
                                 kbb, theta, prec, ctx);
    arb_swap(x + 2, y);
    arb_swap(x + 3, y + 1);
    _arb_vec_clear(y, EW_MAP_ONE);
    return status;
}

ew_status ew_block_map_two(arb_ptr y, mag_ptr scale, const ew_block_map *map, ew_evaluator *E,
                           slong layer, ew_relation related, const arb_t kaa, const arb_t kab,
                           const arb_t kbb, const arb_t theta, slong prec, ew_context *ctx)
{
    arb_t a2;
    arb_ptr x = _arb_vec_init(4);
    arb_init(a2);
    if (!unbiased(map, layer))
        related = EW_GENERAL;
    ew_status status = ew_residual_alpha2(a2, map->net, prec, ctx);
    if (status == EW_OK)
        status = inner_two(x, map, layer, kaa, kab, kbb, theta, prec, ctx);
    if (status == EW_OK)
        status = ew_mean_map_two(y, scale, &map->outer, E, layer, related, x, x + 2, x + 1,
                                 x + 3, prec, ctx);
    for (int i = 0; i < 2 && status == EW_OK; i++)
        add_branch(y + i, scale ? scale + i : NULL, i ? theta : kab, a2, prec);
    _arb_vec_clear(x, 4);
    arb_clear(a2);
    return status;
}

/* ---- rationals ---- */

int ew_block_map_one_rational(fmpq *y, const ew_block_map *map, slong layer, const fmpq_t k,
                              const fmpq_t theta)
{
    fmpq *x = _fmpq_vec_init(EW_MAP_ONE + 1), *a2 = x + EW_MAP_ONE;
    int known = ew_residual_alpha2_rational(a2, map->net) &&
                ew_mean_map_one_rational(x, &map->inner, layer, k, theta) &&
                ew_mean_map_one_rational(y, &map->outer, layer, x + EW_MAP_K, x + EW_MAP_THETA);
    for (int i = 0; i < EW_MAP_ONE && known; i++) {
        fmpq_mul(y + i, y + i, a2);
        if (i == EW_MAP_CHI_PAR || i == EW_MAP_CHI_PERP) {
            fmpq_mul(y + i, y + i, x + i);
            fmpq_add_si(y + i, y + i, 1);
        } else {
            fmpq_add(y + i, y + i, i == EW_MAP_K ? k : theta);
        }
    }
    _fmpq_vec_clear(x, EW_MAP_ONE + 1);
    return known;
}

int ew_block_map_two_rational(fmpq *y, const ew_block_map *map, slong layer, const fmpq_t kaa,
                              const fmpq_t kab, const fmpq_t kbb, const fmpq_t theta)
{
    fmpq *x = _fmpq_vec_init(2 * EW_MAP_ONE + 3);
    fmpq *b = x + EW_MAP_ONE, *ab = b + EW_MAP_ONE, *a2 = ab + 2;
    int known =
        ew_residual_alpha2_rational(a2, map->net) &&
        ew_mean_map_one_rational(x, &map->inner, layer, kaa, theta) &&
        ew_mean_map_one_rational(b, &map->inner, layer, kbb, theta) &&
        ew_mean_map_two_rational(ab, &map->inner, layer, kaa, kab, kbb, theta) &&
        ew_mean_map_two_rational(y, &map->outer, layer, x + EW_MAP_K, ab, b + EW_MAP_K, ab + 1);
    for (int i = 0; i < 2 && known; i++) {
        fmpq_mul(y + i, y + i, a2);
        fmpq_add(y + i, y + i, i ? theta : kab);
    }
    _fmpq_vec_clear(x, 2 * EW_MAP_ONE + 3);
    return known;
}
