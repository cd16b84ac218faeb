#include "arith/vector.h"

#include "readings/kernel/data/pairs.h"

#include <math.h>
#include <string.h>

#include "arith/elementary.h"
#include "expect/dual/evaluate.h"

#define UNIT 0x1p-53
#define SLACK (1 + 0x1p-16)
#define W EW_STRIP
#define FAR 0.125    /* distances at which sums over k are added up as they stand */
#define LEFT 0x1p-57 /* what may be left out of such a sum */

/* Sums over one class, p_i = a_i b_i and x = rho^2:
 *     all = sum p_i, rest = sum p_i (1 - x^i)/(1 - x), slope = sum over i >= 1 of k p_i
 * x^(i-1), gap = sum (a_i - b_i)^2, value = sum p_i x^i. With rho = +-(1 - t) and k = 2 i +
 * class, (1 - |rho|^k)/t is (1 + |rho|) (1 - x^i)/(1 - x) for even k, and 1 + |rho| (1 + |rho|)
 * (1 - x^i)/(1 - x) for odd ones. */
typedef struct {
    double all[W], rest[W], slope[W], gap[W], value[W], zeroth[W];
} sums;

EW_INLINE void near_sums(sums *s, const double *x, const double *a, const double *b, size_t n,
                         double class)
{
    double all[W] = {0}, rest[W] = {0}, slope[W] = {0}, gap[W] = {0}, y[W];
    for (size_t w = 0; w < W; w++)
        y[w] = x[w];
    for (size_t i = n - 1; i > 0; i--) {
        double k = (double) (2 * i) + class, c = a[i];
        for (size_t w = 0; w < W; w++) {
            double d = b[i * W + w], p = c * d;
            rest[w] = rest[w] * y[w] + all[w];
            all[w] += p;
            slope[w] = slope[w] * y[w] + k * p;
            d = c - d;
            gap[w] += d * d;
        }
    }
    for (size_t w = 0; w < W; w++) {
        double p = a[0] * b[w], d = a[0] - b[w];
        s->rest[w] = rest[w] * y[w] + all[w];
        s->all[w] = all[w] + p;
        s->slope[w] = slope[w];
        s->gap[w] = gap[w] + d * d;
        s->zeroth[w] = p;
    }
}

EW_INLINE void far_sums(sums *s, const double *x, const double *a, const double *b, size_t n,
                        double class)
{
    double value[W] = {0}, slope[W] = {0}, y[W];
    for (size_t w = 0; w < W; w++)
        y[w] = x[w];
    for (size_t i = n - 1; i > 0; i--) {
        double k = (double) (2 * i) + class, c = a[i];
        for (size_t w = 0; w < W; w++) {
            double p = c * b[i * W + w];
            value[w] = value[w] * y[w] + p;
            slope[w] = slope[w] * y[w] + k * p;
        }
    }
    for (size_t w = 0; w < W; w++) {
        double p = a[0] * b[w];
        s->value[w] = value[w] * y[w] + p;
        s->slope[w] = slope[w];
        s->zeroth[w] = p;
    }
}

/* A strip of pairs on their way through a layer. */
typedef struct {
    double t[W], size[W], sign[W], x[W]; /* 1 - |rho|, |rho|, its sign, rho^2 */
    double after[W], minus[W];           /* 1 - |rho'|; 1 where rho' is negative, else 0 */
    double slope[W], own[W];             /* c'(rho); the error of this step */
    double steepest[W], off[W];          /* what errors of rho are multiplied by; error of c' */
} strip;

EW_INLINE void open_strip(strip *s, const double *q)
{
    const uint64_t bit = (uint64_t) 1 << 63;
    for (size_t w = 0; w < W; w++) {
        uint64_t bits = ew_to_bits(q[w]);
        s->t[w] = ew_from_bits(bits & ~bit);
        s->sign[w] = bits >> 63 ? -1.0 : 1.0;
        s->size[w] = 1 - s->t[w];
        s->x[w] = s->size[w] * s->size[w];
    }
}

EW_INLINE double at_least(double x, double least)
{
    return x > least ? x : least;
}

/* What lies beyond all coefficients of kinked s adds to: the rest and the slope of both
 * classes, as they are added up in the end; twice the gap, and a bound of its rounding; the
 * products of even classes less those of odd ones. */
typedef struct {
    double rest[W], slope[W], gap[W], noise[W], all[W];
} beyond;

/* The products of orders i + j = p for all p that are tabulated, q[p], and the gap. */
EW_INLINE void multiply(double (*q)[W], beyond *y, const double *one, slong orders,
                        const double *a, double (*b)[EW_DATA_TILE], size_t column)
{
    double d[EW_TAIL_ORDERS][W], size[W] = {0};
    for (slong i = 0; i < orders; i++)
        for (size_t w = 0; w < W; w++) {
            d[i][w] = a[i] - b[i][column + w];
            size[w] += d[i][w] < 0 ? -d[i][w] : d[i][w];
        }
    for (size_t w = 0; w < W; w++)
        y->noise[w] += size[w] * size[w] * one[0];
    for (slong p = 0; p < orders; p++) {
        double sum[W] = {0};
        for (slong i = 0; i <= p; i++)
            for (size_t w = 0; w < W; w++)
                sum[w] += a[i] * b[p - i][column + w];
        for (size_t w = 0; w < W; w++)
            q[p][w] = sum[w];
    }
    for (slong i = 0; i < orders; i++) {
        double sum[W] = {0};
        for (slong j = 0; j < orders; j++)
            for (size_t w = 0; w < W; w++)
                sum[w] += d[j][w] * one[i + j];
        for (size_t w = 0; w < W; w++)
            y->gap[w] += d[i][w] * sum[w];
    }
}

/* rest and slope of `n` functions: the polynomials of each pair's piece are added up first. */
EW_INLINE void look_beyond(beyond *y, const strip *s, const ew_dual_tail *d, double (*q)[W],
                           size_t n)
{
    enum { HALF = EW_PIECE_DEGREE + 1 };
    double c[EW_TAIL_EACH][W], at[W];
    for (size_t w = 0; w < W; w++) {
        double sum[EW_TAIL_EACH] = {0};
        ew_place x = ew_piecewise_place(&d->place, s->t[w]);
        const double *from = d->table + x.piece * n * EW_TAIL_EACH;
        for (size_t f = 0; f < n; f++)
            for (size_t k = 0; k < EW_TAIL_EACH; k++)
                sum[k] += q[f][w] * from[f * EW_TAIL_EACH + k];
        for (size_t k = 0; k < EW_TAIL_EACH; k++)
            c[k][w] = sum[k];
        at[w] = x.piece ? x.w : sqrt(s->t[w] * (double) (1 << EW_TAIL_OCTAVES));
    }
    for (size_t w = 0; w < W; w++) {
        y->rest[w] = c[HALF - 1][w];
        y->slope[w] = c[EW_TAIL_EACH - 1][w];
    }
    for (size_t k = HALF - 1; k-- > 0;)
        for (size_t w = 0; w < W; w++) {
            y->rest[w] = y->rest[w] * at[w] + c[k][w];
            y->slope[w] = y->slope[w] * at[w] + c[HALF + k][w];
        }
}

/* With the signs of odd classes: that of rho, unless parity leaves one class. */
EW_INLINE void sum_beyond(beyond *y, const strip *s, const ew_data_layer_pair *l,
                          const ew_data_block *rows, size_t row, const ew_data_block *columns,
                          size_t column)
{
    const ew_dual_tail *d = l->beyond;
    double q[2 * EW_TAIL_ORDERS][W], a[EW_TAIL_ORDERS];
    size_t n = 0;
    memset(y, 0, sizeof *y);
    for (int c = 0; c < 2; c++) {
        if (!d->row[c])
            continue;
        for (slong p = 0; p < d->orders; p++)
            a[p] = rows->beyond[c][p][row];
        multiply(q + n, y, d->one[c], d->orders, a, columns->beyond[c], column);
        for (slong p = 0; p < d->orders; p++, n++)
            for (size_t w = 0; w < W; w++) {
                y->all[w] += (c ? -q[n][w] : q[n][w]) * d->one[c][p];
                q[n][w] *= c && !(l->even || l->odd) ? s->sign[w] : 1;
            }
    }
    look_beyond(y, s, d, q, n);
    for (size_t w = 0; w < W; w++)
        y->slope[w] *= l->odd ? 1 : s->sign[w];
}

/* From the sums to 1 - rho' = gap/2 + t rest; where an odd part changes its sign, 1 - all + t
 * rest.  See doc/rigour.md for the errors. */
EW_INLINE void close_near(strip *s, const sums *e, const sums *o, const beyond *y,
                          const ew_data_layer_pair *l, const double *bias, double row_bias,
                          double terms)
{
    const double u = UNIT, per_t = l->off_slope + l->rest_slope + l->tail +
                                   u * (10 * l->slope + 2 * l->bend + 4);
    const double plain = (l->off * l->off + l->rest * l->rest) / 2 + l->tail;
    const double count = (2 * terms + 16) * u, absolute = u * (16 + 2 * l->slope);
    const double turned = absolute + l->off + l->rest_products;
    const int even = l->even, odd = l->odd;
    for (size_t w = 0; w < W; w++) {
        double r = s->size[w], both = row_bias * bias[w], d = row_bias - bias[w];
        double rest_e = (1 + r) * e->rest[w], rest_o = o->all[w] + r * (1 + r) * o->rest[w];
        double slope_e = r * e->slope[w], slope_o = o->zeroth[w] + s->x[w] * o->slope[w];
        double gap = (e->gap[w] + o->gap[w] + d * d + y->gap[w]) / 2;
        double sign = even || odd ? 1 : s->sign[w];
        double other = 1 - (e->all[w] + both - o->all[w] + y->all[w]);
        double base = sign > 0 ? gap : other;
        double v = base + s->t[w] * (rest_e + sign * rest_o + y->rest[w]);
        double minus = v > 1 ? 1.0 : 0.0, noise = 64 * u * y->noise[w];
        double inexact = sign < 0 ? turned : v > 1 ? absolute : 0;
        double missed = at_least(y->gap[w], 0) + noise;
        s->after[w] = at_least(v > 1 ? 2 - v : v, 0);
        s->minus[w] = odd && s->sign[w] < 0 ? 1 - minus : minus;
        s->slope[w] = slope_o + (odd ? 1 : s->sign[w]) * slope_e + y->slope[w];
        s->own[w] = l->off * sqrt(2 * (at_least(base, 0) + inexact)) + plain + inexact +
                    l->rest * sqrt(missed) + noise + s->t[w] * per_t + count * gap +
                    8 * u * at_least(v, 0);
    }
}

EW_INLINE void close_far(strip *s, const sums *e, const sums *o, const ew_data_layer_pair *l,
                         const double *bias, double row_bias)
{
    const double own = l->off + l->off * l->off + l->tail + UNIT * (16 + 3 * l->slope);
    for (size_t w = 0; w < W; w++) {
        double r = s->size[w], rho = s->sign[w] * r;
        double c = (e->value[w] + row_bias * bias[w]) + rho * o->value[w];
        double size = c < 0 ? -c : c;
        s->after[w] = at_least(1 - size, 0);
        s->minus[w] = c < 0 ? 1.0 : 0.0;
        s->slope[w] = o->zeroth[w] + s->x[w] * o->slope[w] + s->sign[w] * (r * e->slope[w]);
        s->own[w] = own;
    }
}

/* Both functions of a dual, of signed distances; where s has a parity, of the distance. */
EW_INLINE void look_up(double *rest, double *slope, const strip *s, const ew_data_layer_pair *l)
{
    for (size_t w = 0; w < W; w++) {
        int side = s->sign[w] < 0 && !(l->even || l->odd);
        const ew_piecewise *f = l->dual->f + side;
        ew_place at = ew_piecewise_place(f, s->t[w]);
        rest[w] = ew_piecewise_at(f + EW_DUAL_SLOPE, at);
        slope[w] = ew_piecewise_at(f + EW_DUAL_DERIVATIVE, at);
    }
}

/* Homogeneous s: rho' = b b' + g g' c(rho), c and c' at most 1.  c' is affine in the angle, by
 * at most 2/pi, and arccos(1 - t) varies over a distance e by at most pi (e/2)^(1/2), and by at
 * most (2/t)^(1/2) e where e <= t/2. */
EW_INLINE void close_dual(strip *s, const ew_data_layer_pair *l, const double *error,
                          const double *scale, double row_scale, const double *bias,
                          double row_bias)
{
    const double u = UNIT, opposite = l->dual->opposite;
    const double off = l->off + l->off * l->off;
    double rest[W], slope[W];
    look_up(rest, slope, s, l);
    for (size_t w = 0; w < W; w++) {
        double both = row_bias * bias[w], g = row_scale * scale[w], e = error[w], t = s->t[w];
        double b = row_bias - bias[w], d = row_scale - scale[w], moved = t * rest[w];
        int absolute = s->sign[w] < 0 && !(l->even || l->odd);
        double base = absolute ? 1 - (both + g * opposite) : (b * b + d * d) / 2;
        double v = absolute ? base - g * moved : base + g * moved;
        double minus = v > 1 ? 1.0 : 0.0, inexact = absolute || v > 1 ? 16 * u : 0;
        double wander = e > t / 2 ? 1.5 * sqrt(e) : e * sqrt(1 / at_least(t, 0x1p-1000));
        s->after[w] = at_least(v > 1 ? 2 - v : v, 0);
        s->minus[w] = l->odd && s->sign[w] < 0 ? 1 - minus : minus;
        s->slope[w] = g * slope[w] * (l->even ? s->sign[w] : 1);
        s->own[w] = l->off * sqrt(2 * (at_least(base, 0) + inexact)) + off * off / 2 + inexact +
                    t * (off + l->slope) + 8 * u * at_least(v, 0);
        s->own[w] += absolute ? off : 0;
        s->steepest[w] = g * (1 + 4 * u) + off;
        s->off[w] = off + l->bend + wander;
    }
}

/* How much c' varies where rho does by up to e: doc/rigour.md. */
EW_INLINE double wander(const ew_data_layer_pair *l, double t, double e)
{
    if (l->jump[0] == 0 && l->jump[1] == 0)
        return e * (l->curvature[0] * l->curvature[1]);
    double m = at_least(at_least(t / 2, e), 0x1p-1000), root = sqrt(m), x = sqrt(root);
    return e * ((l->jump[0] + l->curvature[0] * x) * (l->jump[1] + l->curvature[1] * x)) / root;
}

/* `own`: what the sums for c' are off by. */
EW_INLINE void set_slopes(strip *s, const ew_data_layer_pair *l, const double *error,
                          double more)
{
    const double own = l->off_slope + more + 2 * l->tail + UNIT * (12 * l->slope + 4 * l->bend);
    for (size_t w = 0; w < W; w++) {
        double d = s->slope[w] < 0 ? -s->slope[w] : s->slope[w];
        s->off[w] = own + wander(l, s->t[w], error[w]);
        s->steepest[w] = d + s->off[w];
    }
}

/* Pairs of points that are exactly equal or opposite stay so; all others get their errors. */
EW_INLINE void update(double *q, double *error, double *theta, double *theta_error,
                      const strip *s, const ew_data_layer_pair *l, size_t row,
                      const ew_data_block *rows, const double *k, const double *root,
                      const double *growth)
{
    const double u = UNIT;
    const ew_data_step *f = l->step;
    const double known = rows->k[row], size = rows->root[row], grown = rows->growth[row];
    const int keeps = l->even || l->odd;
    for (size_t w = 0; w < W; w++) {
        double d = s->slope[w] < 0 ? -s->slope[w] : s->slope[w], e = error[w];
        int exact = s->t[w] == 0 && e == 0 && k[w] == known && (keeps || s->sign[w] > 0);
        double next = s->steepest[w] * e + s->own[w];
        double after = exact ? 0 : s->after[w];
        next = exact ? 0 : next * SLACK;
        if (theta) {
            double rho = s->minus[w] > 0 ? after - 1 : 1 - after;
            double both = size * root[w], g = f->factor * (grown * growth[w]);
            double linear = f->theta1 * both * rho, carried = g * s->slope[w] * theta[w];
            double old = theta[w] < 0 ? -theta[w] : theta[w];
            double of_linear = f->theta1 < 0 ? -f->theta1 : f->theta1;
            double of_carried = carried < 0 ? -carried : carried;
            double off = s->off[w];
            of_linear *= both;
            theta_error[w] =
                (g * ((d + off) * theta_error[w] + old * off) * (1 + l->growth_error) +
                 of_carried * (l->growth_error + 8 * u) +
                 of_linear * (next + l->root_error + 8 * u) + 2 * f->theta_error) *
                SLACK;
            theta[w] = f->theta0 + linear + carried;
        }
        error[w] = next;
        q[w] = s->minus[w] > 0 ? -after : after;
    }
}

/* How many coefficients of each class do for distances of `least` and more. */
static size_t far_terms(const ew_data_layer_pair *l, double least)
{
    double rho = 1 - least, step = rho, power = 1;
    for (int i = 0; i < 5; i++)
        step *= step;
    power = 1 / (rho * rho + 0x1p-100);
    slong j = 0;
    while (j < l->stop && !(j > 0 && power * l->tails[j] <= LEFT)) {
        power *= step;
        j++;
    }
    return (size_t) j * (EW_SPECTRUM_STEP / 2);
}

static double least_of(const strip *s)
{
    double least = 1;
    for (size_t w = 0; w < W; w++)
        least = s->t[w] < least ? s->t[w] : least;
    return least;
}

EW_VECTOR
static void step(ew_data_pairs *p, size_t at, const ew_data_layer_pair *l, int first,
                 const ew_data_block *rows, size_t row, double *const *a,
                 const ew_data_block *columns, size_t column)
{
    strip s;
    sums e, o;
    const size_t terms = (size_t) columns->terms, begin = column * terms;
    open_strip(&s, p->q + at);
    double least = least_of(&s), beyond_slope = 0;
    memset(&e, 0, sizeof e);
    memset(&o, 0, sizeof o);
    if (l->dual) {
        close_dual(&s, l, p->error + at, columns->coef[1] + begin, a[1][0],
                   columns->bias + column, rows->bias[row]);
    } else if (least < FAR || first) {
        beyond y;
        memset(&y, 0, sizeof y);
        if (l->beyond)
            sum_beyond(&y, &s, l, rows, row, columns, column);
        beyond_slope = l->rest_slope;
        if (l->has[0])
            near_sums(&e, s.x, a[0], columns->coef[0] + begin, terms, 0);
        if (l->has[1])
            near_sums(&o, s.x, a[1], columns->coef[1] + begin, terms, 1);
        close_near(&s, &e, &o, &y, l, columns->bias + column, rows->bias[row], (double) terms);
    } else {
        size_t n = far_terms(l, least);
        if (l->has[0])
            far_sums(&e, s.x, a[0], columns->coef[0] + begin, n, 0);
        if (l->has[1])
            far_sums(&o, s.x, a[1], columns->coef[1] + begin, n, 1);
        close_far(&s, &e, &o, l, columns->bias + column, rows->bias[row]);
    }
    if (!l->dual)
        set_slopes(&s, l, p->error + at, beyond_slope);
    update(p->q + at, p->error + at, p->theta ? p->theta + at : NULL,
           p->theta ? p->theta_error + at : NULL, &s, l, row, rows, columns->k + column,
           columns->root + column, columns->growth + column);
}

/* A row's coefficients one after another. */
static void gather(double *to, const double *from, size_t terms, size_t row)
{
    from += row / W * terms * W + row % W;
    for (size_t i = 0; i < terms; i++)
        to[i] = from[i * W];
}

void ew_data_pairs_step(ew_data_pairs *pairs, const ew_data_layer_pair *layer, int first,
                        const ew_data_block *rows, const ew_data_block *columns)
{
    double even[EW_SPECTRUM_MOST / 2], odd[EW_SPECTRUM_MOST / 2], *const a[2] = {even, odd};
    for (size_t i = 0; i < rows->size; i++) {
        for (int class = 0; class < 2; class ++)
            if (layer->has[class])
                gather(a[class], rows->coef[class], (size_t) rows->terms, i);
        for (size_t j = 0; j < columns->size; j += W)
            step(pairs, i * EW_DATA_TILE + j, layer, first, rows, i, a, columns, j);
    }
}
