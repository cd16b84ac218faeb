/* Eigenvalues and eigenvectors of a symmetric matrix of balls, with what is proved of them. */
#ifndef EW_ARITH_SYMMETRIC_H
#define EW_ARITH_SYMMETRIC_H

#include "arith/context.h"
#include "arith/flint.h"

/* Exact numbers v (rows: approximate eigenvectors) and d (ascending), and bounds that hold for
 * every symmetric matrix A in the balls; norms are spectral:
 *   |v A - diag(d) v| <= residual,  |v v^T - 1| <= skew,  |lambda_i(A) - d_i| <= error. */
typedef struct {
    slong n;
    arb_mat_t v;
    arb_ptr d;
    mag_t residual, skew, error; /* error: infinite unless skew < 1 */
} ew_symmetric;

void ew_symmetric_init(ew_symmetric *s, slong n);
void ew_symmetric_clear(ew_symmetric *s);

/* a: n x n, its balls finite and those of (i, j) and (j, i) of the same number.  Jacobi's
 * rotations of the middles in prec bits: degenerate eigenvalues do no harm. */
ew_status ew_symmetric_solve(ew_symmetric *s, const arb_mat_t a, slong prec, ew_context *ctx);

#endif
