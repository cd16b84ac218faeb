/* sample: Monte Carlo of networks of finite width. */
#include "readings/sample/sample.h"

#include <string.h>

#include "library/keep.h"
#include "library/sample.h"
#include "readings/sample/preactivation.h"

#define WIDTH 128
#define SAMPLES 10000

static json_t *term_json(const ew_sample_table *t, slong l, slong i)
{
    const ew_estimate *x = t->value + l * t->terms + i;
    json_t *of = json_array(), *o = json_object();
    int bad = 0;
    for (slong k = 0; k < t->of_n[i]; k++)
        bad |= json_array_append_new(of, json_string(t->of[i][k]));
    bad |= json_object_set_new(o, "of", of);
    bad |= json_object_set_new(o, "value", ew_json_sampled(x->mean, x->se));
    return ew_command_node(o, bad, NULL);
}

json_t *ew_sample_json(const ew_sample_table *t, slong first, ew_context *ctx)
{
    json_t *layers = json_array(), *body = json_object();
    int bad = 0;
    for (slong l = 0; !bad && l < t->layers; l++) {
        json_t *terms = json_array(), *o = json_object();
        for (slong i = 0; !bad && i < t->terms; i++)
            bad |= json_array_append_new(terms, term_json(t, l, i));
        bad |= json_object_set_new(o, "layer", json_integer((json_int_t) (first + l)));
        bad |= json_object_set_new(o, "terms", terms);
        bad |= json_array_append_new(layers, o);
    }
    bad |= json_object_set_new(body, "layers", layers);
    return ew_command_node(body, bad, ctx);
}

/* "z1a,z1a,z2b,z2b" as the entries of a list, with its estimate. */
static json_t *statistic_json(const ew_preactivation_table *p, slong l, slong s)
{
    const ew_estimate *x = p->value + l * p->statistics + s;
    const char *name = p->name[s];
    json_t *of = json_array(), *o = json_object();
    int bad = 0;
    for (size_t i = 0; i < strlen(name); i += 4)
        bad |= json_array_append_new(of, json_stringn(name + i, 3));
    bad |= json_object_set_new(o, "of", of);
    bad |= json_object_set_new(o, "value", ew_json_sampled(x->mean, x->se));
    return ew_command_node(o, bad, NULL);
}

/* Add them to the layers of a table's JSON, if there are any. */
static json_t *add_preactivations(json_t *body, const ew_preactivation_table *p,
                                  ew_context *ctx)
{
    int bad = 0;
    for (slong l = 0; body && p && !bad && l < p->layers; l++) {
        json_t *list = json_array();
        for (slong s = 0; !bad && s < p->statistics; s++)
            bad |= json_array_append_new(list, statistic_json(p, l, s));
        bad |= json_object_set_new(json_array_get(json_object_get(body, "layers"), (size_t) l),
                                   "preactivation", list);
    }
    return body ? ew_command_node(body, bad, ctx) : NULL;
}

static json_t *network_json(const ew_setup *s, const ew_network *net,
                            const ew_sample_options *opt, ew_context *ctx)
{
    json_t *o = ew_setup_json(s, net, ctx);
    int bad = 0;
    if (s->net.widths == 0)
        bad |= json_object_set_new(o, "width", json_pack("[I]", (json_int_t) opt->width));
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) opt->samples));
    bad |= json_object_set_new(o, "seed", ew_json_unsigned(opt->seed));
    return ew_command_node(o, bad, ctx);
}

static void set_options(ew_sample_options *opt, const ew_setup *s, const ew_network *net)
{
    opt->sampler = ew_command_network(net) ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN;
    opt->width = s->net.widths ? s->net.width[0] : WIDTH;
    opt->samples = ew_network_unsigned(net, "samples", SAMPLES);
    opt->seed = ew_network_unsigned(net, "seed", 0);
    opt->descent = ew_network_descent(net);
    opt->moments = ew_network_integer(net, "moments", 2);
}

/* The table, or what a shard has drawn. */
static ew_status draw(ew_result **res, const ew_setup *s, const ew_network *net,
                      ew_context *ctx)
{
    ew_keep *keep = NULL;
    ew_sample_table *t = NULL;
    ew_preactivation_table *p = NULL;
    ew_sample_options opt = {0};
    set_options(&opt, s, net);
    int neurons = ew_network_get(net, "preactivations") != NULL;
    ew_status status = EW_OK;
    if (neurons && s->residual)
        status = ew_fail(ctx, EW_UNABLE,
                         "preactivations: neurons of residual networks are not drawn");
    if (status == EW_OK)
        status = ew_keep_new(&keep, "sample", net, network_json(s, net, &opt, ctx), ctx);
    ew_keep_use(&opt, keep, net);
    if (status == EW_OK)
        status = ew_sample_chain(&t, &s->net, &opt, ctx);
    if (status == EW_OK && neurons)
        status = ew_sample_preactivations(&p, &s->net, &opt, ctx);
    if (status == EW_OK && opt.shards == 0)
        status = ew_command_end(
            res, "sample", network_json(s, net, &opt, ctx),
            add_preactivations(ew_sample_json(t, s->residual ? 0 : 1, ctx), p, ctx), ctx);
    else if (status == EW_OK)
        status = ew_keep_result(res, keep, ctx);
    status = ew_keep_farewell(keep, status, ctx);
    ew_preactivation_free(p);
    ew_sample_free(t);
    ew_keep_free(keep);
    return status;
}

ew_status ew_sample(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        ew_command_threads(net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&s, net, EW_SETUP_RESIDUAL | EW_SETUP_ORTHOGONAL, ctx);
    if (status == EW_OK)
        status = draw(res, s, net, ctx);
    ew_setup_free(s);
    return status;
}
