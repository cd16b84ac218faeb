/* What is left of the symbols, in the law's ring. */
#include <stdlib.h>

#include "chain/frame_law.h"

slong ew_frame_vanishing(const ew_orthogonal *o, const ew_law *law, const ew_terms *x,
                         const ew_terms_entry *t)
{
    slong pairs = law->fields->pairs, n = 0;
    for (slong k = 0; k < t->n; k++) {
        slong v = x->pool[t->at + (size_t) k] - EW_SYMBOL_PAIR;
        n += v >= pairs ? o->rows.row[v - pairs].parity != 0
                        : v >= 0 && law->fields->parity[v] != 0;
    }
    return n;
}

ew_status ew_orthogonal_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx)
{
    ew_orthogonal *o = law->orthogonal;
    ew_status status = EW_OK;
    for (slong i = 0; i < law->moments * o->powers && status == EW_OK; i++) {
        const ew_terms *x = &o->cumulant[i];
        slong left = ew_orthogonal_derivatives(law, i / o->powers, i % o->powers);
        for (slong t = 0; t < x->n && status == EW_OK; t++) {
            if (law->at_limit && ew_frame_vanishing(o, law, x, &x->t[t]) > left)
                continue;
            for (slong k = 0; k < x->t[t].n && status == EW_OK; k++) {
                slong row = ew_row_of_symbol(law, x->pool[x->t[t].at + (size_t) k]);
                if (row >= 0)
                    status = ew_rows_want(&o->rows, row, left, found, ctx);
            }
        }
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
}

/* q += c var, or c var1 f */
static void add_multiple(fmpq_mpoly_t q, slong c, slong var, const fmpq_mpoly_struct *f,
                         const ew_law *law)
{
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_gen(t, var, law->ring);
    if (f)
        fmpq_mpoly_mul(t, t, f, law->ring);
    fmpq_mpoly_scalar_mul_si(t, t, c, law->ring);
    fmpq_mpoly_add(q, q, t, law->ring);
    fmpq_mpoly_clear(t, law->ring);
}

static const fmpq_mpoly_struct *weights_share(ew_orthogonal *o, const ew_law *law, slong pair)
{
    const ew_fields *f = law->fields;
    fmpq_mpoly_struct *q = &o->q[pair];
    if (o->q_known[pair])
        return q;
    slong i, j;
    ew_pair_fields(&i, &j, f, pair);
    ew_field a = ew_fields_at(f, i), b = ew_fields_at(f, j);
    ew_bias bias = ew_pair_bias(f, pair);
    add_multiple(q, 1, law->cov[pair], NULL, law);
    if (bias != EW_BIAS_NONE)
        add_multiple(q, -1, bias == EW_BIAS_CB ? EW_CB_BEFORE : EW_LAMBDA_B_BEFORE, NULL, law);
    for (ulong both = a.set & b.set & f->tangents; both; both &= both - 1) {
        ulong g = both & -both;
        slong less = ew_pair_of(f, ew_fields_find(f, a.input, a.set & ~g),
                                ew_fields_find(f, b.input, b.set & ~g));
        add_multiple(q, -1, EW_RATE_BEFORE, weights_share(o, law, less), law);
    }
    o->q_known[pair] = 1;
    return q;
}

static ew_status symbol_value(const fmpq_mpoly_struct **value, ew_orthogonal *o,
                              const ew_law *law, slong symbol, fmpq_mpoly_t share,
                              ew_context *ctx)
{
    slong row = ew_row_of_symbol(law, (int) symbol);
    if (row >= 0)
        return ew_rows_value(value, &o->rows, row, ctx);
    *value = symbol == EW_SYMBOL_SHARE ? share : weights_share(o, law, symbol - EW_SYMBOL_PAIR);
    return EW_OK;
}

/* product[k] = the first k factors of term t multiplied; those it has in common with the term
 * before are there. */
static ew_status multiply(fmpq_mpoly_struct *product, ew_orthogonal *o, const ew_law *law,
                          const ew_terms *x, slong t, slong most, ew_context *ctx)
{
    const ew_terms_entry *own = &x->t[t], *last = t ? &x->t[t - 1] : NULL;
    const int *factor = x->pool + own->at;
    const fmpq_mpoly_struct *value;
    slong k = 0;
    fmpq_mpoly_t share;
    fmpq_mpoly_init(share, law->ring);
    fmpq_mpoly_gen(share, EW_SHARE, law->ring);
    while (last && k < last->n && k < own->n && factor[k] == x->pool[last->at + (size_t) k])
        k++;
    ew_status status = EW_OK;
    for (; k < own->n && status == EW_OK; k++) {
        status = symbol_value(&value, o, law, factor[k], share, ctx);
        if (status != EW_OK)
            break;
        fmpq_mpoly_mul(&product[k + 1], &product[k], value, law->ring);
        if (most >= 0 && fmpq_mpoly_length(&product[k + 1], law->ring) > 1)
            status = ew_law_truncate(&product[k + 1], &product[k + 1], most, law, ctx);
    }
    fmpq_mpoly_clear(share, law->ring);
    return status;
}

/* sum += c f */
static ew_status add_polynomial(ew_terms *sum, const fmpq_t c, const fmpq_mpoly_struct *f,
                                ulong *exp, const ew_law *law, ew_context *ctx)
{
    int factor[256];
    ew_status status = EW_OK;
    fmpq_t w;
    fmpq_init(w);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(w, f, i, law->ring);
        fmpq_mul(w, w, c);
        slong n = ew_terms_factors(factor, 256, exp, law->variables);
        status = n <= 256 ? ew_terms_add(sum, w, factor, n, NULL, 0, ctx)
                          : ew_fail(ctx, EW_UNABLE, "transition law: a term of degree %ld",
                                    (long) n);
    }
    fmpq_clear(w);
    return status;
}

static slong longest(const ew_terms *x)
{
    slong n = 0;
    for (slong t = 0; t < x->n; t++)
        n = FLINT_MAX(n, x->t[t].n);
    return n;
}

/* out = the sum of products of symbols, put in */
static ew_status put_symbols(fmpq_mpoly_t out, ew_orthogonal *o, const ew_law *law,
                             const ew_terms *x, slong most, ew_context *ctx)
{
    ew_terms sum = {0, 0, NULL, 0, 0, NULL};
    slong n = longest(x) + 1;
    fmpq_mpoly_struct *product = ew_alloc((size_t) n * sizeof *product, ctx);
    ulong *exp = ew_alloc((size_t) law->variables * sizeof *exp, ctx);
    ew_status status = product && exp ? EW_OK : EW_MEMORY;
    for (slong k = 0; product && k < n; k++)
        fmpq_mpoly_init(&product[k], law->ring);
    if (product)
        fmpq_mpoly_one(&product[0], law->ring);
    for (slong t = 0; t < x->n && status == EW_OK; t++) {
        status = multiply(product, o, law, x, t, most, ctx);
        if (status == EW_OK)
            status = add_polynomial(&sum, &x->t[t].c, &product[x->t[t].n], exp, law, ctx);
    }
    if (status == EW_OK)
        status = ew_terms_sum(out, &sum, law->variables, law->ring, ctx);
    for (slong k = 0; product && k < n; k++)
        fmpq_mpoly_clear(&product[k], law->ring);
    ew_terms_clear(&sum);
    free(product);
    free(exp);
    return status;
}

/* Terms that would come out as 0 at the limit are not to be put in: their atoms are unknown. */
static ew_status drop_vanishing(ew_terms *x, const ew_orthogonal *o, const ew_law *law,
                                slong most, ew_context *ctx)
{
    slong n = 0;
    for (slong t = 0; t < x->n; t++)
        if (ew_frame_vanishing(o, law, x, &x->t[t]) > most)
            fmpq_clear(&x->t[t].c);
        else
            x->t[n++] = x->t[t];
    x->n = n;
    return ew_terms_collect(x, ctx);
}

static ew_status open_shares(ew_orthogonal *o, const ew_law *law, ew_context *ctx)
{
    if (o->q)
        return EW_OK;
    slong pairs = law->fields->pairs;
    o->q_known = ew_alloc_zero((size_t) pairs, 1, ctx);
    o->q = o->q_known ? ew_alloc((size_t) pairs * sizeof *o->q, ctx) : NULL;
    if (!o->q)
        return EW_MEMORY;
    for (slong p = 0; p < pairs; p++)
        fmpq_mpoly_init(&o->q[p], law->ring);
    return EW_OK;
}

ew_status ew_orthogonal_cumulant(const fmpq_mpoly_struct **out, ew_law *law,
                                 const ew_pairs *list, slong grade, ew_context *ctx)
{
    ew_orthogonal *o = law->orthogonal;
    slong i = ew_law_moment(law, list), j = list->n - 1 + grade;
    if (i < 0)
        return ew_fail(ctx, EW_UNABLE, "transition law: a cumulant was not asked for");
    fmpq_mpoly_struct **k = &law->cumulant[i * law->grades + grade];
    ew_terms *x = &o->cumulant[i * o->powers + j];
    slong most = law->at_limit ? ew_orthogonal_derivatives(law, i, j) : -1;
    ew_status status = open_shares(o, law, ctx);
    if (status == EW_OK && !*k) {
        if (law->at_limit)
            status = drop_vanishing(x, o, law, most, ctx);
        *k = ew_alloc(sizeof **k, ctx);
        if (!*k)
            return EW_MEMORY;
        fmpq_mpoly_init(*k, law->ring);
        if (status == EW_OK)
            status = put_symbols(*k, o, law, x, most, ctx);
    }
    *out = *k;
    return status;
}
