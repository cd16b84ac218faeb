/* Files that are complete or untouched: beside ew_write_file, the question asked before the
 * work. */
#ifndef EW_EMIT_FILE_H
#define EW_EMIT_FILE_H

#include "arith/context.h"

/* EW_IO, as ew_write_file would say, if `path` cannot be written as things stand; writes
 * nothing. */
ew_status ew_file_check(const char *path, ew_context *ctx);

#endif
