/* The source of s = a max(z, 0) + b min(z, 0): closed forms at variance 1. */
#include "expect/dual/source.h"

#define OPPOSITE_BITS 96

/* c and c'/K at rho, variance 1. */
static ew_status pair(arb_ptr y, ew_dual_source *x, const arb_t rho, slong prec,
                      ew_context *ctx)
{
    ew_atom2 atom[2] = {{{0, {1}}, {0, {1}}, 0, 0, 0}, {{0, {0, 1}}, {0, {0, 1}}, 0, 0, 0}};
    arb_t one;
    arb_init(one);
    arb_one(one);
    ew_status status = ew_expect_two(y, NULL, x->E, atom, 2, one, rho, one, prec, ctx);
    arb_clear(one);
    return status;
}

/* One side at t > 0: c loses as many bits to the difference as t has leading zeros, and no more
 * again to the singularity of its closed form. */
static ew_status side_value(arb_ptr y, ew_dual_source *x, slong side, const arb_t t, slong prec,
                            ew_context *ctx)
{
    slong lost = -FLINT_MIN(arf_abs_bound_lt_2exp_si(arb_midref(t)), 0), high = prec + 2 * lost;
    arb_t rho;
    arb_init(rho);
    arb_ptr c = _arb_vec_init(2);
    arb_sub_ui(rho, t, 1, high);
    if (side == 0)
        arb_neg(rho, rho);
    ew_status status = pair(c, x, rho, high, ctx);
    arb_ptr slope = y + EW_DUAL_SLOPE + side;
    if (side == 0)
        arb_sub(slope, x->unit_equal, c, high);
    else
        arb_sub(slope, c, x->unit_opposite, high);
    arb_div(slope, slope, t, prec);
    arb_mul(slope, slope, x->K, prec);
    arb_set_round(y + EW_DUAL_DERIVATIVE + side, c + 1, prec);
    _arb_vec_clear(c, 2);
    arb_clear(rho);
    return status;
}

/* At t = 0 the slopes are c'. */
static ew_status side_at_zero(arb_ptr y, ew_dual_source *x, slong side, slong prec,
                              ew_context *ctx)
{
    arb_t rho;
    arb_init(rho);
    arb_ptr c = _arb_vec_init(2);
    arb_set_si(rho, side ? -1 : 1);
    ew_status status = pair(c, x, rho, prec, ctx);
    arb_mul(y + EW_DUAL_SLOPE + side, c + 1, x->K, prec);
    arb_set(y + EW_DUAL_DERIVATIVE + side, c + 1);
    _arb_vec_clear(c, 2);
    arb_clear(rho);
    return status;
}

static ew_status value(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong side = 0; side < 2 && status == EW_OK; side++)
        status = arb_is_zero(t) ? side_at_zero(y, x, side, prec, ctx)
                                : side_value(y, x, side, t, prec, ctx);
    return status;
}

ew_status ew_dual_homogeneous(ew_dual_source *x, ew_context *ctx)
{
    for (slong f = 0; f < EW_DUAL_FUNCTIONS; f++)
        mag_inf(x->slope[f]);
    x->value = value;
    x->end = ew_dual_monotone_end;
    arb_ptr c = _arb_vec_init(2);
    arb_t rho;
    arb_init(rho);
    arb_one(rho);
    ew_status status = pair(c, x, rho, 4096, ctx);
    arb_set(x->unit_equal, c);
    arb_neg(rho, rho);
    if (status == EW_OK)
        status = pair(c, x, rho, 4096, ctx);
    arb_set(x->unit_opposite, c);
    arb_mul(x->opposite, c, x->K, OPPOSITE_BITS);
    arb_clear(rho);
    _arb_vec_clear(c, 2);
    return status;
}
