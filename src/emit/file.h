/* Files that are complete or untouched: beside ew_write_file, the question asked before the
 * work. */
#ifndef EW_EMIT_FILE_H
#define EW_EMIT_FILE_H

#include <stddef.h>

#include "arith/context.h"

/* EW_IO, as ew_write_file would say, if `path` cannot be written as things stand; writes
 * nothing. */
ew_status ew_file_check(const char *path, ew_context *ctx);

/* ew_write_file for bytes that may contain zeros. */
ew_status ew_write_bytes(const char *path, const char *bytes, size_t size, ew_context *ctx);

/* The same for a file that one process writes again and again: by way of `path`.new, always, so
 * that a process killed while it writes leaves one such file behind, and the next one takes it
 * over. */
ew_status ew_write_again(const char *path, const char *bytes, size_t size, ew_context *ctx);

/* write() until all is written; -1 with errno on failure. */
int ew_write_all(int fd, const char *bytes, size_t left);

#endif
