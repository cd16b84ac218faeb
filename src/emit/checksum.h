/* The checksum of a table: SHA-256 over the canonical form of its body. */
#ifndef EW_EMIT_CHECKSUM_H
#define EW_EMIT_CHECKSUM_H

#include <jansson.h>

#include "arith/context.h"

#define EW_CHECKSUM_SIZE 65 /* 64 hexadecimal digits and the terminating zero */

/* The canonical form of a JSON value is its text with sorted keys and no white space, so the
 * checksum does not depend on layout.  EW_MEMORY if it cannot be built. */
ew_status ew_checksum(char hex[EW_CHECKSUM_SIZE], const json_t *body, ew_context *ctx);

#endif
