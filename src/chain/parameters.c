/* The numbers of a law's parameters at one step of a network. */
#include "chain/law.h"
#include "chain/residual.h"

/* n_l over the width of the Haar matrix that layer l's weights are cut from.  Inputs with an
 * unknown number of coordinates, or without a width to compare it with, are taken to have no
 * more than the first layer has neurons. */
static void share(fmpq_t q, const ew_setting *net, slong layer)
{
    ulong own = net->widths ? net->width[net->widths > 1 ? layer - 1 : 0] : 1, before = own;
    if (net->widths > 1 && layer > 1)
        before = net->width[layer - 2];
    if (net->widths && layer == 1 && net->coordinates)
        before = (ulong) net->coordinates;
    fmpz_set_ui(fmpq_numref(q), own);
    fmpz_set_ui(fmpq_denref(q), FLINT_MAX(own, before));
    fmpq_canonicalise(q);
}

static void ratio(fmpq_t r, const ew_setting *net, slong layer)
{
    fmpq_one(r);
    if (net->widths < 2)
        return;
    fmpz_set_ui(fmpq_numref(r), net->width[0]);
    fmpz_set_ui(fmpq_denref(r), net->width[layer - 1]);
    fmpq_canonicalise(r);
}

void ew_law_frame(fmpq_t x, const ew_setting *net, slong layer)
{
    fmpq_t r;
    fmpq_init(r);
    ratio(r, net, layer);
    share(x, net, layer);
    fmpq_mul(x, x, r);
    fmpq_clear(r);
}

/* What the weights of `layer` itself contribute to Ghat. */
static ew_status before_ball(arb_ptr x, const ew_setting *net, slong layer, int tangents,
                             slong prec, ew_context *ctx)
{
    arb_t cw;
    arb_init(cw);
    ew_status status =
        ew_setting_layer(cw, x + EW_CB_BEFORE, tangents ? x + EW_RATE_BEFORE : NULL,
                         tangents ? x + EW_LAMBDA_B_BEFORE : NULL, net, layer, prec, ctx);
    if (status == EW_OK && tangents) {
        if (!arb_is_positive(cw))
            status =
                ew_fail(ctx, EW_DOMAIN, "orthogonal weights: C_W of layer %ld is not positive",
                        (long) layer);
        else
            arb_div(x + EW_RATE_BEFORE, x + EW_RATE_BEFORE, cw, prec);
    }
    arb_clear(cw);
    return status;
}

ew_status ew_law_layer_ball(arb_ptr x, const ew_law *law, const ew_setting *net, slong layer,
                            int tangents, slong prec, ew_context *ctx)
{
    fmpq_t r;
    fmpq_init(r);
    ratio(r, net, layer);
    arb_set_fmpq(x + EW_RATIO, r, prec);
    ew_status status = EW_OK;
    if (law->of.ensemble == EW_ENSEMBLE_ORTHOGONAL) {
        share(r, net, layer);
        arb_set_fmpq(x + EW_SHARE, r, prec);
        status = before_ball(x, net, layer, tangents, prec, ctx);
    }
    fmpq_clear(r);
    return status;
}

static ew_status block_ball(arb_ptr x, const ew_setting *net, int tangents, slong prec,
                            ew_context *ctx)
{
    const ew_residual *r = net->residual;
    fmpq_t ratio;
    fmpq_init(ratio);
    ew_status status = ew_residual_ratio(ratio, net, ctx);
    arb_set_fmpq(x + EW_RATIO, ratio, prec);
    fmpq_clear(ratio);
    if (status == EW_OK)
        status = ew_residual_alpha2(x + EW_ALPHA2, net, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(x + EW_CV, &r->cv, prec, ctx);
    if (tangents)
        arb_set(x + EW_LAMBDA_V, x + (r->rate_cv ? EW_CV : EW_LAMBDA_W));
    return status;
}

ew_status ew_law_parameters_ball(arb_ptr x, const ew_law *law, const ew_setting *net,
                                 slong layer, int tangents, slong prec, ew_context *ctx)
{
    ew_status status =
        ew_setting_layer(x + EW_CW, x + EW_CB, tangents ? x + EW_LAMBDA_W : NULL,
                         tangents ? x + EW_LAMBDA_B : NULL, net, layer + 1, prec, ctx);
    if (status == EW_OK && law->block)
        return block_ball(x, net, tangents, prec, ctx);
    return status == EW_OK ? ew_law_layer_ball(x, law, net, layer, tangents, prec, ctx)
                           : status;
}

static int rationals(fmpq *cw, fmpq *cb, fmpq *lambda_w, fmpq *lambda_b, const ew_setting *net,
                     slong layer, int tangents)
{
    int known = ew_scalar_rational(cw, ew_scalar_at(&net->cw, layer)) &&
                ew_scalar_rational(cb, ew_scalar_at(&net->cb, layer));
    if (known && tangents)
        known = ew_scalar_rational(lambda_w, ew_scalar_at(&net->lambda_w, layer)) &&
                ew_scalar_rational(lambda_b, ew_scalar_at(&net->lambda_b, layer));
    return known;
}

int ew_law_layer_rational(fmpq *x, const ew_law *law, const ew_setting *net, slong layer,
                          int tangents)
{
    ratio(x + EW_RATIO, net, layer);
    if (law->of.ensemble != EW_ENSEMBLE_ORTHOGONAL)
        return 1;
    fmpq_t cw;
    fmpq_init(cw);
    share(x + EW_SHARE, net, layer);
    int known = rationals(cw, x + EW_CB_BEFORE, x + EW_RATE_BEFORE, x + EW_LAMBDA_B_BEFORE, net,
                          layer, tangents) &&
                !fmpq_is_zero(cw);
    if (known && tangents)
        fmpq_div(x + EW_RATE_BEFORE, x + EW_RATE_BEFORE, cw);
    fmpq_clear(cw);
    return known;
}

static int block_rational(fmpq *x, const ew_setting *net, int tangents)
{
    const ew_residual *r = net->residual;
    int known = ew_residual_ratio(x + EW_RATIO, net, NULL) == EW_OK &&
                ew_residual_alpha2_rational(x + EW_ALPHA2, net) &&
                ew_scalar_rational(x + EW_CV, &r->cv);
    if (tangents)
        fmpq_set(x + EW_LAMBDA_V, x + (r->rate_cv ? EW_CV : EW_LAMBDA_W));
    return known;
}

int ew_law_parameters_rational(fmpq *x, const ew_law *law, const ew_setting *net, slong layer,
                               int tangents)
{
    return rationals(x + EW_CW, x + EW_CB, x + EW_LAMBDA_W, x + EW_LAMBDA_B, net, layer + 1,
                     tangents) &&
           (law->block ? block_rational(x, net, tangents)
                       : ew_law_layer_rational(x, law, net, layer, tangents));
}
