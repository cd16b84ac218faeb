#include "activation/signs.h"

#include <stdlib.h>

#include "activation/polynomial.h"

void ew_signs_init(ew_signs *s)
{
    s->n = 0;
    s->root = NULL;
    s->sign = NULL;
}

void ew_signs_clear(ew_signs *s)
{
    for (slong i = 0; i < s->n; i++)
        ew_expr_free(s->root[i]);
    free(s->root);
    free(s->sign);
    ew_signs_init(s);
}

ew_status ew_signs_set(ew_signs *s, int sign, ew_context *ctx)
{
    ew_signs_clear(s);
    s->sign = ew_alloc(sizeof *s->sign, ctx);
    if (!s->sign)
        return EW_MEMORY;
    s->sign[0] = sign;
    return EW_OK;
}

ew_status ew_signs_append(ew_signs *s, ew_expr *root, int sign, ew_context *ctx)
{
    if (!root)
        return ew_recorded(ctx);
    if (sign == s->sign[s->n]) {
        ew_expr_free(root);
        return EW_OK;
    }
    size_t n = (size_t) s->n + 1;
    ew_expr **roots = ew_realloc(s->root, n * sizeof *roots, ctx);
    if (roots)
        s->root = roots;
    int *signs = roots ? ew_realloc(s->sign, (n + 1) * sizeof *signs, ctx) : NULL;
    if (!signs) {
        ew_expr_free(root);
        return EW_MEMORY;
    }
    s->sign = signs;
    s->root[s->n++] = root;
    s->sign[s->n] = sign;
    return EW_OK;
}

int ew_sign_product(int a, int b)
{
    if (a == 0 || b == 0)
        return 0;
    return a == EW_SIGN_UNKNOWN || b == EW_SIGN_UNKNOWN ? EW_SIGN_UNKNOWN : a * b;
}

int ew_sign_sum(int a, int b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a == b ? a : EW_SIGN_UNKNOWN;
}

ew_status ew_signs_combine(ew_signs *s, const ew_signs *a, const ew_signs *b,
                           int (*rule)(int, int), ew_context *ctx)
{
    slong i = 0, j = 0;
    ew_status status = ew_signs_set(s, rule(a->sign[0], b->sign[0]), ctx);
    while (status == EW_OK && (i < a->n || j < b->n)) {
        int order = i < a->n ? -1 : 1;
        if (i < a->n && j < b->n)
            status = ew_constant_compare(&order, a->root[i], b->root[j], ctx);
        if (status != EW_OK)
            return status;
        const ew_expr *root = order <= 0 ? a->root[i] : b->root[j];
        i += order <= 0;
        j += order >= 0;
        status = ew_signs_append(s, ew_expr_ref(root), rule(a->sign[i], b->sign[j]), ctx);
    }
    return status;
}

/* 1: root is strictly inside; -1, 2: below, above the interval. */
static ew_status place(int *where, const ew_expr *root, ew_interval range, ew_context *ctx)
{
    int low = 1, high = -1;
    ew_status status = EW_OK;
    if (range.lo)
        status = ew_constant_compare(&low, root, range.lo, ctx);
    if (status == EW_OK && range.hi)
        status = ew_constant_compare(&high, root, range.hi, ctx);
    *where = low <= 0 ? -1 : high >= 0 ? 2 : 1;
    return status;
}

ew_status ew_signs_restrict(ew_signs *s, ew_interval range, ew_context *ctx)
{
    if (s->n == 0 || (!range.lo && !range.hi))
        return EW_OK;
    ew_signs kept;
    ew_signs_init(&kept);
    ew_status status = ew_signs_set(&kept, s->sign[0], ctx);
    for (slong i = 0; status == EW_OK && i < s->n; i++) {
        int where;
        status = place(&where, s->root[i], range, ctx);
        if (status != EW_OK || where == 2)
            break;
        if (where == -1)
            kept.sign[0] = s->sign[i + 1];
        else
            status = ew_signs_append(&kept, ew_expr_ref(s->root[i]), s->sign[i + 1], ctx);
    }
    ew_signs old = *s;
    *s = kept;
    ew_signs_clear(&old);
    return status;
}

int ew_signs_known(const ew_signs *s)
{
    for (slong i = 0; i <= s->n; i++)
        if (s->sign[i] == EW_SIGN_UNKNOWN)
            return 0;
    return 1;
}
