/* Networks of several widths against their Gaussian limit: MMD^2 sampled, its rate in the
 * width, and its predicted expansion put to the test. */
#ifndef EW_PRODUCTS_MMD_H
#define EW_PRODUCTS_MMD_H

#include "arith/certify.h"
#include "products/power.h"
#include "products/validate.h"

/* Zero means: choose. */
typedef struct {
    slong widths;
    const uint64_t *width; /* distinct, ascending; by default from 5 to 500 */
    slong depths;
    const slong *depth; /* layers, ascending, from 2 on; by default 2, 3, 4 */
    uint64_t samples;   /* at every width; 100000 */
    uint64_t seed;
    int network;                    /* sample explicit weights, not the chain */
    const ew_sample_keeper *keeper; /* of the samplings, one a width in order; or NULL */
    slong shard, shards;            /* as in readings/sample/sample.h: no result, *out = NULL */
    slong order;                    /* terms predicted; 3 */
    slong digits;                   /* of the prediction; 15 */
    const ew_scalar *length;        /* l > 0 */
    double factor;                  /* for tests: multiply the leading prediction by this */
} ew_mmd_options;

typedef struct {
    slong widths, layers, order;
    uint64_t *width;
    slong *layer;
    uint64_t samples, seed; /* samples: used at every width */
    ew_estimate *point;     /* [w * layers + l]: MMD^2 */
    ew_certified *series;   /* [l * order + j]: the coefficient of n^-(2+j); NULL: none */
    char *why;              /* ... why not */
    ew_power *rate;         /* [l]: MMD^2 against 1/n; theory says 2 */
    slong n;                /* checks; 0 where nothing is predicted */
    ew_check *check;        /* n MMD = b_0 + b_1/n + ... as in validate.h; order: 1 + j */
    ew_verdict verdict;
} ew_mmd_result;

/* Checked is the root, MMD: MMD^2 is a sum of squares of differences of means, each of which
 * has an error that hardly depends on its value, so that the root's error is nearly constant,
 * while that of MMD^2 is correlated with it and would bias a weighted fit.
 *
 * The limit's kernels are certified, MMD^2 is sampled, the layers from the same samples. Errors
 * as in the readings; cumulants that cannot be had leave `why` and no check. */
ew_status ew_mmd_run(ew_mmd_result **out, const ew_setting *net, const ew_mmd_options *opt,
                     ew_context *ctx);
void ew_mmd_free(ew_mmd_result *m);

/* The sum of the predicted terms at width n. */
double ew_mmd_predicted(const ew_mmd_result *m, slong layer_number, double n);

/* EW_OK, or EW_FAILED with one line that names the first check that failed. */
ew_status ew_mmd_status(const ew_mmd_result *m, ew_context *ctx);

#endif
