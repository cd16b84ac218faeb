/* Drift and diffusion: the one-step mean and covariance of the chain, expanded in e. */
#include "readings/sde/expand.h"

#include <stdlib.h>
#include <string.h>

slong ew_scaling_highest(const ew_scaling *x)
{
    return x->order / x->weight + 1;
}

void ew_expansion_truncate(fmpq_mpoly_t f, const ew_expansion *x)
{
    slong n = fmpq_mpoly_length(f, x->ring);
    if (fmpq_mpoly_degree_si(f, x->e, x->ring) <= x->keep)
        return;
    fmpq_t c;
    fmpq_mpoly_t g;
    fmpq_init(c);
    fmpq_mpoly_init(g, x->ring);
    for (slong i = 0; i < n; i++) {
        fmpq_mpoly_get_term_exp_ui(x->exp, f, i, x->ring);
        if ((slong) x->exp[x->e] > x->keep)
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, x->ring);
        fmpq_mpoly_push_term_fmpq_ui(g, c, x->exp, x->ring);
    }
    fmpq_mpoly_reduce(g, x->ring);
    fmpq_mpoly_swap(f, g, x->ring);
    fmpq_mpoly_clear(g, x->ring);
    fmpq_clear(c);
}

void ew_expansion_coefficient(fmpq_mpoly_t f, const fmpq_mpoly_t g, slong power,
                              const ew_expansion *x)
{
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_zero(f, x->sde->ring);
    for (slong i = 0; i < fmpq_mpoly_length(g, x->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(x->exp, g, i, x->ring);
        if ((slong) x->exp[x->e] != power)
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, g, i, x->ring);
        fmpq_mpoly_push_term_fmpq_ui(f, c, x->exp, x->sde->ring);
    }
    fmpq_mpoly_reduce(f, x->sde->ring);
    fmpq_clear(c);
}

/* ---- a law's variables as series in e -----------------------------------------------------
 */

typedef struct {
    ew_expansion x;
    ew_law *law;
    fmpq_mpoly_struct *image; /* [law->variables] */
    char *known;              /* [law->variables] */
    fmpq_mpoly_t cw;
} substitution;

/* f = 1/g for g = 1 + O(e): Newton is not worth it. */
static void invert(fmpq_mpoly_t f, const fmpq_mpoly_t g, const ew_expansion *x)
{
    fmpq_mpoly_t u;
    fmpq_mpoly_init(u, x->ring);
    fmpq_mpoly_sub_si(u, g, 1, x->ring);
    fmpq_mpoly_neg(u, u, x->ring);
    fmpq_mpoly_one(f, x->ring);
    for (slong k = 0; k < x->keep; k++) {
        fmpq_mpoly_mul(f, f, u, x->ring);
        ew_expansion_truncate(f, x);
        fmpq_mpoly_add_si(f, f, 1, x->ring);
    }
    fmpq_mpoly_clear(u, x->ring);
}

/* C_W = q / <s^2>_q at q = unit: <s^2>_V is divisible by V. */
static ew_status weight_variance(fmpq_mpoly_t cw, const ew_expansion *x)
{
    if (x->scaling->homogeneous) {
        fmpq_mpoly_one(cw, x->ring);
        return EW_OK;
    }
    ew_atom square;
    memset(&square, 0, sizeof square);
    square.e[0][0] = 2;
    fmpq_mpoly_t s, v;
    fmpq_t unit;
    fmpq_mpoly_init(s, x->ring);
    fmpq_mpoly_init(v, x->ring);
    fmpq_init(unit);
    fmpq_set_si(unit, x->scaling->unit, 1);
    fmpq_mpoly_gen(v, x->base[0], x->ring);
    ew_status status = ew_expansion_atom(s, &square, x);
    if (status == EW_OK && (!fmpq_mpoly_divides(s, s, v, x->ring) ||
                            !fmpq_mpoly_evaluate_one_fmpq(s, s, x->base[0], unit, x->ring)))
        status = ew_fail(x->ctx, EW_UNABLE, "sde: E s(g)^2 could not be expanded");
    if (status == EW_OK)
        invert(cw, s, x);
    fmpq_clear(unit);
    fmpq_mpoly_clear(s, x->ring);
    fmpq_mpoly_clear(v, x->ring);
    return status;
}

/* A learning rate: e^order times a constant of the equation, or none. */
static void rate(fmpq_mpoly_t f, slong constant, const ew_expansion *x)
{
    fmpq_mpoly_t e;
    fmpq_mpoly_zero(f, x->ring);
    if (constant < 0)
        return;
    fmpq_mpoly_init(e, x->ring);
    fmpq_mpoly_gen(e, x->e, x->ring);
    fmpq_mpoly_gen(f, constant, x->ring);
    for (slong i = 0; i < x->scaling->order; i++)
        fmpq_mpoly_mul(f, f, e, x->ring);
    fmpq_mpoly_clear(e, x->ring);
}

/* The pair that a law's variable is the covariance of. */
static slong covariance_of(const ew_law *law, slong v)
{
    slong p = 0;
    while (law->cov[p] != v)
        p++;
    return p;
}

static ew_status find_image(substitution *s, slong v)
{
    fmpq_mpoly_struct *f = s->image + v;
    const ew_expansion *x = &s->x;
    if (s->known[v])
        return EW_OK;
    s->known[v] = 1;
    fmpq_mpoly_zero(f, x->ring);
    if (v >= s->law->atom0)
        return ew_expansion_atom(f, &s->law->atom[v - s->law->atom0], x);
    if (v >= s->law->cov0)
        fmpq_mpoly_gen(f, covariance_of(s->law, v), x->ring);
    else if (v == EW_CW)
        fmpq_mpoly_set(f, s->cw, x->ring);
    else if (v == EW_LAMBDA_W || v == EW_LAMBDA_B)
        rate(f, v == EW_LAMBDA_W ? x->scaling->lambda_w : x->scaling->lambda_b, x);
    else if (v == EW_RATIO || v == EW_SHARE)
        fmpq_mpoly_one(f, x->ring);
    return EW_OK;
}

/* out = f with every variable replaced by its series. */
static ew_status substitute(fmpq_mpoly_t out, const fmpq_mpoly_t f, substitution *s)
{
    const ew_expansion *x = &s->x;
    ew_status status = EW_OK;
    ulong *exp = ew_alloc((size_t) s->law->variables * sizeof *exp, x->ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_t c;
    fmpq_mpoly_t t;
    fmpq_init(c);
    fmpq_mpoly_init(t, x->ring);
    fmpq_mpoly_zero(out, x->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, s->law->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, s->law->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, s->law->ring);
        fmpq_mpoly_set_fmpq(t, c, x->ring);
        for (slong v = 0; v < s->law->variables && status == EW_OK; v++)
            for (ulong k = 0; k < exp[v] && status == EW_OK; k++) {
                status = find_image(s, v);
                fmpq_mpoly_mul(t, t, s->image + v, x->ring);
                ew_expansion_truncate(t, x);
            }
        fmpq_mpoly_add(out, out, t, x->ring);
    }
    fmpq_mpoly_clear(t, x->ring);
    fmpq_clear(c);
    free(exp);
    return status;
}

static void forget(substitution *s)
{
    memset(s->known, 0, (size_t) s->law->variables);
}

/* ---- drift --------------------------------------------------------------------------------
 */

static ew_status refuse_power(slong k, slong p, const ew_expansion *x)
{
    const char *size = x->sde->clock == EW_CLOCK_WIDTH ? "n" : "L";
    slong g = (slong) n_gcd((ulong) k, (ulong) x->scaling->order);
    if (k == 0)
        return ew_fail(x->ctx, EW_UNABLE,
                       "no limit: one layer moves the mean of %s by a quantity of order 1, not "
                       "1/%s",
                       x->sde->name[p], size);
    return ew_fail(
        x->ctx, EW_UNABLE,
        "no limit: one layer moves the mean of %s by a quantity of order %s^(-%ld/%ld)"
        ", more than 1/%s",
        x->sde->name[p], size, (long) (k / g), (long) (x->scaling->order / g), size);
}

/* The mean must not move before e^order. */
static ew_status refuse_motion(const fmpq_mpoly_t mean, slong p, const substitution *s)
{
    const ew_expansion *x = &s->x;
    fmpq_mpoly_t f;
    ew_status status = EW_OK;
    fmpq_mpoly_init(f, x->sde->ring);
    for (slong k = 0; k < x->scaling->order && status == EW_OK; k++) {
        ew_expansion_coefficient(f, mean, k, x);
        if (!fmpq_mpoly_is_zero(f, x->sde->ring))
            status = refuse_power(k, p, x);
    }
    fmpq_mpoly_clear(f, x->sde->ring);
    return status;
}

/* mean += e^(order * grade) times what the law says at that grade. */
static ew_status add_grade(fmpq_mpoly_t mean, substitution *s, const ew_pairs *list,
                           slong grade)
{
    const ew_expansion *x = &s->x;
    fmpq_mpoly_t law, f, e;
    fmpq_mpoly_init(law, s->law->ring);
    fmpq_mpoly_init(f, x->ring);
    fmpq_mpoly_init(e, x->ring);
    ew_status status = ew_law_cumulant(law, s->law, list, grade, x->ctx);
    if (status == EW_OK)
        status = substitute(f, law, s);
    fmpq_mpoly_gen(e, x->e, x->ring);
    for (slong i = 0; i < grade * x->scaling->order; i++)
        fmpq_mpoly_mul(f, f, e, x->ring);
    ew_expansion_truncate(f, x);
    fmpq_mpoly_add(mean, mean, f, x->ring);
    fmpq_mpoly_clear(law, s->law->ring);
    fmpq_mpoly_clear(f, x->ring);
    fmpq_mpoly_clear(e, x->ring);
    return status;
}

/* mu^2 + eta^2 = 1 in f. */
static void use_unit(fmpq_mpoly_t f, const ew_expansion *x)
{
    fmpq_mpoly_t by, t;
    if (!x->scaling->homogeneous)
        return;
    fmpq_mpoly_init(by, x->ring);
    fmpq_mpoly_init(t, x->ring);
    fmpq_mpoly_gen(by, x->scaling->mu, x->ring);
    fmpq_mpoly_gen(t, x->scaling->eta, x->ring);
    fmpq_mpoly_mul(by, by, by, x->ring);
    fmpq_mpoly_mul(t, t, t, x->ring);
    fmpq_mpoly_add(by, by, t, x->ring);
    fmpq_mpoly_sub_si(by, by, 1, x->ring);
    fmpq_mpoly_divrem(t, f, f, by, x->ring);
    fmpq_mpoly_clear(by, x->ring);
    fmpq_mpoly_clear(t, x->ring);
}

/* drift[p] = the coefficient of e^power of the mean. */
static ew_status set_drift(ew_sde *sde, substitution *s, slong p, slong power)
{
    const ew_expansion *x = &s->x;
    const ew_pairs list = {1, {(int) p}};
    slong grades = x->sde->clock == EW_CLOCK_WIDTH ? ew_law_grades(s->law, 1) : 1;
    fmpq_mpoly_t mean, v;
    fmpq_mpoly_init(mean, x->ring);
    fmpq_mpoly_init(v, x->ring);
    ew_status status = EW_OK;
    for (slong g = 0; g < grades && status == EW_OK; g++)
        status = add_grade(mean, s, &list, g);
    fmpq_mpoly_gen(v, p, x->ring);
    fmpq_mpoly_sub(mean, mean, v, x->ring);
    use_unit(mean, x);
    if (status == EW_OK && power > 0)
        status = refuse_motion(mean, p, s);
    if (status == EW_OK)
        ew_expansion_coefficient(sde->drift + p, mean, power, x);
    fmpq_mpoly_clear(mean, x->ring);
    fmpq_mpoly_clear(v, x->ring);
    return status;
}

/* ---- diffusion ----------------------------------------------------------------------------
 */

static ew_status set_diffusion(ew_sde *sde, substitution *s, slong p, slong q)
{
    const ew_expansion *x = &s->x;
    const ew_pairs list = {2, {(int) p, (int) q}};
    fmpq_mpoly_t law, cov;
    fmpq_mpoly_init(law, s->law->ring);
    fmpq_mpoly_init(cov, x->ring);
    ew_status status = ew_law_cumulant(law, s->law, &list, 0, x->ctx);
    if (status == EW_OK)
        status = substitute(cov, law, s);
    if (status == EW_OK)
        ew_expansion_coefficient(sde->diffusion + ew_sde_entry(sde, p, q), cov, 0, x);
    fmpq_mpoly_clear(law, s->law->ring);
    fmpq_mpoly_clear(cov, x->ring);
    return status;
}

/* ---- all of it ----------------------------------------------------------------------------
 */

/* The law of all pairs and, where there is noise, of all pairs of pairs. */
static ew_status make_law(ew_law **law, const ew_fields *fields, const ew_scaling *scaling,
                          int noise, ew_context *ctx)
{
    slong n = fields->pairs, all = n + (noise ? n * (n + 1) / 2 : 0), k = 0;
    *law = NULL;
    ew_pairs *wanted = ew_alloc((size_t) all * sizeof *wanted, ctx);
    if (!wanted)
        return EW_MEMORY;
    for (slong p = 0; p < n; p++)
        wanted[k++] = (ew_pairs){1, {(int) p}};
    for (slong p = 0; noise && p < n; p++)
        for (slong q = p; q < n; q++)
            wanted[k++] = (ew_pairs){2, {(int) p, (int) q}};
    const ew_transition of = {
        scaling->orthogonal ? EW_ENSEMBLE_ORTHOGONAL : EW_ENSEMBLE_GAUSSIAN, 1};
    ew_status status = ew_law_new(law, &of, fields, wanted, all, 0, NULL, 0, ctx);
    free(wanted);
    return status;
}

static ew_status expand_all(ew_sde *sde, substitution *s, const ew_fields *fields, slong power,
                            int noise)
{
    slong n = fields->pairs;
    ew_status status = weight_variance(s->cw, &s->x);
    for (slong p = 0; p < n && status == EW_OK; p++) {
        status = set_drift(sde, s, p, power);
        if (status == EW_OK)
            status = ew_poll(s->x.ctx);
    }
    s->x.keep = 0;
    forget(s);
    ew_expansion_truncate(s->cw, &s->x);
    for (slong p = 0; p < n && noise; p++)
        for (slong q = p; q < n && status == EW_OK; q++) {
            status = set_diffusion(sde, s, p, q);
            if (status == EW_OK)
                status = ew_poll(s->x.ctx);
        }
    return status;
}

ew_status ew_expansion_init(ew_expansion *x, const ew_sde *sde, const ew_scaling *scaling,
                            const ew_fields *fields, slong keep, ew_context *ctx)
{
    slong m = fields->inputs;
    *x = (ew_expansion){.sde = sde,
                        .scaling = scaling,
                        .e = sde->variables,
                        .inputs = m,
                        .keep = keep,
                        .ctx = ctx};
    fmpq_mpoly_ctx_init(x->ring, sde->variables + 1, ORD_LEX);
    x->base = ew_alloc((size_t) (m * m) * sizeof *x->base, ctx);
    x->exp = ew_alloc((size_t) (x->e + 1) * sizeof *x->exp, ctx);
    if (!x->base || !x->exp)
        return EW_MEMORY;
    for (slong a = 0; a < m; a++)
        for (slong b = 0; b < m; b++)
            x->base[a * m + b] = ew_pair_of(fields, a * fields->sets, b * fields->sets);
    return EW_OK;
}

void ew_expansion_clear(ew_expansion *x)
{
    free(x->base);
    free(x->exp);
    fmpq_mpoly_ctx_clear(x->ring);
}

static ew_status expand(ew_sde *sde, const ew_scaling *scaling, const ew_fields *fields,
                        slong power, int noise, ew_context *ctx)
{
    substitution s = {.law = NULL};
    ew_status status = make_law(&s.law, fields, scaling, noise, ctx);
    if (status != EW_OK)
        return status;
    slong n = s.law->variables;
    status = ew_expansion_init(&s.x, sde, scaling, fields, power, ctx);
    fmpq_mpoly_init(s.cw, s.x.ring);
    s.known = ew_alloc_zero((size_t) n, 1, ctx);
    s.image = ew_alloc((size_t) n * sizeof *s.image, ctx);
    for (slong v = 0; s.image && v < n; v++)
        fmpq_mpoly_init(s.image + v, s.x.ring);
    if (!s.known || !s.image)
        status = EW_MEMORY;
    if (status == EW_OK)
        status = expand_all(sde, &s, fields, power, noise);
    for (slong v = 0; s.image && v < n; v++)
        fmpq_mpoly_clear(s.image + v, s.x.ring);
    free(s.image);
    free(s.known);
    fmpq_mpoly_clear(s.cw, s.x.ring);
    ew_expansion_clear(&s.x);
    ew_law_free(s.law);
    return status;
}

ew_status ew_sde_expand(ew_sde *sde, const ew_scaling *scaling, const ew_fields *fields,
                        ew_context *ctx)
{
    return expand(sde, scaling, fields, scaling->order, sde->clock == EW_CLOCK_WIDTH, ctx);
}

ew_status ew_sde_expand_mean(ew_sde *sde, const ew_scaling *scaling, const ew_fields *fields,
                             ew_context *ctx)
{
    return expand(sde, scaling, fields, 0, 0, ctx);
}
