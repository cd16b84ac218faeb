/* Making one piece of a curve; internal to it. */
#ifndef EW_EXPECT_DUAL_CURVE_PIECE_H
#define EW_EXPECT_DUAL_CURVE_PIECE_H

#include "expect/dual/chebyshev.h"
#include "expect/dual/curve.h"

#define EW_CURVE_POINTS (EW_CURVE_DEGREE + 1)

/* Bounds over a piece [low, high] and EW_CURVE_SLACK beyond it. */
typedef struct {
    mag_t interpolation, interpolation1; /* of EW_CURVE_POINTS Chebyshev points, both norms */
    mag_t derivative;                    /* of d/d ln K of the interpolating polynomial */
    mag_t norm, norm1;                   /* |a|, |a|_1 */
    mag_t move, move1, move2, bend;
} ew_curve_bounds;

void ew_curve_bounds_init(ew_curve_bounds *b);
void ew_curve_bounds_clear(ew_curve_bounds *b);
ew_status ew_curve_bounds_set(ew_curve_bounds *b, ew_evaluator *E, const arb_t low,
                              const arb_t high, ew_context *ctx);

/* p->key is set; fills the rest.  Frees nothing on failure: ew_curve_piece_clear does. */
ew_status ew_curve_piece_make(ew_curve_piece *p, ew_evaluator *E, const ew_activation *s,
                              const ew_chebyshev *points, ew_context *ctx);
void ew_curve_piece_clear(ew_curve_piece *p);

#endif
