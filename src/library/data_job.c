#include "library/data_job.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 4096 /* entries of a matrix that the result itself holds */

void ew_data_job_clear(ew_data_job *j)
{
    ew_data_sink *const sinks[] = {&j->nngp, &j->ntk};
    for (int t = 0; t < 2; t++) {
        ew_matrix_file_free(sinks[t]->file);
        free(sinks[t]->entry);
    }
    ew_points_clear(&j->a);
    ew_points_clear(&j->b);
    ew_points_free(&j->x);
    ew_points_free(&j->y);
    ew_setup_free(j->setup);
}

/* ---- points -------------------------------------------------------------------------------
 */

static ew_status read_points(ew_point_table *t, ew_points *p, const char *path, int zeros,
                             ew_context *ctx)
{
    ew_status status = ew_points_read(t, path, ctx);
    if (status != EW_OK)
        return status;
    return zeros ? ew_points_init_any(p, t->x, t->rows, t->columns, ctx)
                 : ew_points_init(p, t->x, t->rows, t->columns, ctx);
}

ew_status ew_data_job_points(ew_data_job *j, const ew_network *net, int zeros, ew_context *ctx)
{
    const char *x = ew_network_get(net, "inputs"), *y = ew_network_get(net, "inputs2");
    if (!x)
        return ew_fail(ctx, EW_USAGE, "double: inputs are needed");
    j->two = y != NULL;
    ew_status status = read_points(&j->x, &j->a, x, zeros, ctx);
    return status == EW_OK && y ? read_points(&j->y, &j->b, y, zeros, ctx) : status;
}

/* ---- matrices -----------------------------------------------------------------------------
 */

static int small(size_t rows, size_t columns)
{
    return rows <= SHOWN / columns;
}

static ew_status open_sink(ew_data_sink *s, const char *path, size_t rows, size_t columns,
                           int keep, ew_context *ctx)
{
    s->path = path;
    s->rows = rows;
    s->columns = columns;
    s->shown = !path && small(rows, columns);
    if (s->shown || keep) {
        s->entry = ew_alloc(rows * columns * sizeof *s->entry, ctx);
        if (!s->entry)
            return EW_MEMORY;
    }
    return path ? ew_matrix_file_new(&s->file, path, rows, columns, ctx) : EW_OK;
}

ew_status ew_data_job_open(ew_data_job *j, const ew_network *net, const char *nngp,
                           const char *ntk, size_t rows, size_t columns, int tangent, int keep,
                           ew_context *ctx)
{
    const char *first = ew_network_get(net, nngp), *second = ew_network_get(net, ntk);
    if (!first && !second && !keep && !small(rows, columns))
        return ew_fail(ctx, EW_USAGE, "double: a result holds %d entries; %s and %s write more",
                       SHOWN, nngp, ntk);
    ew_status status = open_sink(&j->nngp, first, rows, columns, keep, ctx);
    return status == EW_OK && tangent ? open_sink(&j->ntk, second, rows, columns, keep, ctx)
                                      : status;
}

static ew_status put_row(ew_data_sink *s, size_t row, size_t column, const double *x, size_t n,
                         ew_context *ctx)
{
    if (s->entry)
        memcpy(s->entry + row * s->columns + column, x, n * sizeof *x);
    return s->file ? ew_matrix_file_put(s->file, row, column, x, n, ctx) : EW_OK;
}

static ew_status put_transpose(ew_data_sink *s, size_t row, size_t column, size_t rows,
                               size_t columns, const double *x, ew_context *ctx)
{
    double *line = ew_alloc(rows * sizeof *line, ctx);
    ew_status status = line ? EW_OK : EW_MEMORY;
    for (size_t k = 0; k < columns && status == EW_OK; k++) {
        for (size_t i = 0; i < rows; i++)
            line[i] = x[i * columns + k];
        status = put_row(s, column + k, row, line, rows, ctx);
    }
    free(line);
    return status;
}

ew_status ew_data_sink_put(ew_data_sink *s, int mirror, size_t row, size_t column, size_t rows,
                           size_t columns, const double *x, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (size_t i = 0; i < rows && status == EW_OK; i++)
        status = put_row(s, row + i, column, x + i * columns, columns, ctx);
    return status == EW_OK && mirror ? put_transpose(s, row, column, rows, columns, x, ctx)
                                     : status;
}

static ew_status finish(ew_data_sink *s, ew_context *ctx)
{
    ew_matrix_file *file = s->file;
    s->file = NULL;
    return file ? ew_matrix_file_finish(file, ctx) : EW_OK;
}

ew_status ew_data_job_finish(ew_data_job *j, ew_context *ctx)
{
    ew_status status = finish(&j->nngp, ctx);
    return status == EW_OK ? finish(&j->ntk, ctx) : status;
}

/* ---- the result ---------------------------------------------------------------------------
 */

int ew_data_sink_head(json_t *o, const ew_data_sink *s, double bound)
{
    int bad = json_object_set_new(o, "bound", json_real(bound));
    if (s->path)
        bad |= json_object_set_new(o, "file", json_string(s->path));
    return bad;
}

int ew_data_sink_values(json_t *o, const ew_data_sink *s)
{
    if (!s->shown)
        return 0;
    json_t *matrix = json_array();
    int bad = json_object_set_new(o, "values", matrix);
    for (size_t i = 0; i < s->rows && !bad; i++) {
        json_t *row = json_array();
        bad |= json_array_append_new(matrix, row);
        for (size_t k = 0; k < s->columns && !bad; k++)
            bad |= json_array_append_new(row, json_real(s->entry[i * s->columns + k]));
    }
    return bad;
}

ew_status ew_data_job_end(ew_result **res, const ew_data_job *j, const ew_network *net,
                          json_t *result, ew_context *ctx)
{
    json_t *o = ew_setup_json(j->setup, net, ctx);
    if (o)
        json_object_del(o, "gram");
    return ew_command_end(res, "kernel", o, result, ctx);
}
