#include "library/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

ew_status ew_value_integer(uint64_t *x, const char *name, const char *text, uint64_t lo,
                           uint64_t hi, ew_context *ctx)
{
    size_t n = strspn(text, "0123456789");
    int fits = n > 0 && text[n] == '\0';
    *x = 0;
    for (size_t i = 0; fits && i < n; i++) {
        uint64_t digit = (uint64_t) (text[i] - '0');
        fits = digit <= hi && *x <= (hi - digit) / 10;
        *x = 10 * *x + digit;
    }
    if (fits && *x >= lo && *x <= hi)
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "%s: '%.40s' is not an integer from %" PRIu64 " to %" PRIu64,
                   name, text, lo, hi);
}

/* Is the constant finite?  Balls may need precision to see that a denominator is not zero. */
static ew_status check_finite(const ew_expr *e, const char *name, const char *text,
                              ew_context *ctx)
{
    arb_t x;
    int finite = 0;
    if (e->op == EW_NUM)
        return EW_OK;
    arb_init(x);
    for (slong prec = 64; prec <= 4096 && !finite; prec *= 4) {
        ew_expr_constant(x, e, prec);
        finite = arb_is_finite(x);
    }
    arb_clear(x);
    if (finite)
        return EW_OK;
    return ew_fail(ctx, EW_DOMAIN, "%s: '%.60s' has no finite value", name, text);
}

ew_status ew_value_constant(ew_expr **e, const char *name, const char *text, ew_context *ctx)
{
    *e = NULL;
    if (text[strspn(text, " \t")] == '\0')
        return ew_fail(ctx, EW_USAGE, "%s: the value is empty", name);
    ew_status status = ew_expr_parse(e, text, NULL, name, ctx);
    if (status != EW_OK)
        return status;
    if ((*e)->has_z)
        status = ew_fail(ctx, EW_USAGE, "%s: '%.60s' is not a constant: it depends on z", name,
                         text);
    else
        status = check_finite(*e, name, text, ctx);
    if (status != EW_OK) {
        ew_expr_free(*e);
        *e = NULL;
    }
    return status;
}

ew_status ew_value_sign(const ew_expr *e, const char *name, int least, ew_context *ctx)
{
    int sign = ew_expr_sign(e);
    if (sign == 2)
        return ew_fail(ctx, EW_UNABLE, "%s: the sign of the value could not be decided", name);
    if (sign >= least)
        return EW_OK;
    return ew_fail(ctx, EW_DOMAIN, "%s: the value is %s", name,
                   sign < 0 ? "negative" : "zero, not positive");
}

void ew_items_clear(ew_items *list)
{
    for (slong i = 0; i < list->n; i++)
        free(list->item[i]);
    free(list->item);
    memset(list, 0, sizeof *list);
}

/* The length of the first item: up to a comma outside parentheses. */
static size_t item_length(const char *text)
{
    size_t i;
    long open = 0;
    for (i = 0; text[i] && !(text[i] == ',' && open <= 0); i++)
        open += (text[i] == '(') - (text[i] == ')');
    return i;
}

ew_status ew_value_items(ew_items *list, const char *name, const char *text, ew_context *ctx)
{
    size_t commas = 1;
    memset(list, 0, sizeof *list);
    for (const char *p = text; *p; p++)
        commas += *p == ',';
    list->item = ew_alloc_zero(commas, sizeof *list->item, ctx);
    if (!list->item)
        return EW_MEMORY;
    for (const char *p = text;; p++) {
        size_t n = item_length(p);
        char *item = strndup(p, n);
        ew_status status = EW_OK;
        if (!item)
            status = ew_fail(ctx, EW_MEMORY, "out of memory");
        else
            list->item[list->n++] = item;
        if (item && item[strspn(item, " \t")] == '\0')
            status = ew_fail(ctx, EW_USAGE,
                             commas > 1 ? "%s: item %ld of the list is empty"
                                        : "%s: the value is empty",
                             name, (long) list->n);
        if (status != EW_OK) {
            ew_items_clear(list);
            return status;
        }
        p += n;
        if (*p == '\0')
            return EW_OK;
    }
}

void ew_constants_free(ew_expr **x, slong n)
{
    for (slong i = 0; x && i < n; i++)
        ew_expr_free(x[i]);
    free(x);
}

ew_status ew_value_constants(ew_expr ***x, slong *n, const char *name, const char *text,
                             int least, ew_context *ctx)
{
    ew_items list;
    *x = NULL;
    *n = 0;
    ew_status status = ew_value_items(&list, name, text, ctx);
    if (status != EW_OK)
        return status;
    *x = ew_alloc_zero((size_t) list.n, sizeof **x, ctx);
    if (!*x)
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < list.n; i++) {
        status = ew_value_constant(*x + i, name, list.item[i], ctx);
        if (status == EW_OK && least > -1)
            status = ew_value_sign((*x)[i], name, least, ctx);
    }
    *n = list.n;
    if (status != EW_OK) {
        ew_constants_free(*x, *n);
        *x = NULL;
        *n = 0;
    }
    ew_items_clear(&list);
    return status;
}
