/* Making one piece of a curve; internal to it. */
#ifndef EW_EXPECT_DUAL_SPECTRUM_PIECE_H
#define EW_EXPECT_DUAL_SPECTRUM_PIECE_H

#include "expect/dual/interpolation.h"
#include "expect/dual/spectrum.h"

#define EW_SPECTRUM_POINTS (EW_SPECTRUM_DEGREE + 1)
#define EW_SPECTRUM_SLOW 2048 /* coefficients at most, where they are computed in balls */
#define EW_SPECTRUM_TAYLOR 22 /* terms of Taylor's series of kinked s in K */

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
    mag_t move, move1, move2;
    mag_t curvature; /* sqrt(sum k (k - 1) a_k^2), of kinked s without J_1 max(z, 0) */

    /* Kinked s: what Taylor's series from the middle leaves, in both norms; as in
     * ew_spectrum_piece; what the numbers of the tail miss, in both norms. */
    mag_t taylor, taylor1, jump, rest, rest1;

    ew_spectrum_order_bounds order[EW_SPECTRUM_ORDERS]; /* those asked for */
} ew_spectrum_bounds;

void ew_spectrum_bounds_init(ew_spectrum_bounds *b);
void ew_spectrum_bounds_clear(ew_spectrum_bounds *b);
/* d, jump: NULL for smooth s. */
ew_status ew_spectrum_bounds_set(ew_spectrum_bounds *b, ew_evaluator *E, const arb_t low,
                                 const arb_t high, slong orders, const ew_dual_tail *d,
                                 arb_srcptr jump, ew_context *ctx);

/* What pieces are made with. */
typedef struct {
    const ew_activation *s;
    ew_interpolation points, squares; /* EW_SPECTRUM_POINTS and EW_SPECTRUM_SQUARE + 1 */
    ew_dual_tail *tail;               /* of kinked s */
    arb_ptr jump;                     /* [EW_TAIL_JUMPS] of kinked s, else NULL */
} ew_spectrum_means;

/* p->key and p->orders are set; fills the rest.  Frees nothing on failure:
 * ew_spectrum_piece_clear does. */
ew_status ew_spectrum_piece_make(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_spectrum_means *with, ew_context *ctx);

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

/* Kinked s: how many coefficients, and numbers of the tail, suit variances around K. */
ew_status ew_spectrum_choose(slong *n, slong *orders, ew_evaluator *E, arb_srcptr jump,
                             double K, ew_context *ctx);

/* a[n] at variance K (1 + step) from c[n + 2 EW_SPECTRUM_TAYLOR] at K, but for what Taylor's
 * series leaves, for each of `steps` steps: a[i n + k]. */
void ew_spectrum_shift(arb_ptr a, arb_srcptr c, slong n, arb_srcptr step, slong steps,
                       slong prec);

/* <s^2>_K and K <s'^2>_K. */
ew_status ew_spectrum_wholes(arb_ptr y, ew_evaluator *E, const arb_t K, slong prec,
                             ew_context *ctx);
/* Kinked s: their polynomials in w, and the three errors. */
ew_status ew_spectrum_set_wholes(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_interpolation *points, const arb_t middle,
                                 const arb_t half, ew_context *ctx);

#endif
