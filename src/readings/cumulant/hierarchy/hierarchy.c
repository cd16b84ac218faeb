#include "readings/cumulant/hierarchy/hierarchy.h"

#include <stdlib.h>

#include "readings/cumulant/hierarchy/total.h"
#include "readings/cumulant/hierarchy/unknowns.h"

/* ---- the law ------------------------------------------------------------------------------
 */

/* The lists of which conditional cumulants are needed, and the derivatives. */
typedef struct {
    ew_keys keys;
    slong room;
    ew_pairs *list;
    slong *derivatives;
} blocks;

static ew_status add_block(blocks *x, const ew_hierarchy *h, const ew_pairs *list,
                           ew_context *ctx)
{
    ew_pairs own;
    slong id;
    int fresh;
    ew_pairs_canonical(&own, list, h->fields);
    ew_status status = ew_keys_add(&id, &fresh, &x->keys, own.p, own.n, ctx);
    if (status != EW_OK || !fresh)
        return status;
    if (id >= x->room) {
        slong room = 2 * id + 16;
        ew_pairs *lists = ew_realloc(x->list, (size_t) room * sizeof *lists, ctx);
        if (!lists)
            return EW_MEMORY;
        x->list = lists;
        slong *derivatives =
            ew_realloc(x->derivatives, (size_t) room * sizeof *derivatives, ctx);
        if (!derivatives)
            return EW_MEMORY;
        x->derivatives = derivatives;
        x->room = room;
    }
    x->list[id] = own;
    x->derivatives[id] = ew_taylor_degree(h, own.n);
    return EW_OK;
}

/* Every part of a list is a block of one of its partitions; from entry i on. */
static ew_status add_blocks(blocks *x, const ew_hierarchy *h, const ew_pairs *list, slong i,
                            ew_pairs *part, ew_context *ctx)
{
    if (i == list->n)
        return part->n ? add_block(x, h, part, ctx) : EW_OK;
    slong m = 1, n = part->n;
    while (i + m < list->n && list->p[i + m] == list->p[i])
        m++;
    ew_status status = EW_OK;
    for (slong k = 0; k <= m && status == EW_OK; k++) {
        status = add_blocks(x, h, list, i + m, part, ctx);
        part->p[part->n++] = list->p[i];
    }
    part->n = n;
    return status;
}

static int new_list(const ew_hierarchy *h, slong i)
{
    return i == 0 || ew_pairs_compare(&h->unknown[i].list, &h->unknown[i - 1].list) != 0;
}

static ew_status open_law(ew_hierarchy *h, ew_context *ctx)
{
    ew_status status = EW_OK;
    blocks x = {.room = 0};
    const ew_transition of = {h->ensemble, h->order};
    ew_pairs part = {0, {0}};
    const char **name = ew_alloc((size_t) h->unknowns * sizeof *name, ctx);
    if (!name)
        return EW_MEMORY;
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++) {
        name[i] = h->unknown[i].name;
        if (new_list(h, i))
            status = add_blocks(&x, h, &h->unknown[i].list, 0, &part, ctx);
    }
    if (status == EW_OK)
        status = ew_law_new_at_limit(&h->law, &of, h->fields, x.list, x.derivatives, x.keys.n,
                                     name, h->unknowns, ctx);
    ew_keys_clear(&x.keys);
    free(x.list);
    free(x.derivatives);
    free(name);
    return status;
}

/* ---- the recursion ------------------------------------------------------------------------
 */

/* Unknowns i, i + 1, ... of one list are its orders from |list| - 1 on. */
static ew_status derive_list(ew_derivation *d, slong i, ew_context *ctx)
{
    ew_hierarchy *h = d->h;
    const ew_pairs *list = &h->unknown[i].list;
    fmpq_mpoly_struct next[EW_MAX_ORDER + 1];
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_init(&next[j], h->law->ring);
    ew_status status = ew_total_cumulant(next, d, list, ctx);
    for (slong j = list->n - 1; j <= h->order; j++)
        fmpq_mpoly_swap(&h->next[i + j - list->n + 1], &next[j], h->law->ring);
    for (slong j = 0; j <= h->order; j++)
        fmpq_mpoly_clear(&next[j], h->law->ring);
    return status;
}

static ew_status derive(ew_hierarchy *h, ew_context *ctx)
{
    ew_derivation d = {.h = h};
    h->next = ew_alloc((size_t) h->unknowns * sizeof *h->next, ctx);
    if (!h->next)
        return EW_MEMORY;
    for (slong i = 0; i < h->unknowns; i++)
        fmpq_mpoly_init(&h->next[i], h->law->ring);
    ew_delta_init(&d.delta, h);
    ew_status status = ew_taylors_init(&d.taylors, h, ctx);
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++) {
        if (new_list(h, i))
            status = derive_list(&d, i, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        ew_progress(ctx, (double) (i + 1) / (double) h->unknowns, "deriving the recursion");
    }
    ew_taylors_clear(&d.taylors);
    ew_delta_clear(&d.delta);
    return status;
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_hierarchy_build(ew_hierarchy **out, ew_ensemble ensemble, slong order,
                             ew_fields *fields, const ew_contents *contents, ew_context *ctx)
{
    *out = NULL;
    ew_hierarchy *h = ew_alloc_zero(1, sizeof *h, ctx);
    if (!h) {
        ew_fields_free(fields);
        return EW_MEMORY;
    }
    h->order = order;
    h->ensemble = ensemble;
    h->fields = fields;
    ew_status status = ew_unknowns_list(h, contents, ctx);
    if (status == EW_OK)
        status = open_law(h, ctx);
    if (status == EW_OK)
        status = derive(h, ctx);
    if (status != EW_OK) {
        ew_hierarchy_free(h);
        return status;
    }
    *out = h;
    return EW_OK;
}

ew_status ew_hierarchy_argument(fmpq_mpoly_t out, const ew_hierarchy *h, slong a, slong b,
                                ew_context *ctx)
{
    const ew_law *law = h->law;
    slong sets = h->fields->sets;
    ew_pairs list = {1, {(int) ew_pair_of(h->fields, a * sets, b * sets)}};
    slong k = law->extra + ew_hierarchy_find(h, &list, 0);
    fmpq_mpoly_gen(out, k, law->ring);
    if (!law->block)
        return EW_OK;
    slong *to = ew_alloc((size_t) law->variables * sizeof *to, ctx);
    if (!to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        to[v] = v;
    to[law->cov[list.p[0]]] = k;
    ew_law_argument(out, law, a, b);
    ew_status status = ew_law_rename(out, out, to, law, ctx);
    free(to);
    return status;
}

ew_status ew_hierarchy_argument_program(ew_poly_program **out, const ew_hierarchy *h,
                                        ew_context *ctx)
{
    slong m = h->fields->inputs;
    fmpq_mpoly_struct f[EW_MAX_INPUTS * EW_MAX_INPUTS];
    const fmpq_mpoly_struct *of[EW_MAX_INPUTS * EW_MAX_INPUTS];
    ew_status status = EW_OK;
    *out = NULL;
    if (!h->law->block)
        return EW_OK;
    for (slong i = 0; i < m * m; i++) {
        of[i] = f + i;
        fmpq_mpoly_init(f + i, h->law->ring);
    }
    for (slong i = 0; i < m * m && status == EW_OK; i++)
        status = ew_hierarchy_argument(f + i, h, i / m, i % m, ctx);
    if (status == EW_OK)
        status = ew_poly_program_new(out, of, m * m, h->law, ctx);
    for (slong i = 0; i < m * m; i++)
        fmpq_mpoly_clear(f + i, h->law->ring);
    return status;
}

void ew_hierarchy_free(ew_hierarchy *h)
{
    if (!h)
        return;
    for (slong i = 0; h->next && i < h->unknowns; i++)
        fmpq_mpoly_clear(&h->next[i], h->law->ring);
    for (slong i = 0; i < h->unknowns; i++)
        free(h->unknown[i].name);
    free(h->unknown);
    free(h->next);
    ew_law_free(h->law);
    ew_fields_free(h->fields);
    free(h);
}
