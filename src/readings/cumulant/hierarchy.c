#include "readings/cumulant/hierarchy.h"

#include <stdlib.h>

#include "chain/partition.h"
#include "readings/cumulant/delta.h"
#include "readings/cumulant/unknowns.h"

/* One term of a Taylor expansion in delta: coef * prod delta_by. */
typedef struct {
    ew_pairs by;
    fmpq_mpoly_struct coef;
} taylor_term;

/* kappa[f_list](G0 + delta), as far as the order needs it. */
typedef struct {
    ew_pairs list;
    slong n, room;
    taylor_term *term;
} taylor;

typedef struct {
    ew_hierarchy *h;
    slong *to; /* G -> G0, as a renaming of variables */
    slong taylors, room;
    taylor **expansion;
    ew_delta delta;
    ew_context *ctx;
} derivation;

/* ---- the law, and its point of expansion --------------------------------------------------
 */

static ew_status open_law(ew_hierarchy *h, ew_context *ctx)
{
    ew_status status = EW_MEMORY;
    ew_pairs *wanted = ew_alloc((size_t) h->unknowns * sizeof *wanted, ctx);
    const char **name = ew_alloc((size_t) h->unknowns * sizeof *name, ctx);
    if (wanted && name) {
        slong n = 0;
        for (slong i = 0; i < h->unknowns; i++) {
            name[i] = h->unknown[i].name;
            if (!i || ew_pairs_compare(&h->unknown[i].list, &h->unknown[i - 1].list) != 0)
                wanted[n++] = h->unknown[i].list;
        }
        status =
            ew_law_new(&h->law, h->fields, wanted, n, 2 * h->order, name, h->unknowns, ctx);
    }
    free(wanted);
    free(name);
    return status;
}

static ew_status point_of_expansion(derivation *d)
{
    const ew_law *law = d->h->law;
    d->to = ew_alloc((size_t) law->variables * sizeof *d->to, d->ctx);
    if (!d->to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        d->to[v] = v;
    for (slong p = 0; p < d->h->fields->pairs; p++) {
        ew_pairs one = {1, {p}};
        slong i = ew_hierarchy_find(d->h, &one, 0);
        if (law->cov[p] >= 0)
            d->to[law->cov[p]] = i < 0 ? -1 : law->extra + i;
    }
    return EW_OK;
}

/* ---- Taylor expansions --------------------------------------------------------------------
 */

static slong factorials(const ew_pairs *by)
{
    slong f = 1, run = 0;
    for (slong i = 0; i < by->n; i++) {
        run = i && by->p[i] == by->p[i - 1] ? run + 1 : 1;
        f *= run;
    }
    return f;
}

static ew_status add_taylor_term(derivation *d, taylor *t, const ew_pairs *by,
                                 const fmpq_mpoly_t f)
{
    const ew_law *law = d->h->law;
    fmpq_mpoly_t at;
    fmpq_mpoly_init(at, law->ring);
    ew_status status = ew_law_rename(at, f, d->to, law, d->ctx);
    if (status == EW_OK && !fmpq_mpoly_is_zero(at, law->ring)) {
        if (t->n == t->room) {
            slong room = t->room ? 2 * t->room : 16;
            taylor_term *more = ew_realloc(t->term, (size_t) room * sizeof *more, d->ctx);
            if (!more) {
                fmpq_mpoly_clear(at, law->ring);
                return EW_MEMORY;
            }
            t->term = more;
            t->room = room;
        }
        taylor_term *term = &t->term[t->n++];
        term->by = *by;
        fmpq_mpoly_init(&term->coef, law->ring);
        fmpq_mpoly_scalar_div_si(&term->coef, at, factorials(by), law->ring);
    }
    fmpq_mpoly_clear(at, law->ring);
    return status;
}

/* f is the derivative of kappa[f_list] by `by`; go on with pairs not before its last. */
static ew_status expand(derivation *d, taylor *t, ew_pairs *by, const fmpq_mpoly_t f,
                        slong degree)
{
    const ew_law *law = d->h->law;
    ew_status status = add_taylor_term(d, t, by, f);
    if (by->n == degree)
        return status;
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, law->ring);
    slong from = by->n ? by->p[by->n - 1] : 0;
    for (slong p = from; p < d->h->fields->pairs && status == EW_OK; p++) {
        status = ew_law_differentiate(g, f, p, law, d->ctx);
        if (status != EW_OK || fmpq_mpoly_is_zero(g, law->ring))
            continue;
        by->p[by->n++] = p;
        status = expand(d, t, by, g, degree);
        by->n--;
    }
    fmpq_mpoly_clear(g, law->ring);
    return status;
}

/* delta^j contributes from order ceil(j/2), and kappa[f_list] itself from order |list| - 1. */
static ew_status taylor_of(const taylor **out, derivation *d, const ew_pairs *list)
{
    for (slong i = 0; i < d->taylors; i++)
        if (ew_pairs_compare(&d->expansion[i]->list, list) == 0) {
            *out = d->expansion[i];
            return EW_OK;
        }
    if (d->taylors == d->room) {
        slong room = d->room ? 2 * d->room : 32;
        taylor **more = ew_realloc(d->expansion, (size_t) room * sizeof *more, d->ctx);
        if (!more)
            return EW_MEMORY;
        d->expansion = more;
        d->room = room;
    }
    taylor *t = ew_alloc_zero(1, sizeof *t, d->ctx);
    if (!t)
        return EW_MEMORY;
    t->list = *list;
    d->expansion[d->taylors++] = t;
    fmpq_mpoly_t f;
    ew_pairs by = {0, {0}};
    fmpq_mpoly_init(f, d->h->law->ring);
    ew_status status = ew_law_cumulant(f, d->h->law, list, d->ctx);
    if (status == EW_OK)
        status = expand(d, t, &by, f, 2 * (d->h->order - list->n + 1));
    fmpq_mpoly_clear(f, d->h->law->ring);
    *out = t;
    return status;
}

/* ---- law of total cumulance ---------------------------------------------------------------
 */

/* One partition of the list into blocks, and one choice of Taylor term for each. */
typedef struct {
    derivation *d;
    slong blocks, left; /* left: highest power of eps still allowed */
    slong shift;        /* power of eps (and r) of the conditional cumulants */
    const taylor *block[EW_MAX_PARTITION];
    ew_pairs by[EW_MAX_PARTITION];
    ew_series *sum;
} total;

static ew_status add_choice(total *t, const fmpq_mpoly_t coef)
{
    derivation *d = t->d;
    const ew_series *k;
    ew_status status = ew_delta_cumulant(&k, &d->delta, t->by, t->blocks, d->ctx);
    if (status == EW_OK)
        ew_series_add_product(t->sum, coef, k, t->shift, d->h);
    return status;
}

/* Choose a term for block b; `used` deltas are taken.  With several blocks a constant term
 * would make the joint cumulant vanish. */
static ew_status choose(total *t, slong b, slong used, const fmpq_mpoly_t coef)
{
    const ew_law *law = t->d->h->law;
    if (b == t->blocks)
        return add_choice(t, coef);
    ew_status status = EW_OK;
    fmpq_mpoly_t product;
    fmpq_mpoly_init(product, law->ring);
    for (slong i = 0; i < t->block[b]->n && status == EW_OK; i++) {
        const taylor_term *term = &t->block[b]->term[i];
        slong now = used + term->by.n;
        if (now > 2 * t->left || (t->blocks > 1 && term->by.n == 0))
            continue;
        t->by[b] = term->by;
        fmpq_mpoly_mul(product, coef, &term->coef, law->ring);
        status = choose(t, b + 1, now, product);
    }
    fmpq_mpoly_clear(product, law->ring);
    return status;
}

static ew_status add_partition(ew_series *sum, derivation *d, const ew_pairs *list,
                               const ew_partition *p)
{
    ew_status status = EW_OK;
    total t = {.d = d, .blocks = p->blocks, .shift = list->n - p->blocks, .sum = sum};
    t.left = d->h->order - t.shift;
    ew_pairs part[EW_MAX_PARTITION];
    for (slong b = 0; b < p->blocks; b++)
        part[b].n = 0;
    for (slong i = 0; i < list->n; i++)
        ew_pairs_add(&part[p->block[i]], list->p[i]);
    for (slong b = 0; b < p->blocks && status == EW_OK; b++)
        status = taylor_of(&t.block[b], d, &part[b]);
    if (status != EW_OK)
        return status;
    const ew_law *law = d->h->law;
    fmpq_mpoly_t ratio;
    fmpq_mpoly_init(ratio, law->ring);
    fmpq_mpoly_gen(ratio, EW_RATIO, law->ring);
    fmpq_mpoly_pow_ui(ratio, ratio, (ulong) t.shift, law->ring);
    status = choose(&t, 0, 0, ratio);
    fmpq_mpoly_clear(ratio, law->ring);
    return status;
}

/* kappa(Ghat'_p1, ...) = sum over partitions of kappa(kappa[f_block](Ghat) (r
 * eps)^(|block|-1)). */
static ew_status next_cumulant(ew_series *sum, derivation *d, const ew_pairs *list)
{
    ew_status status = EW_OK;
    ew_partition p;
    ew_series_zero(sum, d->h);
    ew_partition_first(&p, list->n);
    do
        status = add_partition(sum, d, list, &p);
    while (status == EW_OK && ew_partition_next(&p));
    return status;
}

static ew_status derive_all(derivation *d)
{
    ew_hierarchy *h = d->h;
    ew_status status = EW_OK;
    h->next = ew_alloc((size_t) h->unknowns * sizeof *h->next, d->ctx);
    if (!h->next)
        return EW_MEMORY;
    for (slong i = 0; i < h->unknowns; i++)
        fmpq_mpoly_init(&h->next[i], h->law->ring);
    ew_series sum;
    ew_series_init(&sum, h);
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++) {
        if (!i || ew_pairs_compare(&h->unknown[i].list, &h->unknown[i - 1].list) != 0)
            status = next_cumulant(&sum, d, &h->unknown[i].list);
        fmpq_mpoly_set(&h->next[i], &sum.c[h->unknown[i].order], h->law->ring);
        if (status == EW_OK)
            status = ew_poll(d->ctx);
        ew_progress(d->ctx, (double) (i + 1) / (double) h->unknowns, "deriving the recursion");
    }
    ew_series_clear(&sum, h);
    return status;
}

static void clear_derivation(derivation *d)
{
    for (slong i = 0; i < d->taylors; i++) {
        for (slong k = 0; k < d->expansion[i]->n; k++)
            fmpq_mpoly_clear(&d->expansion[i]->term[k].coef, d->h->law->ring);
        free(d->expansion[i]->term);
        free(d->expansion[i]);
    }
    free(d->expansion);
    free(d->to);
    ew_delta_clear(&d->delta);
}

static ew_status derive(ew_hierarchy *h, ew_context *ctx)
{
    derivation d = {.h = h, .ctx = ctx};
    ew_delta_init(&d.delta, h);
    ew_status status = point_of_expansion(&d);
    if (status == EW_OK)
        status = derive_all(&d);
    clear_derivation(&d);
    return status;
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_hierarchy_build(ew_hierarchy **out, slong order, ew_fields *fields,
                             const ew_contents *contents, ew_context *ctx)
{
    *out = NULL;
    ew_hierarchy *h = ew_alloc_zero(1, sizeof *h, ctx);
    if (!h) {
        ew_fields_free(fields);
        return EW_MEMORY;
    }
    h->order = order;
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
