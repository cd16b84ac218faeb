#include <stdlib.h>
#include <string.h>

#include "emit/matrix.h"
#include "library/jacobian.h"
#include "library/points_input.h"
#include "library/value.h"
#include "readings/kernel/jacobian/data.h"

#define SHOWN 4096 /* entries of a matrix that the result itself holds */
#define MOST_DIRECTIONS 4096

/* Where a matrix goes: a file, or the result. */
typedef struct {
    const char *path;
    ew_matrix_file *file;
    double *entry; /* [rows][columns], or NULL */
} sink;

typedef struct {
    ew_setup *setup;
    ew_point_table x, y;
    ew_points a, b;
    int two; /* two sets of points */
    size_t directions, *direction;
    size_t rows, columns; /* of a matrix */
    sink matrix[2];       /* NNGP, NTK */
    ew_jacobian_maps *maps;
    ew_jacobian_bound bound;
} job;

/* ---- rectangles ---------------------------------------------------------------------------
 */

static ew_status put(sink *s, const job *j, size_t row, size_t column, const double *x,
                     size_t n, ew_context *ctx)
{
    if (s->entry)
        memcpy(s->entry + row * j->columns + column, x, n * sizeof *x);
    return s->file ? ew_matrix_file_put(s->file, row, column, x, n, ctx) : EW_OK;
}

static ew_status put_transpose(sink *s, const job *j, size_t row, size_t column, size_t rows,
                               size_t columns, const double *x, ew_context *ctx)
{
    double *line = ew_alloc(rows * sizeof *line, ctx);
    ew_status status = line ? EW_OK : EW_MEMORY;
    for (size_t k = 0; k < columns && status == EW_OK; k++) {
        for (size_t i = 0; i < rows; i++)
            line[i] = x[i * columns + k];
        status = put(s, j, column + k, row, line, rows, ctx);
    }
    free(line);
    return status;
}

static ew_status take(int ntk, int mirror, size_t row, size_t column, size_t rows,
                      size_t columns, const double *x, void *data, ew_context *ctx)
{
    job *j = data;
    sink *s = j->matrix + ntk;
    ew_status status = EW_OK;
    for (size_t i = 0; i < rows && status == EW_OK; i++)
        status = put(s, j, row + i, column, x + i * columns, columns, ctx);
    if (mirror && status == EW_OK)
        status = put_transpose(s, j, row, column, rows, columns, x, ctx);
    return status;
}

/* ---- what is asked ------------------------------------------------------------------------
 */

static ew_status read_points(job *j, const ew_network *net, ew_context *ctx)
{
    const char *x = ew_network_get(net, "inputs"), *y = ew_network_get(net, "inputs2");
    if (!x)
        return ew_fail(ctx, EW_USAGE, "double: inputs are needed");
    if (!ew_network_get(net, "normalize"))
        return ew_fail(ctx, EW_UNABLE,
                       "jacobian: in doubles only for points of one length; normalize rescales "
                       "them to x.x/n_0 = 1");
    ew_status status = ew_points_read(&j->x, x, ctx);
    if (status == EW_OK)
        status = ew_points_init(&j->a, j->x.x, j->x.rows, j->x.columns, ctx);
    j->two = y != NULL;
    if (status == EW_OK && y)
        status = ew_points_read(&j->y, y, ctx);
    if (status == EW_OK && y)
        status = ew_points_init(&j->b, j->y.x, j->y.rows, j->y.columns, ctx);
    return status;
}

/* Coordinates, "eK" each; all of them by default. */
static ew_status read_directions(job *j, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "directions");
    ew_items items = {0};
    ew_status status = text ? ew_value_items(&items, "directions", text, ctx) : EW_OK;
    if (status != EW_OK)
        return status;
    j->directions = text ? (size_t) items.n : j->x.columns;
    if (j->directions > MOST_DIRECTIONS)
        status = ew_fail(ctx, EW_UNABLE, "jacobian: at most %d directions", MOST_DIRECTIONS);
    else if (!(j->direction = ew_alloc(j->directions * sizeof *j->direction, ctx)))
        status = EW_MEMORY;
    for (size_t i = 0; i < j->directions && status == EW_OK; i++) {
        uint64_t k = i + 1;
        if (text && items.item[i][0] != 'e')
            status = ew_fail(ctx, EW_UNABLE,
                             "directions: '%.40s': with double coordinates e1, e2, ... only",
                             items.item[i]);
        else if (text)
            status =
                ew_value_integer(&k, "directions", items.item[i] + 1, 1, j->x.columns, ctx);
        j->direction[i] = (size_t) k - 1;
    }
    ew_items_clear(&items);
    return status;
}

static ew_status open_sink(sink *s, const char *path, const job *j, ew_context *ctx)
{
    s->path = path;
    if (path)
        return ew_matrix_file_new(&s->file, path, j->rows, j->columns, ctx);
    if (j->rows > SHOWN / j->columns)
        return EW_OK;
    s->entry = ew_alloc(j->rows * j->columns * sizeof *s->entry, ctx);
    return s->entry ? EW_OK : EW_MEMORY;
}

static ew_status open_sinks(job *j, const ew_network *net, ew_context *ctx)
{
    const char *nngp = ew_network_get(net, "save-jacobian-nngp");
    const char *ntk = ew_network_get(net, "save-jacobian-ntk");
    if (ew_network_get(net, "save-nngp") || ew_network_get(net, "save-ntk"))
        return ew_fail(ctx, EW_USAGE,
                       "save-nngp, save-ntk: with jacobian, save-jacobian-nngp and "
                       "save-jacobian-ntk, of which those are the first rows and columns");
    if (ew_network_get(net, "smallest-eigenvalue"))
        return ew_fail(ctx, EW_UNABLE, "smallest-eigenvalue: not with jacobian");
    j->rows = j->a.n * (1 + j->directions);
    j->columns = j->two ? j->b.n * (1 + j->directions) : j->rows;
    if (!nngp && !ntk && j->rows > SHOWN / j->columns)
        return ew_fail(ctx, EW_USAGE,
                       "double: a result holds %d entries; save-jacobian-nngp and "
                       "save-jacobian-ntk write more",
                       SHOWN);
    ew_status status = open_sink(j->matrix, nngp, j, ctx);
    return status == EW_OK ? open_sink(j->matrix + 1, ntk, j, ctx) : status;
}

static ew_status finish(sink *s, ew_context *ctx)
{
    ew_matrix_file *file = s->file;
    s->file = NULL;
    return file ? ew_matrix_file_finish(file, ctx) : EW_OK;
}

/* ---- the result ---------------------------------------------------------------------------
 */

static json_t *matrix_json(const sink *s, const job *j, double bound)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "bound", json_real(bound));
    if (s->path)
        bad |= json_object_set_new(o, "file", json_string(s->path));
    json_t *matrix = s->entry ? json_array() : NULL;
    for (size_t i = 0; matrix && i < j->rows; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < j->columns; k++)
            bad |= json_array_append_new(row, json_real(s->entry[i * j->columns + k]));
        bad |= json_array_append_new(matrix, row);
    }
    if (s->entry)
        bad |= json_object_set_new(o, "values", matrix);
    return ew_command_node(o, bad, NULL);
}

static int set_size(json_t *o, const char *key, size_t n)
{
    return json_object_set_new(o, key, json_integer((json_int_t) n));
}

static json_t *result_json(const job *j, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = set_size(o, "layer", (size_t) j->setup->net.depth);
    bad |= set_size(o, "points", j->a.n);
    if (j->two)
        bad |= set_size(o, "points2", j->b.n);
    bad |= set_size(o, "directions", j->directions);
    bad |= set_size(o, "rows", j->rows);
    bad |= set_size(o, "columns", j->columns);
    bad |= json_object_set_new(o, "normalized", json_true());
    bad |= json_object_set_new(o, "jacobian_nngp", matrix_json(j->matrix, j, j->bound.nngp));
    bad |= json_object_set_new(o, "jacobian_ntk", matrix_json(j->matrix + 1, j, j->bound.ntk));
    return ew_command_node(o, bad, ctx);
}

/* The data are not part of the network. */
static json_t *network_json(const job *j, const ew_network *net, ew_context *ctx)
{
    json_t *o = ew_setup_json(j->setup, net, ctx);
    if (o)
        json_object_del(o, "gram");
    return o;
}

static ew_status run(job *j, const ew_network *net, ew_context *ctx)
{
    ew_status status = ew_setup_able(&j->setup, net, EW_SETUP_DATA, ctx);
    if (status == EW_OK)
        status = ew_jacobian_exists(&j->setup->net, 1, ctx);
    if (status == EW_OK)
        status = read_points(j, net, ctx);
    if (status == EW_OK)
        status = read_directions(j, net, ctx);
    if (status == EW_OK)
        status = open_sinks(j, net, ctx);
    if (status == EW_OK)
        status = ew_jacobian_maps_new(&j->maps, &j->setup->net, 1, ctx);
    if (status == EW_OK)
        status = ew_jacobian_data(&j->bound, j->maps, &j->a, j->two ? &j->b : NULL,
                                  j->direction, j->directions, take, j, ctx);
    if (status == EW_OK)
        status = finish(j->matrix, ctx);
    return status == EW_OK ? finish(j->matrix + 1, ctx) : status;
}

static void clear(job *j)
{
    for (int t = 0; t < 2; t++) {
        ew_matrix_file_free(j->matrix[t].file);
        free(j->matrix[t].entry);
    }
    ew_jacobian_maps_free(j->maps);
    ew_points_clear(&j->a);
    ew_points_clear(&j->b);
    ew_points_free(&j->x);
    ew_points_free(&j->y);
    free(j->direction);
    ew_setup_free(j->setup);
}

ew_status ew_jacobian_data_run(ew_result **res, const ew_network *net, ew_context *ctx)
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
