/* A limiting SDE in doubles, dV = b(V) dt + noise of covariance S(V) dt, for a block of paths
 * at a time (theory.md section 6).  V is a covariance matrix of `fields` fields; its entries
 * and those of b are the upper triangle by rows. */
#ifndef EW_READINGS_SDE_MOTION_H
#define EW_READINGS_SDE_MOTION_H

#include "activation/block.h"
#include "arith/context.h"
#include "arith/flint.h"
#include "readings/sde/sde.h"

/* out[p * EW_BLOCK + i], entry p of a matrix-valued function of V and time at path i of the
 * block, from v[p * EW_BLOCK + i]. */
typedef void (*ew_motion_fn)(double *out, const double *v, double t, const void *data);

/* Noise of a shaped network: S_ab,cd = V_ac V_bd + V_ad V_bc.  Of a residual one of inner
 * dimension d: S_ab,cd = (V_ac Q_bd + V_ad Q_bc + V_bc Q_ad + V_bd Q_ac)/d, Q = Q(V). */
typedef struct {
    slong fields;
    ew_motion_fn drift; /* NULL: b = 0 */
    ew_motion_fn rate;  /* Q; NULL: the noise of a shaped network */
    double dimension;   /* d */
    const void *data;
} ew_motion;

/* Entries of a symmetric matrix of m rows, and the place of (a, b), a <= b, among them. */
static inline slong ew_motion_pairs(slong m)
{
    return m * (m + 1) / 2;
}
static inline slong ew_motion_pair(slong m, slong a, slong b)
{
    return a * m - a * (a - 1) / 2 + b - a;
}

/* Of a derived equation, which must outlive it.  EW_UNABLE: not covariances with noise of this
 * kind.
 */
ew_status ew_motion_of(ew_motion *out, const ew_sde *sde, ew_context *ctx);

#endif
