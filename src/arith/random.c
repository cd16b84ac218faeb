#include "arith/vector.h"

#include "arith/elementary.h"
#include "arith/random.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

/* Half a chunk: the Philox blocks behind EW_NORMAL_CHUNK normals. */
#define HALF (EW_NORMAL_CHUNK / 2)
/* Blocks worked on at a time; a multiple of HALF and of what the vectors take. */
#define RUN 128

/* The words of a run of blocks, in 64-bit lanes: multiplication makes 64 bits of 32. */
typedef struct {
    size_t n; /* blocks in use, at most RUN */
    uint64_t w[4][RUN];
} block_run;

/* The counters of a run of blocks. */
typedef struct {
    uint32_t first, w[4]; /* word 0 counts from first */
} counters;

/* The ten rounds of Random123, side by side on all counters of a run. */
static void philox_plain(block_run *c, const counters *at, uint32_t k0, uint32_t k1)
{
    size_t n = c->n;
    for (size_t i = 0; i < n; i++) {
        c->w[0][i] = at->first + (uint32_t) i;
        for (int w = 1; w < 4; w++)
            c->w[w][i] = at->w[w];
    }
    for (int round = 0; round < PHILOX4x32_DEFAULT_ROUNDS; round++) {
        for (size_t i = 0; i < n; i++) {
            uint64_t p = PHILOX_M4x32_0 * c->w[0][i];
            uint64_t q = PHILOX_M4x32_1 * c->w[2][i];
            c->w[0][i] = (q >> 32) ^ c->w[1][i] ^ k0;
            c->w[1][i] = (uint32_t) q;
            c->w[2][i] = (p >> 32) ^ c->w[3][i] ^ k1;
            c->w[3][i] = (uint32_t) p;
        }
        k0 += PHILOX_W32_0;
        k1 += PHILOX_W32_1;
    }
}

/* The same with the vectors' own multiplication of 32-bit halves, which compilers do not find.
 * The upper halves carry rubbish until the end: nothing reads them. */
#if defined(__x86_64__) && defined(__GNUC__)
#define PHILOX_VECTOR(name, isa, vector, lanes, set1, iota, add, store, mul, xor, shift, and)  \
    __attribute__((target(isa))) static void name(block_run *c, const counters *at,            \
                                                  uint32_t k0, uint32_t k1)                    \
    {                                                                                          \
        const vector m0 = set1(PHILOX_M4x32_0), m1 = set1(PHILOX_M4x32_1);                     \
        const vector low = set1(0xffffffff), step = iota;                                      \
        for (size_t i = 0; i < c->n; i += 2 * lanes) {                                         \
            vector x[2][4];                                                                    \
            uint32_t a = k0, b = k1;                                                           \
            for (int h = 0; h < 2; h++) {                                                      \
                x[h][0] = add(set1((long long) (at->first + i + (size_t) h * lanes)), step);   \
                for (int w = 1; w < 4; w++)                                                    \
                    x[h][w] = set1(at->w[w]);                                                  \
            }                                                                                  \
            for (int round = 0; round < PHILOX4x32_DEFAULT_ROUNDS; round++) {                  \
                for (int h = 0; h < 2; h++) {                                                  \
                    vector p = mul(x[h][0], m0), q = mul(x[h][2], m1);                         \
                    x[h][0] = xor(xor(shift(q, 32), x[h][1]), set1(a));                        \
                    x[h][1] = q;                                                               \
                    x[h][2] = xor(xor(shift(p, 32), x[h][3]), set1(b));                        \
                    x[h][3] = p;                                                               \
                }                                                                              \
                a += PHILOX_W32_0;                                                             \
                b += PHILOX_W32_1;                                                             \
            }                                                                                  \
            for (int h = 0; h < 2; h++)                                                        \
                for (int w = 0; w < 4; w++)                                                    \
                    store((void *) &c->w[w][i + (size_t) h * lanes], and(x[h][w], low));       \
        }                                                                                      \
    }
PHILOX_VECTOR(philox_512, "avx512f", __m512i, 8, _mm512_set1_epi64,
              _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), _mm512_add_epi64, _mm512_storeu_si512,
              _mm512_mul_epu32, _mm512_xor_si512, _mm512_srli_epi64, _mm512_and_si512)
PHILOX_VECTOR(philox_256, "avx2", __m256i, 4, _mm256_set1_epi64x,
              _mm256_setr_epi64x(0, 1, 2, 3), _mm256_add_epi64, _mm256_storeu_si256,
              _mm256_mul_epu32, _mm256_xor_si256, _mm256_srli_epi64, _mm256_and_si256)
#endif

static void philox_run(block_run *c, const counters *at, uint32_t k0, uint32_t k1)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f")) {
        philox_512(c, at, k0, k1);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        philox_256(c, at, k0, k1);
        return;
    }
#endif
    philox_plain(c, at, k0, k1);
}

static void random_run(block_run *c, const ew_stream *s, uint32_t first, size_t n)
{
    const counters at = {
        first,
        {0, s->layer | s->use << 24, (uint32_t) s->sample, (uint32_t) (s->sample >> 32)}};
    c->n = n;
    philox_run(c, &at, (uint32_t) s->seed, (uint32_t) (s->seed >> 32));
}

void ew_philox_blocks(uint32_t *out, const ew_stream *s, uint32_t first, size_t count)
{
    block_run c;
    for (size_t done = 0; done < count; done += RUN) {
        size_t n = count - done < RUN ? count - done : RUN;
        random_run(&c, s, first + (uint32_t) done, n);
        for (size_t w = 0; w < 4; w++)
            for (size_t i = 0; i < n; i++)
                out[w * count + done + i] = (uint32_t) c.w[w][i];
    }
}

/* Two words as a number in [1, 2), 52 bits of it random. */
EW_INLINE double one_two(uint64_t hi, uint64_t lo)
{
    return ew_from_bits((hi << 32 | lo) >> 12 | 0x3ff0000000000000);
}

/* Box-Muller.  The angle is t in [-pi/4, pi/4), put into one of the four quarters by two
 * further random bits: exchange of the coordinates, and a common sign.  A chunk holds the first
 * coordinates of HALF blocks, then the second ones. */
EW_VECTOR static void normal_chunks(double *out, const block_run *c, size_t chunks)
{
    const double quarter = 0x1.921fb54442d18p-1;
    for (size_t k = 0; k < chunks; k++) {
        const uint64_t *w0 = c->w[0] + k * HALF, *w1 = c->w[1] + k * HALF;
        const uint64_t *w2 = c->w[2] + k * HALF, *w3 = c->w[3] + k * HALF;
        double *restrict x = out + k * EW_NORMAL_CHUNK;
        for (size_t i = 0; i < HALF; i++) {
            uint64_t lo = w3[i];
            double u = 2 - one_two(w0[i], w1[i]);
            double t = (2 * one_two(w2[i], lo) - 3) * quarter;
            double r = sqrt(2 * ew_minus_log(u));
            double a = r * ew_cosine(t), b = r * ew_sine(t);
            uint64_t sign = lo << 63, swap = 0 - (lo >> 1 & 1);
            uint64_t p = ew_to_bits(a), q = ew_to_bits(b), d = (p ^ q) & swap;
            x[i] = ew_from_bits(p ^ d ^ sign);
            x[HALF + i] = ew_from_bits(q ^ d ^ sign);
        }
    }
}

void ew_normals(double *out, const ew_stream *s, uint64_t first, size_t count)
{
    block_run c;
    double last[EW_NORMAL_CHUNK];
    for (size_t done = 0; done < count; done += 2 * RUN) {
        size_t n = count - done < 2 * RUN ? count - done : 2 * RUN;
        size_t chunks = n / EW_NORMAL_CHUNK, rest = n % EW_NORMAL_CHUNK;
        random_run(&c, s, (uint32_t) ((first + done) / 2), (chunks + (rest > 0)) * HALF);
        normal_chunks(out + done, &c, chunks);
        if (rest == 0)
            continue;
        for (size_t w = 0; w < 4; w++)
            memmove(c.w[w], c.w[w] + chunks * HALF, HALF * sizeof c.w[w][0]);
        normal_chunks(last, &c, 1);
        memcpy(out + done + n - rest, last, rest * sizeof(double));
    }
}
