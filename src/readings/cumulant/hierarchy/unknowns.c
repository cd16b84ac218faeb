#include "readings/cumulant/hierarchy/unknowns.h"

#include <stdlib.h>

#include "readings/cumulant/hierarchy/names.h"

/* ---- contents -----------------------------------------------------------------------------
 */

void ew_content_add(ew_content *c, ulong set)
{
    slong i = c->n++;
    for (; i > 0 && c->set[i - 1] > set; i--)
        c->set[i] = c->set[i - 1];
    c->set[i] = set;
}

static int same_content(const ew_content *x, const ew_content *y)
{
    if (x->n != y->n)
        return 0;
    for (slong i = 0; i < x->n; i++)
        if (x->set[i] != y->set[i])
            return 0;
    return 1;
}

static int contains(const ew_contents *list, const ew_content *c)
{
    for (slong i = 0; i < list->n; i++)
        if (same_content(&list->x[i], c))
            return 1;
    return 0;
}

ew_status ew_contents_add(int *fresh, ew_contents *list, const ew_content *c, ew_context *ctx)
{
    *fresh = !contains(list, c);
    if (!*fresh)
        return EW_OK;
    if (list->n == list->room) {
        slong room = list->room ? 2 * list->room : 16;
        ew_content *more = ew_realloc(list->x, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        list->x = more;
        list->room = room;
    }
    list->x[list->n++] = *c;
    return EW_OK;
}

static ulong tangents_of(const ew_fields *f)
{
    ulong mask = 0;
    for (slong g = 0; g < f->generators; g++)
        if (f->kind[g] == EW_TANGENT)
            mask |= UWORD(1) << g;
    return mask;
}

/* Whether contents admit the list. */
static int admitted(const ew_pairs *list, const ew_fields *f, const ew_contents *contents)
{
    ew_content c = {0, {0}};
    int higher = 0;
    ulong tangents = tangents_of(f);
    for (slong k = 0; k < list->n; k++) {
        slong x[2];
        ew_pair_fields(&x[0], &x[1], f, list->p[k]);
        for (int e = 0; e < 2; e++) {
            ulong set = ew_fields_at(f, x[e]).set & tangents;
            higher = higher || (set & (set - 1));
            if (set)
                ew_content_add(&c, set);
        }
    }
    return !contents || !higher || contains(contents, &c);
}

/* ---- enumeration --------------------------------------------------------------------------
 */

static int too_heavy(const ew_pairs *list, const ew_fields *f)
{
    slong weight[EW_MAX_GENERATORS];
    ew_pairs_weight(weight, list, f);
    for (slong g = 0; g < f->generators; g++)
        if (f->kind[g] == EW_TANGENT && weight[g] > 2)
            return 1;
    return 0;
}

typedef struct {
    ew_hierarchy *h;
    const ew_contents *contents;
    slong room;
    ew_context *ctx;
} enumeration;

static ew_status add_unknowns(enumeration *e, const ew_pairs *list)
{
    ew_hierarchy *h = e->h;
    ew_pairs canonical;
    if (ew_pairs_odd(list, h->fields) || !admitted(list, h->fields, e->contents))
        return EW_OK;
    ew_pairs_canonical(&canonical, list, h->fields);
    if (ew_pairs_compare(&canonical, list) != 0)
        return EW_OK;
    if (h->unknowns > EW_MAX_UNKNOWNS)
        return ew_fail(
            e->ctx, EW_UNABLE,
            "order %ld: more than %d unknowns: ask for a lower order or for fewer fields",
            (long) h->order, EW_MAX_UNKNOWNS);
    for (slong j = list->n - 1; j <= h->order; j++) {
        if (h->unknowns == e->room) {
            e->room = e->room ? 2 * e->room : 64;
            ew_unknown *more = ew_realloc(h->unknown, (size_t) e->room * sizeof *more, e->ctx);
            if (!more)
                return EW_MEMORY;
            h->unknown = more;
        }
        char *name = ew_cumulant_letter(h->fields, list, j, e->ctx);
        if (!name)
            return EW_MEMORY;
        h->unknown[h->unknowns++] = (ew_unknown){*list, j, name};
    }
    return EW_OK;
}

/* All lists of n pairs, ascending; heavy ones have no light extensions. */
static ew_status enumerate(enumeration *e, ew_pairs *list, slong n)
{
    const ew_fields *f = e->h->fields;
    if (too_heavy(list, f))
        return EW_OK;
    if (list->n == n)
        return add_unknowns(e, list);
    ew_status status = ew_poll(e->ctx);
    slong from = list->n ? list->p[list->n - 1] : 0;
    for (slong p = from; p < f->pairs && status == EW_OK; p++) {
        list->p[list->n++] = p;
        status = enumerate(e, list, n);
        list->n--;
    }
    return status;
}

ew_status ew_unknowns_list(ew_hierarchy *h, const ew_contents *contents, ew_context *ctx)
{
    enumeration e = {.h = h, .contents = contents, .ctx = ctx};
    ew_pairs list = {0, {0}};
    ew_status status = EW_OK;
    for (slong k = 1; k <= h->order + 1 && status == EW_OK; k++)
        status = enumerate(&e, &list, k);
    return status;
}

static int compare(const void *x, const void *y)
{
    const ew_unknown *a = x, *b = y;
    return ew_pairs_compare_at(&a->list, a->order, &b->list, b->order);
}

slong ew_hierarchy_find(const ew_hierarchy *h, const ew_pairs *list, slong order)
{
    ew_unknown key = {.order = order};
    ew_pairs_canonical(&key.list, list, h->fields);
    const ew_unknown *found =
        bsearch(&key, h->unknown, (size_t) h->unknowns, sizeof key, compare);
    return found ? found - h->unknown : -1;
}
