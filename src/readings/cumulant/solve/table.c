#include "readings/cumulant/solve/table.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/names.h"

static const struct {
    const char *name, *over, *under[2];
} ratios[] = {
    {"V/K^2", "V", {"K", "K"}},
    {"A/Theta^2", "A", {"Theta", "Theta"}},
    {"B/Theta^2", "B", {"Theta", "Theta"}},
    {"D/(K Theta)", "D", {"K", "Theta"}},
    {"F/(K Theta)", "F", {"K", "Theta"}},
};

static slong find_letter(const ew_outline *o, const char *letter)
{
    for (slong i = 0; i < o->entries; i++)
        if (strcmp(o->entry[i].name, letter) == 0)
            return i;
    return -1;
}

slong ew_cumulant_ratios(ew_ratio out[EW_MAX_RATIOS], const ew_outline *o)
{
    slong n = 0;
    for (size_t k = 0; k < sizeof ratios / sizeof *ratios; k++) {
        ew_ratio r = {ratios[k].name,
                      find_letter(o, ratios[k].over),
                      {find_letter(o, ratios[k].under[0]), find_letter(o, ratios[k].under[1])}};
        if (r.over >= 0 && r.under[0] >= 0 && r.under[1] >= 0)
            out[n++] = r;
    }
    return n;
}

ew_certified *ew_cumulant_at(const ew_cumulant_table *t, const ew_outline *o, slong i, slong l)
{
    const ew_outline_entry *x = &o->entry[i];
    return &t->c[(l * t->terms + x->term) * (t->order + 1) + x->order];
}

ew_certified *ew_cumulant_form_at(const ew_cumulant_table *t, const ew_forms *f, slong i,
                                  slong l)
{
    const ew_form *x = &f->form[i];
    return (x->kind == EW_FORM_VALUE ? t->value : t->last) + l * t->terms + x->index;
}

ew_certified *ew_cumulant_statistic_at(const ew_cumulant_table *t, const ew_statistic_value *v,
                                       slong l)
{
    slong at = l * t->statistics + v->statistic;
    if (v->kind == EW_STATISTIC_COEFFICIENT)
        return &t->statistic_c[at * (t->order + 1) + v->order];
    return (v->kind == EW_STATISTIC_VALUE ? t->statistic_value : t->statistic_last) + at;
}

static ew_status name_terms(ew_cumulant_table *t, const ew_outline *o, ew_context *ctx)
{
    for (slong i = 0; i < o->entries; i++) {
        const ew_outline_entry *u = &o->entry[i];
        slong k = u->term;
        if (ew_cumulant_is_letter(u->name) &&
            !(t->name[k * (t->order + 1) + u->order] = ew_strdup(u->name, ctx)))
            return EW_MEMORY;
        if (t->of[k])
            continue;
        if (!(t->of[k] = ew_alloc_zero((size_t) u->list.n, sizeof **t->of, ctx)))
            return EW_MEMORY;
        t->of_n[k] = u->list.n;
        for (slong p = 0; p < u->list.n; p++)
            if (!(t->of[k][p] = ew_pair_name(o->fields, u->list.p[p], ctx)))
                return EW_MEMORY;
    }
    return EW_OK;
}

static ew_status name_statistics(ew_cumulant_table *t, const ew_neuron_statistics *list,
                                 ew_context *ctx)
{
    for (slong s = 0; s < list->n; s++) {
        const ew_neuron_statistic *x = &list->x[s];
        t->statistic_n[s] = x->n;
        t->neuron[s] = ew_alloc_zero((size_t) x->n, sizeof **t->neuron, ctx);
        t->input[s] = ew_alloc_zero((size_t) x->n, sizeof **t->input, ctx);
        if (!t->neuron[s] || !t->input[s])
            return EW_MEMORY;
        for (slong i = 0; i < x->n; i++) {
            t->neuron[s][i] = x->neuron[i];
            t->input[s][i] = x->input[i];
        }
    }
    return EW_OK;
}

/* kappa_k = O(n^(1-k)): the coefficients of n^0 .. n^-(k-2) are 0 in every layer. */
static ew_status clear_leading(ew_certified *c, slong rows, slong row, slong k, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t zero;
    fmpq_init(zero);
    for (slong l = 0; l < rows; l++)
        for (slong j = 0; j < k - 1 && status == EW_OK; j++)
            status = ew_certify_rational(c + l * row + j, zero, 1, ctx);
    fmpq_clear(zero);
    return status;
}

static ew_status clear_values(ew_cumulant_table *t, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong row = t->order + 1;
    for (slong k = 0; k < t->terms && status == EW_OK; k++)
        status = clear_leading(t->c + k * row, t->layers, t->terms * row, t->of_n[k], ctx);
    for (slong s = 0; s < t->statistics && status == EW_OK; s++)
        status = clear_leading(t->statistic_c + s * row, t->layers, t->statistics * row,
                               t->statistic_n[s] / 2, ctx);
    return status;
}

static int allocate_values(ew_cumulant_table *t, int widths, slong layers, ew_context *ctx)
{
    size_t l = (size_t) layers, row = (size_t) t->order + 1;
    size_t terms = (size_t) t->terms, statistics = (size_t) t->statistics;
    size_t size = sizeof(ew_certified);
    t->c = ew_alloc_zero(l * terms * row, size, ctx);
    t->ratio = ew_alloc_zero(l * (size_t) t->ratios, size, ctx);
    t->statistic_c = ew_alloc_zero(l * statistics * row, size, ctx);
    int done = t->c && t->ratio && t->statistic_c;
    if (widths) {
        t->value = ew_alloc_zero(l * terms, size, ctx);
        t->last = ew_alloc_zero(l * terms, size, ctx);
        t->statistic_value = ew_alloc_zero(l * statistics, size, ctx);
        t->statistic_last = ew_alloc_zero(l * statistics, size, ctx);
        done = done && t->value && t->last && t->statistic_value && t->statistic_last;
    }
    if (done)
        t->layers = layers;
    return done;
}

static int allocate_names(ew_cumulant_table *t, ew_context *ctx)
{
    size_t terms = (size_t) t->terms, statistics = (size_t) t->statistics;
    t->of_n = ew_alloc_zero(terms, sizeof *t->of_n, ctx);
    t->of = ew_alloc_zero(terms, sizeof *t->of, ctx);
    t->name = ew_alloc_zero(terms * ((size_t) t->order + 1), sizeof *t->name, ctx);
    t->ratio_name = ew_alloc_zero((size_t) t->ratios, sizeof *t->ratio_name, ctx);
    t->statistic_n = ew_alloc_zero(statistics, sizeof *t->statistic_n, ctx);
    t->neuron = ew_alloc_zero(statistics, sizeof *t->neuron, ctx);
    t->input = ew_alloc_zero(statistics, sizeof *t->input, ctx);
    return t->of_n && t->of && t->name && t->ratio_name && t->statistic_n && t->neuron &&
           t->input;
}

ew_status ew_cumulant_table_new(ew_cumulant_table **out, const ew_outline *o,
                                const ew_neuron_statistics *neurons, int widths, slong layers,
                                ew_context *ctx)
{
    *out = NULL;
    ew_cumulant_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    ew_ratio ratio[EW_MAX_RATIOS];
    t->order = o->order;
    t->terms = o->terms;
    t->statistics = neurons->n;
    t->ratios = ew_cumulant_ratios(ratio, o);
    ew_status status = EW_MEMORY;
    if (allocate_names(t, ctx) && allocate_values(t, widths, layers, ctx)) {
        for (slong i = 0; i < t->ratios; i++)
            t->ratio_name[i] = ratio[i].name;
        status = name_terms(t, o, ctx);
    }
    if (status == EW_OK)
        status = name_statistics(t, neurons, ctx);
    if (status == EW_OK)
        status = clear_values(t, ctx);
    if (status != EW_OK) {
        ew_cumulant_free(t);
        return status;
    }
    *out = t;
    return EW_OK;
}

static void free_values(ew_cumulant_table *t)
{
    slong terms = t->layers * t->terms, statistics = t->layers * t->statistics;
    ew_certified_free(t->c, terms * (t->order + 1));
    ew_certified_free(t->value, terms);
    ew_certified_free(t->last, terms);
    ew_certified_free(t->ratio, t->layers * t->ratios);
    ew_certified_free(t->statistic_c, statistics * (t->order + 1));
    ew_certified_free(t->statistic_value, statistics);
    ew_certified_free(t->statistic_last, statistics);
}

void ew_cumulant_free(ew_cumulant_table *t)
{
    if (!t)
        return;
    free_values(t);
    for (slong k = 0; t->of && k < t->terms; k++) {
        for (slong p = 0; t->of[k] && p < t->of_n[k]; p++)
            free(t->of[k][p]);
        free(t->of[k]);
    }
    for (slong i = 0; t->name && i < t->terms * (t->order + 1); i++)
        free(t->name[i]);
    for (slong s = 0; s < t->statistics; s++) {
        free(t->neuron ? t->neuron[s] : NULL);
        free(t->input ? t->input[s] : NULL);
    }
    free(t->of_n);
    free(t->of);
    free(t->name);
    free(t->ratio_name);
    free(t->statistic_n);
    free(t->neuron);
    free(t->input);
    free(t);
}

const ew_certified *ew_cumulant_named(const ew_cumulant_table *t, const char *name, slong layer)
{
    if (layer < t->first || layer >= t->first + t->layers)
        return NULL;
    slong values = t->terms * (t->order + 1);
    for (slong i = 0; i < values; i++)
        if (t->name[i] && strcmp(t->name[i], name) == 0)
            return &t->c[(layer - t->first) * values + i];
    return NULL;
}
