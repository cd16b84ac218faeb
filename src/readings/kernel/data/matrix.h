/* NNGP and NTK of data sets in double precision, tile by tile (theory.md section 4). */
#ifndef EW_READINGS_KERNEL_DATA_MATRIX_H
#define EW_READINGS_KERNEL_DATA_MATRIX_H

#include "readings/kernel/data/maps.h"
#include "readings/kernel/data/points.h"
#include "readings/kernel/data/tile.h"

/* The kernels at the maps' last layer between the points of a and those of b (NULL: of a),
 * every point rescaled to x.x/n_0 = 1.  The diagonal is certified to the last place.
 * ctx->threads threads; a tile is a function of the points and maps alone. */
ew_status ew_data_kernel(ew_data_bound *bound, const ew_data_maps *maps, const ew_points *a,
                         const ew_points *b, int lengths, ew_tile_fn fn, void *data,
                         ew_context *ctx);

#endif
