/* The record of a sampling as JSON and back, to the last bit of every sum (arith/bits.h). */
#ifndef EW_EMIT_RECORD_JSON_H
#define EW_EMIT_RECORD_JSON_H

#include <jansson.h>

#include "readings/sample/record.h"

/* NULL, with EW_MEMORY recorded, when it cannot be built. */
json_t *ew_json_record(const ew_sample_record *r, ew_context *ctx);

/* EW_USAGE, with the file's name, for what no record looks like. */
ew_status ew_record_from_json(ew_sample_record **out, const json_t *node, const char *file,
                              ew_context *ctx);

#endif
