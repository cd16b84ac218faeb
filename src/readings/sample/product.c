#include "readings/sample/vector.h"

#include "readings/sample/product.h"

#ifdef HAVE_OPENBLAS

#include <cblas.h>
#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    int users;  /* begins without their end */
    int before; /* threads to go back to */
} blas = {.lock = PTHREAD_MUTEX_INITIALIZER};

void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k)
{
    if (m == 1)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, (int) n, (int) k, factor, b, (int) k, a, 1, 0,
                    c, 1);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int) m, (int) n, (int) k, factor,
                    a, (int) lda, b, (int) k, 0, c, (int) ldc);
}

ew_status ew_product_begin(ew_context *ctx)
{
    pthread_mutex_lock(&blas.lock);
    if (blas.users++ == 0) {
        blas.before = openblas_get_num_threads();
        openblas_set_num_threads(1);
    }
    int threads = openblas_get_num_threads();
    pthread_mutex_unlock(&blas.lock);
    if (threads == 1)
        return EW_OK;
    ew_product_end();
    return ew_fail(ctx, EW_UNABLE,
                   "OpenBLAS keeps %d threads where 1 is asked for: set "
                   "OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1",
                   threads);
}

void ew_product_end(void)
{
    pthread_mutex_lock(&blas.lock);
    if (--blas.users == 0)
        openblas_set_num_threads(blas.before);
    pthread_mutex_unlock(&blas.lock);
}

const char *ew_product_name(void)
{
    return "OpenBLAS";
}

#else

#define LANES 8

EW_VECTOR static double dot(const double *x, const double *y, size_t n)
{
    double part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (size_t k = 0; k < LANES; k++)
        sum += part[k];
    for (; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = factor * dot(a + i * lda, b + j * k, k);
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
