#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "arith/lapack.h"
#include "readings/kernel/data/eigen.h"

#define N 60

/* The second difference matrix: eigenvalues 2 - 2 cos(k pi/(n + 1)). */
static void differences(double *a, size_t n)
{
    for (size_t i = 0; i < n * n; i++)
        a[i] = 0;
    for (size_t i = 0; i < n; i++) {
        a[i * (n + 1)] = 2;
        if (i > 0)
            a[i * (n + 1) - 1] = a[(i - 1) * n + i] = -1;
    }
}

static void check(const double *a, size_t n, double want, double small)
{
    double value, error;
    ew_context *ctx = ew_context_new();
    check_ok(ctx, ew_data_smallest(&value, &error, a, n, ctx));
    if (!(fabs(value - want) <= error + 1e-15 && error <= small))
        fail_msg("%zu: %.17g, not %.17g, bound %g", n, value, want, error);
    ew_context_free(ctx);
}

static void test_known(void **state)
{
    (void) state;
    const double pi = 3.14159265358979323846;
    double *a = malloc(N * N * sizeof *a);
    if (!ew_lapack_built())
        skip();
    for (size_t n = 1; n <= N; n += 7) {
        differences(a, n);
        check(a, n, 2 - 2 * cos(pi / (double) (n + 1)), 1e-11);
    }
    /* singular, of rank 1; and negative */
    for (size_t i = 0; i < N * N; i++)
        a[i] = 0.5;
    check(a, N, 0, 1e-11);
    differences(a, N);
    for (size_t i = 0; i < N; i++)
        a[i * (N + 1)] -= 3;
    check(a, N, -1 - 2 * cos(pi / (N + 1)), 1e-11);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
