/* k-statistics: unbiased estimators of cumulants, from power sums. */
#ifndef EW_READINGS_SAMPLE_KSTAT_H
#define EW_READINGS_SAMPLE_KSTAT_H

/* A sampled number.  se is NaN when there are too few samples to estimate it. */
typedef struct {
    double mean;
    double se;
} ew_estimate;

/* sum x^i y^j over n samples, for i, j <= 2; s[0][0] is not used.  The caller subtracts from x
 * and y constants near their means, or the sums cancel. */
typedef struct {
    double n;
    long double s[3][3];
} ew_pair_sums;

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

/* The longest list of entries of a joint cumulant, and its partitions. */
#define EW_KSTAT_MOST 6
#define EW_KSTAT_PARTITIONS 203

/* The joint k-statistic of k entries as a polynomial in power sums over n samples: one term a
 * partition, a product over its blocks (bit masks, 0 past the last). */
typedef struct {
    double n;
    int k, partitions;
    long double weight[EW_KSTAT_PARTITIONS];
    unsigned char block[EW_KSTAT_PARTITIONS][EW_KSTAT_MOST];
} ew_kstat_plan;

/* 1 <= k <= EW_KSTAT_MOST. */
void ew_kstat_plan_set(ew_kstat_plan *plan, double n, int k);
/* The unbiased estimator of the joint cumulant of x_1, ..., x_k: sum[S] is the sum over the
 * samples of the product of the x_i with i in the bit mask S, 0 < S < 2^k.  NaN when n < k.
 * What was said of shifts above holds here as well. */
double ew_kstat(const ew_kstat_plan *plan, const long double *sum);

#endif
