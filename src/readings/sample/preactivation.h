/* Fourth cumulants of preactivations, sampled from the neurons themselves (theory.md section
 * 7). */
#ifndef EW_READINGS_SAMPLE_PREACTIVATION_H
#define EW_READINGS_SAMPLE_PREACTIVATION_H

#include "readings/sample/sample.h"

/* kappa(z_(1,a), z_(1,b), z_(1,c), z_(1,d)) and kappa(z_(1,a), z_(1,b), z_(2,c), z_(2,d)) for
 * all inputs, up to the order of arguments: what is averaged is over all neurons, or all pairs.
 */
typedef struct {
    slong layers, statistics;
    slong (*entry)[4]; /* [s]: inputs */
    int *neurons;      /* [s]: 1 or 2 */
    char **name;       /* [s]: "z1a,z1a,z2b,z2b" */
    slong batches;
    ew_estimate *value; /* [l * statistics + s], layer l + 1: unbiased, se by the scatter of the
                           batches; NaN for two neurons where a layer has one */
    double *batch;      /* [(b * layers + l) * statistics + s] */
} ew_preactivation_table;

/* Of opt: width, samples, first, seed, sampler.  Errors as in sample.h; EW_UNABLE for residual
 * networks. */
ew_status ew_sample_preactivations(ew_preactivation_table **out, const ew_setting *net,
                                   const ew_sample_options *opt, ew_context *ctx);
void ew_preactivation_free(ew_preactivation_table *t);

/* The statistic of that name, or -1. */
slong ew_preactivation_find(const ew_preactivation_table *t, const char *name);

#endif
