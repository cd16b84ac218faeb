/* The figure of the density command. */
#include "library/density.h"

#include <stdlib.h>

#include "emit/plot.h"

#define POINTS 401
#define DIGITS 9

/* Columns of doubles, each of POINTS: x, then those of ew_density_at's table that are drawn. */
typedef struct {
    slong order;
    double *x, *gaussian, *density, *difference;
    char **label; /* [order + 1] */
} drawing;

static void fill(drawing *w, const ew_certified *v, slong columns, ulong width)
{
    for (slong i = 0; i < POINTS; i++, v += columns) {
        w->x[i] = ew_certified_double(v + 1);
        w->gaussian[i] = ew_certified_double(v + 2);
        for (slong k = 0; k < w->order; k++) {
            double p = ew_certified_double(v + 3 + k);
            w->density[k * POINTS + i] = p;
            w->difference[k * POINTS + i] = (double) width * (p - w->gaussian[i]);
        }
    }
}

static ew_status set_labels(drawing *w, ew_context *ctx)
{
    w->label = ew_alloc_zero((size_t) w->order + 1, sizeof *w->label, ctx);
    if (!w->label)
        return EW_MEMORY;
    for (slong k = 0; k <= w->order; k++) {
        w->label[k] = k ? ew_format(ctx, "order %ld in 1/n", (long) k)
                        : ew_strdup("Gaussian, n = \xe2\x88\x9e", ctx);
        if (!w->label[k])
            return EW_MEMORY;
    }
    return EW_OK;
}

static ew_status open_drawing(drawing *w, const ew_density_request *r, ew_context *ctx)
{
    ew_output_density *d = r->density;
    const ew_density_grid grid = {POINTS, NULL, r->grid.from, r->grid.to};
    ew_certified *value = NULL;
    w->order = d->order;
    w->x = ew_alloc(sizeof(double) * POINTS * (2 + 2 * (size_t) d->order), ctx);
    if (!w->x)
        return EW_MEMORY;
    w->gaussian = w->x + POINTS;
    w->density = w->gaussian + POINTS;
    w->difference = w->density + d->order * POINTS;
    ew_status status = set_labels(w, ctx);
    if (status == EW_OK)
        status = ew_density_values(&value, d, &grid, DIGITS, ctx);
    if (status == EW_OK)
        fill(w, value, ew_density_columns(d), d->width);
    ew_certified_free(value, POINTS * ew_density_columns(d));
    return status;
}

static void close_drawing(drawing *w)
{
    for (slong k = 0; w->label && k <= w->order; k++)
        free(w->label[k]);
    free(w->label);
    free(w->x);
}

static ew_status draw(const char *path, const drawing *w, const char *title, ew_context *ctx)
{
    size_t n = (size_t) w->order;
    ew_plot_curve *curve = ew_alloc((2 * n + 1) * sizeof *curve, ctx);
    if (!curve)
        return EW_MEMORY;
    curve[0] = (ew_plot_curve){w->label[0], EW_PLOT_DASHED, 0, POINTS, w->x, w->gaussian, NULL};
    for (size_t k = 0; k < n; k++) {
        curve[1 + k] = (ew_plot_curve){.label = w->label[k + 1],
                                       .style = EW_PLOT_LINE,
                                       .colour = (int) k + 1,
                                       .n = POINTS,
                                       .x = w->x,
                                       .y = w->density + k * POINTS};
        curve[1 + n + k] = curve[1 + k];
        curve[1 + n + k].label = NULL;
        curve[1 + n + k].y = w->difference + k * POINTS;
    }
    ew_plot_panel panel[2] = {
        {NULL, NULL, "density", 0, 0, n + 1, curve},
        {NULL, "output x", "n (density \xe2\x88\x92 Gaussian)", 0, 0, n, curve + n + 1}};
    ew_plot_figure figure = {title, 1, 2, panel};
    ew_status status = ew_plot_write(path, &figure, ctx);
    free(curve);
    return status;
}

ew_status ew_density_plot(const char *path, const ew_density_request *r, ew_context *ctx)
{
    drawing w = {0};
    const ew_setting *net = r->density->net;
    char *title = ew_format(ctx, "One output of %.60s, layer %ld, width %lu",
                            net->activation->text, (long) net->depth, net->width[0]);
    ew_status status = title ? open_drawing(&w, r, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = draw(path, &w, title, ctx);
    close_drawing(&w);
    free(title);
    return status;
}
