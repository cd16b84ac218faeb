/* NNGP and NTK of the output layer as matrices of balls, at any precision. */
#ifndef EW_READINGS_KERNEL_OUTPUT_H
#define EW_READINGS_KERNEL_OUTPUT_H

#include "chain/setting.h"
#include "expect/expect.h"

typedef struct ew_kernel_output ew_kernel_output;

/* Pairs of two inputs from number `alone` on are left out (their entries mean nothing, but
 * variances are there); alone = net->inputs: none is.  `net` must outlive it.  Errors as of
 * ew_kernel_solve. */
ew_status ew_kernel_output_new(ew_kernel_output **out, const ew_setting *net, int tangent,
                               slong alone, ew_method method, ew_context *ctx);
void ew_kernel_output_free(ew_kernel_output *k);

/* inputs x inputs, initialised; ntk is not touched, and may be NULL, without a tangent. */
ew_status ew_kernel_output_balls(arb_mat_t nngp, arb_mat_t ntk, ew_kernel_output *k, slong prec,
                                 ew_context *ctx);
/* How expectations were obtained so far; static. */
const char *ew_kernel_output_method(const ew_kernel_output *k);

#endif
