#include "readings/sample/vector.h"

#include "readings/sample/random.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>

/* Half a chunk: the Philox blocks behind EW_NORMAL_CHUNK normals. */
#define HALF (EW_NORMAL_CHUNK / 2)
/* Blocks worked on at a time; a multiple of HALF. */
#define RUN 64

typedef struct {
    size_t n; /* blocks in use, at most RUN */
    uint32_t w[4][RUN];
} block_run;

static void set_counters(block_run *c, const ew_stream *s, uint32_t first, size_t n)
{
    c->n = n;
    for (size_t i = 0; i < n; i++) {
        c->w[0][i] = first + (uint32_t) i;
        c->w[1][i] = s->layer | s->use << 24;
        c->w[2][i] = (uint32_t) s->sample;
        c->w[3][i] = (uint32_t) (s->sample >> 32);
    }
}

/* The ten rounds of Random123, side by side on all counters of a run. */
EW_VECTOR static void philox_run(block_run *c, uint32_t k0, uint32_t k1)
{
    size_t n = c->n;
    for (int round = 0; round < PHILOX4x32_DEFAULT_ROUNDS; round++) {
        for (size_t i = 0; i < n; i++) {
            uint64_t p = (uint64_t) PHILOX_M4x32_0 * c->w[0][i];
            uint64_t q = (uint64_t) PHILOX_M4x32_1 * c->w[2][i];
            c->w[0][i] = (uint32_t) (q >> 32) ^ c->w[1][i] ^ k0;
            c->w[1][i] = (uint32_t) q;
            c->w[2][i] = (uint32_t) (p >> 32) ^ c->w[3][i] ^ k1;
            c->w[3][i] = (uint32_t) p;
        }
        k0 += PHILOX_W32_0;
        k1 += PHILOX_W32_1;
    }
}

static void random_run(block_run *c, const ew_stream *s, uint32_t first, size_t n)
{
    set_counters(c, s, first, n);
    philox_run(c, (uint32_t) s->seed, (uint32_t) (s->seed >> 32));
}

void ew_philox_blocks(uint32_t *out, const ew_stream *s, uint32_t first, size_t count)
{
    block_run c;
    for (size_t done = 0; done < count; done += RUN) {
        size_t n = count - done < RUN ? count - done : RUN;
        random_run(&c, s, first + (uint32_t) done, n);
        for (size_t w = 0; w < 4; w++)
            memcpy(out + w * count + done, c.w[w], n * sizeof(uint32_t));
    }
}

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

/* Two words as a number in [1, 2), 52 bits of it random. */
EW_INLINE double one_two(uint32_t hi, uint32_t lo)
{
    return from_bits((((uint64_t) hi << 32 | lo) >> 12) | 0x3ff0000000000000);
}

/* -ln u for u in [2^-52, 1].  u = 2^-e m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(y)
 * with y = (m-1)/(m+1), |y| < 0.1716: the series to y^21 leaves 10^-18. */
EW_INLINE double minus_log(double u)
{
    const uint64_t fraction = 0x000fffffffffffff, half = 0x3fe0000000000000;
    const double root = 0x1.6a09e667f3bcdp-1;
    /* The biased exponent put into the low bits of 2^52 becomes a double without a conversion.
     */
    double e = from_bits(to_bits(u) >> 52 | 0x4330000000000000) - (0x1p52 + 1022);
    double m = from_bits((to_bits(u) & fraction) | half);
    double low = m < root ? 1.0 : 0.0;
    m += low * m;
    e -= low;
    double y = (m - 1) / (m + 1), t = y * y;
    double p = 1.0 / 21;
    p = p * t + 1.0 / 19;
    p = p * t + 1.0 / 17;
    p = p * t + 1.0 / 15;
    p = p * t + 1.0 / 13;
    p = p * t + 1.0 / 11;
    p = p * t + 1.0 / 9;
    p = p * t + 1.0 / 7;
    p = p * t + 1.0 / 5;
    p = p * t + 1.0 / 3;
    double ln2_hi = 0x1.62e42fefa3800p-1, ln2_lo = 0x1.ef35793c76730p-45;
    return -(e * ln2_hi + (2 * y + (2 * y * t * p + e * ln2_lo)));
}

/* sin t and cos t for |t| <= pi/4 by their series to t^17 and t^18: 10^-17. */
EW_INLINE double sine(double t)
{
    double x = t * t;
    double p = 1.0 / 355687428096000;
    p = p * x - 1.0 / 1307674368000;
    p = p * x + 1.0 / 6227020800;
    p = p * x - 1.0 / 39916800;
    p = p * x + 1.0 / 362880;
    p = p * x - 1.0 / 5040;
    p = p * x + 1.0 / 120;
    p = p * x - 1.0 / 6;
    return t + t * x * p;
}

EW_INLINE double cosine(double t)
{
    double x = t * t;
    double p = -1.0 / 6402373705728000;
    p = p * x + 1.0 / 20922789888000;
    p = p * x - 1.0 / 87178291200;
    p = p * x + 1.0 / 479001600;
    p = p * x - 1.0 / 3628800;
    p = p * x + 1.0 / 40320;
    p = p * x - 1.0 / 720;
    p = p * x + 1.0 / 24;
    return 1 - x * (0.5 - x * p);
}

/* Box-Muller.  The angle is t in [-pi/4, pi/4), put into one of the four quarters by two
 * further random bits: exchange of the coordinates, and a common sign. */
EW_VECTOR static void normal_run(double *x, double *y, const block_run *c)
{
    const double quarter = 0x1.921fb54442d18p-1;
    for (size_t i = 0, n = c->n; i < n; i++) {
        uint64_t lo = c->w[3][i];
        double u = 2 - one_two(c->w[0][i], c->w[1][i]);
        double t = (2 * one_two(c->w[2][i], c->w[3][i]) - 3) * quarter;
        double r = sqrt(2 * minus_log(u));
        double a = r * cosine(t), b = r * sine(t);
        uint64_t sign = lo << 63, swap = 0 - (lo >> 1 & 1);
        uint64_t p = to_bits(a), q = to_bits(b), d = (p ^ q) & swap;
        x[i] = from_bits(p ^ d ^ sign);
        y[i] = from_bits(q ^ d ^ sign);
    }
}

/* Chunk k of the run holds the first coordinates of HALF blocks, then the second ones. */
static void store_run(double *out, size_t count, const double *x, const double *y)
{
    for (size_t k = 0; k * EW_NORMAL_CHUNK < count; k++) {
        double chunk[EW_NORMAL_CHUNK];
        memcpy(chunk, x + k * HALF, HALF * sizeof(double));
        memcpy(chunk + HALF, y + k * HALF, HALF * sizeof(double));
        size_t at = k * EW_NORMAL_CHUNK, n = count - at;
        memcpy(out + at, chunk, (n < EW_NORMAL_CHUNK ? n : EW_NORMAL_CHUNK) * sizeof(double));
    }
}

void ew_normals(double *out, const ew_stream *s, uint64_t first, size_t count)
{
    block_run c;
    double x[RUN], y[RUN];
    for (size_t done = 0; done < count; done += 2 * RUN) {
        size_t n = count - done < 2 * RUN ? count - done : 2 * RUN;
        size_t chunks = (n + EW_NORMAL_CHUNK - 1) / EW_NORMAL_CHUNK;
        random_run(&c, s, (uint32_t) ((first + done) / 2), chunks * HALF);
        normal_run(x, y, &c);
        store_run(out + done, n, x, y);
    }
}
