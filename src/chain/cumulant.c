#include "chain/block_step.h"
#include "chain/gaussian.h"
#include "chain/orthogonal.h"

slong ew_law_grades(const ew_law *law, slong entries)
{
    if (law->of.ensemble == EW_ENSEMBLE_GAUSSIAN || law->of.ensemble == EW_ENSEMBLE_WIDE_BLOCK)
        return 1;
    return FLINT_MAX(law->of.order - entries + 2, 0);
}

static void add_bias(fmpq_mpoly_t out, const ew_law *law, slong pair)
{
    ew_bias kind = pair < law->fields->pairs ? ew_pair_bias(law->fields, pair) : EW_BIAS_NONE;
    if (kind == EW_BIAS_NONE)
        return;
    fmpq_mpoly_t bias;
    fmpq_mpoly_init(bias, law->ring);
    fmpq_mpoly_gen(bias, kind == EW_BIAS_CB ? EW_CB : EW_LAMBDA_B, law->ring);
    fmpq_mpoly_add(out, out, bias, law->ring);
    fmpq_mpoly_clear(bias, law->ring);
}

ew_status ew_law_cumulant(fmpq_mpoly_t out, ew_law *law, const ew_pairs *list, slong grade,
                          ew_context *ctx)
{
    const fmpq_mpoly_struct *k;
    if (grade < 0 || grade >= ew_law_grades(law, list->n))
        return ew_fail(ctx, EW_UNABLE, "transition law: order %ld was not asked for",
                       (long) (list->n - 1 + grade));
    ew_status status = law->orthogonal ? ew_orthogonal_cumulant(&k, law, list, grade, ctx)
                       : law->block    ? ew_block_step_cumulant(&k, law, list, grade, ctx)
                                       : ew_gaussian_cumulant(&k, law, list, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_set(out, k, law->ring);
    if (list->n == 1 && grade == 0 && !law->block)
        add_bias(out, law, list->p[0]);
    return EW_OK;
}
