/* What only a program may do: choose how memory exhaustion, signals and FLINT's aborts end it.
 */
#ifndef EW_CLI_FAILURE_H
#define EW_CLI_FAILURE_H

#include "edgeworth.h"

/* GMP and FLINT allocate through functions that end the program with exit code 4 when memory is
 * exhausted; what else makes them abort ends it likewise. */
void ew_failure_install(void);

/* Ctrl-C and SIGTERM make ctx cancel; a second one kills.  A closed pipe is a write error,
 * and so is a file beyond the limit of sizes. */
void ew_signals_install(ew_context *ctx);
/* What mpirun sends to processes that it ends, because one was lost or by Ctrl-C: SIGCONT, a
 * second later SIGTERM twice, and SIGKILL at once.  The first of these is taken for what it
 * announces. */
void ew_signals_team(void);
/* The signal that was caught, or 0. */
int ew_signal_caught(void);

#endif
