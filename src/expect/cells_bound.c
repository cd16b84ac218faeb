/* Bounds of the integrand on a cell and on the ellipses about its sides. */
#include "expect/cells.h"

#include "activation/jet.h"

#include <stdlib.h>

enum { BITS = 64, DEPTH = 3 };

/* Semi-axes of the ellipse with foci +-1 and sum 4. */
#define AXIS_X 2.125
#define AXIS_Y 1.875

void ew_corners_init(ew_corners *c)
{
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            arb_init(c->u[i][j]);
            arb_init(c->v[i][j]);
        }
        arb_init(c->w[i]);
        arb_init(c->gap[i]);
    }
    arb_init(c->width);
}

void ew_corners_clear(ew_corners *c)
{
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            arb_clear(c->u[i][j]);
            arb_clear(c->v[i][j]);
        }
        arb_clear(c->w[i]);
        arb_clear(c->gap[i]);
    }
    arb_clear(c->width);
}

void ew_corners_set(ew_corners *c, const ew_layout *L, const ew_cell *cell, slong prec)
{
    const slong fine = L->fine;
    const ew_line2 *line[2] = {L->line + cell->region->from, L->line + cell->region->to};
    for (int t = 0; t < 2; t++) {
        arb_srcptr w = t ? cell->strip->hi : cell->strip->lo;
        for (int s = 0; s < 2; s++) {
            arb_mul(c->u[s][t], line[s]->b, w, fine);
            arb_add(c->u[s][t], c->u[s][t], line[s]->a, fine);
            arb_mul(c->v[s][t], line[s]->e, w, fine);
            arb_add(c->v[s][t], c->v[s][t], line[s]->d, fine);
        }
        arb_sub(c->gap[t], c->u[1][t], c->u[0][t], fine);
        arb_set_round(c->gap[t], c->gap[t], prec);
        arb_set_round(c->w[t], w, prec);
        for (int s = 0; s < 2; s++) {
            arb_set_round(c->u[s][t], c->u[s][t], prec);
            arb_set_round(c->v[s][t], c->v[s][t], prec);
        }
    }
    arb_sub(c->width, cell->strip->hi, cell->strip->lo, prec);
    c->u_fixed = !line[0]->of_v && !line[1]->of_v;
    c->v_fixed = line[0]->of_v && line[1]->of_v;
}

void ew_score_set(arb_ptr coef, const ew_layout *L, slong p, slong q, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong r = 0; r <= p; r++) {
        arb_bin_uiui(coef + r, (ulong) p, (ulong) r, prec);
        arb_neg(t, L->c);
        arb_pow_ui(t, t, (ulong) r, prec);
        arb_mul(coef + r, coef + r, t, prec);
        arb_pow_ui(t, L->root_k, (ulong) (p - r), prec);
        arb_div(coef + r, coef + r, t, prec);
        arb_pow_ui(t, L->root_tau, (ulong) (q + r), prec);
        arb_div(coef + r, coef + r, t, prec);
    }
    arb_clear(t);
}

/* |He_k(z)| <= P_k(|z|), P_(k+1) = |z| P_k + k P_(k-1). */
static void hermite_bounds(mag_ptr P, slong top, const mag_t z)
{
    mag_one(P);
    if (top > 0)
        mag_set(P + 1, z);
    for (slong k = 1; k < top; k++) {
        mag_mul_ui(P + k + 1, P + k - 1, (ulong) k);
        mag_addmul(P + k + 1, z, P + k);
    }
}

/* A box of the square, with what the integrand is made of there. */
typedef struct {
    ew_cells *C;
    const ew_cell *cell;
    const ew_corners *corner;
    int analytic;
    acb_ptr jet_f, jet_g;
    mag_ptr sup, f, g; /* per task, per monomial */
} probe;

/* x = (1-s)(1-t) a[0][0] + ... for boxes s, t */
static void bilinear(acb_t x, const arb_t a00, const arb_t a01, const arb_t a10,
                     const arb_t a11, const acb_t s, const acb_t t)
{
    acb_t low, high;
    arb_t d;
    acb_init(low);
    acb_init(high);
    arb_init(d);
    arb_sub(d, a01, a00, BITS);
    acb_mul_arb(low, t, d, BITS);
    acb_add_arb(low, low, a00, BITS);
    arb_sub(d, a11, a10, BITS);
    acb_mul_arb(high, t, d, BITS);
    acb_add_arb(high, high, a10, BITS);
    acb_sub(high, high, low, BITS);
    acb_mul(high, high, s, BITS);
    acb_add(x, low, high, BITS);
    acb_clear(low);
    acb_clear(high);
    arb_clear(d);
}

/* sup of |e^(-z^2/2V)| / sqrt(2 pi V) over a box */
static void weight_sup(mag_t sup, const acb_t z, const arb_t V)
{
    arb_t x, y;
    mag_t m;
    arb_init(x);
    arb_init(y);
    mag_init(m);
    arb_get_mag(m, acb_imagref(z));
    arf_set_mag(arb_midref(y), m);
    arb_mul(y, y, y, BITS);
    arb_get_mag_lower(m, acb_realref(z));
    arf_set_mag(arb_midref(x), m);
    arb_mul(x, x, x, BITS);
    arb_sub(y, y, x, BITS);
    arb_div(y, y, V, BITS);
    arb_mul_2exp_si(y, y, -1);
    arb_exp(y, y, BITS);
    arb_const_pi(x, BITS);
    arb_mul(x, x, V, BITS);
    arb_mul_2exp_si(x, x, 1);
    arb_rsqrt(x, x, BITS);
    arb_mul(x, x, y, BITS);
    arb_get_mag(sup, x);
    arb_clear(x);
    arb_clear(y);
    mag_clear(m);
}

static void monomial_sups(mag_ptr out, const ew_monomial *f, slong n, acb_srcptr jet,
                          const acb_t z)
{
    mag_t t, factorial;
    mag_init(t);
    mag_init(factorial);
    for (slong k = 0; k < n; k++) {
        acb_get_mag(t, z);
        mag_pow_ui(out + k, t, f[k].z);
        for (slong i = 0; i < EW_JETS; i++) {
            if (!f[k].e[i])
                continue;
            acb_get_mag(t, jet + i);
            mag_fac_ui(factorial, (ulong) i);
            mag_mul(t, t, factorial);
            mag_pow_ui(t, t, f[k].e[i]);
            mag_mul(out + k, out + k, t);
        }
    }
    mag_clear(t);
    mag_clear(factorial);
}

/* |Q| on a box */
static void score_sup(mag_t sup, const ew_layout *L, const ew_cell_task *task, const acb_t u,
                      const acb_t w)
{
    slong p = task->p, q = task->q;
    mag_t x, t;
    mag_one(sup);
    if (p + q == 0)
        return;
    mag_init(x);
    mag_init(t);
    mag_ptr P = _mag_vec_init(p + 1), R = _mag_vec_init(p + q + 1);
    arb_get_mag_lower(t, L->root_k);
    acb_get_mag(x, u);
    mag_div(x, x, t);
    hermite_bounds(P, p, x);
    arb_get_mag_lower(t, L->root_tau);
    acb_get_mag(x, w);
    mag_div(x, x, t);
    hermite_bounds(R, p + q, x);
    mag_zero(sup);
    for (slong r = 0; r <= p; r++) {
        arb_get_mag(x, task->score + r);
        mag_mul(x, x, P + p - r);
        mag_addmul(sup, x, R + q + r);
    }
    _mag_vec_clear(P, p + 1);
    _mag_vec_clear(R, p + q + 1);
    mag_clear(x);
    mag_clear(t);
}

static int finite_jets(acb_srcptr jet, slong len)
{
    for (slong i = 0; i < len; i++)
        if (!acb_is_finite(jet + i))
            return 0;
    return 1;
}

/* weight = |p_K(u) p_tau(w) gap width| on the box */
static void measure_sup(mag_t weight, acb_t w, const probe *B, const acb_t u, const acb_t t)
{
    const ew_layout *L = &B->C->L;
    const ew_corners *c = B->corner;
    acb_t x;
    mag_t m;
    arb_t d;
    acb_init(x);
    mag_init(m);
    arb_init(d);
    weight_sup(weight, u, L->K);
    arb_sub(d, c->gap[1], c->gap[0], BITS);
    acb_mul_arb(x, t, d, BITS);
    acb_add_arb(x, x, c->gap[0], BITS);
    acb_get_mag(m, x);
    mag_mul(weight, weight, m);
    acb_mul_arb(w, t, c->width, BITS);
    acb_add_arb(w, w, c->w[0], BITS);
    if (!L->flat) {
        weight_sup(m, w, L->tau);
        mag_mul(weight, weight, m);
        arb_get_mag(m, c->width);
        mag_mul(weight, weight, m);
    }
    acb_clear(x);
    mag_clear(m);
    arb_clear(d);
}

/* Raise the sups by this box; 0 if the functions are not proved analytic on it. */
static int probe_box(probe *B, const acb_t s, const acb_t t)
{
    ew_cells *C = B->C;
    const ew_corners *c = B->corner;
    acb_t u, v, w;
    mag_t weight, x;
    acb_init(u);
    acb_init(v);
    acb_init(w);
    mag_init(weight);
    mag_init(x);
    C->boxes++;
    bilinear(u, c->u[0][0], c->u[0][1], c->u[1][0], c->u[1][1], s, t);
    bilinear(v, c->v[0][0], c->v[0][1], c->v[1][0], c->v[1][1], s, t);
    ew_jet(B->jet_f, B->cell->region->f, u, C->len_f, B->analytic, BITS);
    int ok = finite_jets(B->jet_f, C->len_f);
    if (ok) {
        ew_jet(B->jet_g, B->cell->region->g, v, C->len_g, B->analytic, BITS);
        ok = finite_jets(B->jet_g, C->len_g);
    }
    if (ok) {
        measure_sup(weight, w, B, u, t);
        monomial_sups(B->f, C->f, C->fs, B->jet_f, u);
        monomial_sups(B->g, C->g, C->gs, B->jet_g, v);
    }
    for (slong i = 0; i < C->tasks && ok; i++) {
        score_sup(x, &C->L, C->task + i, u, w);
        mag_mul(x, x, weight);
        mag_mul(x, x, B->f + C->task[i].f);
        mag_mul(x, x, B->g + C->task[i].g);
        mag_max(B->sup + i, B->sup + i, x);
    }
    acb_clear(u);
    acb_clear(v);
    acb_clear(w);
    mag_clear(weight);
    mag_clear(x);
    return ok;
}

/* The box mid + half [x0, x1], exact ends. */
static void set_range(arb_t x, double mid, double half, double x0, double x1)
{
    arb_t t;
    arb_init(t);
    arb_set_d(x, x0);
    arb_set_d(t, x1);
    arb_union(x, x, t, BITS);
    arb_set_d(t, half);
    arb_mul(x, x, t, BITS);
    arb_set_d(t, mid);
    arb_add(x, x, t, BITS);
    arb_clear(t);
}

static int outside(double x0, double x1, double y0)
{
    double x = x0 > 0 ? x0 : x1 < 0 ? x1 : 0;
    /* strictly outside with room for the rounding of this test */
    return x * x / (AXIS_X * AXIS_X) + y0 * y0 / (AXIS_Y * AXIS_Y) > 1.0001;
}

/* One coordinate on the box [x0, x1] + i [y0, y1] of the ellipse, in half sides; the other
 * along its side, in two halves. */
static int probe_ellipse(probe *B, int around_s, double x0, double x1, double y0, double y1,
                         int depth)
{
    const ew_cell *k = B->cell;
    double mid[2] = {0.5 * (k->s0 + k->s1), 0.5 * (k->t0 + k->t1)};
    double half[2] = {0.5 * (k->s1 - k->s0), 0.5 * (k->t1 - k->t0)};
    int at = !around_s, other = around_s, ok = 1;
    acb_t z[2];
    if (outside(x0, x1, y0))
        return 1;
    acb_init(z[0]);
    acb_init(z[1]);
    set_range(acb_realref(z[at]), mid[at], half[at], x0, x1);
    set_range(acb_imagref(z[at]), 0, half[at], y0, y1);
    for (int i = 0; i < 2 && ok; i++) {
        set_range(acb_realref(z[other]), mid[other], half[other], i - 1, i);
        ok = probe_box(B, z[0], z[1]);
    }
    acb_clear(z[0]);
    acb_clear(z[1]);
    if (ok || depth >= DEPTH)
        return ok;
    double x = 0.5 * (x0 + x1), y = 0.5 * (y0 + y1);
    return probe_ellipse(B, around_s, x0, x, y0, y, depth + 1) &&
           probe_ellipse(B, around_s, x, x1, y0, y, depth + 1) &&
           probe_ellipse(B, around_s, x0, x, y, y1, depth + 1) &&
           probe_ellipse(B, around_s, x, x1, y, y1, depth + 1);
}

static int probe_cell(probe *B)
{
    const ew_cell *k = B->cell;
    acb_t s, t;
    int ok = 1;
    acb_init(s);
    acb_init(t);
    for (int i = 0; i < 4 && ok; i++) {
        set_range(acb_realref(s), 0.5 * (k->s0 + k->s1), 0.5 * (k->s1 - k->s0), i % 2 - 1,
                  i % 2);
        set_range(acb_realref(t), 0.5 * (k->t0 + k->t1), 0.5 * (k->t1 - k->t0), i / 2 - 1,
                  i / 2);
        ok = probe_box(B, s, t);
    }
    acb_clear(s);
    acb_clear(t);
    return ok;
}

int ew_cell_sup(mag_ptr sup, ew_cells *C, const ew_cell *cell, ew_where where)
{
    ew_corners corner;
    probe B = {.C = C, .cell = cell, .corner = &corner, .analytic = where != EW_ON_CELL};
    int ok = 1;
    ew_corners_init(&corner);
    ew_corners_set(&corner, &C->L, cell, BITS);
    B.sup = sup;
    B.f = _mag_vec_init(C->fs);
    B.g = _mag_vec_init(C->gs);
    B.jet_f = _acb_vec_init(C->len_f);
    B.jet_g = _acb_vec_init(C->len_g);
    for (slong i = 0; i < C->tasks; i++)
        mag_zero(sup + i);
    if (where == EW_ON_CELL)
        ok = probe_cell(&B);
    for (int i = -2; i < 2 && ok && where != EW_ON_CELL; i++)
        for (int j = 0; j < 2 && ok; j++)
            ok = probe_ellipse(&B, where == EW_AROUND_S, i * AXIS_X / 2, (i + 1) * AXIS_X / 2,
                               j * AXIS_Y / 2, (j + 1) * AXIS_Y / 2, 0);
    _mag_vec_clear(B.f, C->fs);
    _mag_vec_clear(B.g, C->gs);
    _acb_vec_clear(B.jet_f, C->len_f);
    _acb_vec_clear(B.jet_g, C->len_g);
    ew_corners_clear(&corner);
    return ok;
}
