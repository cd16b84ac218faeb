#include "readings/sample/sample_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ew_status set_names(ew_sample_table *t, const ew_fields *fields, const ew_statistics *s,
                           ew_context *ctx)
{
    t->of_n = ew_alloc_zero((size_t) s->n, sizeof *t->of_n, ctx);
    t->of = ew_alloc_zero((size_t) s->n, sizeof *t->of, ctx);
    if (!t->of_n || !t->of)
        return EW_MEMORY;
    t->terms = s->n;
    for (slong i = 0; i < s->n; i++) {
        const ew_pairs *list = &s->at[i].copy[0];
        t->of[i] = ew_alloc_zero((size_t) list->n, sizeof **t->of, ctx);
        if (!t->of[i])
            return EW_MEMORY;
        t->of_n[i] = list->n;
        for (slong k = 0; k < list->n; k++)
            if (!(t->of[i][k] = ew_pair_name(fields, list->p[k], ctx)))
                return EW_MEMORY;
    }
    return EW_OK;
}

ew_status ew_sample_table_new(ew_sample_table **out, const ew_fields *fields,
                              const ew_statistics *statistics, slong layers, slong batches,
                              ew_context *ctx)
{
    *out = NULL;
    ew_sample_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    if (!t)
        return EW_MEMORY;
    t->layers = layers;
    t->batches = batches;
    ew_status status = set_names(t, fields, statistics, ctx);
    if (status == EW_OK) {
        size_t values = (size_t) (layers * t->terms);
        t->value = ew_alloc_zero(values, sizeof *t->value, ctx);
        t->spread = ew_alloc_zero(values, sizeof *t->spread, ctx);
        t->batch = ew_alloc_zero((size_t) batches * values, sizeof *t->batch, ctx);
        status = t->value && t->spread && t->batch ? EW_OK : EW_MEMORY;
    }
    if (status == EW_OK)
        *out = t;
    else
        ew_sample_free(t);
    return status;
}

void ew_sample_free(ew_sample_table *t)
{
    if (!t)
        return;
    for (slong i = 0; i < t->terms; i++) {
        for (slong k = 0; t->of[i] && k < t->of_n[i]; k++)
            free(t->of[i][k]);
        free(t->of[i]);
    }
    free(t->of_n);
    free(t->of);
    free(t->value);
    free(t->spread);
    free(t->batch);
    free(t);
}

slong ew_sample_term(const ew_sample_table *t, const char *const *of, slong n)
{
    for (slong i = 0; i < t->terms; i++) {
        int same = t->of_n[i] == n;
        for (slong k = 0; k < n && same; k++)
            same = strcmp(t->of[i][k], of[k]) == 0;
        if (same)
            return i;
    }
    return -1;
}

/* The units of a list: the product of those of its entries. */
static double unit_of(const ew_estimation *e, slong layer, const ew_pairs *list)
{
    double unit = 1;
    for (slong k = 0; k < list->n; k++)
        unit *= e->plan->scale[(layer - 2) * e->plan->pairs + list->p[k]];
    return unit;
}

static void pair_sums(ew_pair_sums *out, const ew_estimation *e, slong layer,
                      const ew_pairs *list, const ew_tally *sums)
{
    slong p = list->p[0], q = list->p[list->n - 1];
    out->n = (double) sums->n;
    for (slong i = 0; i <= 2; i++)
        for (slong j = i == 0; j <= 2; j++) {
            ew_pairs power = {.n = 0};
            for (slong k = 0; k < i + j; k++)
                ew_pairs_add(&power, k < i ? p : q);
            slong m = ew_monomials_find(e->plan->monomials, &power);
            out->s[i][j] = ew_tally_sum(sums, e->plan, layer, m);
        }
}

/* A list of three entries or more. */
static double joint(const ew_estimation *e, slong layer, const ew_pairs *list,
                    const ew_tally *sums, const ew_kstat_plan *plan)
{
    long double sum[1 << EW_KSTAT_MOST] = {0};
    for (ulong set = 1; set < UWORD(1) << list->n; set++) {
        ew_pairs sub = {.n = 0};
        for (slong k = 0; k < list->n; k++)
            if (set >> k & 1)
                sub.p[sub.n++] = list->p[k];
        sum[set] =
            ew_tally_sum(sums, e->plan, layer, ew_monomials_find(e->plan->monomials, &sub));
    }
    return ew_kstat(plan, sum);
}

/* The k-statistic of a list, in the units of Ghat; plan[k] is for k entries. */
static ew_estimate estimate(const ew_estimation *e, slong layer, const ew_pairs *list,
                            const ew_tally *sums, const ew_kstat_plan *plan)
{
    ew_estimate x = {NAN, NAN};
    double unit = unit_of(e, layer, list);
    if (list->n > 2) {
        x.mean = joint(e, layer, list, sums, plan + list->n) * unit;
        return x;
    }
    ew_pair_sums pair;
    pair_sums(&pair, e, layer, list, sums);
    x = list->n == 1 ? ew_pair_mean(&pair) : ew_pair_covariance(&pair);
    x.mean = x.mean * unit;
    x.se *= unit;
    if (list->n == 1)
        x.mean += e->plan->shift[(layer - 2) * e->plan->pairs + list->p[0]];
    return x;
}

static double spread(const ew_estimation *e, slong layer, const ew_pairs *list,
                     const ew_tally *sums)
{
    ew_pair_sums pair;
    if (list->n != 2)
        return 0;
    pair_sums(&pair, e, layer, list, sums);
    return ew_pair_spread(&pair) * unit_of(e, layer, list);
}

/* Layer 1 does not fluctuate: no sample is needed to know it. */
static ew_estimate certain(const ew_estimation *e, const ew_pairs *list)
{
    return (ew_estimate){list->n == 1 ? e->first[list->p[0]] : 0, 0};
}

static void set_plans(ew_kstat_plan *plan, const ew_tally *sums)
{
    for (int k = 3; k <= EW_KSTAT_MOST; k++)
        ew_kstat_plan_set(&plan[k], (double) sums->n, k);
}

void ew_sample_table_batch(ew_sample_table *t, slong b, const ew_estimation *e,
                           const ew_tally *sums)
{
    ew_kstat_plan plan[EW_KSTAT_MOST + 1];
    double *value = t->batch + b * t->layers * t->terms;
    set_plans(plan, sums);
    for (slong l = 1; l <= t->layers; l++)
        for (slong i = 0; i < t->terms; i++) {
            const ew_statistic *s = &e->statistics->at[i];
            double mean = 0;
            for (slong c = 0; c < s->copies; c++)
                mean += l == 1 ? certain(e, &s->copy[c]).mean
                               : estimate(e, l, &s->copy[c], sums, plan).mean;
            *value++ = mean / (double) s->copies;
        }
}

/* Of the mean over batches, from their scatter; NaN for one. */
static double scatter(const ew_sample_table *t, slong at)
{
    double mean = 0, square = 0, n = (double) t->batches;
    for (slong b = 0; b < t->batches; b++)
        mean += t->batch[b * t->layers * t->terms + at] / n;
    for (slong b = 0; b < t->batches; b++) {
        double d = t->batch[b * t->layers * t->terms + at] - mean;
        square += d * d;
    }
    return t->batches > 1 ? sqrt(square / (n * (n - 1))) : NAN;
}

void ew_sample_table_total(ew_sample_table *t, const ew_estimation *e, const ew_tally *sums)
{
    ew_kstat_plan plan[EW_KSTAT_MOST + 1];
    set_plans(plan, sums);
    for (slong l = 1, at = 0; l <= t->layers; l++)
        for (slong i = 0; i < t->terms; i++, at++) {
            const ew_pairs *list = &e->statistics->at[i].copy[0];
            t->value[at] = l == 1 ? certain(e, list) : estimate(e, l, list, sums, plan);
            t->spread[at] = l == 1 ? 0 : spread(e, l, list, sums);
            if (l > 1 && list->n > 2)
                t->value[at].se = scatter(t, at);
        }
}
