/* The words of the activation language, and error messages that point into its source. */
#ifndef EW_ACTIVATION_TOKEN_H
#define EW_ACTIVATION_TOKEN_H

#include "arith/context.h"
#include "arith/flint.h"

typedef enum {
    EW_T_END,
    EW_T_NUMBER,
    EW_T_NAME,
    EW_T_LESS,    /* < or <= */
    EW_T_GREATER, /* > or >= */
    EW_T_BAD,     /* a byte that starts no word */
    EW_T_PLUS = '+',
    EW_T_MINUS = '-',
    EW_T_TIMES = '*',
    EW_T_OVER = '/',
    EW_T_POWER = '^',
    EW_T_OPEN = '(',
    EW_T_CLOSE = ')',
    EW_T_COMMA = ','
} ew_token_kind;

typedef struct {
    ew_token_kind kind;
    size_t at; /* offset of its first byte in the source */
    size_t length;
} ew_token;

/* The word at or after offset `from`, blanks skipped. */
ew_token ew_token_next(const char *source, size_t from);

/* The value of a number word, a decimal read as an exact rational.  0, or -1 when it has more
 * than EW_MAX_DIGITS digits or an exponent beyond that. */
int ew_token_number(fmpq_t x, const char *source, ew_token t, ew_context *ctx);

/* Append the source line and a caret under offset `at` to the recorded failure.  Of a long
 * source a window of 72 columns is shown; bytes that are not printable ASCII show as '?'. */
void ew_caret(ew_context *ctx, const char *source, size_t at);

#endif
