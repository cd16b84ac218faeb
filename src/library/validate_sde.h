/* validate --limit sde. */
#ifndef EW_LIBRARY_VALIDATE_SDE_H
#define EW_LIBRARY_VALIDATE_SDE_H

#include "library/command.h"
#include "products/sde_validate.h"

ew_status ew_validate_sde(ew_result **res, const ew_network *net, ew_context *ctx);

/* The figure: limiting densities with histograms of the narrowest and the widest networks, and
 * the Kolmogorov-Smirnov distances against the width. */
ew_status ew_validate_sde_plot(const char *path, const ew_sde_validation *v, const char *what,
                               ew_context *ctx);

#endif
