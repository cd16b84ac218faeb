/* The tensor product of two Gauss-Legendre rules on a cell. */
#include "expect/cells.h"

#include <stdlib.h>

/* One row of nodes, t fixed: s runs. */
typedef struct {
    ew_cells *C;
    const ew_cell *cell;
    ew_corners corner;
    arb_ptr s, u, v, weight, work;
    ew_nodes F, G;
    int started;
} row;

static void row_init(row *R, ew_cells *C, const ew_cell *cell)
{
    slong n = C->order;
    arb_t mid, half;
    arb_init(mid);
    arb_init(half);
    R->C = C;
    R->cell = cell;
    R->started = 0;
    ew_corners_init(&R->corner);
    ew_corners_set(&R->corner, &C->L, cell, C->prec);
    R->s = _arb_vec_init(n);
    R->u = _arb_vec_init(n);
    R->v = _arb_vec_init(n);
    R->weight = _arb_vec_init(n);
    R->work = _arb_vec_init(n);
    ew_nodes_init(&R->F, cell->region->f, EW_PARITY_NONE, 0);
    ew_nodes_init(&R->G, cell->region->g, EW_PARITY_NONE, 0);
    arb_set_d(mid, 0.5 * (cell->s0 + cell->s1));
    arb_set_d(half, 0.5 * (cell->s1 - cell->s0));
    for (slong i = 0; i < n; i++) {
        arb_mul(R->s + i, C->x + i, half, C->prec);
        arb_add(R->s + i, R->s + i, mid, C->prec);
    }
    arb_clear(mid);
    arb_clear(half);
}

static void row_clear(row *R)
{
    slong n = R->C->order;
    ew_corners_clear(&R->corner);
    _arb_vec_clear(R->s, n);
    _arb_vec_clear(R->u, n);
    _arb_vec_clear(R->v, n);
    _arb_vec_clear(R->weight, n);
    _arb_vec_clear(R->work, n);
    ew_nodes_clear(&R->F);
    ew_nodes_clear(&R->G);
}

static void copy_nodes(arb_ptr z, slong from, slong n, void *data, slong prec)
{
    arb_srcptr x = data;
    (void) prec;
    for (slong i = from; i < n; i++)
        arb_set(z + i, x + i);
}

/* z[i] = (1-t) a0 + t a1 at s = 0, b0, b1 at s = 1, linear in s */
static void place(arb_ptr z, const row *R, const arb_t a0, const arb_t a1, const arb_t b0,
                  const arb_t b1, const arb_t t)
{
    slong prec = R->C->prec;
    arb_t low, high;
    arb_init(low);
    arb_init(high);
    arb_sub(low, a1, a0, prec);
    arb_mul(low, low, t, prec);
    arb_add(low, low, a0, prec);
    arb_sub(high, b1, b0, prec);
    arb_mul(high, high, t, prec);
    arb_add(high, high, b0, prec);
    arb_sub(high, high, low, prec);
    for (slong i = 0; i < R->C->order; i++) {
        arb_mul(z + i, high, R->s + i, prec);
        arb_add(z + i, z + i, low, prec);
    }
    arb_clear(low);
    arb_clear(high);
}

/* Nodes and jets; what does not depend on t is kept from row to row. */
static ew_status row_nodes(row *R, const arb_t t, ew_context *ctx)
{
    ew_corners *c = &R->corner;
    const ew_cells *C = R->C;
    ew_status status = EW_OK;
    if (!R->started || !c->u_fixed) {
        place(R->u, R, c->u[0][0], c->u[0][1], c->u[1][0], c->u[1][1], t);
        ew_nodes_clear(&R->F);
        ew_nodes_init(&R->F, R->cell->region->f, EW_PARITY_NONE, 0);
        status = ew_nodes_require(&R->F, C->order, C->len_f, C->prec, copy_nodes, R->u, ctx);
    }
    if (status == EW_OK && (!R->started || !c->v_fixed)) {
        place(R->v, R, c->v[0][0], c->v[0][1], c->v[1][0], c->v[1][1], t);
        ew_nodes_clear(&R->G);
        ew_nodes_init(&R->G, R->cell->region->g, EW_PARITY_NONE, 0);
        status = ew_nodes_require(&R->G, C->order, C->len_g, C->prec, copy_nodes, R->v, ctx);
    }
    return status;
}

/* Rule weight times p_K(u). */
static void row_weights(row *R)
{
    const ew_cells *C = R->C;
    slong prec = C->prec;
    arb_t factor, rate, t;
    if (R->started && R->corner.u_fixed)
        return;
    arb_init(factor);
    arb_init(rate);
    arb_init(t);
    arb_const_pi(factor, prec);
    arb_mul(factor, factor, C->L.K, prec);
    arb_mul_2exp_si(factor, factor, 1);
    arb_rsqrt(factor, factor, prec);
    arb_set_d(t, 0.5 * (R->cell->s1 - R->cell->s0));
    arb_mul(factor, factor, t, prec);
    arb_inv(rate, C->L.K, prec);
    arb_mul_2exp_si(rate, rate, -1);
    arb_neg(rate, rate);
    for (slong i = 0; i < C->order; i++) {
        arb_mul(t, R->u + i, R->u + i, prec);
        arb_mul(t, t, rate, prec);
        arb_exp(t, t, prec);
        arb_mul(t, t, factor, prec);
        arb_mul(R->weight + i, t, C->w + i, prec);
    }
    arb_clear(factor);
    arb_clear(rate);
    arb_clear(t);
}

/* weight of the row: rule, p_tau(w), the distance of the lines and the strip's width */
static void row_factor(arb_t factor, arb_t w, const row *R, const arb_t t, const arb_t rule)
{
    const ew_corners *c = &R->corner;
    const ew_layout *L = &R->C->L;
    slong prec = R->C->prec;
    arb_t x;
    arb_init(x);
    arb_sub(factor, c->gap[1], c->gap[0], prec);
    arb_mul(factor, factor, t, prec);
    arb_add(factor, factor, c->gap[0], prec);
    arb_mul(factor, factor, rule, prec);
    arb_mul(w, c->width, t, prec);
    arb_add(w, w, c->w[0], prec);
    if (!L->flat) {
        arb_mul(factor, factor, c->width, prec);
        arb_set_d(x, 0.5 * (R->cell->t1 - R->cell->t0));
        arb_mul(factor, factor, x, prec);
        arb_mul(x, w, w, prec);
        arb_div(x, x, L->tau, prec);
        arb_mul_2exp_si(x, x, -1);
        arb_neg(x, x);
        arb_exp(x, x, prec);
        arb_mul(factor, factor, x, prec);
        arb_const_pi(x, prec);
        arb_mul(x, x, L->tau, prec);
        arb_mul_2exp_si(x, x, 1);
        arb_rsqrt(x, x, prec);
        arb_mul(factor, factor, x, prec);
    }
    arb_clear(x);
}

/* h[k] = He_k(x), k <= top */
static void hermites(arb_ptr h, slong top, const arb_t x, slong prec)
{
    arb_one(h);
    if (top > 0)
        arb_set(h + 1, x);
    for (slong k = 1; k < top; k++) {
        arb_mul(h + k + 1, x, h + k, prec);
        arb_submul_ui(h + k + 1, h + k - 1, (ulong) k, prec);
    }
}

/* work[i] = weight[i] Q(u_i, w) */
static void row_score(row *R, const ew_cell_task *task, const arb_t w)
{
    const ew_layout *L = &R->C->L;
    slong prec = R->C->prec, p = task->p, q = task->q;
    arb_t x;
    if (p + q == 0) {
        _arb_vec_set(R->work, R->weight, R->C->order);
        return;
    }
    arb_init(x);
    arb_ptr coef = _arb_vec_init(p + 1), h = _arb_vec_init(p + q + 1);
    arb_div(x, w, L->root_tau, prec);
    hermites(h, p + q, x, prec);
    for (slong r = 0; r <= p; r++)
        arb_mul(coef + r, task->score + r, h + q + r, prec);
    for (slong i = 0; i < R->C->order; i++) {
        arb_div(x, R->u + i, L->root_k, prec);
        hermites(h, p, x, prec);
        arb_zero(x);
        for (slong r = 0; r <= p; r++)
            arb_addmul(x, coef + r, h + p - r, prec);
        arb_mul(R->work + i, x, R->weight + i, prec);
    }
    _arb_vec_clear(coef, p + 1);
    _arb_vec_clear(h, p + q + 1);
    arb_clear(x);
}

static ew_status row_tasks(row *R, const arb_t factor, const arb_t w, ew_context *ctx)
{
    ew_cells *C = R->C;
    arb_t sum;
    arb_init(sum);
    ew_status status = EW_OK;
    for (slong i = 0; i < C->tasks && status == EW_OK; i++) {
        ew_cell_task *task = C->task + i;
        arb_srcptr f = ew_nodes_product(&R->F, C->f + task->f, 0, C->order, C->prec, ctx);
        arb_srcptr g = ew_nodes_product(&R->G, C->g + task->g, 0, C->order, C->prec, ctx);
        if (!f || !g) {
            status = EW_MEMORY;
            break;
        }
        row_score(R, task, w);
        for (slong k = 0; k < C->order; k++)
            arb_mul(R->work + k, R->work + k, f + k, C->prec);
        arb_dot(sum, NULL, 0, R->work, 1, g, 1, C->order, C->prec);
        arb_addmul(task->sum, sum, factor, C->prec);
    }
    arb_clear(sum);
    return status;
}

ew_status ew_cell_sum(ew_cells *C, const ew_cell *cell, ew_context *ctx)
{
    row R;
    arb_t t, w, factor, one;
    ew_status status = ew_poll(ctx);
    slong rows = C->L.flat ? 1 : C->order;
    arb_init(t);
    arb_init(w);
    arb_init(factor);
    arb_init(one);
    arb_one(one);
    row_init(&R, C, cell);
    for (slong j = 0; j < rows && status == EW_OK; j++) {
        if (!C->L.flat) {
            arb_set_d(t, 0.5 * (cell->t1 - cell->t0));
            arb_mul(t, t, C->x + j, C->prec);
            arb_set_d(w, 0.5 * (cell->t0 + cell->t1));
            arb_add(t, t, w, C->prec);
        }
        status = row_nodes(&R, t, ctx);
        if (status != EW_OK)
            break;
        row_weights(&R);
        R.started = 1;
        row_factor(factor, w, &R, t, C->L.flat ? one : C->w + j);
        status = row_tasks(&R, factor, w, ctx);
    }
    row_clear(&R);
    arb_clear(t);
    arb_clear(w);
    arb_clear(factor);
    arb_clear(one);
    return status;
}
