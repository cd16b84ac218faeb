/* Rows of fields in a block of neurons: x[field * EW_NEURONS + neuron]. */
#ifndef EW_READINGS_SAMPLE_ROWS_H
#define EW_READINGS_SAMPLE_ROWS_H

#include "arith/flint.h"
#include "arith/random.h"

/* y += a x */
void ew_row_add(double *y, double a, const double *x, size_t n);

/* x.y, the same in every build. */
double ew_row_dot(const double *x, const double *y, size_t n);

/* Independent normals for rows row..row+rows-1 of m fields, field f's from the stream with its
 * use increased by f; row is a multiple of EW_NORMAL_CHUNK. */
void ew_rows_normals(double *x, const ew_stream *stream, slong m, uint64_t row, size_t rows);

/* Every row g becomes L g, with L[m][m] lower triangular. */
void ew_rows_transform(double *x, const double *l, slong m, size_t rows);

/* sum[pairs] += the rows' products of two fields, upper triangle by rows. */
void ew_rows_gram(double *sum, const double *x, slong m, size_t rows);

#endif
