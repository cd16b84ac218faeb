#include "readings/sample/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "readings/sample/residual.h"

struct ew_sampler {
    const ew_sampler_model *model;
    const ew_row_source *rows;
    void *state;
    size_t most;         /* samples in step */
    double *ghat, *mean; /* [most][pairs] */
    double *below;       /* [pairs]: means of products of the inputs' features */
    ew_neurons *neurons;
    ew_sampler_rows_fn watch; /* or NULL */
    void *watcher;
    ew_residual_sampler *residual; /* of a model with blocks: then this is all there is */
};

/* Narrow layers: as many samples in step as fit a block at the greatest width. */
static size_t samples_in_step(const ew_sampler_model *model)
{
    uint64_t widest = 1;
    for (slong l = 0; l < model->depth; l++)
        if (model->width[l] > widest)
            widest = model->width[l];
    return widest < EW_NEURONS ? (size_t) (EW_NEURONS / widest) : 1;
}

static void set_below(ew_sampler *s)
{
    const ew_sampler_model *model = s->model;
    size_t n = (size_t) model->coordinates;
    for (slong p = 0; p < model->program->pairs; p++) {
        const double *x = model->input + (size_t) model->program->first[p] * n;
        const double *y = model->input + (size_t) model->program->second[p] * n;
        for (size_t c = 0; c < n; c++)
            s->below[p] += x[c] * y[c] / (double) n;
    }
}

ew_status ew_sampler_new(ew_sampler **out, const ew_row_source *rows,
                         const ew_sampler_model *model, ew_context *ctx)
{
    *out = NULL;
    ew_sampler *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->rows = rows;
    if (model->blocks) {
        ew_status status =
            ew_residual_sampler_new(&s->residual, model, rows == &ew_network_rows, ctx);
        if (status == EW_OK)
            *out = s;
        else
            free(s);
        return status;
    }
    s->most = samples_in_step(model);
    size_t pairs = s->most * (size_t) model->program->pairs;
    s->ghat = ew_alloc_zero(pairs, sizeof(double), ctx);
    s->mean = ew_alloc_zero(pairs, sizeof(double), ctx);
    s->below = ew_alloc_zero((size_t) model->program->pairs, sizeof(double), ctx);
    ew_status status = s->ghat && s->mean && s->below ? EW_OK : EW_MEMORY;
    if (status == EW_OK)
        set_below(s);
    if (status == EW_OK)
        status = ew_neurons_new(&s->neurons, model->program, model->activation, ctx);
    if (status == EW_OK)
        status = rows->new_state(&s->state, model, s->most, ctx);
    if (status != EW_OK) {
        ew_sampler_free(s);
        return status;
    }
    *out = s;
    return EW_OK;
}

void ew_sampler_free(ew_sampler *s)
{
    if (!s)
        return;
    ew_residual_sampler_free(s->residual);
    if (s->state)
        s->rows->free_state(s->state);
    ew_neurons_free(s->neurons);
    free(s->ghat);
    free(s->mean);
    free(s->below);
    free(s);
}

void ew_sampler_watch(ew_sampler *s, ew_sampler_rows_fn fn, void *data)
{
    s->watch = fn;
    s->watcher = data;
}

/* The fields of row..row+rows-1 of each of `count` samples, side by side in the block. */
static ew_status draw_block(ew_sampler *s, slong layer, uint64_t first, size_t count,
                            uint64_t row, size_t rows, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (size_t k = 0; k < count && status == EW_OK; k++)
        status = s->rows->draw(s->state, s->neurons, k, k * rows, row, rows, ctx);
    for (size_t k = 0; k < count && status == EW_OK && s->watch; k++)
        s->watch(layer, first + k, s->neurons, k * rows, row, rows, s->watcher);
    return status;
}

/* Their features, and the products of these. */
static ew_status add_block(ew_sampler *s, size_t count, uint64_t row, size_t rows,
                           ew_context *ctx)
{
    ew_status status = ew_neurons_run(s->neurons, count * rows, ctx);
    for (size_t k = 0; k < count && status == EW_OK; k++) {
        ew_neurons_add(s->mean + k * (size_t) s->model->program->pairs, s->neurons, k * rows,
                       rows);
        if (s->rows->keep)
            s->rows->keep(s->state, s->neurons, k, k * rows, row, rows);
    }
    return status;
}

/* The rows of a layer of `count` samples in step; their features, but of the last layer's. */
static ew_status draw_layer(ew_sampler *s, slong layer, uint64_t first, size_t count,
                            ew_context *ctx)
{
    const ew_sampler_model *model = s->model;
    uint64_t n = model->width[layer - 1];
    s->rows->begin(s->state, layer, first, count, s->ghat, s->mean);
    memset(s->mean, 0, count * (size_t) model->program->pairs * sizeof(double));
    for (uint64_t row = 0; row < n; row += EW_NEURONS) {
        size_t rows = n - row < EW_NEURONS ? (size_t) (n - row) : EW_NEURONS;
        ew_status status = ew_poll(ctx);
        if (status == EW_OK)
            status = draw_block(s, layer, first, count, row, rows, ctx);
        if (status == EW_OK && layer < model->depth)
            status = add_block(s, count, row, rows, ctx);
        if (status != EW_OK)
            return status;
    }
    return EW_OK;
}

/* From layer to layer + 1 for `count` samples in step. */
static ew_status step(ew_sampler *s, slong layer, uint64_t first, size_t count, ew_context *ctx)
{
    const ew_sampler_model *model = s->model;
    size_t pairs = (size_t) model->program->pairs;
    ew_status status = draw_layer(s, layer, first, count, ctx);
    for (size_t i = 0; i < count * pairs; i++)
        s->mean[i] /= (double) model->width[layer - 1];
    for (size_t k = 0; k < count && status == EW_OK; k++)
        ew_field_program_covariance(s->ghat + k * pairs, model->program, s->mean + k * pairs,
                                    &model->numbers[layer]);
    return status;
}

ew_status ew_sampler_run(ew_sampler *s, uint64_t first, uint64_t count, ew_sampler_fn fn,
                         void *data, ew_context *ctx)
{
    const ew_sampler_model *model = s->model;
    size_t pairs = (size_t) model->program->pairs;
    if (s->residual)
        return ew_residual_sampler_run(s->residual, first, count, fn, data, ctx);
    for (uint64_t done = 0; done < count; done += s->most) {
        size_t n = count - done < s->most ? (size_t) (count - done) : s->most;
        for (size_t k = 0; k < n; k++) {
            memcpy(s->ghat + k * pairs, model->first, pairs * sizeof(double));
            memcpy(s->mean + k * pairs, s->below, pairs * sizeof(double));
        }
        for (slong layer = 1; layer < model->depth; layer++) {
            ew_status status = step(s, layer, first + done, n, ctx);
            if (status != EW_OK)
                return status;
            fn(layer + 1, first + done, n, s->ghat, data);
        }
        ew_status status = s->watch ? draw_layer(s, model->depth, first + done, n, ctx) : EW_OK;
        if (status != EW_OK)
            return status;
    }
    return EW_OK;
}
