#include "arith/vector.h"

#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <Random123/philox.h>

#include "arith/elementary.h"
#include "arith/random.h"

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

/* Distance of y from f(x) in units in the last place of f(x), by ball arithmetic. */
static double error_of(double y, void (*f)(arb_t, const arb_t, slong), double x)
{
    arb_t value, t;
    arb_init(value);
    arb_init(t);
    arb_set_d(t, x);
    f(value, t, 200);
    double exact = fabs(arf_get_d(arb_midref(value), ARF_RND_NEAR));
    arb_set_d(t, y);
    arb_sub(t, t, value, 200);
    double e = fabs(arf_get_d(arb_midref(t), ARF_RND_NEAR));
    arb_clear(value);
    arb_clear(t);
    return e == 0 ? 0 : e / (nextafter(exact, INFINITY) - exact);
}

static void minus_log(arb_t y, const arb_t x, slong prec)
{
    arb_log(y, x, prec);
    arb_neg(y, y);
}

/* Over the whole range, at its ends, and where the logarithm vanishes. */
static void test_kernels(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "kernels");
    const double quarter = 0x1.921fb54442d18p-1;
    double worst[4] = {0};
    for (slong trial = 0; trial < check_trials(20000); trial++) {
        double u = ldexp(1 - check_uniform(&r), -(int) check_range(&r, 0, 51));
        if (trial % 8 == 0)
            u = 1 - ldexp(1 + check_uniform(&r), -(int) check_range(&r, 2, 52));
        u = u < 0x1p-52 ? 0x1p-52 : u;
        double t = quarter * (2 * check_uniform(&r) - 1);
        if (trial < 4)
            t = trial < 2 ? quarter : -quarter;
        if (trial % 8 == 0)
            t = ldexp(t, -(int) check_range(&r, 0, 60));
        worst[0] = fmax(worst[0], error_of(ew_minus_log(u), minus_log, u));
        worst[1] = fmax(worst[1], error_of(ew_sine(t), arb_sin, t));
        worst[2] = fmax(worst[2], error_of(ew_cosine(t), arb_cos, t));
        double x = trial % 8 ? 1400 * check_uniform(&r) - 700 : t;
        worst[3] = fmax(worst[3], error_of(ew_exponential(x), arb_exp, x));
    }
    assert_true(ew_minus_log(1) == 0 && ew_sine(0) == 0 && ew_cosine(0) == 1 &&
                ew_exponential(0) == 1);
    if (!(worst[0] < 2 && worst[1] < 1 && worst[2] < 1.5 && worst[3] < 1.5))
        fail_msg("worst errors: %.3f %.3f %.3f %.3f ulp", worst[0], worst[1], worst[2],
                 worst[3]);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: sqrt(N) sup |F_N - Phi| exceeds 1.95 once in a thousand. */
static void test_distribution(void **state)
{
    (void) state;
    enum { N = 1 << 17 };
    double *x = malloc(N * sizeof *x), d = 0;
    assert_non_null(x);
    for (uint64_t sample = 0; sample < 3; sample++) {
        ew_stream s = {17, sample, 2, 5};
        ew_normals(x, &s, 0, N);
        qsort(x, N, sizeof *x, ascending);
        for (int i = 0; i < N; i++) {
            double p = 0.5 * erfc(-x[i] / sqrt(2));
            d = fmax(d, fmax((i + 1) / (double) N - p, p - i / (double) N));
        }
    }
    free(x);
    assert_true(d * sqrt(N) < 1.95);
}

/* Beyond 4 and 5, both sides; beyond sqrt(104 ln 2) there can be none. */
static void test_tails(void **state)
{
    (void) state;
    enum { N = 8192, SAMPLES = 1000 };
    static double x[N];
    double beyond[2][2] = {{0}}, most = 0;
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        ew_stream s = {23, sample, 1, 0};
        ew_normals(x, &s, 0, N);
        for (int i = 0; i < N; i++) {
            beyond[0][x[i] < 0] += fabs(x[i]) > 4;
            beyond[1][x[i] < 0] += fabs(x[i]) > 5;
            most = fmax(most, fabs(x[i]));
        }
    }
    for (int k = 0; k < 2; k++)
        for (int side = 0; side < 2; side++) {
            double want = 0.5 * erfc((4 + k) / sqrt(2)) * N * SAMPLES;
            assert_true(fabs(beyond[k][side] - want) < 4.5 * sqrt(want) + 1);
        }
    assert_true(most > 4.8 && most < sqrt(104 * log(2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),  cmocka_unit_test(test_against_library),
        cmocka_unit_test(test_transformation), cmocka_unit_test(test_splitting),
        cmocka_unit_test(test_streams_differ), cmocka_unit_test(test_moments),
        cmocka_unit_test(test_kernels),        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_tails)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
