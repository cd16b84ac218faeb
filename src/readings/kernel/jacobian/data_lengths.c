/* The jets of pairs of points of any lengths: variances go point by point, values by the walk
 * of kernels (readings/kernel/data/walk.h), all others beside them by the chain's law. */
#include "readings/kernel/jacobian/data_lengths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/kernel/jacobian/data_kinks.h"
#include "readings/kernel/jacobian/data_vectors.h"

#define B EW_JET_BLOCK
#define ULP EW_JET_ULP
#define SLACK EW_JET_SLACK
#define SPREAD EW_DATA_TILE /* the walk's columns */

/* ---- variances ----------------------------------------------------------------------------
 */

static ew_near product(ew_near x, ew_near y)
{
    double p = x.x * y.x;
    double error = fabs(x.x) * y.error + (fabs(y.x) + y.error) * x.error + fabs(p) * ULP;
    return (ew_near){p, error * SLACK + EW_JET_TINY};
}

/* K' = C_b + C_W <s^2>_K. */
static ew_status own_layer(ew_near *next, const ew_near *own, ew_jet_vectors *v,
                           const ew_jacobian_maps *m, const ew_data_rows *rows, slong l,
                           ew_context *ctx)
{
    const ew_near cw = m->layer[l - 1].parameter[EW_CW];
    ew_status status = EW_OK;
    for (size_t i = 0; m->net->dual && i < rows->n; i++) {
        const ew_near square = {m->net->square, m->net->square * ULP};
        next[i] = product(product(cw, square), own[i]);
    }
    for (size_t first = 0; !m->net->dual && first < rows->n && status == EW_OK; first += B) {
        size_t size = rows->n - first < B ? rows->n - first : B;
        status = ew_jet_vectors_set(v, m->net, rows, first, size, l, ctx);
        for (size_t i = 0; i < size && status == EW_OK; i++)
            next[first + i] = product(product(cw, ew_jet_vectors_slope(v, i)), own[first + i]);
    }
    return status == EW_OK ? ew_poll(ctx) : status;
}

static ew_status own_of(ew_near **out, const ew_jacobian_maps *m, const ew_data_rows *rows,
                        ew_context *ctx)
{
    size_t n = rows->n;
    ew_jet_vectors v;
    ew_near *own = ew_alloc((size_t) (m->layers + 1) * n * sizeof *own, ctx);
    ew_status status = ew_jet_vectors_init(&v, 3, ctx);
    *out = own;
    if (status == EW_OK && !own)
        status = EW_MEMORY;
    for (size_t i = 0; i < n && status == EW_OK; i++)
        own[i] = m->step[0];
    for (slong l = 1; l <= m->layers && status == EW_OK; l++)
        status =
            own_layer(own + (size_t) l * n, own + (size_t) (l - 1) * n, &v, m, rows, l, ctx);
    ew_jet_vectors_clear(&v);
    return status;
}

ew_status ew_jet_sides_init(ew_jet_sides *s, const ew_jacobian_maps *m, const ew_points *a,
                            const ew_points *b, ew_context *ctx)
{
    memset(s, 0, sizeof *s);
    s->m = m;
    s->sides.net = m->net;
    s->sides.a = a;
    s->sides.b = b ? b : a;
    ew_status status = ew_data_rows_new(&s->sides.row, a, m->net, ctx);
    if (status == EW_OK)
        status = own_of(&s->row, m, &s->sides.row, ctx);
    if (status == EW_OK && b)
        status = ew_data_rows_new(&s->sides.column, b, m->net, ctx);
    if (status == EW_OK && b)
        status = own_of(&s->column, m, &s->sides.column, ctx);
    if (!b) {
        s->sides.column = s->sides.row;
        s->column = s->row;
    }
    return status;
}

void ew_jet_sides_clear(ew_jet_sides *s)
{
    if (s->column != s->row) {
        ew_data_rows_clear(&s->sides.column);
        free(s->column);
    }
    ew_data_rows_clear(&s->sides.row);
    free(s->row);
}

/* ---- a tile -------------------------------------------------------------------------------
 */

struct ew_jet_walk {
    ew_data_walk walk;
    ew_jet_vectors rows, columns;
    slong states;
    double *jet, *error; /* [row][state][B] */
    double *scratch;
};

/* One more than the highest derivative. */
static slong orders_of(const ew_jacobian_maps *m)
{
    slong most = 0;
    for (slong i = 0; i < m->atoms; i++)
        most = FLINT_MAX(most, FLINT_MAX(m->atom[i].order[0], m->atom[i].order[1]));
    return most + 1;
}

ew_status ew_jet_walk_new(ew_jet_walk **out, const ew_jet_sides *s, ew_context *ctx)
{
    const ew_jacobian_maps *m = s->m;
    ew_jet_walk *w = ew_alloc_zero(1, sizeof *w, ctx);
    *out = w;
    if (!w)
        return EW_MEMORY;
    w->states = (1 + m->tangent) * EW_JETS_OF_PAIR;
    size_t size = (size_t) w->states * B * B;
    ew_status status = ew_data_walk_init(&w->walk, m->net, ctx);
    if (status == EW_OK)
        status = ew_jet_vectors_init(&w->rows, orders_of(m), ctx);
    if (status == EW_OK)
        status = ew_jet_vectors_init(&w->columns, orders_of(m), ctx);
    w->jet = ew_alloc(2 * size * sizeof *w->jet, ctx);
    w->error = w->jet ? w->jet + size : NULL;
    w->scratch = ew_alloc(ew_jet_scratch(m) * sizeof *w->scratch, ctx);
    if (status == EW_OK && !(w->jet && w->scratch))
        status = EW_MEMORY;
    return status;
}

void ew_jet_walk_free(ew_jet_walk *w)
{
    if (!w)
        return;
    ew_data_walk_clear(&w->walk);
    ew_jet_vectors_clear(&w->rows);
    ew_jet_vectors_clear(&w->columns);
    free(w->jet);
    free(w->scratch);
    free(w);
}

/* Along the other point and across the derivative of layer 1 is that in x_a.x_b/n_0; else 0. */
static void first_jets(ew_jet_walk *w, const ew_jacobian_maps *m, size_t rows)
{
    memset(w->jet, 0, 2 * (size_t) w->states * B * B * sizeof *w->jet);
    for (size_t i = 0; i < rows; i++)
        for (int t = 0; t <= m->tangent; t++) {
            size_t base = (i * (size_t) w->states + (size_t) t * EW_JETS_OF_PAIR) * B;
            for (size_t k = 0; k < B; k++) {
                size_t other = base + EW_JET_OTHER * B + k, perp = base + EW_JET_PERP * B + k;
                w->jet[other] = w->jet[perp] = m->step[t].x;
                w->error[other] = w->error[perp] = m->step[t].error;
            }
        }
}

/* Theta itself goes with the walk. */
static void set_theta(ew_jet_walk *w, const ew_jacobian_maps *m, size_t row, size_t columns)
{
    size_t to = (row * (size_t) w->states + EW_JETS_OF_PAIR + EW_JET_VALUE) * B;
    for (size_t k = 0; m->tangent && k < columns; k++) {
        w->jet[to + k] = w->walk.pairs.theta[row * SPREAD + k];
        w->error[to + k] = w->walk.pairs.theta_error[row * SPREAD + k];
    }
}

static void set_own(double *own, const ew_near *row, const ew_near *columns, size_t n)
{
    for (size_t k = 0; k < B; k++) {
        ew_near other = k < n ? columns[k] : (ew_near){0, 0};
        own[k] = row->x;
        own[B + k] = row->error;
        own[2 * B + k] = other.x;
        own[3 * B + k] = other.error;
    }
}

/* The jets of layer l + 1 from those of l. */
static ew_status step(ew_jet_walk *w, const ew_jet_sides *s, const ew_data_place *at, slong l,
                      ew_context *ctx)
{
    const ew_jacobian_maps *m = s->m;
    const ew_data_rows *row = &s->sides.row, *column = &s->sides.column;
    double own[4 * B];
    ew_status status = EW_OK;
    if (!m->net->dual)
        status = ew_jet_vectors_set(&w->rows, m->net, row, at->i, at->rows, l, ctx);
    if (status == EW_OK && !m->net->dual)
        status = ew_jet_vectors_set(&w->columns, m->net, column, at->j, at->columns, l, ctx);
    for (size_t i = 0; i < at->rows && status == EW_OK; i++) {
        size_t state = i * (size_t) w->states * B, pair = i * SPREAD;
        set_theta(w, m, i, at->columns);
        set_own(own, s->row + (size_t) (l - 1) * row->n + at->i + i,
                s->column + (size_t) (l - 1) * column->n + at->j, at->columns);
        if (m->net->dual)
            ew_jet_kinks_expect(w->scratch, ew_jet_errors(w->scratch, m), m, row, at->i + i,
                                column, at->j, at->columns, l, w->walk.pairs.q + pair,
                                w->walk.pairs.error + pair);
        else
            ew_jet_vectors_expect(w->scratch, ew_jet_errors(w->scratch, m), m, &w->rows, i,
                                  &w->columns, w->walk.pairs.q + pair,
                                  w->walk.pairs.error + pair);
        ew_jet_step(w->jet + state, w->error + state, m, m->layer + l - 1, own, w->scratch);
    }
    return status;
}

/* K of the last layer, by the walk's correlations. */
static void set_values(ew_jet_walk *w, const ew_jet_sides *s, const ew_data_place *at)
{
    const ew_data_rows *row = &s->sides.row, *column = &s->sides.column;
    const size_t top = (size_t) s->m->layers;
    for (size_t i = 0; i < at->rows; i++) {
        const double *q = w->walk.pairs.q + i * SPREAD, *off = w->walk.pairs.error + i * SPREAD;
        size_t a = top * row->n + at->i + i, to = i * (size_t) w->states * B + EW_JET_VALUE * B;
        for (size_t k = 0; k < at->columns; k++) {
            size_t b = top * column->n + at->j + k;
            double size = sqrt(row->k[a]) * sqrt(column->k[b]);
            double relative = row->error[a] + column->error[b] + 8 * ULP;
            w->jet[to + k] = size * (signbit(q[k]) ? -1 - q[k] : 1 - q[k]);
            w->error[to + k] = size * (off[k] + relative) * SLACK;
        }
        set_theta(w, s->m, i, at->columns);
    }
}

static void store(double *jet, double *error, const ew_jet_walk *w, const ew_data_place *at)
{
    size_t pairs = at->rows * at->columns;
    for (size_t i = 0; i < at->rows; i++)
        for (slong state = 0; state < w->states; state++) {
            size_t from = (i * (size_t) w->states + (size_t) state) * B;
            size_t to = (size_t) state * pairs + i * at->columns;
            memcpy(jet + to, w->jet + from, at->columns * sizeof *jet);
            memcpy(error + to, w->error + from, at->columns * sizeof *error);
        }
}

ew_status ew_jet_walk_tile(double *jet, double *error, ew_jet_walk *w, const ew_jet_sides *s,
                           const ew_data_place *at, ew_context *ctx)
{
    first_jets(w, s->m, at->rows);
    ew_status status = ew_data_walk_first(&w->walk, &s->sides, at, ctx);
    for (slong l = 1; l <= s->m->layers && status == EW_OK; l++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = step(w, s, at, l, ctx);
        if (status == EW_OK)
            status = ew_data_walk_step(&w->walk, &s->sides, at, l, ctx);
    }
    if (status == EW_OK) {
        set_values(w, s, at);
        store(jet, error, w, at);
    }
    return status;
}
