#include "readings/sde/fokker_planck.h"

#include <math.h>

/* Where x is among the nodes: *i with x[i] <= x < x[i + 1], and the part of the interval. */
static double place(size_t *i, const ew_scalar_law *law, double x)
{
    double h = law->x[1] - law->x[0], u = (x - law->x[0]) / h;
    double top = (double) (law->n - 2);
    *i = (size_t) fmin(fmax(floor(u), 0), top);
    return u - (double) *i;
}

/* Cubic Hermite interpolation of values a, b and slopes (per interval) p, q. */
static double hermite(double t, double a, double b, double p, double q)
{
    double d = b - a;
    return a + t * (p + t * (3 * d - 2 * p - q + t * (p + q - 2 * d)));
}

double ew_scalar_law_distribution(const ew_scalar_law *law, double x)
{
    if (x <= law->x[0])
        return 0;
    if (x >= law->x[law->n - 1])
        return 1 - law->exploded;
    size_t i;
    double t = place(&i, law, x), h = law->x[1] - law->x[0];
    double y = hermite(t, law->distribution[i], law->distribution[i + 1], h * law->density[i],
                       h * law->density[i + 1]);
    return fmin(fmax(y, law->distribution[i]), law->distribution[i + 1]);
}

double ew_scalar_law_density(const ew_scalar_law *law, double x)
{
    if (x < law->x[0] || x > law->x[law->n - 1])
        return 0;
    size_t i;
    double t = place(&i, law, x);
    const double *f = law->density;
    double before = i > 0 ? f[i - 1] : 0, after = i + 2 < law->n ? f[i + 2] : 0;
    return fmax(0, hermite(t, f[i], f[i + 1], 0.5 * (f[i + 1] - before), 0.5 * (after - f[i])));
}

double ew_scalar_law_quantile(const ew_scalar_law *law, double p)
{
    if (p > 1 - law->exploded)
        return INFINITY;
    double low = law->x[0], high = law->x[law->n - 1];
    for (int k = 0; k < 80; k++) {
        double middle = 0.5 * (low + high);
        if (ew_scalar_law_distribution(law, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* The trapezoidal rule: the density is smooth and vanishes at both ends. */
double ew_scalar_law_mean(const ew_scalar_law *law, double (*f)(double x, const void *data),
                          const void *data)
{
    double sum = 0, h = law->x[1] - law->x[0];
    for (size_t i = 0; i < law->n; i++)
        if (law->density[i] > 0)
            sum += h * law->density[i] * f(law->x[i], data);
    return sum;
}
