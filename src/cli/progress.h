/* A progress bar with an estimate, on standard error when that is a terminal, after one second.
 */
#ifndef EW_CLI_PROGRESS_H
#define EW_CLI_PROGRESS_H

#include "edgeworth.h"

typedef struct {
    double start, last; /* seconds on the monotonic clock */
    int shown;
    char summary[80]; /* what was said at the end of the work: it stays in sight */
} ew_progress_bar;

/* Installs the bar in ctx unless `quiet` or standard error is no terminal. */
void ew_progress_begin(ew_progress_bar *bar, int quiet, ew_context *ctx);
/* Wipes it. */
void ew_progress_end(ew_progress_bar *bar);

#endif
