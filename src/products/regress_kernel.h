/* Inside regression: the kernels of the flow, in balls. */
#ifndef EW_PRODUCTS_REGRESS_KERNEL_H
#define EW_PRODUCTS_REGRESS_KERNEL_H

#include "products/regress.h"

typedef struct ew_regress_kernel ew_regress_kernel;

ew_status ew_regress_kernel_new(ew_regress_kernel **out, const ew_setting *net,
                                const ew_regress_options *opt, ew_context *ctx);
void ew_regress_kernel_free(ew_regress_kernel *k);

/* Numbers of values: trained, and all of them. */
slong ew_regress_trained(const ew_regress_kernel *k);
slong ew_regress_values(const ew_regress_kernel *k);

/* h, k, own, ridge of the flow, in the order of ew_regress_table; derivatives are multiplied by
 * weight^(1/2), the root of `robust`.  own_h[values]: the diagonal of h; may be NULL. */
ew_status ew_regress_kernel_fill(ew_flow *f, arb_ptr own_h, ew_regress_kernel *k, slong prec,
                                 ew_context *ctx);
const char *ew_regress_kernel_method(const ew_regress_kernel *k);

#endif
