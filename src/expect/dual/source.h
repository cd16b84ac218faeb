/* Where the functions of a dual come from, not yet scaled; internal to it. */
#ifndef EW_EXPECT_DUAL_SOURCE_H
#define EW_EXPECT_DUAL_SOURCE_H

#include "expect/dual/dual.h"
#include "expect/dual/spline.h"

/* Kinks: the spline that carries them, and its dual at rho = 1 and -1. */
typedef struct {
    ew_spline q;
    arb_t value[2], derivative[2];
    mag_t unit; /* what errors are relative to: c'(1) */
    slong lost; /* bits its dual is known to lose to cancellation */
} ew_dual_kinks;

typedef struct ew_dual_source ew_dual_source;
struct ew_dual_source {
    ew_evaluator *E;
    arb_t K;
    mag_t slope[EW_DUAL_FUNCTIONS]; /* of ew_disc_functions */
    /* As in ew_disc_functions. */
    ew_status (*value)(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec,
                       ew_context *ctx);
    ew_status (*end)(mag_ptr y, ew_dual_source *x, const arb_t t, ew_context *ctx);

    /* Smooth s: the power series, as long as it takes for the rest to vanish in doubles.  With
     * kinks: the series of what the spline leaves of s. */
    slong first; /* how many terms to try at first; 0: few */
    slong most;  /* and at last; 0: EW_MAX_HERMITE */
    slong n;
    arb_ptr coef[EW_DUAL_FUNCTIONS]; /* [n] each: of (1 - t)^j */
    mag_t rest;                      /* bounds what the terms left out add up to, everywhere */
    arb_ptr power;                   /* [n]: scratch */

    arb_t opposite; /* c(-1) */

    /* Homogeneous s: c(1) and c(-1) at variance 1. */
    arb_t unit_equal, unit_opposite;

    ew_dual_kinks *kinks; /* owned; NULL: none */
};

void ew_dual_source_init(ew_dual_source *x, ew_evaluator *E, const arb_t K);
void ew_dual_source_clear(ew_dual_source *x);

/* Fill an initialised source.  EW_UNABLE: Hermite coefficients that fall too slowly. */
ew_status ew_dual_series(ew_dual_source *x, slong prec, ew_context *ctx);
/* s must be homogeneous: closed forms at variance 1, whose precision makes good what
 * differences of c lose. */
ew_status ew_dual_homogeneous(ew_dual_source *x, ew_context *ctx);
/* s continuous, and analytic between its kinks up to them. */
ew_status ew_dual_kinked(ew_dual_source *x, ew_context *ctx);

/* What they share.  The functions of the power series sum square[k] rho^k, k <= x->n: coef and
 * opposite from it (`rest` is known), and the values. */
void ew_dual_power_set(ew_dual_source *x, arb_srcptr square, slong prec);
void ew_dual_power_value(arb_ptr y, ew_dual_source *x, const arb_t t, slong prec);
/* `end` of functions whose coefficients are not negative on side 0 and bound those of side 1:
 * side 0 falls all the way from 0 to t, and side 1 varies by no more than it does. */
ew_status ew_dual_monotone_end(mag_ptr y, ew_dual_source *x, const arb_t t, ew_context *ctx);
/* <(s^(i))^2>_K, s^(i) taken between the kinks. */
ew_status ew_dual_square(arb_t y, ew_evaluator *E, slong i, const arb_t K, slong prec,
                         ew_context *ctx);

#endif
