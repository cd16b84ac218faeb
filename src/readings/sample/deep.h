/* Residual networks whose weights are correlated in depth (theory.md section 6): how far they
 * move the hidden vector, and the critical beta, by simulation. */
#ifndef EW_READINGS_SAMPLE_DEEP_H
#define EW_READINGS_SAMPLE_DEEP_H

#include "activation/activation.h"
#include "readings/sample/kstat.h"

/* One block: h' = h + alpha V s(h), h' = h + alpha V s(W h), or h' = h + s(A h + b). */
typedef enum { EW_DEEP_SINGLE, EW_DEEP_TWO, EW_DEEP_INNER } ew_deep_form;

/* Entries of V and W have variances cv/d and cw/d and are, each by itself, increments of
 * fractional Brownian motion over the blocks.  A is L^-beta times `abar` (where beta is a
 * number; the identity where abar is NULL; at block k of L that of the time k/L, between knots
 * by a straight line) plus increments of variance cw/(d L), b is L^-beta
 * times `bbar` (NULL: 0) plus increments of variance cb/L; those are independent. */
typedef struct {
    const ew_activation *s;
    ew_deep_form form;
    double hurst;
    size_t width; /* d */
    double cw, cv, cb;
    double size;               /* of the input, sqrt(size) (1, ..., 1) */
    double beta;               /* NaN: none given */
    const double *abar, *bbar; /* [knots][d * d] by rows, [knots][d] */
    slong knots;               /* their times 0, 1/(knots - 1), ..., 1; 0 or 1: constant */
    uint64_t samples, seed;
    slong depths;
    const slong *depth; /* L, ascending */
} ew_deep_options;

/* The relative move |h_L - h_0|^2 / |h_0|^2 that marks alpha as critical. */
#define EW_DEEP_LEVEL 0.25

/* alpha[i]: of ln alpha, for the alpha at which the relative move reaches EW_DEEP_LEVEL at
 * depth[i]; beta: the slope of -ln alpha over ln L, fitted sample by sample; depths >= 2.
 * Samples that no alpha moves so far, all neurons being dead, are left out; *used is the number
 * of the others.  EW_UNABLE: there are none. */
ew_status ew_deep_critical(ew_estimate *alpha, ew_estimate *beta, uint64_t *used,
                           const ew_deep_options *opt, ew_context *ctx);

/* At alpha = L^-beta: |h_L|^2/|h_0|^2 and the relative move, for every depth. */
ew_status ew_deep_at(ew_estimate *size, ew_estimate *move, const ew_deep_options *opt,
                     ew_context *ctx);

/* Form `inner`: the mean over the coordinates of h_L - h_0; the drift predicted for it, the sum
 * over the blocks of ([beta = 1] (abar h + bbar) + (1/2) s''(0) (cw |h|^2/d + cb))/L; and the
 * ratio of the two means.  second: s''(0).  With abar, coordinate[0..d) are what each
 * coordinate moves by at the greatest depth, and coordinate[d..2d) its predicted drifts (NULL:
 * not wanted). */
ew_status ew_deep_drift(ew_estimate *move, ew_estimate *drift, ew_estimate *ratio,
                        ew_estimate *coordinate, double second, const ew_deep_options *opt,
                        ew_context *ctx);

#endif
