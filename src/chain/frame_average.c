/* Averages over the rows of a layer: their moments and cumulants, in symbols. */
#include <stdlib.h>

#include "chain/frame_law.h"
#include "chain/partition.h"

/* ---- moments ------------------------------------------------------------------------------
 */

/* (n)_b = sum_i s[i] n^(b-i) */
static void falling_factorial(fmpz *s, slong b)
{
    for (slong i = 0; i <= b; i++)
        fmpz_set_si(s + i, i == 0);
    for (slong a = 1; a < b; a++)
        for (slong i = a; i > 0; i--)
            fmpz_submul_si(s + i, s + i - 1, a);
}

/* The rows of a partition of the list. */
static ew_status open_rows(slong *row, ew_orthogonal *o, const ew_pairs *list,
                           const ew_partition *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong b = 0; b < p->blocks && status == EW_OK; b++) {
        ew_pairs block = {0, {0}};
        for (slong k = 0; k < p->n; k++)
            if (p->block[k] == b)
                ew_pairs_add(&block, list->p[k]);
        status = ew_rows_of(&row[b], &o->rows, &block, ctx);
    }
    return status;
}

/* All powers of 1/n_l that a partition contributes to. */
static ew_status add_partition(ew_orthogonal *o, const ew_law *law, slong list,
                               const ew_partition *p, ew_context *ctx)
{
    slong row[EW_MAX_PARTITION], first = p->n - p->blocks;
    fmpq_t scale;
    fmpz *s = _fmpz_vec_init(p->blocks + 1);
    fmpq_init(scale);
    falling_factorial(s, p->blocks);
    ew_status status = open_rows(row, o, &law->moment_of[list], p, ctx);
    for (slong j = first; j < o->powers && status == EW_OK; j++)
        for (slong i = 0; i < p->blocks && i <= j - first && status == EW_OK; i++) {
            slong most = law->at_limit ? ew_orthogonal_derivatives(law, list, j) : -1;
            fmpq_set_fmpz(scale, s + i);
            status = ew_frame_expand(&o->moment[list * o->powers + j], o, law, row, p->blocks,
                                     j - first - i, most, scale, ctx);
        }
    _fmpz_vec_clear(s, p->blocks + 1);
    fmpq_clear(scale);
    return status;
}

ew_status ew_frame_moment(ew_orthogonal *o, const ew_law *law, slong list, ew_context *ctx)
{
    ew_partition p;
    ew_status status = EW_OK;
    if (law->moment_of[list].n > EW_MAX_PARTITION)
        return ew_fail(ctx, EW_UNABLE, "orthogonal weights: order too high");
    ew_partition_first(&p, law->moment_of[list].n);
    do
        status = add_partition(o, law, list, &p, ctx);
    while (status == EW_OK && ew_partition_next(&p));
    for (slong j = 0; j < o->powers && status == EW_OK; j++)
        status = ew_terms_collect(&o->moment[list * o->powers + j], ctx);
    return status;
}

/* ---- cumulants ----------------------------------------------------------------------------
 */

typedef struct {
    ew_orthogonal *o;
    const ew_law *law;
    slong list;
    ew_context *ctx;
} subtraction;

/* out += c x y */
static ew_status add_product(ew_terms *out, const fmpq_t c, const ew_terms *x,
                             const ew_terms *y, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t w;
    fmpq_init(w);
    for (slong i = 0; i < x->n; i++)
        for (slong j = 0; j < y->n && status == EW_OK; j++) {
            fmpq_mul(w, &x->t[i].c, &y->t[j].c);
            fmpq_mul(w, w, c);
            status = ew_terms_add(out, w, x->pool + x->t[i].at, x->t[i].n, y->pool + y->t[j].at,
                                  y->t[j].n, ctx);
        }
    fmpq_clear(w);
    return status;
}

/* A cumulant of k entries begins at n_l^(1-k). */
static ew_status subtract_split(void *data, const ew_pairs *in, const ew_pairs *rest,
                                const fmpz_t ways)
{
    const subtraction *s = data;
    ew_orthogonal *o = s->o;
    slong a = ew_law_moment(s->law, in), b = ew_law_moment(s->law, rest);
    if (a < 0 || b < 0)
        return ew_fail(s->ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    fmpq_set_fmpz(c, ways);
    fmpq_neg(c, c);
    for (slong j = s->law->moment_of[s->list].n - 1; j < o->powers; j++)
        for (slong i = in->n - 1; i <= j && status == EW_OK; i++)
            status = add_product(&o->cumulant[s->list * o->powers + j], c,
                                 &o->cumulant[a * o->powers + i],
                                 &o->moment[b * o->powers + j - i], s->ctx);
    fmpq_clear(c);
    return status;
}

/* kappa(X_1, ..., X_k) = E[X_1 ... X_k] - sum over S with 1 in S, S not all, of kappa(X_S) E[X
 * of the others]; shorter lists come first. */
ew_status ew_frame_average_cumulant(ew_orthogonal *o, const ew_law *law, slong list,
                                    ew_context *ctx)
{
    subtraction s = {o, law, list, ctx};
    ew_status status = EW_OK;
    ew_terms one = {0, 0, NULL, 0, 0, NULL};
    fmpq_t unit;
    fmpq_init(unit);
    fmpq_one(unit);
    status = ew_terms_add(&one, unit, NULL, 0, NULL, 0, ctx);
    for (slong j = law->moment_of[list].n - 1; j < o->powers && status == EW_OK; j++)
        status = add_product(&o->cumulant[list * o->powers + j], unit, &one,
                             &o->moment[list * o->powers + j], ctx);
    if (status == EW_OK)
        status = ew_pairs_splits(&law->moment_of[list], subtract_split, &s);
    for (slong j = law->moment_of[list].n - 1; j < o->powers && status == EW_OK; j++)
        status = ew_terms_collect(&o->cumulant[list * o->powers + j], ctx);
    ew_terms_clear(&one);
    fmpq_clear(unit);
    return status;
}
