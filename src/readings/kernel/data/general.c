#include "readings/kernel/data/general.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arith/flint.h"
#include "arith/pool.h"
#include "readings/kernel/data/pairs.h"

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-16)
#define LEFT 0x1p-57    /* terms are left out when their sums are at most this */
#define USELESS 0x1p-10 /* bounds of this part of the largest entry are refused */
#define SIZE ((size_t) EW_DATA_TILE * EW_DATA_TILE)
#define MOST_TAILS (EW_SPECTRUM_MOST / EW_SPECTRUM_STEP + 1)

typedef struct {
    const ew_data_net *net;
    const ew_points *a, *b;
    ew_data_rows row, column;
    int symmetric;
    size_t columns; /* of tiles */
    ew_tile_fn fn;
    void *data;
    pthread_mutex_t lock;
    ew_data_bound bound, most;
} run;

/* One thread's. */
typedef struct {
    ew_data_pairs pairs;
    ew_data_block rows, columns;
    double *tails; /* [MOST_TAILS] */
    double *storage;
} scratch;

static ew_status scratch_init(scratch *x, const run *r, ew_context *ctx)
{
    memset(x, 0, sizeof *x);
    x->storage = ew_alloc((4 * SIZE + MOST_TAILS) * sizeof *x->storage, ctx);
    if (!x->storage)
        return EW_MEMORY;
    x->pairs = (ew_data_pairs){x->storage, x->storage + SIZE, NULL, NULL};
    if (r->net->tangent) {
        x->pairs.theta = x->storage + 2 * SIZE;
        x->pairs.theta_error = x->storage + 3 * SIZE;
    }
    x->tails = x->storage + 4 * SIZE;
    ew_status status = ew_data_block_init(&x->rows, ctx);
    return status == EW_OK ? ew_data_block_init(&x->columns, ctx) : status;
}

static void scratch_clear(scratch *x)
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

static void gather(double *x, size_t rows, size_t columns)
{
    for (size_t i = 1; i < rows; i++)
        memmove(x + i * columns, x + i * EW_DATA_TILE, columns * sizeof *x);
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

/* The least number of coefficients after which little enough is left, or all. */
static void choose_terms(ew_data_layer_pair *l, double *tails, const ew_data_block *a,
                         const ew_data_block *b)
{
    slong j = 1, all = FLINT_MAX(a->tails, b->tails) - 1;
    while (j < all && tail_of(a, b, j) > LEFT)
        j++;
    l->stop = j;
    l->tail = fmax(tail_of(a, b, j), LEFT);
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
    if (number > 0 && net->dual)
        set_dual(l, net->dual);
    l->growth_error = a->log_error + b->log_error;
    l->root_error = a->root_error + b->root_error;
}

/* ---- a tile
 * ------------------------------------------------------------------------------------ */

typedef struct {
    size_t i, j, rows, columns;
    int diagonal;
} place;

static void set_distances(scratch *x, const run *r, const place *at)
{
    ew_points_distances(x->pairs.q, x->pairs.error, r->a, at->i, at->rows, r->b, at->j,
                        at->columns);
    spread(x->pairs.q, at->rows, at->columns, 1);
    spread(x->pairs.error, at->rows, at->columns, 0);
    for (size_t i = 0; at->diagonal && i < at->rows; i++)
        x->pairs.q[i * (EW_DATA_TILE + 1)] = x->pairs.error[i * (EW_DATA_TILE + 1)] = 0;
    if (x->pairs.theta)
        memset(x->pairs.theta, 0, 2 * SIZE * sizeof *x->pairs.theta);
}

static ew_status first(scratch *x, const run *r, const place *at, ew_context *ctx)
{
    ew_data_layer_pair l;
    set_distances(x, r, at);
    ew_status status =
        ew_data_block_first(&x->rows, r->net->step, &r->row, r->a, at->i, at->rows, ctx);
    if (status == EW_OK)
        status = ew_data_block_first(&x->columns, r->net->step, &r->column, r->b, at->j,
                                     at->columns, ctx);
    if (status != EW_OK)
        return status;
    set_layer(&l, r->net, 0, &x->rows, &x->columns);
    ew_data_pairs_step(&x->pairs, &l, 1, &x->rows, &x->columns);
    return EW_OK;
}

static ew_status layer(scratch *x, const run *r, const place *at, slong number, ew_context *ctx)
{
    ew_data_layer_pair l;
    ew_data_block_open(&x->rows, r->net, &r->row, at->i, at->rows, number);
    ew_data_block_open(&x->columns, r->net, &r->column, at->j, at->columns, number);
    set_layer(&l, r->net, number, &x->rows, &x->columns);
    if (!l.dual)
        choose_terms(&l, x->tails, &x->rows, &x->columns);
    const slong terms = l.stop * (EW_SPECTRUM_STEP / 2);
    ew_status status = ew_data_block_fill(&x->rows, r->net, l.step, terms, ctx);
    if (status == EW_OK)
        status = ew_data_block_fill(&x->columns, r->net, l.step, terms, ctx);
    if (status == EW_OK)
        ew_data_pairs_step(&x->pairs, &l, 0, &x->rows, &x->columns);
    return status;
}

/* NaN stays. */
static void take(double *bound, double x)
{
    if (*bound == *bound && !(x <= *bound))
        *bound = x;
}

/* q becomes the covariance; the largest error of each kernel. */
static ew_data_bound finish(scratch *x, const place *at)
{
    const double relative = x->rows.root_error + x->columns.root_error + 8 * UNIT;
    ew_data_bound bound = {0, 0};
    for (size_t i = 0; i < at->rows; i++)
        for (size_t j = 0; j < at->columns; j++) {
            size_t k = i * EW_DATA_TILE + j;
            double q = x->pairs.q[k], size = x->rows.root[i] * x->columns.root[j];
            take(&bound.nngp, size * (x->pairs.error[k] + relative) * SLACK);
            if (x->pairs.theta)
                take(&bound.ntk, x->pairs.theta_error[k]);
            x->pairs.q[k] = size * (signbit(q) ? -1 - q : 1 - q);
        }
    return bound;
}

static double largest(const double *x, size_t rows, size_t columns)
{
    double most = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            most = fmax(most, fabs(x[i * EW_DATA_TILE + j]));
    return most;
}

static void note(run *r, const ew_data_bound *bound, const scratch *x, const place *at)
{
    double k = largest(x->pairs.q, at->rows, at->columns);
    double theta = x->pairs.theta ? largest(x->pairs.theta, at->rows, at->columns) : 0;
    pthread_mutex_lock(&r->lock);
    take(&r->bound.nngp, bound->nngp);
    take(&r->bound.ntk, bound->ntk);
    r->most.nngp = fmax(r->most.nngp, k);
    r->most.ntk = fmax(r->most.ntk, theta);
    pthread_mutex_unlock(&r->lock);
}

static ew_status tile(run *r, scratch *x, const place *at, ew_context *ctx)
{
    ew_status status = first(x, r, at, ctx);
    for (slong l = 1; l <= r->net->layers && status == EW_OK; l++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = layer(x, r, at, l, ctx);
    }
    if (status != EW_OK)
        return status;
    ew_data_bound bound = finish(x, at);
    note(r, &bound, x, at);
    gather(x->pairs.q, at->rows, at->columns);
    if (x->pairs.theta)
        gather(x->pairs.theta, at->rows, at->columns);
    return r->fn(at->i, at->j, at->rows, at->columns, x->pairs.q, x->pairs.theta, r->data, ctx);
}

/* A job is a row of tiles. */
static ew_status tile_row(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    scratch x;
    size_t first_column = r->symmetric ? job : 0;
    ew_status status = scratch_init(&x, r, ctx);
    for (size_t c = first_column; c < r->columns && status == EW_OK; c++) {
        place at = {job * EW_DATA_TILE, c * EW_DATA_TILE, 0, 0, r->symmetric && job == c};
        at.rows = FLINT_MIN(EW_DATA_TILE, r->a->n - at.i);
        at.columns = FLINT_MIN(EW_DATA_TILE, r->b->n - at.j);
        status = tile(r, &x, &at, ctx);
        ew_pool_advance(pool, 1.0 / (double) (r->columns - first_column));
    }
    scratch_clear(&x);
    return status;
}

static size_t tiles(size_t n)
{
    return (n + EW_DATA_TILE - 1) / EW_DATA_TILE;
}

static ew_status useful(const run *r, ew_context *ctx)
{
    if (r->bound.nngp <= USELESS * r->most.nngp && r->bound.ntk <= USELESS * r->most.ntk)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "after %ld layers the bounds of the errors, %.2g and %.2g, are too "
                   "large for entries up to %.2g and %.2g",
                   (long) r->net->layers + 1, r->bound.nngp, r->bound.ntk, r->most.nngp,
                   r->most.ntk);
}

ew_status ew_data_general(ew_data_bound *bound, ew_data_net *net, const ew_points *a,
                          const ew_points *b, ew_tile_fn fn, void *data, ew_context *ctx)
{
    run r = {.net = net, .a = a, .b = b ? b : a, .symmetric = !b, .fn = fn, .data = data};
    if (r.a->d != r.b->d)
        return ew_fail(ctx, EW_USAGE, "points of %zu and of %zu coordinates", r.a->d, r.b->d);
    r.columns = tiles(r.b->n);
    ew_status status = ew_data_rows_new(&r.row, a, net, ctx);
    if (status == EW_OK && b)
        status = ew_data_rows_new(&r.column, b, net, ctx);
    else
        r.column = r.row;
    pthread_mutex_init(&r.lock, NULL);
    if (status == EW_OK)
        status = ew_pool_run(tiles(r.a->n), tile_row, &r, "kernel", ctx);
    pthread_mutex_destroy(&r.lock);
    ew_data_rows_clear(&r.row);
    if (b)
        ew_data_rows_clear(&r.column);
    *bound = r.bound;
    return status == EW_OK ? useful(&r, ctx) : status;
}
