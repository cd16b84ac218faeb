#include "products/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/solve/cumulant.h"

/* Far beyond what a sample can tell. */
#define DIGITS 15

void ew_forecast_free(ew_forecast *f)
{
    if (!f)
        return;
    for (slong q = 0; q < f->quantities; q++) {
        for (slong i = 0; f->of[q] && i < f->of_n[q]; i++)
            free(f->of[q][i]);
        free(f->of[q]);
        free(f->letter[2 * q]);
        free(f->letter[2 * q + 1]);
    }
    free(f->of_n);
    free(f->of);
    free(f->neurons);
    free(f->letter);
    free(f->given);
    free(f->known);
    free(f->c);
    free(f);
}

/* PDLT's letter where there is one.  Else the leading coefficient is called by its entries, and
 * the next one like the leading one: their orders tell them apart. */
static char *letter_of(const ew_cumulant_table *t, slong term, int k, const char *leading,
                       ew_context *ctx)
{
    const char *name = t->name[term * (t->order + 1) + t->of_n[term] - 1 + k];
    if (name && !strchr(name, '['))
        return ew_strdup(name, ctx);
    if (k > 0)
        return ew_strdup(leading, ctx);
    slong same = 0;
    while (same < t->of_n[term] && strcmp(t->of[term][same], "a.a") == 0)
        same++;
    if (same > 2 && same == t->of_n[term])
        return ew_format(ctx, "kappa%ld", (long) t->of_n[term]);
    char *text = ew_strdup(t->of[term][0], ctx);
    for (slong i = 1; text && i < t->of_n[term]; i++) {
        char *longer = ew_format(ctx, "%s,%s", text, t->of[term][i]);
        free(text);
        text = longer;
    }
    return text;
}

static ew_status set_value(double *x, const ew_certified *c, ew_context *ctx)
{
    *x = ew_certified_double(c);
    return isfinite(*x) ? EW_OK
                        : ew_fail(ctx, EW_UNABLE, "validate: a prediction is not known");
}

/* c_0, c_1, ... of quantity q from coefficients of which a layer has `row`, its own from `at`
 * on. */
static ew_status set_series(ew_forecast *f, slong q, const ew_certified *c, slong row, slong at,
                            slong most, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong l = 0; l < f->layers; l++)
        for (int k = 0; k < f->known[q] && status == EW_OK; k++)
            status = set_value(&f->c[(l * most + q) * EW_FORECAST_TERMS + k],
                               &c[l * row + at + f->of_n[q] - 1 + k], ctx);
    return status;
}

/* The table's order may be one more than the one asked for. */
static slong new_quantity(ew_forecast *f, slong n, slong order, slong known)
{
    slong q = f->quantities++;
    f->of_n[q] = n;
    f->given[q] = (int) (order - n + 2);
    f->known[q] = (int) (known - n + 2);
    return q;
}

static ew_status add_quantity(ew_forecast *f, const ew_cumulant_table *t, slong term,
                              slong order, slong most, ew_context *ctx)
{
    slong n = t->of_n[term], q = new_quantity(f, n, order, t->order);
    f->of[q] = ew_alloc_zero((size_t) n, sizeof **f->of, ctx);
    for (slong i = 0; i < n; i++)
        if (!f->of[q] || !(f->of[q][i] = ew_strdup(t->of[term][i], ctx)))
            return EW_MEMORY;
    for (int k = 0; k < 2 && k < f->given[q]; k++)
        if (!(f->letter[2 * q + k] = letter_of(t, term, k, f->letter[2 * q], ctx)))
            return EW_MEMORY;
    return set_series(f, q, t->c, t->terms * (t->order + 1), term * (t->order + 1), most, ctx);
}

/* "z1a,z1a,z2b,z2b" */
static char *statistic_name(const ew_cumulant_table *t, slong s, ew_context *ctx)
{
    char *text = ew_strdup("", ctx);
    for (slong i = 0; text && i < t->statistic_n[s]; i++) {
        char *longer = ew_format(ctx, "%s%sz%d%c", text, i ? "," : "", (int) t->neuron[s][i],
                                 (int) ('a' + t->input[s][i]));
        free(text);
        text = longer;
    }
    return text;
}

/* kappa_2k of preactivations is O(n^(1-k)), as a cumulant of k entries of Ghat. */
static ew_status add_statistic(ew_forecast *f, const ew_cumulant_table *t, slong s, slong order,
                               slong most, ew_context *ctx)
{
    slong n = t->statistic_n[s] / 2, q = new_quantity(f, n, order, t->order);
    f->neurons[q] = 1;
    f->of[q] = ew_alloc_zero((size_t) n, sizeof **f->of, ctx);
    if (!f->of[q] || !(f->of[q][0] = statistic_name(t, s, ctx)))
        return EW_MEMORY;
    for (slong i = 1; i < n; i++)
        if (!(f->of[q][i] = ew_strdup("", ctx)))
            return EW_MEMORY;
    for (int i = 0; i < 2 && i < f->given[q]; i++)
        if (!(f->letter[2 * q + i] = ew_strdup(f->of[q][0], ctx)))
            return EW_MEMORY;
    return set_series(f, q, t->statistic_c, t->statistics * (t->order + 1), s * (t->order + 1),
                      most, ctx);
}

/* Values are stored with the most that there can be as stride; this closes the ranks. */
static void compact(ew_forecast *f, slong most)
{
    size_t kept = (size_t) f->quantities * EW_FORECAST_TERMS;
    for (slong l = 0; l < f->layers; l++)
        memmove(f->c + (size_t) l * kept, f->c + l * most * EW_FORECAST_TERMS,
                kept * sizeof *f->c);
}

static ew_status fill(ew_forecast *f, const ew_cumulant_table *t, slong order, slong moments,
                      int preactivations, ew_context *ctx)
{
    slong most = t->terms + t->statistics;
    size_t n = (size_t) most;
    ew_status status = EW_OK;
    f->layers = t->layers;
    f->of_n = ew_alloc_zero(n, sizeof *f->of_n, ctx);
    f->of = ew_alloc_zero(n, sizeof *f->of, ctx);
    f->neurons = ew_alloc_zero(n, sizeof *f->neurons, ctx);
    f->letter = ew_alloc_zero(2 * n, sizeof *f->letter, ctx);
    f->given = ew_alloc_zero(n, sizeof *f->given, ctx);
    f->known = ew_alloc_zero(n, sizeof *f->known, ctx);
    f->c = ew_alloc_zero(EW_FORECAST_TERMS * n * (size_t) t->layers, sizeof *f->c, ctx);
    if (!f->of_n || !f->of || !f->neurons || !f->letter || !f->given || !f->known || !f->c)
        return EW_MEMORY;
    for (slong i = 0; i < t->terms && status == EW_OK; i++)
        if (t->of_n[i] <= moments)
            status = add_quantity(f, t, i, order, most, ctx);
    for (slong s = 0; preactivations && s < t->statistics && status == EW_OK; s++)
        if (t->statistic_n[s] <= 2 * FLINT_MIN(moments, 3))
            status = add_statistic(f, t, s, order, most, ctx);
    compact(f, most);
    return status;
}

/* Can the order after `order` be had for a moment's work?  (doc/cost.md: seconds.) */
static int next_is_cheap(const ew_setting *net, const ew_validate_options *want, slong order)
{
    slong descended = net->ensemble == EW_ENSEMBLE_ORTHOGONAL ? 3 : 4;
    if (net->residual)
        return order < (net->inputs > 1 ? 2
                        : want->descent ? 3
                                        : EW_FORECAST_TERMS - 2) &&
               (net->inputs == 1 || !want->descent);
    if (net->inputs == 1)
        return order < (want->descent ? descended : EW_FORECAST_TERMS - 1);
    return net->inputs == 2 && !want->descent && order < 3;
}

static int is_refusal(ew_status status)
{
    return status == EW_UNABLE || status == EW_USAGE || status == EW_DOMAIN;
}

/* The next order is tried first; its refusal is no one's business. */
static ew_status predict_to(ew_cumulant_table **t, const ew_setting *net,
                            const ew_validate_options *want, slong order, ew_context *ctx)
{
    ew_cumulant_options opt = {
        .order = order, .descent = want->descent, .digits = DIGITS, .method = EW_AUTO};
    ew_status status = EW_UNABLE;
    opt.order += next_is_cheap(net, want, order);
    if (opt.order > order)
        status = ew_cumulant_solve(t, net, &opt, ctx);
    if (is_refusal(status)) {
        ew_clear(ctx);
        opt.order = order;
        status = ew_cumulant_solve(t, net, &opt, ctx);
    }
    return status;
}

static ew_status predict(ew_cumulant_table **t, slong *order, const ew_setting *net,
                         const ew_validate_options *want, slong moments, ew_context *ctx)
{
    slong least = moments > 2 ? moments - 1 : 1;
    if (want->order && want->order < least)
        return ew_fail(ctx, EW_USAGE, "moments: cumulants of %ld entries begin at order %ld",
                       (long) moments, (long) least);
    *order = want->order ? want->order : least < 2 ? 2 : least;
    ew_status status = predict_to(t, net, want, *order, ctx);
    if (*order > least && want->order == 0 && is_refusal(status)) {
        ew_clear(ctx);
        *order = least;
        status = predict_to(t, net, want, *order, ctx);
    }
    return status;
}

ew_status ew_forecast_new(ew_forecast **out, const ew_setting *net,
                          const ew_validate_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_cumulant_table *t;
    slong order = 0, moments = opt->moments > 2 ? opt->moments : 2;
    ew_status status = predict(&t, &order, net, opt, moments, ctx);
    if (status != EW_OK)
        return status;
    ew_forecast *f = ew_alloc_zero(1, sizeof *f, ctx);
    status = f ? fill(f, t, order, moments, opt->preactivations, ctx) : EW_MEMORY;
    ew_cumulant_free(t);
    if (status == EW_OK)
        *out = f;
    else
        ew_forecast_free(f);
    return status;
}

const double *ew_forecast_at(const ew_forecast *f, slong layer, slong quantity)
{
    return f->c + ((layer - 1) * f->quantities + quantity) * EW_FORECAST_TERMS;
}

slong ew_forecast_letter(const ew_forecast *f, const char *letter)
{
    for (slong q = 0; q < f->quantities; q++)
        if (strcmp(f->letter[2 * q], letter) == 0)
            return q;
    return -1;
}
