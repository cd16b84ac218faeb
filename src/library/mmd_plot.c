/* The figure of the mmd command. */
#include "library/mmd.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"

/* Layers drawn: as many as the palette tells apart. */
#define MOST_LAYERS 6
#define POINTS 201
/* Predicted terms are drawn where the last is at most this part of the first. */
#define MOST_MOVE 0.5
/* Room left and right of the points. */
#define MARGIN 1.2

/* Layer by layer: points with errors, scaled and not, and predicted curves. */
typedef struct {
    const ew_mmd_result *m;
    size_t layers, widths;
    double *n, *y, *se, *scaled, *scaled_se; /* [widths], [layer * widths + w] */
    double *x, *leading, *constant, *series; /* [POINTS], [layer * POINTS + i] */
    char **label;
    ew_plot_curve *curve; /* [4 * layers] */
} drawing;

static void fill_points(drawing *d)
{
    for (size_t w = 0; w < d->widths; w++) {
        double n = d->n[w] = (double) d->m->width[w];
        for (size_t l = 0; l < d->layers; l++) {
            ew_estimate e = d->m->point[w * (size_t) d->m->layers + l];
            size_t at = l * d->widths + w;
            d->y[at] = e.mean > 0 ? e.mean : NAN;
            d->se[at] = e.se < e.mean ? e.se : NAN;
            d->scaled[at] = n * n * e.mean;
            d->scaled_se[at] = n * n * e.se;
        }
    }
}

static void fill_curves(drawing *d)
{
    double low = d->n[0] / MARGIN, high = d->n[d->widths - 1] * MARGIN;
    for (size_t i = 0; i < POINTS; i++) {
        double n = d->x[i] = low * pow(high / low, (double) i / (POINTS - 1));
        for (size_t l = 0; l < d->layers; l++) {
            size_t at = l * POINTS + i;
            double c0 = d->m->series
                            ? ew_certified_double(d->m->series + (slong) l * d->m->order)
                            : NAN;
            double all = n * n * ew_mmd_predicted(d->m, (slong) l, n);
            d->constant[at] = c0;
            d->leading[at] = c0 / (n * n);
            d->series[at] = fabs(all - c0) <= MOST_MOVE * fabs(c0) ? all : NAN;
        }
    }
}

static ew_status open_drawing(drawing *d, const ew_mmd_result *m, ew_context *ctx)
{
    d->m = m;
    d->layers = (size_t) (m->layers < MOST_LAYERS ? m->layers : MOST_LAYERS);
    d->widths = (size_t) m->widths;
    size_t points = d->layers * d->widths, lines = d->layers * POINTS;
    d->n = ew_alloc((d->widths + 4 * points + POINTS + 3 * lines) * sizeof(double), ctx);
    d->label = ew_alloc_zero(d->layers, sizeof *d->label, ctx);
    d->curve = ew_alloc(4 * d->layers * sizeof *d->curve, ctx);
    if (!d->n || !d->label || !d->curve)
        return EW_MEMORY;
    d->y = d->n + d->widths;
    d->se = d->y + points;
    d->scaled = d->se + points;
    d->scaled_se = d->scaled + points;
    d->x = d->scaled_se + points;
    d->leading = d->x + POINTS;
    d->constant = d->leading + lines;
    d->series = d->constant + lines;
    for (size_t l = 0; l < d->layers; l++) {
        long hidden = (long) m->layer[l] - 1;
        d->label[l] = ew_format(ctx, "%ld hidden layer%s: n^-%.2f \xc2\xb1 %.2f", hidden,
                                hidden > 1 ? "s" : "", m->rate[l].exponent, m->rate[l].se);
        if (!d->label[l])
            return EW_MEMORY;
    }
    return EW_OK;
}

static void close_drawing(drawing *d)
{
    for (size_t l = 0; d->label && l < d->layers; l++)
        free(d->label[l]);
    free(d->label);
    free(d->n);
    free(d->curve);
}

static void arrange(drawing *d)
{
    ew_plot_curve *above = d->curve, *below = d->curve + 2 * d->layers;
    for (size_t l = 0; l < d->layers; l++) {
        size_t at = l * d->widths, on = l * POINTS;
        int colour = (int) l + 1;
        above[2 * l] =
            (ew_plot_curve){NULL, EW_PLOT_DASHED, colour, POINTS, d->x, d->leading + on, NULL};
        above[2 * l + 1] = (ew_plot_curve){d->label[l], EW_PLOT_POINTS, colour,    d->widths,
                                           d->n,        d->y + at,      d->se + at};
        below[2 * l] =
            (ew_plot_curve){NULL, EW_PLOT_LINE, colour, POINTS, d->x, d->series + on, NULL};
        below[2 * l + 1] = (ew_plot_curve){NULL, EW_PLOT_POINTS, colour,           d->widths,
                                           d->n, d->scaled + at, d->scaled_se + at};
    }
}

ew_status ew_mmd_plot(const char *path, const ew_mmd_result *m, const ew_setting *net,
                      ew_context *ctx)
{
    drawing d = {0};
    char *title =
        ew_format(ctx, "%.60s networks against their Gaussian limit", net->activation->text);
    ew_status status = title ? open_drawing(&d, m, ctx) : EW_MEMORY;
    if (status == EW_OK) {
        fill_points(&d);
        fill_curves(&d);
        arrange(&d);
        size_t curves = 2 * d.layers;
        ew_plot_panel panel[2] = {{.title = m->series ? "dashed: predicted leading term" : NULL,
                                   .x_label = "width n",
                                   .y_label = "MMD\xc2\xb2",
                                   .x_log = 1,
                                   .y_log = 1,
                                   .curves = curves,
                                   .curve = d.curve},
                                  {.title = m->series ? "lines: predicted terms" : NULL,
                                   .x_label = "width n",
                                   .y_label = "n\xc2\xb2 MMD\xc2\xb2",
                                   .x_log = 1,
                                   .curves = curves,
                                   .curve = d.curve + curves}};
        ew_plot_figure figure = {title, 1, 2, panel};
        status = ew_plot_write(path, &figure, ctx);
    }
    close_drawing(&d);
    free(title);
    return status;
}
