/* Fourth and sixth cumulants of preactivations, sampled from the neurons themselves (theory.md
 * sections 3, 7). */
#ifndef EW_READINGS_SAMPLE_PREACTIVATION_H
#define EW_READINGS_SAMPLE_PREACTIVATION_H

#include "readings/sample/sample.h"

/* kappa_4 of one neuron and of two, and where moments > 2 kappa_6 of one, two and three, for
 * all inputs up to the order of arguments: what is averaged is over all tuples of neurons. */
typedef struct {
    slong layers, statistics;
    char **name; /* [s]: "z1a,z1a,z2b,z2b" */
    slong batches;
    ew_estimate *value; /* [l * statistics + s], layer l + 1: unbiased, se by the scatter of the
                           batches; NaN where a layer has too few neurons */
    double *batch;      /* [(b * layers + l) * statistics + s] */
} ew_preactivation_table;

/* Of opt: not descent.  Errors, shares and teams as in sample.h; EW_UNABLE for residual
 * networks, and for kappa_6 of more than three inputs. */
ew_status ew_sample_preactivations(ew_preactivation_table **out, const ew_setting *net,
                                   const ew_sample_options *opt, ew_context *ctx);
void ew_preactivation_free(ew_preactivation_table *t);

/* The statistic of that name, or -1. */
slong ew_preactivation_find(const ew_preactivation_table *t, const char *name);

#endif
