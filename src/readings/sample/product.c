#include "readings/sample/product.h"

#include <stdlib.h>

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

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* LAPACK by its Fortran names, which OpenBLAS has where it was built with it: the reflections
 * of a QR decomposition, and the first columns of their product. */
typedef void geqrf(const int *m, const int *n, double *a, const int *lda, double *tau,
                   double *work, const int *lwork, int *info);
typedef void orgqr(const int *m, const int *n, const int *k, double *a, const int *lda,
                   const double *tau, double *work, const int *lwork, int *info);

/* Loaded when the first product is asked for, and kept: OpenBLAS starts threads as soon as it
 * is loaded, and where the address space is short they never end. */
static struct {
    pthread_mutex_t lock;
    int users;  /* begins without their end */
    int before; /* threads to go back to */
    void *library;
    __typeof__(cblas_dgemm) *dgemm;
    __typeof__(cblas_dgemv) *dgemv;
    geqrf *dgeqrf; /* these two may be absent */
    orgqr *dorgqr;
    __typeof__(openblas_get_num_threads) *get_threads;
    __typeof__(openblas_set_num_threads) *set_threads;
} blas = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A function by name; POSIX lets its address be copied out of an object pointer. */
static int find(void *function, const char *name)
{
    void *address = dlsym(blas.library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static int load(void)
{
    if (blas.library)
        return 1;
    blas.library = dlopen(EW_OPENBLAS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!blas.library)
        return 0;
    if (!find(&blas.dgeqrf, "dgeqrf_") || !find(&blas.dorgqr, "dorgqr_"))
        blas.dgeqrf = NULL;
    if (find(&blas.dgemm, "cblas_dgemm") && find(&blas.dgemv, "cblas_dgemv") &&
        find(&blas.get_threads, "openblas_get_num_threads") &&
        find(&blas.set_threads, "openblas_set_num_threads"))
        return 1;
    dlclose(blas.library);
    blas.library = NULL;
    return 0;
}

void ew_product(double *c, size_t ldc, double factor, const double *a, size_t lda, size_t m,
                const double *b, size_t n, size_t k)
{
    if (m == 1)
        blas.dgemv(CblasRowMajor, CblasNoTrans, (int) n, (int) k, factor, b, (int) k, a, 1, 0,
                   c, 1);
    else
        blas.dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int) m, (int) n, (int) k, factor,
                   a, (int) lda, b, (int) k, 0, c, (int) ldc);
}

/* Blocks of this many columns are what LAPACK works with. */
#define BLOCK 64

/* LAPACK stores columns: our rows.  It leaves R with a diagonal of any sign. */
static void by_lapack(double *a, int count, int length, double *work)
{
    int info, size = BLOCK * count;
    double *tau = work, *sign = work + count, *block = work + 2 * count;
    blas.dgeqrf(&length, &count, a, &length, tau, block, &size, &info);
    for (int j = 0; j < count; j++)
        sign[j] = a[(size_t) j * (size_t) length + (size_t) j] < 0 ? -1 : 1;
    blas.dorgqr(&length, &count, &count, a, &length, tau, block, &size, &info);
    for (int j = 0; j < count; j++)
        for (int i = 0; i < length; i++)
            a[(size_t) j * (size_t) length + (size_t) i] *= sign[j];
}

ew_status ew_product_orthonormal(double *a, size_t count, size_t length, ew_context *ctx)
{
    if (!blas.dgeqrf)
        return by_loops(a, count, length, ctx);
    double *work = ew_alloc((BLOCK + 2) * count * sizeof *work, ctx);
    if (!work)
        return EW_MEMORY;
    by_lapack(a, (int) count, (int) length, work);
    free(work);
    return EW_OK;
}

/* The number of threads it keeps after being told to use one; 0 if it cannot be loaded. */
static int restrain(void)
{
    if (!load())
        return 0;
    if (blas.users++ == 0) {
        blas.before = blas.get_threads();
        blas.set_threads(1);
    }
    return blas.get_threads();
}

ew_status ew_product_begin(ew_context *ctx)
{
    pthread_mutex_lock(&blas.lock);
    int threads = restrain();
    pthread_mutex_unlock(&blas.lock);
    if (threads == 1)
        return EW_OK;
    if (threads == 0)
        return ew_fail(ctx, EW_UNABLE, "matrix products: %s cannot be loaded",
                       EW_OPENBLAS_LIBRARY);
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
        blas.set_threads(blas.before);
    pthread_mutex_unlock(&blas.lock);
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
