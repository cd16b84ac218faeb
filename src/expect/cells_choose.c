/* Which cells, their sums, and what is left out. */
#include "expect/cells.h"

#include <math.h>
#include <stdlib.h>

enum {
    SHARE = 7,        /* log2 of the cells expected */
    MAX_CELLS = 4000, /* accepted */
    MAX_DEPTH = 300,
    MAX_BOXES = 200000,
    MAX_NODES = 4000000
};

typedef struct {
    slong n;
    ew_cell *cell;
} cell_list;

/* e^(-x^2/2V)^(1/4) */
static void add_tail(mag_t sum, const arb_t x, const arb_t V)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    arb_mul(t, x, x, 64);
    arb_div(t, t, V, 64);
    arb_mul_2exp_si(t, t, -3);
    arb_neg(t, t);
    arb_exp(t, t, 64);
    arb_get_mag(m, t);
    mag_add(sum, sum, m);
    arb_clear(t);
    mag_clear(m);
}

/* What is left out: |u| > U, |w| > W, and the gaps. */
static void outside_layout(mag_ptr error, const ew_cells *C)
{
    const ew_layout *L = &C->L;
    mag_t tails, t;
    mag_init(tails);
    mag_init(t);
    add_tail(tails, L->U, L->K);
    if (!L->flat)
        add_tail(tails, L->W, L->tau);
    mag_mul_2exp_si(t, L->blur, 1); /* both halves */
    mag_root(t, t, 4);
    mag_add(tails, tails, t);
    for (slong i = 0; i < C->tasks; i++)
        mag_mul(error + i, tails, C->bound + i);
    mag_clear(tails);
    mag_clear(t);
}

/* ---- the choice of cells ---- */

static int within(mag_srcptr e, const ew_cells *C, double slack)
{
    for (slong i = 0; i < C->tasks; i++)
        if (mag_get_d_log2_approx(e + i) > C->task[i].target - SHARE + slack)
            return 0;
    return 1;
}

static void take_errors(ew_cells *C, mag_srcptr e)
{
    for (slong i = 0; i < C->tasks; i++)
        mag_add(C->task[i].error, C->task[i].error, e + i);
}

static int try_drop(ew_cells *C, const ew_cell *k, mag_ptr e)
{
    mag_t area;
    if (!ew_cell_sup(e, C, k, EW_ON_CELL))
        return 0;
    mag_init(area);
    mag_set_d(area, (k->s1 - k->s0) * (k->t1 - k->t0));
    for (slong i = 0; i < C->tasks; i++)
        mag_mul(e + i, e + i, area);
    mag_clear(area);
    return within(e, C, C->spare);
}

/* The largest excess of log2 e over what is allowed. */
static double excess(mag_srcptr e, const ew_cells *C)
{
    double x = -INFINITY;
    for (slong i = 0; i < C->tasks; i++)
        x = fmax(x, mag_get_d_log2_approx(e + i) - C->task[i].target);
    return x;
}

static double distance(const arb_t a, const arb_t b)
{
    return fabs(arf_get_d(arb_midref(a), ARF_RND_NEAR) -
                arf_get_d(arb_midref(b), ARF_RND_NEAR));
}

/* Is the cell longer along t than along s, as u or v see it? */
static int longer_along_t(const ew_cells *C, const ew_cell *k)
{
    ew_corners c;
    double s = 0, t = 0;
    ew_corners_init(&c);
    ew_corners_set(&c, &C->L, k, 64);
    for (int i = 0; i < 2; i++) {
        s = fmax(s, fmax(distance(c.u[0][i], c.u[1][i]), distance(c.v[0][i], c.v[1][i])));
        t = fmax(t, fmax(distance(c.u[i][0], c.u[i][1]), distance(c.v[i][0], c.v[i][1])));
    }
    ew_corners_clear(&c);
    return !C->L.flat && t * (k->t1 - k->t0) > s * (k->s1 - k->s0);
}

/* The tensor rule's error on [-1, 1]^2: 2 x 4.56 (M_s + M_t) 2^(-4 order), the one-dimensional
 * bound of panels.c applied to one coordinate and then, under the other rule, to the other.
 * *along: the coordinate to halve if it is too large. */
static int try_rule(ew_cells *C, const ew_cell *k, mag_ptr e, mag_ptr e2, int *along)
{
    mag_t factor;
    int s_fine = ew_cell_sup(e, C, k, EW_AROUND_S);
    int t_fine = 1;
    *along = longer_along_t(C, k);
    if (!s_fine)
        return 0;
    for (slong i = 0; i < C->tasks; i++)
        mag_zero(e2 + i);
    if (!C->L.flat)
        t_fine = ew_cell_sup(e2, C, k, EW_AROUND_T);
    if (!t_fine)
        return 0;
    *along = !C->L.flat && excess(e2, C) > excess(e, C);
    mag_init(factor);
    mag_set_d(factor, 9.12 * 0.25 * (k->s1 - k->s0) * (k->t1 - k->t0) * (1 + 1e-9));
    mag_mul_2exp_si(factor, factor, -4 * C->order);
    for (slong i = 0; i < C->tasks; i++) {
        mag_add(e + i, e + i, e2 + i);
        mag_mul(e + i, e + i, factor);
    }
    mag_clear(factor);
    return within(e, C, 0);
}

static ew_status choose(cell_list *list, ew_cells *C, const ew_cell *k, int depth,
                        ew_context *ctx)
{
    mag_ptr e = _mag_vec_init(C->tasks), e2 = _mag_vec_init(C->tasks);
    int along = 0, done = 0;
    ew_status status = ew_poll(ctx);
    if (status == EW_OK && (depth > MAX_DEPTH || C->boxes > MAX_BOXES || list->n >= MAX_CELLS))
        status = ew_fail(ctx, EW_UNABLE, "too many cells in the plane");
    if (status == EW_OK) {
        done = try_drop(C, k, e);
        if (!done && (done = try_rule(C, k, e, e2, &along)))
            list->cell[list->n++] = *k;
        if (done)
            take_errors(C, e);
    }
    _mag_vec_clear(e, C->tasks);
    _mag_vec_clear(e2, C->tasks);
    if (status != EW_OK || done)
        return status;
    ew_cell low = *k, high = *k;
    if (along)
        low.t1 = high.t0 = 0.5 * (k->t0 + k->t1);
    else
        low.s1 = high.s0 = 0.5 * (k->s0 + k->s1);
    status = choose(list, C, &low, depth + 1, ctx);
    return status == EW_OK ? choose(list, C, &high, depth + 1, ctx) : status;
}

static ew_status choose_all(cell_list *list, ew_cells *C, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < C->L.strips; i++)
        for (slong j = 0; j < C->L.strip[i].n && status == EW_OK; j++) {
            ew_cell k = {C->L.strip + i, C->L.strip[i].region + j, 0, 1, 0, 1};
            status = choose(list, C, &k, 0, ctx);
        }
    slong nodes = C->L.flat ? C->order : C->order * C->order;
    if (status == EW_OK && list->n * nodes > MAX_NODES)
        status = ew_fail(ctx, EW_UNABLE, "too many nodes in the plane");
    return status;
}

/* ---- the sums ---- */

static void set_scores(ew_cells *C)
{
    for (slong i = 0; i < C->tasks; i++) {
        ew_cell_task *t = C->task + i;
        if (t->p + t->q == 0)
            continue;
        t->score = _arb_vec_init(t->p + 1);
        ew_score_set(t->score, &C->L, t->p, t->q, C->prec);
    }
}

static void set_rule(ew_cells *C)
{
    slong order = C->order;
    C->x = _arb_vec_init(order);
    C->w = _arb_vec_init(order);
    for (slong i = 0; i < order; i++)
        arb_hypgeom_legendre_p_ui_root(C->x + i, C->w + i, (ulong) order, (ulong) i, C->prec);
}

static ew_status sum_cells(const ew_cell_pair *pair, ew_cells *C, ew_context *ctx)
{
    cell_list list = {0, ew_alloc(MAX_CELLS * sizeof(ew_cell), ctx)};
    arb_t coef;
    arb_init(coef);
    ew_status status = list.cell ? choose_all(&list, C, ctx) : EW_MEMORY;
    for (slong i = 0; i < list.n && status == EW_OK; i++)
        status = ew_cell_sum(C, list.cell + i, ctx);
    mag_ptr out = _mag_vec_init(C->tasks);
    outside_layout(out, C);
    for (slong i = 0; i < C->tasks && status == EW_OK; i++) {
        ew_cell_task *t = C->task + i;
        arb_add_error_mag(t->sum, t->error);
        if (C->L.half)
            arb_mul_2exp_si(t->sum, t->sum, 1);
        arb_add_error_mag(t->sum, out + i);
        arb_set_fmpq(coef, t->coef, C->prec);
        arb_mul(t->sum, t->sum, coef, C->prec);
        arb_swap(pair[i].x, t->sum);
    }
    _mag_vec_clear(out, C->tasks);
    arb_clear(coef);
    free(list.cell);
    return status;
}

ew_status ew_cells_run(const ew_cell_pair *pair, ew_cells *C, ew_evaluator *E,
                       const ew_box *box, ew_context *ctx)
{
    ew_status status = ew_layout_set(&C->L, E->s, box, C->bits, C->bits, C->prec, ctx);
    if (status != EW_OK)
        return status;
    set_scores(C);
    set_rule(C);
    return sum_cells(pair, C, ctx);
}
