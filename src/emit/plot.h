/* Figures: a description of panels and curves, drawn by gnuplot at run time. */
#ifndef EW_EMIT_PLOT_H
#define EW_EMIT_PLOT_H

#include <stddef.h>

#include "arith/context.h"

typedef enum { EW_PLOT_LINE, EW_PLOT_DASHED, EW_PLOT_POINTS, EW_PLOT_STEPS } ew_plot_style;

/* n points (x, y); error (or NULL) are half lengths of error bars, for points.  A y that is not
 * finite leaves a gap.  colour counts through a palette that the colour-blind can tell apart; 0
 * is black. */
typedef struct {
    const char *label; /* NULL: not in the key */
    ew_plot_style style;
    int colour;
    size_t n;
    const double *x, *y, *error;
} ew_plot_curve;

/* Texts are plain UTF-8, shown as they are; NULL: none. */
typedef struct {
    const char *title, *x_label, *y_label;
    int x_log, y_log;
    size_t curves;
    const ew_plot_curve *curve;
} ew_plot_panel;

/* Panels fill rows of `columns` each, 1 or more.  Keys stand above them. */
typedef struct {
    const char *title;
    size_t columns, panels;
    const ew_plot_panel *panel;
} ew_plot_figure;

/* Asked before the work: EW_USAGE unless the name ends in .svg, .png or .pdf, EW_IO unless the
 * file can be written, EW_UNABLE "gnuplot not found". */
ew_status ew_plot_check(const char *path, ew_context *ctx);

/* Draw and write the file: complete or untouched.  No text of the figure is ever a command to
 * gnuplot, and no path is in its script.  EW_UNABLE: gnuplot is missing or refuses. */
ew_status ew_plot_write(const char *path, const ew_plot_figure *figure, ew_context *ctx);

/* gnuplot's script for a file of that name's kind; fresh string or NULL (recorded). */
char *ew_plot_script(const char *path, const ew_plot_figure *figure, ew_context *ctx);

#endif
