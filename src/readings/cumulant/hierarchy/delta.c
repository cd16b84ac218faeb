#include "readings/cumulant/hierarchy/delta.h"

#include <stdlib.h>
#include <string.h>

void ew_delta_init(ew_delta *d, const ew_hierarchy *h)
{
    memset(d, 0, sizeof *d);
    d->h = h;
}

static void forget(ew_delta_memory *m)
{
    for (slong i = 0; i < m->keys.n && m->value; i++)
        if (i < m->room && m->value[i]) {
            ew_graded_clear(m->value[i]);
            free(m->value[i]);
        }
    free(m->value);
    ew_keys_clear(&m->keys);
}

void ew_delta_clear(ew_delta *d)
{
    forget(&d->moments);
    forget(&d->joint);
    ew_keys_clear(&d->lists);
    free(d->first);
}

const ew_graded *ew_delta_at(const ew_delta *d, slong id)
{
    return d->joint.value[id];
}

/* *id of the groups; *x is theirs to fill when new, else NULL. */
static ew_status remember(slong *id, ew_graded **x, ew_delta_memory *m, const ew_pairs *group,
                          slong groups, ew_context *ctx)
{
    int key[EW_MAX_KEY];
    int fresh;
    *x = NULL;
    ew_status status =
        ew_keys_add(id, &fresh, &m->keys, key, ew_groups_key(key, group, groups), ctx);
    if (status != EW_OK || !fresh)
        return status;
    if (m->keys.n > m->room) {
        slong room = m->room ? 2 * m->room : 64;
        ew_graded **more = ew_realloc(m->value, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        memset(more + m->room, 0, (size_t) (room - m->room) * sizeof *more);
        m->value = more;
        m->room = room;
    }
    *x = m->value[*id] = ew_alloc_zero(1, sizeof **x, ctx);
    return *x ? EW_OK : EW_MEMORY;
}

/* ---- submultisets -------------------------------------------------------------------------
 */

/* Equal neighbours of a sorted sequence, and how many of each are taken. */
typedef struct {
    slong runs, at[EW_MAX_PAIRS], length[EW_MAX_PAIRS], taken[EW_MAX_PAIRS];
} choice;

static void start_run(choice *c, slong at)
{
    c->at[c->runs] = at;
    c->length[c->runs] = 1;
    c->taken[c->runs++] = 0;
}

static int next_choice(choice *c)
{
    for (slong r = 0; r < c->runs; r++) {
        if (c->taken[r] < c->length[r]) {
            c->taken[r]++;
            return 1;
        }
        c->taken[r] = 0;
    }
    return 0;
}

/* How many subsets look like this choice. */
static void ways(fmpz_t w, const choice *c)
{
    fmpz_t b;
    fmpz_init(b);
    fmpz_one(w);
    for (slong r = 0; r < c->runs; r++) {
        fmpz_bin_uiui(b, (ulong) c->length[r], (ulong) c->taken[r]);
        fmpz_mul(w, w, b);
    }
    fmpz_clear(b);
}

/* ---- moments from cumulants ---------------------------------------------------------------
 */

static ew_status first_unknown(slong *first, ew_delta *d, const ew_pairs *list, ew_context *ctx)
{
    slong id;
    int fresh;
    ew_status status = ew_keys_add(&id, &fresh, &d->lists, list->p, list->n, ctx);
    if (status != EW_OK)
        return status;
    if (d->lists.n > d->room) {
        slong room = d->room ? 2 * d->room : 64;
        slong *more = ew_realloc(d->first, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        d->first = more;
        d->room = room;
    }
    if (fresh)
        d->first[id] = ew_hierarchy_find(d->h, list, list->n - 1);
    *first = d->first[id];
    if (*first < 0)
        return ew_fail(ctx, EW_UNABLE, "hierarchy: the unknowns are not closed");
    return EW_OK;
}

/* kappa(delta_p1, ...): that of Ghat, and E Ghat - G0 for one entry. */
static ew_status entry_cumulant(ew_graded *x, ew_delta *d, const ew_pairs *list,
                                ew_context *ctx)
{
    slong first;
    ew_status status = first_unknown(&first, d, list, ctx);
    for (slong j = list->n - 1; j <= d->h->order && status == EW_OK; j++)
        if (j > 0)
            status = ew_graded_add_unknown(x, first + j - list->n + 1, j, ctx);
    return status;
}

static ew_status moment(const ew_graded **x, ew_delta *d, const ew_pairs *list,
                        ew_context *ctx);

/* A moment of k deltas is O(eps^ceil(k/2)). */
static slong moment_order(slong k)
{
    return (k + 1) / 2;
}

/* x += kappa(delta of the first entry and of the chosen ones) E[the others]; a cumulant of k
 * entries is O(eps^max(1, k-1)). */
static ew_status add_split(ew_graded *x, ew_delta *d, const ew_pairs *list, const choice *c,
                           ew_context *ctx)
{
    ew_pairs in = {1, {list->p[0]}}, rest = {0, {0}};
    for (slong r = 0; r < c->runs; r++)
        for (slong i = 0; i < c->length[r]; i++)
            ew_pairs_add(i < c->taken[r] ? &in : &rest, list->p[c->at[r]]);
    slong least = in.n > 2 ? in.n - 1 : 1;
    if (least + moment_order(rest.n) > d->h->order || ew_pairs_odd(&in, d->h->fields))
        return EW_OK;
    const ew_graded *m;
    ew_graded k = {0, 0, NULL};
    fmpz_t w;
    fmpz_init(w);
    ways(w, c);
    ew_status status = moment(&m, d, &rest, ctx);
    if (status == EW_OK)
        status = entry_cumulant(&k, d, &in, ctx);
    if (status == EW_OK)
        status = ew_graded_add_product(x, w, &k, m, d->h->order, ctx);
    ew_graded_clear(&k);
    fmpz_clear(w);
    return status;
}

/* Split off the cumulant that contains the first factor. */
static ew_status fill_moment(ew_graded *x, ew_delta *d, const ew_pairs *list, ew_context *ctx)
{
    if (list->n == 0)
        return ew_graded_add_constant(x, 1, ctx);
    if (ew_pairs_odd(list, d->h->fields) || moment_order(list->n) > d->h->order)
        return EW_OK;
    ew_status status = EW_OK;
    choice c = {.runs = 0};
    for (slong i = 1; i < list->n; i++)
        if (i > 1 && list->p[i] == list->p[i - 1])
            c.length[c.runs - 1]++;
        else
            start_run(&c, i);
    do
        status = add_split(x, d, list, &c, ctx);
    while (status == EW_OK && next_choice(&c));
    ew_graded_collect(x);
    return status;
}

/* E[prod delta]. */
static ew_status moment(const ew_graded **x, ew_delta *d, const ew_pairs *list, ew_context *ctx)
{
    ew_pairs own = *list;
    slong id;
    ew_graded *fresh;
    ew_groups_normalise(NULL, &own, 1, 0, d->h->fields);
    ew_status status = remember(&id, &fresh, &d->moments, &own, 1, ctx);
    if (status == EW_OK && fresh)
        status = fill_moment(fresh, d, &own, ctx);
    if (status == EW_OK)
        *x = d->moments.value[id];
    return status;
}

ew_status ew_delta_moment(fmpq_mpoly_struct *c, ew_delta *d, const ew_pairs *list,
                          ew_context *ctx)
{
    const ew_law *law = d->h->law;
    const ew_graded *m;
    ulong *exp = ew_alloc_zero((size_t) law->variables, sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    ew_status status = moment(&m, d, list, ctx);
    for (slong j = 0; j <= d->h->order && status == EW_OK; j++)
        fmpq_mpoly_zero(&c[j], law->ring);
    for (slong i = 0; status == EW_OK && i < m->n; i++) {
        const ew_graded_term *t = &m->t[i];
        for (slong e = 0; e < t->n; e++)
            exp[law->extra + t->v[e]]++;
        fmpq_mpoly_push_term_fmpz_ui(&c[t->grade], &t->c, exp, law->ring);
        for (slong e = 0; e < t->n; e++)
            exp[law->extra + t->v[e]]--;
    }
    for (slong j = 0; j <= d->h->order && status == EW_OK; j++)
        fmpq_mpoly_sort_terms(&c[j], law->ring);
    free(exp);
    return status;
}

/* ---- cumulants of products ----------------------------------------------------------------
 */

/* x -= kappa(the first group and the chosen ones) E[all the others]. */
static ew_status subtract_split(ew_graded *x, ew_delta *d, const ew_pairs *group,
                                const choice *c, ew_context *ctx)
{
    ew_pairs in[EW_MAX_GROUPS], rest = {0, {0}};
    slong n = 1, deltas = group[0].n;
    in[0] = group[0];
    for (slong r = 0; r < c->runs; r++)
        for (slong i = 0; i < c->length[r]; i++) {
            const ew_pairs *g = &group[c->at[r]];
            if (i < c->taken[r]) {
                in[n++] = *g;
                deltas += g->n;
            } else {
                for (slong k = 0; k < g->n; k++)
                    ew_pairs_add(&rest, g->p[k]);
            }
        }
    slong least = moment_order(deltas) > n - 1 ? moment_order(deltas) : n - 1;
    if (rest.n == 0 || least + moment_order(rest.n) > d->h->order)
        return EW_OK;
    slong id;
    const ew_graded *m;
    fmpz_t w;
    fmpz_init(w);
    ways(w, c);
    fmpz_neg(w, w);
    ew_status status = ew_delta_cumulant(&id, d, in, n, ctx);
    if (status == EW_OK)
        status = moment(&m, d, &rest, ctx);
    if (status == EW_OK)
        status = ew_graded_add_product(x, w, ew_delta_at(d, id), m, d->h->order, ctx);
    fmpz_clear(w);
    return status;
}

/* kappa(X_1, ..., X_m) = E[X_1 ... X_m] - sum over S with 1 in S, S not all, of kappa(X_S) E[X
 * of the others]. */
static ew_status fill_joint(ew_graded *x, ew_delta *d, const ew_pairs *group, slong groups,
                            ew_context *ctx)
{
    ew_pairs all = {0, {0}};
    ew_graded one = {0, 0, NULL};
    const ew_graded *m;
    choice c = {.runs = 0};
    fmpz unit = 1;
    for (slong b = 0; b < groups; b++) {
        for (slong k = 0; k < group[b].n; k++)
            ew_pairs_add(&all, group[b].p[k]);
        if (b > 1 && ew_pairs_compare(&group[b], &group[b - 1]) == 0)
            c.length[c.runs - 1]++;
        else if (b > 0)
            start_run(&c, b);
    }
    if (ew_pairs_odd(&all, d->h->fields))
        return EW_OK;
    ew_status status = moment(&m, d, &all, ctx);
    if (status == EW_OK)
        status = ew_graded_add_constant(&one, 1, ctx);
    if (status == EW_OK)
        status = ew_graded_add_product(x, &unit, m, &one, d->h->order, ctx);
    do
        if (status == EW_OK)
            status = subtract_split(x, d, group, &c, ctx);
    while (status == EW_OK && next_choice(&c));
    ew_graded_clear(&one);
    ew_graded_collect(x);
    return status;
}

ew_status ew_delta_cumulant(slong *id, ew_delta *d, ew_pairs *group, slong groups,
                            ew_context *ctx)
{
    ew_graded *fresh;
    ew_groups_normalise(NULL, group, groups, 0, d->h->fields);
    ew_status status = remember(id, &fresh, &d->joint, group, groups, ctx);
    if (status == EW_OK && fresh)
        status = fill_joint(fresh, d, group, groups, ctx);
    return status;
}
