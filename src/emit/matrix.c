#include "emit/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/file.h"

typedef enum { NPY, CSV, BIN, UNKNOWN } format;

struct ew_matrix_file {
    const char *path;
    size_t rows, columns;
    format format;
    size_t header; /* bytes before the doubles */
    ew_new_file file;
    ew_new_file doubles; /* of a CSV, until it is complete */
};

static format format_of(const char *path)
{
    static const char *const end[] = {".npy", ".csv", ".bin"};
    size_t n = strlen(path);
    for (int i = 0; i < UNKNOWN; i++)
        if (n >= 4 && strcmp(path + n - 4, end[i]) == 0)
            return (format) i;
    return UNKNOWN;
}

int ew_matrix_file_known(const char *path)
{
    return format_of(path) != UNKNOWN;
}

static int write_at(int fd, const void *data, size_t left, off_t at)
{
    const char *bytes = data;
    while (left > 0) {
        ssize_t n = pwrite(fd, bytes, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        left -= (size_t) n;
        at += n;
    }
    return 0;
}

/* Version 1.0 of the format: magic, length of the dictionary, the dictionary padded so that the
 * data start at a multiple of 64. */
static ew_status write_header(ew_matrix_file *m, ew_context *ctx)
{
    char text[256];
    const uint16_t one = 1;
    char order = *(const char *) &one ? '<' : '>';
    memset(text, ' ', sizeof text);
    memcpy(text, "\x93NUMPY\x01\x00", 8);
    int n = snprintf(text + 10, sizeof text - 10,
                     "{'descr': '%cf8', 'fortran_order': False, 'shape': (%zu, %zu), }", order,
                     m->rows, m->columns);
    text[10 + n] = ' ';
    m->header = ((size_t) n + 10 + 1 + 63) / 64 * 64;
    text[m->header - 1] = '\n';
    text[8] = (char) ((m->header - 10) % 256);
    text[9] = (char) ((m->header - 10) / 256);
    return write_at(m->file.fd, text, m->header, 0) ? ew_cannot_write(m->path, errno, ctx)
                                                    : EW_OK;
}

ew_status ew_matrix_file_new(ew_matrix_file **out, const char *path, size_t rows,
                             size_t columns, ew_context *ctx)
{
    *out = NULL;
    format f = format_of(path);
    if (f == UNKNOWN)
        return ew_fail(ctx, EW_USAGE, "%s: a name that ends in .npy, .csv or .bin", path);
    ew_matrix_file *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    *m = (ew_matrix_file){.path = path, .rows = rows, .columns = columns, .format = f};
    m->doubles.fd = -1;
    ew_status status = ew_new_file_open(&m->file, path, 0, ctx);
    if (status == EW_OK && f == NPY)
        status = write_header(m, ctx);
    if (status == EW_OK && f == CSV)
        status = ew_new_file_open(&m->doubles, path, 0, ctx);
    if (status == EW_OK)
        *out = m;
    else
        ew_matrix_file_free(m);
    return status;
}

ew_status ew_matrix_file_put(ew_matrix_file *m, size_t row, size_t column, const double *x,
                             size_t count, ew_context *ctx)
{
    int fd = m->format == CSV ? m->doubles.fd : m->file.fd;
    off_t at = (off_t) (m->header + (row * m->columns + column) * sizeof *x);
    return write_at(fd, x, count * sizeof *x, at) ? ew_cannot_write(m->path, errno, ctx)
                                                  : EW_OK;
}

/* The fewest digits that read back as x; a point whatever the locale says. */
static int print_double(char *text, size_t size, double x)
{
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, size, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = '.';
    return n;
}

static int print_row(FILE *out, const double *x, size_t n)
{
    char text[64];
    for (size_t i = 0; i < n; i++) {
        print_double(text, sizeof text, x[i]);
        fputs(text, out);
        fputc(i + 1 < n ? ',' : '\n', out);
    }
    return ferror(out) ? -1 : 0;
}

static int read_row(double *x, const ew_matrix_file *m, size_t row)
{
    size_t left = m->columns * sizeof *x;
    off_t at = (off_t) (row * left);
    char *bytes = (char *) x;
    while (left > 0) {
        ssize_t n = pread(m->doubles.fd, bytes, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes += n;
        left -= (size_t) n;
        at += n;
    }
    return 0;
}

static ew_status write_csv(ew_matrix_file *m, ew_context *ctx)
{
    double *row = ew_alloc(m->columns * sizeof *row, ctx);
    int fd = dup(m->file.fd);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    int failed = !row || !out;
    for (size_t i = 0; i < m->rows && !failed; i++)
        failed = read_row(row, m, i) || print_row(out, row, m->columns);
    if (out && fclose(out))
        failed = 1;
    free(row);
    return failed ? ew_cannot_write(m->path, errno, ctx) : EW_OK;
}

ew_status ew_matrix_file_finish(ew_matrix_file *m, ew_context *ctx)
{
    ew_status status = m->format == CSV ? write_csv(m, ctx) : EW_OK;
    if (status == EW_OK)
        status = ew_new_file_commit(&m->file, ctx);
    ew_matrix_file_free(m);
    return status;
}

void ew_matrix_file_free(ew_matrix_file *m)
{
    if (!m)
        return;
    ew_new_file_drop(&m->doubles);
    ew_new_file_drop(&m->file);
    free(m);
}
