/* Option values: text to integers, constants and lists, refused at once when malformed. */
#ifndef EW_LIBRARY_VALUE_H
#define EW_LIBRARY_VALUE_H

#include <stdint.h>

#include "activation/expr.h"

/* A decimal integer lo <= *x <= hi without sign or space, else EW_USAGE naming the option. */
ew_status ew_value_integer(uint64_t *x, const char *name, const char *text, uint64_t lo,
                           uint64_t hi, ew_context *ctx);

/* A constant expression with a finite value.  EW_USAGE: syntax, empty, or it depends on z.
 * EW_DOMAIN: not finite.  EW_UNABLE: finiteness not decided. */
ew_status ew_value_constant(ew_expr **e, const char *name, const char *text, ew_context *ctx);

/* A constant with sign at least `least` (0: x >= 0, 1: x > 0), else EW_DOMAIN. */
ew_status ew_value_sign(const ew_expr *e, const char *name, int least, ew_context *ctx);

/* Items of a comma list; commas inside parentheses belong to the item.  item[0..n) are fresh
 * strings; EW_USAGE for an empty item. */
typedef struct {
    slong n;
    char **item;
} ew_items;
ew_status ew_value_items(ew_items *list, const char *name, const char *text, ew_context *ctx);
void ew_items_clear(ew_items *list);

/* A comma list of constants, each of sign at least `least` (-1: any); *x is a fresh array of *n
 * fresh references. */
ew_status ew_value_constants(ew_expr ***x, slong *n, const char *name, const char *text,
                             int least, ew_context *ctx);
void ew_constants_free(ew_expr **x, slong n);

#endif
