#include "emit/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emit/file.h"

extern char **environ;

enum { SCRIPT, IMAGE, ERRORS, STREAMS };

/* Unnamed files instead of pipes: no one ever waits for the other side to read. */
static int open_streams(FILE *file[STREAMS], int fd[STREAMS])
{
    int good = 1;
    for (int i = 0; i < STREAMS; i++) {
        file[i] = tmpfile();
        fd[i] = file[i] ? fileno(file[i]) : -1;
        good &= fd[i] >= 0 && fcntl(fd[i], F_SETFD, FD_CLOEXEC) == 0;
    }
    return good;
}

static void close_streams(FILE *const file[STREAMS])
{
    for (int i = 0; i < STREAMS; i++)
        if (file[i])
            fclose(file[i]);
}

/* The whole of a file as a string of *size bytes. */
static char *read_stream(size_t *size, int fd, ew_context *ctx)
{
    struct stat st;
    if (fstat(fd, &st) || lseek(fd, 0, SEEK_SET)) {
        ew_fail(ctx, EW_IO, "cannot read what gnuplot wrote");
        return NULL;
    }
    size_t n = (size_t) st.st_size, done = 0;
    char *text = ew_alloc(n + 1, ctx);
    while (text && done < n) {
        ssize_t got = read(fd, text + done, n - done);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            break;
        done += got > 0 ? (size_t) got : 0;
    }
    if (text)
        text[done] = '\0';
    *size = done;
    return text;
}

/* 0, or an errno. */
static int spawn(pid_t *child, const int fd[STREAMS])
{
    static char name[] = "gnuplot", defaults[] = "-d";
    char *const argv[] = {name, defaults, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    int error = 0;
    for (int i = 0; i < STREAMS && !error; i++)
        error = posix_spawn_file_actions_adddup2(&actions, fd[i], i);
    if (!error)
        error = posix_spawnp(child, name, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The line of gnuplot's complaint that says what is wrong. */
static ew_status refused(int fd, ew_context *ctx)
{
    size_t size;
    char *text = read_stream(&size, fd, ctx), *save = NULL;
    const char *line = text ? strtok_r(text, "\n", &save) : NULL, *last = NULL;
    for (; line; line = strtok_r(NULL, "\n", &save))
        if (line[strspn(line, " \t^")])
            last = line + strspn(line, " \t");
    ew_status status =
        ew_fail(ctx, EW_UNABLE, "gnuplot fails: %.200s", last ? last : "no output");
    free(text);
    return status;
}

static ew_status run(const int fd[STREAMS], ew_context *ctx)
{
    pid_t child;
    int code = 0;
    int error = spawn(&child, fd);
    int missing = error == ENOENT || error == EACCES || error == ENOTDIR;
    if (error && !missing)
        return ew_fail(ctx, EW_IO, "cannot run gnuplot");
    while (!missing && waitpid(child, &code, 0) < 0)
        if (errno != EINTR)
            return ew_fail(ctx, EW_IO, "cannot wait for gnuplot");
    /* A system may learn that there is no such program only in the child: status 127. */
    if (missing || (WIFEXITED(code) && WEXITSTATUS(code) == 127))
        return ew_fail(ctx, EW_UNABLE, "gnuplot not found");
    ew_status status = ew_poll(ctx);
    if (status == EW_OK && (!WIFEXITED(code) || WEXITSTATUS(code)))
        status = refused(fd[ERRORS], ctx);
    return status;
}

ew_status ew_gnuplot(char **image, size_t *size, const char *script, ew_context *ctx)
{
    FILE *file[STREAMS];
    int fd[STREAMS];
    ew_status status = EW_OK;
    if (image)
        *image = NULL;
    if (!open_streams(file, fd) || ew_write_all(fd[SCRIPT], script, strlen(script)) ||
        lseek(fd[SCRIPT], 0, SEEK_SET))
        status = ew_fail(ctx, EW_IO, "cannot write a temporary file for gnuplot");
    if (status == EW_OK)
        status = run(fd, ctx);
    if (status == EW_OK && image) {
        *image = read_stream(size, fd[IMAGE], ctx);
        if (!*image)
            status = ew_recorded(ctx);
        else if (*size == 0)
            status = refused(fd[ERRORS], ctx);
    }
    if (status != EW_OK && image) {
        free(*image);
        *image = NULL;
    }
    close_streams(file);
    return status;
}
