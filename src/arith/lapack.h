/* BLAS and LAPACK on doubles: OpenBLAS, loaded when first asked for, on one thread.  Whoever
 * has several threads cuts the work into pieces that do not depend on their number, one call a
 * piece: then no result does, either.  Any function may be called by several threads at once.
 *
 * Matrices are stored by rows; ld is the distance of one row's start to the next's. */
#ifndef EW_ARITH_LAPACK_H
#define EW_ARITH_LAPACK_H

#include <stddef.h>

#include "arith/context.h"

/* The functions below may be called between begin and end, and then depend on their arguments
 * only.  Begins nest; OpenBLAS keeps one thread from the first to the last end of the process,
 * then the number it had before.  EW_UNABLE: not built in, not there at run time, or it keeps
 * threads of its own.  No size may exceed INT_MAX. */
ew_status ew_lapack_begin(ew_context *ctx);
void ew_lapack_end(void);

/* Whether this build can load it at all. */
int ew_lapack_built(void);
/* Whether what is loaded has LAPACK as well (those marked * need it).  Between begin and end.
 */
int ew_lapack_complete(void);

/* c[m][n] = alpha op(a) op(b) + beta c with op(a): m x k, op(b): k x n; ta, tb: 'N' as stored,
 * 'T' transposed.  With beta = 0, c is only written. */
void ew_blas_gemm(char ta, char tb, size_t m, size_t n, size_t k, double alpha, const double *a,
                  size_t lda, const double *b, size_t ldb, double beta, double *c, size_t ldc);
/* y = alpha op(a) x + beta y, a: m x n as stored; x and y have no gaps. */
void ew_blas_gemv(char ta, size_t m, size_t n, double alpha, const double *a, size_t lda,
                  const double *x, double beta, double *y);
/* The lower triangle of c[n][n] = alpha a a^T + beta c, a: n x k. */
void ew_blas_syrk(size_t n, size_t k, double alpha, const double *a, size_t lda, double beta,
                  double *c, size_t ldc);
/* b[n][m] becomes l^-1 b ('N') or l^-T b ('T'), l[n][n] lower triangular. */
void ew_blas_trsm(char tl, size_t n, size_t m, const double *l, size_t ldl, double *b,
                  size_t ldb);

/* * a[n][n], its lower triangle given, becomes the lower triangular l with l l^T = a, the rest
 * untouched.  0, or the order of the first leading minor that is not positive. */
int ew_lapack_potrf(double *a, size_t lda, size_t n);

/* * The QR decomposition of a^T, a[count][length] with count <= length: the reflections and R
 * of dgeqrf, as LAPACK leaves them in the rows of a; tau[count], work[size], size >= count. */
void ew_lapack_geqrf(double *a, size_t count, size_t length, double *tau, double *work,
                     size_t size);
/* * Then a = Q^T, `count` orthonormal rows. */
void ew_lapack_orgqr(double *a, size_t count, size_t length, const double *tau, double *work,
                     size_t size);

/* * Eigenvalues w[n], ascending, and orthonormal eigenvectors of the symmetric a[n][n] (its
 * lower triangle is read): row i of a becomes the one of w[i].  EW_UNABLE: no convergence. */
ew_status ew_lapack_syev(double *w, double *a, size_t n, ew_context *ctx);

#endif
