#include "expect/line_weights.h"

void ew_weights_init(ew_weights *L, double h, const arb_t tau, slong prec)
{
    arb_init(L->h);
    arb_init(L->tau);
    arb_init(L->step);
    arb_init(L->norm);
    L->prec = prec;
    arb_set_d(L->h, h);
    arb_set(L->tau, tau);
    arb_mul(L->step, L->h, L->h, prec);
    arb_div(L->step, L->step, L->tau, prec);
    arb_const_pi(L->norm, prec);
    arb_mul_2exp_si(L->norm, L->norm, 1);
    arb_div(L->norm, L->step, L->norm, prec);
    arb_sqrt(L->norm, L->norm, prec);
    arb_neg(L->step, L->step);
    arb_exp(L->step, L->step, prec);
}

void ew_weights_clear(ew_weights *L)
{
    arb_clear(L->h);
    arb_clear(L->tau);
    arb_clear(L->step);
    arb_clear(L->norm);
}

void ew_weights_along(arb_ptr w, slong stride, slong n, const arb_t x, const ew_weights *L)
{
    arb_t t, ratio;
    slong prec = L->prec;
    arb_init(t);
    arb_init(ratio);
    arb_mul(t, x, x, prec);
    arb_div(t, t, L->tau, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_neg(t, t);
    arb_exp(t, t, prec);
    arb_mul(w, t, L->norm, prec);
    arb_mul_2exp_si(ratio, x, 1); /* (2 x h + h^2)/2tau */
    if (stride < 0)
        arb_neg(ratio, ratio);
    arb_add(ratio, ratio, L->h, prec);
    arb_mul(ratio, ratio, L->h, prec);
    arb_div(ratio, ratio, L->tau, prec);
    arb_mul_2exp_si(ratio, ratio, -1);
    arb_neg(ratio, ratio);
    arb_exp(ratio, ratio, prec);
    for (slong j = 1; j < n; j++) {
        arb_mul(w + j * stride, w + (j - 1) * stride, ratio, prec);
        arb_mul(ratio, ratio, L->step, prec);
    }
    arb_clear(t);
    arb_clear(ratio);
}
