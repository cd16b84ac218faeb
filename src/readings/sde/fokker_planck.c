#include "readings/sde/fokker_planck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sde/exponential.h"

/* Widths of the first grid in standard deviations of the noise alone, and what is small enough,
 * against the maximum, to be left outside. */
#define WIDTHS 8.0
#define OUTSIDE 1e-13
#define MOST_NODES 200000
#define LEVELS 9
/* Steps of the first grid, where coefficients depend on time; and how well the exponential of a
 * step must agree with that of its halves. */
#define STEPS 48
#define AGREEMENT 1e-9
#define MOST_STEPS 16384

/* Nodes x0 + (i - left) h; open: mass leaves beyond the last one.  steps: of time. */
typedef struct {
    size_t left, right, steps;
    double h;
    int open;
} grid;

typedef struct {
    const ew_fokker_planck *of;
    ew_births *births;
    double *x, *drift, *spread, *work, *p; /* p: mass at the nodes */
} solver;

static size_t nodes_of(const grid *g)
{
    return g->left + g->right + 1;
}

static void solver_clear(solver *s)
{
    ew_births_free(s->births);
    free(s->x);
}

static ew_status solver_init(solver *s, const ew_fokker_planck *of, const grid *g,
                             ew_context *ctx)
{
    size_t n = nodes_of(g);
    *s = (solver){.of = of};
    ew_status status = ew_births_new(&s->births, n, ctx);
    if (status != EW_OK)
        return status;
    /* 2n + 1 places: nodes and faces. */
    s->x = ew_alloc_zero(13 * n + 3, sizeof(double), ctx);
    if (!s->x) {
        solver_clear(s);
        return EW_MEMORY;
    }
    s->drift = s->x + 2 * n + 1;
    s->spread = s->drift + 2 * n + 1;
    s->work = s->spread + 2 * n + 1;
    s->p = s->work + 5 * n;
    for (size_t i = 0; i < 2 * n + 1; i++)
        s->x[i] = of->x0 + (0.5 * ((double) i - 1) - (double) g->left) * g->h;
    return EW_OK;
}

/* w / (e^w - 1). */
static double bernoulli(double w)
{
    return fabs(w) < 1e-5 ? 1 - w / 2 + w * w / 12 : w / expm1(w);
}

/* The flux through a face is mu p - (D p)' = (mu - D') p - D p'. */
static void set_rates(solver *s, const grid *g, double t)
{
    size_t n = nodes_of(g);
    s->of->coefficients(s->drift, s->spread, s->x, 2 * n + 1, t, s->of->data);
    for (size_t f = 0; f <= n; f++) {
        size_t at = 2 * f, before = f > 0 ? at - 1 : at, after = f < n ? at + 1 : at;
        double slope =
            (s->spread[after] - s->spread[before]) / (g->h * 0.5 * (double) (after - before));
        double d = s->spread[at], w = (s->drift[at] - slope) * g->h / d;
        double rate = d / (g->h * g->h);
        if (f > 0)
            s->births->up[f - 1] = rate * bernoulli(-w);
        if (f < n)
            s->births->down[f] = rate * bernoulli(w);
    }
    s->births->down[0] = 0;
    if (!g->open)
        s->births->up[n - 1] = 0;
}

static void set_initial(solver *s, const grid *g)
{
    size_t n = nodes_of(g);
    double sum = 0, v = s->of->variance;
    memset(s->p, 0, n * sizeof *s->p);
    if (v == 0) {
        s->p[g->left] = 1;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double y = s->x[2 * i + 1] - s->of->x0;
        s->p[i] = exp(-y * y / (2 * v));
        sum += s->p[i];
    }
    for (size_t i = 0; i < n; i++)
        s->p[i] /= sum;
}

/* The masses at the end, in s->p. */
static void solve_grid(solver *s, const grid *g, size_t steps)
{
    double dt = s->of->time / (double) steps;
    set_initial(s, g);
    for (size_t k = 0; k < steps; k++) {
        if (k == 0 || s->of->moving)
            set_rates(s, g, s->of->start + ((double) k + 0.5) * dt);
        ew_births_move(s->p, s->births, dt, s->work);
    }
}

/* Where the drift carries mass far, resolvents to the left of the imaginary axis are large and
 * their sum loses digits; shorter steps do not.  Solves with enough of them. */
static ew_status solve_surely(solver *s, grid *g, ew_context *ctx)
{
    size_t n = nodes_of(g);
    double *before = s->work + 6 * n, worst = INFINITY;
    ew_status status = EW_OK;
    solve_grid(s, g, g->steps);
    if (s->of->moving)
        return EW_OK;
    while (status == EW_OK && worst > AGREEMENT && g->steps <= MOST_STEPS) {
        double top = 0;
        memcpy(before, s->p, n * sizeof *before);
        solve_grid(s, g, 2 * g->steps);
        worst = 0;
        for (size_t i = 0; i < n; i++) {
            top = fmax(top, s->p[i]);
            worst = fmax(worst, fabs(s->p[i] - before[i]));
        }
        worst = isfinite(top) ? worst / top : INFINITY;
        if (worst > AGREEMENT)
            g->steps *= 2;
        status = ew_poll(ctx);
    }
    if (status == EW_OK && worst > AGREEMENT)
        status = ew_fail(ctx, EW_UNABLE, "sde: the density needs more than %d steps of time",
                         MOST_STEPS);
    return status;
}

/* The most nodes on one side, `room` away from its wall. */
static size_t most_nodes(double room, double h)
{
    return isfinite(room) ? (size_t) (room / h) : SIZE_MAX;
}

/* Limits the grid to the walls. */
static void clip(grid *g, const ew_fokker_planck *of)
{
    size_t left = most_nodes(of->x0 - of->lower, g->h);
    size_t right = most_nodes(of->upper - of->x0, g->h);
    g->left = g->left < left ? g->left : left;
    g->right = g->right < right ? g->right : right;
    g->open = of->open && g->right == right;
}

/* Further out where the mass at an end is not small; 1 if it was not. */
static int widen(grid *g, const solver *s)
{
    grid was = *g;
    size_t n = nodes_of(g);
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, s->p[i]);
    if (s->p[0] > OUTSIDE * top)
        g->left += g->left / 2 + 2;
    if (s->p[n - 1] > OUTSIDE * top)
        g->right += g->right / 2 + 2;
    clip(g, s->of);
    return g->left > was.left || g->right > was.right;
}

static ew_status find_range(grid *g, const ew_fokker_planck *of, ew_context *ctx)
{
    double drift[2], spread[2], x[2] = {of->x0, of->x0};
    of->coefficients(drift, spread, x, 1, of->start, of->data);
    of->coefficients(drift + 1, spread + 1, x + 1, 1, of->start + of->time, of->data);
    double d = fmax(spread[0], spread[1]);
    double sigma = sqrt(2 * d * of->time + of->variance);
    g->h = fmin(sigma / 10, 0.1 * of->scale);
    if (!(g->h > 0) || !isfinite(g->h))
        return ew_fail(ctx, EW_DOMAIN, "sde: no density, since there is no noise at the start");
    double width = ceil(WIDTHS * sigma / g->h);
    if (width > MOST_NODES / 4)
        return ew_fail(ctx, EW_UNABLE, "sde: the time is too long for a grid of %d nodes",
                       MOST_NODES);
    g->left = g->right = (size_t) width;
    g->steps = of->moving ? STEPS : 1;
    clip(g, of);
    for (int more = 1; more;) {
        solver s;
        if (nodes_of(g) > MOST_NODES)
            return ew_fail(ctx, EW_UNABLE, "sde: the law does not fit %d nodes", MOST_NODES);
        ew_status status = solver_init(&s, of, g, ctx);
        if (status != EW_OK)
            return status;
        status = solve_surely(&s, g, ctx);
        if (status == EW_OK)
            more = widen(g, &s);
        solver_clear(&s);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status != EW_OK)
            return status;
    }
    return EW_OK;
}

/* Of one grid: masses turned into densities, and what has left. */
typedef struct {
    grid g;
    size_t n;
    double *density, leaked;
} level;

static void level_clear(level *l)
{
    free(l->density);
    l->density = NULL;
}

static ew_status solve_level(level *l, const grid *first, const ew_fokker_planck *of, int k,
                             ew_context *ctx)
{
    solver s;
    *l = (level){.g = *first};
    l->g.steps <<= of->moving ? k : 0;
    l->g.left <<= k;
    l->g.right <<= k;
    l->g.h /= (double) (1 << k);
    l->n = nodes_of(&l->g);
    ew_status status = ew_poll(ctx);
    if (status == EW_OK)
        status = solver_init(&s, of, &l->g, ctx);
    if (status != EW_OK)
        return status;
    l->density = ew_alloc_zero(l->n, sizeof(double), ctx);
    if (l->density) {
        double kept = 0;
        solve_grid(&s, &l->g, l->g.steps);
        for (size_t i = 0; i < l->n; i++) {
            kept += s.p[i];
            l->density[i] = s.p[i] / l->g.h;
        }
        l->leaked = of->open ? 1 - kept : 0;
    }
    solver_clear(&s);
    return l->density ? EW_OK : EW_MEMORY;
}

/* fine := (4 fine - coarse)/3 at the nodes of the coarse grid. */
static ew_status extrapolate(level *out, const level *coarse, const level *fine,
                             ew_context *ctx)
{
    *out = *coarse;
    out->g.steps = fine->g.steps;
    out->leaked = (4 * fine->leaked - coarse->leaked) / 3;
    out->density = ew_alloc_zero(coarse->n, sizeof(double), ctx);
    if (!out->density)
        return EW_MEMORY;
    for (size_t i = 0; i < coarse->n; i++)
        out->density[i] = fmax(0, (4 * fine->density[2 * i] - coarse->density[i]) / 3);
    return EW_OK;
}

/* The greatest difference of two levels, in units of the maximum; of leaked mass too. */
static double difference(const level *coarse, const level *fine)
{
    double most = 0, top = 0;
    for (size_t i = 0; i < coarse->n; i++) {
        double d = fabs(fine->density[2 * i] - coarse->density[i]);
        most = fmax(most, d);
        top = fmax(top, fine->density[2 * i]);
    }
    return fmax(top > 0 ? most / top : 0, fabs(fine->leaked - coarse->leaked));
}

/* Cubic through four neighbours, over the interval in their middle; one-sided at the ends,
 * where there is nothing. */
static void integrate(ew_scalar_law *law, double h)
{
    const double *f = law->density;
    law->distribution[0] = 0.5 * h * f[0];
    for (size_t i = 1; i < law->n; i++) {
        double before = i > 1 ? f[i - 2] : 0, after = i + 1 < law->n ? f[i + 1] : 0;
        double part = h / 24 * (13 * (f[i - 1] + f[i]) - before - after);
        law->distribution[i] = law->distribution[i - 1] + fmax(part, 0);
    }
    double total = law->distribution[law->n - 1], kept = 1 - law->exploded;
    for (size_t i = 0; total > 0 && i < law->n; i++) {
        law->distribution[i] *= kept / total;
        law->density[i] *= kept / total;
    }
}

static ew_status make_law(ew_scalar_law **out, level *l, const ew_fokker_planck *of,
                          double error, size_t nodes, ew_context *ctx)
{
    ew_scalar_law *law = ew_alloc_zero(1, sizeof *law, ctx);
    if (!law)
        return EW_MEMORY;
    *law = (ew_scalar_law){.n = l->n,
                           .exploded = fmin(fmax(l->leaked, 0), 1),
                           .error = error,
                           .nodes = nodes,
                           .steps = l->g.steps};
    law->x = ew_alloc_zero(3 * l->n, sizeof(double), ctx);
    if (!law->x) {
        free(law);
        return EW_MEMORY;
    }
    law->density = law->x + l->n;
    law->distribution = law->density + l->n;
    for (size_t i = 0; i < l->n; i++)
        law->x[i] = of->x0 + ((double) i - (double) l->g.left) * l->g.h;
    memcpy(law->density, l->density, l->n * sizeof(double));
    integrate(law, l->g.h);
    *out = law;
    return EW_OK;
}

void ew_scalar_law_free(ew_scalar_law *law)
{
    if (!law)
        return;
    free(law->x);
    free(law);
}

static int out_of_nodes(const grid *g, int k)
{
    return nodes_of(g) << k > MOST_NODES;
}

ew_status ew_fokker_planck_solve(ew_scalar_law **out, const ew_fokker_planck *problem,
                                 double tolerance, ew_context *ctx)
{
    grid g;
    level last = {0}, best = {0};
    double error = INFINITY;
    *out = NULL;
    ew_status status = find_range(&g, problem, ctx);
    if (status == EW_OK)
        status = solve_level(&last, &g, problem, 0, ctx);
    for (int k = 1; status == EW_OK && k <= LEVELS && error > tolerance; k++) {
        level now = {0}, better = {0};
        if (out_of_nodes(&g, k))
            break;
        status = solve_level(&now, &g, problem, k, ctx);
        if (status == EW_OK)
            status = extrapolate(&better, &last, &now, ctx);
        if (status == EW_OK && k > 1)
            error = difference(&best, &better);
        level_clear(&last);
        level_clear(&best);
        last = now;
        best = better;
    }
    if (status == EW_OK && !(error <= tolerance))
        status = ew_fail(
            ctx, EW_UNABLE,
            "sde: the density is known to %.1g of its maximum only on the finest grid", error);
    if (status == EW_OK)
        status = make_law(out, &best, problem, error, last.n, ctx);
    level_clear(&last);
    level_clear(&best);
    return status;
}
