#include "expect/local.h"

#include "expect/evaluator.h"

#include "activation/jet.h"

#define KINK_BITS 1024

/* First order at which the pieces left and right of a kink are not proved equal. */
static slong matching_orders(const ew_activation *s, slong kink)
{
    acb_ptr left = _acb_vec_init(EW_JETS);
    acb_ptr right = _acb_vec_init(EW_JETS);
    acb_t z;
    slong i;
    acb_init(z);
    ew_expr_constant(acb_realref(z), s->kink[kink], KINK_BITS);
    ew_jet(left, s->piece[kink].f, z, EW_JETS, 0, KINK_BITS);
    ew_jet(right, s->piece[kink + 1].f, z, EW_JETS, 0, KINK_BITS);
    for (i = s->continuous ? 1 : 0; i < EW_JETS - 1; i++)
        if (!arb_is_exact(acb_realref(left + i)) ||
            !arb_equal(acb_realref(left + i), acb_realref(right + i)))
            break;
    _acb_vec_clear(left, EW_JETS);
    _acb_vec_clear(right, EW_JETS);
    acb_clear(z);
    return i;
}

slong ew_function_order(const ew_activation *s)
{
    slong order = EW_JETS - 1;
    for (slong k = 0; k < s->kinks; k++) {
        slong i = matching_orders(s, k);
        if (i < order)
            order = i;
    }
    return order;
}

/* The pieces just left and right of 0; 0 when a kink's sign is undecided. */
static int pieces_at_zero(slong *left, slong *right, const ew_activation *s)
{
    *left = 0;
    *right = 0;
    for (slong k = 0; k < s->kinks; k++) {
        int sign = ew_expr_sign(s->kink[k]);
        if (sign == 2)
            return 0;
        *left += sign < 0;
        *right += sign <= 0;
    }
    return 1;
}

/* Taylor coefficients of F at 0 from those of f. */
static void monomial_series(arb_poly_t F, const ew_monomial *m, acb_srcptr jet, slong len,
                            slong prec)
{
    arb_poly_t s, t;
    arb_poly_init(s);
    arb_poly_init(t);
    for (slong i = 0; i < len + EW_JETS; i++)
        arb_poly_set_coeff_arb(s, i, acb_realref(jet + i));
    arb_poly_one(F);
    for (slong i = 0; i < EW_JETS; i++) {
        if (m->e[i]) {
            arb_poly_pow_ui_trunc_binexp(t, s, m->e[i], len, prec);
            arb_poly_mullow(F, F, t, len, prec);
        }
        arb_poly_derivative(s, s, prec);
    }
    arb_poly_shift_left(F, F, m->z);
    arb_poly_truncate(F, len);
    arb_poly_clear(s);
    arb_poly_clear(t);
}

/* From one-sided series: even coefficients average; with two pieces meeting at 0 an odd one
 * below 2j must agree on both sides, or K^(n/2) differentiated j times blows up. */
static ew_status zero_value(arb_t value, mag_ptr scale, const arb_poly_t left,
                            const arb_poly_t right, int split, slong j, slong prec,
                            ew_context *ctx)
{
    arb_t a, b;
    ew_status st = EW_OK;
    arb_init(a);
    arb_init(b);
    for (slong n = 1; split && n < 2 * j && !st; n += 2) {
        arb_poly_get_coeff_arb(a, left, n);
        arb_poly_get_coeff_arb(b, right, n);
        if (!arb_overlaps(a, b))
            st = ew_fail(ctx, EW_DOMAIN, "no limit at variance 0: a kink at z = 0");
        else if (!arb_is_exact(a) || !arb_equal(a, b))
            st =
                ew_fail(ctx, EW_UNABLE, "variance 0: the two sides of z = 0 are not separated");
    }
    if (st)
        goto done;
    arb_poly_get_coeff_arb(a, left, 2 * j);
    arb_poly_get_coeff_arb(b, right, 2 * j);
    arb_add(value, a, b, prec);
    arb_abs(a, a);
    arb_abs(b, b);
    arb_add(a, a, b, prec);
    arb_fac_ui(b, (ulong) (2 * j), prec);
    arb_mul(value, value, b, prec);
    arb_mul(a, a, b, prec);
    arb_mul_2exp_si(value, value, -j - 1);
    arb_mul_2exp_si(a, a, -j - 1);
    if (!arb_is_finite(value))
        st = ew_fail(ctx, EW_UNABLE, "no Taylor expansion at z = 0");
    if (scale)
        arb_get_mag(scale, a);
done:
    arb_clear(a);
    arb_clear(b);
    return st;
}

ew_status ew_zero_atoms(arb_ptr values, mag_ptr scales, const ew_activation *s,
                        const ew_atom1 *atoms, slong n, slong prec, ew_context *ctx)
{
    slong left, right, len = 1;
    if (!pieces_at_zero(&left, &right, s))
        return ew_fail(ctx, EW_UNABLE, "a kink is not separated from z = 0");
    for (slong i = 0; i < n; i++)
        len = 2 * atoms[i].j + 1 > len ? 2 * atoms[i].j + 1 : len;
    slong wp = prec + 32 + 2 * len;
    acb_ptr lower = _acb_vec_init(len + EW_JETS);
    acb_ptr upper = left == right ? lower : _acb_vec_init(len + EW_JETS);
    acb_t z;
    arb_poly_t L, R;
    acb_init(z);
    arb_poly_init(L);
    arb_poly_init(R);
    ew_jet(lower, s->piece[left].f, z, len + EW_JETS, 0, wp);
    if (left != right)
        ew_jet(upper, s->piece[right].f, z, len + EW_JETS, 0, wp);
    ew_status st = EW_OK;
    for (slong i = 0; i < n && !st; i++) {
        monomial_series(L, &atoms[i].f, lower, len, wp);
        if (left == right)
            arb_poly_set(R, L);
        else
            monomial_series(R, &atoms[i].f, upper, len, wp);
        if (ew_monomial_parity(&atoms[i].f, s->parity) < 0) {
            arb_zero(values + i);
            if (scales)
                mag_zero(scales + i);
        } else {
            st = zero_value(values + i, scales ? scales + i : NULL, L, R, left != right,
                            atoms[i].j, wp, ctx);
        }
    }
    if (left != right)
        _acb_vec_clear(upper, len + EW_JETS);
    _acb_vec_clear(lower, len + EW_JETS);
    acb_clear(z);
    arb_poly_clear(L);
    arb_poly_clear(R);
    return st;
}
