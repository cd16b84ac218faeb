#include "activation/cover.h"
#include "activation/jet.h"

#include <math.h>
#include <stdlib.h>

#define PREC 64
#define MAX_BOXES 4000  /* finite boxes in a proof */
#define MAX_REFINED 400 /* boxes beyond which the bound is no longer tightened */
#define SLACK_BITS 2    /* the bound may be so many bits above the values seen */

typedef struct {
    ew_box box;
    mag_t bound; /* of |f| over the weight */
} cell;

typedef struct {
    const ew_expr *f;
    const ew_majorant *shape; /* p and q of the weight */
    double smallest;          /* side of a box that is given up */
    cell *cells;              /* proved boxes */
    slong n, room;
    ew_box *todo; /* boxes with a non-finite value */
    slong pending, todo_room;
    mag_t seen; /* a lower estimate of the bound: values at points (a heuristic) */
    ew_context *ctx;
} cover;

static void interval(arb_t x, double lo, double hi)
{
    arf_t a, b;
    arf_init(a);
    arf_init(b);
    arf_set_d(a, lo);
    arf_set_d(b, hi);
    arb_set_interval_arf(x, a, b, PREC);
    arf_clear(a);
    arf_clear(b);
}

/* (1 + r)^p e^{qr} with r the least |x| of the box, from below. */
static void weight(mag_t w, const cover *k, const ew_box *b)
{
    double r = b->x0 > 0 ? b->x0 : b->x1 < 0 ? -b->x1 : 0;
    if (r == 0 || (k->shape->p == 0 && k->shape->q == 0)) {
        mag_one(w);
        return;
    }
    arb_t x, t;
    arb_init(x);
    arb_init(t);
    arb_set_d(x, r);
    arb_set_d(t, k->shape->q);
    arb_mul(t, t, x, PREC);
    arb_exp(t, t, PREC);
    arb_add_ui(x, x, 1, PREC);
    arb_pow_ui(x, x, k->shape->p, PREC);
    arb_mul(t, t, x, PREC);
    arb_get_mag_lower(w, t);
    arb_clear(x);
    arb_clear(t);
}

/* 1 and the bound if f is analytic on the box. */
static int evaluate(mag_t bound, const cover *k, const ew_box *b)
{
    acb_t z, v;
    mag_t w;
    acb_init(z);
    acb_init(v);
    mag_init(w);
    interval(acb_realref(z), b->x0, b->x1);
    interval(acb_imagref(z), b->y0, b->y1);
    ew_jet(v, k->f, z, 1, 1, PREC);
    int ok = acb_is_finite(v);
    if (ok) {
        acb_get_mag(bound, v);
        weight(w, k, b);
        mag_div(bound, bound, w);
    }
    acb_clear(z);
    acb_clear(v);
    mag_clear(w);
    return ok;
}

/* Look at f at the upper corners and above the middle. */
static void look(cover *k, const ew_box *b)
{
    mag_t t;
    mag_init(t);
    double x[2] = {b->x0 + (b->x1 - b->x0) / 2, fabs(b->x0) < fabs(b->x1) ? b->x0 : b->x1};
    for (int i = 0; i < 2; i++) {
        ew_box point = {x[i], x[i], b->y1, b->y1};
        if (evaluate(t, k, &point))
            mag_max(k->seen, k->seen, t);
    }
    mag_clear(t);
}

static ew_status add_cell(cover *k, const ew_box *b, const mag_t bound)
{
    if (k->n == k->room) {
        slong room = k->room ? 2 * k->room : 64;
        cell *c = ew_realloc(k->cells, (size_t) room * sizeof(cell), k->ctx);
        if (c == NULL)
            return EW_MEMORY;
        k->cells = c;
        k->room = room;
    }
    k->cells[k->n].box = *b;
    mag_init_set(k->cells[k->n].bound, bound);
    k->n++;
    return EW_OK;
}

static ew_status add_todo(cover *k, const ew_box *b)
{
    if (k->pending == k->todo_room) {
        slong room = k->todo_room ? 2 * k->todo_room : 64;
        ew_box *t = ew_realloc(k->todo, (size_t) room * sizeof(ew_box), k->ctx);
        if (t == NULL)
            return EW_MEMORY;
        k->todo = t;
        k->todo_room = room;
    }
    k->todo[k->pending++] = *b;
    return EW_OK;
}

/* Halves across the longer side, the one farther from the origin first. */
static void halves(ew_box h[2], const ew_box *b)
{
    h[0] = h[1] = *b;
    if (b->x1 - b->x0 >= b->y1 - b->y0) {
        double m = b->x0 + (b->x1 - b->x0) / 2;
        int near = m >= 0;
        h[near].x1 = m;
        h[!near].x0 = m;
    } else {
        double m = b->y0 + (b->y1 - b->y0) / 2;
        h[1].y1 = m;
        h[0].y0 = m;
    }
}

static ew_status sort_box(cover *k, const ew_box *b)
{
    mag_t bound;
    mag_init(bound);
    ew_status status = evaluate(bound, k, b) ? add_cell(k, b, bound) : add_todo(k, b);
    mag_clear(bound);
    return status;
}

/* Bisect until every value is finite; the last box with a non-finite value comes first, so that
 * a singularity is reached in few steps. */
static ew_status prove(cover *k, double where[2])
{
    ew_status status = EW_OK;
    while (k->pending > 0 && status == EW_OK) {
        ew_box b = k->todo[--k->pending], h[2];
        double size = fmax(b.x1 - b.x0, b.y1 - b.y0);
        where[0] = b.x0 + (b.x1 - b.x0) / 2;
        where[1] = b.y1;
        halves(h, &b);
        int stuck = h[0].x0 == b.x0 && h[0].x1 == b.x1 && h[0].y0 == b.y0 && h[0].y1 == b.y1;
        if (stuck || size <= k->smallest * fmax(1, fabs(where[0]) * 0x1p-20) ||
            k->n > MAX_BOXES)
            return EW_UNABLE;
        for (int i = 0; i < 2 && status == EW_OK; i++)
            status = sort_box(k, &h[i]);
        if (status == EW_OK)
            status = ew_poll(k->ctx);
    }
    return status;
}

static slong largest(const cover *k)
{
    slong best = 0;
    for (slong i = 1; i < k->n; i++)
        if (mag_cmp(k->cells[i].bound, k->cells[best].bound) > 0)
            best = i;
    return best;
}

/* Split cell i; each half keeps the better of its own bound and the whole's.  *done is set if a
 * half has no finite value of its own. */
static ew_status split_cell(cover *k, slong i, int *done)
{
    ew_box h[2];
    mag_t left, right;
    ew_status status = EW_OK;
    mag_init(left);
    mag_init(right);
    halves(h, &k->cells[i].box);
    *done = !(evaluate(left, k, &h[0]) && evaluate(right, k, &h[1]));
    if (!*done) {
        mag_min(left, left, k->cells[i].bound);
        mag_min(right, right, k->cells[i].bound);
        k->cells[i].box = h[0];
        mag_set(k->cells[i].bound, left);
        status = add_cell(k, &h[1], right);
    }
    mag_clear(left);
    mag_clear(right);
    return status;
}

/* Split the box with the largest bound until that is near the values seen. */
static ew_status tighten(cover *k)
{
    ew_status status = EW_OK;
    mag_t limit;
    int done = 0;
    mag_init(limit);
    while (status == EW_OK && !done && k->n < MAX_REFINED) {
        slong i = largest(k);
        look(k, &k->cells[i].box);
        mag_mul_2exp_si(limit, k->seen, SLACK_BITS);
        done = mag_cmp(k->cells[i].bound, limit) <= 0;
        if (!done)
            status = split_cell(k, i, &done);
    }
    mag_clear(limit);
    return status;
}

/* Is f, whose boxes about the real point x are never finite, really not finite near x?  Either
 * it is undefined at a point beside it, or it keeps growing as x is approached. */
static int real_singularity(const ew_expr *f, const ew_box *b)
{
    acb_t z, v;
    mag_t far, near;
    int singular = 0;
    acb_init(z);
    acb_init(v);
    mag_init(far);
    mag_init(near);
    double m = b->x0 + (b->x1 - b->x0) / 2, h = b->x1 - b->x0;
    const double x[] = {m - 0x1p20 * h, m + 0x1p20 * h, b->x0, b->x1, m};
    for (int i = 0; i < 5; i++) {
        arb_set_d(acb_realref(z), x[i]);
        ew_jet(v, f, z, 1, 0, 4 * PREC);
        mag_t *to = i < 2 ? &far : &near;
        mag_t t;
        mag_init(t);
        acb_get_mag(t, v);
        mag_max(*to, *to, t);
        mag_clear(t);
        singular |= !acb_is_finite(v) && i >= 2;
    }
    mag_add_ui(far, far, 1);
    singular |= mag_cmp(near, far) > 0;
    acb_clear(z);
    acb_clear(v);
    mag_clear(far);
    mag_clear(near);
    return singular;
}

static void take_bound(ew_majorant *m, const cover *k)
{
    for (slong i = 0; i < k->n; i++)
        mag_max(m->c, m->c, k->cells[i].bound);
}

ew_status ew_cover(ew_majorant *m, slong *boxes, double where[2], const ew_expr *f,
                   ew_box region, ew_context *ctx)
{
    cover k = {.f = f, .shape = m, .ctx = ctx};
    /* Relative to the width: a proof within a few per cent of a singularity needs boxes of
     * about that fraction.  On the real line, far below any scale of interest. */
    k.smallest = region.y1 > 0 ? region.y1 * 0x1p-11 : 0x1p-40;
    mag_init(k.seen);
    mag_set(k.seen, m->c);
    ew_status status = sort_box(&k, &region);
    if (status == EW_OK)
        status = prove(&k, where);
    if (status == EW_UNABLE && region.y1 == 0) {
        double h = k.smallest;
        ew_box b = {where[0] - h, where[0] + h, 0, 0};
        if (k.n <= MAX_BOXES && real_singularity(f, &b))
            status = EW_DOMAIN;
    }
    if (status == EW_OK)
        status = tighten(&k);
    if (status == EW_OK)
        take_bound(m, &k);
    if (boxes != NULL)
        *boxes += k.n;
    for (slong i = 0; i < k.n; i++)
        mag_clear(k.cells[i].bound);
    free(k.cells);
    free(k.todo);
    mag_clear(k.seen);
    return status;
}
