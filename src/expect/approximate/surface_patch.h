/* One piece of K and one of t of a surface; internal to it. */
#ifndef EW_EXPECT_APPROXIMATE_SURFACE_PATCH_H
#define EW_EXPECT_APPROXIMATE_SURFACE_PATCH_H

#include "expect/approximate/chebyshev.h"
#include "expect/approximate/surface.h"

#define EW_PATCH_POINTS 26 /* in each variable */
#define EW_PATCH_END 16    /* in t next to t = 0 */

/* What is tabulated, and how. */
typedef struct {
    slong points; /* in t */
    slong piece;  /* of t */
    int end;      /* it is the last one */
    const ew_chebyshev *in_k, *in_t;
    arb_ptr value; /* [points in t][points in K], radii taken out */
    mag_t error;   /* of the polynomial through them */
    mag_t least;   /* values are resolved down to this */
} ew_patch;

/* The ball t at point x of piece `piece`. */
void ew_patch_point(arb_t t, slong piece, int end, const arb_t x, slong prec);
/* |w| from above on it. */
void ew_patch_width(arb_t W, slong piece, int end, slong prec);

typedef struct {
    slong degree; /* in t; at most EW_PATCH_POINTS - 1 */
    unsigned char length[EW_PATCH_POINTS];
    double coef[EW_PATCH_POINTS][EW_PATCH_POINTS]; /* [power of t][power of K] */
    double error, relative;
} ew_patch_fit;

/* Interpolate, cut, round, and bound the error. */
void ew_patch_make(ew_patch_fit *out, const ew_patch *x);

#endif
