/* Tiles of both matrices, from the jets of their pairs. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "arith/pool.h"
#include "readings/kernel/jacobian/data_lengths.h"

#define ULP 0x1p-53
#define SLACK (1 + 0x1p-36)
#define USELESS 0x1p-7 /* bounds of this part of the largest value are refused */
#define MOST_ROWS 256  /* of a tile, derivatives counted */

/* The points rescaled to length 1, and the products x.v/n_0 with the directions once they are
 * rescaled to x.x/n_0 = 1; of points of any lengths as they are. */
typedef struct {
    const ew_points *p;
    double *unit; /* [point][coordinate] */
    double *x;    /* [point][direction] */
    double *size; /* [point]: the largest sum of |x_k v_k|/n_0 */
} scaled;

typedef struct {
    const ew_jacobian_maps *m;
    scaled a, b;
    int symmetric;
    const ew_directions *along;
    size_t d, tile, columns; /* directions; points of a tile; tiles */
    double relative;         /* error of scaled coordinates */
    double across;           /* the largest sum of |v_k w_k|/n_0 */
    ew_rectangle_fn fn;
    void *data;
    pthread_mutex_t lock;
    ew_jacobian_bound bound, most; /* errors and values of f's */
    ew_jet_sides lengths;          /* of points of any lengths */
} run;

/* One tile's place and its jets, [jet][pair]. */
typedef struct {
    size_t i, j, rows, columns, pairs;
    double *jet, *error;
    ew_jet_walk *walk;
} tile;

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, x[i]);
    return most;
}

static ew_status scale(scaled *s, const ew_points *p, const ew_directions *along, int any,
                       ew_context *ctx)
{
    size_t d = along->n;
    double root = sqrt((double) p->d);
    double *x = ew_alloc((p->d + d) * sizeof *x, ctx), *size = x + p->d;
    s->p = p;
    s->unit = ew_alloc(p->n * p->d * sizeof *s->unit, ctx);
    s->x = ew_alloc(p->n * (d + 1) * sizeof *s->x, ctx);
    ew_status status = x && s->unit && s->x ? EW_OK : EW_MEMORY;
    s->size = s->x ? s->x + p->n * d : NULL;
    for (size_t i = 0; status == EW_OK && i < p->n; i++) {
        for (size_t k = 0; k < p->d; k++) {
            s->unit[i * p->d + k] = any ? 0 : p->x[i * p->d + k] / p->norm[i];
            x[k] = any ? p->x[i * p->d + k] : s->unit[i * p->d + k] * root;
        }
        ew_directions_along(s->x + i * d, size, along, x);
        s->size[i] = largest(size, d);
    }
    free(x);
    return status;
}

static void unscale(scaled *s)
{
    free(s->unit);
    free(s->x);
}

/* ---- jets ---------------------------------------------------------------------------------
 */

static slong states(const run *r)
{
    return (1 + r->m->tangent) * EW_JETS_OF_PAIR;
}

/* 1 - |cos| with the sign of the cosine; sums of products of unit vectors: what they are off by
 * does not depend on the angle, nor on the points' lengths. */
static void angles(double *q, const tile *t, const run *r)
{
    size_t n0 = r->a.p->d;
    for (size_t i = 0; i < t->rows; i++)
        for (size_t k = 0; k < t->columns; k++) {
            const double *a = r->a.unit + (t->i + i) * n0, *b = r->b.unit + (t->j + k) * n0;
            double c = 0;
            for (size_t g = 0; g < n0; g++)
                c += a[g] * b[g];
            double distance = fabs(c) < 1 ? 1 - fabs(c) : 0;
            q[i * t->columns + k] = c < 0 ? -distance : distance;
        }
}

static double angle_error(const run *r)
{
    return (2 * r->relative + ((double) r->a.p->d + 4) * ULP) * (1 + 0x1p-10);
}

static void jets(tile *t, const run *r, double *q, double *block)
{
    const size_t B = EW_JET_BLOCK;
    double *y = block, *e = y + states(r) * (slong) B, *scratch = e + states(r) * (slong) B;
    angles(q, t, r);
    if (r->symmetric && t->i == t->j)
        for (size_t i = 0; i < t->rows; i++)
            q[i * t->columns + i] = 0;
    for (size_t first = 0; first < t->pairs; first += B) {
        size_t n = t->pairs - first < B ? t->pairs - first : B;
        ew_jet_pairs(y, e, r->m, q + first, angle_error(r), n, scratch);
        for (slong s = 0; s < states(r); s++)
            for (size_t i = 0; i < n; i++) {
                t->jet[(size_t) s * t->pairs + first + i] = y[s * (slong) B + (slong) i];
                t->error[(size_t) s * t->pairs + first + i] = e[s * (slong) B + (slong) i];
            }
    }
}

/* ---- entries ------------------------------------------------------------------------------
 */

static const double *jet_at(const tile *t, const double *x, int tangent, int jet)
{
    return x + (size_t) (tangent * EW_JETS_OF_PAIR + jet) * t->pairs;
}

/* [rows d][columns]: derivatives at the points of a. */
static void fill_left(double *out, const run *r, const tile *t, int tangent)
{
    const double *own = jet_at(t, t->jet, tangent, EW_JET_OWN);
    const double *other = jet_at(t, t->jet, tangent, EW_JET_OTHER);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t g = 0; g < r->d; g++)
            for (size_t k = 0; k < t->columns; k++)
                *out++ = own[i * t->columns + k] * r->a.x[(t->i + i) * r->d + g] +
                         other[i * t->columns + k] * r->b.x[(t->j + k) * r->d + g];
}

/* [rows][columns d]: at those of b. */
static void fill_right(double *out, const run *r, const tile *t, int tangent)
{
    const double *own = jet_at(t, t->jet, tangent, EW_JET_OWN_B);
    const double *other = jet_at(t, t->jet, tangent, EW_JET_OTHER);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t k = 0; k < t->columns; k++)
            for (size_t h = 0; h < r->d; h++)
                *out++ = own[i * t->columns + k] * r->b.x[(t->j + k) * r->d + h] +
                         other[i * t->columns + k] * r->a.x[(t->i + i) * r->d + h];
}

/* [rows d][columns d] */
static void fill_both(double *out, const run *r, const tile *t, int tangent)
{
    const double *oo = jet_at(t, t->jet, tangent, EW_JET_OO);
    const double *on = jet_at(t, t->jet, tangent, EW_JET_ON);
    const double *no = jet_at(t, t->jet, tangent, EW_JET_NO);
    const double *nn = jet_at(t, t->jet, tangent, EW_JET_NN);
    const double *perp = jet_at(t, t->jet, tangent, EW_JET_PERP);
    for (size_t i = 0; i < t->rows; i++)
        for (size_t g = 0; g < r->d; g++) {
            const double *a = r->a.x + (t->i + i) * r->d;
            const double *across = r->along->between + g * r->d;
            for (size_t k = 0; k < t->columns; k++) {
                const double *b = r->b.x + (t->j + k) * r->d;
                size_t p = i * t->columns + k;
                double left = oo[p] * a[g] + no[p] * b[g], right = on[p] * a[g] + nn[p] * b[g];
                for (size_t h = 0; h < r->d; h++)
                    *out++ = left * b[h] + right * a[h] + perp[p] * across[h];
            }
        }
}

/* What the entries of one matrix may be off by: errors of jets, of products with directions and
 * of the few operations above. */
static double worst(const run *r, const tile *t, int tangent)
{
    double most = 0, c = 2 * (r->relative + r->along->error) + 16 * ULP;
    for (size_t p = 0; p < t->pairs; p++) {
        double x[EW_JETS_OF_PAIR], e[EW_JETS_OF_PAIR];
        double size = fmax(r->a.size[t->i + p / t->columns], r->b.size[t->j + p % t->columns]);
        for (int s = 0; s < EW_JETS_OF_PAIR; s++) {
            e[s] = jet_at(t, t->error, tangent, s)[p];
            x[s] = fabs(jet_at(t, t->jet, tangent, s)[p]) * c + e[s] * (1 + c);
        }
        double first = size * (fmax(x[EW_JET_OWN], x[EW_JET_OWN_B]) + x[EW_JET_OTHER]);
        double both =
            size * size * (x[EW_JET_OO] + x[EW_JET_ON] + x[EW_JET_NO] + x[EW_JET_NN]) +
            x[EW_JET_PERP] * r->across;
        int finite = e[EW_JET_VALUE] + first + both < INFINITY; /* no NaN either */
        double here = finite ? fmax(e[EW_JET_VALUE], fmax(first, both)) * SLACK : INFINITY;
        most = fmax(most, here);
    }
    return most;
}

static double value_of(const tile *t, int tangent)
{
    double most = 0;
    for (size_t p = 0; p < t->pairs; p++)
        most = fmax(most, fabs(jet_at(t, t->jet, tangent, EW_JET_VALUE)[p]));
    return most;
}

static ew_status give(const run *r, const tile *t, int tangent, double *out, ew_context *ctx)
{
    size_t d = r->d, n = r->a.p->n, k = r->b.p->n;
    int mirror = r->symmetric && t->i != t->j;
    ew_status status = r->fn(tangent, mirror, t->i, t->j, t->rows, t->columns,
                             jet_at(t, t->jet, tangent, EW_JET_VALUE), r->data, ctx);
    if (status == EW_OK) {
        fill_left(out, r, t, tangent);
        status = r->fn(tangent, mirror, n + t->i * d, t->j, t->rows * d, t->columns, out,
                       r->data, ctx);
    }
    if (status == EW_OK) {
        fill_right(out, r, t, tangent);
        status = r->fn(tangent, mirror, t->i, k + t->j * d, t->rows, t->columns * d, out,
                       r->data, ctx);
    }
    if (status == EW_OK) {
        fill_both(out, r, t, tangent);
        status = r->fn(tangent, mirror, n + t->i * d, k + t->j * d, t->rows * d, t->columns * d,
                       out, r->data, ctx);
    }
    return status;
}

/* ---- tiles --------------------------------------------------------------------------------
 */

static ew_status set_jets(tile *t, const run *r, double *q, double *block, ew_context *ctx)
{
    const ew_data_place at = {t->i, t->j, t->rows, t->columns, r->symmetric && t->i == t->j};
    if (t->walk)
        return ew_jet_walk_tile(t->jet, t->error, t->walk, &r->lengths, &at, ctx);
    jets(t, r, q, block);
    return EW_OK;
}

static ew_status one_tile(run *r, size_t row, size_t column, ew_jet_walk *walk, double *memory,
                          ew_context *ctx)
{
    size_t T = r->tile, all = (size_t) states(r);
    tile t = {.i = row * T, .j = column * T, .walk = walk};
    t.rows = T < r->a.p->n - t.i ? T : r->a.p->n - t.i;
    t.columns = T < r->b.p->n - t.j ? T : r->b.p->n - t.j;
    t.pairs = t.rows * t.columns;
    t.jet = memory;
    t.error = t.jet + all * T * T;
    double *q = t.error + all * T * T, *out = q + T * T;
    ew_status status = set_jets(&t, r, q, out + T * r->d * T * r->d, ctx);
    if (status != EW_OK)
        return status;
    double bound[2] = {worst(r, &t, 0), r->m->tangent ? worst(r, &t, 1) : 0};
    double most[2] = {value_of(&t, 0), r->m->tangent ? value_of(&t, 1) : 0};
    pthread_mutex_lock(&r->lock);
    r->most.nngp = fmax(r->most.nngp, most[0]);
    r->most.ntk = fmax(r->most.ntk, most[1]);
    r->bound.nngp = fmax(r->bound.nngp, bound[0]);
    r->bound.ntk = fmax(r->bound.ntk, bound[1]);
    pthread_mutex_unlock(&r->lock);
    for (int tangent = 0; tangent <= r->m->tangent && status == EW_OK; tangent++)
        status = give(r, &t, tangent, out, ctx);
    return status;
}

/* A job is a row of tiles. */
static ew_status tile_row(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    size_t T = r->tile, first = r->symmetric ? job : 0, all = (size_t) states(r);
    size_t size = 2 * all * T * T + T * T + T * r->d * T * r->d + 2 * all * EW_JET_BLOCK +
                  ew_jet_scratch(r->m);
    double *memory = ew_alloc(size * sizeof *memory, ctx);
    ew_jet_walk *walk = NULL;
    ew_status status = memory ? EW_OK : EW_MEMORY;
    if (status == EW_OK && r->m->net)
        status = ew_jet_walk_new(&walk, &r->lengths, ctx);
    for (size_t c = first; c < r->columns && status == EW_OK; c++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = one_tile(r, job, c, walk, memory, ctx);
        if (status == EW_OK)
            ew_pool_advance(pool, 1.0 / (double) (r->columns - first));
    }
    ew_jet_walk_free(walk);
    free(memory);
    return status;
}

static double largest_root(const ew_data_rows *x, slong layer)
{
    return sqrt(largest(x->k + (size_t) layer * x->n, x->n));
}

/* The variance of f, which bounds are compared with: values themselves may all be near 0. */
static ew_status set_most(run *r, ew_context *ctx)
{
    const ew_jacobian_maps *m = r->m;
    if (m->net) {
        r->most.nngp = largest_root(&r->lengths.sides.row, m->layers) *
                       largest_root(&r->lengths.sides.column, m->layers);
        return EW_OK;
    }
    size_t all = (size_t) states(r) * EW_JET_BLOCK;
    double q = 0, *y = ew_alloc((2 * all + ew_jet_scratch(m)) * sizeof *y, ctx);
    if (!y)
        return EW_MEMORY;
    ew_jet_pairs(y, y + all, m, &q, 0, 1, y + 2 * all);
    r->most.nngp = fabs(y[EW_JET_VALUE * EW_JET_BLOCK]);
    free(y);
    return EW_OK;
}

static ew_status run_all(run *r, ew_context *ctx)
{
    size_t rows = (r->a.p->n + r->tile - 1) / r->tile;
    ew_status status = set_most(r, ctx);
    if (status != EW_OK)
        return status;
    pthread_mutex_init(&r->lock, NULL);
    status = ew_pool_run(rows, tile_row, r, "kernel", ctx);
    pthread_mutex_destroy(&r->lock);
    if (status == EW_OK && !(r->bound.nngp <= USELESS * r->most.nngp &&
                             r->bound.ntk <= USELESS * fmax(r->most.ntk, r->most.nngp)))
        status = ew_fail(ctx, EW_UNABLE,
                         "jacobian: the bounds of the errors, %.2g and %.2g, are too large "
                         "(points almost equal, or many layers)",
                         r->bound.nngp, r->bound.ntk);
    return status;
}

ew_status ew_jacobian_data(ew_jacobian_bound *bound, const ew_jacobian_maps *m,
                           const ew_points *a, const ew_points *b, const ew_directions *along,
                           ew_rectangle_fn fn, void *data, ew_context *ctx)
{
    run r = {.m = m, .symmetric = !b, .along = along, .d = along->n, .fn = fn, .data = data};
    if ((b && a->d != b->d) || a->d != along->d)
        return ew_fail(ctx, EW_USAGE, "jacobian: points of %zu and of %zu coordinates", a->d,
                       b ? b->d : along->d);
    r.tile = MOST_ROWS / (1 + r.d) + 1;
    r.tile = r.tile < 64 ? r.tile : 64;
    r.columns = ((b ? b : a)->n + r.tile - 1) / r.tile;
    r.relative = a->norm_error + 4 * ULP;
    if (b && b->norm_error > a->norm_error)
        r.relative = b->norm_error + 4 * ULP;
    r.across = largest(along->size, r.d * r.d);
    ew_status status = scale(&r.a, a, along, m->net != NULL, ctx);
    if (status == EW_OK && b)
        status = scale(&r.b, b, along, m->net != NULL, ctx);
    if (!b)
        r.b = r.a;
    if (status == EW_OK && m->net)
        status = ew_jet_sides_init(&r.lengths, m, a, b, ctx);
    if (status == EW_OK)
        status = run_all(&r, ctx);
    *bound = r.bound;
    unscale(&r.a);
    if (b)
        unscale(&r.b);
    if (m->net)
        ew_jet_sides_clear(&r.lengths);
    return status;
}
