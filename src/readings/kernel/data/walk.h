/* A tile of pairs on its way through the layers, for all who go with it. */
#ifndef EW_READINGS_KERNEL_DATA_WALK_H
#define EW_READINGS_KERNEL_DATA_WALK_H

#include "readings/kernel/data/pairs.h"

/* Rows of one set of points and columns of another, or of the same. */
typedef struct {
    const ew_data_net *net;
    const ew_points *a, *b;
    ew_data_rows row, column;
} ew_data_sides;

/* One thread's. */
typedef struct {
    ew_data_pairs pairs;
    ew_data_block rows, columns;
    double *tails, *storage;
} ew_data_walk;

ew_status ew_data_walk_init(ew_data_walk *x, const ew_data_net *net, ew_context *ctx);
void ew_data_walk_clear(ew_data_walk *x);

/* Where a tile is; at most EW_DATA_TILE rows and columns.  `diagonal`: they are the same
 * points. */
typedef struct {
    size_t i, j, rows, columns;
    int diagonal;
} ew_data_place;

/* The pairs at layer 1, then at layer number + 1 from those at layer `number` >= 1. */
ew_status ew_data_walk_first(ew_data_walk *x, const ew_data_sides *s, const ew_data_place *at,
                             ew_context *ctx);
ew_status ew_data_walk_step(ew_data_walk *x, const ew_data_sides *s, const ew_data_place *at,
                            slong number, ew_context *ctx);

#endif
