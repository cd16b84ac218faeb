#include "activation/cover.h"

#include <math.h>
#include <stdlib.h>

#define LOWEST (-16)
#define HIGHEST 24
#define RUNGS (HIGHEST - LOWEST + 1)
#define EXTRA 2        /* bisections of the last gap: 2^(1/16) < 1.05 */
#define MAX_LOG2 20000 /* a larger constant is of no use */

typedef struct {
    enum { UNKNOWN, PROVED, REFUSED } state;
    double width;
    ew_majorant bound;
} rung;

struct ew_strip {
    slong n;
    rung rung[RUNGS +
              EXTRA]; /* k = LOWEST..HIGHEST, then the refinements; after new: n proved */
};

static ew_status try_rung(rung *r, const ew_expr *f, ew_context *ctx)
{
    if (r->state != UNKNOWN)
        return EW_OK;
    ew_status status = ew_line_majorant(&r->bound, NULL, f, r->width, ctx);
    r->state = status == EW_OK && mag_cmp_2exp_si(r->bound.c, MAX_LOG2) <= 0 ? PROVED : REFUSED;
    if (status == EW_UNABLE || status == EW_DOMAIN) {
        ew_clear(ctx);
        status = EW_OK;
    }
    return status;
}

/* *last: index of the widest rung proved, -1 if none; the next is refused.  Gallop from width
 * 1, then bisect: few attempts fail, and those cost most. */
static ew_status widest(slong *last, rung *r, const ew_expr *f, ew_context *ctx)
{
    slong lo = -1, hi = RUNGS, at = -LOWEST, step = 8;
    ew_status status = EW_OK;
    while (hi - lo > 1 && status == EW_OK) {
        status = try_rung(&r[at], f, ctx);
        if (r[at].state == PROVED)
            lo = at;
        else
            hi = at;
        if (lo < 0)
            at = hi > step ? hi - step : 0;
        else if (hi == RUNGS)
            at = lo + step < RUNGS ? lo + step : RUNGS - 1;
        else
            at = lo + (hi - lo) / 2;
    }
    *last = lo;
    return status;
}

/* Bisect between the last proved and the first refused width; proved ones join the ladder. */
static ew_status refine(ew_strip *s, const ew_expr *f, ew_context *ctx)
{
    ew_status status = EW_OK;
    double hi = s->rung[s->n].width;
    for (int i = 0; i < EXTRA && status == EW_OK; i++) {
        rung *r = &s->rung[s->n];
        r->width = sqrt(s->rung[s->n - 1].width * hi);
        r->state = UNKNOWN;
        status = try_rung(r, f, ctx);
        if (r->state == PROVED)
            s->n++;
        else
            hi = r->width;
    }
    return status;
}

/* The rungs below the widest one; where an attempt fails the next wider bound serves. */
static ew_status fill(ew_strip *s, const ew_expr *f, slong last, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = last; i >= 0 && status == EW_OK; i--) {
        status = try_rung(&s->rung[i], f, ctx);
        if (s->rung[i].state != PROVED)
            ew_majorant_set(&s->rung[i].bound, &s->rung[i + 1].bound);
    }
    return status;
}

ew_status ew_strip_new(ew_strip **out, const ew_expr *f, ew_context *ctx)
{
    *out = NULL;
    ew_strip *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (s == NULL)
        return EW_MEMORY;
    for (slong i = 0; i < RUNGS + EXTRA; i++) {
        s->rung[i].width = exp2((double) (i + LOWEST) / 4);
        ew_majorant_init(&s->rung[i].bound);
    }
    slong last;
    ew_status status = widest(&last, s->rung, f, ctx);
    if (status == EW_OK)
        status = fill(s, f, last, ctx);
    s->n = last + 1;
    if (status == EW_OK && last >= 0 && last + 1 < RUNGS)
        status = refine(s, f, ctx);
    if (status == EW_OK)
        *out = s;
    else
        ew_strip_free(s);
    return status;
}

void ew_strip_free(ew_strip *s)
{
    if (s == NULL)
        return;
    for (slong i = 0; i < RUNGS + EXTRA; i++)
        ew_majorant_clear(&s->rung[i].bound);
    free(s);
}

slong ew_strip_rungs(const ew_strip *s)
{
    return s->n;
}

double ew_strip_width(const ew_strip *s, slong i)
{
    return s->rung[i].width;
}

const ew_majorant *ew_strip_bound(const ew_strip *s, slong i)
{
    return &s->rung[i].bound;
}
