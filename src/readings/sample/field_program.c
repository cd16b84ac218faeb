#include "readings/sample/field_program.h"

#include <stdlib.h>

/* Factors of a monomial at most: jets and fields of two features. */
#define MAX_FACTORS (2 * (EW_MAX_GENERATORS + 1))

slong ew_field_program_jet(const ew_field_program *p, slong input, slong derivative)
{
    return input * p->jets + derivative;
}

slong ew_field_program_field(const ew_field_program *p, slong field)
{
    return p->inputs * p->jets + field;
}

slong ew_field_program_product(const ew_field_program *p, slong product)
{
    return p->inputs * p->jets + p->fields + product;
}

slong ew_field_program_arrays(const ew_field_program *p)
{
    return ew_field_program_product(p, p->products);
}

/* Append (left, right) to a list unless it is there; its index, -1 on failure. */
static slong find_or_append(ew_product **list, slong *n, slong left, slong right,
                            ew_context *ctx)
{
    for (slong i = 0; i < *n; i++)
        if ((*list)[i].left == left && (*list)[i].right == right)
            return i;
    ew_product *longer = ew_realloc(*list, (size_t) (*n + 1) * sizeof **list, ctx);
    if (!longer)
        return -1;
    *list = longer;
    longer[*n].left = left;
    longer[*n].right = right;
    return (*n)++;
}

/* The mean of a product of arrays, in ascending order so that monomials share their beginnings;
 * the last multiplication is left to the sum. */
static slong add_monomial(ew_field_program *p, const slong *factor, slong n, ew_context *ctx)
{
    slong left = factor[0];
    for (slong i = 1; i + 1 < n; i++) {
        slong k = find_or_append(&p->product, &p->products, left, factor[i], ctx);
        if (k < 0)
            return -1;
        left = ew_field_program_product(p, k);
    }
    return find_or_append(&p->mean, &p->means, left, factor[n - 1], ctx);
}

/* The arrays behind a monomial of the jet ring, one entry a factor.  Every f_p is a product of
 * two features, each with one jet, so there are at least two. */
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

static ew_status add_term(ew_field_program *p, slong pair, const fmpq_mpoly_t f, slong i,
                          const ew_jet_ring *r, ulong *exponent, ew_context *ctx)
{
    slong factor[MAX_FACTORS] = {0};
    fmpq_mpoly_get_term_exp_ui(exponent, f, i, r->ring);
    slong mean = add_monomial(p, factor, list_factors(factor, p, r, exponent), ctx);
    ew_mean_term *longer = ew_realloc(p->term, (size_t) (p->terms + 1) * sizeof *longer, ctx);
    if (longer)
        p->term = longer;
    if (mean < 0 || !longer)
        return EW_MEMORY;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_get_term_coeff_fmpq(c, f, i, r->ring);
    ew_mean_term *t = &p->term[p->terms++];
    t->pair = pair;
    t->mean = mean;
    t->coefficient = fmpq_get_d(c);
    t->cw = exponent[EW_JET_CW];
    t->lambda = exponent[EW_JET_LAMBDA_W];
    fmpq_clear(c);
    return EW_OK;
}

static ew_status compile(ew_field_program *p, const ew_jet_ring *r, ew_context *ctx)
{
    ew_status status = EW_OK;
    ulong *exponent = ew_alloc((size_t) r->variables * sizeof *exponent, ctx);
    if (!exponent)
        return EW_MEMORY;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, r->ring);
    for (slong pair = 0; pair < p->pairs && status == EW_OK; pair++) {
        p->bias[pair] = ew_pair_bias(r->fields, pair);
        ew_feature_product(f, r, pair);
        for (slong i = 0; i < fmpq_mpoly_length(f, r->ring) && status == EW_OK; i++)
            status = add_term(p, pair, f, i, r, exponent, ctx);
    }
    fmpq_mpoly_clear(f, r->ring);
    free(exponent);
    return status;
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
    p->bias = ew_alloc_zero((size_t) p->pairs, sizeof *p->bias, ctx);
    ew_status status = p->bias ? compile(p, &r, ctx) : EW_MEMORY;
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
    free(p->product);
    free(p->mean);
    free(p->term);
    free(p->bias);
    free(p);
}

void ew_field_program_covariance(double *ghat, const ew_field_program *p, const double *mean,
                                 const ew_layer_numbers *x)
{
    for (slong pair = 0; pair < p->pairs; pair++)
        ghat[pair] = p->bias[pair] == EW_BIAS_CB         ? x->cb
                     : p->bias[pair] == EW_BIAS_LAMBDA_B ? x->lambda_b
                                                         : 0;
    for (slong i = 0; i < p->terms; i++) {
        const ew_mean_term *t = &p->term[i];
        double c = t->coefficient;
        for (ulong k = 0; k < t->cw; k++)
            c *= x->cw;
        for (ulong k = 0; k < t->lambda; k++)
            c *= x->lambda_w;
        ghat[t->pair] += c * mean[t->mean];
    }
}
