#include "arith/vector.h"

#include "activation/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

EW_INLINE double from_bits(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

EW_INLINE uint64_t to_bits(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* exp(x) = 2^k (1 + m) with x = k ln 2 + r, |r| <= 0.3466, m = exp(r) - 1: the polynomial,
 * minimax for m's relative error by Remez's algorithm in 200 bits, leaves 2.1e-17.  Adding 1.5
 * 2^52 rounds to an integer and shows k in the low bits. */
EW_INLINE double reduce(double *m, double x)
{
    const double ln2_hi = 0x1.62e42fefa3800p-1, ln2_lo = 0x1.ef35793c76730p-45;
    const double shift = 0x1.8p52;
    double k = (x * 0x1.71547652b82fep+0 + shift) - shift;
    double r = (x - k * ln2_hi) - k * ln2_lo;
    double p = 0x1.b045848feecf2p-26;
    p = p * r + 0x1.28a84123d45e8p-22;
    p = p * r + 0x1.71dd87d2852e1p-19;
    p = p * r + 0x1.a019a1044d485p-16;
    p = p * r + 0x1.a01a01d3981d4p-13;
    p = p * r + 0x1.6c16c180fff22p-10;
    p = p * r + 0x1.111111110b626p-7;
    p = p * r + 0x1.5555555551a39p-5;
    p = p * r + 0x1.5555555555560p-3;
    p = p * r + 0x1.0000000000006p-1;
    *m = r + r * r * p;
    return k;
}

/* 2^k for integers -1022 <= k <= 1023. */
EW_INLINE double power_of_two(double k)
{
    return from_bits((to_bits(k + 0x1.8p52) + 1023) << 52);
}

/* Two factors 2^(k/2), so that neither overflows before the product does. */
EW_INLINE double exponential(double x)
{
    double m, y = x > 710 ? 710 : x;
    y = y < -746 ? -746 : y;
    double k = reduce(&m, y), half = (0.5 * k + 0x1.8p52) - 0x1.8p52;
    return (1 + m) * power_of_two(half) * power_of_two(k - half);
}

EW_VECTOR void ew_vector_exp(double *y, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = exponential(x[i]);
}

/* e = exp(v) and m = 1 - e for v <= 0, the latter as (1 - 2^k) - 2^k (exp(r) - 1). */
EW_INLINE double decay(double *m, double v)
{
    double p, k = reduce(&p, v < -746 ? -746 : v), half = (0.5 * k + 0x1.8p52) - 0x1.8p52;
    double scale = power_of_two(half) * power_of_two(k - half);
    *m = (1 - scale) - scale * p;
    return scale + scale * p;
}

/* With e = exp(-2|x|): tanh = (1 - e)/(1 + e), 1/cosh^2 = 4 e/(1 + e)^2. */
EW_VECTOR void ew_vector_tanh(double *t, double *w, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double m, z = x[i], e = decay(&m, -2 * fabs(z));
        double q = 1 / (1 + e);
        t[i] = copysign(m * q, z);
        w[i] = 4 * e * q * q;
    }
}

/* With e = exp(-|x|): s = 1/(1 + e) or e/(1 + e), and the rest likewise. */
EW_VECTOR void ew_vector_sigmoid(double *s, double *w, double *d, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double m, z = x[i], e = decay(&m, -fabs(z));
        double q = 1 / (1 + e);
        s[i] = z < 0 ? e * q : q;
        w[i] = e * q * q;
        d[i] = copysign(m * q, -z);
    }
}
