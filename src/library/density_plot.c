/* The figure of the density command. */
#include "library/density.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"

#define POINTS 401
#define DIGITS 9
#define SAMPLE_COLOUR 6

/* Columns of doubles, each of POINTS: x, then those of ew_density_at's table that are drawn. */
typedef struct {
    slong order;
    double *x, *gaussian, *density, *difference;
    char **label; /* [order + 1] */
    slong bars;   /* bounded cells of the histogram; 0: none */
    double *middle, *height, *error, *excess, *excess_error;
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

/* The histogram as a density, and n times what the shares exceed the Gaussian ones by. */
static ew_status set_bars(drawing *w, const ew_comparison *c, ulong width, ew_context *ctx)
{
    const ew_histogram *h = c->sampled;
    slong n = w->bars = h->cells - 2;
    double total = (double) h->samples;
    w->middle = ew_alloc(5 * (size_t) n * sizeof(double), ctx);
    if (!w->middle)
        return EW_MEMORY;
    w->height = w->middle + n;
    w->error = w->height + n;
    w->excess = w->error + n;
    w->excess_error = w->excess + n;
    for (slong i = 0; i < n; i++) {
        double size = h->edge[i + 1] - h->edge[i], scale = (double) width / size;
        double share = (double) h->count[i + 1] / total;
        w->middle[i] = (h->edge[i + 1] + h->edge[i]) / 2;
        w->height[i] = share / size;
        w->error[i] = sqrt(share * (1 - share) / total) / size;
        w->excess[i] = scale * (h->share[i + 1].mean - c->expected[i + 1]);
        w->excess_error[i] = scale * h->share[i + 1].se;
    }
    return EW_OK;
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
    if (status == EW_OK && r->compared)
        status = set_bars(w, r->compared, d->width, ctx);
    ew_certified_free(value, POINTS * ew_density_columns(d));
    return status;
}

static void close_drawing(drawing *w)
{
    for (slong k = 0; w->label && k <= w->order; k++)
        free(w->label[k]);
    free(w->label);
    free(w->middle);
    free(w->x);
}

/* Curves of a panel; returns how many.  The key is in the first panel. */
static size_t add_lines(ew_plot_curve *curve, const drawing *w, const double *y, int labelled)
{
    for (slong k = 0; k < w->order; k++)
        curve[k] = (ew_plot_curve){.label = labelled ? w->label[k + 1] : NULL,
                                   .style = EW_PLOT_LINE,
                                   .colour = (int) k + 1,
                                   .n = POINTS,
                                   .x = w->x,
                                   .y = y + k * POINTS};
    return (size_t) w->order;
}

static size_t add_bars(ew_plot_curve *curve, const drawing *w, int steps)
{
    const char *label =
        steps ? "sample, with counting errors" : "sample, given the layer below";
    size_t n = 0;
    if (w->bars == 0)
        return 0;
    if (steps)
        curve[n++] = (ew_plot_curve){.style = EW_PLOT_STEPS,
                                     .colour = SAMPLE_COLOUR,
                                     .n = (size_t) w->bars,
                                     .x = w->middle,
                                     .y = w->height};
    curve[n++] = (ew_plot_curve){.label = label,
                                 .style = EW_PLOT_POINTS,
                                 .colour = SAMPLE_COLOUR,
                                 .n = (size_t) w->bars,
                                 .x = w->middle,
                                 .y = steps ? w->height : w->excess,
                                 .error = steps ? w->error : w->excess_error};
    return n;
}

static ew_status draw(const char *path, const drawing *w, const char *title, ew_context *ctx)
{
    size_t n = (size_t) w->order, first, second;
    ew_plot_curve *curve = ew_alloc((2 * n + 4) * sizeof *curve, ctx);
    if (!curve)
        return EW_MEMORY;
    first = add_bars(curve, w, 1);
    curve[first++] =
        (ew_plot_curve){w->label[0], EW_PLOT_DASHED, 0, POINTS, w->x, w->gaussian, NULL};
    first += add_lines(curve + first, w, w->density, 1);
    second = add_bars(curve + first, w, 0);
    second += add_lines(curve + first + second, w, w->difference, 0);
    ew_plot_panel panel[2] = {{NULL, NULL, "density", 0, 0, first, curve},
                              {NULL, "output x", "n (density \xe2\x88\x92 Gaussian)", 0, 0,
                               second, curve + first}};
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
