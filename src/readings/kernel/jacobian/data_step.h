/* Inside ew_jacobian_data: the jets of a block of pairs, one layer on. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DATA_STEP_H
#define EW_READINGS_KERNEL_JACOBIAN_DATA_STEP_H

#include "readings/kernel/jacobian/data.h"

/* Errors are sums and products of numbers that are not negative; SLACK covers their own
 * roundings, TINY what underflows. */
#define EW_JET_ULP 0x1p-53
#define EW_JET_SLACK (1 + 0x1p-36)
#define EW_JET_TINY 0x1p-1000

/* `scratch` begins with the map's variables, [variable][EW_JET_BLOCK]; their errors. */
double *ew_jet_errors(double *scratch, const ew_jacobian_maps *m);

/* y, e [state][EW_JET_BLOCK]; the map's expectations and their errors are in `scratch` (size:
 * ew_jet_scratch).  own: the variances' d K_aa/2 along the point itself at a, its error, and
 * both at b, [4][EW_JET_BLOCK].  With points of any lengths values are left alone. */
void ew_jet_step(double *y, double *e, const ew_jacobian_maps *m,
                 const ew_jacobian_layer *layer, const double *own, double *scratch);

#endif
