#include "products/header/constants.h"

#include <stdlib.h>

#include "expect/evaluator.h"

typedef struct {
    const ew_setting *net;
    ew_critical_point *point;
    ew_evaluator *E; /* NULL: no chi_par to compute */
} request;

/* ---- the critical point -------------------------------------------------------------------
 */

static ew_status balls(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    const request *r = data;
    ew_status status = EW_OK;
    (void) scale;
    if (r->net->cw.n == 1)
        status = ew_scalar_ball(v + EW_CONSTANT_CW, r->net->cw.x, prec, ctx);
    if (status == EW_OK && r->net->cb.n == 1)
        status = ew_scalar_ball(v + EW_CONSTANT_CB, r->net->cb.x, prec, ctx);
    if (status != EW_OK || !r->point)
        return status;
    status = ew_critical_balls(v + EW_CONSTANT_K, NULL, NULL, v + EW_CONSTANT_A1,
                               v + EW_CONSTANT_B1, r->point, prec, ctx);
    /* The other classes are where chi_par = chi_perp = 1 (theory.md section 4). */
    arb_one(v + EW_CONSTANT_CHI_PAR);
    arb_one(v + EW_CONSTANT_CHI_PERP);
    if (status == EW_OK && r->E) {
        ew_atom1 slope = {.j = 1};
        slope.f.e[0] = 2;
        status = ew_expect_one(v + EW_CONSTANT_CHI_PAR, NULL, r->E, &slope, 1,
                               v + EW_CONSTANT_K, prec, ctx);
        arb_mul(v + EW_CONSTANT_CHI_PAR, v + EW_CONSTANT_CHI_PAR, v + EW_CONSTANT_CW, prec);
    }
    return status;
}

static int exists(const request *r, int i)
{
    if (i == EW_CONSTANT_CW)
        return r->net->cw.n == 1;
    if (i == EW_CONSTANT_CB)
        return r->net->cb.n == 1;
    if (!r->point)
        return 0;
    ew_class class = ew_critical_class(r->point);
    if (i == EW_CONSTANT_A1 || i == EW_CONSTANT_B1)
        return class == EW_ZERO_FIXED_POINT;
    return i != EW_CONSTANT_K || class != EW_SCALE_INVARIANT;
}

static ew_status set_exact(ew_certified *x, const ew_expr *e, ew_context *ctx)
{
    if (!e || x->exact || !x->mid)
        return EW_OK;
    x->exact = ew_expr_text(e, ctx);
    return x->exact ? EW_OK : ew_recorded(ctx);
}

/* The exact forms that are known. */
static ew_status set_forms(ew_certified *out, const request *r, ew_context *ctx)
{
    static const struct {
        int constant;
        ew_coordinate coordinate;
    } at[] = {{EW_CONSTANT_K, EW_AT_K}, {EW_CONSTANT_A1, EW_AT_A1}, {EW_CONSTANT_B1, EW_AT_B1}};
    ew_status status = set_exact(out + EW_CONSTANT_CW, r->net->cw.x->e, ctx);
    if (status == EW_OK)
        status = set_exact(out + EW_CONSTANT_CB, r->net->cb.x->e, ctx);
    for (size_t i = 0; r->point && status == EW_OK && i < sizeof at / sizeof *at; i++)
        status =
            set_exact(out + at[i].constant, ew_critical_exact(r->point, at[i].coordinate), ctx);
    for (int i = EW_CONSTANT_CHI_PAR; status == EW_OK && i <= EW_CONSTANT_CHI_PERP; i++)
        if (out[i].mid && !(r->E && i == EW_CONSTANT_CHI_PAR) &&
            !(out[i].exact = ew_strdup("1", ctx)))
            status = EW_MEMORY;
    return status;
}

ew_status ew_header_constants(ew_certified out[EW_CONSTANTS], const ew_setting *net,
                              ew_critical_point *point, slong digits, ew_context *ctx)
{
    request r = {.net = net, .point = point};
    ew_status status = EW_OK;
    if (point && ew_critical_class(point) == EW_EDGE)
        status = ew_evaluator_new(&r.E, net->activation, EW_AUTO, ctx);
    if (status == EW_OK)
        status = ew_certify(out, EW_CONSTANTS, digits, balls, &r, ctx);
    for (int i = 0; status == EW_OK && i < EW_CONSTANTS; i++)
        if (!exists(&r, i))
            ew_certified_clear(out + i);
    if (status == EW_OK)
        status = set_forms(out, &r, ctx);
    ew_evaluator_free(r.E);
    return status;
}

/* ---- Taylor coefficients ------------------------------------------------------------------
 */

typedef struct {
    const ew_activation *s;
    slong n;
    fmpq *exact;
    int *known;
} taylor;

static ew_status taylor_balls(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    const taylor *t = data;
    (void) scale;
    ew_status status = ew_activation_taylor(v, t->exact, t->known, t->s, t->n, prec, ctx);
    for (slong i = 0; i < t->n; i++) /* certified already, and exactly */
        if (t->known[i])
            arb_zero(v + i);
    return status;
}

ew_status ew_header_taylor(ew_certified *out, slong n, const ew_activation *s, slong digits,
                           ew_context *ctx)
{
    taylor t = {s, n, _fmpq_vec_init(n), ew_alloc_zero((size_t) n, sizeof(int), ctx)};
    ew_status status = t.known ? ew_certify(out, n, digits, taylor_balls, &t, ctx) : EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < n; i++)
        if (t.known[i]) {
            ew_certified_clear(out + i);
            status = ew_certify_rational(out + i, t.exact + i, digits, ctx);
        }
    _fmpq_vec_clear(t.exact, n);
    free(t.known);
    return status;
}

/* ---- Hermite coefficients -----------------------------------------------------------------
 */

typedef struct {
    const ew_activation *s;
    const ew_header_variance *at;
    ew_evaluator *E;
    slong n;
} hermite;

/* K* > 0 */
static int has_variance(const ew_critical_point *p)
{
    return p && (ew_critical_class(p) == EW_HALF_STABLE || ew_critical_class(p) == EW_EDGE);
}

static ew_status variance_ball(arb_t K, const ew_header_variance *at, slong prec,
                               ew_context *ctx)
{
    arb_one(K);
    if (at->k)
        return ew_scalar_ball(K, &(ew_scalar){.e = (ew_expr *) (uintptr_t) at->k}, prec, ctx);
    if (!has_variance(at->point))
        return EW_OK;
    return ew_critical_balls(K, NULL, NULL, NULL, NULL, at->point, prec, ctx);
}

/* Zero by parity; for polynomials, beyond the degree; for a max(z, 0) + b min(z, 0), whose odd
 * part is linear, every odd one but the first. */
static int vanishes(const ew_activation *s, slong k)
{
    if ((s->parity == EW_PARITY_EVEN && k % 2) || (s->parity == EW_PARITY_ODD && k % 2 == 0))
        return 1;
    return (s->polynomial && k > s->piece[0].degree) || (s->homogeneous && k % 2 && k > 1);
}

/* K, then the coefficients. */
static ew_status hermite_balls(arb_ptr v, mag_ptr scale, slong prec, void *data,
                               ew_context *ctx)
{
    const hermite *h = data;
    const ew_monomial s = {.e = {1}};
    mag_t norm;
    mag_init(norm);
    ew_status status = variance_ball(v, h->at, prec + 32, ctx);
    if (status == EW_OK)
        status = ew_expect_hermite(v + 1, norm, h->E, &s, h->n - 1, v, prec, ctx);
    for (slong k = 0; status == EW_OK && k < h->n; k++) {
        if (vanishes(h->s, k))
            arb_zero(v + 1 + k);
        mag_set(scale + 1 + k, norm);
    }
    mag_clear(norm);
    return status;
}

ew_status ew_header_hermite(ew_certified *variance, ew_certified *out, slong n,
                            const ew_activation *s, const ew_header_variance *at,
                            ew_method method, slong digits, ew_context *ctx)
{
    hermite h = {.s = s, .at = at, .n = n};
    ew_certified *all = ew_certified_new(n + 1, ctx);
    ew_status status = all ? ew_evaluator_new(&h.E, s, method, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_certify(all, n + 1, digits, hermite_balls, &h, ctx);
    if (status == EW_OK)
        ew_certified_move(variance, all);
    for (slong k = 0; status == EW_OK && k < n; k++)
        ew_certified_move(out + k, all + 1 + k);
    if (status == EW_OK && at->k)
        status = set_exact(variance, at->k, ctx);
    else if (status == EW_OK && !has_variance(at->point))
        status = (variance->exact = ew_strdup("1", ctx)) ? EW_OK : EW_MEMORY;
    ew_certified_free(all, n + 1);
    ew_evaluator_free(h.E);
    return status;
}
