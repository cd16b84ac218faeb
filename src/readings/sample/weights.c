#include "readings/sample/weights.h"

#include <stdlib.h>

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
