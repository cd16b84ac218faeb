/* The cost of deriving a recursion: how time, terms and memory grow with order, fields and
 * inputs.
 *
 *   derivation [SECONDS]      (default 1)
 *
 * Every family is taken to higher and higher orders until one takes longer than SECONDS.  Each
 * runs in a process of its own, so that the peak memory is its own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readings/cumulant/hierarchy/hierarchy.h"

static double seconds(const struct rusage *u)
{
    return (double) u->ru_utime.tv_sec + 1e-6 * (double) u->ru_utime.tv_usec;
}

/* In the child: derive, print all but time and memory. */
static int derive(const ew_family *family)
{
    ew_context *ctx = ew_context_new();
    ew_hierarchy *h;
    if (!ctx || ew_hierarchy_family(&h, family, ctx) != EW_OK) {
        printf("  %s\n", ctx ? ew_context_error(ctx) : "out of memory");
        return 1;
    }
    slong terms = 0;
    for (slong i = 0; i < h->unknowns; i++)
        terms += fmpq_mpoly_length(&h->next[i], h->law->ring);
    printf("%8ld %7ld %9ld", (long) h->unknowns, (long) h->law->atoms, (long) terms);
    return 0;
}

/* The time it took, or -1. */
static double run(const ew_family *family)
{
    int status;
    struct rusage used;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int failed = derive(family);
        fflush(stdout);
        _exit(failed);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0 || status != 0)
        return -1;
    printf(" %9.3f %8.0f\n", seconds(&used), (double) used.ru_maxrss / 1024);
    return seconds(&used);
}

int main(int argc, char **argv)
{
    static const char *const what[] = {"outputs", "NTK", "NTK, dNTK", "NTK, dNTK, ddNTK"};
    static const ew_family families[] = {
        {.inputs = 1},
        {.inputs = 2},
        {.inputs = 3},
        {.inputs = 4},
        {.inputs = 1, .descent = 1},
        {.inputs = 2, .descent = 1},
        {.inputs = 1, .descent = 2},
        {.inputs = 1, .descent = 3},
        {.inputs = 1, .directions = 1},
        {.inputs = 1, .descent = 1, .directions = 1},
    };
    double limit = argc > 1 ? atof(argv[1]) : 1;
    printf("inputs  directions  order  unknowns  atoms     terms   seconds       MB\n");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        ew_family f = families[i];
        printf("%s\n", what[f.descent]);
        double last = 0, before = 0;
        for (f.order = 1; f.order <= EW_MAX_ORDER; f.order++) {
            /* the next order by the growth of the last two */
            double next = before > 0.01 ? last * last / before : last;
            if (next > limit)
                break;
            printf("%6ld %11ld %6ld ", (long) f.inputs, (long) f.directions, (long) f.order);
            double t = run(&f);
            if (t < 0)
                break;
            before = last;
            last = t;
        }
    }
    return 0;
}
