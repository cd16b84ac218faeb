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

#define CHUNK 128

/* Where the pairs of a chunk are in the layer's table. */
typedef struct {
    double t[CHUNK], w[CHUNK];
    double moved[CHUNK], derivative[CHUNK];
    int64_t piece[CHUNK]; /* times the doubles of a piece; side 1 after side 0 */
} chunk;

EW_INLINE void locate(chunk *c, const double *q, size_t n, const ew_data_layer *layer)
{
    const ew_piecewise *f = layer->dual->f;
    const uint64_t sign = (uint64_t) 1 << 63;
    const int64_t pieces = (int64_t) f->pieces;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = ew_to_bits(q[i]);
        double t = ew_from_bits(bits & ~sign);
        ew_place place = ew_piecewise_place(f, t);
        c->t[i] = t;
        c->w[i] = place.w;
        c->piece[i] = ((int64_t) place.piece + (int64_t) (bits >> 63) * pieces) *
                      (2 * (EW_PIECE_DEGREE + 1));
    }
}

/* t S(t) and <s' s'>. */
EW_INLINE void look_up(chunk *c, size_t n, const double *table)
{
    for (size_t i = 0; i < n; i++) {
        const double *at = table + c->piece[i];
        double w = c->w[i], y = at[2 * EW_PIECE_DEGREE], z = at[2 * EW_PIECE_DEGREE + 1];
        for (int k = EW_PIECE_DEGREE - 1; k >= 0; k--) {
            y = y * w + at[2 * k];
            z = z * w + at[2 * k + 1];
        }
        c->moved[i] = c->t[i] * y;
        c->derivative[i] = z;
    }
}

/* To even s opposite inputs are as equal ones, but not to s': slopes of side 1 are those of
 * side 0 with the other sign. */
EW_INLINE double next_distance(double q, double moved, double start, int even)
{
    double equal = moved < 1 ? moved : 1;
    double opposite = from_sum(start + moved);
    opposite = even ? (-moved < 1 ? -moved : 1) : opposite;
    return ew_to_bits(q) >> 63 ? opposite : equal;
}

static void note_spread(ew_data_spread *s, const chunk *c, const double *before,
                        const double *after, size_t n, double start)
{
    for (size_t i = 0; i < n; i++)
        if (ew_to_bits(before[i]) >> 63) {
            double m = after[i] < 0 ? -after[i] : after[i];
            s->v = larger(s->v, (start + c->moved[i]) / m);
            s->u = larger(s->u, c->t[i] / m);
            s->one = larger(s->one, 1 / m);
        }
}

EW_VECTOR
static uint64_t step(double *restrict after, double *restrict theta, chunk *restrict c,
                     const double *restrict q, size_t n, const ew_data_layer *layer)
{
    const double start = layer->start, theta0 = layer->theta0, theta1 = layer->theta1;
    const int even = layer->even;
    uint64_t signs = 0;
    locate(c, q, n, layer);
    look_up(c, n, layer->table);
    for (size_t i = 0; i < n; i++) {
        signs |= ew_to_bits(q[i]);
        after[i] = next_distance(q[i], c->moved[i], start, even);
    }
    for (size_t i = 0; theta && i < n; i++)
        theta[i] = theta0 + theta1 * correlation(after[i]) + c->derivative[i] * theta[i];
    return signs >> 63;
}

void ew_data_apply(double *q, double *theta, size_t n, const ew_data_layer *layer,
                   ew_data_spread *spread)
{
    chunk c;
    double after[CHUNK];
    *spread = (ew_data_spread){0, 0, 0};
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t m = n - i < CHUNK ? n - i : CHUNK;
        if (step(after, theta ? theta + i : NULL, &c, q + i, m, layer) && !layer->even)
            note_spread(spread, &c, q + i, after, m, layer->start);
        memcpy(q + i, after, m * sizeof *q);
    }
}

EW_VECTOR
void ew_data_covariance(double *q, size_t n, double variance)
{
    for (size_t i = 0; i < n; i++)
        q[i] = variance * correlation(q[i]);
}
