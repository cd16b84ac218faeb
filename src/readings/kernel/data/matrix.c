#include "readings/kernel/data/matrix.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "arith/pool.h"
#include "readings/kernel/data/error.h"

typedef struct {
    const ew_data_maps *maps;
    const ew_points *a, *b;
    int symmetric, lengths;
    double longest; /* squared, over n_0 */
    size_t columns; /* of tiles */
    ew_tile_fn fn;
    void *data;
    pthread_mutex_t lock;
    ew_data_bound bound;
} run;

/* Layer 1 from the angles: 1 - rho = rho1 (1 - cos), 1 + rho = 2 rho0 + rho1 (1 + cos). */
static void first_layer(double *q, double *theta, ew_data_error *e, size_t n,
                        const ew_data_maps *m, const ew_angle_error *angle)
{
    double least = 1;
    for (size_t i = 0; i < n; i++) {
        if (theta)
            theta[i] = m->theta0 + m->theta1 * theta[i];
        if (!signbit(q[i])) {
            q[i] *= m->rho1;
            continue;
        }
        double v = 2 * m->rho0 - m->rho1 * q[i];
        q[i] = v < 1 ? -v : 2 - v;
        least = fmin(least, fabs(q[i]));
    }
    double off = angle->relative + angle->absolute;
    *e = (ew_data_error){angle->relative + 0x1p-50, angle->absolute,
                         fabs(m->theta1) * off + 0x1p-50 * (fabs(m->theta0) + fabs(m->theta1))};
    /* through a bias, what was relative to 1 + cos need not be so to the new distance */
    if (m->rho0 > 0)
        e->relative += (m->rho1 * off + 0x1p-50) / least;
}

/* The diagonal of a symmetric tile is known exactly: equal points. */
static void set_diagonal(double *q, double *theta, size_t n, double value)
{
    for (size_t i = 0; i < n; i++) {
        q[i * n + i] = 0;
        if (theta)
            theta[i * n + i] = value;
    }
}

static void layers(double *q, double *theta, ew_data_error *e, size_t rows, size_t columns,
                   int diagonal, const ew_data_maps *m)
{
    if (diagonal)
        set_diagonal(q, theta, rows, m->theta0 + m->theta1);
    for (slong l = 1; l <= m->layers; l++) {
        ew_data_spread spread;
        ew_data_apply(q, theta, rows * columns, m->layer + l - 1, &spread);
        if (diagonal)
            set_diagonal(q, theta, rows, m->layer[l - 1].theta);
        ew_data_error_step(e, m, l, &spread);
    }
}

/* Entry times |x| |y|/n_0. */
static void rescale(double *x, const run *r, size_t i, size_t rows, size_t j, size_t columns)
{
    double d = (double) r->a->d;
    for (size_t a = 0; x && a < rows; a++)
        for (size_t b = 0; b < columns; b++)
            x[a * columns + b] *= r->a->norm[i + a] * r->b->norm[j + b] / d;
}

/* Errors of lengths: two norms, and three operations. */
static double rescaled(double bound, double most, const run *r)
{
    double relative = 2 * r->a->norm_error + 4 * 0x1p-53;
    return (bound + (most + bound) * relative) * r->longest * (1 + 0x1p-30);
}

static ew_status tile(const run *r, ew_data_bound *bound, size_t row, size_t column, double *q,
                      double *theta, ew_context *ctx)
{
    const ew_data_maps *m = r->maps;
    size_t i = row * EW_DATA_TILE, j = column * EW_DATA_TILE;
    size_t rows = FLINT_MIN(EW_DATA_TILE, r->a->n - i);
    size_t columns = FLINT_MIN(EW_DATA_TILE, r->b->n - j);
    ew_angle_error angle = {0, 0};
    ew_data_error e;
    ew_points_angles(theta, q, &angle, r->a, i, rows, r->b, j, columns);
    double *ntk = m->tangent ? theta : NULL;
    first_layer(q, ntk, &e, rows * columns, m, &angle);
    layers(q, ntk, &e, rows, columns, r->symmetric && row == column, m);
    double variance = m->layers ? m->layer[m->layers - 1].variance : m->variance;
    double most = m->layers ? m->layer[m->layers - 1].theta : m->theta0 + m->theta1;
    ew_data_covariance(q, rows * columns, variance);
    *bound = (ew_data_bound){ew_data_error_covariance(&e, m, m->layers), e.theta};
    if (r->lengths) {
        rescale(q, r, i, rows, j, columns);
        rescale(ntk, r, i, rows, j, columns);
        bound->nngp = rescaled(bound->nngp, variance, r);
        bound->ntk = m->tangent ? rescaled(bound->ntk, most, r) : 0;
    }
    return r->fn(i, j, rows, columns, q, ntk, r->data, ctx);
}

/* A job is a row of tiles. */
static ew_status tile_row(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    const size_t size = EW_DATA_TILE * EW_DATA_TILE;
    size_t first = r->symmetric ? job : 0;
    double *q = ew_alloc(2 * size * sizeof *q, ctx);
    if (!q)
        return EW_MEMORY;
    ew_status status = EW_OK;
    for (size_t c = first; c < r->columns && status == EW_OK; c++) {
        ew_data_bound bound;
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = tile(r, &bound, job, c, q, q + size, ctx);
        if (status != EW_OK)
            break;
        pthread_mutex_lock(&r->lock);
        r->bound.nngp = fmax(r->bound.nngp, bound.nngp);
        r->bound.ntk = fmax(r->bound.ntk, bound.ntk);
        pthread_mutex_unlock(&r->lock);
        ew_pool_advance(pool, 1.0 / (double) (r->columns - first));
    }
    free(q);
    return status;
}

static size_t tiles(size_t n)
{
    return (n + EW_DATA_TILE - 1) / EW_DATA_TILE;
}

static double longest(const ew_points *p)
{
    double most = 0;
    for (size_t i = 0; i < p->n; i++)
        most = fmax(most, p->norm[i]);
    return most;
}

ew_status ew_data_kernel(ew_data_bound *bound, const ew_data_maps *maps, const ew_points *a,
                         const ew_points *b, int lengths, ew_tile_fn fn, void *data,
                         ew_context *ctx)
{
    run r = {.maps = maps,
             .a = a,
             .b = b ? b : a,
             .symmetric = !b,
             .lengths = lengths,
             .fn = fn,
             .data = data};
    if (r.a->d != r.b->d)
        return ew_fail(ctx, EW_USAGE, "points of %zu and of %zu coordinates", r.a->d, r.b->d);
    r.longest = longest(r.a) * longest(r.b) / (double) r.a->d;
    r.columns = tiles(r.b->n);
    pthread_mutex_init(&r.lock, NULL);
    ew_status status = ew_pool_run(tiles(r.a->n), tile_row, &r, "kernel", ctx);
    pthread_mutex_destroy(&r.lock);
    *bound = r.bound;
    if (status == EW_OK && !(isfinite(r.bound.nngp) && isfinite(r.bound.ntk)))
        status = ew_fail(ctx, EW_UNABLE, "the bound of the error is infinite");
    return status;
}
