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

/* A regular file that is being written under another name, beside the one it will replace. */
typedef struct {
    char *temp, *target;
    const char *path; /* as the user wrote it, for messages; borrowed */
    int fd;
    int mode; /* permissions to take over, or -1 */
} ew_new_file;

/* fd is open for reading and writing; `again` as in ew_write_again.  EW_IO also for devices and
 * pipes, which have no place for another name beside them. */
ew_status ew_new_file_open(ew_new_file *f, const char *path, int again, ew_context *ctx);
/* What is written becomes the file, complete; else nothing has happened.  Closes f either way. */
ew_status ew_new_file_commit(ew_new_file *f, ew_context *ctx);
/* Forget it.  Fine after a failed open and after a commit. */
void ew_new_file_drop(ew_new_file *f);
/* EW_IO, as for any file that cannot be written, with errno `error`. */
ew_status ew_cannot_write(const char *path, int error, ew_context *ctx);

/* write() until all is written; -1 with errno on failure. */
int ew_write_all(int fd, const char *bytes, size_t left);

#endif
