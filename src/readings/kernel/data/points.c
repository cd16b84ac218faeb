#include "arith/vector.h"

#include "readings/kernel/data/points.h"

#include <math.h>
#include <stdlib.h>

#define CLOSE 0x1p-3  /* distances below are computed from differences */
#define SMALL 0x1p-40 /* a relative error */
#define UNIT 0x1p-53
#define STRIP 8 /* lanes of a sum */
#define FOUR 4  /* dot products at a time */

/* gamma_k = k u/(1 - k u) for sums of d terms in STRIP lanes, rounded up. */
static double gamma_of(size_t d)
{
    double x = ((double) d / STRIP + 16) * UNIT;
    return x / (1 - x) * (1 + 0x1p-40);
}

EW_INLINE double lanes(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* The sums of (x + sign y)^2 and of (x + sign y)(x - sign y). */
EW_VECTOR
static void moments(double *square, double *inner, const double *x, const double *y,
                    double sign, size_t d)
{
    double a[STRIP] = {0}, b[STRIP] = {0};
    size_t k = 0;
    for (; k + STRIP <= d; k += STRIP)
        for (size_t i = 0; i < STRIP; i++) {
            double t = x[k + i] + sign * y[k + i];
            a[i] += t * t;
            b[i] += t * (x[k + i] - sign * y[k + i]);
        }
    for (size_t i = 0; k < d; k++, i++) {
        double t = x[k] + sign * y[k];
        a[i] += t * t;
        b[i] += t * (x[k] - sign * y[k]);
    }
    *square = lanes(a);
    *inner = lanes(b);
}

static int is_zero(const double *x, size_t d)
{
    for (size_t i = 0; i < d; i++)
        if (x[i] != 0)
            return 0;
    return 1;
}

static ew_status set_norm(ew_points *p, size_t i, int any, ew_context *ctx)
{
    double square, inner;
    const double *x = p->x + i * p->d;
    moments(&square, &inner, x, x, 0, p->d);
    p->norm[i] = sqrt(square);
    if (!isfinite(square))
        return ew_fail(ctx, EW_USAGE, "row %zu is not finite, or too large", i + 1);
    if (square < 0x1p-900 && !(any && is_zero(x, p->d)))
        return ew_fail(ctx, EW_USAGE, "row %zu is zero, or too small", i + 1);
    return EW_OK;
}

static ew_status init(ew_points *p, const double *x, size_t n, size_t d, int any,
                      ew_context *ctx)
{
    *p = (ew_points){n, d, x, NULL, gamma_of(d)};
    if (n == 0 || d == 0)
        return ew_fail(ctx, EW_USAGE, "no data");
    p->norm = ew_alloc(n * sizeof *p->norm, ctx);
    ew_status status = p->norm ? EW_OK : EW_MEMORY;
    for (size_t i = 0; i < n && status == EW_OK; i++)
        status = set_norm(p, i, any, ctx);
    return status;
}

ew_status ew_points_init(ew_points *p, const double *x, size_t n, size_t d, ew_context *ctx)
{
    return init(p, x, n, d, 0, ctx);
}

ew_status ew_points_init_any(ew_points *p, const double *x, size_t n, size_t d, ew_context *ctx)
{
    return init(p, x, n, d, 1, ctx);
}

void ew_points_clear(ew_points *p)
{
    free(p->norm);
    p->norm = NULL;
}

/* out[j] = the dot products of x with FOUR points, y0 and the ones after it. */
EW_VECTOR
static void dots(double *out, const double *x, const double *y0, size_t d)
{
    const double *y1 = y0 + d, *y2 = y1 + d, *y3 = y2 + d;
    double s[FOUR][STRIP] = {{0}};
    size_t k = 0;
    for (; k + STRIP <= d; k += STRIP)
        for (size_t i = 0; i < STRIP; i++) {
            s[0][i] += x[k + i] * y0[k + i];
            s[1][i] += x[k + i] * y1[k + i];
            s[2][i] += x[k + i] * y2[k + i];
            s[3][i] += x[k + i] * y3[k + i];
        }
    for (size_t i = 0; k < d; k++, i++) {
        s[0][i] += x[k] * y0[k];
        s[1][i] += x[k] * y1[k];
        s[2][i] += x[k] * y2[k];
        s[3][i] += x[k] * y3[k];
    }
    for (size_t c = 0; c < FOUR; c++)
        out[c] = lanes(s[c]);
}

static double dot(const double *x, const double *y, size_t d)
{
    double s[STRIP] = {0};
    for (size_t k = 0; k < d; k++)
        s[k % STRIP] += x[k] * y[k];
    return lanes(s);
}

static void row_dots(double *out, const double *x, const double *y, size_t columns, size_t d)
{
    size_t j = 0;
    for (; j + FOUR <= columns; j += FOUR)
        dots(out + j, x, y + j * d, d);
    for (; j < columns; j++)
        out[j] = dot(x, y + j * d, d);
}

/* 1 - |cos| of two points that are almost equal (sign -1) or opposite (+1): with D = |x -+ y|
 * and E = |x| - |y|, 2 |x| |y| (1 - |cos|) = D^2 - E^2, and E = <x - y, x + y>/(|x| + |y|). D^2
 * has a relative error gamma; the inner product in E is off by gamma D |x +- y| at most. */
static double close_distance(double *off, const double *x, double nx, const double *y,
                             double ny, double sign, size_t d)
{
    double square, inner;
    moments(&square, &inner, x, y, sign, d);
    double difference = inner / (nx + ny), scale = 2 * nx * ny;
    double t = fmax(square - difference * difference, 0) / scale;
    /* |x +- y| <= |x| + |y|: E is off by 2 gamma D at most, and |E| <= D */
    *off = 8 * gamma_of(d) * square / scale * (1 + 0x1p-20);
    return t;
}

/* |x rx + sign y ry|^2, rx and ry about the inverses of the norms. */
EW_VECTOR
static double unit_square(const double *x, double rx, const double *y, double ry, double sign,
                          size_t d)
{
    double a[STRIP] = {0};
    size_t k = 0;
    ry *= sign;
    for (; k + STRIP <= d; k += STRIP)
        for (size_t i = 0; i < STRIP; i++) {
            double t = x[k + i] * rx + y[k + i] * ry;
            a[i] += t * t;
        }
    for (size_t i = 0; k < d; k++, i++) {
        double t = x[k] * rx + y[k] * ry;
        a[i] += t * t;
    }
    return lanes(a);
}

/* The same for lengths that are far apart, where D^2 - E^2 would cancel: half the square of D =
 * |X -+ Y|, unit vectors.  Rounding adds to their difference a vector of length 2u.  A wrong
 * length, X (1 + e), moves it along X, and (X -+ Y).X = 1 - |cos|: e is relative, but for e^2.
 */
static double unit_distance(double *off, const double *x, double nx, const double *y, double ny,
                            double sign, size_t d)
{
    const double gamma = gamma_of(d);
    double t = unit_square(x, 1 / nx, y, 1 / ny, sign, d) / 2;
    *off = (2.5 * UNIT * sqrt(2 * t) + 8 * gamma * (t + gamma)) * (1 + 0x1p-20);
    return t;
}

/* Whichever is known better. */
static double nearest_distance(double *off, const double *x, double nx, const double *y,
                               double ny, double sign, size_t d)
{
    double other, t = close_distance(off, x, nx, y, ny, sign, d);
    if (*off <= 16 * gamma_of(d) * t)
        return t;
    double u = unit_distance(&other, x, nx, y, ny, sign, d);
    if (other >= *off)
        return t;
    *off = other;
    return u;
}

/* Of cosines: the dot product's error and those of the norms. */
static double relative_error(size_t d)
{
    return 4 * gamma_of(d) / CLOSE;
}

/* The signed distance from the cosine, which is corrected; `off` as above, else 0. */
static double distance_of(double *cosine, double *off, const ew_points *a, size_t i,
                          const ew_points *b, size_t j)
{
    const size_t d = a->d;
    double nx = a->norm[i], ny = b->norm[j];
    *off = 0;
    if (nx == 0 || ny == 0)
        return 1;
    double c = *cosine / (nx * ny), sign = c < 0 ? 1 : -1, distance = 1 - fabs(c);
    if (distance < CLOSE) {
        distance = nearest_distance(off, a->x + i * d, nx, b->x + j * d, ny, sign, d);
        c = -sign * (1 - distance);
    }
    *cosine = c;
    return -sign * distance;
}

/* An error `off` of t as a relative one where it is small, else as an absolute one. */
static void grow(ew_angle_error *error, double t, double off)
{
    if (off <= error->relative * fmax(t - off, 0))
        return;
    if (off <= SMALL * (t - off))
        error->relative = fmax(error->relative, off / (t - off) * (1 + 0x1p-50));
    else
        error->absolute = fmax(error->absolute, off);
}

void ew_points_angles(double *cosine, double *q, ew_angle_error *error, const ew_points *a,
                      size_t a0, size_t rows, const ew_points *b, size_t b0, size_t columns)
{
    const size_t d = a->d;
    error->relative = fmax(error->relative, relative_error(d));
    for (size_t i = 0; i < rows; i++) {
        double *c = cosine + i * columns, *t = q + i * columns;
        row_dots(c, a->x + (a0 + i) * d, b->x + b0 * d, columns, d);
        for (size_t j = 0; j < columns; j++) {
            double off;
            t[j] = distance_of(c + j, &off, a, a0 + i, b, b0 + j);
            grow(error, fabs(t[j]), off);
        }
    }
}

void ew_points_distances(double *q, double *error, const ew_points *a, size_t a0, size_t rows,
                         const ew_points *b, size_t b0, size_t columns)
{
    const size_t d = a->d;
    const double relative = relative_error(d) * (1 + 0x1p-20);
    for (size_t i = 0; i < rows; i++) {
        double *t = q + i * columns, *e = error + i * columns;
        row_dots(t, a->x + (a0 + i) * d, b->x + b0 * d, columns, d);
        for (size_t j = 0; j < columns; j++) {
            double off;
            t[j] = distance_of(t + j, &off, a, a0 + i, b, b0 + j);
            e[j] = relative * (fabs(t[j]) + off) + off;
        }
    }
}
