#include "support/check.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>

#include "readings/sample/random.h"

/* A block by ew_philox_blocks with any counter and key. */
static void block(uint32_t out[4], const uint32_t c[4], const uint32_t k[2])
{
    ew_stream s = {(uint64_t) k[1] << 32 | k[0], (uint64_t) c[3] << 32 | c[2], c[1] & 0xffffff,
                   c[1] >> 24};
    ew_philox_blocks(out, &s, c[0], 1);
}

/* Random123's published known answers for philox4x32, 10 rounds. */
static void test_known_answers(void **state)
{
    (void) state;
    static const uint32_t kat[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t got[4];
        block(got, kat[i], kat[i] + 4);
        assert_memory_equal(got, kat[i] + 6, sizeof got);
    }
}

/* The vectorised rounds against the library's own function. */
static void test_against_library(void **state)
{
    (void) state;
    enum { N = 300 };
    static uint32_t out[4 * N];
    check_rng r;
    check_rng_init(&r, "philox");
    for (slong trial = 0; trial < check_trials(20); trial++) {
        ew_stream s = {check_bits(&r), check_bits(&r), (uint32_t) check_range(&r, 0, 0xffffff),
                       (uint32_t) check_range(&r, 0, 255)};
        uint32_t first = (uint32_t) check_bits(&r);
        size_t count = (size_t) check_range(&r, 1, N);
        ew_philox_blocks(out, &s, first, count);
        for (size_t i = 0; i < count; i++) {
            philox4x32_ctr_t c = {{first + (uint32_t) i, s.layer | s.use << 24,
                                   (uint32_t) s.sample, (uint32_t) (s.sample >> 32)}};
            philox4x32_key_t k = {{(uint32_t) s.seed, (uint32_t) (s.seed >> 32)}};
            philox4x32_ctr_t want = philox4x32(c, k);
            for (size_t w = 0; w < 4; w++)
                assert_int_equal(out[w * count + i], want.v[w]);
        }
    }
}

/* Normal number i of the stream straight from the definition in random.h, by libm in long
 * double. */
static long double normal_reference(const ew_stream *s, uint64_t i)
{
    uint64_t half = EW_NORMAL_CHUNK / 2, place = i % EW_NORMAL_CHUNK;
    uint32_t w[4];
    ew_philox_blocks(w, s, (uint32_t) (i / EW_NORMAL_CHUNK * half + place % half), 1);
    uint64_t a = ((uint64_t) w[0] << 32 | w[1]) >> 12, b = ((uint64_t) w[2] << 32 | w[3]) >> 12;
    long double u = 1 - a * 0x1p-52L, t = (2 * (b * 0x1p-52L) - 1) * 0.785398163397448309616L;
    long double r = sqrtl(-2 * logl(u));
    int second = (place >= half) ^ (w[3] >> 1 & 1);
    return (w[3] & 1 ? -r : r) * (second ? sinl(t) : cosl(t));
}

static void test_transformation(void **state)
{
    (void) state;
    ew_stream s = {42, 7, 3, 1};
    static double x[4096];
    ew_normals(x, &s, 160, 4096);
    for (size_t i = 0; i < 4096; i++) {
        long double want = normal_reference(&s, 160 + i);
        assert_true(fabsl(x[i] - want) <= 4e-16L * (fabsl(want) + 1e-3L));
    }
}

/* The same numbers, however a run is split. */
static void test_splitting(void **state)
{
    (void) state;
    enum { N = 1000 };
    static double whole[N], part[N];
    ew_stream s = {1, (uint64_t) 5 << 40, 9, 2};
    ew_normals(whole, &s, 0, N);
    check_rng r;
    check_rng_init(&r, "splitting");
    for (size_t at = 0; at < N;) {
        size_t n = EW_NORMAL_CHUNK * (size_t) check_range(&r, 1, 12);
        if (n > N - at)
            n = N - at;
        ew_normals(part + at, &s, at, n);
        at += n;
    }
    assert_memory_equal(whole, part, sizeof whole);
}

/* One number of a key changed: another stream. */
static void test_streams_differ(void **state)
{
    (void) state;
    const ew_stream s[] = {{1, 1, 1, 1},
                           {2, 1, 1, 1},
                           {1, 2, 1, 1},
                           {1, 1, 2, 1},
                           {1, 1, 1, 2},
                           {1 + ((uint64_t) 1 << 32), 1, 1, 1},
                           {1, 1 + ((uint64_t) 1 << 32), 1, 1}};
    double x[7];
    for (int i = 0; i < 7; i++) {
        ew_normals(x + i, s + i, 0, 1);
        for (int j = 0; j < i; j++)
            assert_true(x[i] != x[j]);
    }
}

/* Moments to the sixth, neighbours' correlation, and the tail beyond 3. */
static void test_moments(void **state)
{
    (void) state;
    enum { N = 4096 };
    static double x[N];
    double m[7] = {0}, lag = 0, tail = 0, total = 0;
    for (uint64_t sample = 0; sample < 200; sample++) {
        ew_stream s = {3, sample, 1, 0};
        ew_normals(x, &s, 0, N);
        total += N;
        for (size_t i = 0; i < N; i++) {
            double p = 1;
            for (int k = 1; k <= 6; k++)
                m[k] += p *= x[i];
            lag += x[i] * x[i ^ 1];
            tail += fabs(x[i]) > 3;
        }
    }
    const double mean[7] = {1, 0, 1, 0, 3, 0, 15}, var[7] = {0, 1, 2, 15, 96, 945, 10170};
    for (int k = 1; k <= 6; k++)
        assert_true(fabs(m[k] / total - mean[k]) < 4.5 * sqrt(var[k] / total));
    assert_true(fabs(lag / total) < 4.5 * sqrt(2 / total));
    double p = 0.0026997960632601866; /* erfc(3/sqrt 2) */
    assert_true(fabs(tail / total - p) < 4.5 * sqrt(p / total));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),  cmocka_unit_test(test_against_library),
        cmocka_unit_test(test_transformation), cmocka_unit_test(test_splitting),
        cmocka_unit_test(test_streams_differ), cmocka_unit_test(test_moments)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
