/* Limiting SDEs: seconds for paths and for densities.
 * - 10^5 paths of two inputs, ReLU-like shaping, 1000 steps, on two threads and on one, by both
 *   schemes; and with one and three inputs, nanoseconds a path and step;
 * - the density of the correlation and of a variance at t = 1, to tolerances from 10^-4 of its
 *   maximum on, with the error that is estimated. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "readings/sde/derive.h"
#include "readings/sde/ensemble.h"
#include "readings/sde/marginal.h"

#define PATHS 100000
#define STEPS 1000

static ew_context *ctx;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void check(ew_status status)
{
    if (status == EW_OK)
        return;
    fprintf(stderr, "%s\n", ew_context_error(ctx));
    exit(1);
}

static ew_sde *relu(slong inputs)
{
    ew_sde *sde;
    ew_expr *zero = ew_expr_si(0, ctx), *minus = ew_expr_si(-1, ctx);
    const ew_sde_model model = {
        .shaping = EW_SHAPING_RELU, .c_plus = zero, .c_minus = minus, .inputs = inputs};
    check(ew_sde_derive(&sde, &model, ctx));
    ew_expr_free(zero);
    ew_expr_free(minus);
    return sde;
}

static double simulate(slong inputs, ew_scheme scheme, int threads, uint64_t paths)
{
    ew_sde *sde = relu(inputs);
    ew_motion motion;
    ew_path_ensemble *e;
    double *v0 = calloc((size_t) sde->n, sizeof *v0);
    const ew_path_ensemble_options opt = {
        .time = 1, .paths = paths, .steps = STEPS, .scheme = scheme};
    if (!v0)
        exit(1);
    for (slong a = 0; a < inputs; a++)
        for (slong b = a; b < inputs; b++)
            v0[ew_sde_pair(sde, a, b)] = a == b ? 1 : 0.2;
    check(ew_motion_of(&motion, sde, ctx));
    ctx->threads = threads;
    double t = now();
    check(ew_path_ensemble_run(&e, &motion, v0, &opt, ctx));
    t = now() - t;
    ew_path_ensemble_free(e);
    ew_sde_free(sde);
    free(v0);
    return t;
}

static void paths(void)
{
    static const char *const name[] = {"weak order 2", "Euler-Maruyama"};
    for (int scheme = 0; scheme < 2; scheme++)
        for (int threads = 2; threads >= 1; threads--)
            printf("%d paths of two inputs, %d steps, %s, %d thread%s: %.2f s\n", PATHS, STEPS,
                   name[scheme], threads, threads > 1 ? "s" : "",
                   simulate(2, (ew_scheme) scheme, threads, PATHS));
    for (slong inputs = 1; inputs <= 4; inputs++)
        printf("%ld inputs: %.0f ns a path and step\n", (long) inputs,
               1e9 / (PATHS / 10.0) / STEPS *
                   simulate(inputs, EW_SCHEME_SECOND, 1, PATHS / 10));
}

static void density(const char *what, const ew_sde *sde, double from)
{
    for (double tolerance = 1e-4; tolerance > 1e-9; tolerance /= 10) {
        ew_marginal *m;
        double t = now();
        check(ew_marginal_new(&m, sde, 0, from, 1, tolerance, ctx));
        t = now() - t;
        printf("density of %s to %.0e: %.4f s, %zu nodes, error %.1e\n", what, tolerance, t,
               m->law->nodes, m->law->error);
        ew_marginal_free(m);
    }
}

int main(void)
{
    ctx = ew_context_new();
    if (!ctx)
        return 1;
    paths();
    ew_sde *two = relu(2), *rho;
    check(ew_sde_correlation(&rho, two, ctx));
    density("rho", rho, 0.2);
    density("V", two, 1);
    ew_sde_free(rho);
    ew_sde_free(two);
    ew_context_free(ctx);
    flint_cleanup();
    return 0;
}
