/* The sums of the iterated trapezoidal rule: place by place, for every different end (f_a, ...,
 * f_n) of the tasks' products. */
#include <math.h>
#include <stdlib.h>

#include "expect/line_weights.h"
#include "expect/space.h"

/* An end: a function of this place, and an end of the next. */
typedef struct {
    slong fn, next;
} end;

/* What a place keeps for the line it is on. */
typedef struct {
    slong ends, room;
    end *end;
    ew_weights line;
    arb_ptr weight;  /* [room] */
    arb_ptr product; /* [room]: weight times a function */
    arb_ptr below;   /* [ends of the next place][room] */
    arb_ptr sum;     /* [ends]: what the place has come to */
    arb_t zeta, mean;
} stage;

typedef struct {
    ew_space *S;
    ew_evaluator *E;
    slong prec, open;
    stage stage[EW_MANY];
} walk;

/* ---- values at the nodes ------------------------------------------------------------------
 */

/* F(i h) for |i| <= reach from F(z) + F(-z) and F(z) - F(-z). */
static ew_status fn_values(ew_space_fn *f, ew_nodes *N, slong reach, slong prec,
                           ew_context *ctx)
{
    slong n = reach + 1;
    arb_ptr plus = _arb_vec_init(n), minus = _arb_vec_init(n);
    f->v = _arb_vec_init(2 * reach + 1);
    ew_status status = ew_axis_values(plus, &f->axis, N, 1, n, prec, ctx);
    if (status == EW_OK)
        status = ew_axis_values(minus, &f->axis, N, -1, n, prec, ctx);
    arb_swap(f->v + reach, plus); /* z = 0 counts once */
    for (slong i = 1; i < n; i++) {
        arb_ptr right = f->v + reach + i, left = f->v + reach - i;
        arb_add(right, plus + i, minus + i, prec);
        arb_sub(left, plus + i, minus + i, prec);
        arb_mul_2exp_si(right, right, -1);
        arb_mul_2exp_si(left, left, -1);
    }
    _arb_vec_clear(plus, n);
    _arb_vec_clear(minus, n);
    return status;
}

static ew_status place_values(ew_space_place *p, ew_evaluator *E, slong prec, ew_context *ctx)
{
    ew_nodes *N;
    slong len = 1;
    for (slong k = 0; k < p->fns; k++)
        len = FLINT_MAX(len, p->fn[k].axis.len);
    ew_status status = ew_grid_nodes(&N, E, p->level, p->reach + 1, len, prec, ctx);
    for (slong k = 0; k < p->fns && status == EW_OK; k++)
        status = fn_values(p->fn + k, N, p->reach, prec, ctx);
    return status;
}

/* ---- ends ---------------------------------------------------------------------------------
 */

static slong find_end(stage *s, end x)
{
    for (slong i = 0; i < s->ends; i++)
        if (s->end[i].fn == x.fn && s->end[i].next == x.next)
            return i;
    s->end[s->ends] = x;
    return s->ends++;
}

/* The end of a task that starts at the first place; last[i] as for the others. */
static slong enter(walk *w, const ew_space_task *t)
{
    slong next = 0;
    for (slong a = w->S->frame->n - 1; a >= 0; a--)
        next = find_end(w->stage + a, (end){t->fn[a], next});
    return next;
}

static ew_status open_stage(walk *w, slong a, ew_context *ctx)
{
    stage *s = w->stage + a;
    *s = (stage){.end = ew_alloc((size_t) w->S->tasks * sizeof *s->end, ctx)};
    arb_init(s->zeta);
    arb_init(s->mean);
    w->open++;
    return s->end ? EW_OK : EW_MEMORY;
}

static void make_room(walk *w, slong a)
{
    const ew_space *S = w->S;
    stage *s = w->stage + a;
    s->sum = _arb_vec_init(s->ends);
    if (a >= S->frame->rank)
        return;
    s->room = (slong) (2 * S->place[a].cut / S->place[a].h) + 8;
    s->weight = _arb_vec_init(s->room);
    s->product = _arb_vec_init(s->room);
    if (a + 1 < S->frame->n)
        s->below = _arb_vec_init(s->room * w->stage[a + 1].ends);
    ew_weights_init(&s->line, S->place[a].h, S->frame->tau + a, w->prec);
}

static void close_stage(walk *w, slong a)
{
    stage *s = w->stage + a;
    if (s->sum)
        _arb_vec_clear(s->sum, s->ends);
    if (s->below)
        _arb_vec_clear(s->below, s->room * w->stage[a + 1].ends);
    if (s->weight) {
        _arb_vec_clear(s->weight, s->room);
        _arb_vec_clear(s->product, s->room);
        ew_weights_clear(&s->line);
    }
    arb_clear(s->zeta);
    arb_clear(s->mean);
    free(s->end);
}

/* ---- sums ---------------------------------------------------------------------------------
 */

static ew_status settle(walk *w, slong a, ew_context *ctx);

static void set_mean(walk *w, slong a)
{
    const ew_space_frame *f = w->S->frame;
    stage *s = w->stage + a;
    arb_zero(s->mean);
    for (slong j = 0; j < a && j < f->rank; j++)
        arb_addmul(s->mean, f->R + a * f->n + j, w->stage[j].zeta, w->prec);
}

/* Weights of nodes lo <= i < hi, from the node next to the mean to either side. */
static void set_weights(stage *s, slong lo, slong hi, slong centre, slong prec)
{
    arb_t x;
    arb_init(x);
    arb_mul_si(x, s->line.h, centre, prec);
    arb_sub(x, x, s->mean, prec);
    ew_weights_along(s->weight + centre - lo, 1, hi - centre, x, &s->line);
    ew_weights_along(s->weight + centre - lo, -1, centre - lo + 1, x, &s->line);
    arb_clear(x);
}

/* What comes after each node of the line. */
static ew_status descend(walk *w, slong a, slong lo, slong n, ew_context *ctx)
{
    stage *s = w->stage + a, *next = s + 1;
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_mul_si(s->zeta, s->line.h, lo + i, w->prec);
        arb_sub(s->zeta, s->zeta, s->mean, w->prec);
        status = settle(w, a + 1, ctx);
        for (slong k = 0; k < next->ends; k++)
            arb_swap(s->below + k * s->room + i, next->sum + k);
        if (status == EW_OK && a + 2 >= w->S->frame->n && i % 16 == 0)
            status = ew_poll(ctx);
    }
    return status;
}

static ew_status sum_line(walk *w, slong a, ew_context *ctx)
{
    const ew_space_place *p = w->S->place + a;
    stage *s = w->stage + a;
    double mean = arf_get_d(arb_midref(s->mean), ARF_RND_NEAR);
    slong lo = (slong) ceil((mean - p->cut) / p->h) - 1;
    slong hi = (slong) floor((mean + p->cut) / p->h) + 2, centre = (slong) (mean / p->h);
    int half = a == 0 && w->S->mirror, last = a + 1 == w->S->frame->n;
    lo = half ? 0 : lo;
    slong n = hi - lo;
    set_weights(s, lo, hi, centre, w->prec);
    if (half)
        _arb_vec_scalar_mul_2exp_si(s->weight + 1, s->weight + 1, n - 1, 1);
    ew_status status = last ? EW_OK : descend(w, a, lo, n, ctx);
    for (slong k = 0; k < s->ends && status == EW_OK; k++) {
        arb_srcptr v = p->fn[s->end[k].fn].v + p->reach + lo;
        if (last) {
            arb_dot(s->sum + k, NULL, 0, s->weight, 1, v, 1, n, w->prec);
            continue;
        }
        for (slong i = 0; i < n; i++)
            arb_mul(s->product + i, s->weight + i, v + i, w->prec);
        arb_dot(s->sum + k, NULL, 0, s->product, 1, s->below + s->end[k].next * s->room, 1, n,
                w->prec);
    }
    return status;
}

static void fill_point(arb_ptr z, slong from, slong n, void *data, slong prec)
{
    (void) prec;
    for (slong i = from; i < n; i++)
        arb_set(z + i, data);
}

/* A variable that is a function of those before it. */
static ew_status take_point(walk *w, slong a, ew_context *ctx)
{
    const ew_space_place *p = w->S->place + a;
    stage *s = w->stage + a;
    slong len = 1;
    ew_nodes N;
    int last = a + 1 == w->S->frame->n;
    for (slong k = 0; k < p->fns; k++)
        len = FLINT_MAX(len, p->fn[k].axis.len);
    ew_nodes_init(&N, w->E->s->piece[0].f, w->E->s->parity, 0);
    ew_status status = ew_nodes_require(&N, 1, len, w->prec, fill_point, s->mean, ctx);
    if (status == EW_OK && !last)
        status = settle(w, a + 1, ctx);
    for (slong k = 0; k < s->ends && status == EW_OK; k++) {
        const ew_space_fn *f = p->fn + s->end[k].fn;
        status = ew_axis_values(s->sum + k, &f->axis, &N, 0, 1, w->prec, ctx);
        if (!last)
            arb_mul(s->sum + k, s->sum + k, s[1].sum + s->end[k].next, w->prec);
    }
    ew_nodes_clear(&N);
    return status;
}

/* The sums of place a's ends, the variables before it being where they are. */
static ew_status settle(walk *w, slong a, ew_context *ctx)
{
    set_mean(w, a);
    return a < w->S->frame->rank ? sum_line(w, a, ctx) : take_point(w, a, ctx);
}

ew_status ew_space_sums(arb_ptr x, ew_space *S, ew_evaluator *E, slong prec, ew_context *ctx)
{
    walk w = {.S = S, .E = E, .prec = prec};
    ew_status status = EW_OK;
    slong *first = ew_alloc((size_t) S->tasks * sizeof *first, ctx);
    if (!first)
        return EW_MEMORY;
    for (slong a = 0; a < S->frame->n && status == EW_OK; a++) {
        status = open_stage(&w, a, ctx);
        if (status == EW_OK && a < S->frame->rank)
            status = place_values(S->place + a, E, prec, ctx);
    }
    for (slong i = 0; i < S->tasks && status == EW_OK; i++)
        first[i] = S->task[i].vanishes ? -1 : enter(&w, S->task + i);
    for (slong a = 0; a < S->frame->n && status == EW_OK; a++)
        make_room(&w, a);
    if (status == EW_OK)
        status = settle(&w, 0, ctx);
    for (slong i = 0; i < S->tasks && status == EW_OK; i++)
        if (first[i] < 0)
            arb_zero(x + i);
        else
            arb_set(x + i, w.stage[0].sum + first[i]);
    for (slong a = 0; a < w.open; a++)
        close_stage(&w, a);
    free(first);
    return status;
}
