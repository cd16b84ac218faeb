/* Inside the sampler of residual networks. */
#ifndef EW_READINGS_SAMPLE_RESIDUAL_STATE_H
#define EW_READINGS_SAMPLE_RESIDUAL_STATE_H

#include "readings/sample/residual.h"
#include "readings/sample/weights.h"

struct ew_residual_sampler {
    const ew_sampler_model *model;
    size_t fields, pairs, d, m;
    size_t most;         /* samples in step; 1 with explicit weights */
    double *start;       /* [fields][d]: the inputs */
    double *h;           /* [most][fields][d] */
    double *gram;        /* [most][pairs]: H */
    double *g, *mean;    /* [most][pairs]: G; the features' mean products */
    double *factor;      /* [most][fields * fields]: Cholesky factors of G */
    double *rows;        /* [fields][EW_NEURONS]: of V s, or of W h */
    ew_neurons *neurons; /* of the block */
    ew_weights *weights; /* explicit ones, with what follows; else NULL */
    double *panel;       /* rows of a weight matrix */
    double *source;      /* [fields][d or m]: what it multiplies */
    double *inner;       /* [fields][m]: W h + b, then its features */
    double *slope;       /* [L][m]: s' of the first input's inner neurons; NULL until asked */
};

/* h = the inputs, for sample number k of those in step. */
void ew_residual_start(ew_residual_sampler *s, size_t k);
/* H of sample number k. */
void ew_residual_gram(ew_residual_sampler *s, size_t k);

/* One block with explicit weights, to `layer` + 1; slope (or NULL): [m]. */
ew_status ew_residual_network_step(ew_residual_sampler *s, slong layer, uint64_t sample,
                                   double *slope, ew_context *ctx);
ew_status ew_residual_network_new(ew_residual_sampler *s, ew_context *ctx);

#endif
