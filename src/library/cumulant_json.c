#include "library/cumulant_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/view.h"
#include "library/command.h"

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

/* At the width: the sum of the series, and its term of the highest order. */
static int put_resummed(json_t *o, const ew_certified *value, const ew_certified *last)
{
    return json_object_set_new(o, "value", ew_json_certified(value)) |
           json_object_set_new(o, "last", ew_json_certified(last));
}

static json_t *terms_json(const ew_cumulant_table *t, slong l)
{
    json_t *terms = json_array();
    int bad = 0;
    for (slong i = 0; !bad && i < t->terms; i++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "of", of_json(t, i));
        bad |= json_object_set_new(o, "c", ew_json_vector(coefficients(t, l, i), t->order + 1));
        if (t->value)
            bad |= put_resummed(o, t->value + l * t->terms + i, t->last + l * t->terms + i);
        bad |= json_array_append_new(terms, o);
    }
    return ew_command_node(terms, bad, NULL);
}

/* "z1a": the preactivation of neuron 1 at input a. */
static json_t *entries_json(const ew_cumulant_table *t, slong s)
{
    json_t *of = json_array();
    int bad = 0;
    for (slong i = 0; i < t->statistic_n[s]; i++) {
        char name[32];
        snprintf(name, sizeof name, "z%ld%c", (long) t->neuron[s][i],
                 (int) ('a' + t->input[s][i]));
        bad |= json_array_append_new(of, json_string(name));
    }
    return ew_command_node(of, bad, NULL);
}

static json_t *preactivation_json(const ew_cumulant_table *t, slong l)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong s = 0; !bad && s < t->statistics; s++) {
        slong at = l * t->statistics + s;
        json_t *o = json_object();
        bad |= json_object_set_new(o, "of", entries_json(t, s));
        bad |= json_object_set_new(
            o, "c", ew_json_vector(t->statistic_c + at * (t->order + 1), t->order + 1));
        if (t->value)
            bad |= put_resummed(o, t->statistic_value + at, t->statistic_last + at);
        bad |= json_array_append_new(list, o);
    }
    return ew_command_node(list, bad, NULL);
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

/* ---- tables: nothing is said twice -------------------------------------------------------- */

/* The method is that of the whole. */
static void drop_methods(json_t *node)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_object_get(node, "mid"))
        json_object_del(node, "method");
    json_object_foreach(node, key, value) drop_methods(value);
    json_array_foreach(node, i, value) drop_methods(value);
}

static void drop_letters(json_t *layer, const ew_cumulant_table *t)
{
    for (slong i = 0; i < t->terms * (t->order + 1); i++)
        if (t->name[i])
            json_object_del(layer, t->name[i]);
    for (slong i = 0; i < t->ratios; i++)
        json_object_del(layer, t->ratio_name[i]);
}

/* Either the letters say all that the terms say, or the cumulants of Ghat_zz alone do. */
static void make_brief(json_t *layer, const ew_cumulant_table *t)
{
    int pure = !t->value;
    for (slong i = 0; pure && i < t->terms; i++)
        pure = is_preactivation(t, i);
    drop_methods(layer);
    if (ew_view_letters_suffice(layer)) {
        json_object_del(layer, "terms");
        json_object_del(layer, "kappa");
    } else if (pure) {
        json_object_del(layer, "terms");
        drop_letters(layer, t);
    }
}

static json_t *layer_json(const ew_cumulant_table *t, slong l, int preactivations)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "layer", json_integer((json_int_t) (t->first + l)));
    bad |= json_object_set_new(o, "terms", terms_json(t, l));
    bad |= put_letters(o, t, l);
    bad |= put_ratios(o, t, l);
    bad |= json_object_set_new(o, "kappa", kappa_json(t, l));
    if (preactivations && t->first)
        bad |= json_object_set_new(o, "preactivation", preactivation_json(t, l));
    o = ew_command_node(o, bad, NULL);
    if (o && !preactivations)
        make_brief(o, t);
    return o;
}

json_t *ew_cumulant_json(const ew_cumulant_table *t, int preactivations, ew_context *ctx)
{
    json_t *layers = json_array(), *body = json_object();
    int bad = 0;
    for (slong l = 0; !bad && l < t->layers; l++)
        bad |= json_array_append_new(layers, layer_json(t, l, preactivations));
    bad |= json_object_set_new(body, "layers", layers);
    if (t->method)
        bad |= json_object_set_new(body, "method", json_string(t->method));
    return ew_command_node(body, bad, ctx);
}
