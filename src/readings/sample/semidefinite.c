#include "readings/sample/semidefinite.h"

#include <float.h>
#include <math.h>

/* The pivot left after elimination carries rounding errors of about m units in the last place
 * of the diagonal entry; below that it is taken as zero, and so is its column, which positive
 * semi-definiteness bounds by the root of the pivot. */
void ew_semidefinite_cholesky(double *l, const double *g, slong m)
{
    for (slong j = 0, p = 0; j < m; j++) {
        double whole = g[p], d = whole;
        for (slong k = 0; k < j; k++)
            d -= l[j * m + k] * l[j * m + k];
        int zero = d <= 4 * (double) m * DBL_EPSILON * whole;
        d = sqrt(d);
        l[j * m + j] = zero ? 0 : d;
        for (slong i = j + 1; i < m; i++) {
            double c = g[p + (i - j)];
            for (slong k = 0; k < j; k++)
                c -= l[i * m + k] * l[j * m + k];
            l[i * m + j] = zero ? 0 : c / d;
            l[j * m + i] = 0;
        }
        p += m - j;
    }
}
