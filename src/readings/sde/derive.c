#include "readings/sde/derive.h"

#include <stdio.h>
#include <stdlib.h>

#include "activation/polynomial.h"
#include "activation/taylor_ratio.h"
#include "readings/sde/build.h"
#include "readings/sde/expand.h"
#include "readings/sde/slopes.h"

/* ---- phi^(k)(0) = s^(k)(0)/s'(0) as constants ---------------------------------------------
 */

typedef struct {
    const ew_activation *s;
    slong k;
} taylor;

static ew_status taylor_ball(arb_t x, slong prec, void *data, ew_context *ctx)
{
    const taylor *t = data;
    fmpz_t f;
    arb_ptr c = _arb_vec_init(t->k + 1);
    ew_status status = ew_activation_taylor(c, NULL, NULL, t->s, t->k + 1, prec, ctx);
    fmpz_init(f);
    fmpz_fac_ui(f, (ulong) t->k);
    arb_mul_fmpz(x, c + t->k, f, prec);
    arb_div(x, x, c + 1, prec);
    fmpz_clear(f);
    _arb_vec_clear(c, t->k + 1);
    return status;
}

/* phi'(0) = 0 by algebra, or not separated from it. */
static ew_status check_slope(const ew_activation *s, ew_context *ctx)
{
    fmpq *exact = _fmpq_vec_init(2);
    arb_ptr c = _arb_vec_init(2);
    int known[2];
    ew_status status = ew_activation_taylor(c, exact, known, s, 2, 256, ctx);
    if (status == EW_OK && (arb_is_zero(c + 1) || (known[1] && fmpq_is_zero(exact + 1))))
        status =
            ew_fail(ctx, EW_DOMAIN, "shaping: the derivative of %.60s at 0 is zero", s->text);
    else if (status == EW_OK && arb_contains_zero(c + 1))
        status =
            ew_fail(ctx, EW_UNABLE,
                    "shaping: the derivative of %.60s at 0 is not told from zero", s->text);
    _arb_vec_clear(c, 2);
    _fmpq_vec_clear(exact, 2);
    return status;
}

/* ratio[k] = phi_k / k! where rational[k]: by the coefficients themselves, or their quotients.
 */
static ew_status exact_taylor(fmpq *ratio, int *rational, slong n, const ew_activation *s,
                              ew_context *ctx)
{
    arb_ptr c = _arb_vec_init(n);
    ew_status status = ew_activation_taylor(c, ratio, rational, s, n, 64, ctx);
    int any = status == EW_OK && rational[1];
    for (slong k = n - 1; k >= 1 && any; k--)
        if (rational[k])
            fmpq_div(ratio + k, ratio + k, ratio + 1);
    if (status == EW_OK && !any) {
        status = ew_activation_taylor_ratio(ratio, s, n, ctx);
        for (slong k = 0; k < n; k++)
            rational[k] = status == EW_OK;
        if (status == EW_UNABLE)
            status = EW_OK;
    }
    _arb_vec_clear(c, n);
    return status;
}

/* phi_k: exactly where ratio is not NULL, else by balls. */
static ew_status add_taylor(ew_sde *sde, slong k, const fmpq *ratio, const ew_activation *s,
                            ew_context *ctx)
{
    char name[32], latex[32], meaning[80];
    taylor own = {s, k};
    ew_scalar value = {.fn = taylor_ball, .data = &own};
    snprintf(name, sizeof name, "phi%ld", (long) k);
    snprintf(latex, sizeof latex, "\\phi_{%ld}", (long) k);
    snprintf(meaning, sizeof meaning, "s^(%ld)(0)/s'(0)", (long) k);
    if (ratio) {
        fmpz_t f;
        fmpq_t q;
        fmpz_init(f);
        fmpq_init(q);
        fmpz_fac_ui(f, (ulong) k);
        fmpq_mul_fmpz(q, ratio, f);
        value = (ew_scalar){.e = ew_expr_num(q, ctx)};
        fmpz_clear(f);
        fmpq_clear(q);
        if (!value.e)
            return ew_recorded(ctx);
    }
    ew_status status =
        ew_sde_add_constant(sde, name, latex, meaning, value, value.e ? 0 : sizeof own, 0, ctx);
    ew_expr_free(value.e);
    return status;
}

static ew_status add_all_taylor(ew_sde *sde, ew_scaling *scaling, const ew_activation *s,
                                ew_context *ctx)
{
    slong n = ew_scaling_highest(scaling) + 1;
    int *rational = ew_alloc_zero((size_t) n + 2, sizeof *rational, ctx);
    if (!rational)
        return EW_MEMORY;
    fmpq *ratio = _fmpq_vec_init(n + 2);
    ew_status status = exact_taylor(ratio, rational, n > 2 ? n : 2, s, ctx);
    scaling->phi2 = sde->constant0 + sde->constants;
    for (slong k = 2; k < n && status == EW_OK; k++)
        status = add_taylor(sde, k, rational[k] ? ratio + k : NULL, s, ctx);
    _fmpq_vec_clear(ratio, n + 2);
    free(rational);
    return status;
}

/* ---- the scalings -------------------------------------------------------------------------
 */

static ew_status add_number(slong *variable, ew_sde *sde, const char *name, const char *latex,
                            const char *meaning, const ew_expr *e, int inverse, ew_context *ctx)
{
    if (!e)
        return ew_fail(ctx, EW_USAGE, "shaping: %s is not given", name);
    *variable = sde->constant0 + sde->constants;
    return ew_sde_add_constant(sde, name, latex, meaning, (ew_scalar){.e = (ew_expr *) e}, 0,
                               inverse, ctx);
}

static ew_status check_positive(const ew_expr *a, ew_context *ctx)
{
    int sign;
    if (!a)
        return ew_fail(ctx, EW_USAGE, "shaping: a is not given");
    ew_status status = ew_constant_sign(&sign, a, ctx);
    if (status == EW_OK && sign <= 0)
        status = ew_fail(ctx, EW_DOMAIN, "shaping: a is not positive");
    return status;
}

/* Kinks away from 0 lie at distances of order S = a/e from it: with the preactivations of order
 * 1 and s growing no faster than e^(q |x|/S), they, and all that Taylor's series at 0 misses,
 * contribute exp(-c/e^2), less than any power of e.  So they do no harm as long as the features
 * are functions: s' of a jump is none. */
static ew_status check_kinks(const ew_sde_model *model, ew_context *ctx)
{
    const ew_activation *s = model->activation;
    ew_status status = EW_OK;
    for (slong i = 0; i < s->kinks && status == EW_OK; i++) {
        int sign;
        status = ew_constant_sign(&sign, s->kink[i], ctx);
        if (status == EW_OK && (sign == 0 || model->shaping == EW_SHAPING_NONE))
            status = ew_fail(ctx, EW_DOMAIN, "shaping: %.60s has a kink, and is not smooth",
                             s->text);
    }
    if (status == EW_OK && !s->continuous && (model->direction || model->ntk))
        status = ew_fail(ctx, EW_DOMAIN, "shaping: %.60s has a jump, and no derivative there",
                         s->text);
    return status;
}

static ew_status check_smooth(const ew_sde_model *model, ew_context *ctx)
{
    const ew_activation *s = model->activation;
    if (!s)
        return ew_fail(ctx, EW_USAGE, "shaping: no activation given");
    ew_status status = check_kinks(model, ctx);
    return status == EW_OK ? check_slope(s, ctx) : status;
}

static ew_status scale_smooth(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                              ew_context *ctx)
{
    ew_status status = check_smooth(model, ctx);
    if (status == EW_OK)
        status = check_positive(model->a, ctx);
    if (status == EW_OK)
        status = add_number(&scaling->inverse_a, sde, "a", "a", "s(x) = S phi(x/S), S = a/e",
                            model->a, 1, ctx);
    return status == EW_OK ? add_all_taylor(sde, scaling, model->activation, ctx) : status;
}

static ew_status scale_kinked(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                              ew_context *ctx)
{
    scaling->kinked = 1;
    ew_status status = add_number(&scaling->c_plus, sde, "c_plus", "c_+", "s_+ = 1 + c_plus e",
                                  model->c_plus, 0, ctx);
    return status == EW_OK ? add_number(&scaling->c_minus, sde, "c_minus", "c_-",
                                        "s_- = 1 + c_minus e", model->c_minus, 0, ctx)
                           : status;
}

static int is_unshaped_kinked(const ew_sde_model *model)
{
    return model->shaping == EW_SHAPING_NONE && model->activation && model->activation->kinks &&
           model->activation->homogeneous;
}

/* Unshaped, s = s_+ max(x, 0) + s_- min(x, 0), C_W = 1/E s'(g)^2. */
static ew_status scale_homogeneous(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                                   ew_context *ctx)
{
    ew_slopes s;
    slong fourth;
    ew_status status = ew_slopes_read(&s, model->activation, ctx);
    scaling->homogeneous = 1;
    if (status == EW_OK)
        status = ew_sde_add_internal(&scaling->mu, sde, "mu", ew_slopes_mu(&s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&scaling->eta, sde, "eta", ew_slopes_eta(&s, ctx), ctx);
    ew_expr *m = status == EW_OK ? ew_slopes_fourth(&s, ctx) : NULL;
    if (status == EW_OK)
        status = m ? add_number(&fourth, sde, "M", "M", "E s'(g)^4/(E s'(g)^2)^2", m, 0, ctx)
                   : ew_recorded(ctx);
    ew_expr_free(m);
    ew_slopes_clear(&s);
    return status;
}

/* Unshaped at K* = 0: with z = e x, the activation s(e x)/e is shaped with a = 1, and C_W =
 * 1/s'(0)^2 is that of vanishing variance. */
static ew_status scale_unshaped(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                                ew_context *ctx)
{
    const ew_activation *s = model->activation;
    scaling->unit = 0;
    ew_status status = check_smooth(model, ctx);
    if (status != EW_OK)
        return status;
    arb_t c;
    fmpq_t exact;
    int known;
    arb_init(c);
    fmpq_init(exact);
    status = ew_activation_taylor(c, exact, &known, s, 1, 256, ctx);
    if (status == EW_OK && !arb_is_zero(c) && !(known && fmpq_is_zero(exact)))
        status =
            ew_fail(ctx, EW_UNABLE,
                    "no limit: unshaped, %.60s has no critical point at K = 0 (s(0) is not "
                    "zero), so that one layer moves K by a quantity of order 1",
                    s->text);
    arb_clear(c);
    fmpq_clear(exact);
    return status == EW_OK ? add_all_taylor(sde, scaling, s, ctx) : status;
}

static ew_status add_rates(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                           ew_context *ctx)
{
    if (!model->ntk)
        return EW_OK;
    ew_status status = add_number(&scaling->lambda_w, sde, "lambda_W", "\\lambda_W",
                                  "n times the rate of the weights", model->lambda_w, 0, ctx);
    return status == EW_OK
               ? add_number(&scaling->lambda_b, sde, "lambda_b", "\\lambda_b",
                            "n times the rate of the biases", model->lambda_b, 0, ctx)
               : status;
}

/* e^order = 1/n, e^weight the approach to the identity. */
static ew_status set_power(ew_scaling *scaling, const ew_sde_model *model, ew_context *ctx)
{
    slong num = model->power_num ? model->power_num : 1;
    slong den = model->power_den ? model->power_den : 2;
    if (num < 1 || den < 1 || num > EW_SDE_MAX_ORDER || den > EW_SDE_MAX_ORDER)
        return ew_fail(ctx, EW_USAGE, "shaping: the power is not between 1/%d and %d",
                       EW_SDE_MAX_ORDER, EW_SDE_MAX_ORDER);
    scaling->order = den;
    scaling->weight = num;
    return EW_OK;
}

static ew_status set_scaling(ew_sde *sde, ew_scaling *scaling, const ew_sde_model *model,
                             ew_context *ctx)
{
    ew_status status = set_power(scaling, model, ctx);
    if (status == EW_OK && model->shaping == EW_SHAPING_SMOOTH)
        status = scale_smooth(sde, scaling, model, ctx);
    else if (status == EW_OK && model->shaping == EW_SHAPING_RELU)
        status = scale_kinked(sde, scaling, model, ctx);
    else if (status == EW_OK && is_unshaped_kinked(model))
        status = scale_homogeneous(sde, scaling, model, ctx);
    else if (status == EW_OK)
        status = scale_unshaped(sde, scaling, model, ctx);
    return status == EW_OK ? add_rates(sde, scaling, model, ctx) : status;
}

/* Special functions of every pair of inputs; those of derivatives only where fields need them.
 */
ew_status ew_sde_add_functions(ew_sde *sde, ew_scaling *scaling, const ew_fields *fields,
                               ew_context *ctx)
{
    slong m = fields->inputs;
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++)
        for (slong b = a + 1; b < m && status == EW_OK; b++) {
            slong x = ew_pair_of(fields, a * fields->sets, a * fields->sets);
            slong y = ew_pair_of(fields, a * fields->sets, b * fields->sets);
            slong z = ew_pair_of(fields, b * fields->sets, b * fields->sets);
            status = ew_sde_add_atom(&scaling->kink[a][b], sde, EW_SDE_KINK, x, y, z, ctx);
            if (status == EW_OK && fields->sets > 1)
                status =
                    ew_sde_add_atom(&scaling->angle[a][b], sde, EW_SDE_ANGLE, x, y, z, ctx);
            if (status == EW_OK && fields->sets > 1)
                status = ew_sde_add_atom(&scaling->root[a][b], sde, EW_SDE_ROOT, x, y, z, ctx);
            scaling->kink[b][a] = scaling->kink[a][b];
            scaling->angle[b][a] = scaling->angle[a][b];
            scaling->root[b][a] = scaling->root[a][b];
        }
    for (slong a = 0; a < m && fields->sets > 1 && status == EW_OK; a++)
        status = ew_sde_add_atom(&scaling->inverse[a], sde, EW_SDE_INVERSE,
                                 ew_pair_of(fields, a * fields->sets, a * fields->sets),
                                 EW_SDE_ONE, EW_SDE_ONE, ctx);
    return status;
}

/* ---- fields and names ---------------------------------------------------------------------
 */

static ew_status make_fields(ew_fields **fields, const ew_sde_model *model, ew_context *ctx)
{
    ew_generator kind[EW_MAX_INPUTS];
    ulong set[EW_MAX_INPUTS];
    slong n = 0;
    for (; n < model->direction; n++)
        kind[n] = EW_DIRECTION;
    if (model->ntk)
        kind[n++] = EW_TANGENT;
    for (slong g = 0; g < n; g++)
        set[g] = UWORD(1) << g;
    return ew_fields_new(fields, model->inputs, kind, n, set, n, ctx);
}

/* "" for a preactivation, "u", "v", ... for its derivatives, "t" for its tangent. */
static const char *mark(const ew_fields *fields, slong field)
{
    static const char *const direction[] = {"u", "v", "w", "x", "y", "z", "s", "r"};
    ulong set = ew_fields_at(fields, field).set;
    slong g = 0;
    if (!set)
        return "";
    if (set & fields->tangents)
        return "t";
    while (!(set >> g & 1))
        g++;
    return direction[g];
}

/* V12, Theta12 between tangents, V1_2u otherwise. */
static ew_status name_pair(ew_sde *sde, const ew_fields *fields, slong p, ew_context *ctx)
{
    slong a, b;
    ew_pair_fields(&a, &b, fields, p);
    int i = (int) (a / fields->sets) + 1, j = (int) (b / fields->sets) + 1;
    const char *u = mark(fields, a), *v = mark(fields, b);
    int tangents = *u == 't' && *v == 't', plain = (!*u && !*v) || tangents;
    char *name = plain ? ew_format(ctx, "%s%d%d", tangents ? "Theta" : "V", i, j)
                       : ew_format(ctx, "V%d%s_%d%s", i, u, j, v);
    char *latex = plain ? ew_format(ctx, "%s_{%d%d}", tangents ? "\\Theta" : "V", i, j)
                        : ew_format(ctx, "V_{%d%s,%d%s}", i, u, j, v);
    ew_status status = name && latex ? ew_sde_name(sde, p, name, latex, ctx) : EW_MEMORY;
    free(name);
    free(latex);
    return status;
}

ew_status ew_sde_name_pairs(ew_sde *sde, const ew_fields *fields, ew_context *ctx)
{
    ew_status status = EW_OK;
    sde->inputs = fields->inputs;
    sde->fields = fields->n;
    for (slong p = 0; p < fields->pairs && status == EW_OK; p++)
        status = name_pair(sde, fields, p, ctx);
    return status;
}

/* ---- the equation -------------------------------------------------------------------------
 */

static ew_status check_model(const ew_sde_model *model, ew_context *ctx)
{
    slong sets = 1 + model->direction + (model->ntk != 0);
    if (model->inputs < 1 || model->inputs * sets > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_USAGE, "sde: from 1 to %d fields, not %ld", EW_MAX_INPUTS,
                       (long) (model->inputs * sets));
    if (model->orthogonal && model->ntk)
        return ew_fail(ctx, EW_UNABLE, "sde: tangents of orthogonal weights are not available");
    if (is_unshaped_kinked(model) && model->inputs > 1)
        return ew_fail(ctx, EW_UNABLE,
                       "no limit: unshaped, one layer moves the correlation of two inputs by a "
                       "quantity of order 1; the limit is that of l^2 (1 - rho)");
    return EW_OK;
}

/* mu^2 + eta^2 = 1 and 4 mu^2 eta^2 = M - 1. */
static ew_status take_parts_out(ew_sde *sde, const ew_scaling *scaling, ew_context *ctx)
{
    const slong mu = scaling->mu, eta = scaling->eta, M = eta + 1;
    fmpq_mpoly_struct relation[2];
    fmpq_mpoly_init(relation, sde->ring);
    fmpq_mpoly_init(relation + 1, sde->ring);
    ew_sde_add_term(relation, 1, 1, (const slong[]){mu, mu}, 2, sde);
    ew_sde_add_term(relation, 1, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation, -1, 1, NULL, 0, sde);
    ew_sde_add_term(relation + 1, 4, 1, (const slong[]){eta, eta, eta, eta}, 4, sde);
    ew_sde_add_term(relation + 1, -4, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation + 1, 1, 1, (const slong[]){M}, 1, sde);
    ew_sde_add_term(relation + 1, -1, 1, NULL, 0, sde);
    ew_status status = ew_sde_eliminate(sde, relation, 2, ctx);
    fmpq_mpoly_clear(relation, sde->ring);
    fmpq_mpoly_clear(relation + 1, sde->ring);
    return status;
}

ew_status ew_sde_derive(ew_sde **out, const ew_sde_model *model, ew_context *ctx)
{
    ew_fields *fields = NULL;
    ew_sde *sde = NULL;
    ew_scaling scaling = {.unit = 1,
                          .inverse_a = -1,
                          .lambda_w = -1,
                          .lambda_b = -1,
                          .orthogonal = model->orthogonal};
    *out = NULL;
    ew_status status = check_model(model, ctx);
    if (status == EW_OK)
        status = make_fields(&fields, model, ctx);
    if (status == EW_OK)
        status = ew_sde_new(&sde, EW_SDE_COVARIANCE, model->clock, fields->pairs, ctx);
    if (status == EW_OK)
        status = ew_sde_name_pairs(sde, fields, ctx);
    if (status == EW_OK)
        status = set_scaling(sde, &scaling, model, ctx);
    if (status == EW_OK && scaling.kinked)
        status = ew_sde_add_functions(sde, &scaling, fields, ctx);
    if (status == EW_OK)
        status = ew_sde_open(sde, ctx);
    if (status == EW_OK)
        status = ew_sde_expand(sde, &scaling, fields, ctx);
    if (status == EW_OK && scaling.homogeneous)
        status = take_parts_out(sde, &scaling, ctx);
    if (status == EW_OK)
        status = ew_sde_finish(sde, ctx);
    ew_fields_free(fields);
    if (status != EW_OK) {
        ew_sde_free(sde);
        return status;
    }
    *out = sde;
    return EW_OK;
}
