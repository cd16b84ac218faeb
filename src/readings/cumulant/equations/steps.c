#include "readings/cumulant/equations/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain/feature.h"
#include "readings/cumulant/hierarchy/names.h"
#include "readings/cumulant/equations/print.h"

/* The hierarchy's own law holds at infinite width only: h is a copy that has, instead of it,
 * the law of this list at a general covariance. */
typedef struct {
    ew_equations *out;
    const ew_equation_options *opt;
    ew_hierarchy h;
    ew_formula_ring *ring;
    ew_substitution *known;
    slong order;
    slong *to; /* G -> its limit at infinite width, as a renaming of the law's variables */
    ew_context *ctx;
} walk;

/* ---- one step -----------------------------------------------------------------------------
 */

static int is_there(const ew_equations *e, const char *lhs)
{
    for (slong i = 0; i < e->steps; i++)
        if (strcmp(e->step[i].lhs, lhs) == 0)
            return 1;
    return 0;
}

/* Takes lhs and latex, the left-hand sides; NULL is a failure. */
static ew_status add_step(walk *w, char *lhs, char *latex, const fmpq_mpoly_t f,
                          const ew_symbols *s)
{
    ew_equations *e = w->out;
    ew_status status = lhs && latex ? EW_OK : EW_MEMORY;
    ew_equation *more = NULL;
    if (status == EW_OK && !is_there(e, lhs)) {
        more = ew_realloc(e->step, (size_t) (e->steps + 1) * sizeof *more, w->ctx);
        if (!more)
            status = EW_MEMORY;
    }
    if (more) {
        e->step = more;
        ew_equation *step = &more[e->steps++];
        memset(step, 0, sizeof *step);
        step->lhs = lhs;
        step->rhs = ew_print_text(f, s, -1, w->ctx);
        step->latex = ew_print_latex(latex, f, s, -1, w->ctx);
        lhs = NULL;
        if (!step->rhs || !step->latex)
            status = EW_MEMORY;
    }
    free(lhs);
    free(latex);
    return status;
}

/* before + f_p1, f_p2, ... + after */
static char *list_text(const walk *w, const ew_pairs *list, int latex, const char *before,
                       const char *each, const char *between, const char *after)
{
    ew_writer text = {.ctx = w->ctx};
    ew_writer_add(&text, before);
    for (slong i = 0; i < list->n; i++) {
        char *pair = latex ? ew_pair_latex(w->h.fields, list->p[i], w->ctx)
                           : ew_pair_name(w->h.fields, list->p[i], w->ctx);
        ew_writer_add(&text, i ? between : "");
        ew_writer_add(&text, each);
        ew_writer_add(&text, latex ? "{" : "[");
        ew_writer_add_fresh(&text, pair);
        ew_writer_add(&text, latex ? "}" : "]");
    }
    ew_writer_add(&text, after);
    return ew_writer_take(&text);
}

/* ---- the functions f_p --------------------------------------------------------------------
 */

static char *jet_symbol(const ew_fields *f, slong input, slong i, int latex, ew_context *ctx)
{
    char index[8] = "";
    if (f->inputs > 1)
        snprintf(index, sizeof index, "_%c", (int) ('a' + input));
    if (!latex)
        return i ? ew_format(ctx, "s%ld%s", (long) i, index) : ew_format(ctx, "s%s", index);
    if (i > 3)
        return ew_format(ctx, "{\\sigma%s^{(%ld)}}", index, (long) i);
    return ew_format(ctx, "{\\sigma%s%.*s}", index, (int) i, "'''");
}

static char *field_symbol(const ew_fields *f, slong field, int latex, ew_context *ctx)
{
    char *pair = ew_pair_name(f, ew_pair_of(f, field, field), ctx), *symbol = NULL;
    if (pair) {
        pair[strcspn(pair, ".")] = '\0';
        const char *index = f->inputs > 1 ? pair : pair + 1;
        symbol = latex ? ew_format(ctx, "{z_{%s}}", index) : ew_format(ctx, "z_%s", index);
    }
    free(pair);
    return symbol;
}

static ew_status jet_symbols(ew_symbols *s, const ew_jet_ring *r, ew_context *ctx)
{
    const ew_fields *f = r->fields;
    ew_status status = ew_symbols_init(s, r->ring, r->variables, ctx);
    if (status != EW_OK)
        return status;
    for (int latex = 0; latex < 2; latex++) {
        char **name = latex ? s->latex : s->text;
        name[EW_JET_CW] = ew_strdup("C_W", ctx);
        name[EW_JET_LAMBDA_W] = ew_strdup(latex ? "\\lambda_W" : "lambda_W", ctx);
        for (slong a = 0; a < f->inputs; a++)
            for (slong i = 0; i < r->jets; i++)
                name[ew_jet_variable(r, a, i)] = jet_symbol(f, a, i, latex, ctx);
        for (slong i = 0; i < f->n; i++)
            if (i % f->sets)
                name[ew_jet_field(r, i)] = field_symbol(f, i, latex, ctx);
        for (slong v = 0; v < r->variables; v++)
            if (!name[v])
                status = EW_MEMORY;
    }
    return status;
}

static ew_status add_functions(walk *w, const ew_pairs *list)
{
    const ew_jet_ring *r = &w->h.law->jet;
    ew_symbols s = {0};
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, r->ring);
    ew_status status = jet_symbols(&s, r, w->ctx);
    for (slong i = 0; i < list->n && status == EW_OK; i++) {
        ew_pairs one = {1, {list->p[i]}};
        ew_feature_product(f, r, list->p[i]);
        status = add_step(w, list_text(w, &one, 0, "", "f", "", ""),
                          list_text(w, &one, 1, "", "f_", "", ""), f, &s);
    }
    fmpq_mpoly_clear(f, r->ring);
    ew_symbols_clear(&s);
    return status;
}

/* ---- their cumulants and derivatives ------------------------------------------------------
 */

/* f of the law's ring, with what is known put in. */
static ew_status add_formula(walk *w, char *lhs, char *latex, const fmpq_mpoly_t f)
{
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, w->ring->ring);
    ew_formula_embed(g, f, w->ring);
    ew_status status = ew_substitute(g, g, w->known, w->ctx);
    if (status == EW_OK && w->opt->susceptibilities)
        status = ew_formula_abbreviate(g, g, w->ring, w->ctx);
    if (status == EW_OK) {
        status = add_step(w, lhs, latex, g, &w->ring->symbols);
        lhs = latex = NULL;
    }
    free(lhs);
    free(latex);
    fmpq_mpoly_clear(g, w->ring->ring);
    return status;
}

/* "k[f[a.a]](G)"; the coefficient of a further power of 1/n is "k_1[f[a.a]](G)". */
static char *cumulant_text(const walk *w, const ew_pairs *block, slong grade, int latex,
                           const char *after)
{
    char before[32];
    if (grade)
        snprintf(before, sizeof before, latex ? "\\kappa_{%ld}[" : "k_%ld[", (long) grade);
    else
        snprintf(before, sizeof before, "%s[", latex ? "\\kappa" : "k");
    return list_text(w, block, latex, before, latex ? "f_" : "f", ",", after);
}

/* "d^2 k[f[a.a]]/dG[a.a]dG[a.a]" */
static char *derivative_lhs(const walk *w, const ew_pairs *block, slong grade,
                            const ew_pairs *by, int latex)
{
    char order[32] = "";
    if (by->n > 1)
        snprintf(order, sizeof order, latex ? "^{%ld}" : "^%ld", (long) by->n);
    char *top = cumulant_text(w, block, grade, latex, "]");
    char *under = latex ? list_text(w, by, 1, "", "\\partial G_", "\\,", "")
                        : list_text(w, by, 0, "", "dG", "", "");
    char *all = NULL;
    if (top && under)
        all = ew_format(w->ctx, latex ? "\\partial%s%s / %s" : "d%s %s/%s", order, top, under);
    free(top);
    free(under);
    return all;
}

static ew_status add_derivatives(walk *w, const ew_pairs *block, slong grade, ew_pairs *by,
                                 const fmpq_mpoly_t f, slong degree)
{
    const ew_law *law = w->h.law;
    ew_status status = EW_OK;
    fmpq_mpoly_t g, limit;
    fmpq_mpoly_init(g, law->ring);
    fmpq_mpoly_init(limit, law->ring);
    for (slong p = by->n ? by->p[by->n - 1] : 0;
         by->n < degree && p < w->h.fields->pairs && status == EW_OK; p++) {
        status = ew_law_differentiate(g, f, p, law, w->ctx);
        if (status != EW_OK || fmpq_mpoly_is_zero(g, law->ring))
            continue;
        by->p[by->n++] = p;
        status = ew_law_rename(limit, g, w->to, law, w->ctx);
        if (status == EW_OK && !fmpq_mpoly_is_zero(limit, law->ring))
            status = add_formula(w, derivative_lhs(w, block, grade, by, 0),
                                 derivative_lhs(w, block, grade, by, 1), limit);
        if (status == EW_OK)
            status = add_derivatives(w, block, grade, by, g, degree);
        by->n--;
    }
    fmpq_mpoly_clear(g, law->ring);
    fmpq_mpoly_clear(limit, law->ring);
    return status;
}

/* A block of b of the list's n entries; the others are at most n - b blocks of one, each with a
 * delta of its own.  delta^j is of order n^(-j/2), the conditional cumulants of n^-(n -
 * blocks).
 */
static ew_status add_block(walk *w, const ew_pairs *block, slong entries)
{
    const ew_law *law = w->h.law;
    slong blocks = entries - block->n + 1;
    slong degree = 2 * (w->order - entries + blocks) - (blocks - 1);
    ew_pairs by = {0, {0}};
    ew_status status = EW_OK;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    for (slong g = 0; g < ew_law_grades(law, block->n) && status == EW_OK; g++) {
        if (2 * g > degree)
            break;
        status = ew_law_cumulant(f, w->h.law, block, g, w->ctx);
        if (status == EW_OK)
            status = add_formula(w, cumulant_text(w, block, g, 0, "](G)"),
                                 cumulant_text(w, block, g, 1, "](G)"), f);
        if (status == EW_OK)
            status = add_derivatives(w, block, g, &by, f, degree - 2 * g);
    }
    fmpq_mpoly_clear(f, law->ring);
    return status;
}

/* derivatives of the shortest blocks, which have the most. */
static ew_status open_law(walk *w, const ew_hierarchy *h, const ew_pairs *list)
{
    const char **name = ew_alloc((size_t) h->unknowns * sizeof *name, w->ctx);
    if (!name)
        return EW_MEMORY;
    for (slong i = 0; i < h->unknowns; i++)
        name[i] = h->unknown[i].name;
    const ew_transition of = {h->ensemble, w->order};
    w->h = *h;
    w->h.law = NULL;
    ew_status status = ew_law_new(&w->h.law, &of, h->fields, list, 1,
                                  2 * w->order - list->n + 1, name, h->unknowns, w->ctx);
    free(name);
    return status;
}

/* What is known of all its variables. */
static ew_status open_ring(walk *w)
{
    size_t n = (size_t) w->h.law->variables;
    ew_status status = ew_formula_ring_new(&w->ring, &w->h, w->ctx);
    char *used = ew_alloc(n, w->ctx);
    if (!used)
        return EW_MEMORY;
    memset(used, 1, n);
    if (status == EW_OK)
        status = ew_substitution_new(&w->known, w->ring, used, 0, w->opt, w->ctx);
    free(used);
    return status;
}

static ew_status find_limits(walk *w)
{
    const ew_law *law = w->h.law;
    w->to = ew_alloc((size_t) law->variables * sizeof *w->to, w->ctx);
    if (!w->to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        w->to[v] = v;
    for (slong p = 0; p < w->h.fields->pairs; p++) {
        ew_pairs one = {1, {p}};
        slong i = ew_hierarchy_find(&w->h, &one, 0);
        if (law->cov[p] >= 0)
            w->to[law->cov[p]] = i < 0 ? -1 : law->extra + i;
    }
    return EW_OK;
}

static ew_status add_all(walk *w, const ew_pairs *list)
{
    ew_status status = add_functions(w, list);
    for (ulong s = 1; s < UWORD(1) << list->n && status == EW_OK; s++) {
        ew_pairs block = {0, {0}};
        for (slong i = 0; i < list->n; i++)
            if (s >> i & 1)
                ew_pairs_add(&block, list->p[i]);
        status = add_block(w, &block, list->n);
    }
    return status;
}

ew_status ew_steps_add(ew_equations *out, const ew_hierarchy *h, const ew_pairs *list,
                       slong order, const ew_equation_options *opt, ew_context *ctx)
{
    walk w = {.out = out, .opt = opt, .order = order, .ctx = ctx};
    ew_status status = open_law(&w, h, list);
    if (status == EW_OK)
        status = open_ring(&w);
    if (status == EW_OK)
        status = find_limits(&w);
    if (status == EW_OK)
        status = add_all(&w, list);
    ew_substitution_free(w.known);
    ew_formula_ring_free(w.ring);
    ew_law_free(w.h.law);
    free(w.to);
    return status;
}
