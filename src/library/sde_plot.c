/* The figure of sde: densities, with histograms of paths. */
#include <math.h>
#include <stdlib.h>

#include "emit/plot.h"
#include "library/sde_law.h"

#define POINTS 301
#define BARS 40

/* One panel's numbers. */
typedef struct {
    double x[POINTS], y[POINTS];
    double middle[BARS], height[BARS], error[BARS];
    ew_plot_curve curve[3];
    size_t curves;
} drawing;

/* From where to where: correlations, or the logarithm of what is positive. */
static void range(double *low, double *high, const ew_sde_scalar *s, int rho)
{
    *low = -1;
    *high = 1;
    if (rho)
        return;
    double kept = s->law ? 1 - s->law->law->exploded : 1;
    double a = s->law ? ew_marginal_quantile(s->law, 0.05 * kept) : s->summary.quantile[0];
    double b = s->law ? ew_marginal_quantile(s->law, 0.95 * kept)
                      : s->summary.quantile[EW_SUMMARY_LEVELS - 1];
    *low = log(a) - 0.4 * log(b / a);
    *high = log(b) + 0.4 * log(b / a);
}

static void set_density(drawing *d, const ew_sde_scalar *s, int rho, double low, double high)
{
    for (int i = 0; i < POINTS; i++) {
        double u = low + (high - low) * (i + 0.5) / POINTS;
        d->x[i] = rho ? u : exp(u);
        d->y[i] = ew_marginal_density(s->law, d->x[i]) * (rho ? 1 : d->x[i]);
    }
    d->curve[d->curves++] = (ew_plot_curve){.label = "Fokker-Planck",
                                            .style = EW_PLOT_LINE,
                                            .colour = 1,
                                            .n = POINTS,
                                            .x = d->x,
                                            .y = d->y};
}

static void set_histogram(drawing *d, const ew_sde_scalar *s, uint64_t paths, int rho,
                          double low, double high)
{
    double width = (high - low) / BARS, n = (double) paths;
    double count[BARS] = {0};
    for (uint64_t i = 0; i < s->summary.n; i++) {
        double at = ((rho ? s->path[i] : log(s->path[i])) - low) / width;
        if (at >= 0 && at < BARS)
            count[(int) at]++;
    }
    for (int i = 0; i < BARS; i++) {
        double p = count[i] / n;
        double u = low + (i + 0.5) * width;
        d->middle[i] = rho ? u : exp(u);
        d->height[i] = p / width;
        d->error[i] = sqrt(p * (1 - p) / n) / width;
    }
    ew_plot_curve c = {.label = "paths",
                       .style = EW_PLOT_POINTS,
                       .colour = 6,
                       .n = BARS,
                       .x = d->middle,
                       .y = d->height,
                       .error = d->error};
    d->curve[d->curves++] = c;
}

ew_status ew_sde_laws_plot(const ew_sde_laws *l, ew_context *ctx)
{
    drawing *d = ew_alloc_zero((size_t) l->scalars, sizeof *d, ctx);
    ew_plot_panel *panel = ew_alloc_zero((size_t) l->scalars, sizeof *panel, ctx);
    char *title = ew_format(ctx, "The limit at t = %g", l->time);
    size_t panels = 0;
    ew_status status = d && panel && title ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < l->scalars && status == EW_OK; i++) {
        const ew_sde_scalar *s = l->scalar + i;
        double low, high;
        if (!s->law && !s->path)
            continue;
        int rho = s->name[0] == 'r';
        range(&low, &high, s, rho);
        if (s->path)
            set_histogram(d + i, s, l->ensemble->paths, rho, low, high);
        if (s->law)
            set_density(d + i, s, rho, low, high);
        panel[panels++] =
            (ew_plot_panel){.x_label = s->name,
                            .y_label = rho ? "density" : "density of the logarithm",
                            .x_log = !rho,
                            .curves = d[i].curves,
                            .curve = d[i].curve};
    }
    if (status == EW_OK) {
        ew_plot_figure figure = {title, panels < 2 ? 1 : 2, panels, panel};
        status = ew_plot_write(l->plot, &figure, ctx);
    }
    free(title);
    free(panel);
    free(d);
    return status;
}
