/* The source of smooth activations: Mehler's power series. */
#include "expect/dual/source.h"

#include "expect/evaluator.h"

#define FIRST_TERMS 32
#define REST_BITS 66 /* the rest may be this far below the whole */

ew_status ew_dual_square(arb_t y, ew_evaluator *E, slong i, const arb_t K, slong prec,
                         ew_context *ctx)
{
    ew_atom1 atom = {{0, {0}}, 0};
    atom.f.e[i] = 2;
    E->regular = 1;
    ew_status status = ew_expect_one(y, NULL, E, &atom, 1, K, prec, ctx);
    E->regular = 0;
    return status;
}

/* rest = sum over k > N of k a_k^2 from above, = K <s'^2> less what was taken. */
static void rest_of(mag_t rest, arb_srcptr a, slong N, const arb_t whole, slong prec)
{
    arb_t x, t;
    arf_t top;
    arb_init(x);
    arb_init(t);
    arf_init(top);
    arb_set(x, whole);
    for (slong k = 1; k <= N; k++) {
        arb_mul(t, a + k, a + k, prec);
        arb_submul_ui(x, t, (ulong) k, prec);
    }
    arb_get_ubound_arf(top, x, 64);
    if (arf_sgn(top) > 0)
        arf_get_mag(rest, top);
    else
        mag_zero(rest);
    arf_clear(top);
    arb_clear(t);
    arb_clear(x);
}

/* a[0..N], N doubled until the rest is small enough.  NULL on failure. */
static arb_ptr hermite(slong *N, slong first, slong most, mag_t rest, ew_evaluator *E,
                       const arb_t K, const arb_t whole, slong prec, ew_context *ctx)
{
    ew_monomial s = {0, {1}};
    mag_t target;
    mag_init(target);
    arb_get_mag(target, whole);
    mag_mul_2exp_si(target, target, -REST_BITS);
    arb_ptr a = NULL;
    for (*N = first ? first : FIRST_TERMS;; *N *= 2) {
        if (*N > most) {
            ew_fail(ctx, EW_UNABLE, "dual: more than %ld Hermite coefficients at this variance",
                    (long) most);
            break;
        }
        a = _arb_vec_init(*N + 1);
        ew_status status = ew_expect_hermite(a, NULL, E, &s, *N, K, prec, ctx);
        if (status == EW_OK)
            rest_of(rest, a, *N, whole, prec);
        if (status == EW_OK && mag_cmp(rest, target) <= 0)
            break;
        _arb_vec_clear(a, *N + 1);
        a = NULL;
        if (status != EW_OK)
            break;
    }
    mag_clear(target);
    return a;
}

/* Coefficient j of the slope is the sum of square[k] over k > j, on side 1 with the sign of
 * -(-1)^k; that of c' is (j + 1) square[j+1], with the sign of (-1)^j. */
static void set_coefficients(ew_dual_source *x, arb_srcptr square, slong prec)
{
    arb_t t, plus, minus;
    arb_init(t);
    arb_init(plus);
    arb_init(minus);
    for (slong j = x->n - 1; j >= 0; j--) {
        arb_set_round(t, square + j + 1, prec);
        arb_add(plus, plus, t, prec);
        if (j % 2)
            arb_sub(minus, minus, t, prec);
        else
            arb_add(minus, minus, t, prec);
        arb_set(x->coef[EW_DUAL_SLOPE] + j, plus);
        arb_set(x->coef[EW_DUAL_SLOPE + 1] + j, minus);
        arb_mul_ui(t, t, (ulong) (j + 1), prec);
        arb_set(x->coef[EW_DUAL_DERIVATIVE] + j, t);
        if (j % 2)
            arb_neg(t, t);
        arb_set(x->coef[EW_DUAL_DERIVATIVE + 1] + j, t);
    }
    arb_clear(minus);
    arb_clear(plus);
    arb_clear(t);
}

void ew_dual_power_set(ew_dual_source *x, arb_srcptr square, slong prec)
{
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++)
        x->coef[f] = _arb_vec_init(x->n);
    x->power = _arb_vec_init(x->n);
    set_coefficients(x, square, prec);
    arb_zero(x->opposite);
    for (slong k = 0; k <= x->n; k++)
        if (k % 2)
            arb_sub(x->opposite, x->opposite, square + k, prec);
        else
            arb_add(x->opposite, x->opposite, square + k, prec);
    arb_add_error_mag(x->opposite, x->rest);
}

void ew_dual_power_value(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec)
{
    arb_t rho;
    arb_init(rho);
    arb_sub_ui(rho, t, 1, prec);
    arb_neg(rho, rho);
    _arb_vec_set_powers(x->power, rho, x->n, prec);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        arb_dot(y + f, NULL, 0, x->coef[f], 1, x->power, 1, x->n, prec);
        arb_add_error_mag(y + f, x->rest);
        if (f >= EW_DUAL_DERIVATIVE)
            arb_div(y + f, y + f, x->K, prec);
    }
    arb_clear(rho);
}

static ew_status value(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec, ew_context *ctx)
{
    (void) ctx;
    ew_dual_power_value(y, x, t, prec);
    return EW_OK;
}

static ew_status end(mag_ptr y, ew_dual_source *x, const arb_t t, ew_context *ctx)
{
    (void) ctx;
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++) {
        arb_get_mag(y + f, t);
        mag_mul(y + f, y + f, x->slope[f]);
    }
    return EW_OK;
}

/* sum_j j |coef_j| = sum_k k (k - 1) a_k^2 = K^2 <s''^2> for c', half of it for the slope. */
static ew_status set_slopes(ew_dual_source *x, ew_context *ctx)
{
    arb_t y;
    arb_init(y);
    ew_status status = ew_dual_square(y, x->E, 2, x->K, 64, ctx);
    arb_mul(y, y, x->K, 64);
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++)
        arb_get_mag(x->slope[f], y); /* of c'/K */
    arb_mul(y, y, x->K, 64);
    arb_mul_2exp_si(y, y, -1);
    for (slong side = 0; side < 2; side++)
        arb_get_mag(x->slope[EW_DUAL_SLOPE + side], y);
    arb_clear(y);
    return status;
}

/* rest += what the functions change by while K runs over its ball: everything is computed at
 * its middle, since balls of Hermite coefficients would widen with their index.  By the heat
 * equation 2K da_k/dK = k a_k + sqrt((k+1)(k+2)) a_(k+2), so that the sum of 2 (k+1) |a_k
 * da_k/dK| is at most 2 sqrt(A B)/K with A = sum (k+1) a_k^2 = <s^2> + K <s'^2> and B = sum
 * (k+1) k^2 a_k^2 <= 6 K^3 <(s^(3))^2> + 12 <s^2>. */
static ew_status add_drift(ew_dual_source *x, ew_context *ctx)
{
    if (arb_is_exact(x->K))
        return EW_OK;
    const slong prec = 64;
    arb_ptr y = _arb_vec_init(4);
    mag_t drift;
    mag_init(drift);
    ew_status status = ew_dual_square(y, x->E, 0, x->K, prec, ctx);
    if (status == EW_OK)
        status = ew_dual_square(y + 1, x->E, 1, x->K, prec, ctx);
    if (status == EW_OK)
        status = ew_dual_square(y + 2, x->E, 3, x->K, prec, ctx);
    arb_mul(y + 1, y + 1, x->K, prec);
    arb_add(y + 1, y + 1, y, prec);
    arb_pow_ui(y + 3, x->K, 3, prec);
    arb_mul(y + 2, y + 2, y + 3, prec);
    arb_mul_ui(y + 2, y + 2, 6, prec);
    arb_addmul_ui(y + 2, y, 12, prec);
    arb_mul(y, y + 1, y + 2, prec);
    arb_sqrt(y, y, prec);
    arb_div(y, y, x->K, prec);
    arb_get_mag(drift, y);
    mag_mul_2exp_si(drift, drift, 1);
    mag_mul(drift, drift, arb_radref(x->K));
    mag_add(x->rest, x->rest, drift);
    mag_clear(drift);
    _arb_vec_clear(y, 4);
    return status;
}

ew_status ew_dual_series(ew_dual_source *x, slong prec, ew_context *ctx)
{
    arb_t whole, middle;
    arb_init(whole);
    arb_init(middle);
    arb_get_mid_arb(middle, x->K);
    ew_status status = ew_dual_square(whole, x->E, 1, middle, prec, ctx);
    arb_mul(whole, whole, middle, prec);
    arb_ptr a = NULL;
    if (status == EW_OK && !(a = hermite(&x->n, x->first, x->most ? x->most : EW_MAX_HERMITE,
                                         x->rest, x->E, middle, whole, prec, ctx)))
        status = ew_recorded(ctx);
    if (status == EW_OK)
        status = add_drift(x, ctx);
    if (status == EW_OK) {
        for (slong k = 0; k <= x->n; k++)
            arb_mul(a + k, a + k, a + k, prec);
        ew_dual_power_set(x, a, prec);
        status = set_slopes(x, ctx);
    }
    if (a)
        _arb_vec_clear(a, x->n + 1);
    arb_clear(middle);
    arb_clear(whole);
    x->value = value;
    x->end = end;
    return status;
}
