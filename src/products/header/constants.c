#include "products/header/constants.h"

#include "expect/expect.h"

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
