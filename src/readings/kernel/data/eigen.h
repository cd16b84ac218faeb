/* The smallest eigenvalue of a symmetric matrix of doubles, enclosed. */
#ifndef EW_READINGS_KERNEL_DATA_EIGEN_H
#define EW_READINGS_KERNEL_DATA_EIGEN_H

#include <stddef.h>

#include "arith/context.h"

#define EW_EIGEN_MOST 8192 /* rows */

/* |value - smallest eigenvalue| <= error.  a[n][n] is kept.  EW_UNABLE: no LAPACK, or more rows
 * than that.
 *
 * From above it is at most v.Av/v.v, v the computed eigenvector.  From below: if Cholesky's
 * decomposition of A - c runs to its end in doubles, then A - c + E is positive semi-definite
 * with |E| <= g/(1 - g) trace(A - c), g = (n + 2) u/(1 - (n + 2) u), for any order of the sums
 * (Rump, Verification of positive definiteness, BIT 46, 2006). */
ew_status ew_data_smallest(double *value, double *error, const double *a, size_t n,
                           ew_context *ctx);

#endif
