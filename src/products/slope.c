#include "products/slope.h"

#include <math.h>
#include <stdlib.h>

void ew_slope_clear(ew_slope *s)
{
    free(s->weight);
    free(s->square);
    *s = (ew_slope){.of = -1};
}

static int used(const char *use, slong i)
{
    return !use || use[i];
}

static void set_weights(ew_slope *s, const ew_plan *p, const ew_forecast *f, const char *use)
{
    double mean = 0, square = 0, ratio = 0;
    for (slong i = 0; i < p->layers; i++)
        mean += used(use, i) ? (double) p->layer[i] / (double) s->layers : 0;
    for (slong i = 0; i < p->layers; i++)
        square += used(use, i) ? pow((double) p->layer[i] - mean, 2) : 0;
    for (slong i = 0; i < p->layers; i++) {
        if (!used(use, i))
            continue;
        s->weight[i] = ((double) p->layer[i] - mean) / square / s->square[i];
        ratio += fabs(*ew_forecast_at(f, p->layer[i], s->of)) / s->square[i];
        s->last = p->layer[i];
        if (!isfinite(s->weight[i]))
            s->of = -1;
        if (s->of < 0)
            return;
    }
    s->scale = ratio / (double) s->layers / mean;
}

ew_status ew_slope_set(ew_slope *s, const ew_plan *p, const ew_forecast *f, const char *use,
                       ew_context *ctx)
{
    slong k = ew_forecast_letter(f, "K");
    *s = (ew_slope){.of = k < 0 ? -1 : ew_forecast_letter(f, "V")};
    s->weight = ew_alloc_zero((size_t) p->layers, sizeof *s->weight, ctx);
    s->square = ew_alloc_zero((size_t) p->layers, sizeof *s->square, ctx);
    if (!s->weight || !s->square)
        return EW_MEMORY;
    for (slong i = 0; i < p->layers && k >= 0; i++) {
        s->square[i] = pow(*ew_forecast_at(f, p->layer[i], k), 2);
        s->layers += used(use, i);
    }
    if (s->layers < 2)
        s->of = -1;
    if (s->of >= 0)
        set_weights(s, p, f, use);
    return EW_OK;
}
