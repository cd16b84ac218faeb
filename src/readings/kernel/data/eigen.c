#include "readings/kernel/data/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/lapack.h"

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-20)
#define TRIES 60

/* k u/(1 - k u) */
static double gamma_of(size_t k)
{
    double x = (double) k * UNIT;
    return x / (1 - x) * SLACK;
}

/* Is A - c decomposed?  Then *below bounds the eigenvalues from below. */
static int decomposed(double *below, double *work, const double *a, size_t n, double c)
{
    double trace = 0, most = 0;
    memcpy(work, a, n * n * sizeof *work);
    for (size_t i = 0; i < n; i++) {
        double d = a[i * (n + 1)] - c;
        work[i * (n + 1)] = d;
        trace += fabs(d);
        most = fmax(most, fabs(d));
    }
    if (ew_lapack_potrf(work, n, n) != 0)
        return 0;
    double g = gamma_of(n + 2);
    double off = (g / (1 - g) * trace * (1 + gamma_of(n)) + UNIT * most) * SLACK;
    *below = c - off - fabs(c) * 2 * UNIT;
    return 1;
}

/* Let c fall from just below the computed eigenvalue until A - c is decomposed. */
static ew_status from_below(double *below, double *work, const double *a, size_t n,
                            double value, ew_context *ctx)
{
    double trace = 0;
    for (size_t i = 0; i < n; i++)
        trace += fabs(a[i * (n + 1)]);
    double step = gamma_of(n + 2) * trace;
    for (int i = 0; i < TRIES; i++, step *= 2) {
        ew_status status = ew_poll(ctx);
        if (status != EW_OK)
            return status;
        if (decomposed(below, work, a, n, value - step))
            return EW_OK;
    }
    return ew_fail(ctx, EW_UNABLE, "the smallest eigenvalue has no lower bound");
}

/* v.Av/v.v and a bound of its error. */
static double quotient(double *error, const double *a, const double *v, size_t n)
{
    double above = 0, size = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0, of_sizes = 0;
        for (size_t j = 0; j < n; j++) {
            sum += a[i * n + j] * v[j];
            of_sizes += fabs(a[i * n + j] * v[j]);
        }
        above += v[i] * sum;
        size += fabs(v[i]) * of_sizes;
        norm += v[i] * v[i];
    }
    *error = 4 * gamma_of(n + 4) * size / norm * SLACK;
    return above / norm;
}

static ew_status enclose(double *value, double *error, double *work, double *w, const double *a,
                         size_t n, ew_context *ctx)
{
    double below = 0, off;
    memcpy(work, a, n * n * sizeof *work);
    ew_progress(ctx, 0, "eigenvalues");
    ew_status status = ew_lapack_syev(w, work, n, ctx);
    if (status != EW_OK)
        return status;
    *value = w[0];
    double above = quotient(&off, a, work, n) + off;
    status = from_below(&below, work, a, n, w[0], ctx);
    if (status == EW_OK)
        *error = fmax(fmax(above - *value, *value - below), 0) * SLACK;
    return status;
}

ew_status ew_data_smallest(double *value, double *error, const double *a, size_t n,
                           ew_context *ctx)
{
    if (n > EW_EIGEN_MOST)
        return ew_fail(ctx, EW_UNABLE, "the smallest eigenvalue: more than %d rows",
                       EW_EIGEN_MOST);
    ew_status status = ew_lapack_begin(ctx);
    if (status != EW_OK)
        return status;
    double *work = NULL, *w = NULL;
    if (!ew_lapack_complete())
        status =
            ew_fail(ctx, EW_UNABLE, "the smallest eigenvalue: this OpenBLAS has no LAPACK");
    if (status == EW_OK)
        work = ew_alloc(n * n * sizeof *work, ctx);
    if (work)
        w = ew_alloc(n * sizeof *w, ctx);
    if (status == EW_OK && !w)
        status = EW_MEMORY;
    if (status == EW_OK)
        status = enclose(value, error, work, w, a, n, ctx);
    free(w);
    free(work);
    ew_lapack_end();
    return status;
}
