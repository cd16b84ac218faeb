/* A sampled output's histogram against the Gaussian density and the Edgeworth densities. */
#ifndef EW_PRODUCTS_COMPARE_H
#define EW_PRODUCTS_COMPARE_H

#include "readings/cumulant/density/density.h"
#include "readings/sample/histogram.h"

/* Level at which a curve is rejected, by Holm over all curves. */
#define EW_COMPARE_LEVEL 0.01

/* Pearson's chi-squared of the counts, with nothing fitted: df is the number of groups less 1.
 * Cells in which a curve expects few draws, or fewer than none, are joined with their
 * neighbours. p is NaN for a single group.  distance is half the sum over cells of |share -
 * expected|, the total variation up to the cells' width; `noise` what it would be for the true
 * curve. */
typedef struct {
    double chi2, p, adjusted;
    slong df;
    double distance, noise;
    int rejected;
} ew_curve_test;

typedef struct {
    ew_histogram *sampled;
    slong curves;     /* the Gaussian, then orders 1, 2, ... */
    double *expected; /* [curve * cells + cell]: probabilities; an Edgeworth one may be < 0 */
    ew_curve_test *test;
    slong closest;  /* the curve of least chi-squared */
    slong simplest; /* the first that is not rejected, or -1 */
} ew_comparison;

/* Cells: `bins` of equal width from `from` to `to`, in units of the root of K, and what is left
 * and right of them.  Samples of opt at the width of d; a share of them makes no
 * comparison, *out is NULL.  EW_USAGE: bins not in 1..1000, from >=
 * to; else as ew_sample_histogram. */
ew_status ew_compare_density(ew_comparison **out, ew_output_density *d, double from, double to,
                             slong bins, const ew_sample_options *opt, ew_context *ctx);
void ew_comparison_free(ew_comparison *c);

#endif
