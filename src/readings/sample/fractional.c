#include "arith/vector.h"

#include "readings/sample/fractional.h"

#include <math.h>
#include <stdlib.h>

#include "arith/elementary.h"
#include "arith/flint.h"

#define BITS 192
#define MOST ((size_t) 1 << 20)

/* |k|^2H */
static void power(arb_t x, const arb_t twice, size_t k)
{
    arb_set_ui(x, k);
    if (k > 1)
        arb_pow(x, x, twice, BITS);
}

/* r(k), k <= n, in many bits: the differences cancel. */
static void covariances(double *r, double hurst, size_t first, size_t n)
{
    arb_t twice, x[3], t;
    arb_init(twice);
    arb_init(t);
    for (int i = 0; i < 3; i++)
        arb_init(x[i]);
    arb_set_d(twice, hurst);
    arb_mul_2exp_si(twice, twice, 1);
    power(x[0], twice, first > 0 ? first - 1 : 1);
    power(x[1], twice, first);
    for (size_t k = first; k < first + n; k++) {
        power(x[2], twice, k + 1);
        arb_add(t, x[0], x[2], BITS);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(t, t, x[1], BITS);
        r[k - first] = arf_get_d(arb_midref(t), ARF_RND_NEAR);
        arb_swap(x[0], x[1]);
        arb_swap(x[1], x[2]);
    }
    for (int i = 0; i < 3; i++)
        arb_clear(x[i]);
    arb_clear(twice);
    arb_clear(t);
}

double ew_fractional_covariance(double hurst, size_t k)
{
    double r;
    covariances(&r, hurst, k, 1);
    return r;
}

/* cos and sin of 2 pi k/size for k < size/2: from the first eighth of the circle, by its
 * symmetries. */
static void set_turns(double *turn, size_t size)
{
    const double pi = 0x1.921fb54442d18p+1;
    for (size_t k = 0; k < size / 2; k++) {
        size_t j = k <= size / 4 ? k : size / 2 - k, eighth = size / 8;
        size_t i = j <= eighth ? j : size / 4 - j;
        double t = 2 * pi * ((double) i / (double) size);
        double c = ew_cosine(t), s = ew_sine(t);
        turn[2 * k] = j <= eighth ? c : s;
        turn[2 * k + 1] = j <= eighth ? s : c;
        if (k > size / 4)
            turn[2 * k] = -turn[2 * k];
    }
}

static void bit_reverse(double *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j)
            for (int c = 0; c < 2; c++) {
                double t = x[2 * i + c];
                x[2 * i + c] = x[2 * j + c];
                x[2 * j + c] = t;
            }
    }
}

/* In place: x_k = sum_j x_j exp(2 pi i j k/n), n a power of 2 and complex numbers side by side
 * (Cooley and Tukey). */
EW_VECTOR static void transform(double *x, const double *turn, size_t n)
{
    bit_reverse(x, n);
    for (size_t half = 1; half < n; half *= 2)
        for (size_t at = 0; at < n; at += 2 * half)
            for (size_t k = 0; k < half; k++) {
                const double *w = turn + 2 * (k * (n / 2 / half));
                double *a = x + 2 * (at + k), *b = a + 2 * half;
                double re = w[0] * b[0] - w[1] * b[1], im = w[0] * b[1] + w[1] * b[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
}

void ew_fractional_free(ew_fractional *f)
{
    if (!f)
        return;
    free(f->root);
    free(f->turn);
    free(f);
}

/* The eigenvalues of the circulant with first row r(0..n), r(n-1..1), n = size/2: none is
 * negative for fractional noise of any index; what rounding leaves below 0 is 0. */
static ew_status set_roots(ew_fractional *f, double hurst, ew_context *ctx)
{
    size_t half = f->size / 2;
    double *x = ew_alloc_zero(2 * f->size, sizeof *x, ctx), *r = f->root;
    if (!x)
        return EW_MEMORY;
    covariances(r, hurst, 0, half + 1);
    for (size_t k = 0; k < f->size; k++)
        x[2 * k] = r[k <= half ? k : f->size - k];
    transform(x, f->turn, f->size);
    ew_status status = EW_OK;
    for (size_t k = 0; k < f->size && status == EW_OK; k++) {
        if (x[2 * k] < -1e-9)
            status = ew_fail(ctx, EW_UNABLE, "hurst: the circulant is not positive");
        f->root[k] = x[2 * k] > 0 ? sqrt(x[2 * k] / (double) f->size) : 0;
    }
    free(x);
    return status;
}

ew_status ew_fractional_new(ew_fractional **out, double hurst, size_t n, ew_context *ctx)
{
    *out = NULL;
    if (!(hurst > 0 && hurst <= 1))
        return ew_fail(ctx, EW_DOMAIN, "hurst: the index must be above 0 and at most 1");
    if (n < 1 || n > MOST)
        return ew_fail(ctx, EW_UNABLE, "hurst: 1 to %zu increments, not %zu", MOST, n);
    ew_fractional *f = ew_alloc_zero(1, sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    f->n = n;
    for (f->size = 8; f->size < 2 * n; f->size *= 2)
        ;
    f->root = ew_alloc_zero(f->size, sizeof *f->root, ctx);
    f->turn = ew_alloc_zero(f->size, sizeof *f->turn, ctx);
    ew_status status = EW_MEMORY;
    if (f->root && f->turn) {
        set_turns(f->turn, f->size);
        status = set_roots(f, hurst, ctx);
    }
    if (status != EW_OK) {
        ew_fractional_free(f);
        return status;
    }
    *out = f;
    return EW_OK;
}

/* With independent standard normals Z, Z' the transform of sqrt(lambda_k/size) (Z_k + i Z'_k)
 * has real and imaginary parts that are independent of each other, each with the circulant as
 * covariance. */
void ew_fractional_draw(double *x, const ew_fractional *f, const ew_stream *stream,
                        uint64_t run)
{
    ew_normals(x, stream, run * 2 * f->size, 2 * f->size);
    for (size_t k = 0; k < f->size; k++) {
        x[2 * k] *= f->root[k];
        x[2 * k + 1] *= f->root[k];
    }
    transform(x, f->turn, f->size);
}
