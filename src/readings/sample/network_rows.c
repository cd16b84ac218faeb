/* Rows of the network sampler: explicit weights times the features of the layer below, one
 * weight matrix for the network and one for every tangent (theory.md section 2).  The last
 * layer's weights are never drawn: given the features below, its rows are N(0, Ghat). */
#include "readings/sample/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sample/product.h"
#include "readings/sample/rows.h"
#include "readings/sample/weights.h"

/* Uses of streams: those of the chain sampler are below. */
#define USE_WEIGHTS 64
#define USE_BIAS 128
/* Weights worked on at a time: drawn, and multiplied while they are still in the cache. */
#define PANEL 32768

/* One weight matrix: the fields it takes part in, and whose features it multiplies there. */
typedef struct {
    ew_weights *weights;
    slong n;
    slong *target;   /* [n]: fields */
    slong *source;   /* [n]: fields: the target itself, or the target less the tangent */
    slong bias;      /* the set of the fields its bias is added to, as a place among the sets */
    double *feature; /* [n][widest]: of the sources; NULL where they are all fields in order */
} channel;

typedef struct {
    const ew_sampler_model *model;
    slong channels;
    channel *channel;
    size_t widest;
    slong layer;
    size_t in, out;     /* neurons below and in this layer */
    uint64_t first;     /* sample */
    double *feature[2]; /* [most][fields][widest]: below, and of this layer */
    double *panel;      /* [PANEL or widest * EW_NORMAL_CHUNK] */
    double *product;    /* [fields][EW_NEURONS] */
} network_state;

static void free_channel(channel *c)
{
    if (c->weights)
        c->weights->free(c->weights);
    free(c->target);
    free(c->source);
    free(c->feature);
}

static void free_state(void *state)
{
    network_state *s = state;
    for (slong c = 0; s->channel && c < s->channels; c++)
        free_channel(s->channel + c);
    free(s->channel);
    free(s->feature[0]);
    free(s->feature[1]);
    free(s->panel);
    free(s->product);
    free(s);
}

/* The channel of the tangent `generator`; -1: of the weights themselves, the only ones that may
 * be orthogonal. */
static ew_status set_channel(channel *c, const ew_sampler_model *model, slong generator,
                             size_t widest, ew_context *ctx)
{
    const ew_fields *fields = model->fields;
    size_t n = (size_t) fields->n;
    ulong bit = generator < 0 ? 0 : UWORD(1) << generator;
    c->target = ew_alloc_zero(n, sizeof *c->target, ctx);
    c->source = ew_alloc_zero(n, sizeof *c->source, ctx);
    if (generator >= 0)
        c->feature = ew_alloc_zero(n * widest, sizeof *c->feature, ctx);
    if (!c->target || !c->source || (generator >= 0 && !c->feature))
        return EW_MEMORY;
    for (slong f = 0; f < fields->n; f++) {
        ew_field x = ew_fields_at(fields, f);
        if ((x.set & bit) != bit)
            continue;
        c->target[c->n] = f;
        c->source[c->n++] = ew_fields_find(fields, x.input, x.set & ~bit);
    }
    c->bias = ew_fields_find(fields, 0, bit);
    if (generator < 0 && model->ensemble == EW_ENSEMBLE_ORTHOGONAL)
        return ew_weights_orthogonal(&c->weights, ctx);
    return ew_weights_gaussian(&c->weights, ctx);
}

static ew_status set_channels(network_state *s, ew_context *ctx)
{
    const ew_fields *fields = s->model->fields;
    s->channel = ew_alloc_zero((size_t) fields->generators + 1, sizeof *s->channel, ctx);
    if (!s->channel)
        return EW_MEMORY;
    s->channels = 1;
    ew_status status = set_channel(&s->channel[0], s->model, -1, s->widest, ctx);
    for (slong g = 0; g < fields->generators && status == EW_OK; g++)
        if (fields->kind[g] == EW_TANGENT)
            status = set_channel(&s->channel[s->channels++], s->model, g, s->widest, ctx);
    return status;
}

static size_t widest_layer(const ew_sampler_model *model)
{
    size_t widest = (size_t) model->coordinates;
    for (slong l = 0; l < model->depth; l++)
        if (model->width[l] > widest)
            widest = (size_t) model->width[l];
    return widest;
}

static ew_status new_state(void **state, const ew_sampler_model *model, size_t most,
                           ew_context *ctx)
{
    size_t fields = (size_t) model->program->fields;
    *state = NULL;
    network_state *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->model = model;
    s->widest = widest_layer(model);
    size_t panel = s->widest * EW_NORMAL_CHUNK > PANEL ? s->widest * EW_NORMAL_CHUNK : PANEL;
    for (int i = 0; i < 2; i++)
        s->feature[i] = ew_alloc_zero(most * fields * s->widest, sizeof(double), ctx);
    s->panel = ew_alloc_zero(panel, sizeof(double), ctx);
    s->product = ew_alloc_zero(fields * EW_NEURONS, sizeof(double), ctx);
    ew_status status = s->feature[0] && s->feature[1] && s->panel && s->product
                           ? set_channels(s, ctx)
                           : EW_MEMORY;
    if (status != EW_OK) {
        free_state(s);
        return status;
    }
    *state = s;
    return EW_OK;
}

static void begin(void *state, slong layer, uint64_t first, size_t count, const double *ghat,
                  const double *mean)
{
    network_state *s = state;
    double *below = s->feature[1];
    (void) count;
    (void) ghat;
    (void) mean;
    s->feature[1] = s->feature[0];
    s->feature[0] = below;
    s->layer = layer;
    s->first = first;
    s->in = layer == 1 ? (size_t) s->model->coordinates : (size_t) s->model->width[layer - 2];
    s->out = (size_t) s->model->width[layer - 1];
}

/* The feature of a field below, of sample number k of those in step. */
static const double *feature_below(const network_state *s, size_t k, slong field)
{
    if (s->layer == 1)
        return s->model->input + (size_t) field * s->in;
    return s->feature[0] +
           (k * (size_t) s->model->program->fields + (size_t) field) * s->widest;
}

static ew_stream stream_of(const network_state *s, size_t k, slong c, uint32_t use)
{
    return (ew_stream){s->model->seed, s->first + k, (uint32_t) s->layer, use + (uint32_t) c};
}

/* Turn channel c to this layer's matrix of sample k. */
static ew_status start(network_state *s, size_t k, slong c, ew_context *ctx)
{
    channel *x = &s->channel[c];
    ew_stream stream = stream_of(s, k, c, USE_WEIGHTS);
    for (slong i = 0; x->feature && i < x->n; i++)
        memcpy(x->feature + (size_t) i * s->in, feature_below(s, k, x->source[i]),
               s->in * sizeof(double));
    return x->weights->begin(x->weights, &stream, s->out, s->in, ctx);
}

/* Channel 0 reaches every field, and is the first to do so. */
static void multiply(network_state *s, ew_neurons *to, size_t k, slong c, size_t at,
                     uint64_t row, size_t rows)
{
    const channel *x = &s->channel[c];
    const ew_layer_numbers *numbers = &s->model->numbers[s->layer - 1];
    double rate = sqrt((c == 0 ? numbers->cw : numbers->lambda_w) / (double) s->in);
    const double *a = c == 0 ? feature_below(s, k, 0) : x->feature;
    size_t lda = c == 0 && s->layer > 1 ? s->widest : s->in;
    size_t most = PANEL / s->in / EW_NORMAL_CHUNK * EW_NORMAL_CHUNK;
    if (most < EW_NORMAL_CHUNK)
        most = EW_NORMAL_CHUNK;
    for (size_t done = 0; done < rows; done += most) {
        size_t n = rows - done < most ? rows - done : most;
        double *out = (c == 0 ? ew_neurons_field(to, 0) + at : s->product) + done;
        x->weights->rows(x->weights, s->panel, (size_t) row + done, n);
        ew_product(out, EW_NEURONS, rate, a, lda, (size_t) x->n, s->panel, n, s->in);
    }
    for (slong i = 0; c > 0 && i < x->n; i++)
        ew_row_add(ew_neurons_field(to, x->target[i]) + at, 1,
                   s->product + (size_t) i * EW_NEURONS, rows);
}

/* One bias a neuron and channel, the same for every input. */
static void add_bias(network_state *s, ew_neurons *to, size_t k, slong c, size_t at,
                     uint64_t row, size_t rows)
{
    const ew_layer_numbers *numbers = &s->model->numbers[s->layer - 1];
    double variance = c == 0 ? numbers->cb : numbers->lambda_b;
    ew_stream stream = stream_of(s, k, c, USE_BIAS);
    if (variance == 0)
        return;
    ew_normals(s->product, &stream, row, rows);
    for (slong a = 0; a < s->model->fields->inputs; a++)
        ew_row_add(ew_neurons_field(to, a * s->model->fields->sets + s->channel[c].bias) + at,
                   sqrt(variance), s->product, rows);
}

static ew_status draw(void *state, ew_neurons *to, size_t k, size_t at, uint64_t row,
                      size_t rows, ew_context *ctx)
{
    network_state *s = state;
    for (slong c = 0; c < s->channels; c++) {
        ew_status status = row == 0 ? start(s, k, c, ctx) : EW_OK;
        if (status != EW_OK)
            return status;
        if (c == 0 || s->model->numbers[s->layer - 1].lambda_w != 0)
            multiply(s, to, k, c, at, row, rows);
        add_bias(s, to, k, c, at, row, rows);
    }
    return EW_OK;
}

static void keep(void *state, const ew_neurons *from, size_t k, size_t at, uint64_t row,
                 size_t rows)
{
    network_state *s = state;
    size_t fields = (size_t) s->model->program->fields;
    for (size_t f = 0; f < fields; f++)
        memcpy(s->feature[1] + (k * fields + f) * s->widest + row,
               ew_neurons_feature(from, (slong) f) + at, rows * sizeof(double));
}

const ew_row_source ew_network_rows = {new_state, free_state, begin, draw, keep};
