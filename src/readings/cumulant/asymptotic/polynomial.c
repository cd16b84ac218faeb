/* Polynomials in the layer, and their quotients, as rows of the asymptotics. */
#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/asymptotic/fixed.h"
#include "readings/cumulant/equations/writer.h"

/* ---- terms --------------------------------------------------------------------------------
 */

static ew_asymptotic_term *new_term(ew_asymptotic_sum *sum, slong power, ew_context *ctx)
{
    ew_asymptotic_term *more = ew_realloc(sum->t, (size_t) (sum->n + 1) * sizeof *more, ctx);
    if (!more)
        return NULL;
    sum->t = more;
    ew_asymptotic_term *t = &sum->t[sum->n++];
    memset(t, 0, sizeof *t);
    t->power = ew_format(ctx, "%ld", (long) power);
    return t;
}

static ew_status push_rational(ew_asymptotic_sum *sum, slong power, const fmpq_t c,
                               ew_context *ctx)
{
    ew_asymptotic_term *t = fmpq_is_zero(c) ? NULL : new_term(sum, power, ctx);
    if (!t)
        return fmpq_is_zero(c) ? EW_OK : EW_MEMORY;
    t->coefficient = ew_asymptotic_rational(c, 0, ctx);
    t->latex = ew_asymptotic_rational(c, 1, ctx);
    return t->power && t->coefficient && t->latex ? EW_OK : EW_MEMORY;
}

/* Takes the number. */
static ew_status push_certified(ew_asymptotic_sum *sum, slong power, ew_certified *c,
                                ew_context *ctx)
{
    ew_asymptotic_term *t =
        c->exact && !strcmp(c->exact, "0") ? NULL : new_term(sum, power, ctx);
    if (!t)
        return c->exact ? EW_OK : EW_MEMORY;
    t->value = *c;
    ew_certified_init(c);
    t->coefficient = ew_strdup(t->value.mid, ctx);
    t->latex = ew_strdup(t->value.mid, ctx);
    return t->power && t->coefficient && t->latex ? EW_OK : EW_MEMORY;
}

/* O(l^power). */
static ew_status set_error(ew_asymptotic_sum *sum, slong power, ew_context *ctx)
{
    sum->error = power == 0   ? ew_strdup("O(1)", ctx)
                 : power == 1 ? ew_strdup("O(l)", ctx)
                              : ew_format(ctx, "O(l^%ld)", (long) power);
    sum->error_latex = ew_format(ctx, "O(\\ell^{%ld})", (long) power);
    return sum->error && sum->error_latex ? EW_OK : EW_MEMORY;
}

/* c l^-shift prod (factors), c rational. */
static char *factored(const fmpq_poly_t p, slong shift, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    fmpz_poly_t f;
    fmpz_poly_factor_t factor;
    fmpq_t c;
    fmpz_poly_init(f);
    fmpz_poly_factor_init(factor);
    fmpq_init(c);
    fmpq_poly_get_numerator(f, p);
    fmpz_poly_factor(factor, f);
    fmpq_set_fmpz_frac(c, &factor->c, fmpq_poly_denref(p));
    int one = fmpq_is_one(c) && factor->num + shift > 0;
    if (!one)
        ew_writer_add_fresh(&w, ew_asymptotic_rational(c, 0, ctx));
    for (slong i = 0; i < factor->num; i++) {
        char *text = fmpz_poly_get_str_pretty(factor->p + i, "l");
        ew_writer_add(&w, one && i == 0 ? "" : "*");
        ew_writer_add_fresh(&w, ew_format(ctx, strcmp(text, "l") ? "(%s)" : "%s", text));
        if (factor->exp[i] > 1)
            ew_writer_add_fresh(&w, ew_format(ctx, "^%ld", (long) factor->exp[i]));
        flint_free(text);
    }
    if (shift)
        ew_writer_add_fresh(
            &w, ew_format(ctx, one && !factor->num ? "l^-%ld" : "*l^-%ld", (long) shift));
    fmpq_clear(c);
    fmpz_poly_factor_clear(factor);
    fmpz_poly_clear(f);
    return ew_writer_take(&w);
}

/* ---- exact quotients ----------------------------------------------------------------------
 */

/* l^-shift p exactly: terms, and the text by factors. */
static ew_status exact_sum(ew_asymptotic_sum *sum, const fmpq_poly_t p, slong shift,
                           ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = fmpq_poly_degree(p); i >= 0 && status == EW_OK; i--) {
        fmpq_poly_get_coeff_fmpq(c, p, i);
        status = push_rational(sum, i - shift, c, ctx);
    }
    fmpq_clear(c);
    if (status == EW_OK)
        status = ew_asymptotic_assemble(sum, 'l', ctx);
    if (status == EW_OK && !fmpq_poly_is_zero(p)) {
        free(sum->text);
        sum->text = factored(p, shift, ctx);
        status = sum->text ? EW_OK : EW_MEMORY;
    }
    return status;
}

/* x/y for large l, `terms` terms. */
static ew_status series_sum(ew_asymptotic_sum *sum, const fmpq_poly_t x, const fmpq_poly_t y,
                            slong terms, ew_context *ctx)
{
    slong dx = fmpq_poly_degree(x), dy = fmpq_poly_degree(y);
    ew_status status = EW_OK;
    fmpq_poly_t u, v;
    fmpq_t c;
    fmpq_poly_init(u);
    fmpq_poly_init(v);
    fmpq_init(c);
    fmpq_poly_reverse(u, x, dx + 1);
    fmpq_poly_reverse(v, y, dy + 1);
    fmpq_poly_div_series(u, u, v, terms);
    for (slong i = 0; i < terms && status == EW_OK; i++) {
        fmpq_poly_get_coeff_fmpq(c, u, i);
        status = push_rational(sum, dx - dy - i, c, ctx);
    }
    fmpq_clear(c);
    fmpq_poly_clear(v);
    fmpq_poly_clear(u);
    if (status == EW_OK)
        status = set_error(sum, dx - dy - terms, ctx);
    return status == EW_OK ? ew_asymptotic_assemble(sum, 'l', ctx) : status;
}

/* x/y, finite or not.  y = l^shift y_0; the quotient is finite when y_0 divides x. */
static ew_status quotient_sum(ew_asymptotic_sum *sum, const fmpq_poly_t x, const fmpq_poly_t y,
                              slong terms, ew_context *ctx)
{
    slong shift = 0;
    fmpq_poly_t q, r, y0;
    fmpq_t c;
    fmpq_poly_init(q);
    fmpq_poly_init(r);
    fmpq_poly_init(y0);
    fmpq_init(c);
    fmpq_poly_get_coeff_fmpq(c, y, 0);
    while (fmpq_is_zero(c))
        fmpq_poly_get_coeff_fmpq(c, y, ++shift);
    fmpq_poly_shift_right(y0, y, shift);
    fmpq_poly_divrem(q, r, x, y0);
    fmpq_poly_get_coeff_fmpq(c, q, 0);
    while (shift > 0 && fmpq_poly_is_zero(r) && fmpq_is_zero(c) && !fmpq_poly_is_zero(q)) {
        fmpq_poly_shift_right(q, q, 1);
        fmpq_poly_get_coeff_fmpq(c, q, 0);
        shift--;
    }
    ew_status status = fmpq_poly_is_zero(r) ? exact_sum(sum, q, shift, ctx)
                                            : series_sum(sum, x, y, terms, ctx);
    fmpq_clear(c);
    fmpq_poly_clear(y0);
    fmpq_poly_clear(r);
    fmpq_poly_clear(q);
    return status;
}

/* y = K^k Theta^theta; 0 if that is zero. */
static int denominator(fmpq_poly_t y, const ew_fixed_solver *s, const ew_norm *n)
{
    fmpq_poly_t power;
    fmpq_t c;
    fmpq_poly_init(power);
    fmpq_init(c);
    fmpq_poly_one(y);
    if (n->theta) {
        fmpq_poly_pow(power, s->exact + n->at, (ulong) n->theta);
        fmpq_poly_mul(y, y, power);
    }
    fmpq_poly_get_coeff_fmpq(c, s->exact + ew_asymptotic_mean(s->h, 0), 0);
    int known = !fmpq_is_zero(c);
    if (known) {
        fmpq_pow_si(c, c, n->k);
        fmpq_poly_scalar_mul_fmpq(y, y, c);
    }
    fmpq_clear(c);
    fmpq_poly_clear(power);
    return known && !fmpq_poly_is_zero(y);
}

/* "V", or "V/g^(2 l)" */
static char *own_name(const ew_hierarchy *h, slong i, int latex, ew_context *ctx)
{
    char *name = ew_asymptotic_symbol(h, i, latex, ctx), *over = NULL;
    slong n = h->unknown[i].list.n;
    if (!name || !h->law->block)
        return name;
    if (n == 1)
        over = ew_format(ctx, latex ? "%s/g^{\\ell}" : "%s/g^l", name);
    else
        over = ew_format(ctx, latex ? "%s/g^{%ld\\ell}" : "%s/g^(%ld l)", name, (long) n);
    free(name);
    return over;
}

static ew_asymptotic_entry *new_entry(ew_asymptotics *a, const ew_hierarchy *h, slong i,
                                      const ew_norm *n, ew_context *ctx)
{
    char *name = n ? ew_asymptotic_ratio_name(h, i, n, 0, ctx) : own_name(h, i, 0, ctx);
    char *latex = n ? ew_asymptotic_ratio_name(h, i, n, 1, ctx) : own_name(h, i, 1, ctx);
    return ew_asymptotic_add(a, name, latex, n != NULL, ctx);
}

static ew_status exact_entry(ew_asymptotics *a, const ew_fixed_solver *s, slong i,
                             const ew_norm *n, slong terms, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_poly_t y;
    fmpq_poly_init(y);
    fmpq_poly_one(y);
    if (!n || denominator(y, s, n)) {
        ew_asymptotic_entry *e = new_entry(a, s->h, i, n, ctx);
        status = e ? quotient_sum(&e->in_l, s->exact + i, y, terms, ctx) : EW_MEMORY;
        if (status == EW_OK)
            status = ew_asymptotic_set_law(e, ctx);
    }
    fmpq_poly_clear(y);
    return status;
}

/* ---- balls --------------------------------------------------------------------------------
 */

/* Row r of the output: unknown i, normalised or not, with `n` coefficients from l^top down. */
typedef struct {
    slong i, n, top;
    int ratio, finite;
    ew_norm norm;
} row;

typedef struct {
    const ew_fixed_solver *s;
    slong rows, numbers;
    row *r;
} layout;

static void add_row(layout *t, slong i, const ew_norm *n, slong terms)
{
    const slong *degree = t->s->degree;
    row *r = &t->r[t->rows];
    memset(r, 0, sizeof *r);
    r->i = i;
    r->ratio = n != NULL;
    if (n)
        r->norm = *n;
    slong under = n && n->theta ? degree[n->at] * n->theta : 0;
    r->finite = under == 0;
    r->top = degree[i] - under;
    r->n = r->finite ? degree[i] + 1 : terms;
    t->numbers += r->n;
    t->rows += degree[i] >= 0;
}

static ew_status lay_out(layout *t, const ew_fixed_solver *s, slong terms, ew_context *ctx)
{
    ew_norm n;
    slong k = ew_asymptotic_mean(s->h, 0);
    memset(t, 0, sizeof *t);
    t->s = s;
    t->r = ew_alloc((size_t) (2 * s->h->unknowns) * sizeof *t->r, ctx);
    if (!t->r)
        return EW_MEMORY;
    add_row(t, k, NULL, terms);
    for (slong i = 0; i < s->h->unknowns; i++)
        if (i != k)
            add_row(t, i, NULL, terms);
    for (slong i = 0; i < s->h->unknowns; i++)
        if (ew_asymptotic_norm(&n, s->h, i))
            add_row(t, i, &n, terms);
    return EW_OK;
}

/* u = p(1/x) x^degree below x^n */
static void reverse(arb_poly_t u, const arb_poly_t p, slong degree, slong n)
{
    arb_t c;
    arb_init(c);
    for (slong j = 0; j <= degree && j < n; j++) {
        arb_poly_get_coeff_arb(c, p, degree - j);
        arb_poly_set_coeff_arb(u, j, c);
    }
    arb_clear(c);
}

/* Coefficients of X / (K^k Theta^theta) for large l, by power series in 1/l. */
static void row_values(arb_ptr value, mag_ptr size, const row *r, const arb_poly_struct *p,
                       mag_srcptr scale, const ew_fixed_solver *s, slong prec)
{
    arb_poly_t u, v;
    arb_t K;
    mag_t m;
    arb_poly_init(u);
    arb_poly_init(v);
    arb_init(K);
    mag_init(m);
    reverse(u, p + r->i, s->degree[r->i], r->n);
    arb_one(K);
    if (r->ratio) {
        arb_poly_get_coeff_arb(K, p + ew_asymptotic_mean(s->h, 0), 0);
        if (r->norm.k > 0)
            arb_inv(K, K, prec);
        arb_pow_ui(K, K, (ulong) FLINT_ABS(r->norm.k), prec);
    }
    if (r->ratio && r->norm.theta) {
        reverse(v, p + r->norm.at, s->degree[r->norm.at], s->degree[r->norm.at] + 1);
        arb_poly_pow_ui(v, v, (ulong) r->norm.theta, prec);
        arb_poly_div_series(u, u, v, r->n, prec);
    }
    for (slong j = 0; j < r->n; j++) {
        arb_poly_get_coeff_arb(value + j, u, j);
        arb_mul(value + j, value + j, K, prec);
        arb_get_mag(m, K);
        mag_mul(size + j, m, scale + r->i);
    }
    mag_clear(m);
    arb_clear(K);
    arb_poly_clear(u);
    arb_poly_clear(v);
}

static ew_status all_values(arb_ptr value, mag_ptr size, slong prec, void *data,
                            ew_context *ctx)
{
    const layout *t = data;
    slong n = t->s->h->unknowns;
    arb_poly_struct *p = ew_alloc((size_t) n * sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    mag_ptr scale = _mag_vec_init(n);
    for (slong i = 0; i < n; i++)
        arb_poly_init(p + i);
    ew_status status = ew_fixed_balls(p, scale, t->s, prec, ctx);
    for (slong r = 0; r < t->rows && status == EW_OK; r++) {
        row_values(value, size, &t->r[r], p, scale, t->s, prec);
        value += t->r[r].n;
        size += t->r[r].n;
    }
    for (slong i = 0; i < n; i++)
        arb_poly_clear(p + i);
    _mag_vec_clear(scale, n);
    free(p);
    return status;
}

static ew_status ball_entry(ew_asymptotics *a, const layout *t, const row *r,
                            ew_certified *value, ew_context *ctx)
{
    ew_asymptotic_entry *e = new_entry(a, t->s->h, r->i, r->ratio ? &r->norm : NULL, ctx);
    ew_status status = e ? EW_OK : EW_MEMORY;
    for (slong j = 0; j < r->n && status == EW_OK; j++)
        status = push_certified(&e->in_l, r->top - j, value + j, ctx);
    if (status == EW_OK && !r->finite)
        status = set_error(&e->in_l, r->top - r->n, ctx);
    if (status == EW_OK)
        status = ew_asymptotic_assemble(&e->in_l, 'l', ctx);
    return status == EW_OK ? ew_asymptotic_set_law(e, ctx) : status;
}

static ew_status add_balls(ew_asymptotics *a, const ew_fixed_solver *s,
                           const ew_asymptotic_options *opt, ew_context *ctx)
{
    layout t;
    ew_status status = lay_out(&t, s, opt->terms, ctx);
    ew_certified *value = ew_alloc((size_t) (t.numbers + 1) * sizeof *value, ctx);
    if (status == EW_OK && !value)
        status = EW_MEMORY;
    for (slong i = 0; value && i < t.numbers; i++)
        ew_certified_init(value + i);
    if (status == EW_OK)
        status = ew_certify(value, t.numbers, opt->digits, all_values, &t, ctx);
    slong at = 0;
    for (slong r = 0; r < t.rows && status == EW_OK; r++) {
        status = ball_entry(a, &t, &t.r[r], value + at, ctx);
        at += t.r[r].n;
    }
    for (slong i = 0; value && i < t.numbers; i++)
        ew_certified_clear(value + i);
    free(value);
    free(t.r);
    return status;
}

static ew_status add_exact(ew_asymptotics *a, const ew_fixed_solver *s, slong terms,
                           ew_context *ctx)
{
    ew_norm n;
    slong k = ew_asymptotic_mean(s->h, 0);
    ew_status status = exact_entry(a, s, k, NULL, terms, ctx);
    for (slong i = 0; i < s->h->unknowns && status == EW_OK; i++)
        if (i != k)
            status = exact_entry(a, s, i, NULL, terms, ctx);
    for (slong i = 0; i < s->h->unknowns && status == EW_OK; i++)
        if (ew_asymptotic_norm(&n, s->h, i))
            status = exact_entry(a, s, i, &n, terms, ctx);
    return status;
}

static ew_status name_growth(ew_asymptotics *a, const ew_fixed_solver *s, ew_context *ctx)
{
    char *g = ew_asymptotic_rational(s->growth, 0, ctx);
    a->variable = g ? ew_format(ctx, "g = %s", g) : NULL;
    free(g);
    return a->variable ? EW_OK : EW_MEMORY;
}

ew_status ew_asymptotic_fixed(ew_asymptotics **out, const ew_hierarchy *h,
                              const ew_setting *net, const ew_asymptotic_options *opt,
                              ew_context *ctx)
{
    ew_fixed_solver s;
    *out = NULL;
    ew_asymptotics *a = ew_alloc_zero(1, sizeof *a, ctx);
    if (!a)
        return EW_MEMORY;
    ew_status status = ew_fixed_open(&s, h, net, opt->method, ctx);
    if (status == EW_OK)
        status = s.exact ? add_exact(a, &s, opt->terms, ctx) : add_balls(a, &s, opt, ctx);
    if (status == EW_OK && net->residual)
        status = name_growth(a, &s, ctx);
    ew_fixed_close(&s);
    if (status == EW_OK)
        *out = a;
    else
        ew_asymptotics_free(a);
    return status;
}
