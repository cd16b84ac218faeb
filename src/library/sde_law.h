/* sde: what is computed from the equations, by paths and by densities. */
#ifndef EW_LIBRARY_SDE_LAW_H
#define EW_LIBRARY_SDE_LAW_H

#include "library/sde.h"
#include "readings/sde/ensemble.h"
#include "readings/sde/marginal.h"

/* The law of one scalar at the end. */
typedef struct {
    char *name;  /* "V11", "V1u_1u", "rho", "q" */
    slong field; /* whose variance it is; -1: none */
    slong entry; /* of several q */
    double from; /* its value at the beginning; infinity where it starts there */
    double closed_mean, closed_inverse; /* E V and E 1/V in closed form, or NaN */
    ew_marginal *law;                   /* --density */
    double *path;                       /* --simulate: [paths], or NULL */
    ew_summary summary;                 /* of those */
    double mean, variance; /* by the density: moments of the paths that have not exploded */
} ew_sde_scalar;

typedef struct {
    const ew_sde_request *of;
    double time;
    double *v0; /* [pairs]: given by --gram, or 1 */
    slong pairs, scalars;
    ew_sde_scalar *scalar;
    ew_path_ensemble_options run; /* paths 0: none */
    ew_path_ensemble *ensemble;
    const char *plot;
} ew_sde_laws;

/* What --simulate and --density ask for, done; *out is NULL when neither is there.  EW_USAGE:
 * options that need them; no time. */
ew_status ew_sde_laws_new(ew_sde_laws **out, const ew_sde_request *r, const ew_network *net,
                          ew_context *ctx);
void ew_sde_laws_free(ew_sde_laws *l);

/* Its part of the result, to come before the equations (CSV has the first table); nonzero when
 * memory is exhausted. */
int ew_sde_laws_put(json_t *result, const ew_sde_laws *l, const ew_network *net);
int ew_sde_laws_put_network(json_t *network, const ew_sde_laws *l);

/* The option `time`: EW_USAGE when it is missing. */
ew_status ew_sde_time(double *time, const ew_network *net, ew_context *ctx);

/* The figure: every density, with the histogram of the paths. */
ew_status ew_sde_laws_plot(const ew_sde_laws *l, ew_context *ctx);

#endif
