#include "products/validate.h"

#include <inttypes.h>
#include <stdlib.h>

const char *ew_verdict_name(ew_verdict v)
{
    return v == EW_PASS ? "pass" : v == EW_FAIL ? "fail" : "out-of-regime";
}

void ew_validation_free(ew_validation *v)
{
    if (!v)
        return;
    for (slong i = 0; v->quantity && i < 2 * v->quantities; i++)
        free(v->quantity[i]);
    free(v->quantity);
    free(v->check);
    free(v->narrow);
    free(v->width);
    free(v->layer);
    free(v->point);
    free(v->entries);
    free(v->given);
    free(v->series);
    free(v->slope);
    free(v->collapsed);
    free(v);
}

static ew_status check_status(const ew_check *c, ew_context *ctx)
{
    if (c->verdict == EW_FAIL)
        return ew_fail(
            ctx, EW_FAILED,
            "%s at layer %ld, order %ld: predicted %.6g, sampled %.6g +- %.2g (z = %.1f)",
            c->quantity, (long) c->layer, (long) c->order, c->predicted, c->observed, c->se,
            c->z);
    if (c->widths < EW_VALIDATE_WIDTHS)
        return ew_fail(ctx, EW_UNABLE, "out-of-regime: a fit needs %d widths, not %ld",
                       EW_VALIDATE_WIDTHS, (long) c->widths);
    return ew_fail(ctx, EW_UNABLE,
                   "out-of-regime: %s at layer %ld moves by %.0f%% at the widths given",
                   c->quantity, (long) c->layer, 100 * c->regime);
}

static ew_status narrow_status(const ew_narrow *c, ew_context *ctx)
{
    if (c->verdict == EW_FAIL)
        return ew_fail(ctx, EW_FAILED,
                       "%s at layer %ld, width %" PRIu64
                       ", to order %ld: predicted %.6g within %.2g, sampled %.6g +- %.2g",
                       c->quantity, (long) c->layer, c->width, (long) c->order, c->predicted,
                       c->allowance, c->observed, c->se);
    return ew_fail(ctx, EW_UNABLE,
                   "out-of-regime: %s at layer %ld, width %" PRIu64
                   ": the series leaves too much open",
                   c->quantity, (long) c->layer, c->width);
}

ew_status ew_validation_status(const ew_validation *v, ew_context *ctx)
{
    if (v->verdict == EW_PASS)
        return EW_OK;
    for (slong i = 0; i < v->n; i++)
        if (v->check[i].verdict == v->verdict)
            return check_status(v->check + i, ctx);
    const ew_narrow *c = v->narrow;
    while (c->verdict != v->verdict)
        c++;
    return narrow_status(c, ctx);
}
