/* What the validate command shares with its figure. */
#ifndef EW_LIBRARY_VALIDATE_H
#define EW_LIBRARY_VALIDATE_H

#include <jansson.h>

#include "emit/plot.h"
#include "products/validate.h"

/* One check for a result. */
json_t *ew_check_json(const ew_check *c);

/* The figure: one panel a quantity, n^(k-1) kappa_k against 1/n with error bars at the widths
 * measured, and the series of every layer to the highest order predicted and to the one
 * before; and a panel for the L/n law. */
ew_status ew_validate_plot(const char *path, const ew_validation *v, const ew_setting *net,
                           ew_context *ctx);

/* The partial sum c_0 + ... of so many terms, at layer number l. */
double ew_validation_sum(const ew_validation *v, slong l, slong q, int terms, double x);

/* The panel of the L/n law: Var(Ghat_zz)/K^2 of several widths against hidden layers over
 * width, which at criticality lie on one curve, and the series of each.  *out is NULL when no
 * slope was tested. */
typedef struct ew_collapse ew_collapse;
ew_status ew_collapse_new(ew_collapse **out, const ew_validation *v, ew_context *ctx);
const ew_plot_panel *ew_collapse_panel(const ew_collapse *c);
void ew_collapse_free(ew_collapse *c);

/* The option `level`; 0: not given. */
double ew_validate_level(const ew_network *net);

/* validate --residual at one width: the means that are exact at every width; with a result also
 * on EW_FAILED. */
ew_status ew_validate_residual(ew_result **res, const ew_network *net, ew_context *ctx);

#endif
