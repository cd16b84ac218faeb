#include "readings/cumulant/solve/solve.h"

#include <stdlib.h>

#include "chain/atom_plan.h"

/* Exact forms longer than this are of no use to a reader; --exact asks for them all the same.
 */
#define SHORT_BITS 1024
#define LONGEST_BITS 1000000

static ew_status unable(const ew_cumulant_solver *s, slong layer, const char *why,
                        ew_context *ctx)
{
    if (!s->opt->exact)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "no exact values at layer %ld: %s", (long) layer, why);
}

/* Layer 1 is deterministic: only the means are not 0. */
static ew_status first_layer(fmpq *state, int *known, const ew_cumulant_solver *s,
                             ew_context *ctx)
{
    const ew_hierarchy *h = s->h;
    fmpq *ghat = _fmpq_vec_init(h->fields->pairs);
    ew_status status = ew_setting_first_rational(ghat, known, h->fields, &s->related->net, ctx);
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++)
        if (h->unknown[i].list.n == 1 && h->unknown[i].order == 0)
            fmpq_set(state + i, ghat + h->unknown[i].list.p[0]);
    _fmpq_vec_clear(ghat, h->fields->pairs);
    return status;
}

static flint_bitcnt_t longest(const fmpq *state, slong n)
{
    flint_bitcnt_t most = 0;
    for (slong i = 0; i < n; i++) {
        flint_bitcnt_t p = fmpz_bits(fmpq_numref(state + i));
        flint_bitcnt_t q = fmpz_bits(fmpq_denref(state + i));
        most = FLINT_MAX(most, FLINT_MAX(p, q));
    }
    return most;
}

/* q = a ratio; 0 when it is no number. */
static int quotient(fmpq_t q, const ew_ratio *r, const fmpq *entry)
{
    if (fmpq_is_zero(entry + r->under[0]) || fmpq_is_zero(entry + r->under[1]))
        return 0;
    fmpq_div(q, entry + r->over, entry + r->under[0]);
    fmpq_div(q, q, entry + r->under[1]);
    return 1;
}

/* *known = 0: a parameter of the layer is not rational. */
static ew_status record(int *known, const ew_cumulant_solver *s, const fmpq *state, slong layer,
                        ew_context *ctx)
{
    ew_status status = EW_OK;
    slong entries = s->outline->entries, statistic = entries + s->forms->n;
    slong ratio = statistic + s->statistics->values;
    fmpq *value = _fmpq_vec_init(s->values);
    ew_outline_rationals(value, s->outline, layer, state);
    ew_forms_rationals(value + entries, s->forms, value);
    *known = ew_preactivation_forms_rationals(value + statistic, s->statistics,
                                              &s->related->net, layer, state);
    for (slong i = 0; i < s->values && *known && status == EW_OK; i++) {
        if (i >= ratio && !quotient(value + i, &s->ratio[i - ratio], value))
            continue;
        ew_certified *c = ew_cumulant_place(s, i, layer);
        status = ew_certify_rational(c, value + i, s->opt->digits, ctx);
        c->method = "closed form";
    }
    _fmpq_vec_clear(value, s->values);
    return status;
}

/* EW_UNABLE where an expectation has no value at all, which says more than that it is not
 * rational. */
static ew_status check_finite(const ew_atom_plan *plan, const char *needed, ew_context *ctx)
{
    ew_atom_marks marks = {0};
    ew_status status = ew_atom_marks_set(&marks, plan, needed, ctx);
    ew_atom_marks_clear(&marks);
    return status;
}

/* The state of layer + 1 into y; *known = 0 when it is not rational. */
static ew_status step(fmpq *y, int *known, fmpq *x, const ew_cumulant_solver *s, slong layer,
                      ew_context *ctx)
{
    const ew_law *law = s->h->law;
    slong m = s->h->fields->inputs;
    *known = ew_law_parameters_rational(x, law, &s->related->net, layer, s->run->tangents);
    if (!*known)
        return EW_OK;
    char *zero = ew_alloc_zero((size_t) law->variables, 1, ctx);
    char *needed = ew_alloc_zero((size_t) law->variables, 1, ctx);
    if (zero && needed) {
        fmpq *gram = _fmpq_vec_init(m * m);
        ew_cumulant_run_gram_rational(gram, s->run, x);
        for (slong v = 0; v < law->extra + s->h->unknowns; v++)
            zero[v] = fmpq_is_zero(x + v) != 0;
        ew_poly_program_needed(needed, s->run->program, zero);
        *known = ew_atom_plan_some_rational(x, s->run->plan, needed, gram);
        _fmpq_vec_clear(gram, m * m);
    }
    ew_status status = zero && needed ? EW_OK : EW_MEMORY;
    if (status == EW_OK && !*known && s->opt->exact)
        status = check_finite(s->run->plan, needed, ctx);
    free(zero);
    free(needed);
    if (status == EW_OK && *known)
        ew_poly_program_rational(y, s->run->program, x);
    return status;
}

static ew_status run(ew_cumulant_solver *s, fmpq *x, fmpq *y, ew_context *ctx)
{
    fmpq *state = x + s->h->law->extra;
    slong n = s->h->unknowns;
    flint_bitcnt_t limit = s->opt->exact ? LONGEST_BITS : SHORT_BITS;
    int known;
    ew_status status = first_layer(state, &known, s, ctx);
    if (status != EW_OK)
        return status;
    if (!known)
        return unable(s, 1, "a parameter is not a rational number", ctx);
    for (slong layer = 1;; layer++) {
        if (longest(state, n) > limit)
            return unable(s, layer, "too many digits", ctx);
        status = record(&known, s, state, layer, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status != EW_OK)
            return status;
        if (!known)
            return unable(s, layer, "a parameter is not a rational number", ctx);
        s->exact_layers = layer;
        for (slong i = 0; i < n; i++)
            fmpq_set(&s->exact[i], state + i);
        if (layer == s->net->depth)
            return EW_OK;
        ew_progress(ctx, (double) layer / (double) s->net->depth, "layers");
        status = step(y, &known, x, s, layer, ctx);
        if (status != EW_OK)
            return status;
        if (!known)
            return unable(s, layer + 1, "an expectation or a parameter is not rational", ctx);
        for (slong i = 0; i < n; i++)
            fmpq_swap(state + i, y + i);
    }
}

ew_status ew_cumulant_fill_exact(ew_cumulant_solver *s, ew_context *ctx)
{
    slong variables = s->h->law->variables, n = s->h->unknowns;
    fmpq *x = ew_alloc((size_t) (variables + n) * sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    for (slong i = 0; i < variables + n; i++)
        fmpq_init(x + i);
    ew_status status = run(s, x, x + variables, ctx);
    for (slong i = 0; i < variables + n; i++)
        fmpq_clear(x + i);
    free(x);
    return status;
}
