/* The histogram of an output (theory.md sections 3, 7, 8).  Given Ghat of the last layer, one
 * neuron's output is exactly N(0, Ghat) for Gaussian weights: a sample of Ghat gives one draw
 * of the output, and also the probability of every cell given Ghat.  The mean of the latter
 * estimates the same number with less variance (Rao and Blackwell): what is left is that of
 * Ghat, which is O(1/n).  With orthogonal weights all neurons of the last layer are drawn, and
 * the share of them in a cell takes the place of that probability. */
#ifndef EW_READINGS_SAMPLE_HISTOGRAM_H
#define EW_READINGS_SAMPLE_HISTOGRAM_H

#include "readings/sample/sample.h"

#define EW_MAX_CELLS 10000

/* Cells (-oo, edge[0]), [edge[0], edge[1]), ..., [edge[cells - 2], oo). */
typedef struct {
    slong cells;
    double *edge; /* [cells - 1], ascending */
    uint64_t samples;
    uint64_t *count;    /* [cells]: draws, one a sample, independent */
    ew_estimate *share; /* [cells]: the cell's probability, by conditioning on Ghat, or over all
                           neurons */
} ew_histogram;

/* Of one output of the last layer, one input, depth 2 or more (orthogonal weights: any).
 * Errors, shares and teams as in sample.h; opt's descent and moments are not used. */
ew_status ew_sample_histogram(ew_histogram **out, const double *edge, slong edges,
                              const ew_setting *net, const ew_sample_options *opt,
                              ew_context *ctx);
void ew_histogram_free(ew_histogram *h);

#endif
