#include "arith/vector.h"

#include "readings/sample/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ew_tally_free(ew_tally *t)
{
    if (!t)
        return;
    free(t->high);
    free(t->low);
    free(t->product);
    free(t->centred);
    free(t);
}

ew_status ew_tally_new(ew_tally **out, const ew_tally_plan *plan, ew_context *ctx)
{
    *out = NULL;
    slong products = plan->kept ? 0 : plan->monomials->n;
    ew_tally *t = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    t->size = plan->kept ? plan->kept : plan->layers * products;
    t->high = ew_alloc_zero((size_t) t->size, sizeof(double), ctx);
    t->low = plan->kept ? NULL : ew_alloc_zero((size_t) t->size, sizeof(double), ctx);
    t->product = ew_alloc_zero((size_t) products, sizeof(double), ctx);
    t->centred = ew_alloc_zero((size_t) plan->pairs, sizeof(double), ctx);
    if (!t->high || !(t->low || plan->kept) || !t->product || !t->centred) {
        ew_tally_free(t);
        return EW_MEMORY;
    }
    *out = t;
    return EW_OK;
}

void ew_tally_copy(ew_tally *to, const ew_tally *from)
{
    to->n = from->n;
    to->bad_layer = from->bad_layer;
    to->bad = from->bad;
    memcpy(to->high, from->high, (size_t) from->size * sizeof *to->high);
    if (from->low)
        memcpy(to->low, from->low, (size_t) from->size * sizeof *to->low);
}

/* Knuth's two-sum: high + low is the exact sum so far, up to the rounding of low. */
EW_VECTOR static void add(double *restrict high, double *restrict low, const double *restrict x,
                          slong n)
{
    for (slong i = 0; i < n; i++) {
        double t = high[i] + x[i], b = t - high[i];
        low[i] += (high[i] - (t - b)) + (x[i] - b);
        high[i] = t;
    }
}

void ew_tally_note(ew_tally *t, slong layer, uint64_t samples)
{
    if (samples == 0 || (t->bad_layer && t->bad_layer < layer))
        return;
    if (t->bad_layer != layer)
        t->bad = 0;
    t->bad_layer = layer;
    t->bad += samples;
}

void ew_tally_add(ew_tally *t, const ew_tally_plan *plan, slong layer, const double *ghat)
{
    slong at = (layer - 2) * plan->pairs, sums = (layer - 2) * plan->monomials->n;
    for (slong p = 0; p < plan->pairs; p++) {
        if (!isfinite(ghat[p])) {
            ew_tally_note(t, layer, 1);
            return;
        }
        t->centred[p] = (ghat[p] - plan->shift[at + p]) / plan->scale[at + p];
    }
    for (slong i = 0; i < plan->monomials->n; i++) {
        const ew_power_product *m = &plan->monomials->at[i];
        t->product[i] = (m->parent < 0 ? 1 : t->product[m->parent]) * t->centred[m->pair];
    }
    add(t->high + sums, t->low + sums, t->product, plan->monomials->n);
}

void ew_tally_merge(ew_tally *t, const ew_tally *u)
{
    t->n += u->n;
    ew_tally_note(t, u->bad_layer, u->bad);
    add(t->high, t->low, u->high, t->size);
    for (slong i = 0; i < t->size; i++)
        t->low[i] += u->low[i];
}

long double ew_tally_sum(const ew_tally *t, const ew_tally_plan *plan, slong layer, slong m)
{
    slong i = (layer - 2) * plan->monomials->n + m;
    return (long double) t->high[i] + t->low[i];
}
