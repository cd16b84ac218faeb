#include "readings/cumulant/hierarchy/taylor.h"

#include <stdlib.h>
#include <string.h>

slong ew_taylor_degree(const ew_hierarchy *h, slong entries)
{
    return 2 * (h->order - entries + 1);
}

ew_status ew_taylors_init(ew_taylors *t, const ew_hierarchy *h, ew_context *ctx)
{
    const ew_law *law = h->law;
    memset(t, 0, sizeof *t);
    t->h = h;
    t->to = ew_alloc((size_t) law->variables * sizeof *t->to, ctx);
    if (!t->to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        t->to[v] = v;
    for (slong p = 0; p < h->fields->pairs; p++) {
        ew_pairs one = {1, {(int) p}};
        if (law->cov[p] < 0)
            continue;
        slong i = ew_pairs_odd(&one, h->fields) ? -1 : ew_hierarchy_find(h, &one, 0);
        t->to[law->cov[p]] = i < 0 ? -1 : law->extra + i;
    }
    return EW_OK;
}

void ew_taylors_clear(ew_taylors *t)
{
    for (slong i = 0; i < t->expansions; i++)
        if (t->expansion[i]) {
            free(t->expansion[i]->term);
            free(t->expansion[i]);
        }
    for (slong i = 0; i < t->room; i++)
        fmpq_mpoly_clear(&t->coefficient[i], t->h->law->ring);
    free(t->expansion);
    free(t->coefficient);
    free(t->power);
    ew_keys_clear(&t->lists);
    ew_keys_clear(&t->keys);
    free(t->to);
}

static ew_status add_term(ew_taylor *x, const ew_pairs *by, slong coefficient, slong grade,
                          const ew_fields *f, ew_context *ctx)
{
    if (x->n == x->room) {
        slong room = x->room ? 2 * x->room : 16;
        ew_taylor_term *more = ew_realloc(x->term, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        x->term = more;
        x->room = room;
    }
    ew_taylor_term *term = &x->term[x->n++];
    *term = (ew_taylor_term){.by = *by, .coefficient = coefficient, .grade = grade};
    for (slong i = 0; i < by->n; i++)
        term->parity ^= f->parity[by->p[i]];
    return EW_OK;
}

static int by_degree(const void *x, const void *y)
{
    const ew_taylor_term *a = x, *b = y;
    slong m = a->by.n + 2 * a->grade, n = b->by.n + 2 * b->grade;
    return m != n ? (m > n) - (m < n) : ew_pairs_compare(&a->by, &b->by);
}

/* ---- coefficients -------------------------------------------------------------------------
 */

static void divide_by_factorials(fmpq_mpoly_t f, const ew_pairs *by, const ew_law *law)
{
    slong run = 0;
    for (slong i = 0; i < by->n; i++) {
        run = i && by->p[i] == by->p[i - 1] ? run + 1 : 1;
        fmpq_mpoly_scalar_div_si(f, f, run, law->ring);
    }
}

static ew_status more_coefficients(ew_taylors *t, ew_context *ctx)
{
    if (t->keys.n <= t->room)
        return EW_OK;
    slong room = t->room ? 2 * t->room : 64;
    fmpq_mpoly_struct *more = ew_realloc(t->coefficient, (size_t) room * sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    t->coefficient = more;
    slong *power = ew_realloc(t->power, (size_t) room * sizeof *power, ctx);
    if (!power)
        return EW_MEMORY;
    t->power = power;
    for (; t->room < room; t->room++)
        fmpq_mpoly_init(&t->coefficient[t->room], t->h->law->ring);
    return EW_OK;
}

/* Exponents are packed, eight bits each as a rule. */
static ew_status check_size(ew_taylors *t, const fmpq_mpoly_t f, ew_context *ctx)
{
    t->bytes +=
        (double) fmpq_mpoly_length(f, t->h->law->ring) * (16 + (double) t->h->law->variables);
    if (t->bytes > EW_DERIVATION_BYTES)
        return ew_fail(
            ctx, EW_UNABLE,
            "order %ld: the Taylor expansions of these fields take more than %.0f GB, "
            "the limit: ask for a lower order or for fewer fields",
            (long) t->h->order, EW_DERIVATION_BYTES / 1e9);
    return ew_poll(ctx);
}

/* The number of the coefficient for derivative f of a conditional cumulant in `by`. */
static ew_status coefficient(slong *id, ew_taylors *t, const ew_pairs *list, slong grade,
                             const ew_pairs *by, const fmpq_mpoly_t f, ew_context *ctx)
{
    ew_pairs both[2] = {*list, *by};
    int key[EW_MAX_KEY + 1];
    int fresh;
    ew_groups_normalise(NULL, both, 2, 1, t->h->fields);
    slong length = ew_groups_key(key, both, 2);
    key[length++] = (int) grade;
    ew_status status = ew_keys_add(id, &fresh, &t->keys, key, length, ctx);
    if (status == EW_OK)
        status = more_coefficients(t, ctx);
    if (status != EW_OK || !fresh)
        return status;
    t->power[*id] = list->n - 1 + grade;
    status = ew_law_rename(&t->coefficient[*id], f, t->to, t->h->law, ctx);
    divide_by_factorials(&t->coefficient[*id], by, t->h->law);
    return status == EW_OK ? check_size(t, &t->coefficient[*id], ctx) : status;
}

/* ---- expansions ---------------------------------------------------------------------------
 */

static slong degree_of(const ew_taylors *t, const ew_pairs *list, slong grade)
{
    return ew_taylor_degree(t->h, list->n) - 2 * grade;
}

/* f is the derivative of a conditional cumulant by `by`; go on with pairs not before its last.
 * Terms with more vanishing covariances than derivatives to come are no use. */
static ew_status expand(ew_taylor *x, ew_taylors *t, const ew_pairs *list, slong grade,
                        ew_pairs *by, const fmpq_mpoly_t f, ew_context *ctx)
{
    const ew_law *law = t->h->law;
    slong id, left = degree_of(t, list, grade) - by->n;
    ew_status status = coefficient(&id, t, list, grade, by, f, ctx);
    if (status == EW_OK && !fmpq_mpoly_is_zero(&t->coefficient[id], law->ring))
        status = add_term(x, by, id, grade, t->h->fields, ctx);
    if (left == 0 || status != EW_OK)
        return status;
    fmpq_mpoly_t g, low;
    fmpq_mpoly_init(g, law->ring);
    fmpq_mpoly_init(low, law->ring);
    slong from = by->n ? by->p[by->n - 1] : 0;
    status = ew_law_truncate(low, f, left - 1, law, ctx);
    for (slong p = from; p < t->h->fields->pairs && status == EW_OK; p++) {
        status = ew_law_differentiate(g, t->h->fields->parity[p] ? f : low, p, law, ctx);
        if (status != EW_OK || fmpq_mpoly_is_zero(g, law->ring))
            continue;
        by->p[by->n++] = (int) p;
        status = expand(x, t, list, grade, by, g, ctx);
        by->n--;
    }
    fmpq_mpoly_clear(low, law->ring);
    fmpq_mpoly_clear(g, law->ring);
    return status;
}

static ew_status expand_list(ew_taylor *x, ew_taylors *t, const ew_pairs *list, ew_context *ctx)
{
    fmpq_mpoly_t f;
    ew_pairs by = {0, {0}};
    fmpq_mpoly_init(f, t->h->law->ring);
    ew_status status = EW_OK;
    for (slong g = 0; g < ew_law_grades(t->h->law, list->n) && status == EW_OK; g++) {
        status = ew_law_cumulant(f, t->h->law, list, g, ctx);
        if (status == EW_OK)
            status = ew_law_truncate(f, f, degree_of(t, list, g), t->h->law, ctx);
        if (status == EW_OK)
            status = expand(x, t, list, g, &by, f, ctx);
    }
    fmpq_mpoly_clear(f, t->h->law->ring);
    if (x->n)
        qsort(x->term, (size_t) x->n, sizeof *x->term, by_degree);
    return status;
}

/* The expansion of a list whose tangents went to[g] in the canonical one. */
static ew_status pull_back(ew_taylor *x, const ew_taylor *canonical, const slong *to,
                           const ew_fields *f, ew_context *ctx)
{
    slong back[EW_MAX_GENERATORS];
    ew_status status = EW_OK;
    for (slong g = 0; g < f->generators; g++)
        back[to[g]] = g;
    for (slong i = 0; i < canonical->n && status == EW_OK; i++) {
        ew_pairs by = {0, {0}};
        for (slong k = 0; k < canonical->term[i].by.n; k++) {
            slong p = ew_pair_image(canonical->term[i].by.p[k], back, f);
            if (p < 0)
                return ew_fail(ctx, EW_UNABLE, "hierarchy: the fields are not closed");
            ew_pairs_add(&by, p);
        }
        status =
            add_term(x, &by, canonical->term[i].coefficient, canonical->term[i].grade, f, ctx);
    }
    return status;
}

static ew_status remember(ew_taylor **x, ew_taylors *t, slong id, ew_context *ctx)
{
    if (id >= t->expansions) {
        slong room = 2 * id + 16;
        ew_taylor **more = ew_realloc(t->expansion, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        memset(more + t->expansions, 0, (size_t) (room - t->expansions) * sizeof *more);
        t->expansion = more;
        t->expansions = room;
    }
    *x = t->expansion[id] = ew_alloc_zero(1, sizeof **x, ctx);
    return *x ? EW_OK : EW_MEMORY;
}

ew_status ew_taylors_of(const ew_taylor **out, ew_taylors *t, const ew_pairs *list,
                        ew_context *ctx)
{
    slong id, to[EW_MAX_GENERATORS];
    int fresh;
    ew_taylor *x;
    const ew_taylor *canonical;
    ew_status status = ew_keys_add(&id, &fresh, &t->lists, list->p, list->n, ctx);
    if (status == EW_OK && fresh)
        status = remember(&x, t, id, ctx);
    if (status == EW_OK && fresh) {
        ew_pairs own;
        ew_pairs_canonical_map(&own, to, list, t->h->fields);
        if (ew_pairs_compare(&own, list) == 0) {
            status = expand_list(x, t, list, ctx);
        } else {
            status = ew_taylors_of(&canonical, t, &own, ctx);
            if (status == EW_OK)
                status = pull_back(x, canonical, to, t->h->fields, ctx);
        }
    }
    if (status == EW_OK)
        *out = t->expansion[id];
    return status;
}
