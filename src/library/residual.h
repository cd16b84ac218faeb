/* The option `residual`: blocks h' = h + L^-beta V s(W h) in place of layers. */
#ifndef EW_LIBRARY_RESIDUAL_H
#define EW_LIBRARY_RESIDUAL_H

#include "chain/residual.h"
#include "library/network.h"

/* From "beta=B[,cv=X][,inner=M]", in any order; C_V is 1 by default.  M is a number, "n", "2n",
 * "3/2n", "n/2", or "infinite".  EW_USAGE: syntax, a part missing, unknown or twice. EW_DOMAIN:
 * a negative beta, a C_V that is not positive. */
ew_status ew_residual_read(ew_residual **out, const char *text, ew_context *ctx);
void ew_residual_free(ew_residual *r);

#endif
