/* The value of a piecewise polynomial, for inner loops.  Include arith/vector.h first. */
#ifndef EW_EXPECT_DUAL_EVALUATE_H
#define EW_EXPECT_DUAL_EVALUATE_H

#include "arith/elementary.h"
#include "expect/dual/piecewise.h"

/* Where t lies: the piece, and w = (t - middle)/(half the length).  Nothing here is rounded: t
 * and the middle share their exponent. */
typedef struct {
    size_t piece;
    double w;
} ew_place;

EW_INLINE ew_place ew_piecewise_place(const ew_piecewise *p, double t)
{
    const int shift = 52 - EW_PIECE_BITS;
    int64_t i = (int64_t) (ew_to_bits(t) >> shift) - (int64_t) p->first;
    int64_t last = (int64_t) p->pieces - 1;
    i = i < 0 ? 0 : i;
    i = i > last ? last : i;
    uint64_t key = (uint64_t) i + p->first;
    double middle = ew_from_bits(key << shift | (uint64_t) 1 << (shift - 1));
    uint64_t exponent = key >> EW_PIECE_BITS;
    double inverse = ew_from_bits((2046 + EW_PIECE_BITS + 1 - exponent) << 52);
    return (ew_place){(size_t) i, (t - middle) * inverse};
}

EW_INLINE double ew_piecewise_at(const ew_piecewise *p, ew_place x)
{
    const double *c = p->coef + x.piece * (EW_PIECE_DEGREE + 1);
    double y = c[EW_PIECE_DEGREE];
    for (int k = EW_PIECE_DEGREE - 1; k >= 0; k--)
        y = y * x.w + c[k];
    return y;
}

#endif
