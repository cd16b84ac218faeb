#include "activation/expr.h"

#include <stdlib.h>
#include <string.h>

#include "activation/fold.h"

static ew_expr *blank(ew_op op, slong n, ew_context *ctx)
{
    ew_expr *e = ew_alloc_zero(1, sizeof *e, ctx);
    if (!e)
        return NULL;
    e->op = op;
    e->refs = 1;
    e->size = e->depth = 1;
    e->total = 1;
    fmpq_init(e->num);
    if (n > 0) {
        e->arg = ew_alloc_zero((size_t) n, sizeof *e->arg, ctx);
        if (!e->arg) {
            ew_expr_free(e);
            return NULL;
        }
        e->n = n;
    }
    return e;
}

ew_expr *ew_expr_num(const fmpq_t x, ew_context *ctx)
{
    ew_expr *e = blank(EW_NUM, 0, ctx);
    if (e)
        fmpq_set(e->num, x);
    return e;
}

ew_expr *ew_expr_si(slong p, ew_context *ctx)
{
    fmpq_t x;
    fmpq_init(x);
    fmpq_set_si(x, p, 1);
    ew_expr *e = ew_expr_num(x, ctx);
    fmpq_clear(x);
    return e;
}

ew_expr *ew_expr_leaf(ew_op op, slong var, ew_context *ctx)
{
    ew_expr *e = blank(op, 0, ctx);
    if (!e)
        return NULL;
    e->has_z = op != EW_PI;
    e->var = var;
    return e;
}

void ew_expr_free_all(ew_expr **arg, slong n)
{
    for (slong i = 0; i < n; i++)
        ew_expr_free(arg[i]);
}

static int kinked(ew_op op)
{
    return op == EW_ABS || op == EW_SIGN || op == EW_STEP || op == EW_MAX || op == EW_MIN ||
           op == EW_IF;
}

static int is_num(const ew_expr *e)
{
    return e->op == EW_NUM;
}

/* Finite wherever its arguments are?  Undecided counts as no. */
static int total_operator(const ew_expr *e)
{
    switch (e->op) {
    case EW_LOG:
    case EW_SQRT:
        return is_num(e->arg[0]) && fmpq_sgn(e->arg[0]->num) > 0;
    case EW_LOG1P:
    case EW_TAN:
    case EW_ASIN:
    case EW_ACOS:
        return 0;
    case EW_DIV:
        return is_num(e->arg[1]);
    case EW_POW:
        return is_num(e->arg[1]) && fmpz_is_one(fmpq_denref(e->arg[1]->num)) &&
               fmpq_sgn(e->arg[1]->num) >= 0;
    default:
        return 1;
    }
}

static void summarise(ew_expr *e)
{
    for (slong i = 0; i < e->n; i++) {
        const ew_expr *a = e->arg[i];
        e->has_z |= a->has_z;
        e->has_kink |= a->has_kink;
        e->total &= a->total;
        e->size = FLINT_MIN(e->size + a->size, EW_MAX_TREE + 1);
        e->depth = FLINT_MAX(e->depth, a->depth + 1);
    }
    if (e->op == EW_IF)
        e->has_z = 1;
    e->has_kink |= e->has_z && kinked(e->op);
    e->total &= total_operator(e);
}

ew_expr *ew_expr_node(ew_op op, ew_expr **arg, slong n, ew_context *ctx)
{
    ew_expr *e = blank(op, n, ctx);
    if (!e) {
        ew_expr_free_all(arg, n);
        return NULL;
    }
    memcpy(e->arg, arg, (size_t) n * sizeof *arg);
    summarise(e);
    if (e->size <= EW_MAX_TREE && e->depth <= EW_MAX_TREE_DEPTH)
        return e;
    if (e->size > EW_MAX_TREE)
        ew_fail(ctx, EW_USAGE, "written out, the expression has more than %d operations",
                EW_MAX_TREE);
    else
        ew_fail(ctx, EW_USAGE, "written out, the expression is nested deeper than %d",
                EW_MAX_TREE_DEPTH);
    ew_expr_free(e);
    return NULL;
}

ew_expr *ew_expr_new(ew_op op, ew_expr **arg, slong n, ew_context *ctx)
{
    for (slong i = 0; i < n; i++)
        if (!arg[i]) {
            ew_expr_free_all(arg, n);
            return NULL;
        }
    if (op == EW_ADD || op == EW_MUL)
        return ew_fold_nary(op, arg, n, ctx);
    ew_expr *folded = NULL;
    if (ew_fold_fixed(&folded, op, arg, ctx)) {
        ew_expr_free_all(arg, n);
        return folded;
    }
    return ew_expr_node(op, arg, n, ctx);
}

ew_expr *ew_expr_1(ew_op op, ew_expr *a, ew_context *ctx)
{
    return ew_expr_new(op, &a, 1, ctx);
}

ew_expr *ew_expr_2(ew_op op, ew_expr *a, ew_expr *b, ew_context *ctx)
{
    ew_expr *arg[2] = {a, b};
    return ew_expr_new(op, arg, 2, ctx);
}

ew_expr *ew_expr_neg(ew_expr *a, ew_context *ctx)
{
    return ew_expr_2(EW_MUL, ew_expr_si(-1, ctx), a, ctx);
}

ew_expr *ew_expr_sub(ew_expr *a, ew_expr *b, ew_context *ctx)
{
    return ew_expr_2(EW_ADD, a, ew_expr_neg(b, ctx), ctx);
}

ew_expr *ew_expr_ref(const ew_expr *e)
{
    ew_expr *mine = (ew_expr *) e;
    mine->refs++;
    return mine;
}

void ew_expr_free(ew_expr *e)
{
    if (!e || --e->refs > 0)
        return;
    ew_expr_free_all(e->arg, e->n);
    free(e->arg);
    fmpq_clear(e->num);
    free(e);
}

int ew_expr_equal(const ew_expr *a, const ew_expr *b)
{
    if (a == b)
        return 1;
    if (a->op != b->op || a->n != b->n || a->size != b->size || a->var != b->var ||
        !fmpq_equal(a->num, b->num))
        return 0;
    for (slong i = 0; i < a->n; i++)
        if (!ew_expr_equal(a->arg[i], b->arg[i]))
            return 0;
    return 1;
}
