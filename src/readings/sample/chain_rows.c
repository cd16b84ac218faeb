/* Rows of the chain sampler: independent draws from N(0, Ghat).  Exact in law, no weights. */
#include "readings/sample/sampler.h"

#include <stdlib.h>

#include "readings/sample/rows.h"
#include "readings/sample/semidefinite.h"

typedef struct {
    const ew_sampler_model *model;
    ew_stream stream; /* of the first sample */
    double *factor;   /* [most][fields * fields]: Cholesky factors */
} chain_state;

static void free_state(void *state)
{
    chain_state *s = state;
    free(s->factor);
    free(s);
}

static ew_status new_state(void **state, const ew_sampler_model *model, size_t most,
                           ew_context *ctx)
{
    size_t m = (size_t) model->program->fields;
    *state = NULL;
    chain_state *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->factor = ew_alloc_zero(most * m * m, sizeof(double), ctx);
    if (!s->factor) {
        free_state(s);
        return EW_MEMORY;
    }
    *state = s;
    return EW_OK;
}

static void begin(void *state, slong layer, uint64_t first, size_t count, const double *ghat,
                  const double *mean)
{
    chain_state *s = state;
    size_t m = (size_t) s->model->program->fields, pairs = (size_t) s->model->program->pairs;
    (void) mean;
    s->stream = (ew_stream){s->model->seed, first, (uint32_t) layer, 0};
    for (size_t k = 0; k < count; k++)
        ew_semidefinite_cholesky(s->factor + k * m * m, ghat + k * pairs, (slong) m);
}

static ew_status draw(void *state, ew_neurons *to, size_t k, size_t at, uint64_t row,
                      size_t rows, ew_context *ctx)
{
    const chain_state *s = state;
    slong m = s->model->program->fields;
    ew_stream stream = s->stream;
    double *x = ew_neurons_field(to, 0) + at;
    (void) ctx;
    stream.sample += k;
    ew_rows_normals(x, &stream, m, row, rows);
    ew_rows_transform(x, s->factor + k * (size_t) (m * m), m, rows);
    return EW_OK;
}

const ew_row_source ew_chain_rows = {new_state, free_state, begin, draw, NULL};
