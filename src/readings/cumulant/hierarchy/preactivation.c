#include "readings/cumulant/hierarchy/preactivation.h"

#include <stdlib.h>
#include <string.h>

#include "chain/frame.h"
#include "chain/partition.h"

/* kappa(z_1, ..., z_n) = sum over partitions of kappa(kappa(z_B | Ghat), B a block).  Given
 * Ghat two entries of one neuron have the cumulant Ghat_p; more of them one that Gaussian rows
 * lack and that is a polynomial in Q = Ghat - C_b for rows of a frame.  With Ghat_p = K_p +
 * delta_p every product of them is a sum over the entries that fluctuate. */

#define MOST_BLOCKS (EW_PREACTIVATION_MOST / 2)
#define MOST_FACTORS 64

typedef struct {
    ew_preactivations *p;
    ew_terms *c;
    slong blocks;
    ew_terms kappa[MOST_BLOCKS]; /* of a block given Ghat, in chain/frame.h's symbols */
    int of_two[MOST_BLOCKS];     /* ... of two entries: Ghat itself */
    const ew_terms_entry *term[MOST_BLOCKS]; /* the one chosen */
    ew_pairs delta[MOST_BLOCKS];             /* its factors that fluctuate */
    slong inverses;                          /* the power of 1/N chosen */
    slong factors;                           /* and the constants beside it */
    int factor[MOST_FACTORS];
    fmpq_t weight;
    ew_context *ctx;
} expansion;

ew_status ew_preactivations_init(ew_preactivations *p, const ew_hierarchy *h, ew_context *ctx)
{
    *p = (ew_preactivations){.h = h};
    ew_delta_init(&p->delta, h);
    return h->ensemble == EW_ENSEMBLE_ORTHOGONAL ? ew_haar_new(&p->haar, h->order, ctx) : EW_OK;
}

void ew_preactivations_clear(ew_preactivations *p)
{
    ew_delta_clear(&p->delta);
    ew_haar_free(p->haar);
}

static int ascending(const void *x, const void *y)
{
    return (*(const int *) x > *(const int *) y) - (*(const int *) x < *(const int *) y);
}

/* The constants times the joint cumulant of the products of deltas; 1/N = r q/n. */
static ew_status add_deltas(expansion *x)
{
    const ew_hierarchy *h = x->p->h;
    ew_pairs group[MOST_BLOCKS];
    slong id;
    for (slong b = 0; b < x->blocks; b++) {
        group[b] = x->delta[b];
        if (group[b].n == 0 && x->blocks > 1)
            return EW_OK;
    }
    ew_status status = ew_delta_cumulant(&id, &x->p->delta, group, x->blocks, x->ctx);
    if (status != EW_OK)
        return status;
    const ew_graded *g = ew_delta_at(&x->p->delta, id);
    int factor[MOST_FACTORS + 2 * EW_MAX_ORDER + EW_MAX_ORDER];
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < g->n && status == EW_OK; i++) {
        slong n = x->factors, order = g->t[i].grade + x->inverses;
        if (order > h->order)
            continue;
        memcpy(factor, x->factor, (size_t) n * sizeof *factor);
        for (slong e = 0; e < x->inverses; e++) {
            factor[n++] = EW_RATIO;
            factor[n++] = EW_SHARE;
        }
        for (slong e = 0; e < g->t[i].n; e++)
            factor[n++] = (int) h->law->extra + g->t[i].v[e];
        qsort(factor, (size_t) n, sizeof *factor, ascending);
        fmpq_mul_fmpz(c, x->weight, &g->t[i].c);
        status = ew_terms_add(x->c + order, c, factor, n, NULL, 0, x->ctx);
    }
    fmpq_clear(c);
    return status;
}

/* Factor `at` of block b: delta_p, K_p, or (of a frame's rows) -C_b. */
static ew_status expand_factor(expansion *x, slong b, slong at)
{
    if (b == x->blocks)
        return add_deltas(x);
    if (at == x->term[b]->n)
        return expand_factor(x, b + 1, 0);
    const ew_hierarchy *h = x->p->h;
    int symbol = x->kappa[b].pool[x->term[b]->at + (size_t) at];
    if (symbol == EW_FRAME_INVERSE)
        return expand_factor(x, b, at + 1);
    ew_pairs mean = {1, {symbol - EW_FRAME_PAIR}}, *delta = &x->delta[b], before = *delta;
    ew_pairs_add(delta, mean.p[0]);
    ew_status status = expand_factor(x, b, at + 1);
    *delta = before;
    x->factor[x->factors++] = (int) (h->law->extra + ew_hierarchy_find(h, &mean, 0));
    if (status == EW_OK)
        status = expand_factor(x, b, at + 1);
    if (status == EW_OK && !x->of_two[b]) {
        x->factor[x->factors - 1] = EW_CB_BEFORE;
        fmpq_neg(x->weight, x->weight);
        status = expand_factor(x, b, at + 1);
        fmpq_neg(x->weight, x->weight);
    }
    x->factors--;
    return status;
}

/* A term of every block's cumulant given Ghat. */
static ew_status choose_terms(expansion *x, slong b)
{
    if (b == x->blocks)
        return expand_factor(x, 0, 0);
    ew_status status = EW_OK;
    fmpq_t weight;
    fmpq_init(weight);
    fmpq_set(weight, x->weight);
    for (slong i = 0; i < x->kappa[b].n && status == EW_OK; i++) {
        slong inverses = 0;
        x->term[b] = &x->kappa[b].t[i];
        for (slong k = 0; k < x->term[b]->n; k++)
            inverses += x->kappa[b].pool[x->term[b]->at + (size_t) k] == EW_FRAME_INVERSE;
        fmpq_mul(x->weight, weight, &x->term[b]->c);
        x->inverses += inverses;
        if (x->inverses + x->blocks - 1 <= x->p->h->order)
            status = choose_terms(x, b + 1);
        x->inverses -= inverses;
    }
    fmpq_set(x->weight, weight);
    fmpq_clear(weight);
    return status;
}

/* kappa(z of the block | Ghat). */
static ew_status given_ghat(expansion *x, slong b, const slong *neuron, const slong *field,
                            slong n)
{
    const ew_fields *f = x->p->h->fields;
    x->of_two[b] = n == 2;
    if (n > 2)
        return x->p->haar
                   ? ew_frame_cumulant(&x->kappa[b], x->p->haar, neuron, field, n, f, x->ctx)
                   : EW_OK;
    int symbol = EW_FRAME_PAIR + (int) ew_pair_of(f, field[0], field[1]);
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    ew_status status = EW_OK;
    if (neuron[0] == neuron[1])
        status = ew_terms_add(&x->kappa[b], one, &symbol, 1, NULL, 0, x->ctx);
    fmpq_clear(one);
    return status;
}

/* Blocks of odd size have no cumulant: rows are symmetric. */
static int even_blocks(const ew_partition *p)
{
    slong size[EW_PREACTIVATION_MOST] = {0};
    for (slong i = 0; i < p->n; i++)
        size[p->block[i]]++;
    for (slong b = 0; b < p->blocks; b++)
        if (size[b] % 2)
            return 0;
    return 1;
}

static ew_status add_partition(ew_terms *c, ew_preactivations *p, const slong *neuron,
                               const slong *field, const ew_partition *blocks, ew_context *ctx)
{
    expansion x = {.p = p, .c = c, .blocks = blocks->blocks, .ctx = ctx};
    ew_status status = EW_OK;
    if (!even_blocks(blocks) || blocks->blocks - 1 > p->h->order)
        return EW_OK;
    fmpq_init(x.weight);
    fmpq_one(x.weight);
    for (slong b = 0; b < x.blocks && status == EW_OK; b++) {
        slong n = 0, own_neuron[EW_PREACTIVATION_MOST], own_field[EW_PREACTIVATION_MOST];
        for (slong i = 0; i < blocks->n; i++)
            if (blocks->block[i] == b) {
                own_neuron[n] = neuron[i];
                own_field[n++] = field[i];
            }
        status = given_ghat(&x, b, own_neuron, own_field, n);
    }
    if (status == EW_OK)
        status = choose_terms(&x, 0);
    for (slong b = 0; b < x.blocks; b++)
        ew_terms_clear(&x.kappa[b]);
    fmpq_clear(x.weight);
    return status;
}

ew_status ew_preactivation_cumulant(ew_terms *c, ew_preactivations *p, const slong *neuron,
                                    const slong *input, slong n, ew_context *ctx)
{
    ew_partition blocks;
    slong field[EW_PREACTIVATION_MOST];
    if (n < 2 || n > EW_PREACTIVATION_MOST || n % 2)
        return ew_fail(ctx, EW_UNABLE, "a cumulant of %ld preactivations", (long) n);
    for (slong i = 0; i < n; i++)
        field[i] = input[i] * p->h->fields->sets;
    ew_partition_first(&blocks, n);
    ew_status status = EW_OK;
    do
        status = add_partition(c, p, neuron, field, &blocks, ctx);
    while (status == EW_OK && ew_partition_next(&blocks));
    for (slong j = 0; j <= p->h->order && status == EW_OK; j++)
        status = ew_terms_collect(c + j, ctx);
    return status;
}
