#include "emit/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more characters and a final zero. */
static int reserve(ew_buffer *b, size_t n)
{
    if (b->failed)
        return 0;
    if (b->text && n < b->room - b->size)
        return 1;
    size_t room = 2 * (b->size + n) + 256;
    char *text = realloc(b->text, room);
    if (!text) {
        b->failed = 1;
        return 0;
    }
    b->text = text;
    b->room = room;
    return 1;
}

static void append(ew_buffer *b, const char *text, size_t n)
{
    if (!reserve(b, n))
        return;
    memcpy(b->text + b->size, text, n);
    b->size += n;
    b->text[b->size] = '\0';
}

void ew_buffer_add(ew_buffer *b, const char *text)
{
    append(b, text, strlen(text));
}

void ew_buffer_addf(ew_buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        b->failed = 1;
    else if (reserve(b, (size_t) n)) {
        vsnprintf(b->text + b->size, (size_t) n + 1, format, again);
        b->size += (size_t) n;
    }
    va_end(again);
}

void ew_buffer_fill(ew_buffer *b, char c, size_t n)
{
    if (!reserve(b, n))
        return;
    memset(b->text + b->size, c, n);
    b->size += n;
    b->text[b->size] = '\0';
}

char *ew_buffer_take(ew_buffer *b, ew_context *ctx)
{
    char *text = b->text;
    if (!b->failed && !text)
        text = strdup("");
    if (b->failed || !text) {
        free(text);
        text = NULL;
        ew_fail(ctx, EW_MEMORY, "out of memory");
    }
    memset(b, 0, sizeof *b);
    return text;
}
