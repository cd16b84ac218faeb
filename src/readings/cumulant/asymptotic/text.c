#include "readings/cumulant/asymptotic/text.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/equations/writer.h"

/* ---- coefficients -------------------------------------------------------------------------
 */

char *ew_asymptotic_rational(const fmpq_t x, int latex, ew_context *ctx)
{
    if (!latex || fmpz_is_one(fmpq_denref(x))) {
        char *raw = fmpq_get_str(NULL, 10, x), *own = ew_strdup(raw, ctx);
        flint_free(raw);
        return own;
    }
    char *p = fmpz_get_str(NULL, 10, fmpq_numref(x));
    char *q = fmpz_get_str(NULL, 10, fmpq_denref(x));
    char *own = ew_format(ctx, "\\frac{%s}{%s}", p, q);
    flint_free(p);
    flint_free(q);
    return own;
}

static void put_power(ew_writer *b, const char *name, slong e, int latex, int *first)
{
    if (!*first)
        ew_writer_add(b, latex ? "\\," : "*");
    *first = 0;
    if (e == 1)
        ew_writer_add(b, name);
    else
        ew_writer_add_fresh(b,
                            ew_format(b->ctx, latex ? "%s^{%ld}" : "%s^%ld", name, (long) e));
}

/* Term i of c, its sign apart: |a| * product of constants. */
static void put_monomial(ew_writer *b, const fmpq_mpoly_t c, slong i, int latex,
                         const ew_symbols *names, const ew_logring *R)
{
    ulong *e = ew_alloc((size_t) R->variables * sizeof *e, b->ctx);
    fmpq_t a;
    fmpq_init(a);
    b->failed |= !e;
    if (e) {
        fmpq_mpoly_get_term_coeff_fmpq(a, c, i, R->ring);
        fmpq_mpoly_get_term_exp_ui(e, c, i, R->ring);
        fmpq_abs(a, a);
        int first = 1, constant = 1;
        for (slong v = 0; v < R->variables; v++)
            constant &= e[v] == 0;
        if (constant || !fmpq_is_one(a)) {
            ew_writer_add_fresh(b, ew_asymptotic_rational(a, latex, b->ctx));
            first = 0;
        }
        for (slong v = 0; v < R->variables; v++)
            if (e[v])
                put_power(b, latex ? names->latex[v] : names->text[v],
                          names->inverse[v] ? -(slong) e[v] : (slong) e[v], latex, &first);
    }
    fmpq_clear(a);
    free(e);
}

static int is_negative(const fmpq_mpoly_t c, slong i, const ew_logring *R)
{
    fmpq_t a;
    fmpq_init(a);
    fmpq_mpoly_get_term_coeff_fmpq(a, c, i, R->ring);
    int negative = fmpq_sgn(a) < 0;
    fmpq_clear(a);
    return negative;
}

char *ew_asymptotic_coefficient(const fmpq_mpoly_t c, int latex, const ew_symbols *names,
                                const ew_logring *R)
{
    ew_writer b = {.ctx = R->ctx};
    slong n = fmpq_mpoly_length(c, R->ring);
    if (n > 1)
        ew_writer_add(&b, latex ? "\\left(" : "(");
    for (slong i = 0; i < n; i++) {
        int negative = is_negative(c, i, R);
        if (i > 0)
            ew_writer_add(&b, negative ? " - " : " + ");
        else if (negative)
            ew_writer_add(&b, "-");
        put_monomial(&b, c, i, latex, names, R);
    }
    if (n > 1)
        ew_writer_add(&b, latex ? "\\right)" : ")");
    return ew_writer_take(&b);
}

/* ---- terms --------------------------------------------------------------------------------
 */

ew_status ew_asymptotic_push(ew_asymptotic_sum *sum, const fmpq_t q, slong log,
                             const fmpq_mpoly_t c, const ew_symbols *names, const ew_logring *R,
                             ew_context *ctx)
{
    ew_asymptotic_term *more = ew_realloc(sum->t, (size_t) (sum->n + 1) * sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    sum->t = more;
    ew_asymptotic_term *t = &sum->t[sum->n++];
    t->power = ew_asymptotic_rational(q, 0, ctx);
    t->log = log;
    t->coefficient = ew_asymptotic_coefficient(c, 0, names, R);
    t->latex = ew_asymptotic_coefficient(c, 1, names, R);
    ew_certified_init(&t->value);
    return t->power && t->coefficient && t->latex ? EW_OK : EW_MEMORY;
}

/* out = the coefficient of L^j in c */
static void log_coefficient(fmpq_mpoly_t out, const fmpq_mpoly_t c, slong j,
                            const ew_logring *R)
{
    slong variable = EW_LN;
    ulong e = (ulong) j;
    fmpq_mpoly_get_coeff_vars_ui(out, c, &variable, &e, 1, R->ring);
}

static ew_status push_power(ew_asymptotic_sum *sum, const ew_logterm *t, char variable,
                            const ew_symbols *names, const ew_logring *R, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t q;
    fmpq_mpoly_t c;
    fmpq_init(q);
    fmpq_mpoly_init(c, R->ring);
    fmpq_set(q, t->q);
    if (variable == 'l')
        fmpq_neg(q, q);
    for (slong j = fmpq_mpoly_degree_si(t->c, EW_LN, R->ring); j >= 0 && status == EW_OK; j--) {
        log_coefficient(c, t->c, j, R);
        if (variable == 'l' && j % 2)
            fmpq_mpoly_neg(c, c, R->ring);
        if (!fmpq_mpoly_is_zero(c, R->ring))
            status = ew_asymptotic_push(sum, q, j, c, names, R, ctx);
    }
    fmpq_mpoly_clear(c, R->ring);
    fmpq_clear(q);
    return status;
}

/* x^q (ln x)^log, "" for 1. */
static char *factor(const char *q, slong log, char variable, int latex, ew_context *ctx)
{
    ew_writer b = {.ctx = ctx};
    const char *x = latex && variable == 'l' ? "\\ell" : variable == 'l' ? "l" : "k";
    if (strcmp(q, "1") == 0)
        ew_writer_add(&b, x);
    else if (strcmp(q, "0") != 0)
        ew_writer_add_fresh(&b, ew_format(ctx,
                                          latex            ? "%s^{%s}"
                                          : strchr(q, '/') ? "%s^(%s)"
                                                           : "%s^%s",
                                          x, q));
    if (log > 0 && strcmp(q, "0") != 0)
        ew_writer_add(&b, latex ? "\\," : "*");
    if (log == 1)
        ew_writer_add_fresh(&b, ew_format(ctx, latex ? "\\ln %s" : "ln(%s)", x));
    else if (log > 1 && latex)
        ew_writer_add_fresh(&b, ew_format(ctx, "\\ln^{%ld} %s", (long) log, x));
    else if (log > 1)
        ew_writer_add_fresh(&b, ew_format(ctx, "ln(%s)^%ld", x, (long) log));
    return ew_writer_take(&b);
}

/* "O(l^-2*ln(l)^3)"; `order` is O or o. */
static char *error_text(char order, const fmpq_t power, slong log, char variable, int latex,
                        ew_context *ctx)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set(q, power);
    if (variable == 'l')
        fmpq_neg(q, q);
    char *text = ew_asymptotic_rational(q, 0, ctx);
    char *f = text ? factor(text, log, variable, latex, ctx) : NULL;
    char *error = f ? ew_format(ctx, "%c(%s)", order, *f ? f : "1") : NULL;
    free(text);
    free(f);
    fmpq_clear(q);
    return error;
}

/* The first term left out; where it is not known the last one kept. */
static ew_status set_error(ew_asymptotic_sum *sum, const ew_logseries *x, slong kept,
                           char variable, const ew_logring *R, ew_context *ctx)
{
    int known = kept < x->n;
    if (!known && fmpq_cmp_si(x->cut, EW_LOG_EXACT) >= 0)
        return EW_OK;
    if (!known && kept == 0)
        return ew_fail(ctx, EW_UNABLE, "asymptotics: no term of an expansion was found");
    const ew_logterm *t = &x->t[known ? kept : kept - 1];
    slong log = known ? fmpq_mpoly_degree_si(t->c, EW_LN, R->ring) : 0;
    sum->error = error_text(known ? 'O' : 'o', t->q, log, variable, 0, ctx);
    sum->error_latex = error_text(known ? 'O' : 'o', t->q, log, variable, 1, ctx);
    return sum->error && sum->error_latex ? EW_OK : EW_MEMORY;
}

ew_status ew_asymptotic_terms(ew_asymptotic_sum *sum, const ew_logseries *x, const fmpq_t end,
                              char variable, const ew_symbols *names, const ew_logring *R,
                              ew_context *ctx)
{
    ew_status status = EW_OK;
    slong i = 0;
    for (; i < x->n && fmpq_cmp(x->t[i].q, end) < 0 && status == EW_OK; i++)
        status = push_power(sum, &x->t[i], variable, names, R, ctx);
    return status == EW_OK ? set_error(sum, x, i, variable, R, ctx) : status;
}

/* Characters of LaTeX to a line, more or less. */
#define LATEX_LINE 250

/* ---- sums ---------------------------------------------------------------------------------
 */

static void put_term(ew_writer *b, const ew_asymptotic_term *t, char variable, int latex,
                     int first)
{
    const char *c = latex ? t->latex : t->coefficient;
    char *f = factor(t->power, t->log, variable, latex, b->ctx);
    int negative = c[0] == '-';
    b->failed |= !f;
    if (!f)
        return;
    ew_writer_add(b, first ? (negative ? "-" : "") : negative ? " - " : " + ");
    int one = strcmp(c + negative, "1") == 0;
    if (!one || !*f)
        ew_writer_add(b, c + negative);
    if (!one && *f)
        ew_writer_add(b, latex ? "\\," : "*");
    ew_writer_add(b, f);
    free(f);
}

/* Not told from 0 by the digits asked for: in the list of terms, with its bound, but not in the
 * text. */
static int is_nothing(const ew_asymptotic_term *t)
{
    return t->value.mid && t->value.absolute;
}

static char *whole(const ew_asymptotic_sum *sum, char variable, int latex, ew_context *ctx)
{
    ew_writer b = {.ctx = ctx};
    int first = 1;
    size_t line = 0;
    for (slong i = 0; i < sum->n; i++) {
        if (is_nothing(&sum->t[i]))
            continue;
        if (latex && b.used > line + LATEX_LINE) {
            ew_writer_add(&b, " \\\\\n&\\quad");
            line = b.used;
        }
        put_term(&b, &sum->t[i], variable, latex, first);
        first = 0;
    }
    if (first && !sum->error)
        ew_writer_add(&b, "0");
    if (sum->error) {
        ew_writer_add(&b, first ? "" : " + ");
        ew_writer_add(&b, latex ? sum->error_latex : sum->error);
    }
    return ew_writer_take(&b);
}

ew_status ew_asymptotic_assemble(ew_asymptotic_sum *sum, char variable, ew_context *ctx)
{
    sum->text = whole(sum, variable, 0, ctx);
    sum->latex = whole(sum, variable, 1, ctx);
    return sum->text && sum->latex ? EW_OK : EW_MEMORY;
}

char *ew_asymptotic_leading(const ew_asymptotic_sum *sum, char variable, int latex,
                            ew_context *ctx)
{
    ew_writer b = {.ctx = ctx};
    if (sum->n > 0)
        put_term(&b, &sum->t[0], variable, latex, 1);
    else
        ew_writer_add(&b, "0");
    return ew_writer_take(&b);
}

void ew_asymptotic_sum_clear(ew_asymptotic_sum *sum)
{
    for (slong i = 0; i < sum->n; i++) {
        free(sum->t[i].power);
        free(sum->t[i].coefficient);
        free(sum->t[i].latex);
        ew_certified_clear(&sum->t[i].value);
    }
    free(sum->t);
    free(sum->error);
    free(sum->error_latex);
    free(sum->text);
    free(sum->latex);
}
