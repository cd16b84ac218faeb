/* The user's own measurements from a file. */
#ifndef EW_LIBRARY_OBSERVED_H
#define EW_LIBRARY_OBSERVED_H

#include "products/validate.h"

typedef struct {
    slong rows;
    ew_measurement *row;
} ew_observed;

/* The line quantity,layer,width,mean,se, then such rows; blanks and
 * quotation marks around entries, CRLF and lines
 * that are empty or begin with # are fine.  Layers are at least 2; of a network of `blocks`
 * residual blocks, if not 0, block k = 1..blocks stands for layer k + 1.  EW_USAGE names file,
 * line and column. */
ew_status ew_observed_parse(ew_observed **out, const char *data, size_t size, const char *name,
                            slong blocks, ew_context *ctx);
/* The same from a file of at most 64 MiB; EW_IO when it cannot be read. */
ew_status ew_observed_read(ew_observed **out, const char *path, slong blocks, ew_context *ctx);
void ew_observed_free(ew_observed *o);

#endif
