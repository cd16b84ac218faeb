/* Samples of residual networks (theory.md section 6): the hidden vectors h of d coordinates,
 * block by block.  "Chain": given h, the inner neurons are independent N(0, G), and given their
 * features' mean products Qhat, the rows of V s are independent N(0, Qhat); O((d + m) fields)
 * a block, exact in law.  "Network": explicit W and V. */
#ifndef EW_READINGS_SAMPLE_RESIDUAL_H
#define EW_READINGS_SAMPLE_RESIDUAL_H

#include "readings/sample/sampler.h"

/* Workspace of one thread. */
typedef struct ew_residual_sampler ew_residual_sampler;

/* EW_DOMAIN: fewer coordinates than linearly independent inputs. */
ew_status ew_residual_sampler_new(ew_residual_sampler **out, const ew_sampler_model *model,
                                  int explicit_weights, ew_context *ctx);
void ew_residual_sampler_free(ew_residual_sampler *s);

/* As ew_sampler_run; ghat is H. */
ew_status ew_residual_sampler_run(ew_residual_sampler *s, uint64_t first, uint64_t count,
                                  ew_sampler_fn fn, void *data, ew_context *ctx);

/* Explicit weights, for the first input: growth[l], l <= L, is |J^T p|^2 / |p|^2 for the
 * Jacobian J of h_L with respect to h_l, p along the first axis, by backpropagation through the
 * sample's weights. */
ew_status ew_residual_sampler_gradient(double *growth, ew_residual_sampler *s, uint64_t sample,
                                       ew_context *ctx);

#endif
