#include "expect/dual/spectrum.h"

#include <stdlib.h>
#include <string.h>

#include "arith/pool.h"
#include "expect/dual/spectrum_piece.h"

struct ew_spectrum {
    ew_spectrum_means with;
    ew_evaluator *any;
    slong orders;
    size_t n;
    ew_spectrum_piece **piece; /* by ascending key */
};

/* Kinked s: its jumps. */
static ew_status open_kink(ew_spectrum *c, ew_context *ctx)
{
    c->with.jump = _arb_vec_init(EW_TAIL_JUMPS);
    return ew_dual_jumps(c->with.jump, c->with.s, 256, ctx);
}

ew_status ew_spectrum_new(ew_spectrum **out, const ew_activation *s, ew_context *ctx)
{
    *out = NULL;
    ew_spectrum *c = ew_alloc_zero(1, sizeof *c, ctx);
    if (!c)
        return EW_MEMORY;
    c->with.s = s;
    ew_interpolation_init(&c->with.points, EW_SPECTRUM_POINTS);
    ew_interpolation_init(&c->with.squares, EW_SPECTRUM_SQUARE + 1);
    ew_status status = s->kinks ? open_kink(c, ctx) : EW_OK;
    if (status == EW_OK)
        status = ew_evaluator_new(&c->any, s, EW_AUTO, ctx);
    if (status == EW_OK)
        *out = c;
    else
        ew_spectrum_free(c);
    return status;
}

ew_status ew_spectrum_settle(ew_spectrum *c, double K, ew_context *ctx)
{
    slong n, orders;
    if (!c->with.jump || c->with.tail)
        return EW_OK;
    ew_status status = ew_spectrum_choose(&n, &orders, c->any, c->with.jump, K, ctx);
    if (status == EW_OK)
        status =
            ew_dual_tail_new(&c->with.tail, c->with.jump, c->with.s->parity, n, orders, ctx);
    return status;
}

const ew_dual_tail *ew_spectrum_tail(const ew_spectrum *c)
{
    return c->with.tail;
}

void ew_spectrum_ask(ew_spectrum *c, slong orders)
{
    c->orders = orders;
}

void ew_spectrum_free(ew_spectrum *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++) {
        ew_spectrum_piece_clear(c->piece[i]);
        free(c->piece[i]);
    }
    free(c->piece);
    if (c->with.jump)
        _arb_vec_clear(c->with.jump, EW_TAIL_JUMPS);
    ew_dual_tail_free(c->with.tail);
    ew_interpolation_clear(&c->with.points);
    ew_interpolation_clear(&c->with.squares);
    ew_evaluator_free(c->any);
    free(c);
}

static uint64_t bits_of(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static double of_bits(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

#define SHIFT (52 - EW_SPECTRUM_BITS)

/* The number of pieces with keys below this one. */
static size_t find(const ew_spectrum *c, uint64_t key)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t i = (low + high) / 2;
        if (c->piece[i]->key < key)
            low = i + 1;
        else
            high = i;
    }
    return low;
}

/* ---- making pieces -------------------------------------------------------------------------
 */

/* The trapezoidal rule first: its nodes serve all pieces of an octave. */
typedef struct {
    ew_evaluator *grid, *any;
} evaluators;

static ew_status evaluators_new(evaluators *e, const ew_activation *s, ew_context *ctx)
{
    *e = (evaluators){NULL, NULL};
    ew_status status = ew_evaluator_new(&e->any, s, EW_AUTO, ctx);
    if (status == EW_OK && !s->kinks && ew_evaluator_new(&e->grid, s, EW_GRID, ctx) != EW_OK) {
        e->grid = NULL;
        ew_clear(ctx);
    }
    return status;
}

static void evaluators_free(evaluators *e)
{
    ew_evaluator_free(e->grid);
    ew_evaluator_free(e->any);
}

static ew_status make(ew_spectrum_piece *p, const ew_spectrum *c, const evaluators *e,
                      ew_context *ctx)
{
    const uint64_t key = p->key;
    if (e->grid) {
        ew_status status = ew_spectrum_piece_make(p, e->grid, &c->with, ctx);
        if (status != EW_UNABLE)
            return status;
        ew_clear(ctx);
        ew_spectrum_piece_clear(p);
        *p = (ew_spectrum_piece){.key = key, .orders = c->orders};
    }
    return ew_spectrum_piece_make(p, e->any, &c->with, ctx);
}

/* Pieces wanted, by ascending key, and where each octave's begin. */
typedef struct {
    const ew_spectrum *c;
    size_t n, octaves;
    ew_spectrum_piece **piece; /* [n] */
    size_t *begin;             /* [octaves + 1] */
} order;

/* A job is an octave, whoever else works on others: what is made does not depend on that. */
static ew_status make_octave(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    const order *o = data;
    evaluators e;
    ew_status status = evaluators_new(&e, o->c->with.s, ctx);
    for (size_t i = o->begin[job]; i < o->begin[job + 1] && status == EW_OK; i++) {
        status = make(o->piece[i], o->c, &e, ctx);
        ew_pool_advance(pool, 1.0 / (double) (o->begin[job + 1] - o->begin[job]));
    }
    evaluators_free(&e);
    return status;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The keys of those that are not there, ascending; returns how many. */
static size_t missing(uint64_t *key, const ew_spectrum *c, const double *K, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        key[i] = bits_of(K[i]) >> SHIFT;
    qsort(key, n, sizeof *key, compare);
    for (size_t i = 0; i < n; i++) {
        size_t at = find(c, key[i]);
        int known = at < c->n && c->piece[at]->key == key[i];
        if (!known && (found == 0 || key[found - 1] != key[i]))
            key[found++] = key[i];
    }
    return found;
}

static ew_status fill_order(order *o, const uint64_t *key, ew_context *ctx)
{
    o->piece = ew_alloc_zero(o->n + 1, sizeof *o->piece, ctx);
    o->begin = ew_alloc_zero(o->n + 1, sizeof *o->begin, ctx);
    ew_status status = o->piece && o->begin ? EW_OK : EW_MEMORY;
    for (size_t i = 0; i < o->n && status == EW_OK; i++) {
        o->piece[i] = ew_alloc_zero(1, sizeof **o->piece, ctx);
        if (!o->piece[i])
            return EW_MEMORY;
        *o->piece[i] = (ew_spectrum_piece){.key = key[i], .orders = o->c->orders};
        if (i == 0 || key[i] >> EW_SPECTRUM_BITS != key[i - 1] >> EW_SPECTRUM_BITS)
            o->begin[o->octaves++] = i;
    }
    if (status == EW_OK)
        o->begin[o->octaves] = o->n;
    return status;
}

/* Into the curve, which owns them then. */
static ew_status merge(ew_spectrum *c, order *o, ew_context *ctx)
{
    ew_spectrum_piece **all = ew_realloc(c->piece, (c->n + o->n) * sizeof *all, ctx);
    if (!all)
        return EW_MEMORY;
    c->piece = all;
    size_t i = c->n, j = o->n;
    c->n += o->n;
    for (size_t k = c->n; j > 0; k--)
        all[k - 1] = i > 0 && all[i - 1]->key > o->piece[j - 1]->key ? all[--i] : o->piece[--j];
    o->n = 0;
    return EW_OK;
}

static void order_clear(order *o)
{
    for (size_t i = 0; o->piece && i < o->n; i++)
        if (o->piece[i]) {
            ew_spectrum_piece_clear(o->piece[i]);
            free(o->piece[i]);
        }
    free(o->piece);
    free(o->begin);
}

static ew_status check_means(ew_spectrum *c, double K, ew_context *ctx)
{
    if (c->orders > 0 && c->with.jump)
        return ew_fail(ctx, EW_UNABLE, "derivatives of %s jump", c->with.s->text);
    return ew_spectrum_settle(c, K, ctx);
}

ew_status ew_spectrum_prepare_all(ew_spectrum *c, const double *K, size_t n, ew_context *ctx)
{
    order o = {.c = c};
    uint64_t *key = ew_alloc(n * sizeof *key, ctx);
    if (!key)
        return EW_MEMORY;
    o.n = missing(key, c, K, n);
    ew_status status = o.n ? check_means(c, K[0], ctx) : EW_OK;
    if (status == EW_OK && o.n)
        status = fill_order(&o, key, ctx);
    if (status == EW_OK && o.n)
        status = ew_pool_run(o.octaves, make_octave, &o, "tabulating variances", ctx);
    if (status == EW_OK && o.n)
        status = merge(c, &o, ctx);
    order_clear(&o);
    free(key);
    return status;
}

ew_status ew_spectrum_prepare(ew_spectrum *c, double K, ew_context *ctx)
{
    return ew_spectrum_prepare_all(c, &K, 1, ctx);
}

/* The middle and half the length share the exponent of K: nothing is rounded. */
const ew_spectrum_piece *ew_spectrum_at(double *w, const ew_spectrum *c, double K)
{
    uint64_t key = bits_of(K) >> SHIFT;
    size_t i = find(c, key);
    if (i == c->n || c->piece[i]->key != key)
        return NULL;
    double low = of_bits(key << SHIFT), half = (of_bits((key + 1) << SHIFT) - low) / 2;
    *w = (K - (low + half)) / half;
    return c->piece[i];
}

double ew_spectrum_value(const double *c, double w)
{
    double y = c[EW_SPECTRUM_SQUARE];
    for (int j = EW_SPECTRUM_SQUARE - 1; j >= 0; j--)
        y = y * w + c[j];
    return y;
}

/* dw/d ln K = middle/half + w. */
double ew_spectrum_rate(const ew_spectrum_piece *p, double w)
{
    const uint64_t part = p->key & ((1 << EW_SPECTRUM_BITS) - 1);
    double y = EW_SPECTRUM_SQUARE * p->square[EW_SPECTRUM_SQUARE];
    for (int j = EW_SPECTRUM_SQUARE - 1; j >= 1; j--)
        y = y * w + j * p->square[j];
    return y * ((double) (2 * ((1 << EW_SPECTRUM_BITS) + part) + 1) + w);
}
