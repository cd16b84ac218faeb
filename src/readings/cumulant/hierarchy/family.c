#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/unknowns.h"

/* ---- which contents the recursion makes of a statistic ----------------------------------- */

static ew_status refine(ew_contents *list, const ew_content *c, ew_context *ctx);

static ew_status add_refined(ew_contents *list, const ew_content *c, ew_context *ctx)
{
    int fresh;
    ew_status status = ew_contents_add(&fresh, list, c, ctx);
    return status == EW_OK && fresh ? refine(list, c, ctx) : status;
}

static ew_content without(const ew_content *c, slong i, slong j)
{
    ew_content rest = {0, {0}};
    for (slong k = 0; k < c->n; k++)
        if (k != i && k != j)
            ew_content_add(&rest, c->set[k]);
    return rest;
}

/* Faa di Bruno splits a field's set in two; the channel of tangent g takes g out of two fields.
 * Features do nothing else to a content. */
static ew_status refine(ew_contents *list, const ew_content *c, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < c->n && status == EW_OK; i++)
        for (ulong s = (c->set[i] - 1) & c->set[i]; s && status == EW_OK;
             s = (s - 1) & c->set[i]) {
            ew_content split = without(c, i, i);
            ew_content_add(&split, s);
            ew_content_add(&split, c->set[i] & ~s);
            status = add_refined(list, &split, ctx);
        }
    for (slong i = 0; i < c->n && status == EW_OK; i++)
        for (slong j = i + 1; j < c->n; j++)
            for (ulong g = 1; g && g <= c->set[i] && status == EW_OK; g <<= 1) {
                if (!(c->set[i] & c->set[j] & g))
                    continue;
                ew_content less = without(c, i, j);
                if (c->set[i] & ~g)
                    ew_content_add(&less, c->set[i] & ~g);
                if (c->set[j] & ~g)
                    ew_content_add(&less, c->set[j] & ~g);
                status = add_refined(list, &less, ctx);
            }
    return status;
}

/* The same statistic with its tangents 1, 2, 3 renumbered. */
static ew_status add_renumbered(ew_contents *list, const ew_content *c, ew_context *ctx)
{
    static const int to[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    ew_status status = EW_OK;
    for (int k = 0; k < 6 && status == EW_OK; k++) {
        ew_content image = {0, {0}};
        for (slong i = 0; i < c->n; i++) {
            ulong set = 0;
            for (int g = 0; g < 3; g++)
                set |= (c->set[i] >> g & 1) << to[k][g];
            ew_content_add(&image, set);
        }
        status = add_refined(list, &image, ctx);
    }
    return status;
}

/* Bits 1, 2, 4 are the tangents 1, 2, 3. */
static ew_status family_contents(ew_contents *list, int descent, ew_context *ctx)
{
    static const ew_content dntk = {3, {1, 2, 3}};
    static const ew_content ddntk[2] = {{4, {1, 2, 4, 7}}, {4, {1, 2, 5, 6}}};
    ew_status status = EW_OK;
    if (descent >= 2)
        status = add_refined(list, &dntk, ctx);
    for (int i = 0; i < 2 && descent >= 3 && status == EW_OK; i++)
        status = add_renumbered(list, &ddntk[i], ctx);
    return status;
}

/* ---- fields -------------------------------------------------------------------------------
 */

typedef struct {
    slong generators, sets;
    ew_generator kind[EW_MAX_GENERATORS];
    ulong set[EW_MAX_GENERATORS * (EW_MAX_GENERATORS + 1)];
} generator_sets;

static ew_status choose_sets(generator_sets *g, const ew_family *y, ew_context *ctx)
{
    slong tangents = y->descent ? y->order + 1 : 0;
    if (tangents < y->descent)
        tangents = y->descent;
    memset(g, 0, sizeof *g);
    g->generators = tangents + y->directions;
    if (tangents > EW_MAX_TANGENTS || g->generators > EW_MAX_GENERATORS)
        return ew_fail(
            ctx, EW_UNABLE,
            "hierarchy: order %ld of this family takes %ld tangents (limit %d), with "
            "its directions %ld generators (limit %d)",
            (long) y->order, (long) tangents, EW_MAX_TANGENTS, (long) g->generators,
            EW_MAX_GENERATORS);
    for (slong t = 0; t < g->generators; t++) {
        g->kind[t] = t < tangents ? EW_TANGENT : EW_DIRECTION;
        g->set[g->sets++] = UWORD(1) << t;
        for (slong d = tangents; t < tangents && d < g->generators; d++)
            g->set[g->sets++] = UWORD(1) << t | UWORD(1) << d;
    }
    if (y->descent >= 2)
        g->set[g->sets++] = y->descent == 2 ? 3 : 7;
    return EW_OK;
}

static ew_status check_family(const ew_family *y, ew_context *ctx)
{
    if (y->order < 1 || y->inputs < 1 || y->descent < 0 || y->descent > 3 || y->directions < 0)
        return ew_fail(ctx, EW_USAGE, "hierarchy: not a family of cumulants");
    const struct {
        slong value;
        int limit;
        const char *what;
    } part[] = {{y->order, EW_MAX_ORDER, "orders"},
                {y->inputs, EW_MAX_INPUTS, "inputs"},
                {y->directions, EW_MAX_DIRECTIONS, "directions"}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].value > part[i].limit)
            return ew_fail(ctx, EW_UNABLE, "%s beyond %d are not derived", part[i].what,
                           part[i].limit);
    return EW_OK;
}

ew_status ew_hierarchy_family(ew_hierarchy **out, const ew_family *family, ew_context *ctx)
{
    *out = NULL;
    generator_sets g;
    ew_fields *fields = NULL;
    ew_contents contents = {0, 0, NULL};
    ew_status status = check_family(family, ctx);
    if (status == EW_OK)
        status = choose_sets(&g, family, ctx);
    if (status == EW_OK)
        status = family_contents(&contents, family->descent, ctx);
    if (status == EW_OK)
        status =
            ew_fields_new(&fields, family->inputs, g.kind, g.generators, g.set, g.sets, ctx);
    if (status == EW_OK)
        status =
            ew_hierarchy_build(out, family->ensemble, family->order, fields, &contents, ctx);
    free(contents.x);
    return status;
}

ew_status ew_hierarchy_new(ew_hierarchy **out, slong order, slong inputs,
                           const ew_generator *kind, slong generators, const ulong *set,
                           slong sets, ew_context *ctx)
{
    *out = NULL;
    ew_fields *fields = NULL;
    if (order < 0 || order > EW_MAX_ORDER)
        return ew_fail(ctx, EW_UNABLE, "orders beyond %d are not derived", EW_MAX_ORDER);
    ew_status status = ew_fields_new(&fields, inputs, kind, generators, set, sets, ctx);
    if (status == EW_OK)
        status = ew_hierarchy_build(out, EW_ENSEMBLE_GAUSSIAN, order, fields, NULL, ctx);
    return status;
}
