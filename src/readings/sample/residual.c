#include "arith/vector.h"

#include "readings/sample/residual_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/random.h"
#include "readings/sample/semidefinite.h"

/* Uses of streams: inner neurons have their field's number. */
#define USE_OUTER 128
#define MOST_FIELDS 64
/* Numbers of h that samples in step may have together. */
#define IN_STEP 65536

/* ---- loops --------------------------------------------------------------------------------
 */

EW_VECTOR static void scale(double *restrict y, double a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= a;
}

EW_VECTOR static void add_scaled(double *restrict y, double a, const double *restrict x,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

#define LANES 8

EW_VECTOR static double dot(const double *x, const double *y, size_t n)
{
    double part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (size_t k = 0; k < LANES; k++)
        sum += part[k];
    for (; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* ---- construction -------------------------------------------------------------------------
 */

void ew_residual_sampler_free(ew_residual_sampler *s)
{
    if (!s)
        return;
    ew_neurons_free(s->neurons);
    if (s->weights)
        s->weights->free(s->weights);
    free(s->start);
    free(s->h);
    free(s->gram);
    free(s->g);
    free(s->mean);
    free(s->factor);
    free(s->rows);
    free(s->panel);
    free(s->source);
    free(s->inner);
    free(s->slope);
    free(s);
}

/* The inputs turned so that they have as many coordinates as there are independent ones: the
 * law does not change under rotations. */
static ew_status set_start(ew_residual_sampler *s, ew_context *ctx)
{
    const ew_sampler_model *model = s->model;
    size_t n = (size_t) model->coordinates, used = 0;
    for (size_t c = 0; c < n; c++) {
        int zero = 1;
        for (size_t f = 0; f < s->fields; f++)
            zero &= model->input[f * n + c] == 0;
        if (zero)
            continue;
        if (used == s->d)
            return ew_fail(ctx, EW_DOMAIN,
                           "sample: %zu coordinates are fewer than there are independent "
                           "inputs and directions",
                           s->d);
        for (size_t f = 0; f < s->fields; f++)
            s->start[f * s->d + used] =
                model->input[f * n + c] * sqrt((double) s->d / (double) n);
        used++;
    }
    return EW_OK;
}

static ew_status allocate(ew_residual_sampler *s, ew_context *ctx)
{
    size_t pairs = s->most * s->pairs;
    s->start = ew_alloc_zero(s->fields * s->d, sizeof(double), ctx);
    s->h = ew_alloc_zero(s->most * s->fields * s->d, sizeof(double), ctx);
    s->gram = ew_alloc_zero(pairs, sizeof(double), ctx);
    s->g = ew_alloc_zero(pairs, sizeof(double), ctx);
    s->mean = ew_alloc_zero(pairs, sizeof(double), ctx);
    s->factor = ew_alloc_zero(s->most * s->fields * s->fields, sizeof(double), ctx);
    s->rows = ew_alloc_zero(s->fields * EW_NEURONS, sizeof(double), ctx);
    if (!s->start || !s->h || !s->gram || !s->g || !s->mean || !s->factor || !s->rows)
        return EW_MEMORY;
    return ew_neurons_new(&s->neurons, s->model->program, s->model->activation, ctx);
}

/* As many as fill a block of neurons, within bounds. */
static size_t samples_in_step(const ew_residual_sampler *s)
{
    size_t most = s->m < EW_NEURONS ? EW_NEURONS / s->m : 1, bound = IN_STEP / s->fields / s->d;
    return most < bound ? most : bound > 0 ? bound : 1;
}

ew_status ew_residual_sampler_new(ew_residual_sampler **out, const ew_sampler_model *model,
                                  int explicit_weights, ew_context *ctx)
{
    *out = NULL;
    if (model->program->fields > MOST_FIELDS)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: at most %d fields of a residual network, not %ld", MOST_FIELDS,
                       (long) model->program->fields);
    ew_residual_sampler *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->fields = (size_t) model->program->fields;
    s->pairs = (size_t) model->program->pairs;
    s->d = (size_t) model->width[0];
    s->m = (size_t) model->blocks->inner;
    s->most = explicit_weights ? 1 : samples_in_step(s);
    ew_status status = allocate(s, ctx);
    if (status == EW_OK)
        status = set_start(s, ctx);
    if (status == EW_OK && explicit_weights)
        status = ew_residual_network_new(s, ctx);
    if (status != EW_OK) {
        ew_residual_sampler_free(s);
        return status;
    }
    *out = s;
    return EW_OK;
}

/* ---- the chain ----------------------------------------------------------------------------
 */

void ew_residual_start(ew_residual_sampler *s, size_t k)
{
    memcpy(s->h + k * s->fields * s->d, s->start, s->fields * s->d * sizeof(double));
}

void ew_residual_gram(ew_residual_sampler *s, size_t k)
{
    const ew_field_program *p = s->model->program;
    const double *h = s->h + k * s->fields * s->d;
    for (size_t pair = 0; pair < s->pairs; pair++)
        s->gram[k * s->pairs + pair] =
            dot(h + (size_t) p->first[pair] * s->d, h + (size_t) p->second[pair] * s->d, s->d) /
            (double) s->d;
}

/* to[f], `stride` apart: rows row.. of independent N(0, L L^T), from one stream a field. */
static void draw(double *to, size_t stride, const double *l, size_t fields, ew_stream stream,
                 uint64_t row, size_t rows)
{
    uint32_t use = stream.use;
    for (size_t f = 0; f < fields; f++) {
        stream.use = use + (uint32_t) f;
        ew_normals(to + f * stride, &stream, row, rows);
    }
    for (size_t f = fields; f-- > 0;) {
        scale(to + f * stride, l[f * fields + f], rows);
        for (size_t g = 0; g < f; g++)
            if (l[f * fields + g] != 0)
                add_scaled(to + f * stride, l[f * fields + g], to + g * stride, rows);
    }
}

/* The mean products of the inner features of `count` samples in step. */
static ew_status average_features(ew_residual_sampler *s, slong layer, uint64_t first,
                                  size_t count, ew_context *ctx)
{
    ew_status status = EW_OK;
    memset(s->mean, 0, count * s->pairs * sizeof(double));
    for (uint64_t row = 0; row < s->m && status == EW_OK; row += EW_NEURONS) {
        size_t rows = s->m - row < EW_NEURONS ? (size_t) (s->m - row) : EW_NEURONS;
        for (size_t k = 0; k < count; k++)
            draw(ew_neurons_field(s->neurons, 0) + k * rows, EW_NEURONS,
                 s->factor + k * s->fields * s->fields, s->fields,
                 (ew_stream){s->model->seed, first + k, (uint32_t) layer, 0}, row, rows);
        status = ew_neurons_run(s->neurons, count * rows, ctx);
        for (size_t k = 0; k < count && status == EW_OK; k++)
            ew_neurons_add(s->mean + k * s->pairs, s->neurons, k * rows, rows);
    }
    for (size_t i = 0; i < count * s->pairs; i++)
        s->mean[i] /= (double) s->m;
    return status;
}

/* h += alpha V s, whose rows are N(0, Qhat). */
static void add_branch(ew_residual_sampler *s, slong layer, uint64_t sample, size_t k)
{
    const ew_sampler_blocks *b = s->model->blocks;
    double *q = s->g, *l = s->factor, *h = s->h + k * s->fields * s->d;
    ew_stream stream = {s->model->seed, sample, (uint32_t) layer, USE_OUTER};
    ew_field_program_covariance(q, s->model->program, s->mean + k * s->pairs, &b->outer[layer]);
    ew_semidefinite_cholesky(l, q, (slong) s->fields);
    for (size_t row = 0; row < s->d; row += EW_NEURONS) {
        size_t rows = s->d - row < EW_NEURONS ? s->d - row : EW_NEURONS;
        draw(s->rows, EW_NEURONS, l, s->fields, stream, row, rows);
        for (size_t f = 0; f < s->fields; f++)
            add_scaled(h + f * s->d + row, b->alpha, s->rows + f * EW_NEURONS, rows);
    }
}

static ew_status chain_step(ew_residual_sampler *s, slong layer, uint64_t first, size_t count,
                            ew_context *ctx)
{
    size_t square = s->fields * s->fields;
    for (size_t k = 0; k < count; k++) {
        ew_field_program_covariance(s->g + k * s->pairs, s->model->program,
                                    s->gram + k * s->pairs, &s->model->numbers[layer]);
        ew_semidefinite_cholesky(s->factor + k * square, s->g + k * s->pairs,
                                 (slong) s->fields);
    }
    ew_status status = average_features(s, layer, first, count, ctx);
    for (size_t k = 0; k < count && status == EW_OK; k++)
        add_branch(s, layer, first + k, k);
    return status;
}

ew_status ew_residual_sampler_run(ew_residual_sampler *s, uint64_t first, uint64_t count,
                                  ew_sampler_fn fn, void *data, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (uint64_t done = 0; done < count && status == EW_OK; done += s->most) {
        size_t n = count - done < s->most ? (size_t) (count - done) : s->most;
        for (size_t k = 0; k < n; k++) {
            ew_residual_start(s, k);
            ew_residual_gram(s, k);
        }
        for (slong layer = 1; layer < s->model->depth && status == EW_OK; layer++) {
            status = ew_poll(ctx);
            if (status == EW_OK)
                status = s->weights
                             ? ew_residual_network_step(s, layer, first + done, NULL, ctx)
                             : chain_step(s, layer, first + done, n, ctx);
            for (size_t k = 0; k < n; k++)
                ew_residual_gram(s, k);
            if (status == EW_OK)
                fn(layer + 1, first + done, n, s->gram, data);
        }
    }
    return status;
}
