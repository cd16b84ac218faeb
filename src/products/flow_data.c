#include "products/flow_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/lapack.h"
#include "arith/pool.h"
#include "products/flow_bound.h"

ew_status ew_flow_data_init(ew_flow_data *f, size_t n, size_t all, size_t outputs,
                            ew_context *ctx)
{
    memset(f, 0, sizeof *f);
    f->n = n;
    f->all = all;
    f->outputs = outputs;
    f->share = INFINITY;
    f->h = ew_alloc_zero(all * n, sizeof(double), ctx);
    f->k = ew_alloc_zero(all * n, sizeof(double), ctx);
    f->own_h = ew_alloc_zero(all, sizeof(double), ctx);
    f->own = ew_alloc_zero(all, sizeof(double), ctx);
    f->y = ew_alloc_zero(n * outputs, sizeof(double), ctx);
    return f->h && f->k && f->own_h && f->own && f->y ? EW_OK : EW_MEMORY;
}

void ew_flow_data_clear(ew_flow_data *f)
{
    double *const all[] = {f->h, f->k,  f->own_h, f->own, f->y, f->d,
                           f->v, f->hv, f->kv,    f->w,   f->c};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    memset(f, 0, sizeof *f);
}

/* ---- products ---------------------------------------------------------------------------
 */

/* By blocks of rows that do not depend on the threads, and chunks of terms (flow_bound.h). */
#define BLOCK 256

typedef struct {
    double *c;
    const double *a, *b;
    size_t m, n, k;
    char tb;
    int lower; /* c is symmetric: what is right of a block on the diagonal is not needed */
} product;

/* Rows `row` on: the terms from `from` on. */
static void chunk(double *c, const product *p, size_t row, size_t rows, size_t columns,
                  size_t from)
{
    size_t k = p->k - from < EW_FLOW_CHUNK ? p->k - from : EW_FLOW_CHUNK;
    const double *b = p->tb == 'N' ? p->b + from * p->n : p->b + from;
    ew_blas_gemm('N', p->tb, rows, columns, k, 1, p->a + row * p->k + from, p->k, b,
                 p->tb == 'N' ? p->n : p->k, 0, c, p->n);
}

static ew_status product_block(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    const product *p = data;
    size_t row = job * BLOCK, rows = p->m - row < BLOCK ? p->m - row : BLOCK;
    size_t columns = p->lower ? row + rows : p->n;
    double *c = p->c + row * p->n, *more = ew_alloc(rows * p->n * sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    chunk(c, p, row, rows, columns, 0);
    for (size_t from = EW_FLOW_CHUNK; from < p->k; from += EW_FLOW_CHUNK) {
        chunk(more, p, row, rows, columns, from);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++)
                c[i * p->n + j] += more[i * p->n + j];
    }
    free(more);
    ew_pool_advance(pool, 1);
    return EW_OK;
}

static ew_status run(product *p, ew_context *ctx)
{
    return ew_pool_run((p->m + BLOCK - 1) / BLOCK, product_block, p, "matrices", ctx);
}

/* c[m][n] = a[m][k] op(b). */
static ew_status multiply(double *c, const double *a, char tb, const double *b, size_t m,
                          size_t n, size_t k, ew_context *ctx)
{
    product p = {c, a, b, m, n, k, tb, 0};
    return run(&p, ctx);
}

/* The same where c[n][n] is symmetric. */
static ew_status multiply_symmetric(double *c, const double *a, char tb, const double *b,
                                    size_t n, ew_context *ctx)
{
    product p = {c, a, b, n, n, n, tb, 1};
    ew_status status = run(&p, ctx);
    for (size_t i = 0; i < n && status == EW_OK; i++)
        for (size_t j = 0; j < i; j++)
            c[j * n + i] = c[i * n + j];
    return status;
}

/* ---- preparation ---- */

static ew_status allocate(ew_flow_data *f, int spread, ew_context *ctx)
{
    size_t n = f->n;
    f->d = ew_alloc(n * sizeof(double), ctx);
    f->v = ew_alloc(n * n * sizeof(double), ctx);
    f->hv = ew_alloc(f->all * n * sizeof(double), ctx);
    f->c = ew_alloc(n * f->outputs * sizeof(double), ctx);
    if (!f->d || !f->v || !f->hv || !f->c)
        return EW_MEMORY;
    if (!spread)
        return EW_OK;
    f->kv = ew_alloc(f->all * n * sizeof(double), ctx);
    f->w = ew_alloc(n * n * sizeof(double), ctx);
    return f->kv && f->w ? EW_OK : EW_MEMORY;
}

static void put_a(double *a, const ew_flow_data *f)
{
    memcpy(a, f->h, f->n * f->n * sizeof *a);
    for (size_t i = 0; i < f->n; i++)
        a[i * f->n + i] += f->ridge;
}

/* The true kernel is positive semi-definite: what falls below the ridge is rounding. */
static void clamp(ew_flow_data *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->d[i] < f->ridge)
            f->d[i] = f->ridge;
}

static ew_status decompose(ew_flow_data *f, ew_context *ctx)
{
    size_t n = f->n;
    double *x = ew_alloc(n * n * sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    put_a(f->v, f);
    ew_progress(ctx, 0, "eigenvectors");
    ew_status status = ew_lapack_syev(f->d, f->v, n, ctx);
    clamp(f);
    if (status == EW_OK)
        status = multiply_symmetric(x, f->v, 'T', f->v, n, ctx);
    if (status == EW_OK)
        ew_flow_bound_skew(f, x);
    if (status == EW_OK)
        status = multiply(f->hv, f->h, 'T', f->v, f->all, n, n, ctx);
    if (status == EW_OK)
        ew_flow_bound_residual(f);
    free(x);
    return status;
}

/* w = v k_XX v^T */
static ew_status turn_covariance(ew_flow_data *f, ew_context *ctx)
{
    size_t n = f->n;
    ew_status status = multiply(f->kv, f->k, 'T', f->v, f->all, n, n, ctx);
    return status == EW_OK ? multiply_symmetric(f->w, f->v, 'N', f->kv, n, ctx) : status;
}

ew_status ew_flow_data_prepare(ew_flow_data *f, int spread, ew_context *ctx)
{
    size_t n = f->n;
    if (f->d)
        return EW_OK;
    ew_status status = allocate(f, spread, ctx);
    if (status == EW_OK)
        status = decompose(f, ctx);
    if (status == EW_OK)
        status = multiply(f->c, f->v, 'N', f->y, n, f->outputs, n, ctx);
    if (status == EW_OK && spread)
        status = turn_covariance(f, ctx);
    if (status == EW_OK)
        ew_flow_bound_sizes(f);
    return status;
}

/* ---- one time ---- */

void ew_flow_data_factors(double *e, double *g, const ew_flow_data *f, arb_srcptr t)
{
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    for (size_t i = 0; i < f->n; i++) {
        double d = f->d[i];
        if (!t) {
            e[i] = f->ridge / d;
            g[i] = 1 / d;
            continue;
        }
        arb_set_d(x, d);
        arb_mul(y, x, t, 80);
        arb_neg(y, y);
        if (d == 0)
            arb_set_round(x, t, 80);
        else {
            arb_t z;
            arb_init(z);
            arb_expm1(z, y, 80);
            arb_neg(z, z);
            arb_div(x, z, x, 80);
            arb_clear(z);
        }
        g[i] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
        arb_exp(y, y, 80);
        e[i] = arf_get_d(arb_midref(y), ARF_RND_NEAR) + f->ridge * g[i];
    }
    arb_clear(x);
    arb_clear(y);
}

/* What the values that are not trained gain, g c; what is left at the trained ones, e c. */
static ew_status means(ew_flow_data_state *s, const ew_flow_data *f, const double *e,
                       const double *g, double *x, ew_context *ctx)
{
    size_t n = f->n, m = f->outputs;
    s->loss = 0;
    for (size_t i = 0; i < n * m; i++) {
        x[i] = e[i / m] * f->c[i];
        s->loss += x[i] * x[i] / 2;
    }
    ew_blas_gemm('T', 'N', n, m, n, -1, f->v, n, x, m, 0, s->mean, m);
    for (size_t i = 0; i < n * m; i++)
        s->mean[i] += f->y[i];
    for (size_t i = 0; i < n * m; i++)
        x[i] = g[i / m] * f->c[i];
    return multiply(s->mean + n * m, f->hv + n * n, 'N', x, f->all - n, m, n, ctx);
}

/* z: the rows b v^T, of trained values what is left of them (unit vector - b) v^T. */
static void turned_weights(double *z, const ew_flow_data *f, const double *e, const double *g)
{
    size_t n = f->n;
    for (size_t x = 0; x < f->all; x++)
        for (size_t i = 0; i < n; i++)
            z[x * n + i] = x < n ? e[i] * f->v[i * n + x] : g[i] * f->hv[x * n + i];
}

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* |b|^2 in coordinates of v. */
static double norm2(const ew_flow_data *f, size_t x, const double *g)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        double b = g[i] * f->hv[x * f->n + i];
        sum += b * b;
    }
    return sum;
}

static ew_status variances(ew_flow_data_state *s, const ew_flow_data *f, const double *e,
                           const double *g, double *z, double *p, ew_context *ctx)
{
    size_t n = f->n;
    turned_weights(z, f, e, g);
    ew_status status = multiply(p, z, 'N', f->w, f->all, n, n, ctx);
    s->expected = s->loss;
    for (size_t x = 0; x < f->all && status == EW_OK; x++) {
        double v = dot(z + x * n, p + x * n, n);
        if (x >= n)
            v += f->own[x] - 2 * dot(z + x * n, f->kv + x * n, n);
        else
            s->expected += (double) f->outputs * v / 2;
        s->variance[x] = v > 0 ? v : 0;
        s->norm2[x] = norm2(f, x, g);
    }
    return status;
}

/* The trained variances add up to tr(e w e v v^T), v v^T = 1. */
static void expect(ew_flow_data_state *s, const ew_flow_data *f, const double *e)
{
    double trace = 0;
    for (size_t i = 0; i < f->n; i++)
        trace += e[i] * e[i] * f->w[i * (f->n + 1)];
    s->expected = s->loss + (double) f->outputs * fmax(trace, 0) / 2;
}

ew_status ew_flow_data_at(ew_flow_data_state *s, const ew_flow_data *f, arb_srcptr t,
                          ew_context *ctx)
{
    size_t n = f->n, m = f->outputs;
    if (!t && !(f->least > 0))
        return ew_fail(
            ctx, EW_UNABLE,
            "the kernel matrix is singular or too close to it for t = inf: its least "
            "eigenvalue, near %.2g, is not proved positive; give a regularisation or "
            "a finite time",
            f->d[0]);
    size_t rows = s->variance ? f->all : 0;
    double *e = ew_alloc((2 * n + n * m + 2 * rows * n) * sizeof *e, ctx), *g = e + n;
    double *x = g + n, *z = x + n * m, *p = z + rows * n;
    if (!e)
        return EW_MEMORY;
    ew_flow_data_factors(e, g, f, t);
    ew_status status = means(s, f, e, g, x, ctx);
    if (f->w && !s->variance)
        expect(s, f, e);
    if (status == EW_OK && s->variance)
        status = variances(s, f, e, g, z, p, ctx);
    if (status == EW_OK)
        ew_flow_bound_state(s, f, t, e, g, s->variance ? z : NULL, p);
    free(e);
    return status;
}
