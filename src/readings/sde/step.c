#include "arith/vector.h"

#include "readings/sde/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/elementary.h"

#define B EW_BLOCK
/* What a variance may change by in a step of the midpoint rule, and the steps such a path may
 * take. */
#define CHANGE 0.1
#define MOST_STEPS 20000
#define ESCAPE 1e5

void ew_step_free(ew_step *s)
{
    if (!s)
        return;
    free(s->l);
    free(s);
}

ew_status ew_step_new(ew_step **out, const ew_motion *motion, ew_context *ctx)
{
    slong m = motion->fields, pairs = ew_motion_pairs(m);
    size_t row = (size_t) pairs * B, full = (size_t) (m * m) * B;
    *out = NULL;
    ew_step *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->motion = motion;
    s->m = m;
    s->pairs = pairs;
    /* w: a square matrix, two symmetric ones and two rows. */
    s->l = ew_alloc_zero(6 * row + full + 2 * B, sizeof(double), ctx);
    if (!s->l) {
        ew_step_free(s);
        return EW_MEMORY;
    }
    s->v = s->l + row;
    s->b = s->v + row;
    s->mid = s->b + row;
    s->w = s->mid + row;
    *out = s;
    return EW_OK;
}

static double *entry(double *x, slong m, slong a, slong b)
{
    return x + ew_motion_pair(m, a, b) * B;
}

static const double *at(const double *x, slong m, slong a, slong b)
{
    return x + ew_motion_pair(m, a, b) * B;
}

EW_VECTOR static void multiply(double *restrict y, const double *restrict a,
                               const double *restrict b)
{
    for (size_t i = 0; i < B; i++)
        y[i] = a[i] * b[i];
}

EW_VECTOR static void multiply_add(double *restrict y, const double *restrict a,
                                   const double *restrict b)
{
    for (size_t i = 0; i < B; i++)
        y[i] += a[i] * b[i];
}

EW_VECTOR static void multiply_subtract(double *restrict y, const double *restrict a,
                                        const double *restrict b)
{
    for (size_t i = 0; i < B; i++)
        y[i] -= a[i] * b[i];
}

EW_VECTOR static void scale(double *restrict y, const double *restrict a)
{
    for (size_t i = 0; i < B; i++)
        y[i] *= a[i];
}

EW_VECTOR static void scaled(double *restrict y, double c, const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = c * a[i];
}

EW_VECTOR static void add_scaled(double *restrict y, const double *restrict x, double c,
                                 const double *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + c * a[i];
}

/* v = L L^T. */
static void gram(double *v, const double *l, slong m)
{
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++) {
            multiply(entry(v, m, a, b), at(l, m, 0, a), at(l, m, 0, b));
            for (slong k = 1; k <= a; k++)
                multiply_add(entry(v, m, a, b), at(l, m, k, a), at(l, m, k, b));
        }
}

void ew_step_gram(ew_step *s)
{
    gram(s->v, s->l, s->m);
}

/* The root of a pivot d that was p = old^2 before: below p/2 it goes on as p^2/(4 (p - d)),
 * which joins there with the same slope and stays positive; d is less only by the error of a
 * step, or by rounding where p = 0. */
EW_VECTOR static void pivot(double *restrict l, double *restrict inverse,
                            const double *restrict d)
{
    for (size_t i = 0; i < B; i++) {
        double p = l[i] * l[i];
        double low = p * p / (4 * (p - d[i]) + 0x1p-1000);
        double r = sqrt(d[i] > 0.5 * p ? d[i] : low);
        l[i] = r;
        inverse[i] = r > 0 ? 1 / r : 0;
    }
}

/* l, the factor of a matrix nearby, becomes the factor of v.  work: [2][B]. */
static void factor(double *l, const double *v, slong m, double *work)
{
    double *d = work, *inverse = work + B;
    for (slong k = 0; k < m; k++) {
        memcpy(d, at(v, m, k, k), B * sizeof *d);
        for (slong j = 0; j < k; j++)
            multiply_subtract(d, at(l, m, j, k), at(l, m, j, k));
        pivot(entry(l, m, k, k), inverse, d);
        for (slong b = k + 1; b < m; b++) {
            double *x = entry(l, m, k, b);
            memcpy(x, at(v, m, k, b), B * sizeof *x);
            for (slong j = 0; j < k; j++)
                multiply_subtract(x, at(l, m, j, k), at(l, m, j, b));
            scale(x, inverse);
        }
    }
}

void ew_step_start(ew_step *s, const double *v0)
{
    for (slong p = 0; p < s->pairs; p++)
        for (size_t i = 0; i < B; i++)
            s->v[p * B + (slong) i] = v0[p];
    memset(s->l, 0, (size_t) s->pairs * B * sizeof *s->l);
    factor(s->l, s->v, s->m, s->w);
}

void ew_step_park(ew_step *s, size_t i)
{
    for (slong a = 0; a < s->m; a++)
        for (slong b = a; b < s->m; b++) {
            entry(s->l, s->m, a, b)[i] = a == b;
            entry(s->v, s->m, a, b)[i] = a == b;
        }
}

EW_VECTOR static int count_fast(const double *restrict v, const double *restrict b, double h)
{
    int n = 0;
    for (size_t i = 0; i < B; i++)
        n += h * fabs(b[i]) > CHANGE * v[i];
    return n;
}

/* The longest step of path i, at most `most`, that changes no variance by more than CHANGE. */
static double longest(const double *x, const double *b, slong m, size_t i, double most)
{
    for (slong a = 0; a < m; a++) {
        double v = at(x, m, a, a)[i], c = fabs(at(b, m, a, a)[i]);
        if (most * c > CHANGE * v)
            most = CHANGE * v / c;
    }
    return most;
}

/* Growing so fast that the rest of the step is many times what is left to the explosion. */
static int escapes(const double *x, const double *b, slong m, size_t i, double h)
{
    for (slong a = 0; a < m; a++)
        if (h * at(b, m, a, a)[i] > ESCAPE * at(x, m, a, a)[i])
            return 1;
    return 0;
}

static void add_each(double *y, const double *x, double c, const double *step, const double *b,
                     slong pairs)
{
    for (slong p = 0; p < pairs; p++)
        for (slong i = 0; i < B; i++)
            y[p * B + i] = x[p * B + i] + c * step[i] * b[p * B + i];
}

/* Paths whose variances change fast, on the way to an explosion or back from far out, take as
 * many steps as it needs: s->mid of those, from s->v. */
static void drift_fast(ew_step *s, double t, double h)
{
    const ew_motion *o = s->motion;
    slong m = s->m, row = s->pairs * B, active = 0;
    double *x = s->w, *y = x + row, *left = y + row, *step = left + B;
    memcpy(x, s->v, (size_t) row * sizeof *x);
    o->drift(s->b, x, t, o->data);
    for (size_t i = 0; i < B; i++) {
        left[i] = longest(x, s->b, m, i, h) < h ? h : 0;
        for (slong p = 0; left[i] > 0 && p < s->pairs; p++)
            s->mid[p * B + (slong) i] = NAN;
    }
    for (slong k = 0; k < MOST_STEPS && (k == 0 || active > 0); k++) {
        active = 0;
        o->drift(s->b, x, t, o->data);
        for (size_t i = 0; i < B; i++) {
            step[i] = left[i] > 0 ? longest(x, s->b, m, i, left[i]) : 0;
            left[i] -= step[i];
            if (left[i] > 0 && escapes(x, s->b, m, i, h)) {
                left[i] = 0;
                for (slong a = 0; a < m; a++)
                    entry(x, m, a, a)[i] = INFINITY;
            }
            active += left[i] > 0;
        }
        add_each(y, x, 0.5, step, s->b, s->pairs);
        o->drift(s->b, y, t, o->data);
        memcpy(y, x, (size_t) row * sizeof *y);
        add_each(x, y, 1, step, s->b, s->pairs);
    }
    for (slong k = 0; k < row; k++)
        s->mid[k] = isnan(s->mid[k]) ? x[k] : s->mid[k];
}

void ew_step_drift(ew_step *s, double t, double h)
{
    const ew_motion *o = s->motion;
    size_t n = (size_t) s->pairs * B;
    int fast = 0;
    ew_step_gram(s);
    if (!o->drift)
        return;
    o->drift(s->b, s->v, t, o->data);
    for (slong a = 0; a < s->m; a++)
        fast += count_fast(at(s->v, s->m, a, a), at(s->b, s->m, a, a), h);
    add_scaled(s->mid, s->v, 0.5 * h, s->b, n);
    o->drift(s->b, s->mid, t + 0.5 * h, o->data);
    add_scaled(s->mid, s->v, h, s->b, n);
    if (fast)
        drift_fast(s, t, h);
    factor(s->l, s->mid, s->m, s->w);
}

/* What scales column k before and after the flows beside the diagonal: half of the correction's
 * flow each, and the diagonal flow at one end. */
EW_VECTOR static void diagonal(double *restrict before, double *restrict after,
                               const double *restrict g, const uint8_t *restrict coin,
                               double root, double correction)
{
    for (size_t i = 0; i < B; i++) {
        double e = ew_exponential(root * g[i]) * correction;
        before[i] = coin[i] ? e : correction;
        after[i] = coin[i] ? correction : e;
    }
}

static void scale_column(double *l, slong m, slong k, const double *by)
{
    for (slong a = k; a < m; a++)
        scale(entry(l, m, k, a), by);
}

EW_VECTOR static void choose(double *restrict l, const double *restrict other,
                             const uint8_t *restrict coin)
{
    for (size_t i = 0; i < B; i++)
        l[i] = coin[i] ? l[i] : other[i];
}

/* With N the normals below the diagonal: L (1 + N), the flows in the order of columns, or
 * L (1 - N)^-1, in the opposite one. */
static void shear(ew_step *s, double *n, const uint8_t *coin)
{
    slong m = s->m;
    double *other = n + s->pairs * B;
    if (m > 2)
        memcpy(other, s->l, (size_t) s->pairs * B * sizeof *other);
    for (slong j = 0; j < m; j++)
        for (slong i = j + 1; i < m; i++)
            for (slong a = i; a < m; a++)
                multiply_add(entry(s->l, m, j, a), at(n, m, j, i), at(s->l, m, i, a));
    if (m < 3)
        return;
    for (slong j = m - 1; j >= 0; j--)
        for (slong i = j + 1; i < m; i++)
            for (slong a = i; a < m; a++)
                multiply_add(entry(other, m, j, a), at(n, m, j, i), at(other, m, i, a));
    for (slong p = 0; p < s->pairs; p++)
        choose(s->l + p * B, other + p * B, coin);
}

void ew_step_noise(ew_step *s, double h, const double *g, const uint8_t *coin)
{
    slong m = s->m;
    double *after = s->b, *before = s->mid; /* [m][B] each */
    for (slong k = 0; k < m; k++) {
        diagonal(before + k * B, after + k * B, at(g, m, k, k), coin, sqrt(0.5 * h),
                 exp(-0.25 * h * (double) (k + 1)));
        scale_column(s->l, m, k, before + k * B);
    }
    scaled(s->w, sqrt(h), g, (size_t) s->pairs * B);
    shear(s, s->w, coin);
    for (slong k = 0; k < m; k++)
        scale_column(s->l, m, k, after + k * B);
}

slong ew_step_normals(const ew_step *s, int euler)
{
    if (!s->motion->rate)
        return s->pairs;
    return euler ? s->m * s->m : 2;
}

/* t = L G, m x m, G symmetric with its diagonal times sqrt(2). */
static void times_symmetric(double *t, const double *l, const double *g, slong m)
{
    for (slong a = 0; a < m; a++)
        for (slong k = 0; k < m; k++) {
            double *x = t + (a * m + k) * B;
            memset(x, 0, B * sizeof *x);
            for (slong j = 0; j <= a; j++)
                multiply_add(x, at(l, m, j, a), j < k ? at(g, m, j, k) : at(g, m, k, j));
        }
}

/* t = L Z, m x m. */
static void times_square(double *t, const double *l, const double *z, slong m)
{
    for (slong a = 0; a < m; a++)
        for (slong k = 0; k < m; k++) {
            double *x = t + (a * m + k) * B;
            memset(x, 0, B * sizeof *x);
            for (slong j = 0; j <= a; j++)
                multiply_add(x, at(l, m, j, a), z + (j * m + k) * B);
        }
}

/* out_ab = sum_k t_ak r_bk, for a, b of the upper triangle; plus its transpose if asked. */
static void times_transposed(double *out, const double *t, const double *r, slong m, int both)
{
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++) {
            double *x = entry(out, m, a, b);
            memset(x, 0, B * sizeof *x);
            for (slong k = 0; k <= b; k++)
                multiply_add(x, t + (a * m + k) * B, at(r, m, k, b));
            for (slong k = 0; both && k <= a; k++)
                multiply_add(x, t + (b * m + k) * B, at(r, m, k, a));
        }
}

static void symmetric_noise(ew_step *s, double *out, const double *g)
{
    slong m = s->m, full = m * m * B;
    double *t = s->w, *doubled = s->w + full;
    memcpy(doubled, g, (size_t) s->pairs * B * sizeof *g);
    for (slong k = 0; k < m; k++)
        scaled(entry(doubled, m, k, k), sqrt(2), at(g, m, k, k), B);
    times_symmetric(t, s->l, doubled, m);
    times_transposed(out, t, s->l, m, 0);
}

/* (L Z M^T + M Z^T L^T)/sqrt(d), Q = M M^T. */
static void residual_noise(ew_step *s, double *out, const double *rate, const double *z)
{
    slong m = s->m, full = m * m * B;
    size_t n = (size_t) s->pairs * B;
    const ew_motion *o = s->motion;
    double *lz = s->w, *root = s->w + full, *work = root + n;
    memset(root, 0, n * sizeof *root);
    factor(root, rate, m, work);
    times_square(lz, s->l, z, m);
    times_transposed(out, lz, root, m, 1);
    scaled(work, 1 / sqrt(o->dimension), out, n);
    memcpy(out, work, n * sizeof *out);
}

/* (L + (h/d)^(1/2) M Z)(...)^T + (1 - m/d) h Q. */
static void residual_square(ew_step *s, double t, double h, const double *z)
{
    slong m = s->m, full = m * m * B;
    size_t n = (size_t) s->pairs * B;
    const ew_motion *o = s->motion;
    double *mz = s->w, *root = s->w + full, *work = root + n, d = o->dimension;
    o->rate(s->b, s->v, t, o->data);
    memset(root, 0, n * sizeof *root);
    factor(root, s->b, m, work);
    times_square(mz, root, z, m);
    for (slong k = 0; k < full; k++)
        mz[k] *= sqrt(h / d);
    for (slong a = 0; a < m; a++)
        for (slong k = 0; k <= a; k++)
            for (slong i = 0; i < B; i++)
                mz[(a * m + k) * B + i] += at(s->l, m, k, a)[i];
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++) {
            double *x = entry(s->mid, m, a, b);
            scaled(x, (1 - (double) m / d) * h, at(s->b, m, a, b), B);
            for (slong k = 0; k < m; k++)
                multiply_add(x, mz + (a * m + k) * B, mz + (b * m + k) * B);
        }
    memset(s->l, 0, n * sizeof *s->l);
    factor(s->l, s->mid, m, s->w);
}

void ew_step_euler(ew_step *s, double t, double h, const double *g)
{
    const ew_motion *o = s->motion;
    size_t n = (size_t) s->pairs * B;
    ew_step_gram(s);
    if (o->rate && o->rate == o->drift && o->dimension >= (double) s->m) {
        residual_square(s, t, h, g);
        return;
    }
    if (o->rate) {
        o->rate(s->b, s->v, t, o->data);
        residual_noise(s, s->mid, s->b, g);
    } else
        symmetric_noise(s, s->mid, g);
    add_scaled(s->w, s->v, sqrt(h), s->mid, n);
    if (o->drift && o->drift != o->rate)
        o->drift(s->b, s->v, t, o->data);
    if (o->drift)
        add_scaled(s->mid, s->w, h, s->b, n);
    else
        memcpy(s->mid, s->w, n * sizeof *s->mid);
    factor(s->l, s->mid, s->m, s->w);
}
