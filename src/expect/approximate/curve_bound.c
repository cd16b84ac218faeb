#include "expect/approximate/curve.h"

#define SIZE_BITS 40

ew_status ew_absolute_mean(mag_t M, ew_evaluator *E, const ew_monomial *f, const arb_t K,
                           ew_context *ctx)
{
    ew_atom1 atom = {*f, 0};
    arb_t y;
    mag_t size;
    arb_init(y);
    mag_init(size);
    ew_status status = ew_expect_one(y, size, E, &atom, 1, K, SIZE_BITS, ctx);
    arb_get_mag(M, y);
    mag_max(M, M, size);
    mag_clear(size);
    arb_clear(y);
    return status;
}

/* sum_i |h_i| <|f| z^(2i)>_V (q/m)^i, h_i the coefficients of He_2j. */
static ew_status hermite_size(arb_t sum, ew_evaluator *E, const ew_atom1 *atom, const arb_t V,
                              const arb_t ratio, ew_context *ctx)
{
    fmpz_poly_t H;
    arb_t t, power;
    mag_t M;
    ew_monomial f = atom->f;
    ew_status status = EW_OK;
    fmpz_poly_init(H);
    arb_init(t);
    arb_init(power);
    mag_init(M);
    fmpz_poly_hermite_he(H, 2 * (ulong) atom->j);
    arb_zero(sum);
    arb_one(power);
    for (slong i = 0; i <= atom->j && status == EW_OK; i++) {
        f.z = (unsigned short) (atom->f.z + 2 * i);
        status = ew_absolute_mean(M, E, &f, V, ctx);
        arf_set_mag(arb_midref(t), M);
        mag_zero(arb_radref(t));
        arb_mul(t, t, power, 64);
        arb_mul_fmpz(t, t, fmpz_poly_get_coeff_ptr(H, 2 * i), 64);
        arb_abs(t, t);
        arb_add(sum, sum, t, 64);
        arb_mul(power, power, ratio, 64);
    }
    mag_clear(M);
    arb_clear(power);
    arb_clear(t);
    fmpz_poly_clear(H);
    return status;
}

ew_status ew_curve_bound(mag_t M, ew_evaluator *E, const ew_atom1 *atom, double m, double R,
                         ew_context *ctx)
{
    arb_t q, V, ratio, t;
    arb_init(q);
    arb_init(V);
    arb_init(ratio);
    arb_init(t);
    arb_set_d(t, R);
    arb_add_ui(q, t, 1, 64);
    arb_sub_ui(t, t, 1, 64);
    arb_neg(t, t);
    arb_div(q, q, t, 64);
    arb_set_d(t, m);
    arb_mul(V, q, t, 64);
    arb_div(ratio, q, t, 64);
    /* sqrt(V) <|f|>_V grows with V: a little more of V, and its end is exact. */
    arb_get_ubound_arf(arb_midref(V), V, 32);
    mag_zero(arb_radref(V));
    ew_status status = hermite_size(t, E, atom, V, ratio, ctx);
    arb_mul_2exp_si(ratio, ratio, -1);
    arb_pow_ui(ratio, ratio, (ulong) atom->j, 64);
    arb_mul(t, t, ratio, 64);
    arb_mul(t, t, q, 64);
    arb_mul_2exp_si(t, t, 1); /* for that little more */
    arb_get_mag(M, t);
    arb_clear(t);
    arb_clear(ratio);
    arb_clear(V);
    arb_clear(q);
    return status;
}
