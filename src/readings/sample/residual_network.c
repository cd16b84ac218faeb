/* Residual networks with explicit weights, and their gradients by backpropagation. */
#include "arith/vector.h"

#include "readings/sample/residual_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/random.h"
#include "readings/sample/product.h"

/* Uses of streams: one a channel. */
#define USE_W 64
#define USE_V 96
#define USE_BIAS 160
/* Weights worked on at a time. */
#define PANEL 32768

EW_VECTOR static void add_scaled(double *restrict y, double a, const double *restrict x,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

ew_status ew_residual_network_new(ew_residual_sampler *s, ew_context *ctx)
{
    size_t widest = s->d > s->m ? s->d : s->m;
    size_t panel = widest * EW_NORMAL_CHUNK > PANEL ? widest * EW_NORMAL_CHUNK : PANEL;
    s->panel = ew_alloc_zero(panel, sizeof(double), ctx);
    s->source = ew_alloc_zero(s->fields * widest, sizeof(double), ctx);
    s->inner = ew_alloc_zero(s->fields * s->m, sizeof(double), ctx);
    return s->panel && s->source && s->inner ? ew_weights_gaussian(&s->weights, ctx)
                                             : EW_MEMORY;
}

/* A matrix of a block: y += factor M x for every field, M and the tangents' M' each acting on
 * the fields that have them (theory.md section 2). */
typedef struct {
    size_t rows, columns;
    double variance, rate; /* of the entries, times columns: of M and of every M' */
    uint32_t use;
    double factor;
    const double *x; /* [fields][columns] */
    double *y;       /* [fields][rows] */
} matrix;

/* Rows of a matrix that are made at a time. */
static size_t panel_rows(size_t columns)
{
    size_t n = PANEL / columns / EW_NORMAL_CHUNK * EW_NORMAL_CHUNK;
    n = n < EW_NORMAL_CHUNK ? EW_NORMAL_CHUNK : n;
    return n < EW_NEURONS ? n : EW_NEURONS;
}

/* The fields that a channel reaches, and their sources put side by side. */
static slong gather(slong *target, ew_residual_sampler *s, const matrix *a, ulong bit)
{
    const ew_fields *fields = s->model->fields;
    slong n = 0;
    for (slong f = 0; f < fields->n; f++) {
        ew_field x = ew_fields_at(fields, f);
        if ((x.set & bit) != bit)
            continue;
        slong from = ew_fields_find(fields, x.input, x.set & ~bit);
        memcpy(s->source + (size_t) n * a->columns, a->x + (size_t) from * a->columns,
               a->columns * sizeof(double));
        target[n++] = f;
    }
    return n;
}

static ew_status apply_channel(ew_residual_sampler *s, const matrix *a, ew_stream stream,
                               ulong bit, double variance, ew_context *ctx)
{
    double factor = a->factor * sqrt(variance / (double) a->columns);
    size_t most = panel_rows(a->columns);
    slong *target = ew_alloc(s->fields * sizeof *target, ctx);
    if (!target)
        return EW_MEMORY;
    slong n = gather(target, s, a, bit);
    ew_status status = s->weights->begin(s->weights, &stream, a->rows, a->columns, ctx);
    for (size_t row = 0; row < a->rows && status == EW_OK; row += most) {
        size_t rows = a->rows - row < most ? a->rows - row : most;
        s->weights->rows(s->weights, s->panel, row, rows);
        ew_product(s->rows, EW_NEURONS, factor, s->source, a->columns, (size_t) n, s->panel,
                   rows, a->columns);
        for (slong i = 0; i < n; i++)
            add_scaled(a->y + (size_t) target[i] * a->rows + row, 1,
                       s->rows + (size_t) i * EW_NEURONS, rows);
    }
    free(target);
    return status;
}

static ew_status apply(ew_residual_sampler *s, const matrix *a, slong layer, uint64_t sample,
                       ew_context *ctx)
{
    const ew_fields *fields = s->model->fields;
    ew_stream stream = {s->model->seed, sample, (uint32_t) layer, a->use};
    ew_status status = apply_channel(s, a, stream, 0, a->variance, ctx);
    for (slong g = 0; g < fields->generators && status == EW_OK; g++) {
        if (fields->kind[g] != EW_TANGENT || a->rate == 0)
            continue;
        stream.use = a->use + 1 + (uint32_t) g;
        status = apply_channel(s, a, stream, UWORD(1) << g, a->rate, ctx);
    }
    return status;
}

/* One bias a neuron, the same for every input; one more for every tangent. */
static void add_biases(ew_residual_sampler *s, slong layer, uint64_t sample)
{
    const ew_fields *fields = s->model->fields;
    const ew_layer_numbers *x = &s->model->numbers[layer];
    ew_stream stream = {s->model->seed, sample, (uint32_t) layer, USE_BIAS};
    for (slong g = -1; g < fields->generators; g++, stream.use++) {
        double variance = g < 0 ? x->cb : x->lambda_b;
        if (variance == 0 || (g >= 0 && fields->kind[g] != EW_TANGENT))
            continue;
        slong set = ew_fields_find(fields, 0, g < 0 ? 0 : UWORD(1) << g);
        for (size_t row = 0; row < s->m; row += EW_NEURONS) {
            size_t rows = s->m - row < EW_NEURONS ? s->m - row : EW_NEURONS;
            ew_normals(s->rows, &stream, row, rows);
            for (slong a = 0; a < fields->inputs; a++)
                add_scaled(s->inner + (size_t) (a * fields->sets + set) * s->m + row,
                           sqrt(variance), s->rows, rows);
        }
    }
}

/* From W h + b to the features, in place. */
static ew_status run_neurons(ew_residual_sampler *s, double *slope, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (size_t row = 0; row < s->m && status == EW_OK; row += EW_NEURONS) {
        size_t rows = s->m - row < EW_NEURONS ? s->m - row : EW_NEURONS;
        for (size_t f = 0; f < s->fields; f++)
            memcpy(ew_neurons_field(s->neurons, (slong) f), s->inner + f * s->m + row,
                   rows * sizeof(double));
        status = ew_neurons_run(s->neurons, rows, ctx);
        if (slope && status == EW_OK) {
            double jet[2 * EW_NEURONS];
            status = ew_program_jet(jet, s->model->activation, s->inner + row, rows, 2, ctx);
            memcpy(slope + row, jet + rows, rows * sizeof(double));
        }
        for (size_t f = 0; f < s->fields && status == EW_OK; f++)
            memcpy(s->inner + f * s->m + row, ew_neurons_feature(s->neurons, (slong) f),
                   rows * sizeof(double));
    }
    return status;
}

static matrix inner_matrix(const ew_residual_sampler *s, slong layer)
{
    const ew_layer_numbers *x = &s->model->numbers[layer];
    return (matrix){s->m, s->d, x->cw, x->lambda_w, USE_W, 1, s->h, s->inner};
}

static matrix outer_matrix(const ew_residual_sampler *s, slong layer)
{
    const ew_layer_numbers *x = &s->model->blocks->outer[layer];
    return (matrix){s->d,     s->m, x->cw, x->lambda_w, USE_V, s->model->blocks->alpha,
                    s->inner, s->h};
}

ew_status ew_residual_network_step(ew_residual_sampler *s, slong layer, uint64_t sample,
                                   double *slope, ew_context *ctx)
{
    matrix w = inner_matrix(s, layer), v = outer_matrix(s, layer);
    memset(s->inner, 0, s->fields * s->m * sizeof(double));
    ew_status status = apply(s, &w, layer, sample, ctx);
    if (status != EW_OK)
        return status;
    add_biases(s, layer, sample);
    status = run_neurons(s, slope, ctx);
    return status == EW_OK ? apply(s, &v, layer, sample, ctx) : status;
}

/* ---- gradients ----------------------------------------------------------------------------
 */

/* y = factor M^T x, M as in the forward pass. */
static ew_status apply_transposed(double *y, ew_residual_sampler *s, const matrix *a,
                                  const double *x, slong layer, uint64_t sample,
                                  ew_context *ctx)
{
    ew_stream stream = {s->model->seed, sample, (uint32_t) layer, a->use};
    double factor = sqrt(a->variance / (double) a->columns);
    size_t most = panel_rows(a->columns);
    memset(y, 0, a->columns * sizeof(double));
    ew_status status = s->weights->begin(s->weights, &stream, a->rows, a->columns, ctx);
    for (size_t row = 0; row < a->rows && status == EW_OK; row += most) {
        size_t rows = a->rows - row < most ? a->rows - row : most;
        s->weights->rows(s->weights, s->panel, row, rows);
        for (size_t i = 0; i < rows; i++)
            add_scaled(y, factor * x[row + i], s->panel + i * a->columns, a->columns);
    }
    return status;
}

/* p += alpha W^T (s' o V^T p) */
static ew_status step_back(double *p, ew_residual_sampler *s, slong layer, uint64_t sample,
                           ew_context *ctx)
{
    matrix w = inner_matrix(s, layer), v = outer_matrix(s, layer);
    const double *slope = s->slope + (size_t) (layer - 1) * s->m;
    ew_status status = apply_transposed(s->inner, s, &v, p, layer, sample, ctx);
    for (size_t j = 0; j < s->m; j++)
        s->inner[j] *= slope[j];
    if (status == EW_OK)
        status = apply_transposed(s->source, s, &w, s->inner, layer, sample, ctx);
    if (status == EW_OK)
        add_scaled(p, v.factor, s->source, s->d);
    return status;
}

ew_status ew_residual_sampler_gradient(double *growth, ew_residual_sampler *s, uint64_t sample,
                                       ew_context *ctx)
{
    slong blocks = s->model->depth - 1;
    ew_status status = EW_OK;
    if (!s->slope)
        s->slope = ew_alloc_zero((size_t) blocks * s->m, sizeof(double), ctx);
    if (!s->slope)
        return EW_MEMORY;
    ew_residual_start(s, 0);
    for (slong layer = 1; layer <= blocks && status == EW_OK; layer++)
        status = ew_residual_network_step(s, layer, sample,
                                          s->slope + (size_t) (layer - 1) * s->m, ctx);
    double *p = s->h;
    memset(p, 0, s->d * sizeof(double));
    p[0] = 1;
    growth[blocks] = 1;
    for (slong layer = blocks; layer >= 1 && status == EW_OK; layer--) {
        double sum = 0;
        status = step_back(p, s, layer, sample, ctx);
        for (size_t i = 0; i < s->d; i++)
            sum += p[i] * p[i];
        growth[layer - 1] = sum;
    }
    return status;
}
