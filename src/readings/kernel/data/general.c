#include "readings/kernel/data/general.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arith/flint.h"
#include "arith/pool.h"
#include "readings/kernel/data/walk.h"

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-16)
#define USELESS 0x1p-10 /* bounds of this part of what entries may be are refused */

typedef struct {
    ew_data_sides sides;
    int symmetric;
    size_t columns; /* of tiles */
    ew_tile_fn fn;
    void *data;
    pthread_mutex_t lock;
    ew_data_bound bound, most;
} run;

static void gather(double *x, size_t rows, size_t columns)
{
    for (size_t i = 1; i < rows; i++)
        memmove(x + i * columns, x + i * EW_DATA_TILE, columns * sizeof *x);
}

/* ---- a tile -------------------------------------------------------------------------------
 */

/* NaN stays. */
static void take(double *bound, double x)
{
    if (*bound == *bound && !(x <= *bound))
        *bound = x;
}

/* q becomes the covariance; the largest error of each kernel. */
static ew_data_bound finish(ew_data_walk *x, const ew_data_place *at)
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

/* Of the root of K_aa K_bb: the covariances themselves may all be near 0. */
static double largest_size(const ew_data_walk *x, const ew_data_place *at)
{
    double a = 0, b = 0;
    for (size_t i = 0; i < at->rows; i++)
        a = fmax(a, x->rows.root[i]);
    for (size_t j = 0; j < at->columns; j++)
        b = fmax(b, x->columns.root[j]);
    return a * b;
}

static void note(run *r, const ew_data_bound *bound, const ew_data_walk *x,
                 const ew_data_place *at)
{
    double k = largest_size(x, at);
    double theta = x->pairs.theta ? fmax(k, largest(x->pairs.theta, at->rows, at->columns)) : 0;
    pthread_mutex_lock(&r->lock);
    take(&r->bound.nngp, bound->nngp);
    take(&r->bound.ntk, bound->ntk);
    r->most.nngp = fmax(r->most.nngp, k);
    r->most.ntk = fmax(r->most.ntk, theta);
    pthread_mutex_unlock(&r->lock);
}

static ew_status tile(run *r, ew_data_walk *x, const ew_data_place *at, ew_context *ctx)
{
    ew_status status = ew_data_walk_first(x, &r->sides, at, ctx);
    for (slong l = 1; l <= r->sides.net->layers && status == EW_OK; l++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = ew_data_walk_step(x, &r->sides, at, l, ctx);
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
    ew_data_walk x;
    size_t first_column = r->symmetric ? job : 0;
    ew_status status = ew_data_walk_init(&x, r->sides.net, ctx);
    for (size_t c = first_column; c < r->columns && status == EW_OK; c++) {
        ew_data_place at = {job * EW_DATA_TILE, c * EW_DATA_TILE, 0, 0,
                            r->symmetric && job == c};
        at.rows = FLINT_MIN(EW_DATA_TILE, r->sides.a->n - at.i);
        at.columns = FLINT_MIN(EW_DATA_TILE, r->sides.b->n - at.j);
        status = tile(r, &x, &at, ctx);
        ew_pool_advance(pool, 1.0 / (double) (r->columns - first_column));
    }
    ew_data_walk_clear(&x);
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
                   "large for entries of the order of %.2g and %.2g",
                   (long) r->sides.net->layers + 1, r->bound.nngp, r->bound.ntk, r->most.nngp,
                   r->most.ntk);
}

ew_status ew_data_general(ew_data_bound *bound, ew_data_net *net, const ew_points *a,
                          const ew_points *b, ew_tile_fn fn, void *data, ew_context *ctx)
{
    run r = {
        .sides = {.net = net, .a = a, .b = b ? b : a}, .symmetric = !b, .fn = fn, .data = data};
    if (r.sides.a->d != r.sides.b->d)
        return ew_fail(ctx, EW_USAGE, "points of %zu and of %zu coordinates", r.sides.a->d,
                       r.sides.b->d);
    r.columns = tiles(r.sides.b->n);
    ew_status status = ew_data_rows_new(&r.sides.row, a, net, ctx);
    if (status == EW_OK && b)
        status = ew_data_rows_new(&r.sides.column, b, net, ctx);
    else
        r.sides.column = r.sides.row;
    pthread_mutex_init(&r.lock, NULL);
    if (status == EW_OK)
        status = ew_pool_run(tiles(r.sides.a->n), tile_row, &r, "kernel", ctx);
    pthread_mutex_destroy(&r.lock);
    ew_data_rows_clear(&r.sides.row);
    if (b)
        ew_data_rows_clear(&r.sides.column);
    *bound = r.bound;
    return status == EW_OK ? useful(&r, ctx) : status;
}
