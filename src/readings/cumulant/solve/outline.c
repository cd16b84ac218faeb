#include "readings/cumulant/solve/outline.h"

#include <stdlib.h>

#include "readings/cumulant/hierarchy/names.h"

/* The list at the representatives. */
static void inner_list(ew_pairs *inner, const ew_outline *o, const ew_hierarchy *h,
                       const ew_relations *r, const ew_pairs *list)
{
    inner->n = 0;
    for (slong k = 0; k < list->n; k++) {
        slong x[2];
        ew_pair_fields(&x[0], &x[1], o->fields, list->p[k]);
        for (int e = 0; e < 2; e++)
            x[e] = r->image[x[e] / o->fields->sets] * o->fields->sets + x[e] % o->fields->sets;
        ew_pairs_add(inner, ew_pair_of(h->fields, x[0], x[1]));
    }
}

static slong directions_of(const ew_fields *f, ulong set)
{
    slong n = 0;
    for (slong g = 0; g < f->generators; g++)
        n += f->kind[g] == EW_DIRECTION && (set >> g & 1);
    return n;
}

static void set_factors(ew_outline_entry *x, const ew_outline *o, const ew_relations *r)
{
    fmpq_init(&x->first);
    fmpq_init(&x->later);
    fmpq_one(&x->first);
    fmpq_one(&x->later);
    for (slong k = 0; k < x->list.n; k++) {
        slong f[2];
        ew_pair_fields(&f[0], &f[1], o->fields, x->list.p[k]);
        for (int e = 0; e < 2; e++) {
            slong input = f[e] / o->fields->sets;
            slong d = directions_of(o->fields, ew_fields_at(o->fields, f[e]).set);
            ew_relations_factor(&x->first, r, input, d, 1);
            ew_relations_factor(&x->later, r, input, d, 0);
        }
    }
}

static ew_status add_entry(ew_outline *o, const ew_relations *r, const ew_pairs *list,
                           slong order, slong unknown, ew_context *ctx)
{
    if (o->entries == o->room) {
        slong room = o->room ? 2 * o->room : 64;
        ew_outline_entry *more = ew_realloc(o->entry, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        o->entry = more;
        o->room = room;
    }
    ew_outline_entry *x = &o->entry[o->entries++];
    *x = (ew_outline_entry){.list = *list, .order = order, .unknown = unknown};
    x->term = o->terms - 1;
    set_factors(x, o, r);
    x->name = ew_cumulant_letter(o->fields, list, order, ctx);
    return x->name ? EW_OK : EW_MEMORY;
}

/* A list with its coefficients, if the hierarchy has it. */
static ew_status add_list(ew_outline *o, const ew_hierarchy *h, const ew_relations *r,
                          const ew_pairs *list, ew_context *ctx)
{
    ew_pairs inner, canonical;
    ew_pairs_canonical(&canonical, list, o->fields);
    if (ew_pairs_compare(&canonical, list) != 0)
        return EW_OK;
    inner_list(&inner, o, h, r, list);
    if (ew_hierarchy_find(h, &inner, list->n - 1) < 0)
        return EW_OK;
    ew_status status = EW_OK;
    o->terms++;
    for (slong j = list->n - 1; j <= o->order && status == EW_OK; j++)
        status = add_entry(o, r, list, j, ew_hierarchy_find(h, &inner, j), ctx);
    return status;
}

static int too_heavy(const ew_pairs *list, const ew_fields *f)
{
    slong weight[EW_MAX_GENERATORS];
    ew_pairs_weight(weight, list, f);
    for (slong g = 0; g < f->generators; g++)
        if (f->kind[g] == EW_TANGENT && weight[g] > 2)
            return 1;
    return 0;
}

/* All lists of n pairs, ascending. */
static ew_status enumerate(ew_outline *o, const ew_hierarchy *h, const ew_relations *r,
                           ew_pairs *list, slong n, ew_context *ctx)
{
    if (too_heavy(list, o->fields))
        return EW_OK;
    if (list->n == n)
        return add_list(o, h, r, list, ctx);
    ew_status status = EW_OK;
    slong from = list->n ? list->p[list->n - 1] : 0;
    for (slong p = from; p < o->fields->pairs && status == EW_OK; p++) {
        list->p[list->n++] = p;
        status = enumerate(o, h, r, list, n, ctx);
        list->n--;
    }
    return status;
}

/* No input is related to another: the hierarchy's own lists. */
static ew_status copy_lists(ew_outline *o, const ew_hierarchy *h, const ew_relations *r,
                            ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++) {
        const ew_unknown *u = &h->unknown[i];
        o->terms += u->order == u->list.n - 1;
        status = add_entry(o, r, &u->list, u->order, i, ctx);
    }
    return status;
}

ew_status ew_outline_new(ew_outline **out, const ew_hierarchy *h, const ew_relations *r,
                         ew_context *ctx)
{
    *out = NULL;
    ew_outline *o = ew_alloc_zero(1, sizeof *o, ctx);
    if (!o)
        return EW_MEMORY;
    o->order = h->order;
    ew_pairs list = {0, {0}};
    const ew_fields *f = h->fields;
    ew_status status =
        ew_fields_new(&o->fields, r->inputs, f->kind, f->generators, f->set, f->sets, ctx);
    if (status == EW_OK && r->distinct == r->inputs)
        status = copy_lists(o, h, r, ctx);
    else
        for (slong k = 1; k <= h->order + 1 && status == EW_OK; k++)
            status = enumerate(o, h, r, &list, k, ctx);
    if (status != EW_OK)
        ew_outline_free(o);
    else
        *out = o;
    return status;
}

void ew_outline_free(ew_outline *o)
{
    if (!o)
        return;
    for (slong i = 0; i < o->entries; i++) {
        fmpq_clear(&o->entry[i].first);
        fmpq_clear(&o->entry[i].later);
        free(o->entry[i].name);
    }
    free(o->entry);
    ew_fields_free(o->fields);
    free(o);
}

static int compare(const void *x, const void *y)
{
    const ew_outline_entry *a = x, *b = y;
    return ew_pairs_compare_at(&a->list, a->order, &b->list, b->order);
}

slong ew_outline_find(const ew_outline *o, const ew_pairs *list, slong order)
{
    ew_outline_entry key = {.order = order};
    ew_pairs_canonical(&key.list, list, o->fields);
    const ew_outline_entry *found =
        bsearch(&key, o->entry, (size_t) o->entries, sizeof key, compare);
    return found ? found - o->entry : -1;
}

void ew_outline_balls(arb_ptr value, mag_ptr scale, const ew_outline *o, slong layer,
                      arb_srcptr state, mag_srcptr state_scale, slong prec)
{
    arb_t c;
    mag_t m;
    arb_init(c);
    mag_init(m);
    for (slong i = 0; i < o->entries; i++) {
        const ew_outline_entry *x = &o->entry[i];
        const fmpq *factor = layer == 1 ? &x->first : &x->later;
        if (fmpq_is_one(factor)) {
            arb_set(value + i, state + x->unknown);
            mag_set(scale + i, state_scale + x->unknown);
            continue;
        }
        arb_set_fmpq(c, factor, prec);
        arb_mul(value + i, state + x->unknown, c, prec);
        arb_get_mag(m, c);
        mag_mul(scale + i, state_scale + x->unknown, m);
    }
    arb_clear(c);
    mag_clear(m);
}

void ew_outline_rationals(fmpq *value, const ew_outline *o, slong layer, const fmpq *state)
{
    for (slong i = 0; i < o->entries; i++) {
        const ew_outline_entry *x = &o->entry[i];
        fmpq_mul(value + i, state + x->unknown, layer == 1 ? &x->first : &x->later);
    }
}
