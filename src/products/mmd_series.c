#include "products/mmd_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "readings/cumulant/solve/cumulant.h"

/* Nodes of the product rule. */
#define MOST_NODES 20000

typedef struct {
    const ew_setting *net;
    slong layers, order;
    const slong *layer;
    const ew_scalar *length;
} request;

/* ---- Gauss and Hermite's rule for N(0, 1) -------------------------------------------------
 */

typedef struct {
    slong n;
    arb_ptr node, weight;
} rule;

static void rule_clear(rule *g)
{
    _arb_vec_clear(g->node, g->n);
    _arb_vec_clear(g->weight, g->n);
}

/* n!/(n He_{n-1}(x))^2 at the roots x of He_n; exact to degree 2n - 1. */
static void set_weights(rule *g, slong prec)
{
    fmpz_poly_t lower;
    arb_poly_t p;
    arb_t top;
    fmpz_poly_init(lower);
    arb_poly_init(p);
    arb_init(top);
    fmpz_poly_hermite_he(lower, (ulong) g->n - 1);
    arb_poly_set_fmpz_poly(p, lower, prec);
    arb_fac_ui(top, (ulong) g->n, prec);
    for (slong i = 0; i < g->n; i++) {
        arb_poly_evaluate(g->weight + i, p, g->node + i, prec);
        arb_mul_si(g->weight + i, g->weight + i, g->n, prec);
        arb_sqr(g->weight + i, g->weight + i, prec);
        arb_div(g->weight + i, top, g->weight + i, prec);
    }
    fmpz_poly_clear(lower);
    arb_poly_clear(p);
    arb_clear(top);
}

static ew_status rule_init(rule *g, slong n, slong prec, ew_context *ctx)
{
    fmpz_poly_t he;
    acb_poly_t p;
    acb_ptr root = _acb_vec_init(n);
    fmpz_poly_init(he);
    acb_poly_init(p);
    fmpz_poly_hermite_he(he, (ulong) n);
    acb_poly_set_fmpz_poly(p, he, prec);
    g->n = n;
    g->node = _arb_vec_init(n);
    g->weight = _arb_vec_init(n);
    int found = acb_poly_find_roots(root, p, NULL, 0, prec) == n &&
                acb_poly_validate_real_roots(root, p, prec);
    for (slong i = 0; i < n; i++)
        arb_set(g->node + i, acb_realref(root + i));
    set_weights(g, prec);
    _acb_vec_clear(root, n);
    fmpz_poly_clear(he);
    acb_poly_clear(p);
    return found ? EW_OK : ew_fail(ctx, EW_UNABLE, "mmd: nodes are not isolated");
}

/* ---- L_j(w) -------------------------------------------------------------------------------
 */

/* A joint cumulant's part of the sum: L_j has factor * c[j] times the product of w[input]. */
typedef struct {
    slong inputs;
    slong input[2 * EW_MAX_PAIRS];
    arb_t factor;
    arb_ptr c; /* [order + 1] */
} cumulant;

typedef struct {
    slong n, order;
    cumulant *at;
} cumulants;

static void cumulants_clear(cumulants *x)
{
    for (slong i = 0; i < x->n; i++) {
        arb_clear(x->at[i].factor);
        _arb_vec_clear(x->at[i].c, x->order + 1);
    }
    free(x->at);
}

/* kappa_k[w'Ghat w] is the sum over lists of k pairs; a multiset of them stands for k!/prod of
 * multiplicities! lists, and w_a w_b Ghat_ab occurs twice for a != b. */
static void set_factor(cumulant *c, char *const *of, slong k, slong prec)
{
    slong run = 0;
    arb_one(c->factor);
    for (slong i = 0; i < k; i++) {
        c->input[c->inputs++] = of[i][0] - 'a';
        c->input[c->inputs++] = of[i][2] - 'a';
        run = i > 0 && strcmp(of[i], of[i - 1]) == 0 ? run + 1 : 1;
        arb_div_si(c->factor, c->factor, -run, prec);
        if (of[i][0] == of[i][2])
            arb_mul_2exp_si(c->factor, c->factor, -1);
    }
}

static ew_status read_ball(arb_t x, const ew_certified *c, slong prec, ew_context *ctx)
{
    if (c->mid && ew_ball_read(x, c->mid, c->rad, prec) == 0)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "mmd: a cumulant is not known");
}

static ew_status cumulants_read(cumulants *x, const ew_cumulant_table *t, slong layer,
                                slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    x->order = t->order;
    x->n = 0;
    x->at = ew_alloc_zero((size_t) t->terms, sizeof *x->at, ctx);
    if (!x->at)
        return EW_MEMORY;
    for (slong i = 0; i < t->terms; i++) {
        cumulant *c = &x->at[x->n++];
        const ew_certified *value = t->c + ((layer - 1) * t->terms + i) * (t->order + 1);
        arb_init(c->factor);
        c->c = _arb_vec_init(t->order + 1);
        set_factor(c, t->of[i], t->of_n[i], prec);
        for (slong j = 0; j <= t->order && status == EW_OK; j++)
            status = read_ball(c->c + j, value + j, prec, ctx);
    }
    return status;
}

/* sum_j n^-j L_j(w) as a polynomial in 1/n, without K. */
static void logarithm(arb_poly_t out, const cumulants *x, arb_srcptr w, slong prec)
{
    arb_t term;
    arb_ptr sum = _arb_vec_init(x->order + 1);
    arb_init(term);
    for (slong i = 0; i < x->n; i++) {
        const cumulant *c = &x->at[i];
        arb_set(term, c->factor);
        for (slong k = 0; k < c->inputs; k++)
            arb_mul(term, term, w + c->input[k], prec);
        for (slong j = 1; j <= x->order; j++)
            arb_addmul(sum + j, term, c->c + j, prec);
    }
    arb_poly_zero(out);
    for (slong j = 1; j <= x->order; j++)
        arb_poly_set_coeff_arb(out, j, sum + j);
    _arb_vec_clear(sum, x->order + 1);
    arb_clear(term);
}

/* ---- expectations -------------------------------------------------------------------------
 */

/* l^2 I + 2K = R R' with a lower R, in place of a full matrix. */
static void set_root(arb_ptr r, const cumulants *x, const arb_t length, slong m, slong prec)
{
    _arb_vec_zero(r, m * m);
    for (slong i = 0; i < x->n; i++)
        if (x->at[i].inputs == 2)
            arb_mul_2exp_si(r + x->at[i].input[1] * m + x->at[i].input[0], x->at[i].c, 1);
    for (slong j = 0; j < m; j++) {
        arb_addmul(r + j * m + j, length, length, prec);
        for (slong i = j; i < m; i++) {
            for (slong k = 0; k < j; k++)
                arb_submul(r + i * m + j, r + i * m + k, r + j * m + k, prec);
            if (i == j)
                arb_sqrt(r + i * m + j, r + i * m + j, prec);
            else
                arb_div(r + i * m + j, r + i * m + j, r + j * m + j, prec);
        }
    }
}

/* w = R'^-1 g: of covariance (l^2 I + 2K)^-1 for a standard normal g. */
static void set_point(arb_ptr w, arb_t weight, arb_srcptr r, const rule *g, slong node, slong m,
                      slong prec)
{
    arb_one(weight);
    for (slong i = 0; i < m; i++, node /= g->n) {
        arb_set(w + i, g->node + node % g->n);
        arb_mul(weight, weight, g->weight + node % g->n, prec);
    }
    for (slong i = m - 1; i >= 0; i--) {
        for (slong k = i + 1; k < m; k++)
            arb_submul(w + i, r + k * m + i, w + k, prec);
        arb_div(w + i, w + i, r + i * m + i, prec);
    }
}

/* E_w phi^2 F(w) = l^m/det R E F(R'^-1 g). */
static void set_norm(arb_t norm, arb_srcptr r, const arb_t length, slong m, slong prec)
{
    arb_pow_ui(norm, length, (ulong) m, prec);
    for (slong i = 0; i < m; i++)
        arb_div(norm, norm, r + i * m + i, prec);
}

/* out[j] += weight [n^-(2+j)] (e^L - 1)^2 */
static void add_square(arb_ptr out, arb_poly_t L, const arb_t weight, slong order, slong prec)
{
    arb_poly_exp_series(L, L, order + 1, prec);
    arb_poly_set_coeff_si(L, 0, 0);
    arb_poly_mullow(L, L, L, order + 2, prec);
    for (slong j = 0; j < order; j++)
        if (arb_poly_length(L) > 2 + j)
            arb_addmul(out + j, weight, arb_poly_get_coeff_ptr(L, 2 + j), prec);
}

static ew_status at_layer(arb_ptr out, const cumulants *x, const arb_t length, const rule *g,
                          slong m, slong prec, ew_context *ctx)
{
    slong nodes = 1;
    for (slong i = 0; i < m; i++)
        nodes = nodes > MOST_NODES ? nodes : nodes * g->n;
    if (nodes > MOST_NODES)
        return ew_fail(ctx, EW_UNABLE, "mmd: %ld inputs are too many for a prediction",
                       (long) m);
    arb_ptr r = _arb_vec_init(m * m), w = _arb_vec_init(m);
    arb_poly_t L;
    arb_t weight, norm;
    arb_poly_init(L);
    arb_init(weight);
    arb_init(norm);
    set_root(r, x, length, m, prec);
    set_norm(norm, r, length, m, prec);
    _arb_vec_zero(out, x->order);
    for (slong node = 0; node < nodes; node++) {
        set_point(w, weight, r, g, node, m, prec);
        logarithm(L, x, w, prec);
        add_square(out, L, weight, x->order, prec);
    }
    _arb_vec_scalar_mul(out, out, x->order, norm, prec);
    _arb_vec_clear(r, m * m);
    _arb_vec_clear(w, m);
    arb_poly_clear(L);
    arb_clear(weight);
    arb_clear(norm);
    return EW_OK;
}

static ew_status all_layers(arb_ptr values, const request *q, const ew_cumulant_table *t,
                            slong prec, ew_context *ctx)
{
    rule g;
    arb_t length;
    arb_init(length);
    /* (e^L - 1)^2 has degree 4 (order + 1) at n^-(order + 1). */
    ew_status status = rule_init(&g, 2 * q->order + 3, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(length, q->length, prec, ctx);
    for (slong l = 0; l < q->layers && status == EW_OK; l++) {
        cumulants x;
        status = cumulants_read(&x, t, q->layer[l], prec, ctx);
        if (status == EW_OK)
            status = at_layer(values + l * q->order, &x, length, &g, q->net->inputs, prec, ctx);
        cumulants_clear(&x);
    }
    rule_clear(&g);
    arb_clear(length);
    return status;
}

static ew_status balls(arb_ptr values, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    const request *q = data;
    double digits = ceil((double) prec * log10(2));
    ew_cumulant_options opt = {.order = q->order,
                               .digits =
                                   digits < EW_MAX_DIGITS ? (slong) digits : EW_MAX_DIGITS,
                               .method = EW_AUTO};
    ew_cumulant_table *t;
    (void) scales;
    ew_status status = ew_cumulant_solve(&t, q->net, &opt, ctx);
    if (status == EW_OK)
        status = all_layers(values, q, t, prec, ctx);
    ew_cumulant_free(t);
    return status;
}

ew_status ew_mmd_series(ew_certified *out, const ew_setting *net, slong layers,
                        const slong *layer, const ew_scalar *length, slong order, slong digits,
                        ew_context *ctx)
{
    ew_setting cut = *net;
    request q = {&cut, layers, order, layer, length};
    cut.depth = layer[layers - 1];
    cut.directions = 0;
    if (order < 1)
        return ew_fail(ctx, EW_USAGE, "the order must be at least 1");
    return ew_certify(out, layers * order, digits, balls, &q, ctx);
}
