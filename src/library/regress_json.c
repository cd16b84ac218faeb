/* The result of the regress command. */
#include "library/regress.h"

#include <stdlib.h>

#include "library/command.h"

static json_t *time_json(const ew_regress_request *r, slong i)
{
    return r->limit[i] ? json_string("inf") : json_real(r->at[i]);
}

static json_t *curve_json(const ew_regress_request *r)
{
    const ew_regress_table *t = r->table;
    json_t *curve = json_array();
    int bad = 0;
    for (slong i = 0; i < t->times && !bad; i++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "t", time_json(r, i));
        bad |= json_object_set_new(o, "loss", ew_json_certified(t->loss + i));
        bad |= json_object_set_new(o, "expected_loss", ew_json_certified(t->expected + i));
        bad |= json_array_append_new(curve, o);
    }
    return ew_command_node(curve, bad, NULL);
}

static json_t *value_json(const ew_regress_request *r, slong i, slong x)
{
    const ew_regress_table *t = r->table;
    slong at = i * t->values + x;
    int trained = x < t->trained;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "t", time_json(r, i));
    bad |= json_object_set_new(o, "set", json_string(trained ? "train" : "test"));
    bad |= json_object_set_new(o, "point",
                               json_integer((json_int_t) (trained ? x : x - t->trained) + 1));
    bad |= json_object_set_new(o, "prediction",
                               ew_json_vector(t->mean + at * t->outputs, t->outputs));
    bad |= json_object_set_new(o, "variance", ew_json_certified(t->variance + at));
    return ew_command_node(o, bad, NULL);
}

static json_t *predictions_json(const ew_regress_request *r)
{
    json_t *all = json_array();
    int bad = 0;
    for (slong i = 0; i < r->table->times && !bad; i++)
        for (slong x = 0; x < r->table->values && !bad; x++)
            bad |= json_array_append_new(all, value_json(r, i, x));
    return ew_command_node(all, bad, NULL);
}

/* What was asked, but for the network. */
static int put_request(json_t *o, const ew_regress_request *r, ew_context *ctx)
{
    const ew_regress_options *opt = &r->opt;
    int bad = json_object_set_new(o, "kernel", json_string(opt->ntk ? "ntk" : "nngp"));
    bad |= json_object_set_new(o, "train", json_integer((json_int_t) opt->train));
    bad |= json_object_set_new(o, "test",
                               json_integer((json_int_t) (r->setup->net.inputs - opt->train)));
    bad |= json_object_set_new(o, "outputs", json_integer((json_int_t) opt->outputs));
    bad |= json_object_set_new(o, "regularisation",
                               ew_scalar_json(r->ridge.x, r->setup->digits, ctx));
    bad |= json_object_set_new(o, "loss", json_string(opt->mean_loss ? "mean" : "sum"));
    return bad;
}

json_t *ew_regress_json(const ew_regress_request *r, ew_context *ctx)
{
    const ew_regress_table *t = r->table;
    json_t *o = json_object();
    int bad = put_request(o, r, ctx);
    bad |= json_object_set_new(o, "arithmetic", json_string("certified"));
    bad |= json_object_set_new(o, "condition",
                               t->condition ? ew_json_certified(t->condition) : json_null());
    bad |= json_object_set_new(o, "least_eigenvalue", ew_json_certified(t->least));
    bad |= json_object_set_new(o, "largest_eigenvalue", ew_json_certified(t->most));
    bad |= json_object_set_new(o, "method", json_string(t->method));
    bad |= json_object_set_new(o, "predictions", predictions_json(r));
    bad |= json_object_set_new(o, "curve", curve_json(r));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_regress_save_curve(const char *path, json_t *result, ew_context *ctx)
{
    json_t *root = json_pack("{s:{s:O}}", "result", "curve", json_object_get(result, "curve"));
    ew_result *curve = ew_result_of(root, ctx);
    char *text = curve ? ew_emit_csv(curve, ctx) : NULL;
    ew_status status = text ? ew_write_file(path, text, ctx) : ew_recorded(ctx);
    free(text);
    ew_result_free(curve);
    return status;
}
