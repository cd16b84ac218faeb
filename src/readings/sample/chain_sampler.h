/* The chain sampler (theory.md section 8): layer by layer, draw the rows of one layer from
 * N(0, Ghat) and average f_p over them.  Exact in law, no weights. */
#ifndef EW_READINGS_SAMPLE_CHAIN_SAMPLER_H
#define EW_READINGS_SAMPLE_CHAIN_SAMPLER_H

#include "activation/jet.h"
#include "readings/sample/field_program.h"

/* A network in doubles.  Layers count from 1; entry l-1 of an array belongs to layer l, and
 * numbers[l-1] to the weights and biases that make it. */
typedef struct {
    const ew_field_program *fields;
    const ew_program *activation;
    slong depth;
    const ew_layer_numbers *numbers; /* [depth]; the first is not used: it is in `first` */
    const uint64_t *width;           /* [depth]: neurons of layer l; the last is not used */
    const double *first;             /* [pairs]: Ghat of layer 1 */
    uint64_t seed;
} ew_chain_model;

/* Workspace of one thread. */
typedef struct ew_chain_sampler ew_chain_sampler;
ew_status ew_chain_sampler_new(ew_chain_sampler **out, const ew_chain_model *model,
                               ew_context *ctx);
void ew_chain_sampler_free(ew_chain_sampler *s);

/* Called for every layer from 2 on, once a sample: ghat[pairs], perhaps not finite. */
typedef void (*ew_chain_fn)(slong layer, uint64_t sample, const double *ghat, void *data);

/* Samples first..first+count-1, in this order within a layer.  Every sample is a function of
 * the model and its own number alone.  Polls ctx. */
ew_status ew_chain_sampler_run(ew_chain_sampler *s, uint64_t first, uint64_t count,
                               ew_chain_fn fn, void *data, ew_context *ctx);

/* Lower triangular L, row-major m x m, with L L^T = G (pairs, upper triangle by rows), for a
 * positive semi-definite G: a pivot that is zero up to rounding makes a zero column. */
void ew_semidefinite_cholesky(double *l, const double *g, slong m);

#endif
