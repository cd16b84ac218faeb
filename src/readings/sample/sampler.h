/* Samples of the chain of covariance matrices (theory.md section 8).  Layer by layer, the rows
 * of a layer are drawn, the products of their features averaged, and Ghat of the next layer
 * follows.  Samplers differ in where rows come from: from N(0, Ghat) for Gaussian weights, from
 * a frame for orthogonal ones, or from explicit weights times the features of the layer below,
 * whose law is that of the first two. */
#ifndef EW_READINGS_SAMPLE_SAMPLER_H
#define EW_READINGS_SAMPLE_SAMPLER_H

#include "activation/jet.h"
#include "readings/sample/field_program.h"
#include "readings/sample/neurons.h"

/* Residual blocks instead of layers (chain/residual.h): layer l + 1 is made of layer l by W,
 * with numbers[l], and V, with outer[l]. */
typedef struct {
    double alpha;
    uint64_t inner; /* neurons of W h */
    const ew_layer_numbers *outer;
} ew_sampler_blocks;

/* A network in doubles.  Layers count from 1; entry l-1 of an array belongs to layer l, and
 * numbers[l-1] to the weights and biases that make it. */
typedef struct {
    const ew_fields *fields;
    const ew_field_program *program;
    const ew_program *activation;
    slong depth;
    const ew_layer_numbers *numbers; /* [depth] */
    const uint64_t *width; /* [depth]: neurons of layer l; of the last only when its rows
                              are watched */
    const double *first;   /* [pairs]: Ghat of layer 1 */
    slong coordinates;     /* n_0 */
    const double *input;   /* [fields][coordinates]: the features of the inputs */
    ew_ensemble ensemble;
    uint64_t seed;
    const ew_sampler_blocks *blocks; /* NULL: layers */
} ew_sampler_model;

/* Where rows come from; `state` belongs to one thread. */
typedef struct {
    ew_status (*new_state)(void **state, const ew_sampler_model *model, size_t most,
                           ew_context *ctx);
    void (*free_state)(void *state);
    /* Before the rows of `layer` of samples first..first+count-1, count <= most, are drawn;
     * ghat[count][pairs] is the layer's covariance, mean[count][pairs] what it came from: the
     * means of products of two features below (the inputs' own in layer 1). */
    void (*begin)(void *state, slong layer, uint64_t first, size_t count, const double *ghat,
                  const double *mean);
    /* The fields of rows row..row+rows-1 of sample first + k, to places at.. of the block.
     * Rows come in ascending order; row is a multiple of EW_NEURONS. */
    ew_status (*draw)(void *state, ew_neurons *to, size_t k, size_t at, uint64_t row,
                      size_t rows, ew_context *ctx);
    /* Their features are there.  May be NULL. */
    void (*keep)(void *state, const ew_neurons *from, size_t k, size_t at, uint64_t row,
                 size_t rows);
} ew_row_source;

extern const ew_row_source ew_chain_rows, ew_frame_rows, ew_network_rows;

/* Workspace of one thread. */
typedef struct ew_sampler ew_sampler;
ew_status ew_sampler_new(ew_sampler **out, const ew_row_source *rows,
                         const ew_sampler_model *model, ew_context *ctx);
void ew_sampler_free(ew_sampler *s);

/* Called for every layer from 2 on, in ascending order of samples: ghat[count][pairs] of the
 * samples first..first+count-1, perhaps not finite. */
typedef void (*ew_sampler_fn)(slong layer, uint64_t first, size_t count, const double *ghat,
                              void *data);

/* Called with the fields of rows row..row+rows-1 of a sample, which are at places at.. of the
 * block, in ascending order of rows for every layer from 1 to the last. */
typedef void (*ew_sampler_rows_fn)(slong layer, uint64_t sample, const ew_neurons *block,
                                   size_t at, uint64_t row, size_t rows, void *data);
/* From now on fn is called as well, and the last layer's rows are drawn.  Not for models with
 * blocks. */
void ew_sampler_watch(ew_sampler *s, ew_sampler_rows_fn fn, void *data);

/* Samples first..first+count-1.  Every sample is a function of the model and its own number
 * alone.  Polls ctx. */
ew_status ew_sampler_run(ew_sampler *s, uint64_t first, uint64_t count, ew_sampler_fn fn,
                         void *data, ew_context *ctx);

#endif
