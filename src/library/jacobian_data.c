#include <string.h>

#include "library/data_job.h"
#include "library/directions.h"
#include "library/jacobian.h"
#include "readings/kernel/jacobian/data.h"

typedef struct {
    ew_data_job data;
    int one_length, tangent;
    ew_directions along;
    ew_jacobian_maps *maps;
    ew_jacobian_bound bound;
} job;

static ew_status take(int ntk, int mirror, size_t row, size_t column, size_t rows,
                      size_t columns, const double *x, void *data, ew_context *ctx)
{
    ew_data_job *j = &((job *) data)->data;
    return ew_data_sink_put(ntk ? &j->ntk : &j->nngp, mirror, row, column, rows, columns, x,
                            ctx);
}

/* ---- what is asked ------------------------------------------------------------------------
 */

static ew_status check(const ew_network *net, ew_context *ctx)
{
    if (ew_network_get(net, "save-nngp") || ew_network_get(net, "save-ntk"))
        return ew_fail(ctx, EW_USAGE,
                       "save-nngp, save-ntk: with jacobian, save-jacobian-nngp and "
                       "save-jacobian-ntk, of which those are the first rows and columns");
    if (ew_network_get(net, "smallest-eigenvalue"))
        return ew_fail(ctx, EW_UNABLE, "smallest-eigenvalue: not with jacobian");
    return EW_OK;
}

static ew_status open_matrices(job *j, const ew_network *net, ew_context *ctx)
{
    ew_data_job *d = &j->data;
    size_t each = 1 + j->along.n;
    return ew_data_job_open(d, net, "save-jacobian-nngp", "save-jacobian-ntk", d->a.n * each,
                            (d->two ? d->b.n : d->a.n) * each, j->tangent, 0, ctx);
}

/* ---- the result ---------------------------------------------------------------------------
 */

static json_t *matrix_json(const ew_data_sink *s, double bound)
{
    json_t *o = json_object();
    int bad = ew_data_sink_head(o, s, bound);
    bad |= ew_data_sink_values(o, s);
    return ew_command_node(o, bad, NULL);
}

static int set_size(json_t *o, const char *key, size_t n)
{
    return json_object_set_new(o, key, json_integer((json_int_t) n));
}

static json_t *result_json(const job *j, ew_context *ctx)
{
    const ew_data_job *d = &j->data;
    json_t *o = json_object();
    int bad = set_size(o, "layer", (size_t) d->setup->net.depth);
    bad |= set_size(o, "points", d->a.n);
    if (d->two)
        bad |= set_size(o, "points2", d->b.n);
    bad |= set_size(o, "directions", j->along.n);
    bad |= set_size(o, "rows", d->nngp.rows);
    bad |= set_size(o, "columns", d->nngp.columns);
    bad |= json_object_set_new(o, "normalized", json_boolean(j->one_length));
    bad |= json_object_set_new(o, "jacobian_nngp", matrix_json(&d->nngp, j->bound.nngp));
    if (j->tangent)
        bad |= json_object_set_new(o, "jacobian_ntk", matrix_json(&d->ntk, j->bound.ntk));
    else
        bad |= json_object_set_new(o, "no_ntk",
                                   json_string("the derivative of the activation jumps"));
    return ew_command_node(o, bad, ctx);
}

static ew_status run(job *j, const ew_network *net, ew_context *ctx)
{
    ew_data_job *d = &j->data;
    j->one_length = ew_network_get(net, "normalize") != NULL;
    ew_status status = ew_setup_able(&d->setup, net, EW_SETUP_DATA, ctx);
    if (status != EW_OK)
        return status;
    const ew_activation *s = d->setup->activation;
    j->tangent = j->one_length || !s->homogeneous || !s->kinks;
    status = ew_jacobian_exists(&d->setup->net, j->tangent, ctx);
    if (status == EW_OK)
        status = check(net, ctx);
    if (status == EW_OK && !j->tangent && ew_network_get(net, "save-jacobian-ntk"))
        status =
            ew_fail(ctx, EW_DOMAIN, "save-jacobian-ntk: the derivative of %s jumps", s->text);
    if (status == EW_OK)
        status = ew_data_job_points(d, net, !j->one_length, ctx);
    if (status == EW_OK)
        status = ew_directions_read(&j->along, net, &d->a, 1, ctx);
    if (status == EW_OK)
        status = open_matrices(j, net, ctx);
    if (status == EW_OK)
        status = (j->one_length ? ew_jacobian_maps_new : ew_jacobian_lengths_new)(
            &j->maps, &d->setup->net, j->tangent, ctx);
    if (status == EW_OK)
        status = ew_jacobian_data(&j->bound, j->maps, &d->a, d->two ? &d->b : NULL, &j->along,
                                  take, j, ctx);
    return status == EW_OK ? ew_data_job_finish(d, ctx) : status;
}

ew_status ew_jacobian_data_run(ew_result **res, const ew_network *net, ew_context *ctx)
{
    job j;
    memset(&j, 0, sizeof j);
    ew_command_threads(net, ctx);
    ew_status status = run(&j, net, ctx);
    if (status == EW_OK)
        status = ew_data_job_end(res, &j.data, net, result_json(&j, ctx), ctx);
    ew_jacobian_maps_free(j.maps);
    ew_directions_clear(&j.along);
    ew_data_job_clear(&j.data);
    return status;
}
