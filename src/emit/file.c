/* Files that are complete or untouched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit/file.h"

ew_status ew_cannot_write(const char *path, int error, ew_context *ctx)
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
        return ew_cannot_write(path, errno, ctx);
    int error = ew_write_all(fd, bytes, size) ? errno : 0;
    if (close(fd) && !error)
        error = errno;
    return error ? ew_cannot_write(path, error, ctx) : EW_OK;
}

/* A fresh file beside `target`; its name in *temp, to free().  Not mkstemp: the umask should
 * hold. */
static int open_beside(char **temp, const char *target, ew_context *ctx)
{
    for (int i = 0; i < 100; i++) {
        *temp = ew_format(ctx, "%s.%ld-%d", target, (long) getpid(), i);
        if (!*temp)
            return -1;
        int fd = open(*temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
        free(*temp);
    }
    *temp = NULL;
    errno = EEXIST;
    return -1;
}

/* The file beside `target` that every writing of it begins anew. */
static int open_new(char **temp, const char *target, ew_context *ctx)
{
    *temp = ew_format(ctx, "%s.new", target);
    int flags = O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    return *temp ? open(*temp, flags, 0666) : -1;
}

ew_status ew_new_file_open(ew_new_file *f, const char *path, int again, ew_context *ctx)
{
    struct stat old;
    *f = (ew_new_file){NULL, NULL, path, -1, -1};
    if (stat(path, &old)) {
        f->target = ew_strdup(path, ctx);
    } else {
        if (!S_ISREG(old.st_mode))
            return ew_cannot_write(path, ENOTSUP, ctx);
        if (access(path, W_OK))
            return ew_cannot_write(path, errno, ctx);
        /* A symbolic link is written through, not replaced.  Permissions are taken over. */
        f->mode = (int) (old.st_mode & 07777);
        f->target = realpath(path, NULL);
    }
    if (!f->target)
        return ew_cannot_write(path, errno, ctx);
    f->fd = again ? open_new(&f->temp, f->target, ctx) : open_beside(&f->temp, f->target, ctx);
    if (f->fd >= 0)
        return EW_OK;
    int error = errno;
    free(f->temp); /* a name that is not ours */
    f->temp = NULL;
    ew_new_file_drop(f);
    return ew_cannot_write(path, error, ctx);
}

ew_status ew_new_file_commit(ew_new_file *f, ew_context *ctx)
{
    int error = 0;
    if ((f->mode >= 0 && fchmod(f->fd, (mode_t) f->mode)) || fsync(f->fd))
        error = errno;
    if (close(f->fd) && !error)
        error = errno;
    f->fd = -1;
    if (!error && rename(f->temp, f->target))
        error = errno;
    if (!error) {
        free(f->temp);
        f->temp = NULL;
    }
    ew_new_file_drop(f);
    return error ? ew_cannot_write(f->path, error, ctx) : EW_OK;
}

void ew_new_file_drop(ew_new_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->temp)
        unlink(f->temp);
    free(f->temp);
    free(f->target);
    f->temp = f->target = NULL;
    f->fd = -1;
}

ew_status ew_file_check(const char *path, ew_context *ctx)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        int error = S_ISDIR(st.st_mode) ? EISDIR : access(path, W_OK) ? errno : 0;
        return error ? ew_cannot_write(path, error, ctx) : EW_OK;
    }
    char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t) (slash - path) + 1) : strdup(".");
    if (!directory)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    int error = access(directory, W_OK | X_OK) ? errno : 0;
    free(directory);
    return error ? ew_cannot_write(path, error, ctx) : EW_OK;
}

static ew_status write_file(const char *path, const char *bytes, size_t size, int again,
                            ew_context *ctx)
{
    struct stat old;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return write_in_place(path, bytes, size, ctx);
    ew_new_file f;
    ew_status status = ew_new_file_open(&f, path, again, ctx);
    if (status == EW_OK && ew_write_all(f.fd, bytes, size))
        status = ew_cannot_write(path, errno, ctx);
    if (status == EW_OK)
        return ew_new_file_commit(&f, ctx);
    ew_new_file_drop(&f);
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
