/* Matrix products and frames: OpenBLAS on one thread, or plain loops where it is not built in.
 */
#ifndef EW_READINGS_SAMPLE_PRODUCT_H
#define EW_READINGS_SAMPLE_PRODUCT_H

#include "arith/context.h"

/* c = factor a b^T with a: m x k, b: n x k, c: m x n, all by rows; rows of a and c are lda and
 * ldc apart, those of b are next to each other.  Between ew_product_begin and ew_product_end
 * the result depends on the arguments only. */
void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k);

/* Replace the rows of a[count][length], count <= length, by orthonormal ones: with A^T = Q R
 * and a positive diagonal of R, by Q^T.  Of independent normals that makes a uniformly
 * distributed frame.  By LAPACK, or by loops where there is none.  Between begin and end. */
ew_status ew_product_orthonormal(double *a, size_t count, size_t length, ew_context *ctx);

/* OpenBLAS must not start threads of its own: results would depend on their number.  One thread
 * from the first begin to the last end of the process; then the number it had before.
 * EW_UNABLE where it does not obey. */
ew_status ew_product_begin(ew_context *ctx);
void ew_product_end(void);

/* What computes the products, for reports: "OpenBLAS", "loops". */
const char *ew_product_name(void);

#endif
