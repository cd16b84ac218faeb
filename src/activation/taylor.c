#include <stdlib.h>

#include "activation/activation.h"
#include "activation/jet.h"
#include "activation/polynomial.h"
#include "activation/taylor_exact.h"

/* Orders beyond this are left as balls: exact composition costs their cube. */
#define MAX_EXACT 64

/* The piece with 0 in its interior. */
static ew_status piece_at_zero(const ew_piece **piece, const ew_activation *a, ew_context *ctx)
{
    slong i = 0;
    for (; i < a->kinks; i++) {
        int sign;
        ew_status status = ew_constant_sign(&sign, a->kink[i], ctx);
        if (status != EW_OK)
            return status;
        if (sign == 0)
            return ew_fail(ctx, EW_UNABLE,
                           "no Taylor series at 0: the activation has a kink there");
        if (sign > 0)
            break;
    }
    *piece = a->piece + i;
    return EW_OK;
}

static void of_polynomial(arb_ptr coef, fmpq *exact, int *known, const ew_piece *p, slong len,
                          slong prec)
{
    for (slong k = 0; k < len; k++) {
        arb_zero(coef + k);
        fmpq_zero(exact + k);
        known[k] = k > p->degree || ew_expr_rational(exact + k, p->coef[k]);
        if (k <= p->degree)
            ew_expr_constant(coef + k, p->coef[k], prec);
    }
}

static ew_status of_jet(arb_ptr coef, const ew_expr *f, slong len, slong prec, ew_context *ctx)
{
    acb_t z;
    acb_init(z);
    acb_ptr jet = _acb_vec_init(len);
    ew_jet(jet, f, z, len, 0, prec);
    int finite = 1;
    for (slong k = 0; k < len; k++) {
        arb_set(coef + k, acb_realref(jet + k));
        finite &= arb_is_finite(coef + k);
    }
    _acb_vec_clear(jet, len);
    acb_clear(z);
    return finite ? EW_OK
                  : ew_fail(ctx, EW_UNABLE, "no Taylor series at 0: no finite derivatives");
}

static ew_status expand(arb_ptr coef, fmpq *exact, int *known, const ew_piece *p, slong len,
                        slong prec, ew_context *ctx)
{
    if (p->degree >= 0) {
        of_polynomial(coef, exact, known, p, len, prec);
        return EW_OK;
    }
    ew_status status = of_jet(coef, p->f, len, prec, ctx);
    if (status == EW_OK)
        status = ew_taylor_exact(exact, known, p->f, FLINT_MIN(len, MAX_EXACT), ctx);
    return status;
}

/* Parity makes half of the coefficients zero, whatever their expressions. */
static void use_parity(fmpq *exact, int *known, ew_parity parity, slong len)
{
    for (slong k = 0; parity != EW_PARITY_NONE && k < len; k++)
        if ((k % 2 == 1) == (parity == EW_PARITY_EVEN)) {
            fmpq_zero(exact + k);
            known[k] = 1;
        }
}

ew_status ew_activation_taylor(arb_ptr coef, fmpq *exact, int *known, const ew_activation *a,
                               slong len, slong prec, ew_context *ctx)
{
    const ew_piece *p = NULL;
    ew_status status = piece_at_zero(&p, a, ctx);
    if (status != EW_OK || len < 1)
        return status;
    int *is_exact = ew_alloc_zero((size_t) len, sizeof *is_exact, ctx);
    if (!is_exact)
        return EW_MEMORY;
    fmpq *value = _fmpq_vec_init(len);
    status = expand(coef, value, is_exact, p, len, prec, ctx);
    use_parity(value, is_exact, a->parity, len);
    for (slong k = 0; status == EW_OK && k < len; k++) {
        if (is_exact[k])
            arb_set_fmpq(coef + k, value + k, prec);
        if (exact)
            fmpq_set(exact + k, value + k);
        if (known)
            known[k] = is_exact[k];
    }
    _fmpq_vec_clear(value, len);
    free(is_exact);
    return status;
}
