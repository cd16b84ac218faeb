#include "arith/vector.h"

#include "readings/sde/step.h"

#include <math.h>

/* One field: V = x^2, x the length of y in R^d, dy = s(x) dB, s^2 = Q/d.  Platen's scheme of
 * weak order 2 for a noise s in every direction, the first one along y, with D_i normals of
 * variance h,
 *
 *   y_i' = x [i = 1] + (s + L s h/2) D_i + s s_x (D_1 D_i + V_1i)/2,    V_11 = -h, V_1i = +-h,
 *
 * L s = s^2 (s_xx + (d - 1) s_x/x)/2.  Derivatives are differences: s at x +- s h^(1/2), and at
 * the length that y has after such a step across.  Of the d - 1 other directions only the sum S
 * of D_i^2 matters to this order; any variable with its mean and variance will do. */

#define B EW_BLOCK

typedef struct {
    double rate[B], plus[B], minus[B], across[B]; /* s */
    double x[B], at[B];                           /* at: where Q is evaluated */
} terms;

/* s at y with |y|^2 = v */
static void noise_at(double *out, const double *v, double t, const ew_motion *o)
{
    o->rate(out, v, t, o->data);
    for (int i = 0; i < B; i++)
        out[i] = sqrt(fmax(out[i], 0) / o->dimension);
}

static void set_terms(terms *k, const ew_step *s, double t, double h)
{
    const ew_motion *o = s->motion;
    double root = sqrt(h);
    for (int i = 0; i < B; i++) {
        k->x[i] = s->l[i];
        k->at[i] = k->x[i] * k->x[i];
    }
    noise_at(k->rate, k->at, t, o);
    for (int i = 0; i < B; i++) {
        double x = k->x[i] + root * k->rate[i];
        k->at[i] = x * x;
    }
    noise_at(k->plus, k->at, t, o);
    for (int i = 0; i < B; i++) {
        double x = k->x[i] - root * k->rate[i];
        k->at[i] = x * x;
    }
    noise_at(k->minus, k->at, t, o);
    for (int i = 0; i < B; i++)
        k->at[i] = k->x[i] * k->x[i] + h * k->rate[i] * k->rate[i];
    noise_at(k->across, k->at, t, o);
}

/* S/h for d - 1 = n: a square of a normal; else one of two values, by a coin. */
static double sum_of_squares(double n, double z, int coin)
{
    if (n < 2)
        return n > 0 ? n * z * z : 0;
    return n + (coin ? sqrt(2 * n) : -sqrt(2 * n));
}

void ew_step_residual(ew_step *s, double t, double h, const double *g, const uint8_t *coin)
{
    terms k;
    const double n = s->motion->dimension - 1, root = sqrt(h);
    set_terms(&k, s, t, h);
    for (int i = 0; i < B; i++) {
        double z = g[i], rate = k.rate[i];
        double slope = 0.25 * root * (k.plus[i] - k.minus[i]); /* s s_x h/2 */
        double mean =
            rate + 0.25 * (k.plus[i] + k.minus[i] - 2 * rate) + 0.5 * n * (k.across[i] - rate);
        double along = k.x[i] + root * mean * z + slope * (z * z - 1);
        double across = root * mean + slope * z;
        double v = along * along + n * slope * slope +
                   across * across * sum_of_squares(n, g[B + i], coin[i]);
        s->l[i] = sqrt(v);
    }
}
