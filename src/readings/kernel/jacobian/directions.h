/* Directions of differentiation of data points, in doubles. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DIRECTIONS_H
#define EW_READINGS_KERNEL_JACOBIAN_DIRECTIONS_H

#include <stddef.h>

#include "arith/context.h"

/* n vectors of d coordinates.  What is differentiated along is the vector stored, but for a
 * relative error of its coordinates. */
typedef struct {
    size_t n, d;
    double *v;       /* [n][d] */
    double relative; /* of the coordinates' errors; 0 unless set */
    char *perp;      /* [n]: 1, a vector with v.v/n_0 = 1 orthogonal to all else; v is 0 */
    size_t *range;   /* [n][2]: v vanishes before the first and from the second on */
    double *between; /* [n][n]: v.w/n_0 */
    double *size;    /* [n][n]: the sums of |v_k w_k|/n_0 */
    double error;    /* |between - v.w/n_0| <= error * size; along, likewise */
} ew_directions;

/* Allocated, with vectors 0; d is the number of the points' coordinates.  Cleared also on
 * failure. */
ew_status ew_directions_init(ew_directions *D, size_t n, size_t d, ew_context *ctx);
void ew_directions_clear(ew_directions *D);

/* Once v, relative and perp are there. */
void ew_directions_prepare(ew_directions *D);

/* Are they all coordinates, in order, but for factors? */
int ew_directions_all(const ew_directions *D);

/* along[g] = x.v_g/n_0 and size[g] = the sum of |x_k v_gk|/n_0: off by error * size at most,
 * besides what x itself is off by. */
void ew_directions_along(double *along, double *size, const ew_directions *D, const double *x);

#endif
