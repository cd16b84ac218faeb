#include "readings/kernel/jacobian/directions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ULP 0x1p-53

ew_status ew_directions_init(ew_directions *D, size_t n, size_t d, ew_context *ctx)
{
    memset(D, 0, sizeof *D);
    D->n = n;
    D->d = d;
    D->v = ew_alloc_zero(n * d, sizeof *D->v, ctx);
    D->perp = ew_alloc_zero(n, 1, ctx);
    D->range = ew_alloc_zero(2 * n, sizeof *D->range, ctx);
    D->between = ew_alloc_zero(2 * n * n, sizeof *D->between, ctx);
    D->size = D->between ? D->between + n * n : NULL;
    return D->v && D->perp && D->range && D->between ? EW_OK : EW_MEMORY;
}

void ew_directions_clear(ew_directions *D)
{
    free(D->v);
    free(D->perp);
    free(D->range);
    free(D->between);
    memset(D, 0, sizeof *D);
}

/* Of x and v_g, which alone counts where it does not vanish. */
static void product(double *sum, double *size, const ew_directions *D, const double *x,
                    size_t g)
{
    *sum = *size = 0;
    for (size_t k = D->range[2 * g]; k < D->range[2 * g + 1]; k++) {
        double p = x[k] * D->v[g * D->d + k];
        *sum += p;
        *size += fabs(p);
    }
    *sum /= (double) D->d;
    *size /= (double) D->d;
}

static void set_range(ew_directions *D, size_t g)
{
    const double *v = D->v + g * D->d;
    size_t from = 0, to = D->d;
    while (to > 0 && v[to - 1] == 0)
        to--;
    while (from < to && v[from] == 0)
        from++;
    D->range[2 * g] = from;
    D->range[2 * g + 1] = to;
}

/* A sum of n products is off by less than (n + 1) ULP times the sum of their sizes. */
void ew_directions_prepare(ew_directions *D)
{
    size_t most = 0;
    for (size_t g = 0; g < D->n; g++) {
        set_range(D, g);
        size_t terms = D->range[2 * g + 1] - D->range[2 * g];
        most = terms > most ? terms : most;
        for (size_t h = 0; h < D->n; h++) {
            size_t at = h * D->n + g;
            product(D->between + at, D->size + at, D, D->v + h * D->d, g);
        }
        if (D->perp[g])
            D->between[g * D->n + g] = D->size[g * D->n + g] = 1;
    }
    D->error = (((double) most + 4) * ULP + 2 * D->relative) * (1 + 0x1p-10);
}

int ew_directions_all(const ew_directions *D)
{
    int all = D->n == D->d;
    for (size_t g = 0; g < D->n && all; g++)
        all = D->range[2 * g] == g && D->range[2 * g + 1] == g + 1;
    return all;
}

void ew_directions_along(double *along, double *size, const ew_directions *D, const double *x)
{
    for (size_t g = 0; g < D->n; g++)
        product(along + g, size + g, D, x, g);
}
