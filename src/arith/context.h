/* The context every fallible function carries: limits, progress, cancellation, the last error. */
#ifndef EW_ARITH_CONTEXT_H
#define EW_ARITH_CONTEXT_H

#include "edgeworth.h"

/* Stated limits (theory.md leaves them to us; design.md fixes the first four). */
#define EW_MAX_DIGITS 10000
#define EW_MAX_DEPTH 1000000
#define EW_MAX_EXPRESSION 65536 /* bytes */
#define EW_MAX_NESTING 1000
#define EW_MAX_BITS 200000 /* working precision at which a request becomes "unable" */

typedef struct ew_team ew_team; /* arith/team.h */

struct ew_context {
    ew_status status;
    char *message; /* one line, or three with source and caret; "" when none; owned */
    ew_progress_fn progress;
    void *progress_data;
    ew_cancel_fn cancel;
    void *cancel_data;
    int threads;
    const ew_team *team; /* processes that share the work; NULL: this one alone */
};

/* Record a failure and return its status: `return ew_fail(ctx, EW_DOMAIN, "...", ...)`.  One line,
 * no trailing newline, no "edgeworth COMMAND:" prefix (the program adds it).  ctx may be NULL. */
ew_status ew_fail(ew_context *ctx, ew_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Append text (source line and caret line) to the recorded message, after a newline. */
void ew_fail_detail(ew_context *ctx, const char *line);

/* Forget the recorded failure. */
void ew_clear(ew_context *ctx);

/* The status of the failure a function that returns NULL has just recorded; never EW_OK. */
ew_status ew_recorded(const ew_context *ctx);

/* EW_OK, or EW_CANCELLED with its message when the caller wants to stop.  ctx may be NULL. */
ew_status ew_poll(ew_context *ctx);

/* Report progress; fraction in [0,1]; cheap; never prints.  ctx may be NULL. */
void ew_progress(ew_context *ctx, double fraction, const char *what);

/* malloc, calloc, realloc, strdup that record EW_MEMORY in ctx and return NULL on failure. */
void *ew_alloc(size_t bytes, ew_context *ctx);
void *ew_alloc_zero(size_t count, size_t size, ew_context *ctx);
void *ew_realloc(void *block, size_t bytes, ew_context *ctx);
char *ew_strdup(const char *text, ew_context *ctx);
/* printf into a fresh string, NULL (recorded) on failure. */
char *ew_format(ew_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
