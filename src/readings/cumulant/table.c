#include "readings/cumulant/table.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/names.h"

static const struct {
    const char *name, *over, *under[2];
} ratios[] = {
    {"V/K^2", "V", {"K", "K"}},
    {"A/Theta^2", "A", {"Theta", "Theta"}},
    {"B/Theta^2", "B", {"Theta", "Theta"}},
    {"D/(K Theta)", "D", {"K", "Theta"}},
    {"F/(K Theta)", "F", {"K", "Theta"}},
};

static slong find_letter(const ew_hierarchy *h, const char *letter)
{
    for (slong i = 0; i < h->unknowns; i++)
        if (strcmp(h->unknown[i].name, letter) == 0)
            return i;
    return -1;
}

slong ew_cumulant_ratios(ew_ratio out[EW_MAX_RATIOS], const ew_hierarchy *h)
{
    slong n = 0;
    for (size_t k = 0; k < sizeof ratios / sizeof *ratios; k++) {
        ew_ratio r = {ratios[k].name,
                      find_letter(h, ratios[k].over),
                      {find_letter(h, ratios[k].under[0]), find_letter(h, ratios[k].under[1])}};
        if (r.over >= 0 && r.under[0] >= 0 && r.under[1] >= 0)
            out[n++] = r;
    }
    return n;
}

/* Unknowns come sorted by list: the number of the list that unknown i belongs to. */
static slong term_of(const ew_hierarchy *h, slong i)
{
    slong t = 0;
    for (slong k = 1; k <= i; k++)
        t += ew_pairs_compare(&h->unknown[k].list, &h->unknown[k - 1].list) != 0;
    return t;
}

ew_certified *ew_cumulant_at(const ew_cumulant_table *t, const ew_hierarchy *h, slong i,
                             slong l)
{
    return &t->c[(l * t->terms + term_of(h, i)) * (t->order + 1) + h->unknown[i].order];
}

static ew_status name_terms(ew_cumulant_table *t, const ew_hierarchy *h, ew_context *ctx)
{
    for (slong i = 0; i < h->unknowns; i++) {
        const ew_unknown *u = &h->unknown[i];
        slong k = term_of(h, i);
        if (ew_cumulant_is_letter(u->name) &&
            !(t->name[k * (t->order + 1) + u->order] = ew_strdup(u->name, ctx)))
            return EW_MEMORY;
        if (t->of[k])
            continue;
        if (!(t->of[k] = ew_alloc_zero((size_t) u->list.n, sizeof **t->of, ctx)))
            return EW_MEMORY;
        t->of_n[k] = u->list.n;
        for (slong p = 0; p < u->list.n; p++)
            if (!(t->of[k][p] = ew_pair_name(h->fields, u->list.p[p], ctx)))
                return EW_MEMORY;
    }
    return EW_OK;
}

/* kappa_k = O(n^(1-k)). */
static ew_status clear_values(ew_cumulant_table *t, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t zero;
    fmpq_init(zero);
    for (slong i = 0; i < t->layers * t->terms * (t->order + 1); i++)
        ew_certified_init(&t->c[i]);
    for (slong i = 0; i < t->layers * t->ratios; i++)
        ew_certified_init(&t->ratio[i]);
    for (slong l = 0; l < t->layers; l++)
        for (slong k = 0; k < t->terms; k++)
            for (slong j = 0; j < t->of_n[k] - 1 && status == EW_OK; j++)
                status = ew_certify_rational(&t->c[(l * t->terms + k) * (t->order + 1) + j],
                                             zero, 1, ctx);
    fmpq_clear(zero);
    return status;
}

ew_status ew_cumulant_table_new(ew_cumulant_table **out, const ew_hierarchy *h, slong layers,
                                ew_context *ctx)
{
    *out = NULL;
    ew_cumulant_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    ew_ratio ratio[EW_MAX_RATIOS];
    t->order = h->order;
    t->terms = term_of(h, h->unknowns - 1) + 1;
    t->ratios = ew_cumulant_ratios(ratio, h);
    size_t values = (size_t) (t->terms * (t->order + 1));
    t->of_n = ew_alloc_zero((size_t) t->terms, sizeof *t->of_n, ctx);
    t->of = ew_alloc_zero((size_t) t->terms, sizeof *t->of, ctx);
    t->name = ew_alloc_zero(values, sizeof *t->name, ctx);
    t->ratio_name = ew_alloc_zero((size_t) t->ratios, sizeof *t->ratio_name, ctx);
    t->c = ew_alloc_zero((size_t) layers * values, sizeof *t->c, ctx);
    t->ratio = ew_alloc_zero((size_t) (layers * t->ratios), sizeof *t->ratio, ctx);
    ew_status status = EW_MEMORY;
    if (t->of_n && t->of && t->name && t->ratio_name && t->c && t->ratio) {
        t->layers = layers;
        for (slong i = 0; i < t->ratios; i++)
            t->ratio_name[i] = ratio[i].name;
        status = name_terms(t, h, ctx);
    }
    if (status == EW_OK)
        status = clear_values(t, ctx);
    if (status != EW_OK) {
        ew_cumulant_free(t);
        return status;
    }
    *out = t;
    return EW_OK;
}

void ew_cumulant_free(ew_cumulant_table *t)
{
    if (!t)
        return;
    for (slong k = 0; t->of && k < t->terms; k++) {
        for (slong p = 0; t->of[k] && p < t->of_n[k]; p++)
            free(t->of[k][p]);
        free(t->of[k]);
    }
    for (slong i = 0; t->name && i < t->terms * (t->order + 1); i++)
        free(t->name[i]);
    for (slong i = 0; i < t->layers * t->terms * (t->order + 1); i++)
        ew_certified_clear(&t->c[i]);
    for (slong i = 0; i < t->layers * t->ratios; i++)
        ew_certified_clear(&t->ratio[i]);
    free(t->of_n);
    free(t->of);
    free(t->name);
    free(t->ratio_name);
    free(t->c);
    free(t->ratio);
    free(t);
}

const ew_certified *ew_cumulant_named(const ew_cumulant_table *t, const char *name, slong layer)
{
    if (layer < 1 || layer > t->layers)
        return NULL;
    slong values = t->terms * (t->order + 1);
    for (slong i = 0; i < values; i++)
        if (t->name[i] && strcmp(t->name[i], name) == 0)
            return &t->c[(layer - 1) * values + i];
    return NULL;
}
