#include "activation/box.h"

#define WIDE_EXPONENT -6

int ew_arb_wide(const arb_t x)
{
    return mag_cmp_2exp_si(arb_radref(x), WIDE_EXPONENT) > 0;
}

int ew_acb_wide(const acb_t u)
{
    return ew_arb_wide(acb_realref(u)) || ew_arb_wide(acb_imagref(u));
}

/* The ends are taken exactly: rounded outwards they could leave the function's domain (tan). */
void ew_arb_monotone(arb_t y, const arb_t x, ew_real_fn fn, slong prec)
{
    if (!ew_arb_wide(x) || !arb_is_finite(x)) {
        fn(y, x, prec);
        return;
    }
    arb_t lo, hi;
    arb_init(lo);
    arb_init(hi);
    arb_get_lbound_arf(arb_midref(lo), x, ARF_PREC_EXACT);
    arb_get_ubound_arf(arb_midref(hi), x, ARF_PREC_EXACT);
    fn(lo, lo, prec);
    fn(hi, hi, prec);
    arb_union(y, lo, hi, prec);
    arb_clear(lo);
    arb_clear(hi);
}

void ew_arb_scale(arb_t y, const arb_t scale, const arb_t c, slong prec)
{
    arf_t least, most, lo, hi;
    arf_init(least);
    arf_init(most);
    arf_init(lo);
    arf_init(hi);
    arb_get_lbound_arf(least, scale, prec);
    arb_get_ubound_arf(most, scale, prec);
    if (arf_sgn(least) < 0)
        arf_zero(least);
    arb_get_lbound_arf(lo, c, prec);
    arb_get_ubound_arf(hi, c, prec);
    arf_mul(lo, arf_sgn(lo) < 0 ? most : least, lo, prec, ARF_RND_FLOOR);
    arf_mul(hi, arf_sgn(hi) > 0 ? most : least, hi, prec, ARF_RND_CEIL);
    arb_set_interval_arf(y, lo, hi, prec);
    arf_clear(least);
    arf_clear(most);
    arf_clear(lo);
    arf_clear(hi);
}

static void share_real(arb_t y, const arb_t other, slong prec)
{
    if (!arb_is_finite(y))
        arb_set(y, other);
    else if (arb_is_finite(other))
        arb_intersection(y, y, other, prec);
}

void ew_acb_share(acb_t y, const acb_t other, slong prec)
{
    share_real(acb_realref(y), acb_realref(other), prec);
    share_real(acb_imagref(y), acb_imagref(other), prec);
}

/* ---- the inverse of a box in the right half-plane -----------------------------------------
 */

typedef struct {
    arf_t a1, a2, b1, b2; /* [a1, a2] + i [b1, b2], a1 > 0 */
} corners;

/* a / (a^2 + b^2) joined to y (first: y becomes it) */
static void join(arb_t y, int first, const arf_t a, const arf_t b, slong prec)
{
    arb_t u, v;
    arb_init(u);
    arb_init(v);
    arb_set_arf(u, a);
    arb_set_arf(v, b);
    arb_mul(v, v, v, prec);
    arb_addmul(v, u, u, prec);
    arb_div(u, u, v, prec);
    if (first)
        arb_set(y, u);
    else
        arb_union(y, y, u, prec);
    arb_clear(u);
    arb_clear(v);
}

static const arf_struct *clamp(const arf_t x, const arf_t lo, const arf_t hi)
{
    return arf_cmp(x, lo) < 0 ? lo : arf_cmp(x, hi) > 0 ? hi : x;
}

/* a/(a^2+b^2) falls with |b|; in a it rises up to |b| and then falls. */
static void inverse_real(arb_t y, const corners *c, slong prec)
{
    arf_t small, large;
    arf_init(small);
    arf_init(large);
    arf_abs(small, c->b1);
    arf_abs(large, c->b2);
    if (arf_cmp(small, large) > 0)
        arf_swap(small, large);
    if (arf_sgn(c->b1) <= 0 && arf_sgn(c->b2) >= 0)
        arf_zero(small);
    join(y, 1, clamp(small, c->a1, c->a2), small, prec);
    join(y, 0, c->a1, large, prec);
    join(y, 0, c->a2, large, prec);
    arf_clear(small);
    arf_clear(large);
}

/* b/(a^2+b^2) is odd in b; for b > 0 it falls with a, rises in b up to a and then falls, and
 * the same function of -b.  Its extremes over the box are among these. */
static void inverse_imaginary(arb_t y, const corners *c, slong prec)
{
    arf_t peak;
    arf_init(peak);
    join(y, 1, c->b1, c->a1, prec);
    join(y, 0, c->b1, c->a2, prec);
    join(y, 0, c->b2, c->a1, prec);
    join(y, 0, c->b2, c->a2, prec);
    join(y, 0, clamp(c->a1, c->b1, c->b2), c->a1, prec);
    arf_neg(peak, c->a1);
    join(y, 0, clamp(peak, c->b1, c->b2), c->a1, prec);
    arb_neg(y, y);
    arf_clear(peak);
}

static void inverse_right(acb_t y, const acb_t u, slong prec)
{
    corners c;
    arf_init(c.a1);
    arf_init(c.a2);
    arf_init(c.b1);
    arf_init(c.b2);
    arb_get_lbound_arf(c.a1, acb_realref(u), prec);
    arb_get_ubound_arf(c.a2, acb_realref(u), prec);
    arb_get_lbound_arf(c.b1, acb_imagref(u), prec);
    arb_get_ubound_arf(c.b2, acb_imagref(u), prec);
    if (arf_sgn(c.a1) > 0) {
        inverse_real(acb_realref(y), &c, prec);
        inverse_imaginary(acb_imagref(y), &c, prec);
    } else {
        acb_indeterminate(y);
    }
    arf_clear(c.a1);
    arf_clear(c.a2);
    arf_clear(c.b1);
    arf_clear(c.b2);
}

/* A box without zero lies in one of four half-planes; i^k u is brought to the right one. */
void ew_acb_inverse(acb_t y, const acb_t u, slong prec)
{
    if (!ew_acb_wide(u) || arb_is_zero(acb_imagref(u)) || !acb_is_finite(u)) {
        acb_inv(y, u, prec);
        return;
    }
    acb_t v;
    acb_init(v);
    acb_set(v, u);
    for (int k = 0; k < 4; k++) {
        if (arb_is_positive(acb_realref(v))) {
            inverse_right(y, v, prec);
            for (; k > 0; k--)
                acb_mul_onei(y, y);
            acb_clear(v);
            return;
        }
        acb_mul_onei(v, v);
    }
    acb_indeterminate(y);
    acb_clear(v);
}
