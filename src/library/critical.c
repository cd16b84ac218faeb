/* critical: universality class and critical points; with cb given, the edge of chaos. */
#include <stdlib.h>
#include <string.h>

#include "library/command.h"
#include "library/phase.h"

enum { K, C_W, C_B, A1, B1, P_PERP, COORDINATES };
static const char *const coordinate_name[] = {"K", "C_W", "C_b", "a1", "b1", "p_perp"};

static ew_status coordinates(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) scale;
    ew_status status =
        ew_critical_balls(v + K, v + C_W, v + C_B, v + A1, v + B1, data, prec, ctx);
    if (arb_is_nonzero(v + A1))
        arb_div(v + P_PERP, v + B1, v + A1, prec);
    return status;
}

static const ew_coordinate coordinate[] = {EW_AT_K, EW_AT_CW, EW_AT_CB, EW_AT_A1, EW_AT_B1};

/* The exact form of a coordinate, where the point knows one. */
static ew_status add_exact(ew_certified *x, const ew_expr *e, ew_context *ctx)
{
    if (!e || x->exact)
        return EW_OK;
    x->exact = ew_expr_text(e, ctx);
    return x->exact ? EW_OK : ew_recorded(ctx);
}

static ew_status add_exact_ratio(ew_certified *x, const ew_expr *over, const ew_expr *under,
                                 ew_context *ctx)
{
    if (!over || !under)
        return EW_OK;
    ew_expr *e = ew_expr_2(EW_DIV, ew_expr_ref(over), ew_expr_ref(under), ctx);
    ew_status status = e ? add_exact(x, e, ctx) : ew_recorded(ctx);
    ew_expr_free(e);
    return status;
}

/* K* is arbitrary in the scale-invariant class; a_1 and b_1 belong to zero-fixed-point.  Where
 * that is stable K ~ 1/(-a_1 l), so chi_perp ~ 1 + b_1 K ~ 1 - p_perp/l. */
static int has_coordinate(const ew_critical_point *p, int i)
{
    ew_class class = ew_critical_class(p);
    return i == C_W || i == C_B || (i == K && class != EW_SCALE_INVARIANT) ||
           (i > C_B && class == EW_ZERO_FIXED_POINT && (i != P_PERP || ew_critical_stable(p)));
}

static int put_coordinates(json_t *o, const ew_certified *x, const ew_critical_point *p)
{
    int bad = json_object_set_new(o, "class", json_string(ew_class_name(ew_critical_class(p))));
    bad |= json_object_set_new(o, "stable", json_boolean(ew_critical_stable(p)));
    for (int i = 0; i < COORDINATES; i++)
        if (has_coordinate(p, i))
            bad |= json_object_set_new(o, coordinate_name[i], ew_json_certified(x + i));
    return bad;
}

/* The point's class and coordinates into a new object; NULL with the failure recorded. */
static json_t *point_json(ew_critical_point *p, const ew_setup *s, ew_context *ctx)
{
    ew_certified x[COORDINATES];
    json_t *o = NULL;
    for (int i = 0; i < COORDINATES; i++)
        ew_certified_init(x + i);
    ew_status status = ew_certify(x, COORDINATES, s->digits, coordinates, p, ctx);
    for (int i = 0; status == EW_OK && i < P_PERP; i++)
        status = add_exact(x + i, ew_critical_exact(p, coordinate[i]), ctx);
    if (status == EW_OK && ew_critical_stable(p))
        status = add_exact_ratio(x + P_PERP, ew_critical_exact(p, EW_AT_B1),
                                 ew_critical_exact(p, EW_AT_A1), ctx);
    for (int i = 0; status == EW_OK && i < COORDINATES; i++)
        if (has_coordinate(p, i))
            status = ew_command_exact(s, x + i, coordinate_name[i], ctx);
    if (status == EW_OK) {
        o = json_object();
        o = ew_command_node(o, put_coordinates(o, x, p), ctx);
    }
    for (int i = 0; i < COORDINATES; i++)
        ew_certified_clear(x + i);
    return o;
}

/* All points, and the preferred one's entries at the top. */
static json_t *list_json(const ew_critical_list *list, const ew_setup *s, ew_context *ctx)
{
    json_t *points = json_array(), *body = NULL;
    int bad = points == NULL;
    for (slong i = 0; !bad && i < list->n; i++)
        bad |= json_array_append_new(points, point_json(list->point[i], s, ctx));
    int found = list->n > 0 && ew_critical_stable(list->point[0]);
    if (!bad)
        body = found ? json_copy(json_array_get(points, 0)) : json_object();
    if (!bad && !found)
        bad |= json_object_set_new(body, "class", json_string(ew_class_name(EW_NO_CLASS)));
    bad |= json_object_set(body, "points", points);
    bad |= json_object_set_new(body, "complete", json_boolean(list->complete));
    if (!bad && !list->complete) {
        bad |= json_object_set_new(body, "searched",
                                   json_pack("[f,f]", list->searched_lo, list->searched_hi));
        bad |= json_object_set_new(body, "resolved", json_boolean(list->resolved));
    }
    json_decref(points);
    return ew_command_node(body, bad, ctx);
}

static ew_status find_points(json_t **body, ew_setup *s, ew_context *ctx)
{
    ew_status status = ew_critical_find(&s->critical, s->activation, ctx);
    int other = s->method == EW_PANELS || s->method == EW_ADAPTIVE;
    for (slong i = 0; status == EW_OK && other && i < s->critical->n; i++)
        status = ew_critical_point_method(s->critical->point[i], s->method, ctx);
    if (status == EW_OK && !(*body = list_json(s->critical, s, ctx)))
        status = ew_recorded(ctx);
    return status;
}

static ew_status find_edge(json_t **body, ew_setup *s, const char *cb, ew_context *ctx)
{
    ew_status status = ew_scalars_read(&s->net.cb, "cb", cb, ctx);
    if (status == EW_OK && s->net.cb.n != 1)
        status = ew_fail(ctx, EW_USAGE, "cb: one value, not a list");
    if (status == EW_OK)
        status = ew_critical_edge(&s->point, s->activation, s->net.cb.x, ctx);
    if (status == EW_OK && !(*body = point_json(s->point, s, ctx)))
        status = ew_recorded(ctx);
    return status;
}

static json_t *network_json(const ew_setup *s, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "activation", json_string(s->activation->text));
    if (s->net.cb.n == 1)
        bad |= json_object_set_new(o, "cb", ew_scalar_json(s->net.cb.x, s->digits, ctx));
    bad |= json_object_set_new(o, "digits", json_integer((json_int_t) s->digits));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_critical(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    json_t *body = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = ew_setup_brief(&s, net, ctx);
    const char *cb = status == EW_OK ? ew_network_get(net, "cb") : NULL;
    const char *plot = status == EW_OK ? ew_network_get(net, "plot") : NULL;
    int over = cb && ew_phase_is_range(cb);
    if (status == EW_OK && over && s->exact)
        status = ew_fail(ctx, EW_UNABLE, "no exact form of the edge of chaos is known");
    if (status == EW_OK && plot && !over)
        status = ew_fail(ctx, EW_USAGE, "plot: the figure is that of a range of cb");
    if (status == EW_OK && over)
        status = ew_phase_range(&body, s, cb, plot, ctx);
    else if (status == EW_OK && cb && strcmp(cb, "critical"))
        status = find_edge(&body, s, cb, ctx);
    else if (status == EW_OK)
        status = find_points(&body, s, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "critical", network_json(s, ctx), body, ctx);
    ew_setup_free(s);
    return status;
}
