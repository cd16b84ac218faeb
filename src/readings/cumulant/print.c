/* Derived recursions as text and LaTeX. */
#include "readings/cumulant/cumulant.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy.h"
#include "readings/cumulant/names.h"

/* Text that grows; `failed` sticks, so that only the end has to be checked. */
typedef struct {
    char *text;
    size_t used, size;
    int failed;
    ew_context *ctx;
} buffer;

static void put(buffer *b, const char *s)
{
    size_t n = strlen(s);
    if (!b->failed && b->used + n + 1 > b->size) {
        size_t size = 2 * (b->used + n + 1);
        char *more = ew_realloc(b->text, size, b->ctx);
        b->failed = !more;
        if (more) {
            b->text = more;
            b->size = size;
        }
    }
    if (b->failed)
        return;
    memcpy(b->text + b->used, s, n + 1);
    b->used += n;
}

/* One polynomial being printed. */
typedef struct {
    const ew_hierarchy *h;
    int latex;
    char **symbol; /* [variables] */
    buffer out;
} printer;

static char *unknown_symbol(const printer *p, const ew_unknown *u, ew_context *ctx)
{
    if (!p->latex)
        return ew_format(ctx, "%s[l]", u->name);
    char *letter = ew_cumulant_letter_latex(u->name, ctx);
    char *symbol = letter ? ew_format(ctx, "{%s}", letter) : NULL;
    free(letter);
    return symbol;
}

static char *symbol_of(const printer *p, slong v, ew_context *ctx)
{
    static const char *const latex[EW_PARAMETERS] = {"C_W", "C_b", "\\lambda_W", "\\lambda_b",
                                                     "r_l"};
    const ew_law *law = p->h->law;
    if (v >= law->extra && v < law->extra + p->h->unknowns)
        return unknown_symbol(p, &p->h->unknown[v - law->extra], ctx);
    if (p->latex && v < EW_PARAMETERS)
        return ew_strdup(latex[v], ctx);
    if (p->latex && v >= law->atom0)
        return ew_atom_latex(&law->atom[v - law->atom0], p->h->fields->inputs, ctx);
    return ew_strdup(law->name[v], ctx);
}

static void put_number(buffer *b, const fmpz_t x)
{
    char *s = fmpz_get_str(NULL, 10, x);
    put(b, s);
    flint_free(s);
}

static void put_coefficient(printer *p, const fmpq_t c)
{
    int whole = fmpz_is_one(fmpq_denref(c));
    if (p->latex && !whole)
        put(&p->out, "\\frac{");
    put_number(&p->out, fmpq_numref(c));
    if (!whole) {
        put(&p->out, p->latex ? "}{" : "/");
        put_number(&p->out, fmpq_denref(c));
        put(&p->out, p->latex ? "}" : "");
    }
}

/* |c| * prod x^e, with 1 written only when nothing else is. */
static void put_product(printer *p, const fmpq_t c, const ulong *exp)
{
    int first = 1;
    fmpq_t a;
    fmpq_init(a);
    fmpq_abs(a, c);
    if (!fmpq_is_one(a)) {
        put_coefficient(p, a);
        first = 0;
    }
    for (slong v = 0; v < p->h->law->variables; v++) {
        if (!exp[v])
            continue;
        if (!first)
            put(&p->out, p->latex ? " \\, " : "*");
        first = 0;
        put(&p->out, p->symbol[v]);
        if (exp[v] > 1) {
            char *power = ew_format(p->out.ctx, p->latex ? "^{%lu}" : "^%lu", exp[v]);
            put(&p->out, power ? power : "");
            p->out.failed |= !power;
            free(power);
        }
    }
    if (first)
        put(&p->out, "1");
    fmpq_clear(a);
}

static void put_sign(printer *p, int first, const fmpq_t c)
{
    int minus = fmpq_sgn(c) < 0;
    put(&p->out, first ? (minus ? "-" : "") : (minus ? " - " : " + "));
}

/* The part of a monomial in cumulants of order 1/n and beyond. */
static void fluctuations(ulong *out, const ulong *exp, const ew_hierarchy *h)
{
    memset(out, 0, (size_t) h->law->variables * sizeof *out);
    for (slong i = 0; i < h->unknowns; i++)
        if (h->unknown[i].order > 0)
            out[h->law->extra + i] = exp[h->law->extra + i];
}

/* A sum of terms that share the factor `common`, which is written once. */
static void put_group(printer *p, const fmpq_mpoly_t f, const char *in_group,
                      const ulong *common, ulong *exp, int first_group)
{
    const ew_law *law = p->h->law;
    slong length = fmpq_mpoly_length(f, law->ring), terms = 0, seen = 0;
    int bare = 1;
    fmpq_t c;
    fmpq_init(c);
    for (slong t = 0; t < length; t++)
        terms += in_group[t];
    for (slong v = 0; v < law->variables; v++)
        bare = bare && !common[v];
    int brackets = terms > 1 && !bare;
    if (brackets) {
        put(&p->out, first_group ? "" : " + ");
        fmpq_one(c);
        put_product(p, c, common);
        put(&p->out, p->latex ? " \\left(" : "*(");
    }
    /* Positive terms first: <s^4> - <s^2>^2. */
    for (slong k = 0; k < 2 * length; k++) {
        slong t = k % length;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, law->ring);
        if (!in_group[t] || (fmpq_sgn(c) < 0) != (k >= length))
            continue;
        fmpq_mpoly_get_term_exp_ui(exp, f, t, law->ring);
        for (slong v = 0; brackets && v < law->variables; v++)
            exp[v] -= common[v];
        put_sign(p, seen++ == 0 && (brackets || first_group), c);
        put_product(p, c, exp);
    }
    if (brackets)
        put(&p->out, p->latex ? "\\right)" : ")");
    fmpq_clear(c);
}

/* Mark the terms with the same fluctuations as term t; common: the greatest common monomial. */
static void collect_group(char *in_group, char *done, ulong *common, ulong *exp,
                          const fmpq_mpoly_t f, slong t, const ew_hierarchy *h)
{
    slong n = h->law->variables;
    ulong *key = exp + n, *other = exp + 2 * n;
    fmpq_mpoly_get_term_exp_ui(common, f, t, h->law->ring);
    fluctuations(key, common, h);
    for (slong s = 0; s < fmpq_mpoly_length(f, h->law->ring); s++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, s, h->law->ring);
        fluctuations(other, exp, h);
        in_group[s] = memcmp(key, other, (size_t) n * sizeof *key) == 0;
        if (!in_group[s])
            continue;
        done[s] = 1;
        for (slong v = 0; v < n; v++)
            common[v] = FLINT_MIN(common[v], exp[v]);
    }
}

static void put_polynomial(printer *p, const fmpq_mpoly_t f)
{
    const ew_law *law = p->h->law;
    slong terms = fmpq_mpoly_length(f, law->ring), groups = 0;
    char *mark = ew_alloc_zero(2 * (size_t) terms, 1, p->out.ctx);
    ulong *exp = ew_alloc(4 * (size_t) law->variables * sizeof *exp, p->out.ctx);
    p->out.failed |= !mark || !exp;
    if (terms == 0)
        put(&p->out, "0");
    for (slong t = 0; t < terms && !p->out.failed; t++) {
        ulong *common = exp + 3 * law->variables;
        if (mark[terms + t])
            continue;
        collect_group(mark, mark + terms, common, exp, f, t, p->h);
        put_group(p, f, mark, common, exp, groups++ == 0);
    }
    free(mark);
    free(exp);
}

/* Fresh text of f, NULL on failure. */
static char *polynomial_text(const ew_hierarchy *h, const fmpq_mpoly_t f, int latex,
                             ew_context *ctx)
{
    printer p = {.h = h, .latex = latex, .out = {.ctx = ctx}};
    p.symbol = ew_alloc_zero((size_t) h->law->variables, sizeof *p.symbol, ctx);
    p.out.failed = !p.symbol;
    for (slong v = 0; p.symbol && v < h->law->variables; v++) {
        p.symbol[v] = symbol_of(&p, v, ctx);
        p.out.failed |= !p.symbol[v];
    }
    if (!p.out.failed)
        put_polynomial(&p, f);
    for (slong v = 0; p.symbol && v < h->law->variables; v++)
        free(p.symbol[v]);
    free(p.symbol);
    if (p.out.failed) {
        free(p.out.text);
        return NULL;
    }
    return p.out.text;
}

static ew_status add_equation(ew_equations *e, const ew_hierarchy *h, slong i, ew_context *ctx)
{
    slong k = e->n++;
    char *letter = ew_cumulant_letter_latex(h->unknown[i].name, ctx);
    char *right = polynomial_text(h, &h->next[i], 1, ctx);
    e->name[k] = ew_strdup(h->unknown[i].name, ctx);
    e->lhs[k] = ew_format(ctx, "%s[l+1]", h->unknown[i].name);
    e->rhs[k] = polynomial_text(h, &h->next[i], 0, ctx);
    e->latex[k] = letter && right ? ew_format(ctx, "{%s}' = %s", letter, right) : NULL;
    free(letter);
    free(right);
    return e->name[k] && e->lhs[k] && e->rhs[k] && e->latex[k] ? EW_OK : EW_MEMORY;
}

static ew_status unknown_quantity(const ew_hierarchy *h, const char *quantity, ew_context *ctx)
{
    buffer b = {.ctx = ctx};
    for (slong i = 0; i < h->unknowns; i++) {
        put(&b, i ? ", " : "");
        put(&b, h->unknown[i].name);
    }
    if (b.failed) {
        free(b.text);
        return EW_MEMORY;
    }
    ew_status status =
        ew_fail(ctx, EW_USAGE, "quantity: '%.40s' is none of %s", quantity, b.text);
    free(b.text);
    return status;
}

static ew_status fill(ew_equations *e, const ew_hierarchy *h, const char *quantity,
                      ew_context *ctx)
{
    size_t n = (size_t) h->unknowns;
    e->name = ew_alloc_zero(n, sizeof *e->name, ctx);
    e->lhs = ew_alloc_zero(n, sizeof *e->lhs, ctx);
    e->rhs = ew_alloc_zero(n, sizeof *e->rhs, ctx);
    e->latex = ew_alloc_zero(n, sizeof *e->latex, ctx);
    if (!e->name || !e->lhs || !e->rhs || !e->latex)
        return EW_MEMORY;
    ew_status status = EW_OK;
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++)
        if (!quantity || strcmp(quantity, h->unknown[i].name) == 0)
            status = add_equation(e, h, i, ctx);
    if (status == EW_OK && e->n == 0)
        status = unknown_quantity(h, quantity, ctx);
    return status;
}

ew_status ew_cumulant_equations(ew_equations **out, slong order, int ntk, const char *quantity,
                                ew_context *ctx)
{
    *out = NULL;
    ew_hierarchy *h = NULL;
    ew_equations *e = ew_alloc_zero(1, sizeof *e, ctx);
    if (!e)
        return EW_MEMORY;
    ew_status status = ew_hierarchy_family(
        &h, &(ew_family){.order = order, .inputs = 1, .descent = ntk != 0}, ctx);
    if (status == EW_OK)
        status = fill(e, h, quantity, ctx);
    ew_hierarchy_free(h);
    if (status != EW_OK) {
        ew_equations_free(e);
        return status;
    }
    *out = e;
    return EW_OK;
}

void ew_equations_free(ew_equations *e)
{
    if (!e)
        return;
    for (slong i = 0; i < e->n; i++) {
        free(e->name[i]);
        free(e->lhs[i]);
        free(e->rhs[i]);
        free(e->latex[i]);
    }
    free(e->name);
    free(e->lhs);
    free(e->rhs);
    free(e->latex);
    free(e);
}
