/* Finite networks whose depth goes with their width, for comparison with a limiting SDE. */
#ifndef EW_PRODUCTS_SDE_NETWORK_H
#define EW_PRODUCTS_SDE_NETWORK_H

#include "readings/sample/sample.h"
#include "readings/sde/derive.h"

/* Ghat of layer `depth` of a network of that width, shaped for it as the model says, [pairs]
 * [samples], fresh; NaN where a sample is not finite.  `net` gives inputs and their covariance
 * in layer 1, and nothing else. The weights' variance is what the model makes it: 1/E s(g)^2,
 * or 1/s'(0)^2 where an unshaped activation has K* = 0. */
ew_status ew_sde_network_sample(double **ghat, const ew_sde_model *model, const ew_setting *net,
                                slong depth, const ew_sample_options *opt, ew_context *ctx);

/* s of that width; the caller frees it. */
ew_status ew_sde_network_activation(ew_activation **out, const ew_sde_model *model,
                                    uint64_t width, ew_context *ctx);

#endif
