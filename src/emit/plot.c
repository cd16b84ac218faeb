/* A figure as a script of gnuplot, with its data inline. */
#include "emit/plot.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/buffer.h"
#include "emit/file.h"
#include "emit/gnuplot.h"

#define PANEL_WIDTH 900
#define PANEL_HEIGHT 330
#define TITLE_HEIGHT 50
#define LINE_HEIGHT 20
/* Widths in the key: of a character, and of what stands before a label. */
#define LETTER 9
#define SAMPLE 55
/* A logarithmic axis of up to so many decades has tics at 1, 2 and 5 times powers of ten. */
#define FEW_DECADES 1.75

static const struct {
    const char *suffix, *terminal;
    int per_inch; /* what the terminal's unit of length is counted in; 0: pixels */
} kinds[] = {{".svg", "svg background rgb 'white' font 'Helvetica,15'", 0},
             {".png", "pngcairo background rgb 'white' font 'Helvetica,11'", 0},
             {".pdf", "pdfcairo font 'Helvetica,15'", 100}};
#define KINDS (sizeof kinds / sizeof *kinds)

static size_t kind_of(const char *path)
{
    size_t n = strlen(path), i;
    for (i = 0; i < KINDS; i++) {
        size_t m = strlen(kinds[i].suffix);
        if (n > m && strcmp(path + n - m, kinds[i].suffix) == 0)
            break;
    }
    return i;
}

ew_status ew_plot_check(const char *path, ew_context *ctx)
{
    if (kind_of(path) == KINDS)
        return ew_fail(ctx, EW_USAGE, "plot: '%.200s' does not end in .svg, .png or .pdf",
                       path);
    ew_status status = ew_file_check(path, ctx);
    return status == EW_OK ? ew_gnuplot(NULL, NULL, "", ctx) : status;
}

/* Inside single quotes gnuplot knows nothing special but the quote itself. */
static void add_text(ew_buffer *b, const char *text)
{
    ew_buffer_add(b, "'");
    for (const char *p = text ? text : ""; *p; p++)
        if (*p == '\'')
            ew_buffer_add(b, "''");
        else
            ew_buffer_addf(b, "%c", (unsigned char) *p < ' ' || *p == 127 ? ' ' : *p);
    ew_buffer_add(b, "'");
}

static void set_text(ew_buffer *b, const char *what, const char *text)
{
    if (!text) {
        ew_buffer_addf(b, "unset %s\n", what);
        return;
    }
    ew_buffer_addf(b, "set %s ", what);
    add_text(b, text);
    ew_buffer_add(b, " noenhanced\n");
}

/* jansson writes numbers without regard to the locale. */
static void add_number(ew_buffer *b, double x)
{
    char text[64];
    json_t *number = isfinite(x) ? json_real(x) : NULL;
    size_t n = number ? json_dumpb(number, text, sizeof text - 1,
                                   JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))
                      : 0;
    text[n < sizeof text ? n : 0] = '\0';
    ew_buffer_add(b, n ? text : "NaN");
    json_decref(number);
}

static void add_data(ew_buffer *b, const ew_plot_curve *c, size_t panel, size_t curve)
{
    ew_buffer_addf(b, "$p%zuc%zu << EOD\n", panel, curve);
    for (size_t i = 0; i < c->n; i++) {
        add_number(b, c->x[i]);
        ew_buffer_add(b, " ");
        add_number(b, c->y[i]);
        if (c->error) {
            ew_buffer_add(b, " ");
            add_number(b, c->error[i]);
        }
        ew_buffer_add(b, "\n");
    }
    ew_buffer_add(b, "EOD\n");
}

static const char *style_text(const ew_plot_curve *c)
{
    switch (c->style) {
    case EW_PLOT_DASHED:
        return "lines dt (8,5)";
    case EW_PLOT_POINTS:
        return c->error ? "yerrorbars pt 7 ps 0.6" : "points pt 7 ps 0.6";
    case EW_PLOT_STEPS:
        return "histeps";
    default:
        return "lines";
    }
}

/* Okabe and Ito's colours, in an order in which the first few differ most. */
static const char *colour_text(int colour)
{
    static const char *const hex[] = {"#000000", "#d55e00", "#0072b2", "#009e73",
                                      "#cc79a7", "#e69f00", "#56b4e9"};
    return hex[(size_t) (colour < 0 ? -colour : colour) % (sizeof hex / sizeof *hex)];
}

static void add_curve(ew_buffer *b, const ew_plot_curve *c, size_t panel, size_t curve)
{
    ew_buffer_addf(b, "%s$p%zuc%zu using 1:2%s with %s lw 2 lc rgb '%s' ",
                   curve ? ", \\\n  " : "plot ", panel, curve,
                   c->error && c->style == EW_PLOT_POINTS ? ":3" : "", style_text(c),
                   colour_text(c->colour));
    if (c->label) {
        ew_buffer_add(b, "title ");
        add_text(b, c->label);
        ew_buffer_add(b, " noenhanced");
    } else
        ew_buffer_add(b, "notitle");
}

/* The positive values of an axis. */
static void range_of(double *low, double *high, const ew_plot_panel *p, int y)
{
    *low = INFINITY;
    *high = 0;
    for (size_t i = 0; i < p->curves; i++)
        for (size_t k = 0; k < p->curve[i].n; k++) {
            double v = y ? p->curve[i].y[k] : p->curve[i].x[k];
            if (v > 0 && isfinite(v) && isfinite(p->curve[i].y[k])) {
                *low = fmin(*low, v);
                *high = fmax(*high, v);
            }
        }
}

/* Powers of ten where there are many; of few, 2 and 5 times them, too. */
static void set_tics(ew_buffer *b, const ew_plot_panel *p, int y)
{
    static const double step[] = {1, 2, 5};
    char axis = y ? 'y' : 'x';
    int log = y ? p->y_log : p->x_log;
    double low, high;
    range_of(&low, &high, p, y);
    ew_buffer_addf(b, "%s logscale %c\nset %ctics autofreq\nset format %c '%%g'\n",
                   log ? "set" : "unset", axis, axis, axis);
    if (!log || !(high > low))
        return;
    double first = floor(log10(low)), last = ceil(log10(high));
    if (log10(high / low) > FEW_DECADES) {
        ew_buffer_addf(b, "set format %c '10^{%%T}'\n", axis);
        return;
    }
    const char *comma = "";
    ew_buffer_addf(b, "set %ctics (", axis);
    for (double k = first; k <= last; k++)
        for (int i = 0; i < 3; i++) {
            ew_buffer_add(b, comma);
            add_number(b, step[i] * pow(10, k));
            comma = ", ";
        }
    ew_buffer_add(b, ")\n");
}

/* A panel's key stands above it, in rows. */
typedef struct {
    size_t row, lines;
} key_shape;

static key_shape key_of(const ew_plot_panel *p, size_t columns)
{
    size_t width = (columns > 1 ? PANEL_WIDTH / 2 : PANEL_WIDTH) - 120, longest = 0, labels = 0;
    for (size_t j = 0; j < p->curves; j++) {
        const char *label = p->curve[j].label;
        size_t n = label ? strlen(label) : 0;
        labels += label != NULL;
        longest = n > longest ? n : longest;
    }
    size_t row = width / (longest * LETTER + SAMPLE);
    row = row > 0 ? row : 1;
    return (key_shape){row, (labels + row - 1) / row};
}

static size_t key_lines(const ew_plot_figure *f)
{
    size_t most = 0;
    for (size_t i = 0; i < f->panels; i++) {
        size_t lines = key_of(f->panel + i, f->columns).lines;
        most = lines > most ? lines : most;
    }
    return most;
}

static void add_panel(ew_buffer *b, const ew_plot_panel *p, size_t panel, size_t columns)
{
    key_shape key = key_of(p, columns);
    if (p->curves == 0) {
        ew_buffer_add(b, "set multiplot next\n");
        return;
    }
    ew_buffer_addf(b, "set title offset 0,%zu\n", key.lines);
    set_text(b, "title", p->title);
    ew_buffer_addf(b, "set key maxcols %zu\n", key.row);
    set_text(b, "xlabel", p->x_label);
    set_text(b, "ylabel", p->y_label);
    set_tics(b, p, 0);
    set_tics(b, p, 1);
    for (size_t i = 0; i < p->curves; i++)
        add_curve(b, p->curve + i, panel, i);
    ew_buffer_add(b, "\n");
}

static void add_terminal(ew_buffer *b, size_t kind, const ew_plot_figure *f)
{
    size_t rows = (f->panels + f->columns - 1) / f->columns;
    size_t panel = PANEL_HEIGHT + LINE_HEIGHT * (key_lines(f) + 1);
    size_t height = rows * panel + (f->title ? TITLE_HEIGHT : 0);
    size_t width = f->columns > 1 ? f->columns * PANEL_WIDTH / 2 : PANEL_WIDTH;
    ew_buffer_addf(b, "set terminal %s size ", kinds[kind].terminal);
    if (kinds[kind].per_inch) {
        add_number(b, (double) width / kinds[kind].per_inch);
        ew_buffer_add(b, "in,");
        add_number(b, (double) height / kinds[kind].per_inch);
        ew_buffer_add(b, "in\n");
    } else
        ew_buffer_addf(b, "%zu,%zu\n", width, height);
    ew_buffer_addf(b, "set multiplot layout %zu,%zu", rows, f->columns);
    if (f->title) {
        ew_buffer_add(b, " title ");
        add_text(b, f->title);
        ew_buffer_add(b, " noenhanced");
    }
    ew_buffer_add(b, "\n");
}

char *ew_plot_script(const char *path, const ew_plot_figure *figure, ew_context *ctx)
{
    ew_buffer b = {0};
    size_t kind = kind_of(path);
    if (kind == KINDS || figure->columns == 0 || figure->panels == 0) {
        ew_fail(ctx, EW_USAGE, "plot: '%.200s' cannot be drawn", path);
        return NULL;
    }
    ew_buffer_add(&b, "set encoding utf8\n");
    for (size_t i = 0; i < figure->panels; i++)
        for (size_t j = 0; j < figure->panel[i].curves; j++)
            add_data(&b, figure->panel[i].curve + j, i, j);
    add_terminal(&b, kind, figure);
    ew_buffer_add(&b,
                  "set border 3 lc rgb '#555555'\nset tics nomirror out\n"
                  "set grid lc rgb '#dddddd' lt 1\n"
                  "set key at graph 0.5,1.03 center bottom horizontal reverse Left samplen 2\n"
                  "set lmargin 11\nset rmargin 3\nset autoscale xfix\n");
    ew_buffer_addf(&b, "set tmargin %zu\n", key_lines(figure) + 3);
    for (size_t i = 0; i < figure->panels; i++)
        add_panel(&b, figure->panel + i, i, figure->columns);
    ew_buffer_add(&b, "unset multiplot\n");
    return ew_buffer_take(&b, ctx);
}

ew_status ew_plot_write(const char *path, const ew_plot_figure *figure, ew_context *ctx)
{
    char *image = NULL, *script = ew_plot_script(path, figure, ctx);
    size_t size;
    if (!script)
        return ew_recorded(ctx);
    ew_status status = ew_gnuplot(&image, &size, script, ctx);
    if (status == EW_OK)
        status = ew_write_bytes(path, image, size, ctx);
    free(image);
    free(script);
    return status;
}
