/* Is a symmetric matrix positive semi-definite?  Exactly over Q, as well as balls allow
 * otherwise. */
#ifndef EW_CHAIN_PSD_H
#define EW_CHAIN_PSD_H

#include "arith/context.h"
#include "arith/flint.h"

/* *psd = 1 or 0 for the symmetric n x n rational matrix a (row-major, kept), decided exactly.
 */
ew_status ew_psd_rational(int *psd, const fmpq *a, slong n, ew_context *ctx);

/* Balls: 1 proved positive definite, 0 proved not semi-definite, -1 undecided (singular, or the
 * balls are too wide). */
ew_status ew_psd_balls(int *verdict, arb_srcptr a, slong n, slong prec, ew_context *ctx);

#endif
