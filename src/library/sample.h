/* What sample and merge print alike. */
#ifndef EW_LIBRARY_SAMPLE_H
#define EW_LIBRARY_SAMPLE_H

#include "library/command.h"
#include "readings/sample/sample.h"

/* The first layer is number 1, the input of residual blocks 0. */
json_t *ew_sample_json(const ew_sample_table *t, slong first, ew_context *ctx);

#endif
