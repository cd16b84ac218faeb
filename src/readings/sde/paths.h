/* Blocks of paths of a limiting SDE.  Normal number i of the stream (seed, step k, use u)
 * drives path i in step k, so that every path is a function of the seed and its own number,
 * whatever block or thread it is computed by. */
#ifndef EW_READINGS_SDE_PATHS_H
#define EW_READINGS_SDE_PATHS_H

#include "readings/sde/motion.h"

typedef enum { EW_SCHEME_SECOND, EW_SCHEME_EULER } ew_scheme;

typedef struct ew_paths ew_paths;

/* EW_UNABLE: a scheme of weak order 2 for several fields of a residual network. */
ew_status ew_paths_new(ew_paths **out, const ew_motion *motion, ew_scheme scheme, double h,
                       ew_context *ctx);
void ew_paths_free(ew_paths *p);

/* Paths first .. first + EW_BLOCK - 1, first a multiple of EW_BLOCK, to V = v0[pairs], which is
 * positive semi-definite, at time t0. */
void ew_paths_start(ew_paths *p, const double *v0, double t0, uint64_t seed, uint64_t first);
/* So many steps of length h on; their splitting over calls shows in results by errors of the
 * scheme's order only. */
void ew_paths_advance(ew_paths *p, uint64_t steps);

/* V of the block's paths, [pairs][EW_BLOCK]; of an exploded one: NaN. */
const double *ew_paths_state(const ew_paths *p);
/* [EW_BLOCK]: the time at the end of the step in which a path exploded, or infinity. */
const double *ew_paths_end(const ew_paths *p);

#endif
