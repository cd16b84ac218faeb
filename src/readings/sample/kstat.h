/* k-statistics: unbiased estimators of cumulants, with unbiased estimators of their own
 * variance, from power sums that can be merged (memory does not grow with the number of
 * samples). */
#ifndef EW_READINGS_SAMPLE_KSTAT_H
#define EW_READINGS_SAMPLE_KSTAT_H

/* A sampled number.  se is NaN when there are too few samples to estimate it. */
typedef struct {
    double mean;
    double se;
} ew_estimate;

/* sum x^i y^j for the eight (i, j) with i, j <= 2 but (0, 0), each in two parts (compensated).
 * The caller subtracts from x and y constants near their means, or the sums cancel. */
#define EW_PAIR_SUMS 8
typedef struct {
    double n;
    double high[EW_PAIR_SUMS];
    double low[EW_PAIR_SUMS];
} ew_pair_sums;

/* All zero bytes is an empty sum. */
void ew_pair_add(ew_pair_sums *s, double x, double y);
/* s += t.  The order of merging shows in the last bits: keep it fixed. */
void ew_pair_merge(ew_pair_sums *s, const ew_pair_sums *t);

/* Mean of x, without the shift; needs one sample (se: two). */
ew_estimate ew_pair_mean(const ew_pair_sums *s);
/* The unbiased covariance k_11 of x and y (x = y: the variance); needs two samples (se: four).
 * se is the square root of ew_pair_error, or 0 where that is negative. */
ew_estimate ew_pair_covariance(const ew_pair_sums *s);
/* The unbiased estimator of the variance of k_11, at least four samples.  It can be negative
 * when there are a handful of samples. */
double ew_pair_error(const ew_pair_sums *s);
/* The root of the product of the variances of x and y; needs two samples. */
double ew_pair_spread(const ew_pair_sums *s);

#endif
