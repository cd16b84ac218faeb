#include "chain/contraction.h"

#include <stdlib.h>

/* ---- connected diagrams -------------------------------------------------------------------
 */

/* Equal entries are one vertex, with the number of them left; the weight counts their choices.
 */
typedef struct {
    const ew_contraction_ring *r;
    const ew_fields *fields;
    slong vertices, leg[2][EW_MAX_PAIRS], left[EW_MAX_PAIRS], all;
    slong start;
    int path;
    ulong *exp;
    fmpq_mpoly_struct *out;
} diagrams;

static void contract(diagrams *d, slong a, slong b, int mean, ulong times)
{
    slong p = ew_pair_of(d->fields, a, b);
    d->exp[(mean ? d->r->h : d->r->q) + p] += times;
    d->exp[d->r->alpha2] += mean ? 0 : times;
}

static void go_on(diagrams *d, slong at, const fmpq_t weight);

/* Nothing is left: a path ends, its loose legs taking the mean, or a cycle closes. */
static void close_diagram(diagrams *d, slong at, const fmpq_t weight)
{
    contract(d, at, d->start, d->path, 1);
    fmpq_mpoly_push_term_fmpq_ui(d->out, weight, d->exp, d->r->ring);
    contract(d, at, d->start, d->path, (ulong) -1);
}

/* On to vertex v by its leg `side`, and away by the other. */
static void pass(diagrams *d, slong at, slong v, int side, const fmpq_t weight)
{
    contract(d, at, d->leg[side][v], 0, 1);
    go_on(d, d->leg[1 - side][v], weight);
    contract(d, at, d->leg[side][v], 0, (ulong) -1);
}

static void go_on(diagrams *d, slong at, const fmpq_t weight)
{
    if (d->all == 0) {
        close_diagram(d, at, weight);
        return;
    }
    fmpq_t w;
    fmpq_init(w);
    for (slong v = 0; v < d->vertices; v++) {
        if (d->left[v] == 0)
            continue;
        int same = d->leg[0][v] == d->leg[1][v];
        fmpq_mul_si(w, weight, (same ? 2 : 1) * d->left[v]--);
        d->all--;
        for (int side = 0; side < (same ? 1 : 2); side++)
            pass(d, at, v, side, w);
        d->left[v]++;
        d->all++;
    }
    fmpq_clear(w);
}

/* From vertex v, whose leg `side` is the start, through all others. */
static void begin(diagrams *d, slong v, int side, int path, const fmpq_t weight)
{
    fmpq_t w;
    fmpq_init(w);
    fmpq_mul_si(w, weight, path ? d->left[v] : 1);
    d->path = path;
    d->start = d->leg[side][v];
    d->left[v]--;
    d->all--;
    go_on(d, d->leg[1 - side][v], w);
    d->left[v]++;
    d->all++;
    fmpq_clear(w);
}

static void gather(diagrams *d, const ew_pairs *list)
{
    for (slong i = 0; i < list->n; i++) {
        if (i == 0 || list->p[i] != list->p[i - 1]) {
            slong v = d->vertices++;
            ew_pair_fields(&d->leg[0][v], &d->leg[1][v], d->fields, list->p[i]);
            d->left[v] = 0;
        }
        d->left[d->vertices - 1]++;
    }
    d->all = list->n;
}

/* A cycle passes the first entry once, and is walked in one direction; a path is met from both
 * of its ends. */
void ew_connected_diagrams(fmpq_mpoly_t out, const ew_contraction_ring *r, const ew_pairs *list,
                           const ew_fields *fields)
{
    diagrams d = {.r = r, .fields = fields, .out = out};
    fmpq_t weight;
    fmpq_init(weight);
    fmpq_one(weight);
    fmpq_mpoly_zero(out, r->ring);
    d.exp = flint_calloc((size_t) r->variables, sizeof *d.exp);
    gather(&d, list);
    begin(&d, 0, 0, 0, weight);
    fmpq_div_2exp(weight, weight, 1);
    for (slong v = 0; v < d.vertices; v++)
        for (int side = 0; side < 2; side++)
            begin(&d, v, side, 1, weight);
    flint_free(d.exp);
    fmpq_clear(weight);
    fmpq_mpoly_sort_terms(out, r->ring);
    fmpq_mpoly_combine_like_terms(out, r->ring);
}

/* ---- matchings ----------------------------------------------------------------------------
 */

void ew_contractions_clear(ew_contractions *all)
{
    ew_keys_clear(&all->keys);
    free(all->list);
    free(all->derivatives);
}

static ew_status add_list(ew_contractions *x, const ew_pairs *list, slong derivatives,
                          ew_context *ctx)
{
    slong id;
    int fresh;
    ew_status status = ew_keys_add(&id, &fresh, &x->keys, list->p, list->n, ctx);
    if (status == EW_OK && id >= x->room) {
        slong room = 2 * id + 16;
        ew_pairs *lists = ew_realloc(x->list, (size_t) room * sizeof *lists, ctx);
        x->list = lists ? lists : x->list;
        slong *more =
            lists ? ew_realloc(x->derivatives, (size_t) room * sizeof *more, ctx) : NULL;
        if (!more)
            return EW_MEMORY;
        x->derivatives = more;
        x->room = room;
    }
    if (status != EW_OK)
        return status;
    x->list[id] = *list;
    x->derivatives[id] = fresh ? derivatives : FLINT_MAX(x->derivatives[id], derivatives);
    return EW_OK;
}

/* Legs of one field are alike: how many there are. */
typedef struct {
    ew_contractions *out;
    const ew_fields *fields;
    slong derivatives, kinds, field[2 * EW_MAX_PAIRS], left[2 * EW_MAX_PAIRS];
    ew_pairs sofar;
    ew_context *ctx;
} matching;

static void gather_legs(matching *m, const ew_pairs *list)
{
    for (slong i = 0; i < 2 * list->n; i++) {
        slong leg[2], k = 0;
        ew_pair_fields(&leg[0], &leg[1], m->fields, list->p[i / 2]);
        while (k < m->kinds && m->field[k] != leg[i % 2])
            k++;
        if (k == m->kinds) {
            m->field[m->kinds++] = leg[i % 2];
            m->left[k] = 0;
        }
        m->left[k]++;
    }
}

/* Of the first kind that is left, one leg after the other, with partners in ascending order
 * from kind `from` on: every multiset of pairs comes once. */
static ew_status match(matching *m, slong kind, slong from)
{
    while (kind < m->kinds && m->left[kind] == 0)
        from = ++kind;
    if (kind == m->kinds)
        return add_list(m->out, &m->sofar, m->derivatives, m->ctx);
    ew_status status = ew_poll(m->ctx);
    m->left[kind]--;
    for (slong k = from; k < m->kinds && status == EW_OK; k++) {
        if (m->left[k] == 0)
            continue;
        ew_pairs before = m->sofar;
        m->left[k]--;
        ew_pairs_add(&m->sofar, ew_pair_of(m->fields, m->field[kind], m->field[k]));
        status = match(m, kind, k);
        m->sofar = before;
        m->left[k]++;
    }
    m->left[kind]++;
    return status;
}

static ew_status add_pairs(matching *m)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < m->kinds; i++)
        for (slong k = i; k < m->kinds && status == EW_OK; k++) {
            ew_pairs one = {1, {(int) ew_pair_of(m->fields, m->field[i], m->field[k])}};
            status = add_list(m->out, &one, m->derivatives, m->ctx);
        }
    return status;
}

ew_status ew_contractions_add(ew_contractions *all, const ew_pairs *list, slong derivatives,
                              int apart, const ew_fields *fields, ew_context *ctx)
{
    matching m = {.out = all, .fields = fields, .derivatives = derivatives, .ctx = ctx};
    gather_legs(&m, list);
    return apart ? add_pairs(&m) : match(&m, 0, 0);
}
