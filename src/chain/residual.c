#include "chain/residual.h"

#include <stdlib.h>

ew_status ew_residual_inner(ulong *m, const ew_residual *r, ulong d, ew_context *ctx)
{
    if (r->wide)
        return ew_fail(ctx, EW_UNABLE, "residual: inner=infinite cannot be sampled");
    *m = r->inner ? r->inner : d;
    if (!r->over)
        return EW_OK;
    if (d * r->over % r->under)
        return ew_fail(ctx, EW_USAGE,
                       "residual: inner: %lu/%lu of the width %lu is no whole number", r->over,
                       r->under, d);
    *m = d * r->over / r->under;
    return EW_OK;
}

ew_status ew_residual_ratio(fmpq_t r, const ew_setting *net, ew_context *ctx)
{
    const ew_residual *x = net->residual;
    fmpq_set_si(r, x->wide ? 0 : 1, 1);
    if (x->over) {
        fmpz_set_ui(fmpq_numref(r), x->under);
        fmpz_set_ui(fmpq_denref(r), x->over);
    }
    if (x->inner && !net->widths)
        return ew_fail(ctx, EW_USAGE,
                       "residual: inner=M takes a width, of which M is a multiple or a part; "
                       "else say inner=2n, n/2 or infinite");
    if (x->inner) {
        fmpz_set_ui(fmpq_numref(r), net->width[0]);
        fmpz_set_ui(fmpq_denref(r), x->inner);
    }
    fmpq_canonicalise(r);
    return EW_OK;
}

ew_ensemble ew_setting_transition(const ew_setting *net)
{
    if (!net->residual)
        return net->ensemble;
    return net->residual->wide ? EW_ENSEMBLE_WIDE_BLOCK : EW_ENSEMBLE_BLOCK;
}

ew_status ew_residual_alpha2(arb_t x, const ew_setting *net, slong prec, ew_context *ctx)
{
    fmpq_t q;
    fmpq_init(q);
    ew_status status = EW_OK;
    if (ew_residual_alpha2_rational(q, net)) {
        arb_set_fmpq(x, q, prec);
    } else if ((status = ew_scalar_ball(x, &net->residual->beta, prec, ctx)) == EW_OK) {
        arb_t l;
        arb_init(l);
        arb_set_si(l, net->depth - 1);
        arb_mul_si(x, x, -2, prec);
        arb_pow(x, l, x, prec);
        arb_clear(l);
    }
    fmpq_clear(q);
    return status;
}

/* Powers beyond this have no use as fractions. */
#define MOST_POWER 1000

int ew_residual_alpha2_rational(fmpq_t x, const ew_setting *net)
{
    int known = ew_scalar_rational(x, &net->residual->beta);
    if (!known)
        return 0;
    fmpq_mul_si(x, x, -2);
    if (!fmpz_is_one(fmpq_denref(x)) || fmpz_cmp_si(fmpq_numref(x), -MOST_POWER) < 0)
        return 0;
    slong power = fmpz_get_si(fmpq_numref(x));
    fmpq_set_si(x, net->depth - 1, 1);
    fmpq_pow_si(x, x, power);
    return 1;
}

void ew_block_layers_free(ew_block_layers *b)
{
    if (!b)
        return;
    ew_activation_free(b->linear);
    ew_expr_free(b->zero);
    free(b);
}

ew_status ew_block_layers_new(ew_block_layers **out, const ew_setting *net, ew_context *ctx)
{
    *out = NULL;
    ew_block_layers *b = ew_alloc_zero(1, sizeof *b, ctx);
    if (!b)
        return EW_MEMORY;
    ew_status status = ew_activation_new(&b->linear, "z", ctx);
    if (status == EW_OK)
        status = ew_expr_parse(&b->zero, "0", NULL, "residual", ctx);
    if (status != EW_OK) {
        ew_block_layers_free(b);
        return status;
    }
    b->none.e = b->zero;
    b->inner = b->outer = *net;
    b->inner.residual = b->outer.residual = NULL;
    b->inner.activation = b->linear;
    b->outer.cw = (ew_scalar_list){1, (ew_scalar *) &net->residual->cv};
    b->outer.cb = b->outer.lambda_b = (ew_scalar_list){1, &b->none};
    if (net->residual->rate_cv)
        b->outer.lambda_w = b->outer.cw;
    *out = b;
    return EW_OK;
}
