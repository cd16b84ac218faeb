/* The operator W(D) on functions of several rows. */
#include <stdlib.h>
#include <string.h>

#include "chain/frame_law.h"
#include "chain/partition.h"

#define MOST_EDGES 64

/* One monomial of W: the power of every D_ij, i <= j; its factors one after the other. */
typedef struct {
    const ew_law *law;
    ew_orthogonal *o;
    ew_terms *out;
    slong rows, row[EW_MAX_PARTITION];
    slong edges, end[2][MOST_EDGES];
    slong grade, most, vanishing; /* most: -1 for no limit */
    slong choice[MOST_EDGES], run;
    fmpq_t weight;
    ew_context *ctx;
} expansion;

static int ascending(const void *x, const void *y)
{
    return (*(const int *) x > *(const int *) y) - (*(const int *) x < *(const int *) y);
}

/* What has come out is a product of symbols. */
static ew_status add_symbols(expansion *x)
{
    const ew_law *law = x->law;
    slong n = x->law->fields->n, vanishing = x->vanishing;
    int key[3 * MOST_EDGES], *rows = key + x->grade + x->edges;
    for (slong i = 0; i < x->rows; i++)
        vanishing += x->o->rows.row[x->row[i]].parity != 0;
    if (x->most >= 0 && vanishing > x->most)
        return EW_OK;
    for (slong g = 0; g < x->grade; g++)
        key[g] = EW_SYMBOL_SHARE;
    for (slong e = 0; e < x->edges; e++)
        key[x->grade + e] =
            EW_SYMBOL_PAIR + (int) ew_pair_of(law->fields, x->choice[e] / n, x->choice[e] % n);
    for (slong i = 0; i < x->rows; i++)
        rows[i] = ew_symbol_of_row(law, x->row[i]);
    qsort(key, (size_t) (x->grade + x->edges + x->rows), sizeof *key, ascending);
    return ew_terms_add(x->out, x->weight, key, x->grade + x->edges + x->rows, NULL, 0, x->ctx);
}

static ew_status expand_edge(expansion *x, slong e);

/* Factor e of D_ij becomes Q_AB d^i_A d^j_B; -1 rows end the branch. */
static ew_status take_choice(expansion *x, slong e, slong A, slong B)
{
    slong i = x->end[0][e], j = x->end[1][e], row_i = x->row[i], row_j = x->row[j], id;
    ew_status status = ew_rows_derive(&id, &x->o->rows, row_i, A, x->ctx);
    if (status == EW_OK && id >= 0) {
        x->row[i] = id;
        status = ew_rows_derive(&id, &x->o->rows, x->row[j], B, x->ctx);
        if (status == EW_OK && id >= 0) {
            x->row[j] = id;
            status = expand_edge(x, e + 1);
        }
    }
    x->row[i] = row_i;
    x->row[j] = row_j;
    return status;
}

static int same_edge(const expansion *x, slong e)
{
    return e > 0 && x->end[0][e] == x->end[0][e - 1] && x->end[1][e] == x->end[1][e - 1];
}

/* Equal factors take their terms in ascending order; `weight` counts the orders, in which copy
 * c with r equal choices up to here brings c/r, and the two of d_A d_B on one row. */
static ew_status expand_edge(expansion *x, slong e)
{
    if (e == x->edges)
        return add_symbols(x);
    const ew_fields *f = x->law->fields;
    slong copy = 1, run = x->run;
    while (same_edge(x, e + 1 - copy))
        copy++;
    ew_status status = EW_OK;
    fmpq_t weight, factor;
    fmpq_init(weight);
    fmpq_init(factor);
    fmpq_set(weight, x->weight);
    for (slong c = copy > 1 ? x->choice[e - 1] : 0; c < f->n * f->n && status == EW_OK; c++) {
        slong A = c / f->n, B = c % f->n, loop = x->end[0][e] == x->end[1][e];
        int vanishes = f->parity[ew_pair_of(f, A, B)] != 0;
        if ((loop && B < A) || (vanishes && x->vanishing == x->most))
            continue;
        x->run = copy > 1 && c == x->choice[e - 1] ? run + 1 : 1;
        fmpq_set_si(factor, loop && A != B ? 2 * copy : copy, (ulong) x->run);
        fmpq_mul(x->weight, weight, factor);
        x->choice[e] = c;
        x->vanishing += vanishes;
        status = take_choice(x, e, A, B);
        x->vanishing -= vanishes;
    }
    fmpq_swap(x->weight, weight);
    x->run = run;
    fmpq_clear(weight);
    fmpq_clear(factor);
    return status;
}

static ew_status expand_monomial(expansion *x, const ulong *exp)
{
    x->edges = 0;
    for (slong i = 0; i < x->rows; i++)
        for (slong j = i; j < x->rows; j++)
            for (ulong e = exp[ew_haar_entry(x->rows, i, j)]; e > 0; e--) {
                if (x->edges == MOST_EDGES - 1)
                    return ew_fail(x->ctx, EW_UNABLE, "orthogonal weights: order too high");
                x->end[0][x->edges] = i;
                x->end[1][x->edges++] = j;
            }
    return expand_edge(x, 0);
}

ew_status ew_frame_expand(ew_terms *out, ew_orthogonal *o, const ew_law *law, const slong *row,
                          slong rows, slong grade, slong most, const fmpq_t scale,
                          ew_context *ctx)
{
    expansion x = {
        .law = law, .o = o, .out = out, .rows = rows, .grade = grade, .most = most, .ctx = ctx};
    slong entries = rows * (rows + 1) / 2;
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_t w;
    ulong *exp = ew_alloc((size_t) entries * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    memcpy(x.row, row, (size_t) rows * sizeof *row);
    fmpq_init(x.weight);
    fmpq_mpoly_ctx_init(ring, entries, ORD_LEX);
    fmpq_mpoly_init(w, ring);
    ew_status status = ew_haar_rows(w, o->haar, grade, rows, ring, ctx);
    for (slong i = 0; i < fmpq_mpoly_length(w, ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, w, i, ring);
        fmpq_mpoly_get_term_coeff_fmpq(x.weight, w, i, ring);
        fmpq_mul(x.weight, x.weight, scale);
        status = expand_monomial(&x, exp);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    fmpq_mpoly_clear(w, ring);
    fmpq_mpoly_ctx_clear(ring);
    fmpq_clear(x.weight);
    free(exp);
    return status;
}
