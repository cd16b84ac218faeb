#include "library/observed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "library/csv_input.h"
#include "readings/sample/sample.h"

#define COLUMNS 5
#define MAX_CELL 400
#define MAX_ROWS 10000

static const char *const head[COLUMNS] = {"quantity", "layer", "width", "mean", "se"};

typedef struct {
    const char *name;
    slong line;
    char cell[COLUMNS][MAX_CELL + 1];
    ew_observed *out;
    slong room, blocks;
    ew_context *ctx;
} reader;

static ew_status refuse(const reader *r, int column, const char *what)
{
    return ew_fail(r->ctx, EW_USAGE, "%s: line %ld, column %d: %s", r->name, (long) r->line,
                   column + 1, what);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The end of the cell at p, its comma or the end of the line; a cell in quotation marks may
 * have commas of its own, and loses the marks.  NULL: the marks are not closed. */
static const char *cell_end(const char **from, const char **to, const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    if (p < end && *p == '"') {
        const char *close = memchr(p + 1, '"', (size_t) (end - p - 1)), *q = close;
        while (q && ++q < end && is_blank(*q))
            ;
        *from = p + 1;
        *to = close;
        return q && (q == end || *q == ',') ? q : NULL;
    }
    const char *stop = memchr(p, ',', (size_t) (end - p)), *last = stop ? stop : end;
    *from = p;
    *to = last;
    while (p < *to && is_blank((*to)[-1]))
        (*to)--;
    return last;
}

static ew_status split(reader *r, const char *p, const char *end)
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *from, *to, *stop = cell_end(&from, &to, p, end);
        if (!stop)
            return refuse(r, i, "quotation marks are not closed");
        if (from == to)
            return refuse(r, i, "missing (quantity,layer,width,mean,se)");
        if (i < COLUMNS - 1 && stop == end)
            return refuse(r, i + 1, "missing (quantity,layer,width,mean,se)");
        if (i == COLUMNS - 1 && stop < end)
            return refuse(r, COLUMNS, "one entry too many");
        size_t n = (size_t) (to - from);
        if (n > MAX_CELL || memchr(from, '\0', n))
            return refuse(r, i, "not readable");
        memcpy(r->cell[i], from, n);
        r->cell[i][n] = '\0';
        p = stop + 1;
    }
    return EW_OK;
}

static ew_status read_head(reader *r)
{
    for (int i = 0; i < COLUMNS; i++)
        if (strcmp(r->cell[i], head[i]) != 0)
            return refuse(r, i, "the first line is not quantity,layer,width,mean,se");
    return EW_OK;
}

static ew_status read_number(double *x, reader *r, int column)
{
    fmpq_t q;
    fmpq_init(q);
    int malformed = ew_rational_read(q, r->cell[column]);
    *x = malformed ? NAN : fmpq_get_d(q);
    fmpq_clear(q);
    return isfinite(*x) ? EW_OK : refuse(r, column, "not a number");
}

static ew_status read_integer(double *x, reader *r, int column, double least, double most)
{
    ew_status status = read_number(x, r, column);
    const char *what = column == 2 ? "not a width"
                       : r->blocks ? "not one of the network's blocks"
                                   : "not a layer from 2 on";
    if (status == EW_OK && (*x != floor(*x) || *x < least || *x > most))
        status = refuse(r, column, what);
    return status;
}

static ew_status grow(reader *r)
{
    if (r->out->rows < r->room)
        return EW_OK;
    slong room = 2 * r->room + 16;
    ew_measurement *row = ew_realloc(r->out->row, (size_t) room * sizeof *row, r->ctx);
    if (!row)
        return EW_MEMORY;
    r->out->row = row;
    r->room = room;
    return EW_OK;
}

static ew_status read_row(reader *r)
{
    double layer, width;
    ew_measurement m = {.line = r->line};
    ew_status status =
        r->out->rows < MAX_ROWS ? grow(r) : refuse(r, 0, "more than 10000 measurements");
    if (status == EW_OK)
        status = r->blocks ? read_integer(&layer, r, 1, 1, (double) r->blocks)
                           : read_integer(&layer, r, 1, 2, EW_MAX_DEPTH);
    if (status == EW_OK)
        status = read_integer(&width, r, 2, 1, EW_MAX_WIDTH);
    if (status == EW_OK)
        status = read_number(&m.mean, r, 3);
    if (status == EW_OK)
        status = read_number(&m.se, r, 4);
    if (status == EW_OK && !(m.se > 0))
        status = refuse(r, 4, "a standard error is above 0");
    if (status != EW_OK)
        return status;
    m.layer = (slong) layer + (r->blocks ? 1 : 0);
    m.width = (uint64_t) width;
    m.quantity = ew_strdup(r->cell[0], r->ctx);
    if (!m.quantity)
        return EW_MEMORY;
    r->out->row[r->out->rows++] = m;
    return EW_OK;
}

static ew_status read_lines(reader *r, const char *p, const char *end)
{
    int headed = 0;
    ew_status status = EW_OK;
    for (r->line = 1; status == EW_OK && p < end; r->line++) {
        const char *stop = memchr(p, '\n', (size_t) (end - p)), *next;
        if (!stop)
            stop = end;
        next = stop < end ? stop + 1 : end;
        while (p < stop && is_blank(*p))
            p++;
        if (p < stop && *p != '#') {
            status = split(r, p, stop);
            if (status == EW_OK)
                status = headed ? read_row(r) : read_head(r);
            headed = 1;
        }
        p = next;
    }
    if (status == EW_OK && r->out->rows == 0)
        status = ew_fail(r->ctx, EW_USAGE, "%s: no measurements", r->name);
    return status;
}

ew_status ew_observed_parse(ew_observed **out, const char *data, size_t size, const char *name,
                            slong blocks, ew_context *ctx)
{
    reader r = {.name = name, .blocks = blocks, .ctx = ctx};
    *out = NULL;
    r.out = ew_alloc_zero(1, sizeof *r.out, ctx);
    if (!r.out)
        return EW_MEMORY;
    const char *end = data + size;
    if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
        data += 3; /* the byte order mark that spreadsheets write */
    ew_status status = read_lines(&r, data, end);
    if (status == EW_OK)
        *out = r.out;
    else
        ew_observed_free(r.out);
    return status;
}

ew_status ew_observed_read(ew_observed **out, const char *path, slong blocks, ew_context *ctx)
{
    char *data;
    size_t size;
    *out = NULL;
    ew_status status = ew_csv_load(&data, &size, path, ctx);
    if (status == EW_OK)
        status = ew_observed_parse(out, data, size, path, blocks, ctx);
    free(data);
    return status;
}

void ew_observed_free(ew_observed *o)
{
    if (!o)
        return;
    for (slong i = 0; i < o->rows; i++)
        free(o->row[i].quantity);
    free(o->row);
    free(o);
}
