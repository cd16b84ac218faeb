#include "activation/ends.h"

static ew_end_status constant(ew_value *v, const ew_expr *f, const ew_half *S)
{
    fmpq_t q;
    arb_t x;
    fmpq_init(q);
    arb_init(x);
    ew_end_status status = EW_END_OK;
    if (ew_expr_rational(q, f)) {
        ew_value_rational(v, q, S);
    } else {
        ew_expr_constant(x, f, EW_GROWTH_PREC);
        if (arb_is_finite(x))
            ew_value_ball(v, x, S);
        else
            status = S->real ? EW_END_UNDEFINED : EW_END_UNABLE;
    }
    fmpq_clear(q);
    arb_clear(x);
    return status;
}

static ew_end_status walk(ew_value *v, const ew_expr *f, int side, const ew_half *S,
                          ew_context *ctx);

/* Sums and products, folded from the left; quotients by the inverse. */
static ew_end_status fold(ew_value *v, const ew_expr *f, int side, const ew_half *S,
                          ew_context *ctx)
{
    ew_end_status status = walk(v, f->arg[0], side, S, ctx);
    for (slong i = 1; i < f->n && status == EW_END_OK; i++) {
        ew_value t;
        ew_value_init(&t);
        status = walk(&t, f->arg[i], side, S, ctx);
        if (status == EW_END_OK && f->op == EW_DIV)
            status = ew_value_inv(&t, &t, S);
        if (status == EW_END_OK && f->op == EW_ADD)
            ew_value_add(v, v, &t, S);
        else if (status == EW_END_OK)
            ew_value_mul(v, v, &t, S);
        ew_value_clear(&t);
    }
    return status;
}

/* v must be fresh. */
static ew_end_status walk(ew_value *v, const ew_expr *f, int side, const ew_half *S,
                          ew_context *ctx)
{
    if (!f->has_z)
        return constant(v, f, S);
    switch (f->op) {
    case EW_Z:
        ew_value_variable(v, side, S);
        return EW_END_OK;
    case EW_ADD:
    case EW_MUL:
    case EW_DIV:
        return fold(v, f, side, S, ctx);
    case EW_POW:
        if (f->arg[1]->has_z)
            return EW_END_UNABLE;
        break;
    case EW_VAR:
    case EW_ABS:
    case EW_SIGN:
    case EW_STEP:
    case EW_MAX:
    case EW_MIN:
    case EW_IF:
        return EW_END_UNABLE;
    default:
        break;
    }
    ew_end_status status = walk(v, f->arg[0], side, S, ctx);
    return status == EW_END_OK ? ew_end_function(v, f, v, S, ctx) : status;
}

ew_end_status ew_end_value(ew_value *v, const ew_expr *f, int side, const ew_half *S,
                           ew_context *ctx)
{
    ew_value w;
    ew_value_init(&w);
    ew_end_status status = walk(&w, f, side, S, ctx);
    if (status == EW_END_OK)
        ew_value_swap(v, &w);
    ew_value_clear(&w);
    return status;
}
