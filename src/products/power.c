#include "products/power.h"

#include <math.h>

#include "products/significance.h"

#define TERMS 3
#define LEAST_SIGNAL 3
#define LEAST_POINTS 4
#define LEVEL 0.05

/* The weighted normal equations of ln y in the basis ln x, 1, x, augmented; a few terms of size
 * 1 to 10, for which extended precision is ample. */
typedef struct {
    int terms;
    long double a[TERMS][TERMS], b[TERMS], yy;
} equations;

static void basis(long double f[TERMS], const ew_point *p)
{
    f[0] = logl(p->x);
    f[1] = 1;
    f[2] = p->x;
}

static int has_signal(const ew_point *p)
{
    return p->y > LEAST_SIGNAL * p->se && p->se > 0;
}

static long set_equations(equations *e, const ew_point *point, long n, int terms)
{
    long used = 0;
    *e = (equations){.terms = terms};
    for (long i = 0; i < n; i++) {
        long double f[TERMS], y = logl(point[i].y), w = point[i].y / point[i].se;
        if (!has_signal(point + i))
            continue;
        used++;
        basis(f, point + i);
        for (int j = 0; j < terms; j++) {
            e->b[j] += w * w * f[j] * y;
            for (int k = 0; k < terms; k++)
                e->a[j][k] += w * w * f[j] * f[k];
        }
        e->yy += w * w * y * y;
    }
    return used;
}

/* Eliminate the last unknowns first; the pivot left for the exponent is its inverse variance,
 * and yy becomes the squared residual. */
static int solve(ew_power *out, double *chi2, equations *e)
{
    for (int c = e->terms - 1; c >= 0; c--) {
        long double pivot = e->a[c][c], b = e->b[c];
        if (!(pivot > 0))
            return 0;
        if (c == 0) {
            out->exponent = (double) (b / pivot);
            out->se = (double) (1 / sqrtl(pivot));
        }
        for (int i = 0; i < c; i++) {
            e->b[i] -= e->a[i][c] * b / pivot;
            for (int j = 0; j < c; j++)
                e->a[i][j] -= e->a[i][c] * e->a[c][j] / pivot;
        }
        e->yy -= b * b / pivot;
    }
    *chi2 = fmax(0, (double) e->yy);
    return 1;
}

ew_power ew_fit_power(const ew_point *point, long n)
{
    ew_power out = {NAN, NAN, NAN, 0};
    for (long skip = 0; skip < n; skip++) {
        equations e;
        double chi2;
        long used = set_equations(&e, point + skip, n - skip, TERMS);
        int terms = used < LEAST_POINTS ? 2 : TERMS;
        set_equations(&e, point + skip, n - skip, terms);
        ew_power fit = {NAN, NAN, NAN, used};
        if (used < 2 || !solve(&fit, &chi2, &e))
            break;
        if (used > terms)
            fit.p = ew_chi2_above(chi2, (double) (used - terms));
        out = fit;
        if (used <= LEAST_POINTS || !(fit.p < LEVEL))
            break;
    }
    return out;
}
