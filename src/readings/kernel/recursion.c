#include "readings/kernel/recursion.h"
#include "readings/kernel/block.h"

#include "expect/evaluator.h"
#include "expect/jetsum.h"

#include <stdlib.h>
#include <string.h>

/* The pair (field of input a with the given set, the same of input b). */
static slong pair(const ew_fields *f, slong a, slong b, ulong set)
{
    return ew_pair_of(f, ew_fields_find(f, a, set), ew_fields_find(f, b, set));
}

/* f = kappa[f_p], in the infinite-width limit. */
static ew_status mean_of(fmpq_mpoly_t f, ew_law *law, slong p, ew_context *ctx)
{
    ew_pairs list = {1, {p}};
    ew_status status = ew_law_cumulant(f, law, &list, 0, ctx);
    return status == EW_OK ? ew_law_drop_odd(f, f, law, ctx) : status;
}

static ew_status make_law(ew_fields **fields, ew_law **law, slong inputs, int tangent,
                          slong derivatives, ew_context *ctx)
{
    const ew_generator kind[] = {EW_TANGENT};
    const ulong sets[] = {tangent ? 1 : 0};
    ew_pairs wanted[2];
    ew_status status = ew_fields_new(fields, inputs, kind, tangent ? 1 : 0, sets, 1, ctx);
    if (status != EW_OK)
        return status;
    for (int i = 0; i <= tangent; i++) {
        wanted[i].n = 1;
        wanted[i].p[0] = pair(*fields, 0, inputs - 1, (ulong) i);
    }
    /* The limit is the same for all ensembles. */
    const ew_transition of = {EW_ENSEMBLE_GAUSSIAN, 0};
    return ew_law_new(law, &of, *fields, wanted, 1 + tangent, derivatives, NULL, 0, ctx);
}

/* K' and chi_par = dK'/dK; Theta' and chi_perp = dTheta'/dTheta. */
static ew_status compile_one(ew_mean_map *map, ew_context *ctx)
{
    ew_status status = make_law(&map->fields1, &map->law1, 1, map->tangent, 1, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_struct f[EW_MAP_ONE];
    const fmpq_mpoly_struct *list[EW_MAP_ONE];
    for (slong i = 0; i < EW_MAP_ONE; i++) {
        fmpq_mpoly_init(f + i, map->law1->ring);
        list[i] = f + i;
    }
    for (slong i = 0; i <= map->tangent && status == EW_OK; i++) {
        slong p = pair(map->fields1, 0, 0, (ulong) i);
        status = mean_of(f + 2 * i, map->law1, p, ctx);
        if (status == EW_OK)
            status = ew_law_differentiate(f + 2 * i + 1, f + 2 * i, p, map->law1, ctx);
    }
    if (status == EW_OK)
        status = ew_poly_program_new(&map->one, list, map->tangent ? EW_MAP_ONE : EW_MAP_THETA,
                                     map->law1, ctx);
    if (status == EW_OK)
        status =
            ew_atom_plan_new(&map->plan, map->law1, map->one->used, map->net->activation, ctx);
    for (slong i = 0; i < EW_MAP_ONE; i++)
        fmpq_mpoly_clear(f + i, map->law1->ring);
    return status;
}

static ew_status list_atoms(ew_mean_map *map, ew_context *ctx)
{
    const ew_law *law = map->law2;
    map->atom = ew_alloc((size_t) (law->atoms + 1) * sizeof *map->atom, ctx);
    map->variable = ew_alloc((size_t) (law->atoms + 1) * sizeof *map->variable, ctx);
    if (!map->atom || !map->variable)
        return EW_MEMORY;
    for (slong i = 0; i < law->atoms; i++) {
        if (!map->two->used[law->atom0 + i])
            continue;
        if (!ew_atom_as_two(map->atom + map->atoms, law->atom + i))
            return ew_fail(ctx, EW_UNABLE, "kernel: an expectation of an unexpected form");
        map->variable[map->atoms++] = law->atom0 + i;
    }
    return EW_OK;
}

static ew_status compile_two(ew_mean_map *map, ew_context *ctx)
{
    ew_status status = make_law(&map->fields2, &map->law2, 2, map->tangent, 0, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_struct f[2];
    const fmpq_mpoly_struct *list[2] = {f, f + 1};
    for (slong i = 0; i < 2; i++)
        fmpq_mpoly_init(f + i, map->law2->ring);
    for (slong i = 0; i <= map->tangent && status == EW_OK; i++)
        status = mean_of(f + i, map->law2, pair(map->fields2, 0, 1, (ulong) i), ctx);
    if (status == EW_OK)
        status = ew_poly_program_new(&map->two, list, 1 + map->tangent, map->law2, ctx);
    if (status == EW_OK)
        status = list_atoms(map, ctx);
    for (slong i = 0; i < 2; i++)
        fmpq_mpoly_clear(f + i, map->law2->ring);
    return status;
}

ew_status ew_mean_map_init(ew_mean_map *map, const ew_setting *net, int tangent,
                           ew_context *ctx)
{
    memset(map, 0, sizeof *map);
    map->net = net;
    map->tangent = tangent != 0;
    if (net->residual)
        return ew_block_map_new(&map->block, net, tangent, ctx);
    ew_status status = compile_one(map, ctx);
    if (status == EW_OK && net->inputs > 1)
        status = compile_two(map, ctx);
    return status;
}

void ew_mean_map_clear(ew_mean_map *map)
{
    ew_block_map_free(map->block);
    free(map->atom);
    free(map->variable);
    ew_poly_program_free(map->one);
    ew_poly_program_free(map->two);
    ew_atom_plan_free(map->plan);
    ew_law_free(map->law1);
    ew_law_free(map->law2);
    ew_fields_free(map->fields1);
    ew_fields_free(map->fields2);
}

/* ---- balls ---- */

static slong next_layer(const ew_mean_map *map, slong layer)
{
    return layer < map->net->depth ? layer + 1 : map->net->depth;
}

/* The variables of a law: parameters, ratio 1, and the one derived covariance that is not odd.
 */
static ew_status set_variables(arb_ptr x, const ew_mean_map *map, const ew_law *law,
                               slong layer, slong p, const arb_t theta, slong prec,
                               ew_context *ctx)
{
    ew_status status = ew_setting_layer(x + EW_CW, x + EW_CB, x + EW_LAMBDA_W, x + EW_LAMBDA_B,
                                        map->net, next_layer(map, layer), prec, ctx);
    arb_one(x + EW_RATIO);
    if (map->tangent)
        arb_set(x + law->cov[p], theta);
    return status;
}

ew_status ew_mean_map_one(arb_ptr y, mag_ptr scale, const ew_mean_map *map, ew_evaluator *E,
                          slong layer, const arb_t k, const arb_t theta, slong prec,
                          ew_context *ctx)
{
    if (map->block)
        return ew_block_map_one(y, scale, map->block, E, layer, k, theta, prec, ctx);
    const ew_law *law = map->law1;
    arb_ptr x = _arb_vec_init(law->variables);
    slong p = pair(map->fields1, 0, 0, (ulong) map->tangent);
    ew_status status = set_variables(x, map, law, layer, p, theta, prec, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_ball(x, NULL, map->plan, E, k, prec, ctx);
    if (status == EW_OK)
        ew_poly_program_ball(y, scale, map->one, x, prec);
    _arb_vec_clear(x, law->variables);
    return status;
}

/* <f(u) g(-u)> = +-<f g> by g's parity. */
static ew_status opposite_atoms(arb_ptr v, const ew_mean_map *map, ew_evaluator *E,
                                const arb_t k, slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_atom1 *a = ew_alloc_zero((size_t) map->atoms + 1, sizeof *a, ctx);
    if (!a)
        return EW_MEMORY;
    for (slong i = 0; i < map->atoms && status == EW_OK; i++)
        status = ew_monomial_mul(&a[i].f, &map->atom[i].f, &map->atom[i].g, ctx);
    if (status == EW_OK)
        status = ew_expect_one(v, NULL, E, a, map->atoms, k, prec, ctx);
    for (slong i = 0; i < map->atoms && status == EW_OK; i++)
        if (ew_monomial_parity(&map->atom[i].g, map->net->activation->parity) < 0)
            arb_neg(v + i, v + i);
    free(a);
    return status;
}

ew_status ew_mean_map_two(arb_ptr y, mag_ptr scale, const ew_mean_map *map, ew_evaluator *E,
                          slong layer, ew_relation related, const arb_t kaa, const arb_t kab,
                          const arb_t kbb, const arb_t theta, slong prec, ew_context *ctx)
{
    if (map->block)
        return ew_block_map_two(y, scale, map->block, E, layer, related, kaa, kab, kbb, theta,
                                prec, ctx);
    const ew_law *law = map->law2;
    arb_ptr x = _arb_vec_init(law->variables), v = _arb_vec_init(map->atoms);
    slong p = pair(map->fields2, 0, 1, (ulong) map->tangent);
    ew_status status = set_variables(x, map, law, layer, p, theta, prec, ctx);
    if (status == EW_OK && related == EW_OPPOSITE)
        status = opposite_atoms(v, map, E, kaa, prec, ctx);
    else if (status == EW_OK)
        status = ew_expect_two(v, NULL, E, map->atom, map->atoms, kaa, kab, kbb, prec, ctx);
    for (slong i = 0; i < map->atoms; i++)
        arb_swap(x + map->variable[i], v + i);
    if (status == EW_OK)
        ew_poly_program_ball(y, scale, map->two, x, prec);
    _arb_vec_clear(x, law->variables);
    _arb_vec_clear(v, map->atoms);
    return status;
}

/* <s_a^(i) s_b^(i)> */
static int is_product(const ew_atom2 *x, slong i)
{
    ew_monomial f = {0, {0}};
    f.e[i] = 1;
    return ew_monomial_equal(&x->f, &f) && ew_monomial_equal(&x->g, &f) &&
           x->jaa + x->jab + x->jbb == 0;
}

ew_status ew_mean_map_two_given(arb_ptr y, const ew_mean_map *map, slong layer, const arb_t ss,
                                const arb_t dd, const arb_t theta, slong prec, ew_context *ctx)
{
    const ew_law *law = map->law2;
    arb_ptr x = _arb_vec_init(law->variables);
    slong p = pair(map->fields2, 0, 1, (ulong) map->tangent);
    ew_status status = set_variables(x, map, law, layer, p, theta, prec, ctx);
    for (slong i = 0; i < map->atoms && status == EW_OK; i++)
        if (is_product(map->atom + i, 0))
            arb_set(x + map->variable[i], ss);
        else if (is_product(map->atom + i, 1))
            arb_set(x + map->variable[i], dd);
        else
            status = ew_fail(ctx, EW_UNABLE, "kernel: an expectation of an unexpected form");
    if (status == EW_OK)
        ew_poly_program_ball(y, NULL, map->two, x, prec);
    _arb_vec_clear(x, law->variables);
    return status;
}

/* ---- rationals ---- */

static int set_rationals(fmpq *x, const ew_mean_map *map, const ew_law *law, slong layer,
                         slong p, const fmpq_t theta)
{
    const ew_setting *net = map->net;
    slong next = next_layer(map, layer);
    fmpq_one(x + EW_RATIO);
    if (map->tangent)
        fmpq_set(x + law->cov[p], theta);
    return ew_scalar_rational(x + EW_CW, ew_scalar_at(&net->cw, next)) &&
           ew_scalar_rational(x + EW_CB, ew_scalar_at(&net->cb, next)) &&
           ew_scalar_rational(x + EW_LAMBDA_W, ew_scalar_at(&net->lambda_w, next)) &&
           ew_scalar_rational(x + EW_LAMBDA_B, ew_scalar_at(&net->lambda_b, next));
}

int ew_mean_map_one_rational(fmpq *y, const ew_mean_map *map, slong layer, const fmpq_t k,
                             const fmpq_t theta)
{
    if (map->block)
        return ew_block_map_one_rational(y, map->block, layer, k, theta);
    const ew_law *law = map->law1;
    fmpq *x = _fmpq_vec_init(law->variables);
    slong p = pair(map->fields1, 0, 0, (ulong) map->tangent);
    int known =
        set_rationals(x, map, law, layer, p, theta) && ew_atom_plan_rational(x, map->plan, k);
    if (known)
        ew_poly_program_rational(y, map->one, x);
    _fmpq_vec_clear(x, law->variables);
    return known;
}

int ew_mean_map_two_rational(fmpq *y, const ew_mean_map *map, slong layer, const fmpq_t kaa,
                             const fmpq_t kab, const fmpq_t kbb, const fmpq_t theta)
{
    if (map->block)
        return ew_block_map_two_rational(y, map->block, layer, kaa, kab, kbb, theta);
    const ew_law *law = map->law2;
    fmpq *x = _fmpq_vec_init(law->variables);
    slong p = pair(map->fields2, 0, 1, (ulong) map->tangent);
    int known = set_rationals(x, map, law, layer, p, theta);
    for (slong i = 0; i < map->atoms && known; i++)
        known = ew_expect_two_rational(x + map->variable[i], map->net->activation,
                                       map->atom + i, kaa, kab, kbb);
    if (known)
        ew_poly_program_rational(y, map->two, x);
    _fmpq_vec_clear(x, law->variables);
    return known;
}
