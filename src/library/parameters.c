/* C_W and C_b: given, critical, or by default (design.md, the option table). */
#include <string.h>

#include "library/setup.h"

static ew_status critical_ball(arb_t x, slong prec, void *data, ew_context *ctx)
{
    ew_critical_scalar *c = data;
    if (prec > c->prec) {
        ew_status status =
            c->bias ? ew_critical_balls(NULL, NULL, c->last, NULL, NULL, c->point, prec, ctx)
                    : ew_critical_balls(NULL, c->last, NULL, NULL, NULL, c->point, prec, ctx);
        if (status != EW_OK)
            return status;
        c->prec = prec;
    }
    arb_set(x, c->last);
    return EW_OK;
}

/* One coordinate of a critical point as a list of one scalar. */
static ew_status set_coordinate(ew_scalar_list *list, ew_critical_scalar *c,
                                ew_critical_point *point, int bias, ew_context *ctx)
{
    const ew_expr *exact = ew_critical_exact(point, bias ? EW_AT_CB : EW_AT_CW);
    list->x = ew_alloc_zero(1, sizeof *list->x, ctx);
    if (!list->x)
        return EW_MEMORY;
    list->n = 1;
    if (exact) {
        list->x->e = ew_expr_ref(exact);
        return EW_OK;
    }
    c->point = point;
    c->bias = bias;
    list->x->fn = critical_ball;
    list->x->data = c;
    return EW_OK;
}

static ew_status set_point(ew_setup *s, ew_critical_point *point, ew_context *ctx)
{
    ew_status status = set_coordinate(&s->net.cw, s->at, point, 0, ctx);
    return status == EW_OK ? set_coordinate(&s->net.cb, s->at + 1, point, 1, ctx) : status;
}

static ew_status set_numbers(ew_setup *s, const char *cw, const char *cb, ew_context *ctx)
{
    ew_status status = ew_scalars_read(&s->net.cw, "cw", cw, ctx);
    return status == EW_OK ? ew_scalars_read(&s->net.cb, "cb", cb, ctx) : status;
}

/* The quadratures for any activation serve the critical point as well: `verify` computes it
 * anew by another one. */
static ew_status use_method(ew_setup *s, ew_context *ctx)
{
    return s->method == EW_PANELS || s->method == EW_ADAPTIVE
               ? ew_critical_point_method(s->point, s->method, ctx)
               : EW_OK;
}

/* The preferred critical point; asked for: one must exist, by default: else 1 and 0. */
static ew_status set_critical(ew_setup *s, int asked, ew_context *ctx)
{
    ew_status status = ew_critical_preferred(&s->point, s->activation, ctx);
    if (status != EW_OK)
        return status;
    if (s->point) {
        status = use_method(s, ctx);
        return status == EW_OK ? set_point(s, s->point, ctx) : status;
    }
    if (!asked)
        return set_numbers(s, "1", "0", ctx);
    return ew_fail(ctx, EW_UNABLE, "critical: no critical point of %.60s was found",
                   s->activation->text);
}

/* C_W at the edge of chaos for a given C_b. */
static ew_status set_edge(ew_setup *s, ew_context *ctx)
{
    if (s->net.cb.n != 1)
        return ew_fail(ctx, EW_USAGE, "cw: a list of C_b by layer needs C_W");
    const ew_scalar *cb = s->net.cb.x;
    ew_status status = ew_critical_edge(&s->point, s->activation, cb, ctx);
    if (status == EW_OK)
        status = use_method(s, ctx);
    return status == EW_OK ? set_coordinate(&s->net.cw, s->at, s->point, 0, ctx) : status;
}

ew_status ew_setup_parameters(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *cw = ew_network_get(net, "cw"), *cb = ew_network_get(net, "cb");
    int cw_critical = cw && strcmp(cw, "critical") == 0;
    int cb_critical = cb && strcmp(cb, "critical") == 0;
    s->cw_defaulted = cw == NULL;
    s->cb_defaulted = cb == NULL;
    if (cw && !cw_critical && cb_critical)
        return ew_fail(ctx, EW_USAGE, "cb: critical needs a critical cw, not a number");
    if (cw && !cw_critical)
        return set_numbers(s, cw, cb ? cb : "0", ctx);
    if (!cb || cb_critical)
        return set_critical(s, cw_critical || cb_critical, ctx);
    ew_status status = ew_scalars_read(&s->net.cb, "cb", cb, ctx);
    return status == EW_OK ? set_edge(s, ctx) : status;
}
