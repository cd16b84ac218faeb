/* cumulants: every coefficient in 1/n, layer by layer. */
#include <stdlib.h>
#include <string.h>

#include "library/asymptotics.h"
#include "library/command.h"
#include "readings/cumulant/cumulant.h"

static json_t *of_json(const ew_cumulant_table *t, slong term)
{
    json_t *of = json_array();
    int bad = 0;
    for (slong i = 0; i < t->of_n[term]; i++)
        bad |= json_array_append_new(of, json_string(t->of[term][i]));
    return ew_command_node(of, bad, NULL);
}

static const ew_certified *coefficients(const ew_cumulant_table *t, slong l, slong term)
{
    return t->c + (l * t->terms + term) * (t->order + 1);
}

static json_t *terms_json(const ew_cumulant_table *t, slong l)
{
    json_t *terms = json_array();
    int bad = 0;
    for (slong i = 0; !bad && i < t->terms; i++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "of", of_json(t, i));
        bad |= json_object_set_new(o, "c", ew_json_vector(coefficients(t, l, i), t->order + 1));
        bad |= json_array_append_new(terms, o);
    }
    return ew_command_node(terms, bad, NULL);
}

static int put_letters(json_t *layer, const ew_cumulant_table *t, slong l)
{
    int bad = 0;
    for (slong i = 0; i < t->terms; i++)
        for (slong j = 0; j <= t->order; j++) {
            const char *name = t->name[i * (t->order + 1) + j];
            if (name)
                bad |= json_object_set_new(layer, name,
                                           ew_json_certified(coefficients(t, l, i) + j));
        }
    return bad;
}

/* Is it a joint cumulant of copies of Ghat_zz alone? */
static int is_preactivation(const ew_cumulant_table *t, slong term)
{
    for (slong i = 0; i < t->of_n[term]; i++)
        if (strcmp(t->of[term][i], "a.a"))
            return 0;
    return 1;
}

static json_t *kappa_json(const ew_cumulant_table *t, slong l)
{
    json_t *kappa = json_object();
    int bad = 0;
    for (slong i = 0; i < t->terms; i++) {
        if (!is_preactivation(t, i))
            continue;
        char *key = ew_format(NULL, "%ld", (long) t->of_n[i]);
        bad |= !key || json_object_set_new(kappa, key,
                                           ew_json_vector(coefficients(t, l, i), t->order + 1));
        free(key);
    }
    return ew_command_node(kappa, bad, NULL);
}

static int put_ratios(json_t *layer, const ew_cumulant_table *t, slong l)
{
    int bad = 0;
    for (slong i = 0; i < t->ratios; i++)
        bad |= json_object_set_new(layer, t->ratio_name[i],
                                   ew_json_certified(t->ratio + l * t->ratios + i));
    return bad;
}

static json_t *layer_json(const ew_cumulant_table *t, slong l)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "layer", json_integer((json_int_t) l + 1));
    bad |= json_object_set_new(o, "terms", terms_json(t, l));
    bad |= put_letters(o, t, l);
    bad |= put_ratios(o, t, l);
    bad |= json_object_set_new(o, "kappa", kappa_json(t, l));
    return ew_command_node(o, bad, NULL);
}

static json_t *table_json(const ew_cumulant_table *t, ew_context *ctx)
{
    json_t *layers = json_array(), *body = json_object();
    int bad = 0;
    for (slong l = 0; !bad && l < t->layers; l++)
        bad |= json_array_append_new(layers, layer_json(t, l));
    bad |= json_object_set_new(body, "layers", layers);
    if (t->method)
        bad |= json_object_set_new(body, "method", json_string(t->method));
    return ew_command_node(body, bad, ctx);
}

static json_t *network_json(const ew_setup *s, const ew_network *net, slong order,
                            ew_context *ctx)
{
    json_t *o = ew_setup_json(s, net, ctx);
    int bad = json_object_set_new(o, "order", json_integer((json_int_t) order));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_cumulants(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_cumulant_table *t = NULL;
    ew_cumulant_options opt = {0};
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = ew_setup_new(&s, net, ctx);
    if (status == EW_OK && ew_network_get(net, "asymptotics")) {
        status = ew_asymptotics_run(res, s, net, ctx);
        ew_setup_free(s);
        return status;
    }
    if (status == EW_OK) {
        opt.order = ew_network_integer(net, "order", 1);
        opt.ntk = ew_network_get(net, "ntk") != NULL;
        opt.digits = s->digits;
        opt.exact = s->exact;
        opt.method = s->method;
        status = ew_cumulant_solve(&t, &s->net, &opt, ctx);
    }
    if (status == EW_OK)
        status = ew_command_end(res, "cumulants", network_json(s, net, opt.order, ctx),
                                table_json(t, ctx), ctx);
    ew_cumulant_free(t);
    ew_setup_free(s);
    return status;
}
