/* Expectations of products of waves: exponentials change the Gaussian measure, and integration
 * by parts does the rest. */
#include "expect/waves.h"

/* A covariance, its determinant (exactly zero where u = v), and the weight by which its measure
 * differs from a probability. */
typedef struct {
    arb_t aa, ab, bb, det, weight;
} gauss;

static void gauss_init(gauss *g)
{
    arb_init(g->aa);
    arb_init(g->ab);
    arb_init(g->bb);
    arb_init(g->det);
    arb_init(g->weight);
    arb_one(g->weight);
}

static void gauss_clear(gauss *g)
{
    arb_clear(g->aa);
    arb_clear(g->ab);
    arb_clear(g->bb);
    arb_clear(g->det);
    arb_clear(g->weight);
}

/* d = det(1 + 2 q Sigma) = 1 + 2 qa aa + 2 qb bb + 4 qa qb det */
static void tilt_determinant(arb_t d, const gauss *g, const arb_t qa, const arb_t qb,
                             slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul(t, qa, qb, prec);
    arb_mul(d, t, g->det, prec);
    arb_mul_2exp_si(d, d, 1);
    arb_addmul(d, qa, g->aa, prec);
    arb_addmul(d, qb, g->bb, prec);
    arb_mul_2exp_si(d, d, 1);
    arb_add_ui(d, d, 1, prec);
    arb_clear(t);
}

/* h = g times exp(-qa u^2 - qb v^2): (Sigma^-1 + 2 q)^-1 = Sigma (1 + 2 q Sigma)^-1, with
 * weight det(1 + 2 q Sigma)^(-1/2).  0 unless the integral converges for certain. */
static int tilt(gauss *h, const gauss *g, const arb_t qa, const arb_t qb, slong prec)
{
    arb_t d, t;
    arb_init(d);
    arb_init(t);
    tilt_determinant(d, g, qa, qb, prec);
    arb_mul(t, qa, g->aa, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_add_ui(t, t, 1, prec);
    int good = arb_is_positive(t) && arb_is_positive(d);
    arb_rsqrt(t, d, prec);
    arb_mul(h->weight, g->weight, t, prec);
    arb_mul(t, qb, g->det, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_add(t, t, g->aa, prec);
    arb_div(h->aa, t, d, prec);
    arb_mul(t, qa, g->det, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_add(t, t, g->bb, prec);
    arb_div(h->bb, t, d, prec);
    arb_div(h->ab, g->ab, d, prec);
    arb_div(h->det, g->det, d, prec);
    arb_clear(d);
    arb_clear(t);
    return good;
}

/* ---- complex mean, no error functions ---- */

/* x = weight <u^p v^q e^(bu u + bv v)>: the mean moves to (mu, mv) = Sigma (bu, bv), and
 * E[u^p v^q] = mu E[u^(p-1) v^q] + (p-1) aa E[u^(p-2) v^q] + q ab E[u^(p-1) v^(q-1)]. */
static void shifted_moment(acb_t x, const gauss *g, slong p, slong q, const acb_t bu,
                           const acb_t bv, slong prec)
{
    acb_t mu, mv, t, e;
    slong cols = q + 1;
    acb_ptr m = _acb_vec_init((p + 1) * cols);
    acb_init(mu);
    acb_init(mv);
    acb_init(t);
    acb_init(e);
    acb_mul_arb(mu, bu, g->aa, prec);
    acb_addmul_arb(mu, bv, g->ab, prec);
    acb_mul_arb(mv, bu, g->ab, prec);
    acb_addmul_arb(mv, bv, g->bb, prec);
    acb_one(m);
    for (slong i = 0; i <= p; i++)
        for (slong j = i == 0; j <= q; j++) {
            acb_ptr r = m + i * cols + j;
            if (i == 0) {
                acb_mul(r, mv, r - 1, prec);
                if (j > 1) {
                    acb_mul_arb(t, r - 2, g->bb, prec);
                    acb_addmul_si(r, t, j - 1, prec);
                }
                continue;
            }
            acb_mul(r, mu, r - cols, prec);
            if (i > 1) {
                acb_mul_arb(t, r - 2 * cols, g->aa, prec);
                acb_addmul_si(r, t, i - 1, prec);
            }
            if (j > 0) {
                acb_mul_arb(t, r - cols - 1, g->ab, prec);
                acb_addmul_si(r, t, j, prec);
            }
        }
    acb_mul(e, mu, bu, prec);
    acb_addmul(e, mv, bv, prec);
    acb_mul_2exp_si(e, e, -1);
    acb_exp(e, e, prec);
    acb_mul(x, m + p * cols + q, e, prec);
    acb_mul_arb(x, x, g->weight, prec);
    _acb_vec_clear(m, (p + 1) * cols);
    acb_clear(mu);
    acb_clear(mv);
    acb_clear(t);
    acb_clear(e);
}

/* ---- error functions, centred ---- */

/* alpha NULL: no error function of that variable. */
static int erf_table(arb_ptr m, const gauss *g, slong p, slong q, arb_srcptr alpha,
                     arb_srcptr beta, slong prec);

/* The table with erf(alpha u) (or of v) replaced by its derivative 2 alpha/sqrt(pi) e^(-alpha^2
 * u^2). */
static int edge_table(arb_ptr m, const gauss *g, slong p, slong q, arb_srcptr alpha,
                      arb_srcptr beta, int second, slong prec)
{
    gauss h;
    arb_t square, zero, c;
    gauss_init(&h);
    arb_init(square);
    arb_init(zero);
    arb_init(c);
    arb_srcptr a = second ? beta : alpha;
    arb_mul(square, a, a, prec);
    int good = tilt(&h, g, second ? zero : square, second ? square : zero, prec) &&
               erf_table(m, &h, p, q, second ? alpha : NULL, second ? NULL : beta, prec);
    arb_const_sqrt_pi(c, prec);
    arb_div(c, a, c, prec);
    arb_mul_2exp_si(c, c, 1);
    _arb_vec_scalar_mul(m, m, (p + 1) * (q + 1), c, prec);
    gauss_clear(&h);
    arb_clear(square);
    arb_clear(zero);
    arb_clear(c);
    return good;
}

/* <erf(alpha u) erf(beta v)> = (2/pi) asin(s / sqrt((1 + 2 alpha^2 aa)(1 + 2 beta^2 bb))), s =
 * 2 alpha beta ab, through atan2: the other leg is det(1 + 2 diag(alpha^2, beta^2) Sigma). */
static void arcsine(arb_t x, const gauss *g, arb_srcptr alpha, arb_srcptr beta, slong prec)
{
    arb_t s, d, t;
    arb_init(s);
    arb_init(d);
    arb_init(t);
    arb_mul(s, alpha, alpha, prec);
    arb_mul(t, beta, beta, prec);
    tilt_determinant(d, g, s, t, prec);
    arb_sqrt(d, d, prec);
    arb_mul(s, alpha, beta, prec);
    arb_mul(s, s, g->ab, prec);
    arb_mul_2exp_si(s, s, 1);
    arb_atan2(s, s, d, prec);
    arb_const_pi(t, prec);
    arb_div(s, s, t, prec);
    arb_mul_2exp_si(s, s, 1);
    arb_mul(x, s, g->weight, prec);
    arb_clear(s);
    arb_clear(d);
    arb_clear(t);
}

/* One entry from smaller ones; ya, yb: the tables with one error function differentiated. */
static void erf_entry(arb_ptr m, const gauss *g, slong i, slong j, slong cols, arb_srcptr ya,
                      arb_srcptr yb, slong prec)
{
    arb_t t;
    arb_ptr r = m + i * cols + j;
    slong step = i == 0 ? 1 : cols, p = i == 0 ? j : i; /* v, else u, is lowered */
    arb_srcptr own = i == 0 ? g->bb : g->aa;
    slong from = i * cols + j - step;
    arb_init(t);
    arb_zero(r);
    if (p > 1) {
        arb_mul(t, r - 2 * step, own, prec);
        arb_addmul_si(r, t, p - 1, prec);
    }
    if (i > 0 && j > 0) {
        arb_mul(t, r - cols - 1, g->ab, prec);
        arb_addmul_si(r, t, j, prec);
    }
    if (ya)
        arb_addmul(r, ya + from, i == 0 ? g->ab : g->aa, prec);
    if (yb)
        arb_addmul(r, yb + from, i == 0 ? g->bb : g->ab, prec);
    arb_clear(t);
}

/* m[i (q+1) + j] = weight <u^i v^j [erf(alpha u)] [erf(beta v)]>; by integration by parts,
 * E[u X] = aa E[dX/du] + ab E[dX/dv]. */
static int erf_table(arb_ptr m, const gauss *g, slong p, slong q, arb_srcptr alpha,
                     arb_srcptr beta, slong prec)
{
    slong cols = q + 1, n = (p + 1) * cols;
    arb_ptr ya = alpha ? _arb_vec_init(n) : NULL, yb = beta ? _arb_vec_init(n) : NULL;
    int good = (!alpha || edge_table(ya, g, p, q, alpha, beta, 0, prec)) &&
               (!beta || edge_table(yb, g, p, q, alpha, beta, 1, prec));
    if (alpha && beta)
        arcsine(m, g, alpha, beta, prec);
    else if (alpha || beta)
        arb_zero(m);
    else
        arb_set(m, g->weight);
    for (slong i = 0; i <= p; i++)
        for (slong j = i == 0; j <= q; j++)
            erf_entry(m, g, i, j, cols, ya, yb, prec);
    if (ya)
        _arb_vec_clear(ya, n);
    if (yb)
        _arb_vec_clear(yb, n);
    return good;
}

/* ---- sums ---- */

static int pair(acb_t x, const ew_wave *F, const ew_wave *G, const gauss *g, slong prec)
{
    gauss h;
    gauss_init(&h);
    int good = tilt(&h, g, F->q, G->q, prec);
    if (good && !F->with_erf && !G->with_erf) {
        shifted_moment(x, &h, F->p, G->p, F->b, G->b, prec);
    } else if (good && acb_is_zero(F->b) && acb_is_zero(G->b)) {
        slong n = (F->p + 1) * (G->p + 1);
        arb_ptr m = _arb_vec_init(n);
        good = erf_table(m, &h, F->p, G->p, F->with_erf ? F->alpha : NULL,
                         G->with_erf ? G->alpha : NULL, prec);
        acb_set_arb(x, m + n - 1);
        _arb_vec_clear(m, n);
    } else {
        good = 0;
    }
    gauss_clear(&h);
    return good;
}

static ew_status all_pairs(arb_t x, int *known, const ew_waves *F, const ew_waves *G,
                           const gauss *g, slong prec, ew_context *ctx)
{
    acb_t t, total;
    ew_status status = EW_OK;
    acb_init(t);
    acb_init(total);
    *known = 1;
    for (slong i = 0; i < F->n && *known && status == EW_OK; i++) {
        status = ew_poll(ctx);
        for (slong j = 0; j < G->n && *known; j++) {
            *known = pair(t, F->w + i, G->w + j, g, prec);
            acb_mul(t, t, F->w[i].c, prec);
            acb_mul(t, t, G->w[j].c, prec);
            acb_add(total, total, t, prec);
        }
    }
    arb_set(x, acb_realref(total));
    acb_clear(t);
    acb_clear(total);
    return status;
}

ew_status ew_waves_expect(arb_t x, int *known, const ew_waves *F, const ew_waves *G,
                          const arb_t kaa, const arb_t kab, const arb_t kbb, slong prec,
                          ew_context *ctx)
{
    gauss g;
    gauss_init(&g);
    arb_set(g.aa, kaa);
    arb_set(g.ab, kab);
    arb_set(g.bb, kbb);
    arb_mul(g.det, kaa, kbb, prec);
    arb_submul(g.det, kab, kab, prec);
    ew_status status = all_pairs(x, known, F, G, &g, prec, ctx);
    gauss_clear(&g);
    return status;
}

ew_status ew_waves_expect_same(arb_t x, int *known, const ew_waves *F, const ew_waves *G,
                               const arb_t K, slong prec, ew_context *ctx)
{
    gauss g;
    gauss_init(&g);
    arb_set(g.aa, K);
    arb_set(g.ab, K);
    arb_set(g.bb, K);
    ew_status status = all_pairs(x, known, F, G, &g, prec, ctx);
    gauss_clear(&g);
    return status;
}
