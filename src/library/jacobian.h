/* `kernel --jacobian`: the network and its input Jacobian together. */
#ifndef EW_LIBRARY_JACOBIAN_H
#define EW_LIBRARY_JACOBIAN_H

#include "library/command.h"
#include "readings/kernel/jacobian/jacobian.h"

/* The table of a network, NULL when the option `jacobian` was not given. */
ew_status ew_jacobian_asked(ew_jacobian_table **out, const ew_setup *s, const ew_network *net,
                            ew_context *ctx);
/* "jacobian_nngp" and "jacobian_ntk" of layer l, counted from 0, into its node; nonzero when
 * memory is exhausted. */
int ew_jacobian_layer_json(json_t *layer, const ew_jacobian_table *t, slong l);
/* What the rows stand for, and what is to be said of the matrices. */
json_t *ew_jacobian_json(const ew_jacobian_table *t, const ew_setup *s, ew_context *ctx);

/* `kernel --double --jacobian`: of data sets, in double precision. */
ew_status ew_jacobian_data_run(ew_result **res, const ew_network *net, ew_context *ctx);

#endif
