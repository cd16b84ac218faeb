#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 30
#define PATIENCE 1.0 /* seconds before the bar appears */
#define INTERVAL 0.1

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void draw(double fraction, double elapsed, const char *what)
{
    char bar[WIDTH + 1], left[32] = "";
    int full = (int) (fraction * WIDTH);
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < full ? '#' : '.';
    bar[WIDTH] = '\0';
    if (fraction > 0.01)
        snprintf(left, sizeof left, ", %.0f s left", elapsed * (1 - fraction) / fraction);
    fprintf(stderr, "\r\033[K[%s] %3.0f%% %s%s", bar, 100 * fraction, what, left);
    fflush(stderr);
}

static void report(void *data, double fraction, const char *what)
{
    ew_progress_bar *bar = data;
    double t = now();
    if (fraction >= 1)
        snprintf(bar->summary, sizeof bar->summary, "%s", what ? what : "");
    if (t - bar->start < PATIENCE || t - bar->last < INTERVAL)
        return;
    fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
    bar->last = t;
    bar->shown = 1;
    draw(fraction, t - bar->start, what ? what : "");
}

void ew_progress_begin(ew_progress_bar *bar, int quiet, ew_context *ctx)
{
    bar->start = now();
    bar->last = 0;
    bar->shown = 0;
    bar->summary[0] = '\0';
    if (!quiet && isatty(STDERR_FILENO))
        ew_context_on_progress(ctx, report, bar);
}

void ew_progress_end(ew_progress_bar *bar)
{
    if (!bar->shown)
        return;
    fprintf(stderr, "\r\033[K%s%s", bar->summary, bar->summary[0] ? "\n" : "");
    fflush(stderr);
    bar->shown = 0;
}
