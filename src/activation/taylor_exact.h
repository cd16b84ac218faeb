/* Which Taylor coefficients at 0 are rational. */
#ifndef EW_ACTIVATION_TAYLOR_EXACT_H
#define EW_ACTIVATION_TAYLOR_EXACT_H

#include "activation/expr.h"

/* For kink-free e, finite near 0: where known[k] is set to 1, the coefficient of z^k is exactly
 * value[k]; known[k] = 0 says nothing.  k < len; value initialised. */
ew_status ew_taylor_exact(fmpq *value, int *known, const ew_expr *e, slong len,
                          ew_context *ctx);

#endif
