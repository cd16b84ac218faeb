/* Files that are complete or untouched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit/file.h"

static ew_status cannot_write(const char *path, int error, ew_context *ctx)
{
    char reason[128] = "";
    const char *text = strerror_r(error, reason, sizeof reason);
    return ew_fail(ctx, EW_IO, "cannot write %s: %s", path, text);
}

int ew_write_all(int fd, const char *bytes, size_t left)
{
    while (left > 0) {
        ssize_t n = write(fd, bytes, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        left -= (size_t) n;
    }
    return 0;
}

/* Devices and pipes cannot be replaced by renaming: they are written in place. */
static ew_status write_in_place(const char *path, const char *bytes, size_t size,
                                ew_context *ctx)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_write(path, errno, ctx);
    int error = ew_write_all(fd, bytes, size) ? errno : 0;
    if (close(fd) && !error)
        error = errno;
    return error ? cannot_write(path, error, ctx) : EW_OK;
}

/* A fresh file beside `target`; its name in *temp, to free().  Not mkstemp: the umask should
 * hold. */
static int open_beside(char **temp, const char *target, ew_context *ctx)
{
    for (int i = 0; i < 100; i++) {
        *temp = ew_format(ctx, "%s.%ld-%d", target, (long) getpid(), i);
        if (!*temp)
            return -1;
        int fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
        free(*temp);
    }
    *temp = NULL;
    errno = EEXIST;
    return -1;
}

/* Returns 0 or an errno.  A file that replaces another takes over its permissions. */
static int fill_and_rename(const char *temp, int fd, const char *target, const char *bytes,
                           size_t size, const struct stat *old)
{
    int error = 0;
    if (ew_write_all(fd, bytes, size) || (old && fchmod(fd, old->st_mode & 07777)) || fsync(fd))
        error = errno;
    if (close(fd) && !error)
        error = errno;
    if (!error && rename(temp, target))
        error = errno;
    if (error)
        unlink(temp);
    return error;
}

/* The file beside `target` that every writing of it begins anew. */
static int open_new(char **temp, const char *target, ew_context *ctx)
{
    *temp = ew_format(ctx, "%s.new", target);
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    return *temp ? open(*temp, flags, 0666) : -1;
}

static ew_status replace(const char *target, const char *path, const char *bytes, size_t size,
                         int again, const struct stat *old, ew_context *ctx)
{
    char *temp = NULL;
    int fd = again ? open_new(&temp, target, ctx) : open_beside(&temp, target, ctx);
    int error = fd < 0 ? errno : fill_and_rename(temp, fd, target, bytes, size, old);
    free(temp);
    return error ? cannot_write(path, error, ctx) : EW_OK;
}

ew_status ew_file_check(const char *path, ew_context *ctx)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        int error = S_ISDIR(st.st_mode) ? EISDIR : access(path, W_OK) ? errno : 0;
        return error ? cannot_write(path, error, ctx) : EW_OK;
    }
    char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t) (slash - path) + 1) : strdup(".");
    if (!directory)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    int error = access(directory, W_OK | X_OK) ? errno : 0;
    free(directory);
    return error ? cannot_write(path, error, ctx) : EW_OK;
}

static ew_status write_file(const char *path, const char *bytes, size_t size, int again,
                            ew_context *ctx)
{
    struct stat old;
    if (stat(path, &old))
        return replace(path, path, bytes, size, again, NULL, ctx);
    if (!S_ISREG(old.st_mode))
        return write_in_place(path, bytes, size, ctx);
    if (access(path, W_OK))
        return cannot_write(path, errno, ctx);
    /* A symbolic link is written through, not replaced. */
    char *target = realpath(path, NULL);
    if (!target)
        return cannot_write(path, errno, ctx);
    ew_status status = replace(target, path, bytes, size, again, &old, ctx);
    free(target);
    return status;
}

ew_status ew_write_bytes(const char *path, const char *bytes, size_t size, ew_context *ctx)
{
    return write_file(path, bytes, size, 0, ctx);
}

ew_status ew_write_again(const char *path, const char *bytes, size_t size, ew_context *ctx)
{
    return write_file(path, bytes, size, 1, ctx);
}

ew_status ew_write_file(const char *path, const char *text, ew_context *ctx)
{
    return ew_write_bytes(path, text, strlen(text), ctx);
}
