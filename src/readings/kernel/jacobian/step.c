#include "readings/kernel/jacobian/step.h"

#include <stdlib.h>
#include <string.h>

/* Generators: the two directions, and the tangent. */
enum { U, V, TANGENT, GENERATORS };
#define SET(g) (UWORD(1) << (g))

void ew_jacobian_slots(int slot[2], int i)
{
    slot[0] = i == EW_OUT_AU_B || i == EW_OUT_AU_BV ? EW_SLOT_AU : EW_SLOT_A;
    slot[1] = i == EW_OUT_A_BV || i == EW_OUT_AU_BV ? EW_SLOT_BV : EW_SLOT_B;
}

/* The field of a slot, with the tangent or not. */
static slong field_of(const ew_jacobian_map *map, int slot, int tangent)
{
    slong input = slot >= EW_SLOT_B ? map->inputs - 1 : 0;
    ulong set = tangent ? SET(TANGENT) : 0;
    if (slot == EW_SLOT_AU)
        set |= SET(U);
    if (slot == EW_SLOT_BV)
        set |= SET(V);
    return ew_fields_find(map->fields, input, set);
}

static slong pair_of(const ew_jacobian_map *map, const int slot[2], int tangent)
{
    return ew_pair_of(map->fields, field_of(map, slot[0], tangent),
                      field_of(map, slot[1], tangent));
}

static ew_status make_law(ew_jacobian_map *map, ew_context *ctx)
{
    static const ew_generator kind[GENERATORS] = {EW_DIRECTION, EW_DIRECTION, EW_TANGENT};
    ulong with = map->tangent ? SET(TANGENT) : 0;
    const ulong set[] = {SET(U) | with, SET(V) | with};
    ew_pairs wanted[2 * EW_OUTS];
    ew_status status = ew_fields_new(&map->fields, map->inputs, kind,
                                     map->tangent ? GENERATORS : TANGENT, set, 2, ctx);
    if (status != EW_OK)
        return status;
    slong n = 0;
    for (int t = 0; t <= map->tangent; t++)
        for (int i = 0; i < EW_OUTS; i++) {
            int slot[2];
            ew_jacobian_slots(slot, i);
            wanted[n].n = 1;
            wanted[n++].p[0] = (int) pair_of(map, slot, t);
        }
    /* The limit is the same for all ensembles. */
    const ew_transition of = {EW_ENSEMBLE_GAUSSIAN, 0};
    return ew_law_new(&map->law, &of, map->fields, wanted, n, 0, NULL, 0, ctx);
}

/* E Ghat_p given the last layer's, in the limit. */
static ew_status compile(ew_jacobian_map *map, ew_context *ctx)
{
    fmpq_mpoly_struct f[2 * EW_OUTS];
    const fmpq_mpoly_struct *list[2 * EW_OUTS];
    slong n = 0, outs = EW_OUTS * (1 + map->tangent);
    ew_status status = EW_OK;
    for (slong i = 0; i < outs; i++) {
        fmpq_mpoly_init(f + i, map->law->ring);
        list[i] = f + i;
    }
    for (int t = 0; t <= map->tangent; t++)
        for (int i = 0; i < EW_OUTS && status == EW_OK; i++, n++) {
            int slot[2];
            ew_jacobian_slots(slot, i);
            ew_pairs of = {1, {(int) pair_of(map, slot, t)}};
            status = ew_law_cumulant(f + n, map->law, &of, 0, ctx);
            if (status == EW_OK)
                status = ew_law_drop_odd(f + n, f + n, map->law, ctx);
        }
    if (status == EW_OK)
        status = ew_poly_program_new(&map->program, list, outs, map->law, ctx);
    for (slong i = 0; i < outs; i++)
        fmpq_mpoly_clear(f + i, map->law->ring);
    return status;
}

/* Every covariance the program reads is one between slots. */
static ew_status list_covariances(ew_jacobian_map *map, ew_context *ctx)
{
    const ew_law *law = map->law;
    map->cov = ew_alloc((size_t) (2 * EW_SLOTS * EW_SLOTS) * sizeof *map->cov, ctx);
    if (!map->cov)
        return EW_MEMORY;
    slong used = 0;
    for (slong p = 0; p < map->fields->pairs; p++)
        used += law->cov[p] >= 0 && map->program->used[law->cov[p]];
    for (int t = 0; t <= map->tangent; t++)
        for (int x = 0; x < EW_SLOTS; x++)
            for (int y = x; y < EW_SLOTS; y++) {
                slong v = law->cov[pair_of(map, (const int[]){x, y}, t)], known = 0;
                for (slong i = 0; i < map->covs; i++)
                    known |= map->cov[i].variable == v;
                if (v >= 0 && map->program->used[v] && !known)
                    map->cov[map->covs++] = (ew_slot_variable){v, {x, y}, t};
            }
    return map->covs == used
               ? EW_OK
               : ew_fail(ctx, EW_UNABLE, "jacobian: a covariance of an unexpected form");
}

ew_status ew_jacobian_map_init(ew_jacobian_map *map, slong inputs, int tangent,
                               const ew_activation *s, ew_context *ctx)
{
    memset(map, 0, sizeof *map);
    map->inputs = inputs;
    map->tangent = tangent != 0;
    ew_status status = make_law(map, ctx);
    if (status == EW_OK)
        status = compile(map, ctx);
    if (status == EW_OK)
        status = list_covariances(map, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_new(&map->plan, map->law, map->program->used, s, ctx);
    return status;
}

void ew_jacobian_map_clear(ew_jacobian_map *map)
{
    free(map->cov);
    ew_atom_plan_free(map->plan);
    ew_poly_program_free(map->program);
    ew_law_free(map->law);
    ew_fields_free(map->fields);
    memset(map, 0, sizeof *map);
}
