/* exp(t A) p for the generator A of a birth-death process: the implicit step of any length that
 * the Fokker-Planck solver takes. */
#ifndef EW_READINGS_SDE_EXPONENTIAL_H
#define EW_READINGS_SDE_EXPONENTIAL_H

#include "arith/context.h"

/* Rates of nodes 0..n-1 to their neighbours; up[n-1] and down[0] leave the grid. */
typedef struct {
    size_t n;
    double *up, *down;
} ew_births;

ew_status ew_births_new(ew_births **out, size_t n, ew_context *ctx);
void ew_births_free(ew_births *b);

/* p = exp(t A) p, with p_i' = up_(i-1) p_(i-1) - (up_i + down_i) p_i + down_(i+1) p_(i+1), to
 * about 1e-13 of the greatest p; what comes out negative at that level is set to 0.  Without
 * rates out of the grid the sum of p is kept to rounding.  work: 5 n doubles. */
void ew_births_move(double *p, const ew_births *b, double t, double *work);

#endif
