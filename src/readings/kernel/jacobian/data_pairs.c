/* The jets of blocks of pairs, layer by layer, with a running bound of their errors: every
 * operation on doubles carries what its operands may be off by and its own rounding.  Errors
 * are sums and products of numbers that are not negative; SLACK covers their own roundings,
 * TINY what underflows. */
#include "arith/vector.h"

#include <math.h>

#include "expect/dual/evaluate.h"
#include "readings/kernel/jacobian/data_step.h"

#define B EW_JET_BLOCK
#define ULP EW_JET_ULP
#define SLACK EW_JET_SLACK
#define TINY EW_JET_TINY

/* Formal directions: along the point itself, the other point, or neither. */
enum { OWN, OTHER, PERP };

double *ew_jet_errors(double *scratch, const ew_jacobian_maps *m)
{
    return scratch + m->map.law->variables * B;
}

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
    if (u == v)
        return u == OWN ? EW_JET_OO : EW_JET_NN;
    return u == OWN ? EW_JET_ON : EW_JET_NO;
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
        return v == OWN ? EW_JET_OWN_B : v == OTHER ? EW_JET_OTHER : -1;
    return -1;
}

static void copy(double *restrict x, double *restrict e, const double *restrict y,
                 const double *restrict f)
{
    for (int k = 0; k < B; k++) {
        x[k] = y[k];
        e[k] = f[k];
    }
}

static void set_covariances(double *x, double *e, const ew_jacobian_maps *m, const double *own,
                            const double *y, const double *f, int u, int v)
{
    for (slong i = 0; i < m->map.covs; i++) {
        const ew_slot_variable *c = m->map.cov + i;
        slong jet = jet_of(c, u, v), at = c->variable * B;
        if (jet >= 0) {
            jet += c->tangent * EW_JETS_OF_PAIR;
            copy(x + at, e + at, y + jet * B, f + jet * B);
            continue;
        }
        if (c->slot[0] == EW_SLOT_A && c->slot[1] == EW_SLOT_AU && u == OWN)
            copy(x + at, e + at, own, own + B);
        else if (c->slot[0] == EW_SLOT_B && c->slot[1] == EW_SLOT_BV && v == OWN)
            copy(x + at, e + at, own + 2 * B, own + 3 * B);
        else
            set(x + at, e + at, (ew_near){0, 0});
    }
}

/* What is read off for each pair of formal directions. */
enum { ALWAYS, ONE_LENGTH, ANY_LENGTHS };
static const struct {
    int u, v, output, jet, when;
} runs[] = {
    {OWN, OWN, EW_OUT_AB, EW_JET_VALUE, ONE_LENGTH},
    {OWN, OWN, EW_OUT_AU_B, EW_JET_OWN, ALWAYS},
    {OWN, OWN, EW_OUT_A_BV, EW_JET_OWN_B, ANY_LENGTHS},
    {OWN, OWN, EW_OUT_AU_BV, EW_JET_OO, ALWAYS},
    {OWN, OTHER, EW_OUT_A_BV, EW_JET_OTHER, ALWAYS},
    {OWN, OTHER, EW_OUT_AU_BV, EW_JET_ON, ALWAYS},
    {OTHER, OWN, EW_OUT_AU_BV, EW_JET_NO, ANY_LENGTHS},
    {OTHER, OTHER, EW_OUT_AU_BV, EW_JET_NN, ALWAYS},
    {PERP, PERP, EW_OUT_AU_BV, EW_JET_PERP, ALWAYS},
};

/* Points of one length: what is of either point is of both. */
static void mirror(double *y, double *f)
{
    copy(y + EW_JET_OWN_B * B, f + EW_JET_OWN_B * B, y + EW_JET_OWN * B, f + EW_JET_OWN * B);
    copy(y + EW_JET_NO * B, f + EW_JET_NO * B, y + EW_JET_ON * B, f + EW_JET_ON * B);
}

void ew_jet_step(double *y, double *f, const ew_jacobian_maps *m,
                 const ew_jacobian_layer *layer, const double *own, double *scratch)
{
    const int other = m->net ? ONE_LENGTH : ANY_LENGTHS;
    slong states = (1 + m->tangent) * EW_JETS_OF_PAIR;
    double *x = scratch, *e = ew_jet_errors(scratch, m), *stack = e + (e - x);
    double *next = stack + 2 * (m->map.program->longest + 2) * B, *off = next + states * B;
    int u = -1, v = -1;
    for (slong i = 0; i < EW_PARAMETERS; i++)
        set(x + i * B, e + i * B, layer->parameter[i]);
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        if (runs[r].when == other)
            continue;
        if (runs[r].u != u || runs[r].v != v)
            set_covariances(x, e, m, own, y, f, runs[r].u, runs[r].v);
        u = runs[r].u;
        v = runs[r].v;
        for (int tangent = 0; tangent <= m->tangent; tangent++) {
            slong jet = (tangent * EW_JETS_OF_PAIR + runs[r].jet) * B;
            polynomial(next + jet, off + jet, m->map.program,
                       tangent * EW_OUTS + runs[r].output, x, e, stack);
        }
    }
    for (slong i = 0; i < states; i++)
        if (!m->net || i % EW_JETS_OF_PAIR != EW_JET_VALUE)
            copy(y + i * B, f + i * B, next + i * B, off + i * B);
    for (int tangent = 0; !m->net && tangent <= m->tangent; tangent++)
        mirror(y + tangent * EW_JETS_OF_PAIR * B, f + tangent * EW_JETS_OF_PAIR * B);
}

/* ---- points of one length ---------------------------------------------------------------- */

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

static void step(double *y, double *f, const ew_jacobian_maps *m,
                 const ew_jacobian_layer *layer, double *scratch)
{
    double t[B], distance[B], own[4 * B];
    int side[B];
    for (int i = 0; i < 2; i++)
        set(own + 2 * i * B, own + (2 * i + 1) * B, layer->own);
    distances(t, distance, side, y, f, layer->variance);
    expectations(scratch, ew_jet_errors(scratch, m), m, layer, t, distance, side);
    ew_jet_step(y, f, m, layer, own, scratch);
}

void ew_jet_pairs(double *y, double *e, const ew_jacobian_maps *m, const double *q, double off,
                  size_t n, double *scratch)
{
    first_layer(y, e, m, q, off, n);
    for (slong l = 0; l < m->layers; l++)
        step(y, e, m, m->layer + l, scratch);
}
