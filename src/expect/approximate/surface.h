/* The dual of a smooth activation as a function of the variance K and of the distance
 * t = 1 - |rho| in [0, 1], in doubles with a proved bound: polynomials in two variables, to be
 * evaluated first in K, which gives coefficients of polynomials in t alone.
 *
 * Every function below is an average of D(rho) = <s'(u) s'(v)>_{K,rho} over an interval of rho,
 * or D itself.  In K they are analytic where Re K > 0 and there, as for one variable (curve.h),
 *     |D| <= (V/|K|) <|s'(u)| |s'(v)|>_V <= (V/|K|) <s'^2>_V <= q^2 <s'^2>_(q m),  |w| <= R,
 * by Cauchy-Schwarz under the density of variance V.  In rho, K real, D and its averages over
 * [rho, 1] are power series with coefficients that are not negative (Mehler), so that all are
 * bounded by <s'^2>_K in the unit disc; t/(2 - t) = (1 - rho)/(1 + rho) takes that to the right
 * half plane, and w = (t - c)/(c + (1 - c) t) on to the unit disc again, for every 0 < c < 1.
 * Next to t = 0 the n-th derivative in rho is at most K^n <(s^(n+1))^2>_K. */
#ifndef EW_EXPECT_APPROXIMATE_SURFACE_H
#define EW_EXPECT_APPROXIMATE_SURFACE_H

#include "expect/approximate/pieces.h"
#include "expect/expect.h"

/* D(1 - t) and its average over [1 - t, 1]; then those of the other side, D(t - 1) and its
 * average over [-1, t - 1], which for odd and even s are those of this side up to sign; for odd
 * s instead the average over [0, 1 - t], which is <s s>/(K rho). */
enum {
    EW_SURFACE_DD,
    EW_SURFACE_SLOPE,
    EW_SURFACE_DD_OPPOSITE,
    EW_SURFACE_SLOPE_OPPOSITE,
    EW_SURFACE_QUOTIENT = 2,
    EW_SURFACE_MOST = 4
};

/* Piece i of t is the octave [2^-(i+1), 2^-i], where c = 2^-(i+1) EW_PIECE_MIDDLE, or the last
 * one, [0, 2^-i], where w = 2^i t instead. */
typedef struct {
    slong functions;
    ew_octaves pieces; /* of K */
    slong degree;      /* in w of t */
    slong *octaves;    /* [K piece]: of t; one more piece follows */
    /* For every K piece, function, piece of t and power of t's variable: how many powers of K's
     * variable there are, and their coefficients. */
    unsigned char *length;
    double *coef;
    slong lengths, coefs, length_room, coef_room;
    double *error;                    /* [K piece][functions]: bounds |computed - f(K, t)| */
    double relative[EW_SURFACE_MOST]; /* infinite where f may vanish */
} ew_surface;

/* All zero before, and after a failure.  *lo, *hi, shrink as for ew_curves_new. */
ew_status ew_surface_new(ew_surface *out, ew_evaluator *E, const ew_activation *s, double *lo,
                         double *hi, int shrink, ew_context *ctx);
void ew_surface_clear(ew_surface *x);

/* The coefficients in t at K: row[(f * (octaves + 1) + piece) * (degree + 1) + k], as the
 * emitted text computes them; returns the piece of K. */
slong ew_surface_rows(double *row, const ew_surface *x, double K);
slong ew_surface_most_rows(const ew_surface *x); /* their largest number */
/* f at t from them. */
double ew_surface_at(const double *row, const ew_surface *x, slong piece, slong f, double t);

#endif
