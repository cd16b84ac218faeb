/* The curve of an activation: its orthonormal Hermite coefficients a_k(K) at every variance K,
 *     <s(u) s(v)> = sum_k rho^k a_k(K_u) a_k(K_v)                     (theory.md section 9),
 * in doubles with proved bounds, for pairs of variables of different variance.
 *
 * K -> (a_k(K))_k is the curve K -> s(sqrt(K) g) in L^2 of the standard Gaussian, written in an
 * orthonormal basis: what interpolation in K costs all coefficients together, in the norm
 *     |a|^2 = sum a_k^2,   and in   |a|_1^2 = sum k a_k^2   (which is that of d/dg),
 * is bounded by norms of derivatives of s(sqrt(K) g), which are Gaussian expectations.  Tables
 * are made for quarters of octaves of K, where they are asked for. */
#ifndef EW_EXPECT_DUAL_SPECTRUM_H
#define EW_EXPECT_DUAL_SPECTRUM_H

#include "expect/dual/tail.h"
#include "expect/expect.h"

#define EW_SPECTRUM_BITS 2 /* 2^EW_SPECTRUM_BITS pieces an octave */
#define EW_SPECTRUM_DEGREE 12
#define EW_SPECTRUM_SQUARE (2 * EW_SPECTRUM_DEGREE)
#define EW_SPECTRUM_STEP 32    /* tails are known at multiples of it */
#define EW_SPECTRUM_MOST 16384 /* coefficients */
#define EW_SPECTRUM_ORDERS 6   /* norms of derivatives */
#define EW_SPECTRUM_SLACK 1e-3 /* the bounds hold beyond the piece by this part of K */

/* In the norm |a|_i^2 = sum k (k - 1) ... (k - i + 1) a_k^2 = K^i <(s^(i))^2>, that of
 * d^i/dg^i. */
typedef struct {
    double own;   /* of the computed a_k, k < n */
    double norm;  /* bounds |a|_i */
    double move;  /* bounds |da/d ln K|_i */
    double *tail; /* [n/EW_SPECTRUM_STEP + 1]: |(a_k), k >= j STEP|_i */
} ew_spectrum_order;

/* One piece; w runs over [-1, 1].  Coefficient k = 2 i + c is number i of class c; a class is
 * empty where parity makes it vanish. */
typedef struct {
    uint64_t key;
    slong n;          /* k < n, a multiple of EW_SPECTRUM_STEP */
    slong count[2];   /* of each class: 0 or n/2 */
    double *coef[2];  /* [EW_SPECTRUM_DEGREE + 1][count] */
    double own, own1; /* of the computed a_k, k < n, in both norms */
    double *tail;     /* [n/EW_SPECTRUM_STEP + 1]: |(a_k), k >= j STEP|_1 */
    double square[EW_SPECTRUM_SQUARE + 1]; /* |a|^2 in w */
    double slope[EW_SPECTRUM_SQUARE + 1];  /* |a|_1^2 */
    double square_error, slope_error;      /* of their values */
    double move, move1, move2; /* bounds |da/dx|, |da/dx|_1, |d^2 a/dx^2|, x = ln K */
    double rate_error;         /* d|a|^2/dx less that of `square` */
    double bend;               /* bounds sum k (k - 1) a_k^2, of kinked s over k < n */
    /* sum k a_k^2 (1 - (1 - t)^(k-1)) is at most (jump t^(1/4) + curvature t^(1/2))^2. */
    double jump, curvature;

    /* Of kinked s the coefficients k >= n are known by ew_dual_tail: what is missed, and they
     * themselves, in both norms.  `own` and `own1` are of k < n, and so is `tail` beyond its
     * last element but one: that is of all k >= n. */
    double rest, rest1, beyond, beyond1;

    slong orders;
    ew_spectrum_order *order; /* [orders], if these were asked for; of smooth s */
} ew_spectrum_piece;

typedef struct ew_spectrum ew_spectrum;

/* s smooth, or continuous with a kink at 0 and no other (EW_UNABLE otherwise); it must outlive
 * the curve. */
ew_status ew_spectrum_new(ew_spectrum **out, const ew_activation *s, ew_context *ctx);
void ew_spectrum_free(ew_spectrum *c);

/* Of kinked s: how many coefficients there are before the tail is the same for all pieces, and
 * settled here for variances around K, or else by the first that is prepared.  EW_UNABLE: s
 * has not the derivatives for it on both sides of 0. */
ew_status ew_spectrum_settle(ew_spectrum *c, double K, ew_context *ctx);
/* NULL for smooth s, and before that. */
const ew_dual_tail *ew_spectrum_tail(const ew_spectrum *c);

/* Ask for the norms |.|_i, i < orders <= EW_SPECTRUM_ORDERS, of all pieces of smooth s, and for
 * so many coefficients that little is left out from n - EW_SPECTRUM_STEP on in all of them but
 * the last; before pieces are made. */
void ew_spectrum_ask(ew_spectrum *c, slong orders);

/* Make the piece that holds K > 0, a normal double, unless it is there; those of n variances,
 * on ctx->threads threads, whose number does not change them.  Not for several callers at once.
 */
ew_status ew_spectrum_prepare(ew_spectrum *c, double K, ew_context *ctx);
ew_status ew_spectrum_prepare_all(ew_spectrum *c, const double *K, size_t n, ew_context *ctx);

/* The piece that holds K and the place in it, from any thread; NULL if it was not prepared. */
const ew_spectrum_piece *ew_spectrum_at(double *w, const ew_spectrum *c, double K);

/* The value of `square` or `slope`; the derivative of `square` in ln K. */
double ew_spectrum_value(const double *c, double w);
double ew_spectrum_rate(const ew_spectrum_piece *p, double w);

#endif
