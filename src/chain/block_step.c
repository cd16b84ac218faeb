#include "chain/block_step.h"

#include <stdlib.h>

#include "chain/residual_law.h"

enum { ABSENT = -1, DERIVED = -2 };

struct ew_block_step {
    ew_residual_law *block;
    slong *to; /* [variable of the block's ring]: the variable of the law's that it is, or
                  ABSENT: 0, or DERIVED: */
    slong images;
    fmpq_mpoly_struct *image; /* this polynomial */
};

/* ---- the inner layer ----------------------------------------------------------------------
 */

/* The two fields whose product a monomial is for s(z) = z: 0 when it vanishes. */
static int linear_fields(slong field[2], const ulong *exp, const ew_jet_ring *r)
{
    const ew_fields *f = r->fields;
    slong n = 0;
    for (slong a = 0; a < f->inputs; a++) {
        for (slong i = 2; i < r->jets; i++)
            if (exp[ew_jet_variable(r, a, i)])
                return 0;
        for (ulong e = exp[ew_jet_variable(r, a, 0)]; e > 0 && n < 2; e--)
            field[n++] = a * f->sets;
    }
    for (slong A = 0; A < f->n; A++)
        for (ulong e = A % f->sets ? exp[ew_jet_field(r, A)] : 0; e > 0 && n < 2; e--)
            field[n++] = A;
    return n == 2;
}

static void add_bias(fmpq_mpoly_t out, const ew_law *law, slong pair)
{
    ew_bias kind = ew_pair_bias(law->fields, pair);
    fmpq_mpoly_zero(out, law->ring);
    if (kind != EW_BIAS_NONE)
        fmpq_mpoly_gen(out, kind == EW_BIAS_CB ? EW_CB : EW_LAMBDA_B, law->ring);
}

/* B_p + f_p of the linear activation. */
void ew_block_step_covariance(fmpq_mpoly_t out, const ew_law *law, slong pair)
{
    const ew_jet_ring *r = &law->jet;
    ulong *exp = flint_malloc((size_t) r->variables * sizeof *exp);
    slong field[2];
    fmpq_mpoly_t f, rate, h;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(f, r->ring);
    fmpq_mpoly_init(rate, law->ring);
    fmpq_mpoly_init(h, law->ring);
    add_bias(out, law, pair);
    ew_feature_product(f, r, pair);
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, r->ring);
        if (!linear_fields(field, exp, r))
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, r->ring);
        fmpq_mpoly_gen(rate, exp[EW_JET_LAMBDA_W] ? EW_LAMBDA_W : EW_CW, law->ring);
        fmpq_mpoly_gen(h, law->cov[ew_pair_of(law->fields, field[0], field[1])], law->ring);
        fmpq_mpoly_mul(h, h, rate, law->ring);
        fmpq_mpoly_scalar_mul_fmpq(h, h, c, law->ring);
        fmpq_mpoly_add(out, out, h, law->ring);
    }
    fmpq_mpoly_clear(f, r->ring);
    fmpq_mpoly_clear(rate, law->ring);
    fmpq_mpoly_clear(h, law->ring);
    fmpq_clear(c);
    flint_free(exp);
}

/* ---- from the block's ring into the law's -------------------------------------------------
 */

static slong image_of(const ew_law *law, slong v)
{
    const ew_residual_law *r = law->block->block;
    slong pairs = law->fields->pairs;
    if (v == EW_CW)
        return EW_CV;
    if (v == EW_LAMBDA_W)
        return EW_LAMBDA_V;
    if (v == r->alpha2)
        return EW_ALPHA2;
    if (v == r->per_m)
        return EW_RATIO;
    if (v >= r->h && v < r->h + pairs)
        return law->cov[v - r->h];
    if (v >= r->law->atom0)
        return law->atom0 + v - r->law->atom0;
    return v >= r->law->cov0 ? DERIVED : ABSENT;
}

static ew_status open_images(const ew_law *law, ew_context *ctx)
{
    ew_block_step *b = law->block;
    const ew_law *inner = b->block->law;
    if (b->image)
        return EW_OK;
    b->to = ew_alloc((size_t) inner->variables * sizeof *b->to, ctx);
    b->image = b->to ? ew_alloc((size_t) inner->variables * sizeof *b->image, ctx) : NULL;
    if (!b->image)
        return EW_MEMORY;
    for (; b->images < inner->variables; b->images++) {
        b->to[b->images] = image_of(law, b->images);
        fmpq_mpoly_init(b->image + b->images, law->ring);
    }
    for (slong p = 0; p < law->fields->pairs; p++)
        if (inner->cov[p] >= 0)
            ew_block_step_covariance(b->image + inner->cov[p], law, p);
    return EW_OK;
}

/* Terms by the derived covariances in them, each with what is before these. */
typedef struct {
    ew_keys keys; /* variables of the block's ring, one entry a power */
    slong room;
    fmpq_mpoly_struct *factor; /* [key] */
} pieces;

static void clear_pieces(pieces *x, const ew_law *law)
{
    for (slong i = 0; i < x->room; i++)
        fmpq_mpoly_clear(x->factor + i, law->ring);
    free(x->factor);
    ew_keys_clear(&x->keys);
}

static ew_status add_piece(pieces *x, const ew_pairs *derived, const fmpq_t c, const ulong *exp,
                           const ew_law *law, ew_context *ctx)
{
    slong id;
    int fresh;
    ew_status status = ew_keys_add(&id, &fresh, &x->keys, derived->p, derived->n, ctx);
    if (status == EW_OK && id >= x->room) {
        slong room = 2 * id + 8;
        fmpq_mpoly_struct *more = ew_realloc(x->factor, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        x->factor = more;
        for (; x->room < room; x->room++)
            fmpq_mpoly_init(x->factor + x->room, law->ring);
    }
    if (status == EW_OK)
        fmpq_mpoly_push_term_fmpq_ui(x->factor + id, c, exp, law->ring);
    return status;
}

/* One term; *vanishes when it is 0 here. */
static ew_status translate_term(ulong *exp, ew_pairs *derived, int *vanishes,
                                const ulong *before, const ew_law *law, ew_context *ctx)
{
    const ew_block_step *b = law->block;
    derived->n = 0;
    *vanishes = 0;
    for (slong v = 0; v < law->variables; v++)
        exp[v] = 0;
    for (slong v = 0; v < b->block->law->variables; v++) {
        if (!before[v])
            continue;
        *vanishes |= b->to[v] == ABSENT;
        if (b->to[v] >= 0)
            exp[b->to[v]] += before[v];
        for (ulong e = 0; b->to[v] == DERIVED && e < before[v]; e++) {
            if (derived->n == EW_MAX_PAIRS)
                return ew_fail(ctx, EW_UNABLE, "residual block: a term of too high a degree");
            ew_pairs_add(derived, v);
        }
    }
    return EW_OK;
}

static ew_status sort_pieces(pieces *x, const fmpq_mpoly_t f, ulong *exp, const ew_law *law,
                             ew_context *ctx)
{
    const ew_law *inner = law->block->block->law;
    ulong *before = exp + law->variables;
    ew_pairs derived;
    int vanishes;
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, inner->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_exp_ui(before, f, i, inner->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, inner->ring);
        status = translate_term(exp, &derived, &vanishes, before, law, ctx);
        if (status == EW_OK && !vanishes)
            status = add_piece(x, &derived, c, exp, law, ctx);
    }
    fmpq_clear(c);
    return status;
}

static ew_status translate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_law *law,
                           ew_context *ctx)
{
    const ew_block_step *b = law->block;
    pieces x = {.room = 0};
    slong n;
    ulong *exp =
        ew_alloc((size_t) (law->variables + b->block->law->variables) * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    ew_status status = sort_pieces(&x, f, exp, law, ctx);
    fmpq_mpoly_zero(out, law->ring);
    for (slong k = 0; k < x.keys.n && status == EW_OK; k++) {
        const int *derived = ew_keys_at(&n, &x.keys, k);
        fmpq_mpoly_sort_terms(x.factor + k, law->ring);
        fmpq_mpoly_combine_like_terms(x.factor + k, law->ring);
        for (slong i = 0; i < n; i++)
            fmpq_mpoly_mul(x.factor + k, x.factor + k, b->image + derived[i], law->ring);
        fmpq_mpoly_add(out, out, x.factor + k, law->ring);
    }
    clear_pieces(&x, law);
    free(exp);
    return status;
}

/* part = the terms of f of degree `power` in 1/d and 1/m together, without 1/d. */
static ew_status take_power(fmpq_mpoly_t part, const fmpq_mpoly_t f, slong power,
                            const ew_residual_law *r, ew_context *ctx)
{
    const ew_law *law = r->law;
    ulong *exp = ew_alloc((size_t) law->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_zero(part, law->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->ring);
        if ((slong) (exp[r->per_d] + exp[r->per_m]) != power)
            continue;
        exp[r->per_d] = 0;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, law->ring);
        fmpq_mpoly_push_term_fmpq_ui(part, c, exp, law->ring);
    }
    fmpq_mpoly_sort_terms(part, law->ring);
    fmpq_mpoly_combine_like_terms(part, law->ring);
    fmpq_clear(c);
    free(exp);
    return EW_OK;
}

/* All grades of a list at once. */
static ew_status fill(ew_law *law, slong i, ew_context *ctx)
{
    ew_residual_law *r = law->block->block;
    const ew_pairs *list = &law->moment_of[i];
    fmpq_mpoly_t f, part;
    fmpq_mpoly_init(f, r->law->ring);
    fmpq_mpoly_init(part, r->law->ring);
    ew_status status = open_images(law, ctx);
    if (status == EW_OK)
        status = ew_residual_law_cumulant(f, r, list, ctx);
    for (slong g = 0; g < ew_law_grades(law, list->n) && status == EW_OK; g++) {
        fmpq_mpoly_struct *k = ew_alloc(sizeof *k, ctx);
        if (!k) {
            status = EW_MEMORY;
            break;
        }
        fmpq_mpoly_init(k, law->ring);
        law->cumulant[i * law->grades + g] = k;
        status = take_power(part, f, list->n - 1 + g, r, ctx);
        if (status == EW_OK)
            status = translate(k, part, law, ctx);
    }
    fmpq_mpoly_clear(f, r->law->ring);
    fmpq_mpoly_clear(part, r->law->ring);
    return status;
}

ew_status ew_block_step_cumulant(const fmpq_mpoly_struct **out, ew_law *law,
                                 const ew_pairs *list, slong grade, ew_context *ctx)
{
    slong i = ew_law_moment(law, list);
    if (i < 0)
        return ew_fail(ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    ew_status status = law->cumulant[i * law->grades] ? EW_OK : fill(law, i, ctx);
    *out = law->cumulant[i * law->grades + grade];
    return status;
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_block_step_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx)
{
    const ew_law *inner = law->block->block->law;
    ew_status status = EW_OK;
    for (slong i = 0; i < inner->atoms && status == EW_OK; i++)
        status = ew_atom_list_add(found, &inner->atom[i], 0, ctx);
    return status;
}

ew_status ew_block_step_new(ew_block_step **out, const ew_law *law, ew_context *ctx)
{
    *out = NULL;
    ew_block_step *b = ew_alloc_zero(1, sizeof *b, ctx);
    if (!b)
        return EW_MEMORY;
    const ew_residual_scope scope = {.wide = law->of.ensemble == EW_ENSEMBLE_WIDE_BLOCK,
                                     .at_limit = law->at_limit,
                                     .most = law->of.order,
                                     .derivatives = law->derivatives};
    ew_status status = ew_residual_law_scoped(&b->block, &scope, law->fields, law->moment_of,
                                              law->moments, ctx);
    if (status != EW_OK)
        ew_block_step_free(b, law);
    else
        *out = b;
    return status;
}

void ew_block_step_free(ew_block_step *b, const ew_law *law)
{
    if (!b)
        return;
    for (slong v = 0; v < b->images; v++)
        fmpq_mpoly_clear(b->image + v, law->ring);
    free(b->image);
    free(b->to);
    ew_residual_law_free(b->block);
    free(b);
}
