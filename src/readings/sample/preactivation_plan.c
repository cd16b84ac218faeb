#include "readings/sample/preactivation_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_INPUTS_OF_SIX 3

/* ---- lists --------------------------------------------------------------------------------
 */

static void sort(slong *x, slong n)
{
    for (slong i = 1; i < n; i++)
        for (slong j = i; j > 0 && x[j] < x[j - 1]; j--) {
            slong swap = x[j];
            x[j] = x[j - 1];
            x[j - 1] = swap;
        }
}

/* Room for one more entry of `size` bytes. */
static ew_status grow(void **list, slong n, slong *room, size_t size, ew_context *ctx)
{
    if (n < *room)
        return EW_OK;
    slong more = *room ? 2 * *room : 32;
    void *longer = ew_realloc(*list, (size_t) more * size, ctx);
    if (!longer)
        return EW_MEMORY;
    *list = longer;
    *room = more;
    return EW_OK;
}

static int same_product(const ew_neuron_product *x, const ew_neuron_product *y)
{
    return x->n == y->n && memcmp(x->input, y->input, (size_t) x->n * sizeof *x->input) == 0;
}

/* Its number, or -1. */
static slong find_product(const ew_preactivation_plan *p, ew_neuron_product x)
{
    slong i = 0;
    sort(x.input, x.n);
    while (i < p->products && !same_product(&p->product[i], &x))
        i++;
    return i < p->products ? i : -1;
}

/* The number of a set in a list; it is added where it is new. */
static ew_status find_set(slong *at, ew_number_set **list, slong *n, slong *room,
                          ew_number_set x, ew_context *ctx)
{
    sort(x.of, x.n);
    for (*at = 0; *at < *n; ++*at)
        if ((*list)[*at].n == x.n &&
            memcmp((*list)[*at].of, x.of, (size_t) x.n * sizeof *x.of) == 0)
            return EW_OK;
    ew_status status = grow((void **) list, *n, room, sizeof **list, ctx);
    if (status == EW_OK)
        (*list)[(*n)++] = x;
    return status;
}

static ew_status find_block(slong *at, ew_preactivation_plan *p, const ew_number_set *x,
                            ew_context *ctx)
{
    return find_set(at, &p->block, &p->blocks, &p->blocks_room, *x, ctx);
}

static ew_status find_cell(slong *at, ew_preactivation_plan *p, const ew_number_set *x,
                           ew_context *ctx)
{
    return find_set(at, &p->cell, &p->cells, &p->cells_room, *x, ctx);
}

/* All ascending lists of n inputs. */
static ew_status list_products(ew_preactivation_plan *p, ew_neuron_product *x, slong n,
                               ew_context *ctx)
{
    if (x->n == n) {
        ew_status status = grow((void **) &p->product, p->products, &p->products_room,
                                sizeof *p->product, ctx);
        if (status == EW_OK)
            p->product[p->products++] = *x;
        return status;
    }
    ew_status status = EW_OK;
    slong at = x->n++;
    for (slong a = at ? x->input[at - 1] : 0; a < p->inputs && status == EW_OK; a++) {
        x->input[at] = a;
        status = list_products(p, x, n, ctx);
    }
    x->n = at;
    return status;
}

/* ---- terms --------------------------------------------------------------------------------
 */

/* The block of the entries with part[i] = b; *even = 0: a neuron occurs an odd number of times
 * in it. */
static ew_status block_of(slong *at, int *even, ew_preactivation_plan *p,
                          const ew_preactivation_statistic *s, const slong *part, slong b,
                          ew_context *ctx)
{
    ew_neuron_product x[EW_PREACTIVATION_ENTRIES] = {{0, {0}}};
    ew_number_set groups = {0, {0}};
    for (slong i = 0; i < s->n; i++)
        if (part[i] == b) {
            ew_neuron_product *own = &x[s->neuron[i] - 1];
            own->input[own->n++] = s->input[i];
        }
    for (slong k = 0; k < s->n; k++) {
        *even = *even && x[k].n % 2 == 0;
        if (*even && x[k].n)
            groups.of[groups.n++] = find_product(p, x[k]);
    }
    return *even ? find_block(at, p, &groups, ctx) : EW_OK;
}

/* Every part of the term's blocks is a cell. */
static ew_status add_cells(ew_preactivation_plan *p, const ew_number_set *blocks,
                           ew_context *ctx)
{
    ew_status status = EW_OK;
    slong at;
    for (int mask = 1; mask < 1 << blocks->n && status == EW_OK; mask++) {
        ew_number_set part = {0, {0}};
        for (slong i = 0; i < blocks->n; i++)
            if (mask >> i & 1)
                part.of[part.n++] = blocks->of[i];
        status = find_cell(&at, p, &part, ctx);
    }
    return status;
}

static ew_status add_term(ew_preactivation_plan *p, ew_preactivation_statistic *s,
                          ew_number_set blocks, ew_context *ctx)
{
    /* (-1)^(b-1) (b-1)! */
    static const double sign[] = {0, 1, -1, 2};
    slong i = 0;
    sort(blocks.of, blocks.n);
    while (i < s->terms &&
           (s->term[i].blocks.n != blocks.n ||
            memcmp(s->term[i].blocks.of, blocks.of, (size_t) blocks.n * sizeof *blocks.of)))
        i++;
    if (i == s->terms) {
        ew_preactivation_term *more =
            ew_realloc(s->term, (size_t) (s->terms + 1) * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        s->term = more;
        s->term[s->terms++] = (ew_preactivation_term){0, blocks};
    }
    s->term[i].coefficient += sign[blocks.n];
    return add_cells(p, &blocks, ctx);
}

/* Partitions: entry `at` goes to one of the parts so far or to a new one. */
static ew_status partitions(ew_preactivation_plan *p, ew_preactivation_statistic *s,
                            slong *part, slong at, slong parts, ew_context *ctx)
{
    ew_status status = EW_OK;
    if (at < s->n) {
        for (part[at] = 0; part[at] <= parts && status == EW_OK; part[at]++) {
            slong more = parts + (part[at] == parts);
            if (more <= EW_PREACTIVATION_GROUPS)
                status = partitions(p, s, part, at + 1, more, ctx);
        }
        return status;
    }
    ew_number_set blocks = {parts, {0}};
    int even = 1;
    for (slong b = 0; b < parts && even && status == EW_OK; b++)
        status = block_of(&blocks.of[b], &even, p, s, part, b, ctx);
    return even && status == EW_OK ? add_term(p, s, blocks, ctx) : status;
}

static ew_status add_statistic(ew_preactivation_plan *p, const ew_number_set *neurons,
                               ew_context *ctx)
{
    slong part[EW_PREACTIVATION_ENTRIES];
    ew_status status = grow((void **) &p->statistic, p->statistics, &p->statistics_room,
                            sizeof *p->statistic, ctx);
    if (status != EW_OK)
        return status;
    ew_preactivation_statistic *s = &p->statistic[p->statistics++];
    memset(s, 0, sizeof *s);
    for (slong k = 0; k < neurons->n; k++) {
        const ew_neuron_product *x = &p->product[neurons->of[k]];
        for (slong i = 0; i < x->n; i++, s->n++) {
            s->neuron[s->n] = k + 1;
            s->input[s->n] = x->input[i];
        }
    }
    return partitions(p, s, part, 0, 0, ctx);
}

/* Neurons with size[k] entries each; neurons of one size in the order of their products. */
static ew_status list_statistics(ew_preactivation_plan *p, const slong *size, slong neurons,
                                 ew_number_set *x, ew_context *ctx)
{
    if (x->n == neurons)
        return add_statistic(p, x, ctx);
    slong k = x->n++;
    ew_status status = EW_OK;
    for (slong i = k && size[k] == size[k - 1] ? x->of[k - 1] : 0;
         i < p->products && status == EW_OK; i++) {
        x->of[k] = i;
        if (p->product[i].n == size[k])
            status = list_statistics(p, size, neurons, x, ctx);
    }
    x->n = k;
    return status;
}

/* The product of all those of a block that have bits in `mask`. */
static slong joined(const ew_preactivation_plan *p, const ew_number_set *block, int mask)
{
    ew_neuron_product x = {0, {0}};
    for (slong k = 0; k < block->n; k++)
        for (slong i = 0; (mask >> k & 1) && i < p->product[block->of[k]].n; i++)
            x.input[x.n++] = p->product[block->of[k]].input[i];
    return find_product(p, x);
}

static ew_status join_blocks(ew_preactivation_plan *p, ew_context *ctx)
{
    p->joined = ew_alloc((size_t) p->blocks * sizeof *p->joined, ctx);
    if (!p->joined)
        return EW_MEMORY;
    for (slong i = 0; i < p->blocks; i++)
        for (int mask = 1; mask < 8; mask++)
            p->joined[i][mask] = joined(p, &p->block[i], mask);
    return EW_OK;
}

static ew_status fill(ew_preactivation_plan *p, ew_context *ctx)
{
    static const slong size[][EW_PREACTIVATION_GROUPS + 1] = {
        {4}, {2, 2}, {6}, {4, 2}, {2, 2, 2}};
    ew_neuron_product x = {0, {0}};
    ew_number_set neurons = {0, {0}};
    ew_status status = EW_OK;
    for (slong n = 2; n <= p->entries && status == EW_OK; n += 2) {
        status = list_products(p, &x, n, ctx);
        if (n == 2)
            p->pairs = p->products;
    }
    for (slong i = 0; i < (p->entries == 6 ? 5 : 2) && status == EW_OK; i++) {
        slong count = 0;
        while (size[i][count])
            count++;
        status = list_statistics(p, size[i], count, &neurons, ctx);
    }
    return status == EW_OK ? join_blocks(p, ctx) : status;
}

ew_status ew_preactivation_plan_new(ew_preactivation_plan **out, slong inputs, slong entries,
                                    ew_context *ctx)
{
    *out = NULL;
    if (entries > 4 && inputs > MOST_INPUTS_OF_SIX)
        return ew_fail(ctx, EW_UNABLE,
                       "preactivations: sixth cumulants of %ld inputs; at most %d are sampled",
                       (long) inputs, MOST_INPUTS_OF_SIX);
    ew_preactivation_plan *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    p->inputs = inputs;
    p->entries = entries > 4 ? 6 : 4;
    ew_status status = fill(p, ctx);
    if (status != EW_OK)
        ew_preactivation_plan_free(p);
    else
        *out = p;
    return status;
}

void ew_preactivation_plan_free(ew_preactivation_plan *p)
{
    if (!p)
        return;
    for (slong i = 0; i < p->statistics; i++)
        free(p->statistic[i].term);
    free(p->statistic);
    free(p->product);
    free(p->block);
    free(p->joined);
    free(p->cell);
    free(p);
}

/* ---- numbers ------------------------------------------------------------------------------
 */

/* The mean over tuples of distinct neurons. */
static double block_mean(const ew_preactivation_plan *p, slong block, const double *mean,
                         double n)
{
    const ew_number_set *g = &p->block[block];
    const slong *both = p->joined[block];
    if (n < (double) g->n)
        return NAN;
    double a = mean[g->of[0]];
    if (g->n == 1)
        return a;
    double b = mean[g->of[1]];
    if (g->n == 2)
        return (n * a * b - mean[both[3]]) / (n - 1);
    double c = mean[g->of[2]];
    return (n * n * a * b * c -
            n * (a * mean[both[6]] + b * mean[both[5]] + c * mean[both[3]]) +
            2 * mean[both[7]]) /
           ((n - 1) * (n - 2));
}

void ew_preactivation_cells(double *cell, double *block, const ew_preactivation_plan *p,
                            const double *mean, double n)
{
    for (slong i = 0; i < p->blocks; i++)
        block[i] = block_mean(p, i, mean, n);
    for (slong i = 0; i < p->cells; i++) {
        cell[i] = 1;
        for (slong k = 0; k < p->cell[i].n; k++)
            cell[i] *= block[p->cell[i].of[k]];
    }
}

/* The sum of the cell that joins the blocks of a term with bits in `mask`. */
static double sum_of(const ew_preactivation_plan *p, const ew_number_set *blocks, int mask,
                     const double *sum)
{
    ew_number_set x = {0, {0}};
    slong at = 0;
    for (slong k = 0; k < blocks->n; k++)
        if (mask >> k & 1)
            x.of[x.n++] = blocks->of[k];
    while (p->cell[at].n != x.n ||
           memcmp(p->cell[at].of, x.of, (size_t) x.n * sizeof *x.of) != 0)
        at++;
    return sum[at];
}

/* The product of the blocks' expectations: the mean over tuples of distinct samples. */
static double expectation(const ew_preactivation_plan *p, const ew_number_set *blocks,
                          const double *sum, double N)
{
    if (N < (double) blocks->n)
        return NAN;
    double a = sum_of(p, blocks, 1, sum);
    if (blocks->n == 1)
        return a / N;
    double b = sum_of(p, blocks, 2, sum), ab = sum_of(p, blocks, 3, sum);
    if (blocks->n == 2)
        return (a * b - ab) / (N * (N - 1));
    double c = sum_of(p, blocks, 4, sum);
    return (a * b * c - a * sum_of(p, blocks, 6, sum) - b * sum_of(p, blocks, 5, sum) - c * ab +
            2 * sum_of(p, blocks, 7, sum)) /
           (N * (N - 1) * (N - 2));
}

double ew_preactivation_estimate(const ew_preactivation_plan *p, slong statistic,
                                 const double *sum, double samples)
{
    const ew_preactivation_statistic *s = &p->statistic[statistic];
    double x = 0;
    for (slong i = 0; i < s->terms; i++)
        x += s->term[i].coefficient * expectation(p, &s->term[i].blocks, sum, samples);
    return x;
}
