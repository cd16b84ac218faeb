/* Large matrices of doubles in files, written in any order. */
#ifndef EW_EMIT_MATRIX_H
#define EW_EMIT_MATRIX_H

#include <stddef.h>

#include "arith/context.h"

/* By the name's end: NumPy's ".npy"; ".csv" (shortest decimals that read back as the same
 * doubles);
 * ".bin", the doubles of the rows one after another as the machine stores them. */
typedef struct ew_matrix_file ew_matrix_file;

int ew_matrix_file_known(const char *path);

/* EW_USAGE for another ending.  `path` must outlive the file. */
ew_status ew_matrix_file_new(ew_matrix_file **out, const char *path, size_t rows,
                             size_t columns, ew_context *ctx);
/* Entries (row, column), (row, column + 1), ...  By any thread. */
ew_status ew_matrix_file_put(ew_matrix_file *m, size_t row, size_t column, const double *x,
                             size_t count, ew_context *ctx);
/* The file is there, complete.  Frees m, also on failure. */
ew_status ew_matrix_file_finish(ew_matrix_file *m, ew_context *ctx);
/* Leave the file untouched.  NULL is fine. */
void ew_matrix_file_free(ew_matrix_file *m);

#endif
