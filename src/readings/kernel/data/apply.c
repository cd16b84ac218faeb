#include "arith/vector.h"

#include "readings/kernel/data/apply.h"

#include "expect/dual/evaluate.h"

EW_INLINE double larger(double x, double y)
{
    return x > y ? x : y;
}

/* The signed distance from v = 1 + rho; not below 0, nor v above 2. */
EW_INLINE double from_sum(double v)
{
    double w = 2 - v;
    return v < 1 ? -larger(v, 0) : larger(w, 0);
}

EW_INLINE double correlation(double q)
{
    return ew_to_bits(q) >> 63 ? -1 - q : 1 - q;
}

EW_VECTOR
void ew_data_apply(double *q, double *theta, size_t n, const ew_data_layer *layer,
                   ew_data_spread *spread)
{
    const ew_piecewise *f = layer->dual->f;
    const uint64_t sign = (uint64_t) 1 << 63;
    const int folded = layer->even; /* opposite inputs are as equal ones to even s, not to s' */
    const double start = layer->start, theta0 = layer->theta0, theta1 = layer->theta1;
    double most_v = 0, most_u = 0, most_one = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = ew_to_bits(q[i]);
        double t = ew_from_bits(bits & ~sign);
        ew_place place = ew_piecewise_place(f, t);
        const int side = (int) (bits >> 63), opposite = side & !folded;
        double moved = t * ew_piecewise_at(f + EW_DUAL_SLOPE + opposite, place);
        double v = start + moved;
        double next = opposite ? from_sum(v) : (moved < 1 ? moved : 1);
        if (theta)
            theta[i] = theta0 + theta1 * correlation(next) +
                       ew_piecewise_at(f + EW_DUAL_DERIVATIVE + side, place) * theta[i];
        double m = next < 0 ? -next : next;
        most_v = opposite ? larger(most_v, v / m) : most_v;
        most_u = opposite ? larger(most_u, t / m) : most_u;
        most_one = opposite ? larger(most_one, 1 / m) : most_one;
        q[i] = next;
    }
    *spread = (ew_data_spread){most_v, most_u, most_one};
}

EW_VECTOR
void ew_data_covariance(double *q, size_t n, double variance)
{
    for (size_t i = 0; i < n; i++)
        q[i] = variance * correlation(q[i]);
}
