#include "arith/vector.h"

#include "readings/sde/paths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/random.h"
#include "readings/sde/step.h"

#define B EW_BLOCK
/* The use that coins are drawn under; normals take the least ones. */
#define COINS 255

struct ew_paths {
    ew_step *step;
    ew_scheme scheme;
    double h, t0;
    uint64_t seed, first, done; /* done: steps */
    double *normals, *state;
    double end[B];
    uint8_t coin[B];
};

void ew_paths_free(ew_paths *p)
{
    if (!p)
        return;
    ew_step_free(p->step);
    free(p->normals);
    free(p->state);
    free(p);
}

ew_status ew_paths_new(ew_paths **out, const ew_motion *motion, ew_scheme scheme, double h,
                       ew_context *ctx)
{
    *out = NULL;
    if (motion->rate && motion->fields > 1 && scheme == EW_SCHEME_SECOND)
        return ew_fail(
            ctx, EW_UNABLE,
            "sde: weak order 2 is for shaped networks, and for one field of residual "
            "ones");
    ew_paths *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    ew_status status = ew_step_new(&p->step, motion, ctx);
    if (status == EW_OK) {
        size_t normals = (size_t) ew_step_normals(p->step, scheme == EW_SCHEME_EULER);
        p->normals = ew_alloc_zero(normals * B, sizeof(double), ctx);
        p->state = ew_alloc_zero((size_t) p->step->pairs * B, sizeof(double), ctx);
        status = normals >= COINS         ? ew_fail(ctx, EW_UNABLE, "sde: too many fields")
                 : p->normals && p->state ? EW_OK
                                          : EW_MEMORY;
    }
    p->scheme = scheme;
    p->h = h;
    if (status == EW_OK)
        *out = p;
    else
        ew_paths_free(p);
    return status;
}

static void publish(ew_paths *p)
{
    ew_step *s = p->step;
    ew_step_gram(s);
    memcpy(p->state, s->v, (size_t) s->pairs * B * sizeof *p->state);
    for (size_t i = 0; i < B; i++)
        for (slong e = 0; p->end[i] < INFINITY && e < s->pairs; e++)
            p->state[e * B + (slong) i] = NAN;
}

void ew_paths_start(ew_paths *p, const double *v0, double t0, uint64_t seed, uint64_t first)
{
    ew_step_start(p->step, v0);
    p->t0 = t0;
    p->seed = seed;
    p->first = first;
    p->done = 0;
    for (size_t i = 0; i < B; i++)
        p->end[i] = INFINITY;
    publish(p);
}

static void draw_normals(ew_paths *p)
{
    slong n = ew_step_normals(p->step, p->scheme == EW_SCHEME_EULER);
    for (slong u = 0; u < n; u++) {
        ew_stream s = {p->seed, p->done, 0, (uint32_t) u};
        ew_normals(p->normals + u * B, &s, p->first, B);
    }
}

/* A Philox block has 128 bits: the coins of EW_BLOCK paths. */
static void draw_coins(ew_paths *p)
{
    _Static_assert(B == 128, "a block of coins for a block of paths");
    uint32_t word[4];
    ew_stream s = {p->seed, p->done, 0, COINS};
    ew_philox_blocks(word, &s, (uint32_t) (p->first / B), 1);
    for (size_t i = 0; i < B; i++)
        p->coin[i] = word[i / 32] >> i % 32 & 1;
}

EW_VECTOR static int any_beyond(const double *restrict v)
{
    int n = 0;
    for (size_t i = 0; i < B; i++)
        n += !(v[i] <= EW_STEP_EXPLODED);
    return n;
}

/* Looks at s->v, of time t; the diagonal bounds the rest. */
static void check_explosion(ew_paths *p, double t)
{
    ew_step *s = p->step;
    for (slong a = 0; a < s->m; a++) {
        const double *v = s->v + ew_motion_pair(s->m, a, a) * B;
        if (!any_beyond(v))
            continue;
        for (size_t i = 0; i < B; i++)
            if (!(v[i] <= EW_STEP_EXPLODED)) {
                p->end[i] = fmin(p->end[i], t);
                ew_step_park(s, i);
            }
    }
}

static double time_of(const ew_paths *p, double step)
{
    return p->t0 + step * p->h;
}

/* The half flows of the drift at the meeting of two steps make a whole one. */
static void advance_second(ew_paths *p, uint64_t steps)
{
    for (uint64_t k = 0; k < steps; k++) {
        double at = (double) p->done;
        ew_step_drift(p->step, time_of(p, k ? at - 0.5 : at), k ? p->h : 0.5 * p->h);
        draw_normals(p);
        draw_coins(p);
        ew_step_noise(p->step, p->h, p->normals, p->coin);
        p->done++;
        ew_step_gram(p->step);
        check_explosion(p, time_of(p, (double) p->done));
    }
    ew_step_drift(p->step, time_of(p, (double) p->done - 0.5), 0.5 * p->h);
}

static void advance_euler(ew_paths *p, uint64_t steps)
{
    for (uint64_t k = 0; k < steps; k++) {
        double t = time_of(p, (double) p->done);
        draw_normals(p);
        ew_step_euler(p->step, t, p->h, p->normals);
        p->done++;
        ew_step_gram(p->step);
        check_explosion(p, t + p->h);
    }
}

static void advance_residual(ew_paths *p, uint64_t steps)
{
    for (uint64_t k = 0; k < steps; k++) {
        double t = time_of(p, (double) p->done);
        draw_normals(p);
        draw_coins(p);
        ew_step_residual(p->step, t, p->h, p->normals, p->coin);
        p->done++;
        ew_step_gram(p->step);
        check_explosion(p, t + p->h);
    }
}

void ew_paths_advance(ew_paths *p, uint64_t steps)
{
    if (steps == 0)
        return;
    if (p->scheme == EW_SCHEME_EULER)
        advance_euler(p, steps);
    else if (p->step->motion->rate)
        advance_residual(p, steps);
    else
        advance_second(p, steps);
    ew_step_gram(p->step);
    check_explosion(p, time_of(p, (double) p->done));
    publish(p);
}

const double *ew_paths_state(const ew_paths *p)
{
    return p->state;
}

const double *ew_paths_end(const ew_paths *p)
{
    return p->end;
}
