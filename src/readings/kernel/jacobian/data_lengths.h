/* Inside ew_jacobian_data: points of any lengths. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DATA_LENGTHS_H
#define EW_READINGS_KERNEL_JACOBIAN_DATA_LENGTHS_H

#include "readings/kernel/data/walk.h"
#include "readings/kernel/jacobian/data.h"

/* Both sets of points with their variances in all layers, and the variances' d K_aa/2 along the
 * point itself, x.u/n_0 = 1: [layer][point]. */
typedef struct {
    const ew_jacobian_maps *m;
    ew_data_sides sides;
    ew_near *row, *column;
} ew_jet_sides;

/* b may be NULL: a.  Makes the pieces of the curve that are needed, too. */
ew_status ew_jet_sides_init(ew_jet_sides *s, const ew_jacobian_maps *m, const ew_points *a,
                            const ew_points *b, ew_context *ctx);
void ew_jet_sides_clear(ew_jet_sides *s);

/* One thread's. */
typedef struct ew_jet_walk ew_jet_walk;
ew_status ew_jet_walk_new(ew_jet_walk **out, const ew_jet_sides *s, ew_context *ctx);
void ew_jet_walk_free(ew_jet_walk *w);

/* jet, error[state][rows * columns] of a tile of at most EW_JET_BLOCK rows and columns. */
ew_status ew_jet_walk_tile(double *jet, double *error, ew_jet_walk *w, const ew_jet_sides *s,
                           const ew_data_place *at, ew_context *ctx);

#endif
