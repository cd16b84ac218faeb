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
    c->size = _mag_vec_init(n);
    c->error = _mag_vec_init(n);
}

void ew_rounded_clear(ew_rounded *c)
{
    _mag_vec_clear(c->size, c->n);
    _mag_vec_clear(c->error, c->n);
}

void ew_horner_error(mag_t error, const ew_rounded *c, const mag_t W, const mag_t slack,
                     const mag_t value)
{
    mag_t y, e, t, product;
    mag_init(y);
    mag_init(e);
    mag_init(t);
    mag_init(product);
    mag_set_ui_2exp_si(product, 1, UNIT);
    mag_mul(t, product, slack);
    mag_add(product, product, t);
    mag_add(product, product, slack);
    for (slong k = c->n - 1; k >= 0; k--) {
        mag_mul(y, y, W);
        mag_mul(e, e, W);
        mag_add(t, y, e);
        mag_addmul(e, t, product);
        mag_add(e, e, c->error + k);
        mag_add(y, y, c->size + k);
        if (k == 0)
            mag_min(y, y, value);
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
}

double ew_mag_up(const mag_t x)
{
    return nextafter(mag_get_d(x), INFINITY);
}

void ew_range(mag_t least, mag_t most, const arb_t x, const mag_t error)
{
    arb_t y;
    arb_init(y);
    arb_set(y, x);
    arb_add_error_mag(y, error);
    arb_get_mag_lower(least, y);
    arb_get_mag(most, y);
    arb_clear(y);
}
