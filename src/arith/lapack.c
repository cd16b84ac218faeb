#include "arith/lapack.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* By their Fortran names, which every build of OpenBLAS has for BLAS.  gfortran passes the
 * lengths of character arguments after all others. */
typedef const int *ci;
typedef const double *cd;
typedef void dgemm(const char *, const char *, ci, ci, ci, cd, cd, ci, cd, ci, cd, double *, ci,
                   size_t, size_t);
typedef void dgemv(const char *, ci, ci, cd, cd, ci, cd, ci, cd, double *, ci, size_t);
typedef void dsyrk(const char *, const char *, ci, ci, cd, cd, ci, cd, double *, ci, size_t,
                   size_t);
typedef void dtrsm(const char *, const char *, const char *, const char *, ci, ci, cd, cd, ci,
                   double *, ci, size_t, size_t, size_t, size_t);
typedef void dpotrf(const char *, ci, double *, ci, int *, size_t);
typedef void dgeqrf(ci, ci, double *, ci, double *, double *, ci, int *);
typedef void dorgqr(ci, ci, ci, double *, ci, cd, double *, ci, int *);
typedef void dsyevd(const char *, const char *, ci, double *, ci, double *, double *, ci, int *,
                    ci, int *, size_t, size_t);

/* Kept once it is loaded: OpenBLAS starts threads as soon as it is, and where the address space
 * is short they never end. */
static struct {
    pthread_mutex_t lock;
    int users;  /* begins without their end */
    int before; /* threads to go back to */
    void *library;
    dgemm *gemm;
    dgemv *gemv;
    dsyrk *syrk;
    dtrsm *trsm;
    dpotrf *potrf; /* these four may be absent */
    dgeqrf *geqrf;
    dorgqr *orgqr;
    dsyevd *syevd;
    int (*get_threads)(void);
    void (*set_threads)(int);
} blas = {.lock = PTHREAD_MUTEX_INITIALIZER};

#ifdef HAVE_OPENBLAS
#define LIBRARY EW_OPENBLAS_LIBRARY
#else
#define LIBRARY NULL
#endif

int ew_lapack_built(void)
{
    return LIBRARY != NULL;
}

/* A function by name; POSIX lets its address be copied out of an object pointer. */
static int find(void *function, const char *name)
{
    void *address = dlsym(blas.library, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static int find_all(void)
{
    find(&blas.potrf, "dpotrf_");
    find(&blas.geqrf, "dgeqrf_");
    find(&blas.orgqr, "dorgqr_");
    find(&blas.syevd, "dsyevd_");
    return find(&blas.gemm, "dgemm_") && find(&blas.gemv, "dgemv_") &&
           find(&blas.syrk, "dsyrk_") && find(&blas.trsm, "dtrsm_") &&
           find(&blas.get_threads, "openblas_get_num_threads") &&
           find(&blas.set_threads, "openblas_set_num_threads");
}

static int load(void)
{
    if (blas.library)
        return 1;
    blas.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!blas.library)
        return 0;
    if (find_all())
        return 1;
    dlclose(blas.library);
    blas.library = NULL;
    return 0;
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

ew_status ew_lapack_begin(ew_context *ctx)
{
    if (!ew_lapack_built())
        return ew_fail(ctx, EW_UNABLE, "matrices: this edgeworth was built without OpenBLAS");
    pthread_mutex_lock(&blas.lock);
    int threads = restrain();
    pthread_mutex_unlock(&blas.lock);
    if (threads == 1)
        return EW_OK;
    if (threads == 0)
        return ew_fail(ctx, EW_UNABLE, "matrices: %s cannot be loaded", LIBRARY);
    ew_lapack_end();
    return ew_fail(ctx, EW_UNABLE,
                   "OpenBLAS keeps %d threads where 1 is asked for: set "
                   "OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1",
                   threads);
}

void ew_lapack_end(void)
{
    pthread_mutex_lock(&blas.lock);
    if (--blas.users == 0)
        blas.set_threads(blas.before);
    pthread_mutex_unlock(&blas.lock);
}

int ew_lapack_complete(void)
{
    return blas.potrf && blas.geqrf && blas.orgqr && blas.syevd;
}

/* Fortran stores by columns: it sees the transposes of our matrices, whose lower triangles are
 * upper ones to it. */

void ew_blas_gemm(char ta, char tb, size_t m, size_t n, size_t k, double alpha, const double *a,
                  size_t lda, const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
    int rows = (int) m, columns = (int) n, inner = (int) k;
    int da = (int) lda, db = (int) ldb, dc = (int) ldc;
    blas.gemm(&tb, &ta, &columns, &rows, &inner, &alpha, b, &db, a, &da, &beta, c, &dc, 1, 1);
}

void ew_blas_gemv(char ta, size_t m, size_t n, double alpha, const double *a, size_t lda,
                  const double *x, double beta, double *y)
{
    int rows = (int) m, columns = (int) n, da = (int) lda, one = 1;
    blas.gemv(ta == 'N' ? "T" : "N", &columns, &rows, &alpha, a, &da, x, &one, &beta, y, &one,
              1);
}

void ew_blas_syrk(size_t n, size_t k, double alpha, const double *a, size_t lda, double beta,
                  double *c, size_t ldc)
{
    int order = (int) n, inner = (int) k, da = (int) lda, dc = (int) ldc;
    blas.syrk("U", "T", &order, &inner, &alpha, a, &da, &beta, c, &dc, 1, 1);
}

void ew_blas_trsm(char tl, size_t n, size_t m, const double *l, size_t ldl, double *b,
                  size_t ldb)
{
    int order = (int) n, columns = (int) m, dl = (int) ldl, db = (int) ldb;
    double one = 1;
    blas.trsm("R", "U", &tl, "N", &columns, &order, &one, l, &dl, b, &db, 1, 1, 1, 1);
}

int ew_lapack_potrf(double *a, size_t lda, size_t n)
{
    int order = (int) n, da = (int) lda, info;
    blas.potrf("U", &order, a, &da, &info, 1);
    return info;
}

void ew_lapack_geqrf(double *a, size_t count, size_t length, double *tau, double *work,
                     size_t size)
{
    int rows = (int) length, columns = (int) count, room = (int) size, info;
    blas.geqrf(&rows, &columns, a, &rows, tau, work, &room, &info);
}

void ew_lapack_orgqr(double *a, size_t count, size_t length, const double *tau, double *work,
                     size_t size)
{
    int rows = (int) length, columns = (int) count, room = (int) size, info;
    blas.orgqr(&rows, &columns, &columns, a, &rows, tau, work, &room, &info);
}

/* Divide and conquer.  With room -1 it only says how much it wants. */
ew_status ew_lapack_syev(double *w, double *a, size_t n, ew_context *ctx)
{
    int order = (int) n, info, room = -1, integers = -1, want_integers;
    double want;
    blas.syevd("V", "U", &order, a, &order, w, &want, &room, &want_integers, &integers, &info,
               1, 1);
    if (want > INT_MAX)
        return ew_fail(ctx, EW_UNABLE, "eigenvectors: a matrix of order %zu is too large", n);
    room = (int) want;
    integers = want_integers;
    double *work = ew_alloc((size_t) room * sizeof *work, ctx);
    int *more = ew_alloc((size_t) integers * sizeof *more, ctx);
    ew_status status = work && more ? EW_OK : EW_MEMORY;
    if (status == EW_OK) {
        blas.syevd("V", "U", &order, a, &order, w, work, &room, more, &integers, &info, 1, 1);
        if (info != 0)
            status = ew_fail(ctx, EW_UNABLE, "eigenvectors: LAPACK does not converge");
    }
    free(work);
    free(more);
    return status;
}
