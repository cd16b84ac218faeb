/* Inside regression: the kernels of the flow, in doubles. */
#ifndef EW_PRODUCTS_REGRESS_FILL_H
#define EW_PRODUCTS_REGRESS_FILL_H

#include "products/regress_data.h"
#include "readings/kernel/data/points.h"

/* Of f and its derivatives, the points there. */
ew_status ew_regress_fill_jacobian(ew_flow_data *f, const ew_setting *net,
                                   const ew_regress_options *opt, const ew_regress_points *p,
                                   const ew_points *train, const ew_points *test,
                                   ew_context *ctx);

/* As ew_regress_regular, of robust training on points. */
ew_status ew_regress_regular_data(const ew_setting *net, const ew_regress_options *opt,
                                  const ew_directions *along, ew_context *ctx);

/* The root of the weight of |J f|^2, the nearest double. */
double ew_regress_root(const ew_regress_options *opt);

#endif
