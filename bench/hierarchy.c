/* The cost of the hierarchy: derivation and solution, one process a case.
 *
 *   hierarchy
 *
 * Prints time and peak memory of the cases that the project promises, and how both grow with
 * order, fields and inputs. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "library/setup.h"
#include "readings/cumulant/solve/cumulant.h"

typedef struct {
    const char *title, *activation, *gram, *depth, *directions;
    slong order, digits;
    int descent, exact;
} bench_case;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void die(const char *title, ew_context *ctx)
{
    fprintf(stderr, "hierarchy: %s: %s\n", title, ew_context_error(ctx));
    exit(1);
}

static ew_setup *open_setup(const bench_case *b, ew_context *ctx)
{
    ew_network *net;
    ew_setup *s = NULL;
    ew_status status = ew_network_new(&net, ctx);
    if (status == EW_OK)
        status = ew_network_set(net, "activation", b->activation, ctx);
    if (status == EW_OK)
        status = ew_network_set(net, "gram", b->gram, ctx);
    if (status == EW_OK)
        status = ew_network_set(net, "depth", b->depth, ctx);
    if (status == EW_OK && b->directions)
        status = ew_network_set(net, "directions", b->directions, ctx);
    if (status == EW_OK)
        status = ew_setup_new(&s, net, ctx);
    if (status != EW_OK)
        die(b->title, ctx);
    ew_network_free(net);
    return s;
}

static void run(const bench_case *b)
{
    ew_context *ctx = ew_context_new();
    if (!ctx)
        exit(1);
    ew_setup *s = open_setup(b, ctx);
    ew_cumulant_options opt = {
        .order = b->order, .descent = b->descent, .digits = b->digits, .exact = b->exact};
    ew_cumulant_table *t;
    double start = now();
    if (ew_cumulant_solve(&t, &s->net, &opt, ctx) != EW_OK)
        die(b->title, ctx);
    double seconds = now() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-46s %8.2f s %6.0f MB %6ld terms\n", b->title, seconds,
           (double) usage.ru_maxrss / 1024, (long) t->terms);
    ew_cumulant_free(t);
    ew_setup_free(s);
    ew_context_free(ctx);
    flint_cleanup();
}

/* Peak memory is a process's: each case has its own. */
static int run_alone(const bench_case *b)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run(b);
        exit(0);
    }
    return child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
}

int main(void)
{
    static const bench_case cases[] = {
        {"tanh, order 6, 100 layers, 30 digits", "tanh", "1", "100", NULL, 6, 30, 0, 0},
        {"tanh, NTK, order 2, 50 layers, 30 digits", "tanh", "1", "50", NULL, 2, 30, 1, 0},
        {"tanh, NTK, order 3, 50 layers, 30 digits", "tanh", "1", "50", NULL, 3, 30, 1, 0},
        {"relu, exact, order 8, 100 layers", "relu", "1", "100", NULL, 8, 15, 0, 1},
        {"tanh, ddNTK, order 1, 50 layers", "tanh", "1", "50", NULL, 1, 15, 3, 0},
        {"order 2, 10 layers", "tanh", "1", "10", NULL, 2, 15, 0, 0},
        {"order 4, 10 layers", "tanh", "1", "10", NULL, 4, 15, 0, 0},
        {"order 2, 10 layers, a direction", "tanh", "1", "10", "perp", 2, 15, 0, 0},
        {"order 2, 10 layers, two directions", "tanh", "1", "10", "perp,perp", 2, 15, 0, 0},
        {"order 1, 10 layers, two inputs", "tanh", "1,1/2,1", "10", NULL, 1, 15, 0, 0},
        {"order 2, 10 layers, two inputs", "tanh", "1,1/2,1", "10", NULL, 2, 15, 0, 0},
        {"order 1, NTK, 10 layers, two inputs", "tanh", "1,1/2,1", "10", NULL, 1, 15, 1, 0},
        {"order 1, exact, 10 layers, three inputs", "z", "1,1/2,1/3,1,1/2,1", "10", NULL, 1, 15,
         0, 1},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bad |= run_alone(&cases[i]);
    return bad;
}
