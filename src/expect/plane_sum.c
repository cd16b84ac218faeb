/* The sums of the trapezoidal rule in the plane.  The density is even in (u, v) jointly, so
 * with F+- = F(u) +- F(-u) a quadrant (lattice) or a half plane (w = j h') is enough:
 *     F(u) G(v) + F(-u) G(-v) = (F+ G+ + F- G-)/2.
 * A negative c is the same with v -> -v, which turns the sign of G-. */
#include "expect/line_weights.h"
#include "expect/plane.h"

#include <math.h>
#include <stdlib.h>

/* ---- values at the nodes ---- */

static int wanted(const ew_axis_fn *a, int odd)
{
    return a->axis.parity == 0 || (a->axis.parity < 0) == odd;
}

static ew_status axis_values(ew_axis_fn *a, ew_nodes *N, slong n, slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    a->n = n;
    for (int odd = 0; odd < 2 && status == EW_OK; odd++) {
        if (!wanted(a, odd))
            continue;
        a->v[odd] = _arb_vec_init(n);
        status = ew_axis_values(a->v[odd], &a->axis, N, odd ? -1 : 1, n, prec, ctx);
    }
    return status;
}

static slong longest(const ew_axis_fn *a, slong n)
{
    slong len = 1;
    for (slong i = 0; i < n; i++)
        len = a[i].axis.len > len ? a[i].axis.len : len;
    return len;
}

/* h p_K(u_i) into the outer functions: a factor of every line. */
static void weigh_lines(ew_plane *P, slong prec)
{
    arb_t K, t, ratio, step;
    arb_init(K);
    arb_init(t);
    arb_init(ratio);
    arb_init(step);
    arb_set_fmpq(K, P->frame.qk, prec);
    arb_set_d(t, P->h_u);
    arb_mul(t, t, t, prec);
    arb_div(t, t, K, prec); /* h^2/K */
    arb_mul_2exp_si(ratio, t, -1);
    arb_neg(ratio, ratio);
    arb_exp(ratio, ratio, prec);
    arb_mul(step, ratio, ratio, prec);
    arb_const_pi(K, prec);
    arb_mul_2exp_si(K, K, 1);
    arb_div(t, t, K, prec);
    arb_sqrt(t, t, prec);
    for (slong i = 0; i < P->n_u; i++) {
        for (slong k = 0; k < P->fs; k++)
            for (int odd = 0; odd < 2; odd++)
                if (P->f[k].v[odd])
                    arb_mul(P->f[k].v[odd] + i, P->f[k].v[odd] + i, t, prec);
        arb_mul(t, t, ratio, prec);
        arb_mul(ratio, ratio, step, prec);
    }
    arb_clear(K);
    arb_clear(t);
    arb_clear(ratio);
    arb_clear(step);
}

static ew_status outer_values(ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx)
{
    ew_nodes *N;
    ew_status status =
        ew_grid_nodes(&N, E, P->level_u, P->n_u, longest(P->f, P->fs), prec, ctx);
    for (slong i = 0; i < P->fs && status == EW_OK; i++)
        status = axis_values(P->f + i, N, P->n_u, prec, ctx);
    if (status == EW_OK)
        weigh_lines(P, prec);
    return status;
}

/* ---- weights on one line of the lattice ---- */

static void open_line(ew_weights *L, const ew_plane *P, slong prec)
{
    arb_t tau;
    arb_init(tau);
    arb_set_fmpq(tau, P->frame.qtau, prec);
    arb_mul_2exp_si(tau, tau, -2 * P->frame.scale);
    ew_weights_init(L, P->h_w, tau, prec);
    arb_clear(tau);
}

/* Nodes v_j = j h, lo <= j < hi, with |v_j - cu| <= reach at least; mirrored[0..len) for -v_j,
 * where that is near. */
typedef struct {
    slong lo, hi, mirrored;
} span;

static span line_span(const ew_plane *P, slong i)
{
    double u = P->frame.cd * P->h_u * (double) i, h = P->h_w;
    span s;
    s.lo = (slong) floor((u - P->reach_w) / h) - 1;
    s.hi = (slong) ceil((u + P->reach_w) / h) + 2;
    s.mirrored = (slong) ceil((P->reach_w - u) / h) + 2;
    s.lo = s.lo < 0 ? 0 : s.lo;
    s.hi = s.hi > P->n_v ? P->n_v : s.hi;
    s.mirrored = s.mirrored < 0 ? 0 : s.mirrored > s.hi ? s.hi : s.mirrored;
    return s;
}

/* even, odd: p(v_j) +- p(-v_j) on lo..hi. */
static void line_weights(arb_ptr even, arb_ptr odd, arb_ptr work, span s, slong i,
                         const ew_plane *P, const ew_weights *L, const arb_t c)
{
    arb_t x, u;
    slong centre = (slong) (P->frame.cd * P->h_u * (double) i / P->h_w);
    arb_init(x);
    arb_init(u);
    arb_set_d(u, P->h_u);
    arb_mul_si(u, u, i, L->prec);
    arb_mul(u, u, c, L->prec);
    centre = centre < s.lo ? s.lo : centre >= s.hi ? s.hi - 1 : centre;
    arb_mul_si(x, L->h, centre, L->prec);
    arb_sub(x, x, u, L->prec);
    ew_weights_along(even + centre, 1, s.hi - centre, x, L);
    ew_weights_along(even + centre, -1, centre - s.lo + 1, x, L);
    _arb_vec_set(odd + s.lo, even + s.lo, s.hi - s.lo);
    if (s.mirrored > s.lo) {
        ew_weights_along(work, 1, s.mirrored, u, L);
        for (slong j = s.lo; j < s.mirrored; j++) {
            arb_add(even + j, even + j, work + j, L->prec);
            arb_sub(odd + j, odd + j, work + j, L->prec);
        }
    }
    arb_clear(x);
    arb_clear(u);
}

static ew_status lattice_rows(ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx)
{
    ew_nodes *N;
    ew_weights L;
    ew_status status =
        ew_grid_nodes(&N, E, P->level_w, P->n_v, longest(P->g, P->gs), prec, ctx);
    for (slong k = 0; k < P->gs && status == EW_OK; k++)
        status = axis_values(P->g + k, N, P->n_v, prec, ctx);
    if (status != EW_OK)
        return status;
    arb_t c;
    arb_init(c);
    arb_set_fmpq(c, P->frame.qc, prec);
    open_line(&L, P, prec);
    arb_ptr w[3];
    for (int k = 0; k < 3; k++)
        w[k] = _arb_vec_init(P->n_v);
    for (slong i = 0; i < P->n_u && status == EW_OK; i++) {
        span s = line_span(P, i);
        line_weights(w[0], w[1], w[2], s, i, P, &L, c);
        for (slong k = 0; k < P->gs; k++)
            for (int odd = 0; odd < 2; odd++)
                if (P->g[k].v[odd])
                    arb_dot(P->g[k].row[odd] + i, NULL, 0, w[odd] + s.lo, 1,
                            P->g[k].v[odd] + s.lo, 1, s.hi - s.lo, prec);
        status = i % 64 ? EW_OK : ew_poll(ctx);
    }
    for (int k = 0; k < 3; k++)
        _arb_vec_clear(w[k], P->n_v);
    ew_weights_clear(&L);
    arb_clear(c);
    return status;
}

/* ---- nodes along w ---- */

typedef struct {
    const ew_plane *P;
} ridge;

/* v = c u_i + 2^scale j h', |j| <= m, line after line */
static void fill_ridge(arb_ptr z, slong from, slong n, void *data, slong prec)
{
    const ew_plane *P = ((const ridge *) data)->P;
    slong width = 2 * P->m + 1;
    arb_t c, u, w;
    arb_init(c);
    arb_init(u);
    arb_init(w);
    arb_set_fmpq(c, P->frame.qc, prec);
    for (slong k = from; k < n; k++) {
        arb_set_d(u, P->h_u);
        arb_mul_si(u, u, k / width, prec);
        arb_mul(z + k, u, c, prec);
        arb_set_d(w, P->h_w);
        arb_mul_si(w, w, k % width - P->m, prec);
        arb_mul_2exp_si(w, w, P->frame.scale);
        arb_add(z + k, z + k, w, prec);
    }
    arb_clear(c);
    arb_clear(u);
    arb_clear(w);
}

/* w = j h': the weights, the same on every line; {1} when tau = 0. */
static void ridge_weights(arb_ptr w, const ew_plane *P, slong prec)
{
    ew_weights L;
    arb_t zero;
    if (fmpq_is_zero(P->frame.qtau)) {
        arb_one(w);
        return;
    }
    arb_init(zero);
    open_line(&L, P, prec);
    ew_weights_along(w + P->m, 1, P->m + 1, zero, &L);
    ew_weights_along(w + P->m, -1, P->m + 1, zero, &L);
    ew_weights_clear(&L);
    arb_clear(zero);
}

static ew_status ridge_rows(ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx)
{
    ew_nodes N;
    ridge data = {P};
    slong width = 2 * P->m + 1, n = P->n_u * width;
    ew_nodes_init(&N, E->s->piece[0].f, E->s->parity, EW_MIRROR_PAIRS);
    ew_status status =
        ew_nodes_require(&N, n, longest(P->g, P->gs), prec, fill_ridge, &data, ctx);
    for (slong k = 0; k < P->gs && status == EW_OK; k++)
        status = axis_values(P->g + k, &N, n, prec, ctx);
    arb_ptr w = _arb_vec_init(width);
    ridge_weights(w, P, prec);
    for (slong i = 0; i < P->n_u && status == EW_OK; i++)
        for (slong k = 0; k < P->gs; k++)
            for (int odd = 0; odd < 2; odd++)
                if (P->g[k].v[odd])
                    arb_dot(P->g[k].row[odd] + i, NULL, 0, w, 1, P->g[k].v[odd] + i * width, 1,
                            width, prec);
    _arb_vec_clear(w, width);
    ew_nodes_clear(&N);
    return status;
}

ew_status ew_plane_sums(arb_ptr x, ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx)
{
    arb_t t;
    ew_status status = outer_values(P, E, prec, ctx);
    for (slong k = 0; k < P->gs; k++)
        for (int odd = 0; odd < 2; odd++)
            if (wanted(P->g + k, odd))
                P->g[k].row[odd] = _arb_vec_init(P->n_u);
    if (status == EW_OK)
        status = P->lattice ? lattice_rows(P, E, prec, ctx) : ridge_rows(P, E, prec, ctx);
    arb_init(t);
    for (slong i = 0; i < P->tasks && status == EW_OK; i++) {
        const ew_axis_fn *f = P->f + P->task[i].f, *g = P->g + P->task[i].g;
        arb_zero(x + i);
        for (int odd = 0; odd < 2; odd++) {
            if (!f->v[odd] || !g->row[odd])
                continue;
            arb_dot(t, NULL, 0, f->v[odd], 1, g->row[odd], 1, P->n_u, prec);
            if (odd && P->frame.sign < 0)
                arb_neg(t, t);
            arb_add(x + i, x + i, t, prec);
        }
        arb_mul_2exp_si(x + i, x + i, -1);
    }
    arb_clear(t);
    return status;
}
