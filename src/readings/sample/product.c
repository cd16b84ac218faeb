#include "readings/sample/product.h"

#include <stdlib.h>

#include "arith/lapack.h"
#include "readings/sample/householder.h"
#include "readings/sample/rows.h"

static ew_status by_loops(double *a, size_t count, size_t length, ew_context *ctx)
{
    double *work = ew_alloc(2 * count * sizeof *work, ctx);
    if (!work)
        return EW_MEMORY;
    ew_householder_orthonormal(a, count, length, work);
    free(work);
    return EW_OK;
}

#ifdef HAVE_OPENBLAS

void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k)
{
    if (m == 1)
        ew_blas_gemv('N', n, k, factor, b, k, a, 0, c);
    else
        ew_blas_gemm('N', 'T', m, n, k, factor, a, lda, b, k, 0, c, ldc);
}

/* Blocks of this many columns are what LAPACK works with. */
#define BLOCK 64

/* It leaves R with a diagonal of any sign. */
static void by_lapack(double *a, size_t count, size_t length, double *work)
{
    size_t size = BLOCK * count;
    double *tau = work, *sign = work + count, *block = work + 2 * count;
    ew_lapack_geqrf(a, count, length, tau, block, size);
    for (size_t j = 0; j < count; j++)
        sign[j] = a[j * length + j] < 0 ? -1 : 1;
    ew_lapack_orgqr(a, count, length, tau, block, size);
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < length; i++)
            a[j * length + i] *= sign[j];
}

ew_status ew_product_orthonormal(double *a, size_t count, size_t length, ew_context *ctx)
{
    if (!ew_lapack_complete())
        return by_loops(a, count, length, ctx);
    double *work = ew_alloc((BLOCK + 2) * count * sizeof *work, ctx);
    if (!work)
        return EW_MEMORY;
    by_lapack(a, count, length, work);
    free(work);
    return EW_OK;
}

ew_status ew_product_begin(ew_context *ctx)
{
    return ew_lapack_begin(ctx);
}

void ew_product_end(void)
{
    ew_lapack_end();
}

const char *ew_product_name(void)
{
    return "OpenBLAS";
}

#else

void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = factor * ew_row_dot(a + i * lda, b + j * k, k);
}

ew_status ew_product_orthonormal(double *a, size_t count, size_t length, ew_context *ctx)
{
    return by_loops(a, count, length, ctx);
}

ew_status ew_product_begin(ew_context *ctx)
{
    (void) ctx;
    return EW_OK;
}

void ew_product_end(void)
{
}

const char *ew_product_name(void)
{
    return "loops";
}

#endif
