/* Gaussian expectations as functions of the variance K, in doubles, with a proved bound of the
 * whole error: polynomials in w = (K - m)/(K + m) on octaves (expect/approximate/pieces.h).
 *
 * F(K) = D^j <f>_K is analytic where Re K > 0, which w maps to the unit disc: for such K
 *     |<f>_K| <= sqrt(V/|K|) <|f|>_V,  V = 1/Re(1/K) = |K|^2/Re K,
 * since |e^(-z^2/2K)| = e^(-z^2/2V), and <|f|>_V sqrt V grows with V.  On |w| <= R < 1 both |K|
 * and V lie between m/q and m q, q = (1 + R)/(1 - R), so that |<f>_K| <= q <|f|>_(q m).
 * Derivatives are D^j <f> = (2K)^-j <f He_2j(z/sqrt K)>: as many such moments of |f|. */
#ifndef EW_EXPECT_APPROXIMATE_CURVE_H
#define EW_EXPECT_APPROXIMATE_CURVE_H

#include "expect/approximate/chebyshev.h"
#include "expect/approximate/pieces.h"
#include "expect/expect.h"

typedef struct {
    ew_octaves pieces;
    slong degree;
    int power;       /* F = K^power times the polynomial, so that that varies less */
    double *coef;    /* [piece][degree + 1] */
    double *error;   /* [piece]: bounds |computed - F(K)| on the piece */
    double *least;   /* [piece]: |F| from below, 0 if it may vanish */
    double relative; /* bounds the relative error everywhere; infinite where F may vanish */
} ew_curve;

/* out[i], i < n, for atoms[i] on [*lo, *hi], 0 < lo < hi: all zero before, and after a failure.
 * Built together since expectations at the same K share their work.  A piece that cannot be
 * certified is EW_UNABLE (the message says which one); with shrink != 0 the domain then ends
 * before it, and *lo, *hi follow. */
ew_status ew_curves_new(ew_curve *out, ew_evaluator *E, const ew_atom1 *atoms, slong n,
                        double *lo, double *hi, int shrink, ew_context *ctx);
void ew_curve_clear(ew_curve *c);

/* The value by the same operations as the emitted text; K in the pieces' range. */
double ew_curve_at(const ew_curve *c, double K);
slong ew_curve_piece(const ew_curve *c, double K);

/* <|f|>_K from above. */
ew_status ew_absolute_mean(mag_t M, ew_evaluator *E, const ew_monomial *f, const arb_t K,
                           ew_context *ctx);

/* Bounds |D^j <f>_K| for complex K with |w| <= R. */
ew_status ew_curve_bound(mag_t M, ew_evaluator *E, const ew_atom1 *atom, double m, double R,
                         ew_context *ctx);

#endif
