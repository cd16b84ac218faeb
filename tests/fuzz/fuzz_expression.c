/* Any text as an expression: refused, or printed in a form that reads back as the same
 * function, and from then on prints the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "activation/jet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* e and f where both are finite at a point: balls of one number overlap. */
static void same_value(const ew_expr *e, const ew_expr *f, slong p, ulong q)
{
    fmpq_t at;
    acb_t z, x, y;
    fmpq_init(at);
    acb_init(z);
    acb_init(x);
    acb_init(y);
    fmpq_set_si(at, p, q);
    arb_set_fmpq(acb_realref(z), at, 128);
    if (!e->has_kink && !f->has_kink) {
        ew_jet(x, e, z, 1, 0, 128);
        ew_jet(y, f, z, 1, 0, 128);
        if (acb_is_finite(x) && acb_is_finite(y) && !acb_overlaps(x, y))
            abort();
    }
    fmpq_clear(at);
    acb_clear(z);
    acb_clear(x);
    acb_clear(y);
}

/* Reading folds constants that the source kept apart, so the printed form may change once or
 * twice. */
static void read_back(const ew_expr *e, int changes)
{
    ew_expr *again;
    char *text = ew_expr_text(e, NULL);
    if (!text)
        return;
    /* A long printed form may exceed the limits of a source, or of folding. */
    ew_context *ctx = ew_context_new();
    if (ew_expr_parse(&again, text, NULL, "text", ctx) == EW_OK) {
        char *second = ew_expr_text(again, NULL);
        int same = second && strcmp(text, second) == 0;
        if (!second || (!same && changes == 0 && strlen(text) < 1000))
            abort();
        same_value(e, again, 1, 3);
        same_value(e, again, -7, 5);
        if (!same && changes > 0)
            read_back(again, changes - 1);
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
        read_back(e, 2);
        ew_expr_free(e);
    } else if (e) {
        abort();
    }
    free(text);
    ew_context_free(ctx);
    return 0;
}
