#include "readings/cumulant/solve/solve.h"

#include <stdlib.h>

#include "chain/residual.h"

#define MOST_BYTES 4e9

static ew_status check_widths(const ew_setting *net, ew_context *ctx)
{
    if (net->widths > 1 && net->widths < net->depth)
        return ew_fail(ctx, EW_USAGE, "%ld widths for %ld layers", (long) net->widths,
                       (long) net->depth);
    for (slong i = 0; i < net->widths; i++)
        if (net->width[i] == 0)
            return ew_fail(ctx, EW_USAGE, "layer %ld has width 0", (long) i + 1);
    return EW_OK;
}

/* Every layer's parameters exist and are variances, before any work. */
static ew_status check_parameters(const ew_setting *net, ew_context *ctx)
{
    arb_t x[4];
    for (int i = 0; i < 4; i++)
        arb_init(x[i]);
    slong layers = ew_cumulant_uniform(net) ? 1 : net->depth;
    ew_status status = EW_OK;
    for (slong l = 1; l <= layers && status == EW_OK; l++)
        status = ew_setting_layer(x[0], x[1], x[2], x[3], net, l, 64, ctx);
    if (status == EW_OK)
        status = ew_setting_first(NULL, NULL, net, 64, ctx);
    for (int i = 0; i < 4; i++)
        arb_clear(x[i]);
    return status;
}

static ew_status check_block(const ew_setting *net, ew_context *ctx)
{
    fmpq_t ratio;
    fmpq_init(ratio);
    ew_status status = ew_residual_ratio(ratio, net, ctx);
    fmpq_clear(ratio);
    return status;
}

static ew_status check_request(const ew_setting *net, const ew_cumulant_options *opt,
                               ew_context *ctx)
{
    if (net->inputs > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_UNABLE, "%ld inputs: the limit is %d", (long) net->inputs,
                       EW_MAX_INPUTS);
    if (opt->order < 1)
        return ew_fail(ctx, EW_USAGE, "the order must be at least 1");
    if (opt->digits < 1 || opt->digits > EW_MAX_DIGITS)
        return ew_fail(ctx, EW_USAGE, "digits must be from 1 to %d", EW_MAX_DIGITS);
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH)
        return ew_fail(ctx, EW_USAGE, "depth must be from 1 to %d", EW_MAX_DEPTH);
    ew_status status = check_widths(net, ctx);
    if (status == EW_OK && net->residual)
        status = check_block(net, ctx);
    return status == EW_OK ? check_parameters(net, ctx) : status;
}

/* Everything asked for is held until it is certified: refuse what would not fit. */
static ew_status check_memory(const ew_cumulant_solver *s, ew_context *ctx)
{
    double values = (double) s->net->depth * (double) s->values;
    double bytes = values * (200 + 1.5 * (double) s->opt->digits);
    if (bytes > MOST_BYTES)
        return ew_fail(ctx, EW_UNABLE, "%ld layers at %ld digits take %.0f GB, limit %.0f",
                       (long) s->net->depth, (long) s->opt->digits, bytes / 1e9,
                       MOST_BYTES / 1e9);
    return EW_OK;
}

ew_certified *ew_cumulant_place(const ew_cumulant_solver *s, slong i, slong layer)
{
    const ew_cumulant_table *t = s->table;
    slong l = layer - 1;
    if (i < s->outline->entries)
        return ew_cumulant_at(t, s->outline, i, l);
    i -= s->outline->entries;
    if (i < s->forms->n)
        return ew_cumulant_form_at(t, s->forms, i, l);
    i -= s->forms->n;
    if (i < s->statistics->values)
        return ew_cumulant_statistic_at(t, &s->statistics->value[i], l);
    return &t->ratio[l * s->ratios + i - s->statistics->values];
}

/* A quotient by zero is no number. */
static void drop_undefined(const ew_cumulant_solver *s)
{
    for (slong l = 0; l < s->table->layers; l++)
        for (slong i = 0; i < s->ratios; i++)
            for (slong e = 0; e < 2; e++) {
                const ew_certified *under =
                    ew_cumulant_at(s->table, s->outline, s->ratio[i].under[e], l);
                if (under->mid && under->mid[0] == '0' && !under->mid[1])
                    ew_certified_clear(&s->table->ratio[l * s->ratios + i]);
            }
}

static ew_status fill(ew_cumulant_solver *s, ew_context *ctx)
{
    s->exact = _fmpq_vec_init(s->h->unknowns);
    s->table->method = "closed form";
    ew_status status = ew_cumulant_fill_exact(s, ctx);
    if (status == EW_OK && s->exact_layers < s->net->depth)
        status = ew_cumulant_fill_balls(s, ctx);
    if (status == EW_OK)
        drop_undefined(s);
    return status;
}

/* What is solved, for which inputs, and what is made of it. */
static ew_status prepare(ew_cumulant_solver *s, ew_context *ctx)
{
    ew_family family = {.order = s->opt->order, .descent = s->opt->descent};
    ulong width = s->net->widths ? s->net->width[0] : 0;
    family.ensemble = ew_setting_transition(s->net);
    ew_status status = ew_relations_new(&s->related, s->net, family.descent > 0, ctx);
    if (status != EW_OK)
        return status;
    family.inputs = s->related->distinct;
    family.directions = s->net->directions;
    status = ew_hierarchy_family(&s->h, &family, ctx);
    if (status == EW_OK)
        status = ew_setting_check_frames(s->net, s->h->fields->n, ctx);
    if (status == EW_OK)
        status = ew_outline_new(&s->outline, s->h, s->related, ctx);
    if (status == EW_OK)
        status = ew_forms_new(&s->forms, s->outline, width, ctx);
    if (status == EW_OK)
        status = ew_preactivation_forms_new(&s->statistics, s->h, s->related, width, ctx);
    if (status != EW_OK)
        return status;
    s->ratios = ew_cumulant_ratios(s->ratio, s->outline);
    s->values = s->outline->entries + s->forms->n + s->statistics->values + s->ratios;
    status = check_memory(s, ctx);
    if (status == EW_OK)
        status = ew_cumulant_run_new(&s->run, s->h, s->net->activation, s->opt->method, ctx);
    if (status == EW_OK)
        status = ew_cumulant_table_new(&s->table, s->outline, &s->statistics->list, width > 0,
                                       s->net->depth, ctx);
    if (status == EW_OK)
        s->table->first = s->net->residual ? 0 : 1;
    return status;
}

ew_status ew_cumulant_solve(ew_cumulant_table **out, const ew_setting *net,
                            const ew_cumulant_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_cumulant_solver s = {.net = net, .opt = opt};
    ew_status status = check_request(net, opt, ctx);
    if (status == EW_OK)
        status = prepare(&s, ctx);
    if (status == EW_OK)
        status = fill(&s, ctx);
    if (s.exact)
        _fmpq_vec_clear(s.exact, s.h->unknowns);
    ew_cumulant_run_free(s.run);
    ew_preactivation_forms_free(s.statistics);
    ew_forms_free(s.forms);
    ew_outline_free(s.outline);
    ew_hierarchy_free(s.h);
    ew_relations_free(s.related);
    if (status != EW_OK)
        ew_cumulant_free(s.table);
    else
        *out = s.table;
    return status;
}
