#include "expect/dual/truncated.h"

#include "expect/dual/owen.h"

/* By parts, k U_k = U_(k-2) - x U_(k-1), U_(-1) the density at x. */
void ew_truncated_one(arb_ptr u, slong n, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong k = 0; k < n; k++) {
        if (k == 0) {
            ew_normal_above(u, x, prec);
            continue;
        }
        if (k == 1)
            ew_normal_density(t, x, prec);
        else
            arb_set(t, u + k - 2);
        arb_submul(t, x, u + k - 1, prec);
        arb_div_ui(u + k, t, (ulong) k, prec);
    }
    arb_clear(t);
}

/* ---- the correlation -----------------------------------------------------------------------
 */

typedef struct {
    arb_t rho, sigma, square; /* sigma^2 = 1 - rho^2 = t (2 - t) */
    arb_t over_x, over_y;     /* y - rho x, x - rho y */
} frame;

static void difference(arb_t d, const arb_t y, const arb_t x, const ew_truncation *c,
                       const arb_t rho, slong prec)
{
    if (c->meet) { /* y = sign x */
        arb_mul(d, y, c->t, prec);
    } else {
        arb_mul(d, rho, x, prec);
        arb_sub(d, y, d, prec);
    }
}

static void frame_init(frame *f, const ew_truncation *c, slong prec)
{
    arb_init(f->rho);
    arb_init(f->sigma);
    arb_init(f->square);
    arb_init(f->over_x);
    arb_init(f->over_y);
    arb_sub_ui(f->rho, c->t, 2, prec);
    arb_mul(f->square, f->rho, c->t, prec);
    arb_neg(f->square, f->square);
    arb_sqrt(f->sigma, f->square, prec);
    arb_sub_ui(f->rho, c->t, 1, prec);
    if (c->sign > 0)
        arb_neg(f->rho, f->rho);
    difference(f->over_x, c->y, c->x, c, f->rho, prec);
    difference(f->over_y, c->x, c->y, c, f->rho, prec);
}

static void frame_clear(frame *f)
{
    arb_clear(f->rho);
    arb_clear(f->sigma);
    arb_clear(f->square);
    arb_clear(f->over_x);
    arb_clear(f->over_y);
}

/* ---- the quadrant --------------------------------------------------------------------------
 */

/* [d > 0] as a ball. */
static void step(arb_t y, const arb_t d)
{
    arb_zero(y);
    if (arb_is_positive(d))
        arb_one(y);
    else if (!arb_is_negative(d))
        arb_unit_interval(y);
}

/* rho = 1: P(g > max(x, y)); rho = -1: P(x < g < -y). */
static void quadrant_at_end(arb_t p, const ew_truncation *c, slong prec)
{
    arb_t q;
    arb_init(q);
    if (c->sign > 0) {
        arb_max(q, c->x, c->y, prec);
        ew_normal_above(p, c->meet ? c->x : q, prec);
    } else if (c->meet) {
        arb_zero(p);
    } else {
        arb_neg(q, c->y);
        arb_max(q, q, c->x, prec);
        ew_normal_above(p, c->x, prec);
        ew_normal_above(q, q, prec);
        arb_sub(p, p, q, prec);
    }
    arb_clear(q);
}

/* One of the thresholds is 0, the other y: Q(y)/2 + T(y, rho/sigma). */
static void quadrant_at_zero(arb_t p, const arb_t y, const frame *f, slong prec)
{
    arb_t a;
    arb_init(a);
    arb_div(a, f->rho, f->sigma, prec);
    ew_owen(p, y, a, prec);
    ew_normal_above(a, y, prec);
    arb_mul_2exp_si(a, a, -1);
    arb_add(p, p, a, prec);
    arb_clear(a);
}

/* p -= T(x, d/(x sigma)) - Q(x)/2 */
static void take_wedge(arb_t p, const arb_t x, const arb_t d, const frame *f, slong prec)
{
    arb_t a;
    arb_init(a);
    arb_mul(a, x, f->sigma, prec);
    arb_div(a, d, a, prec);
    ew_owen(a, x, a, prec);
    arb_sub(p, p, a, prec);
    ew_normal_above(a, x, prec);
    arb_mul_2exp_si(a, a, -1);
    arb_add(p, p, a, prec);
    arb_clear(a);
}

/* Owen's formula (equation 2.1 of his paper, for -u and -v). */
static void quadrant(arb_t p, const ew_truncation *c, const frame *f, slong prec)
{
    if (arb_is_zero(c->t)) {
        quadrant_at_end(p, c, prec);
    } else if (c->zero_x || c->zero_y) {
        quadrant_at_zero(p, c->zero_x ? c->y : c->x, f, prec);
    } else {
        arb_zero(p);
        if (arf_sgn(arb_midref(c->x)) != arf_sgn(arb_midref(c->y))) {
            arb_set_d(p, -0.5);
        }
        take_wedge(p, c->x, f->over_x, f, prec);
        if (c->x == c->y)
            arb_mul_2exp_si(p, p, 1);
        else
            take_wedge(p, c->y, f->over_y, f, prec);
    }
}

void ew_quadrant_above(arb_t p, const ew_truncation *c, slong prec)
{
    frame f;
    frame_init(&f, c, prec);
    quadrant(p, c, &f, prec);
    frame_clear(&f);
}

/* ---- moments -------------------------------------------------------------------------------
 */

/* e[k] = density of u at x times <(v - y)_+^k | u = x>/k!, k < n.  Given u = x, v is normal
 * about rho x = y - d, and W_k = <(v - y)_+^k>/k! obeys k W_k = sigma^2 W_(k-2) - d W_(k-1). */
static void edge(arb_ptr e, slong n, const arb_t x, const arb_t d, const frame *f, int meet,
                 slong prec)
{
    arb_t t, h;
    arb_init(t);
    arb_init(h);
    int end = arb_is_zero(f->sigma);
    if (end && meet) {
        arb_set_d(e, 0.5);
    } else if (end) {
        arb_neg(t, d);
        step(e, t);
    } else {
        arb_div(h, d, f->sigma, prec);
        ew_normal_above(e, h, prec);
    }
    for (slong k = 1; k < n; k++) {
        arb_zero(t);
        if (k >= 2) {
            arb_mul(t, f->square, e + k - 2, prec);
        } else if (!end) {
            ew_normal_density(t, h, prec);
            arb_mul(t, t, f->sigma, prec);
        }
        arb_submul(t, d, e + k - 1, prec);
        arb_div_ui(e + k, t, (ulong) k, prec);
    }
    ew_normal_density(t, x, prec);
    _arb_vec_scalar_mul(e, e, n, t, prec);
    arb_clear(h);
    arb_clear(t);
}

/* By Stein's identity, u -> d/du + rho d/dv:
 *     j T_jk = T_(j-2)k + rho T_(j-1)(k-1) - x T_(j-1)k,
 * where T_(-1)k and T_j(-1), delta functions in place of steps, are the edges. */
void ew_truncated_two(arb_ptr T, slong m, slong n, const ew_truncation *c, slong prec)
{
    const int symmetric = c->x == c->y && m == n; /* T_jk = T_kj */
    frame f;
    arb_t t;
    arb_init(t);
    frame_init(&f, c, prec);
    arb_ptr at_x = _arb_vec_init(n), at_y = _arb_vec_init(m);
    edge(at_x, n, c->x, f.over_x, &f, c->meet, prec);
    if (symmetric)
        _arb_vec_set(at_y, at_x, m);
    else
        edge(at_y, m, c->y, f.over_y, &f, c->meet, prec);
    quadrant(T, c, &f, prec);
    for (slong k = 1; k < n; k++) {
        arb_mul(t, f.rho, at_x + k - 1, prec);
        arb_add(t, t, k == 1 ? at_y : T + k - 2, prec);
        arb_submul(t, c->y, T + k - 1, prec);
        arb_div_ui(T + k, t, (ulong) k, prec);
    }
    for (slong j = 1; j < m; j++)
        for (slong k = 0; k < n && !(symmetric && k > j); k++) {
            arb_ptr row = T + j * n;
            arb_mul(t, f.rho, k == 0 ? at_y + j - 1 : row - n + k - 1, prec);
            arb_add(t, t, j == 1 ? at_x + k : row - 2 * n + k, prec);
            arb_submul(t, c->x, row - n + k, prec);
            arb_div_ui(row + k, t, (ulong) j, prec);
            if (symmetric && k < j)
                arb_set(T + k * n + j, row + k);
        }
    _arb_vec_clear(at_x, n);
    _arb_vec_clear(at_y, m);
    frame_clear(&f);
    arb_clear(t);
}
