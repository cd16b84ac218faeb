/* How kernels of data sets come out: by tiles. */
#ifndef EW_READINGS_KERNEL_DATA_TILE_H
#define EW_READINGS_KERNEL_DATA_TILE_H

#include <stddef.h>

#include "arith/context.h"

#define EW_DATA_TILE 128

/* Where a tile goes: entries [rows][columns] at (row, column); ntk is NULL without a tangent.
 * With one set of points, tiles on and above the diagonal come, and each stands for its mirror
 * image. Called by several threads. */
typedef ew_status (*ew_tile_fn)(size_t row, size_t column, size_t rows, size_t columns,
                                const double *nngp, const double *ntk, void *data,
                                ew_context *ctx);

/* Proved: what the entries may be off by, at most. */
typedef struct {
    double nngp, ntk;
} ew_data_bound;

#endif
