/* The law at a time of a scalar that a limiting SDE moves by itself: a variance V_aa, the
 * correlation of two inputs, or q = l^2 (1 - rho_l) of an unshaped network.  Each is solved for
 * in a coordinate where its noise is near constant: log V, artanh rho, log q. */
#ifndef EW_READINGS_SDE_MARGINAL_H
#define EW_READINGS_SDE_MARGINAL_H

#include "readings/sde/fokker_planck.h"
#include "readings/sde/sde.h"

typedef struct {
    ew_sde_state kind;  /* EW_SDE_COVARIANCE: a variance */
    ew_scalar_law *law; /* in the coordinate */
    double shift;       /* of a variance: the coordinate is log V + shift */
} ew_marginal;

/* The law at `time` from the value `from` at time 0: of the variance of `field`, of entry
 * `field` of several q, or of the correlation (field is not used).  Infinite variances start
 * from infinity where the equation brings them down; q starts at its singular time 0, from its
 * fixed value there, and `from` is not used.  EW_DOMAIN: not a value; EW_UNABLE: a variance
 * whose drift depends on other entries, or as ew_fokker_planck_solve. */
ew_status ew_marginal_new(ew_marginal **out, const ew_sde *sde, slong field, double from,
                          double time, double tolerance, ew_context *ctx);
void ew_marginal_free(ew_marginal *m);

/* The value at a coordinate, and the other way round. */
double ew_marginal_value(const ew_marginal *m, double x);
double ew_marginal_coordinate(const ew_marginal *m, double value);
/* Distribution, density and quantiles of the value. */
double ew_marginal_distribution(const ew_marginal *m, double value);
double ew_marginal_density(const ew_marginal *m, double value);
double ew_marginal_quantile(const ew_marginal *m, double p);
/* E value^p; of the paths that have not exploded. */
double ew_marginal_moment(const ew_marginal *m, double p);

#endif
