#include "expect/approximate/rounded.h"

#include <math.h>

#define UNIT -53
#define UNDERFLOW -1000 /* more than all products that may underflow can lose */

double ew_round_coefficient(mag_t error, const arb_t x, slong lsb)
{
    arf_t t;
    fmpz_t k;
    arb_t rest;
    arf_init(t);
    fmpz_init(k);
    arb_init(rest);
    arf_mul_2exp_si(t, arb_midref(x), -lsb);
    double y = 0;
    /* Beyond 2^60 multiples the 53 bits of a double decide. */
    if (arf_cmpabs_2exp_si(t, 60) < 0) {
        arf_get_fmpz(k, t, ARF_RND_NEAR);
        arf_set_fmpz(t, k);
    }
    arf_mul_2exp_si(t, t, lsb);
    y = arf_get_d(t, ARF_RND_NEAR);
    arb_set_d(rest, y);
    arb_sub(rest, x, rest, 64);
    arb_get_mag(error, rest);
    arb_clear(rest);
    fmpz_clear(k);
    arf_clear(t);
    return y;
}

void ew_rounded_init(ew_rounded *c, slong n)
{
    c->n = n;
    c->coef = _arb_vec_init(n);
    c->error = _mag_vec_init(n);
}

void ew_rounded_clear(ew_rounded *c)
{
    _arb_vec_clear(c->coef, c->n);
    _mag_vec_clear(c->error, c->n);
}

void ew_horner(arb_t value, mag_t error, const ew_rounded *c, const arb_t w, const mag_t slack)
{
    mag_t W, y, e, t, product;
    mag_init(W);
    mag_init(y);
    mag_init(e);
    mag_init(t);
    mag_init(product);
    arb_get_mag(W, w);
    mag_set_ui_2exp_si(product, 1, UNIT);
    mag_mul(t, product, slack);
    mag_add(product, product, t);
    mag_add(product, product, slack);
    arb_zero(value);
    for (slong k = c->n - 1; k >= 0; k--) {
        arb_get_mag(y, value);
        mag_add(t, y, e);
        mag_mul(t, t, product);
        mag_add(e, e, t);
        mag_mul(e, e, W);
        mag_add(e, e, c->error + k);
        arb_mul(value, value, w, 64);
        arb_add(value, value, c->coef + k, 64);
        arb_get_mag(y, value);
        mag_add(t, y, e);
        mag_mul_2exp_si(t, t, UNIT);
        mag_add(e, e, t);
    }
    mag_set_ui_2exp_si(t, 1, UNDERFLOW);
    mag_add(error, e, t);
    mag_clear(product);
    mag_clear(t);
    mag_clear(e);
    mag_clear(y);
    mag_clear(W);
}

void ew_quotient_slack(mag_t slack)
{
    mag_t t;
    mag_init(t);
    mag_set_ui_2exp_si(slack, 1, UNIT + 1);
    mag_set_ui_2exp_si(t, 1, UNIT - 20);
    mag_add(slack, slack, t);
    mag_clear(t);
}

double ew_bound_up(double x)
{
    int e;
    double f = frexp(x, &e);
    return isfinite(x) ? ldexp(ceil(f * 256), e - 8) : x;
}

double ew_mag_up(const mag_t x)
{
    return nextafter(mag_get_d(x), INFINITY);
}
