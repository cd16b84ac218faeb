#include "library/points_input.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "library/csv_input.h"

#define MAX_BYTES ((size_t) 1 << 32)

typedef struct {
    const char *name;
    char *p, *end;
    size_t line, column, room;
    locale_t c; /* numbers are read alike whatever the program's locale is */
    ew_point_table *t;
    ew_context *ctx;
} reader;

static ew_status refuse(const reader *r, const char *what)
{
    return ew_fail(r->ctx, EW_USAGE, "%s: line %zu, column %zu: %s", r->name, r->line,
                   r->column, what);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Decimals only: strtod takes hexadecimal ones and names too. */
static int is_decimal(const char *text, const char *end)
{
    for (; text < end; text++)
        if (!strchr("0123456789+-.eE", *text))
            return 0;
    return 1;
}

static ew_status read_cell(reader *r, double *x)
{
    char *stop;
    while (is_blank(*r->p))
        r->p++;
    *x = strtod_l(r->p, &stop, r->c);
    if (stop == r->p)
        return refuse(r, r->line == 1 ? "a number is missing, or not one (no headers)"
                                      : "a number is missing, or not one");
    if (!is_decimal(r->p, stop) || !isfinite(*x))
        return refuse(r, "not a finite decimal number");
    r->p = stop;
    while (is_blank(*r->p))
        r->p++;
    if (*r->p == '\r' && r->p[1] == '\n')
        r->p++;
    if (*r->p != ',' && *r->p != '\n' && r->p != r->end)
        return refuse(r, "not a number");
    return EW_OK;
}

static ew_status read_row(reader *r)
{
    ew_point_table *t = r->t;
    for (r->column = 1;; r->column++, r->p++) {
        if (t->rows > 0 && r->column > t->columns)
            return refuse(r, "more numbers than in the first row");
        size_t at = t->rows * t->columns + r->column - 1;
        if (at == r->room) {
            r->room = 2 * r->room + 1024;
            double *x = ew_realloc(t->x, r->room * sizeof *x, r->ctx);
            if (!x)
                return EW_MEMORY;
            t->x = x;
        }
        ew_status status = read_cell(r, t->x + at);
        if (status != EW_OK)
            return status;
        if (*r->p != ',')
            break;
    }
    if (t->rows == 0)
        t->columns = r->column;
    if (r->column < t->columns)
        return refuse(r, "fewer numbers than in the first row");
    t->rows++;
    r->p += r->p < r->end;
    return EW_OK;
}

static ew_status parse(reader *r)
{
    if (r->p == r->end)
        return ew_fail(r->ctx, EW_USAGE, "%s: the file is empty", r->name);
    ew_status status = EW_OK;
    for (r->line = 1; r->p < r->end && status == EW_OK; r->line++) {
        status = read_row(r);
        if (status == EW_OK)
            status = ew_poll(r->ctx);
    }
    return status;
}

ew_status ew_points_read(ew_point_table *out, const char *path, ew_context *ctx)
{
    *out = (ew_point_table){0, 0, NULL};
    char *data;
    size_t size;
    ew_status status = ew_csv_load_within(&data, &size, path, MAX_BYTES, ctx);
    if (status != EW_OK)
        return status;
    reader r = {path, data, data + size, 1, 1, 0, newlocale(LC_ALL_MASK, "C", NULL), out, ctx};
    status = r.c ? parse(&r) : ew_fail(ctx, EW_MEMORY, "out of memory");
    if (r.c)
        freelocale(r.c);
    free(data);
    if (status != EW_OK)
        ew_points_free(out);
    return status;
}

void ew_points_free(ew_point_table *t)
{
    free(t->x);
    *t = (ew_point_table){0, 0, NULL};
}
