/* Octaves, and the variable on each. */
#ifndef EW_EXPECT_APPROXIMATE_PIECES_H
#define EW_EXPECT_APPROXIMATE_PIECES_H

#include "arith/context.h"
#include "arith/flint.h"

/* Piece i is [2^(first + i), 2^(first + i + 1)], and m, near its geometric mean, is its lower
 * end times EW_PIECE_MIDDLE. */
#define EW_PIECE_MIDDLE 1.4140625 /* 181/128 */
typedef struct {
    int first;
    slong n;
} ew_octaves;

/* w = (K - m)/(K + m) lies in [-W, W] with W = (2 - 181/128)/(2 + 181/128) = 75/437; K - m is
 * exact, since K lies in [m/2, 2m] (Sterbenz). */
void ew_octaves_width(arb_t W, slong prec);

/* The pieces that cover [lo, hi], 0 < lo < hi normal doubles. */
void ew_octaves_cover(ew_octaves *p, double lo, double hi);
double ew_octaves_middle(const ew_octaves *p, slong i);
/* The ball K with (K - m)/(K + m) = x W. */
void ew_octaves_point(arb_t K, double m, const arb_t x, slong prec);

#endif
