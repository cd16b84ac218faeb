/* Cholesky factors of covariance matrices that may be singular. */
#ifndef EW_READINGS_SAMPLE_SEMIDEFINITE_H
#define EW_READINGS_SAMPLE_SEMIDEFINITE_H

#include "arith/flint.h"

/* Lower triangular L, row-major m x m, with L L^T = G (pairs, upper triangle by rows), for a
 * positive semi-definite G: a pivot that is zero up to rounding makes a zero column. */
void ew_semidefinite_cholesky(double *l, const double *g, slong m);

#endif
