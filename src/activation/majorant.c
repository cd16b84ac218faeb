#include "activation/strip.h"

#include <math.h>

#define PREC 64

void ew_majorant_init(ew_majorant *m)
{
    mag_init(m->c);
    m->p = 0;
    m->q = 0;
}

void ew_majorant_clear(ew_majorant *m)
{
    mag_clear(m->c);
}

void ew_majorant_set(ew_majorant *m, const ew_majorant *a)
{
    mag_set(m->c, a->c);
    m->p = a->p;
    m->q = a->q;
}

/* An upper bound of a + b, exact when the sum is. */
static double add_up(double a, double b)
{
    double s = a + b, t = s - a;
    double error = (a - (s - t)) + (b - t);
    return error > 0 ? nextafter(s, INFINITY) : s;
}

void ew_majorant_mul(ew_majorant *m, const ew_majorant *a, const ew_majorant *b)
{
    mag_mul(m->c, a->c, b->c);
    m->p = a->p + b->p;
    m->q = add_up(a->q, b->q);
}

/* |f^(i)(z)| <= i! eta^-i max |f| over the circle of radius eta about z, where
 * (1 + |x| + eta)^p <= (1 + eta)^p (1 + |x|)^p and e^{q(|x| + eta)} = e^{q eta} e^{q|x|}. */
void ew_majorant_cauchy(ew_majorant *m, const ew_majorant *a, slong i, double eta)
{
    arb_t r, t;
    mag_t u;
    arb_init(r);
    arb_init(t);
    mag_init(u);
    arb_set_d(r, eta);
    ew_majorant_set(m, a);

    arb_add_ui(t, r, 1, PREC);
    arb_pow_ui(t, t, a->p, PREC);
    arb_get_mag(u, t);
    mag_mul(m->c, m->c, u);

    arb_set_d(t, a->q);
    arb_mul(t, t, r, PREC);
    arb_exp(t, t, PREC);
    arb_get_mag(u, t);
    mag_mul(m->c, m->c, u);

    arb_inv(t, r, PREC);
    arb_pow_ui(t, t, (ulong) i, PREC);
    arb_get_mag(u, t);
    mag_mul(m->c, m->c, u);
    arb_fac_ui(t, (ulong) i, PREC);
    arb_get_mag(u, t);
    mag_mul(m->c, m->c, u);
    arb_clear(r);
    arb_clear(t);
    mag_clear(u);
}
