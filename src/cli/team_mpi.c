/* A team by MPI.  Only the thread that runs main() calls it. */
#include "cli/team.h"

#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Seconds that a process waits for others at its end. */
#define PATIENCE 5

static volatile sig_atomic_t exit_code;

static ew_status fail(ew_context *ctx, const char *what, int error)
{
    char text[MPI_MAX_ERROR_STRING];
    int n;
    if (MPI_Error_string(error, text, &n) != MPI_SUCCESS)
        text[0] = '\0';
    return ew_fail(ctx, EW_IO, "%s: %s", what, text);
}

static ew_status send(const ew_team *team, int to, int kind, const void *bytes, size_t size,
                      ew_context *ctx)
{
    (void) team;
    if (size > INT_MAX)
        return ew_fail(ctx, EW_UNABLE, "MPI: a message of %zu bytes is too long", size);
    int error = MPI_Send(bytes, (int) size, MPI_BYTE, to, kind, MPI_COMM_WORLD);
    return error == MPI_SUCCESS ? EW_OK : fail(ctx, "MPI: a process cannot be reached", error);
}

static ew_status receive(int *from, int *kind, void **bytes, size_t *size, const ew_team *team,
                         ew_context *ctx)
{
    MPI_Status st;
    int there = 0, n = 0;
    (void) team;
    *from = -1;
    int error = MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &st);
    if (error == MPI_SUCCESS && !there)
        return EW_OK;
    if (error == MPI_SUCCESS)
        error = MPI_Get_count(&st, MPI_BYTE, &n);
    if (error != MPI_SUCCESS)
        return fail(ctx, "MPI: nothing can be received", error);
    if (!(*bytes = ew_alloc((size_t) n, ctx)))
        return EW_MEMORY;
    error = MPI_Recv(*bytes, n, MPI_BYTE, st.MPI_SOURCE, st.MPI_TAG, MPI_COMM_WORLD,
                     MPI_STATUS_IGNORE);
    if (error != MPI_SUCCESS) {
        free(*bytes);
        return fail(ctx, "MPI: nothing can be received", error);
    }
    *from = st.MPI_SOURCE;
    *kind = st.MPI_TAG;
    *size = (size_t) n;
    return EW_OK;
}

/* Initialising MPI is slow, and a process of its own needs none. */
static int started_by_mpi(void)
{
    static const char *const name[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (getenv(name[i]))
            return 1;
    return 0;
}

ew_status ew_team_begin(ew_team *team, ew_context *ctx)
{
    int level;
    *team = (ew_team){.size = 1, .send = send, .receive = receive};
    ctx->team = NULL;
    if (!started_by_mpi())
        return EW_OK;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS ||
        level < MPI_THREAD_FUNNELED)
        return ew_fail(ctx, EW_IO, "MPI does not start");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &team->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team->size);
    if (team->size > 1)
        ctx->team = team;
    return EW_OK;
}

static void give_up(int signal)
{
    (void) signal;
    _exit(exit_code);
}

/* A process that has failed where others have not would wait for them in vain: mpirun ends them
 * when it leaves. */
void ew_team_end(int code)
{
    int on = 0;
    MPI_Initialized(&on);
    if (!on)
        return;
    exit_code = code;
    if (code > 128)
        _exit(code); /* told to end by a signal, as the others will be */
    signal(SIGALRM, give_up);
    alarm(PATIENCE);
    MPI_Finalize();
    alarm(0);
}
