/* density: the Edgeworth density and distribution function of one output. */
#include "library/density.h"

#include <stdlib.h>

#include "emit/plot.h"
#include "library/command.h"

#define POINTS 21

/* ---- abscissae ----------------------------------------------------------------------------
 */

static ew_status read_end(ew_scalar_list *list, const char *name, const char *otherwise,
                          const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, name);
    ew_status status = ew_scalars_read(list, name, text ? text : otherwise, ctx);
    if (status == EW_OK && list->n != 1)
        status = ew_fail(ctx, EW_USAGE, "%s: one value, not a list", name);
    return status;
}

static ew_status read_grid(ew_density_request *r, const ew_network *net, ew_context *ctx)
{
    const char *points = ew_network_get(net, "points");
    if (points && (ew_network_get(net, "from") || ew_network_get(net, "to") ||
                   ew_network_get(net, "count")))
        return ew_fail(ctx, EW_USAGE, "points excludes from, to and count");
    ew_status status = read_end(&r->from, "from", "-5", net, ctx);
    if (status == EW_OK)
        status = read_end(&r->to, "to", "5", net, ctx);
    if (status == EW_OK && points)
        status = ew_scalars_read(&r->points, "points", points, ctx);
    if (status != EW_OK)
        return status;
    r->grid.n = points ? r->points.n : ew_network_integer(net, "count", POINTS);
    r->grid.point = points ? r->points.x : NULL;
    r->grid.from = r->from.x;
    r->grid.to = r->to.x;
    return EW_OK;
}

/* ---- numbers ------------------------------------------------------------------------------
 */

ew_status ew_density_values(ew_certified **out, ew_output_density *d,
                            const ew_density_grid *grid, slong digits, ew_context *ctx)
{
    slong n = grid->n * ew_density_columns(d);
    *out = ew_certified_new(n, ctx);
    if (!*out)
        return EW_MEMORY;
    return ew_density_at(*out, d, grid, digits, ctx);
}

static ew_status solve(ew_density_request *r, slong digits, ew_context *ctx)
{
    ew_output_density *d = r->density;
    r->number = ew_certified_new(ew_density_numbers(d), ctx);
    r->sign = ew_alloc_zero((size_t) d->order, sizeof *r->sign, ctx);
    if (!r->number || !r->sign)
        return EW_MEMORY;
    ew_status status = ew_density_certify(r->number, d, digits, ctx);
    for (slong k = 1; k <= d->order && status == EW_OK; k++)
        status = ew_density_negative(&r->sign[k - 1], d, k, digits, ctx);
    if (status == EW_OK)
        status = ew_density_values(&r->value, d, &r->grid, digits, ctx);
    return status;
}

/* ---- output -------------------------------------------------------------------------------
 */

static json_t *point_json(const ew_certified *v, slong order)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "t", ew_json_certified(v));
    bad |= json_object_set_new(o, "x", ew_json_certified(v + 1));
    bad |= json_object_set_new(o, "gaussian", ew_json_certified(v + 2));
    bad |= json_object_set_new(o, "density", ew_json_vector(v + 3, order));
    bad |= json_object_set_new(o, "gaussian_cdf", ew_json_certified(v + 3 + order));
    bad |= json_object_set_new(o, "cdf", ew_json_vector(v + 4 + order, order));
    return ew_command_node(o, bad, NULL);
}

static json_t *points_json(const ew_density_request *r)
{
    slong columns = ew_density_columns(r->density);
    json_t *points = json_array();
    int bad = 0;
    for (slong i = 0; i < r->grid.n && !bad; i++)
        bad |= json_array_append_new(points,
                                     point_json(r->value + i * columns, r->density->order));
    return ew_command_node(points, bad, NULL);
}

static json_t *coefficients_json(const ew_output_density *d, const ew_certified *c)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong k = 1, i = 0; k <= d->order; k++)
        for (slong j = 1; j <= 2 * k && !bad; j++, i++) {
            json_t *o = json_object();
            bad |= json_object_set_new(o, "order", json_integer((json_int_t) k));
            bad |= json_object_set_new(o, "hermite", json_integer((json_int_t) (2 * j)));
            bad |= json_object_set_new(o, "c", ew_json_certified(c + i));
            bad |= json_object_set_new(o, "formula", json_string(d->formula[i]));
            bad |= json_array_append_new(list, o);
        }
    return ew_command_node(list, bad, NULL);
}

static json_t *orders_json(const ew_density_request *r, const ew_certified *size)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong k = 0; k < r->density->order; k++) {
        const ew_density_sign *s = &r->sign[k];
        json_t *o = json_object();
        bad |= json_object_set_new(o, "order", json_integer((json_int_t) k + 1));
        bad |= json_object_set_new(o, "size", ew_json_certified(size + k));
        bad |= json_object_set_new(o, "positive",
                                   s->decided ? json_boolean(s->n == 0) : json_null());
        bad |= json_array_append_new(list, o);
    }
    return ew_command_node(list, bad, NULL);
}

static int add_intervals(json_t *list, slong order, const ew_density_sign *s)
{
    int bad = 0;
    for (slong i = 0; i < s->n; i += 2) {
        int bounded = i + 1 < s->n;
        json_t *o = json_object();
        bad |= json_object_set_new(o, "order", json_integer((json_int_t) order));
        bad |= json_object_set_new(o, "from", ew_json_certified(s->end + i));
        bad |= json_object_set_new(o, "to",
                                   bounded ? ew_json_certified(s->end + i + 1) : json_null());
        bad |= json_array_append_new(list, o);
    }
    return bad;
}

static json_t *negative_json(const ew_density_request *r)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong k = 0; k < r->density->order; k++)
        bad |= add_intervals(list, k + 1, &r->sign[k]);
    return ew_command_node(list, bad, NULL);
}

static json_t *cumulants_json(const ew_certified *kappa, slong n)
{
    json_t *o = json_object();
    int bad = 0;
    for (slong j = 1; j <= n; j++) {
        char *key = ew_format(NULL, "%ld", (long) (2 * j));
        bad |= !key || json_object_set_new(o, key, ew_json_certified(kappa + j - 1));
        free(key);
    }
    return ew_command_node(o, bad, NULL);
}

static json_t *result_json(const ew_density_request *r, ew_context *ctx)
{
    const ew_output_density *d = r->density;
    const ew_certified *kappa = r->number + 1, *c = kappa + d->order + 1;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "n", json_integer((json_int_t) d->width));
    bad |= json_object_set_new(o, "K", ew_json_certified(r->number));
    bad |= json_object_set_new(o, "cumulants", cumulants_json(kappa, d->order + 1));
    bad |= ew_density_put_sample(o, r);
    bad |= json_object_set_new(o, "points", points_json(r));
    bad |= json_object_set_new(o, "coefficients", coefficients_json(d, c));
    bad |= json_object_set_new(o, "orders", orders_json(r, c + d->terms));
    bad |= json_object_set_new(o, "negative", negative_json(r));
    if (d->net->depth > 1)
        bad |= json_object_set_new(o, "method", json_string(ew_evaluator_method(d->run->E)));
    return ew_command_node(o, bad, ctx);
}

static json_t *network_json(const ew_density_request *r, const ew_network *net, ew_context *ctx)
{
    json_t *o = ew_command_expansion(r->setup, net, r->density->order, ctx);
    return o ? ew_command_node(o, ew_density_put_sampling(o, r), ctx) : NULL;
}

/* ---- the command --------------------------------------------------------------------------
 */

static void clear(ew_density_request *r)
{
    slong order = r->density ? r->density->order : 0;
    for (slong k = 0; r->sign && k < order; k++)
        ew_density_sign_clear(&r->sign[k]);
    free(r->sign);
    if (r->density) {
        ew_certified_free(r->number, ew_density_numbers(r->density));
        ew_certified_free(r->value, r->grid.n * ew_density_columns(r->density));
    }
    ew_comparison_free(r->compared);
    ew_keep_free(r->keep);
    ew_density_free(r->density);
    ew_scalars_clear(&r->points);
    ew_scalars_clear(&r->from);
    ew_scalars_clear(&r->to);
    ew_setup_free(r->setup);
}

static ew_status prepare(ew_density_request *r, const ew_network *net, const char *plot,
                         ew_context *ctx)
{
    ew_status status = plot ? ew_plot_check(plot, ctx) : EW_OK;
    if (status == EW_OK)
        status = read_grid(r, net, ctx);
    if (status == EW_OK)
        status = ew_density_sampling(r, net, ctx);
    if (status == EW_OK)
        status =
            ew_setup_able(&r->setup, net, EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL, ctx);
    if (status == EW_OK && r->setup->residual && r->sampling.samples > 0)
        status = ew_fail(ctx, EW_UNABLE, "samples: not of residual networks");
    if (status == EW_OK)
        status = ew_density_new(&r->density, &r->setup->net,
                                ew_network_integer(net, "order", 1), r->setup->method, ctx);
    return status;
}

/* Samples alone; the rest is for who merges them. */
static ew_status draw_share(ew_result **res, ew_density_request *r, const ew_network *net,
                            ew_context *ctx)
{
    ew_status status = ew_density_sample(r, net, ctx);
    return status == EW_OK ? ew_keep_result(res, r->keep, ctx) : status;
}

static ew_status finish(ew_result **res, ew_density_request *r, const ew_network *net,
                        const char *plot, ew_context *ctx)
{
    ew_status status = solve(r, r->setup->digits, ctx);
    if (status == EW_OK)
        status = ew_density_sample(r, net, ctx);
    if (status == EW_OK && plot)
        status = ew_density_plot(plot, r, ctx);
    return status == EW_OK ? ew_command_end(res, "density", network_json(r, net, ctx),
                                            result_json(r, ctx), ctx)
                           : status;
}

ew_status ew_density(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_density_request r = {0};
    ew_status status = ew_command_begin(res, net, ctx);
    const char *plot = status == EW_OK ? ew_network_get(net, "plot") : NULL;
    if (status == EW_OK)
        status = prepare(&r, net, plot, ctx);
    if (status == EW_OK)
        status = ew_keep_new(&r.keep, "density", net, network_json(&r, net, ctx), ctx);
    if (status == EW_OK && ew_network_get(net, "shard"))
        status = draw_share(res, &r, net, ctx);
    else if (status == EW_OK)
        status = finish(res, &r, net, plot, ctx);
    clear(&r);
    return status;
}
