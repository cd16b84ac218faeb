#include "activation/block.h"

#include <math.h>
#include <string.h>

#include "activation/elementary.h"

#define B EW_BLOCK

static const double two_over_sqrt_pi = 0x1.20dd750429b6dp+0;

void ew_block_constant(double *restrict y, double c, int len)
{
    memset(y, 0, (size_t) len * B * sizeof *y);
    for (int k = 0; k < B; k++)
        y[k] = c;
}

void ew_block_variable(double *restrict y, const double *restrict z, int len)
{
    memcpy(y, z, B * sizeof *y);
    if (len > 1)
        ew_block_constant(y + B, 1.0, len - 1);
}

void ew_block_shift(double *restrict y, const double *restrict a, double c, int len)
{
    memcpy(y, a, (size_t) len * B * sizeof *y);
    for (int k = 0; k < B; k++)
        y[k] += c;
}

void ew_block_scale(double *restrict y, const double *restrict a, double c, int len)
{
    for (int i = 0; i < len; i++)
        for (int k = 0; k < B; k++)
            y[i * B + k] = c * a[i * B + k];
}

void ew_block_scale_each(double *restrict y, const double *restrict a, const double *restrict c,
                         int len)
{
    for (int i = 0; i < len; i++)
        for (int k = 0; k < B; k++)
            y[i * B + k] = c[k] * a[i * B + k];
}

void ew_block_add(double *restrict y, const double *restrict a, const double *restrict b,
                  int len)
{
    for (int i = 0; i < len; i++)
        for (int k = 0; k < B; k++)
            y[i * B + k] = a[i * B + k] + b[i * B + k];
}

/* y += a_i b_j for one pair of coefficients. */
static void multiply_add(double *restrict y, const double *restrict a, const double *restrict b)
{
    for (int k = 0; k < B; k++)
        y[k] += a[k] * b[k];
}

void ew_block_mul(double *restrict y, const double *a, const double *b, int len)
{
    for (int n = 0; n < len; n++) {
        double *restrict yn = y + n * B;
        const double *an = a + n * B;
        for (int k = 0; k < B; k++)
            yn[k] = an[k] * b[k];
        for (int i = 0; i < n; i++)
            multiply_add(yn, a + i * B, b + (n - i) * B);
    }
}

void ew_block_div(double *restrict y, const double *restrict a, const double *restrict b,
                  int len)
{
    int overflow = 0;
    for (int n = 0; n < len; n++) {
        double *yn = y + n * B;
        double sum[B];
        memcpy(sum, a + n * B, sizeof sum);
        for (int j = 1; j <= n; j++)
            for (int k = 0; k < B; k++)
                sum[k] -= b[j * B + k] * y[(n - j) * B + k];
        for (int k = 0; k < B; k++)
            yn[k] = sum[k] / b[k];
    }
    for (int k = 0; k < B; k++)
        overflow |= !(fabs(b[k]) <= 0x1p1000);
    for (int i = 0; overflow && i < len * B; i++)
        if (fabs(b[i % B]) > 0x1p1000 && isfinite(a[i]))
            y[i] = i < B ? a[i] / b[i] : 0.0;
}

void ew_block_reciprocal(double *y, double c, const double *b, int len, double *scratch)
{
    ew_block_constant(scratch, c, len);
    ew_block_div(y, scratch, b, len);
}

/* y = a^n by squaring; the highest bit first needs one temporary series. */
static void small_power(double *y, const double *a, int n, int len)
{
    double t[8 * B];
    int bit = 1;
    while (2 * bit <= n)
        bit *= 2;
    size_t bytes = (size_t) len * B * sizeof *y;
    memcpy(y, a, bytes);
    for (bit /= 2; bit > 0; bit /= 2) {
        ew_block_mul(t, y, y, len);
        if (n & bit)
            ew_block_mul(y, t, a, len);
        else
            memcpy(y, t, bytes);
    }
}

/* u y' = p y u'. */
void ew_block_pow(double *y, const double *a, double p, int len)
{
    if (p >= 1 && p <= 64 && p == floor(p)) {
        small_power(y, a, (int) p, len);
        return;
    }
    for (int k = 0; k < B; k++)
        y[k] = pow(a[k], p);
    for (int n = 1; n < len; n++) {
        double sum[B] = {0};
        for (int j = 1; j <= n; j++)
            for (int k = 0; k < B; k++)
                sum[k] += (p * j - (n - j)) * a[j * B + k] * y[(n - j) * B + k];
        for (int k = 0; k < B; k++)
            y[n * B + k] = p > 0 && a[k] == 0 ? 0.0 : sum[k] / (n * a[k]);
    }
}

/* Coefficient n of y when y' = w u': (1/n) sum_j j u_j w_{n-j}, times `factor`. */
static void chain(double *y, const double *w, const double *u, int n, double factor)
{
    double sum[B] = {0};
    for (int j = 1; j <= n; j++)
        for (int k = 0; k < B; k++)
            sum[k] += (j * u[j * B + k]) * w[(n - j) * B + k];
    for (int k = 0; k < B; k++)
        y[n * B + k] = factor * (sum[k] / n);
}

/* Coefficient n of y when q y' = u'. */
static void chain_quotient(double *y, const double *q, const double *u, int n)
{
    double sum[B] = {0};
    for (int j = 1; j < n; j++)
        for (int k = 0; k < B; k++)
            sum[k] += (j * y[j * B + k]) * q[(n - j) * B + k];
    for (int k = 0; k < B; k++)
        y[n * B + k] = (u[n * B + k] - sum[k] / n) / q[k];
}

/* sum over 0 < i < n of a_i a_{n-i}. */
static void inner_square(double *restrict sum, const double *restrict a, int n)
{
    memset(sum, 0, B * sizeof *sum);
    for (int i = 1; i < n; i++)
        for (int k = 0; k < B; k++)
            sum[k] += a[i * B + k] * a[(n - i) * B + k];
}

static void function_exp(double *y, const double *a, int len)
{
    ew_vector_exp(y, a, B);
    for (int n = 1; n < len; n++)
        chain(y, y, a, n, 1.0);
}

/* s and c with s' = c u', c' = sign s u'. */
static void function_pair(double *s, double *c, const double *a, int len, double sign)
{
    for (int n = 1; n < len; n++) {
        chain(s, c, a, n, 1.0);
        chain(c, s, a, n, sign);
    }
}

static void function_circular(double *s, double *c, const double *a, int len)
{
    for (int k = 0; k < B; k++) {
        s[k] = sin(a[k]);
        c[k] = cos(a[k]);
    }
    function_pair(s, c, a, len, -1.0);
}

static void function_hyperbolic(double *s, double *c, const double *a, int len)
{
    for (int k = 0; k < B; k++) {
        s[k] = sinh(a[k]);
        c[k] = cosh(a[k]);
    }
    function_pair(s, c, a, len, 1.0);
}

static void function_tanh(double *t, const double *a, int len, double *w)
{
    ew_vector_tanh(t, w, a, B);
    for (int n = 1; n < len; n++) {
        double sum[B];
        chain(t, w, a, n, 1.0);
        inner_square(sum, t, n);
        for (int k = 0; k < B; k++)
            w[n * B + k] = -2.0 * t[k] * t[n * B + k] - sum[k];
    }
}

/* s' = w u' with w = s(1-s), whose coefficients are (1 - 2 s_0) s_n - sum s_i s_{n-i}. */
static void function_sigmoid(double *s, const double *a, int len, double *w)
{
    double d[B];
    ew_vector_sigmoid(s, w, d, a, B);
    for (int n = 1; n < len; n++) {
        double sum[B];
        chain(s, w, a, n, 1.0);
        inner_square(sum, s, n);
        for (int k = 0; k < B; k++)
            w[n * B + k] = d[k] * s[n * B + k] - sum[k];
    }
}

static void function_softplus(double *y, const double *a, int len, double *scratch)
{
    double *s = scratch, *w = scratch + len * B;
    function_sigmoid(s, a, len, w);
    for (int k = 0; k < B; k++)
        y[k] = fmax(a[k], 0.0) + log1p(exp(-fabs(a[k])));
    for (int n = 1; n < len; n++)
        chain(y, s, a, n, 1.0);
}

static void function_erf(double *y, const double *a, int len, int complement, double *scratch)
{
    double *v = scratch, *g = scratch + len * B;
    for (int k = 0; k < B; k++)
        y[k] = complement ? erfc(a[k]) : erf(a[k]);
    if (len == 1)
        return;
    ew_block_mul(g, a, a, len);
    ew_block_scale(v, g, -1.0, len);
    function_exp(g, v, len);
    for (int n = 1; n < len; n++)
        chain(y, g, a, n, complement ? -two_over_sqrt_pi : two_over_sqrt_pi);
}

static void function_tan(double *t, const double *a, int len, double *w)
{
    for (int k = 0; k < B; k++) {
        t[k] = tan(a[k]);
        w[k] = 1.0 + t[k] * t[k];
    }
    for (int n = 1; n < len; n++) {
        double sum[B];
        chain(t, w, a, n, 1.0);
        inner_square(sum, t, n);
        for (int k = 0; k < B; k++)
            w[n * B + k] = 2.0 * t[k] * t[n * B + k] + sum[k];
    }
}

/* log(q) with q = u or 1 + u. */
static void function_log(double *y, const double *a, int len, double one, double *q)
{
    for (int k = 0; k < B; k++)
        y[k] = one != 0 ? log1p(a[k]) : log(a[k]);
    ew_block_shift(q, a, one, len);
    for (int n = 1; n < len; n++)
        chain_quotient(y, q, a, n);
}

static void square_root(double *r, const double *q, int len)
{
    for (int k = 0; k < B; k++)
        r[k] = sqrt(q[k]);
    for (int n = 1; n < len; n++) {
        double sum[B];
        inner_square(sum, r, n);
        for (int k = 0; k < B; k++)
            r[n * B + k] = q[k] == 0 ? 0.0 : (q[n * B + k] - sum[k]) / (2.0 * r[k]);
    }
}

/* atan: u'/(1+u^2); asinh: u'/sqrt(1+u^2). */
static void function_inverse(double *y, ew_op op, const double *a, int len, double *scratch)
{
    double *q = scratch, *r = scratch + len * B;
    ew_block_mul(r, a, a, len);
    ew_block_shift(q, r, 1.0, len);
    for (int k = 0; k < B; k++)
        y[k] = op == EW_ATAN ? atan(a[k]) : asinh(a[k]);
    if (op == EW_ASINH)
        square_root(r, q, len);
    for (int n = 1; n < len; n++)
        chain_quotient(y, op == EW_ATAN ? q : r, a, n);
}

void ew_block_function(double *y, ew_op op, const double *a, int len, double *scratch)
{
    switch (op) {
    case EW_EXP:
        function_exp(y, a, len);
        return;
    case EW_EXPM1:
        function_exp(y, a, len);
        for (int k = 0; k < B; k++)
            y[k] = expm1(a[k]);
        return;
    case EW_LOG:
        function_log(y, a, len, 0.0, scratch);
        return;
    case EW_LOG1P:
        function_log(y, a, len, 1.0, scratch);
        return;
    case EW_SQRT:
        square_root(y, a, len);
        return;
    case EW_SIN:
        function_circular(y, scratch, a, len);
        return;
    case EW_COS:
        function_circular(scratch, y, a, len);
        return;
    case EW_SINH:
        function_hyperbolic(y, scratch, a, len);
        return;
    case EW_COSH:
        function_hyperbolic(scratch, y, a, len);
        return;
    case EW_TAN:
        function_tan(y, a, len, scratch);
        return;
    case EW_TANH:
        function_tanh(y, a, len, scratch);
        return;
    case EW_SIGMOID:
        function_sigmoid(y, a, len, scratch);
        return;
    case EW_SOFTPLUS:
        function_softplus(y, a, len, scratch);
        return;
    case EW_ERF:
    case EW_ERFC:
        function_erf(y, a, len, op == EW_ERFC, scratch);
        return;
    default:
        function_inverse(y, op, a, len, scratch);
        return;
    }
}

/* The sign of the first nonzero coefficient from number `from` on. */
static double first_sign(const double *a, int k, int from, int len)
{
    for (int n = from; n < len; n++)
        if (a[n * B + k] != 0)
            return a[n * B + k] < 0 ? -1.0 : 1.0;
    return 0.0;
}

static const double zeros[B];

/* 1 if any a[k] equals c. */
static int any_equal(const double *a, double c)
{
    double hit[B];
    for (int k = 0; k < B; k++)
        hit[k] = a[k] == c ? 1.0 : 0.0;
    return memcmp(hit, zeros, sizeof hit) != 0;
}

/* Both values are read before the choice, so that the loop has no branch. */
static void choose(double *restrict y, const double *restrict pick, const double *restrict a,
                   const double *restrict b)
{
    for (int k = 0; k < B; k++) {
        double u = a[k], v = b[k];
        y[k] = pick[k] != 0 ? u : v;
    }
}

void ew_block_sign(double *restrict sign, const double *restrict a, int len)
{
    for (int k = 0; k < B; k++)
        sign[k] = a[k] < 0 ? -1.0 : 1.0;
    if (!any_equal(a, 0.0))
        return;
    for (int k = 0; k < B; k++)
        sign[k] = first_sign(a, k, 0, len);
}

void ew_block_select(double *y, const double *pick, const double *a, const double *b, int len)
{
    for (int n = 0; n < len; n++)
        choose(y + n * B, pick, a + n * B, b + n * B);
}

void ew_block_clamp(double *y, const double *a, double c, int larger, int len)
{
    double pick[B], bound[B];
    double side = larger ? 1.0 : -1.0;
    for (int k = 0; k < B; k++) {
        pick[k] = side * a[k] <= side * c ? 0.0 : 1.0;
        bound[k] = c;
    }
    int tie = any_equal(a, c);
    for (int k = 0; tie && k < B; k++)
        if (a[k] == c)
            pick[k] = side * first_sign(a, k, 1, len) > 0;
    choose(y, pick, a, bound);
    for (int n = 1; n < len; n++)
        choose(y + n * B, pick, a + n * B, zeros);
}
