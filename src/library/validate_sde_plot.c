/* The figure of validate --limit sde. */
#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"
#include "library/validate_sde.h"

#define POINTS 301
#define BARS 30
/* Histograms in a panel: of the narrowest and the widest networks. */
#define SHOWN 2

typedef struct {
    double x[POINTS], y[POINTS];
    double middle[BARS], height[SHOWN][BARS], error[SHOWN][BARS];
    ew_plot_curve curve[1 + SHOWN];
    size_t curves;
} drawing;

typedef struct {
    const ew_sde_validation *v;
    drawing *law;    /* [statistics] */
    double *width;   /* [widths] */
    double noise[2]; /* the critical distance, across */
    double ends[2];
    char *label[SHOWN];
    ew_plot_curve *distance; /* [statistics + 1] */
    ew_plot_panel *panel;    /* [statistics + 1] */
} figure;

/* Correlations as they are; what is positive by its logarithm, from low to high. */
static void set_density(drawing *d, const ew_sde_statistic *s, int rho, double low, double high,
                        const char *label)
{
    for (int i = 0; i < POINTS; i++) {
        double u = low + (high - low) * (i + 0.5) / POINTS;
        d->x[i] = rho ? u : exp(u);
        d->y[i] = ew_sde_statistic_density(s, d->x[i]) * (rho ? 1 : d->x[i]);
    }
    if (s->marginal)
        d->curve[d->curves++] = (ew_plot_curve){.label = label,
                                                .style = EW_PLOT_LINE,
                                                .colour = 0,
                                                .n = POINTS,
                                                .x = d->x,
                                                .y = d->y};
}

static void set_histogram(drawing *d, int which, const double *x, uint64_t n, int rho,
                          double low, double high, const char *label)
{
    double width = (high - low) / BARS, count[BARS] = {0};
    for (uint64_t i = 0; i < n; i++) {
        double at = ((rho ? x[i] : log(x[i])) - low) / width;
        if (at >= 0 && at < BARS)
            count[(int) at]++;
    }
    for (int i = 0; i < BARS; i++) {
        double p = count[i] / (double) n;
        double u = low + (i + 0.5) * width;
        d->middle[i] = rho ? u : exp(u);
        d->height[which][i] = p / width;
        d->error[which][i] = sqrt(p * (1 - p) / (double) n) / width;
    }
    d->curve[d->curves++] = (ew_plot_curve){.label = label,
                                            .style = EW_PLOT_POINTS,
                                            .colour = which ? 6 : 1,
                                            .n = BARS,
                                            .x = d->middle,
                                            .y = d->height[which],
                                            .error = d->error[which]};
}

static void set_law(figure *f, slong s)
{
    const ew_sde_validation *v = f->v;
    const ew_sde_statistic *of = v->statistic + s;
    int rho = s == 1;
    double low = rho ? -1 : log(of->quantile[0]), high = rho ? 1 : log(of->quantile[4]);
    double more = rho ? 0 : 0.4 * (high - low);
    int labelled = s == v->statistics - 1;
    low -= more;
    high += more;
    for (int k = 0; k < SHOWN; k++)
        set_histogram(f->law + s, k, v->sample[s * v->widths + (k ? v->widths - 1 : 0)],
                      v->samples, rho, low, high, labelled ? f->label[k] : NULL);
    set_density(f->law + s, of, rho, low, high, labelled ? "limit" : NULL);
    f->panel[s] = (ew_plot_panel){.x_label = of->name,
                                  .y_label = rho ? "density" : "density of the logarithm",
                                  .x_log = !rho,
                                  .curves = f->law[s].curves,
                                  .curve = f->law[s].curve};
}

static void set_distances(figure *f)
{
    const ew_sde_validation *v = f->v;
    slong n = v->statistics;
    for (slong w = 0; w < v->widths; w++)
        f->width[w] = (double) v->width[w];
    for (slong s = 0; s < n; s++)
        f->distance[s] = (ew_plot_curve){.label = v->statistic[s].name,
                                         .style = EW_PLOT_POINTS,
                                         .colour = s ? 6 : 1,
                                         .n = (size_t) v->widths,
                                         .x = f->width,
                                         .y = v->distance + s * v->widths};
    f->ends[0] = f->width[0] / 2;
    f->ends[1] = f->width[v->widths - 1] * 2;
    f->noise[0] = f->noise[1] = v->critical;
    f->distance[n] = (ew_plot_curve){.label = "1% level",
                                     .style = EW_PLOT_DASHED,
                                     .colour = 0,
                                     .n = 2,
                                     .x = f->ends,
                                     .y = f->noise};
    f->panel[n] = (ew_plot_panel){.x_label = "width n",
                                  .y_label = "Kolmogorov-Smirnov distance",
                                  .x_log = 1,
                                  .y_log = 1,
                                  .curves = (size_t) n + 1,
                                  .curve = f->distance};
}

static ew_status allocate(figure *f, ew_context *ctx)
{
    const ew_sde_validation *v = f->v;
    size_t n = (size_t) v->statistics;
    f->law = ew_alloc_zero(n, sizeof *f->law, ctx);
    f->width = ew_alloc_zero((size_t) v->widths, sizeof *f->width, ctx);
    f->distance = ew_alloc_zero(n + 1, sizeof *f->distance, ctx);
    f->panel = ew_alloc_zero(n + 1, sizeof *f->panel, ctx);
    for (int k = 0; k < SHOWN; k++) {
        slong w = k ? v->widths - 1 : 0;
        f->label[k] =
            ew_format(ctx, "n = %lu, L = %ld", (unsigned long) v->width[w], (long) v->depth[w]);
    }
    return f->law && f->width && f->distance && f->panel && f->label[0] && f->label[1]
               ? EW_OK
               : EW_MEMORY;
}

ew_status ew_validate_sde_plot(const char *path, const ew_sde_validation *v, const char *what,
                               ew_context *ctx)
{
    figure f = {.v = v};
    char *title = ew_format(ctx, "Networks of %.60s, L = 1 + T n, T = %g, and their limit",
                            what, v->time);
    ew_status status = title ? allocate(&f, ctx) : EW_MEMORY;
    if (status == EW_OK) {
        for (slong s = 0; s < v->statistics; s++)
            set_law(&f, s);
        set_distances(&f);
        ew_plot_figure drawn = {title, 2, (size_t) v->statistics + 1, f.panel};
        status = ew_plot_write(path, &drawn, ctx);
    }
    free(title);
    free(f.law);
    free(f.width);
    free(f.distance);
    free(f.panel);
    for (int k = 0; k < SHOWN; k++)
        free(f.label[k]);
    return status;
}
