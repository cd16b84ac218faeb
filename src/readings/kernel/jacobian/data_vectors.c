#include "arith/vector.h"

#include "readings/kernel/jacobian/data_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/elementary.h"

#define B EW_JET_BLOCK
#define W 16 /* pairs at a time */
#define STEP EW_SPECTRUM_STEP
#define MOST EW_SPECTRUM_MOST
#define ULP EW_JET_ULP
#define SLACK EW_JET_SLACK
#define LEFT 0x1p-48 /* products of tails that do not matter, against those of norms */

/* ---- vectors ------------------------------------------------------------------------------
 */

ew_status ew_jet_vectors_init(ew_jet_vectors *v, slong orders, ew_context *ctx)
{
    memset(v, 0, sizeof *v);
    v->orders = orders;
    v->root = ew_alloc((size_t) (orders * MOST) * sizeof *v->root, ctx);
    v->tail = ew_alloc((size_t) (orders * EW_JET_TAILS * B) * sizeof *v->tail, ctx);
    for (slong i = 0; v->root && i < orders; i++)
        for (slong k = 0; k < MOST; k++) {
            double product = 1; /* exact: below 2^53 */
            for (slong f = 1; f <= i; f++)
                product *= (double) (k + f);
            v->root[i * MOST + k] = sqrt(product);
        }
    return v->root && v->tail ? EW_OK : EW_MEMORY;
}

void ew_jet_vectors_clear(ew_jet_vectors *v)
{
    free(v->root);
    free(v->tail);
    free(v->coef);
}

/* Bounds of point `at`, whose ln K is off by `error`; r[i] is K^(-i/2).  A^(i) moves with ln K
 * as the curve does, and by -i/2 of itself; `grow` takes K^(-i/2) to the true K. */
static void set_bounds(ew_jet_vectors *v, size_t at, const ew_spectrum_piece *p, double error,
                       const double *r)
{
    const slong steps = p->n / STEP;
    v->cut[at] = steps - 1; /* coefficients up to k + orders are there */
    for (slong i = 0; i < v->orders; i++) {
        const ew_spectrum_order *o = p->order + i;
        double part = (double) i * error, grow = r[i] * (1 + part) * SLACK;
        double norm = o->norm * grow, next = p->order[i + 1].norm * grow;
        v->norm[i][at] = norm * SLACK;
        v->slope[i][at] = next * SLACK;
        v->wide[i][at] = sqrt(norm * norm + next * next) * SLACK;
        v->off[i][at] =
            ((o->own + o->move * error) * grow + norm * (part / 2 + 16 * ULP)) * SLACK;
        for (slong j = 0; j < EW_JET_TAILS; j++)
            v->tail[(i * EW_JET_TAILS + j) * B + (slong) at] =
                (o->tail[j < steps ? j : steps] + o->move * error) * grow;
    }
}

/* The least number of steps after which products of tails do not matter, at any point. */
static slong enough(const ew_jet_vectors *v)
{
    slong most = 1;
    for (size_t at = 0; at < v->size; at++)
        for (slong i = 0; i < v->orders; i++) {
            const double *tail = v->tail + i * EW_JET_TAILS * B + at;
            while (most < v->cut[at] && !(tail[most * B] <= sqrt(LEFT) * v->norm[i][at]))
                most++;
        }
    return most;
}

static ew_status make_room(ew_jet_vectors *v, ew_context *ctx)
{
    slong need = v->orders * v->terms * B;
    if (need > v->room) {
        free(v->coef);
        v->room = 0;
        v->coef = ew_alloc((size_t) need * sizeof *v->coef, ctx);
        if (!v->coef)
            return EW_MEMORY;
        v->room = need;
    }
    memset(v->coef, 0, (size_t) need * sizeof *v->coef);
    return EW_OK;
}

/* y[0..n) = the polynomials of a class, c[degree][count]. */
EW_VECTOR
static void evaluate(double *restrict y, const double *c, size_t count, size_t n, double w)
{
    const double *top = c + EW_SPECTRUM_DEGREE * count;
    for (size_t i = 0; i < n; i++)
        y[i] = top[i];
    for (int j = EW_SPECTRUM_DEGREE - 1; j >= 0; j--)
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] * w + c[(size_t) j * count + i];
}

static void fill_point(ew_jet_vectors *v, size_t at, const ew_spectrum_piece *p, double w,
                       const double *r)
{
    double a[MOST] = {0}, y[MOST / 2];
    const slong terms = FLINT_MIN(v->terms, v->cut[at] * STEP);
    for (int class = 0; class < 2; class ++) {
        size_t count = (size_t) p->count[class];
        size_t n = FLINT_MIN(count, (size_t) (terms + STEP) / 2);
        if (n == 0)
            continue;
        evaluate(y, p->coef[class], count, n, w);
        for (size_t j = 0; j < n; j++)
            a[2 * j + (size_t) class] = y[j];
    }
    for (slong i = 0; i < v->orders; i++)
        for (slong k = 0; k < terms; k++)
            v->coef[(i * v->terms + k) * B + (slong) at] =
                a[k + i] * (v->root[i * MOST + k] * r[i]);
}

static void powers(double *r, double K, slong n)
{
    double root = 1 / sqrt(K);
    r[0] = 1;
    for (slong i = 1; i < n; i++)
        r[i] = r[i - 1] * root;
}

ew_status ew_jet_vectors_set(ew_jet_vectors *v, const ew_data_net *net,
                             const ew_data_rows *rows, size_t first, size_t size, slong l,
                             ew_context *ctx)
{
    const ew_spectrum_piece *piece[B];
    double w[B], r[EW_JET_VECTORS];
    const size_t base = (size_t) (l - 1) * rows->n + first;
    v->size = size;
    for (size_t at = 0; at < size; at++) {
        v->k[at] = rows->k[base + at];
        piece[at] = ew_spectrum_at(w + at, net->spectrum, v->k[at]);
        powers(r, v->k[at], v->orders);
        set_bounds(v, at, piece[at], rows->error[base + at], r);
    }
    v->terms = enough(v) * STEP;
    ew_status status = make_room(v, ctx);
    for (size_t at = 0; at < size && status == EW_OK; at++) {
        powers(r, v->k[at], v->orders);
        v->cut[at] = FLINT_MIN(v->cut[at], v->terms / STEP);
        fill_point(v, at, piece[at], w[at], r);
    }
    return status;
}

/* <s^(i) s^(j)> of one point, by sums that run down from high k. */
static ew_near own_pair(const ew_jet_vectors *v, size_t at, slong i, slong j)
{
    const slong cut = v->cut[at];
    const double *a = v->coef + i * v->terms * B + at, *b = v->coef + j * v->terms * B + at;
    const double *tail = v->tail + cut * B + (slong) at;
    double sum = 0;
    for (slong k = cut * STEP - 1; k >= 0; k--)
        sum += a[k * B] * b[k * B];
    double error = v->off[i][at] * (v->norm[j][at] + v->off[j][at]) +
                   v->norm[i][at] * v->off[j][at] +
                   tail[i * EW_JET_TAILS * B] * tail[j * EW_JET_TAILS * B] +
                   4 * ULP * v->wide[i][at] * v->wide[j][at];
    return (ew_near){sum, error * SLACK};
}

ew_near ew_jet_vectors_slope(const ew_jet_vectors *v, size_t at)
{
    ew_near x = own_pair(v, at, 1, 1), y = own_pair(v, at, 0, 2);
    double sum = x.x + y.x;
    return (ew_near){sum, (x.error + y.error + fabs(sum) * ULP) * SLACK};
}

/* ---- pairs --------------------------------------------------------------------------------
 */

/* y += rho^class sum_i x^i a_(2 i + class) b_(2 i + class), x = rho^2. */
EW_VECTOR
static void add_class(double *y, const double *rho, const double *a, const double *b,
                      slong terms, slong class)
{
    double sum[W] = {0}, x[W];
    for (int w = 0; w < W; w++)
        x[w] = rho[w] * rho[w];
    for (slong k = terms - 2 + class; k >= 0; k -= 2) {
        const double c = a[k], *d = b + k * B;
        for (int w = 0; w < W; w++)
            sum[w] = sum[w] * x[w] + c * d[w];
    }
    for (int w = 0; w < W; w++)
        y[w] += class ? rho[w] * sum[w] : sum[w];
}

/* Point p of `a`, order i, with all of `b`, order j.  Horner's rule runs down from high k: by
 * Abel summation its roundings, and those of rho^2, are at most 8 ulp of sum (k + 1) |A_k B_k|.
 */
static void one_pair(double *y, double *e, const ew_jet_vectors *a, size_t p, slong i,
                     const ew_jet_vectors *b, slong j, int parity, const double *rho,
                     const double *error)
{
    double line[MOST];
    const slong terms = FLINT_MIN(a->cut[p] * STEP, b->terms);
    const double norm = a->norm[i][p], off = a->off[i][p];
    for (slong k = 0; k < terms; k++)
        line[k] = a->coef[(i * a->terms + k) * B + (slong) p];
    for (size_t w = 0; w < B; w++)
        y[w] = 0;
    for (slong class = 0; class < 2; class ++)
        for (slong w = 0; w < B && ((parity >> ((class + i) % 2)) & 1); w += W)
            add_class(y + w, rho + w, line, b->coef + j * b->terms * B + w, terms, class);
    for (size_t w = 0; w < b->size; w++) {
        slong cut = FLINT_MIN(a->cut[p], b->cut[w]);
        double tail = a->tail[(i * EW_JET_TAILS + cut) * B + (slong) p] *
                      b->tail[(j * EW_JET_TAILS + cut) * B + (slong) w];
        e[w] = (off * (b->norm[j][w] + b->off[j][w]) + norm * b->off[j][w] + tail +
                error[w] * a->slope[i][p] * b->slope[j][w] +
                8 * ULP * a->wide[i][p] * b->wide[j][w]) *
               SLACK;
    }
    for (size_t w = b->size; w < B; w++)
        e[w] = 0;
}

/* By a power of 2. */
static void scale(double *x, double *e, const double *y, const double *f, double factor)
{
    for (size_t w = 0; w < B; w++) {
        x[w] = factor * y[w];
        e[w] = factor * f[w] + EW_JET_TINY;
    }
}

void ew_jet_vectors_expect(double *x, double *e, const ew_jacobian_maps *m,
                           const ew_jet_vectors *a, size_t i, const ew_jet_vectors *b,
                           const double *q, const double *error)
{
    static const int classes[] = {3, 1, 2}; /* by parity: both, even, odd */
    double rho[B], off[B], y[B], f[B];
    const int parity = classes[m->net->parity == EW_PARITY_EVEN  ? 1
                               : m->net->parity == EW_PARITY_ODD ? 2
                                                                 : 0];
    for (size_t w = 0; w < B; w++) {
        double d = w < b->size ? q[w] : 1;
        rho[w] = signbit(d) ? -1 - d : 1 - d;
        off[w] = w < b->size ? error[w] + ULP : 0;
    }
    for (slong n = 0; n < m->atoms; n++) {
        const ew_jet_atom *atom = m->atom + n;
        double *to = x + atom->variable * B, *d = e + atom->variable * B;
        slong same = 0; /* atoms of the same orders come to the same, but for the factor */
        while (m->atom[same].order[0] != atom->order[0] ||
               m->atom[same].order[1] != atom->order[1])
            same++;
        if (same < n) {
            scale(to, d, x + m->atom[same].variable * B, e + m->atom[same].variable * B,
                  atom->factor / m->atom[same].factor);
            continue;
        }
        one_pair(y, f, a, i, atom->order[0], b, atom->order[1], parity, rho, off);
        scale(to, d, y, f, atom->factor);
    }
}
