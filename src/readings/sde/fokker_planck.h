/* The law of a scalar dx = mu(x, t) dt + sqrt(2 D(x, t)) dB at a time, by its Fokker-Planck
 * equation p_t = -(mu p)_x + (D p)_xx.
 *
 * Finite volumes on a uniform grid in x, which the caller chooses as a logarithm or the like;
 * the flux between neighbours is Scharfetter and Gummel's, exact for constant coefficients, so
 * that the discrete equation is a birth-death process whatever the drift: mass is kept and p >=
 * 0.  Its exponential is taken as a whole (exponential.h); coefficients that depend on time are
 * those of the middle of each step.  The grid is doubled, with the steps, and extrapolated,
 * until two extrapolations agree. */
#ifndef EW_READINGS_SDE_FOKKER_PLANCK_H
#define EW_READINGS_SDE_FOKKER_PLANCK_H

#include "arith/context.h"

/* drift[i] = mu(x[i], t), spread[i] = D(x[i], t). */
typedef void (*ew_fokker_planck_fn)(double *drift, double *spread, const double *x, size_t n,
                                    double t, const void *data);

typedef struct {
    ew_fokker_planck_fn coefficients;
    const void *data;
    int moving;          /* the coefficients depend on t */
    double start, time;  /* from t = start to start + time */
    double x0, variance; /* the initial law: normal; or a point, where the variance is 0 */
    double scale; /* a length over which the coefficients change by little, such as 1 for a
                     logarithm */
    double lower, upper; /* no path passes lower; infinite where there is no such wall */
    int open;            /* what passes upper has exploded, else nothing does */
} ew_fokker_planck;

typedef struct {
    size_t n;
    double *x, *density, *distribution; /* [n], x ascending, equally far apart */
    double exploded;                    /* mass that has passed upper */
    double error; /* estimated, of the density in units of its maximum; of the distribution and
                     of the exploded mass it is less */
    size_t nodes, steps; /* of the finest grid */
} ew_scalar_law;

/* EW_UNABLE: the grids do not agree to `tolerance` (of the maximal density) within the limits.
 */
ew_status ew_fokker_planck_solve(ew_scalar_law **out, const ew_fokker_planck *problem,
                                 double tolerance, ew_context *ctx);
void ew_scalar_law_free(ew_scalar_law *law);

/* P(x <= x), for any x; cubic between the nodes. */
double ew_scalar_law_distribution(const ew_scalar_law *law, double x);
/* The density at any x: cubic between the nodes. */
double ew_scalar_law_density(const ew_scalar_law *law, double x);
/* The least x whose distribution is p; infinite where the exploded mass is more than 1 - p. */
double ew_scalar_law_quantile(const ew_scalar_law *law, double p);
/* E f(x) over the paths that have not exploded. */
double ew_scalar_law_mean(const ew_scalar_law *law, double (*f)(double x, const void *data),
                          const void *data);

#endif
