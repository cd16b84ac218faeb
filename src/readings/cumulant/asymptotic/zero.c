/* The class K* = 0: from the solved hierarchy to expansions in k and in l. */
#include <stdlib.h>
#include <string.h>

#include "activation/taylor_ratio.h"
#include "readings/cumulant/asymptotic/entry.h"
#include "readings/cumulant/asymptotic/solve.h"

/* Powers of k beyond those asked for that a first attempt works with, and the last one. */
#define FIRST_MARGIN 4
#define LAST_MARGIN 13
#define STEP 3

typedef struct {
    ew_asymptotics *out;
    const ew_hierarchy *h;
    const ew_setting *net;
    const ew_asymptotic_options *opt;
    ew_asymptotic_solver s;
    ew_logseries log_g; /* ln(k l) */
    ew_symbols names;
    char *used; /* [ring variable]: occurs in the output */
    int more;   /* some expansion is not long enough */
    int last;   /* no longer attempt follows */
    ew_context *ctx;
} expansion;

/* ---- the numbers that enter ---------------------------------------------------------------
 */

/* t = s/s'(0) has rational Taylor coefficients. */
static ew_status set_taylor(expansion *x)
{
    ew_asymptotic_solver *s = &x->s;
    s->taylors = ew_asymptotic_taylors(x->h, s->len);
    s->taylor = _fmpq_vec_init(s->taylors);
    return ew_activation_taylor_ratio(s->taylor, x->net->activation, s->taylors, x->ctx);
}

/* w = lambda_W s'(0)^2 = lambda_W / C_W, and lambda_b. */
static void set_rates(expansion *x)
{
    ew_asymptotic_solver *s = &x->s;
    fmpq_t cw;
    fmpq_init(cw);
    fmpq_init(s->rate[0]);
    fmpq_init(s->rate[1]);
    s->known[0] = ew_scalar_rational(s->rate[0], ew_scalar_at(&x->net->lambda_w, 1));
    s->known[1] = ew_scalar_rational(s->rate[1], ew_scalar_at(&x->net->lambda_b, 1));
    if (s->known[0] && !fmpq_is_zero(s->rate[0])) {
        s->known[0] = ew_scalar_rational(cw, ew_scalar_at(&x->net->cw, 1));
        if (s->known[0])
            fmpq_div(s->rate[0], s->rate[0], cw);
    }
    fmpq_clear(cw);
}

static ew_status check_rates(const expansion *x)
{
    const ew_asymptotic_solver *s = &x->s;
    if (x->opt->descent > 0 && s->known[0] && s->known[1] && fmpq_is_zero(s->rate[0]) &&
        fmpq_is_zero(s->rate[1]))
        return ew_fail(x->ctx, EW_UNABLE,
                       "asymptotics: with lambda_W = lambda_b = 0 the NTK is zero");
    return EW_OK;
}

/* ---- entries ------------------------------------------------------------------------------
 */

/* Is f known to `end`, and its first term after that too?  (At the last attempt: only the
 * former, as series may end or have gaps.) */
static int long_enough(const expansion *x, const ew_logseries *f, const fmpq_t end)
{
    if (f->n == 0 || fmpq_cmp(f->cut, end) < 0)
        return 0;
    return x->last || fmpq_cmp(f->t[f->n - 1].q, end) >= 0 ||
           fmpq_cmp_si(f->cut, EW_LOG_EXACT) >= 0;
}

/* Note what is not long enough, and which constants occur. */
static void inspect(expansion *x, const ew_logseries *f, const fmpq_t end)
{
    x->more |= !long_enough(x, f, end);
    for (slong i = 0; i < f->n && fmpq_cmp(f->t[i].q, end) < 0; i++)
        for (slong v = 0; v < x->s.R.variables; v++)
            x->used[v] |= fmpq_mpoly_degree_si(f->t[i].c, v, x->s.R.ring) > 0;
}

/* The terms of f up to relative order k^terms. */
static ew_status add_sum(ew_asymptotic_sum *sum, expansion *x, const ew_logseries *f,
                         char variable)
{
    fmpq_t end;
    fmpq_init(end);
    ew_logseries_low(end, f);
    fmpq_add_si(end, end, x->opt->terms);
    inspect(x, f, end);
    ew_status status = EW_OK;
    if (!x->more)
        status = ew_asymptotic_terms(sum, f, end, variable, &x->names, &x->s.R, x->ctx);
    if (!x->more && status == EW_OK)
        status = ew_asymptotic_assemble(sum, variable, x->ctx);
    fmpq_clear(end);
    return status;
}

/* The expansion f of the named quantity, in k and in l; name and latex are taken over. */
static ew_status add_entry(expansion *x, char *name, char *latex, int normalised,
                           const ew_logseries *f)
{
    ew_asymptotic_entry *e = ew_asymptotic_add(x->out, name, latex, normalised, x->ctx);
    if (!e)
        return EW_MEMORY;
    ew_logseries in_l;
    ew_logseries_init(&in_l, &x->s.R);
    ew_status status = add_sum(&e->in_k, x, f, 'k');
    if (status == EW_OK) {
        ew_logseries_compose(&in_l, f, &x->log_g, &x->s.R);
        status = x->s.R.failed ? EW_MEMORY : add_sum(&e->in_l, x, &in_l, 'l');
    }
    if (status == EW_OK && !x->more)
        status = ew_asymptotic_set_law(e, x->ctx);
    ew_logseries_clear(&in_l, &x->s.R);
    return status;
}

static ew_status add_unknown(expansion *x, slong i)
{
    return add_entry(x, ew_asymptotic_symbol(x->h, i, 0, x->ctx),
                     ew_asymptotic_symbol(x->h, i, 1, x->ctx), 0, &x->s.x[i]);
}

/* out = x_i / (K^a Theta^b); 0 where the expansion of 1/Theta is not of this kind. */
static int quotient(ew_logseries *out, expansion *x, slong i, const ew_norm *n)
{
    ew_logring *R = &x->s.R;
    ew_logseries f;
    ew_logseries_init(&f, R);
    int known = ew_logseries_whole_power(out, &x->s.x[x->s.k], -n->k, R);
    if (known && n->theta) {
        known = ew_logseries_whole_power(&f, &x->s.x[n->at], -n->theta, R);
        ew_logseries_mul(out, out, &f, R);
    }
    ew_logseries_mul(out, out, &x->s.x[i], R);
    ew_logseries_clear(&f, R);
    return known;
}

static ew_status add_ratio(expansion *x, slong i)
{
    ew_norm n;
    if (!ew_asymptotic_norm(&n, x->h, i))
        return EW_OK;
    ew_status status = EW_OK;
    ew_logseries f;
    ew_logseries_init(&f, &x->s.R);
    if (quotient(&f, x, i, &n))
        status = add_entry(x, ew_asymptotic_ratio_name(x->h, i, &n, 0, x->ctx),
                           ew_asymptotic_ratio_name(x->h, i, &n, 1, x->ctx), 1, &f);
    ew_logseries_clear(&f, &x->s.R);
    return status;
}

static ew_status add_entries(expansion *x)
{
    ew_status status = add_unknown(x, x->s.k);
    for (slong i = 0; i < x->h->unknowns && status == EW_OK && !x->more; i++)
        if (i != x->s.k)
            status = add_unknown(x, i);
    for (slong i = 0; i < x->h->unknowns && status == EW_OK && !x->more; i++)
        if (i != x->s.k)
            status = add_ratio(x, i);
    return status;
}

/* ---- names --------------------------------------------------------------------------------
 */

static int name_variable(expansion *x, slong v, char *text, char *latex)
{
    x->names.text[v] = text;
    x->names.latex[v] = latex;
    return text && latex;
}

static ew_status name_variables(expansion *x)
{
    ew_context *ctx = x->ctx;
    slong n = x->s.R.variables;
    x->names.text = ew_alloc_zero((size_t) n, sizeof(char *), ctx);
    x->names.latex = ew_alloc_zero((size_t) n, sizeof(char *), ctx);
    x->names.inverse = ew_alloc_zero((size_t) n, 1, ctx);
    x->used = ew_alloc_zero((size_t) n, 1, ctx);
    if (!x->names.text || !x->names.latex || !x->names.inverse || !x->used)
        return EW_MEMORY;
    int good = name_variable(x, EW_SHIFT, ew_strdup("c", ctx), ew_strdup("c", ctx));
    good &= name_variable(x, EW_RATE_W, ew_strdup("w", ctx), ew_strdup("w", ctx));
    good &=
        name_variable(x, EW_RATE_B, ew_strdup("lambda_b", ctx), ew_strdup("\\lambda_b", ctx));
    for (slong i = 0; i < x->h->unknowns && good; i++) {
        char *text = ew_asymptotic_symbol(x->h, i, 0, ctx);
        char *latex = ew_asymptotic_symbol(x->h, i, 1, ctx);
        good &= text && latex &&
                name_variable(x, EW_FREE + i, ew_format(ctx, "c_%s", text),
                              ew_format(ctx, "c_{%s}", latex));
        free(text);
        free(latex);
    }
    for (slong v = 0; v < n && good; v++) {
        slong w = x->s.R.inverse[v];
        if (w < 0)
            continue;
        x->names.inverse[w] = 1;
        good &= name_variable(x, w, ew_strdup(x->names.text[v], ctx),
                              ew_strdup(x->names.latex[v], ctx));
    }
    return good ? EW_OK : EW_MEMORY;
}

/* 1/k = l + alpha ln l + c + o(1): the equation that defines c. */
static char *shift_meaning(const expansion *x)
{
    char *text = NULL;
    fmpq_mpoly_t alpha;
    fmpq_mpoly_init(alpha, x->s.R.ring);
    if (x->log_g.n > 0)
        fmpq_mpoly_derivative(alpha, x->log_g.t[0].c, EW_LN, x->s.R.ring);
    char *a = fmpq_mpoly_is_zero(alpha, x->s.R.ring)
                  ? NULL
                  : ew_asymptotic_coefficient(alpha, 0, &x->names, &x->s.R);
    text = a ? ew_format(x->ctx, "1/k = l %c %s*ln(l) + c + o(1)", *a == '-' ? '-' : '+',
                         a + (*a == '-'))
             : ew_strdup("1/k = l + c + o(1)", x->ctx);
    free(a);
    fmpq_mpoly_clear(alpha, x->s.R.ring);
    return text;
}

/* What the constant of ring variable v stands for. */
static char *meaning(const expansion *x, slong v)
{
    if (v == EW_SHIFT)
        return shift_meaning(x);
    if (v == EW_RATE_W)
        return ew_strdup("lambda_W/C_W", x->ctx);
    if (v == EW_RATE_B)
        return ew_strdup("lambda_b", x->ctx);
    return ew_format(x->ctx, "coefficient of the free term of %s in k",
                     x->names.text[v] + strlen("c_"));
}

static ew_status add_constants(expansion *x)
{
    ew_status status = EW_OK;
    for (slong v = EW_SHIFT; v < EW_FREE + x->h->unknowns && status == EW_OK; v++) {
        slong w = x->s.R.inverse[v];
        if (x->used[v] || (w >= 0 && x->used[w]))
            status = ew_asymptotic_add_constant(x->out, x->names.text[v], x->names.latex[v],
                                                meaning(x, v), x->ctx);
    }
    return status;
}

/* ---- one attempt at a working length ------------------------------------------------------
 */

static void clear_names(expansion *x)
{
    for (slong v = 0; x->names.text && v < x->s.R.variables; v++)
        free(x->names.text[v]);
    for (slong v = 0; x->names.latex && v < x->s.R.variables; v++)
        free(x->names.latex[v]);
    free(x->names.text);
    free(x->names.latex);
    free(x->names.inverse);
    free(x->used);
}

static ew_status fill(expansion *x)
{
    ew_status status = check_rates(x);
    if (status == EW_OK)
        status = ew_asymptotic_depth(&x->log_g, &x->s);
    if (status == EW_OK)
        status = name_variables(x);
    if (status == EW_OK)
        status = add_entries(x);
    if (status == EW_OK && !x->more)
        status = add_constants(x);
    return status;
}

static ew_status set_variable(expansion *x)
{
    fmpq_t a;
    fmpq_init(a);
    fmpq_neg(a, x->s.a1);
    char *text = fmpq_get_str(NULL, 10, a);
    x->out->variable = ew_format(x->ctx, fmpq_is_one(a) ? "k = K" : "k = %s*K", text);
    flint_free(text);
    fmpq_clear(a);
    return x->out->variable ? EW_OK : EW_MEMORY;
}

static ew_status attempt(expansion *x, slong len)
{
    x->s.h = x->h;
    x->s.k = ew_asymptotic_mean(x->h, 0);
    x->s.len = len;
    ew_status status = set_taylor(x);
    set_rates(x);
    if (status == EW_OK)
        status = ew_asymptotic_solve(&x->s, x->ctx);
    if (status == EW_OK) {
        ew_logseries_init(&x->log_g, &x->s.R);
        status = fill(x);
        if (status == EW_OK && !x->more)
            status = set_variable(x);
        clear_names(x);
        ew_logseries_clear(&x->log_g, &x->s.R);
    }
    ew_asymptotic_solver_clear(&x->s);
    _fmpq_vec_clear(x->s.taylor, x->s.taylors);
    fmpq_clear(x->s.rate[0]);
    fmpq_clear(x->s.rate[1]);
    return status;
}

ew_status ew_asymptotic_zero(ew_asymptotics **out, const ew_hierarchy *h, const ew_setting *net,
                             const ew_asymptotic_options *opt, ew_context *ctx)
{
    ew_status status = EW_OK;
    *out = NULL;
    for (slong margin = FIRST_MARGIN; margin <= LAST_MARGIN && status == EW_OK;
         margin += STEP) {
        expansion x = {.h = h, .net = net, .opt = opt, .ctx = ctx};
        x.last = margin + STEP > LAST_MARGIN;
        x.out = ew_alloc_zero(1, sizeof *x.out, ctx);
        status = x.out ? attempt(&x, opt->terms + margin) : EW_MEMORY;
        if (status == EW_OK && !x.more) {
            *out = x.out;
            return EW_OK;
        }
        ew_asymptotics_free(x.out);
    }
    return status != EW_OK
               ? status
               : ew_fail(ctx, EW_UNABLE,
                         "asymptotics: %ld terms take a longer expansion than tried",
                         (long) opt->terms);
}
