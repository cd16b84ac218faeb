#include "readings/sample/kstat.h"

#include <math.h>

#include "chain/partition.h"

ew_estimate ew_pair_mean(const ew_pair_sums *s)
{
    long double n = s->n, a = s->s[1][0] / n, c20 = s->s[2][0] - n * a * a;
    ew_estimate e = {NAN, NAN};
    if (n >= 1)
        e.mean = (double) a;
    if (n >= 2)
        e.se = sqrt(fmax(0, (double) (c20 / (n * (n - 1)))));
    return e;
}

/* The unbiased estimator of kappa_11^2 is the polykay
 *   (C11^2 - C22)/(n)_2 + 2 (C11^2 - 2 C22)/(n)_3 + (C20 C02 + 2 C11^2 - 6 C22)/(n)_4,
 * with C_ij the centred power sums and (n)_k falling factorials: kappa_11^2 = E[xy]^2 - 2 E[xy]
 * E x E y
 * + (E x)^2 (E y)^2, each product of means as a mean over different samples.  k_11^2 less that
 * is unbiased for Var k_11. */
static long double variance_of_covariance(long double n, long double c20, long double c11,
                                          long double c02, long double c22)
{
    long double n2 = n * (n - 1), n3 = n2 * (n - 2), n4 = n3 * (n - 3);
    return c11 * c11 * (1 / (n2 * (n - 1)) - 2 / n3 - 2 / n4) +
           c22 * (1 / n2 + 4 / n3 + 6 / n4) - c20 * c02 / n4;
}

double ew_pair_error(const ew_pair_sums *s)
{
    long double n = s->n, a = s->s[1][0] / n, b = s->s[0][1] / n;
    long double c20 = s->s[2][0] - n * a * a, c02 = s->s[0][2] - n * b * b;
    long double c11 = s->s[1][1] - n * a * b;
    long double c22 = s->s[2][2] - 2 * b * s->s[2][1] - 2 * a * s->s[1][2] +
                      b * b * s->s[2][0] + a * a * s->s[0][2] + 4 * a * b * s->s[1][1] -
                      3 * n * a * a * b * b;
    return (double) variance_of_covariance(n, c20, c11, c02, c22);
}

ew_estimate ew_pair_covariance(const ew_pair_sums *s)
{
    ew_estimate e = {NAN, NAN};
    long double n = s->n, a = s->s[1][0] / n, b = s->s[0][1] / n;
    if (n >= 2)
        e.mean = (double) ((s->s[1][1] - n * a * b) / (n - 1));
    if (n >= 4)
        e.se = sqrt(fmax(0, ew_pair_error(s)));
    return e;
}

double ew_pair_spread(const ew_pair_sums *s)
{
    long double n = s->n, a = s->s[1][0] / n, b = s->s[0][1] / n;
    long double c20 = s->s[2][0] - n * a * a, c02 = s->s[0][2] - n * b * b;
    return n < 2 ? NAN : sqrt(fmax(0, (double) c20)) * sqrt(fmax(0, (double) c02)) / (s->n - 1);
}

/* poly *= sum over m of S(size, m) (-1)^(m-1) (m-1)! t^m, with S the Stirling numbers of the
 * second kind; poly has coefficients up to t^k. */
static void multiply_block(long double *poly, int k, int size)
{
    long double stirling[EW_KSTAT_MOST + 1] = {1}, out[EW_KSTAT_MOST + 1] = {0};
    for (int s = 1; s <= size; s++)
        for (int m = s; m >= 0; m--)
            stirling[m] = m * stirling[m] + (m > 0 ? stirling[m - 1] : 0);
    long double weight = 1;
    for (int m = 1; m <= size; m++) {
        for (int i = 0; i + m <= k; i++)
            out[i + m] += poly[i] * stirling[m] * weight;
        weight *= -m;
    }
    for (int i = 0; i <= k; i++)
        poly[i] = out[i];
}

/* The cumulant is a sum over partitions pi of (-1)^(b-1) (b-1)! times the product of the
 * moments of its b blocks.  A product of b moments is estimated by the mean over b different
 * samples, 1/(n)_b times a sum over distinct indices, which by Moebius inversion is a sum of
 * products of plain power sums over the coarser partitions sigma.  Gathered by sigma: the
 * weight of the product of its power sums, when t^b stands for (-1)^(b-1) (b-1)!/(n)_b. */
static long double weight(const ew_partition *sigma, long double n)
{
    long double poly[EW_KSTAT_MOST + 1] = {1}, power = 1 / n, sum = 0;
    for (slong b = 0; b < sigma->blocks; b++) {
        int size = 0;
        for (slong i = 0; i < sigma->n; i++)
            size += sigma->block[i] == b;
        multiply_block(poly, (int) sigma->n, size);
    }
    for (int b = 1; b <= sigma->n; b++) {
        sum += poly[b] * power;
        power *= -b / (n - b);
    }
    return sum;
}

void ew_kstat_plan_set(ew_kstat_plan *plan, double n, int k)
{
    ew_partition sigma;
    plan->k = k;
    plan->n = n;
    plan->partitions = 0;
    ew_partition_first(&sigma, k);
    do {
        int i = plan->partitions++;
        plan->weight[i] = weight(&sigma, n);
        for (slong b = 0; b < k; b++)
            plan->block[i][b] = 0;
        for (int j = 0; j < k; j++)
            plan->block[i][sigma.block[j]] |= (unsigned char) (1u << j);
    } while (ew_partition_next(&sigma));
}

double ew_kstat(const ew_kstat_plan *plan, const long double *sum)
{
    long double total = 0;
    if (!(plan->n >= plan->k))
        return NAN;
    for (int i = 0; i < plan->partitions; i++) {
        long double product = plan->weight[i];
        for (int b = 0; b < plan->k && plan->block[i][b]; b++)
            product *= sum[plan->block[i][b]];
        total += product;
    }
    return (double) total;
}
