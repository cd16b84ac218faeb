#include "readings/sde/slopes.h"

static ew_expr *slope(const ew_piece *piece, ew_context *ctx)
{
    return piece->degree >= 1 ? ew_expr_ref(piece->coef[1]) : ew_expr_si(0, ctx);
}

void ew_slopes_clear(ew_slopes *s)
{
    ew_expr_free(s->plus);
    ew_expr_free(s->minus);
}

ew_status ew_slopes_read(ew_slopes *s, const ew_activation *a, ew_context *ctx)
{
    *s = (ew_slopes){NULL, NULL};
    if (!a->homogeneous || a->n > 2)
        return ew_fail(ctx, EW_USAGE, "sde: the activation is not a max(z,0) + b min(z,0)");
    s->minus = slope(a->piece, ctx);
    s->plus = slope(a->piece + a->n - 1, ctx);
    return s->plus && s->minus ? EW_OK : ew_recorded(ctx);
}

static ew_expr *power(const ew_expr *x, slong k, ew_context *ctx)
{
    return ew_expr_2(EW_POW, ew_expr_ref(x), ew_expr_si(k, ctx), ctx);
}

ew_expr *ew_slopes_power_sum(const ew_slopes *s, slong k, ew_context *ctx)
{
    return ew_expr_2(EW_ADD, power(s->plus, k, ctx), power(s->minus, k, ctx), ctx);
}

ew_expr *ew_slopes_kappa(const ew_slopes *s, ew_context *ctx)
{
    return ew_expr_2(EW_DIV, ew_slopes_power_sum(s, 2, ctx), ew_expr_si(2, ctx), ctx);
}

/* x / (2 sqrt(kap)); owns x. */
static ew_expr *normalised(ew_expr *x, const ew_slopes *s, ew_context *ctx)
{
    ew_expr *root = ew_expr_1(EW_SQRT, ew_slopes_kappa(s, ctx), ctx);
    return ew_expr_2(EW_DIV, x, ew_expr_2(EW_MUL, ew_expr_si(2, ctx), root, ctx), ctx);
}

ew_expr *ew_slopes_mu(const ew_slopes *s, ew_context *ctx)
{
    return normalised(ew_expr_2(EW_ADD, ew_expr_ref(s->plus), ew_expr_ref(s->minus), ctx), s,
                      ctx);
}

ew_expr *ew_slopes_eta(const ew_slopes *s, ew_context *ctx)
{
    return normalised(ew_expr_sub(ew_expr_ref(s->plus), ew_expr_ref(s->minus), ctx), s, ctx);
}

ew_expr *ew_slopes_fourth(const ew_slopes *s, ew_context *ctx)
{
    ew_expr *square =
        ew_expr_2(EW_POW, ew_slopes_power_sum(s, 2, ctx), ew_expr_si(2, ctx), ctx);
    return ew_expr_2(EW_DIV,
                     ew_expr_2(EW_MUL, ew_expr_si(2, ctx), ew_slopes_power_sum(s, 4, ctx), ctx),
                     square, ctx);
}

ew_expr *ew_slopes_bend(const ew_slopes *s, ew_context *ctx)
{
    ew_expr *step = ew_expr_sub(ew_expr_ref(s->plus), ew_expr_ref(s->minus), ctx);
    ew_expr *square = ew_expr_2(EW_POW, step, ew_expr_si(2, ctx), ctx);
    return ew_expr_2(EW_DIV, square, ew_slopes_kappa(s, ctx), ctx);
}
