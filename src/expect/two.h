/* Inside ew_expect_two: what its methods share. */
#ifndef EW_EXPECT_TWO_H
#define EW_EXPECT_TWO_H

#include "expect/evaluator.h"
#include "expect/halves.h"
#include "expect/jetsum.h"

/* Terms of the Mehler series, at most. */
#define EW_MEHLER_TERMS 3000

/* One of the two functions, differentiated `shift` times in all: F is that derivative when
 * `expanded` (smooth s, or nothing to differentiate), else the monomial itself, whose Hermite
 * coefficients are shifted.  halves, defined when has_halves, is the derivative either way. */
typedef struct {
    const ew_monomial *f;
    ew_jetsum F;
    slong shift;
    int expanded;
    ew_halves halves;
    int has_halves;
} ew_side;

/* The covariance: exact reference values (positive semi-definite), how far the true ones may be
 * from them, and balls that contain both. */
typedef struct {
    arb_t aa, ab, bb;
    fmpq_t qaa, qab, qbb;
    mag_t raa, rab, rbb;
    arb_t ball_aa, ball_ab, ball_bb;
    int exact; /* all radii zero */
} ew_box;

/* x = <F(u) G(v)> at the reference by a closed form, radius at most about 2^-prec scale;
 * *known = 0 when there is none. */
ew_status ew_two_closed(arb_t x, int *known, ew_evaluator *E, const ew_side *F,
                        const ew_side *G, const ew_box *box, const mag_t scale, slong prec,
                        ew_context *ctx);

/* x contains <F^(shift)(u) G^(shift)(v)> at the reference, by the Mehler series; radius about
 * 2^-prec scale.  scale: the added absolute values of the terms, or a Cauchy-Schwarz bound.
 * EW_UNABLE when |rho| is too close to 1. */
ew_status ew_two_mehler(arb_t x, mag_t scale, ew_evaluator *E, const ew_side *F,
                        const ew_side *G, const ew_box *box, slong prec, ew_context *ctx);

/* The bound the Mehler tail rests on: sum over k > N of |rho|^k w_k |a_(k+p)| |b_(k+q)| with
 * w_k = sqrt((k+p)! (k+q)!)/k!, given the rests of the sums of squares.  Infinite when the
 * bound does not decrease. */
void ew_mehler_tail(mag_t tail, const mag_t rho, slong N, slong p, slong q, const mag_t rest_a,
                    const mag_t rest_b);

/* Over the box, how far <F G> can be from its value at the reference; infinite when no bound is
 * known (kinks, and |rho| = 1 not excluded). */
ew_status ew_two_spread(mag_t spread, ew_evaluator *E, const ew_side *F, const ew_side *G,
                        const ew_box *box, ew_context *ctx);

/* The norms found within one call are kept; this begins a new one. */
void ew_norms_forget(ew_evaluator *E);

/* sqrt <(z^p F^(i))^2>_K from above over the ball K; infinite when it does not exist. */
ew_status ew_side_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                       const arb_t K, ew_context *ctx);

/* The same of the jets, whatever closed form F has: before it is differentiated unless F is
 * `expanded`. */
ew_status ew_jets_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                       const arb_t K, ew_context *ctx);

#endif
