#include "readings/kernel/data/error.h"

#include <math.h>

#include "expect/dual/evaluate.h"

#define ROUNDING 0x1p-51 /* two units or fewer of the last place */
/* Relative errors beyond this are not followed.  Below it, SLACK covers what the bounds leave
 * out: products of two errors, distances that are known with their own error, and the rounding
 * of the bounds themselves. */
#define SMALL 0x1p-20
#define SLACK (1 + 0x1p-18)

static double at(const ew_piecewise *f, double t)
{
    return ew_piecewise_at(f, ew_piecewise_place(f, t));
}

/* |c'(1 - t) - c'(1 - t - d)| is largest at t = 0, c' being convex; side 1 does not vary more.
 */
static double derivative_change(const ew_piecewise *f, double d)
{
    return d > 0 ? fabs(at(f, 0) - at(f, fmin(d, 1))) + 2 * f->error : 0;
}

/* New relative error of what was on side 1. */
static double opposite_side(const ew_data_error *e, const ew_data_layer *l,
                            const ew_data_spread *spread)
{
    const ew_piecewise *slope = l->dual->f + EW_DUAL_SLOPE + 1;
    if (l->odd)
        return (e->relative + slope->relative + ROUNDING) * spread->v;
    return (l->steepest * e->relative + slope->error) * spread->u +
           (l->steepest * e->absolute + 4 * ROUNDING) * spread->one;
}

static double theta_step(const ew_data_error *e, const ew_data_error *next,
                         const ew_data_layer *l, double theta)
{
    const ew_piecewise *d = l->dual->f + EW_DUAL_DERIVATIVE;
    double error = fmax(d[0].error, d[1].error);
    double carried = error + e->relative * d[0].most + derivative_change(d, e->absolute);
    double rounding = ROUNDING * (fabs(l->theta0) + fabs(l->theta1) + 2 * d[0].most * theta);
    return d[0].most * e->theta + (theta + e->theta) * carried +
           fabs(l->theta1) * (next->relative + next->absolute) + rounding;
}

void ew_data_error_step(ew_data_error *e, const ew_data_maps *maps, slong layer,
                        const ew_data_spread *spread)
{
    const ew_data_layer *l = maps->layer + layer - 1;
    const ew_piecewise *slope = l->dual->f + EW_DUAL_SLOPE;
    double theta = layer == 1 ? fabs(maps->theta0) + fabs(maps->theta1) : l[-1].theta;
    ew_data_error next;
    double own = l->even ? fmax(slope[0].relative, slope[1].relative) : slope[0].relative;
    next.relative = e->relative + own + ROUNDING;
    if (!l->even && spread->one > 0)
        next.relative = fmax(next.relative, opposite_side(e, l, spread));
    next.relative *= SLACK;
    int mixed =
        !l->even && !l->odd && spread->one > 0; /* absolute errors become relative ones */
    if (!(next.relative <= SMALL) || (mixed && !(e->absolute * spread->one <= SMALL)))
        next.relative = INFINITY;
    next.absolute = e->absolute * slope->most * SLACK;
    next.theta = maps->tangent ? theta_step(e, &next, l, theta) * SLACK : 0;
    *e = next;
}

double ew_data_error_covariance(const ew_data_error *e, const ew_data_maps *maps, slong layer)
{
    double variance = layer == 0 ? maps->variance : maps->layer[layer - 1].variance;
    return variance * (e->relative + e->absolute + 2 * ROUNDING) * SLACK;
}
