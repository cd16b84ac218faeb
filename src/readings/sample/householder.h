/* Orthonormal frames by Householder reflections, without LAPACK. */
#ifndef EW_READINGS_SAMPLE_HOUSEHOLDER_H
#define EW_READINGS_SAMPLE_HOUSEHOLDER_H

#include <stddef.h>

/* The rows of a[count][length], count <= length, become those of Q^T, with A^T = Q R and no
 * negative entry on the diagonal of R.  work[2 count]. */
void ew_householder_orthonormal(double *a, size_t count, size_t length, double *work);

#endif
