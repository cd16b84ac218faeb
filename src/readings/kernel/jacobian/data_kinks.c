#include "arith/vector.h"

#include "readings/kernel/jacobian/data_kinks.h"

#include <math.h>

#include "expect/dual/evaluate.h"

#define B EW_JET_BLOCK
#define ULP EW_JET_ULP
#define SLACK EW_JET_SLACK

/* A pair: 1 - |rho| and its error, rho, (1 - rho^2)^(1/2) with its relative error, whether rho
 * is 1 or -1 for certain, and the variances, off by `relative` each. */
typedef struct {
    double t, off, rho, sine, of_sine, ka, kb, relative;
    int exact;
} pair;

/* The sine of 1 - |rho| = t is (t (2 - t))^(1/2): relatively off by off/t at most where off is
 * at most half of t, for then the root of t (2 - t) changes by no more than t does. */
static pair pair_of(double q, double off, double ka, double kb, double relative)
{
    pair p = {.t = fabs(q), .off = off, .ka = ka, .kb = kb, .relative = relative};
    p.exact = p.t == 0 && off == 0;
    p.rho = signbit(q) ? p.t - 1 : 1 - p.t;
    p.sine = sqrt(p.t * (2 - p.t));
    p.of_sine = off <= p.t / 2 && p.t > 0 ? (off / p.t + 4 * ULP) * SLACK : INFINITY;
    return p;
}

/* <s'(u) s'(v)> by the table, which is divided by <s^2>_1; it is affine in the angle. */
static ew_near first(const ew_jacobian_maps *m, const pair *p, double q)
{
    const ew_data_net *net = m->net;
    const ew_piecewise *f = net->dual->f + EW_DUAL_DERIVATIVE + (signbit(q) != 0);
    double c = ew_piecewise_at(f, ew_piecewise_place(f, p->t));
    double slope =
        p->exact || m->kink.x == 0 ? 0 : (m->kink.x + m->kink.error) / p->sine * 2 * p->off;
    double far = (m->kink.x + m->kink.error) * 3.2; /* all angles */
    slope = p->exact || (p->off <= p->t / 2 && slope < far) ? slope : far;
    double x = net->square * c;
    return (ew_near){x, (net->square * f->error + slope + fabs(x) * 4 * ULP) * SLACK};
}

/* With d = (a - b)^2/(2 pi) and S the sine, <s(u) s''(v)> = d S (K_u/K_v)^(1/2), <s'' s''> =
 * d/(S (K_u K_v)^(1/2)) and <s'(u) s'''(v)> = -rho d/(S K_v). */
static ew_near other(const ew_jacobian_maps *m, const pair *p, const int order[2])
{
    const int i = order[0], j = order[1];
    if (m->kink.x == 0) /* linear */
        return (ew_near){0, 0};
    double d = m->kink.x, own = m->kink.error / d + 2 * p->relative + 12 * ULP;
    if (i + j == 2) {
        double ratio = i == 0 ? sqrt(p->ka / p->kb) : sqrt(p->kb / p->ka);
        double x = d * p->sine * ratio, root = sqrt(2 * (p->t + p->off)) * d * ratio;
        double error = p->exact ? 0 : p->of_sine < 1 ? x * (p->of_sine + own) : 2 * root;
        return (ew_near){x, error * SLACK};
    }
    if (p->exact)
        return (ew_near){0, 0};
    if (!(p->of_sine < 0.5))
        return (ew_near){0, INFINITY};
    double x = d / p->sine, error = 2 * p->of_sine + own;
    if (i == 2)
        x /= sqrt(p->ka) * sqrt(p->kb);
    else
        x *= -p->rho / (i == 1 ? p->kb : p->ka);
    double of_rho = d / p->sine / fmin(p->ka, p->kb) * p->off;
    return (ew_near){x, (fabs(x) * error + (i == 2 ? 0 : 2 * of_rho)) * SLACK};
}

void ew_jet_kinks_expect(double *x, double *e, const ew_jacobian_maps *m, const ew_data_rows *a,
                         size_t i, const ew_data_rows *b, size_t j, size_t n, slong l,
                         const double *q, const double *error)
{
    const size_t row = (size_t) (l - 1) * a->n + i, column = (size_t) (l - 1) * b->n + j;
    for (size_t w = 0; w < B; w++) {
        size_t at = column + (w < n ? w : 0);
        double here = w < n ? q[w] : 1, off = w < n ? error[w] : 0;
        pair p = pair_of(here, off, a->k[row], b->k[at], a->error[row] + b->error[at]);
        for (slong k = 0; k < m->atoms; k++) {
            const ew_jet_atom *atom = m->atom + k;
            ew_near y = {0, INFINITY};
            if (atom->order[0] == 1 && atom->order[1] == 1)
                y = first(m, &p, here);
            else if (atom->order[0] + atom->order[1] > 0)
                y = other(m, &p, atom->order);
            else
                y = (ew_near){0, 0}; /* values go with the walk */
            x[atom->variable * B + (slong) w] = atom->factor * y.x;
            e[atom->variable * B + (slong) w] = atom->factor * y.error + EW_JET_TINY;
        }
    }
}
