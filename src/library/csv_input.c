#include "library/csv_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

#define MAX_BYTES ((size_t) 1 << 26)
#define MAX_CELL 12000 /* characters of one number */

typedef struct {
    const char *name, *p, *end;
    slong line, column; /* from 1, for messages */
    slong room;
    ew_csv *csv;
    ew_context *ctx;
} reader;

static ew_status refuse(const reader *r, const char *what)
{
    return ew_fail(r->ctx, EW_USAGE, "%s: line %ld, column %ld: %s", r->name, (long) r->line,
                   (long) r->column, what);
}

static ew_status grow(reader *r)
{
    slong used = r->csv->rows * r->csv->columns + r->column;
    if (used <= r->room)
        return EW_OK;
    slong room = 2 * used + 16;
    fmpq *x = ew_realloc(r->csv->x, (size_t) room * sizeof *x, r->ctx);
    if (!x)
        return EW_MEMORY;
    for (slong i = r->room; i < room; i++)
        fmpq_init(x + i);
    r->csv->x = x;
    r->room = room;
    return EW_OK;
}

/* One number, up to a comma or the end of the line. */
static ew_status read_cell(reader *r, fmpq_t x)
{
    const char *start = r->p;
    while (r->p < r->end && *r->p != ',' && *r->p != '\n')
        r->p++;
    const char *stop = r->p;
    if (stop > start && stop[-1] == '\r' && (r->p == r->end || *r->p == '\n'))
        stop--;
    while (start < stop && (*start == ' ' || *start == '\t'))
        start++;
    while (start < stop && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    size_t n = (size_t) (stop - start);
    if (n == 0)
        return refuse(r, "a number is missing");
    if (n > MAX_CELL || memchr(start, '\0', n))
        return refuse(r, "not a number");
    char *text = strndup(start, n);
    if (!text)
        return ew_fail(r->ctx, EW_MEMORY, "out of memory");
    int malformed = ew_rational_read(x, text);
    free(text);
    return malformed ? refuse(r, "not a number") : EW_OK;
}

static ew_status read_row(reader *r)
{
    ew_csv *c = r->csv;
    for (r->column = 1;; r->column++) {
        if (c->rows > 0 && r->column > c->columns)
            return refuse(r, "more numbers than in the first row");
        if (c->rows == 0)
            c->columns = r->column;
        ew_status status = c->rows > 0 ? EW_OK : grow(r);
        slong at = c->rows * c->columns + r->column - 1;
        if (status == EW_OK)
            status = read_cell(r, c->x + at);
        if (status != EW_OK)
            return status;
        if (r->p == r->end || *r->p == '\n')
            break;
        r->p++;
    }
    if (r->column < c->columns)
        return refuse(r, "fewer numbers than in the first row");
    c->rows++;
    r->p += r->p < r->end;
    return EW_OK;
}

ew_status ew_csv_parse(ew_csv **out, const char *data, size_t size, const char *name,
                       ew_context *ctx)
{
    *out = NULL;
    reader r = {name, data, data + size, 1, 1, 0, NULL, ctx};
    r.csv = ew_alloc_zero(1, sizeof *r.csv, ctx);
    if (!r.csv)
        return EW_MEMORY;
    if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
        r.p += 3; /* the byte order mark that spreadsheets write */
    ew_status status = r.p == r.end ? refuse(&r, "the file is empty") : EW_OK;
    for (; status == EW_OK && r.p < r.end; r.line++) {
        r.column = r.csv->columns;
        status = r.csv->rows > 0 ? grow(&r) : EW_OK;
        if (status == EW_OK)
            status = read_row(&r);
    }
    /* The spare entries were initialised too; clear them before the count is forgotten. */
    for (slong i = r.csv->rows * r.csv->columns; status == EW_OK && i < r.room; i++)
        fmpq_clear(r.csv->x + i);
    if (status == EW_OK) {
        *out = r.csv;
        return EW_OK;
    }
    for (slong i = 0; i < r.room; i++)
        fmpq_clear(r.csv->x + i);
    free(r.csv->x);
    free(r.csv);
    return status;
}

static ew_status cannot_read(const char *path, int error, ew_context *ctx)
{
    char reason[128] = "";
    const char *text = strerror_r(error, reason, sizeof reason);
    return ew_fail(ctx, EW_IO, "cannot read %s: %s", path, text);
}

ew_status ew_csv_load_within(char **data, size_t *size, const char *path, size_t most,
                             ew_context *ctx)
{
    FILE *f = fopen(path, "rb");
    *data = NULL;
    *size = 0;
    if (!f)
        return cannot_read(path, errno, ctx);
    ew_status status = EW_OK;
    size_t room = 0;
    while (status == EW_OK && !feof(f)) {
        if (*size == room) {
            room = 2 * room + 65536;
            char *more = ew_realloc(*data, room, ctx);
            if (!more) {
                status = EW_MEMORY;
                break;
            }
            *data = more;
        }
        errno = 0;
        *size += fread(*data + *size, 1, room - *size, f);
        if (ferror(f))
            status = cannot_read(path, errno, ctx);
        else if (*size > most)
            status = ew_fail(ctx, EW_USAGE, "%s: more than %zu MiB", path, most >> 20);
    }
    fclose(f);
    if (status == EW_OK) /* the last read was short: there is room */
        (*data)[*size] = '\0';
    if (status != EW_OK) {
        free(*data);
        *data = NULL;
    }
    return status;
}

ew_status ew_csv_load(char **data, size_t *size, const char *path, ew_context *ctx)
{
    return ew_csv_load_within(data, size, path, MAX_BYTES, ctx);
}

ew_status ew_csv_read(ew_csv **out, const char *path, ew_context *ctx)
{
    char *data;
    size_t size;
    *out = NULL;
    ew_status status = ew_csv_load(&data, &size, path, ctx);
    if (status == EW_OK)
        status = ew_csv_parse(out, data, size, path, ctx);
    free(data);
    return status;
}

ew_status ew_csv_append(ew_csv *csv, const ew_csv *more, const char *name, ew_context *ctx)
{
    if (more->columns != csv->columns)
        return ew_fail(ctx, EW_USAGE, "%s: rows of %ld numbers, where the inputs have %ld",
                       name, (long) more->columns, (long) csv->columns);
    slong n = csv->rows * csv->columns, added = more->rows * more->columns;
    fmpq *x = ew_realloc(csv->x, (size_t) (n + added) * sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    csv->x = x;
    csv->rows += more->rows;
    for (slong i = 0; i < added; i++) {
        fmpq_init(x + n + i);
        fmpq_set(x + n + i, more->x + i);
    }
    return EW_OK;
}

void ew_csv_free(ew_csv *csv)
{
    if (!csv)
        return;
    for (slong i = 0; i < csv->rows * csv->columns; i++)
        fmpq_clear(csv->x + i);
    free(csv->x);
    free(csv);
}

void ew_csv_product(fmpq_t product, const fmpq *x, const fmpq *y, slong n)
{
    fmpz_t count;
    fmpq_zero(product);
    for (slong k = 0; k < n; k++)
        fmpq_addmul(product, x + k, y + k);
    fmpz_init_set_si(count, n);
    fmpq_div_fmpz(product, product, count);
    fmpz_clear(count);
}
