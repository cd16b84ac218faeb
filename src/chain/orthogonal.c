#include "chain/orthogonal.h"

#include <stdlib.h>

#include "chain/frame_law.h"

ew_status ew_orthogonal_new(ew_orthogonal **out, const ew_law *law, ew_context *ctx)
{
    *out = NULL;
    ew_orthogonal *o = ew_alloc_zero(1, sizeof *o, ctx);
    if (!o)
        return EW_MEMORY;
    ew_rows_init(&o->rows, law);
    o->powers = law->of.order + 1;
    size_t n = (size_t) (law->moments * o->powers);
    o->moment = ew_alloc_zero(n + 1, sizeof *o->moment, ctx);
    o->cumulant = ew_alloc_zero(n + 1, sizeof *o->cumulant, ctx);
    ew_status status = o->moment && o->cumulant ? EW_OK : EW_MEMORY;
    if (status == EW_OK)
        status = ew_haar_new(&o->haar, law->of.order, ctx);
    for (slong i = 0; i < law->moments && status == EW_OK; i++)
        status = ew_frame_moment(o, law, i, ctx);
    for (slong i = 0; i < law->moments && status == EW_OK; i++)
        status = ew_frame_average_cumulant(o, law, i, ctx);
    if (status != EW_OK)
        ew_orthogonal_free(o, law);
    else
        *out = o;
    return status;
}

void ew_orthogonal_free(ew_orthogonal *o, const ew_law *law)
{
    if (!o)
        return;
    slong n = law->moments * o->powers;
    for (slong i = 0; o->moment && i < n; i++)
        ew_terms_clear(&o->moment[i]);
    for (slong i = 0; o->cumulant && i < n; i++)
        ew_terms_clear(&o->cumulant[i]);
    for (slong p = 0; o->q && p < law->fields->pairs; p++)
        fmpq_mpoly_clear(&o->q[p], law->ring);
    ew_rows_clear(&o->rows);
    ew_haar_free(o->haar);
    free(o->moment);
    free(o->cumulant);
    free(o->q);
    free(o->q_known);
    free(o);
}
