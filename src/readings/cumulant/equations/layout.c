#include "readings/cumulant/equations/layout.h"

#include <stdlib.h>
#include <string.h>

ew_status ew_symbols_init(ew_symbols *s, const fmpq_mpoly_ctx_t ring, slong variables,
                          ew_context *ctx)
{
    size_t n = (size_t) variables;
    s->ring = ring;
    s->variables = variables;
    s->text = ew_alloc_zero(n, sizeof *s->text, ctx);
    s->latex = ew_alloc_zero(n, sizeof *s->latex, ctx);
    s->place = ew_alloc(n * sizeof *s->place, ctx);
    s->lead = ew_alloc_zero(n, 1, ctx);
    s->square = ew_alloc_zero(n, 1, ctx);
    if (!s->text || !s->latex || !s->place || !s->lead || !s->square)
        return EW_MEMORY;
    for (slong v = 0; v < variables; v++)
        s->place[v] = v;
    return EW_OK;
}

void ew_symbols_clear(ew_symbols *s)
{
    for (slong v = 0; v < s->variables; v++) {
        if (s->text)
            free(s->text[v]);
        if (s->latex)
            free(s->latex[v]);
    }
    free(s->text);
    free(s->latex);
    free(s->place);
    free(s->lead);
    free(s->square);
}

/* A term on its way into a group. */
typedef struct {
    slong index; /* in the polynomial, which is in the ring's order */
    slong first; /* the least index with the same key */
    slong rank;  /* of the key: 0 no leads, 1 own, 2 others */
    int negative;
    slong variables;
    const ulong *exp, *key; /* key: powers of the leads, 0 elsewhere */
} entry;

static int by_key(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    int c = memcmp(a->key, b->key, (size_t) a->variables * sizeof *a->key);
    return c ? c : (a->index > b->index) - (a->index < b->index);
}

static int by_place(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->negative != b->negative)
        return a->negative - b->negative;
    return (a->index > b->index) - (a->index < b->index);
}

static slong rank_of(const entry *e, slong own)
{
    ulong total = 0;
    for (slong v = 0; v < e->variables; v++)
        total += e->key[v];
    return total == 0 ? 0 : total == 1 && own >= 0 && e->key[own] == 1 ? 1 : 2;
}

/* Read f into entries, sorted into place; exp and key have room for all. */
static void sort_terms(entry *e, ulong *exp, ulong *key, const fmpq_mpoly_t f,
                       const ew_symbols *s, slong own)
{
    slong n = s->variables, terms = fmpq_mpoly_length(f, s->ring);
    fmpq_t c;
    fmpq_init(c);
    for (slong t = 0; t < terms; t++) {
        fmpq_mpoly_get_term_exp_ui(exp + t * n, f, t, s->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, s->ring);
        for (slong v = 0; v < n; v++)
            key[t * n + v] = s->lead[v] ? exp[t * n + v] : 0;
        e[t] = (entry){t, t, 0, fmpq_sgn(c) < 0, n, exp + t * n, key + t * n};
        e[t].rank = rank_of(&e[t], own);
    }
    fmpq_clear(c);
    qsort(e, (size_t) terms, sizeof *e, by_key);
    for (slong t = 1; t < terms; t++)
        if (memcmp(e[t].key, e[t - 1].key, (size_t) n * sizeof *key) == 0)
            e[t].first = e[t - 1].first;
    qsort(e, (size_t) terms, sizeof *e, by_place);
}

static int is_bare(const ulong *exp, slong n)
{
    for (slong v = 0; v < n; v++)
        if (exp[v])
            return 0;
    return 1;
}

/* Take out of the terms [from, to) what they have in common, as the next group. */
static void close_group(ew_layout *x, slong from, slong to)
{
    slong n = x->variables;
    ulong *common = x->common + x->groups * n;
    fmpq *scale = x->scale + x->groups;
    memcpy(common, x->exp + from * n, (size_t) n * sizeof *common);
    fmpq_set(scale, x->coef + from);
    for (slong t = from + 1; t < to; t++) {
        fmpq_gcd(scale, scale, x->coef + t);
        for (slong v = 0; v < n; v++)
            common[v] = FLINT_MIN(common[v], x->exp[t * n + v]);
    }
    if (fmpq_sgn(scale) != fmpq_sgn(x->coef + from))
        fmpq_neg(scale, scale);
    for (slong t = from; t < to; t++) {
        fmpq_div(x->coef + t, x->coef + t, scale);
        for (slong v = 0; v < n; v++)
            x->exp[t * n + v] -= common[v];
    }
    x->groups++;
    x->first[x->groups] = to;
}

/* A group if something can be taken out, else its terms one by one. */
static void add_group(ew_layout *x, slong from, slong to)
{
    slong n = x->variables;
    ulong *common = x->common + x->groups * n;
    memcpy(common, x->exp + from * n, (size_t) n * sizeof *common);
    for (slong t = from + 1; t < to; t++)
        for (slong v = 0; v < n; v++)
            common[v] = FLINT_MIN(common[v], x->exp[t * n + v]);
    if (!is_bare(common, n)) {
        close_group(x, from, to);
        return;
    }
    for (slong t = from; t < to; t++)
        close_group(x, t, t + 1);
}

static void fill(ew_layout *x, const entry *e, const fmpq_mpoly_t f, const ew_symbols *s)
{
    slong n = x->variables, from = 0;
    for (slong t = 0; t < x->terms; t++) {
        fmpq_mpoly_get_term_coeff_fmpq(x->coef + t, f, e[t].index, s->ring);
        memcpy(x->exp + t * n, e[t].exp, (size_t) n * sizeof *x->exp);
    }
    for (slong t = 1; t <= x->terms; t++) {
        if (t < x->terms && e[t].first == e[from].first)
            continue;
        add_group(x, from, t);
        from = t;
    }
}

static int make_room(ew_layout *x, ew_context *ctx)
{
    size_t terms = (size_t) x->terms, n = (size_t) x->variables;
    x->first = ew_alloc_zero(terms + 1, sizeof *x->first, ctx);
    x->common = ew_alloc_zero(terms * n, sizeof *x->common, ctx);
    x->exp = ew_alloc_zero(terms * n, sizeof *x->exp, ctx);
    x->scale = _fmpq_vec_init(x->terms);
    x->coef = _fmpq_vec_init(x->terms);
    return x->first && x->common && x->exp;
}

ew_status ew_layout_new(ew_layout **out, const fmpq_mpoly_t f, const ew_symbols *s, slong own,
                        ew_context *ctx)
{
    slong terms = fmpq_mpoly_length(f, s->ring);
    size_t size = (size_t) (terms * s->variables);
    *out = NULL;
    ew_layout *x = ew_alloc_zero(1, sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    x->variables = s->variables;
    x->terms = terms;
    entry *e = ew_alloc((size_t) terms * sizeof *e, ctx);
    ulong *exp = ew_alloc(2 * size * sizeof *exp, ctx);
    int ok = make_room(x, ctx) && e && exp;
    if (ok) {
        sort_terms(e, exp, exp + size, f, s, own);
        fill(x, e, f, s);
    }
    free(e);
    free(exp);
    if (!ok) {
        ew_layout_free(x);
        return EW_MEMORY;
    }
    *out = x;
    return EW_OK;
}

void ew_layout_free(ew_layout *x)
{
    if (!x)
        return;
    _fmpq_vec_clear(x->scale, x->terms);
    _fmpq_vec_clear(x->coef, x->terms);
    free(x->first);
    free(x->common);
    free(x->exp);
    free(x);
}
