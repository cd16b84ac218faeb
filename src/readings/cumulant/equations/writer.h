/* Text that grows; failures stick, so that only the end has to be checked. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_WRITER_H
#define EW_READINGS_CUMULANT_EQUATIONS_WRITER_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    char *text;
    size_t used, size;
    int failed;
    ew_context *ctx;
} ew_writer;

void ew_writer_add(ew_writer *w, const char *text);
/* Adds text and frees it; NULL is a failure. */
void ew_writer_add_fresh(ew_writer *w, char *text);
void ew_writer_add_fmpz(ew_writer *w, const fmpz_t x);
/* The text, now the caller's, or NULL after a failure; w is empty again. */
char *ew_writer_take(ew_writer *w);

#endif
