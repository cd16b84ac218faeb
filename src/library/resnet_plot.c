/* The figure of the resnet command: the critical beta over the Hurst index. */
#include <stdlib.h>

#include "emit/plot.h"
#include "library/resnet.h"

#define LINE 99 /* points of the predicted line, H = 0.01 .. 0.99 */

typedef struct {
    double line_x[LINE], line_y[LINE];
    double *x, *y, *se; /* [points] */
    ew_plot_curve curve[2];
    ew_plot_panel panel;
} drawing;

/* The points from `first` on that have the same form: their number. */
static slong same_form(const ew_resnet_point *point, slong points, slong first)
{
    slong n = 1;
    while (first + n < points && point[first + n].form == point[first].form)
        n++;
    return n;
}

static ew_status draw_form(drawing *d, const ew_resnet_point *point, slong n, int odd,
                           ew_context *ctx)
{
    d->x = ew_alloc(3 * (size_t) n * sizeof *d->x, ctx);
    if (!d->x)
        return EW_MEMORY;
    d->y = d->x + n;
    d->se = d->y + n;
    for (slong i = 0; i < n; i++) {
        d->x[i] = point[i].hurst;
        d->y[i] = point[i].beta.mean;
        d->se[i] = point[i].beta.se;
    }
    for (int i = 0; i < LINE; i++) {
        d->line_x[i] = (i + 1) / (double) (LINE + 1);
        d->line_y[i] = ew_resnet_predicted(point->form, odd, d->line_x[i]);
    }
    d->curve[0] = (ew_plot_curve){
        .label = "expected", .style = EW_PLOT_LINE, .n = LINE, .x = d->line_x, .y = d->line_y};
    d->curve[1] = (ew_plot_curve){.label = "measured",
                                  .style = EW_PLOT_POINTS,
                                  .colour = 1,
                                  .n = (size_t) n,
                                  .x = d->x,
                                  .y = d->y,
                                  .error = d->se};
    d->panel =
        (ew_plot_panel){.title = point->form == EW_DEEP_TWO ? "h' = h + L^-\xce\xb2 V s(W h)"
                                                            : "h' = h + L^-\xce\xb2 V s(h)",
                        .x_label = "Hurst index of the weights in depth",
                        .y_label = "critical \xce\xb2",
                        .curves = 2,
                        .curve = d->curve};
    return EW_OK;
}

ew_status ew_resnet_plot(const char *path, const ew_resnet_point *point, slong points,
                         const ew_activation *s, ew_context *ctx)
{
    drawing d[2] = {{.x = NULL}};
    ew_plot_panel panel[2];
    size_t panels = 0;
    ew_status status = EW_OK;
    for (slong i = 0; i < points && status == EW_OK;) {
        slong n = same_form(point, points, i);
        status = draw_form(&d[panels], point + i, n, s->parity == EW_PARITY_ODD, ctx);
        panel[panels] = d[panels].panel;
        panels++;
        i += n;
    }
    char *title = ew_format(ctx, "%.60s: weights correlated in depth", s->text);
    if (status == EW_OK && !title)
        status = EW_MEMORY;
    if (status == EW_OK) {
        ew_plot_figure figure = {
            .title = title, .columns = panels, .panels = panels, .panel = panel};
        status = ew_plot_write(path, &figure, ctx);
    }
    free(title);
    free(d[0].x);
    free(d[1].x);
    return status;
}
