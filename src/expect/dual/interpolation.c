#include "expect/dual/interpolation.h"

#include <math.h>

#define BITS EW_INTERPOLATION_BITS

/* Coefficients of T_j at one point's row: that of point k in the coefficient of w^m. */
static void add_chebyshev(ew_interpolation *c, slong j, slong k)
{
    arb_t t;
    fmpz_poly_t T;
    arb_init(t);
    fmpz_poly_init(T);
    fmpz_poly_chebyshev_t(T, (ulong) j);
    arb_chebyshev_t_ui(t, (ulong) j, c->point + k, BITS);
    arb_mul_ui(t, t, j ? 2 : 1, BITS);
    arb_div_si(t, t, c->points, BITS);
    for (slong m = 0; m <= j; m++)
        arb_addmul_fmpz(c->map + m * c->points + k, t, fmpz_poly_get_coeff_ptr(T, m), BITS);
    fmpz_poly_clear(T);
    arb_clear(t);
}

void ew_interpolation_init(ew_interpolation *c, slong points)
{
    fmpq_t angle;
    fmpq_init(angle);
    c->points = points;
    c->point = _arb_vec_init(points);
    c->map = _arb_vec_init(points * points);
    for (slong k = 0; k < points; k++) {
        fmpq_set_si(angle, 2 * k + 1, (ulong) (2 * points));
        arb_cos_pi_fmpq(c->point + k, angle, BITS);
        for (slong j = 0; j < points; j++)
            add_chebyshev(c, j, k);
    }
    fmpq_clear(angle);
}

void ew_interpolation_clear(ew_interpolation *c)
{
    _arb_vec_clear(c->point, c->points);
    _arb_vec_clear(c->map, c->points * c->points);
}

void ew_interpolation_radii(mag_t error, arb_ptr y, slong stride, slong n)
{
    mag_t most;
    mag_init(most);
    for (slong k = 0; k < n; k++) {
        mag_max(most, most, arb_radref(y + k * stride));
        mag_zero(arb_radref(y + k * stride));
    }
    mag_mul_2exp_si(most, most, 2);
    mag_add(error, error, most);
    mag_clear(most);
}

void ew_round_to(double *c, mag_t error, const arb_t x)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    *c = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_set_d(t, *c);
    arb_sub(t, x, t, BITS);
    arb_get_mag(m, t);
    mag_add(error, error, m);
    mag_clear(m);
    arb_clear(t);
}

/* With A_k the sum of |c_j|, j >= k, a product of a partial sum that is off by E and of w is
 * off by E + u (A + E), and so on; u = 2^-53. */
void ew_horner_error(mag_t error, mag_t tail, const double *c, slong stride, slong degree)
{
    mag_t sum, e, t;
    mag_init(sum);
    mag_init(e);
    mag_init(t);
    mag_set_d(sum, fabs(c[degree * stride]));
    for (slong k = degree - 1; k >= 0; k--) {
        if (k == 0 && tail)
            mag_set(tail, sum);
        mag_add(t, sum, e);
        mag_mul_2exp_si(t, t, -53);
        mag_add(e, e, t); /* the product */
        mag_set_d(t, fabs(c[k * stride]));
        mag_add(sum, sum, t);
        mag_add(t, sum, e);
        mag_mul_2exp_si(t, t, -53);
        mag_add(e, e, t);
    }
    mag_set_ui_2exp_si(t, 1, -1000); /* underflow of products */
    mag_add(e, e, t);
    mag_add(error, error, e);
    mag_clear(t);
    mag_clear(e);
    mag_clear(sum);
}
