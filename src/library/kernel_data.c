#include "library/kernel_data.h"

#include <stdlib.h>
#include <string.h>

#include "library/data_job.h"
#include "readings/kernel/data/eigen.h"
#include "readings/kernel/data/general.h"
#include "readings/kernel/data/matrix.h"

/* Smallest eigenvalues: the matrix's, and what it may be off by. */
typedef struct {
    double x, error;
} eigenvalue;

typedef struct {
    ew_data_job data;
    int eigen; /* the smallest eigenvalues are asked for */
    eigenvalue nngp, ntk;
    enum { EQUAL, FACTORS, GENERAL } lengths; /* all equal; factors of the kernels; neither */
    int tangent;
    ew_data_maps *maps;
    ew_data_net *net; /* of points of any lengths */
    ew_data_bound bound;
} job;

static ew_status take(size_t row, size_t column, size_t rows, size_t columns,
                      const double *nngp, const double *ntk, void *data, ew_context *ctx)
{
    ew_data_job *j = &((job *) data)->data;
    int mirror = !j->two && row != column;
    ew_status status =
        ew_data_sink_put(&j->nngp, mirror, row, column, rows, columns, nngp, ctx);
    if (status == EW_OK && ntk)
        status = ew_data_sink_put(&j->ntk, mirror, row, column, rows, columns, ntk, ctx);
    return status;
}

/* ---- what is asked ---- */

static void choose_lengths(job *j, const ew_network *net)
{
    const ew_setting *n = &j->data.setup->net;
    if (ew_network_get(net, "normalize"))
        j->lengths = EQUAL;
    else if (n->activation->homogeneous && ew_scalar_list_zero(&n->cb) &&
             ew_scalar_list_zero(&n->lambda_b))
        j->lengths = FACTORS;
    else
        j->lengths = GENERAL;
}

static json_t *kernel_json(const ew_data_sink *s, const job *j, const eigenvalue *least,
                           double bound)
{
    json_t *o = json_object();
    int bad = ew_data_sink_head(o, s, bound);
    if (j->eigen) {
        bad |= json_object_set_new(o, "smallest_eigenvalue", json_real(least->x));
        bad |= json_object_set_new(o, "smallest_eigenvalue_bound",
                                   json_real(least->error + (double) s->rows * bound));
    }
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
    json_t *body = json_object();
    int bad = set_size(body, "layer", (size_t) d->setup->net.depth);
    bad |= set_size(body, "rows", d->nngp.rows);
    bad |= set_size(body, "columns", d->nngp.columns);
    bad |= set_size(body, "coordinates", d->x.columns);
    bad |= json_object_set_new(body, "normalized", json_boolean(j->lengths == EQUAL));
    bad |= json_object_set_new(body, "nngp", kernel_json(&d->nngp, j, &j->nngp, j->bound.nngp));
    if (j->tangent)
        bad |= json_object_set_new(body, "ntk", kernel_json(&d->ntk, j, &j->ntk, j->bound.ntk));
    return ew_command_node(body, bad, ctx);
}

static ew_status compute(job *j, ew_context *ctx)
{
    const ew_setting *net = &j->data.setup->net;
    const ew_points *a = &j->data.a, *b = j->data.two ? &j->data.b : NULL;
    ew_status status = j->lengths == GENERAL ? ew_data_net_new(&j->net, net, j->tangent, ctx)
                                             : ew_data_maps_new(&j->maps, net, j->tangent, ctx);
    if (status != EW_OK)
        return status;
    if (j->lengths == GENERAL)
        return ew_data_general(&j->bound, j->net, a, b, take, j, ctx);
    return ew_data_kernel(&j->bound, j->maps, a, b, j->lengths == FACTORS, take, j, ctx);
}

/* The whole matrix is held in memory, and copied once. */
static ew_status check_eigen(const job *j, ew_context *ctx)
{
    if (j->data.two)
        return ew_fail(ctx, EW_USAGE, "smallest-eigenvalue: of one set of inputs only");
    if (j->data.a.n > EW_EIGEN_MOST)
        return ew_fail(ctx, EW_UNABLE, "smallest-eigenvalue: at most %d inputs", EW_EIGEN_MOST);
    return EW_OK;
}

static ew_status smallest(eigenvalue *least, const ew_data_sink *s, ew_context *ctx)
{
    return ew_data_smallest(&least->x, &least->error, s->entry, s->rows, ctx);
}

static ew_status open_matrices(job *j, const ew_network *net, ew_context *ctx)
{
    ew_data_job *d = &j->data;
    if (ew_network_get(net, "save-ntk") && !j->tangent)
        return ew_fail(ctx, EW_UNABLE, "save-ntk: an activation that jumps has no NTK");
    return ew_data_job_open(d, net, "save-nngp", "save-ntk", d->a.n, d->two ? d->b.n : d->a.n,
                            j->tangent, j->eigen, ctx);
}

static ew_status run(job *j, const ew_network *net, ew_context *ctx)
{
    ew_data_job *d = &j->data;
    ew_status status = ew_setup_able(&d->setup, net, EW_SETUP_DATA, ctx);
    if (status != EW_OK)
        return status;
    choose_lengths(j, net);
    j->tangent = d->setup->activation->continuous;
    j->eigen = ew_network_get(net, "smallest-eigenvalue") != NULL;
    status = ew_data_job_points(d, net, j->lengths == GENERAL, ctx);
    if (status == EW_OK && j->eigen)
        status = check_eigen(j, ctx);
    if (status == EW_OK)
        status = open_matrices(j, net, ctx);
    if (status == EW_OK)
        status = compute(j, ctx);
    if (status == EW_OK && j->eigen)
        status = smallest(&j->nngp, &d->nngp, ctx);
    if (status == EW_OK && j->eigen && j->tangent)
        status = smallest(&j->ntk, &d->ntk, ctx);
    return status == EW_OK ? ew_data_job_finish(d, ctx) : status;
}

ew_status ew_kernel_data(ew_result **res, const ew_network *net, ew_context *ctx)
{
    job j;
    memset(&j, 0, sizeof j);
    ew_command_threads(net, ctx);
    ew_status status = run(&j, net, ctx);
    if (status == EW_OK)
        status = ew_data_job_end(res, &j.data, net, result_json(&j, ctx), ctx);
    ew_data_maps_free(j.maps);
    ew_data_net_free(j.net);
    ew_data_job_clear(&j.data);
    return status;
}
