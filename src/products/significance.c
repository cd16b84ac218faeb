#include "products/significance.h"

#include <math.h>

#include "arith/flint.h"

#define BITS 128

/* I_x(df/2, 1/2) at x = df/(df + t^2). */
double ew_student_two_sided(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(t))
        return 0;
    arb_t x, a, b;
    arb_init(x);
    arb_init(a);
    arb_init(b);
    arb_set_d(a, df);
    arb_set_d(x, t);
    arb_mul(x, x, x, BITS);
    arb_add(x, x, a, BITS);
    arb_div(x, a, x, BITS);
    arb_mul_2exp_si(a, a, -1);
    arb_set_d(b, 0.5);
    arb_hypgeom_beta_lower(x, a, b, x, 1, BITS);
    double p = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    arb_clear(a);
    arb_clear(b);
    return fmin(1, fmax(0, p));
}

static double above(double t, double df)
{
    double tail = ew_student_two_sided(t, df) / 2;
    return t < 0 ? 1 - tail : tail;
}

/* The probability grows with the distance of the mean from 0: it is largest at the ends. */
double ew_interval_tails(double difference, double allowance, double se, double df)
{
    double d = fabs(difference);
    if (allowance == 0)
        return ew_student_two_sided(d / se, df);
    return fmin(1, above((d - allowance) / se, df) + above((d + allowance) / se, df));
}

/* The regularised upper incomplete gamma function at (df/2, x/2). */
double ew_chi2_above(double x, double df)
{
    if (isnan(x) || !(df > 0))
        return NAN;
    if (x <= 0)
        return 1;
    if (isinf(x))
        return 0;
    arb_t a, z;
    arb_init(a);
    arb_init(z);
    arb_set_d(a, df / 2);
    arb_set_d(z, x / 2);
    arb_hypgeom_gamma_upper(z, a, z, 1, BITS);
    double p = arf_get_d(arb_midref(z), ARF_RND_NEAR);
    arb_clear(a);
    arb_clear(z);
    return fmin(1, fmax(0, p));
}
