/* Many paths of a limiting SDE, and what their ends say. */
#ifndef EW_READINGS_SDE_ENSEMBLE_H
#define EW_READINGS_SDE_ENSEMBLE_H

#include "readings/sde/paths.h"

#define EW_ENSEMBLE_MOST 100000000 /* numbers kept: paths times entries */
#define EW_ENSEMBLE_TRACED EW_BLOCK

typedef struct {
    double start, time; /* from time `start` to start + time */
    uint64_t paths, steps, seed;
    ew_scheme scheme;
    slong traced; /* so many of the first paths are kept at every step; at most
                     EW_ENSEMBLE_TRACED */
} ew_path_ensemble_options;

typedef struct {
    slong fields, pairs;
    uint64_t paths;
    double *v;   /* [pairs][paths] at the end; NaN: exploded before */
    double *end; /* [paths]: the time of the explosion, or infinity */
    slong traced;
    uint64_t steps;
    double *trace; /* [traced][steps + 1][pairs] */
} ew_path_ensemble;

/* Paths 0, 1, ... from V = v0[pairs]; the result does not depend on ctx->threads.  EW_UNABLE:
 * more numbers than EW_ENSEMBLE_MOST. */
ew_status ew_path_ensemble_run(ew_path_ensemble **out, const ew_motion *motion,
                               const double *v0, const ew_path_ensemble_options *opt,
                               ew_context *ctx);
void ew_path_ensemble_free(ew_path_ensemble *e);

/* The correlation of fields a and b of path i; NaN when exploded. */
double ew_path_ensemble_correlation(const ew_path_ensemble *e, slong a, slong b, uint64_t i);

#define EW_SUMMARY_LEVELS 5
extern const double ew_summary_level[EW_SUMMARY_LEVELS]; /* 0.05, 0.25, 0.5, 0.75, 0.95 */

/* Of n numbers: moments with standard errors; the quantiles, each with half the distance of the
 * order statistics one standard deviation of their number away. */
typedef struct {
    uint64_t n;
    double mean, mean_se, variance, variance_se;
    double quantile[EW_SUMMARY_LEVELS], quantile_se[EW_SUMMARY_LEVELS];
} ew_summary;

/* x[0..n) is sorted in place; numbers that are not finite are left out. */
void ew_summarise(ew_summary *s, double *x, uint64_t n);

#endif
