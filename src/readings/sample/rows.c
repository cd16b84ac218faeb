#include "arith/vector.h"

#include "readings/sample/rows.h"

#include "readings/sample/neurons.h"

EW_VECTOR static void scale(double *restrict y, double a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= a;
}

EW_VECTOR static void add_scaled(double *restrict y, double a, const double *restrict x,
                                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

void ew_row_add(double *y, double a, const double *x, size_t n)
{
    add_scaled(y, a, x, n);
}

void ew_rows_normals(double *x, const ew_stream *stream, slong m, uint64_t row, size_t rows)
{
    ew_stream s = *stream;
    for (slong f = 0; f < m; f++, s.use++)
        ew_normals(x + f * EW_NEURONS, &s, row, rows);
}

/* In place from the last field up. */
void ew_rows_transform(double *x, const double *l, slong m, size_t rows)
{
    for (slong f = m - 1; f >= 0; f--) {
        double *y = x + f * EW_NEURONS;
        scale(y, l[f * m + f], rows);
        for (slong g = 0; g < f; g++)
            if (l[f * m + g] != 0)
                add_scaled(y, l[f * m + g], x + g * EW_NEURONS, rows);
    }
}

/* Partial sums kept apart, for the vector units; part of what a sum means. */
#define LANES 8

/* sum x_i y_i in LANES interleaved parts, then these two by two. */
EW_VECTOR static double dot(const double *x, const double *y, size_t n)
{
    double part[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (size_t k = 0; i < n; i++, k++)
        part[k] += x[i] * y[i];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            part[k] += part[k + half];
    return part[0];
}

double ew_row_dot(const double *x, const double *y, size_t n)
{
    return dot(x, y, n);
}

void ew_rows_gram(double *sum, const double *x, slong m, size_t rows)
{
    for (slong f = 0; f < m; f++)
        for (slong g = f; g < m; g++)
            *sum++ += dot(x + f * EW_NEURONS, x + g * EW_NEURONS, rows);
}
