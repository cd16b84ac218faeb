#include "expect/dual/spectrum.h"

#include <stdlib.h>
#include <string.h>

#include "expect/dual/spectrum_piece.h"

struct ew_spectrum {
    ew_spectrum_means with;
    ew_evaluator *grid, *any; /* the trapezoidal rule first: its nodes serve all pieces */
    slong orders;
    size_t n, room;
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
    if (status == EW_OK && !s->kinks && ew_evaluator_new(&c->grid, s, EW_GRID, ctx) != EW_OK) {
        c->grid = NULL;
        ew_clear(ctx);
    }
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
    ew_evaluator_free(c->grid);
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

static ew_status make_room(ew_spectrum *c, ew_context *ctx)
{
    if (c->n < c->room)
        return EW_OK;
    size_t room = 2 * c->room + 16;
    ew_spectrum_piece **p = ew_realloc(c->piece, room * sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    c->piece = p;
    c->room = room;
    return EW_OK;
}

static ew_status make(ew_spectrum_piece *p, ew_spectrum *c, ew_context *ctx)
{
    const uint64_t key = p->key;
    if (c->grid) {
        ew_status status = ew_spectrum_piece_make(p, c->grid, &c->with, ctx);
        if (status != EW_UNABLE)
            return status;
        ew_clear(ctx);
        ew_spectrum_piece_clear(p);
        *p = (ew_spectrum_piece){.key = key, .orders = c->orders};
    }
    return ew_spectrum_piece_make(p, c->any, &c->with, ctx);
}

ew_status ew_spectrum_prepare(ew_spectrum *c, double K, ew_context *ctx)
{
    uint64_t key = bits_of(K) >> SHIFT;
    size_t i = find(c, key);
    if (i < c->n && c->piece[i]->key == key)
        return EW_OK;
    if (c->orders > 0 && c->with.jump)
        return ew_fail(ctx, EW_UNABLE, "derivatives of %s jump", c->with.s->text);
    ew_status status = ew_spectrum_settle(c, K, ctx);
    if (status == EW_OK)
        status = make_room(c, ctx);
    if (status != EW_OK)
        return status;
    ew_spectrum_piece *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    p->key = key;
    p->orders = c->orders;
    status = make(p, c, ctx);
    if (status != EW_OK) {
        ew_spectrum_piece_clear(p);
        free(p);
        return status;
    }
    memmove(c->piece + i + 1, c->piece + i, (c->n - i) * sizeof *c->piece);
    c->piece[i] = p;
    c->n++;
    return EW_OK;
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
