#include "activation/smoothness.h"

#include <stdlib.h>

#include "activation/taylor_exact.h"

/* Rational coefficients of one side about its end c: those of f(z + c) about 0. */
static ew_status expand_at(fmpq *value, int *known, const ew_expr *f, const ew_expr *c,
                           slong len, ew_context *ctx)
{
    ew_expr *shifted = ew_expr_2(EW_ADD, ew_expr_leaf(EW_Z, 0, ctx), ew_expr_ref(c), ctx);
    ew_expr *moved = shifted ? ew_expr_substitute(f, shifted, ctx) : NULL;
    ew_status status =
        moved ? ew_taylor_exact(value, known, moved, len, ctx) : ew_recorded(ctx);
    ew_expr_free(shifted);
    ew_expr_free(moved);
    return status;
}

/* Lower *k to what both sides of kink i share.  An expansion that is not to be had proves
 * nothing, and is no failure. */
static ew_status compare(slong *k, const ew_activation *a, slong i, fmpq *value, int *known,
                         ew_context *ctx)
{
    slong len = *k + 1, same = 0;
    int proved = 1;
    for (int side = 0; side < 2; side++) {
        ew_status status = expand_at(value + side * len, known + side * len,
                                     a->piece[i + side].f, a->kink[i], len, ctx);
        if (status == EW_MEMORY || status == EW_CANCELLED)
            return status;
        if (status != EW_OK) {
            ew_clear(ctx);
            proved = 0;
        }
    }
    while (proved && same < len && known[same] && known[len + same] &&
           fmpq_equal(value + same, value + len + same))
        same++;
    *k = same > 0 ? same - 1 : 0;
    return EW_OK;
}

ew_status ew_activation_smoothness(slong *k, const ew_activation *a, slong most,
                                   ew_context *ctx)
{
    slong len = 2 * (most + 1);
    *k = a->continuous ? most : -1;
    fmpq *value = _fmpq_vec_init(len);
    int *known = ew_alloc_zero((size_t) len, sizeof *known, ctx);
    ew_status status = known ? EW_OK : EW_MEMORY;
    for (slong i = 0; i<a->kinks && * k> 0 && status == EW_OK; i++)
        status = compare(k, a, i, value, known, ctx);
    free(known);
    _fmpq_vec_clear(value, len);
    return status;
}
