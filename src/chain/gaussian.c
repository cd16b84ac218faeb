/* Gaussian weights: the rows of the next layer are independent, and one neuron's moments say
 * all. */
#include "chain/gaussian.h"

#include <stdlib.h>

/* Moment i, or its atoms. */
static ew_status expect_moment(fmpq_mpoly_t out, ew_atom_list *found, const ew_law *law,
                               slong i, ew_context *ctx)
{
    fmpq_mpoly_t product, f;
    ulong parity;
    const ew_pairs *list = &law->moment_of[i];
    slong derivatives = law->derivatives[i], most = law->at_limit ? derivatives : -1;
    fmpq_mpoly_init(product, law->jet.ring);
    fmpq_mpoly_init(f, law->jet.ring);
    fmpq_mpoly_one(product, law->jet.ring);
    for (slong k = 0; k < list->n; k++) {
        ew_law_averaged(f, &parity, law, list->p[k]);
        fmpq_mpoly_mul(product, product, f, law->jet.ring);
    }
    ew_status status = ew_wick(out, found, law, product, NULL, most, derivatives, ctx);
    fmpq_mpoly_clear(f, law->jet.ring);
    fmpq_mpoly_clear(product, law->jet.ring);
    return status;
}

ew_status ew_gaussian_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < law->moments && status == EW_OK; i++) {
        status = expect_moment(NULL, found, law, i, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
}

ew_status ew_gaussian_moments(ew_law *law, ew_context *ctx)
{
    ew_status status = EW_OK;
    law->moment = ew_alloc((size_t) (law->moments + 1) * sizeof *law->moment, ctx);
    if (!law->moment)
        return EW_MEMORY;
    for (slong i = 0; i < law->moments; i++)
        fmpq_mpoly_init(&law->moment[i], law->ring);
    for (slong i = 0; i < law->moments && status == EW_OK; i++) {
        status = expect_moment(&law->moment[i], NULL, law, i, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
}

/* ---- cumulants ----------------------------------------------------------------------------
 */

typedef struct {
    fmpq_mpoly_struct *k;
    ew_law *law;
    ew_context *ctx;
} subtraction;

static ew_status subtract_split(void *data, const ew_pairs *in, const ew_pairs *rest,
                                const fmpz_t ways)
{
    const subtraction *s = data;
    ew_law *law = s->law;
    const fmpq_mpoly_struct *k;
    slong m = ew_law_moment(law, rest);
    ew_status status = ew_gaussian_cumulant(&k, law, in, s->ctx);
    if (status != EW_OK)
        return status;
    if (m < 0)
        return ew_fail(s->ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_mul(t, k, &law->moment[m], law->ring);
    fmpq_mpoly_scalar_mul_fmpz(t, t, ways, law->ring);
    fmpq_mpoly_sub(s->k, s->k, t, law->ring);
    fmpq_mpoly_clear(t, law->ring);
    return EW_OK;
}

/* kappa(X_1, ..., X_k) = E[X_1 ... X_k] - sum over S with 1 in S, S not all, of kappa(X_S) E[X
 * of the others]; every cumulant is computed once. */
ew_status ew_gaussian_cumulant(const fmpq_mpoly_struct **out, ew_law *law, const ew_pairs *list,
                               ew_context *ctx)
{
    slong i = ew_law_moment(law, list);
    if (i < 0)
        return ew_fail(ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    if (!law->cumulant[i]) {
        fmpq_mpoly_struct *k = ew_alloc(sizeof *k, ctx);
        if (!k)
            return EW_MEMORY;
        fmpq_mpoly_init(k, law->ring);
        fmpq_mpoly_set(k, &law->moment[i], law->ring);
        subtraction s = {k, law, ctx};
        ew_status status = ew_pairs_splits(list, subtract_split, &s);
        if (status != EW_OK) {
            fmpq_mpoly_clear(k, law->ring);
            free(k);
            return status;
        }
        law->cumulant[i] = k;
    }
    *out = law->cumulant[i];
    return EW_OK;
}
