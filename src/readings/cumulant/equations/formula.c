#include "readings/cumulant/equations/formula.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/names.h"

static const char *const view_text[EW_VIEWS] = {"chi_par", "chi_perp", "h"};
static const char *const view_latex[EW_VIEWS] = {"\\chi_\\parallel", "\\chi_\\perp", "h"};
static const char *const parameter_latex[EW_ALL_PARAMETERS] = {
    "C_W", "C_b",       "\\lambda_W",       "\\lambda_b", "r_l",
    "q_l", "C_b^{(l)}", "\\lambda_b^{(l)}", "w^{(l)}"};
static const char *const block_latex[EW_BLOCK_PARAMETERS] = {
    "C_W", "C_b", "\\lambda_W", "\\lambda_b", "r", "\\alpha", "C_V", "\\lambda_V"};

static int is_unknown(const ew_hierarchy *h, slong v)
{
    return v >= h->law->extra && v < h->law->extra + h->unknowns;
}

static int is_covariance(const ew_law *law, slong v)
{
    return v >= law->cov0 && v < law->atom0;
}

static char *covariance_latex(const ew_hierarchy *h, slong v, ew_context *ctx)
{
    slong p = 0;
    while (h->law->cov[p] != v)
        p++;
    char *pair = ew_pair_latex(h->fields, p, ctx);
    char *all = pair ? ew_format(ctx, "{G_{%s}}", pair) : NULL;
    free(pair);
    return all;
}

/* K in an atom is its own covariance, which residual blocks call G. */
static char *atom_latex(const ew_hierarchy *h, slong v, ew_context *ctx)
{
    char *latex = ew_atom_latex(&h->law->atom[v - h->law->atom0], h->fields->inputs, ctx);
    for (char *c = latex; h->law->block && c && *c; c++)
        if (*c == 'K')
            *c = 'G';
    return latex;
}

static char *text_of(const ew_hierarchy *h, slong v, ew_context *ctx)
{
    const ew_law *law = h->law;
    if (v >= law->variables)
        return ew_strdup(view_text[v - law->variables], ctx);
    if (law->block && v == EW_ALPHA2)
        return ew_strdup("alpha", ctx);
    if (!is_unknown(h, v))
        return is_covariance(law, v) ? ew_format(ctx, "G[%s]", law->name[v])
                                     : ew_strdup(law->name[v], ctx);
    const ew_unknown *u = &h->unknown[v - law->extra];
    char *symbol = ew_cumulant_symbol(h->fields, &u->list, u->order, ctx);
    char *text = symbol ? ew_format(ctx, "%s[l]", symbol) : NULL;
    free(symbol);
    return text;
}

static char *latex_of(const ew_hierarchy *h, slong v, ew_context *ctx)
{
    const ew_law *law = h->law;
    if (v >= law->variables)
        return ew_strdup(view_latex[v - law->variables], ctx);
    if (v < ew_law_parameters(law))
        return ew_strdup(law->block ? block_latex[v] : parameter_latex[v], ctx);
    if (v >= law->atom0)
        return atom_latex(h, v, ctx);
    if (!is_unknown(h, v))
        return covariance_latex(h, v, ctx);
    const ew_unknown *u = &h->unknown[v - law->extra];
    return ew_cumulant_symbol_latex(h->fields, &u->list, u->order, ctx);
}

/* Parameters, views, atoms, covariances, then unknowns; terms are collected by cumulants of
 * order 1/n and beyond. */
static void arrange(ew_formula_ring *r)
{
    const ew_hierarchy *h = r->h;
    const ew_law *law = h->law;
    slong n = 0, *place = r->symbols.place;
    if (law->block)
        r->symbols.square[EW_ALPHA2] = 1;
    for (slong v = 0; v < ew_law_parameters(law); v++)
        place[n++] = v;
    for (slong v = r->views; v < r->views + EW_VIEWS; v++)
        place[n++] = v;
    for (slong v = law->atom0; v < law->variables; v++)
        place[n++] = v;
    for (slong v = ew_law_parameters(law); v < law->atom0; v++)
        if (!is_unknown(h, v))
            place[n++] = v;
    for (slong v = law->extra; v < law->extra + h->unknowns; v++) {
        place[n++] = v;
        r->symbols.lead[v] = h->unknown[v - law->extra].order > 0;
    }
}

ew_status ew_formula_ring_new(ew_formula_ring **out, const ew_hierarchy *h, ew_context *ctx)
{
    slong variables = h->law->variables + EW_VIEWS;
    *out = NULL;
    ew_formula_ring *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    r->h = h;
    r->views = h->law->variables;
    fmpq_mpoly_ctx_init(r->ring, variables, ORD_LEX);
    ew_status status = ew_symbols_init(&r->symbols, r->ring, variables, ctx);
    for (slong v = 0; v < variables && status == EW_OK; v++) {
        r->symbols.text[v] = text_of(h, v, ctx);
        r->symbols.latex[v] = latex_of(h, v, ctx);
        if (!r->symbols.text[v] || !r->symbols.latex[v])
            status = EW_MEMORY;
    }
    if (status != EW_OK) {
        ew_formula_ring_free(r);
        return status;
    }
    arrange(r);
    *out = r;
    return EW_OK;
}

void ew_formula_ring_free(ew_formula_ring *r)
{
    if (!r)
        return;
    if (r->symbols.text)
        ew_symbols_clear(&r->symbols);
    fmpq_mpoly_ctx_clear(r->ring);
    free(r);
}

void ew_formula_embed(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_formula_ring *r)
{
    const ew_law *law = r->h->law;
    ulong *exp = flint_calloc((size_t) r->symbols.variables, sizeof *exp);
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_zero(out, r->ring);
    for (slong t = 0; t < fmpq_mpoly_length(f, law->ring); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, t, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, law->ring);
        fmpq_mpoly_push_term_fmpq_ui(out, c, exp, r->ring);
    }
    fmpq_mpoly_sort_terms(out, r->ring);
    fmpq_mpoly_reduce(out, r->ring);
    fmpq_clear(c);
    flint_free(exp);
}

void ew_formula_split(fmpq_mpoly_t part, fmpq_mpoly_t f, ulong *exp, const char *lead,
                      const ew_formula_ring *r)
{
    slong n = r->symbols.variables;
    ulong *first = exp + n;
    fmpq_mpoly_t rest;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(rest, r->ring);
    fmpq_mpoly_zero(part, r->ring);
    fmpq_mpoly_get_term_exp_ui(first, f, 0, r->ring);
    for (slong t = 0; t < fmpq_mpoly_length(f, r->ring); t++) {
        int same = 1;
        fmpq_mpoly_get_term_exp_ui(exp, f, t, r->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, r->ring);
        for (slong v = 0; v < n && same; v++)
            same = !lead[v] || exp[v] == first[v];
        fmpq_mpoly_push_term_fmpq_ui(same ? part : rest, c, exp, r->ring);
    }
    fmpq_mpoly_reduce(part, r->ring);
    fmpq_mpoly_reduce(rest, r->ring);
    fmpq_mpoly_swap(f, rest, r->ring);
    fmpq_mpoly_clear(rest, r->ring);
    fmpq_clear(c);
}
