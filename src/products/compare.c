#include "products/compare.h"

#include <math.h>
#include <stdlib.h>

#include "products/holm.h"
#include "products/significance.h"

#define MOST_BINS 1000
/* Draws that a group must expect. */
#define LEAST_EXPECTED 10
/* Of the certified distribution functions: all that doubles hold. */
#define DIGITS 17

void ew_comparison_free(ew_comparison *c)
{
    if (!c)
        return;
    ew_histogram_free(c->sampled);
    free(c->expected);
    free(c->test);
    free(c);
}

/* ---- what the curves expect ---- */

static ew_status exact_double(arb_t x, slong prec, void *data, ew_context *ctx)
{
    (void) prec;
    (void) ctx;
    arb_set_d(x, *(const double *) data);
    return EW_OK;
}

/* The certified distribution functions at the very doubles that the sample was cut at. */
static ew_status functions_at(ew_certified **out, ew_output_density *d, double *edge, slong n,
                              ew_context *ctx)
{
    ew_scalar *x = ew_alloc_zero((size_t) n, sizeof *x, ctx);
    *out = ew_certified_new(n * ew_density_columns(d), ctx);
    ew_status status = x && *out ? EW_OK : EW_MEMORY;
    for (slong i = 0; x && i < n; i++)
        x[i] = (ew_scalar){NULL, exact_double, edge + i};
    if (status == EW_OK)
        status = ew_density_at(*out, d, &(ew_density_grid){n, x, NULL, NULL}, DIGITS, ctx);
    free(x);
    return status;
}

static ew_status set_expected(ew_comparison *c, ew_output_density *d, double *edge,
                              ew_context *ctx)
{
    slong edges = c->sampled->cells - 1, columns = ew_density_columns(d);
    ew_certified *value;
    ew_status status = functions_at(&value, d, edge, edges, ctx);
    for (slong k = 0; k < c->curves && status == EW_OK; k++) {
        double before = 0, *expected = c->expected + k * c->sampled->cells;
        for (slong i = 0; i <= edges; i++) {
            slong at = i * columns + 3 + d->order + k;
            double after = i < edges ? ew_certified_double(value + at) : 1;
            expected[i] = after - before;
            before = after;
        }
    }
    ew_certified_free(value, edges * columns);
    return status;
}

/* ---- tests ---- */

static void chi_squared(ew_curve_test *t, const ew_histogram *h, const double *expected)
{
    double n = (double) h->samples, count = 0, share = 0, left = 1;
    slong groups = 0;
    t->chi2 = 0;
    for (slong i = 0; i < h->cells; i++) {
        count += (double) h->count[i];
        share += expected[i];
        left -= expected[i];
        int last = i + 1 == h->cells;
        if (!last && (n * share < LEAST_EXPECTED || n * left < LEAST_EXPECTED))
            continue;
        t->chi2 += (count - n * share) * (count - n * share) / (n * share);
        groups++;
        count = share = 0;
    }
    t->df = groups - 1;
    t->p = groups > 1 ? ew_chi2_above(t->chi2, (double) t->df) : NAN;
}

static void distance(ew_curve_test *t, const ew_histogram *h, const double *expected)
{
    t->distance = t->noise = 0;
    for (slong i = 0; i < h->cells; i++) {
        t->distance += fabs(h->share[i].mean - expected[i]) / 2;
        t->noise += h->share[i].se * sqrt(2 / M_PI) / 2;
    }
}

static ew_status judge(ew_comparison *c, ew_context *ctx)
{
    double *p = ew_alloc((size_t) (2 * c->curves) * sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    for (slong k = 0; k < c->curves; k++) {
        const double *expected = c->expected + k * c->sampled->cells;
        chi_squared(c->test + k, c->sampled, expected);
        distance(c->test + k, c->sampled, expected);
        p[k] = c->test[k].p;
        if (c->test[k].chi2 < c->test[c->closest].chi2)
            c->closest = k;
    }
    ew_status status = ew_holm(p + c->curves, p, c->curves, ctx);
    c->simplest = -1;
    for (slong k = c->curves - 1; k >= 0 && status == EW_OK; k--) {
        c->test[k].adjusted = p[c->curves + k];
        c->test[k].rejected = c->test[k].adjusted <= EW_COMPARE_LEVEL;
        if (!c->test[k].rejected)
            c->simplest = k;
    }
    free(p);
    return status;
}

/* ---- the whole ---- */

static ew_status sample(ew_comparison *c, ew_output_density *d, double from, double to,
                        slong bins, const ew_sample_options *opt, ew_context *ctx)
{
    ew_sample_options own = *opt;
    double *edge = ew_alloc((size_t) (bins + 1) * sizeof *edge, ctx);
    if (!edge)
        return EW_MEMORY;
    double root = sqrt(arf_get_d(arb_midref(d->K), ARF_RND_NEAR));
    own.width = d->width;
    for (slong i = 0; i <= bins; i++)
        edge[i] = root * (from + (to - from) * (double) i / (double) bins);
    ew_status status = ew_sample_histogram(&c->sampled, edge, bins + 1, d->net, &own, ctx);
    if (c->sampled) {
        size_t curves = (size_t) c->curves;
        c->expected = ew_alloc_zero(curves * (size_t) c->sampled->cells, sizeof(double), ctx);
        c->test = ew_alloc_zero(curves, sizeof *c->test, ctx);
        status = c->expected && c->test ? set_expected(c, d, edge, ctx) : EW_MEMORY;
    }
    free(edge);
    return status;
}

ew_status ew_compare_density(ew_comparison **out, ew_output_density *d, double from, double to,
                             slong bins, const ew_sample_options *opt, ew_context *ctx)
{
    *out = NULL;
    if (bins < 1 || bins > MOST_BINS)
        return ew_fail(ctx, EW_USAGE, "bins: %ld is not in 1..%d", (long) bins, MOST_BINS);
    if (!(from < to) || !isfinite(from) || !isfinite(to))
        return ew_fail(ctx, EW_USAGE, "from: the histogram's ends are not in ascending order");
    ew_status status = ew_density_need(d, 64, ctx);
    ew_comparison *c = status == EW_OK ? ew_alloc_zero(1, sizeof *c, ctx) : NULL;
    if (!c)
        return status == EW_OK ? EW_MEMORY : status;
    c->curves = 1 + d->order;
    status = sample(c, d, from, to, bins, opt, ctx);
    int share = opt->shards > 0;
    if (status == EW_OK && !share)
        status = judge(c, ctx);
    if (status == EW_OK && !share)
        *out = c;
    else
        ew_comparison_free(c);
    return status;
}
