/* Functions of t in [0, 1] in double precision, with a proved bound of the whole error:
 * polynomials on pieces that shrink towards 0.  Their value at t keeps its accuracy when t is
 * tiny, and finding the piece takes no search: it is the exponent of t and its leading bits. */
#ifndef EW_EXPECT_DUAL_PIECEWISE_H
#define EW_EXPECT_DUAL_PIECEWISE_H

#include "arith/context.h"
#include "arith/flint.h"

#define EW_PIECE_DEGREE 9
#define EW_PIECE_BITS 4 /* 2^EW_PIECE_BITS pieces an octave */

/* Piece 0 is [0, 2^-octaves], where the value is coef[0]; the others cut each [2^-o, 2^(1-o)]
 * into equal parts, in ascending order. */
typedef struct {
    slong octaves, pieces;
    uint64_t first; /* exponent and leading bits of 2^-octaves, less 1: those of "piece 0" */
    double *coef; /* [piece][EW_PIECE_DEGREE + 1]: in w, which runs over [-1, 1] on the piece */
    double error; /* |value - f(t)| <= error for every double t in [0, 1] */
    double relative; /* the same, relative to |f(t)|; infinite where f may vanish */
    double most;     /* bounds |f(t)| */
} ew_piecewise;

/* n functions f_i(t) = g_i(1 - t), each g_i analytic in the open unit disc. */
typedef struct {
    slong n;
    void *data;
    /* y[i] contains f_i at every point of the ball t, 0 <= t <= 1. */
    ew_status (*value)(arb_ptr y, const arb_t t, slong prec, void *data, ew_context *ctx);
    /* y[i] bounds |f_i - f_i(0)| on [0, t] from above; a part of f_i of which only a bound is
     * known, which `value` adds to every radius, is left out. */
    ew_status (*end)(mag_ptr y, const arb_t t, void *data, ew_context *ctx);
    mag_ptr bound; /* [n]: |g_i| in the disc */
    mag_ptr slope; /* [n]: |g_i(rho) - g_i(1)|/|1 - rho| in the disc; infinite if there is no
                      bound */
} ew_disc_functions;

/* out[n], to be freed by ew_piecewise_free also on failure (all zero is fine).  Source of the
 * bound: a polynomial of degree n that agrees with g at the Chebyshev points of an interval is
 * within 4 M r^-n/(r - 1) of it, M a bound of |g| on the ellipse with these foci and sum of
 * semi-axes r half-lengths (Trefethen, Approximation Theory and Approximation Practice, theorem
 * 8.2); the ellipse through the end of the disc lies in the disc.  Then the coefficients are
 * rounded, and Horner's rule rounds. */
ew_status ew_piecewise_new(ew_piecewise *out, const ew_disc_functions *f, ew_context *ctx);
/* The same over so many octaves, with nothing on piece 0, which counts in no bound, and for
 * which `end` is not asked. */
ew_status ew_piecewise_new_down_to(ew_piecewise *out, const ew_disc_functions *f, slong octaves,
                                   ew_context *ctx);
void ew_piecewise_free(ew_piecewise *p, slong n);

#endif
