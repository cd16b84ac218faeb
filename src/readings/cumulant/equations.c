#include "readings/cumulant/equations.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/formula.h"
#include "readings/cumulant/names.h"
#include "readings/cumulant/print.h"
#include "readings/cumulant/quantity.h"
#include "readings/cumulant/specialise.h"

typedef struct {
    const ew_equation_options *opt;
    ew_hierarchy *h;
    ew_formula_ring *ring;
    ew_substitution *known;
    char *selected; /* [unknowns] */
    ew_equations *out;
} printer;

static ew_status print_equation(printer *p, ew_equation *e, const fmpq_mpoly_t f, slong i,
                                ew_context *ctx)
{
    const ew_unknown *u = &p->h->unknown[i];
    slong own = p->h->law->extra + i;
    char *letter = ew_cumulant_symbol_latex(p->h->fields, &u->list, u->order, ctx);
    char *left = letter ? ew_format(ctx, "%s'", letter) : NULL;
    e->name = ew_cumulant_symbol(p->h->fields, &u->list, u->order, ctx);
    e->lhs = e->name ? ew_format(ctx, "%s[l+1]", e->name) : NULL;
    e->rhs = ew_print_text(f, &p->ring->symbols, own, ctx);
    e->latex = left ? ew_print_latex(left, f, &p->ring->symbols, own, ctx) : NULL;
    free(letter);
    free(left);
    return e->lhs && e->rhs && e->latex ? EW_OK : EW_MEMORY;
}

static ew_status add_equation(printer *p, slong i, ew_context *ctx)
{
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, p->ring->ring);
    ew_formula_embed(f, &p->h->next[i], p->ring);
    ew_status status = ew_substitute(f, f, p->known, ctx);
    if (status == EW_OK && p->opt->susceptibilities)
        status = ew_formula_abbreviate(f, f, p->ring, ctx);
    if (status == EW_OK)
        status = print_equation(p, &p->out->equation[p->out->n++], f, i, ctx);
    fmpq_mpoly_clear(f, p->ring->ring);
    return status;
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
        status = ew_substitution_new(&p->known, p->ring, used, p->opt, ctx);
    free(in_one);
    free(used);
    return status;
}

static ew_status print_all(printer *p, ew_context *ctx)
{
    p->out->equation = ew_alloc_zero((size_t) p->h->unknowns, sizeof *p->out->equation, ctx);
    if (!p->out->equation)
        return EW_MEMORY;
    ew_status status = EW_OK;
    for (slong i = 0; i < p->h->unknowns && status == EW_OK; i++) {
        if (p->selected[i])
            status = add_equation(p, i, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
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
    if (status == EW_OK)
        status = ew_formula_ring_new(&p.ring, p.h, ctx);
    if (status == EW_OK)
        status = open_substitution(&p, ctx);
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
        ew_certified_clear(&e->c[t]);
    }
    free(e->of);
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
