/* Gaussian expectations in an equation: what the drift of a residual network is made of when
 * its activation has no closed form.  In balls they are atoms of the chain's law; in doubles,
 * tables. */
#ifndef EW_READINGS_SDE_MOMENT_H
#define EW_READINGS_SDE_MOMENT_H

#include "chain/evaluate.h"
#include "chain/residual_law.h"
#include "readings/sde/sde.h"

typedef struct ew_sde_moments ew_sde_moments;

/* For an equation whose moments are the atoms of `law` that `used` marks, at covariance C_b +
 * C_W V, variables of the constants (C_b: -1 for 0).  Takes fields and law over, also on
 * failure. */
ew_status ew_sde_moments_new(ew_sde *sde, ew_fields *fields, ew_residual_law *law,
                             const char *used, const ew_activation *s, slong cw, slong cb,
                             ew_context *ctx);
void ew_sde_moments_free(ew_sde_moments *m);

/* v[i] for every variable i of sde that is a moment, from those of state and constants. */
ew_status ew_sde_moments_ball(arb_ptr v, const ew_sde *sde, slong prec, ew_context *ctx);
/* Atom i of sde at V_aa = x, V_ab = y, V_bb = z; NaN before ew_sde_tabulate. */
double ew_sde_moment_double(const ew_sde *sde, slong i, double x, double y, double z);

#endif
