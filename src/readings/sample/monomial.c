#include "readings/sample/monomial.h"

#include <stdlib.h>

void ew_monomials_free(ew_monomials *m)
{
    if (!m)
        return;
    free(m->at);
    free(m);
}

static slong find_child(const ew_monomials *m, slong parent, slong pair)
{
    slong i = parent < 0 ? m->root : m->at[parent].child;
    while (i >= 0 && m->at[i].pair != pair)
        i = m->at[i].sibling;
    return i;
}

slong ew_monomials_find(const ew_monomials *m, const ew_pairs *list)
{
    slong at = -1;
    for (slong k = 0; k < list->n && (k == 0 || at >= 0); k++)
        at = find_child(m, at, list->p[k]);
    return at;
}

static ew_status add_child(slong *child, ew_monomials *m, slong parent, slong pair,
                           ew_context *ctx)
{
    *child = find_child(m, parent, pair);
    if (*child >= 0)
        return EW_OK;
    if (m->n == m->room) {
        slong room = m->room ? 2 * m->room : 16;
        ew_power_product *longer = ew_realloc(m->at, (size_t) room * sizeof *longer, ctx);
        if (!longer)
            return EW_MEMORY;
        m->at = longer;
        m->room = room;
    }
    slong *head = parent < 0 ? &m->root : &m->at[parent].child;
    m->at[m->n] = (ew_power_product){parent, pair, -1, *head};
    *child = *head = m->n++;
    return EW_OK;
}

static ew_status add(ew_monomials *m, const ew_pairs *list, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong at = -1;
    for (slong k = 0; k < list->n && status == EW_OK; k++)
        status = add_child(&at, m, at, list->p[k], ctx);
    return status;
}

/* p^i q^j for i, j <= 2. */
static ew_status add_powers(ew_monomials *m, slong p, slong q, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i <= 2; i++)
        for (slong j = i == 0; j <= 2 && status == EW_OK; j++) {
            ew_pairs list = {.n = 0};
            for (slong k = 0; k < i; k++)
                ew_pairs_add(&list, p);
            for (slong k = 0; k < j; k++)
                ew_pairs_add(&list, q);
            status = add(m, &list, ctx);
        }
    return status;
}

static ew_status add_sublists(ew_monomials *m, const ew_pairs *list, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (ulong set = 1; set < UWORD(1) << list->n && status == EW_OK; set++) {
        ew_pairs sub = {.n = 0};
        for (slong k = 0; k < list->n; k++)
            if (set >> k & 1)
                sub.p[sub.n++] = list->p[k];
        status = add(m, &sub, ctx);
    }
    return status;
}

ew_status ew_monomials_new(ew_monomials **out, const ew_statistics *s, ew_context *ctx)
{
    *out = NULL;
    ew_monomials *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    m->root = -1;
    ew_status status = EW_OK;
    for (slong i = 0; i < s->n; i++)
        for (slong c = 0; c < s->at[i].copies && status == EW_OK; c++) {
            const ew_pairs *list = &s->at[i].copy[c];
            status = list->n <= 2 ? add_powers(m, list->p[0], list->p[list->n - 1], ctx)
                                  : add_sublists(m, list, ctx);
        }
    if (status == EW_OK)
        *out = m;
    else
        ew_monomials_free(m);
    return status;
}
