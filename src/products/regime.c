#include "products/regime.h"

#include <math.h>

#include "products/significance.h"

/* Evidence that counts, in standard errors. */
#define EVIDENCE 2

static double size_of(const ew_prediction *p)
{
    return fmax(fabs(p->c[0]), p->scale);
}

double ew_series_ratio(const ew_prediction *p, double x)
{
    double size = size_of(p), ratio = p->known > 1 ? 0 : INFINITY;
    for (int j = 1; j < p->known; j++)
        if (p->c[j] != 0)
            ratio = fmax(ratio, pow(fabs(p->c[j]) / size, 1.0 / j) * x);
    return ratio;
}

double ew_series_rest(const ew_prediction *p, int j, double x)
{
    double ratio = ew_series_ratio(p, x);
    if (!(ratio < 1))
        return INFINITY;
    double rest = size_of(p) * pow(ratio, j + 1) / (1 - ratio);
    return p->known > j + 1 ? rest : fmax(rest, fabs(p->c[j]) * pow(x, j));
}

/* The null hypothesis: the mean of the observation is within the allowance of the prediction.
 * z is what lies beyond, in standard errors. */
static void set_difference(double *z, double *p, double difference, double allowance, double se,
                           double df)
{
    double beyond = fmax(0, fabs(difference) - allowance);
    *z = (difference < 0 && beyond > 0 ? -beyond : beyond) / se;
    *p = ew_interval_tails(difference, allowance, se, df);
}

/* What of c_1 is evident, times x. */
static double evident(const ew_fit *f, double x)
{
    return fmax(0, fabs(f->c[1]) - EVIDENCE * f->se[1]) * x;
}

/* |c_1| x over the size of the series.  That size is |c_0|, the larger of prediction and fit (a
 * wrong prediction must end in a failed test, not outside the regime), or `scale` where that is
 * larger.  Where c_1 is known it decides.  Otherwise it is fitted twice, in the full series
 * and in a straight line: the line misses c_2, but it knows c_1 far better, and a series that
 * has left its regime shows there. */
static double regime_of(const ew_fit *full, const ew_fit *line, const ew_prediction *want,
                        double x)
{
    double size = fmax(size_of(want), fabs(full->c[0]));
    double move =
        want->known > 1 ? fabs(want->c[1]) * x : fmax(evident(full, x), evident(line, x));
    return move > 0 ? move / size : 0;
}

/* What the fitted coefficient k owes to the terms after the last one fitted, if these obey the
 * geometric bound on the widths fitted. */
static double fit_allowance(const ew_fit *f, int k, const ew_prediction *want, double ratio,
                            double x)
{
    double size = fmax(size_of(want), fabs(f->c[0]));
    return f->next[k] * size * pow(ratio / x, EW_FIT_TERMS) / (1 - ratio);
}

static void set_check(ew_check *c, const ew_fit *f, int k, const ew_prediction *want,
                      double regime, double x, slong n)
{
    /* Where c_1 is not known, what is seen of it stands for it. */
    double ratio = want->known > 1 ? ew_series_ratio(want, x) : regime;
    c->predicted = want->c[k];
    c->observed = f->c[k];
    c->se = f->se[k];
    c->df = f->df[k];
    c->regime = regime;
    c->widths = n;
    c->verdict =
        regime <= EW_VALIDATE_REGIME && ratio <= EW_VALIDATE_RATIO ? EW_PASS : EW_OUT_OF_REGIME;
    c->z = c->p = c->adjusted = c->allowance = NAN;
    if (c->verdict == EW_PASS) {
        c->allowance = fit_allowance(f, k, want, ratio, x);
        set_difference(&c->z, &c->p, c->observed - c->predicted, c->allowance, c->se, c->df);
    }
}

static ew_status fit_both(ew_fit *full, ew_fit *line, const ew_point *p, slong n,
                          ew_context *ctx)
{
    ew_status status = ew_fit_series(full, p, n, EW_FIT_TERMS, ctx);
    return status == EW_OK ? ew_fit_series(line, p, n, 2, ctx) : status;
}

/* Fewer widths than a fit needs: what was seen at the widest one. */
static void no_fit(ew_check *check, const ew_point *point, slong n, const ew_prediction *want)
{
    for (int k = 0; k < want->n && k < 2; k++) {
        ew_fit f = {.chi2 = 0};
        f.c[k] = k == 0 ? point[n - 1].y : NAN;
        f.se[k] = k == 0 ? point[n - 1].se : NAN;
        f.df[k] = point[n - 1].df;
        set_check(&check[k], &f, k, want, NAN, point[0].x, n);
    }
}

ew_status ew_regime_test(ew_check *check, slong *used, const ew_point *point, slong n,
                         const ew_prediction *want, ew_context *ctx)
{
    *used = 0;
    if (n < EW_VALIDATE_WIDTHS) {
        no_fit(check, point, n, want);
        return EW_OK;
    }
    ew_fit full, line;
    for (slong skip = 0; n - skip >= EW_VALIDATE_WIDTHS && *used == 0; skip++) {
        ew_status status = fit_both(&full, &line, point + skip, n - skip, ctx);
        if (status != EW_OK)
            return status;
        double regime = regime_of(&full, &line, want, point[skip].x);
        for (int k = 0; k < want->n && k < 2; k++)
            set_check(&check[k], &full, k, want, regime, point[skip].x, n - skip);
        if (check->verdict == EW_PASS)
            *used = n - skip;
    }
    return EW_OK;
}

void ew_regime_point(ew_narrow *row, const ew_point *point, const ew_prediction *want, int j)
{
    double sum = 0;
    for (int k = j; k >= 0; k--)
        sum = sum * point->x + want->c[k];
    row->predicted = sum;
    row->observed = point->y;
    row->se = point->se;
    row->df = point->df;
    row->ratio = ew_series_ratio(want, point->x);
    row->z = row->p = row->adjusted = row->allowance = NAN;
    row->verdict = row->ratio <= EW_VALIDATE_RATIO ? EW_PASS : EW_OUT_OF_REGIME;
    if (row->verdict == EW_PASS) {
        row->allowance = ew_series_rest(want, j, point->x);
        set_difference(&row->z, &row->p, row->observed - sum, row->allowance, row->se, row->df);
    }
}
