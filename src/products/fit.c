#include "products/fit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Orthonormalise the columns (rows x terms, row-major) by Gram-Schmidt, twice over for
 * orthogonality to rounding; r is the upper triangle of A = Q R.  0 when the columns are
 * dependent. */
static int orthonormalise(double *q, double r[EW_FIT_TERMS][EW_FIT_TERMS], long rows, int terms)
{
    for (int k = 0; k < terms; k++) {
        double before = 0, after = 0;
        for (long i = 0; i < rows; i++)
            before += q[i * terms + k] * q[i * terms + k];
        for (int j = 0; j < k; j++)
            r[j][k] = 0;
        for (int twice = 0; twice < 2; twice++)
            for (int j = 0; j < k; j++) {
                double d = 0;
                for (long i = 0; i < rows; i++)
                    d += q[i * terms + j] * q[i * terms + k];
                for (long i = 0; i < rows; i++)
                    q[i * terms + k] -= d * q[i * terms + j];
                r[j][k] += d;
            }
        for (long i = 0; i < rows; i++)
            after += q[i * terms + k] * q[i * terms + k];
        if (!(after > 1e8 * DBL_EPSILON * DBL_EPSILON * before))
            return 0;
        r[k][k] = sqrt(after);
        for (long i = 0; i < rows; i++)
            q[i * terms + k] /= r[k][k];
    }
    return 1;
}

/* Row k of R^-1 Q^T: what coefficient k takes from each weighted point. */
static double influence(const double *q, double r[EW_FIT_TERMS][EW_FIT_TERMS], int terms,
                        long i, int k)
{
    double x[EW_FIT_TERMS];
    for (int a = terms - 1; a >= k; a--) {
        x[a] = q[i * terms + a];
        for (int b = a + 1; b < terms; b++)
            x[a] -= r[a][b] * x[b];
        x[a] /= r[a][a];
    }
    return x[k];
}

static double unit_of(const ew_point *p)
{
    return p->unit > 0 ? p->unit : p->se;
}

/* Columns are powers of x / size.x, and errors are in units of size.unit, so that neither the
 * smallest nor the largest numbers leave the range of doubles. */
static void solve(ew_fit *out, const ew_point *p, long n, int terms, const double *q,
                  double r[EW_FIT_TERMS][EW_FIT_TERMS], ew_point size)
{
    for (int k = 0; k < terms; k++) {
        double c = 0, variance = 0, fourth = 0, next = 0, power = pow(size.x, k);
        for (long i = 0; i < n; i++) {
            double w = influence(q, r, terms, i, k) / (unit_of(p + i) / size.unit);
            double v = w * (p[i].se / size.se) * w * (p[i].se / size.se);
            c += w * p[i].y;
            variance += v;
            fourth += v * v / p[i].df;
            next += fabs(w) * pow(p[i].x / size.x, terms);
        }
        out->c[k] = c / power;
        out->se[k] = sqrt(variance) * size.se / power;
        out->df[k] = variance * variance / fourth;
        out->next[k] = next * pow(size.x, terms - k);
    }
    out->chi2 = 0;
    for (long i = 0; i < n; i++) {
        double fitted = 0;
        for (int k = terms - 1; k >= 0; k--)
            fitted = fitted * p[i].x + out->c[k];
        out->chi2 += (p[i].y - fitted) / p[i].se * ((p[i].y - fitted) / p[i].se);
    }
}

ew_status ew_fit_series(ew_fit *out, const ew_point *point, long n, int terms, ew_context *ctx)
{
    double r[EW_FIT_TERMS][EW_FIT_TERMS] = {{0}};
    ew_point size = {0};
    *out = (ew_fit){.chi2 = 0};
    if (terms < 1 || terms > EW_FIT_TERMS || n < terms)
        return ew_fail(ctx, EW_UNABLE, "fit: %d coefficients from %ld points", terms, n);
    for (long i = 0; i < n; i++) {
        size.x = fmax(size.x, point[i].x);
        size.se = fmax(size.se, point[i].se);
        size.unit = fmax(size.unit, unit_of(point + i));
    }
    double *q = ew_alloc((size_t) (n * terms) * sizeof *q, ctx);
    if (!q)
        return EW_MEMORY;
    for (long i = 0; i < n; i++)
        for (int k = 0; k < terms; k++)
            q[i * terms + k] = pow(point[i].x / size.x, k) / (unit_of(point + i) / size.unit);
    int determined = orthonormalise(q, r, n, terms);
    if (determined)
        solve(out, point, n, terms, q, r, size);
    free(q);
    return determined ? EW_OK
                      : ew_fail(ctx, EW_UNABLE, "fit: the points do not determine the series");
}
