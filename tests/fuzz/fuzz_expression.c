/* Any text as an expression: refused, or printed in a form that reads back and prints the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "activation/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const ew_expr *e)
{
    ew_expr *again;
    char *text = ew_expr_text(e, NULL);
    if (!text)
        return;
    /* A long printed form may exceed the limits of a source, or of folding. */
    ew_context *ctx = ew_context_new();
    if (ew_expr_parse(&again, text, NULL, "text", ctx) == EW_OK) {
        char *second = ew_expr_text(again, NULL);
        if (!second || (strcmp(text, second) && strlen(text) < 1000))
            abort();
        free(second);
        ew_expr_free(again);
    } else if (strlen(text) < 200) {
        abort();
    }
    ew_context_free(ctx);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ew_expr *e;
    ew_context *ctx = ew_context_new();
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    if (ew_expr_parse(&e, text, NULL, "activation", ctx) == EW_OK) {
        read_back(e);
        ew_expr_free(e);
    } else if (e) {
        abort();
    }
    free(text);
    ew_context_free(ctx);
    return 0;
}
