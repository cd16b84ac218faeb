#include "activation/expr.h"

#include "activation/fold.h"
#include "activation/primitive.h"

/* Beyond this exponent a reduction modulo pi or log 2 would need more memory than any sensible
 * constant; such a value counts as undefined. */
#define HUGE_EXPONENT 100000

static int huge(const arb_t x)
{
    return arf_cmpabs_2exp_si(arb_midref(x), HUGE_EXPONENT) > 0 ||
           mag_cmp_2exp_si(arb_radref(x), HUGE_EXPONENT) > 0;
}

static void power(arb_t y, const arb_t a, const arb_t b, const ew_expr *exponent, slong prec)
{
    if (exponent->op == EW_NUM && ew_fold_bits(exponent->num) < 40) {
        arb_pow_fmpq(y, a, exponent->num, prec);
        return;
    }
    arb_log(y, a, prec);
    arb_mul(y, y, b, prec);
    if (huge(y))
        arb_indeterminate(y);
    else
        arb_exp(y, y, prec);
}

static void step(arb_t y, const arb_t x)
{
    arb_sgn(y, x);
    arb_add_ui(y, y, 1, 64);
    arb_mul_2exp_si(y, y, -1);
}

static void function(arb_t y, ew_op op, const arb_t x, slong prec)
{
    switch (op) {
    case EW_EXP:
        arb_exp(y, x, prec);
        break;
    case EW_LOG:
        arb_log(y, x, prec);
        break;
    case EW_LOG1P:
        arb_log1p(y, x, prec);
        break;
    case EW_EXPM1:
        arb_expm1(y, x, prec);
        break;
    case EW_SQRT:
        arb_sqrt(y, x, prec);
        break;
    case EW_SIN:
        arb_sin(y, x, prec);
        break;
    case EW_COS:
        arb_cos(y, x, prec);
        break;
    case EW_TAN:
        arb_tan(y, x, prec);
        break;
    case EW_ASIN:
        arb_asin(y, x, prec);
        break;
    case EW_ACOS:
        arb_acos(y, x, prec);
        break;
    case EW_ATAN:
        arb_atan(y, x, prec);
        break;
    case EW_ASINH:
        arb_asinh(y, x, prec);
        break;
    case EW_SINH:
        arb_sinh(y, x, prec);
        break;
    case EW_COSH:
        arb_cosh(y, x, prec);
        break;
    case EW_TANH:
        arb_tanh(y, x, prec);
        break;
    case EW_SIGMOID:
        ew_arb_sigmoid(y, x, prec);
        break;
    case EW_SOFTPLUS:
        ew_arb_softplus(y, x, prec);
        break;
    case EW_ERF:
        arb_hypgeom_erf(y, x, prec);
        break;
    case EW_ERFC:
        arb_hypgeom_erfc(y, x, prec);
        break;
    case EW_ABS:
        arb_abs(y, x);
        break;
    case EW_SIGN:
        arb_sgn(y, x);
        break;
    case EW_STEP:
        step(y, x);
        break;
    default:
        arb_indeterminate(y);
    }
}

static void sum_or_product(arb_t x, const ew_expr *e, slong prec)
{
    arb_t t;
    arb_init(t);
    ew_expr_constant(x, e->arg[0], prec);
    for (slong i = 1; i < e->n; i++) {
        ew_expr_constant(t, e->arg[i], prec);
        if (e->op == EW_ADD)
            arb_add(x, x, t, prec);
        else
            arb_mul(x, x, t, prec);
    }
    arb_clear(t);
}

/* Undefined once, undefined for good: exp(log(0)) and 1/(1/0) are not 0. */
static void binary(arb_t x, const ew_expr *e, const arb_t u, slong prec)
{
    arb_t v;
    arb_init(v);
    ew_expr_constant(v, e->arg[1], prec);
    if (!arb_is_finite(v))
        arb_indeterminate(x);
    else if (e->op == EW_DIV)
        arb_div(x, u, v, prec);
    else if (e->op == EW_POW)
        power(x, u, v, e->arg[1], prec);
    else if (e->op == EW_MAX)
        arb_max(x, u, v, prec);
    else
        arb_min(x, u, v, prec);
    arb_clear(v);
}

static void composite(arb_t x, const ew_expr *e, slong prec)
{
    arb_t u;
    arb_init(u);
    ew_expr_constant(u, e->arg[0], prec);
    if (!arb_is_finite(u))
        arb_indeterminate(x);
    else if (e->n == 2)
        binary(x, e, u, prec);
    else if (huge(u))
        arb_indeterminate(x);
    else
        function(x, e->op, u, prec);
    arb_clear(u);
}

void ew_expr_constant(arb_t x, const ew_expr *e, slong prec)
{
    if (e->has_z)
        arb_indeterminate(x);
    else if (e->op == EW_NUM)
        arb_set_fmpq(x, e->num, prec);
    else if (e->op == EW_PI)
        arb_const_pi(x, prec);
    else if (e->op == EW_ADD || e->op == EW_MUL)
        sum_or_product(x, e, prec);
    else
        composite(x, e, prec);
}

/* The constructors fold up to EW_MAX_FOLD_BITS only; here four operations go up to this. */
#define RATIONAL_BITS 400000

static int rational_arguments(fmpq_t x, const ew_expr *e)
{
    fmpq_t y;
    fmpq_init(y);
    int known = ew_expr_rational(x, e->arg[0]);
    for (slong i = 1; known && i < e->n; i++) {
        known =
            ew_expr_rational(y, e->arg[i]) && ew_fold_bits(x) + ew_fold_bits(y) < RATIONAL_BITS;
        if (!known)
            break;
        if (e->op == EW_ADD)
            fmpq_add(x, x, y);
        else if (e->op == EW_MUL)
            fmpq_mul(x, x, y);
        else if (e->op == EW_DIV && !fmpq_is_zero(y))
            fmpq_div(x, x, y);
        else if (e->op == EW_POW && fmpz_is_one(fmpq_denref(y)))
            known = ew_fold_power(x, x, fmpq_numref(y), RATIONAL_BITS);
        else
            known = 0;
    }
    fmpq_clear(y);
    return known;
}

int ew_expr_rational(fmpq_t x, const ew_expr *e)
{
    if (e->has_z)
        return 0;
    switch (e->op) {
    case EW_NUM:
        fmpq_set(x, e->num);
        return 1;
    case EW_ADD:
    case EW_MUL:
    case EW_DIV:
    case EW_POW:
        return rational_arguments(x, e);
    case EW_SQRT:
        return ew_expr_rational(x, e->arg[0]) && fmpq_sgn(x) >= 0 && ew_fold_sqrt(x, x);
    default:
        return 0;
    }
}

int ew_expr_small_integer(slong *n, const ew_expr *e)
{
    if (e->op != EW_NUM || !fmpz_is_one(fmpq_denref(e->num)) ||
        !fmpz_fits_si(fmpq_numref(e->num)))
        return 0;
    *n = fmpz_get_si(fmpq_numref(e->num));
    return 1;
}

int ew_expr_sign(const ew_expr *e)
{
    int sign = 2;
    fmpq_t q;
    arb_t x;
    fmpq_init(q);
    arb_init(x);
    if (ew_expr_rational(q, e))
        sign = fmpq_sgn(q);
    for (slong prec = 64; sign == 2 && !e->has_z && prec <= 16384; prec *= 4) {
        ew_expr_constant(x, e, FLINT_MIN(prec, 10000));
        if (arb_is_positive(x))
            sign = 1;
        else if (arb_is_negative(x))
            sign = -1;
        else if (arb_is_zero(x))
            sign = 0;
    }
    fmpq_clear(q);
    arb_clear(x);
    return sign;
}
