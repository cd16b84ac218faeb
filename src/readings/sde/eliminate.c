/* Numbers that only a derivation needs, such as the parts of a kinked activation that are odd
 * and even, are taken out of its result by what they satisfy. */
#include "readings/sde/build.h"

#include <stdlib.h>

static int is_free(const fmpq_mpoly_t f, const ew_sde *sde)
{
    int is = 1;
    for (slong i = 0; i < sde->constants && is; i++)
        is = !sde->constant[i].internal ||
             fmpq_mpoly_degree_si(f, sde->constant0 + i, sde->ring) <= 0;
    return is;
}

/* f = its remainder by the relations. */
static ew_status reduce(fmpq_mpoly_t f, const fmpq_mpoly_struct *relation, slong n,
                        const ew_sde *sde, ew_context *ctx)
{
    if (is_free(f, sde))
        return EW_OK;
    fmpq_mpoly_struct **quotient = ew_alloc(2 * (size_t) n * sizeof *quotient, ctx);
    if (!quotient)
        return EW_MEMORY;
    fmpq_mpoly_struct **by = quotient + n;
    fmpq_mpoly_struct *q = flint_malloc((size_t) n * sizeof *q);
    fmpq_mpoly_t rest;
    fmpq_mpoly_init(rest, sde->ring);
    for (slong i = 0; i < n; i++) {
        fmpq_mpoly_init(q + i, sde->ring);
        quotient[i] = q + i;
        by[i] = (fmpq_mpoly_struct *) relation + i;
    }
    fmpq_mpoly_divrem_ideal(quotient, rest, f, by, n, sde->ring);
    fmpq_mpoly_swap(f, rest, sde->ring);
    for (slong i = 0; i < n; i++)
        fmpq_mpoly_clear(q + i, sde->ring);
    fmpq_mpoly_clear(rest, sde->ring);
    flint_free(q);
    free(quotient);
    return is_free(f, sde)
               ? EW_OK
               : ew_fail(ctx, EW_UNABLE, "sde: the equation needs more constants than it has");
}

ew_status ew_sde_eliminate(ew_sde *sde, const fmpq_mpoly_struct *relation, slong n,
                           ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < sde->n && status == EW_OK; i++)
        status = reduce(sde->drift + i, relation, n, sde, ctx);
    for (slong i = 0; i < sde->n * (sde->n + 1) / 2 && status == EW_OK; i++)
        status = reduce(sde->diffusion + i, relation, n, sde, ctx);
    return status;
}

void ew_sde_add_term(fmpq_mpoly_t f, slong num, ulong den, const slong *v, slong n,
                     const ew_sde *sde)
{
    fmpq_t c;
    fmpq_mpoly_t t, x;
    fmpq_init(c);
    fmpq_mpoly_init(t, sde->ring);
    fmpq_mpoly_init(x, sde->ring);
    fmpq_set_si(c, num, den);
    fmpq_mpoly_set_fmpq(t, c, sde->ring);
    for (slong i = 0; i < n; i++) {
        ew_sde_variable(x, sde, v[i]);
        fmpq_mpoly_mul(t, t, x, sde->ring);
    }
    fmpq_mpoly_add(f, f, t, sde->ring);
    fmpq_mpoly_clear(t, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
    fmpq_clear(c);
}
