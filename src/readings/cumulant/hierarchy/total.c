#include "readings/cumulant/hierarchy/total.h"

#include <stdlib.h>
#include <string.h>

#include "chain/terms.h"

/* kappa(Ghat'_p1, ...) = sum over partitions of kappa(c_block(Ghat)), c_block the conditional
 * cumulants, in powers of r eps = 1/n_l.  Every c_block is a sum over Taylor terms.  Partitions
 * and choices of terms that a permutation of the tangents or of equal entries turns into each
 * other are counted, not repeated: the work is done once for each product of coefficients and
 * each cumulant of deltas. */
typedef struct {
    ew_derivation *d;
    const ew_pairs *list;
    ew_context *ctx;
    ew_keys partitions; /* blocks */
    fmpz *times;        /* [partition] */
    slong times_room;
    ew_keys products; /* coefficients ascending, then the cumulant of deltas */
    fmpz *weight;     /* [product] */
    slong weight_room;
} total;

/* x[id] += w, x[0..*room) being zero beyond what was added to. */
static ew_status count(fmpz **x, slong *room, slong id, const fmpz_t w, ew_context *ctx)
{
    if (id >= *room) {
        slong more = 2 * id + 16;
        fmpz *y = ew_realloc(*x, (size_t) more * sizeof *y, ctx);
        if (!y)
            return EW_MEMORY;
        memset(y + *room, 0, (size_t) (more - *room) * sizeof *y);
        *x = y;
        *room = more;
    }
    fmpz_add(*x + id, *x + id, w);
    return EW_OK;
}

static void clear_counts(fmpz *x, slong room)
{
    for (slong i = 0; i < room; i++)
        fmpz_clear(x + i);
    free(x);
}

/* ---- partitions ---------------------------------------------------------------------------
 */

static ew_status add_partition(total *t, const ew_pairs *block, slong blocks, const fmpz_t w)
{
    ew_pairs own[EW_MAX_GROUPS];
    int key[EW_MAX_KEY];
    slong id;
    int fresh;
    memcpy(own, block, (size_t) blocks * sizeof *own);
    ew_groups_normalise(NULL, own, blocks, 0, t->d->h->fields);
    ew_status status =
        ew_keys_add(&id, &fresh, &t->partitions, key, ew_groups_key(key, own, blocks), t->ctx);
    return status == EW_OK ? count(&t->times, &t->times_room, id, w, t->ctx) : status;
}

static ew_status partitions_of(total *t, const ew_pairs *rest, ew_pairs *block, slong blocks,
                               const fmpz_t w);

/* Decide about rest->p[i], ...: into the block of the first entry or left for later ones.  Of m
 * equal entries any number k goes in, binomial(m, k) ways. */
static ew_status fill_block(total *t, const ew_pairs *rest, slong i, ew_pairs *later,
                            ew_pairs *block, slong blocks, const fmpz_t w)
{
    if (i == rest->n)
        return partitions_of(t, later, block, blocks + 1, w);
    slong m = 1;
    while (i + m < rest->n && rest->p[i + m] == rest->p[i])
        m++;
    ew_status status = EW_OK;
    fmpz_t more;
    fmpz_init(more);
    for (slong k = 0; k <= m && status == EW_OK; k++) {
        ew_pairs in = block[blocks], out = *later;
        for (slong e = 0; e < m; e++)
            ew_pairs_add(e < k ? &block[blocks] : &out, rest->p[i]);
        fmpz_bin_uiui(more, (ulong) m, (ulong) k);
        fmpz_mul(more, more, w);
        status = fill_block(t, rest, i + m, &out, block, blocks, more);
        block[blocks] = in;
    }
    fmpz_clear(more);
    return status;
}

static ew_status partitions_of(total *t, const ew_pairs *rest, ew_pairs *block, slong blocks,
                               const fmpz_t w)
{
    if (rest->n == 0)
        return add_partition(t, block, blocks, w);
    ew_pairs later = {0, {0}};
    block[blocks] = (ew_pairs){1, {rest->p[0]}};
    return fill_block(t, rest, 1, &later, block, blocks, w);
}

/* ---- choices of Taylor terms --------------------------------------------------------------
 */

typedef struct {
    total *t;
    slong blocks, most; /* most: deltas the order has room for */
    const ew_pairs *block;
    const ew_taylor *expansion[EW_MAX_GROUPS];
    slong chosen[EW_MAX_GROUPS];
    const fmpz *times;
} selection;

static int same_block(const selection *s, slong b)
{
    return b > 0 && ew_pairs_compare(&s->block[b], &s->block[b - 1]) == 0;
}

/* Equal blocks take their terms in ascending order: in how many orders could they. */
static void orders(fmpz_t w, const selection *s)
{
    slong run = 0, equal = 0;
    fmpz_set(w, s->times);
    for (slong b = 0; b < s->blocks; b++) {
        run = same_block(s, b) ? run + 1 : 1;
        equal = run > 1 && s->chosen[b] == s->chosen[b - 1] ? equal + 1 : 1;
        fmpz_mul_si(w, w, run);
        fmpz_divexact_si(w, w, equal);
    }
}

static int ascending(const void *x, const void *y)
{
    return (*(const int *) x > *(const int *) y) - (*(const int *) x < *(const int *) y);
}

static ew_status add_choice(selection *s)
{
    ew_derivation *d = s->t->d;
    ew_pairs by[EW_MAX_GROUPS];
    int key[EW_MAX_GROUPS + 1];
    slong cumulant, id;
    int fresh;
    for (slong b = 0; b < s->blocks; b++) {
        const ew_taylor_term *term = &s->expansion[b]->term[s->chosen[b]];
        by[b] = term->by;
        key[b] = (int) term->coefficient;
    }
    ew_status status = ew_delta_cumulant(&cumulant, &d->delta, by, s->blocks, s->t->ctx);
    if (status != EW_OK || ew_delta_at(&d->delta, cumulant)->n == 0)
        return status;
    qsort(key, (size_t) s->blocks, sizeof *key, ascending);
    key[s->blocks] = (int) cumulant;
    status = ew_keys_add(&id, &fresh, &s->t->products, key, s->blocks + 1, s->t->ctx);
    if (status != EW_OK)
        return status;
    fmpz_t w;
    fmpz_init(w);
    orders(w, s);
    status = count(&s->t->weight, &s->t->weight_room, id, w, s->t->ctx);
    fmpz_clear(w);
    return status;
}

/* Choose a term for block b; `used` deltas are taken, a grade counting as two.  With several
 * blocks a constant term would make the joint cumulant vanish, so the later ones take one delta
 * each at least. */
static ew_status choose(selection *s, slong b, slong used, ulong parity)
{
    if (b == s->blocks)
        return parity ? EW_OK : add_choice(s);
    ew_status status = EW_OK;
    slong from = same_block(s, b) ? s->chosen[b - 1] : 0;
    for (slong i = from; i < s->expansion[b]->n && status == EW_OK; i++) {
        const ew_taylor_term *term = &s->expansion[b]->term[i];
        if (s->blocks > 1 && term->by.n == 0)
            continue;
        slong room = used + term->by.n + 2 * term->grade;
        if (room + s->blocks - b - 1 > s->most)
            break;
        s->chosen[b] = i;
        status = choose(s, b + 1, room, parity ^ term->parity);
    }
    return status;
}

static ew_status choices_of(total *t, slong partition)
{
    ew_pairs block[EW_MAX_GROUPS];
    selection s = {.t = t, .block = block, .times = t->times + partition};
    slong length;
    const int *key = ew_keys_at(&length, &t->partitions, partition);
    ew_groups_of_key(block, &s.blocks, key, length);
    s.most = 2 * (t->d->h->order - (t->list->n - s.blocks));
    ew_status status = EW_OK;
    for (slong b = 0; b < s.blocks && status == EW_OK; b++)
        status = ew_taylors_of(&s.expansion[b], &t->d->taylors, &block[b], t->ctx);
    return status == EW_OK ? choose(&s, 0, 0, 0) : status;
}

/* ---- the sum ------------------------------------------------------------------------------
 */

/* One product of coefficients after the other, their common beginnings multiplied once. */
typedef struct {
    total *t;
    ew_terms next[EW_MAX_ORDER + 1];             /* by power of eps */
    fmpq_mpoly_struct prefix[EW_MAX_GROUPS + 1]; /* [k]: of the first k coefficients */
    const int *key;                              /* whose prefixes these are */
    slong known;
    ew_graded sum; /* of the cumulants of deltas, weighted */
    ulong *exp;
    int *factor;
    slong factor_room;
    slong collected; /* terms when like ones were last brought together */
} summation;

static void open_summation(summation *s, total *t, ulong *exp)
{
    memset(s, 0, sizeof *s);
    s->t = t;
    s->exp = exp;
    for (slong k = 0; k <= EW_MAX_GROUPS; k++)
        fmpq_mpoly_init(&s->prefix[k], t->d->h->law->ring);
    fmpq_mpoly_one(&s->prefix[0], t->d->h->law->ring);
}

static void close_summation(summation *s)
{
    for (slong k = 0; k <= EW_MAX_GROUPS; k++)
        fmpq_mpoly_clear(&s->prefix[k], s->t->d->h->law->ring);
    for (slong j = 0; j <= EW_MAX_ORDER; j++)
        ew_terms_clear(&s->next[j]);
    ew_graded_clear(&s->sum);
    free(s->factor);
}

static void multiply_prefixes(summation *s, const int *key, slong blocks)
{
    const ew_law *law = s->t->d->h->law;
    slong k = 0;
    while (k < s->known && k < blocks && s->key[k] == key[k])
        k++;
    for (; k < blocks; k++)
        fmpq_mpoly_mul(&s->prefix[k + 1], &s->prefix[k], &s->t->d->taylors.coefficient[key[k]],
                       law->ring);
    s->key = key;
    s->known = blocks;
}

/* next += c times the n factors times the sum of cumulants. */
static ew_status add_terms(summation *s, const fmpq_t c, slong n, slong shift)
{
    const ew_hierarchy *h = s->t->d->h;
    ew_status status = EW_OK;
    int unknown[EW_MAX_ORDER];
    fmpq_t w;
    fmpq_init(w);
    for (slong k = 0; k < s->sum.n && status == EW_OK; k++) {
        const ew_graded_term *g = &s->sum.t[k];
        if (g->grade + shift > h->order)
            continue;
        for (slong e = 0; e < g->n; e++)
            unknown[e] = (int) h->law->extra + g->v[e];
        fmpq_mul_fmpz(w, c, &g->c);
        status =
            ew_terms_add(&s->next[g->grade + shift], w, s->factor, n, unknown, g->n, s->t->ctx);
    }
    fmpq_clear(w);
    return status;
}

/* s->factor = the factors of term i of the product and of r^shift; their number in *n. */
static ew_status read_factors(slong *n, summation *s, const fmpq_mpoly_t product, slong i,
                              slong shift)
{
    const ew_law *law = s->t->d->h->law;
    fmpq_mpoly_get_term_exp_ui(s->exp, product, i, law->ring);
    if (law->per_width >= 0)
        s->exp[law->per_width] += (ulong) shift;
    *n = ew_terms_factors(s->factor, s->factor_room, s->exp, law->variables);
    if (*n <= s->factor_room)
        return EW_OK;
    int *more = ew_realloc(s->factor, (size_t) *n * sizeof *more, s->t->ctx);
    if (!more)
        return EW_MEMORY;
    s->factor = more;
    s->factor_room = *n;
    ew_terms_factors(s->factor, s->factor_room, s->exp, law->variables);
    return EW_OK;
}

static ew_status add_product(summation *s, slong blocks)
{
    const ew_law *law = s->t->d->h->law;
    const fmpq_mpoly_struct *product = &s->prefix[blocks];
    slong terms = fmpq_mpoly_length(product, law->ring), shift = 0, n;
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    for (slong k = 0; k < blocks; k++)
        shift += s->t->d->taylors.power[s->key[k]];
    for (slong i = 0; i < terms && status == EW_OK; i++) {
        status = read_factors(&n, s, product, i, shift);
        fmpq_mpoly_get_term_coeff_fmpq(c, product, i, law->ring);
        if (status == EW_OK)
            status = add_terms(s, c, n, shift);
    }
    fmpq_clear(c);
    return status;
}

/* Exponents are packed, eight bits each as a rule. */
static double term_bytes(const ew_law *law)
{
    return 16 + (double) law->variables;
}

static slong terms_of(const summation *s)
{
    slong terms = 0;
    for (slong j = 0; j <= s->t->d->h->order; j++)
        terms += s->next[j].n;
    return terms;
}

/* Like terms come together whenever their number has doubled. */
static ew_status check_size(summation *s)
{
    const ew_hierarchy *h = s->t->d->h;
    ew_status status = EW_OK;
    if (terms_of(s) > 2 * s->collected + 100000) {
        for (slong j = 0; j <= h->order && status == EW_OK; j++)
            status = ew_terms_collect(&s->next[j], s->t->ctx);
        s->collected = terms_of(s);
    }
    if (status != EW_OK)
        return status;
    if (s->t->d->bytes + (double) terms_of(s) * term_bytes(h->law) > EW_DERIVATION_BYTES)
        return ew_fail(s->t->ctx, EW_UNABLE,
                       "order %ld: the recursion of these fields takes more than %.0f GB, the "
                       "limit: ask for a lower order or for fewer fields",
                       (long) h->order, EW_DERIVATION_BYTES / 1e9);
    return ew_poll(s->t->ctx);
}

/* All terms with the same coefficients are there. */
static ew_status flush(summation *s, const int *key, slong blocks)
{
    ew_graded_collect(&s->sum);
    multiply_prefixes(s, key, blocks);
    ew_status status = add_product(s, blocks);
    ew_graded_clear(&s->sum);
    return status == EW_OK ? check_size(s) : status;
}

static ew_status add_cumulant(summation *s, const int *key, slong blocks, const fmpz_t w)
{
    ew_graded one = {0, 0, NULL};
    ew_status status = ew_graded_add_constant(&one, 1, s->t->ctx);
    if (status == EW_OK)
        status = ew_graded_add_product(&s->sum, w, ew_delta_at(&s->t->d->delta, key[blocks]),
                                       &one, s->t->d->h->order, s->t->ctx);
    ew_graded_clear(&one);
    return status;
}

typedef struct {
    const int *key;
    slong length, id;
} product;

static int by_key(const void *x, const void *y)
{
    const product *a = x, *b = y;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    for (slong i = 0; i < a->length; i++)
        if (a->key[i] != b->key[i])
            return a->key[i] < b->key[i] ? -1 : 1;
    return 0;
}

static int same_coefficients(const product *x, const product *y)
{
    return x->length == y->length &&
           memcmp(x->key, y->key, (size_t) (x->length - 1) * sizeof *x->key) == 0;
}

static ew_status sum_products(summation *s, const product *p, slong n)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        slong blocks = p[i].length - 1;
        status = add_cumulant(s, p[i].key, blocks, s->t->weight + p[i].id);
        if (status == EW_OK && (i + 1 == n || !same_coefficients(&p[i], &p[i + 1])))
            status = flush(s, p[i].key, blocks);
    }
    return status;
}

static ew_status sum_up(fmpq_mpoly_struct *next, total *t)
{
    const ew_hierarchy *h = t->d->h;
    slong n = t->products.n;
    ew_status status = EW_MEMORY;
    product *p = ew_alloc((size_t) (n + 1) * sizeof *p, t->ctx);
    ulong *exp = ew_alloc((size_t) h->law->variables * sizeof *exp, t->ctx);
    if (p && exp) {
        summation s;
        for (slong i = 0; i < n; i++) {
            p[i].key = ew_keys_at(&p[i].length, &t->products, i);
            p[i].id = i;
        }
        if (n)
            qsort(p, (size_t) n, sizeof *p, by_key);
        open_summation(&s, t, exp);
        status = sum_products(&s, p, n);
        for (slong j = 0; j <= h->order && status == EW_OK; j++) {
            status =
                ew_terms_sum(&next[j], &s.next[j], h->law->variables, h->law->ring, t->ctx);
            t->d->bytes += (double) s.next[j].n * term_bytes(h->law);
        }
        close_summation(&s);
    }
    free(p);
    free(exp);
    return status;
}

ew_status ew_total_cumulant(fmpq_mpoly_struct *next, ew_derivation *d, const ew_pairs *list,
                            ew_context *ctx)
{
    total t = {.d = d, .list = list, .ctx = ctx};
    ew_pairs block[EW_MAX_GROUPS] = {{0, {0}}};
    fmpz one = 1;
    ew_status status = partitions_of(&t, list, block, 0, &one);
    for (slong i = 0; i < t.partitions.n && status == EW_OK; i++)
        status = choices_of(&t, i);
    if (status == EW_OK)
        status = sum_up(next, &t);
    clear_counts(t.times, t.times_room);
    clear_counts(t.weight, t.weight_room);
    ew_keys_clear(&t.partitions);
    ew_keys_clear(&t.products);
    return status;
}
