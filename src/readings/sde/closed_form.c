#include "readings/sde/closed_form.h"

#include <math.h>
#include <stdlib.h>

#define BITS 128

/* (e^(a t) - 1)/a. */
static double growth(double a, double t)
{
    return a == 0 ? t : expm1(a * t) / a;
}

/* At four values of V_aa, among others' different ones. */
int ew_variance_form_of(ew_variance_form *f, const ew_sde *sde, slong field)
{
    enum { POINTS = 4 };
    slong n = sde->n,
          entry = sde->state == EW_SDE_COVARIANCE ? ew_sde_pair(sde, field, field) : -1;
    static const double v[POINTS] = {1, 2, 0.25, 5};
    if (entry < 0 || sde->uses_time || !sde->wishart)
        return 0;
    double *x = calloc((size_t) (2 * n * POINTS), sizeof *x);
    if (!x)
        return 0;
    double *b = x + n * POINTS;
    for (slong a = 0; a < sde->fields; a++)
        for (slong c = a; c < sde->fields; c++)
            for (slong k = 0; k < POINTS; k++)
                x[ew_sde_pair(sde, a, c) * POINTS + k] =
                    a == c ? (a == field ? v[k] : 1 + 0.5 * (double) (k + a)) : 0.1;
    ew_sde_drift(b, sde, 0, x, POINTS);
    const double *y = b + entry * POINTS;
    f->c = y[1] / v[1] - y[0] / v[0];
    f->g = y[0] - f->c;
    int fits = 1;
    for (int k = 0; k < POINTS; k++) {
        double want = f->g * v[k] + f->c * v[k] * v[k];
        fits &= fabs(y[k] - want) <= 1e-12 * (fabs(f->g) + fabs(f->c)) * v[k] * v[k];
    }
    /* beta (V - 1): the two parts are the same number. */
    if (fabs(f->g + f->c) < 1e-13 * fabs(f->c))
        f->g = -f->c;
    free(x);
    return fits;
}

double ew_geometric_moment(const ew_variance_form *f, double v0, double p, double t)
{
    return pow(v0, p) * exp(p * (f->g + p - 1) * t);
}

double ew_geometric_distribution(const ew_variance_form *f, double v0, double v, double t)
{
    if (v <= 0)
        return 0;
    return 0.5 * erfc(-(log(v / v0) - (f->g - 1) * t) / sqrt(4 * t));
}

double ew_inverse_mean(const ew_variance_form *f, double v0, double t)
{
    double a = 2 - f->g;
    return exp(a * t) / v0 - f->c * growth(a, t);
}

/* P(Gamma(shape, rate) <= x), the regularised lower incomplete gamma function. */
double ew_gamma_distribution(double x, double shape, double rate)
{
    if (!(x > 0))
        return 0;
    arb_t a, y;
    arb_init(a);
    arb_init(y);
    arb_set_d(a, shape);
    arb_set_d(y, rate * x);
    arb_hypgeom_gamma_lower(y, a, y, 1, BITS);
    double p = arf_get_d(arb_midref(y), ARF_RND_NEAR);
    arb_clear(a);
    arb_clear(y);
    return p;
}

/* Infinity is a regular end of the scale where c > 0; 0 is out of reach or attracting. */
double ew_explosion_probability(const ew_variance_form *f, double v0)
{
    if (!(f->c > 0))
        return 0;
    if (f->g >= 1)
        return 1;
    return ew_gamma_distribution(v0, 1 - f->g, f->c);
}

int ew_stationary_law(double *shape, double *rate, const ew_variance_form *f)
{
    *shape = f->g - 1;
    *rate = -f->c;
    return *shape > 0 && *rate > 0;
}
