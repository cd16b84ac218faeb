/* The numbers of the chain's mean map for a pair of inputs, at infinite width. */
#ifndef EW_READINGS_KERNEL_DATA_AFFINE_H
#define EW_READINGS_KERNEL_DATA_AFFINE_H

#include "readings/kernel/recursion.h"

/* K' = [0] + [1] <s s>; Theta' = [2] + [3] <s s> + [4] <s' s'> Theta. */
#define EW_DATA_AFFINE 5

/* [EW_DATA_AFFINE] of the step from `layer` to the next: the map the chain derives is affine in
 * each of its atoms. */
ew_status ew_data_affine(arb_ptr affine, const ew_mean_map *map, slong layer, slong prec,
                         ew_context *ctx);

typedef struct {
    const ew_setting *net;
    int same;
} ew_data_unit_scalar;

/* `net` with two orthogonal inputs of x.x/n_0 = 1 for its inputs; not to be moved. */
typedef struct {
    ew_setting net;
    ew_data_unit_scalar value[3];
    ew_scalar gram[3];
} ew_data_unit;

void ew_data_unit_init(ew_data_unit *u, const ew_setting *net);

#endif
