#include "library/phase.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "emit/plot.h"
#include "library/command.h"
#include "readings/kernel/phase.h"

#define MOST_POINTS 1000

static const char *const column_name[EW_PHASE_COLUMNS] = {"C_b",     "C_W",       "K",
                                                          "chi_par", "par_depth", "perp_scale"};

int ew_phase_is_range(const char *text)
{
    return strchr(text, ':') != NULL;
}

/* ---- the range ---- */

typedef struct {
    slong n;
    fmpq_t from, step;
} range;

static int read_parts(fmpq_t part[3], const char *text, ew_context *ctx)
{
    char *copy = ew_strdup(text, ctx), *at = copy;
    int good = copy != NULL;
    for (int i = 0; i < 3 && good; i++) {
        char *end = strchr(at, ':');
        good = (i == 2) == (end == NULL);
        if (good && end)
            *end = '\0';
        good = good && ew_rational_read(part[i], at) == 0;
        at = end ? end + 1 : at;
    }
    free(copy);
    return good;
}

static ew_status read_range(range *r, const char *name, const char *text, ew_context *ctx)
{
    fmpq_t part[3];
    fmpz_t steps;
    ew_status status = EW_OK;
    fmpz_init(steps);
    for (int i = 0; i < 3; i++)
        fmpq_init(part[i]);
    if (!read_parts(part, text, ctx) || fmpq_sgn(part[0]) < 0 || fmpq_sgn(part[2]) <= 0 ||
        fmpq_cmp(part[0], part[1]) > 0)
        status = ew_fail(ctx, EW_USAGE,
                         "%s: '%.40s' is not a range FROM:TO:STEP of numbers, 0 <= FROM <= TO, "
                         "STEP > 0",
                         name, text);
    if (status == EW_OK) {
        fmpq_set(r->from, part[0]);
        fmpq_set(r->step, part[2]);
        fmpq_sub(part[1], part[1], part[0]);
        fmpq_div(part[1], part[1], part[2]);
        fmpz_fdiv_q(steps, fmpq_numref(part[1]), fmpq_denref(part[1]));
        if (fmpz_cmp_si(steps, MOST_POINTS) >= 0)
            status = ew_fail(ctx, EW_USAGE, "%s: more than %d points", name, MOST_POINTS);
        else
            r->n = fmpz_get_si(steps) + 1;
    }
    fmpz_clear(steps);
    for (int i = 0; i < 3; i++)
        fmpq_clear(part[i]);
    return status;
}

static void range_init(range *r)
{
    fmpq_init(r->from);
    fmpq_init(r->step);
    r->n = 0;
}

static void range_clear(range *r)
{
    fmpq_clear(r->from);
    fmpq_clear(r->step);
}

ew_status ew_phase_check(const char *name, const char *text, ew_context *ctx)
{
    range r;
    range_init(&r);
    ew_status status = read_range(&r, name, text, ctx);
    range_clear(&r);
    return status;
}

/* ---- points ---- */

static ew_status solve(ew_certified *out, const range *r, const ew_setup *s, ew_context *ctx)
{
    fmpq_t cb;
    ew_status status = EW_OK;
    fmpq_init(cb);
    fmpq_set(cb, r->from);
    for (slong i = 0; i < r->n && status == EW_OK; i++) {
        ew_certified *row = out + i * EW_PHASE_COLUMNS;
        ew_scalar x = {ew_expr_num(cb, ctx), NULL, NULL};
        status =
            x.e ? ew_phase_point(row, s->activation, &x, s->digits, ctx) : ew_recorded(ctx);
        if (status == EW_OK && !row->exact && !(row->exact = ew_rational_text(cb)))
            status = ew_fail(ctx, EW_MEMORY, "out of memory");
        ew_expr_free(x.e);
        fmpq_add(cb, cb, r->step);
        ew_progress(ctx, (double) (i + 1) / (double) r->n, "edge of chaos");
    }
    fmpq_clear(cb);
    return status;
}

static json_t *edge_json(const ew_certified *x, slong n, ew_context *ctx)
{
    json_t *rows = json_array(), *body = json_object();
    int bad = 0;
    for (slong i = 0; i < n && !bad; i++, x += EW_PHASE_COLUMNS) {
        json_t *o = json_object();
        for (int c = 0; c < EW_PHASE_COLUMNS; c++)
            bad |= json_object_set_new(o, column_name[c], ew_json_certified(x + c));
        bad |= json_array_append_new(rows, o);
    }
    bad |= json_object_set_new(body, "edge", rows);
    return ew_command_node(body, bad, ctx);
}

/* ---- the figure ---- */

static ew_status draw(const char *path, const ew_certified *x, slong n, const char *text,
                      ew_context *ctx)
{
    size_t points = (size_t) n;
    char *title = ew_format(ctx, "%.60s: the edge of chaos", text);
    double *y = ew_alloc(EW_PHASE_COLUMNS * points * sizeof *y, ctx);
    ew_status status = title && y ? EW_OK : EW_MEMORY;
    if (status == EW_OK) {
        for (slong i = 0; i < n; i++)
            for (int c = 0; c < EW_PHASE_COLUMNS; c++)
                y[(size_t) c * points + (size_t) i] =
                    ew_certified_double(x + i * EW_PHASE_COLUMNS + c);
        const double *cb = y + EW_PHASE_CB * points;
        ew_plot_curve edge = {"chaos above, order below", EW_PLOT_LINE, 0, points, cb,
                              y + EW_PHASE_CW * points,   NULL};
        ew_plot_curve fixed = {"K*", EW_PLOT_LINE, 2, points, cb, y + EW_PHASE_K * points,
                               NULL};
        ew_plot_curve depth[2] = {{"variance: -1/ln chi_par", EW_PLOT_LINE, 1, points, cb,
                                   y + EW_PHASE_DEPTH * points, NULL},
                                  {"correlation: l (1 - rho)", EW_PLOT_LINE, 3, points, cb,
                                   y + EW_PHASE_SCALE * points, NULL}};
        ew_plot_panel panel[3] = {
            {.x_label = "C_b", .y_label = "C_W", .curves = 1, .curve = &edge},
            {.x_label = "C_b", .y_label = "K*", .curves = 1, .curve = &fixed},
            {.x_label = "C_b", .y_label = "layers", .y_log = 1, .curves = 2, .curve = depth}};
        ew_plot_figure figure = {title, 1, 3, panel};
        status = ew_plot_write(path, &figure, ctx);
    }
    free(title);
    free(y);
    return status;
}

ew_status ew_phase_range(json_t **body, const ew_setup *s, const char *text, const char *plot,
                         ew_context *ctx)
{
    range r;
    ew_certified *x = NULL;
    range_init(&r);
    ew_status status = plot ? ew_plot_check(plot, ctx) : EW_OK;
    if (status == EW_OK)
        status = read_range(&r, "cb", text, ctx);
    if (status == EW_OK && !(x = ew_certified_new(r.n * EW_PHASE_COLUMNS, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = solve(x, &r, s, ctx);
    if (status == EW_OK && plot)
        status = draw(plot, x, r.n, s->activation->text, ctx);
    if (status == EW_OK && !(*body = edge_json(x, r.n, ctx)))
        status = ew_recorded(ctx);
    ew_certified_free(x, r.n * EW_PHASE_COLUMNS);
    range_clear(&r);
    return status;
}
