#include "library/kernel_data.h"

#include <stdlib.h>
#include <string.h>

#include "emit/matrix.h"
#include "library/points_input.h"
#include "readings/kernel/data/eigen.h"
#include "readings/kernel/data/general.h"
#include "readings/kernel/data/matrix.h"

#define SHOWN 4096 /* entries of a matrix that the result itself holds */

/* Where a kernel goes: a file, or the result. */
typedef struct {
    const char *path;
    ew_matrix_file *file;
    double *entry; /* [rows][columns], or NULL */
    double smallest, smallest_error;
} sink;

typedef struct {
    ew_setup *setup;
    ew_point_table x, y;
    ew_points a, b;
    int two;                                  /* two sets of points */
    int eigen;                                /* the smallest eigenvalues are asked for */
    enum { EQUAL, FACTORS, GENERAL } lengths; /* all equal; factors of the kernels; neither */
    size_t rows, columns;
    sink nngp, ntk;
    int tangent;
    ew_data_maps *maps;
    ew_data_net *net; /* of points of any lengths */
    ew_data_bound bound;
} job;

/* ---- tiles ---- */

static ew_status put_row(sink *s, const job *j, size_t row, size_t column, const double *x,
                         size_t n, ew_context *ctx)
{
    if (s->entry)
        memcpy(s->entry + row * j->columns + column, x, n * sizeof *x);
    return s->file ? ew_matrix_file_put(s->file, row, column, x, n, ctx) : EW_OK;
}

/* A tile, and with one set of points its mirror image. */
static ew_status put_tile(sink *s, const job *j, size_t row, size_t column, size_t rows,
                          size_t columns, const double *x, ew_context *ctx)
{
    double line[EW_DATA_TILE];
    ew_status status = EW_OK;
    for (size_t i = 0; i < rows && status == EW_OK; i++)
        status = put_row(s, j, row + i, column, x + i * columns, columns, ctx);
    if (j->two || row == column)
        return status;
    for (size_t k = 0; k < columns && status == EW_OK; k++) {
        for (size_t i = 0; i < rows; i++)
            line[i] = x[i * columns + k];
        status = put_row(s, j, column + k, row, line, rows, ctx);
    }
    return status;
}

static ew_status take(size_t row, size_t column, size_t rows, size_t columns,
                      const double *nngp, const double *ntk, void *data, ew_context *ctx)
{
    job *j = data;
    ew_status status = put_tile(&j->nngp, j, row, column, rows, columns, nngp, ctx);
    if (status == EW_OK && ntk)
        status = put_tile(&j->ntk, j, row, column, rows, columns, ntk, ctx);
    return status;
}

/* ---- what is asked ---- */

static int all_zero(const ew_scalar_list *list)
{
    fmpq_t x;
    fmpq_init(x);
    int zero = 1;
    for (slong i = 0; i < list->n && zero; i++)
        zero = ew_scalar_rational(x, list->x + i) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

static void choose_lengths(job *j, const ew_network *net)
{
    const ew_setting *n = &j->setup->net;
    if (ew_network_get(net, "normalize"))
        j->lengths = EQUAL;
    else if (n->activation->homogeneous && all_zero(&n->cb) && all_zero(&n->lambda_b))
        j->lengths = FACTORS;
    else
        j->lengths = GENERAL;
}

static ew_status init_points(ew_points *p, const ew_point_table *t, const job *j,
                             ew_context *ctx)
{
    return j->lengths == GENERAL ? ew_points_init_any(p, t->x, t->rows, t->columns, ctx)
                                 : ew_points_init(p, t->x, t->rows, t->columns, ctx);
}

static ew_status read_points(job *j, const ew_network *net, ew_context *ctx)
{
    const char *x = ew_network_get(net, "inputs"), *y = ew_network_get(net, "inputs2");
    if (!x)
        return ew_fail(ctx, EW_USAGE, "double: inputs are needed");
    ew_status status = ew_points_read(&j->x, x, ctx);
    if (status == EW_OK)
        status = init_points(&j->a, &j->x, j, ctx);
    j->two = y != NULL;
    if (status == EW_OK && y)
        status = ew_points_read(&j->y, y, ctx);
    if (status == EW_OK && y)
        status = init_points(&j->b, &j->y, j, ctx);
    j->rows = j->x.rows;
    j->columns = y ? j->y.rows : j->rows;
    return status;
}

static ew_status open_sink(sink *s, const char *path, const job *j, ew_context *ctx)
{
    s->path = path;
    ew_status status = EW_OK;
    if (path)
        status = ew_matrix_file_new(&s->file, path, j->rows, j->columns, ctx);
    if (status != EW_OK || (!j->eigen && (path || j->rows > SHOWN / j->columns)))
        return status;
    s->entry = ew_alloc(j->rows * j->columns * sizeof *s->entry, ctx);
    return s->entry ? EW_OK : EW_MEMORY;
}

static ew_status open_sinks(job *j, const ew_network *net, int tangent, ew_context *ctx)
{
    const char *nngp = ew_network_get(net, "save-nngp"), *ntk = ew_network_get(net, "save-ntk");
    if (ntk && !tangent)
        return ew_fail(ctx, EW_UNABLE, "save-ntk: an activation that jumps has no NTK");
    if (!nngp && !ntk && !j->eigen && j->rows > SHOWN / j->columns)
        return ew_fail(ctx, EW_USAGE,
                       "double: a result holds %d entries; save-nngp and save-ntk write more",
                       SHOWN);
    ew_status status = open_sink(&j->nngp, nngp, j, ctx);
    if (status == EW_OK && tangent)
        status = open_sink(&j->ntk, ntk, j, ctx);
    return status;
}

static ew_status finish(sink *s, ew_context *ctx)
{
    ew_matrix_file *file = s->file;
    s->file = NULL;
    return file ? ew_matrix_file_finish(file, ctx) : EW_OK;
}

/* ---- the result ---- */

static json_t *kernel_json(const sink *s, const job *j, double bound)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "bound", json_real(bound));
    if (s->path)
        bad |= json_object_set_new(o, "file", json_string(s->path));
    if (j->eigen) {
        bad |= json_object_set_new(o, "smallest_eigenvalue", json_real(s->smallest));
        bad |= json_object_set_new(o, "smallest_eigenvalue_bound",
                                   json_real(s->smallest_error + (double) j->rows * bound));
    }
    int shown = s->entry && !s->path && j->rows <= SHOWN / j->columns;
    json_t *matrix = shown ? json_array() : NULL;
    for (size_t i = 0; matrix && i < j->rows; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < j->columns; k++)
            bad |= json_array_append_new(row, json_real(s->entry[i * j->columns + k]));
        bad |= json_array_append_new(matrix, row);
    }
    if (shown)
        bad |= json_object_set_new(o, "values", matrix);
    return ew_command_node(o, bad, NULL);
}

static json_t *result_json(const job *j, ew_context *ctx)
{
    json_t *body = json_object();
    int bad =
        json_object_set_new(body, "layer", json_integer((json_int_t) j->setup->net.depth));
    bad |= json_object_set_new(body, "rows", json_integer((json_int_t) j->rows));
    bad |= json_object_set_new(body, "columns", json_integer((json_int_t) j->columns));
    bad |= json_object_set_new(body, "coordinates", json_integer((json_int_t) j->x.columns));
    bad |= json_object_set_new(body, "normalized", json_boolean(j->lengths == EQUAL));
    bad |= json_object_set_new(body, "nngp", kernel_json(&j->nngp, j, j->bound.nngp));
    if (j->tangent)
        bad |= json_object_set_new(body, "ntk", kernel_json(&j->ntk, j, j->bound.ntk));
    return ew_command_node(body, bad, ctx);
}

/* The data are not part of the network. */
static json_t *network_json(const job *j, const ew_network *net, ew_context *ctx)
{
    json_t *o = ew_setup_json(j->setup, net, ctx);
    if (o)
        json_object_del(o, "gram");
    return o;
}

static ew_status compute(job *j, ew_context *ctx)
{
    const ew_setting *net = &j->setup->net;
    const ew_points *b = j->two ? &j->b : NULL;
    ew_status status = j->lengths == GENERAL ? ew_data_net_new(&j->net, net, j->tangent, ctx)
                                             : ew_data_maps_new(&j->maps, net, j->tangent, ctx);
    if (status != EW_OK)
        return status;
    if (j->lengths == GENERAL)
        return ew_data_general(&j->bound, j->net, &j->a, b, take, j, ctx);
    return ew_data_kernel(&j->bound, j->maps, &j->a, b, j->lengths == FACTORS, take, j, ctx);
}

/* The whole matrix is held in memory, and copied once. */
static ew_status check_eigen(const job *j, ew_context *ctx)
{
    if (j->two)
        return ew_fail(ctx, EW_USAGE, "smallest-eigenvalue: of one set of inputs only");
    if (j->rows > EW_EIGEN_MOST)
        return ew_fail(ctx, EW_UNABLE, "smallest-eigenvalue: at most %d inputs", EW_EIGEN_MOST);
    return EW_OK;
}

static ew_status smallest(sink *s, const job *j, ew_context *ctx)
{
    return ew_data_smallest(&s->smallest, &s->smallest_error, s->entry, j->rows, ctx);
}

static ew_status run(job *j, const ew_network *net, ew_context *ctx)
{
    ew_status status = ew_setup_able(&j->setup, net, EW_SETUP_DATA, ctx);
    if (status != EW_OK)
        return status;
    choose_lengths(j, net);
    j->tangent = j->setup->activation->continuous;
    j->eigen = ew_network_get(net, "smallest-eigenvalue") != NULL;
    status = read_points(j, net, ctx);
    if (status == EW_OK && j->eigen)
        status = check_eigen(j, ctx);
    if (status == EW_OK)
        status = open_sinks(j, net, j->tangent, ctx);
    if (status == EW_OK)
        status = compute(j, ctx);
    if (status == EW_OK && j->eigen)
        status = smallest(&j->nngp, j, ctx);
    if (status == EW_OK && j->eigen && j->tangent)
        status = smallest(&j->ntk, j, ctx);
    if (status == EW_OK)
        status = finish(&j->nngp, ctx);
    return status == EW_OK ? finish(&j->ntk, ctx) : status;
}

static void clear_sink(sink *s)
{
    ew_matrix_file_free(s->file);
    free(s->entry);
}

static void clear(job *j)
{
    clear_sink(&j->nngp);
    clear_sink(&j->ntk);
    ew_data_maps_free(j->maps);
    ew_data_net_free(j->net);
    ew_points_clear(&j->a);
    ew_points_clear(&j->b);
    ew_points_free(&j->x);
    ew_points_free(&j->y);
    ew_setup_free(j->setup);
}

ew_status ew_kernel_data(ew_result **res, const ew_network *net, ew_context *ctx)
{
    job j;
    memset(&j, 0, sizeof j);
    ew_command_threads(net, ctx);
    ew_status status = run(&j, net, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "kernel", network_json(&j, net, ctx), result_json(&j, ctx),
                                ctx);
    clear(&j);
    return status;
}
