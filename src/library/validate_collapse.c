/* The L/n law in the figure of the validate command. */
#include "library/validate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Widths told apart by colour. */
#define MOST_WIDTHS 7

struct ew_collapse {
    const ew_validation *v;
    slong of, widths; /* V's number; widths drawn */
    double *x, *se;   /* [(i * layers + l)] */
    double *y;        /* the same; then the predictions */
    char **label;     /* [widths] */
    ew_plot_curve *curve;
    ew_plot_panel panel;
};

static slong width_at(const ew_collapse *c, slong i)
{
    return c->widths < 2 ? 0 : i * (c->v->widths - 1) / (c->widths - 1);
}

static void fill(ew_collapse *c)
{
    const ew_validation *v = c->v;
    for (slong i = 0; i < c->widths; i++)
        for (slong l = 0; l < v->layers; l++) {
            slong w = width_at(c, i), at = i * v->layers + l;
            double n = (double) v->width[w], unit = v->collapsed[l] / n;
            ew_estimate e = v->point[(w * v->layers + l) * v->quantities + c->of];
            c->x[at] = (double) (v->layer[l] - v->first) / n;
            c->y[at] = e.mean * unit;
            c->se[at] = e.se * unit;
        }
}

/* The series at each width drawn.  That these are one curve, the law says: at criticality. */
static void predict(ew_collapse *c)
{
    const ew_validation *v = c->v;
    slong n = c->widths * v->layers;
    for (slong i = 0; i < c->widths; i++)
        for (slong l = 0; l < v->layers; l++) {
            double width = (double) v->width[width_at(c, i)];
            c->y[n + i * v->layers + l] =
                v->collapsed[l] / width *
                ew_validation_sum(v, l, c->of, v->given[c->of], 1 / width);
        }
}

static int all_positive(const ew_collapse *c)
{
    for (slong i = 0; i < c->widths * c->v->layers; i++)
        if (!(c->y[i] - c->se[i] > 0) && !isnan(c->y[i]))
            return 0;
    return 1;
}

static ew_status arrange(ew_collapse *c, ew_context *ctx)
{
    const ew_validation *v = c->v;
    for (slong i = 0; i < c->widths; i++) {
        c->label[i] = ew_format(ctx, "n = %lu", (unsigned long) v->width[width_at(c, i)]);
        if (!c->label[i])
            return EW_MEMORY;
        slong at = i * v->layers;
        c->curve[c->widths + i] = (ew_plot_curve){.label = c->label[i],
                                                  .style = EW_PLOT_POINTS,
                                                  .colour = (int) (c->widths - i) - 1,
                                                  .n = (size_t) v->layers,
                                                  .x = c->x + at,
                                                  .y = c->y + at,
                                                  .error = c->se + at};
        c->curve[i] = c->curve[c->widths + i];
        c->curve[i].label = NULL;
        c->curve[i].style = EW_PLOT_LINE;
        c->curve[i].y += c->widths * v->layers;
        c->curve[i].error = NULL;
    }
    int log = all_positive(c);
    c->panel = (ew_plot_panel){.title = "L/n law: one curve for all widths",
                               .x_label = v->first ? "hidden layers / n" : "blocks / n",
                               .y_label = "variance of the kernel / K\xc2\xb2",
                               .x_log = log,
                               .y_log = log,
                               .curves = 2 * (size_t) c->widths,
                               .curve = c->curve};
    return EW_OK;
}

static slong number_of(const ew_validation *v, const char *quantity)
{
    slong q = v->quantities - 1;
    while (q >= 0 && strcmp(v->quantity[2 * q], quantity) != 0)
        q--;
    return q;
}

ew_status ew_collapse_new(ew_collapse **out, const ew_validation *v, ew_context *ctx)
{
    slong of = number_of(v, "V");
    *out = NULL;
    if (!v->collapsed || of < 0)
        return EW_OK;
    ew_collapse *c = *out = ew_alloc_zero(1, sizeof *c, ctx);
    if (!c)
        return EW_MEMORY;
    c->v = v;
    c->of = of;
    c->widths = v->widths < MOST_WIDTHS ? v->widths : MOST_WIDTHS;
    size_t values = (size_t) (c->widths * v->layers);
    c->x = ew_alloc_zero(values, sizeof *c->x, ctx);
    c->y = ew_alloc_zero(2 * values, sizeof *c->y, ctx);
    c->se = ew_alloc_zero(values, sizeof *c->se, ctx);
    c->label = ew_alloc_zero((size_t) c->widths, sizeof *c->label, ctx);
    c->curve = ew_alloc_zero(2 * (size_t) c->widths, sizeof *c->curve, ctx);
    if (!c->x || !c->y || !c->se || !c->label || !c->curve)
        return EW_MEMORY;
    fill(c);
    predict(c);
    return arrange(c, ctx);
}

const ew_plot_panel *ew_collapse_panel(const ew_collapse *c)
{
    return &c->panel;
}

void ew_collapse_free(ew_collapse *c)
{
    if (!c)
        return;
    for (slong i = 0; c->label && i < c->widths; i++)
        free(c->label[i]);
    free(c->label);
    free(c->x);
    free(c->y);
    free(c->se);
    free(c->curve);
    free(c);
}
