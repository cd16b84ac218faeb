#include "activation/series.h"

#include "activation/box.h"

slong ew_series_length(acb_srcptr g, slong len)
{
    while (len > 0 && acb_is_zero(g + len - 1))
        len--;
    return len;
}

/* d[k] = (k+1) g[k+1]; returns their number without zeros at the end. */
static slong derivative(acb_ptr d, acb_srcptr g, slong len, slong prec)
{
    slong n = ew_series_length(g, len);
    for (slong k = 1; k < n; k++)
        acb_mul_si(d + k - 1, g + k, k, prec);
    return FLINT_MAX(n - 1, 0);
}

/* The coefficient of x^n in the integral of w times the series d of `terms` terms. */
static void integral_term(acb_t y, acb_srcptr w, acb_srcptr d, slong terms, slong n, slong prec)
{
    terms = FLINT_MIN(terms, n);
    acb_dot(y, NULL, 0, d, 1, w + n - 1, -1, terms, prec);
    acb_div_si(y, y, n, prec);
}

void ew_series_integrate(acb_ptr h, acb_srcptr w, acb_srcptr g, slong len, slong prec)
{
    acb_ptr d = _acb_vec_init(len);
    slong terms = derivative(d, g, len, prec);
    for (slong n = 1; n < len; n++)
        integral_term(h + n, w, d, terms, n, prec);
    _acb_vec_clear(d, len);
}

void ew_series_exp(acb_ptr h, acb_srcptr g, slong len, slong prec)
{
    ew_series_integrate(h, h, g, len, prec);
}

void ew_series_pair(acb_ptr h, acb_ptr w, int s2, acb_srcptr g, slong len, slong prec)
{
    acb_ptr d = _acb_vec_init(len);
    slong terms = derivative(d, g, len, prec);
    for (slong n = 1; n < len; n++) {
        integral_term(h + n, w, d, terms, n, prec);
        integral_term(w + n, h, d, terms, n, prec);
        if (s2 < 0)
            acb_neg(w + n, w + n);
    }
    _acb_vec_clear(d, len);
}

void ew_series_riccati(acb_ptr h, acb_ptr w, int c, int s, acb_srcptr g, slong len, slong prec)
{
    acb_ptr d = _acb_vec_init(len), q = _acb_vec_init(len), p = _acb_vec_init(len);
    slong terms = derivative(d, g, len, prec);
    for (slong n = 1; n < len; n++) {
        acb_mul_si(q + n - 1, h + n - 1, s, prec);
        if (n == 1)
            acb_add_si(q, q, c, prec);
        acb_dot(p + n - 1, NULL, 0, w, 1, q + n - 1, -1, n, prec);
        integral_term(h + n, w, d, terms, n, prec);
        integral_term(w + n, p, d, terms, n, prec);
    }
    _acb_vec_clear(d, len);
    _acb_vec_clear(q, len);
    _acb_vec_clear(p, len);
}

/* n g_0 h_n = n g_n - sum_{0<k<n} (n-k) h_{n-k} g_k */
void ew_series_log(acb_ptr h, acb_srcptr g, slong len, slong prec)
{
    acb_ptr dh = _acb_vec_init(len);
    slong last = ew_series_length(g, len) - 1;
    for (slong n = 1; n < len; n++) {
        acb_mul_si(dh + n, g + n, n, prec);
        acb_dot(dh + n, dh + n, 1, g + 1, 1, dh + n - 1, -1, FLINT_MIN(n - 1, last), prec);
        acb_div(dh + n, dh + n, g, prec);
        acb_div_si(h + n, dh + n, n, prec);
    }
    _acb_vec_clear(dh, len);
}

/* n g_0 h_n = sum_{0<k<=n} ((e+1) k - n) g_k h_{n-k} */
void ew_series_power(acb_ptr h, acb_srcptr g, const arb_t exponent, slong len, slong prec)
{
    acb_ptr d = _acb_vec_init(len);
    slong terms = derivative(d, g, len, prec);
    arb_t e;
    acb_t t;
    arb_init(e);
    acb_init(t);
    arb_add_ui(e, exponent, 1, prec);
    for (slong n = 1; n < len; n++) {
        slong m = FLINT_MIN(terms, n);
        integral_term(t, h, d, terms, n, prec);
        acb_mul_arb(t, t, e, prec);
        acb_dot(h + n, t, 1, g + 1, 1, h + n - 1, -1, m, prec);
        acb_div(h + n, h + n, g, prec);
    }
    arb_clear(e);
    acb_clear(t);
    _acb_vec_clear(d, len);
}

void ew_series_divide(acb_ptr h, acb_srcptr f, acb_srcptr g, slong len, slong prec)
{
    if (acb_contains_zero(g)) {
        _acb_vec_indeterminate(h, len);
        return;
    }
    slong last = ew_series_length(g, len) - 1;
    acb_t inverse;
    acb_init(inverse);
    ew_acb_inverse(inverse, g, prec);
    for (slong n = 0; n < len; n++) {
        acb_dot(h + n, f + n, 1, g + 1, 1, h + n - 1, -1, FLINT_MIN(n, last), prec);
        acb_mul(h + n, h + n, inverse, prec);
    }
    acb_clear(inverse);
}
