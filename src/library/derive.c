/* derive: the layer recursion itself, for any activation or for one, as text and LaTeX. */
#include <stdlib.h>
#include <string.h>

#include "library/command.h"
#include "library/residual.h"
#include "library/value.h"
#include "readings/cumulant/equations/equations.h"

/* What was asked, and what of a network was given: the rest stays symbols. */
typedef struct {
    ew_equation_options opt;
    ew_setup *setup; /* with an activation */
    ew_scalar_list cw, cb, lambda_w, lambda_b, gram;
    ew_residual *residual;
    const char *text;     /* of the option `residual` */
    ew_scalar one, ratio; /* alpha^2 where it is 1, and d/m */
} request;

static void clear_request(request *r)
{
    ew_scalars_clear(&r->cw);
    ew_scalars_clear(&r->cb);
    ew_scalars_clear(&r->lambda_w);
    ew_scalars_clear(&r->lambda_b);
    ew_scalars_clear(&r->gram);
    ew_expr_free(r->one.e);
    ew_expr_free(r->ratio.e);
    ew_residual_free(r->residual);
    ew_setup_free(r->setup);
}

/* ---- reading the options ------------------------------------------------------------------
 */

/* The one value of a list; the recursion is that of one layer. */
static ew_status one_value(const ew_scalar **x, const ew_scalar_list *list, const char *name,
                           ew_context *ctx)
{
    if (list->n != 1)
        return ew_fail(ctx, EW_USAGE, "%s: one value, not a list by layer", name);
    *x = list->x;
    return EW_OK;
}

static ew_status read_value(const ew_scalar **x, ew_scalar_list *list, const char *name,
                            const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, name);
    if (!text)
        return EW_OK;
    ew_status status = ew_scalars_read(list, name, text, ctx);
    return status == EW_OK ? one_value(x, list, name, ctx) : status;
}

/* C_W and C_b: the rules of the other commands once one of them is given. */
static ew_status read_variances(request *r, const ew_network *net, ew_context *ctx)
{
    const char *cw = ew_network_get(net, "cw"), *cb = ew_network_get(net, "cb");
    if (!cw && !cb)
        return EW_OK;
    if (r->setup) {
        ew_status status = ew_setup_parameters(r->setup, net, ctx);
        if (status == EW_OK)
            status = one_value(&r->opt.cw, &r->setup->net.cw, "cw", ctx);
        return status == EW_OK ? one_value(&r->opt.cb, &r->setup->net.cb, "cb", ctx) : status;
    }
    if (!cw || strcmp(cw, "critical") == 0 || (cb && strcmp(cb, "critical") == 0))
        return ew_fail(ctx, EW_USAGE, "activation: none given, and C_W is to be found for it");
    ew_status status = read_value(&r->opt.cw, &r->cw, "cw", net, ctx);
    if (status == EW_OK)
        status = ew_scalars_read(&r->cb, "cb", cb ? cb : "0", ctx);
    return status == EW_OK ? one_value(&r->opt.cb, &r->cb, "cb", ctx) : status;
}

/* The covariance at which numbers are wanted. */
static ew_status read_covariance(request *r, const ew_network *net, ew_context *ctx)
{
    const char *k = ew_network_get(net, "k"), *gram = ew_network_get(net, "gram");
    if (!k && !gram)
        return EW_OK;
    if (k && gram)
        return ew_fail(ctx, EW_USAGE, "k and gram exclude each other");
    if (!r->setup)
        return ew_fail(ctx, EW_USAGE, "%s: numbers need an activation", k ? "k" : "gram");
    ew_status status = ew_scalars_read(&r->gram, k ? "k" : "gram", k ? k : gram, ctx);
    if (status != EW_OK)
        return status;
    slong m = 1;
    while (m * (m + 1) / 2 < r->gram.n)
        m++;
    if (m * (m + 1) / 2 != r->gram.n || (k && m > 1))
        return ew_fail(ctx, EW_USAGE,
                       "gram: an upper triangle has 1, 3, 6, 10, ... entries, not %ld",
                       (long) r->gram.n);
    r->opt.gram = r->gram.x;
    r->opt.gram_inputs = m;
    if (!ew_network_get(net, "input-count"))
        r->opt.family.inputs = m;
    return EW_OK;
}

static ew_status read_network(request *r, const ew_network *net, ew_context *ctx)
{
    ew_status status = EW_OK;
    if (ew_network_get(net, "activation"))
        status = ew_setup_brief(&r->setup, net, ctx);
    if (status == EW_OK && r->setup) {
        r->opt.activation = r->setup->activation;
        r->opt.method = r->setup->method;
    }
    if (status == EW_OK)
        status = read_variances(r, net, ctx);
    if (status == EW_OK)
        status = read_value(&r->opt.lambda_w, &r->lambda_w, "lambda-w", net, ctx);
    if (status == EW_OK)
        status = read_value(&r->opt.lambda_b, &r->lambda_b, "lambda-b", net, ctx);
    return status == EW_OK ? read_covariance(r, net, ctx) : status;
}

/* n/m, unless it stays a symbol. */
static ew_status read_ratio(request *r, ew_context *ctx)
{
    const ew_setting none = {.residual = r->residual};
    fmpq_t x;
    fmpq_init(x);
    ew_status status = ew_residual_ratio(x, &none, ctx);
    char *text = status == EW_OK ? fmpq_get_str(NULL, 10, x) : NULL;
    if (text)
        status = ew_value_constant(&r->ratio.e, "residual: inner", text, ctx);
    flint_free(text);
    fmpq_clear(x);
    r->opt.ratio = &r->ratio;
    return status;
}

/* Blocks in place of layers.  alpha = L^-beta is a symbol, since the recursion does not know L,
 * but for beta = 0. */
static ew_status read_residual(request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "residual");
    if (!text)
        return EW_OK;
    if (r->opt.family.ensemble == EW_ENSEMBLE_ORTHOGONAL)
        return ew_fail(ctx, EW_UNABLE, "residual: not with orthogonal weights");
    r->text = text;
    ew_status status = ew_residual_read(&r->residual, text, ctx);
    if (status != EW_OK)
        return status;
    const ew_residual *block = r->residual;
    r->opt.family.ensemble = block->wide ? EW_ENSEMBLE_WIDE_BLOCK : EW_ENSEMBLE_BLOCK;
    if (block->cv_given)
        r->opt.cv = &block->cv;
    if (ew_expr_sign(block->beta.e) == 0) {
        status = ew_value_constant(&r->one.e, "residual", "1", ctx);
        r->opt.alpha2 = &r->one;
    }
    return status == EW_OK && (block->inner || block->over) ? read_ratio(r, ctx) : status;
}

static ew_status read_request(request *r, const ew_network *net, ew_context *ctx)
{
    const char *notation = ew_network_get(net, "notation");
    r->opt.family.order = ew_network_integer(net, "order", 1);
    r->opt.family.inputs = ew_network_integer(net, "input-count", 1);
    r->opt.family.directions = ew_network_integer(net, "direction-count", 0);
    r->opt.family.descent = ew_network_descent(net);
    r->opt.family.ensemble = ew_setup_ensemble(net);
    ew_status status = read_residual(r, net, ctx);
    r->opt.quantity = ew_network_get(net, "quantity");
    r->opt.susceptibilities = notation && strcmp(notation, "susceptibilities") == 0;
    r->opt.steps = ew_network_get(net, "steps") != NULL;
    r->opt.digits = ew_network_integer(net, "digits", 15);
    return status == EW_OK ? read_network(r, net, ctx) : status;
}

/* ---- the result ---------------------------------------------------------------------------
 */

static int put_scalar(json_t *o, const char *name, const ew_scalar *x, slong digits,
                      ew_context *ctx)
{
    return x ? json_object_set_new(o, name, ew_scalar_json(x, digits, ctx)) : 0;
}

static json_t *gram_json(const ew_equation_options *opt, ew_context *ctx)
{
    slong n = opt->gram_inputs * (opt->gram_inputs + 1) / 2;
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; i < n; i++)
        bad |= json_array_append_new(list, ew_scalar_json(opt->gram + i, opt->digits, ctx));
    return ew_command_node(list, bad, ctx);
}

static json_t *network_json(const request *r, ew_context *ctx)
{
    const ew_equation_options *opt = &r->opt;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "order", json_integer((json_int_t) opt->family.order));
    ew_clear(ctx);
    if (opt->family.ensemble == EW_ENSEMBLE_ORTHOGONAL)
        bad |= json_object_set_new(o, "ensemble", json_string("orthogonal"));
    if (r->residual)
        bad |= json_object_set_new(o, "residual", json_string(r->text));
    if (opt->activation)
        bad |= json_object_set_new(o, "activation", json_string(opt->activation->text));
    bad |= put_scalar(o, "cw", opt->cw, opt->digits, ctx);
    bad |= put_scalar(o, "cb", opt->cb, opt->digits, ctx);
    bad |= put_scalar(o, "lambda_w", opt->lambda_w, opt->digits, ctx);
    bad |= put_scalar(o, "lambda_b", opt->lambda_b, opt->digits, ctx);
    if (opt->gram) {
        bad |= opt->gram_inputs == 1 ? put_scalar(o, "k", opt->gram, opt->digits, ctx)
                                     : json_object_set_new(o, "gram", gram_json(opt, ctx));
        bad |= json_object_set_new(o, "digits", json_integer((json_int_t) opt->digits));
    }
    return ew_command_node(o, bad, ctx);
}

static json_t *coefficients_json(const ew_equation *e)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong t = 0; !bad && t < e->terms; t++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "of", json_string(e->of[t]));
        bad |= json_object_set_new(o, "value", ew_json_certified(&e->c[t]));
        bad |= json_array_append_new(list, o);
    }
    return ew_command_node(list, bad, NULL);
}

static json_t *equation_json(const ew_equation *e)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "lhs", json_string(e->lhs));
    bad |= json_object_set_new(o, "rhs", json_string(e->rhs));
    bad |= json_object_set_new(o, "latex", json_string(e->latex));
    if (e->terms)
        bad |= json_object_set_new(o, "coefficients", coefficients_json(e));
    return ew_command_node(o, bad, NULL);
}

static json_t *list_json(const ew_equation *e, slong n)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; !bad && i < n; i++)
        bad |= json_array_append_new(list, equation_json(&e[i]));
    return ew_command_node(list, bad, NULL);
}

static json_t *equations_json(const ew_equations *e, ew_context *ctx)
{
    json_t *body = json_object();
    int bad = 0;
    if (e->steps)
        bad |= json_object_set_new(body, "steps", list_json(e->step, e->steps));
    bad |= json_object_set_new(body, "equations", list_json(e->equation, e->n));
    return ew_command_node(body, bad, ctx);
}

ew_status ew_derive(ew_result **res, const ew_network *net, ew_context *ctx)
{
    request r = {.opt = {.digits = 15}};
    ew_equations *e = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = read_request(&r, net, ctx);
    if (status == EW_OK)
        status = ew_cumulant_equations(&e, &r.opt, ctx);
    if (status == EW_OK)
        status =
            ew_command_end(res, "derive", network_json(&r, ctx), equations_json(e, ctx), ctx);
    ew_equations_free(e);
    clear_request(&r);
    return status;
}
