#include "readings/cumulant/gradient/gradient.h"

#include <stdlib.h>

#include "chain/residual.h"
#include "readings/cumulant/gradient/limit.h"

#define MOST_BYTES 4e9
#define SHORT_EXACT 300 /* characters of an exact form that was not asked for */
#define LAW 5           /* strength, strength at n, slope, growth, exponent */

/* ---- the shape of the answer --------------------------------------------------------------
 */

/* Values in a row: three series, then the numeric ones; the law stands behind all rows. */
static slong row_length(const ew_gradient_options *opt)
{
    return EW_GRADIENT_SERIES * (opt->order + 1) + (opt->width ? EW_GRADIENT_NUMERIC : 0);
}

static slong rows(const ew_setting *net)
{
    return ew_gradient_kinds(net) * net->depth;
}

static slong values(const ew_gradient_solver *s)
{
    return rows(s->net) * row_length(s->opt) + LAW;
}

/* out[at..) = series `which` of a row; 0 where E g^2 is exactly 0. */
static int put_series(ew_numbers *out, slong at, const ew_gradient_pass *p,
                      const ew_gradient_moments *m, ew_gradient_series which)
{
    int absolute = p->kind == EW_PASS_SIZE, ok = 1;
    ew_numbers x;
    ew_numbers_init(&x, p->terms, p->prec);
    if (which == EW_GRADIENT_MEAN_SQUARE)
        for (slong j = 0; j < p->terms; j++)
            ew_number_addmul(&x, j, 1, &m->second, j, &m->scale, 0, p->prec);
    else
        ok = ew_gradient_quotient(&x, m->c, &m->fourth,
                                  which == EW_GRADIENT_SPREAD ? &m->pair : NULL, &m->second,
                                  absolute, p->terms, p->prec);
    for (slong j = 0; j < p->terms && ok; j++)
        ew_number_set(out, at + j, &x, j);
    ew_numbers_clear(&x);
    return ok;
}

/* The ratio's series at n, and its last term; `at` is where the ratio stands in out. */
static void put_at_width(ew_numbers *out, slong at, slong to, const ew_gradient_pass *p)
{
    slong order = p->s->opt->order;
    ew_numbers n;
    ew_numbers_init(&n, 1, p->prec);
    ew_number_set_si(&n, 0, (slong) p->s->opt->width);
    for (slong j = 0; j <= order; j++) {
        ew_numbers term;
        ew_numbers_init(&term, 2, p->prec);
        ew_number_set_si(&term, 1, 1);
        ew_number_set(&term, 0, out, at + j);
        for (slong i = 0; i < j; i++)
            ew_number_div(&term, 0, &n, 0, p->prec);
        ew_number_addmul(out, to + EW_GRADIENT_AT_N, 1, &term, 0, &term, 1, p->prec);
        ew_number_set(out, to + EW_GRADIENT_LAST, &term, 0);
        ew_numbers_clear(&term);
    }
    ew_numbers_clear(&n);
}

/* out[to] = the ratio's c_1/c_0 in the row that begins at `row`. */
static void put_strength(ew_numbers *out, slong to, slong row, const ew_gradient_pass *p)
{
    slong ratio = row + EW_GRADIENT_RATIO * (p->s->opt->order + 1);
    ew_number_set(out, to, out, ratio + 1);
    ew_number_div(out, to, out, ratio, p->prec);
}

/* What the input's last two rows say of the law. */
static void put_law(ew_numbers *out, slong to, const ew_gradient_pass *p)
{
    const ew_gradient_options *opt = p->s->opt;
    slong last = (p->s->net->depth - 1) * row_length(opt), before = last - row_length(opt);
    ew_numbers x;
    if (p->s->net->depth < 2)
        return;
    ew_numbers_init(&x, 2, p->prec);
    put_strength(out, to, last, p);
    put_strength(out, to + 2, before, p);
    ew_number_set_si(&x, 0, p->kind == EW_PASS_SIZE ? 1 : -1);
    ew_number_mul(out, to + 2, &x, 0, p->prec);
    ew_number_set_si(&x, 0, 1);
    ew_number_addmul(out, to + 2, 1, out, to, &x, 0, p->prec);
    if (opt->width) {
        ew_number_set_si(&x, 0, (slong) opt->width);
        ew_number_set(out, to + 1, out, to);
        ew_number_div(out, to + 1, &x, 0, p->prec);
    }
    ew_number_set(out, to + 3, out, last);
    ew_number_div(out, to + 3, out, before, p->prec);
    ew_number_set_si(&x, 0, (slong) p->s->net->depth - 1);
    ew_number_set(out, to + 4, out, to + 2);
    ew_number_mul(out, to + 4, &x, 0, p->prec);
    ew_number_div(out, to + 4, out, to, p->prec);
    ew_numbers_clear(&x);
}

static ew_status vanishes(ew_context *ctx)
{
    return ew_fail(ctx, EW_DOMAIN, "the gradient is identically zero: it has no ratio");
}

/* out = everything that one unfolded pass says. */
static ew_status put_rows(ew_numbers *out, const ew_gradient_pass *p, ew_context *ctx)
{
    slong length = row_length(p->s->opt), order = p->s->opt->order, n = rows(p->s->net);
    for (slong i = 0; i < n; i++) {
        for (slong w = 0; w < EW_GRADIENT_SERIES; w++)
            if (!put_series(out, i * length + w * (order + 1), p, &p->row[i],
                            (ew_gradient_series) w))
                return vanishes(ctx);
        if (p->s->opt->width)
            put_at_width(out, i * length + EW_GRADIENT_RATIO * (order + 1),
                         i * length + EW_GRADIENT_SERIES * (order + 1), p);
    }
    put_law(out, n * length, p);
    return EW_OK;
}

/* The ratios of the pass with eps = 1/n in place. */
static ew_status put_closed(ew_numbers *out, const ew_gradient_pass *p, ew_context *ctx)
{
    slong length = row_length(p->s->opt);
    slong at = EW_GRADIENT_SERIES * (p->s->opt->order + 1) + EW_GRADIENT_EXACT;
    for (slong i = 0; i < rows(p->s->net); i++)
        if (!put_series(out, i * length + at, p, &p->row[i], EW_GRADIENT_RATIO))
            return vanishes(ctx);
    return EW_OK;
}

/* One pass into out; *known = 0 when it should be rational and is not. */
static ew_status pass(ew_numbers *out, int *known, const ew_gradient_solver *s, slong prec,
                      ew_pass_kind kind, int folded, ew_context *ctx)
{
    ew_gradient_pass p = {.s = s, .prec = prec, .kind = kind, .folded = folded};
    ew_status status = ew_gradient_pass_run(&p, known, ctx);
    if (status == EW_OK && *known)
        status = folded ? put_closed(out, &p, ctx) : put_rows(out, &p, ctx);
    ew_gradient_pass_clear(&p);
    return status;
}

/* s(z) = a z + b, or homogeneous of degree 1: one-neuron moments of degree d in the features
 * are polynomials of degree d in Ghat, so that the moments needed close on themselves. */
static int moments_close(const ew_activation *s)
{
    return s->homogeneous || (s->polynomial && s->piece[0].degree <= 1);
}

/* ---- certified values ---------------------------------------------------------------------
 */

/* Balls widen by a factor polynomial in the depth (theory.md section 9). */
static slong guarded(slong prec, slong depth)
{
    return prec + 2 * (slong) FLINT_BIT_COUNT(depth) + 16;
}

/* The series' law, and that of the moments that close at a width, or NULL. */
typedef struct {
    const ew_gradient_solver *series, *closed;
} laws;

static ew_status all_values(arb_ptr value, mag_ptr scale, slong prec, void *data,
                            ew_context *ctx)
{
    const laws *both = data;
    const ew_gradient_solver *s = both->series;
    slong n = values(s);
    int known;
    ew_numbers out, size;
    prec = guarded(prec, s->net->depth);
    ew_numbers_init(&out, n, prec);
    ew_numbers_init(&size, n, 64);
    ew_status status = pass(&out, &known, s, prec, EW_PASS_VALUE, 0, ctx);
    if (status == EW_OK && both->closed)
        status = pass(&out, &known, both->closed, prec, EW_PASS_VALUE, 1, ctx);
    if (status == EW_OK)
        status = pass(&size, &known, s, 64, EW_PASS_SIZE, 0, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_set(value + i, out.ball + i);
        arb_get_mag(scale + i, size.ball + i);
    }
    ew_numbers_clear(&out);
    ew_numbers_clear(&size);
    return status;
}

static ew_status all_exact(ew_certified *value, int *known, const laws *both, ew_context *ctx)
{
    const ew_gradient_solver *s = both->series;
    slong n = values(s);
    ew_numbers out;
    ew_numbers_init(&out, n, 0);
    ew_status status = pass(&out, known, s, 0, EW_PASS_VALUE, 0, ctx);
    if (status == EW_OK && *known && both->closed)
        status = pass(&out, known, both->closed, 0, EW_PASS_VALUE, 1, ctx);
    for (slong i = 0; i < n && status == EW_OK && *known; i++)
        status = ew_certify_rational(&value[i], out.rational + i, s->opt->digits, ctx);
    ew_numbers_clear(&out);
    if (status == EW_OK && !*known && s->opt->exact)
        status = ew_fail(ctx, EW_UNABLE,
                         "no exact values: an expectation or a parameter is not rational");
    return status;
}

/* Exact forms that nobody asked for and nobody would read are dropped. */
static void drop_long(ew_certified *value, slong n)
{
    for (slong i = 0; i < n; i++) {
        slong k = 0;
        while (value[i].exact && k <= SHORT_EXACT && value[i].exact[k])
            k++;
        if (k > SHORT_EXACT) {
            free(value[i].exact);
            value[i].exact = NULL;
        }
    }
}

static ew_status evaluate(ew_certified *value, ew_gradient_table *t, laws *both,
                          ew_context *ctx)
{
    const ew_gradient_solver *s = both->series;
    int known;
    ew_status status = all_exact(value, &known, both, ctx);
    t->method = "closed form";
    if (status == EW_OK && known && !s->opt->exact)
        drop_long(value, values(s));
    if (status != EW_OK || known)
        return status;
    status = ew_certify(value, values(s), s->opt->digits, all_values, both, ctx);
    if (status == EW_OK && s->net->depth > 1)
        t->method = ew_evaluator_method(s->E);
    return status;
}

/* ---- the table ----------------------------------------------------------------------------
 */

static void take(ew_certified *to, ew_certified *from, const char *method)
{
    ew_certified_move(to, from);
    to->method = method;
}

static void distribute(ew_gradient_table *t, ew_certified *value,
                       const ew_gradient_options *opt)
{
    slong series = EW_GRADIENT_SERIES * (t->order + 1);
    for (slong i = 0; i < t->kinds * t->layers; i++) {
        for (slong j = 0; j < series; j++)
            take(&t->series[i * series + j], value++, t->method);
        for (slong j = 0; opt->width && j < EW_GRADIENT_NUMERIC; j++)
            take(&t->numeric[i * EW_GRADIENT_NUMERIC + j], value++, t->method);
    }
    take(&t->strength, value++, t->method);
    take(&t->strength_at_n, value++, t->method);
    take(&t->slope, value++, t->method);
    take(&t->growth, value++, t->method);
    take(&t->exponent, value++, t->method);
}

static ew_status fill(ew_gradient_table *t, laws *both, ew_context *ctx)
{
    const ew_gradient_solver *s = both->series;
    slong n = values(s), all = rows(s->net);
    ew_certified *value = ew_certified_new(n, ctx);
    t->series = ew_certified_new(all * EW_GRADIENT_SERIES * (t->order + 1), ctx);
    if (s->opt->width)
        t->numeric = ew_certified_new(all * EW_GRADIENT_NUMERIC, ctx);
    ew_status status = value && t->series && (t->numeric || !s->opt->width) ? EW_OK : EW_MEMORY;
    if (status == EW_OK)
        status = evaluate(value, t, both, ctx);
    if (status == EW_OK)
        distribute(t, value, s->opt);
    ew_certified_free(value, n);
    return status;
}

/* The law in L/n, where there is one. */
static ew_status set_limit(ew_gradient_table *t, const ew_gradient_solver *s, ew_context *ctx)
{
    slong terms = t->order + 1;
    int known;
    fmpq *c = _fmpq_vec_init(terms);
    ew_status status = ew_gradient_limit(c, &known, s, s->opt->limit, ctx);
    if (status == EW_OK && known) {
        t->limit = ew_certified_new(terms, ctx);
        status = t->limit ? EW_OK : EW_MEMORY;
        for (slong j = 0; j < terms && status == EW_OK; j++) {
            t->unbounded |= j && !fmpq_is_zero(c + j);
            status = ew_certify_rational(&t->limit[j], c + j, s->opt->digits, ctx);
        }
    }
    _fmpq_vec_clear(c, terms);
    return status;
}

const ew_certified *ew_gradient_at(const ew_gradient_table *t, ew_gradient_of of, slong l,
                                   ew_gradient_series which, slong j)
{
    slong row = (slong) of * t->layers + l;
    return &t->series[(row * EW_GRADIENT_SERIES + (slong) which) * (t->order + 1) + j];
}

void ew_gradient_free(ew_gradient_table *t)
{
    if (!t)
        return;
    slong rows = t->kinds * t->layers;
    ew_certified_free(t->series, rows * EW_GRADIENT_SERIES * (t->order + 1));
    ew_certified_free(t->numeric, rows * EW_GRADIENT_NUMERIC);
    ew_certified_free(t->limit, t->order + 1);
    ew_certified_clear(&t->strength);
    ew_certified_clear(&t->strength_at_n);
    ew_certified_clear(&t->slope);
    ew_certified_clear(&t->growth);
    ew_certified_clear(&t->exponent);
    free(t);
}

/* ---- the request --------------------------------------------------------------------------
 */

static ew_status check_activation(const ew_activation *s, ew_context *ctx)
{
    int flat = 1;
    for (slong i = 0; i < s->n; i++)
        flat = flat && s->piece[i].degree == 0;
    if (flat)
        return ew_fail(
            ctx, EW_DOMAIN,
            "the derivative of %s is zero almost everywhere, and so are all gradients",
            s->text);
    if (!s->continuous)
        return ew_fail(ctx, EW_DOMAIN, "%s jumps: its derivative contains a delta function",
                       s->text);
    return EW_OK;
}

static ew_status check_request(const ew_setting *net, const ew_gradient_options *opt,
                               ew_context *ctx)
{
    if (net->inputs != 1)
        return ew_fail(ctx, EW_UNABLE, "%ld inputs: gradients are taken at one",
                       (long) net->inputs);
    if (opt->order < 1)
        return ew_fail(ctx, EW_USAGE, "the order must be at least 1");
    if (opt->digits < 1 || opt->digits > EW_MAX_DIGITS)
        return ew_fail(ctx, EW_USAGE, "digits must be from 1 to %d", EW_MAX_DIGITS);
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH)
        return ew_fail(ctx, EW_USAGE, "depth must be from 1 to %d", EW_MAX_DEPTH);
    if (net->widths > 1 && net->widths < net->depth)
        return ew_fail(ctx, EW_USAGE, "%ld widths for %ld layers", (long) net->widths,
                       (long) net->depth);
    for (slong i = 0; i < net->widths; i++)
        if (net->width[i] == 0)
            return ew_fail(ctx, EW_USAGE, "layer %ld has width 0", (long) i + 1);
    ew_status status = ew_setting_check_frames(net, 2, ctx);
    return status == EW_OK ? check_activation(net->activation, ctx) : status;
}

/* All layers' maps and states are held at once. */
static ew_status check_memory(const ew_gradient_solver *s, ew_context *ctx)
{
    double powers = (double) s->g->powers * (double) (s->opt->order + 1);
    double per_layer = (double) s->g->polys + 6 * powers + 4.0 * (double) row_length(s->opt);
    double bytes = (double) s->net->depth * per_layer * (80 + (double) s->opt->digits);
    if (bytes > MOST_BYTES)
        return ew_fail(ctx, EW_UNABLE, "%ld layers to order %ld take %.0f GB, limit %.0f",
                       (long) s->net->depth, (long) s->opt->order, bytes / 1e9,
                       MOST_BYTES / 1e9);
    return EW_OK;
}

/* Where the atoms of a block stand. */
static ew_status compile_argument(ew_gradient_solver *s, ew_context *ctx)
{
    const ew_law *law = s->g->law;
    fmpq_mpoly_t f;
    if (!law->block)
        return EW_OK;
    const fmpq_mpoly_struct *list[1] = {f};
    fmpq_mpoly_init(f, law->ring);
    ew_law_argument(f, law, 0, 0);
    ew_status status = ew_poly_program_new(&s->argument, list, 1, law, ctx);
    fmpq_mpoly_clear(f, law->ring);
    return status;
}

static ew_status compile(ew_gradient_solver *s, ew_context *ctx)
{
    const ew_gradient_law *g = s->g;
    const fmpq_mpoly_struct **f = ew_alloc((size_t) g->polys * sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    for (slong i = 0; i < g->polys; i++)
        f[i] = &g->poly[i];
    ew_status status = ew_poly_program_new(&s->program, f, g->polys, g->law, ctx);
    free(f);
    if (status == EW_OK)
        status = compile_argument(s, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_new(&s->plan, g->law, s->program->used, s->net->activation, ctx);
    return status;
}

static ew_status open_solver(ew_gradient_solver *s, ew_ensemble ensemble, slong order,
                             ew_context *ctx)
{
    ew_status status = ew_gradient_law_new(&s->g, ensemble, order, ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&s->E, s->net->activation, s->opt->method, ctx);
    return status == EW_OK ? compile(s, ctx) : status;
}

static void close_solver(ew_gradient_solver *s)
{
    ew_atom_plan_free(s->plan);
    ew_poly_program_free(s->program);
    ew_poly_program_free(s->argument);
    ew_evaluator_free(s->E);
    ew_gradient_law_free(s->g);
}

/* Closed moments reach delta^2 at order eps, and those of a block eps^2, which the law keeps
 * from order 2 on.  Frames are brought to Gaussian weights. */
static ew_status open_closed(ew_gradient_solver *s, ew_ensemble ensemble, ew_context *ctx)
{
    s->frames = ensemble == EW_ENSEMBLE_ORTHOGONAL;
    return open_solver(s, s->frames ? EW_ENSEMBLE_GAUSSIAN : ensemble, 2, ctx);
}

static ew_status solve(ew_gradient_table *t, ew_gradient_solver *s, ew_gradient_solver *closed,
                       ew_context *ctx)
{
    const ew_ensemble ensemble = ew_setting_transition(s->net);
    laws both = {s, NULL};
    t->order = s->opt->order;
    t->layers = s->net->depth;
    t->kinds = ew_gradient_kinds(s->net);
    t->closed = moments_close(s->net->activation);
    t->spread_of_input = s->opt->cosine == NULL;
    ew_status status = open_solver(s, ensemble, t->order, ctx);
    if (status == EW_OK)
        status = check_memory(s, ctx);
    if (status == EW_OK && t->closed && s->opt->width) {
        both.closed = closed;
        status = open_closed(closed, ensemble, ctx);
    }
    if (status == EW_OK)
        status = set_limit(t, s, ctx);
    return status == EW_OK ? fill(t, &both, ctx) : status;
}

ew_status ew_gradient_solve(ew_gradient_table **out, const ew_setting *net,
                            const ew_gradient_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_gradient_solver s = {.net = net, .opt = opt}, closed = s;
    ew_status status = check_request(net, opt, ctx);
    ew_gradient_table *t = status == EW_OK ? ew_alloc_zero(1, sizeof *t, ctx) : NULL;
    if (!t)
        return status == EW_OK ? EW_MEMORY : status;
    status = solve(t, &s, &closed, ctx);
    close_solver(&s);
    close_solver(&closed);
    if (status != EW_OK)
        ew_gradient_free(t);
    else
        *out = t;
    return status;
}
