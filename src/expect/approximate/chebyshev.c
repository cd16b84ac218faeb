#include "expect/approximate/chebyshev.h"

void ew_chebyshev_init(ew_chebyshev *c, slong n)
{
    const slong prec = EW_TABLE_BITS;
    fmpq_t angle;
    fmpq_init(angle);
    c->n = n;
    c->point = _arb_vec_init(n);
    c->map = _arb_vec_init(n * n);
    for (slong k = 0; k < n; k++)
        for (slong j = 0; j < n; j++) {
            arb_ptr x = c->map + j * n + k;
            fmpq_set_si(angle, j * (2 * k + 1), (ulong) (2 * n));
            arb_cos_pi_fmpq(x, angle, prec);
            if (j == 1)
                arb_set(c->point + k, x);
            arb_mul_ui(x, x, j ? 2 : 1, prec);
            arb_div_si(x, x, n, prec);
        }
    fmpq_clear(angle);
}

void ew_chebyshev_clear(ew_chebyshev *c)
{
    _arb_vec_clear(c->point, c->n);
    _arb_vec_clear(c->map, c->n * c->n);
}

void ew_chebyshev_fit(arb_ptr coef, slong coef_stride, arb_srcptr y, slong y_stride,
                      const ew_chebyshev *c)
{
    for (slong j = 0; j < c->n; j++)
        arb_dot(coef + j * coef_stride, NULL, 0, c->map + j * c->n, 1, y, y_stride, c->n,
                EW_TABLE_BITS);
}

void ew_chebyshev_error(mag_t error, const mag_t M, const arb_t a, slong n)
{
    arb_t r, x;
    mag_t m;
    arb_init(r);
    arb_init(x);
    mag_init(m);
    arb_mul(r, a, a, 64);
    arb_sub_ui(r, r, 1, 64);
    arb_sqrt(r, r, 64);
    arb_add(r, r, a, 64);
    arb_sub_ui(x, r, 1, 64);
    arb_pow_ui(r, r, (ulong) (n - 1), 64);
    arb_mul(r, r, x, 64);
    arb_inv(r, r, 64);
    arb_mul_2exp_si(r, r, 2);
    arb_get_mag(m, r);
    mag_mul(error, m, M);
    mag_clear(m);
    arb_clear(x);
    arb_clear(r);
}

/* sum coef[j] T_j(line), the line a polynomial of degree 1, by the recurrence of T_j. */
static void expand(arb_ptr monomial, arb_srcptr coef, slong stride, slong len,
                   const arb_poly_t line)
{
    const slong prec = EW_TABLE_BITS;
    arb_poly_t before, now, t, sum;
    arb_poly_init(before);
    arb_poly_init(now);
    arb_poly_init(t);
    arb_poly_init(sum);
    arb_poly_one(now);
    for (slong j = 0; j < len; j++) {
        arb_poly_scalar_mul(t, now, coef + j * stride, prec);
        arb_poly_add(sum, sum, t, prec);
        arb_poly_mul(t, line, now, prec);
        if (j > 0) {
            arb_poly_scalar_mul_2exp_si(t, t, 1);
            arb_poly_sub(t, t, before, prec);
        }
        arb_poly_swap(before, now);
        arb_poly_swap(now, t);
    }
    for (slong k = 0; k < len; k++)
        arb_poly_get_coeff_arb(monomial + k, sum, k);
    arb_poly_clear(sum);
    arb_poly_clear(t);
    arb_poly_clear(now);
    arb_poly_clear(before);
}

void ew_chebyshev_expand(arb_ptr monomial, arb_srcptr coef, slong stride, slong len,
                         const arb_t W)
{
    arb_t x;
    arb_poly_t line;
    arb_init(x);
    arb_poly_init(line);
    arb_inv(x, W, EW_TABLE_BITS);
    arb_poly_set_coeff_arb(line, 1, x);
    expand(monomial, coef, stride, len, line);
    arb_poly_clear(line);
    arb_clear(x);
}

void ew_chebyshev_expand_from_zero(arb_ptr monomial, arb_srcptr coef, slong stride, slong len,
                                   const arb_t W)
{
    arb_t x;
    arb_poly_t line;
    arb_init(x);
    arb_poly_init(line);
    arb_inv(x, W, EW_TABLE_BITS);
    arb_mul_2exp_si(x, x, 1);
    arb_poly_set_coeff_arb(line, 1, x);
    arb_poly_set_coeff_si(line, 0, -1);
    expand(monomial, coef, stride, len, line);
    arb_poly_clear(line);
    arb_clear(x);
}
