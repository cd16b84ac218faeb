#include "readings/sample/kstat.h"

#include <math.h>

enum { S10, S01, S20, S11, S02, S21, S12, S22 };

/* Knuth's two-sum: high + low is the exact sum so far, up to the rounding of low. */
static void add(ew_pair_sums *s, int i, double x)
{
    double t = s->high[i] + x, b = t - s->high[i];
    s->low[i] += (s->high[i] - (t - b)) + (x - b);
    s->high[i] = t;
}

void ew_pair_add(ew_pair_sums *s, double x, double y)
{
    const double term[EW_PAIR_SUMS] = {x,     y,         x * x,     x * y,
                                       y * y, x * x * y, x * y * y, x * x * (y * y)};
    s->n += 1;
    for (int i = 0; i < EW_PAIR_SUMS; i++)
        add(s, i, term[i]);
}

void ew_pair_merge(ew_pair_sums *s, const ew_pair_sums *t)
{
    s->n += t->n;
    for (int i = 0; i < EW_PAIR_SUMS; i++) {
        add(s, i, t->high[i]);
        s->low[i] += t->low[i];
    }
}

static long double sum(const ew_pair_sums *s, int i)
{
    return (long double) s->high[i] + s->low[i];
}

ew_estimate ew_pair_mean(const ew_pair_sums *s)
{
    long double n = s->n, a = sum(s, S10) / n, c20 = sum(s, S20) - n * a * a;
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
    long double n = s->n, a = sum(s, S10) / n, b = sum(s, S01) / n;
    long double c20 = sum(s, S20) - n * a * a, c02 = sum(s, S02) - n * b * b;
    long double c11 = sum(s, S11) - n * a * b;
    long double c22 = sum(s, S22) - 2 * b * sum(s, S21) - 2 * a * sum(s, S12) +
                      b * b * sum(s, S20) + a * a * sum(s, S02) + 4 * a * b * sum(s, S11) -
                      3 * n * a * a * b * b;
    return (double) variance_of_covariance(n, c20, c11, c02, c22);
}

ew_estimate ew_pair_covariance(const ew_pair_sums *s)
{
    ew_estimate e = {NAN, NAN};
    long double n = s->n, a = sum(s, S10) / n, b = sum(s, S01) / n;
    if (n >= 2)
        e.mean = (double) ((sum(s, S11) - n * a * b) / (n - 1));
    if (n >= 4)
        e.se = sqrt(fmax(0, ew_pair_error(s)));
    return e;
}

double ew_pair_spread(const ew_pair_sums *s)
{
    long double n = s->n, a = sum(s, S10) / n, b = sum(s, S01) / n;
    long double c20 = sum(s, S20) - n * a * a, c02 = sum(s, S02) - n * b * b;
    return n < 2 ? NAN : sqrt(fmax(0, (double) c20)) * sqrt(fmax(0, (double) c02)) / (s->n - 1);
}
