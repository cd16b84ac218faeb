#include "readings/cumulant/equations/writer.h"

#include <stdlib.h>
#include <string.h>

void ew_writer_add(ew_writer *w, const char *text)
{
    size_t n = strlen(text);
    if (!w->failed && w->used + n + 1 > w->size) {
        size_t size = 2 * (w->used + n + 1);
        char *more = ew_realloc(w->text, size, w->ctx);
        w->failed = !more;
        if (more) {
            w->text = more;
            w->size = size;
        }
    }
    if (w->failed)
        return;
    memcpy(w->text + w->used, text, n + 1);
    w->used += n;
}

void ew_writer_add_fresh(ew_writer *w, char *text)
{
    w->failed |= !text;
    ew_writer_add(w, text ? text : "");
    free(text);
}

void ew_writer_add_fmpz(ew_writer *w, const fmpz_t x)
{
    char *s = fmpz_get_str(NULL, 10, x);
    ew_writer_add(w, s);
    flint_free(s);
}

char *ew_writer_take(ew_writer *w)
{
    char *text = w->text;
    ew_context *ctx = w->ctx;
    if (w->failed) {
        free(text);
        text = NULL;
    } else if (!text) {
        text = ew_strdup("", ctx);
    }
    memset(w, 0, sizeof *w);
    w->ctx = ctx;
    return text;
}
