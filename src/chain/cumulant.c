#include "chain/partition.h"
#include "chain/wick.h"

static const fmpq_mpoly_struct *moment(const ew_law *law, const ew_pairs *list)
{
    for (slong i = 0; i < law->moments; i++)
        if (ew_pairs_compare(&law->moment_of[i], list) == 0)
            return &law->moment[i];
    return NULL;
}

/* term *= E[product of the f_p of block b]. */
static ew_status times_block(fmpq_mpoly_t term, const ew_law *law, const ew_pairs *list,
                             const ew_partition *p, slong b, ew_context *ctx)
{
    ew_pairs part = {0, {0}};
    for (slong i = 0; i < list->n; i++)
        if (p->block[i] == b)
            ew_pairs_add(&part, list->p[i]);
    const fmpq_mpoly_struct *m = moment(law, &part);
    if (!m)
        return ew_fail(ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    fmpq_mpoly_mul(term, term, m, law->ring);
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
    ew_status status = EW_OK;
    ew_partition p;
    fmpq_mpoly_t term;
    fmpz_t w;
    fmpz_init(w);
    fmpq_mpoly_init(term, law->ring);
    fmpq_mpoly_zero(out, law->ring);
    ew_partition_first(&p, list->n);
    do {
        ew_partition_moebius(w, &p);
        fmpq_mpoly_set_fmpz(term, w, law->ring);
        for (slong b = 0; b < p.blocks && status == EW_OK; b++)
            status = times_block(term, law, list, &p, b, ctx);
        fmpq_mpoly_add(out, out, term, law->ring);
    } while (status == EW_OK && ew_partition_next(&p));
    if (list->n == 1)
        add_bias(out, law, list->p[0]);
    fmpq_mpoly_clear(term, law->ring);
    fmpz_clear(w);
    return status;
}
