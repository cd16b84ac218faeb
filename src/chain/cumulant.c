#include <stdlib.h>

#include "chain/wick.h"

static ew_status cumulant(const fmpq_mpoly_struct **out, ew_law *law, const ew_pairs *list,
                          ew_context *ctx);

/* One split of a list: `in` holds its first entry, `rest` is not empty. */
static ew_status subtract_split(fmpq_mpoly_t out, ew_law *law, const ew_pairs *in,
                                const ew_pairs *rest, const fmpz_t ways, ew_context *ctx)
{
    const fmpq_mpoly_struct *k;
    slong m = ew_law_moment(law, rest);
    ew_status status = cumulant(&k, law, in, ctx);
    if (status != EW_OK)
        return status;
    if (m < 0)
        return ew_fail(ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_mul(t, k, &law->moment[m], law->ring);
    fmpq_mpoly_scalar_mul_fmpz(t, t, ways, law->ring);
    fmpq_mpoly_sub(out, out, t, law->ring);
    fmpq_mpoly_clear(t, law->ring);
    return EW_OK;
}

/* Of m equal entries k go with the first one, binomial(m, k) ways; from entry i on. */
static ew_status subtract_splits(fmpq_mpoly_t out, ew_law *law, const ew_pairs *list, slong i,
                                 const ew_pairs *in, const ew_pairs *rest, const fmpz_t ways,
                                 ew_context *ctx)
{
    if (i == list->n)
        return rest->n ? subtract_split(out, law, in, rest, ways, ctx) : EW_OK;
    slong m = 1;
    while (i + m < list->n && list->p[i + m] == list->p[i])
        m++;
    ew_status status = EW_OK;
    fmpz_t w;
    fmpz_init(w);
    for (slong k = 0; k <= m && status == EW_OK; k++) {
        ew_pairs x = *in, y = *rest;
        for (slong e = 0; e < m; e++)
            ew_pairs_add(e < k ? &x : &y, list->p[i]);
        fmpz_bin_uiui(w, (ulong) m, (ulong) k);
        fmpz_mul(w, w, ways);
        status = subtract_splits(out, law, list, i + m, &x, &y, w, ctx);
    }
    fmpz_clear(w);
    return status;
}

/* kappa(X_1, ..., X_k) = E[X_1 ... X_k] - sum over S with 1 in S, S not all, of kappa(X_S) E[X
 * of the others]; every cumulant is computed once. */
static ew_status cumulant(const fmpq_mpoly_struct **out, ew_law *law, const ew_pairs *list,
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
        ew_pairs in = {1, {list->p[0]}}, rest = {0, {0}};
        fmpz one = 1;
        ew_status status = subtract_splits(k, law, list, 1, &in, &rest, &one, ctx);
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

static void add_bias(fmpq_mpoly_t out, const ew_law *law, slong pair)
{
    ew_bias kind = ew_pair_bias(law->fields, pair);
    if (kind == EW_BIAS_NONE)
        return;
    fmpq_mpoly_t bias;
    fmpq_mpoly_init(bias, law->ring);
    fmpq_mpoly_gen(bias, kind == EW_BIAS_CB ? EW_CB : EW_LAMBDA_B, law->ring);
    fmpq_mpoly_add(out, out, bias, law->ring);
    fmpq_mpoly_clear(bias, law->ring);
}

ew_status ew_law_cumulant(fmpq_mpoly_t out, ew_law *law, const ew_pairs *list, ew_context *ctx)
{
    const fmpq_mpoly_struct *k;
    ew_status status = cumulant(&k, law, list, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_set(out, k, law->ring);
    if (list->n == 1)
        add_bias(out, law, list->p[0]);
    return EW_OK;
}
