/* NNGP and NTK of data sets whose points have different lengths, tile by tile. */
#ifndef EW_READINGS_KERNEL_DATA_GENERAL_H
#define EW_READINGS_KERNEL_DATA_GENERAL_H

#include "readings/kernel/data/rows.h"
#include "readings/kernel/data/tile.h"

/* The kernels at the network's last layer between the points of a and those of b (NULL: of a).
 * ctx->threads threads; a tile is a function of the points and the network alone.  EW_UNABLE
 * where the bound of an entry is no use: USELESS of the largest there may be. */
ew_status ew_data_general(ew_data_bound *bound, ew_data_net *net, const ew_points *a,
                          const ew_points *b, ew_tile_fn fn, void *data, ew_context *ctx);

#endif
