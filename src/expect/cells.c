/* Piecewise analytic functions of two variables: which cells, and how precisely. */
#include "expect/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTEMPTS = 3,
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

/* ---- tasks ---- */

static slong monomial_index(ew_monomial *list, slong *n, slong *len, const ew_monomial *f)
{
    slong l = ew_monomial_len(f);
    *len = l > *len ? l : *len;
    for (slong i = 0; i < *n; i++)
        if (ew_monomial_equal(list + i, f))
            return i;
    list[*n] = *f;
    return (*n)++;
}

static void cells_clear(ew_cells *C)
{
    for (slong i = 0; i < C->tasks; i++) {
        mag_clear(C->task[i].error);
        fmpq_clear(C->task[i].coef);
        arb_clear(C->task[i].sum);
    }
    free(C->task);
    free(C->f);
    free(C->g);
    if (C->order) {
        _arb_vec_clear(C->x, C->order);
        _arb_vec_clear(C->w, C->order);
    }
    ew_layout_clear(&C->L);
}

static ew_status cells_init(ew_cells *C, const ew_cell_pair *pair, const double *target,
                            slong n, const ew_box *box, ew_context *ctx)
{
    int swapped = fmpq_cmp(box->qbb, box->qaa) > 0;
    memset(C, 0, sizeof *C);
    ew_layout_init(&C->L);
    C->f = ew_alloc((size_t) n * sizeof *C->f, ctx);
    C->g = ew_alloc((size_t) n * sizeof *C->g, ctx);
    C->task = ew_alloc((size_t) n * sizeof *C->task, ctx);
    if (!C->f || !C->g || !C->task)
        return EW_MEMORY;
    C->len_f = C->len_g = 1;
    for (slong i = 0; i < n; i++) {
        const ew_side *F = swapped ? pair[i].G : pair[i].F;
        const ew_side *G = swapped ? pair[i].F : pair[i].G;
        ew_cell_task *t = C->task + C->tasks++;
        *t = (ew_cell_task){.p = F->expanded ? 0 : F->shift, .q = G->expanded ? 0 : G->shift};
        /* a function that is expanded here is a monomial, s itself or a power of z */
        t->f = monomial_index(C->f, &C->fs, &C->len_f, F->F.m);
        t->g = monomial_index(C->g, &C->gs, &C->len_g, G->F.m);
        fmpq_init(t->coef);
        fmpq_mul(t->coef, F->F.coef, G->F.coef);
        t->target = target[i] - log2(fabs(fmpq_get_d(t->coef)));
        mag_init(t->error);
        arb_init(t->sum);
    }
    return EW_OK;
}

/* ---- sizes ---- */

/* (<f^4>_K)^(1/4) */
static ew_status fourth_norm(mag_t norm, ew_evaluator *E, const ew_monomial *f, const fmpq_t K,
                             ew_context *ctx)
{
    ew_atom1 atom = {.f = *f};
    arb_t x, k;
    if (f->z > EW_MAX_POWER / 4)
        return ew_fail(ctx, EW_UNABLE, "the degree of an integrand is too large");
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[i] > EW_MAX_POWER / 4)
            return ew_fail(ctx, EW_UNABLE, "the degree of an integrand is too large");
        atom.f.e[i] = (unsigned char) (4 * f->e[i]);
    }
    atom.f.z = (unsigned short) (4 * f->z);
    arb_init(x);
    arb_init(k);
    arb_set_fmpq(k, K, 64);
    ew_status status = ew_expect_one(x, NULL, E, &atom, 1, k, 40, ctx);
    arb_get_mag(norm, x);
    mag_root(norm, norm, 4);
    arb_clear(x);
    arb_clear(k);
    return status;
}

/* A bound of |Q| in L^2 (power 1) or, by hypercontractivity, 3^(k/2) for He_k more, in L^4. */
static void score_norm(mag_t norm, const ew_layout *L, slong p, slong q, int fourth)
{
    mag_t t, u;
    mag_init(t);
    mag_init(u);
    arb_ptr coef = _arb_vec_init(p + 1);
    mag_one(norm);
    if (p + q > 0) {
        ew_score_set(coef, L, p, q, 64);
        mag_zero(norm);
    }
    for (slong r = 0; r <= p && p + q > 0; r++) {
        mag_fac_ui(t, (ulong) (p - r));
        mag_fac_ui(u, (ulong) (q + r));
        mag_mul(t, t, u);
        mag_sqrt(t, t);
        arb_get_mag(u, coef + r);
        mag_addmul(norm, t, u);
    }
    if (fourth) {
        mag_set_ui(t, 3);
        mag_pow_ui(t, t, (ulong) (p + q + 1) / 2);
        mag_mul(norm, norm, t);
    }
    _arb_vec_clear(coef, p + 1);
    mag_clear(t);
    mag_clear(u);
}

/* ||F||_4 ||G||_4 ||Q||_4: E |F G Q| on a set of probability P is at most this times P^(1/4).
 */
static ew_status holder(mag_ptr bound, ew_cells *C, const ew_layout *L, ew_evaluator *E,
                        const ew_box *box, ew_context *ctx)
{
    mag_ptr f = _mag_vec_init(C->fs), g = _mag_vec_init(C->gs);
    ew_status status = EW_OK;
    for (slong i = 0; i < C->fs && status == EW_OK; i++)
        status = fourth_norm(f + i, E, C->f + i, L->frame.qk, ctx);
    for (slong i = 0; i < C->gs && status == EW_OK; i++)
        status = fourth_norm(g + i, E, C->g + i, L->frame.swapped ? box->qaa : box->qbb, ctx);
    for (slong i = 0; i < C->tasks && status == EW_OK; i++) {
        score_norm(bound + i, L, C->task[i].p, C->task[i].q, 1);
        mag_mul(bound + i, bound + i, f + C->task[i].f);
        mag_mul(bound + i, bound + i, g + C->task[i].g);
    }
    _mag_vec_clear(f, C->fs);
    _mag_vec_clear(g, C->gs);
    return status;
}

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
static void outside_layout(mag_ptr error, const ew_cells *C, mag_srcptr bound)
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
        mag_mul(error + i, tails, bound + i);
    mag_clear(tails);
    mag_clear(t);
}

/* ---- the choice of cells ---- */

static int within(mag_srcptr e, const ew_cells *C)
{
    for (slong i = 0; i < C->tasks; i++)
        if (mag_get_d_log2_approx(e + i) > C->task[i].target - SHARE)
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
    return within(e, C);
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
    return within(e, C);
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

/* ---- one evaluation ---- */

static void set_rule(ew_cells *C, slong order)
{
    C->order = order;
    C->x = _arb_vec_init(order);
    C->w = _arb_vec_init(order);
    for (slong i = 0; i < order; i++)
        arb_hypgeom_legendre_p_ui_root(C->x + i, C->w + i, (ulong) order, (ulong) i, C->prec);
}

/* Sums with errors into the pairs' x; targets as given; size: log2 of the terms' sizes. */
static ew_status run(const ew_cell_pair *pair, ew_cells *C, mag_srcptr bound, ew_context *ctx)
{
    cell_list list = {0, ew_alloc(MAX_CELLS * sizeof(ew_cell), ctx)};
    arb_t coef;
    arb_init(coef);
    ew_status status = list.cell ? choose_all(&list, C, ctx) : EW_MEMORY;
    for (slong i = 0; i < list.n && status == EW_OK; i++)
        status = ew_cell_sum(C, list.cell + i, ctx);
    mag_ptr out = _mag_vec_init(C->tasks);
    outside_layout(out, C, bound);
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

/* One attempt at given targets (log2 of absolute errors). */
static ew_status attempt(const ew_cell_pair *pair, const double *target, slong n,
                         ew_evaluator *E, const ew_box *box, ew_context *ctx)
{
    ew_cells C;
    double bits = 8, digits = 16;
    mag_ptr bound = _mag_vec_init(n);
    ew_layout first;
    mag_t size;
    mag_init(size);
    ew_layout_init(&first);
    ew_status status = cells_init(&C, pair, target, n, box, ctx);
    if (status == EW_OK) /* for its frame */
        status = ew_layout_set(&first, E->s, box, 1, 1, 64, ctx);
    if (status == EW_OK)
        status = holder(bound, &C, &first, E, box, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        score_norm(size, &first, C.task[i].p, C.task[i].q, 0);
        mag_mul(size, size, pair[i].scale);
        digits = fmax(digits, mag_get_d_log2_approx(size) - C.task[i].target);
        bits = fmax(bits, mag_get_d_log2_approx(bound + i) - C.task[i].target + 3);
    }
    if (status == EW_OK && digits > EW_MAX_BITS)
        status = ew_fail(ctx, EW_UNABLE, "cancellation between cells is out of reach");
    if (status == EW_OK) {
        C.prec = (slong) digits + 40;
        status = ew_layout_set(&C.L, E->s, box, bits, bits, C.prec, ctx);
    }
    if (status == EW_OK) {
        set_rule(&C, (slong) (0.34 * digits) + 16);
        status = run(pair, &C, bound, ctx);
    }
    cells_clear(&C);
    ew_layout_clear(&first);
    _mag_vec_clear(bound, n);
    mag_clear(size);
    return status;
}

/* The size a derivative is measured by: its bound when nothing is gained from rho,
 * |F||G| sqrt(p! q!) kaa^(-p/2) kbb^(-q/2).  Near |rho| = 1 the terms on the density exceed it by
 * powers of K/tau, and its value may. */
static void natural_size(mag_t size, const ew_cell_pair *pair, const ew_box *box)
{
    arb_t t, u;
    mag_t m;
    slong p = pair->F->expanded ? 0 : pair->F->shift, q = pair->G->expanded ? 0 : pair->G->shift;
    arb_init(t);
    arb_init(u);
    mag_init(m);
    arb_pow_ui(t, box->aa, (ulong) p, 64);
    arb_pow_ui(u, box->bb, (ulong) q, 64);
    arb_mul(t, t, u, 64);
    arb_rsqrt(t, t, 64);
    arb_get_mag(m, t);
    mag_mul(size, pair->scale, m);
    mag_fac_ui(m, (ulong) p);
    mag_sqrt(m, m);
    mag_mul(size, size, m);
    mag_fac_ui(m, (ulong) q);
    mag_sqrt(m, m);
    mag_mul(size, size, m);
    arb_clear(t);
    arb_clear(u);
    mag_clear(m);
}

/* Is x good to prec bits of its size?  Else the next target. */
static int settle(const ew_cell_pair *pair, const mag_t size, double *target, slong prec)
{
    mag_t need;
    mag_init(need);
    mag_mul_2exp_si(need, arb_radref(pair->x), prec);
    int good = mag_cmp(need, size) <= 0;
    if (!good)
        *target -= 8 + fmax(0, mag_get_d_log2_approx(need) - mag_get_d_log2_approx(size));
    mag_clear(need);
    return good;
}

ew_status ew_plane_cells(const ew_cell_pair *pair, slong n, ew_evaluator *E, const ew_box *box,
                         slong prec, ew_context *ctx)
{
    double *target = ew_alloc((size_t) n * sizeof *target, ctx);
    ew_status status = target ? EW_OK : EW_MEMORY;
    mag_ptr size = _mag_vec_init(n);
    int good = 0;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        natural_size(size + i, pair + i, box);
        target[i] = mag_get_d_log2_approx(size + i) - (double) prec - 6;
    }
    for (int k = 0; k < ATTEMPTS && status == EW_OK && !good; k++) {
        status = attempt(pair, target, n, E, box, ctx);
        good = 1;
        for (slong i = 0; i < n && status == EW_OK; i++)
            good &= settle(pair + i, size + i, target + i, prec);
    }
    if (status == EW_OK && !good)
        status = ew_fail(ctx, EW_UNABLE, "the cells in the plane did not reach the precision");
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_get_mag(pair[i].scale, pair[i].x);
        mag_max(pair[i].scale, pair[i].scale, size + i);
    }
    _mag_vec_clear(size, n);
    free(target);
    return status;
}
