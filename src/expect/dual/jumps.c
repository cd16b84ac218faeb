#include "activation/jet.h"
#include "activation/polynomial.h"
#include "expect/dual/tail.h"

/* jump += sign times the derivatives at 0 of one side. */
static ew_status add_side(arb_ptr jump, const ew_piece *side, int sign, slong prec,
                          ew_context *ctx)
{
    acb_t zero;
    arb_t x;
    acb_init(zero);
    arb_init(x);
    acb_ptr jet = _acb_vec_init(EW_TAIL_JUMPS);
    int finite = 1;
    ew_jet(jet, side->f, zero, EW_TAIL_JUMPS, 1, prec);
    for (slong k = 0; k < EW_TAIL_JUMPS; k++) {
        arb_fac_ui(x, (ulong) k, prec);
        arb_mul_si(x, x, sign, prec);
        arb_addmul(jump + k, acb_realref(jet + k), x, prec);
        finite = finite && arb_is_finite(jump + k);
    }
    _acb_vec_clear(jet, EW_TAIL_JUMPS);
    arb_clear(x);
    acb_clear(zero);
    return finite ? EW_OK
                  : ew_fail(ctx, EW_UNABLE, "the activation has no derivatives next to 0");
}

/* s^(k) has the parity of s, or the other for odd k, and even functions do not jump at 0. */
static void use_parity(arb_ptr jump, ew_parity parity)
{
    for (slong k = 0; k < EW_TAIL_JUMPS && parity != EW_PARITY_NONE; k++)
        if ((k % 2 == 0) == (parity == EW_PARITY_EVEN))
            arb_zero(jump + k);
    arb_zero(jump);
}

ew_status ew_dual_jumps(arb_ptr jump, const ew_activation *s, slong prec, ew_context *ctx)
{
    int sign = 1;
    if (s->kinks == 1) {
        ew_status status = ew_constant_sign(&sign, s->kink[0], ctx);
        if (status != EW_OK)
            return status;
    }
    if (sign != 0)
        return ew_fail(ctx, EW_UNABLE,
                       "%s has kinks away from 0: in double precision inputs must be of one "
                       "length (normalize), or few and certified",
                       s->text);
    if (!s->continuous)
        return ew_fail(ctx, EW_UNABLE, "%s is not continuous", s->text);
    _arb_vec_zero(jump, EW_TAIL_JUMPS);
    ew_status status = add_side(jump, s->piece + 1, 1, prec, ctx);
    if (status == EW_OK)
        status = add_side(jump, s->piece, -1, prec, ctx);
    use_parity(jump, s->parity);
    return status;
}
