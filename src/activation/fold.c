#include "activation/fold.h"

#include <stdlib.h>

slong ew_fold_bits(const fmpq_t x)
{
    return (slong) FLINT_MAX(fmpz_bits(fmpq_numref(x)), fmpz_bits(fmpq_denref(x)));
}

static int merge_rational(fmpq_t into, ew_op op, const fmpq_t x)
{
    if (ew_fold_bits(into) + ew_fold_bits(x) >= EW_MAX_FOLD_BITS)
        return 0;
    if (op == EW_ADD)
        fmpq_add(into, into, x);
    else
        fmpq_mul(into, into, x);
    return 1;
}

static slong flattened_length(ew_op op, ew_expr **arg, slong n)
{
    slong total = 0;
    for (slong i = 0; i < n; i++)
        total += arg[i]->op == op ? arg[i]->n : 1;
    return total;
}

/* Fills list with references; the arguments are given up. */
static void flatten(ew_expr **list, ew_op op, ew_expr **arg, slong n)
{
    slong k = 0;
    for (slong i = 0; i < n; i++) {
        if (arg[i]->op != op) {
            list[k++] = arg[i];
            continue;
        }
        for (slong j = 0; j < arg[i]->n; j++)
            list[k++] = ew_expr_ref(arg[i]->arg[j]);
        ew_expr_free(arg[i]);
    }
}

/* Merges the rationals of list into its first one, which becomes x at index *at (-1: there is
 * none left because it was neutral).  Returns the new length. */
static slong merge_all(ew_expr **list, slong n, ew_op op, fmpq_t x, slong *at)
{
    slong k = 0;
    *at = -1;
    for (slong i = 0; i < n; i++) {
        ew_expr *e = list[i];
        if (e->op == EW_NUM && *at < 0) {
            fmpq_set(x, e->num);
            *at = k;
        } else if (e->op == EW_NUM && merge_rational(x, op, e->num)) {
            ew_expr_free(e);
            continue;
        }
        list[k++] = e;
    }
    int neutral = *at >= 0 && (op == EW_ADD ? fmpq_is_zero(x) : fmpq_is_one(x));
    if (neutral && k > 1) {
        ew_expr_free(list[*at]);
        for (slong i = *at; i + 1 < k; i++)
            list[i] = list[i + 1];
        k--;
        *at = -1;
    }
    return k;
}

static int all_total(ew_expr **list, slong n)
{
    for (slong i = 0; i < n; i++)
        if (!list[i]->total)
            return 0;
    return 1;
}

static ew_expr *finish_nary(ew_op op, ew_expr **list, slong n, const fmpq_t x, slong at,
                            ew_context *ctx)
{
    if (op == EW_MUL && at >= 0 && fmpq_is_zero(x) && all_total(list, n)) {
        ew_expr_free_all(list, n);
        return ew_expr_si(0, ctx);
    }
    if (at >= 0 && !fmpq_equal(x, list[at]->num)) {
        ew_expr_free(list[at]);
        list[at] = ew_expr_num(x, ctx);
        if (!list[at]) {
            ew_expr_free_all(list, n);
            return NULL;
        }
    }
    if (n == 0)
        return ew_expr_si(op == EW_MUL, ctx);
    return n == 1 ? list[0] : ew_expr_node(op, list, n, ctx);
}

ew_expr *ew_fold_nary(ew_op op, ew_expr **arg, slong n, ew_context *ctx)
{
    slong total = flattened_length(op, arg, n), at;
    ew_expr **list = ew_alloc((size_t) total * sizeof *list, ctx);
    if (!list) {
        ew_expr_free_all(arg, n);
        return NULL;
    }
    fmpq_t x;
    fmpq_init(x);
    flatten(list, op, arg, n);
    total = merge_all(list, total, op, x, &at);
    ew_expr *e = finish_nary(op, list, total, x, at, ctx);
    fmpq_clear(x);
    free(list);
    return e;
}

int ew_fold_power(fmpq_t x, const fmpq_t a, const fmpz_t n, slong limit)
{
    if (fmpq_is_zero(a) && fmpz_sgn(n) < 0)
        return 0;
    int unit = fmpz_is_pm1(fmpq_numref(a)) && fmpz_is_one(fmpq_denref(a));
    if (unit || fmpq_is_zero(a)) {
        int odd = fmpz_is_odd(n), empty = fmpz_is_zero(n);
        if (empty || (unit && !odd))
            fmpq_one(x);
        else
            fmpq_set(x, a);
        return 1;
    }
    if (!fmpz_fits_si(n) || fmpz_cmp_si(n, limit) > 0 || fmpz_cmp_si(n, -limit) < 0 ||
        (ew_fold_bits(a) - 1) * FLINT_ABS(fmpz_get_si(n)) > limit)
        return 0;
    fmpq_pow_si(x, a, fmpz_get_si(n));
    return ew_fold_bits(x) <= limit;
}

int ew_fold_sqrt(fmpq_t x, const fmpq_t a)
{
    if (!fmpz_is_square(fmpq_numref(a)) || !fmpz_is_square(fmpq_denref(a)))
        return 0;
    fmpz_sqrt(fmpq_numref(x), fmpq_numref(a));
    fmpz_sqrt(fmpq_denref(x), fmpq_denref(a));
    return 1;
}

/* r = the k-th root of n >= 0, if that is an integer; numbers below 2^k have only 0 and 1. */
static int integer_root(fmpz_t r, const fmpz_t n, const fmpz_t k)
{
    if (fmpz_cmp_ui(n, 1) <= 0) {
        fmpz_set(r, n);
        return 1;
    }
    if (fmpz_cmp_ui(k, fmpz_bits(n)) >= 0)
        return 0;
    fmpz_t power;
    fmpz_init(power);
    fmpz_root(r, n, fmpz_get_si(k));
    fmpz_pow_ui(power, r, fmpz_get_ui(k));
    int exact = fmpz_equal(power, n);
    fmpz_clear(power);
    return exact;
}

/* x = a^b for a >= 0 (a > 0 if b < 0), if that is rational and short. */
static int rational_root_power(fmpq_t x, const fmpq_t a, const fmpq_t b)
{
    return integer_root(fmpq_numref(x), fmpq_numref(a), fmpq_denref(b)) &&
           integer_root(fmpq_denref(x), fmpq_denref(a), fmpq_denref(b)) &&
           ew_fold_power(x, x, fmpq_numref(b), EW_MAX_FOLD_BITS);
}

static int undefined(ew_op op, const fmpq_t x)
{
    switch (op) {
    case EW_LOG:
        return fmpq_sgn(x) <= 0;
    case EW_LOG1P:
        return fmpq_cmp_si(x, -1) <= 0;
    case EW_SQRT:
        return fmpq_sgn(x) < 0;
    case EW_ASIN:
    case EW_ACOS:
        return fmpq_cmp_si(x, 1) > 0 || fmpq_cmp_si(x, -1) < 0;
    default:
        return 0;
    }
}

/* The rational values at the one argument where each function has an obvious one. */
static int special_value(fmpq_t y, ew_op op, const fmpq_t x)
{
    int at = op == EW_LOG || op == EW_ACOS;
    if (op == EW_SQRT)
        return ew_fold_sqrt(y, x);
    if (fmpq_cmp_si(x, at) != 0)
        return 0;
    int one = op == EW_EXP || op == EW_COS || op == EW_COSH || op == EW_ERFC;
    if (op == EW_SOFTPLUS)
        return 0;
    fmpq_set_si(y, one || op == EW_SIGMOID, op == EW_SIGMOID ? 2 : 1);
    return 1;
}

static int kinked_value(fmpq_t y, ew_op op, const fmpq_t x)
{
    if (op == EW_ABS)
        fmpq_abs(y, x);
    else if (op == EW_SIGN)
        fmpq_set_si(y, fmpq_sgn(x), 1);
    else
        fmpq_set_si(y, 1 + fmpq_sgn(x), 2);
    fmpq_canonicalise(y);
    return 1;
}

static int fold_function(ew_expr **out, ew_op op, const ew_expr *u, ew_context *ctx)
{
    if (u->op != EW_NUM)
        return 0;
    if (undefined(op, u->num)) {
        ew_fail(ctx, EW_DOMAIN, "%s is not defined at this constant", ew_op_name(op));
        return 1;
    }
    fmpq_t y;
    fmpq_init(y);
    int kink = op == EW_ABS || op == EW_SIGN || op == EW_STEP;
    int known = kink ? kinked_value(y, op, u->num) : special_value(y, op, u->num);
    if (known)
        *out = ew_expr_num(y, ctx);
    fmpq_clear(y);
    return known;
}

static int fold_quotient(ew_expr **out, const ew_expr *a, const ew_expr *b, ew_context *ctx)
{
    if (b->op != EW_NUM)
        return 0;
    if (fmpq_is_zero(b->num)) {
        ew_fail(ctx, EW_DOMAIN, "division by zero");
        return 1;
    }
    if (fmpq_is_one(b->num)) {
        *out = ew_expr_ref(a);
        return 1;
    }
    if (a->op != EW_NUM || ew_fold_bits(a->num) + ew_fold_bits(b->num) > EW_MAX_FOLD_BITS)
        return 0;
    fmpq_t q;
    fmpq_init(q);
    fmpq_div(q, a->num, b->num);
    *out = ew_expr_num(q, ctx);
    fmpq_clear(q);
    return 1;
}

static int is_e(const ew_expr *a)
{
    return a->op == EW_EXP && a->arg[0]->op == EW_NUM && fmpq_is_one(a->arg[0]->num);
}

static int fold_rational_power(ew_expr **out, const fmpq_t a, const fmpq_t b, ew_context *ctx)
{
    int integer = fmpz_is_one(fmpq_denref(b));
    if (fmpq_is_zero(a) && fmpq_sgn(b) < 0) {
        ew_fail(ctx, EW_DOMAIN, "a negative power of zero");
        return 1;
    }
    if (fmpq_sgn(a) < 0 && !integer) {
        ew_fail(ctx, EW_DOMAIN, "a fractional power of a negative number");
        return 1;
    }
    fmpq_t x;
    fmpq_init(x);
    int known = integer ? ew_fold_power(x, a, fmpq_numref(b), EW_MAX_FOLD_BITS)
                        : rational_root_power(x, a, b);
    if (known)
        *out = ew_expr_num(x, ctx);
    fmpq_clear(x);
    return known;
}

static int fold_power(ew_expr **out, const ew_expr *a, const ew_expr *b, ew_context *ctx)
{
    if (is_e(a)) {
        *out = ew_expr_1(EW_EXP, ew_expr_ref(b), ctx);
        return 1;
    }
    if (b->op != EW_NUM)
        return 0;
    if (fmpq_is_one(b->num)) {
        *out = ew_expr_ref(a);
        return 1;
    }
    if (fmpq_is_zero(b->num) && a->total) {
        *out = ew_expr_si(1, ctx);
        return 1;
    }
    return a->op == EW_NUM && fold_rational_power(out, a->num, b->num, ctx);
}

static int fold_extremum(ew_expr **out, ew_op op, ew_expr *const *arg)
{
    if (arg[0]->op != EW_NUM || arg[1]->op != EW_NUM)
        return 0;
    int first_is_larger = fmpq_cmp(arg[0]->num, arg[1]->num) >= 0;
    *out = ew_expr_ref(arg[(op == EW_MAX) != first_is_larger]);
    return 1;
}

int ew_fold_fixed(ew_expr **out, ew_op op, ew_expr *const *arg, ew_context *ctx)
{
    switch (op) {
    case EW_DIV:
        return fold_quotient(out, arg[0], arg[1], ctx);
    case EW_POW:
        return fold_power(out, arg[0], arg[1], ctx);
    case EW_MAX:
    case EW_MIN:
        return fold_extremum(out, op, arg);
    case EW_IF:
        return 0;
    default:
        return fold_function(out, op, arg[0], ctx);
    }
}
