#include "products/partial.h"

static void report(void *data, double fraction, const char *what)
{
    const ew_partial *p = data;
    if (p->fn && fraction < 1)
        p->fn(p->data, p->from + p->part * fraction, what);
}

void ew_partial_begin(ew_partial *p, ew_context *ctx)
{
    *p = (ew_partial){ctx->progress, ctx->progress_data, 0, 0};
    ew_context_on_progress(ctx, report, p);
}

void ew_partial_end(const ew_partial *p, ew_context *ctx)
{
    ew_context_on_progress(ctx, p->fn, p->data);
}
