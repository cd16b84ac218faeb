#include "readings/sample/householder.h"

#include <math.h>

#include "readings/sample/rows.h"

/* y -= tau (v.y) v */
static void reflect(double *y, const double *v, double tau, size_t n)
{
    ew_row_add(y, -tau * ew_row_dot(v, y, n), v, n);
}

/* From x to v with v[0] = 1, where I - tau v v^T takes x to R_jj e_0; the sign of R_jj,
 * opposite to that of x[0], avoids cancellation. */
static double reflector(double *tau, double *x, size_t n)
{
    double norm = sqrt(ew_row_dot(x, x, n)), r = x[0] < 0 ? norm : -norm;
    if (norm == 0) {
        *tau = 0;
        return 1;
    }
    double scale = 1 / (x[0] - r);
    *tau = (r - x[0]) / r;
    x[0] = 1;
    for (size_t i = 1; i < n; i++)
        x[i] *= scale;
    return r < 0 ? -1 : 1;
}

void ew_householder_orthonormal(double *a, size_t count, size_t length, double *work)
{
    double *tau = work, *sign = work + count;
    for (size_t j = 0; j < count; j++) {
        double *v = a + j * length + j;
        sign[j] = reflector(&tau[j], v, length - j);
        for (size_t k = j + 1; k < count; k++)
            reflect(a + k * length + j, v, tau[j], length - j);
    }
    /* H_0 ... H_(count-1) applied to the unit vectors, the last reflection first; what is above
     * the diagonal belonged to R. */
    for (size_t j = count; j-- > 0;) {
        double *v = a + j * length + j;
        for (size_t k = j + 1; k < count; k++)
            reflect(a + k * length + j, v, tau[j], length - j);
        for (size_t i = 0; i < j; i++)
            a[j * length + i] = 0;
        for (size_t i = length - j; i-- > 0;)
            v[i] = (i == 0) - tau[j] * v[i];
    }
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < length; i++)
            a[j * length + i] *= sign[j];
}
