#include "readings/sde/exponential.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The eigenvalues of A are real and not positive (a birth-death process is reversible), so that
 * e^(tA) is the integral of e^z (z - tA)^-1 / (2 pi i) along a parabola around the negative
 * axis. With the parabola and the number of points of Weideman (Trefethen, Weideman and
 * Schmelzer, "Talbot quadratures and rational approximations", 2006) the midpoint rule
 * leaves 2.85^-32 = 3e-15. Half of the points do: the others are their conjugates. */
#define POINTS 32

typedef struct {
    double re, im;
} complex_number;

static complex_number product(complex_number a, complex_number b)
{
    return (complex_number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static complex_number inverse(complex_number a)
{
    double s = 1 / (a.re * a.re + a.im * a.im);
    return (complex_number){a.re * s, -a.im * s};
}

ew_status ew_births_new(ew_births **out, size_t n, ew_context *ctx)
{
    *out = NULL;
    ew_births *b = ew_alloc_zero(1, sizeof *b, ctx);
    if (!b)
        return EW_MEMORY;
    b->n = n;
    b->up = ew_alloc_zero(2 * n, sizeof(double), ctx);
    if (!b->up) {
        free(b);
        return EW_MEMORY;
    }
    b->down = b->up + n;
    *out = b;
    return EW_OK;
}

void ew_births_free(ew_births *b)
{
    if (!b)
        return;
    free(b->up);
    free(b);
}

/* sum += 2 Re [c (z - tA)^-1 p], by elimination without pivoting: z - tA is dominated by its
 * diagonal in columns, but for Re z < 0 at few points, where Im z keeps it away from singular.
 * A pivot is e_i + t up_i with e_i = z + t down_i e_(i-1) / pivot_(i-1), which does not cancel
 * where t up and t down are large (Grassmann, Taksar and Heyman's way). */
static void add_resolvent(double *sum, const double *p, const ew_births *b, double t,
                          complex_number z, complex_number c, complex_number *x,
                          complex_number *pivot)
{
    size_t n = b->n;
    complex_number rest = z;
    for (size_t i = 0; i < n; i++) {
        double down = t * b->down[i];
        x[i] = (complex_number){p[i], 0};
        if (i > 0) {
            complex_number f = product(rest, pivot[i - 1]);
            complex_number g = product(pivot[i - 1], x[i - 1]);
            rest = (complex_number){z.re + down * f.re, z.im + down * f.im};
            x[i].re += t * b->up[i - 1] * g.re;
            x[i].im += t * b->up[i - 1] * g.im;
        }
        pivot[i] = inverse((complex_number){rest.re + t * b->up[i], rest.im});
    }
    for (size_t i = n; i-- > 0;) {
        if (i + 1 < n) {
            x[i].re += t * b->down[i + 1] * x[i + 1].re;
            x[i].im += t * b->down[i + 1] * x[i + 1].im;
        }
        x[i] = product(x[i], pivot[i]);
        sum[i] += 2 * (c.re * x[i].re - c.im * x[i].im);
    }
}

/* Point z on the parabola and its weight, -i e^z z'(theta) / POINTS. */
static void parabola(complex_number *z, complex_number *c, int k)
{
    double theta = (2 * k + 1) * M_PI / POINTS, e;
    *z = (complex_number){POINTS * (0.1309 - 0.1194 * theta * theta), POINTS * 0.25 * theta};
    complex_number slope = {-POINTS * 2 * 0.1194 * theta, POINTS * 0.25};
    e = exp(z->re) / POINTS;
    complex_number exponential = {e * cos(z->im), e * sin(z->im)};
    *c = product((complex_number){0, -1}, product(exponential, slope));
}

void ew_births_move(double *p, const ew_births *b, double t, double *work)
{
    size_t n = b->n;
    complex_number *x = (complex_number *) work, *pivot = x + n;
    double *sum = work + 4 * n;
    memset(sum, 0, n * sizeof *sum);
    for (int k = 0; k < POINTS / 2; k++) {
        complex_number z, c;
        parabola(&z, &c, k);
        add_resolvent(sum, p, b, t, z, c, x, pivot);
    }
    for (size_t i = 0; i < n; i++)
        p[i] = sum[i] > 0 ? sum[i] : 0;
}
