#include "readings/sde/motion.h"

static void drift(double *out, const double *v, double t, const void *data)
{
    ew_sde_drift(out, data, t, v, EW_BLOCK);
}

ew_status ew_motion_of(ew_motion *out, const ew_sde *sde, ew_context *ctx)
{
    if (sde->residual) {
        *out = (ew_motion){.fields = sde->fields,
                           .drift = drift,
                           .rate = drift,
                           .dimension = sde->dimension,
                           .data = sde};
        return EW_OK;
    }
    if (sde->state != EW_SDE_COVARIANCE || !sde->wishart)
        return ew_fail(ctx, EW_UNABLE,
                       "sde: paths are those of the covariances of a shaped "
                       "network, or of an unshaped one with K* = 0, in width");
    *out = (ew_motion){.fields = sde->fields, .drift = drift, .data = sde};
    return EW_OK;
}
