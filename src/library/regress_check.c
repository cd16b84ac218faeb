/* Trained networks of several widths: the option check-widths of the regress command. */
#include "library/regress.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"
#include "library/command.h"

#define SAMPLES 16

ew_status ew_regress_check_able(const ew_regress_request *r, const ew_network *net,
                                ew_context *ctx)
{
    static const char *const idle[] = {"samples", "seed"};
    for (size_t i = 0; i < 2; i++)
        if (ew_network_get(net, idle[i]) && !ew_network_get(net, "check-widths"))
            return ew_fail(ctx, EW_USAGE, "%s: only with check-widths", idle[i]);
    if (!ew_network_get(net, "check-widths"))
        return EW_OK;
    if (!ew_network_get(net, "inputs"))
        return ew_fail(ctx, EW_USAGE, "check-widths: inputs are needed");
    if (r->opt.robust)
        return ew_fail(ctx, EW_UNABLE, "check-widths: not with robust training");
    for (slong i = 0; i < r->opt.times; i++)
        if (r->limit[i])
            return ew_fail(ctx, EW_USAGE,
                           "check-widths: networks are trained for finite times, see time");
    return EW_OK;
}

/* All points as doubles, rescaled where they are to be. */
static double *points(const ew_regress_request *r, const ew_network *net, slong all,
                      ew_context *ctx)
{
    slong d = ew_regress_columns(r), train = r->opt.train;
    double *x = ew_alloc((size_t) (all * d) * sizeof *x, ctx);
    for (slong i = 0; x && i < all; i++) {
        int test = i >= train;
        double square = 0;
        for (slong c = 0; c < d; c++) {
            x[i * d + c] = ew_regress_coordinate(r, test, test ? i - train : i, c);
            square += x[i * d + c] * x[i * d + c] / (double) d;
        }
        for (slong c = 0; c < d && ew_network_get(net, "normalize"); c++)
            x[i * d + c] /= sqrt(square);
    }
    return x;
}

ew_status ew_regress_check_networks(ew_regress_request *r, const ew_network *net,
                                    ew_context *ctx)
{
    ew_regress_check_options opt = {.samples = ew_network_unsigned(net, "samples", SAMPLES),
                                    .seed = ew_network_unsigned(net, "seed", 0),
                                    .ntk = r->opt.ntk,
                                    .coordinates = (size_t) ew_regress_columns(r),
                                    .times = r->opt.times};
    uint64_t *width = NULL;
    double *x = NULL;
    double *time = ew_alloc_zero((size_t) r->opt.times, sizeof *time, ctx);
    ew_status status =
        time ? ew_command_list(&width, &opt.widths, net, "check-widths", ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_regress_fill(r, net, ctx);
    if (status == EW_OK && !(x = points(r, net, (slong) r->flow.all, ctx)))
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < opt.times; i++)
        time[i] = r->at[i] / (r->opt.mean_loss ? (double) r->opt.train : 1);
    opt.width = width;
    opt.x = x;
    opt.time = time;
    if (status == EW_OK)
        status = ew_regress_check_run(&r->check, &r->flow, &r->setup->net, &opt, ctx);
    free(width);
    free(x);
    free(time);
    return status;
}

static json_t *rows_json(const ew_regress_check *c)
{
    json_t *rows = json_array();
    int bad = 0;
    for (slong w = 0; w < c->widths && !bad; w++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "width", json_integer((json_int_t) c->width[w]));
        bad |= json_object_set_new(o, "rms", ew_json_real(c->rms[w]));
        bad |= json_object_set_new(o, "se", ew_json_real(c->se[w]));
        bad |= json_array_append_new(rows, o);
    }
    return ew_command_node(rows, bad, NULL);
}

int ew_regress_put_check(json_t *o, const ew_regress_check *c)
{
    int bad = json_object_set_new(o, "check", rows_json(c));
    bad |= json_object_set_new(o, "check_samples", ew_json_unsigned(c->samples));
    bad |= json_object_set_new(o, "check_seed", ew_json_unsigned(c->seed));
    bad |= json_object_set_new(o, "check_steps", json_integer((json_int_t) c->steps));
    bad |= json_object_set_new(o, "exponent", ew_json_sampled(c->rate.exponent, c->rate.se));
    bad |= json_object_set_new(o, "verdict", json_string(ew_decay_name(c->verdict)));
    return bad;
}

/* ---- the figure ---- */

/* Room left and right of the points. */
#define MARGIN 1.2

/* The slope of theory through the widest networks' point, and the points. */
static ew_status draw(const char *path, const ew_regress_check *c, const char *name,
                      const char *label, double *x, ew_context *ctx)
{
    size_t n = (size_t) c->widths;
    for (size_t w = 0; w < n; w++)
        x[w] = (double) c->width[w];
    double end[2] = {x[0] / MARGIN, x[n - 1] * MARGIN};
    double slope[2] = {c->rms[n - 1] * sqrt(x[n - 1] / end[0]), c->rms[n - 1] / sqrt(MARGIN)};
    ew_plot_curve curve[2] = {{"n^-1/2", EW_PLOT_DASHED, 2, 2, end, slope, NULL},
                              {label, EW_PLOT_POINTS, 1, n, x, c->rms, c->se}};
    ew_plot_panel panel = {.x_label = "width n",
                           .y_label = "trained network less linear flow, RMS",
                           .x_log = 1,
                           .y_log = 1,
                           .curves = 2,
                           .curve = curve};
    ew_plot_figure figure = {name, 1, 1, &panel};
    return ew_plot_write(path, &figure, ctx);
}

ew_status ew_regress_check_plot(const char *path, const ew_regress_request *r, ew_context *ctx)
{
    const ew_regress_check *c = r->check;
    char *name = ew_format(ctx, "%.60s networks, %ld layers, trained by gradient descent",
                           r->setup->net.activation->text, (long) r->setup->net.depth);
    unsigned long samples = (unsigned long) c->samples;
    char *label = isfinite(c->rate.exponent)
                      ? ew_format(ctx, "%lu networks a width: n^%.2f \xc2\xb1 %.2f", samples,
                                  c->rate.exponent, c->rate.se)
                      : ew_format(ctx, "%lu networks a width", samples);
    double *room = ew_alloc((size_t) c->widths * sizeof *room, ctx);
    ew_status status =
        name && label && room ? draw(path, c, name, label, room, ctx) : EW_MEMORY;
    free(name);
    free(label);
    free(room);
    return status;
}
