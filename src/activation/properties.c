#include "activation/properties.h"

#include "activation/algebra.h"
#include "activation/polynomial.h"

/* ---- parity
 * ---------------------------------------------------------------------------------- */

/* Which of f(-z) = f(z), f(-z) = -f(z) the operators alone show (values at kinks do not
 * matter). */
enum { EVEN = 1, ODD = 2 };

static int of_function(ew_op op, int u)
{
    switch (op) {
    case EW_COS:
    case EW_COSH:
    case EW_ABS:
        return u ? EVEN : 0;
    case EW_SIN:
    case EW_TAN:
    case EW_ATAN:
    case EW_ASINH:
    case EW_SINH:
    case EW_TANH:
    case EW_ERF:
    case EW_SIGN:
        return u;
    default:
        return u & EVEN;
    }
}

static int of_product(int a, int b)
{
    int even = ((a & EVEN) && (b & EVEN)) || ((a & ODD) && (b & ODD));
    int odd = ((a & EVEN) && (b & ODD)) || ((a & ODD) && (b & EVEN));
    return (even ? EVEN : 0) | (odd ? ODD : 0);
}

static int of_power(const ew_expr *exponent, int base)
{
    fmpq_t k;
    fmpq_init(k);
    int result = base & EVEN;
    if (ew_expr_rational(k, exponent) && fmpz_is_one(fmpq_denref(k)) && base)
        result = fmpz_is_even(fmpq_numref(k)) ? EVEN : base;
    fmpq_clear(k);
    return result;
}

static int of_tree(const ew_expr *e)
{
    if (e->op == EW_Z)
        return ODD;
    if (!e->has_z)
        return e->op == EW_NUM && fmpq_is_zero(e->num) ? EVEN | ODD : EVEN;
    if (e->op == EW_IF || e->op == EW_VAR)
        return 0;
    int p = of_tree(e->arg[0]);
    if (e->op == EW_POW)
        return of_power(e->arg[1], p);
    for (slong i = 1; i < e->n; i++) {
        int q = of_tree(e->arg[i]);
        if (e->op == EW_MUL || e->op == EW_DIV)
            p = of_product(p, q);
        else
            p &= e->op == EW_ADD ? q : q & EVEN;
    }
    return e->n == 1 ? of_function(e->op, p) : p;
}

/* 1 if a = -b. */
static int opposite(const ew_expr *a, const ew_expr *b, ew_context *ctx)
{
    int sign = 1;
    ew_expr *sum = ew_expr_2(EW_ADD, ew_expr_ref(a), ew_expr_ref(b), ctx);
    int ok = sum && ew_constant_sign(&sign, sum, ctx) == EW_OK && sign == 0;
    ew_expr_free(sum);
    return ok;
}

/* Piece n-1-i is the mirror image of piece i, times `factor`. */
static int mirrored(const ew_activation *a, slong i, int factor, ew_context *ctx)
{
    ew_expr *minus_z = ew_expr_neg(ew_expr_leaf(EW_Z, 0, ctx), ctx);
    ew_expr *image = minus_z ? ew_expr_substitute(a->piece[i].f, minus_z, ctx) : NULL;
    int same = image && ew_expr_same(image, factor, a->piece[a->n - 1 - i].f, ctx);
    ew_expr_free(image);
    ew_expr_free(minus_z);
    return same;
}

static int symmetric(const ew_activation *a, int factor, ew_context *ctx)
{
    int ok = 1;
    for (slong i = 0; ok && i < a->kinks; i++)
        ok = i > a->kinks - 1 - i || opposite(a->kink[i], a->kink[a->kinks - 1 - i], ctx);
    for (slong i = 0; ok && 2 * i < a->n; i++)
        ok = mirrored(a, i, factor, ctx);
    return ok;
}

/* Not proved is no failure: what the attempts left in the context is dropped, except lack of
 * memory. */
static ew_status prove_parity(ew_activation *a, ew_context *ctx)
{
    int p = of_tree(a->expr);
    if ((p & EVEN) || (!p && symmetric(a, 1, ctx)))
        a->parity = EW_PARITY_EVEN;
    else if ((p & ODD) || symmetric(a, -1, ctx))
        a->parity = EW_PARITY_ODD;
    else
        a->parity = EW_PARITY_NONE;
    if (ctx && ctx->status == EW_MEMORY)
        return EW_MEMORY;
    ew_clear(ctx);
    return EW_OK;
}

/* ---- continuity
 * ------------------------------------------------------------------------------ */

static int may_jump(const ew_expr *e)
{
    if (!e->has_kink)
        return 0;
    if (e->op == EW_STEP || e->op == EW_SIGN || e->op == EW_IF)
        return 1;
    for (slong i = 0; i < e->n; i++)
        if (may_jump(e->arg[i]))
            return 1;
    return 0;
}

static ew_status compare_sides(int *equal, const ew_activation *a, slong i, ew_context *ctx)
{
    int order;
    ew_expr *left = ew_expr_substitute(a->piece[i].f, a->kink[i], ctx);
    ew_expr *right = ew_expr_substitute(a->piece[i + 1].f, a->kink[i], ctx);
    ew_status status =
        left && right ? ew_constant_compare(&order, left, right, ctx) : ew_recorded(ctx);
    *equal = status == EW_OK && order == 0;
    ew_expr_free(left);
    ew_expr_free(right);
    return status;
}

/* Only step, sign and if can make a function that is finite everywhere jump. */
static ew_status prove_continuity(ew_activation *a, ew_context *ctx)
{
    ew_status status = EW_OK;
    a->continuous = 1;
    if (!may_jump(a->expr))
        return EW_OK;
    for (slong i = 0; status == EW_OK && a->continuous && i < a->kinks; i++)
        status = compare_sides(&a->continuous, a, i, ctx);
    return status;
}

/* ---- polynomials
 * ----------------------------------------------------------------------------- */

static int is_zero(const ew_expr *c, ew_context *ctx)
{
    int sign;
    int zero = ew_constant_sign(&sign, c, ctx) == EW_OK && sign == 0;
    ew_clear(ctx);
    return zero;
}

static int all_rational(const ew_activation *a)
{
    int rational = a->piecewise_poly;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; rational && i < a->kinks; i++)
        rational = ew_expr_rational(c, a->kink[i]);
    for (slong i = 0; rational && i < a->n; i++)
        for (slong k = 0; rational && k <= a->piece[i].degree; k++)
            rational = ew_expr_rational(c, a->piece[i].coef[k]);
    fmpq_clear(c);
    return rational;
}

static int is_homogeneous(const ew_activation *a, ew_context *ctx)
{
    if (a->kinks > 1 || (a->kinks == 1 && !is_zero(a->kink[0], ctx)))
        return 0;
    for (slong i = 0; i < a->n; i++) {
        const ew_piece *p = a->piece + i;
        if (p->degree < 0 || p->degree > 1 || !is_zero(p->coef[0], ctx))
            return 0;
    }
    return 1;
}

ew_status ew_activation_prove(ew_activation *a, ew_context *ctx)
{
    a->piecewise_poly = 1;
    for (slong i = 0; i < a->n; i++)
        a->piecewise_poly &= a->piece[i].degree >= 0;
    a->polynomial = a->piecewise_poly && a->n == 1;
    a->rational = all_rational(a);
    a->homogeneous = is_homogeneous(a, ctx);
    ew_status status = prove_parity(a, ctx);
    return status == EW_OK ? prove_continuity(a, ctx) : status;
}
