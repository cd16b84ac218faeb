#include "products/regime.h"

#include <math.h>

#include "products/significance.h"

/* Evidence that counts, in standard errors. */
#define EVIDENCE 2

/* What of c_1 is evident, times x. */
static double evident(const ew_fit *f, double x)
{
    return fmax(0, fabs(f->c[1]) - EVIDENCE * f->se[1]) * x;
}

/* |c_1| x over the size of the series.  That size is |c_0|, the larger of prediction and fit (a
 * wrong prediction must end in a failed test, not outside the regime), or `scale` where that is
 * larger.  Where c_1 is predicted it decides.  Otherwise it is fitted twice, in the full series
 * and in a straight line: the line misses c_2, but it knows c_1 far better, and a series that
 * has left its regime shows there. */
static double regime_of(const ew_fit *full, const ew_fit *line, const ew_prediction *want,
                        double x)
{
    double size = fmax(fmax(fabs(want->c[0]), fabs(full->c[0])), want->scale);
    double move = want->n > 1 ? fabs(want->c[1]) * x : fmax(evident(full, x), evident(line, x));
    return move > 0 ? move / size : 0;
}

static void set_check(ew_check *c, const ew_fit *f, int k, double predicted, double regime,
                      slong n)
{
    c->predicted = predicted;
    c->observed = f->c[k];
    c->se = f->se[k];
    c->df = f->df[k];
    c->regime = regime;
    c->widths = n;
    c->verdict = regime <= EW_VALIDATE_REGIME ? EW_PASS : EW_OUT_OF_REGIME;
    c->z = c->p = c->adjusted = NAN;
    if (c->verdict == EW_PASS) {
        c->z = (c->observed - predicted) / c->se;
        c->p = ew_student_two_sided(c->z, c->df);
    }
}

static ew_status fit_both(ew_fit *full, ew_fit *line, const ew_point *p, slong n,
                          ew_context *ctx)
{
    ew_status status = ew_fit_series(full, p, n, 3, ctx);
    return status == EW_OK ? ew_fit_series(line, p, n, 2, ctx) : status;
}

/* Fewer widths than a fit needs: what was seen at the widest one. */
static void no_fit(ew_check *check, const ew_point *point, slong n, const ew_prediction *want)
{
    for (int k = 0; k < want->n; k++) {
        ew_fit f = {.chi2 = 0};
        f.c[k] = k == 0 ? point[n - 1].y : NAN;
        f.se[k] = k == 0 ? point[n - 1].se : NAN;
        f.df[k] = point[n - 1].df;
        set_check(&check[k], &f, k, want->c[k], NAN, n);
    }
}

ew_status ew_regime_test(ew_check *check, const ew_point *point, slong n, ew_prediction want,
                         ew_context *ctx)
{
    if (n < EW_VALIDATE_WIDTHS) {
        no_fit(check, point, n, &want);
        return EW_OK;
    }
    ew_fit full, line;
    double regime = INFINITY;
    for (slong skip = 0; n - skip >= EW_VALIDATE_WIDTHS; skip++) {
        ew_status status = fit_both(&full, &line, point + skip, n - skip, ctx);
        if (status != EW_OK)
            return status;
        regime = regime_of(&full, &line, &want, point[skip].x);
        for (int k = 0; k < want.n; k++)
            set_check(&check[k], &full, k, want.c[k], regime, n - skip);
        if (regime <= EW_VALIDATE_REGIME)
            break;
    }
    return EW_OK;
}
