#include "cli/failure.h"

#include <gmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arith/flint.h"

static volatile sig_atomic_t caught;

/* Neither may allocate: both run when nothing is left. */
static _Noreturn void leave(const char *line)
{
    ssize_t n = write(STDERR_FILENO, line, strlen(line));
    (void) n;
    _exit(4);
}

static _Noreturn void out_of_memory(void)
{
    leave("edgeworth: out of memory\n");
}

static _Noreturn void flint_gave_up(void)
{
    leave("edgeworth: the arithmetic library gave up\n");
}

static void *must_alloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

static void *must_calloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

static void *must_realloc(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (!q)
        out_of_memory();
    return q;
}

static void *gmp_realloc(void *p, size_t old, size_t n)
{
    (void) old;
    return must_realloc(p, n);
}

static void gmp_free(void *p, size_t n)
{
    (void) n;
    free(p);
}

/* GMP calls abort() itself when a number outgrows its types. */
static void aborted(int signal)
{
    (void) signal;
    flint_gave_up();
}

void ew_failure_install(void)
{
    struct sigaction action = {0};
    mp_set_memory_functions(must_alloc, gmp_realloc, gmp_free);
    __flint_set_memory_functions(must_alloc, must_calloc, must_realloc, free);
    flint_set_abort(flint_gave_up);
    action.sa_handler = aborted;
    sigaction(SIGABRT, &action, NULL);
}

static void interrupted(int signal)
{
    caught = signal;
}

static int was_interrupted(void *data)
{
    (void) data;
    return caught != 0;
}

static void on_interrupt(int flags)
{
    struct sigaction action = {0};
    action.sa_handler = interrupted;
    action.sa_flags = flags;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void continued(int signal)
{
    (void) signal;
    caught = SIGTERM;
}

void ew_signals_team(void)
{
    struct sigaction action = {0};
    on_interrupt(0);
    action.sa_handler = continued;
    sigaction(SIGCONT, &action, NULL);
}

void ew_signals_install(ew_context *ctx)
{
    on_interrupt(SA_RESETHAND);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    ew_context_on_cancel(ctx, was_interrupted, NULL);
}

int ew_signal_caught(void)
{
    return caught;
}
