#include "readings/sample/vector.h"

#include "readings/sample/chain_sampler.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/random.h"

/* Neurons worked on at a time: of several samples when the layer is narrow, else a part of one.
 */
#define BLOCK 512
/* Partial sums kept apart, for the vector units; part of what a sum means. */
#define LANES 8

struct ew_chain_sampler {
    const ew_chain_model *model;
    size_t most;    /* samples in step */
    double *ghat;   /* [most][pairs] */
    double *factor; /* [most][fields * fields]: Cholesky factors */
    double *mean;   /* [most][means]: sums over neurons */
    double *array;  /* [arrays][BLOCK] */
};

/* Narrow layers: as many samples in step as fit a block at the greatest width. */
static size_t samples_in_step(const ew_chain_model *model)
{
    uint64_t widest = 1;
    for (slong l = 0; l + 1 < model->depth; l++)
        if (model->width[l] > widest)
            widest = model->width[l];
    return widest < BLOCK ? (size_t) (BLOCK / widest) : 1;
}

ew_status ew_chain_sampler_new(ew_chain_sampler **out, const ew_chain_model *model,
                               ew_context *ctx)
{
    const ew_field_program *p = model->fields;
    size_t m = (size_t) p->fields;
    *out = NULL;
    ew_chain_sampler *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->most = samples_in_step(model);
    s->ghat = ew_alloc_zero(s->most * (size_t) p->pairs, sizeof(double), ctx);
    s->factor = ew_alloc_zero(s->most * m * m, sizeof(double), ctx);
    s->mean = ew_alloc_zero(s->most * (size_t) p->means, sizeof(double), ctx);
    s->array = ew_alloc_zero((size_t) ew_field_program_arrays(p) * BLOCK, sizeof(double), ctx);
    if (!s->ghat || !s->factor || !s->mean || !s->array) {
        ew_chain_sampler_free(s);
        return EW_MEMORY;
    }
    *out = s;
    return EW_OK;
}

void ew_chain_sampler_free(ew_chain_sampler *s)
{
    if (!s)
        return;
    free(s->ghat);
    free(s->factor);
    free(s->mean);
    free(s->array);
    free(s);
}

/* The pivot left after elimination carries rounding errors of about m units in the last place
 * of the diagonal entry; below that it is taken as zero, and so is its column, which positive
 * semi-definiteness bounds by the root of the pivot. */
void ew_semidefinite_cholesky(double *l, const double *g, slong m)
{
    for (slong j = 0, p = 0; j < m; j++) {
        double whole = g[p], d = whole;
        for (slong k = 0; k < j; k++)
            d -= l[j * m + k] * l[j * m + k];
        int zero = d <= 4 * (double) m * DBL_EPSILON * whole;
        d = sqrt(d);
        l[j * m + j] = zero ? 0 : d;
        for (slong i = j + 1; i < m; i++) {
            double c = g[p + (i - j)];
            for (slong k = 0; k < j; k++)
                c -= l[i * m + k] * l[j * m + k];
            l[i * m + j] = zero ? 0 : c / d;
            l[j * m + i] = 0;
        }
        p += m - j;
    }
}

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

EW_VECTOR static void multiply(double *restrict out, const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * y[i];
}

/* sum x_i y_i in LANES interleaved parts, then these two by two. */
EW_VECTOR static double dot(const double *x, const double *y, size_t n)
{
    double part[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (size_t k = 0; i < n; i++, k++)
        part[k] += x[i] * y[i];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            part[k] += part[k + half];
    return part[0];
}

static double *array_of(const ew_chain_sampler *s, slong number)
{
    return s->array + (size_t) number * BLOCK;
}

/* Rows `row`.. of one sample: independent normals, one stream a field, then z = L g in place
 * from the last field up. */
static void draw_fields(ew_chain_sampler *s, const ew_stream *stream, const double *l,
                        size_t at, uint64_t row, size_t count)
{
    const ew_field_program *p = s->model->fields;
    for (slong f = 0; f < p->fields; f++) {
        ew_stream own = *stream;
        own.use = (uint32_t) f;
        ew_normals(array_of(s, ew_field_program_field(p, f)) + at, &own, row, count);
    }
    for (slong f = p->fields - 1; f >= 0; f--) {
        double *y = array_of(s, ew_field_program_field(p, f)) + at;
        scale(y, l[f * p->fields + f], count);
        for (slong k = 0; k < f; k++)
            if (l[f * p->fields + k] != 0)
                add_scaled(y, l[f * p->fields + k],
                           array_of(s, ew_field_program_field(p, k)) + at, count);
    }
}

static ew_status evaluate(ew_chain_sampler *s, size_t count, ew_context *ctx)
{
    const ew_field_program *p = s->model->fields;
    slong sets = p->fields / p->inputs;
    for (slong a = 0; a < p->inputs; a++) {
        double *jets = array_of(s, ew_field_program_jet(p, a, 0));
        const double *z = array_of(s, ew_field_program_field(p, a * sets));
        ew_status status =
            ew_program_jet(jets, s->model->activation, z, count, (int) p->jets, ctx);
        if (status != EW_OK)
            return status;
        /* ew_program_jet packs its rows; ours are BLOCK apart. */
        for (slong i = p->jets - 1; i > 0 && count < BLOCK; i--)
            memmove(jets + i * BLOCK, jets + (size_t) i * count, count * sizeof(double));
    }
    for (slong k = 0; k < p->products; k++)
        multiply(array_of(s, ew_field_program_product(p, k)), array_of(s, p->product[k].left),
                 array_of(s, p->product[k].right), count);
    return EW_OK;
}

static void add_sums(ew_chain_sampler *s, size_t sample, size_t at, size_t count)
{
    const ew_field_program *p = s->model->fields;
    for (slong m = 0; m < p->means; m++)
        s->mean[sample * (size_t) p->means + (size_t) m] +=
            dot(array_of(s, p->mean[m].left) + at, array_of(s, p->mean[m].right) + at, count);
}

/* The neurons row..row+rows-1 of each of `count` samples, side by side in the block. */
static ew_status add_block(ew_chain_sampler *s, ew_stream stream, size_t count, uint64_t row,
                           size_t rows, ew_context *ctx)
{
    size_t m = (size_t) s->model->fields->fields;
    for (size_t k = 0; k < count; k++) {
        draw_fields(s, &stream, s->factor + k * m * m, k * rows, row, rows);
        stream.sample++;
    }
    ew_status status = evaluate(s, count * rows, ctx);
    for (size_t k = 0; k < count && status == EW_OK; k++)
        add_sums(s, k, k * rows, rows);
    return status;
}

/* From layer to layer + 1 for `count` samples in step. */
static ew_status step(ew_chain_sampler *s, slong layer, uint64_t first, size_t count,
                      ew_context *ctx)
{
    const ew_chain_model *model = s->model;
    const ew_field_program *p = model->fields;
    size_t m = (size_t) p->fields, pairs = (size_t) p->pairs, means = (size_t) p->means;
    uint64_t n = model->width[layer - 1];
    ew_stream stream = {model->seed, first, (uint32_t) layer, 0};
    memset(s->mean, 0, count * means * sizeof(double));
    for (size_t k = 0; k < count; k++)
        ew_semidefinite_cholesky(s->factor + k * m * m, s->ghat + k * pairs, p->fields);
    for (uint64_t row = 0; row < n; row += BLOCK) {
        size_t rows = n - row < BLOCK ? (size_t) (n - row) : BLOCK;
        ew_status status = add_block(s, stream, count, row, rows, ctx);
        if (status != EW_OK)
            return status;
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < means; i++)
            s->mean[k * means + i] /= (double) n;
        ew_field_program_covariance(s->ghat + k * pairs, p, s->mean + k * means,
                                    &model->numbers[layer]);
    }
    return EW_OK;
}

ew_status ew_chain_sampler_run(ew_chain_sampler *s, uint64_t first, uint64_t count,
                               ew_chain_fn fn, void *data, ew_context *ctx)
{
    const ew_chain_model *model = s->model;
    size_t pairs = (size_t) model->fields->pairs;
    for (uint64_t done = 0; done < count; done += s->most) {
        size_t n = count - done < s->most ? (size_t) (count - done) : s->most;
        for (size_t k = 0; k < n; k++)
            memcpy(s->ghat + k * pairs, model->first, pairs * sizeof(double));
        for (slong layer = 1; layer < model->depth; layer++) {
            ew_status status = ew_poll(ctx);
            if (status == EW_OK)
                status = step(s, layer, first + done, n, ctx);
            if (status != EW_OK)
                return status;
            for (size_t k = 0; k < n; k++)
                fn(layer + 1, first + done + k, s->ghat + k * pairs, data);
        }
    }
    return EW_OK;
}
