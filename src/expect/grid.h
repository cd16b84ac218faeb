/* Inside the trapezoidal rules: bounds on strips, and the shared grids. */
#ifndef EW_EXPECT_GRID_H
#define EW_EXPECT_GRID_H

#include "expect/nodes.h"

#define EW_GRID_LEVELS 2200

/* Bounds of one function: rung 0 on the real line, then on strips |Im z| <= d, d ascending. */
typedef struct {
    double d, log2c;
    ew_majorant m;
} ew_rung;

typedef struct {
    ew_monomial f;
    slong rungs;
    ew_rung *rung;
} ew_profile;

/* The line Im z = d that bounds a discretisation error, and whose majorant holds there. */
typedef struct {
    slong rung;
    double d;
} ew_edge;

void ew_profile_clear(ew_profile *p);

/* Monomial f of a smooth activation; *p stands until the next call. */
ew_status ew_grid_profile(const ew_profile **p, ew_evaluator *E, const ew_monomial *f,
                          ew_context *ctx);

/* The step of a level: a short dyadic number. */
double ew_grid_step(slong level);

/* A level from which it is worth trying, for prec bits at variance K. */
slong ew_grid_first(double K, slong prec);

/* The coarsest level >= from whose estimated error (bound.h) is 2^target or less, and its edge;
 * EW_GRID_LEVELS if none.  `other`, when not NULL, is an edge to try first. */
slong ew_grid_level(ew_edge *at, const ew_profile *p, slong k, double target, double K,
                    slong from, const ew_edge *other);

/* The shared nodes z = 0, h, 2h, ... of a level, at least n of them, each for z and -z. */
ew_status ew_grid_nodes(ew_nodes **out, ew_evaluator *E, slong level, slong n, slong len,
                        slong prec, ew_context *ctx);

#endif
