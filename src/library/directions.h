/* The option `directions` for data sets. */
#ifndef EW_LIBRARY_DIRECTIONS_H
#define EW_LIBRARY_DIRECTIONS_H

#include "library/network.h"
#include "readings/kernel/data/points.h"
#include "readings/kernel/jacobian/directions.h"

/* As ew_setup_directions: vectors as the nearest doubles, without the option all coordinates;
 * the points as they are or, `unit`, rescaled to x.x/n_0 = 1.  Prepared; clear it also on
 * failure. */
ew_status ew_directions_read(ew_directions *out, const ew_network *net, const ew_points *p,
                             int unit, ew_context *ctx);

#endif
