/* The result of the regress command. */
#include "library/regress.h"

#include <stdlib.h>

#include "library/command.h"

static json_t *time_json(const ew_regress_request *r, slong i)
{
    return r->limit[i] ? json_string("inf") : json_real(r->at[i]);
}

static json_t *curve_row(const ew_regress_request *r, slong i)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "t", time_json(r, i));
    if (r->fast) {
        const ew_regress_time *t = r->real->time + i;
        bad |= json_object_set_new(o, "loss", ew_json_real(t->loss));
        bad |= json_object_set_new(o, "expected_loss", ew_json_real(t->expected));
        bad |= json_object_set_new(o, "loss_bound", ew_json_real(t->loss_bound));
        bad |= json_object_set_new(o, "expected_bound", ew_json_real(t->expected_bound));
        bad |= json_object_set_new(o, "prediction_bound", ew_json_real(t->mean_bound));
        bad |= json_object_set_new(o, "variance_bound", ew_json_real(t->variance_bound));
    } else {
        bad |= json_object_set_new(o, "loss", ew_json_certified(r->table->loss + i));
        bad |=
            json_object_set_new(o, "expected_loss", ew_json_certified(r->table->expected + i));
    }
    return ew_command_node(o, bad, NULL);
}

static json_t *curve_json(const ew_regress_request *r)
{
    json_t *curve = json_array();
    int bad = 0;
    for (slong i = 0; i < r->opt.times && !bad; i++)
        bad |= json_array_append_new(curve, curve_row(r, i));
    return ew_command_node(curve, bad, NULL);
}

static json_t *reals_json(const double *x, slong n)
{
    json_t *array = json_array();
    int bad = 0;
    for (slong i = 0; i < n && !bad; i++)
        bad |= json_array_append_new(array, ew_json_real(x[i]));
    return ew_command_node(array, bad, NULL);
}

static slong values(const ew_regress_request *r)
{
    return r->fast ? r->real->values : r->table->values;
}

static slong points(const ew_regress_request *r, int trained)
{
    slong others = r->fast ? (slong) r->test.rows : r->setup->net.inputs - r->opt.train;
    return trained ? r->opt.train : others;
}

/* Value x of the trained ones or of the others: which point it is of, and with robust training
 * whether it is f or a derivative. */
static int put_place(json_t *o, const ew_regress_request *r, int trained, slong x)
{
    slong m = points(r, trained), k = x - m;
    slong d = r->fast ? (slong) r->along.n : r->setup->net.directions;
    slong point = x < m ? x : k / d;
    int bad = json_object_set_new(o, "set", json_string(trained ? "train" : "test"));
    bad |= json_object_set_new(o, "point", json_integer((json_int_t) point + 1));
    if (!r->opt.robust)
        return bad;
    char *name = x < m
                     ? ew_strdup("f", NULL)
                     : ew_format(NULL, "df/d%c%ld", r->vectors ? 'v' : 'x', (long) (k % d) + 1);
    bad |= json_object_set_new(o, "value", name ? json_string(name) : NULL);
    free(name);
    return bad;
}

static json_t *value_json(const ew_regress_request *r, slong i, slong x)
{
    slong at = i * values(r) + x, m = r->opt.outputs;
    slong trained = r->fast ? r->real->trained : r->table->trained;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "t", time_json(r, i));
    bad |= put_place(o, r, x < trained, x < trained ? x : x - trained);
    bad |= json_object_set_new(o, "prediction",
                               r->fast ? reals_json(r->real->mean + at * m, m)
                                       : ew_json_vector(r->table->mean + at * m, m));
    bad |= json_object_set_new(o, "variance",
                               r->fast ? ew_json_real(r->real->variance[at])
                                       : ew_json_certified(r->table->variance + at));
    return ew_command_node(o, bad, NULL);
}

static json_t *predictions_json(const ew_regress_request *r)
{
    json_t *all = json_array();
    int bad = 0;
    for (slong i = 0; i < r->opt.times && !bad; i++)
        for (slong x = 0; x < values(r) && !bad; x++)
            bad |= json_array_append_new(all, value_json(r, i, x));
    return ew_command_node(all, bad, NULL);
}

/* What was asked, but for the network. */
static int put_request(json_t *o, const ew_regress_request *r, ew_context *ctx)
{
    const ew_regress_options *opt = &r->opt;
    int bad = json_object_set_new(o, "kernel", json_string(opt->ntk ? "ntk" : "nngp"));
    bad |= json_object_set_new(o, "train", json_integer((json_int_t) opt->train));
    bad |= json_object_set_new(o, "test", json_integer((json_int_t) points(r, 0)));
    bad |= json_object_set_new(o, "outputs", json_integer((json_int_t) opt->outputs));
    bad |= json_object_set_new(o, "regularisation",
                               ew_scalar_json(r->ridge.x, r->setup->digits, ctx));
    if (opt->robust)
        bad |= json_object_set_new(o, "robust",
                                   ew_scalar_json(opt->robust, r->setup->digits, ctx));
    bad |= json_object_set_new(o, "loss", json_string(opt->mean_loss ? "mean" : "sum"));
    return bad;
}

static int put_spectrum(json_t *o, const ew_regress_table *t)
{
    int bad = json_object_set_new(o, "arithmetic", json_string("certified"));
    bad |= json_object_set_new(o, "condition",
                               t->condition ? ew_json_certified(t->condition) : json_null());
    bad |= json_object_set_new(o, "least_eigenvalue", ew_json_certified(t->least));
    bad |= json_object_set_new(o, "largest_eigenvalue", ew_json_certified(t->most));
    bad |= json_object_set_new(o, "method", json_string(t->method));
    return bad;
}

/* The condition number where the matrix is proved not to be singular. */
static int put_real_spectrum(json_t *o, const ew_regress_numbers *t, int ntk)
{
    int bad = json_object_set_new(o, "arithmetic", json_string("double"));
    bad |= json_object_set_new(o, "condition",
                               t->positive ? ew_json_real(t->most / t->least) : json_null());
    bad |= json_object_set_new(o, "least_eigenvalue", ew_json_real(t->least));
    bad |= json_object_set_new(o, "largest_eigenvalue", ew_json_real(t->most));
    bad |= json_object_set_new(o, "eigenvalue_bound", ew_json_real(t->error));
    bad |= json_object_set_new(o, "nngp_bound", ew_json_real(t->k_error));
    if (ntk)
        bad |= json_object_set_new(o, "ntk_bound", ew_json_real(t->h_error));
    return bad;
}

json_t *ew_regress_json(const ew_regress_request *r, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = put_request(o, r, ctx);
    bad |= r->fast ? put_real_spectrum(o, r->real, r->opt.ntk) : put_spectrum(o, r->table);
    bad |= json_object_set_new(o, "predictions", predictions_json(r));
    bad |= json_object_set_new(o, "curve", curve_json(r));
    if (r->check)
        bad |= ew_regress_put_check(o, r->check);
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
