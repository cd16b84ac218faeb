/* Rows of the chain sampler for orthogonal weights (theory.md section 7): what the weights
 * bring is sqrt(n) U Q^(1/2), U uniform on the frames of m vectors in n = max(n_(l-1), n_l)
 * dimensions, of which the layer has the first n_l coordinates.  U is n rows of normals whose
 * columns have been orthonormalised, G R^(-1) with G^T G = R^T R: an m x m matrix applied to
 * every row, so that no n x n matrix is made.  One frame serves all fields.  Biases and
 * tangents add independent normal rows. */
#include "readings/sample/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/rows.h"
#include "readings/sample/semidefinite.h"

/* A stream's use is its field; those of biases and tangents belong to a layer beyond the last.
 */
#define OTHERS ((uint32_t) 1 << 23)
_Static_assert(EW_MAX_DEPTH < OTHERS, "streams count layers up to 2^24");
/* The part of a column that the columns before it leave, as its square: below that, rounding
 * has cost more than four digits, and the columns are orthonormalised again. */
#define LITTLE 1e-8

typedef struct {
    const ew_sampler_model *model;
    uint64_t n; /* rows of the frame */
    ew_stream stream;
    double *frame;  /* [most][m * m]: from normals to what the weights bring */
    double *others; /* [most][m * m]: to what biases and tangents bring */
    double *rows;   /* [m][EW_NEURONS] */
    double *pairs;  /* [3][pairs] */
    double *lower;  /* [m * m] */
} frame_state;

static void free_state(void *state)
{
    frame_state *s = state;
    free(s->frame);
    free(s->others);
    free(s->rows);
    free(s->pairs);
    free(s->lower);
    free(s);
}

static ew_status new_state(void **state, const ew_sampler_model *model, size_t most,
                           ew_context *ctx)
{
    size_t m = (size_t) model->program->fields;
    *state = NULL;
    frame_state *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->frame = ew_alloc_zero(most * m * m, sizeof(double), ctx);
    s->others = ew_alloc_zero(most * m * m, sizeof(double), ctx);
    s->rows = ew_alloc_zero(m * EW_NEURONS, sizeof(double), ctx);
    s->pairs = ew_alloc_zero(3 * (size_t) model->program->pairs, sizeof(double), ctx);
    s->lower = ew_alloc_zero(m * m, sizeof(double), ctx);
    if (!s->frame || !s->others || !s->rows || !s->pairs || !s->lower) {
        free_state(s);
        return EW_MEMORY;
    }
    *state = s;
    return EW_OK;
}

static ew_stream stream_of(const frame_state *s, size_t k)
{
    ew_stream stream = s->stream;
    stream.sample += k;
    return stream;
}

/* The Gram matrix (pairs) of the frame's m columns a g. */
static void columns_gram(double *gram, const frame_state *s, size_t k, const double *a)
{
    slong m = s->model->program->fields;
    ew_stream stream = stream_of(s, k);
    memset(gram, 0, (size_t) s->model->program->pairs * sizeof *gram);
    for (uint64_t row = 0; row < s->n; row += EW_NEURONS) {
        size_t rows = s->n - row < EW_NEURONS ? (size_t) (s->n - row) : EW_NEURONS;
        ew_rows_normals(s->rows, &stream, m, row, rows);
        ew_rows_transform(s->rows, a, m, rows);
        ew_rows_gram(gram, s->rows, m, rows);
    }
}

/* a = l^(-1) a, both lower triangular. */
static void solve_lower(double *a, const double *l, slong m)
{
    for (slong j = 0; j < m; j++)
        for (slong i = j; i < m; i++) {
            for (slong k = j; k < i; k++)
                a[i * m + j] -= l[i * m + k] * a[k * m + j];
            a[i * m + j] /= l[i * m + i];
        }
}

/* a = l a, both lower triangular. */
static void multiply_lower(double *a, const double *l, slong m)
{
    for (slong j = 0; j < m; j++)
        for (slong i = m - 1; i >= j; i--) {
            double x = 0;
            for (slong k = j; k <= i; k++)
                x += l[i * m + k] * a[k * m + j];
            a[i * m + j] = x;
        }
}

/* The least part of a column, as its square, that is not in those before it. */
static double least_part(const double *l, const double *gram, slong m)
{
    double least = 1;
    for (slong j = 0, p = 0; j < m; p += m - j++)
        least = fmin(least, l[j * m + j] * l[j * m + j] / gram[p]);
    return least;
}

/* a: from rows of normals to rows of the frame. */
static void orthonormalise(double *a, frame_state *s, size_t k)
{
    slong m = s->model->program->fields;
    double *gram = s->pairs + 2 * s->model->program->pairs, least = 0;
    for (slong i = 0; i < m * m; i++)
        a[i] = i % (m + 1) == 0;
    for (int round = 0; round < 3 && least < LITTLE; round++) {
        columns_gram(gram, s, k, a);
        ew_semidefinite_cholesky(s->lower, gram, m);
        least = least_part(s->lower, gram, m);
        solve_lower(a, s->lower, m);
    }
}

static void begin(void *state, slong layer, uint64_t first, size_t count, const double *ghat,
                  const double *mean)
{
    frame_state *s = state;
    const ew_sampler_model *model = s->model;
    slong m = model->program->fields, pairs = model->program->pairs;
    uint64_t in = layer == 1 ? (uint64_t) model->coordinates : model->width[layer - 2];
    (void) ghat;
    s->n = in > model->width[layer - 1] ? in : model->width[layer - 1];
    s->stream = (ew_stream){model->seed, first, (uint32_t) layer, 0};
    for (size_t k = 0; k < count; k++) {
        double *frame = s->frame + k * (size_t) (m * m), *others = s->pairs + pairs;
        ew_field_program_parts(s->pairs, others, model->program, mean + k * (size_t) pairs,
                               &model->numbers[layer - 1]);
        ew_semidefinite_cholesky(s->others + k * (size_t) (m * m), others, m);
        orthonormalise(frame, s, k);
        ew_semidefinite_cholesky(s->lower, s->pairs, m);
        multiply_lower(frame, s->lower, m);
        for (slong i = 0; i < m * m; i++)
            frame[i] *= sqrt((double) s->n);
    }
}

/* Fields that no bias and no tangent reaches have no normals of their own. */
static void add_others(const frame_state *s, double *x, size_t k, uint64_t row, size_t rows)
{
    slong m = s->model->program->fields;
    const double *l = s->others + k * (size_t) (m * m);
    for (slong g = 0; g < m; g++) {
        ew_stream stream = stream_of(s, k);
        stream.layer += OTHERS;
        stream.use = (uint32_t) g;
        if (l[g * m + g] == 0)
            continue;
        ew_rows_normals(s->rows, &stream, 1, row, rows);
        for (slong f = g; f < m; f++)
            if (l[f * m + g] != 0)
                ew_row_add(x + f * EW_NEURONS, l[f * m + g], s->rows, rows);
    }
}

static ew_status draw(void *state, ew_neurons *to, size_t k, size_t at, uint64_t row,
                      size_t rows, ew_context *ctx)
{
    const frame_state *s = state;
    slong m = s->model->program->fields;
    double *x = ew_neurons_field(to, 0) + at;
    ew_stream stream = stream_of(s, k);
    (void) ctx;
    ew_rows_normals(x, &stream, m, row, rows);
    ew_rows_transform(x, s->frame + k * (size_t) (m * m), m, rows);
    add_others(s, x, k, row, rows);
    return EW_OK;
}

const ew_row_source ew_frame_rows = {new_state, free_state, begin, draw, NULL};
