/* What the flow's results in doubles may be off by. */
#ifndef EW_PRODUCTS_FLOW_BOUND_H
#define EW_PRODUCTS_FLOW_BOUND_H

#include "products/flow_data.h"

/* Products are sums over chunks of so many terms, added one after another. */
#define EW_FLOW_CHUNK 128

/* x = v v^T as computed: f->skew. */
void ew_flow_bound_skew(ew_flow_data *f, const double *x);
/* Then, with f->hv: f->residual, error, least. */
void ew_flow_bound_residual(ew_flow_data *f);
/* Norms of what else the bounds need. */
void ew_flow_bound_sizes(ew_flow_data *f);

/* The bounds of a state, given e, g and, for variances, z and p = z w as computed. */
void ew_flow_bound_state(ew_flow_data_state *s, const ew_flow_data *f, arb_srcptr t,
                         const double *e, const double *g, const double *z, const double *p);

#endif
