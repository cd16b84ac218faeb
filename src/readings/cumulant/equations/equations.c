#include "readings/cumulant/equations/equations.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/equations/coefficients.h"
#include "readings/cumulant/equations/formula.h"
#include "readings/cumulant/hierarchy/names.h"
#include "readings/cumulant/equations/print.h"
#include "readings/cumulant/equations/quantity.h"
#include "readings/cumulant/equations/specialise.h"
#include "readings/cumulant/equations/steps.h"

typedef struct {
    const ew_equation_options *opt;
    ew_hierarchy *h;
    ew_formula_ring *ring;
    ew_substitution *known;
    char *selected; /* [unknowns] */
    ew_equations *out;
} printer;

const ew_scalar *ew_equation_parameter(const ew_equation_options *opt, const ew_law *law,
                                       slong v)
{
    const ew_scalar *layer[] = {opt->cw, opt->cb, opt->lambda_w, opt->lambda_b};
    const ew_scalar *block[] = {opt->ratio, opt->alpha2, opt->cv, opt->lambda_w};
    if (v <= EW_LAMBDA_B)
        return layer[v];
    return law->block ? block[v - EW_RATIO] : NULL;
}

/* The letter of unknown i in LaTeX, with the prime of the next layer. */
static char *left_latex(const printer *p, slong i, ew_context *ctx)
{
    const ew_unknown *u = &p->h->unknown[i];
    char *letter = ew_cumulant_symbol_latex(p->h->fields, &u->list, u->order, ctx);
    char *left = letter ? ew_format(ctx, "%s'", letter) : NULL;
    free(letter);
    return left;
}

static ew_status name_equation(const printer *p, ew_equation *e, slong i, ew_context *ctx)
{
    const ew_unknown *u = &p->h->unknown[i];
    e->name = ew_cumulant_symbol(p->h->fields, &u->list, u->order, ctx);
    e->lhs = e->name ? ew_format(ctx, "%s[l+1]", e->name) : NULL;
    return e->lhs ? EW_OK : EW_MEMORY;
}

/* f as symbols. */
static ew_status print_symbols(const printer *p, ew_equation *e, fmpq_mpoly_t f, slong i,
                               ew_context *ctx)
{
    slong own = p->h->law->extra + i;
    ew_status status = EW_OK;
    if (p->opt->susceptibilities)
        status = ew_formula_abbreviate(f, f, p->ring, ctx);
    if (status != EW_OK)
        return status;
    char *left = left_latex(p, i, ctx);
    e->rhs = ew_print_text(f, &p->ring->symbols, own, ctx);
    e->latex = left ? ew_print_latex(left, f, &p->ring->symbols, own, ctx) : NULL;
    free(left);
    return e->rhs && e->latex ? EW_OK : EW_MEMORY;
}

/* The recursion of unknown i, with what is known put in. */
static ew_status polynomial(const printer *p, fmpq_mpoly_t f, slong i, ew_context *ctx)
{
    ew_formula_embed(f, &p->h->next[i], p->ring);
    return ew_substitute(f, f, p->known, ctx);
}

/* The fields of the options, and what the quantity needs beyond them. */
static ew_status open_hierarchy(printer *p, ew_context *ctx)
{
    ew_family family = p->opt->family;
    ew_quantity q = {0};
    if (p->opt->quantity) {
        ew_status status = ew_quantity_read(&q, p->opt->quantity, ctx);
        if (status != EW_OK)
            return status;
        family.inputs = FLINT_MAX(family.inputs, q.family.inputs);
        family.directions = FLINT_MAX(family.directions, q.family.directions);
        family.descent = FLINT_MAX(family.descent, q.family.descent);
    }
    ew_status status = EW_OK;
    if (q.family.order > family.order)
        status = ew_fail(ctx, EW_USAGE, "quantity: %.40s begins at order %ld", p->opt->quantity,
                         (long) q.family.order);
    if (status == EW_OK)
        status = ew_hierarchy_family(&p->h, &family, ctx);
    if (status == EW_OK && !(p->selected = ew_alloc((size_t) p->h->unknowns, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK) {
        memset(p->selected, 1, (size_t) p->h->unknowns);
        if (q.of)
            status = ew_quantity_select(p->selected, &q, p->opt->quantity, p->h, ctx);
    }
    ew_quantity_clear(&q);
    return status;
}

/* What is known of the variables that the selected equations have. */
static ew_status open_substitution(printer *p, ew_context *ctx)
{
    const ew_law *law = p->h->law;
    size_t n = (size_t) law->variables;
    int *in_one = ew_alloc(n * sizeof *in_one, ctx);
    char *used = ew_alloc_zero(n, 1, ctx);
    ew_status status = in_one && used ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < p->h->unknowns && status == EW_OK; i++) {
        if (!p->selected[i])
            continue;
        fmpq_mpoly_used_vars(in_one, &p->h->next[i], law->ring);
        for (slong v = 0; v < law->variables; v++)
            used[v] |= in_one[v] != 0;
    }
    if (status == EW_OK)
        status = ew_substitution_new(&p->known, p->ring, used, 1, p->opt, ctx);
    free(in_one);
    free(used);
    return status;
}

/* Numbers at one covariance instead of symbols. */
static ew_status print_numbers(printer *p, const fmpq_mpoly_struct *f, const slong *unknown,
                               ew_context *ctx)
{
    slong n = p->out->n;
    ew_equation **e = ew_alloc((size_t) n * sizeof *e, ctx);
    if (!e)
        return EW_MEMORY;
    for (slong k = 0; k < n; k++)
        e[k] = &p->out->equation[k];
    ew_status status = ew_coefficients(e, f, n, p->ring, p->opt, ctx);
    for (slong k = 0; k < n && status == EW_OK; k++) {
        char *left = left_latex(p, unknown[k], ctx);
        status = left ? ew_coefficients_print(e[k], left, p->opt->digits, ctx) : EW_MEMORY;
        free(left);
    }
    free(e);
    return status;
}

static ew_status print_equations(printer *p, fmpq_mpoly_struct *f, const slong *unknown,
                                 ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong k = 0; k < p->out->n && status == EW_OK; k++) {
        status = name_equation(p, &p->out->equation[k], unknown[k], ctx);
        if (status == EW_OK)
            status = polynomial(p, f + k, unknown[k], ctx);
        if (status == EW_OK && !p->opt->gram)
            status = print_symbols(p, &p->out->equation[k], f + k, unknown[k], ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status == EW_OK && p->opt->gram ? print_numbers(p, f, unknown, ctx) : status;
}

/* Towards every selected cumulant, to the highest order selected of it. */
static ew_status add_steps(printer *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < p->h->unknowns && status == EW_OK; i++) {
        const ew_unknown *u = &p->h->unknown[i];
        int higher = i + 1 < p->h->unknowns && p->selected[i + 1] &&
                     ew_pairs_compare(&u->list, &u[1].list) == 0;
        if (p->selected[i] && !higher)
            status = ew_steps_add(p->out, p->h, &u->list, u->order, p->opt, ctx);
    }
    return status;
}

static ew_status print_all(printer *p, ew_context *ctx)
{
    size_t n = (size_t) p->h->unknowns;
    slong *unknown = ew_alloc(n * sizeof *unknown, ctx), selected = 0;
    fmpq_mpoly_struct *f = ew_alloc(n * sizeof *f, ctx);
    p->out->equation = ew_alloc_zero(n, sizeof *p->out->equation, ctx);
    ew_status status = unknown && f && p->out->equation ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < p->h->unknowns && status == EW_OK; i++)
        if (p->selected[i]) {
            unknown[selected] = i;
            fmpq_mpoly_init(f + selected++, p->ring->ring);
        }
    p->out->n = selected;
    if (status == EW_OK)
        status = print_equations(p, f, unknown, ctx);
    for (slong k = 0; k < selected; k++)
        fmpq_mpoly_clear(f + k, p->ring->ring);
    free(unknown);
    free(f);
    return status;
}

static ew_status check_block(const ew_equation_options *opt, ew_context *ctx)
{
    if (opt->steps)
        return ew_fail(ctx, EW_UNABLE, "steps: not of residual networks");
    if (opt->susceptibilities)
        return ew_fail(ctx, EW_UNABLE, "notation: residual networks have no susceptibilities");
    if (opt->gram && (!opt->cw || !opt->cb))
        return ew_fail(ctx, EW_USAGE, "cw: numbers of residual networks need it");
    return EW_OK;
}

ew_status ew_cumulant_equations(ew_equations **out, const ew_equation_options *opt,
                                ew_context *ctx)
{
    *out = NULL;
    printer p = {.opt = opt};
    p.out = ew_alloc_zero(1, sizeof *p.out, ctx);
    ew_status status = p.out ? open_hierarchy(&p, ctx) : EW_MEMORY;
    if (status == EW_OK && opt->susceptibilities && p.h->fields->inputs > 1)
        status = ew_fail(ctx, EW_USAGE, "notation: susceptibilities are those of one input");
    if (status == EW_OK && p.h->law->block)
        status = check_block(opt, ctx);
    if (status == EW_OK)
        status = ew_formula_ring_new(&p.ring, p.h, ctx);
    if (status == EW_OK)
        status = open_substitution(&p, ctx);
    if (status == EW_OK && opt->steps)
        status = add_steps(&p, ctx);
    if (status == EW_OK)
        status = print_all(&p, ctx);
    ew_substitution_free(p.known);
    ew_formula_ring_free(p.ring);
    ew_hierarchy_free(p.h);
    free(p.selected);
    if (status != EW_OK) {
        ew_equations_free(p.out);
        return status;
    }
    *out = p.out;
    return EW_OK;
}

static void clear_equation(ew_equation *e)
{
    for (slong t = 0; t < e->terms; t++) {
        free(e->of[t]);
        free(e->of_latex[t]);
        ew_certified_clear(&e->c[t]);
    }
    free(e->of);
    free(e->of_latex);
    free(e->c);
    free(e->name);
    free(e->lhs);
    free(e->rhs);
    free(e->latex);
}

void ew_equations_free(ew_equations *e)
{
    if (!e)
        return;
    for (slong i = 0; i < e->n; i++)
        clear_equation(&e->equation[i]);
    for (slong i = 0; i < e->steps; i++)
        clear_equation(&e->step[i]);
    free(e->equation);
    free(e->step);
    free(e);
}
