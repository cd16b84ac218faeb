/* The functions behind normal deviates, by correctly rounded operations only: the same bits on
 * every IEEE machine, in vectors of any width.  Include vector.h first. */
#ifndef EW_ARITH_ELEMENTARY_H
#define EW_ARITH_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#include "arith/vector.h"

EW_INLINE double ew_from_bits(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

EW_INLINE uint64_t ew_to_bits(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* The coefficients below are minimax for the relative error of the function, by Remez's
 * algorithm in 200 bits, and then rounded. */

/* -ln u for u in [2^-52, 1].  u = 2^-e m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(y)
 * with y = (m-1)/(m+1), |y| < 0.1716: seven terms leave 1.3e-18. */
EW_INLINE double ew_minus_log(double u)
{
    const uint64_t fraction = 0x000fffffffffffff, half = 0x3fe0000000000000;
    const double root = 0x1.6a09e667f3bcdp-1;
    /* The biased exponent put into the low bits of 2^52 becomes a double without a conversion.
     */
    double e = ew_from_bits(ew_to_bits(u) >> 52 | 0x4330000000000000) - (0x1p52 + 1022);
    double m = ew_from_bits((ew_to_bits(u) & fraction) | half);
    double low = m < root ? 1.0 : 0.0;
    m += low * m;
    e -= low;
    double y = (m - 1) / (m + 1), t = y * y;
    double p = 0x1.2f06241658181p-4;
    p = p * t + 0x1.39a1a88f718c2p-4;
    p = p * t + 0x1.74663f92dac71p-4;
    p = p * t + 0x1.c71c52064ebfap-4;
    p = p * t + 0x1.24924941f4ab6p-3;
    p = p * t + 0x1.999999997fd7cp-3;
    p = p * t + 0x1.5555555555592p-2;
    double ln2_hi = 0x1.62e42fefa3800p-1, ln2_lo = 0x1.ef35793c76730p-45;
    return -(e * ln2_hi + (2 * y + (2 * y * t * p + e * ln2_lo)));
}

/* sin t for |t| <= pi/4: six terms leave 3.5e-18. */
EW_INLINE double ew_sine(double t)
{
    double x = t * t;
    double p = 0x1.5d931578e2fbap-33;
    p = p * x - 0x1.ae5e667d596fcp-26;
    p = p * x + 0x1.71de35780610bp-19;
    p = p * x - 0x1.a01a019c11ec9p-13;
    p = p * x + 0x1.111111110f87dp-7;
    p = p * x - 0x1.5555555555549p-3;
    return t + t * x * p;
}

/* cos t for |t| <= pi/4: six terms beyond 1 - t^2/2 leave 5e-20. */
EW_INLINE double ew_cosine(double t)
{
    double x = t * t;
    double p = -0x1.8faeb5a5ebbe9p-37;
    p = p * x + 0x1.1ee9ec1822a70p-29;
    p = p * x - 0x1.27e4f80a331a1p-22;
    p = p * x + 0x1.a01a019cb215ep-16;
    p = p * x - 0x1.6c16c16c15181p-10;
    p = p * x + 0x1.555555555554cp-5;
    return 1 - x * (0.5 - x * p);
}

/* e^x; x is clamped to [-708, 708].  x = k ln 2 + r with |r| < 0.347, where Taylor's polynomial
 * of degree 13 leaves 5e-18. */
EW_INLINE double ew_exponential(double x)
{
    const double shift = 0x1.8p52, ln2_hi = 0x1.62e42fefa3800p-1,
                 ln2_lo = 0x1.ef35793c76730p-45;
    x = x < 708 ? x : 708;
    x = x > -708 ? x : -708;
    double t = x * 0x1.71547652b82fep0 + shift, k = t - shift;
    double r = (x - k * ln2_hi) - k * ln2_lo;
    double p = 0x1.6124613a86d09p-33;
    p = p * r + 0x1.1eed8eff8d898p-29;
    p = p * r + 0x1.ae64567f544e4p-26;
    p = p * r + 0x1.27e4fb7789f5cp-22;
    p = p * r + 0x1.71de3a556c734p-19;
    p = p * r + 0x1.a01a01a01a01ap-16;
    p = p * r + 0x1.a01a01a01a01ap-13;
    p = p * r + 0x1.6c16c16c16c17p-10;
    p = p * r + 0x1.1111111111111p-7;
    p = p * r + 0x1.5555555555555p-5;
    p = p * r + 0x1.5555555555555p-3;
    p = p * r + 0x1.0000000000000p-1;
    p = 1 + (r + r * r * p);
    return p * ew_from_bits((ew_to_bits(t) + 1023) << 52);
}

#endif
