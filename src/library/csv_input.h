/* Inputs from a file: comma-separated numbers, one input a row. */
#ifndef EW_LIBRARY_CSV_INPUT_H
#define EW_LIBRARY_CSV_INPUT_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    slong rows, columns;
    fmpq *x; /* row-major, exact */
} ew_csv;

/* Rows of equally many numbers, each an integer, p/q or a decimal; blanks around numbers and
 * CRLF are fine, empty lines and headers are not.  EW_USAGE names file, line and column. */
ew_status ew_csv_parse(ew_csv **out, const char *data, size_t size, const char *name,
                       ew_context *ctx);
/* The same from a file of at most 64 MiB; EW_IO when it cannot be read. */
ew_status ew_csv_read(ew_csv **out, const char *path, ew_context *ctx);
/* The bytes of such a file, fresh (NULL on failure), with a zero byte after them. */
ew_status ew_csv_load(char **data, size_t *size, const char *path, ew_context *ctx);
/* The same for a file of at most `most` bytes. */
ew_status ew_csv_load_within(char **data, size_t *size, const char *path, size_t most,
                             ew_context *ctx);
/* The rows of `more` after those of csv; EW_USAGE unless they are of the same length. */
ew_status ew_csv_append(ew_csv *csv, const ew_csv *more, const char *name, ew_context *ctx);
void ew_csv_free(ew_csv *csv);

/* x.y / n over n entries. */
void ew_csv_product(fmpq_t product, const fmpq *x, const fmpq *y, slong n);

#endif
