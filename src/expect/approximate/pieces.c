#include "expect/approximate/pieces.h"

#include <math.h>

void ew_octaves_cover(ew_octaves *p, double lo, double hi)
{
    int low, high;
    frexp(lo, &low); /* 2^(low - 1) <= lo < 2^low */
    double f = frexp(hi, &high);
    low--;
    if (f == 0.5)
        high--;
    p->first = low;
    p->n = FLINT_MAX(high - low, 1);
}

double ew_octaves_middle(const ew_octaves *p, slong i)
{
    return ldexp(EW_PIECE_MIDDLE, p->first + (int) i);
}

void ew_octaves_width(arb_t W, slong prec)
{
    arb_set_ui(W, 75);
    arb_div_ui(W, W, 437, prec);
}

void ew_octaves_point(arb_t K, double m, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    ew_octaves_width(t, prec);
    arb_mul(t, t, x, prec);
    arb_add_ui(K, t, 1, prec);
    arb_sub_ui(t, t, 1, prec);
    arb_neg(t, t);
    arb_div(K, K, t, prec);
    arb_set_d(t, m);
    arb_mul(K, K, t, prec);
    arb_clear(t);
}
