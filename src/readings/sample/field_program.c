#include "readings/sample/field_program.h"

#include <stdlib.h>

/* Factors of a monomial at most: one jet and a field for every generator. */
#define MAX_FACTORS (1 + EW_MAX_GENERATORS)

slong ew_field_program_jet(const ew_field_program *p, slong input, slong derivative)
{
    return input * p->jets + derivative;
}

slong ew_field_program_field(const ew_field_program *p, slong field)
{
    return p->inputs * p->jets + field;
}

slong ew_field_program_step(const ew_field_program *p, slong step)
{
    return p->inputs * p->jets + p->fields + step;
}

slong ew_field_program_arrays(const ew_field_program *p)
{
    return ew_field_program_step(p, p->steps);
}

/* The array that holds left * right or left + right, made by a further step unless it is there;
 * -1 on failure. */
static slong combine(ew_field_program *p, slong left, slong right, int add, ew_context *ctx)
{
    for (slong i = 0; i < p->steps; i++)
        if (p->step[i].left == left && p->step[i].right == right && p->step[i].add == add)
            return ew_field_program_step(p, i);
    ew_field_step *longer = ew_realloc(p->step, (size_t) (p->steps + 1) * sizeof *longer, ctx);
    if (!longer)
        return -1;
    p->step = longer;
    longer[p->steps] = (ew_field_step){left, right, add};
    return ew_field_program_step(p, p->steps++);
}

/* The arrays behind a monomial of the jet ring in ascending order, one entry a factor, so that
 * monomials share their beginnings. */
static slong list_factors(slong *factor, const ew_field_program *p, const ew_jet_ring *r,
                          const ulong *exponent)
{
    slong n = 0;
    for (slong a = 0; a < p->inputs; a++)
        for (slong i = 0; i < p->jets; i++)
            for (ulong k = exponent[ew_jet_variable(r, a, i)]; k > 0 && n < MAX_FACTORS; k--)
                factor[n++] = ew_field_program_jet(p, a, i);
    for (slong f = 0; f < p->fields; f++) {
        if (ew_fields_at(r->fields, f).set == 0)
            continue;
        for (ulong k = exponent[ew_jet_field(r, f)]; k > 0 && n < MAX_FACTORS; k--)
            factor[n++] = ew_field_program_field(p, f);
    }
    return n;
}

static slong add_monomial(ew_field_program *p, const ew_jet_ring *r, const ulong *exponent,
                          ew_context *ctx)
{
    slong factor[MAX_FACTORS] = {0};
    slong n = list_factors(factor, p, r, exponent), array = factor[0];
    for (slong i = 1; i < n && array >= 0; i++)
        array = combine(p, array, factor[i], 0, ctx);
    return array;
}

/* A preactivation has no tangent, so that f of the pair (field, preactivation of its input) is
 * C_W times the field's feature times s: every term, divided by C_W s, is one of the feature.
 * Generators are nilpotent: its coefficients are 1. */
static ew_status add_feature(ew_field_program *p, slong field, const ew_jet_ring *r,
                             fmpq_mpoly_t f, ulong *exponent, ew_context *ctx)
{
    slong input = ew_fields_at(r->fields, field).input, sum = -1;
    slong base = ew_fields_find(r->fields, input, 0);
    ew_feature_product(f, r, ew_pair_of(r->fields, field, base));
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exponent, f, i, r->ring);
        exponent[ew_jet_variable(r, input, 0)]--;
        slong array = add_monomial(p, r, exponent, ctx);
        if (array >= 0)
            array = sum < 0 ? array : combine(p, sum, array, 1, ctx);
        if (array < 0)
            return EW_MEMORY;
        sum = array;
    }
    p->feature[field] = sum;
    return EW_OK;
}

static ew_status add_features(ew_field_program *p, const ew_jet_ring *r, ew_context *ctx)
{
    ew_status status = EW_OK;
    ulong *exponent = ew_alloc((size_t) r->variables * sizeof *exponent, ctx);
    if (!exponent)
        return EW_MEMORY;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, r->ring);
    for (slong field = 0; field < p->fields && status == EW_OK; field++)
        status = add_feature(p, field, r, f, exponent, ctx);
    fmpq_mpoly_clear(f, r->ring);
    free(exponent);
    return status;
}

/* Channel W, and one for every tangent that both fields have. */
static void add_terms(ew_field_program *p, slong pair, const ew_fields *fields)
{
    slong i, j;
    ew_pair_fields(&i, &j, fields, pair);
    ew_field a = ew_fields_at(fields, i), b = ew_fields_at(fields, j);
    p->bias[pair] = ew_pair_bias(fields, pair);
    p->first[pair] = i;
    p->second[pair] = j;
    p->term[p->terms++] = (ew_mean_term){pair, pair, 0};
    for (slong g = 0; g < fields->generators; g++) {
        ulong bit = UWORD(1) << g;
        if (fields->kind[g] != EW_TANGENT || !(a.set & b.set & bit))
            continue;
        slong less = ew_pair_of(fields, ew_fields_find(fields, a.input, a.set & ~bit),
                                ew_fields_find(fields, b.input, b.set & ~bit));
        p->term[p->terms++] = (ew_mean_term){pair, less, 1};
    }
}

static ew_status allocate(ew_field_program *p, const ew_fields *fields, ew_context *ctx)
{
    size_t pairs = (size_t) p->pairs, most = pairs * (size_t) (1 + fields->generators);
    p->feature = ew_alloc_zero((size_t) p->fields, sizeof *p->feature, ctx);
    p->term = ew_alloc_zero(most, sizeof *p->term, ctx);
    p->bias = ew_alloc_zero(pairs, sizeof *p->bias, ctx);
    p->first = ew_alloc_zero(pairs, sizeof *p->first, ctx);
    p->second = ew_alloc_zero(pairs, sizeof *p->second, ctx);
    return p->feature && p->term && p->bias && p->first && p->second ? EW_OK : EW_MEMORY;
}

ew_status ew_field_program_new(ew_field_program **out, const ew_fields *fields, ew_context *ctx)
{
    *out = NULL;
    ew_field_program *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    ew_jet_ring r;
    ew_jet_ring_init(&r, fields);
    p->inputs = fields->inputs;
    p->jets = r.jets;
    p->fields = fields->n;
    p->pairs = fields->pairs;
    ew_status status = allocate(p, fields, ctx);
    if (status == EW_OK)
        status = add_features(p, &r, ctx);
    for (slong pair = 0; pair < p->pairs && status == EW_OK; pair++)
        add_terms(p, pair, fields);
    ew_jet_ring_clear(&r);
    if (status == EW_OK)
        *out = p;
    else
        ew_field_program_free(p);
    return status;
}

void ew_field_program_free(ew_field_program *p)
{
    if (!p)
        return;
    free(p->step);
    free(p->feature);
    free(p->term);
    free(p->bias);
    free(p->first);
    free(p->second);
    free(p);
}

static void set_bias(double *ghat, const ew_field_program *p, const ew_layer_numbers *x)
{
    for (slong pair = 0; pair < p->pairs; pair++)
        ghat[pair] = p->bias[pair] == EW_BIAS_CB         ? x->cb
                     : p->bias[pair] == EW_BIAS_LAMBDA_B ? x->lambda_b
                                                         : 0;
}

void ew_field_program_covariance(double *ghat, const ew_field_program *p, const double *mean,
                                 const ew_layer_numbers *x)
{
    set_bias(ghat, p, x);
    for (slong i = 0; i < p->terms; i++) {
        const ew_mean_term *t = &p->term[i];
        ghat[t->pair] += (t->tangent ? x->lambda_w : x->cw) * mean[t->mean];
    }
}

void ew_field_program_parts(double *weights, double *others, const ew_field_program *p,
                            const double *mean, const ew_layer_numbers *x)
{
    set_bias(others, p, x);
    for (slong i = 0; i < p->terms; i++) {
        const ew_mean_term *t = &p->term[i];
        if (t->tangent)
            others[t->pair] += x->lambda_w * mean[t->mean];
        else
            weights[t->pair] = x->cw * mean[t->mean];
    }
}
