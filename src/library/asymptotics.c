#include "library/asymptotics.h"

#include <stdlib.h>

#include "readings/cumulant/asymptotic/asymptotic.h"

#define DEFAULT_TERMS 3

/* ---- the class ----------------------------------------------------------------------------
 */

/* A given number is that of the critical point, exactly. */
static int same_number(const ew_scalar *given, const ew_expr *critical)
{
    fmpq_t x, y;
    fmpq_init(x);
    fmpq_init(y);
    int same = critical && ew_scalar_rational(x, given) && ew_expr_rational(y, critical) &&
               fmpq_equal(x, y);
    fmpq_clear(x);
    fmpq_clear(y);
    return same;
}

/* Numbers given by hand: they have to be those of the preferred critical point. */
static ew_status recognise(ew_setup *s, ew_context *ctx)
{
    if (s->point)
        return EW_OK;
    ew_status status = ew_critical_preferred(&s->point, s->activation, ctx);
    if (status != EW_OK)
        return status;
    if (!s->point)
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: class none, no critical point of %.60s was found",
                       s->activation->text);
    if (s->net.cw.n != 1 || s->net.cb.n != 1 ||
        !same_number(s->net.cw.x, ew_critical_exact(s->point, EW_AT_CW)) ||
        !same_number(s->net.cb.x, ew_critical_exact(s->point, EW_AT_CB)))
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: C_W and C_b are not those of the critical point (leave "
                       "them out, or say critical)");
    return EW_OK;
}

/* K* of a half-stable point, as a number of the network. */
static ew_status fixed_point(arb_t x, slong prec, void *point, ew_context *ctx)
{
    return ew_critical_balls(x, NULL, NULL, NULL, NULL, point, prec, ctx);
}

/* All of them are exactly 0, from layer 2 on. */
static int all_zero(const ew_scalar_list *list)
{
    int zero = 1;
    fmpq_t x;
    fmpq_init(x);
    for (slong l = 1; l < list->n && zero; l++)
        zero = ew_scalar_rational(x, list->x + l) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

/* All are one rational, from layer 2 on. */
static int all_same(const ew_scalar_list *list)
{
    int same = list->n > 1;
    fmpq_t x, y;
    fmpq_init(x);
    fmpq_init(y);
    same = same && ew_scalar_rational(x, list->x + 1);
    for (slong l = 2; l < list->n && same; l++)
        same = ew_scalar_rational(y, list->x + l) && fmpq_equal(x, y);
    fmpq_clear(x);
    fmpq_clear(y);
    return same;
}

/* Residual blocks: K grows by a factor where nothing but the input has a scale. */
static ew_status check_blocks(const ew_setup *s, int tangents, ew_context *ctx)
{
    if (!s->activation->homogeneous)
        return ew_fail(
            ctx, EW_UNABLE,
            "asymptotics: K of residual blocks grows without a law that is known, as "
            "%.60s is not a max(z, 0) + b min(z, 0)",
            s->activation->text);
    if (!all_zero(&s->net.cb) || (tangents && !all_zero(&s->net.lambda_b)))
        return ew_fail(ctx, EW_UNABLE, "asymptotics: residual blocks with biases");
    if (!all_same(&s->net.cw) || (tangents && !all_same(&s->net.lambda_w)))
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: residual blocks must have the same, rational parameters");
    return EW_OK;
}

/* The class, and the K that a half-stable network is started at. */
static ew_status choose_class(ew_asymptotic_class *class, ew_setting *net, ew_scalar *start,
                              ew_setup *s, ew_context *ctx)
{
    ew_status status = recognise(s, ctx);
    if (status != EW_OK)
        return status;
    *net = s->net;
    *class = EW_AT_FIXED;
    switch (ew_critical_class(s->point)) {
    case EW_SCALE_INVARIANT:
        return EW_OK;
    case EW_HALF_STABLE:
        *start = (ew_scalar){.fn = fixed_point, .data = s->point};
        net->gram = start;
        return EW_OK;
    case EW_ZERO_FIXED_POINT:
        *class = EW_AT_ZERO;
        return EW_OK;
    default:
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: chi_par is not 1 at this point, which is not critical but "
                       "on the edge of chaos");
    }
}

/* ---- JSON ---------------------------------------------------------------------------------
 */

static json_t *term_json(const ew_asymptotic_term *t)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "power", json_string(t->power));
    bad |= json_object_set_new(o, "log", json_integer((json_int_t) t->log));
    bad |= json_object_set_new(o, "coefficient",
                               t->value.mid ? ew_json_certified(&t->value)
                                            : json_string(t->coefficient));
    return ew_command_node(o, bad, NULL);
}

/* The terms, and the error where there is one. */
static int put_sum(json_t *o, const char *key, const ew_asymptotic_sum *sum)
{
    json_t *terms = json_array();
    int bad = 0;
    for (slong i = 0; i < sum->n; i++)
        bad |= json_array_append_new(terms, term_json(&sum->t[i]));
    return bad | json_object_set_new(o, key, terms);
}

static json_t *entry_json(const ew_asymptotic_entry *e)
{
    json_t *o = json_object();
    char *latex = ew_format(NULL, "%s &= %s", e->latex, e->in_l.latex);
    int bad = latex == NULL;
    bad |= json_object_set_new(o, "quantity", json_string(e->name));
    bad |= json_object_set_new(o, "law", json_string(e->law));
    bad |= json_object_set_new(o, "lhs", json_string(e->name));
    bad |= json_object_set_new(o, "rhs", json_string(e->in_l.text));
    if (latex)
        bad |= json_object_set_new(o, "latex", json_string(latex));
    bad |= put_sum(o, "in_l", &e->in_l);
    if (e->in_l.error)
        bad |= json_object_set_new(o, "error", json_string(e->in_l.error));
    if (e->in_k.text)
        bad |= put_sum(o, "in_k", &e->in_k);
    free(latex);
    return ew_command_node(o, bad, NULL);
}

/* The leading terms of the normalised quantities. */
static json_t *laws_json(const ew_asymptotics *a)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; i < a->n; i++) {
        const ew_asymptotic_entry *e = &a->entry[i];
        if (e->normalised)
            bad |= json_array_append_new(
                list, json_pack("{s:s,s:s}", "quantity", e->name, "law", e->law));
    }
    return ew_command_node(list, bad, NULL);
}

/* The expansions in k, as equations. */
static json_t *kernel_json(const ew_asymptotics *a)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; i < a->n; i++) {
        const ew_asymptotic_entry *e = &a->entry[i];
        char *latex = ew_format(NULL, "%s &= %s", e->latex, e->in_k.latex);
        bad |= !latex ||
               json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "lhs", e->name, "rhs",
                                                     e->in_k.text, "latex", latex));
        free(latex);
    }
    return ew_command_node(list, bad, NULL);
}

static json_t *entries_json(const ew_asymptotics *a)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; i < a->n; i++)
        bad |= json_array_append_new(list, entry_json(&a->entry[i]));
    return ew_command_node(list, bad, NULL);
}

static json_t *constants_json(const ew_asymptotics *a)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong i = 0; i < a->constants; i++)
        bad |= json_array_append_new(list, json_pack("{s:s,s:s}", "name", a->constant[i].name,
                                                     "meaning", a->constant[i].meaning));
    return ew_command_node(list, bad, NULL);
}

static json_t *body_json(const ew_asymptotics *a, const ew_setup *s, ew_context *ctx)
{
    json_t *body = json_object();
    int bad = json_object_set_new(
        body, "class",
        json_string(s->residual ? "residual" : ew_class_name(ew_critical_class(s->point))));
    if (a->variable)
        bad |= json_object_set_new(body, "variable", json_string(a->variable));
    if (!s->residual && ew_critical_class(s->point) == EW_HALF_STABLE)
        bad |= json_object_set_new(body, "start", json_string("K = K*"));
    bad |= json_object_set_new(body, "asymptotics", entries_json(a));
    bad |= json_object_set_new(body, "laws", laws_json(a));
    if (a->variable && !s->residual)
        bad |= json_object_set_new(body, "expansions", kernel_json(a));
    if (a->constants > 0)
        bad |= json_object_set_new(body, "constants", constants_json(a));
    return ew_command_node(body, bad, ctx);
}

static json_t *network_json(const ew_setup *s, const ew_network *net,
                            const ew_asymptotic_options *opt, ew_context *ctx)
{
    json_t *o = ew_command_expansion(s, net, opt->order, ctx);
    int bad = json_object_set_new(o, "terms", json_integer((json_int_t) opt->terms));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_asymptotics_run(ew_result **res, ew_setup *s, const ew_network *net,
                             ew_context *ctx)
{
    ew_asymptotics *a = NULL;
    ew_asymptotic_options opt = {.order = ew_network_integer(net, "order", 1),
                                 .terms = ew_network_integer(net, "terms", DEFAULT_TERMS),
                                 .descent = ew_network_descent(net),
                                 .digits = s->digits,
                                 .method = s->method};
    ew_scalar start;
    ew_setting setting;
    ew_status status;
    if (s->residual) {
        opt.class = EW_AT_GROWTH;
        setting = s->net;
        status = check_blocks(s, opt.descent > 0, ctx);
    } else
        status = choose_class(&opt.class, &setting, &start, s, ctx);
    if (status == EW_OK)
        status = ew_cumulant_asymptotics(&a, &setting, &opt, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "cumulants", network_json(s, net, &opt, ctx),
                                body_json(a, s, ctx), ctx);
    ew_asymptotics_free(a);
    return status;
}
