#include "activation/sign_balls.h"

#include "activation/jet.h"

#define MAX_BOXES 2000

/* The one sign of u on [a, b], by bisection; unknown after MAX_BOXES boxes. */
static int bisect(const ew_expr *u, const arf_t a, const arf_t b, slong *boxes)
{
    if (++*boxes > MAX_BOXES)
        return EW_SIGN_UNKNOWN;
    int sign = EW_SIGN_UNKNOWN;
    acb_t z, y;
    arf_t c;
    acb_init(z);
    acb_init(y);
    arf_init(c);
    arb_set_interval_arf(acb_realref(z), a, b, 64);
    ew_jet(y, u, z, 1, 0, 64);
    if (acb_is_finite(y) && arb_is_nonzero(acb_realref(y)))
        sign = arf_sgn(arb_midref(acb_realref(y)));
    arf_add(c, a, b, 64, ARF_RND_NEAR);
    arf_mul_2exp_si(c, c, -1);
    if (sign == EW_SIGN_UNKNOWN && arf_cmp(a, c) < 0 && arf_cmp(c, b) < 0) {
        sign = bisect(u, a, c, boxes);
        if (sign != EW_SIGN_UNKNOWN && bisect(u, c, b, boxes) != sign)
            sign = EW_SIGN_UNKNOWN;
    }
    arf_clear(c);
    acb_clear(y);
    acb_clear(z);
    return sign;
}

int ew_sign_by_balls(const ew_expr *u, const ew_expr *lo, const ew_expr *hi)
{
    if (!lo || !hi)
        return EW_SIGN_UNKNOWN;
    slong boxes = 0;
    int sign = EW_SIGN_UNKNOWN;
    arb_t x, y;
    arf_t a, b;
    arb_init(x);
    arb_init(y);
    arf_init(a);
    arf_init(b);
    ew_expr_constant(x, lo, 64);
    ew_expr_constant(y, hi, 64);
    if (arb_is_finite(x) && arb_is_finite(y)) {
        arb_get_lbound_arf(a, x, 64);
        arb_get_ubound_arf(b, y, 64);
        sign = bisect(u, a, b, &boxes);
    }
    arf_clear(b);
    arf_clear(a);
    arb_clear(y);
    arb_clear(x);
    return sign;
}

int ew_sign_nonzero_somewhere(const ew_expr *u, ew_interval range)
{
    acb_t z, y;
    acb_init(z);
    acb_init(y);
    if (range.lo)
        ew_expr_constant(acb_realref(z), range.lo, 64);
    if (range.hi)
        ew_expr_constant(acb_realref(y), range.hi, 64);
    if (range.lo && range.hi) {
        acb_add(z, z, y, 64);
        acb_mul_2exp_si(z, z, -1);
    } else if (range.hi) {
        acb_sub_ui(z, y, 1, 64);
    } else {
        acb_add_ui(z, z, 1, 64);
    }
    ew_jet(y, u, z, 1, 0, 64);
    int nonzero = acb_is_finite(y) && !acb_contains_zero(y);
    acb_clear(y);
    acb_clear(z);
    return nonzero;
}
