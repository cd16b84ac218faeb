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

/* B_p: the bias of the pair, C_b for preactivations and lambda_b for equal tangents. */
static void add_bias(fmpq_mpoly_t out, const ew_law *law, slong pair)
{
    slong i, j, v = -1;
    ew_pair_fields(&i, &j, law->fields, pair);
    ew_field a = ew_fields_at(law->fields, i), b = ew_fields_at(law->fields, j);
    if (a.set != b.set)
        return;
    if (a.set == 0)
        v = EW_CB;
    for (slong g = 0; g < law->fields->generators; g++)
        if (law->fields->kind[g] == EW_TANGENT && a.set == UWORD(1) << g)
            v = EW_LAMBDA_B;
    if (v < 0)
        return;
    fmpq_mpoly_t bias;
    fmpq_mpoly_init(bias, law->ring);
    fmpq_mpoly_gen(bias, v, law->ring);
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
