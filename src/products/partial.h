/* Progress of a part of the work as a part of the whole. */
#ifndef EW_PRODUCTS_PARTIAL_H
#define EW_PRODUCTS_PARTIAL_H

#include "arith/context.h"

/* Between begin and end, a fraction f reported to ctx reaches the caller as from + part f; the end of a part,
 * f = 1, is not told. */
typedef struct {
    ew_progress_fn fn;
    void *data;
    double from, part;
} ew_partial;

void ew_partial_begin(ew_partial *p, ew_context *ctx);
void ew_partial_end(const ew_partial *p, ew_context *ctx);

#endif
