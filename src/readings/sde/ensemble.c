#include "readings/sde/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/pool.h"

#define B EW_BLOCK
/* Blocks of paths in a job, and steps between two looks at the context. */
#define BLOCKS 8
#define STRIDE 256

typedef struct {
    ew_path_ensemble *e;
    const ew_motion *motion;
    const double *v0;
    const ew_path_ensemble_options *opt;
} run;

void ew_path_ensemble_free(ew_path_ensemble *e)
{
    if (!e)
        return;
    free(e->v);
    free(e->end);
    free(e->trace);
    free(e);
}

static void keep_trace(ew_path_ensemble *e, const ew_paths *p, uint64_t step)
{
    const double *v = ew_paths_state(p);
    for (slong i = 0; i < e->traced; i++)
        for (slong k = 0; k < e->pairs; k++)
            e->trace[((uint64_t) i * (e->steps + 1) + step) * (uint64_t) e->pairs +
                     (uint64_t) k] = v[k * B + i];
}

static void keep_ends(ew_path_ensemble *e, const ew_paths *p, uint64_t first)
{
    uint64_t n = e->paths - first < B ? e->paths - first : B;
    for (slong k = 0; k < e->pairs; k++)
        memcpy(e->v + (uint64_t) k * e->paths + first, ew_paths_state(p) + k * B,
               n * sizeof(double));
    memcpy(e->end + first, ew_paths_end(p), n * sizeof(double));
}

/* The block with the traced paths stops at every step, the others at every look. */
static ew_status run_block(const run *r, ew_paths *p, uint64_t first, ew_pool *pool,
                           double part, ew_context *ctx)
{
    int traced = first == 0 && r->e->traced > 0;
    ew_status status = EW_OK;
    ew_paths_start(p, r->v0, r->opt->start, r->opt->seed, first);
    if (traced)
        keep_trace(r->e, p, 0);
    for (uint64_t k = 0; status == EW_OK && k < r->opt->steps;) {
        uint64_t left = r->opt->steps - k, stride = traced ? 1 : STRIDE;
        uint64_t steps = left < stride ? left : stride;
        ew_paths_advance(p, steps);
        k += steps;
        if (traced)
            keep_trace(r->e, p, k);
        status = ew_poll(ctx);
    }
    keep_ends(r->e, p, first);
    ew_pool_advance(pool, part);
    return status;
}

static ew_status run_job(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    const run *r = data;
    uint64_t from = (uint64_t) job * BLOCKS * B, to = from + BLOCKS * B;
    if (to > r->opt->paths)
        to = r->opt->paths;
    double part = 1 / (double) ((to - from + B - 1) / B);
    ew_paths *p;
    ew_status status =
        ew_paths_new(&p, r->motion, r->opt->scheme, r->opt->time / (double) r->opt->steps, ctx);
    for (uint64_t first = from; status == EW_OK && first < to; first += B)
        status = run_block(r, p, first, pool, part, ctx);
    ew_paths_free(p);
    return status;
}

static ew_status allocate(ew_path_ensemble **out, const ew_motion *motion,
                          const ew_path_ensemble_options *opt, ew_context *ctx)
{
    *out = NULL;
    slong pairs = ew_motion_pairs(motion->fields);
    double numbers = (double) pairs *
                     ((double) opt->paths + (double) opt->traced * ((double) opt->steps + 1));
    if (numbers > EW_ENSEMBLE_MOST)
        return ew_fail(ctx, EW_UNABLE, "sde: %.3g numbers to keep, more than %d", numbers,
                       EW_ENSEMBLE_MOST);
    ew_path_ensemble *e = ew_alloc_zero(1, sizeof *e, ctx);
    if (!e)
        return EW_MEMORY;
    *e = (ew_path_ensemble){.fields = motion->fields,
                            .pairs = pairs,
                            .paths = opt->paths,
                            .traced = opt->traced,
                            .steps = opt->steps};
    e->v = ew_alloc_zero((size_t) pairs * opt->paths, sizeof(double), ctx);
    e->end = ew_alloc_zero(opt->paths, sizeof(double), ctx);
    e->trace = ew_alloc_zero((size_t) opt->traced * (opt->steps + 1) * (size_t) pairs + 1,
                             sizeof(double), ctx);
    if (!e->v || !e->end || !e->trace) {
        ew_path_ensemble_free(e);
        return EW_MEMORY;
    }
    *out = e;
    return EW_OK;
}

ew_status ew_path_ensemble_run(ew_path_ensemble **out, const ew_motion *motion,
                               const double *v0, const ew_path_ensemble_options *opt,
                               ew_context *ctx)
{
    *out = NULL;
    if (opt->paths < 1 || opt->steps < 1 || !(opt->time > 0) || !isfinite(opt->time) ||
        opt->traced < 0 || opt->traced > EW_ENSEMBLE_TRACED)
        return ew_fail(ctx, EW_USAGE,
                       "sde: paths, steps and time must be positive, and at "
                       "most %d paths traced",
                       EW_ENSEMBLE_TRACED);
    ew_path_ensemble *e;
    ew_status status = allocate(&e, motion, opt, ctx);
    if (status != EW_OK)
        return status;
    run r = {e, motion, v0, opt};
    size_t jobs = (size_t) ((opt->paths + BLOCKS * B - 1) / (BLOCKS * B));
    status = ew_pool_run(jobs, run_job, &r, "simulating", ctx);
    if (status == EW_OK)
        *out = e;
    else
        ew_path_ensemble_free(e);
    return status;
}

double ew_path_ensemble_correlation(const ew_path_ensemble *e, slong a, slong b, uint64_t i)
{
    double x = e->v[(uint64_t) ew_motion_pair(e->fields, a, a) * e->paths + i];
    double y = e->v[(uint64_t) ew_motion_pair(e->fields, b, b) * e->paths + i];
    double c = e->v[(uint64_t) ew_motion_pair(e->fields, a, b) * e->paths + i];
    double rho = c / sqrt(x) / sqrt(y);
    return rho > 1 ? 1 : rho < -1 ? -1 : rho;
}

const double ew_summary_level[EW_SUMMARY_LEVELS] = {0.05, 0.25, 0.5, 0.75, 0.95};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Order statistic number k, taken between its neighbours where k is not whole. */
static double order_statistic(const double *x, uint64_t n, double k)
{
    double top = (double) (n - 1);
    k = k < 0 ? 0 : k > top ? top : k;
    uint64_t low = (uint64_t) k, high = low + 1 < n ? low + 1 : low;
    return x[low] + (k - (double) low) * (x[high] - x[low]);
}

static void quantiles(ew_summary *s, const double *x)
{
    double n = (double) s->n;
    for (int i = 0; i < EW_SUMMARY_LEVELS; i++) {
        double p = ew_summary_level[i], k = p * n - 0.5, spread = sqrt(n * p * (1 - p));
        s->quantile[i] = order_statistic(x, s->n, k);
        s->quantile_se[i] =
            0.5 * (order_statistic(x, s->n, k + spread) - order_statistic(x, s->n, k - spread));
    }
}

void ew_summarise(ew_summary *s, double *x, uint64_t n)
{
    uint64_t kept = 0;
    long double sum = 0, second = 0, fourth = 0;
    for (uint64_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            x[kept++] = x[i];
    *s = (ew_summary){.n = kept};
    for (uint64_t i = 0; i < kept; i++)
        sum += x[i];
    double mean = kept ? (double) (sum / kept) : NAN;
    for (uint64_t i = 0; i < kept; i++) {
        long double d = x[i] - mean, d2 = d * d;
        second += d2;
        fourth += d2 * d2;
    }
    double m = (double) kept;
    s->mean = mean;
    s->variance = kept > 1 ? (double) second / (m - 1) : NAN;
    s->mean_se = sqrt(s->variance / m);
    s->variance_se = sqrt(((double) fourth / m - s->variance * s->variance) / m);
    if (kept == 0) {
        for (int i = 0; i < EW_SUMMARY_LEVELS; i++)
            s->quantile[i] = s->quantile_se[i] = NAN;
        return;
    }
    qsort(x, kept, sizeof *x, ascending);
    quantiles(s, x);
}
