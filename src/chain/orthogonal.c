#include "chain/orthogonal.h"

#include <stdlib.h>
#include <string.h>

#include "chain/haar.h"
#include "chain/partition.h"
#include "chain/row.h"
#include "chain/terms.h"

/* Given Ghat = G, the rows of the fields are z_i = x_i + gaussian, x the weights' channel with
 * covariance Q, and E F(z_1, z_2, ...) = < W(D) F > over independent rows of N(0, G), D_ij =
 * sum_AB Q_AB d^i_A d^j_B, W from chain/haar.h.  An average of n_l rows has moments
 *   E prod Ghat'_p = sum over partitions into b rows of (n_l)_b / n_l^k E prod_rows F,
 * and their cumulants follow.  This is done with the factors Q_p and <d... F> as symbols, among
 * which everything below the leading order cancels; what is left is multiplied out.
 *
 * Q is a linear function of Ghat, so that Ghat alone is the state at every order: the channel
 * of tangent g contributes lambda_W/C_W Q_(A-g, B-g) to Ghat_(A, B), hence Q_AB = Ghat_AB -
 * B_AB - (lambda_W/C_W) sum_g Q_(A-g, B-g), g the tangents of both. */

enum { SHARE, FIRST_PAIR };

struct ew_orthogonal {
    ew_haar *haar;
    ew_rows rows;
    slong powers;     /* order + 1 */
    ew_terms *moment; /* [list * powers + j]: the coefficient of n_l^-j, in symbols */
    ew_terms *cumulant;
    fmpq_mpoly_struct *q; /* [pair]: Q_p in the law's ring */
    char *q_known;
};

static int row_symbol(const ew_law *law, slong row)
{
    return (int) (FIRST_PAIR + law->fields->pairs + row);
}

/* Derivatives in G wanted of the coefficient of n_l^-power for a list of that many entries; at
 * the limit also the vanishing covariances to be kept. */
static slong derivatives_of(const ew_law *law, slong list, slong power)
{
    if (!law->at_limit)
        return law->derivatives[list];
    slong least = law->moment_of[list].n - 1;
    return 2 * (law->of.order - FLINT_MAX(power, least));
}

/* ---- the operator on rows -----------------------------------------------------------------
 */

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
        key[g] = SHARE;
    for (slong e = 0; e < x->edges; e++)
        key[x->grade + e] =
            FIRST_PAIR + (int) ew_pair_of(law->fields, x->choice[e] / n, x->choice[e] % n);
    for (slong i = 0; i < x->rows; i++)
        rows[i] = row_symbol(law, x->row[i]);
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

/* out += scale q^grade (the coefficient of N^-grade in E prod_rows F) */
static ew_status expand_rows(expansion *x, const fmpq_t scale)
{
    slong entries = x->rows * (x->rows + 1) / 2;
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_t w;
    ulong *exp = ew_alloc((size_t) entries * sizeof *exp, x->ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_ctx_init(ring, entries, ORD_LEX);
    fmpq_mpoly_init(w, ring);
    ew_status status = ew_haar_rows(w, x->o->haar, x->grade, x->rows, ring, x->ctx);
    for (slong i = 0; i < fmpq_mpoly_length(w, ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, w, i, ring);
        fmpq_mpoly_get_term_coeff_fmpq(x->weight, w, i, ring);
        fmpq_mul(x->weight, x->weight, scale);
        status = expand_monomial(x, exp);
        if (status == EW_OK)
            status = ew_poll(x->ctx);
    }
    fmpq_mpoly_clear(w, ring);
    fmpq_mpoly_ctx_clear(ring);
    free(exp);
    return status;
}

/* ---- moments of averages ------------------------------------------------------------------
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
static ew_status open_rows(expansion *x, const ew_pairs *list, const ew_partition *p)
{
    ew_status status = EW_OK;
    x->rows = p->blocks;
    for (slong b = 0; b < p->blocks && status == EW_OK; b++) {
        ew_pairs block = {0, {0}};
        for (slong k = 0; k < p->n; k++)
            if (p->block[k] == b)
                ew_pairs_add(&block, list->p[k]);
        status = ew_rows_of(&x->row[b], &x->o->rows, &block, x->ctx);
    }
    return status;
}

/* All powers of 1/n_l that a partition contributes to. */
static ew_status add_partition(ew_orthogonal *o, const ew_law *law, slong list,
                               const ew_partition *p, ew_context *ctx)
{
    expansion x = {.law = law, .o = o, .ctx = ctx};
    fmpq_t scale;
    fmpz *s = _fmpz_vec_init(p->blocks + 1);
    fmpq_init(scale);
    fmpq_init(x.weight);
    falling_factorial(s, p->blocks);
    ew_status status = open_rows(&x, &law->moment_of[list], p);
    for (slong j = p->n - p->blocks; j < o->powers && status == EW_OK; j++)
        for (slong i = 0; i < p->blocks && i <= j - (p->n - p->blocks) && status == EW_OK;
             i++) {
            x.grade = j - (p->n - p->blocks) - i;
            x.most = law->at_limit ? derivatives_of(law, list, j) : -1;
            x.out = &o->moment[list * o->powers + j];
            fmpq_set_fmpz(scale, s + i);
            status = expand_rows(&x, scale);
        }
    _fmpz_vec_clear(s, p->blocks + 1);
    fmpq_clear(x.weight);
    fmpq_clear(scale);
    return status;
}

static ew_status fill_moment(ew_orthogonal *o, const ew_law *law, slong list, ew_context *ctx)
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

/* Factors of a term that vanish at infinite width. */
static slong vanishing_factors(const ew_orthogonal *o, const ew_law *law, const ew_terms *x,
                               const ew_terms_entry *t)
{
    slong pairs = law->fields->pairs, n = 0;
    for (slong k = 0; k < t->n; k++) {
        slong v = x->pool[t->at + (size_t) k] - FIRST_PAIR;
        n += v >= pairs ? o->rows.row[v - pairs].parity != 0
                        : v >= 0 && law->fields->parity[v] != 0;
    }
    return n;
}

/* kappa(X_1, ..., X_k) = E[X_1 ... X_k] - sum over S with 1 in S, S not all, of kappa(X_S) E[X
 * of the others]; shorter lists come first. */
static ew_status fill_cumulant(ew_orthogonal *o, const ew_law *law, slong list, ew_context *ctx)
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

/* ---- in the law's ring --------------------------------------------------------------------
 */

ew_status ew_orthogonal_atoms(ew_atom_list *found, const ew_law *law, ew_context *ctx)
{
    ew_orthogonal *o = law->orthogonal;
    slong pairs = law->fields->pairs;
    ew_status status = EW_OK;
    for (slong i = 0; i < law->moments * o->powers && status == EW_OK; i++) {
        const ew_terms *x = &o->cumulant[i];
        slong left = derivatives_of(law, i / o->powers, i % o->powers);
        for (slong t = 0; t < x->n && status == EW_OK; t++) {
            if (law->at_limit && vanishing_factors(o, law, x, &x->t[t]) > left)
                continue;
            for (slong k = 0; k < x->t[t].n && status == EW_OK; k++) {
                slong v = x->pool[x->t[t].at + (size_t) k] - FIRST_PAIR - pairs;
                if (v >= 0)
                    status = ew_rows_want(&o->rows, v, left, found, ctx);
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
    slong pairs = law->fields->pairs;
    if (symbol >= FIRST_PAIR + pairs)
        return ew_rows_value(value, &o->rows, symbol - FIRST_PAIR - pairs, ctx);
    *value = symbol == SHARE ? share : weights_share(o, law, symbol - FIRST_PAIR);
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
        if (vanishing_factors(o, law, x, &x->t[t]) > most)
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
    slong most = law->at_limit ? derivatives_of(law, i, j) : -1;
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

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_orthogonal_new(ew_orthogonal **out, const ew_law *law, ew_context *ctx)
{
    *out = NULL;
    ew_orthogonal *o = ew_alloc_zero(1, sizeof *o, ctx);
    if (!o)
        return EW_MEMORY;
    ew_rows_init(&o->rows, law);
    o->powers = law->of.order + 1;
    size_t n = (size_t) (law->moments * o->powers);
    o->moment = ew_alloc_zero(n + 1, sizeof *o->moment, ctx);
    o->cumulant = ew_alloc_zero(n + 1, sizeof *o->cumulant, ctx);
    ew_status status = o->moment && o->cumulant ? EW_OK : EW_MEMORY;
    if (status == EW_OK)
        status = ew_haar_new(&o->haar, law->of.order, ctx);
    for (slong i = 0; i < law->moments && status == EW_OK; i++)
        status = fill_moment(o, law, i, ctx);
    for (slong i = 0; i < law->moments && status == EW_OK; i++)
        status = fill_cumulant(o, law, i, ctx);
    if (status != EW_OK)
        ew_orthogonal_free(o, law);
    else
        *out = o;
    return status;
}

void ew_orthogonal_free(ew_orthogonal *o, const ew_law *law)
{
    if (!o)
        return;
    slong n = law->moments * o->powers;
    for (slong i = 0; o->moment && i < n; i++)
        ew_terms_clear(&o->moment[i]);
    for (slong i = 0; o->cumulant && i < n; i++)
        ew_terms_clear(&o->cumulant[i]);
    for (slong p = 0; o->q && p < law->fields->pairs; p++)
        fmpq_mpoly_clear(&o->q[p], law->ring);
    ew_rows_clear(&o->rows);
    ew_haar_free(o->haar);
    free(o->moment);
    free(o->cumulant);
    free(o->q);
    free(o->q_known);
    free(o);
}
