/* BLAS and LAPACK against their definitions, by plain loops, with gaps between rows. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/lapack.h"

#define MOST 40
#define LD 43

static ew_context *ctx;

static void fill(double *a, check_rng *r)
{
    for (size_t i = 0; i < MOST * LD; i++)
        a[i] = 2 * check_uniform(r) - 1;
}

static void near(double x, double y)
{
    if (!(fabs(x - y) < 1e-12))
        fail_msg("%.17g is not %.17g", x, y);
}

/* op(a)[i][j]. */
static double at(char t, const double *a, size_t i, size_t j)
{
    return t == 'N' ? a[i * LD + j] : a[j * LD + i];
}

static double a[MOST * LD], b[MOST * LD], c[MOST * LD], d[MOST * LD];

static void test_products(void **state)
{
    (void) state;
    check_rng r;
    check_rng_init(&r, "products");
    for (int kind = 0; kind < 4; kind++) {
        char ta = kind & 1 ? 'T' : 'N', tb = kind & 2 ? 'T' : 'N';
        size_t m = 7, n = 5, k = 11;
        fill(a, &r);
        fill(b, &r);
        fill(c, &r);
        memcpy(d, c, sizeof c);
        ew_blas_gemm(ta, tb, m, n, k, 2, a, LD, b, LD, 3, c, LD);
        for (size_t i = 0; i < MOST; i++)
            for (size_t j = 0; j < LD; j++) {
                double sum = 0;
                for (size_t l = 0; l < k && i < m && j < n; l++)
                    sum += at(ta, a, i, l) * at(tb, b, l, j);
                near(c[i * LD + j],
                     i < m && j < n ? 2 * sum + 3 * d[i * LD + j] : d[i * LD + j]);
            }
        double y[MOST] = {0};
        ew_blas_gemv(ta, m, n, 2, a, LD, b, 0, y);
        size_t rows = ta == 'N' ? m : n, columns = ta == 'N' ? n : m;
        for (size_t i = 0; i < rows; i++) {
            double sum = 0;
            for (size_t l = 0; l < columns; l++)
                sum += at(ta, a, i, l) * b[l];
            near(y[i], 2 * sum);
        }
    }
}

static void test_triangles(void **state)
{
    (void) state;
    size_t n = 9, m = 4, k = 20;
    check_rng r;
    check_rng_init(&r, "triangles");
    fill(a, &r);
    fill(c, &r);
    memcpy(d, c, sizeof c);
    ew_blas_syrk(n, k, 1, a, LD, 0, c, LD);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t l = 0; l < k; l++)
                sum += a[i * LD + l] * a[j * LD + l];
            near(c[i * LD + j], j <= i ? sum : d[i * LD + j]);
        }
    memcpy(d, c, sizeof c);
    assert_int_equal(ew_lapack_potrf(c, LD, n), 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t l = 0; l <= j; l++)
                sum += c[i * LD + l] * c[j * LD + l];
            near(sum, d[i * LD + j]);
        }
    for (int kind = 0; kind < 2; kind++) {
        fill(b, &r);
        memcpy(a, b, sizeof b);
        ew_blas_trsm(kind ? 'T' : 'N', n, m, c, LD, b, LD);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < m; j++) {
                double sum = 0;
                for (size_t l = kind ? i : 0; l < (kind ? n : i + 1); l++)
                    sum += at(kind ? 'T' : 'N', c, i, l) * b[l * LD + j];
                near(sum, a[i * LD + j]);
            }
    }
    d[3 * LD + 3] = -1;
    assert_int_equal(ew_lapack_potrf(d, LD, n), 4);
}

static void test_eigenvectors(void **state)
{
    (void) state;
    size_t n = MOST;
    check_rng r;
    check_rng_init(&r, "eigenvectors");
    fill(a, &r);
    double s[MOST * MOST], w[MOST];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            s[i * n + j] = j <= i ? a[i * LD + j] : 1e300; /* not to be read */
    check_ok(ctx, ew_lapack_syev(w, s, n, ctx));
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || w[i - 1] <= w[i]);
        for (size_t j = 0; j < n; j++) {
            double image = 0, product = 0;
            for (size_t l = 0; l < n; l++) {
                image += a[(j < l ? l : j) * LD + (j < l ? j : l)] * s[i * n + l];
                product += s[i * n + l] * s[j * n + l];
            }
            near(image, w[i] * s[i * n + j]);
            near(product, i == j);
        }
    }
    double same = 5;
    check_ok(ctx, ew_lapack_syev(w, &same, 1, ctx));
    near(w[0], 5);
    near(fabs(same), 1);
}

static void test_begins_nest(void **state)
{
    (void) state;
    double x = 2, y = 3, z;
    check_ok(ctx, ew_lapack_begin(ctx));
    ew_lapack_end();
    ew_blas_gemm('N', 'N', 1, 1, 1, 1, &x, 1, &y, 1, 0, &z, 1);
    near(z, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_triangles),
        cmocka_unit_test(test_eigenvectors),
        cmocka_unit_test(test_begins_nest),
    };
    ctx = ew_context_new();
    if (!ctx)
        return 1;
    if (!ew_lapack_built()) {
        ew_context_free(ctx);
        return 77;
    }
    if (ew_lapack_begin(ctx) != EW_OK) {
        fprintf(stderr, "%s\n", ew_context_error(ctx));
        return 1;
    }
    int failed = ew_lapack_complete() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
    ew_lapack_end();
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
