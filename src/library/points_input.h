/* Data points from a file, as doubles. */
#ifndef EW_LIBRARY_POINTS_INPUT_H
#define EW_LIBRARY_POINTS_INPUT_H

#include <stddef.h>

#include "arith/context.h"

typedef struct {
    size_t rows, columns;
    double *x; /* row-major; each the double nearest to what was written */
} ew_point_table;

/* Comma-separated decimals, one point a row.  EW_USAGE names file, line and column: a ragged row, a
 * missing number, one that is not finite.  EW_IO when it cannot be read. */
ew_status ew_points_read(ew_point_table *out, const char *path, ew_context *ctx);
void ew_points_free(ew_point_table *t);

#endif
