/* Validation of somebody's own measurements. */
#include <math.h>
#include <stdlib.h>

#include "products/validation.h"

/* Degrees of freedom of a standard error that is as good as known. */
#define KNOWN 1e6

static ew_status place(ew_validating *x, const ew_measurement *m, const char *name,
                       ew_context *ctx)
{
    const ew_plan *p = &x->plan;
    slong w = 0, l = 0, q = ew_forecast_letter(x->forecast, m->quantity);
    if (q < 0)
        return ew_fail(ctx, EW_USAGE,
                       "%s: line %ld: %.40s is not predicted (ntk, dntk and moments add more)",
                       name, (long) m->line, m->quantity);
    while (p->width[w] != m->width)
        w++;
    while (p->layer[l] != m->layer)
        l++;
    ew_estimate *e = x->out->point + (w * p->layers + l) * x->forecast->quantities + q;
    double scale = pow((double) m->width, (double) x->forecast->of_n[q] - 1);
    if (!isnan(e->mean))
        return ew_fail(ctx, EW_USAGE, "%s: line %ld: %s of this layer and width occurs twice",
                       name, (long) m->line, m->quantity);
    *e = (ew_estimate){scale * m->mean, scale * m->se};
    return isfinite(e->mean) && isfinite(e->se)
               ? EW_OK
               : ew_fail(ctx, EW_USAGE, "%s: line %ld: too large", name, (long) m->line);
}

static const ew_estimate *point_of(const ew_validating *x, slong w, slong l, slong q)
{
    return x->out->point + (w * x->plan.layers + l) * x->forecast->quantities + q;
}

/* V of one width at different layers may come from the same networks, in whatever way they
 * depend: the standard error of a sum is at most the sum of the standard errors. */
static ew_estimate measured_slope(const ew_validating *x, slong w)
{
    ew_estimate sum = {0, 0};
    for (slong l = 0; l < x->plan.layers; l++) {
        const ew_estimate *v = point_of(x, w, l, x->slope.of);
        if (x->slope.weight[l] == 0)
            continue;
        sum.mean += x->slope.weight[l] * v->mean;
        sum.se += fabs(x->slope.weight[l]) * v->se;
    }
    return sum;
}

/* Over the layers where V was measured at every width. */
static ew_status set_slope(ew_validating *x, ew_context *ctx)
{
    slong v = ew_forecast_letter(x->forecast, "V");
    char *use = ew_alloc_zero((size_t) x->plan.layers, 1, ctx);
    if (!use)
        return EW_MEMORY;
    for (slong l = 0; l < x->plan.layers && v >= 0; l++) {
        use[l] = 1;
        for (slong w = 0; w < x->plan.widths; w++)
            use[l] = use[l] && !isnan(point_of(x, w, l, v)->mean);
    }
    ew_status status = ew_slope_set(&x->slope, &x->plan, x->forecast, use, ctx);
    for (slong w = 0; w < x->plan.widths && status == EW_OK && x->slope.of >= 0; w++)
        x->out->slope[w] = measured_slope(x, w);
    free(use);
    return status;
}

ew_status ew_validate_observed(ew_validation **out, const ew_setting *net,
                               const ew_validate_options *opt, const ew_measurement *m, slong n,
                               const char *name, ew_context *ctx)
{
    ew_validating x = {.opt = opt, .net = *net, .slope = {.of = -1}, .df = KNOWN, .known = 1};
    *out = NULL;
    ew_status status = ew_plan_observed(&x.plan, m, n, ctx);
    if (status == EW_OK)
        status = ew_validating_predict(&x, ctx);
    if (status == EW_OK)
        status = ew_validating_open(&x, ctx);
    for (slong i = 0; status == EW_OK && i < n; i++)
        status = place(&x, m + i, name, ctx);
    if (status == EW_OK)
        status = set_slope(&x, ctx);
    return ew_validating_close(out, &x, status, ctx);
}
