/* Equations as formulas: terms in the state, their coefficients in the constants factored. */
#include "readings/sde/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text that grows; a failure sticks. */
typedef struct {
    char *text;
    size_t used, room;
    int failed;
    ew_context *ctx;
} writer;

static void add(writer *w, const char *text)
{
    size_t n = strlen(text);
    if (w->failed)
        return;
    if (w->used + n + 1 > w->room) {
        size_t room = 2 * (w->used + n + 1);
        char *more = ew_realloc(w->text, room, w->ctx);
        if (!more) {
            w->failed = 1;
            return;
        }
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->used, text, n + 1);
    w->used += n;
}

static char *take(writer *w)
{
    if (w->used == 0)
        add(w, "0");
    if (!w->failed)
        return w->text;
    free(w->text);
    return NULL;
}

/* ---- variables ----------------------------------------------------------------------------
 */

static void add_variable(writer *w, const ew_sde *sde, slong v, int latex);

/* "D11 E[s(z1) s'(z2)]": derivatives in covariances, and one in a variable, in front. */
static void add_moment(writer *w, const ew_atom *x, int latex)
{
    static const char *const prime[] = {"", "'", "''", "'''"};
    char part[64];
    int parts = 0;
    slong a, b;
    ew_atom left = *x;
    while (ew_atom_take_pair(&a, &b, &left)) {
        snprintf(part, sizeof part, latex ? "D_{%ld%ld} " : "D%ld%ld ", (long) a + 1,
                 (long) b + 1);
        add(w, part);
    }
    add(w, latex ? "\\mathrm{E}[" : "E[");
    if ((a = ew_atom_odd(x)) >= 0) {
        snprintf(part, sizeof part, latex ? "\\partial_{%ld} " : "d%ld ", (long) a + 1);
        add(w, part);
    }
    for (a = 0; a < EW_MAX_INPUTS; a++)
        for (int i = 0; i < EW_JETS; i++) {
            if (!x->e[a][i])
                continue;
            if (i < 4)
                snprintf(part, sizeof part, latex ? "%ss%s(z_{%ld})" : "%ss%s(z%ld)",
                         parts++ ? " " : "", prime[i], (long) a + 1);
            else
                snprintf(part, sizeof part, latex ? "%ss^{(%d)}(z_{%ld})" : "%ss^(%d)(z%ld)",
                         parts++ ? " " : "", i, (long) a + 1);
            add(w, part);
            if (x->e[a][i] > 1) {
                snprintf(part, sizeof part, latex ? "^{%d}" : "^%d", x->e[a][i]);
                add(w, part);
            }
        }
    add(w, "]");
}

static void add_atom(writer *w, const ew_sde *sde, const ew_sde_atom *a, int latex)
{
    if (a->f == EW_SDE_MOMENT) {
        add_moment(w, &a->moment, latex);
        return;
    }
    static const char *const name[][2] = {[EW_SDE_KINK] = {"N", "N"},
                                          [EW_SDE_ANGLE] = {"A", "A"},
                                          [EW_SDE_ROOT] = {"R", "R"},
                                          [EW_SDE_SQRT] = {"sqrt", "\\sqrt"},
                                          [EW_SDE_INVERSE] = {"1/", ""}};
    int root = a->f == EW_SDE_SQRT && latex, inverse = a->f == EW_SDE_INVERSE;
    add(w, inverse && latex ? "\\frac{1}" : name[a->f][latex]);
    add(w, root || (inverse && latex) ? "{" : inverse ? "" : "(");
    add_variable(w, sde, a->arg[0], latex);
    for (int j = 1; j < 3 && a->f <= EW_SDE_ROOT; j++) {
        add(w, ",");
        add_variable(w, sde, a->arg[j], latex);
    }
    add(w, root || (inverse && latex) ? "}" : inverse ? "" : ")");
}

static void add_variable(writer *w, const ew_sde *sde, slong v, int latex)
{
    if (v == EW_SDE_ONE)
        add(w, "1");
    else if (v < sde->n)
        add(w, latex ? sde->latex[v] : sde->name[v]);
    else if (v == sde->time)
        add(w, "t");
    else if (v < sde->atom0)
        add(w, latex ? sde->constant[v - sde->constant0].latex
                     : sde->constant[v - sde->constant0].name);
    else
        add_atom(w, sde, &sde->atom[v - sde->atom0], latex);
}

/* Powers are divided by: constants kept as inverses, and atoms 1/x. */
static int is_under(const ew_sde *sde, slong v)
{
    if (v >= sde->atom0)
        return sde->atom[v - sde->atom0].f == EW_SDE_INVERSE;
    return v >= sde->constant0 && sde->constant[v - sde->constant0].inverse;
}

static void add_power(writer *w, const ew_sde *sde, slong v, ulong e, int latex)
{
    char digits[32];
    slong shown = v;
    if (v >= sde->atom0 && sde->atom[v - sde->atom0].f == EW_SDE_INVERSE)
        shown = sde->atom[v - sde->atom0].arg[0];
    add_variable(w, sde, shown, latex);
    if (e > 1) {
        snprintf(digits, sizeof digits, latex ? "^{%lu}" : "^%lu", (unsigned long) e);
        add(w, digits);
    }
}

/* ---- one term -----------------------------------------------------------------------------
 */

/* What is written for a product: numerator pieces are joined by `*` or thin spaces. */
typedef struct {
    writer over, under;
    int overs, unders;
} fraction;

static writer *piece(fraction *f, int under, int latex)
{
    writer *w = under ? &f->under : &f->over;
    int *n = under ? &f->unders : &f->overs;
    if (*n)
        add(w, latex ? " " : "*");
    ++*n;
    return w;
}

static void add_powers(fraction *f, const ulong *exp, const ew_sde *sde, int latex)
{
    for (slong v = 0; v < sde->variables; v++)
        if (exp[v]) {
            int under = is_under(sde, v);
            add_power(piece(f, under, latex), sde, v, exp[v], latex);
        }
}

static void add_integer(fraction *f, const fmpz_t x, int under, int latex)
{
    if (fmpz_is_one(x))
        return;
    char *text = fmpz_get_str(NULL, 10, x);
    add(piece(f, under, latex), text);
    flint_free(text);
}

/* first: no "+"; the fraction's texts are used up. */
static void join(writer *w, fraction *f, int first, int negative, int latex)
{
    add(w, negative ? (first ? "-" : " - ") : (first ? "" : " + "));
    if (f->overs == 0)
        add(&f->over, "1");
    char *over = take(&f->over), *under = f->unders ? take(&f->under) : NULL;
    w->failed = w->failed || !over || (f->unders && !under);
    if (f->unders && latex)
        add(w, "\\frac{");
    add(w, over ? over : "");
    if (f->unders) {
        add(w, latex ? "}{" : f->unders > 1 ? "/(" : "/");
        add(w, under ? under : "");
        add(w, latex ? "}" : f->unders > 1 ? ")" : "");
    }
    free(over);
    free(under);
}

/* c * the monomial exp */
static void add_monomial(writer *w, fmpq_t c, const ulong *exp, int first, const ew_sde *sde,
                         int latex)
{
    fraction f = {.over = {.ctx = w->ctx}, .under = {.ctx = w->ctx}};
    int negative = fmpq_sgn(c) < 0;
    fmpq_abs(c, c);
    add_integer(&f, fmpq_numref(c), 0, latex);
    add_integer(&f, fmpq_denref(c), 1, latex);
    add_powers(&f, exp, sde, latex);
    join(w, &f, first, negative, latex);
}

/* A sum of several terms in parentheses, to a power. */
static void add_sum(fraction *f, const fmpq_mpoly_t g, ulong power, ulong *exp,
                    const ew_sde *sde, int latex)
{
    fmpq_t c;
    char digits[32];
    writer *w = piece(f, 0, latex);
    fmpq_init(c);
    add(w, latex ? "\\left(" : "(");
    for (slong i = 0; i < fmpq_mpoly_length(g, sde->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, g, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, g, i, sde->ring);
        add_monomial(w, c, exp, i == 0, sde, latex);
    }
    add(w, latex ? "\\right)" : ")");
    if (power > 1) {
        snprintf(digits, sizeof digits, latex ? "^{%lu}" : "^%lu", (unsigned long) power);
        add(w, digits);
    }
    fmpq_clear(c);
}

/* Make the leading coefficient of every factor positive. */
static void fix_signs(fmpq_mpoly_factor_t x, const ew_sde *sde)
{
    fmpq_t lead;
    fmpq_init(lead);
    for (slong i = 0; i < x->num; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(lead, x->poly + i, 0, sde->ring);
        if (fmpq_sgn(lead) > 0)
            continue;
        fmpq_mpoly_neg(x->poly + i, x->poly + i, sde->ring);
        if (fmpq_mpoly_factor_get_exp_si(x, i, sde->ring) % 2)
            fmpq_neg(x->constant, x->constant);
    }
    fmpq_clear(lead);
}

/* The factors of a coefficient. */
static void add_factors(fraction *f, const fmpq_mpoly_factor_t x, ulong *exp, const ew_sde *sde,
                        int latex)
{
    for (slong i = 0; i < x->num; i++) {
        ulong e = fmpz_get_ui(x->exp + i);
        if (fmpq_mpoly_length(x->poly + i, sde->ring) > 1) {
            add_sum(f, x->poly + i, e, exp, sde, latex);
            continue;
        }
        fmpq_mpoly_get_term_exp_ui(exp, x->poly + i, 0, sde->ring);
        for (slong v = 0; v < sde->variables; v++)
            exp[v] *= e;
        add_powers(f, exp, sde, latex);
    }
}

/* g * the monomial `rest`, g in the constants only. */
static void add_group(writer *w, const fmpq_mpoly_t g, const ulong *rest, ulong *exp,
                      const ew_sde *sde, int first, int latex)
{
    fraction f = {.over = {.ctx = w->ctx}, .under = {.ctx = w->ctx}};
    fmpq_mpoly_factor_t x;
    fmpq_mpoly_factor_init(x, sde->ring);
    if (!fmpq_mpoly_factor(x, g, sde->ring) || !fmpq_mpoly_factor_make_integral(x, sde->ring)) {
        w->failed = 1;
        ew_fail(w->ctx, EW_UNABLE, "sde: a coefficient could not be factored");
        fmpq_mpoly_factor_clear(x, sde->ring);
        return;
    }
    fix_signs(x, sde);
    int negative = fmpq_sgn(x->constant) < 0;
    fmpq_abs(x->constant, x->constant);
    add_integer(&f, fmpq_numref(x->constant), 0, latex);
    add_integer(&f, fmpq_denref(x->constant), 1, latex);
    add_factors(&f, x, exp, sde, latex);
    add_powers(&f, rest, sde, latex);
    join(w, &f, first, negative, latex);
    fmpq_mpoly_factor_clear(x, sde->ring);
}

/* ---- a polynomial -------------------------------------------------------------------------
 */

static int is_constant(const ew_sde *sde, slong v)
{
    return v >= sde->constant0 && v < sde->atom0;
}

/* Do two exponents agree outside the constants? */
static int same_group(const ulong *x, const ulong *y, const ew_sde *sde)
{
    int same = 1;
    for (slong v = 0; same && v < sde->variables; v++)
        same = x[v] == y[v] || is_constant(sde, v);
    return same;
}

/* Take the terms of f that belong to the group of its first out of f, into g. */
static void take_group(fmpq_mpoly_t g, ulong *rest, fmpq_mpoly_t f, ulong *exp,
                       const ew_sde *sde)
{
    fmpq_t c;
    fmpq_mpoly_t left;
    fmpq_init(c);
    fmpq_mpoly_init(left, sde->ring);
    fmpq_mpoly_zero(g, sde->ring);
    fmpq_mpoly_get_term_exp_ui(rest, f, 0, sde->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        int in = same_group(rest, exp, sde);
        for (slong v = 0; in && v < sde->variables; v++)
            if (!is_constant(sde, v))
                exp[v] = 0;
        fmpq_mpoly_push_term_fmpq_ui(in ? g : left, c, exp, sde->ring);
    }
    for (slong v = sde->constant0; v < sde->atom0; v++)
        rest[v] = 0;
    fmpq_mpoly_sort_terms(g, sde->ring);
    fmpq_mpoly_combine_like_terms(g, sde->ring);
    fmpq_mpoly_reduce(left, sde->ring);
    fmpq_mpoly_swap(f, left, sde->ring);
    fmpq_mpoly_clear(left, sde->ring);
    fmpq_clear(c);
}

/* f with the rational constants put in. */
static ew_status put_in(fmpq_mpoly_t f, const ew_sde *sde, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < sde->constants && status == EW_OK; i++) {
        const ew_sde_constant *x = &sde->constant[i];
        if (!x->exact)
            continue;
        fmpq_set(c, x->rational);
        if (x->inverse)
            fmpq_inv(c, c);
        if (!fmpq_mpoly_evaluate_one_fmpq(f, f, sde->constant0 + i, c, sde->ring))
            status = ew_fail(ctx, EW_UNABLE, "sde: powers too high to evaluate");
    }
    fmpq_clear(c);
    return status;
}

static char *polynomial_text(const fmpq_mpoly_t f, const ew_sde *sde, ew_sde_style style,
                             ew_context *ctx)
{
    writer w = {.ctx = ctx};
    ulong *exp = ew_alloc(2 * (size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return NULL;
    ulong *rest = exp + sde->variables;
    fmpq_mpoly_t left, g;
    fmpq_mpoly_init(left, sde->ring);
    fmpq_mpoly_init(g, sde->ring);
    fmpq_mpoly_set(left, f, sde->ring);
    if (style.specialise && put_in(left, sde, ctx) != EW_OK)
        w.failed = 1;
    while (!w.failed && !fmpq_mpoly_is_zero(left, sde->ring)) {
        take_group(g, rest, left, exp, sde);
        add_group(&w, g, rest, exp, sde, w.used == 0, style.latex);
    }
    fmpq_mpoly_clear(left, sde->ring);
    fmpq_mpoly_clear(g, sde->ring);
    free(exp);
    return take(&w);
}

char *ew_sde_drift_text(const ew_sde *sde, slong i, ew_sde_style style, ew_context *ctx)
{
    return polynomial_text(sde->drift + i, sde, style, ctx);
}

char *ew_sde_diffusion_text(const ew_sde *sde, slong i, slong j, ew_sde_style style,
                            ew_context *ctx)
{
    return polynomial_text(sde->diffusion + ew_sde_entry(sde, i, j), sde, style, ctx);
}
