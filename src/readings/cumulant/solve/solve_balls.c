#include "readings/cumulant/solve/solve.h"

#include <stdlib.h>

#define GUARD 64 /* bits; the run adds no more for the depth */

/* Where the values of the layers go, at one precision. */
typedef struct {
    const ew_cumulant_solver *s;
    arb_ptr value;
    mag_ptr scale;
    slong prec;
} sink;

static void quotient(arb_t q, mag_t size, const ew_ratio *r, arb_srcptr state, mag_srcptr scale,
                     slong prec)
{
    arb_t under;
    mag_t m;
    arb_init(under);
    mag_init(m);
    arb_mul(under, state + r->under[0], state + r->under[1], prec);
    if (!arb_is_zero(under)) {
        arb_inv(under, under, prec);
        arb_mul(q, state + r->over, under, prec);
        arb_get_mag(m, under);
        mag_mul(size, scale + r->over, m);
    }
    arb_clear(under);
    mag_clear(m);
}

/* One layer of those that were not filled exactly. */
static ew_status store(slong layer, arb_srcptr state, mag_srcptr scale, void *data,
                       ew_context *ctx)
{
    const sink *to = data;
    const ew_cumulant_solver *s = to->s;
    slong at = (layer - 1 - s->exact_layers) * s->values, entries = s->outline->entries;
    if (at < 0)
        return EW_OK;
    arb_ptr value = to->value + at;
    mag_ptr size = to->scale + at;
    ew_outline_balls(value, size, s->outline, layer, state, scale, to->prec);
    ew_forms_balls(value + entries, size + entries, s->forms, value, size, to->prec);
    slong statistic = entries + s->forms->n, ratio = statistic + s->statistics->values;
    for (slong i = 0; i < s->ratios; i++)
        quotient(value + ratio + i, size + ratio + i, &s->ratio[i], value, size, to->prec);
    return ew_preactivation_forms_balls(value + statistic, size + statistic, s->statistics,
                                        &s->related->net, layer, state, scale, to->prec, ctx);
}

/* From the last exact layer, or from the inputs. */
static ew_status all_layers(arb_ptr values, mag_ptr scales, slong prec, void *data,
                            ew_context *ctx)
{
    const ew_cumulant_solver *s = data;
    sink to = {s, values, scales, prec + GUARD};
    if (s->exact_layers == 0)
        return ew_cumulant_run_balls(s->run, &s->related->net, prec, store, &to, ctx);
    arb_ptr state = _arb_vec_init(s->h->unknowns);
    for (slong i = 0; i < s->h->unknowns; i++)
        arb_set_fmpq(state + i, &s->exact[i], prec + GUARD);
    ew_status status = ew_cumulant_run_from(s->run, &s->related->net, s->exact_layers, state,
                                            prec, store, &to, ctx);
    _arb_vec_clear(state, s->h->unknowns);
    return status;
}

static void distribute(const ew_cumulant_solver *s, ew_certified *value)
{
    for (slong layer = s->exact_layers + 1; layer <= s->net->depth; layer++)
        for (slong i = 0; i < s->values; i++) {
            ew_certified *c = ew_cumulant_place(s, i, layer);
            ew_certified_move(c, value++);
            c->method = s->table->method;
        }
}

ew_status ew_cumulant_fill_balls(ew_cumulant_solver *s, ew_context *ctx)
{
    slong n = (s->net->depth - s->exact_layers) * s->values;
    ew_certified *value = ew_certified_new(n, ctx);
    if (!value)
        return EW_MEMORY;
    ew_status status = ew_certify(value, n, s->opt->digits, all_layers, s, ctx);
    if (status == EW_OK) {
        if (s->net->depth > 1)
            s->table->method = ew_evaluator_method(s->run->E);
        distribute(s, value);
    }
    ew_certified_free(value, n);
    return status;
}
