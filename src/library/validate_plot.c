/* The figure of the validate command. */
#include "library/validate.h"

#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"

/* Layers in one panel: as many as the palette tells apart. */
#define MOST_LAYERS 7
/* Room for the key, right of the narrowest width. */
#define ROOM 1.45
/* Points of a predicted curve. */
#define STEPS 9
/* Curves of a layer: the series to the highest order predicted and to the one before, and what
 * was measured. */
#define OF_LAYER 3

/* Points of every quantity and layer, and the predicted curves from 1/n = 0 on. */
typedef struct {
    const ew_validation *v;
    slong layers;
    double *x;          /* [widths] */
    double *line_x;     /* [STEPS] */
    double *y, *se;     /* [(q * layers + i) * widths + w] */
    double *line_y;     /* [((q * layers + i) * 2 + k) * STEPS]: k = 1 for the order before */
    char **label;       /* [layers] */
    char **title, **of; /* [q] */
    ew_plot_curve *curve;
    size_t panels; /* of quantities that were measured, and of the L/n law */
    ew_plot_panel *panel;
    ew_collapse *collapse; /* NULL: none */
} drawing;

/* Evenly among the layers checked, the first and last included. */
static slong layer_at(const drawing *d, slong i)
{
    return d->layers < 2 ? 0 : i * (d->v->layers - 1) / (d->layers - 1);
}

double ew_validation_sum(const ew_validation *v, slong l, slong q, int terms, double x)
{
    const double *c = v->series + (l * v->quantities + q) * EW_VALIDATE_TERMS;
    double sum = 0;
    for (int k = terms - 1; k >= 0; k--)
        sum = sum * x + c[k];
    return sum;
}

static void fill(drawing *d)
{
    const ew_validation *v = d->v;
    for (slong w = 0; w < v->widths; w++)
        d->x[w] = 1 / (double) v->width[w];
    for (int s = 0; s < STEPS; s++)
        d->line_x[s] = ROOM * d->x[0] * s / (STEPS - 1);
    for (slong q = 0; q < v->quantities; q++)
        for (slong i = 0; i < d->layers; i++) {
            slong l = layer_at(d, i), at = q * d->layers + i;
            for (slong w = 0; w < v->widths; w++) {
                ew_estimate e = v->point[(w * v->layers + l) * v->quantities + q];
                d->y[at * v->widths + w] = e.mean;
                d->se[at * v->widths + w] = e.se;
            }
            for (int k = 0; k < 2; k++)
                for (int s = 0; s < STEPS; s++)
                    d->line_y[(2 * at + k) * STEPS + s] =
                        ew_validation_sum(v, l, q, v->given[q] - k, d->line_x[s]);
        }
}

/* The orders that the two curves end with. */
static char *title_of(const ew_validation *v, slong q, ew_context *ctx)
{
    slong order = v->entries[q] + v->given[q] - 2;
    return v->given[q] > 1 ? ew_format(ctx, "%s (predicted to order %ld; dashed: %ld)",
                                       v->quantity[2 * q], (long) order, (long) order - 1)
                           : ew_format(ctx, "%s (predicted to order %ld)", v->quantity[2 * q],
                                       (long) order);
}

static ew_status set_texts(drawing *d, ew_context *ctx)
{
    const ew_validation *v = d->v;
    for (slong i = 0; i < d->layers; i++)
        if (!(d->label[i] = ew_format(ctx, "layer %ld", (long) v->layer[layer_at(d, i)])))
            return EW_MEMORY;
    for (slong q = 0; q < v->quantities; q++) {
        d->title[q] = title_of(v, q, ctx);
        d->of[q] = v->entries[q] == 1 ? ew_strdup("mean", ctx)
                   : v->entries[q] == 2
                       ? ew_strdup("n \xc3\x97 second cumulant", ctx)
                       : ew_format(ctx, "n^%ld \xc3\x97 cumulant %ld", (long) v->entries[q] - 1,
                                   (long) v->entries[q]);
        if (!d->title[q] || !d->of[q])
            return EW_MEMORY;
    }
    return EW_OK;
}

static int measured(const ew_validation *v, slong q)
{
    for (slong i = 0; i < v->widths * v->layers; i++)
        if (!isnan(v->point[i * v->quantities + q].mean))
            return 1;
    return 0;
}

/* The key is in the first panel alone: a layer has its colour everywhere. */
static void arrange_layer(const drawing *d, ew_plot_curve *c, slong q, slong i)
{
    const ew_validation *v = d->v;
    slong at = q * d->layers + i;
    for (int k = 0; k < 2; k++)
        c[k] = (ew_plot_curve){.style = k ? EW_PLOT_DASHED : EW_PLOT_LINE,
                               .colour = (int) i,
                               .n = k < v->given[q] ? STEPS : 0,
                               .x = d->line_x,
                               .y = d->line_y + (2 * at + k) * STEPS};
    c[2] = (ew_plot_curve){.label = d->panels ? NULL : d->label[i],
                           .style = EW_PLOT_POINTS,
                           .colour = (int) i,
                           .n = (size_t) v->widths,
                           .x = d->x,
                           .y = d->y + at * v->widths,
                           .error = d->se + at * v->widths};
    if (c[1].n == 0)
        c[1] = c[0];
}

static void arrange(drawing *d)
{
    for (slong q = 0; q < d->v->quantities; q++) {
        ew_plot_curve *c = d->curve + OF_LAYER * q * d->layers;
        if (!measured(d->v, q))
            continue;
        for (slong i = 0; i < d->layers; i++)
            arrange_layer(d, c + OF_LAYER * i, q, i);
        d->panel[d->panels++] = (ew_plot_panel){.title = d->title[q],
                                                .x_label = "1/n",
                                                .y_label = d->of[q],
                                                .curves = OF_LAYER * (size_t) d->layers,
                                                .curve = c};
    }
    if (d->collapse)
        d->panel[d->panels++] = *ew_collapse_panel(d->collapse);
}

static ew_status open_drawing(drawing *d, const ew_validation *v, ew_context *ctx)
{
    d->v = v;
    d->layers = v->layers < MOST_LAYERS ? v->layers : MOST_LAYERS;
    size_t widths = (size_t) v->widths, quantities = (size_t) v->quantities,
           lines = quantities * (size_t) d->layers;
    d->x = ew_alloc((widths + STEPS + 2 * lines * (widths + STEPS)) * sizeof *d->x, ctx);
    d->label = ew_alloc_zero((size_t) d->layers, sizeof *d->label, ctx);
    d->title = ew_alloc_zero(quantities, sizeof *d->title, ctx);
    d->of = ew_alloc_zero(quantities, sizeof *d->of, ctx);
    d->curve = ew_alloc(OF_LAYER * lines * sizeof *d->curve, ctx);
    d->panel = ew_alloc((quantities + 1) * sizeof *d->panel, ctx);
    if (!d->x || !d->label || !d->title || !d->of || !d->curve || !d->panel)
        return EW_MEMORY;
    d->line_x = d->x + widths;
    d->y = d->line_x + STEPS;
    d->se = d->y + lines * widths;
    d->line_y = d->se + lines * widths;
    ew_status status = set_texts(d, ctx);
    return status == EW_OK ? ew_collapse_new(&d->collapse, v, ctx) : status;
}

static void close_drawing(drawing *d)
{
    for (slong i = 0; d->label && i < d->layers; i++)
        free(d->label[i]);
    for (slong q = 0; q < d->v->quantities; q++) {
        free(d->title ? d->title[q] : NULL);
        free(d->of ? d->of[q] : NULL);
    }
    free(d->label);
    free(d->title);
    free(d->of);
    free(d->x);
    free(d->curve);
    free(d->panel);
    ew_collapse_free(d->collapse);
}

ew_status ew_validate_plot(const char *path, const ew_validation *v, const ew_setting *net,
                           ew_context *ctx)
{
    drawing d = {0};
    char *title = ew_format(ctx, "%.60s: measured cumulants against predictions (%s)",
                            net->activation->text, ew_verdict_name(v->verdict));
    ew_status status = open_drawing(&d, v, ctx);
    if (status == EW_OK && title) {
        fill(&d);
        arrange(&d);
        size_t columns = d.panels > 1 ? 2 : 1;
        while (columns * columns < d.panels)
            columns++;
        ew_plot_figure figure = {title, columns, d.panels, d.panel};
        status = ew_plot_write(path, &figure, ctx);
    }
    close_drawing(&d);
    free(title);
    return title ? status : EW_MEMORY;
}
