/* What commands on data sets share: points from files, matrices of doubles to files or into the
 * result. */
#ifndef EW_LIBRARY_DATA_JOB_H
#define EW_LIBRARY_DATA_JOB_H

#include "emit/matrix.h"
#include "library/command.h"
#include "library/points_input.h"
#include "readings/kernel/data/points.h"

/* Where a matrix goes: a file, or the result. */
typedef struct {
    const char *path;
    ew_matrix_file *file;
    size_t rows, columns;
    double *entry; /* [rows][columns], or NULL */
    int shown;     /* the result holds the entries */
} ew_data_sink;

/* All zero at first. */
typedef struct {
    ew_setup *setup;
    ew_point_table x, y;
    ew_points a, b;
    int two; /* two sets of points */
    ew_data_sink nngp, ntk;
} ew_data_job;

void ew_data_job_clear(ew_data_job *j);

/* The options inputs and inputs2; zeros: rows of zeros are fine. */
ew_status ew_data_job_points(ew_data_job *j, const ew_network *net, int zeros, ew_context *ctx);

/* Matrices of rows x columns, the NTK only with `tangent`, to the files that the options `nngp`
 * and `ntk` name.  keep: hold the entries in any case. */
ew_status ew_data_job_open(ew_data_job *j, const ew_network *net, const char *nngp,
                           const char *ntk, size_t rows, size_t columns, int tangent, int keep,
                           ew_context *ctx);
/* A rectangle from (row, column) on; mirror: and its transpose.  By any thread. */
ew_status ew_data_sink_put(ew_data_sink *s, int mirror, size_t row, size_t column, size_t rows,
                           size_t columns, const double *x, ew_context *ctx);
/* The files are there, complete. */
ew_status ew_data_job_finish(ew_data_job *j, ew_context *ctx);

/* The members "bound" and "file", then "values", of a matrix; nonzero when memory is exhausted.
 */
int ew_data_sink_head(json_t *o, const ew_data_sink *s, double bound);
int ew_data_sink_values(json_t *o, const ew_data_sink *s);

/* As ew_command_end, of kernel; the data are not part of the network. */
ew_status ew_data_job_end(ew_result **res, const ew_data_job *j, const ew_network *net,
                          json_t *result, ew_context *ctx);

#endif
