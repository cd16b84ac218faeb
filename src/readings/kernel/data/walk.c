#include "readings/kernel/data/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/flint.h"

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-16)
#define LEFT 0x1p-57 /* terms are left out when their sums are at most this */
/* Kinked s: (7/8)^(n - 2) for the n >= 320 coefficients there are, at the distances where
 * nothing is said of the others. */
#define AFTER_ALL 0x1p-60
#define SIZE ((size_t) EW_DATA_TILE * EW_DATA_TILE)
#define MOST_TAILS (EW_SPECTRUM_MOST / EW_SPECTRUM_STEP + 1)

ew_status ew_data_walk_init(ew_data_walk *x, const ew_data_net *net, ew_context *ctx)
{
    memset(x, 0, sizeof *x);
    x->storage = ew_alloc((4 * SIZE + MOST_TAILS) * sizeof *x->storage, ctx);
    if (!x->storage)
        return EW_MEMORY;
    x->pairs = (ew_data_pairs){x->storage, x->storage + SIZE, NULL, NULL};
    if (net->tangent) {
        x->pairs.theta = x->storage + 2 * SIZE;
        x->pairs.theta_error = x->storage + 3 * SIZE;
    }
    x->tails = x->storage + 4 * SIZE;
    ew_status status = ew_data_block_init(&x->rows, ctx);
    return status == EW_OK ? ew_data_block_init(&x->columns, ctx) : status;
}

void ew_data_walk_clear(ew_data_walk *x)
{
    ew_data_block_clear(&x->rows);
    ew_data_block_clear(&x->columns);
    free(x->storage);
}

/* From [rows][columns] to rows of EW_DATA_TILE, in place; what is added does no harm. */
static void spread(double *x, size_t rows, size_t columns, double other)
{
    for (size_t i = rows; i-- > 0;) {
        memmove(x + i * EW_DATA_TILE, x + i * columns, columns * sizeof *x);
        for (size_t j = columns; j < EW_DATA_TILE; j++)
            x[i * EW_DATA_TILE + j] = other;
    }
}

/* ---- a layer's bounds
 * ------------------------------------------------------------------------ */

static double tail_at(const ew_data_block *b, slong j)
{
    return b->tail[j < b->tails ? j : b->tails - 1];
}

/* Half of the square of what both tails add up to bounds the tail of the gap, and that of the
 * products. */
static double tail_of(const ew_data_block *a, const ew_data_block *b, slong j)
{
    double sum = tail_at(a, j) + tail_at(b, j);
    return sum * sum / 2;
}

/* Where the coefficients of one point of a pair end before step `stop`, those of the other go
 * on: both tails from there on, multiplied. */
static double ends_of(const ew_data_block *a, const ew_data_block *b, slong stop)
{
    double most = 0;
    for (slong j = 0; j < stop && j < a->tails; j++)
        most = fmax(most, a->edge[j] * tail_at(b, j));
    return most;
}

/* The least number of coefficients after which little enough is left, or all.  Of two vectors
 * less their tails, which are orthogonal to what is left of their own, the gap changes by
 * products of a tail with the other vector, and half of the square above; their product by the
 * same. */
static void choose_terms(ew_data_layer_pair *l, double *tails, const ew_data_block *a,
                         const ew_data_block *b)
{
    slong j = 1, all = FLINT_MAX(a->tails, b->tails) - 1;
    while (j < all && tail_of(a, b, j) > LEFT)
        j++;
    l->stop = j;
    l->tail = fmax(tail_of(a, b, j), LEFT) + ends_of(a, b, j) + ends_of(b, a, j);
    for (slong i = 0; i <= j; i++)
        tails[i] = tail_at(a, i) * tail_at(b, i);
    l->tails = tails;
}

static void set_dual(ew_data_layer_pair *l, const ew_dual *d)
{
    const ew_piecewise *slope = d->f + EW_DUAL_SLOPE, *derivative = d->f + EW_DUAL_DERIVATIVE;
    l->dual = d;
    l->has[0] = 0;
    l->has[1] = 1;
    l->slope = fmax(slope[0].error, slope[1].error);
    l->bend = fmax(derivative[0].error, derivative[1].error);
}

/* Products of orders that are not tabulated are left out.  96 roundings cover numbers b, their
 * products, and sums of these times coefficients of the tables. */
static void set_beyond(ew_data_layer_pair *l, const ew_dual_tail *d, const ew_data_block *a,
                       const ew_data_block *b)
{
    double products = a->rest * b->whole + b->rest * a->whole + a->rest * b->rest;
    double slope = a->rest1 * b->whole1 + b->rest1 * a->whole1 + a->rest1 * b->rest1;
    for (int c = 0; c < 2; c++)
        for (slong i = 0; d->row[c] && i < d->orders; i++)
            for (slong j = 0; j < d->orders; j++) {
                const slong p = i + j;
                double size = a->each[c][i] * b->each[c][j];
                int known = p < d->orders;
                products += size * (known ? 96 * UNIT : 1) * d->one[c][p];
                slope +=
                    size * (known ? d->error[c][p] + 96 * UNIT * d->most[c][p] : d->one1[c][p]);
            }
    l->beyond = d;
    l->rest = (a->rest + b->rest) * SLACK;
    l->rest_products = products * SLACK;
    l->rest_slope = slope * SLACK;
    l->tail = fmax(LEFT, AFTER_ALL * l->tails[l->stop]);
}

static void set_layer(ew_data_layer_pair *l, const ew_data_net *net, slong number,
                      const ew_data_block *a, const ew_data_block *b)
{
    const ew_data_step *s = net->step + number;
    double slope_a = sqrt(a->slope), slope_b = sqrt(b->slope);
    *l = (ew_data_layer_pair){.step = s};
    l->odd = (number == 0 || net->parity == EW_PARITY_ODD) && s->cb == 0;
    l->even = number > 0 && net->parity == EW_PARITY_EVEN;
    l->has[0] = number > 0 && net->parity != EW_PARITY_ODD;
    l->has[1] = number == 0 || net->parity != EW_PARITY_EVEN;
    l->off = a->off + b->off;
    l->off_slope = (a->off1 * slope_b + slope_a * b->off1 + a->off1 * b->off1) * SLACK;
    l->slope = slope_a * slope_b * SLACK;
    l->bend = sqrt(a->bend * b->bend) * SLACK;
    l->jump[0] = a->jump;
    l->jump[1] = b->jump;
    l->curvature[0] = a->curvature;
    l->curvature[1] = b->curvature;
    if (number > 0 && net->dual)
        set_dual(l, net->dual);
    l->growth_error = a->log_error + b->log_error;
    l->root_error = a->root_error + b->root_error;
}

/* ---- a tile -------------------------------------------------------------------------------
 */

static void set_distances(ew_data_walk *x, const ew_data_sides *s, const ew_data_place *at)
{
    ew_points_distances(x->pairs.q, x->pairs.error, s->a, at->i, at->rows, s->b, at->j,
                        at->columns);
    spread(x->pairs.q, at->rows, at->columns, 1);
    spread(x->pairs.error, at->rows, at->columns, 0);
    for (size_t i = 0; at->diagonal && i < at->rows; i++)
        x->pairs.q[i * (EW_DATA_TILE + 1)] = x->pairs.error[i * (EW_DATA_TILE + 1)] = 0;
    if (x->pairs.theta)
        memset(x->pairs.theta, 0, 2 * SIZE * sizeof *x->pairs.theta);
}

ew_status ew_data_walk_first(ew_data_walk *x, const ew_data_sides *s, const ew_data_place *at,
                             ew_context *ctx)
{
    ew_data_layer_pair l;
    set_distances(x, s, at);
    ew_status status =
        ew_data_block_first(&x->rows, s->net->step, &s->row, s->a, at->i, at->rows, ctx);
    if (status == EW_OK)
        status = ew_data_block_first(&x->columns, s->net->step, &s->column, s->b, at->j,
                                     at->columns, ctx);
    if (status != EW_OK)
        return status;
    set_layer(&l, s->net, 0, &x->rows, &x->columns);
    ew_data_pairs_step(&x->pairs, &l, 1, &x->rows, &x->columns);
    return EW_OK;
}

ew_status ew_data_walk_step(ew_data_walk *x, const ew_data_sides *s, const ew_data_place *at,
                            slong number, ew_context *ctx)
{
    ew_data_layer_pair l;
    ew_data_block_open(&x->rows, s->net, &s->row, at->i, at->rows, number);
    ew_data_block_open(&x->columns, s->net, &s->column, at->j, at->columns, number);
    set_layer(&l, s->net, number, &x->rows, &x->columns);
    if (!l.dual)
        choose_terms(&l, x->tails, &x->rows, &x->columns);
    const ew_dual_tail *beyond = l.dual ? NULL : ew_spectrum_tail(s->net->spectrum);
    if (beyond)
        set_beyond(&l, beyond, &x->rows, &x->columns);
    const slong terms = l.stop * (EW_SPECTRUM_STEP / 2);
    ew_status status = ew_data_block_fill(&x->rows, s->net, l.step, terms, ctx);
    if (status == EW_OK)
        status = ew_data_block_fill(&x->columns, s->net, l.step, terms, ctx);
    if (status == EW_OK)
        ew_data_pairs_step(&x->pairs, &l, 0, &x->rows, &x->columns);
    return status;
}
