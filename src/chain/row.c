#include "chain/row.h"

#include <stdlib.h>
#include <string.h>

void ew_rows_init(ew_rows *r, const ew_law *law)
{
    memset(r, 0, sizeof *r);
    r->law = law;
}

void ew_rows_clear(ew_rows *r)
{
    for (slong i = 0; i < r->keys.n && i < r->room; i++) {
        fmpq_mpoly_clear(r->row[i].f, r->law->jet.ring);
        if (r->row[i].known)
            fmpq_mpoly_clear(r->row[i].value, r->law->ring);
    }
    free(r->row);
    ew_keys_clear(&r->keys);
}

/* The row of that key, new ones with f = 0. */
static ew_status add_row(slong *id, int *fresh, ew_rows *r, const int *key, slong length,
                         ew_context *ctx)
{
    if (r->keys.n == r->room) {
        slong room = r->room ? 2 * r->room : 64;
        ew_row *more = ew_realloc(r->row, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        r->row = more;
        r->room = room;
    }
    ew_status status = ew_keys_add(id, fresh, &r->keys, key, length, ctx);
    if (status == EW_OK && *fresh) {
        ew_row *x = &r->row[*id];
        memset(x, 0, sizeof *x);
        x->left = -1;
        fmpq_mpoly_init(x->f, r->law->jet.ring);
    }
    return status;
}

ew_status ew_rows_of(slong *id, ew_rows *r, const ew_pairs *list, ew_context *ctx)
{
    int key[EW_MAX_PAIRS + 1], fresh;
    const ew_jet_ring *jet = &r->law->jet;
    key[0] = (int) list->n;
    for (slong i = 0; i < list->n; i++)
        key[1 + i] = list->p[i];
    ew_status status = add_row(id, &fresh, r, key, list->n + 1, ctx);
    if (status != EW_OK || !fresh)
        return status;
    ew_row *x = &r->row[*id];
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, jet->ring);
    fmpq_mpoly_one(x->f, jet->ring);
    for (slong i = 0; i < list->n; i++) {
        ulong parity;
        ew_law_averaged(f, &parity, r->law, list->p[i]);
        fmpq_mpoly_mul(x->f, x->f, f, jet->ring);
        x->parity ^= parity;
    }
    fmpq_mpoly_clear(f, jet->ring);
    return EW_OK;
}

/* Whether f contains s_a, s'_a, ... */
static ew_status has_jets(int *yes, const ew_rows *r, const fmpq_mpoly_t f, slong input,
                          ew_context *ctx)
{
    const ew_jet_ring *jet = &r->law->jet;
    int *used = ew_alloc((size_t) jet->variables * sizeof *used, ctx);
    if (!used)
        return EW_MEMORY;
    fmpq_mpoly_used_vars(used, f, jet->ring);
    *yes = 0;
    for (slong i = 0; i < jet->jets; i++)
        *yes = *yes || used[ew_jet_variable(jet, input, i)];
    free(used);
    return EW_OK;
}

static ew_status fill_derivative(ew_rows *r, slong id, slong from, slong field, ew_context *ctx)
{
    const ew_fields *fields = r->law->fields;
    const ew_jet_ring *jet = &r->law->jet;
    ew_row *x = &r->row[id], *y = &r->row[from];
    slong input = field / fields->sets;
    ew_status status = EW_OK;
    int yes = 1;
    memcpy(x->m, y->m, sizeof x->m);
    x->parity = y->parity ^ (fields->set[field % fields->sets] & fields->tangents);
    if (field % fields->sets) {
        fmpq_mpoly_derivative(x->f, y->f, ew_jet_field(jet, field), jet->ring);
        return EW_OK;
    }
    status = has_jets(&yes, r, y->f, input, ctx);
    x->m[input]++;
    if (yes)
        fmpq_mpoly_set(x->f, y->f, jet->ring);
    return status;
}

ew_status ew_rows_derive(slong *id, ew_rows *r, slong from, slong field, ew_context *ctx)
{
    int key[EW_MAX_PAIRS + 1 + EW_ROW_DERIVATIVES], fresh;
    slong n;
    const int *old = ew_keys_at(&n, &r->keys, from);
    slong first = old[0] + 1, i = n;
    if (n - first == EW_ROW_DERIVATIVES)
        return ew_fail(ctx, EW_UNABLE, "transition law: derivatives of too high an order");
    memcpy(key, old, (size_t) n * sizeof *key);
    for (; i > first && key[i - 1] > field; i--)
        key[i] = key[i - 1];
    key[i] = (int) field;
    ew_status status = add_row(id, &fresh, r, key, n + 1, ctx);
    if (status == EW_OK && fresh)
        status = fill_derivative(r, *id, from, field, ctx);
    if (status == EW_OK && fmpq_mpoly_is_zero(r->row[*id].f, r->law->jet.ring))
        *id = -1;
    return status;
}

/* Covariances that vanish at the limit are kept as far as there are derivatives. */
static slong kept(const ew_rows *r, slong left)
{
    return r->law->at_limit ? left : -1;
}

ew_status ew_rows_want(ew_rows *r, slong id, slong left, ew_atom_list *found, ew_context *ctx)
{
    ew_row *x = &r->row[id];
    if (left <= x->left)
        return EW_OK;
    x->left = left;
    return ew_wick(NULL, found, r->law, x->f, x->m, kept(r, left), left, ctx);
}

ew_status ew_rows_value(const fmpq_mpoly_struct **value, ew_rows *r, slong id, ew_context *ctx)
{
    ew_row *x = &r->row[id];
    ew_status status = EW_OK;
    if (!x->known) {
        fmpq_mpoly_init(x->value, r->law->ring);
        x->known = 1;
        status = ew_wick(x->value, NULL, r->law, x->f, x->m, kept(r, x->left), x->left, ctx);
    }
    *value = x->value;
    return status;
}
