/* A growing string; failures are sticky, so that a writer checks once, at the end. */
#ifndef EW_EMIT_BUFFER_H
#define EW_EMIT_BUFFER_H

#include "arith/context.h"

typedef struct {
    char *text;
    size_t size, room;
    int failed;
} ew_buffer;

void ew_buffer_add(ew_buffer *b, const char *text);
void ew_buffer_addf(ew_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* n copies of c. */
void ew_buffer_fill(ew_buffer *b, char c, size_t n);

/* The string, now the caller's to free(), or NULL with EW_MEMORY recorded; b is left empty. */
char *ew_buffer_take(ew_buffer *b, ew_context *ctx);

#endif
