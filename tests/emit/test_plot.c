/* Figures: the script that gnuplot gets, and the file that comes of it. */
#include "emit/plot.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double x[] = {0, 1, 2}, y[] = {1, -0.5, 1.0 / 0.0}, e[] = {0.1, 0.2, 0.1};

/* Text that would be a command, a substitution or an end of string if it were not quoted. */
static const char *const hostile = "a'`touch pwned`'; system('touch pwned')\n!touch pwned\\";

static ew_plot_figure figure_of(ew_plot_panel *panel, ew_plot_curve *curve)
{
    curve[0] = (ew_plot_curve){"line", EW_PLOT_LINE, 0, 3, x, y, NULL};
    curve[1] = (ew_plot_curve){hostile, EW_PLOT_POINTS, 1, 3, x, y, e};
    curve[2] = (ew_plot_curve){NULL, EW_PLOT_STEPS, 2, 3, x, y, NULL};
    panel[0] = (ew_plot_panel){hostile, "x", hostile, 0, 0, 3, curve};
    panel[1] = (ew_plot_panel){NULL, NULL, "y", 0, 0, 1, curve};
    return (ew_plot_figure){hostile, 1, 2, panel};
}

/* Quoted text and data aside, what is left of a script. */
static char *unquoted(const char *script)
{
    char *out = malloc(strlen(script) + 1);
    size_t n = 0;
    int inside = 0;
    for (const char *p = script; *p; p++) {
        if (*p == '\'')
            inside = !inside;
        else if (!inside)
            out[n++] = *p;
    }
    out[n] = '\0';
    assert_false(inside);
    return out;
}

static void text_is_no_command(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_plot_panel panel[2];
    ew_plot_curve curve[3];
    ew_plot_figure f = figure_of(panel, curve);
    char *script = ew_plot_script("a.svg", &f, ctx);
    assert_non_null(script);
    char *rest = unquoted(script);
    assert_null(strstr(rest, "touch"));
    assert_null(strchr(rest, '`'));
    assert_null(strchr(rest, '!'));
    assert_null(strstr(script, "\n!"));
    assert_non_null(strstr(script, "2.0 NaN\n"));
    assert_non_null(strstr(script, "1.0 -0.5 0.2\n"));
    free(rest);
    free(script);
    ew_context_free(ctx);
}

/* Six decades are told by powers of ten, two by 1, 2 and 5 times them; the key is no part of
 * the plot. */
static void axes(void **state)
{
    (void) state;
    static const double wide[] = {1, 1e3, 1e6}, narrow[] = {16, 64, 256};
    ew_context *ctx = ew_context_new();
    ew_plot_curve curve = {"a", EW_PLOT_LINE, 0, 3, wide, narrow, NULL};
    ew_plot_panel panel = {.x_log = 1, .y_log = 1, .curves = 1, .curve = &curve};
    ew_plot_figure f = {NULL, 1, 1, &panel};
    char *script = ew_plot_script("a.svg", &f, ctx);
    assert_non_null(script);
    assert_non_null(strstr(script, "set format x '10^{%T}'"));
    assert_non_null(strstr(script, "set format y '%g'"));
    assert_non_null(strstr(script, "set ytics (10.0, 20.0, 50.0, 100.0, 200.0, 500.0"));
    assert_null(strstr(script, "set xtics ("));
    assert_non_null(strstr(script, "set key at graph 0.5,1.03"));
    free(script);
    ew_context_free(ctx);
}

static void check_file(const char *path, const char *begins)
{
    char head[16] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(head, 1, sizeof head - 1, f) > 8);
    fclose(f);
    assert_memory_equal(head, begins, strlen(begins));
    unlink(path);
}

static void draws_files(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_plot_panel panel[2];
    ew_plot_curve curve[3];
    ew_plot_figure f = figure_of(panel, curve);
    if (ew_plot_check("plot-test.svg", ctx) == EW_UNABLE) {
        ew_context_free(ctx);
        skip();
    }
    check_ok(ctx, ew_plot_write("plot-test.svg", &f, ctx));
    check_file("plot-test.svg", "<?xml");
    check_ok(ctx, ew_plot_write("plot-test.png", &f, ctx));
    check_file("plot-test.png", "\x89PNG");
    check_ok(ctx, ew_plot_write("plot-test.pdf", &f, ctx));
    check_file("plot-test.pdf", "%PDF");
    assert_int_equal(access("pwned", F_OK), -1);
    ew_context_free(ctx);
}

static void refusals(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_plot_panel panel[2];
    ew_plot_curve curve[3];
    ew_plot_figure f = figure_of(panel, curve);
    check_status(ctx, ew_plot_check("plot-test.gif", ctx), EW_USAGE);
    check_status(ctx, ew_plot_check(".svg", ctx), EW_USAGE);
    check_status(ctx, ew_plot_check("no/such/folder/a.svg", ctx), EW_IO);
    /* Every y is infinite: gnuplot has nothing to draw, and no file is left. */
    static const double none[] = {1.0 / 0.0, 1.0 / 0.0, 1.0 / 0.0};
    for (int i = 0; i < 3; i++)
        curve[i].y = none;
    check_status(ctx, ew_plot_write("plot-test.svg", &f, ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(ctx), "gnuplot"));
    assert_int_equal(access("plot-test.svg", F_OK), -1);
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    check_status(ctx, ew_plot_check("plot-test.svg", ctx), EW_UNABLE);
    assert_string_equal(ew_context_error(ctx), "gnuplot not found");
    setenv("PATH", path, 1);
    free(path);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_no_command),
                                       cmocka_unit_test(axes), cmocka_unit_test(draws_files),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
