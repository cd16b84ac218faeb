/* Data points and their angles. */
#ifndef EW_READINGS_KERNEL_DATA_POINTS_H
#define EW_READINGS_KERNEL_DATA_POINTS_H

#include <stddef.h>

#include "arith/context.h"

/* n rows of d finite doubles; they are taken as exact. */
typedef struct {
    size_t n, d;
    const double *x;   /* [n][d]; borrowed */
    double *norm;      /* [n]: Euclidean */
    double norm_error; /* bound of their relative error */
} ew_points;

/* EW_USAGE: no rows or columns, a number that is not finite, a row of zeros, norms beyond the
 * range of doubles. */
ew_status ew_points_init(ew_points *p, const double *x, size_t n, size_t d, ew_context *ctx);
/* The same, but rows of zeros are fine: their norms are 0, and their distances below 1. */
ew_status ew_points_init_any(ew_points *p, const double *x, size_t n, size_t d,
                             ew_context *ctx);
void ew_points_clear(ew_points *p);

/* The bounds |t - t'| <= relative * t' + absolute of the distances below. */
typedef struct {
    double relative, absolute;
} ew_angle_error;

/* cosine[rows][columns] and the distances t = 1 - |cos| with the sign of the cosine (as in
 * maps.h), between rows a0.. of a and rows b0.. of b.  Close to 0 the distance is computed from
 * the difference of the points.  `error` grows to cover them all. */
void ew_points_angles(double *cosine, double *q, ew_angle_error *error, const ew_points *a,
                      size_t a0, size_t rows, const ew_points *b, size_t b0, size_t columns);

/* The same distances, each with its own error: 0 with the distance 0 for equal and opposite
 * points. */
void ew_points_distances(double *q, double *error, const ew_points *a, size_t a0, size_t rows,
                         const ew_points *b, size_t b0, size_t columns);

#endif
