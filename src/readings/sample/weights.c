#include "readings/sample/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/product.h"

typedef struct {
    ew_weights base;
    ew_stream stream;
    size_t columns;
} gaussian;

static ew_status gaussian_begin(ew_weights *w, const ew_stream *stream, size_t rows,
                                size_t columns, ew_context *ctx)
{
    gaussian *g = (gaussian *) w;
    g->stream = *stream;
    g->columns = columns;
    if (rows > EW_NORMAL_LIMIT / columns)
        return ew_fail(ctx, EW_UNABLE, "a weight matrix of %zu x %zu is too large", rows,
                       columns);
    return EW_OK;
}

static void gaussian_rows(ew_weights *w, double *out, size_t first, size_t count)
{
    const gaussian *g = (const gaussian *) w;
    ew_normals(out, &g->stream, (uint64_t) first * g->columns, count * g->columns);
}

static void gaussian_free(ew_weights *w)
{
    free(w);
}

ew_status ew_weights_gaussian(ew_weights **out, ew_context *ctx)
{
    gaussian *g = ew_alloc_zero(1, sizeof *g, ctx);
    *out = NULL;
    if (!g)
        return EW_MEMORY;
    g->base = (ew_weights){gaussian_begin, gaussian_rows, gaussian_free};
    *out = &g->base;
    return EW_OK;
}

/* frame: min(rows, columns) orthonormal vectors times the root of their length. */
typedef struct {
    ew_weights base;
    double *frame;
    size_t room, rows, columns;
} orthogonal;

static ew_status make_room(orthogonal *o, size_t entries, ew_context *ctx)
{
    if (entries <= o->room)
        return EW_OK;
    free(o->frame);
    o->room = 0;
    o->frame = ew_alloc(entries * sizeof *o->frame, ctx);
    if (!o->frame)
        return EW_MEMORY;
    o->room = entries;
    return EW_OK;
}

/* Normals with Q R = their QR decomposition: for orthogonal H, H Q R is that of other normals
 * of the same law, so that the law of Q is invariant. */
static ew_status orthogonal_begin(ew_weights *w, const ew_stream *stream, size_t rows,
                                  size_t columns, ew_context *ctx)
{
    orthogonal *o = (orthogonal *) w;
    size_t length = rows > columns ? rows : columns, count = rows > columns ? columns : rows;
    if (length > EW_MAX_FRAME / count)
        return ew_fail(ctx, EW_UNABLE,
                       "orthogonal weights of %zu x %zu have more than %zu entries", rows,
                       columns, EW_MAX_FRAME);
    ew_status status = make_room(o, length * count, ctx);
    if (status != EW_OK)
        return status;
    o->rows = rows;
    o->columns = columns;
    ew_normals(o->frame, stream, 0, length * count);
    status = ew_product_orthonormal(o->frame, count, length, ctx);
    for (size_t i = 0; status == EW_OK && i < length * count; i++)
        o->frame[i] *= sqrt((double) length);
    return status;
}

static void orthogonal_rows(ew_weights *w, double *out, size_t first, size_t count)
{
    const orthogonal *o = (const orthogonal *) w;
    if (o->rows <= o->columns) {
        memcpy(out, o->frame + first * o->columns, count * o->columns * sizeof *out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < o->columns; j++)
            out[i * o->columns + j] = o->frame[j * o->rows + first + i];
}

static void orthogonal_free(ew_weights *w)
{
    free(((orthogonal *) w)->frame);
    free(w);
}

ew_status ew_weights_orthogonal(ew_weights **out, ew_context *ctx)
{
    orthogonal *o = ew_alloc_zero(1, sizeof *o, ctx);
    *out = NULL;
    if (!o)
        return EW_MEMORY;
    o->base = (ew_weights){orthogonal_begin, orthogonal_rows, orthogonal_free};
    *out = &o->base;
    return EW_OK;
}
