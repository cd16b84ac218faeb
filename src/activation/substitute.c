#include "activation/expr.h"

#include <stdlib.h>

typedef struct {
    const ew_expr *by;
    ew_expr *const *var;
    ew_context *ctx;
} replacement;

/* by = slope * z + shift with constant slope and shift (fresh references). */
static int affine(ew_expr **slope, ew_expr **shift, const ew_expr *by, ew_context *ctx);

static int affine_sum(ew_expr **slope, ew_expr **shift, const ew_expr *by, ew_context *ctx)
{
    *slope = ew_expr_si(0, ctx);
    *shift = ew_expr_si(0, ctx);
    for (slong i = 0; i < by->n; i++) {
        ew_expr *a, *b;
        if (!affine(&a, &b, by->arg[i], ctx))
            return 0;
        *slope = ew_expr_2(EW_ADD, *slope, a, ctx);
        *shift = ew_expr_2(EW_ADD, *shift, b, ctx);
    }
    return 1;
}

static int affine_product(ew_expr **slope, ew_expr **shift, const ew_expr *by, ew_context *ctx)
{
    ew_expr *c = ew_expr_si(1, ctx);
    const ew_expr *u = NULL;
    for (slong i = 0; i < by->n; i++) {
        if (!by->arg[i]->has_z) {
            c = ew_expr_2(EW_MUL, c, ew_expr_ref(by->arg[i]), ctx);
        } else if (!u) {
            u = by->arg[i];
        } else {
            ew_expr_free(c);
            return 0;
        }
    }
    if (!u || !affine(slope, shift, u, ctx)) {
        ew_expr_free(c);
        return 0;
    }
    *slope = ew_expr_2(EW_MUL, c ? ew_expr_ref(c) : NULL, *slope, ctx);
    *shift = ew_expr_2(EW_MUL, c, *shift, ctx);
    return 1;
}

static int affine(ew_expr **slope, ew_expr **shift, const ew_expr *by, ew_context *ctx)
{
    *slope = *shift = NULL;
    if (!by->has_z || by->op == EW_Z) {
        *slope = ew_expr_si(by->has_z, ctx);
        *shift = by->has_z ? ew_expr_si(0, ctx) : ew_expr_ref(by);
        return 1;
    }
    int found = 0;
    if (by->op == EW_ADD) {
        found = affine_sum(slope, shift, by, ctx);
    } else if (by->op == EW_MUL) {
        found = affine_product(slope, shift, by, ctx);
    } else if (by->op == EW_DIV && !by->arg[1]->has_z) {
        found = affine(slope, shift, by->arg[0], ctx);
        if (found) {
            *slope = ew_expr_2(EW_DIV, *slope, ew_expr_ref(by->arg[1]), ctx);
            *shift = ew_expr_2(EW_DIV, *shift, ew_expr_ref(by->arg[1]), ctx);
        }
    }
    if (!found) {
        ew_expr_free(*slope);
        ew_expr_free(*shift);
        *slope = *shift = NULL;
    }
    return found;
}

static ew_expr *replace(const ew_expr *e, const replacement *r);

/* slope * z + shift < c, as a condition on z. */
static ew_expr *moved_condition(const ew_expr *e, ew_expr *slope, ew_expr *shift,
                                const replacement *r)
{
    ew_expr *c = ew_expr_sub(ew_expr_ref(e->arg[0]), shift, r->ctx);
    int sign = slope && c ? ew_expr_sign(slope) : 2;
    if (sign == 1 || sign == -1) {
        ew_expr *arg[3];
        arg[0] = ew_expr_2(EW_DIV, c, slope, r->ctx);
        arg[1] = replace(e->arg[sign > 0 ? 1 : 2], r);
        arg[2] = replace(e->arg[sign > 0 ? 2 : 1], r);
        return ew_expr_new(EW_IF, arg, 3, r->ctx);
    }
    int side = sign == 0 ? ew_expr_sign(c) : 2;
    if (side == 2 && slope && c)
        ew_fail(r->ctx, EW_UNABLE, "the sign of a constant in a condition is not decided");
    ew_expr_free(c);
    ew_expr_free(slope);
    return side == 2 ? NULL : replace(e->arg[side > 0 ? 1 : 2], r);
}

static ew_expr *replace_if(const ew_expr *e, const replacement *r)
{
    if (!r->by) {
        ew_expr *arg[3] = {ew_expr_ref(e->arg[0]), replace(e->arg[1], r),
                           replace(e->arg[2], r)};
        return ew_expr_new(EW_IF, arg, 3, r->ctx);
    }
    ew_expr *slope, *shift;
    if (!affine(&slope, &shift, r->by, r->ctx)) {
        ew_fail(
            r->ctx, EW_DOMAIN,
            "a function with `if` can be applied only to a constant times z plus a constant");
        return NULL;
    }
    return moved_condition(e, slope, shift, r);
}

static ew_expr *replace_arguments(const ew_expr *e, const replacement *r)
{
    ew_expr **arg = ew_alloc((size_t) e->n * sizeof *arg, r->ctx);
    if (!arg)
        return NULL;
    for (slong i = 0; i < e->n; i++)
        arg[i] = replace(e->arg[i], r);
    ew_expr *out = ew_expr_new(e->op, arg, e->n, r->ctx);
    free(arg);
    return out;
}

static ew_expr *replace(const ew_expr *e, const replacement *r)
{
    if (!e->has_z)
        return ew_expr_ref(e);
    if (e->op == EW_Z)
        return ew_expr_ref(r->by ? r->by : e);
    if (e->op == EW_VAR)
        return ew_expr_ref(r->var ? r->var[e->var] : e);
    return e->op == EW_IF ? replace_if(e, r) : replace_arguments(e, r);
}

ew_expr *ew_expr_replace(const ew_expr *e, const ew_expr *by, ew_expr *const *var,
                         ew_context *ctx)
{
    replacement r = {by, var, ctx};
    return replace(e, &r);
}

ew_expr *ew_expr_substitute(const ew_expr *e, const ew_expr *by, ew_context *ctx)
{
    return ew_expr_replace(e, by, NULL, ctx);
}
