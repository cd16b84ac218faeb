#include <stdlib.h>
#include <string.h>

#include "activation/polynomial.h"
#include "arith/decimal.h"
#include "chain/psd.h"
#include "library/sde.h"
#include "library/value.h"

#define PSD_BITS 256

void ew_sde_request_free(ew_sde_request *r)
{
    if (!r)
        return;
    ew_sde_verdict_free(r->verdict);
    ew_sde_free(r->all);
    ew_sde_free(r->one);
    ew_sde_free(r->pair);
    ew_scalars_clear(&r->gram);
    ew_residual_free(r->residual);
    ew_expr_free(r->cw);
    ew_expr_free(r->cb);
    ew_expr_free(r->width);
    ew_expr_free(r->a);
    ew_expr_free(r->c_plus);
    ew_expr_free(r->c_minus);
    ew_expr_free(r->lambda_w);
    ew_expr_free(r->lambda_b);
    ew_activation_free(r->activation);
    free(r);
}

/* ---- options ------------------------------------------------------------------------------
 */

static ew_status read_number(ew_expr **e, const char *name, const char *otherwise,
                             const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, name);
    if (!text)
        text = otherwise;
    return text ? ew_value_constant(e, name, text, ctx) : EW_OK;
}

static ew_status read_activation(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "activation");
    if (!text && r->model.shaping != EW_SHAPING_RELU)
        return ew_fail(ctx, EW_USAGE, "activation: none given");
    if (!text)
        return EW_OK;
    ew_status status = ew_activation_new(&r->activation, text, ctx);
    if (status == EW_OK && r->model.shaping == EW_SHAPING_RELU &&
        !(r->activation->homogeneous && r->activation->kinks))
        status = ew_fail(ctx, EW_DOMAIN,
                         "shaping: relu is for a max(z,0) + b min(z,0), which %.60s is not",
                         r->activation->text);
    r->model.activation = r->activation;
    return status;
}

static ew_shaping shaping_named(const char *name)
{
    if (!name || strcmp(name, "smooth") == 0)
        return EW_SHAPING_SMOOTH;
    return strcmp(name, "relu") == 0 ? EW_SHAPING_RELU : EW_SHAPING_NONE;
}

/* The options of a shaping that is not asked for are refused, not ignored. */
static ew_status refuse_idle(const ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    static const struct {
        const char *name;
        ew_shaping of;
    } idle[] = {
        {"a", EW_SHAPING_SMOOTH}, {"c-plus", EW_SHAPING_RELU}, {"c-minus", EW_SHAPING_RELU}};
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (ew_network_get(net, idle[i].name) && r->model.shaping != idle[i].of)
            return ew_fail(ctx, EW_USAGE, "%s: not with this shaping", idle[i].name);
    if (r->model.shaping == EW_SHAPING_RELU &&
        (!ew_network_get(net, "c-plus") || !ew_network_get(net, "c-minus")))
        return ew_fail(ctx, EW_USAGE, "shaping: relu needs c-plus and c-minus");
    return EW_OK;
}

static ew_status read_numbers(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    ew_status status = refuse_idle(r, net, ctx);
    if (status == EW_OK && r->model.shaping == EW_SHAPING_SMOOTH)
        status = read_number(&r->a, "a", "1", net, ctx);
    if (status == EW_OK)
        status = read_number(&r->c_plus, "c-plus", NULL, net, ctx);
    if (status == EW_OK)
        status = read_number(&r->c_minus, "c-minus", NULL, net, ctx);
    if (status == EW_OK)
        status = read_number(&r->lambda_w, "lambda-w", "1", net, ctx);
    if (status == EW_OK)
        status = read_number(&r->lambda_b, "lambda-b", "0", net, ctx);
    r->model.a = r->a;
    r->model.c_plus = r->c_plus;
    r->model.c_minus = r->c_minus;
    r->model.lambda_w = r->lambda_w;
    r->model.lambda_b = r->lambda_b;
    return status;
}

/* --power P: a positive rational of small terms. */
static ew_status read_power(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "power");
    fmpq_t p;
    if (!text)
        return EW_OK;
    fmpq_init(p);
    ew_status status = EW_OK;
    if (ew_rational_read(p, text) != 0 || fmpq_sgn(p) <= 0 ||
        fmpz_cmp_si(fmpq_numref(p), 24) > 0 || fmpz_cmp_si(fmpq_denref(p), 24) > 0)
        status = ew_fail(ctx, EW_USAGE,
                         "power: '%.40s' is no positive rational of terms up to 24", text);
    else {
        r->model.power_num = fmpz_get_si(fmpq_numref(p));
        r->model.power_den = fmpz_get_si(fmpq_denref(p));
    }
    if (status == EW_OK && r->model.shaping == EW_SHAPING_NONE)
        status = ew_fail(ctx, EW_USAGE, "power: not with this shaping");
    fmpq_clear(p);
    return status;
}

/* ---- residual networks --------------------------------------------------------------------
 */

/* Blocks of size L^-beta: 1/2 is where a limit is that moves; above, nothing is left to move
 * it. */
static ew_status compare_beta(int *above, ew_sde_request *r, ew_context *ctx)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, 1, 2);
    ew_expr *half = ew_expr_num(q, ctx);
    ew_status status =
        half ? ew_constant_compare(above, r->residual->beta.e, half, ctx) : ew_recorded(ctx);
    ew_expr_free(half);
    fmpq_clear(q);
    if (status == EW_OK && *above < 0)
        status = ew_fail(ctx, EW_UNABLE,
                         "no limit: one block moves the mean of V11 by a quantity of order "
                         "L^(-2 beta), more than 1/L");
    return status;
}

/* C_b; 0 is no bias. */
static ew_status read_bias(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "cb");
    int sign = 0;
    if (!text)
        return EW_OK;
    ew_status status = ew_value_constant(&r->cb, "cb", text, ctx);
    if (status == EW_OK)
        status = ew_value_sign(r->cb, "cb", 0, ctx);
    if (status == EW_OK)
        status = ew_constant_sign(&sign, r->cb, ctx);
    if (status == EW_OK && sign == 0) {
        ew_expr_free(r->cb);
        r->cb = NULL;
    }
    return status;
}

static ew_status read_residual(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "residual");
    const char *width = ew_network_get(net, "width"), *cw = ew_network_get(net, "cw");
    if (!text)
        return EW_OK;
    if (ew_network_get(net, "shaping") || r->model.orthogonal || r->model.ntk ||
        ew_network_get(net, "clock"))
        return ew_fail(ctx, EW_USAGE, "residual: not with shaping, clock, ensemble or ntk");
    if (!width)
        return ew_fail(ctx, EW_USAGE, "residual: the width of h is needed");
    r->model.shaping = EW_SHAPING_NONE;
    r->model.clock = EW_CLOCK_DEPTH;
    ew_status status = ew_residual_read(&r->residual, text, ctx);
    if (status == EW_OK)
        status = ew_value_constant(&r->width, "width", width, ctx);
    if (status == EW_OK)
        status = ew_value_constant(&r->cw, "cw", cw ? cw : "1", ctx);
    if (status == EW_OK)
        status = ew_value_sign(r->cw, "cw", 1, ctx);
    return status == EW_OK ? read_bias(r, net, ctx) : status;
}

static ew_status derive_residual(ew_sde_request *r, ew_context *ctx)
{
    int above = 0;
    ew_status status = compare_beta(&above, r, ctx);
    ew_expr *cv = above > 0 ? ew_expr_si(0, ctx) : ew_expr_ref(r->residual->cv.e);
    ew_residual_model model = {.activation = r->activation,
                               .cw = r->cw,
                               .cb = r->cb,
                               .cv = cv,
                               .dimension = r->width,
                               .inputs = 1};
    if (status == EW_OK)
        status = cv ? ew_sde_residual(&r->one, &model, ctx) : ew_recorded(ctx);
    model.inputs = r->model.inputs;
    model.direction = r->model.direction;
    if (status == EW_OK)
        status = ew_sde_residual(&r->all, &model, ctx);
    if (status == EW_OK && model.inputs == 2 && !model.direction && !r->all->moments)
        status = ew_sde_correlation(&r->pair, r->all, ctx);
    ew_expr_free(cv);
    return status;
}

/* ---- the initial covariance ---------------------------------------------------------------
 */

static slong entry(slong m, slong a, slong b)
{
    slong i = a < b ? a : b, j = a < b ? b : a;
    return i * m - i * (i - 1) / 2 + (j - i);
}

static ew_status is_psd(int *psd, const ew_scalar_list *gram, slong m, ew_context *ctx)
{
    fmpq *q = _fmpq_vec_init(m * m);
    arb_ptr x = _arb_vec_init(m * m);
    int rational = 1;
    ew_status status = EW_OK;
    for (slong i = 0; i < m * m && status == EW_OK; i++) {
        const ew_scalar *k = gram->x + entry(m, i / m, i % m);
        rational = rational && ew_scalar_rational(q + i, k);
        status = ew_scalar_ball(x + i, k, PSD_BITS, ctx);
    }
    if (status == EW_OK)
        status =
            rational ? ew_psd_rational(psd, q, m, ctx) : ew_psd_balls(psd, x, m, PSD_BITS, ctx);
    _fmpq_vec_clear(q, m * m);
    _arb_vec_clear(x, m * m);
    return status;
}

static ew_status check_gram(const ew_scalar_list *gram, slong m, ew_context *ctx)
{
    int psd = 1;
    for (slong a = 0; a < m; a++) {
        int sign;
        ew_status status = ew_constant_sign(&sign, gram->x[entry(m, a, a)].e, ctx);
        if (status != EW_OK)
            return status;
        if (sign <= 0)
            return ew_fail(ctx, EW_DOMAIN, "gram: the variance of input %ld is not positive",
                           (long) a + 1);
    }
    ew_status status = is_psd(&psd, gram, m, ctx);
    if (status == EW_OK && psd == 0)
        status = ew_fail(ctx, EW_DOMAIN,
                         "gram: not positive semi-definite (a correlation outside [-1,1])");
    return status;
}

static ew_status read_gram(ew_sde_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "gram");
    slong m = ew_network_integer(net, "input-count", 0), n = 1;
    slong sets = 1 + r->model.direction + r->model.ntk;
    r->model.inputs = r->known = m ? m : 1;
    if (!text)
        return EW_OK;
    ew_status status = ew_scalars_read(&r->gram, "gram", text, ctx);
    if (status != EW_OK)
        return status;
    while (n * (n + 1) / 2 < r->gram.n)
        n++;
    if (n * (n + 1) / 2 != r->gram.n)
        return ew_fail(ctx, EW_USAGE,
                       "gram: an upper triangle has 1, 3, 6, 10, ... entries, not %ld",
                       (long) r->gram.n);
    if (m && m != n && m * sets != n)
        return ew_fail(ctx, EW_USAGE, "gram: that of %ld inputs, not %ld", (long) n, (long) m);
    r->model.inputs = m ? m : n;
    r->known = n;
    return check_gram(&r->gram, n, ctx);
}

/* ---- the equations ------------------------------------------------------------------------
 */

static ew_status derive_pair(ew_sde_request *r, ew_context *ctx)
{
    ew_sde_model model = r->model;
    if (model.inputs > 1 && model.shaping == EW_SHAPING_NONE && r->activation->kinks)
        return ew_sde_angle(&r->pair, r->activation, model.inputs, ctx);
    if (model.inputs != 2)
        return EW_OK;
    model.direction = model.ntk = 0;
    ew_sde *two;
    ew_status status = ew_sde_derive(&two, &model, ctx);
    if (status != EW_OK)
        return status;
    status = ew_sde_correlation(&r->pair, two, ctx);
    ew_sde_free(two);
    return status;
}

static ew_status derive_plain(ew_sde_request *r, ew_context *ctx)
{
    ew_sde_model model = r->model;
    model.inputs = 1;
    model.direction = model.ntk = 0;
    int angle = model.shaping == EW_SHAPING_NONE && r->activation->kinks &&
                r->activation->homogeneous && r->model.inputs > 1;
    if (angle && (model.orthogonal || r->model.direction || r->model.ntk))
        return ew_fail(
            ctx, EW_UNABLE,
            "sde: unshaped and with a kink, several inputs have Gaussian weights and "
            "no derivative fields");
    ew_status status = ew_sde_derive(&r->one, &model, ctx);
    if (status == EW_OK && !angle)
        status = ew_sde_derive(&r->all, &r->model, ctx);
    return status == EW_OK ? derive_pair(r, ctx) : status;
}

static ew_status derive(ew_sde_request *r, ew_context *ctx)
{
    ew_status status = r->residual ? derive_residual(r, ctx) : derive_plain(r, ctx);
    return status == EW_OK
               ? ew_sde_verdict_new(&r->verdict, r->one, r->gram.n ? r->gram.x->e : NULL, ctx)
               : status;
}

static void read_model(ew_sde_request *r, const ew_network *net)
{
    const char *clock = ew_network_get(net, "clock"),
               *ensemble = ew_network_get(net, "ensemble");
    slong directions = ew_network_integer(net, "direction-count", 0);
    r->digits = ew_network_integer(net, "digits", 15);
    r->model.shaping = shaping_named(ew_network_get(net, "shaping"));
    r->model.clock = clock && strcmp(clock, "depth") == 0 ? EW_CLOCK_DEPTH : EW_CLOCK_WIDTH;
    r->model.orthogonal = ensemble && strcmp(ensemble, "orthogonal") == 0;
    r->model.ntk = ew_network_get(net, "ntk") != NULL;
    r->model.direction = directions;
}

ew_status ew_sde_request_new(ew_sde_request **out, const ew_network *net, ew_context *ctx)
{
    *out = NULL;
    ew_sde_request *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    read_model(r, net);
    ew_status status = read_residual(r, net, ctx);
    if (status == EW_OK)
        status = read_activation(r, net, ctx);
    if (status == EW_OK)
        status = read_numbers(r, net, ctx);
    if (status == EW_OK)
        status = read_power(r, net, ctx);
    if (status == EW_OK)
        status = read_gram(r, net, ctx);
    if (status == EW_OK)
        status = derive(r, ctx);
    if (status != EW_OK) {
        ew_sde_request_free(r);
        return status;
    }
    *out = r;
    return EW_OK;
}
