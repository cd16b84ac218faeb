/* The jets of blocks of pairs, layer by layer, with a running bound of their errors: every
 * operation on doubles carries what its operands may be off by and its own rounding.  Errors
 * are sums and products of numbers that are not negative; SLACK covers their own roundings,
 * TINY what underflows. */
#include "arith/vector.h"

#include <math.h>

#include "expect/dual/evaluate.h"
#include "readings/kernel/jacobian/data.h"

#define B EW_JET_BLOCK
#define ULP 0x1p-53
#define SLACK (1 + 0x1p-36)
#define TINY 0x1p-1000

/* Formal directions: along the point itself, the other point, or neither. */
enum { OWN, OTHER, PERP };

size_t ew_jet_scratch(const ew_jacobian_maps *m)
{
    slong states = (1 + m->tangent) * EW_JETS_OF_PAIR;
    return (size_t) (2 * m->map.law->variables + 2 * (m->map.program->longest + 2) +
                     2 * states + 4) *
           B;
}

static void set(double *x, double *e, ew_near c)
{
    for (int i = 0; i < B; i++) {
        x[i] = c.x;
        e[i] = c.error;
    }
}

/* (y, f) = (x, e) (u, d) */
EW_VECTOR
static void multiply(double *restrict y, double *restrict f, const double *restrict x,
                     const double *restrict e, const double *restrict u,
                     const double *restrict d)
{
    for (int i = 0; i < B; i++) {
        double p = x[i] * u[i];
        f[i] = fabs(x[i]) * d[i] + (fabs(u[i]) + d[i]) * e[i] + fabs(p) * ULP + TINY;
        y[i] = p;
    }
}

/* (y, f) += c (x, e) */
EW_VECTOR
static void add(double *restrict y, double *restrict f, const double *restrict x,
                const double *restrict e, double c)
{
    for (int i = 0; i < B; i++) {
        double p = c * x[i], s = y[i] + p;
        f[i] += fabs(c) * e[i] + (fabs(p) + fabs(s)) * ULP + TINY;
        y[i] = s;
    }
}

EW_VECTOR
static void divide(double *restrict y, double *restrict f, double c)
{
    for (int i = 0; i < B; i++) {
        y[i] /= c;
        f[i] = (f[i] / c + fabs(y[i]) * ULP) * SLACK + TINY;
    }
}

/* The i-th polynomial at x, e[variable][B]; `stack` holds the products of leading factors. */
static void polynomial(double *y, double *f, const ew_poly_program *p, slong i, const double *x,
                       const double *e, double *stack)
{
    double *error = stack + (p->longest + 2) * B;
    for (int k = 0; k < B; k++) {
        y[k] = f[k] = 0;
        stack[k] = 1;
        error[k] = 0;
    }
    for (slong t = p->first[i]; t < p->first[i + 1]; t++) {
        slong n = p->start[t + 1] - p->start[t];
        slong k = t == p->first[i] ? 0 : p->shared[t];
        for (; k < n; k++) {
            slong v = p->factor[p->start[t] + k];
            multiply(stack + (k + 1) * B, error + (k + 1) * B, stack + k * B, error + k * B,
                     x + v * B, e + v * B);
        }
        add(y, f, stack + n * B, error + n * B, fmpz_get_d(p->coef + t));
    }
    divide(y, f, fmpz_get_d(p->den + i));
}

/* ---- expectations -------------------------------------------------------------------------
 */

/* t = 1 - |rho| and its error; side 1 where rho < 0. */
static void distances(double *t, double *off, int *side, const double *k, const double *e,
                      ew_near variance)
{
    double least = variance.x - variance.error;
    for (int i = 0; i < B; i++) {
        double r = k[i] / variance.x, d = 1 - fabs(r);
        side[i] = r < 0;
        t[i] = d > 0 ? d : 0;
        off[i] = ((e[i] + fabs(r) * variance.error) / least + (fabs(r) + 1) * ULP) * SLACK;
    }
}

static void expectations(double *x, double *e, const ew_jacobian_maps *m,
                         const ew_jacobian_layer *layer, const double *t, const double *off,
                         const int *side)
{
    const ew_dual_jets *table = layer->table;
    ew_place place[B];
    for (int i = 0; i < B; i++) /* the tables share their pieces */
        place[i] = ew_piecewise_place(table->f, t[i]);
    for (slong a = 0; a < m->atoms; a++) {
        const ew_jet_atom *atom = m->atom + a;
        const ew_piecewise *f = table->f + 2 * atom->pair;
        double *y = x + atom->variable * B, *d = e + atom->variable * B;
        double slope = table->slope[atom->pair];
        for (int i = 0; i < B; i++) {
            const ew_piecewise *g = f + side[i];
            y[i] = atom->factor * ew_piecewise_at(g, place[i]);
            d[i] = atom->factor * (g->error + slope * off[i]) * SLACK + TINY;
        }
    }
}

/* ---- layers -------------------------------------------------------------------------------
 */

static slong product_of(int u, int v)
{
    if (u == PERP || v == PERP)
        return u == v ? EW_JET_PERP : -1;
    return u == v ? (u == OWN ? EW_JET_OO : EW_JET_NN) : EW_JET_ON;
}

/* The jet that a covariance between slots is, or -1: 0 but for `own`. */
static slong jet_of(const ew_slot_variable *c, int u, int v)
{
    int x = c->slot[0], y = c->slot[1];
    if (x == EW_SLOT_A && y == EW_SLOT_B)
        return EW_JET_VALUE;
    if (x == EW_SLOT_AU && y == EW_SLOT_BV)
        return product_of(u, v);
    if (x == EW_SLOT_AU && y == EW_SLOT_B)
        return u == OWN ? EW_JET_OWN : u == OTHER ? EW_JET_OTHER : -1;
    if (x == EW_SLOT_A && y == EW_SLOT_BV)
        return v == OWN ? EW_JET_OWN : v == OTHER ? EW_JET_OTHER : -1;
    return -1;
}

static void set_covariances(double *x, double *e, const ew_jacobian_maps *m,
                            const ew_jacobian_layer *layer, const double *y, const double *f,
                            int u, int v)
{
    for (slong i = 0; i < m->map.covs; i++) {
        const ew_slot_variable *c = m->map.cov + i;
        slong jet = jet_of(c, u, v), at = c->variable * B;
        if (jet >= 0) {
            jet += c->tangent * EW_JETS_OF_PAIR;
            for (int k = 0; k < B; k++) {
                x[at + k] = y[jet * B + k];
                e[at + k] = f[jet * B + k];
            }
            continue;
        }
        int first = c->slot[0] == EW_SLOT_A && c->slot[1] == EW_SLOT_AU;
        int second = c->slot[0] == EW_SLOT_B && c->slot[1] == EW_SLOT_BV;
        int own = (first && u == OWN) || (second && v == OWN);
        set(x + at, e + at, own ? layer->own : (ew_near){0, 0});
    }
}

/* What is read off for each pair of formal directions; points of equal length: m_no = m_on. */
static const struct {
    int u, v, output[3], jet[3];
} runs[] = {
    {OWN, OWN, {EW_OUT_AB, EW_OUT_AU_B, EW_OUT_AU_BV}, {EW_JET_VALUE, EW_JET_OWN, EW_JET_OO}},
    {OWN, OTHER, {EW_OUT_A_BV, EW_OUT_AU_BV, -1}, {EW_JET_OTHER, EW_JET_ON, -1}},
    {OTHER, OTHER, {EW_OUT_AU_BV, -1, -1}, {EW_JET_NN, -1, -1}},
    {PERP, PERP, {EW_OUT_AU_BV, -1, -1}, {EW_JET_PERP, -1, -1}},
};

static void step(double *y, double *f, const ew_jacobian_maps *m,
                 const ew_jacobian_layer *layer, double *scratch)
{
    slong variables = m->map.law->variables, states = (1 + m->tangent) * EW_JETS_OF_PAIR;
    double *x = scratch, *e = x + variables * B, *stack = e + variables * B;
    double *next = stack + 2 * (m->map.program->longest + 2) * B, *off = next + states * B;
    double t[B], distance[B];
    int side[B];
    for (slong i = 0; i < EW_PARAMETERS; i++)
        set(x + i * B, e + i * B, layer->parameter[i]);
    distances(t, distance, side, y, f, layer->variance);
    expectations(x, e, m, layer, t, distance, side);
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        set_covariances(x, e, m, layer, y, f, runs[r].u, runs[r].v);
        for (int tangent = 0; tangent <= m->tangent; tangent++)
            for (int i = 0; i < 3 && runs[r].output[i] >= 0; i++) {
                slong jet = (tangent * EW_JETS_OF_PAIR + runs[r].jet[i]) * B;
                polynomial(next + jet, off + jet, m->map.program,
                           tangent * EW_OUTS + runs[r].output[i], x, e, stack);
            }
    }
    for (slong i = 0; i < states * B; i++) {
        y[i] = next[i];
        f[i] = off[i];
    }
}

/* value - step (1 - cos); along the other point and across, step; else 0. */
static void first_layer(double *y, double *f, const ew_jacobian_maps *m, const double *q,
                        double off, size_t n)
{
    for (int t = 0; t <= m->tangent; t++) {
        double *x = y + t * EW_JETS_OF_PAIR * B, *e = f + t * EW_JETS_OF_PAIR * B;
        ew_near step = m->step[t], value = m->value[t];
        for (int j = 0; j < EW_JETS_OF_PAIR; j++)
            set(x + j * B, e + j * B,
                j == EW_JET_OTHER || j == EW_JET_PERP ? step : (ew_near){0, 0});
        for (size_t i = 0; i < B; i++) {
            double signed_distance = i < n ? q[i] : 0;
            double u = signbit(signed_distance) ? 2 + signed_distance : signed_distance;
            double p = step.x * u;
            x[i] = value.x - p;
            e[i] = (value.error + step.error * 2 + fabs(step.x) * (off + 2 * ULP) +
                    (fabs(p) + fabs(x[i])) * ULP) *
                       SLACK +
                   TINY;
        }
    }
}

void ew_jet_pairs(double *y, double *e, const ew_jacobian_maps *m, const double *q, double off,
                  size_t n, double *scratch)
{
    first_layer(y, e, m, q, off, n);
    for (slong l = 0; l < m->layers; l++)
        step(y, e, m, m->layer + l, scratch);
}
