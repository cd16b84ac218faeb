/* A layer's map on a block of pairs, in vectors, and what its error bound needs to know of
 * them. */
#ifndef EW_READINGS_KERNEL_DATA_APPLY_H
#define EW_READINGS_KERNEL_DATA_APPLY_H

#include <stddef.h>

#include "readings/kernel/data/maps.h"

/* Of the pairs on side 1 before the step: the largest v/m, u/m and 1/m, where u is 1 + rho
 * before, v 1 + rho' after and m the new distance; 0 where there are none. */
typedef struct {
    double v, u, one;
} ew_data_spread;

/* q[0..n) and, unless NULL, theta[0..n) of one layer become those of the next. */
void ew_data_apply(double *q, double *theta, size_t n, const ew_data_layer *layer,
                   ew_data_spread *spread);

/* q becomes the NNGP of a layer of that variance: variance (1 - q), or -variance (1 + q). */
void ew_data_covariance(double *q, size_t n, double variance);

#endif
