#include "activation/jet.h"

#include "activation/primitive.h"
#include "activation/series.h"

typedef struct {
    acb_srcptr z;
    slong len;
    int analytic;
    slong prec;
} setting;

/* Beyond this exponent argument reduction would need absurd precision; such values are given
 * up. */
#define HUGE_EXPONENT 100000

static void eval(acb_ptr out, const ew_expr *f, const setting *s);

static int usable(const acb_t u)
{
    mag_t m;
    mag_init(m);
    acb_get_mag(m, u);
    int small = mag_cmp_2exp_si(m, HUGE_EXPONENT) <= 0;
    mag_clear(m);
    return small;
}

static void give_up(acb_ptr out, const setting *s)
{
    _acb_vec_indeterminate(out, s->len);
}

static void eval_constant(acb_ptr out, const ew_expr *f, const setting *s)
{
    _acb_vec_zero(out, s->len);
    ew_expr_constant(acb_realref(out), f, s->prec);
}

static void eval_z(acb_ptr out, const setting *s)
{
    _acb_vec_zero(out, s->len);
    acb_set(out, s->z);
    if (s->len > 1)
        acb_one(out + 1);
}

static void eval_sum(acb_ptr out, const ew_expr *f, const setting *s)
{
    acb_ptr t = _acb_vec_init(s->len);
    eval(out, f->arg[0], s);
    for (slong i = 1; i < f->n; i++) {
        eval(t, f->arg[i], s);
        _acb_vec_add(out, out, t, s->len, s->prec);
    }
    _acb_vec_clear(t, s->len);
}

static void multiply(acb_ptr out, acb_srcptr a, acb_srcptr b, const setting *s)
{
    slong na = ew_series_length(a, s->len), nb = ew_series_length(b, s->len);
    if (na == 0 || nb == 0)
        _acb_vec_zero(out, s->len);
    else if (na == 1)
        _acb_vec_scalar_mul(out, b, s->len, a, s->prec);
    else if (nb == 1)
        _acb_vec_scalar_mul(out, a, s->len, b, s->prec);
    else if (na >= nb)
        _acb_poly_mullow(out, a, na, b, nb, s->len, s->prec);
    else
        _acb_poly_mullow(out, b, nb, a, na, s->len, s->prec);
}

static void eval_product(acb_ptr out, const ew_expr *f, const setting *s)
{
    acb_ptr a = _acb_vec_init(s->len), b = _acb_vec_init(s->len);
    eval(out, f->arg[0], s);
    for (slong i = 1; i < f->n && acb_is_finite(out); i++) {
        eval(b, f->arg[i], s);
        _acb_vec_swap(a, out, s->len);
        if (acb_is_finite(b))
            multiply(out, a, b, s);
        else
            give_up(out, s);
    }
    _acb_vec_clear(a, s->len);
    _acb_vec_clear(b, s->len);
}

static void eval_quotient(acb_ptr out, const ew_expr *f, const setting *s)
{
    acb_ptr a = _acb_vec_init(s->len), b = _acb_vec_init(s->len);
    eval(a, f->arg[0], s);
    eval(b, f->arg[1], s);
    if (acb_is_finite(a) && acb_is_finite(b))
        ew_series_divide(out, a, b, s->len, s->prec);
    else
        give_up(out, s);
    _acb_vec_clear(a, s->len);
    _acb_vec_clear(b, s->len);
}

/* ---- powers -------------------------------------------------------------------------------
 */

/* z^n: binomial(n, k) z^(n-k) */
static void power_of_z(acb_ptr out, ulong n, const setting *s)
{
    acb_t c;
    fmpz_t binomial;
    acb_init(c);
    fmpz_init(binomial);
    _acb_vec_zero(out, s->len);
    for (slong k = 0; k < s->len && (ulong) k <= n; k++) {
        acb_pow_ui(out + k, s->z, n - (ulong) k, s->prec);
        fmpz_bin_uiui(binomial, n, (ulong) k);
        acb_mul_fmpz(out + k, out + k, binomial, s->prec);
    }
    acb_clear(c);
    fmpz_clear(binomial);
}

static void natural_power(acb_ptr out, const ew_expr *base, acb_srcptr g, ulong n,
                          const setting *s)
{
    slong terms = ew_series_length(g, s->len);
    if (base->op == EW_Z) {
        power_of_z(out, n, s);
    } else if (terms == 0) {
        _acb_vec_zero(out, s->len);
        if (n == 0)
            acb_one(out);
    } else {
        _acb_poly_pow_ui_trunc_binexp(out, g, terms, n, s->len, s->prec);
    }
}

/* A negative power is a power of the inverse: its box misses zero whenever that of g does. */
static void integer_power(acb_ptr out, const ew_expr *base, acb_srcptr g, slong n,
                          const setting *s)
{
    if (n >= 0) {
        natural_power(out, base, g, (ulong) n, s);
        return;
    }
    acb_ptr one = _acb_vec_init(s->len), inverse = _acb_vec_init(s->len);
    acb_one(one);
    ew_series_divide(inverse, one, g, s->len, s->prec);
    if (acb_is_finite(inverse))
        _acb_poly_pow_ui_trunc_binexp(out, inverse, s->len, (ulong) -n, s->len, s->prec);
    else
        give_up(out, s);
    _acb_vec_clear(one, s->len);
    _acb_vec_clear(inverse, s->len);
}

/* Twice the exponent when that is an odd integer. */
static int half_integer(slong *twice, const ew_expr *exponent)
{
    if (exponent->op != EW_NUM || fmpz_cmp_ui(fmpq_denref(exponent->num), 2) != 0 ||
        !fmpz_fits_si(fmpq_numref(exponent->num)))
        return 0;
    *twice = fmpz_get_si(fmpq_numref(exponent->num));
    return 1;
}

/* g^exponent for a base off the cut (-inf, 0] */
static void real_power(acb_ptr out, acb_srcptr g, const ew_expr *exponent, const setting *s)
{
    slong twice;
    arb_t e;
    arb_init(e);
    ew_expr_constant(e, exponent, s->prec);
    if (half_integer(&twice, exponent)) {
        acb_t root;
        acb_init(root);
        ew_acb_sqrt(root, g, s->analytic, s->prec);
        acb_pow_si(out, root, twice, s->prec);
        acb_clear(root);
    } else {
        ew_acb_pow(out, g, e, s->analytic, s->prec);
    }
    ew_series_power(out, g, e, s->len, s->prec);
    arb_clear(e);
}

static void eval_power(acb_ptr out, const ew_expr *f, const setting *s)
{
    slong n;
    acb_ptr g = _acb_vec_init(s->len);
    eval(g, f->arg[0], s);
    if (!acb_is_finite(g) || !usable(g))
        give_up(out, s);
    else if (ew_expr_small_integer(&n, f->arg[1]))
        integer_power(out, f->arg[0], g, n, s);
    else
        real_power(out, g, f->arg[1], s);
    _acb_vec_clear(g, s->len);
}

/* ---- functions ----------------------------------------------------------------------------
 */

static void function_exp(acb_ptr h, acb_srcptr g, const setting *s, int minus_one)
{
    ew_acb_exp(h, g, s->prec);
    ew_series_exp(h, g, s->len, s->prec);
    if (minus_one)
        acb_expm1(h, g, s->prec);
}

static void function_log(acb_ptr h, acb_srcptr g, const setting *s)
{
    ew_acb_log(h, g, s->analytic, s->prec);
    ew_series_log(h, g, s->len, s->prec);
}

static void function_log1p(acb_ptr h, acb_srcptr g, const setting *s)
{
    acb_ptr v = _acb_vec_init(s->len);
    _acb_vec_set(v, g, s->len);
    acb_add_ui(v, v, 1, s->prec);
    ew_acb_log1p(h, g, s->analytic, s->prec);
    ew_series_log(h, v, s->len, s->prec);
    _acb_vec_clear(v, s->len);
}

static void function_sqrt(acb_ptr h, acb_srcptr g, const setting *s)
{
    arb_t half;
    arb_init(half);
    arb_set_d(half, 0.5);
    ew_acb_sqrt(h, g, s->analytic, s->prec);
    ew_series_power(h, g, half, s->len, s->prec);
    arb_clear(half);
}

static void function_pair(acb_ptr h, acb_srcptr g, const setting *s, ew_op op)
{
    acb_ptr w = _acb_vec_init(s->len);
    int circular = op == EW_SIN || op == EW_COS, second = op == EW_COS || op == EW_COSH;
    acb_ptr a = second ? w : h, b = second ? h : w;
    if (circular)
        acb_sin_cos(a, b, g, s->prec);
    else
        acb_sinh_cosh(a, b, g, s->prec);
    ew_series_pair(a, b, circular ? -1 : 1, g, s->len, s->prec);
    _acb_vec_clear(w, s->len);
}

static void function_riccati(acb_ptr h, acb_ptr w, acb_srcptr g, const setting *s, ew_op op)
{
    if (op == EW_TANH)
        ew_acb_tanh(h, w, g, s->prec);
    else if (op == EW_TAN)
        ew_acb_tan(h, w, g, s->prec);
    else
        ew_acb_sigmoid(h, w, g, s->prec);
    ew_series_riccati(h, w, op == EW_SIGMOID, op == EW_TAN ? 2 : -2, g, s->len, s->prec);
}

static void function_rational(acb_ptr h, acb_srcptr g, const setting *s, ew_op op)
{
    acb_ptr w = _acb_vec_init(s->len);
    function_riccati(h, w, g, s, op);
    _acb_vec_clear(w, s->len);
}

static void function_softplus(acb_ptr h, acb_srcptr g, const setting *s)
{
    acb_ptr w = _acb_vec_init(s->len), dw = _acb_vec_init(s->len);
    ew_acb_softplus(h, g, s->analytic, s->prec);
    if (s->len > 1) {
        function_riccati(w, dw, g, s, EW_SIGMOID);
        ew_series_integrate(h, w, g, s->len, s->prec);
    }
    _acb_vec_clear(w, s->len);
    _acb_vec_clear(dw, s->len);
}

/* atan' = (1 + g^2)^-1, asinh' = (1 + g^2)^(-1/2) */
static void function_inverse(acb_ptr h, acb_srcptr g, const setting *s, ew_op op)
{
    acb_ptr w = _acb_vec_init(s->len), d = _acb_vec_init(s->len);
    if (op == EW_ATAN)
        ew_acb_atan(h, g, s->analytic, s->prec);
    else
        ew_acb_asinh(h, g, s->analytic, s->prec);
    if (s->len > 1) {
        arb_t e;
        arb_init(e);
        arb_set_d(e, op == EW_ATAN ? -1 : -0.5);
        multiply(d, g, g, s);
        acb_add_ui(d, d, 1, s->prec);
        if (op == EW_ATAN)
            acb_inv(w, d, s->prec);
        else
            acb_rsqrt_analytic(w, d, s->analytic, s->prec);
        ew_series_power(w, d, e, s->len, s->prec);
        ew_series_integrate(h, w, g, s->len, s->prec);
        arb_clear(e);
    }
    _acb_vec_clear(w, s->len);
    _acb_vec_clear(d, s->len);
}

/* erf' = 2/sqrt(pi) exp(-g^2) = -erfc' */
static void function_erf(acb_ptr h, acb_srcptr g, const setting *s, ew_op op)
{
    acb_ptr w = _acb_vec_init(s->len), d = _acb_vec_init(s->len);
    if (op == EW_ERF)
        ew_acb_erf(h, g, s->prec);
    else
        ew_acb_erfc(h, g, s->prec);
    if (s->len > 1) {
        arb_t c;
        arb_init(c);
        multiply(d, g, g, s);
        _acb_vec_neg(d, d, s->len);
        ew_acb_exp(w, d, s->prec);
        arb_const_sqrt_pi(c, s->prec);
        arb_ui_div(c, 2, c, s->prec);
        acb_mul_arb(w, w, c, s->prec);
        if (op == EW_ERFC)
            acb_neg(w, w);
        ew_series_exp(w, d, s->len, s->prec);
        ew_series_integrate(h, w, g, s->len, s->prec);
        arb_clear(c);
    }
    _acb_vec_clear(w, s->len);
    _acb_vec_clear(d, s->len);
}

static void apply(acb_ptr h, ew_op op, acb_srcptr g, const setting *s)
{
    switch (op) {
    case EW_EXP:
    case EW_EXPM1:
        function_exp(h, g, s, op == EW_EXPM1);
        break;
    case EW_LOG:
        function_log(h, g, s);
        break;
    case EW_LOG1P:
        function_log1p(h, g, s);
        break;
    case EW_SQRT:
        function_sqrt(h, g, s);
        break;
    case EW_SIN:
    case EW_COS:
    case EW_SINH:
    case EW_COSH:
        function_pair(h, g, s, op);
        break;
    case EW_TAN:
    case EW_TANH:
    case EW_SIGMOID:
        function_rational(h, g, s, op);
        break;
    case EW_SOFTPLUS:
        function_softplus(h, g, s);
        break;
    case EW_ATAN:
    case EW_ASINH:
        function_inverse(h, g, s, op);
        break;
    case EW_ERF:
    case EW_ERFC:
        function_erf(h, g, s, op);
        break;
    default:
        give_up(h, s);
    }
}

static void eval_function(acb_ptr out, const ew_expr *f, const setting *s)
{
    acb_ptr g = _acb_vec_init(s->len);
    eval(g, f->arg[0], s);
    if (acb_is_finite(g) && usable(g))
        apply(out, f->op, g, s);
    else
        give_up(out, s);
    if (!acb_is_finite(out))
        give_up(out, s);
    _acb_vec_clear(g, s->len);
}

static void eval(acb_ptr out, const ew_expr *f, const setting *s)
{
    if (!f->has_z) {
        eval_constant(out, f, s);
        return;
    }
    switch (f->op) {
    case EW_Z:
        eval_z(out, s);
        break;
    case EW_ADD:
        eval_sum(out, f, s);
        break;
    case EW_MUL:
        eval_product(out, f, s);
        break;
    case EW_DIV:
        eval_quotient(out, f, s);
        break;
    case EW_POW:
        eval_power(out, f, s);
        break;
    case EW_VAR:
    case EW_IF:
    case EW_MAX:
    case EW_MIN:
        give_up(out, s);
        break;
    default:
        eval_function(out, f, s);
    }
}

void ew_jet(acb_ptr out, const ew_expr *f, const acb_t z, slong len, int analytic, slong prec)
{
    setting s = {z, len, analytic, prec};
    if (len > 0)
        eval(out, f, &s);
}
