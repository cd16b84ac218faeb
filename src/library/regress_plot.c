/* The figure of the regress command, in doubles whatever the numbers are. */
#include "library/regress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/plot.h"

#define TIMES 200
#define MOST_CURVES 6 /* of predictions: as many as the palette tells apart */
#define MOST_SPAN 1e12

typedef struct {
    const ew_regress_request *r;
    slong axis;            /* a column of the inputs, or -1 */
    ew_regress_numbers *n; /* [TIMES] spread over the motion, then the last time asked */
    size_t curves;
    double *x, *loss, *expected, *path; /* [TIMES], path [curve][TIMES] */
    char **label;
    ew_plot_curve *losses, *paths, *fit;
    size_t fits;
    size_t *order;                     /* [others]: of their places */
    double *place, *mean, *low, *high; /* [others], in that order */
    double *train_place, *target;      /* [train] */
} drawing;

/* ---- times ---- */

/* From a tenth of the fastest mode's time to ten times the slowest's. */
static ew_status solve(drawing *d, ew_flow_data *f, ew_context *ctx)
{
    const ew_regress_request *r = d->r;
    double slow = r->opt.mean_loss ? (double) r->opt.train : 1;
    ew_regress_options opt = r->opt;
    ew_regress_numbers *probe;
    ew_scalar time[TIMES + 1];
    char limit[TIMES + 1] = {0};
    memset(time, 0, sizeof time);
    opt.times = 0;
    ew_status status = ew_regress_numbers_solve(&probe, f, &opt, 0, ctx);
    if (status != EW_OK)
        return status;
    double from = 0.1 / probe->most, least = fmax(probe->least, probe->most / MOST_SPAN);
    double ratio = 100 * probe->most / least;
    ew_regress_numbers_free(probe);
    fmpq_t q;
    arf_t a;
    fmpq_init(q);
    arf_init(a);
    for (int i = 0; i < TIMES && status == EW_OK; i++) {
        d->x[i] = slow * from * pow(ratio, (double) i / (TIMES - 1));
        arf_set_d(a, d->x[i]);
        arf_get_fmpq(q, a);
        time[i].e = ew_expr_num(q, ctx);
        status = time[i].e ? EW_OK : ew_recorded(ctx);
    }
    fmpq_clear(q);
    arf_clear(a);
    slong last = r->opt.times - 1;
    time[TIMES] = r->time[last];
    limit[TIMES] = r->limit[last];
    opt.times = TIMES + 1;
    opt.time = time;
    opt.limit = limit;
    if (status == EW_OK)
        status = ew_regress_numbers_solve(&d->n, f, &opt, TIMES, ctx);
    for (int i = 0; i < TIMES; i++)
        ew_expr_free(time[i].e);
    return status;
}

/* ---- what is drawn ---- */

/* Points where there is no target, and where there is; derivatives are not drawn. */
static slong others_of(const ew_regress_request *r)
{
    return r->fast ? (slong) r->test.rows : r->setup->net.inputs - r->opt.train;
}

/* Values followed through time: of the points that are not trained, evenly, or of the trained
 * ones where there are no others. */
static slong chosen(const drawing *d, size_t i)
{
    slong others = others_of(d->r), first = others > 0 ? d->n->trained : 0;
    slong count = others > 0 ? others : d->r->opt.train;
    return first + (slong) (2 * i + 1) * count / (slong) (2 * d->curves);
}

static ew_status fill_paths(drawing *d, ew_context *ctx)
{
    const ew_regress_numbers *n = d->n;
    for (size_t i = 0; i < TIMES; i++) {
        d->loss[i] = n->time[i].loss > 0 ? n->time[i].loss : NAN;
        d->expected[i] = n->time[i].expected > 0 ? n->time[i].expected : NAN;
    }
    d->losses[0] = (ew_plot_curve){"of the mean", EW_PLOT_LINE, 1, TIMES, d->x, d->loss, NULL};
    d->losses[1] =
        (ew_plot_curve){"expected", EW_PLOT_DASHED, 2, TIMES, d->x, d->expected, NULL};
    for (size_t c = 0; c < d->curves; c++) {
        slong v = chosen(d, c);
        int trained = v < n->trained;
        for (size_t i = 0; i < TIMES; i++)
            d->path[c * TIMES + i] = n->mean[((slong) i * n->values + v) * n->outputs];
        d->label[c] = ew_format(ctx, "%s %ld", trained ? "train" : "test",
                                (long) (trained ? v : v - n->trained) + 1);
        if (!d->label[c])
            return EW_MEMORY;
        d->paths[c] = (ew_plot_curve){d->label[c], EW_PLOT_LINE,        (int) c + 1, TIMES,
                                      d->x,        d->path + c * TIMES, NULL};
    }
    return EW_OK;
}

/* The only coordinate that the trained points do not share; -1: there is none. */
static slong find_axis(const ew_regress_request *r)
{
    slong axis = -1;
    for (slong c = 0; c < ew_regress_columns(r); c++)
        for (slong i = 1; i < r->opt.train; i++)
            if (ew_regress_coordinate(r, 0, i, c) != ew_regress_coordinate(r, 0, 0, c)) {
                if (axis >= 0 && axis != c)
                    return -1;
                axis = c;
            }
    return axis;
}

/* Where a point is drawn: along the axis, or by its number. */
static double place_of(const drawing *d, int test, slong i)
{
    return d->axis >= 0 ? ew_regress_coordinate(d->r, test, i, d->axis) : (double) i + 1;
}

/* Insertion sort by place. */
static void sort_places(drawing *d, slong others)
{
    for (slong i = 0; i < others; i++) {
        double place = place_of(d, 1, i);
        slong j = i;
        for (; j > 0 && d->place[j - 1] > place; j--) {
            d->place[j] = d->place[j - 1];
            d->order[j] = d->order[j - 1];
        }
        d->place[j] = place;
        d->order[j] = (size_t) i;
    }
}

/* At the last time asked: mean and two standard deviations where there is no target; targets.
 */
static void fill_fit(drawing *d)
{
    const ew_regress_numbers *n = d->n;
    slong train = d->r->opt.train;
    slong others = others_of(d->r);
    slong at = TIMES * n->values + n->trained;
    sort_places(d, others);
    for (slong i = 0; i < others; i++) {
        slong v = at + (slong) d->order[i];
        double s = 2 * sqrt(n->variance[v]);
        d->mean[i] = n->mean[v * n->outputs];
        d->low[i] = d->mean[i] - s;
        d->high[i] = d->mean[i] + s;
    }
    for (slong i = 0; i < train; i++) {
        d->target[i] = ew_regress_number(d->r->opt.target + i * n->outputs);
        d->train_place[i] = place_of(d, 0, i);
    }
    ew_plot_curve *c = d->fit;
    size_t m = (size_t) others;
    if (m > 0) {
        *c++ = (ew_plot_curve){"mean", EW_PLOT_LINE, 1, m, d->place, d->mean, NULL};
        *c++ = (ew_plot_curve){
            "two standard deviations", EW_PLOT_DASHED, 3, m, d->place, d->low, NULL};
        *c++ = (ew_plot_curve){NULL, EW_PLOT_DASHED, 3, m, d->place, d->high, NULL};
    }
    *c++ = (ew_plot_curve){"targets",      EW_PLOT_POINTS, 0,   (size_t) train,
                           d->train_place, d->target,      NULL};
    d->fits = (size_t) (c - d->fit);
}

static ew_status open_drawing(drawing *d, ew_context *ctx)
{
    size_t others = (size_t) others_of(d->r), train = (size_t) d->r->opt.train;
    size_t choice = others > 0 ? others : train;
    d->curves = choice < MOST_CURVES ? choice : MOST_CURVES;
    size_t doubles = (3 + d->curves) * TIMES + 4 * others + 2 * train;
    d->x = ew_alloc(doubles * sizeof(double), ctx);
    d->label = ew_alloc_zero(d->curves, sizeof *d->label, ctx);
    d->losses = ew_alloc((2 + d->curves + 4) * sizeof *d->losses, ctx);
    d->order = ew_alloc((others + 1) * sizeof *d->order, ctx);
    if (!d->x || !d->label || !d->losses || !d->order)
        return EW_MEMORY;
    d->loss = d->x + TIMES;
    d->expected = d->loss + TIMES;
    d->path = d->expected + TIMES;
    d->place = d->path + d->curves * TIMES;
    d->mean = d->place + others;
    d->low = d->mean + others;
    d->high = d->low + others;
    d->train_place = d->high + others;
    d->target = d->train_place + train;
    d->paths = d->losses + 2;
    d->fit = d->paths + d->curves;
    return EW_OK;
}

static void close_drawing(drawing *d)
{
    for (size_t i = 0; d->label && i < d->curves; i++)
        free(d->label[i]);
    free(d->label);
    free(d->x);
    free(d->losses);
    free(d->order);
    ew_regress_numbers_free(d->n);
}

static ew_status draw(const char *path, const drawing *d, ew_context *ctx)
{
    const ew_regress_request *r = d->r;
    int limit = r->limit[r->opt.times - 1];
    char *title = ew_format(ctx, "%.60s networks of infinite width, %ld layers, %s",
                            r->setup->net.activation->text, (long) r->setup->net.depth,
                            r->opt.ntk ? "all trained (NTK)" : "the last one trained (NNGP)");
    char *when = limit ? ew_strdup("t = \xe2\x88\x9e", ctx)
                       : ew_format(ctx, "t = %.4g", r->at[r->opt.times - 1]);
    ew_plot_panel panel[3] = {{.title = when,
                               .x_label = d->axis >= 0 ? "x" : "number of the point",
                               .y_label = "prediction",
                               .curves = d->fits,
                               .curve = d->fit},
                              {.x_label = "time t",
                               .y_label = "loss",
                               .x_log = 1,
                               .y_log = 1,
                               .curves = 2,
                               .curve = d->losses},
                              {.x_label = "time t",
                               .y_label = "mean prediction",
                               .x_log = 1,
                               .curves = d->curves,
                               .curve = d->paths}};
    ew_plot_figure figure = {title, 1, 3, panel};
    ew_status status = title && when ? ew_plot_write(path, &figure, ctx) : EW_MEMORY;
    free(title);
    free(when);
    return status;
}

ew_status ew_regress_plot(const char *path, ew_regress_request *r, const ew_network *net,
                          ew_context *ctx)
{
    drawing d = {.r = r, .axis = find_axis(r)};
    ew_status status = ew_regress_fill(r, net, ctx);
    if (status == EW_OK)
        status = open_drawing(&d, ctx);
    if (status == EW_OK)
        status = solve(&d, &r->flow, ctx);
    if (status == EW_OK)
        status = fill_paths(&d, ctx);
    if (status == EW_OK) {
        fill_fit(&d);
        status = draw(path, &d, ctx);
    }
    close_drawing(&d);
    return status;
}
