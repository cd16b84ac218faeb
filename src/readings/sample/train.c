#include "readings/sample/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/lapack.h"
#include "readings/sample/weights.h"

/* Uses of streams, as those of the network sampler. */
#define USE_WEIGHTS 64
#define USE_BIAS 128

typedef struct {
    size_t in, out;
    double *weight, *bias; /* [out][in], [out] */
    double *z;             /* [points][out] */
    double *jet;           /* [2][points][out]: s(z), s'(z); of hidden layers */
} layer;

struct ew_train {
    ew_train_shape shape;
    layer *layer;  /* [depth] */
    size_t lowest; /* the first layer, from 0, that is trained at all */
    double *delta; /* [points][widest]: the loss by z of the layer above ... */
    double *below; /* ... and of the one below */
};

void ew_train_free(ew_train *t)
{
    if (!t)
        return;
    for (size_t l = 0; t->layer && l < t->shape.depth; l++) {
        free(t->layer[l].weight);
        free(t->layer[l].bias);
        free(t->layer[l].z);
        free(t->layer[l].jet);
    }
    free(t->layer);
    free(t->delta);
    free(t->below);
    free(t);
}

static ew_status open_layer(layer *y, const ew_train_shape *s, size_t l, ew_context *ctx)
{
    y->in = l == 0 ? s->coordinates : s->width;
    y->out = l + 1 == s->depth ? s->outputs : s->width;
    y->weight = ew_alloc_zero(y->out * y->in, sizeof(double), ctx);
    y->bias = ew_alloc_zero(y->out, sizeof(double), ctx);
    y->z = ew_alloc_zero(s->points * y->out, sizeof(double), ctx);
    if (l + 1 < s->depth)
        y->jet = ew_alloc_zero(2 * s->points * y->out, sizeof(double), ctx);
    return y->weight && y->bias && y->z && (y->jet || l + 1 == s->depth) ? EW_OK : EW_MEMORY;
}

ew_status ew_train_new(ew_train **out, const ew_train_shape *shape, ew_context *ctx)
{
    ew_train *t = ew_alloc_zero(1, sizeof *t, ctx);
    size_t widest = shape->width > shape->outputs ? shape->width : shape->outputs;
    *out = NULL;
    if (!t)
        return EW_MEMORY;
    t->shape = *shape;
    t->layer = ew_alloc_zero(shape->depth, sizeof *t->layer, ctx);
    t->delta = ew_alloc(shape->points * widest * sizeof(double), ctx);
    t->below = ew_alloc(shape->points * widest * sizeof(double), ctx);
    ew_status status = t->layer && t->delta && t->below ? EW_OK : EW_MEMORY;
    for (size_t l = 0; l < shape->depth && status == EW_OK; l++)
        status = open_layer(t->layer + l, shape, l, ctx);
    while (status == EW_OK && t->lowest + 1 < shape->depth &&
           shape->numbers[t->lowest].lambda_w == 0 && shape->numbers[t->lowest].lambda_b == 0)
        t->lowest++;
    if (status == EW_OK)
        *out = t;
    else
        ew_train_free(t);
    return status;
}

double *ew_train_weights(ew_train *t, size_t number)
{
    return t->layer[number - 1].weight;
}

double *ew_train_biases(ew_train *t, size_t number)
{
    return t->layer[number - 1].bias;
}

static void scale(double *x, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= by;
}

ew_status ew_train_draw(ew_train *t, uint64_t seed, uint64_t sample, ew_context *ctx)
{
    ew_weights *w;
    ew_status status = ew_weights_gaussian(&w, ctx);
    if (status != EW_OK)
        return status;
    for (size_t l = 0; l < t->shape.depth && status == EW_OK; l++) {
        layer *y = t->layer + l;
        const ew_layer_numbers *x = t->shape.numbers + l;
        ew_stream weights = {seed, sample, (uint32_t) l + 1, USE_WEIGHTS};
        ew_stream biases = {seed, sample, (uint32_t) l + 1, USE_BIAS};
        status = w->begin(w, &weights, y->out, y->in, ctx);
        if (status != EW_OK)
            break;
        w->rows(w, y->weight, 0, y->out);
        scale(y->weight, y->out * y->in, sqrt(x->cw / (double) y->in));
        ew_normals(y->bias, &biases, 0, y->out);
        scale(y->bias, y->out, sqrt(x->cb));
    }
    w->free(w);
    return status;
}

static const double *features(const ew_train *t, size_t l, const double *x)
{
    return l == 0 ? x : t->layer[l - 1].jet;
}

static ew_status forward(ew_train *t, const double *x, size_t points, int terms,
                         ew_context *ctx)
{
    for (size_t l = 0; l < t->shape.depth; l++) {
        const layer *y = t->layer + l;
        for (size_t p = 0; p < points; p++)
            memcpy(y->z + p * y->out, y->bias, y->out * sizeof(double));
        ew_blas_gemm('N', 'T', points, y->out, y->in, 1, features(t, l, x), y->in, y->weight,
                     y->in, 1, y->z, y->out);
        if (l + 1 == t->shape.depth)
            break;
        int wanted = l < t->lowest ? 1 : terms;
        ew_status status =
            ew_program_jet(y->jet, t->shape.activation, y->z, points * y->out, wanted, ctx);
        if (status != EW_OK)
            return status;
    }
    return EW_OK;
}

ew_status ew_train_outputs(double *f, ew_train *t, const double *x, size_t points,
                           ew_context *ctx)
{
    const layer *last = t->layer + t->shape.depth - 1;
    ew_status status = forward(t, x, points, 1, ctx);
    if (status == EW_OK)
        memcpy(f, last->z, points * last->out * sizeof *f);
    return status;
}

/* Parameters of one layer, delta being the loss by its z. */
static void move(ew_train *t, size_t l, const double *x, size_t points, double h)
{
    const layer *y = t->layer + l;
    const ew_layer_numbers *rate = t->shape.numbers + l;
    if (rate->lambda_w != 0)
        ew_blas_gemm('T', 'N', y->out, y->in, points, -h * rate->lambda_w / (double) y->in,
                     t->delta, y->out, features(t, l, x), y->in, 1, y->weight, y->in);
    for (size_t p = 0; p < points && rate->lambda_b != 0; p++)
        for (size_t i = 0; i < y->out; i++)
            y->bias[i] -= h * rate->lambda_b * t->delta[p * y->out + i];
}

/* The loss by z of layer l - 1, from that of layer l, whose weights have not moved yet. */
static void descend(ew_train *t, size_t l, size_t points)
{
    const layer *y = t->layer + l;
    const double *slope = t->layer[l - 1].jet + points * y->in;
    ew_blas_gemm('N', 'N', points, y->in, y->out, 1, t->delta, y->out, y->weight, y->in, 0,
                 t->below, y->in);
    for (size_t i = 0; i < points * y->in; i++)
        t->below[i] *= slope[i];
}

ew_status ew_train_step(ew_train *t, const double *x, const double *y, size_t points, double h,
                        ew_context *ctx)
{
    size_t top = t->shape.depth - 1;
    ew_status status = forward(t, x, points, 2, ctx);
    if (status != EW_OK)
        return status;
    for (size_t i = 0; i < points * t->shape.outputs; i++)
        t->delta[i] = t->layer[top].z[i] - y[i];
    for (size_t l = top;; l--) {
        if (l > t->lowest)
            descend(t, l, points);
        move(t, l, x, points, h);
        if (l == t->lowest)
            return EW_OK;
        double *spare = t->delta;
        t->delta = t->below;
        t->below = spare;
    }
}
