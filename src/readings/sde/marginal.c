#include "readings/sde/marginal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond these coordinates a correlation is too near to 1 or -1 to tell its drift from
 * rounding. */
#define NEAR 7.0
/* Where a correlation of -1 starts; and the wall where noise lets -1 be reached. */
#define ENTRANCE 9.0
#define WALL 12.0
/* Variances beyond e^DEEP to either side count as that. */
#define DEEP 250.0
/* A singular start is over after this part of the time. */
#define SINGULAR 0.01
#define CHUNK 64

typedef struct {
    const ew_sde *sde;
    slong entry;
    double side[2]
               [2]; /* of a correlation: drift = side[s][0] + side[s][1] e^(..) beyond NEAR */
    int reached;   /* noise near -1 is about (1 + rho): residual networks */
    double spread; /* then at -NEAR */
} context;

/* ---- variances: x = log V ---- */

/* b and S of the entry at values v[0..n), n <= CHUNK, the others being 1 and 0. */
static void scalar(double *b, double *s, const context *c, const double *v, size_t n, double t)
{
    const ew_sde *sde = c->sde;
    slong all = sde->n * (sde->n + 1) / 2;
    double state[sde->n * CHUNK], drift[sde->n * CHUNK], spread[all * CHUNK];
    for (slong i = 0; i < sde->n; i++)
        for (size_t k = 0; k < n; k++)
            state[(size_t) i * n + k] = i == c->entry ? v[k] : 0;
    for (slong a = 0; sde->state == EW_SDE_COVARIANCE && a < sde->fields; a++)
        for (size_t k = 0; ew_sde_pair(sde, a, a) != c->entry && k < n; k++)
            state[(size_t) ew_sde_pair(sde, a, a) * n + k] = 1;
    ew_sde_drift(drift, sde, t, state, n);
    ew_sde_diffusion(spread, sde, t, state, n);
    memcpy(b, drift + (size_t) c->entry * n, n * sizeof *b);
    memcpy(s, spread + (size_t) ew_sde_entry(sde, c->entry, c->entry) * n, n * sizeof *s);
}

static void
in_chunks(double *drift, double *spread, const double *x, size_t n, double t, const context *c,
          void (*fn)(double *, double *, const double *, size_t, double, const context *))
{
    for (size_t at = 0; at < n; at += CHUNK)
        fn(drift + at, spread + at, x + at, n - at < CHUNK ? n - at : CHUNK, t, c);
}

/* Ito's formula for log v. */
static void log_chunk(double *drift, double *spread, const double *x, size_t n, double t,
                      const context *c)
{
    double v[CHUNK] = {0}, b[CHUNK], s[CHUNK];
    for (size_t k = 0; k < n; k++)
        v[k] = exp(fmin(fmax(x[k], -DEEP), DEEP));
    scalar(b, s, c, v, n, t);
    for (size_t k = 0; k < n; k++) {
        spread[k] = 0.5 * s[k] / v[k] / v[k];
        drift[k] = b[k] / v[k] - spread[k];
    }
}

static void log_variance(double *drift, double *spread, const double *x, size_t n, double t,
                         const void *data)
{
    in_chunks(drift, spread, x, n, t, data, log_chunk);
}

/* q moves in the time log t. */
static void log_angle(double *drift, double *spread, const double *x, size_t n, double t,
                      const void *data)
{
    double time = exp(t);
    in_chunks(drift, spread, x, n, time, data, log_chunk);
    for (size_t k = 0; k < n; k++) {
        drift[k] *= time;
        spread[k] *= time;
    }
}

/* A variance that comes from infinity like 1/t: log(V t), in the time log t. */
static void log_falling(double *drift, double *spread, const double *x, size_t n, double t,
                        const void *data)
{
    double time = exp(t), y[CHUNK];
    for (size_t at = 0; at < n; at += CHUNK) {
        size_t chunk = n - at < CHUNK ? n - at : CHUNK;
        for (size_t k = 0; k < chunk; k++)
            y[k] = x[at + k] - t;
        log_chunk(drift + at, spread + at, y, chunk, time, data);
    }
    for (size_t k = 0; k < n; k++) {
        drift[k] = drift[k] * time + 1;
        spread[k] *= time;
    }
}

/* ---- correlations: y = artanh rho ---- */

/* dy = [b/(1 - rho^2) + rho S/(1 - rho^2)^2] dt + .. dB. */
static void artanh_chunk(double *drift, double *spread, const double *y, size_t n, double t,
                         const context *c)
{
    double rho[CHUNK] = {0}, b[CHUNK], s[CHUNK];
    for (size_t k = 0; k < n; k++)
        rho[k] = tanh(fmin(fmax(y[k], -NEAR), NEAR));
    scalar(b, s, c, rho, n, t);
    for (size_t k = 0; k < n; k++) {
        double u = cosh(fmin(fmax(y[k], -NEAR), NEAR));
        spread[k] = 0.5 * s[k] * u * u * u * u;
        drift[k] = b[k] * u * u;
    }
    /* (1 - rho^2)^2 in powers of rho cancels near 1. */
    for (size_t k = 0; k < n; k++) {
        double u2 = 1 - rho[k] * rho[k];
        if (!ew_sde_find(c->sde, "d") && fabs(s[k] - u2 * u2) < 1e-12)
            spread[k] = 0.5;
        drift[k] += 2 * rho[k] * spread[k];
    }
}

/* Beyond NEAR the drift goes on as a + b e^-|y| near 1, and as a + b e^(2|y|) near -1, where it
 * is b(-1)/(1 - rho^2). */
static void artanh_correlation(double *drift, double *spread, const double *y, size_t n,
                               double t, const void *data)
{
    const context *c = data;
    in_chunks(drift, spread, y, n, t, c, artanh_chunk);
    for (size_t k = 0; k < n; k++) {
        if (y[k] > NEAR)
            drift[k] = c->side[1][0] + c->side[1][1] * exp(-y[k]);
        if (y[k] < -NEAR)
            drift[k] = c->side[0][0] + c->side[0][1] * exp(-2 * y[k]);
        if (y[k] < -NEAR && c->reached)
            spread[k] = c->spread * exp(2 * (-NEAR - y[k]));
    }
}

static void fit_sides(context *c)
{
    static const double y[4] = {-NEAR, 1 - NEAR, NEAR - 1, NEAR};
    double drift[4], spread[4], e[4];
    artanh_chunk(drift, spread, y, 4, 0, c);
    c->reached = spread[0] > 2 * spread[1];
    c->spread = spread[0];
    for (int k = 0; k < 4; k++)
        e[k] = k < 2 ? exp(-2 * y[k]) : exp(-y[k]);
    for (int s = 0; s < 2; s++) {
        c->side[s][1] = (drift[2 * s + 1] - drift[2 * s]) / (e[2 * s + 1] - e[2 * s]);
        c->side[s][0] = drift[2 * s] - c->side[s][1] * e[2 * s];
    }
}

/* ---- the three problems ---- */

/* The drift of the entry must not ask for the others. */
static int by_itself(const context *c)
{
    const ew_sde *sde = c->sde;
    slong n = sde->n;
    double x[2 * n], b[2 * n];
    for (slong i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            x[2 * i + k] = i == c->entry ? 0.7 : k ? 0.3 + 0.1 * (double) i : 0.2;
    ew_sde_drift(b, sde, 1, x, 2);
    return fabs(b[2 * c->entry] - b[2 * c->entry + 1]) < 1e-12;
}

/* From infinity: c V^2 dominates, c < 0, and q = 1/V starts as -c t (1 + t + sqrt(2 t/3) g), g
 * normal, to the order of t (theory.md section 6, unshaped critical networks). */
static ew_status start_variance(ew_fokker_planck *p, const context *c, double from, double time,
                                ew_context *ctx)
{
    double v = 0x1p40, b, s;
    scalar(&b, &s, c, &v, 1, 0);
    double rate = b / v / v;
    p->coefficients = log_variance;
    p->lower = -INFINITY;
    if (rate > 1e9)
        return ew_fail(ctx, EW_UNABLE, "sde: a drift that grows faster than V^2");
    p->open = rate > 1e-9;
    p->upper = p->open ? log(1e6 * (1 + 1 / time) / rate) : INFINITY;
    if (isinf(from)) {
        double t0 = SINGULAR * fmin(time, 1);
        if (!(rate < -1e-9))
            return ew_fail(ctx, EW_DOMAIN, "sde: nothing brings an infinite variance down");
        p->coefficients = log_falling;
        p->moving = 1;
        p->start = log(t0);
        p->time = log(time) - p->start;
        p->x0 = -log(-rate) - 2 * t0 / 3;
        p->variance = 2 * t0 / 3;
        return EW_OK;
    }
    if (!(from > 0) || log(from) > DEEP || log(from) < -DEEP)
        return ew_fail(ctx, EW_DOMAIN, "sde: a variance starts from above 0, not %g", from);
    p->x0 = log(from);
    if (p->open && p->upper < p->x0 + 1)
        p->upper = p->x0 + 1;
    return EW_OK;
}

static ew_status start_correlation(ew_fokker_planck *p, context *c, double from,
                                   ew_context *ctx)
{
    if (!(from >= -1 && from <= 1))
        return ew_fail(ctx, EW_DOMAIN, "sde: a correlation is in [-1, 1], not %g", from);
    fit_sides(c);
    p->coefficients = artanh_correlation;
    p->upper = INFINITY;
    p->lower = c->reached ? -WALL : c->side[0][1] > 1e-9 ? -ENTRANCE : -INFINITY;
    p->x0 = from == -1 ? -ENTRANCE : atanh(from);
    if (from == 1 || (from == -1 && isinf(p->lower)))
        return ew_fail(ctx, EW_DOMAIN, "sde: a correlation of %g stays there", from);
    p->x0 = fmax(p->x0, p->lower);
    return EW_OK;
}

/* dq = [(2 q - c q^(3/2))/t + M q] dt + 2 sqrt(M) q dB stays near q_0 = 4/c^2 at first: with
 * q = q_0 e^u, du = [2 - 2 e^(u/2)] dt/t - M dt + 2 sqrt(M) dB, so that u is near normal with
 * variance (4/3) M t and mean -(2/3) M t. */
static void start_angle(ew_fokker_planck *p, const context *c, double time)
{
    double q = 1, b, s, tiny = 1e-200;
    scalar(&b, &s, c, &q, 1, 1);
    double m = s / 4, t0 = SINGULAR * fmin(time, 1);
    scalar(&b, &s, c, &q, 1, tiny);
    double root = 2 - b * tiny; /* c */
    p->coefficients = log_angle;
    p->moving = 1;
    p->start = log(t0);
    p->time = log(time) - p->start;
    p->x0 = log(4 / root / root) - 2 * m * t0 / 3;
    p->variance = 4 * m * t0 / 3;
    p->lower = -INFINITY;
    p->upper = INFINITY;
}

static ew_status set_problem(ew_fokker_planck *p, context *c, double from, double time,
                             ew_context *ctx)
{
    *p = (ew_fokker_planck){.data = c, .time = time, .scale = 1};
    if (!(time > 0) || !isfinite(time))
        return ew_fail(ctx, EW_DOMAIN, "sde: the time must be positive, not %g", time);
    if (c->sde->state == EW_SDE_ANGLE_STATE) {
        start_angle(p, c, time);
        return EW_OK;
    }
    if (c->sde->state == EW_SDE_CORRELATION)
        return start_correlation(p, c, from, ctx);
    if (c->sde->state != EW_SDE_COVARIANCE || c->sde->uses_time || !by_itself(c))
        return ew_fail(ctx, EW_UNABLE,
                       "sde: %s does not move by itself; its law is that of paths",
                       c->sde->name[c->entry]);
    return start_variance(p, c, from, time, ctx);
}

ew_status ew_marginal_new(ew_marginal **out, const ew_sde *sde, slong field, double from,
                          double time, double tolerance, ew_context *ctx)
{
    context c = {.sde = sde,
                 .entry = sde->state == EW_SDE_COVARIANCE    ? ew_sde_pair(sde, field, field)
                          : sde->state == EW_SDE_ANGLE_STATE ? field
                                                             : 0};
    ew_fokker_planck problem;
    *out = NULL;
    ew_status status = set_problem(&problem, &c, from, time, ctx);
    if (status != EW_OK)
        return status;
    ew_marginal *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    m->kind = sde->state;
    m->shift = problem.coefficients == log_falling ? log(time) : 0;
    status = ew_fokker_planck_solve(&m->law, &problem, tolerance, ctx);
    if (status == EW_OK)
        *out = m;
    else
        ew_marginal_free(m);
    return status;
}

void ew_marginal_free(ew_marginal *m)
{
    if (!m)
        return;
    ew_scalar_law_free(m->law);
    free(m);
}

double ew_marginal_value(const ew_marginal *m, double x)
{
    return m->kind == EW_SDE_CORRELATION ? tanh(x) : exp(x - m->shift);
}

double ew_marginal_coordinate(const ew_marginal *m, double value)
{
    if (m->kind == EW_SDE_CORRELATION)
        return value <= -1 ? -INFINITY : value >= 1 ? INFINITY : atanh(value);
    return value > 0 ? log(value) + m->shift : -INFINITY;
}

double ew_marginal_distribution(const ew_marginal *m, double value)
{
    return ew_scalar_law_distribution(m->law, ew_marginal_coordinate(m, value));
}

double ew_marginal_density(const ew_marginal *m, double value)
{
    double x = ew_marginal_coordinate(m, value);
    if (!isfinite(x))
        return 0;
    double slope = m->kind == EW_SDE_CORRELATION ? 1 / ((1 - value) * (1 + value)) : 1 / value;
    return ew_scalar_law_density(m->law, x) * slope;
}

double ew_marginal_quantile(const ew_marginal *m, double p)
{
    return ew_marginal_value(m, ew_scalar_law_quantile(m->law, p));
}

typedef struct {
    const ew_marginal *m;
    double p;
} power;

static double power_of(double x, const void *data)
{
    const power *f = data;
    if (f->m->kind == EW_SDE_CORRELATION)
        return pow(tanh(x), f->p);
    return exp(f->p * (x - f->m->shift));
}

double ew_marginal_moment(const ew_marginal *m, double p)
{
    power f = {m, p};
    return ew_scalar_law_mean(m->law, power_of, &f);
}
