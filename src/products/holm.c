#include "products/holm.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    double p;
    long at;
} ranked;

static int by_p(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    if (a->p != b->p)
        return a->p < b->p ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

ew_status ew_holm(double *adjusted, const double *p, long n, ew_context *ctx)
{
    ranked *r = ew_alloc((size_t) n * sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    long tests = 0;
    for (long i = 0; i < n; i++) {
        adjusted[i] = NAN;
        if (!isnan(p[i]))
            r[tests++] = (ranked){p[i], i};
    }
    qsort(r, (size_t) tests, sizeof *r, by_p);
    double most = 0;
    for (long k = 0; k < tests; k++) {
        most = fmax(most, fmin(1, (double) (tests - k) * r[k].p));
        adjusted[r[k].at] = most;
    }
    free(r);
    return EW_OK;
}
