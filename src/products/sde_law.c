/* The limiting laws that finite networks are held against. */
#include "products/sde_law.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sde/ensemble.h"

#define TOLERANCE 1e-5
/* Of paths, where the law is theirs. */
#define PATHS 100000
#define STEPS 200

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Numbers in ascending order, those that are none at the end as infinite. */
void ew_sde_sort(double *x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (isnan(x[i]))
            x[i] = INFINITY;
    qsort(x, n, sizeof *x, ascending);
}

double ew_sde_statistic_distribution(const ew_sde_statistic *s, double x)
{
    if (s->marginal)
        return ew_marginal_distribution(s->marginal, x);
    uint64_t low = 0, high = s->paths;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->path[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double) low / (double) s->paths;
}

double ew_sde_statistic_density(const ew_sde_statistic *s, double x)
{
    return s->marginal ? ew_marginal_density(s->marginal, x) : NAN;
}

static double quantile(const ew_sde_statistic *s, double p)
{
    if (s->marginal)
        return ew_marginal_quantile(s->marginal, p);
    return s->path[(uint64_t) (p * (double) (s->paths - 1))];
}

static ew_status correlation_paths(ew_sde_statistic *s, const ew_sde *sde, const double *v0,
                                   double time, uint64_t seed, ew_context *ctx)
{
    ew_motion motion;
    ew_path_ensemble *e = NULL;
    const ew_path_ensemble_options opt = {
        .time = time, .paths = PATHS, .steps = STEPS, .seed = seed};
    ew_status status = ew_motion_of(&motion, sde, ctx);
    if (status == EW_OK)
        status = ew_path_ensemble_run(&e, &motion, v0, &opt, ctx);
    if (status == EW_OK && !(s->path = ew_alloc(PATHS * sizeof *s->path, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK) {
        s->paths = PATHS;
        for (uint64_t i = 0; i < PATHS; i++)
            s->path[i] = ew_path_ensemble_correlation(e, 0, 1, i);
        ew_sde_sort(s->path, PATHS);
    }
    ew_path_ensemble_free(e);
    return status;
}

static ew_status correlation_law(ew_sde_statistic *s, const ew_sde *two, const double *v0,
                                 double time, uint64_t seed, ew_context *ctx)
{
    ew_sde *rho;
    double from = v0[1] / sqrt(v0[0]) / sqrt(v0[2]);
    s->name = "rho";
    ew_status status = ew_sde_correlation(&rho, two, ctx);
    if (status != EW_OK)
        return status;
    from = from > 1 - 1e-12 ? 1 : from < 1e-12 - 1 ? -1 : from;
    status = rho->state == EW_SDE_CORRELATION
                 ? ew_marginal_new(&s->marginal, rho, 0, from, time, TOLERANCE, ctx)
                 : correlation_paths(s, two, v0, time, seed, ctx);
    ew_sde_free(rho);
    return status;
}

ew_status ew_sde_statistic_law(ew_sde_statistic *s, const ew_sde *sde, int correlation,
                               const double *v0, double time, uint64_t seed, ew_context *ctx)
{
    ew_status status;
    if (correlation) {
        status = correlation_law(s, sde, v0, time, seed, ctx);
    } else {
        s->name = sde->state == EW_SDE_ANGLE_STATE ? "q" : "V11";
        status = ew_marginal_new(&s->marginal, sde, 0, v0[0], time, TOLERANCE, ctx);
    }
    for (int i = 0; i < EW_SDE_LEVELS && status == EW_OK; i++)
        s->quantile[i] = quantile(s, ew_sde_level[i]);
    return status;
}
