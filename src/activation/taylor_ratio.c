#include "activation/taylor_ratio.h"

#include <stdlib.h>

ew_status ew_activation_taylor_ratio(fmpq *out, const ew_activation *a, slong len,
                                     ew_context *ctx)
{
    int *known = ew_alloc_zero((size_t) len, sizeof *known, ctx);
    if (!known)
        return EW_MEMORY;
    arb_ptr ball = _arb_vec_init(len);
    ew_status status = ew_activation_taylor(ball, out, known, a, len, 64, ctx);
    for (slong k = 0; k < len && status == EW_OK; k++)
        if (!known[k])
            status = ew_fail(ctx, EW_UNABLE,
                             "the Taylor coefficients of %.60s at 0, divided by the first, are "
                             "not seen to be rational",
                             a->text);
    for (slong k = len - 1; k >= 1 && status == EW_OK; k--)
        fmpq_div(out + k, out + k, out + 1);
    _arb_vec_clear(ball, len);
    free(known);
    return status;
}
