/* What the validate command shares with its figure. */
#ifndef EW_LIBRARY_VALIDATE_H
#define EW_LIBRARY_VALIDATE_H

#include "products/validate.h"

/* The figure: one panel a quantity, n^(k-1) kappa_k against 1/n with error bars at the widths
 * measured, and the predicted c_0 + c_1/n of every layer. */
ew_status ew_validate_plot(const char *path, const ew_validation *v, const ew_setting *net,
                           ew_context *ctx);

#endif
