#include "arith/vector.h"

#include "readings/kernel/data/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-18)
#define STEP EW_SPECTRUM_STEP

ew_status ew_data_block_init(ew_data_block *b, ew_context *ctx)
{
    memset(b, 0, sizeof *b);
    const size_t tails = EW_SPECTRUM_MOST / STEP + 1;
    b->tail = ew_alloc(2 * tails * sizeof *b->tail, ctx);
    b->edge = b->tail ? b->tail + tails : NULL;
    b->beyond[0] = ew_alloc_zero(2 * EW_TAIL_ORDERS, sizeof **b->beyond, ctx);
    if (!b->tail || !b->beyond[0])
        return EW_MEMORY;
    b->beyond[1] = b->beyond[0] + EW_TAIL_ORDERS;
    return EW_OK;
}

void ew_data_block_clear(ew_data_block *b)
{
    free(b->tail);
    free(b->beyond[0]);
    free(b->coef[0]);
    free(b->coef[1]);
}

static double larger(double x, double y)
{
    return x > y ? x : y;
}

static void forget_bounds(ew_data_block *b)
{
    b->off = b->off1 = b->slope = b->bend = b->log_error = b->root_error = 0;
    b->jump = b->curvature = b->rest = b->rest1 = b->whole = b->whole1 = 0;
    memset(b->each, 0, sizeof b->each);
    b->tails = 0;
}

/* Point i from its variances before and after. */
static void set_point(ew_data_block *b, size_t i, const ew_data_step *s, double k, double error,
                      double next, double next_error)
{
    b->k[i] = k;
    b->root[i] = sqrt(next);
    b->growth[i] = sqrt(next / k);
    b->bias[i] = s->cb > 0 ? sqrt(s->cb / next) : 0;
    b->log_error = larger(b->log_error, error + next_error);
    b->root_error = larger(b->root_error, next_error);
}

/* The vector is the curve's times r, bias joined.  Its error: the curve's own, what the error
 * of ln K moves it by, and relative ones of r and of the bias: half of that of ln K', and six
 * roundings. */
static void add_bounds(ew_data_block *b, const ew_spectrum_piece *p, double w, double r,
                       double error, double next_error)
{
    double scaling = next_error / 2 + 6 * UNIT;
    double slope = r * sqrt(ew_spectrum_value(p->slope, w) + p->slope_error) * SLACK;
    double off = (p->own + p->move * error) * r + scaling;
    double off1 = (p->own1 + p->move1 * error) * r + scaling * slope;
    b->off = larger(b->off, off * SLACK);
    b->off1 = larger(b->off1, off1 * SLACK);
    b->slope = larger(b->slope, slope * slope * SLACK);
    b->bend = larger(b->bend, p->bend * r * r * SLACK);
    b->jump = larger(b->jump, p->jump * r * SLACK);
    b->curvature = larger(b->curvature, p->curvature * r * SLACK);
    slong n = p->n / STEP + 1;
    for (; b->tails < n; b->tails++) {
        b->tail[b->tails] = b->tails ? b->tail[b->tails - 1] : 0;
        b->edge[b->tails] = 0;
    }
    for (slong j = 0; j < b->tails; j++) {
        double tail = p->tail[j < n ? j : n - 1];
        b->tail[j] = larger(b->tail[j], (tail + p->move1 * error) * r * SLACK);
    }
    double end = (p->tail[n - 1] + p->move1 * error) * r * SLACK;
    b->edge[n - 1] = larger(b->edge[n - 1], end);
}

/* Those beyond, and their bounds; r is off by 2^-50 of it at most. */
static void fill_beyond(ew_data_block *b, size_t i, const ew_dual_tail *tail,
                        const ew_spectrum_piece *p, double r)
{
    double each[2][EW_TAIL_ORDERS], size[2][EW_TAIL_ORDERS];
    ew_dual_tail_row(each, tail, b->k[i]);
    ew_dual_tail_size(size, tail, b->k[i]);
    for (int class = 0; class < 2; class ++)
        for (size_t j = 0; j < EW_TAIL_ORDERS; j++) {
            b->beyond[class][j][i] = each[class][j] * r;
            b->each[class][j] = larger(b->each[class][j], size[class][j] * r * SLACK);
        }
    b->rest = larger(b->rest, p->rest * r * SLACK);
    b->rest1 = larger(b->rest1, p->rest1 * r * SLACK);
    b->whole = larger(b->whole, p->beyond * r * SLACK);
    b->whole1 = larger(b->whole1, p->beyond1 * r * SLACK);
}

static double scale_of(const ew_data_block *b, size_t i, const ew_data_step *s)
{
    return sqrt(s->cw) / b->root[i];
}

void ew_data_block_open(ew_data_block *b, const ew_data_net *net, const ew_data_rows *rows,
                        size_t first, size_t size, slong l)
{
    const ew_data_step *s = net->step + l;
    const ew_dual_tail *tail = net->dual ? NULL : ew_spectrum_tail(net->spectrum);
    size_t now = (size_t) (l - 1) * rows->n + first, next = now + rows->n;
    forget_bounds(b);
    b->size = size;
    for (size_t i = 0; i < size; i++) {
        double w, error = rows->error[now + i], next_error = rows->error[next + i];
        set_point(b, i, s, rows->k[now + i], error, rows->k[next + i], next_error);
        if (net->dual) {
            b->off = larger(b->off, (error + next_error + 14 * UNIT) * SLACK);
            continue;
        }
        const ew_spectrum_piece *p = ew_spectrum_at(&w, net->spectrum, b->k[i]);
        add_bounds(b, p, w, scale_of(b, i, s), error, next_error);
        if (tail)
            fill_beyond(b, i, tail, p, scale_of(b, i, s));
    }
}

/* y[0..n) = r times the polynomials of a class, c[degree][count]. */
EW_VECTOR
static void evaluate(double *restrict y, const double *c, size_t count, size_t n, double w,
                     double r)
{
    const double *top = c + EW_SPECTRUM_DEGREE * count;
    for (size_t i = 0; i < n; i++)
        y[i] = top[i];
    for (int j = EW_SPECTRUM_DEGREE - 1; j > 0; j--)
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] * w + c[(size_t) j * count + i];
    for (size_t i = 0; i < n; i++)
        y[i] = (y[i] * w + c[i]) * r;
}

static ew_status make_room(ew_data_block *b, ew_context *ctx)
{
    size_t need = (size_t) b->terms * EW_DATA_TILE;
    if (need > b->room) {
        free(b->coef[0]);
        free(b->coef[1]);
        b->room = 0;
        b->coef[0] = ew_alloc(need * sizeof **b->coef, ctx);
        b->coef[1] = ew_alloc(need * sizeof **b->coef, ctx);
        if (!b->coef[0] || !b->coef[1])
            return EW_MEMORY;
        b->room = need;
    }
    memset(b->coef[0], 0, need * sizeof **b->coef);
    memset(b->coef[1], 0, need * sizeof **b->coef);
    return EW_OK;
}

/* Where coefficient 0 of a class of point i is; the next are EW_STRIP apart. */
static double *place(const ew_data_block *b, int class, size_t i)
{
    return b->coef[class] + i / EW_STRIP * (size_t) b->terms * EW_STRIP + i % EW_STRIP;
}

static void fill_point(ew_data_block *b, size_t point, const ew_spectrum *spectrum, double r)
{
    double y[EW_SPECTRUM_MOST / 2], w;
    const ew_spectrum_piece *p = ew_spectrum_at(&w, spectrum, b->k[point]);
    for (int class = 0; class < 2; class ++) {
        size_t count = (size_t) p->count[class], terms = (size_t) b->terms;
        size_t n = count < terms ? count : terms;
        if (n == 0)
            continue;
        evaluate(y, p->coef[class], count, n, w, r);
        double *to = place(b, class, point);
        for (size_t j = 0; j < n; j++)
            to[j * EW_STRIP] = y[j];
    }
}

ew_status ew_data_block_fill(ew_data_block *b, const ew_data_net *net, const ew_data_step *s,
                             slong terms, ew_context *ctx)
{
    b->terms = net->dual ? 1 : terms;
    ew_status status = make_room(b, ctx);
    for (size_t i = 0; i < b->size && status == EW_OK; i++) {
        double r = scale_of(b, i, s);
        if (net->dual)
            *place(b, 1, i) = s->cb > 0 ? r * sqrt(net->square * b->k[i]) : 1;
        else
            fill_point(b, i, net->spectrum, r);
    }
    return status;
}

ew_status ew_data_block_first(ew_data_block *b, const ew_data_step *s, const ew_data_rows *rows,
                              const ew_points *p, size_t first, size_t size, ew_context *ctx)
{
    forget_bounds(b);
    b->size = size;
    b->terms = 1;
    b->slope = 1;
    ew_status status = make_room(b, ctx);
    for (size_t i = 0; i < size && status == EW_OK; i++) {
        double next = rows->k[first + i], error = rows->error[first + i];
        set_point(b, i, s, next, 0, next, error);
        *place(b, 1, i) =
            s->cb > 0 ? sqrt(s->cw / (double) p->d) * p->norm[first + i] / b->root[i] : 1;
        b->off = b->off1 = larger(b->off, (error + 8 * UNIT) * SLACK);
    }
    return status;
}
