#include "readings/cumulant/equations/coefficients.h"

#include <stdlib.h>
#include <string.h>

#include "chain/evaluate.h"
#include "chain/psd.h"
#include "readings/cumulant/equations/print.h"

/* All coefficients of all equations as one program in the law's variables. */
typedef struct {
    const ew_formula_ring *ring;
    const ew_equation_options *opt;
    char *kept;  /* [ring variables]: stays a symbol */
    slong *gram; /* [inputs * inputs]: the variable K_ab */
    slong n, room;
    fmpq_mpoly_struct *f;                /* [n]: in the law's ring */
    ew_poly_program *program, *argument; /* argument: where the atoms stand, or NULL: at K_ab */
    ew_atom_plan *plan;
    ew_evaluator *E;
} job;

/* ---- which variables have values ----------------------------------------------------------
 */

static const ew_scalar *gram_entry(const ew_equation_options *opt, slong a, slong b)
{
    slong m = opt->gram_inputs, lo = FLINT_MIN(a, b), hi = FLINT_MAX(a, b);
    return opt->gram + lo * m - lo * (lo - 1) / 2 + (hi - lo);
}

static ew_status open_job(job *j, ew_context *ctx)
{
    const ew_hierarchy *h = j->ring->h;
    const ew_law *law = h->law;
    slong m = h->fields->inputs;
    j->kept = ew_alloc((size_t) j->ring->symbols.variables, ctx);
    j->gram = ew_alloc((size_t) (m * m) * sizeof *j->gram, ctx);
    if (!j->kept || !j->gram)
        return EW_MEMORY;
    for (slong v = 0; v < j->ring->symbols.variables; v++)
        j->kept[v] = v < law->atom0;
    for (slong v = 0; v < ew_law_parameters(law); v++)
        j->kept[v] = !ew_equation_parameter(j->opt, law, v);
    for (slong a = 0; a < m; a++)
        for (slong b = 0; b < m; b++) {
            ew_pairs list = {1,
                             {ew_pair_of(h->fields, a * h->fields->sets, b * h->fields->sets)}};
            slong v = law->extra + ew_hierarchy_find(h, &list, 0);
            j->gram[a * m + b] = v;
            j->kept[v] = 0;
        }
    return ew_hierarchy_argument_program(&j->argument, h, ctx);
}

static void close_job(job *j)
{
    for (slong i = 0; i < j->n; i++)
        fmpq_mpoly_clear(j->f + i, j->ring->h->law->ring);
    ew_poly_program_free(j->program);
    ew_poly_program_free(j->argument);
    ew_atom_plan_free(j->plan);
    ew_evaluator_free(j->E);
    free(j->f);
    free(j->kept);
    free(j->gram);
}

/* ---- splitting an equation ----------------------------------------------------------------
 */

/* part / its kept monomial, in the law's ring, as the next coefficient. */
static ew_status add_coefficient(job *j, const fmpq_mpoly_t part, ulong *exp, ew_context *ctx)
{
    const ew_law *law = j->ring->h->law;
    if (j->n == j->room) {
        slong room = j->room ? 2 * j->room : 32;
        fmpq_mpoly_struct *more = ew_realloc(j->f, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        j->f = more;
        j->room = room;
    }
    fmpq_mpoly_struct *f = &j->f[j->n++];
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(f, law->ring);
    for (slong t = 0; t < fmpq_mpoly_length(part, j->ring->ring); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, part, t, j->ring->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, part, t, j->ring->ring);
        for (slong v = 0; v < law->variables; v++)
            exp[v] = j->kept[v] ? 0 : exp[v];
        fmpq_mpoly_push_term_fmpq_ui(f, c, exp, law->ring);
    }
    fmpq_mpoly_sort_terms(f, law->ring);
    fmpq_mpoly_combine_like_terms(f, law->ring);
    fmpq_clear(c);
    return EW_OK;
}

/* A term of e without its value: the kept monomial of part's first term. */
static ew_status add_term(ew_equation *e, const job *j, const fmpq_mpoly_t part, ulong *exp,
                          ew_context *ctx)
{
    size_t n = (size_t) e->terms + 1;
    char **of = ew_realloc(e->of, n * sizeof *of, ctx);
    e->of = of ? of : e->of;
    char **latex = of ? ew_realloc(e->of_latex, n * sizeof *latex, ctx) : NULL;
    e->of_latex = latex ? latex : e->of_latex;
    ew_certified *c = latex ? ew_realloc(e->c, n * sizeof *c, ctx) : NULL;
    if (!c)
        return EW_MEMORY;
    e->c = c;
    fmpq_mpoly_get_term_exp_ui(exp, part, 0, j->ring->ring);
    for (slong v = 0; v < j->ring->symbols.variables; v++)
        exp[v] = j->kept[v] ? exp[v] : 0;
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    e->of[n - 1] = ew_print_monomial(one, exp, &j->ring->symbols, 0, ctx);
    e->of_latex[n - 1] = ew_print_monomial(one, exp, &j->ring->symbols, 1, ctx);
    ew_certified_init(&e->c[n - 1]);
    e->terms++;
    fmpq_clear(one);
    return e->of[n - 1] && e->of_latex[n - 1] ? EW_OK : EW_MEMORY;
}

static ew_status split_equation(job *j, ew_equation *e, const fmpq_mpoly_t f, ew_context *ctx)
{
    const ew_formula_ring *r = j->ring;
    ew_status status = EW_OK;
    fmpq_mpoly_t rest, part;
    ulong *exp = ew_alloc(2 * (size_t) r->symbols.variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_init(rest, r->ring);
    fmpq_mpoly_init(part, r->ring);
    fmpq_mpoly_set(rest, f, r->ring);
    while (status == EW_OK && !fmpq_mpoly_is_zero(rest, r->ring)) {
        ew_formula_split(part, rest, exp, j->kept, r);
        status = add_term(e, j, part, exp, ctx);
        if (status == EW_OK)
            status = add_coefficient(j, part, exp, ctx);
    }
    fmpq_mpoly_clear(rest, r->ring);
    fmpq_mpoly_clear(part, r->ring);
    free(exp);
    return status;
}

/* ---- values -------------------------------------------------------------------------------
 */

static ew_status read_gram(arb_ptr gram, const job *j, slong prec, ew_context *ctx)
{
    slong m = j->ring->h->fields->inputs;
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++)
        for (slong b = 0; b < m && status == EW_OK; b++)
            status = ew_scalar_ball(gram + a * m + b, gram_entry(j->opt, a, b), prec, ctx);
    return status;
}

static ew_status check_gram(const job *j, ew_context *ctx)
{
    slong m = j->ring->h->fields->inputs;
    int psd;
    if (j->opt->gram_inputs != m)
        return ew_fail(ctx, EW_USAGE, "gram: a covariance of %ld inputs for formulas of %ld",
                       (long) j->opt->gram_inputs, (long) m);
    arb_ptr gram = _arb_vec_init(m * m);
    ew_status status = read_gram(gram, j, 1024, ctx);
    if (status == EW_OK)
        status = ew_psd_balls(&psd, gram, m, 1024, ctx);
    _arb_vec_clear(gram, m * m);
    if (status == EW_OK && psd == 0)
        return ew_fail(ctx, EW_DOMAIN, "the covariance is not positive semi-definite");
    return status;
}

static ew_status set_parameters(arb_ptr x, mag_ptr size, const job *j, slong prec,
                                ew_context *ctx)
{
    const ew_law *law = j->ring->h->law;
    ew_status status = EW_OK;
    for (slong v = 0; v < ew_law_parameters(law) && status == EW_OK; v++) {
        const ew_scalar *parameter = ew_equation_parameter(j->opt, law, v);
        if (!parameter)
            continue;
        status = ew_scalar_ball(x + v, parameter, prec, ctx);
        arb_get_mag(size + v, x + v);
    }
    return status;
}

static ew_status all_values(arb_ptr values, mag_ptr scales, slong prec, void *data,
                            ew_context *ctx)
{
    job *j = data;
    slong n = j->ring->h->law->variables, m = j->ring->h->fields->inputs;
    arb_ptr x = _arb_vec_init(n), gram = _arb_vec_init(m * m);
    mag_ptr size = _mag_vec_init(n);
    ew_status status = set_parameters(x, size, j, prec + 16, ctx);
    if (status == EW_OK)
        status = read_gram(gram, j, prec + 16, ctx);
    for (slong i = 0; status == EW_OK && i < m * m; i++) {
        arb_set(x + j->gram[i], gram + i);
        arb_get_mag(size + j->gram[i], gram + i);
    }
    if (status == EW_OK && j->argument)
        ew_poly_program_ball(gram, NULL, j->argument, x, prec + 16);
    if (status == EW_OK)
        status = ew_atom_plan_ball(x, size, j->plan, j->E, gram, prec + 16, ctx);
    if (status == EW_OK) {
        ew_poly_program_ball(values, NULL, j->program, x, prec + 16);
        ew_poly_program_scale(scales, j->program, size);
    }
    _arb_vec_clear(x, n);
    _arb_vec_clear(gram, m * m);
    _mag_vec_clear(size, n);
    return status;
}

/* The values that are rational, of all that are not atoms: 1 when K_ab are. */
static int rational_gram(fmpq *x, fmpq *gram, const job *j)
{
    slong m = j->ring->h->fields->inputs;
    int known = 1;
    for (slong i = 0; i < m * m && known; i++) {
        known = ew_scalar_rational(gram + i, gram_entry(j->opt, i / m, i % m));
        fmpq_set(x + j->gram[i], gram + i);
    }
    return known;
}

/* gram = where the atoms stand: 1 when that is rational. */
static int rational_argument(fmpq *x, fmpq *gram, const job *j)
{
    if (!j->argument)
        return 1;
    if (!ew_scalar_rational(x + EW_CW, j->opt->cw) ||
        !ew_scalar_rational(x + EW_CB, j->opt->cb))
        return 0;
    ew_poly_program_rational(gram, j->argument, x);
    return 1;
}

/* Coefficient i is free of atoms, and of parameters, which are there only when irrational. */
static int plain(const job *j, slong i, int *used)
{
    const ew_law *law = j->ring->h->law;
    fmpq_mpoly_used_vars(used, j->f + i, law->ring);
    for (slong v = 0; v < law->variables; v++)
        if (used[v] && (v < law->extra || v >= law->atom0))
            return 0;
    return 1;
}

/* y[i] = coefficient i, and known[i] = 1, where all that goes into it is known to be rational.
 */
static ew_status rational_values(fmpq *y, char *known, const job *j, ew_context *ctx)
{
    const ew_law *law = j->ring->h->law;
    slong m = j->ring->h->fields->inputs;
    int *used = ew_alloc((size_t) law->variables * sizeof *used, ctx);
    if (!used)
        return EW_MEMORY;
    fmpq *x = _fmpq_vec_init(law->variables), *gram = _fmpq_vec_init(m * m);
    int base = rational_gram(x, gram, j), atoms = base;
    for (slong v = 0; v < law->extra && atoms; v++)
        atoms = !j->program->used[v];
    atoms = atoms && rational_argument(x, gram, j) && ew_atom_plan_rational(x, j->plan, gram);
    if (base)
        ew_poly_program_rational(y, j->program, x);
    for (slong i = 0; i < j->n; i++)
        known[i] = atoms || (base && plain(j, i, used));
    _fmpq_vec_clear(x, law->variables);
    _fmpq_vec_clear(gram, m * m);
    free(used);
    return EW_OK;
}

static ew_status certify(ew_certified *value, job *j, ew_context *ctx)
{
    fmpq *y = _fmpq_vec_init(j->n);
    char *known = ew_alloc((size_t) j->n, ctx);
    slong rational = 0;
    ew_status status = known ? rational_values(y, known, j, ctx) : EW_MEMORY;
    for (slong i = 0; i < j->n && status == EW_OK; i++)
        rational += known[i];
    if (status == EW_OK && rational < j->n)
        status = ew_certify(value, j->n, j->opt->digits, all_values, j, ctx);
    for (slong i = 0; i < j->n && status == EW_OK; i++)
        if (known[i]) {
            ew_certified_clear(value + i);
            status = ew_certify_rational(value + i, y + i, j->opt->digits, ctx);
        }
    _fmpq_vec_clear(y, j->n);
    free(known);
    return status;
}

static ew_status evaluate(ew_equation *const *e, slong n, job *j, ew_context *ctx)
{
    const ew_law *law = j->ring->h->law;
    const fmpq_mpoly_struct **f = ew_alloc((size_t) j->n * sizeof *f, ctx);
    ew_certified *value = ew_alloc((size_t) j->n * sizeof *value, ctx);
    ew_status status = f && value ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < j->n && status == EW_OK; i++) {
        f[i] = &j->f[i];
        ew_certified_init(value + i);
    }
    if (status == EW_OK)
        status = ew_poly_program_new(&j->program, f, j->n, law, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_new(&j->plan, law, j->program->used, j->opt->activation, ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&j->E, j->opt->activation, j->opt->method, ctx);
    if (status == EW_OK)
        status = certify(value, j, ctx);
    for (slong i = 0, k = 0; i < n && status == EW_OK; i++)
        for (slong t = 0; t < e[i]->terms; t++)
            e[i]->c[t] = value[k++];
    if (status != EW_OK && f && value)
        for (slong i = 0; i < j->n; i++)
            ew_certified_clear(value + i);
    free(f);
    free(value);
    return status;
}

ew_status ew_coefficients(ew_equation *const *e, const fmpq_mpoly_struct *f, slong n,
                          const ew_formula_ring *r, const ew_equation_options *opt,
                          ew_context *ctx)
{
    job j = {.ring = r, .opt = opt};
    ew_status status = open_job(&j, ctx);
    if (status == EW_OK)
        status = check_gram(&j, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = split_equation(&j, e[i], f + i, ctx);
    if (status == EW_OK && j.n)
        status = evaluate(e, n, &j, ctx);
    close_job(&j);
    return status;
}

/* ---- printing -----------------------------------------------------------------------------
 */

/* The exact value where it is short, else the decimal. */
static const char *number_of(const ew_certified *c, slong digits)
{
    return c->exact && (slong) strlen(c->exact) <= digits + 2 ? c->exact : c->mid;
}

/* "x*of" or "of" or "x", without the sign of x. */
static char *product(const char *number, const char *of, int latex, ew_context *ctx)
{
    const char *times = latex ? " \\, " : "*", *x = number + (*number == '-');
    const char *power = latex ? strchr(x, 'e') : NULL;
    int bare = strcmp(of, "1") == 0;
    if (strcmp(x, "1") == 0)
        return ew_strdup(of, ctx);
    if (power)
        return ew_format(ctx, "%.*s \\cdot 10^{%s}%s%s", (int) (power - x), x, power + 1,
                         bare ? "" : times, bare ? "" : of);
    return ew_format(ctx, "%s%s%s", x, bare ? "" : times, bare ? "" : of);
}

static char *signed_term(const ew_equation *e, slong t, int first, int latex, slong digits,
                         ew_context *ctx)
{
    const char *number = number_of(&e->c[t], digits);
    char *term = product(number, latex ? e->of_latex[t] : e->of[t], latex, ctx), *all = NULL;
    int minus = *number == '-';
    if (term)
        all =
            ew_format(ctx, "%s%s", first ? (minus ? "-" : "") : (minus ? " - " : " + "), term);
    free(term);
    return all;
}

static int is_zero(const ew_certified *c)
{
    return c->exact && strcmp(c->exact, "0") == 0;
}

ew_status ew_coefficients_print(ew_equation *e, const char *lhs, slong digits, ew_context *ctx)
{
    ew_writer text = {.ctx = ctx};
    ew_latex_rows rows;
    int first = 1;
    ew_latex_rows_open(&rows, lhs, ctx);
    for (slong t = 0; t < e->terms; t++) {
        if (is_zero(&e->c[t]))
            continue;
        ew_writer_add_fresh(&text, signed_term(e, t, first, 0, digits, ctx));
        ew_latex_rows_put(&rows, first, signed_term(e, t, first, 1, digits, ctx), "&\\quad ");
        first = 0;
    }
    if (first) {
        ew_writer_add(&text, "0");
        ew_writer_add(&rows.out, "0");
    }
    e->rhs = ew_writer_take(&text);
    e->latex = ew_writer_take(&rows.out);
    return e->rhs && e->latex ? EW_OK : EW_MEMORY;
}
