/* Making one piece of a curve; internal to it. */
#ifndef EW_EXPECT_DUAL_SPECTRUM_PIECE_H
#define EW_EXPECT_DUAL_SPECTRUM_PIECE_H

#include "expect/dual/interpolation.h"
#include "expect/dual/spectrum.h"

#define EW_SPECTRUM_POINTS (EW_SPECTRUM_DEGREE + 1)
#define EW_SPECTRUM_SLOW 2048 /* coefficients at most, where they are computed in balls */

/* In the norm |.|_i, as of ew_spectrum_order. */
typedef struct {
    mag_t interpolation, norm, move;
} ew_spectrum_order_bounds;

/* Bounds over a piece [low, high] and EW_SPECTRUM_SLACK beyond it. */
typedef struct {
    mag_t interpolation,
        interpolation1; /* of EW_SPECTRUM_POINTS Chebyshev points, both norms */
    mag_t derivative;   /* of d/d ln K of the interpolating polynomial */
    mag_t norm, norm1;  /* |a|, |a|_1 */
    mag_t move, move1, move2, bend;
    ew_spectrum_order_bounds order[EW_SPECTRUM_ORDERS]; /* those asked for */
} ew_spectrum_bounds;

void ew_spectrum_bounds_init(ew_spectrum_bounds *b);
void ew_spectrum_bounds_clear(ew_spectrum_bounds *b);
ew_status ew_spectrum_bounds_set(ew_spectrum_bounds *b, ew_evaluator *E, const arb_t low,
                                 const arb_t high, slong orders, ew_context *ctx);

/* p->key and p->orders are set; fills the rest.  Frees nothing on failure:
 * ew_spectrum_piece_clear does. */
ew_status ew_spectrum_piece_make(ew_spectrum_piece *p, ew_evaluator *E, const ew_activation *s,
                                 const ew_interpolation *points, ew_context *ctx);

/* How many coefficients the norms |.|_i, i < orders, ask for, a multiple of EW_SPECTRUM_STEP,
 * and the precision in bits to compute them to. */
ew_status ew_spectrum_orders_choose(slong *n, slong *prec, ew_evaluator *E, const arb_t low,
                                    const arb_t high, slong orders, ew_context *ctx);
/* p->order, from a_k at the nodes, [k][EW_SPECTRUM_POINTS], and the errors of the computed
 * ones, [p->n]. */
ew_status ew_spectrum_orders_set(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_spectrum_bounds *b, arb_srcptr node, arb_srcptr value,
                                 mag_srcptr off, slong prec, ew_context *ctx);
void ew_spectrum_piece_clear(ew_spectrum_piece *p);

#endif
